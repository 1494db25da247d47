"""A Suno gateway in the contract suite: the fake and the maker, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import ProviderConfig, SoundMaker, SoundRequest
from providers.sound.suno_gateway import SunoGateway
from tests.contract.account import COMMON_FAULTS
from tests.contract.harness import Scenario
from tests.contract.sound_harness import SoundPlay, SoundStage, faulty, routes_of, wanted
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


class SunoStage(SoundStage):
    """One account."""

    env = SunoGateway.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "sig=")

    def __init__(self, vendor: FakeSuno, folder: Path) -> None:
        """Use a gateway that is listening."""
        self.vendor = vendor
        self.folder = folder
        self._opened: list[SunoGateway] = []

    def maker(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> SunoGateway:
        """A maker for an account; the address comes as a variable, as an operator sets it."""
        keys = {"SUNO_GATEWAY_URL": base_url or self.vendor.base, "SUNO_GATEWAY_KEY": key}
        maker = SunoGateway(
            ProviderConfig(
                id="suno-gateway",
                base_url="",
                keys={name: value for name, value in keys.items() if value},
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
                maker = self.maker(base_url="http://127.0.0.1:9/api/v1")
            case "slow-after-accept":
                maker = self.maker(timeout=0.1)
            case _:
                maker = self.maker()
        return SoundPlay(maker=maker, request=faulty(self.wish(), FAULTS.get(scenario, "")))

    def wish(self, text: str = "calm piano", **more: object) -> SoundRequest:
        """A bed of eight seconds."""
        return wanted(routes_of("suno-gateway")["music"], "music", text, seconds=8.0, **more)

    def shapes(self) -> Mapping[str, SoundRequest]:
        """All that can be said."""
        return {"a style": self.wish(), "without something": self.wish("dark ambient", negative="drums")}

    def restarted(self) -> SoundMaker:
        """A new maker with the same key."""
        return self.maker()

    def jobs(self) -> int:
        """Tasks of the gateway."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all makers."""
        for maker in self._opened:
            await maker.close()


@asynccontextmanager
async def suno_gateway(folder: Path) -> AsyncIterator[SunoStage]:
    """The stage."""
    async with FakeSuno() as vendor:
        opened = SunoStage(vendor, folder)
        yield opened
        await opened.close()
