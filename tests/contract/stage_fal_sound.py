"""Sound at fal in the contract suite: the fake queue and the adapter, requests as they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, SoundRequest
from providers.video.fal import Fal
from tests.contract.account import SoundAccountStage
from tests.contract.sound_harness import routes_of, silent_clip, wanted
from tests.contract.stage_fal import FAULTS, WRONG_KEY
from tests.fakes.fal import BROKE_KEY, GOOD_KEY, FakeFal


class FalSoundStage(SoundAccountStage[Fal, FakeFal]):
    """One account."""

    provider = "fal"
    env = Fal.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults = FAULTS

    def __init__(self, vendor: FakeFal, folder: Path) -> None:
        """Use a vendor that is listening."""
        super().__init__(vendor, folder)
        self.secrets = (*self.keys, *(key.split(":")[1] for key in (GOOD_KEY, WRONG_KEY)))
        self.routes = routes_of("fal")

    def make(self, config: ProviderConfig) -> Fal:
        """A maker."""
        return Fal(replace(config, options={"storage_url": config.base_url}))

    def wish(self, route: str = "mirelo", text: str = "footsteps on gravel", **more: object) -> SoundRequest:
        """A request for a clip of four seconds."""
        clip = silent_clip(self.folder)
        return wanted(self.routes[route], "foley", text, seconds=clip.seconds, video=clip, **more)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """Every endpoint, with words and without."""
        found = {name: self.wish(name) for name in self.routes}
        wordless = {f"{name}, wordless": self.wish(name, "") for name in self.routes}
        more = self.wish("mmaudio", "rain", negative="birds", seed=7)
        return {**found, **wordless, "mmaudio, with all it takes": more}


@asynccontextmanager
async def fal_sound(folder: Path) -> AsyncIterator[FalSoundStage]:
    """The stage."""
    async with FakeFal(queue_ms=5, run_ms=5) as vendor:
        opened = FalSoundStage(vendor, folder)
        yield opened
        await opened.close()
