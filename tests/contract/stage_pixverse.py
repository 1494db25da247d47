"""PixVerse in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import MediaInput, ProviderConfig, VideoProvider, VideoRequest
from providers.video.pixverse import Pixverse
from tests.contract.harness import Play, Scenario, Stage
from tests.contract.stage_minimax_hailuo import COMMON_FAULTS, frame, own_wish
from tests.fakes.clips import make_clip
from tests.fakes.pixverse import BROKE_KEY, GOOD_KEY, FakePixverse

WRONG_KEY = "sk-pv-wrong-aa77c05d21"
FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-500063]",
    "bad-request": "[fault:submit-400013]",
    "rate-limit": "[fault:submit-500044]",
    "rate-limit-plain": "[fault:submit-500044-as-text]",
    "server-error": "[fault:http-500]",
}


class PixverseStage(Stage):
    """One account."""

    lost = "blind"
    env = Pixverse.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=")

    def __init__(self, vendor: FakePixverse, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self._folder = folder
        self._opened: list[Pixverse] = []

    def adapter(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> Pixverse:
        """An adapter for an account."""
        provider = Pixverse(
            ProviderConfig(
                id="pixverse",
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
        prompt = f"a cat walks {FAULTS.get(scenario, '')}"
        return Play(provider=provider, request=self.wish("pixverse-v5", prompt=prompt))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every model, once for each way of using it."""
        first, last = frame(self._folder), frame(self._folder, "last-frame")
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
        path = self._folder / "film.mp4"
        if not path.exists():
            make_clip(path, seconds=4)
        size = path.stat().st_size
        return MediaInput(
            role="source-video", kind="video", path=path, mime="video/mp4", size_bytes=size, seconds=4.0
        )

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
        return own_wish("pixverse", model, **changes)


@asynccontextmanager
async def pixverse(folder: Path) -> AsyncIterator[PixverseStage]:
    """The stage."""
    async with FakePixverse() as vendor:
        opened = PixverseStage(vendor, folder)
        yield opened
        await opened.close()
