"""The part of the `Store` port about recordings: each method is one unit. Knows no database and no SQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.core.model import Take
from bot.core.records import Expense, VoiceConsent
from bot.store import units_hearing
from bot.store.pages import Run


class HearingUnits:
    """Costs of transcripts, and consents; what each method means is written at the port."""

    _run: Run

    async def spend(self, expense: Expense, takes: Sequence[Take]) -> None:
        """See the port."""
        await self._run(partial(units_hearing.spend, expense, takes))

    async def unspend(self, expense: str) -> None:
        """See the port."""
        await self._run(partial(units_hearing.unspend, expense))

    async def put_consent(self, consent: VoiceConsent) -> None:
        """See the port."""
        await self._run(partial(units_hearing.put_consent, consent))

    async def consents_of(self, wallet: str, *, limit: int) -> tuple[VoiceConsent, ...]:
        """See the port."""
        return await self._run(partial(units_hearing.consents_of, wallet, limit))
