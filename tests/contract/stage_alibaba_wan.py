"""Wan in the contract suite: the fake DashScope and the adapter, with requests as they are planned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.base import MediaInput, ProviderConfig, Role, Shot, VideoProvider, VideoRequest
from providers.catalogue import shape_for
from providers.video.alibaba_wan import AlibabaWan
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.stage_bytedance_seedance import recording
from tests.contract.stage_fal import film, shipped
from tests.fakes.alibaba_wan import BROKE_KEY, GOOD_KEY, FakeWan
from tests.fakes.clips import make_image

WRONG_KEY = "sk-wrong-77c0d2aa41b8e6"
AT_ONCE = "[fault:queue-ms=0][fault:run-ms=0]"
FAULTS: Mapping[Scenario, str] = {
    # A job is told from others by its prompt, which the vendor tells when it is finished.
    "good": AT_ONCE,
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-moderated]",
    "bad-request": "[fault:submit-invalid]",
    "model-gone": "[fault:submit-gone]",
    "rate-limit": "[fault:submit-429=7]",
    "rate-limit-plain": "[fault:submit-429]",
    "server-error": "[fault:submit-500]",
    "cut-after-accept": f"{AT_ONCE}[fault:lost-cut]",
    "slow-after-accept": f"{AT_ONCE}[fault:lost-hang]",
    "garbage-after-accept": f"{AT_ONCE}[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-error]",
    "poll-limit": "[fault:poll-limit]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:gone]",
    "cancel-late": "[fault:queue-ms=300][fault:cancel-late]",
    "expired-link": "[fault:file-403]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}


def wish(model: str = "wan-2.6", **changes: Any) -> VideoRequest:
    """A request to a model, as a plan makes it."""
    route = shipped().route("alibaba-wan", model)
    plain = VideoRequest(model=model, prompt="a cat sings", seconds=4)
    request = replace(plain, **changes)
    shape = shape_for(route, request)
    assert shape is not None, "nothing like this is offered"
    options = {**route.options, **shape.options}
    return replace(request, api_name=shape.api_name or route.api_name, options=options)


def picture(folder: Path, role: Role = "reference-image", *, name: str = "") -> MediaInput:
    """A picture of the smallest size that is a first frame."""
    path = make_image(folder / f"{role}.png", width=480, height=360)
    size = path.stat().st_size
    return MediaInput(role=role, kind="image", path=path, mime="image/png", size_bytes=size, name=name)


class WanStage(Stage):
    """One account."""

    lost = "lookup"
    marked = False
    env = AlibabaWan.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=", "c2lnbmF0dXJl")

    def __init__(self, vendor: FakeWan, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self._folder = folder
        self._opened: list[AlibabaWan] = []

    def adapter(
        self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10, **options: str
    ) -> AlibabaWan:
        """An adapter for an account."""
        provider = AlibabaWan(
            ProviderConfig(
                id="alibaba-wan",
                base_url=base_url or f"{self.vendor.url}/api/v1",
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
                provider = self.adapter(base_url="http://127.0.0.1:9/api/v1")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case _:
                provider = self.adapter()
        return Play(provider=provider, request=wish(prompt=f"a cat sings {FAULTS.get(scenario, '')}"))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All models, modes and inputs."""
        folder = self._folder
        first, last = picture(folder, "first-frame"), picture(folder, "last-frame")
        hero, voice = picture(folder, name="hero"), recording(folder, seconds=4.0)
        dancer = replace(film(folder), role="reference-video", name="dancer")
        framed: dict[str, Any] = {"mode": "first-frame", "aspect": "auto", "media": (first,)}
        drawn: dict[str, Any] = {"mode": "references", "prompt": "@dancer and @hero"}
        shots = (Shot(prompt="a door opens", seconds=2), Shot(prompt="she says hello", seconds=2))
        return {
            "2.6 text": wish(aspect="9:16"),
            "2.6 text, recording": wish(media=(voice,), resolution="1080p", negative="rain", seed=7),
            "2.6 shots": wish(shots=shots),
            "2.6 first frame": wish(**framed),
            "2.6 first frame, mp3": wish(
                **framed | {"media": (first, recording(folder, mp3=True, seconds=4.0))}
            ),
            "2.6 characters": wish(**drawn, media=(dancer, hero), input_seconds=4, shots=shots),
            "flash": wish("wan-2.6-flash", **framed),
            "flash, silent": wish("wan-2.6-flash", **framed, sound=False),
            "flash characters, silent": wish("wan-2.6-flash", **drawn, media=(hero, dancer), sound=False),
            "2.7 text": wish("wan-2.7", aspect="1:1", media=(replace(voice, role="soundtrack"),)),
            "2.7 frames": wish("wan-2.7", mode="first-last", aspect="auto", media=(first, last, voice)),
            "2.7 characters": wish("wan-2.7", **drawn, media=(dancer, hero, voice)),
        }

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Tasks of the vendor."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()


@asynccontextmanager
async def wan(folder: Path) -> AsyncIterator[WanStage]:
    """The stage."""
    async with FakeWan() as vendor:
        opened = WanStage(vendor, folder)
        yield opened
        await opened.close()
