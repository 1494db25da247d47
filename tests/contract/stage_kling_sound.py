"""Kling's sound for a clip in the contract suite: the fake vendor and both adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, SoundRequest
from providers.video import kling, kling_legacy
from tests.contract.account import SoundAccountStage
from tests.contract.harness import Scenario
from tests.contract.sound_harness import routes_of, silent_clip, wanted
from tests.contract.stage_kling import FAULTS, KEYS, Generation
from tests.fakes.kling import FakeKling

ADDRESS = "https://bot.example/files/clip.mp4?sig=f00d"


class KlingSoundStage(SoundAccountStage[kling.Kling | kling_legacy.KlingLegacy, FakeKling]):
    """The fake Kling with one of its two adapters; an account is known by the name of its set of keys."""

    keys = ("good", "broke", "wrong")
    faults: Mapping[Scenario, str] = {**FAULTS, "rate-limit": "[fault:submit-1303=7]"}

    def __init__(self, vendor: FakeKling, generation: Generation, folder: Path) -> None:
        """Use a vendor that is listening."""
        super().__init__(vendor, folder)
        self.provider: Generation = generation
        self.env = kling.ENV if generation == "kling" else kling_legacy.ENV
        known = [key for keys in KEYS[generation].values() for key in keys.values()]
        self.secrets = (*known, "sig=", "eyJhbGciOi")

    def make(self, config: ProviderConfig) -> kling.Kling | kling_legacy.KlingLegacy:
        """A maker of this generation."""
        return kling.Kling(config) if self.provider == "kling" else kling_legacy.KlingLegacy(config)

    def configured(self, key: str, base_url: str) -> ProviderConfig:
        """With one of the sets of keys, or none."""
        keys = KEYS[self.provider][key] if key else {}
        return replace(super().configured("", base_url), keys=keys)

    def wish(self, text: str = "footsteps on gravel") -> SoundRequest:
        """A request for a clip of five seconds that lies behind a link of ours."""
        clip = replace(silent_clip(self.folder, seconds=5.0), url=ADDRESS)
        route = routes_of(self.provider)["foley"]
        return wanted(route, "foley", text, seconds=clip.seconds, video=clip)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """With words and without."""
        return {"words": self.wish(), "wordless": self.wish("")}


def _opener(
    generation: Generation,
) -> Callable[[Path], AbstractAsyncContextManager[KlingSoundStage]]:
    @asynccontextmanager
    async def stage(folder: Path) -> AsyncIterator[KlingSoundStage]:
        async with FakeKling() as vendor:
            opened = KlingSoundStage(vendor, generation, folder)
            yield opened
            await opened.close()

    return stage


kling_sound = _opener("kling")
kling_legacy_sound = _opener("kling-legacy")
