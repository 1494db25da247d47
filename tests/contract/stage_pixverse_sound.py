"""PixVerse's sound under a clip in the contract suite: the fake and the adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import ProviderConfig, SoundRequest
from providers.video.pixverse import Pixverse
from tests.contract.account import SoundAccountStage
from tests.contract.harness import Scenario
from tests.contract.sound_harness import routes_of, silent_clip, wanted
from tests.contract.stage_pixverse import FAULTS, WRONG_KEY
from tests.fakes.pixverse import BROKE_KEY, GOOD_KEY, FakePixverse


class PixverseSoundStage(SoundAccountStage[Pixverse, FakePixverse]):
    """One account."""

    provider = "pixverse"
    env = Pixverse.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults: Mapping[Scenario, str] = {**FAULTS, "rate-limit-plain": "[fault:submit-500044]"}

    def make(self, config: ProviderConfig) -> Pixverse:
        """A maker."""
        return Pixverse(config)

    def wish(self, text: str = "waves", **more: object) -> SoundRequest:
        """A request for a clip of four seconds."""
        clip = silent_clip(self.folder)
        return wanted(routes_of("pixverse")["foley"], "foley", text, seconds=clip.seconds, video=clip, **more)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """With words and without."""
        return {"words": self.wish(), "wordless": self.wish("")}


@asynccontextmanager
async def pixverse_sound(folder: Path) -> AsyncIterator[PixverseSoundStage]:
    """The stage."""
    async with FakePixverse() as vendor:
        opened = PixverseSoundStage(vendor, folder)
        yield opened
        await opened.close()
