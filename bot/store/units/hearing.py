"""Units about recordings: what their transcripts cost the operator, and who agreed to a voice being used."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.model import Take
from bot.core.records import Expense, VoiceConsent
from bot.store import rows
from bot.store.unit import Unit, first
from bot.store.units import money


def spend(expense: Expense, takes: Sequence[Take]) -> Unit[None]:
    """Book a cost on the budget, all of it or nothing.

    Raises:
        Denied: `budget_spent`.
    """
    for take in takes:
        yield from money.take_whole(take)
        yield from money.shift(take, held=-take.amount, used=take.amount)
    yield (
        "expense_add",
        {
            "id": expense.id,
            "provider": expense.provider,
            "server": expense.server,
            "wallet": expense.wallet,
            "cost_micro_usd": expense.cost_micro_usd,
            "takes": rows.dump_takes(takes),
            "at_ms": expense.at_ms,
        },
    )


def unspend(id: str) -> Unit[None]:
    """The vendor took nothing: the cost leaves the budget again, once."""
    row = yield from first("expense_drop", {"id": id})
    if row is None:
        return
    for take in rows.load_takes(row["takes"]):
        yield from money.shift(take, used=-take.amount)


def put_consent(consent: VoiceConsent) -> Unit[None]:
    """Write down that somebody agreed; the first word for a clip stays."""
    yield (
        "consent_put",
        {
            "job": consent.job,
            "wallet": consent.wallet,
            "person": consent.person,
            "message": consent.message,
            "used_as": consent.used_as,
            "model": consent.model,
            "at_ms": consent.at_ms,
        },
    )


def consents_of(wallet: str, limit: int) -> Unit[tuple[VoiceConsent, ...]]:
    """What somebody agreed to, the newest first."""
    found = yield "consents_of_wallet", {"wallet": wallet, "limit": limit}
    return tuple(
        VoiceConsent(
            job=row["job"],
            wallet=row["wallet"],
            person=row["person"],
            message=row["message"],
            used_as=row["used_as"],
            model=row["model"],
            at_ms=int(row["at_ms"]),
        )
        for row in found
    )
