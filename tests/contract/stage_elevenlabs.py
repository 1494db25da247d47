"""ElevenLabs in the contract suite: the fake and the maker, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import ProviderConfig, SoundMaker, SoundRequest
from providers.sound.elevenlabs import ElevenLabs
from tests.contract.harness import Scenario
from tests.contract.sound_harness import SoundPlay, SoundStage, faulty, routes_of, silent_clip, wanted
from tests.fakes.elevenlabs import BROKE_KEY, GOOD_KEY, FakeElevenLabs

WRONG_KEY = "sk_el_wrong_aa77c05d21"
FAULTS: Mapping[Scenario, str] = {
    "refused-prompt": "[fault:submit-bad-prompt]",
    "bad-request": "[fault:submit-400]",
    "model-gone": "[fault:submit-404]",
    "rate-limit": "[fault:submit-wait=7]",
    "rate-limit-plain": "[fault:submit-429]",
    "server-error": "[fault:http-500]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "not-a-clip": "[fault:not-sound]",
}


class ElevenStage(SoundStage):
    """One account."""

    env = ElevenLabs.env
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    at_once = True

    def __init__(self, vendor: FakeElevenLabs, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self.routes = routes_of("elevenlabs")
        self.folder = folder
        self._opened: list[ElevenLabs] = []

    def maker(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> ElevenLabs:
        """A maker for an account."""
        maker = ElevenLabs(
            ProviderConfig(
                id="elevenlabs",
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
                maker = self.maker(timeout=0.05)
            case _:
                maker = self.maker()
        request = wanted(self.routes["effects"], "effect", "a door slams", seconds=1.5)
        return SoundPlay(maker=maker, request=faulty(request, FAULTS.get(scenario, "")))

    def shapes(self) -> Mapping[str, SoundRequest]:
        """Every route."""
        speech, flash = self.routes["speech"], self.routes["speech-flash"]
        line = "The gate opens, and nobody is there."
        return {
            "speech": wanted(speech, "speech", line, language="en-GB", seed=7),
            "speech, a man": wanted(speech, "speech", "Adiós, amigo.", language="es", voice="man"),
            "speech, held to its language": wanted(flash, "speech", "Szia világ!", language="hu"),
            "effect": wanted(self.routes["effects"], "effect", "rain on a tin roof", seconds=4.25),
            "effect, shorter than they are made": wanted(
                self.routes["effects"], "effect", "click", seconds=0.2
            ),
            "music": wanted(self.routes["music"], "music", "calm piano", seconds=8.0),
            "music, shorter than it is made": wanted(self.routes["music"], "music", "sting", seconds=1.0),
            "picture": wanted(
                self.routes["picture"], "foley", "tense strings", seconds=4.0, video=silent_clip(self.folder)
            ),
            "picture, wordless": wanted(
                self.routes["picture"], "foley", "", seconds=4.0, video=silent_clip(self.folder)
            ),
        }

    def restarted(self) -> SoundMaker:
        """A new maker with the same key."""
        return self.maker()

    def jobs(self) -> int:
        """Calls that were worked on."""
        return len(self.vendor.jobs)

    async def close(self) -> None:
        """Close all makers."""
        for maker in self._opened:
            await maker.close()


@asynccontextmanager
async def elevenlabs(folder: Path) -> AsyncIterator[ElevenStage]:
    """The stage."""
    async with FakeElevenLabs() as vendor:
        opened = ElevenStage(vendor, folder)
        yield opened
        await opened.close()
