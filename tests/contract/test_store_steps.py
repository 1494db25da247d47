"""A step of a job is written without reading its row first; what it returns is the row all the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.core.errors import Fenced
from bot.core.model import Job
from bot.core.ports import Store
from providers.base import Ticket
from tests.unit.bot.store.books import CLIP, SERVER, a_job, grants_of, takes_for

TICKET = Ticket(provider="acme", model="acme-2", remote_id="remote-1").to_json()
Step = Callable[[Store, Job], Awaitable[Job]]

# The life of a clip as the engine writes it.
LIFE: dict[str, Step] = {
    "greet": lambda store, job: store.move(job, "queued", placeholder="m1", attempts=0),
    "intent": lambda store, job: store.submit_intent(job, submitted_ms=1000),
    "adopt": lambda store, job: store.move(
        job, "polling", ticket=TICKET, attempts=0, deadline_ms=9000, next_check_ms=2000
    ),
    "done": lambda store, job: store.move(job, "fetching", attempts=0, cost_micro_usd=90_000),
    "fetched": lambda store, job: store.move(job, "processing", attempts=0, facts={"details": {"seed": "7"}}),
    "settle": lambda store, job: store.settle(job, "posting", clip=CLIP),
    "delivered": lambda store, job: store.move(job, "delivered"),
}


async def begun(store: Store) -> Job:
    """A job that a worker has claimed."""
    job = a_job()
    await store.reserve(job, takes_for(job), grant_account=grants_of(job))
    claimed = await store.claim(job.id)
    assert claimed is not None
    return claimed


async def merged(store: Store, job: Job) -> None:
    await store.wallet("discord:w1", "Ada")
    await store.merge(winner="w2", loser=job.wallet, actor="operator")


async def renamed(store: Store, job: Job) -> None:
    await store.migrate_server(job.server, "discord:10")


async def cancelled(store: Store, job: Job) -> None:
    await store.ask_cancel(job.id)


async def test_what_a_step_returns_is_what_is_read_back(store: Store) -> None:
    job = await begun(store)
    for name, step in LIFE.items():
        job = await step(store, job)
        assert await store.job(job.id) == job, name
    assert (job.state, job.money, job.charged, job.cost_micro_usd) == ("delivered", "settled", 7, 90_000)
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert not report.problems and report.settled == 7


@pytest.mark.parametrize("at", list(LIFE))
@pytest.mark.parametrize("happens", [merged, renamed, cancelled])
async def test_a_worker_learns_with_its_next_step_what_others_did_to_its_job(
    store: Store, happens: Callable[[Store, Job], Awaitable[None]], at: str
) -> None:
    job = await begun(store)
    for name, step in LIFE.items():
        if name == at:
            await happens(store, job)
        job = await step(store, job)
        assert await store.job(job.id) == job, name
    told = {"merged": job.wallet == "w2", "renamed": job.server != SERVER, "cancelled": job.cancel_asked}
    assert told[happens.__name__]
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert not report.problems and report.settled == 7


@pytest.mark.parametrize("at", list(LIFE))
async def test_no_step_is_written_by_a_worker_whose_job_another_took(store: Store, at: str) -> None:
    job = await begun(store)
    for name, step in LIFE.items():
        if name == at:
            break
        job = await step(store, job)
    taken = await store.claim(job.id)
    with pytest.raises(Fenced):
        await LIFE[at](store, job)
    assert await store.job(job.id) == taken


async def test_a_refused_submit_is_known_to_the_step_that_follows(store: Store) -> None:
    job = await LIFE["intent"](store, await LIFE["greet"](store, await begun(store)))
    await store.submit_refused(job)  # its cost is nothing now, which the worker's own value does not say
    again = await store.move(job, "queued", attempts=1, next_check_ms=5)
    assert await store.job(job.id) == again
    assert again.cost_micro_usd == 0
    for name in ("intent", "adopt", "done", "fetched", "settle"):
        again = await LIFE[name](store, again)
        assert await store.job(job.id) == again, name
    assert not (await store.audit(day_start_ms=0, month_start_ms=0)).problems
