"""SkyReels in the contract suite: the fake and the adapter, with requests as they are planned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.base import MediaInput, MediaKind, ProviderConfig, Role, VideoRequest
from providers.video.kunlun_skyreels import KunlunSkyreels
from tests.contract.account import COMMON_FAULTS, AccountStage
from tests.contract.harness import Scenario
from tests.fakes.kunlun_skyreels import BROKE_KEY, GOOD_KEY, FakeSkyreels

WRONG_KEY = "sky-wrong-77c0d2aa41b8e6"
NAMES = {"skyreels-v4": "std", "skyreels-v4-fast": "fast"}
FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-482]",
    "bad-request": "[fault:submit-422]",
    "model-gone": "[fault:submit-404]",
    "rate-limit": "[fault:submit-429=7]",
    "rate-limit-plain": "[fault:submit-481]",
    "server-error": "[fault:submit-500]",
    "expired-link": "[fault:file-403]",
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


class SkyreelsStage(AccountStage[KunlunSkyreels, FakeSkyreels]):
    """One account."""

    provider = "kunlun-skyreels"
    lost = "blind"
    env = KunlunSkyreels.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults = FAULTS
    words = "a cat sings"

    def make(self, config: ProviderConfig) -> KunlunSkyreels:
        """The adapter."""
        return KunlunSkyreels(config)

    def plain(self, prompt: str) -> VideoRequest:
        """Three seconds of V4."""
        return wish(prompt=prompt)

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


@asynccontextmanager
async def skyreels(folder: Path) -> AsyncIterator[SkyreelsStage]:
    """The stage."""
    async with FakeSkyreels() as vendor:
        opened = SkyreelsStage(vendor, folder)
        yield opened
        await opened.close()
