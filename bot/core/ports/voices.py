"""What the core needs of the database for voices made of recordings, and who deletes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bot.core.model import Job
from bot.core.records import KeptVoice


class VoiceStore(Protocol):
    """Which voices were asked for, and which are still at their makers. Each method is one transaction."""

    async def voice_intent(
        self, job: Job, voice: KeptVoice, *, facts: Mapping[str, Any], submitted_ms: int
    ) -> Job:
        """*Fenced.* A maker is about to be asked for a job's voice: note the voice, and its cost in `facts`;
        the job's cost counts as used."""
        ...

    async def voice_step(self, job: Job, voice: KeptVoice, *, facts: Mapping[str, Any] | None = None) -> Job:
        """*Fenced.* How far the voice of a job is, and what its row says of it."""
        ...

    async def voice_of(self, job: str) -> KeptVoice | None:
        """The voice of a job; gone or not."""
        ...

    async def voices_unneeded(self) -> tuple[KeptVoice, ...]:
        """Those that may still be at their makers though no job needs them, the oldest first."""
        ...

    async def write_voice(self, voice: KeptVoice) -> None:
        """How far a voice is that no job needs; one that is gone stays gone."""
        ...

    async def voices_of(self, wallet: str, *, limit: int) -> tuple[KeptVoice, ...]:
        """Those that were made of somebody's recordings, the newest first."""
        ...


class Voices(Protocol):
    """Whoever deletes voices that are not needed any more."""

    def wake(self) -> None:
        """There may be some: look at once."""
        ...


class NoVoices:
    """No voices are made."""

    def wake(self) -> None:
        """Nobody listens."""
