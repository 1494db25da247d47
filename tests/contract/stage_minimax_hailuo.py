"""Hailuo in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import MediaInput, ProviderConfig, Role, VideoRequest
from providers.video.minimax_hailuo import MinimaxHailuo
from tests.contract.account import COMMON_FAULTS, AccountStage
from tests.contract.harness import Scenario
from tests.contract.stage_fal import shipped, unlocked, wish
from tests.fakes.clips import make_image
from tests.fakes.minimax_hailuo import BROKE_KEY, GOOD_KEY, FakeMinimax

WRONG_KEY = "mm-wrong-5d21aa77c0"
FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "expired-link": "[fault:file-gone]",
    "moderated": "[fault:end-1027]",
    "refused-prompt": "[fault:submit-1026]",
    "bad-request": "[fault:submit-2013]",
    "rate-limit": "[fault:submit-1002]",
    "rate-limit-plain": "[fault:submit-2045]",
    "server-error": "[fault:http-500]",
}


def frame(folder: Path, role: Role = "first-frame") -> MediaInput:
    """A picture that is large enough for every vendor."""
    path = make_image(folder / f"{role}.png", width=640, height=480)
    size = path.stat().st_size
    return MediaInput(role=role, kind="image", path=path, mime="image/png", size_bytes=size)


def own_wish(provider: str, model: str, **changes: object) -> VideoRequest:
    """A request as a plan makes it for a vendor of its own, with the shapes that wait for a price."""
    route = unlocked(shipped(), model, provider)
    request = wish(route, **changes)
    return replace(request, api_name=request.api_name or route.api_name)


class HailuoStage(AccountStage[MinimaxHailuo, FakeMinimax]):
    """One account."""

    provider = "minimax-hailuo"
    lost = "blind"
    env = MinimaxHailuo.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults = FAULTS
    words = "a cat walks"

    def make(self, config: ProviderConfig) -> MinimaxHailuo:
        """The adapter."""
        return MinimaxHailuo(config)

    def plain(self, prompt: str) -> VideoRequest:
        """Six seconds of Hailuo 2.3."""
        return self.wish("hailuo-2.3", prompt=prompt)

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every model, once for each way of using it."""
        first, last = frame(self.folder), frame(self.folder, "last-frame")
        opening = {"mode": "first-frame", "aspect": "auto", "media": (first,)}
        both = {"mode": "first-last", "aspect": "auto", "media": (first, last)}
        return {
            "2.3, text": self.wish("hailuo-2.3", seconds=10),
            "2.3, text, large": self.wish("hailuo-2.3", resolution="1080p"),
            "2.3, frame": self.wish("hailuo-2.3", **opening),
            "2.3 fast, frame": self.wish("hailuo-2.3-fast", **opening),
            "02, small": self.wish("hailuo-02", resolution="512p", **opening),
            "02, frames": self.wish("hailuo-02", resolution="768p", **both),
        }

    def wish(self, model: str, **changes: object) -> VideoRequest:
        """A request as a plan makes it."""
        return own_wish("minimax-hailuo", model, **changes)


@asynccontextmanager
async def minimax_hailuo(folder: Path) -> AsyncIterator[HailuoStage]:
    """The stage."""
    async with FakeMinimax() as vendor:
        opened = HailuoStage(vendor, folder)
        yield opened
        await opened.close()
