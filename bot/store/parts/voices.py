"""The part of the `Store` port about voices: each method is one unit. Knows no database and no SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bot.core.model import Job
from bot.core.records import KeptVoice
from bot.store.unit import Run
from bot.store.units import voices


class VoiceUnits:
    """Voices made out of recordings; what each method means is written at the port."""

    _run: Run
    _now_ms: Callable[[], int]

    async def voice_intent(
        self, job: Job, voice: KeptVoice, *, facts: Mapping[str, Any], submitted_ms: int
    ) -> Job:
        """See the port."""
        unit = partial(voices.voice_intent, job, voice, facts, submitted_ms, self._now_ms())
        return await self._run(unit)

    async def voice_step(self, job: Job, voice: KeptVoice, *, facts: Mapping[str, Any] | None = None) -> Job:
        """See the port."""
        return await self._run(partial(voices.voice_step, job, voice, facts, self._now_ms()))

    async def voice_of(self, job: str) -> KeptVoice | None:
        """See the port."""
        return await self._run(partial(voices.voice_of, job))

    async def voices_unneeded(self) -> tuple[KeptVoice, ...]:
        """See the port."""
        return await self._run(voices.voices_unneeded)

    async def write_voice(self, voice: KeptVoice) -> None:
        """See the port."""
        await self._run(partial(voices.write_voice, voice))

    async def voices_of(self, wallet: str, *, limit: int) -> tuple[KeptVoice, ...]:
        """See the port."""
        return await self._run(partial(voices.voices_of, wallet, limit))
