"""Kling's sound for a clip in the contract suite: the fake vendor and both adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, SoundMaker, SoundRequest
from providers.video import kling, kling_legacy
from tests.contract.harness import Scenario
from tests.contract.sound_harness import SoundPlay, SoundStage, faulty, routes_of, silent_clip, wanted
from tests.contract.stage_kling import FAULTS, KEYS, Generation
from tests.fakes.kling import FakeKling

ADDRESS = "https://bot.example/files/clip.mp4?sig=f00d"


class KlingSoundStage(SoundStage):
    """The fake Kling with one of its two adapters."""

    def __init__(self, vendor: FakeKling, generation: Generation, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self.env = kling.ENV if generation == "kling" else kling_legacy.ENV
        known = [key for keys in KEYS[generation].values() for key in keys.values()]
        self.secrets = (*known, "sig=", "eyJhbGciOi")
        self.folder = folder
        self._generation: Generation = generation
        self._opened: list[kling.Kling | kling_legacy.KlingLegacy] = []

    def maker(
        self, keys: str = "good", *, base_url: str = "", timeout: float = 10
    ) -> kling.Kling | kling_legacy.KlingLegacy:
        """A maker with one of the sets of keys, or none."""
        kind = kling.Kling if self._generation == "kling" else kling_legacy.KlingLegacy
        maker = kind(
            ProviderConfig(
                id=self._generation,
                base_url=base_url or self.vendor.url,
                keys=KEYS[self._generation][keys] if keys else {},
                work_dir=self.folder,
                timeout_seconds=timeout,
            )
        )
        self._opened.append(maker)
        return maker

    def play(self, scenario: Scenario) -> SoundPlay:
        """Put the fault into the text, or use another key."""
        match scenario:
            case "bad-key":
                maker = self.maker("wrong")
            case "no-key":
                maker = self.maker("")
            case "no-funds":
                maker = self.maker("broke")
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                maker = self.maker(base_url="http://127.0.0.1:9")
            case "slow-after-accept":
                maker = self.maker(timeout=0.1)
            case _:
                maker = self.maker()
        words = "[fault:submit-1303=7]" if scenario == "rate-limit" else FAULTS.get(scenario, "")
        return SoundPlay(maker=maker, request=faulty(self.wish(), words))

    def wish(self, text: str = "footsteps on gravel") -> SoundRequest:
        """A request for a clip of five seconds that lies behind a link of ours."""
        clip = replace(silent_clip(self.folder, seconds=5.0), url=ADDRESS)
        route = routes_of(self._generation)["foley"]
        return wanted(route, "foley", text, seconds=clip.seconds, video=clip)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """With words and without."""
        return {"words": self.wish(), "wordless": self.wish("")}

    def restarted(self) -> SoundMaker:
        """A new maker with the same key."""
        return self.maker()

    def jobs(self) -> int:
        """Tasks of the vendor."""
        return len(self.vendor.tasks)

    async def close(self) -> None:
        """Close all makers."""
        for maker in self._opened:
            await maker.close()


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
