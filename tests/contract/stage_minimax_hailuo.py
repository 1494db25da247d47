"""Hailuo in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import MediaInput, ProviderConfig, Role, VideoProvider, VideoRequest
from providers.video.minimax_hailuo import MinimaxHailuo
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.stage_fal import shipped, unlocked, wish
from tests.fakes.clips import make_image
from tests.fakes.minimax_hailuo import BROKE_KEY, GOOD_KEY, FakeMinimax

WRONG_KEY = "mm-wrong-5d21aa77c0"
# What goes wrong with any small vendor, by the words of `booth.py`.
COMMON_FAULTS: Mapping[Scenario, str] = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-error]",
    "poll-limit": "[fault:poll-limit]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:gone]",
    "expired-link": "[fault:file-gone]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}
FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
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


class HailuoStage(Stage):
    """One account."""

    lost = "blind"
    env = MinimaxHailuo.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=")

    def __init__(self, vendor: FakeMinimax, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self._folder = folder
        self._opened: list[MinimaxHailuo] = []

    def adapter(
        self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10, **options: str
    ) -> MinimaxHailuo:
        """An adapter for an account."""
        provider = MinimaxHailuo(
            ProviderConfig(
                id="minimax-hailuo",
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
        prompt = f"a cat walks {FAULTS.get(scenario, '')}"
        return Play(provider=provider, request=self.wish("hailuo-2.3", prompt=prompt))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every model, once for each way of using it."""
        first, last = frame(self._folder), frame(self._folder, "last-frame")
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

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Jobs of the vendor."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()

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
