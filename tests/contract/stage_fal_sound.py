"""Sound at fal in the contract suite: the fake queue and the adapter, requests as they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import ProviderConfig, SoundMaker, SoundRequest
from providers.video.fal import Fal
from tests.contract.harness import Scenario
from tests.contract.sound_harness import SoundPlay, SoundStage, faulty, routes_of, silent_clip, wanted
from tests.contract.stage_fal import FAULTS, WRONG_KEY
from tests.fakes.fal import BROKE_KEY, GOOD_KEY, FakeFal


class FalSoundStage(SoundStage):
    """One account."""

    env = Fal.env

    def __init__(self, vendor: FakeFal, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, *(key.split(":")[1] for key in (GOOD_KEY, WRONG_KEY)))
        self.vendor = vendor
        self.routes = routes_of("fal")
        self.folder = folder
        self._opened: list[Fal] = []

    def maker(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> Fal:
        """A maker for an account."""
        maker = Fal(
            ProviderConfig(
                id="fal",
                base_url=base_url or self.vendor.url,
                keys={self.env[0]: key} if key else {},
                work_dir=self.folder,
                timeout_seconds=timeout,
                options={"storage_url": base_url or self.vendor.url},
            )
        )
        self._opened.append(maker)
        return maker

    def play(self, scenario: Scenario) -> SoundPlay:
        """Put the fault into the text, or use another key."""
        match scenario:
            case "bad-key":
                maker = self.maker(WRONG_KEY)
            case "no-key":
                maker = self.maker("")
            case "no-funds":
                maker = self.maker(BROKE_KEY)
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                maker = self.maker(base_url="http://127.0.0.1:9")
            case "slow-after-accept":
                maker = self.maker(timeout=0.1)
            case _:
                maker = self.maker()
        return SoundPlay(maker=maker, request=faulty(self.wish("mirelo"), FAULTS.get(scenario, "")))

    def wish(self, route: str, text: str = "footsteps on gravel", **more: object) -> SoundRequest:
        """A request for a clip of four seconds."""
        clip = silent_clip(self.folder)
        return wanted(self.routes[route], "foley", text, seconds=clip.seconds, video=clip, **more)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """Every endpoint, with words and without."""
        found = {name: self.wish(name) for name in self.routes}
        wordless = {f"{name}, wordless": self.wish(name, "") for name in self.routes}
        more = self.wish("mmaudio", "rain", negative="birds", seed=7)
        return {**found, **wordless, "mmaudio, with all it takes": more}

    def restarted(self) -> SoundMaker:
        """A new maker with the same key."""
        return self.maker()

    def jobs(self) -> int:
        """Jobs of the vendor."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all makers."""
        for maker in self._opened:
            await maker.close()


@asynccontextmanager
async def fal_sound(folder: Path) -> AsyncIterator[FalSoundStage]:
    """The stage."""
    async with FakeFal(queue_ms=5, run_ms=5) as vendor:
        opened = FalSoundStage(vendor, folder)
        yield opened
        await opened.close()
