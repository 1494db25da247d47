"""What a store keeps of recordings: costs stay within the budget, and consents go with people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.desk import House
from bot.core.errors import Denied
from bot.core.ports import Store
from bot.core.quota import budget_takes
from bot.core.records import Expense, VoiceConsent
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import SERVER

HOUSE = House(budget_day_usd=Decimal("0.01"), budget_month_usd=Decimal("1"))


def expense(id: str, clock: FakeClock, *, micro_usd: int = 4000, wallet: str = "w1") -> Expense:
    return Expense(
        id=id,
        provider="acme-scribe",
        server=SERVER,
        wallet=wallet,
        cost_micro_usd=micro_usd,
        at_ms=clock.now_ms(),
    )


async def spend(store: Store, one: Expense, clock: FakeClock) -> None:
    await store.spend(one, budget_takes(HOUSE, one.cost_micro_usd, clock.now_ms()))


async def test_a_cost_beside_clips_fits_the_budget_or_is_refused(store: Store, clock: FakeClock) -> None:
    await spend(store, expense("e1", clock), clock)
    await spend(store, expense("e2", clock), clock)
    with pytest.raises(Denied) as caught:
        await spend(store, expense("e3", clock), clock)
    assert caught.value.code == "budget_spent" and caught.value.facts["missing"] == 2000
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert (report.problems, report.cost_day_micro_usd) == ((), 8000)
    # What the vendor did not take leaves the budget again, once.
    await store.unspend("e1")
    await store.unspend("e1")
    await spend(store, expense("e4", clock), clock)
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert (report.problems, report.cost_month_micro_usd) == ((), 8000)


def consent(job: str, *, wallet: str = "w1", person: str = "discord:1", at_ms: int = 1) -> VoiceConsent:
    return VoiceConsent(
        job=job,
        wallet=wallet,
        person=person,
        message="message 5 of discord:2",
        used_as="reference",
        model="acme",
        at_ms=at_ms,
    )


async def test_a_consent_is_written_once_for_each_clip(store: Store) -> None:
    await store.put_consent(consent("j1", at_ms=1))
    await store.put_consent(consent("j2", at_ms=2))
    await store.put_consent(replace(consent("j1", at_ms=9), used_as="voice"))
    assert await store.consents_of("w1", limit=10) == (consent("j2", at_ms=2), consent("j1", at_ms=1))
    assert await store.consents_of("w2", limit=10) == ()


async def test_consents_move_with_people_and_go_when_they_are_forgotten(
    store: Store, clock: FakeClock
) -> None:
    first, second = await store.wallet("discord:1", "Ann"), await store.wallet("telegram:1", "Ann")
    await store.put_consent(consent("j1", wallet=first))
    await store.put_consent(consent("j2", wallet=second, person="telegram:1"))
    await spend(store, expense("e1", clock, wallet=second), clock)
    await store.merge(winner=first, loser=second, actor="discord:1")
    assert {one.job for one in await store.consents_of(first, limit=10)} == {"j1", "j2"}
    apart = await store.unlink("telegram:1")
    assert [one.job for one in await store.consents_of(apart, limit=10)] == ["j2"]
    await store.forget(first)
    assert await store.consents_of(first, limit=10) == ()
    assert len(await store.consents_of(apart, limit=10)) == 1
    # The money is spent whoever is forgotten.
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert report.cost_day_micro_usd == 4000
