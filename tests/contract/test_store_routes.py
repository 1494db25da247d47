"""Every store keeps the same promises about routes: how they do, who tries one, jobs that change theirs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from bot.core.errors import Fenced
from bot.core.health import after_probe
from bot.core.model import Job
from bot.core.ports import Store
from bot.core.records import RouteHealth
from tests.unit.bot.store.books import a_job, grants_of, takes_for

SICK = RouteHealth(route="acme/acme-2", failures=3, opened_ms=5, last_error="vendor_fault")
LATER_MS = 100_000


async def claimed(store: Store, name: str = "j1") -> Job:
    """A job on hold, in a worker's hands."""
    job = a_job(name, wallet=f"w-{name}")
    await store.reserve(job, takes_for(job), grant_account=grants_of(job))
    found = await store.claim(name)
    assert found is not None
    return found


async def test_the_health_of_a_route_is_remembered(store: Store) -> None:
    fresh = RouteHealth(route=SICK.route)
    less = replace(SICK, failures=1)
    assert await store.change_health(SICK.route, lambda _: less) == (fresh, less)
    assert await store.change_health(SICK.route, lambda _: SICK) == (less, SICK)
    assert await store.health() == (SICK,)


async def test_one_of_many_at_once_tries_a_route_and_as_long_as_it_is_on_its_way(store: Store) -> None:
    jobs = {name: await claimed(store, name) for name in ("j1", "j2", "j3")}
    await store.change_health(SICK.route, lambda _: SICK)
    await asyncio.gather(
        *(store.change_health(SICK.route, partial(after_probe, now_ms=LATER_MS, job=name)) for name in jobs)
    )
    (health,) = await store.health()
    assert health.probe in jobs and health.opened_ms == LATER_MS
    await store.release(jobs[health.probe], "released", outcome="cancelled", facts={})
    (health,) = await store.health()
    assert health.probe == "", "it ended without a word about the route: another one may try"


async def test_a_job_that_changes_its_route_is_found_there_at_the_same_price(store: Store) -> None:
    job = await claimed(store)
    sent = await store.submit_intent(job, submitted_ms=1000)
    await store.submit_refused(sent)
    other = replace(job.plan, route="zeta/acme-2", provider="zeta", cost_micro_usd=60_000)
    moved = await store.reroute(sent, other)
    assert (moved.state, moved.plan, moved.attempts, moved.money) == ("queued", other, 0, "held")
    assert await store.job("j1") == moved
    assert (await store.due_jobs(LATER_MS))[0][1] in ("hello", "make:zeta")
    again = await store.submit_intent(moved, submitted_ms=2000)
    assert again.cost_micro_usd == 60_000


async def test_no_job_changes_to_what_was_not_agreed(store: Store) -> None:
    job = await claimed(store)
    for change in ({"cost_micro_usd": 70_001}, {"credits": 6}, {"model": "acme-3"}):
        with pytest.raises(ValueError, match=r"(agreed|held) for job"):
            await store.reroute(job, replace(job.plan, **change))
    await store.claim("j1")
    with pytest.raises(Fenced):
        await store.reroute(job, job.plan)
