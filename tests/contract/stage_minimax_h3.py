"""MiniMax H3 in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, VideoProvider, VideoRequest
from providers.video.minimax_h3 import MinimaxH3
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.stage_bytedance_seedance import recording
from tests.contract.stage_minimax_hailuo import COMMON_FAULTS, WRONG_KEY, frame, own_wish
from tests.fakes.minimax_h3 import FakeH3
from tests.fakes.minimax_hailuo import BROKE_KEY, GOOD_KEY

FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-moderated]",
    "bad-request": "[fault:submit-invalid]",
    "model-gone": "[fault:submit-gone]",
    "rate-limit": "[fault:submit-429]",
    "rate-limit-plain": "[fault:submit-429-plain]",
    "server-error": "[fault:submit-500]",
}


class H3Stage(Stage):
    """One account."""

    lost = "blind"
    env = MinimaxH3.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=")

    def __init__(self, vendor: FakeH3, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self._folder = folder
        self._opened: list[MinimaxH3] = []

    def adapter(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> MinimaxH3:
        """An adapter for an account."""
        provider = MinimaxH3(
            ProviderConfig(
                id="minimax-h3",
                base_url=base_url or self.vendor.url,
                keys={self.env[0]: key} if key else {},
                work_dir=self._folder,
                timeout_seconds=timeout,
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
        prompt = f"a cat sings {FAULTS.get(scenario, '')}"
        return Play(provider=provider, request=self.wish(prompt=prompt))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every way of using it."""
        first, last = frame(self._folder), frame(self._folder, "last-frame")
        hero = replace(frame(self._folder, "reference-image"), name="hero")
        opening = {"mode": "first-frame", "aspect": "auto"}
        sung = {"mode": "references", "prompt": "@hero sings", "aspect": "auto"}
        return {
            "text": self.wish(),
            "text, large, tall": self.wish(resolution="2k", aspect="9:16", seconds=8),
            "frame": self.wish(media=(first,), **opening),
            "frames": self.wish(mode="first-last", aspect="auto", media=(first, last)),
            "picture and wav": self.wish(media=(hero, recording(self._folder)), **sung),
            "picture and mp3": self.wish(media=(hero, recording(self._folder, mp3=True)), **sung),
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
