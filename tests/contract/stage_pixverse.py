"""PixVerse in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import MediaInput, ProviderConfig, VideoRequest
from providers.video.pixverse import Pixverse
from tests.contract.account import COMMON_FAULTS, AccountStage
from tests.contract.harness import Scenario
from tests.contract.stage_minimax_hailuo import frame, own_wish
from tests.fakes.clips import make_clip
from tests.fakes.pixverse import BROKE_KEY, GOOD_KEY, FakePixverse

WRONG_KEY = "sk-pv-wrong-aa77c05d21"
FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "expired-link": "[fault:file-gone]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-500063]",
    "bad-request": "[fault:submit-400013]",
    "rate-limit": "[fault:submit-500044]",
    "rate-limit-plain": "[fault:submit-500044-as-text]",
    "server-error": "[fault:http-500]",
}


class PixverseStage(AccountStage[Pixverse, FakePixverse]):
    """One account."""

    provider = "pixverse"
    lost = "blind"
    env = Pixverse.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults = FAULTS
    words = "a cat walks"

    def make(self, config: ProviderConfig) -> Pixverse:
        """The adapter."""
        return Pixverse(config)

    def plain(self, prompt: str) -> VideoRequest:
        """Five seconds of V5."""
        return self.wish("pixverse-v5", prompt=prompt)

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every model, once for each way of using it."""
        first, last = frame(self.folder), frame(self.folder, "last-frame")
        opening = {"mode": "first-frame", "aspect": "auto", "media": (first,)}
        both = {"mode": "first-last", "aspect": "auto", "media": (first, last)}
        further = {"mode": "extend", "aspect": "auto", "media": (self.film(),)}
        return {
            "V5, text": self.wish("pixverse-v5", seed=7, negative="rain", aspect="9:16"),
            "V5, frame": self.wish("pixverse-v5", resolution="1080p", seconds=8, **opening),
            "V5, frames": self.wish("pixverse-v5", **both),
            "V5, further": self.wish("pixverse-v5", **further),
            "V5.5, text": self.wish("pixverse-v5.5", sound=True),
            "V5.5, silent": self.wish("pixverse-v5.5", sound=False, seconds=10),
            "V5.5, frame": self.wish("pixverse-v5.5", sound=True, **opening),
            "V6, text": self.wish("pixverse-v6", sound=True, resolution="720p"),
            "V6, frame, silent": self.wish("pixverse-v6", sound=False, seconds=1, **opening),
        }

    def film(self) -> MediaInput:
        """A clip of 4 s of somebody else's."""
        path = self.folder / "film.mp4"
        if not path.exists():
            make_clip(path, seconds=4)
        size = path.stat().st_size
        return MediaInput(
            role="source-video", kind="video", path=path, mime="video/mp4", size_bytes=size, seconds=4.0
        )

    def wish(self, model: str, **changes: object) -> VideoRequest:
        """A request as a plan makes it."""
        return own_wish("pixverse", model, **changes)


@asynccontextmanager
async def pixverse(folder: Path) -> AsyncIterator[PixverseStage]:
    """The stage."""
    async with FakePixverse() as vendor:
        opened = PixverseStage(vendor, folder)
        yield opened
        await opened.close()
