"""SkyReels in the contract suite: the fake and the adapter, with requests as they are planned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.base import MediaInput, MediaKind, ProviderConfig, Role, VideoProvider, VideoRequest
from providers.video.kunlun_skyreels import KunlunSkyreels
from tests.contract.harness import Play, Scenario, Stage
from tests.fakes.kunlun_skyreels import BROKE_KEY, GOOD_KEY, FakeSkyreels

WRONG_KEY = "sky-wrong-77c0d2aa41b8e6"
NAMES = {"skyreels-v4": "std", "skyreels-v4-fast": "fast"}
FAULTS: Mapping[Scenario, str] = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-482]",
    "bad-request": "[fault:submit-422]",
    "model-gone": "[fault:submit-404]",
    "rate-limit": "[fault:submit-429=7]",
    "rate-limit-plain": "[fault:submit-481]",
    "server-error": "[fault:submit-500]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
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


def wish(model: str = "skyreels-v4", **changes: Any) -> VideoRequest:
    """A plain request, as a plan makes it."""
    usual: dict[str, Any] = {"model": model, "api_name": NAMES[model], "prompt": "a cat sings", "seconds": 3}
    return VideoRequest(**(usual | changes))


def linked(role: Role, kind: MediaKind = "image", *, name: str = "") -> MediaInput:
    """A file behind a link of ours."""
    ending, mime = {
        "image": ("png", "image/png"),
        "audio": ("mp3", "audio/mpeg"),
        "video": ("mp4", "video/mp4"),
    }[kind]
    return MediaInput(
        role=role,
        kind=kind,
        path=Path("nowhere"),
        mime=mime,
        size_bytes=1000,
        seconds=0.0 if kind == "image" else 4.0,
        name=name,
        url=f"https://media.example.org/{name or role}.{ending}?sig=ours",
    )


class SkyreelsStage(Stage):
    """One account."""

    lost = "blind"
    env = KunlunSkyreels.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=")

    def __init__(self, vendor: FakeSkyreels, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self._folder = folder
        self._opened: list[KunlunSkyreels] = []

    def adapter(
        self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10, **options: str
    ) -> KunlunSkyreels:
        """An adapter for an account."""
        provider = KunlunSkyreels(
            ProviderConfig(
                id="kunlun-skyreels",
                base_url=base_url or self.vendor.url,
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
                provider = self.adapter(base_url="http://127.0.0.1:9")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case _:
                provider = self.adapter()
        return Play(provider=provider, request=wish(prompt=f"a cat sings {FAULTS.get(scenario, '')}"))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Both models, all modes and inputs."""
        first, last = linked("first-frame"), linked("last-frame")
        hero, place = linked("reference-image", name="hero"), linked("reference-image", name="place")
        voice = linked("reference-audio", "audio", name="voice")
        fast: dict[str, Any] = {"model": "skyreels-v4-fast", "sound": False}
        drawn: dict[str, Any] = {"mode": "references", "prompt": "@hero in @place"}
        return {
            "text": wish(),
            "text, silent": wish(sound=False, aspect="9:16", resolution="1080p"),
            "first frame": wish(mode="first-frame", aspect="auto", media=(first,)),
            "frames": wish(mode="first-last", aspect="auto", media=(first, last), seconds=5),
            "heroes": wish(**drawn, media=(hero, place), aspect="1:1"),
            "hero who is not named, with a voice": wish(mode="references", media=(hero, voice)),
            "fast": wish(**fast, resolution="480p"),
            "fast, frame": wish(**fast, mode="first-frame", aspect="auto", media=(first,)),
            "fast, heroes": wish(**fast, **drawn, media=(hero, replace(place, name="place"))),
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
async def skyreels(folder: Path) -> AsyncIterator[SkyreelsStage]:
    """The stage."""
    async with FakeSkyreels() as vendor:
        opened = SkyreelsStage(vendor, folder)
        yield opened
        await opened.close()
