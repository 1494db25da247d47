"""PixVerse's sound under a clip in the contract suite: the fake and the adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import ProviderConfig, SoundMaker, SoundRequest
from providers.video.pixverse import Pixverse
from tests.contract.harness import Scenario
from tests.contract.sound_harness import SoundPlay, SoundStage, faulty, routes_of, silent_clip, wanted
from tests.contract.stage_pixverse import FAULTS, WRONG_KEY
from tests.fakes.pixverse import BROKE_KEY, GOOD_KEY, FakePixverse


class PixverseSoundStage(SoundStage):
    """One account."""

    env = Pixverse.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=")

    def __init__(self, vendor: FakePixverse, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self.folder = folder
        self._opened: list[Pixverse] = []

    def maker(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> Pixverse:
        """A maker for an account."""
        maker = Pixverse(
            ProviderConfig(
                id="pixverse",
                base_url=base_url or self.vendor.url,
                keys={self.env[0]: key} if key else {},
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
        words = "[fault:submit-500044]" if scenario == "rate-limit-plain" else FAULTS.get(scenario, "")
        return SoundPlay(maker=maker, request=faulty(self.wish(), words))

    def wish(self, text: str = "waves", **more: object) -> SoundRequest:
        """A request for a clip of four seconds."""
        clip = silent_clip(self.folder)
        return wanted(routes_of("pixverse")["foley"], "foley", text, seconds=clip.seconds, video=clip, **more)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """With words and without."""
        return {"words": self.wish(), "wordless": self.wish("")}

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
async def pixverse_sound(folder: Path) -> AsyncIterator[PixverseSoundStage]:
    """The stage."""
    async with FakePixverse() as vendor:
        opened = PixverseSoundStage(vendor, folder)
        yield opened
        await opened.close()
