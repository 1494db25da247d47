"""WaveSpeed in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, VideoRequest
from providers.catalogue.model import Route
from providers.video.wavespeed import Wavespeed
from tests.contract.account import AccountStage
from tests.contract.harness import Scenario
from tests.contract.stage_bytedance_seedance import picture, recording
from tests.contract.stage_fal import FAULTS as FAL_FAULTS
from tests.contract.stage_fal import enlarging, film, shipped, unlocked, wish
from tests.fakes.wavespeed import BROKE_KEY, GOOD_KEY, FakeWavespeed

WRONG_KEY = "ws-wrong-77c0d2aa41"
# The fakes of both gateways call what goes wrong by the same names.
FAULTS: Mapping[Scenario, str] = {k: v for k, v in FAL_FAULTS.items() if k != "cancel-late"}


ENLARGING = ("bytedance-upscaler", "runway-upscaler", "wavespeed-upscaler")


class WavespeedStage(AccountStage[Wavespeed, FakeWavespeed]):
    """One account."""

    provider = "wavespeed"
    lost = "blind"
    env = Wavespeed.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults = FAULTS
    words = "a cat sings"

    def make(self, config: ProviderConfig) -> Wavespeed:
        """The adapter."""
        return Wavespeed(config)

    def plain(self, prompt: str) -> VideoRequest:
        """Four seconds of Veo."""
        return wish(self._route("veo-3.1"), prompt=prompt, seconds=4)

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every endpoint, once for each way of using it."""
        first, last = picture(self.folder, "first-frame"), picture(self.folder, "last-frame")
        hero, voice = picture(self.folder, name="hero"), recording(self.folder)
        style = replace(film(self.folder), role="reference-video")
        seedance, veo, o1 = (self._route(name) for name in ("seedance-2.0", "veo-3.1", "kling-o1"))
        sky, wan, hailuo = (self._route(name) for name in ("skyreels-v4", "wan-2.6", "hailuo-02"))
        kling = ("kling-2.5-turbo", "kling-2.6", "kling-3.0", "kling-o1")
        others = ("skyreels-v4-fast", "hailuo-2.3", "grok-imagine-1.0", "pixverse-v5")
        models = ("seedance-2.0", *kling, "veo-3.1", "skyreels-v4", "wan-2.6", *others)
        return {f"{name}, text": wish(self._route(name)) for name in models} | {
            "seedance, first and last": wish(
                seedance, mode="first-last", aspect="auto", media=(first, last), seconds=4
            ),
            "seedance, voice": wish(
                seedance, mode="references", prompt="@hero sings", media=(hero, voice), sound=False
            ),
            "veo, first": wish(veo, mode="first-frame", media=(first,), seed=7, negative="rain"),
            "o1, last": wish(o1, mode="first-last", aspect="auto", media=(first, last), seconds=5),
            "skyreels, first and last": wish(
                sky, mode="first-last", aspect="auto", media=(first, last), seconds=5
            ),
            "skyreels, pictures": wish(sky, mode="references", media=(hero,), seconds=3),
            "wan, recording": wish(wan, media=(recording(self.folder),), seconds=5),
            "wan, clip": wish(wan, mode="references", aspect="9:16", media=(style,), seconds=5),
            "hailuo, one length": wish(
                hailuo, mode="first-last", aspect="auto", media=(first, last), resolution="1080p", seconds=6
            ),
            "o1, clip and picture": wish(o1, mode="references", media=(style, hero), seconds=3),
            **{f"{name}, larger": enlarging(self._route(name), film(self.folder)) for name in ENLARGING},
        }

    @staticmethod
    def _route(model: str) -> Route:
        return unlocked(shipped(), model, "wavespeed")


@asynccontextmanager
async def wavespeed(folder: Path) -> AsyncIterator[WavespeedStage]:
    """The stage."""
    async with FakeWavespeed() as vendor:
        opened = WavespeedStage(vendor, folder)
        yield opened
        await opened.close()
