"""Every store keeps the same promises about jobs and credits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.core.errors import Denied, Fenced
from bot.core.model import Job, Take
from bot.core.ports import Store
from bot.core.records import BillSum, VendorBill
from providers.base import Ticket
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import CLIP, DAY_MS, SERVER, a_job, grants_of, takes_for


async def reserved(store: Store, name: str = "j1", **limits: Any) -> Job:
    """A job on hold."""
    job = a_job(name)
    return await store.reserve(job, takes_for(job, **limits), grant_account=grants_of(job))


async def processing(store: Store, job: Job) -> Job:
    """A job whose clip has been fetched."""
    claimed = await store.claim(job.id)
    assert claimed is not None
    sent = await store.submit_intent(claimed, submitted_ms=1000)
    ticket = Ticket(provider="acme", model="acme-2", remote_id=f"remote-{job.id}").to_json()
    polling = await store.move(sent, "polling", ticket=ticket)
    return await store.move(await store.move(polling, "fetching"), "processing")


async def figures(store: Store, job: Job) -> list[tuple[int, int]]:
    """(held, used) of everything a job takes from."""
    keys = [(take.scope, take.unit, take.start_ms) for take in takes_for(job)]
    return [(window.held, window.used) for window in await store.windows(keys)]


async def test_a_reserved_job_is_read_back_as_it_was_given(store: Store) -> None:
    job = await reserved(store)
    assert await store.job("j1") == job
    assert await store.open_jobs() == (job,)
    assert job.windows == takes_for(job)
    assert await figures(store, job) == [(7, 0), (7, 0), (70_000, 0), (1, 0)]


async def test_the_same_command_makes_one_job(store: Store) -> None:
    first, second = await asyncio.gather(reserved(store), reserved(store))
    assert first == second
    again = replace(a_job("other"), request_key=first.request_key)
    assert await store.reserve(again, takes_for(again), grant_account="") == first
    assert await figures(store, first) == [(7, 0), (7, 0), (70_000, 0), (1, 0)]


async def test_what_vendors_billed_is_summed_per_route_and_the_last_word_counts(store: Store) -> None:
    first = VendorBill(
        job="j1", route="acme/acme-2", booked_micro_usd=70_000, billed_micro_usd=90_000, at_ms=5
    )
    await store.note_bill(first)
    await store.note_bill(replace(first, job="j2", billed_micro_usd=70_000, at_ms=6))
    await store.note_bill(replace(first, billed_micro_usd=80_000, at_ms=7))
    await store.note_bill(replace(first, job="j3", route="zeta/z", at_ms=3))
    assert await store.bill_sums(since_ms=4) == (
        BillSum(route="acme/acme-2", clips=2, booked_micro_usd=140_000, billed_micro_usd=150_000),
    )
    assert [each.route for each in await store.bill_sums(since_ms=0)] == ["acme/acme-2", "zeta/z"]


async def test_another_command_cannot_take_over_a_job_id(store: Store) -> None:
    await reserved(store)
    other = replace(a_job(), request_key="another command")
    with pytest.raises(ValueError, match="taken"):
        await store.reserve(other, takes_for(other), grant_account="")


async def test_two_commands_at_once_with_credits_for_one_give_one_job_and_one_refusal(store: Store) -> None:
    results = await asyncio.gather(reserved(store), reserved(store, "j2"), return_exceptions=True)
    refused = [one for one in results if isinstance(one, Denied)]
    assert len(refused) == 1
    assert refused[0].code == "no_credits"
    assert refused[0].facts == {"scope": "member:discord:9:w1", "missing": 4, "have": 3, "renews_ms": 0}
    assert len(await store.open_jobs()) == 1


@pytest.mark.parametrize(
    ("limits", "code", "have"),
    [
        ({"pool": 6}, "pool_empty", 6),
        ({"budget": 69_999}, "budget_spent", 69_999),
        ({"at_once": 0}, "too_many_jobs", 0),
        ({"member": 0}, "no_credits", 0),
    ],
)
async def test_a_job_that_does_not_fit_everywhere_takes_nothing_anywhere(
    store: Store, limits: dict[str, Any], code: str, have: int
) -> None:
    with pytest.raises(Denied) as refusal:
        await reserved(store, **limits)
    assert refusal.value.code == code
    assert refusal.value.facts["have"] == have
    assert await store.job("j1") is None
    assert await figures(store, a_job()) == [(0, 0)] * 4
    assert await store.transfers() == ()


async def test_without_a_limit_use_is_still_counted(store: Store) -> None:
    job = await reserved(store, member=None, pool=None, budget=None, at_once=None)
    assert await figures(store, job) == [(7, 0), (7, 0), (70_000, 0), (1, 0)]


async def test_the_period_pays_first_and_granted_credits_the_rest(store: Store) -> None:
    await store.grant(server=SERVER, wallet="w1", purse="paid", amount=6, actor="a", reason="", key="k")
    job = await reserved(store, member=3)
    assert job.windows[0].amount == 3
    assert await store.job("j1") == job
    assert await store.grant_balance(server=SERVER, wallet="w1", purse="paid") == 2
    assert await figures(store, job) == [(3, 0), (7, 0), (70_000, 0), (1, 0)]
    claimed = await store.claim("j1")
    assert claimed is not None
    await store.release(claimed, "released", outcome="vendor", facts={"why": "x"})
    assert await store.grant_balance(server=SERVER, wallet="w1", purse="paid") == 6
    assert await figures(store, job) == [(0, 0)] * 4


async def test_granted_credits_are_not_touched_where_the_caller_forbids_it(store: Store) -> None:
    await store.grant(server=SERVER, wallet="w1", purse="paid", amount=6, actor="a", reason="", key="k")
    job = a_job()
    with pytest.raises(Denied):
        await store.reserve(job, takes_for(job, member=3), grant_account="")


async def test_several_jobs_are_reserved_together_or_not_at_all(store: Store) -> None:
    jobs = [a_job("j1", credits=5), a_job("j2", credits=5), a_job("j3", credits=1)]
    with pytest.raises(Denied):
        await store.reserve_all([(job, takes_for(job), "") for job in jobs])
    assert await store.open_jobs() == ()
    made = await store.reserve_all([(job, takes_for(job), "") for job in jobs[:2]])
    assert await store.open_jobs() == made


async def test_a_settled_job_has_cost_its_price_once(store: Store) -> None:
    job = await processing(store, await reserved(store))
    posting = await store.settle(job, "posting", clip=CLIP)
    assert (posting.money, posting.charged, posting.clip) == ("settled", 7, CLIP)
    assert await store.job("j1") == posting
    again = await store.settle(posting, "posting", clip=CLIP)
    assert again.charged == 7
    delivered = await store.move(again, "delivered")
    assert await store.job("j1") == delivered
    assert await figures(store, job) == [(0, 7), (0, 7), (0, 70_000), (0, 0)]
    assert [one.kind for one in await store.transfers(job="j1")] == ["settle", "hold"]
    assert await store.open_jobs() == ()


async def test_a_share_that_is_given_back_can_be_used_again(store: Store) -> None:
    job = await processing(store, await reserved(store))
    posting = await store.settle(job, "posting", clip=CLIP, give_back=2)
    assert posting.charged == 5
    assert await figures(store, job) == [(0, 5), (0, 5), (0, 70_000), (0, 0)]
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert (report.settled, report.held, report.problems) == (5, 0, ())


async def test_what_is_given_back_of_an_ended_period_becomes_granted_credits(
    store: Store, clock: FakeClock
) -> None:
    job = a_job()
    start = clock.now_ms()
    takes = takes_for(job, start_ms=start, renews_ms=start + DAY_MS)
    job = await processing(store, await store.reserve(job, takes, grant_account=grants_of(job)))
    clock.advance(86_401)
    await store.settle(job, "posting", clip=CLIP, give_back=2)
    assert await store.grant_balance(server=SERVER, wallet="w1", purse="paid") == 2


async def test_more_than_the_price_cannot_be_given_back(store: Store) -> None:
    job = await processing(store, await reserved(store))
    with pytest.raises(ValueError, match="8 credits"):
        await store.settle(job, "posting", clip=CLIP, give_back=8)


async def test_a_late_clip_is_free(store: Store) -> None:
    claimed = await store.claim((await reserved(store)).id)
    assert claimed is not None
    sent = await store.move(await store.submit_intent(claimed, submitted_ms=1), "polling")
    late = await store.release(sent, "late", outcome="deadline", facts={})
    assert late.money == "released"
    assert await figures(store, late) == [(0, 0), (0, 0), (0, 70_000), (0, 0)]
    fetched = await store.move(await store.move(late, "fetching"), "processing")
    posting = await store.settle(fetched, "posting", clip=CLIP)
    assert (posting.money, posting.charged, posting.clip) == ("released", 0, CLIP)
    assert [one.kind for one in await store.transfers(job="j1")] == ["release", "hold"]


async def test_a_refusal_that_the_vendor_bills_is_charged(store: Store) -> None:
    claimed = await store.claim((await reserved(store)).id)
    assert claimed is not None
    sent = await store.submit_intent(claimed, submitted_ms=1)
    ended = await store.release(sent, "released", outcome="moderated", facts={"by": "acme"}, charge=True)
    assert (ended.money, ended.charged, ended.outcome) == ("settled", 7, "moderated")
    assert await store.job("j1") == ended
    assert await figures(store, ended) == [(0, 7), (0, 7), (0, 70_000), (0, 0)]


async def test_the_budget_keeps_what_was_submitted_whatever_became_of_it(store: Store) -> None:
    claimed = await store.claim((await reserved(store)).id)
    assert claimed is not None
    sent = await store.submit_intent(claimed, submitted_ms=5000)
    assert (sent.state, sent.submitted_ms, sent.cost_micro_usd) == ("submitting", 5000, 70_000)
    assert (await figures(store, sent))[2] == (0, 70_000)
    await store.release(sent, "released", outcome="vendor", facts={})
    assert (await figures(store, sent))[2] == (0, 70_000)
    report = await store.audit(day_start_ms=5000, month_start_ms=0)
    assert (report.cost_day_micro_usd, report.cost_month_micro_usd) == (70_000, 70_000)
    assert (await store.audit(day_start_ms=5001, month_start_ms=0)).cost_day_micro_usd == 0


async def test_a_refused_submit_costs_the_budget_nothing_but_keeps_the_place_for_another_try(
    store: Store,
) -> None:
    claimed = await store.claim((await reserved(store)).id)
    assert claimed is not None
    sent = await store.submit_intent(claimed, submitted_ms=1)
    await store.submit_refused(sent)
    await store.submit_refused(sent)
    assert (await figures(store, sent))[2] == (70_000, 0)
    queued = await store.move(sent, "queued")
    again = await store.submit_intent(queued, submitted_ms=2)
    assert (await figures(store, again))[2] == (0, 70_000)
    await store.submit_refused(again)
    await store.release(again, "released", outcome="refused", facts={})
    assert (await figures(store, again))[2] == (0, 0)
    assert (await store.audit(day_start_ms=0, month_start_ms=0)).cost_day_micro_usd == 0


async def test_a_worker_that_lost_its_job_cannot_write_any_more(store: Store) -> None:
    old = await store.claim((await reserved(store)).id)
    new = await store.claim("j1")
    assert old is not None
    assert new is not None
    assert new.epoch == old.epoch + 1
    with pytest.raises(Fenced):
        await store.submit_intent(old, submitted_ms=1)
    with pytest.raises(Fenced):
        await store.move(old, "released")
    with pytest.raises(Fenced):
        await store.settle(old, "queued", clip=CLIP)
    with pytest.raises(Fenced):
        await store.release(old, "released", outcome="", facts={})
    with pytest.raises(Fenced):
        await store.submit_refused(old)
    assert await store.job("j1") == new


async def test_a_state_is_left_only_along_an_arrow(store: Store) -> None:
    job = await reserved(store)
    with pytest.raises(ValueError, match="queued to posting"):
        await store.move(job, "posting")
    with pytest.raises(ValueError, match="does not lead"):
        await store.release(job, "delivered", outcome="", facts={})
    with pytest.raises(TypeError, match="wallet"):
        await store.move(job, "queued", wallet="mine")


async def test_an_ended_job_cannot_be_claimed(store: Store) -> None:
    job = await reserved(store)
    await store.release(job, "released", outcome="cancelled", facts={})
    assert await store.claim("j1") is None
    assert await store.claim("never") is None


async def test_what_a_move_changes_is_there_after_a_restart(store: Store) -> None:
    job = await reserved(store)
    elsewhere = replace(job.destination, thread="t7")
    moved = await store.move(
        job, "queued", placeholder="m1", attempts=2, next_check_ms=9, destination=elsewhere, facts={"a": [1]}
    )
    assert await store.job("j1") == moved
    assert (moved.placeholder, moved.destination.thread, moved.facts) == ("m1", "t7", {"a": [1]})


async def test_a_wish_to_cancel_reaches_the_worker(store: Store) -> None:
    claimed = await store.claim((await reserved(store)).id)
    assert claimed is not None
    asked = await store.ask_cancel("j1")
    assert asked is not None
    assert asked.cancel_asked
    assert (await store.move(claimed, "queued", attempts=1)).cancel_asked
    assert await store.ask_cancel("never") is None


async def test_a_vendors_job_belongs_to_one_job_of_ours(store: Store) -> None:
    await processing(store, await reserved(store, member=None))
    assert await store.ticket_owner("acme", "remote-j1") == "j1"
    assert await store.ticket_owner("acme", "remote-j9") is None
    other = await store.submit_intent(await reserved(store, "j2", member=None), submitted_ms=1)
    lost = await store.move(other, "uncertain")
    stolen = Ticket(provider="acme", model="acme-2", remote_id="remote-j1").to_json()
    with pytest.raises(Fenced):
        await store.move(lost, "polling", ticket=stolen)


async def test_due_jobs_come_with_their_lane(store: Store) -> None:
    job = await reserved(store, member=None)
    later = await reserved(store, "j2", member=None)
    await store.move(later, "queued", placeholder="m", next_check_ms=500)
    assert await store.due_jobs(499) == (("j1", "hello", job.priority),)
    assert ("j2", "make:acme", later.priority) in await store.due_jobs(500)


async def test_nobody_waits_behind_all_jobs_of_somebody_busy(store: Store) -> None:
    many = [await reserved(store, f"j{n}", member=None, at_once=None, pool=None) for n in range(5)]
    other = a_job("other", wallet="w2")
    mine = await store.reserve(other, takes_for(other), grant_account="")
    assert many[0].priority < many[1].priority < many[4].priority
    assert mine.priority < many[1].priority
    await store.submit_intent(many[2], submitted_ms=1)
    late = a_job("late", wallet="w3")
    assert (await store.reserve(late, takes_for(late), grant_account="")).priority > many[2].priority


async def test_history_is_newest_first_and_can_be_paged(store: Store, clock: FakeClock) -> None:
    for n in range(4):
        clock.advance(1)
        await reserved(store, f"j{n}", member=None, at_once=None)
    newest = await store.jobs_of("w1", limit=2)
    assert [job.id for job in newest] == ["j3", "j2"]
    older = await store.jobs_of("w1", limit=9, before_ms=newest[-1].created_ms)
    assert [job.id for job in older] == ["j1", "j0"]


async def test_typical_time_needs_three_clips(store: Store, clock: FakeClock) -> None:
    for n, seconds in enumerate((10, 30, 20)):
        assert await store.typical_seconds(SERVER, "acme-2") is None
        job = await reserved(store, f"j{n}", member=None)
        sent = await store.submit_intent(job, submitted_ms=clock.now_ms())
        clock.advance(seconds)
        ticket = Ticket(provider="acme", model="acme-2", remote_id=f"r{n}").to_json()
        polling = await store.move(await store.move(sent, "polling", ticket=ticket), "fetching")
        await store.settle(await store.move(polling, "processing"), "posting", clip=CLIP)
    assert await store.typical_seconds(SERVER, "acme-2") == 20
    assert await store.typical_seconds("discord:1", "acme-2") is None


async def test_a_first_take_that_is_not_the_price_is_a_mistake_of_the_caller(store: Store) -> None:
    job = a_job()
    with pytest.raises(ValueError, match="price"):
        wrong = Take(scope="member:x:w1", unit="paid", start_ms=0, cap=None, amount=1)
        await store.reserve(job, [wrong], grant_account="")
    with pytest.raises(ValueError, match="own window"):
        await store.reserve(job, [], grant_account="")
