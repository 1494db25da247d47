"""ElevenLabs in the contract suite: the fake and the maker, with requests as the catalogue makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import ProviderConfig, SoundRequest
from providers.sound.elevenlabs import ElevenLabs
from tests.contract.account import SoundAccountStage
from tests.contract.harness import Scenario
from tests.contract.sound_harness import routes_of, silent_clip, wanted
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


class ElevenStage(SoundAccountStage[ElevenLabs, FakeElevenLabs]):
    """One account."""

    provider = "elevenlabs"
    env = ElevenLabs.env
    keys = (GOOD_KEY, BROKE_KEY, WRONG_KEY)
    faults = FAULTS
    patience_seconds = 0.05
    at_once = True

    def __init__(self, vendor: FakeElevenLabs, folder: Path) -> None:
        """Use a vendor that is listening."""
        super().__init__(vendor, folder)
        self.routes = routes_of("elevenlabs")

    def make(self, config: ProviderConfig) -> ElevenLabs:
        """A maker."""
        return ElevenLabs(config)

    def wish(self) -> SoundRequest:
        """A short effect."""
        return wanted(self.routes["effects"], "effect", "a door slams", seconds=1.5)

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


@asynccontextmanager
async def elevenlabs(folder: Path) -> AsyncIterator[ElevenStage]:
    """The stage."""
    async with FakeElevenLabs() as vendor:
        opened = ElevenStage(vendor, folder)
        yield opened
        await opened.close()
