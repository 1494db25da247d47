"""A Suno gateway in the contract suite: the fake and the maker, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from providers.base import ProviderConfig, SoundRequest
from providers.sound.suno_gateway import SunoGateway
from tests.contract.account import COMMON_FAULTS, SoundAccountStage
from tests.contract.harness import Scenario
from tests.contract.sound_harness import routes_of, wanted
from tests.fakes.suno_gateway import BROKE_KEY, GOOD_KEY, FakeSuno

WRONG_KEY = "suno-wrong-aa77c05d21"
FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "expired-link": "[fault:file-gone]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-words]",
    "bad-request": "[fault:submit-400]",
    "rate-limit": "[fault:http-429]",
    "rate-limit-plain": "[fault:submit-430]",
    "server-error": "[fault:http-500]",
}


class SunoStage(SoundAccountStage[SunoGateway, FakeSuno]):
    """One account; the address comes as a variable, as an operator sets it."""

    provider = "suno-gateway"
    env = SunoGateway.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    path = "/api/v1"
    faults = FAULTS

    def make(self, config: ProviderConfig) -> SunoGateway:
        """A maker."""
        return SunoGateway(config)

    def configured(self, key: str, base_url: str) -> ProviderConfig:
        """Address and key as variables."""
        keys = {"SUNO_GATEWAY_URL": base_url, "SUNO_GATEWAY_KEY": key}
        known = {name: value for name, value in keys.items() if value}
        return replace(super().configured(key, base_url), base_url="", keys=known)

    def wish(self, text: str = "calm piano", **more: object) -> SoundRequest:
        """A bed of eight seconds."""
        return wanted(routes_of("suno-gateway")["music"], "music", text, seconds=8.0, **more)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """All that can be said."""
        return {"a style": self.wish(), "without something": self.wish("dark ambient", negative="drums")}


@asynccontextmanager
async def suno_gateway(folder: Path) -> AsyncIterator[SunoStage]:
    """The stage."""
    async with FakeSuno() as vendor:
        opened = SunoStage(vendor, folder)
        yield opened
        await opened.close()
