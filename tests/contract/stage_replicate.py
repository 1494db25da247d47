"""Replicate in the contract suite: the fake and the adapter, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, VideoRequest
from providers.video.replicate import Replicate
from tests.contract.account import COMMON_FAULTS, AccountStage
from tests.contract.harness import Scenario
from tests.contract.stage_bytedance_seedance import picture, recording
from tests.contract.stage_fal import shipped, unlocked, wish
from tests.contract.stage_minimax_hailuo import frame
from tests.fakes.replicate import BROKE_KEY, GOOD_KEY, FakeReplicate


def asked(model: str, **changes: object) -> VideoRequest:
    """A request as a plan makes it, with the shapes that wait for a price."""
    route = unlocked(shipped(), model, "replicate")
    return replace(wish(route, **changes), api_name=route.api_name)


class ReplicateStage(AccountStage[Replicate, FakeReplicate]):
    """One account."""

    provider = "replicate"
    lost = "lookup"
    marked = False
    env = Replicate.env
    keys = (GOOD_KEY, BROKE_KEY, "r8_wrong77c0d2aa41b8e563")
    path = "/v1"
    faults: Mapping[Scenario, str] = {
        **COMMON_FAULTS,
        "moderated": "[fault:end-moderated]",
        "bad-request": "[fault:submit-invalid]",
        "refused-prompt": "[fault:submit-moderated]",
        "model-gone": "[fault:submit-gone]",
        "rate-limit": "[fault:submit-429]",
        "rate-limit-plain": "[fault:submit-429-plain]",
        "server-error": "[fault:submit-500]",
        "cancel-late": "[fault:queue-ms=300][fault:cancel-late]",
        "expired-link": "[fault:file-403]",
    }

    def make(self, config: ProviderConfig) -> Replicate:
        """The adapter."""
        return Replicate(config)

    def plain(self, prompt: str) -> VideoRequest:
        """Four seconds of Veo."""
        return asked("veo-3.1", prompt=prompt)

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every model, once for each way of using it."""
        first, last = frame(self.folder), frame(self.folder, "last-frame")
        hero, voice = picture(self.folder, name="hero"), recording(self.folder)
        opening = {"mode": "first-frame", "media": (first,)}
        both = {"mode": "first-last", "media": (first, last)}
        names = ("veo-3.1", "hailuo-2.3", "hailuo-02", "kling-3.0", "kling-2.5-turbo", "seedance-2.0")
        return {f"{name}, text": asked(name) for name in names} | {
            "veo, all": asked("veo-3.1", seed=7, negative="rain", resolution="1080p", seconds=8, **both),
            "veo, references": asked("veo-3.1", mode="references", seconds=8, media=(hero,)),
            "hailuo, first": asked("hailuo-2.3", aspect="auto", resolution="1080p", **opening),
            "hailuo fast": asked("hailuo-2.3-fast", aspect="auto", seconds=10, **opening),
            "hailuo 02, both": asked("hailuo-02", aspect="auto", **both),
            "kling, silent": asked("kling-3.0", resolution="1080p", sound=False, negative="rain", **opening),
            "kling 2.5": asked("kling-2.5-turbo", aspect="auto", **opening),
            "seedance, voice": asked(
                "seedance-2.0", mode="references", prompt="@hero sings", media=(hero, voice), seconds=7
            ),
            "seedance, both": asked("seedance-2.0", sound=False, **both),
        }


@asynccontextmanager
async def replicate(folder: Path) -> AsyncIterator[ReplicateStage]:
    """The stage."""
    async with FakeReplicate() as vendor:
        opened = ReplicateStage(vendor, folder)
        yield opened
        await opened.close()
