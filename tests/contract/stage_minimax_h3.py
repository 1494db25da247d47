"""MiniMax H3 in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, VideoRequest
from providers.video.minimax_h3 import MinimaxH3
from tests.contract.account import COMMON_FAULTS, AccountStage
from tests.contract.harness import Scenario
from tests.contract.stage_bytedance_seedance import recording
from tests.contract.stage_minimax_hailuo import WRONG_KEY, frame, own_wish
from tests.fakes.minimax_h3 import FakeH3
from tests.fakes.minimax_hailuo import BROKE_KEY, GOOD_KEY

FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "expired-link": "[fault:file-gone]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-moderated]",
    "bad-request": "[fault:submit-invalid]",
    "model-gone": "[fault:submit-gone]",
    "rate-limit": "[fault:submit-429]",
    "rate-limit-plain": "[fault:submit-429-plain]",
    "server-error": "[fault:submit-500]",
}


class H3Stage(AccountStage[MinimaxH3, FakeH3]):
    """One account."""

    provider = "minimax-h3"
    lost = "blind"
    env = MinimaxH3.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults = FAULTS
    words = "a cat sings"

    def make(self, config: ProviderConfig) -> MinimaxH3:
        """The adapter."""
        return MinimaxH3(config)

    def plain(self, prompt: str) -> VideoRequest:
        """Five seconds."""
        return self.wish(prompt=prompt)

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every way of using it."""
        first, last = frame(self.folder), frame(self.folder, "last-frame")
        hero = replace(frame(self.folder, "reference-image"), name="hero")
        opening = {"mode": "first-frame", "aspect": "auto"}
        sung = {"mode": "references", "prompt": "@hero sings", "aspect": "auto"}
        return {
            "text": self.wish(),
            "text, large, tall": self.wish(resolution="2k", aspect="9:16", seconds=8),
            "frame": self.wish(media=(first,), **opening),
            "frames": self.wish(mode="first-last", aspect="auto", media=(first, last)),
            "picture and wav": self.wish(media=(hero, recording(self.folder)), **sung),
            "picture and mp3": self.wish(media=(hero, recording(self.folder, mp3=True)), **sung),
        }

    def wish(self, **changes: object) -> VideoRequest:
        """A request as a plan makes it, of five seconds."""
        return own_wish("minimax-h3", "minimax-h3", **{"seconds": 5, **changes})


@asynccontextmanager
async def minimax_h3(folder: Path) -> AsyncIterator[H3Stage]:
    """The stage."""
    async with FakeH3() as vendor:
        opened = H3Stage(vendor, folder)
        yield opened
        await opened.close()
