"""How each maker of voices is set up for the contract suite. Adding one = adding one entry at the end.

The accounts are those of `sound_harness.py`; a request has no words, so what goes wrong is whispered in the
name of the voice, or in the address of the recording.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from providers.base import CloneRequest, MediaInput, VoiceCloner
from providers.catalogue import SoundRoute, clone_misfit, clone_request
from tests.contract.harness import Scenario
from tests.contract.sound_harness import shipped, spoken
from tests.contract.stage_elevenlabs import ElevenStage, elevenlabs
from tests.contract.stage_kling_sound import KlingSoundStage, kling_legacy_sound, kling_sound
from tests.fakes.links import OwnLinks

Account = ElevenStage | KlingSoundStage
SECONDS = 12.0


class VoiceStage:
    """An account, and recordings that it can reach.

    Attributes:
        whispers: what is to go wrong with recordings that a bot hands out by its own links.
    """

    def __init__(self, route: str, account: Account, links: OwnLinks, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.route: SoundRoute = shipped().sound(route)
        self.account = account
        self.links = links
        self.whispers: list[str] = []
        self._folder = folder

    def cloner(self, scenario: Scenario = "good") -> VoiceCloner:
        """The adapter that a scenario needs."""
        made = self.account.adapter_for(scenario)
        assert isinstance(made, VoiceCloner)
        return made

    def wish(self, scenario: Scenario = "good", *, name: str = "talkreel 4f2a") -> CloneRequest:
        """A recording of twelve seconds, and what is to go wrong with it."""
        fault = self.account.faults.get(scenario, "")
        item = self.recording()
        if item.url:
            item = replace(item, url=f"{item.url}{fault}")
        else:
            name = f"{name} {fault}".strip()
        request = clone_request(self.route, item, name)
        assert clone_misfit(self.route, request) is None
        return request

    def recording(self, seconds: float = SECONDS) -> MediaInput:
        """Somebody who speaks for so long, behind a link where the vendor fetches it."""
        item = spoken(self._folder, seconds)
        if self.route.upload != "link":
            return item
        return replace(item, url=self.links.link("voice.mp3", item.path.read_bytes()))

    def kept(self) -> Mapping[str, bytes]:
        """The voices of the account, with the recordings that they were made of."""
        if isinstance(self.account, ElevenStage):
            return {voice: file for voice, (_, file) in self.account.vendor.clones.items()}
        return self.account.vendor.voices


@dataclass(frozen=True, kw_only=True)
class VoiceHarness:
    """One way of making voices; `exempt`: scenario → why this vendor cannot have it."""

    route: str
    opens: Callable[[Path], AbstractAsyncContextManager[Account]]
    exempt: Mapping[Scenario, str] = field(default_factory=dict)

    @asynccontextmanager
    async def stage(self, folder: Path) -> AsyncIterator[VoiceStage]:
        """Open it in an empty folder."""
        async with OwnLinks() as links, self.opens(folder) as account:
            yield VoiceStage(self.route, account, links, folder)


_AT_ONCE: tuple[Scenario, ...] = (
    "queued",
    "running",
    "failed",
    "moderated",
    "unknown-job",
    "poll-garbage",
    "poll-error",
    "poll-limit",
    "poll-cut",
)
VOICE_HARNESSES: tuple[VoiceHarness, ...] = (
    VoiceHarness(
        route="elevenlabs/voice",
        opens=elevenlabs,
        exempt=dict.fromkeys(_AT_ONCE, "the answer to the call is the voice: nothing is asked for later"),
    ),
    VoiceHarness(route="kling/voice", opens=kling_sound),
    VoiceHarness(route="kling-legacy/voice", opens=kling_legacy_sound),
)
