"""The part of the `Store` port about recordings: each method is one unit. Knows no database and no SQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.core.model import Take
from bot.core.records import Expense, VoiceConsent
from bot.store.unit import Run
from bot.store.units import hearing


class HearingUnits:
    """Costs of transcripts, and consents; what each method means is written at the port."""

    _run: Run

    async def spend(self, expense: Expense, takes: Sequence[Take]) -> None:
        """See the port."""
        await self._run(partial(hearing.spend, expense, takes))

    async def unspend(self, expense: str) -> None:
        """See the port."""
        await self._run(partial(hearing.unspend, expense))

    async def put_consent(self, consent: VoiceConsent) -> None:
        """See the port."""
        await self._run(partial(hearing.put_consent, consent))

    async def consents_of(self, wallet: str, *, limit: int) -> tuple[VoiceConsent, ...]:
        """See the port."""
        return await self._run(partial(hearing.consents_of, wallet, limit))
