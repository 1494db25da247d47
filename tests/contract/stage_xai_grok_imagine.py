"""Grok Imagine in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.base import MediaInput, ProviderConfig, Role, VideoProvider, VideoRequest
from providers.video.xai_grok_imagine import XaiGrokImagine
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.stage_bytedance_seedance import picture
from tests.fakes.xai_grok_imagine import BROKE_KEY, GOOD_KEY, FakeGrok

WRONG_KEY = "xai-wrong-77c0d2aa41b8"
NAMES = {
    "grok-imagine-1.0": "grok-imagine-video",
    "grok-imagine-1.5": "grok-imagine-video-1.5",
    "grok-imagine-1.5-lite": "grok-imagine-video-1.5-lite",
}
FAULTS: Mapping[Scenario, str] = {
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-moderated]",
    "bad-request": "[fault:submit-invalid]",
    "model-gone": "[fault:submit-gone]",
    "rate-limit": "[fault:submit-429=7]",
    "rate-limit-plain": "[fault:submit-429]",
    "server-error": "[fault:submit-500]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:queue-ms=0][fault:poll-garbage]",
    "poll-error": "[fault:poll-error]",
    "poll-limit": "[fault:poll-limit]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:gone]",
    "expired-link": "[fault:file-403]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}


def wish(model: str = "grok-imagine-1.5", **changes: Any) -> VideoRequest:
    """A plain request, as a plan makes it."""
    usual: dict[str, Any] = {
        "model": model,
        "api_name": NAMES[model],
        "prompt": "a cat sings",
        "seconds": 4,
        "options": {"voices": True} if changes.get("mode") == "references" else {},
    }
    return VideoRequest(**(usual | changes))


def source(folder: Path, role: Role = "source-video") -> MediaInput:
    """A clip of four seconds that the vendor is to fetch from an address of ours."""
    return MediaInput(
        role=role,
        kind="video",
        path=folder / "source.mp4",
        mime="video/mp4",
        size_bytes=1000,
        seconds=4.0,
        url="https://media.example.org/clip.mp4",
    )


class GrokStage(Stage):
    """One account."""

    lost = "blind"
    env = XaiGrokImagine.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=")

    def __init__(self, vendor: FakeGrok, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self._folder = folder
        self._opened: list[XaiGrokImagine] = []

    def adapter(
        self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10, **options: str
    ) -> XaiGrokImagine:
        """An adapter for an account."""
        provider = XaiGrokImagine(
            ProviderConfig(
                id="xai-grok-imagine",
                base_url=base_url or f"{self.vendor.url}/v1",
                keys={self.env[0]: key} if key else {},
                work_dir=self._folder,
                timeout_seconds=timeout,
                options=options,
            )
        )
        self._opened.append(provider)
        return provider

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key."""
        match scenario:
            case "bad-key":
                provider = self.adapter(WRONG_KEY)
            case "no-key":
                provider = self.adapter("")
            case "no-funds":
                provider = self.adapter(BROKE_KEY)
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                provider = self.adapter(base_url="http://127.0.0.1:9/v1")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case _:
                provider = self.adapter()
        return Play(provider=provider, request=wish(prompt=f"a cat sings {FAULTS.get(scenario, '')}"))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All models, modes and inputs; extensions, which come back longer, have tests of their own."""
        folder, old, lite = self._folder, "grok-imagine-1.0", "grok-imagine-1.5-lite"
        first, last = picture(folder, "first-frame"), picture(folder, "last-frame")
        heroes = (picture(folder, name="hero"), replace(picture(folder), name="place"))
        return {
            "1.5, text": wish(),
            "1.5, silent": wish(sound=False, aspect="9:16", resolution="1080p"),
            "1.5, first frame": wish(mode="first-frame", aspect="auto", media=(first,)),
            "1.5, frames": wish(mode="first-last", aspect="auto", media=(first, last)),
            "1.5, heroes": wish(mode="references", prompt="@hero in @place", media=heroes, aspect="1:1"),
            "1.0, text": wish(old, resolution="480p"),
            "1.0, hero": wish(old, mode="references", prompt="@hero sings", media=heroes[:1], sound=False),
            "1.0, edit": wish(old, mode="edit", aspect="auto", media=(source(folder),), input_seconds=4),
            "lite, text": wish(lite, seconds=1),
            "lite, first frame": wish(lite, mode="first-frame", aspect="auto", media=(first,)),
        }

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Jobs of the vendor."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()


@asynccontextmanager
async def grok(folder: Path) -> AsyncIterator[GrokStage]:
    """The stage."""
    async with FakeGrok() as vendor:
        opened = GrokStage(vendor, folder)
        yield opened
        await opened.close()
