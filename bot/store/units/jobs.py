"""Units that make and move jobs, by the fence of `units/fence.py`.

Money moves by `units/money.py`, in the same transaction as the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median_low
from typing import Any

from bot.core import ledger
from bot.core.errors import Fenced
from bot.core.lifecycle import allowed, lane
from bot.core.model import Clip, Job, JobState, Plan, Take
from bot.store import rows
from bot.store.unit import Row, Unit, first
from bot.store.units import money as units_money
from bot.store.units.fence import CHANGES, fenced, seen, step, write
from providers.base import Ticket

_ENOUGH_CLIPS = 3


def reserve(job: Job, takes: Sequence[Take], grants: str, now_ms: int) -> Unit[Job]:
    """Hold the price and insert the job.

    Raises:
        Denied: something is not enough.
        ValueError: the takes do not fit the plan, or the id belongs to another command's job.
    """
    _check_takes(job, takes)
    lane_tag = _lane_tag(job.plan.provider)
    mine = f"{lane_tag}/{job.wallet}"
    created_ms = job.created_ms or now_ms
    # Fair queueing: nobody gets ahead by having waited idle, nobody by asking often.
    tags = yield "fair_tags", {"mine": mine, "lane": lane_tag}
    priority = max([row["tag"] for row in tags], default=0) + max(1, job.plan.request.seconds)
    added = yield "job_add", _insert(job, takes, grants, created_ms, priority)
    if not added:
        return (yield from _same(job))
    n = added[0]["n"]
    yield "fair_mine", {"mine": mine, "tag": priority}
    yield "job_text_add", {"n": n, "person": job.person, "request": rows.request_of(job)}
    own = takes[0]
    # Nearly always there is a window with room; the ways to take from them are for when there is not.
    if own.amount and (yield units_money.holding(own, own.amount)):
        parts = ledger.Split(window=own.amount, grant=0)
    else:
        parts = yield from units_money.take_own(own, grants)
    for take in takes[1:]:
        if not (take.amount and (yield units_money.holding(take, take.amount))):
            yield from units_money.take_whole(take)
    held = tuple(takes)
    if parts.grant:
        held = (replace(own, amount=parts.window), *takes[1:])
        yield "job_takes_write", {"n": n, "takes": rows.dump_takes(held)}
    window = ledger.window_account(own.scope, own.unit, own.start_ms)
    movements = ledger.hold(job.id, parts, window=window, grants=grants)
    for movement in movements:
        yield units_money.booking(movement, job.plan.purse, job.server, n, now_ms)
    return rows.changed(
        job,
        state="queued",
        epoch=0,
        money="held",
        charged=0,
        windows=held,
        priority=priority,
        created_ms=created_ms,
        updated_ms=created_ms,
    )


def _same(job: Job) -> Unit[Job]:
    """The job that the same command made before."""
    found = yield "job_same", {"request_key": job.request_key, "id": job.id}
    for row in found:
        if row["request_key"] == job.request_key:
            return rows.job(row)
    raise ValueError(f"the job id {job.id} is taken")


def _lane_tag(provider: str) -> str:
    return f"lane:{provider}"


def _check_takes(job: Job, takes: Sequence[Take]) -> None:
    if not takes or takes[0].unit != job.plan.purse:
        raise ValueError("the first take is the member's own window, in the purse of the plan")
    if takes[0].amount != job.plan.credits:
        raise ValueError("the first take is the price")
    for take in takes:
        if take.amount < 0:
            raise ValueError("nothing can be taken below zero")


def _insert(job: Job, takes: Sequence[Take], grants: str, created_ms: int, priority: int) -> dict[str, Any]:
    plan = job.plan
    return {
        "id": job.id,
        "request_key": job.request_key,
        "wallet": job.wallet,
        "server": job.server,
        "provider": plan.provider,
        "model": plan.model,
        "takes": rows.dump_takes(takes),
        "grant_account": grants,
        "credits": plan.credits,
        "budget": "held" if "usd" in [take.unit for take in takes] else "free",
        "deadline_ms": job.deadline_ms,
        "next_check_ms": job.next_check_ms,
        "facts": rows.dump(job.facts) if job.facts else "{}",
        "created_ms": created_ms,
        "priority": priority,
    }


def reserve_all(jobs: Sequence[tuple[Job, Sequence[Take], str]], now_ms: int) -> Unit[tuple[Job, ...]]:
    """Several reserves, all or nothing."""
    made = []
    for job, takes, grants in jobs:
        made.append((yield from reserve(job, takes, grants, now_ms)))
    return tuple(made)


def move(job: Job, state: JobState, changes: Mapping[str, Any], now_ms: int) -> Unit[Job]:
    """Change the state and what belongs to it.

    Raises:
        Fenced, ValueError: see `fenced`.
        TypeError: something else was to be changed.
    """
    unknown = changes.keys() - CHANGES
    if unknown:
        raise TypeError(f"move cannot change {', '.join(sorted(unknown))}")
    more: dict[str, Any] = {}
    if changes.get("ticket"):
        more["remote_id"] = Ticket.from_json(changes["ticket"]).remote_id
    if job.state != "uncertain" and (moved := (yield from step(job, state, {**changes, **more}, now_ms))):
        return moved
    row = yield from fenced(job, state)
    if more and row["state"] == "uncertain":
        owner = yield from ticket_owner(row["provider"], more["remote_id"])
        if owner not in (None, job.id):
            raise Fenced(f"{owner} owns the vendor's job already")
    return (yield from write(job, row, now_ms, {**changes, **more, "state": state}))


def settle(job: Job, state: JobState, clip: Clip, give_back: int, now_ms: int) -> Unit[Job]:
    """Charge the hold, store the clip and move on; what was settled or released already stays so.

    Raises:
        Fenced, ValueError: see `fenced`; or more is given back than was paid.
    """
    if not 0 <= give_back <= job.plan.credits:
        raise ValueError(f"{give_back} credits cannot be returned of {job.plan.credits}")
    if not give_back and (settled := (yield from _settle_whole(job, state, clip, now_ms))):
        return settled
    row = yield from fenced(job, state)
    changes: dict[str, Any] = {"state": state, "clip": clip, "ready_ms": row["ready_ms"] or now_ms}
    if row["money"] == "held":
        holds = units_money.holds_in((yield "holds_of_job", {"job_n": row["n"]}))
        yield from units_money.charge(job.id, row, holds, give_back=give_back, now_ms=now_ms)
        yield from use_budget(row)
        changes |= {"money": "settled", "budget": used(row), "charged": row["credits"] - give_back}
    return (yield from write(job, row, now_ms, changes))


def _settle_whole(job: Job, state: JobState, clip: Clip, now_ms: int) -> Unit[Job | None]:
    """The same for a price that is charged whole; None if the row is not as its worker knows it."""
    if job.money != "held" or not allowed(job.state, state):
        return None
    charged = job.plan.credits
    budget = "used" if "usd" in [take.unit for take in job.windows] else "free"
    changes = {"state": state, "charged": charged, "budget": budget, "now_ms": now_ms}
    if not (yield "job_settle", changes | seen(job)):
        return None
    spent = ledger.spent_account(job.server)
    yield "holds_settle", {"id": job.id, "spent": spent, "server": job.server, "now_ms": now_ms}
    for take, less, more in units_money.used_up(job.windows):
        yield units_money.shifting(take, less, more)
    yield "job_clip_add", {"id": job.id, "clip": rows.dump(clip)}
    return rows.changed(job, state=state, money="settled", charged=charged, clip=clip, updated_ms=now_ms)


def release(
    job: Job, state: JobState, outcome: str, facts: Mapping[str, Any], charge: bool, now_ms: int
) -> Unit[Job]:
    """End the hold by giving it back, or by charging it if the vendor bills refusals.

    Raises:
        Fenced, ValueError: see `fenced`; or the state is neither `released` nor `late`.
    """
    if state not in ("released", "late"):
        raise ValueError(f"a release does not lead to {state}")
    row = yield from fenced(job, state)
    changes: dict[str, Any] = {"state": state, "outcome": outcome, "facts": facts}
    if row["money"] == "held":
        holds = units_money.holds_in((yield "holds_of_job", {"job_n": row["n"]}))
        if charge:
            yield from units_money.charge(job.id, row, holds, give_back=0, now_ms=now_ms)
            yield from use_budget(row)
            changes |= {"money": "settled", "budget": used(row), "charged": row["credits"]}
        else:
            yield from units_money.let_go(job.id, row, holds, now_ms=now_ms)
            changes["money"] = "released"
            if row["budget"] == "held":
                yield from _shift_budget(row, held=-1)
                changes["budget"] = "free"
    return (yield from write(job, row, now_ms, changes))


def _shift_budget(row: Row, *, held: int = 0, used: int = 0) -> Unit[None]:
    for take in rows.load_takes(row["takes"]):
        if take.unit == "usd":
            yield from units_money.shift(take, held=held * take.amount, used=used * take.amount)


def use_budget(row: Row) -> Unit[None]:
    """What a vendor charges counts as used from here on."""
    if row["budget"] == "held":
        yield from _shift_budget(row, held=-1, used=1)


def used(row: Row) -> str:
    """The state of the budget after `use_budget`."""
    return "used" if row["budget"] == "held" else str(row["budget"])


def submit_intent(job: Job, submitted_ms: int, now_ms: int) -> Unit[Job]:
    """Note that the vendor is about to be asked; from here on its cost counts as used."""
    changes = {"submitted_ms": submitted_ms, "cost_micro_usd": job.plan.cost_micro_usd}
    costs = [take for take in job.windows if take.unit == "usd"]
    budget = ("held", "used") if costs else ("free", "free")
    if moved := (yield from step(job, "submitting", changes, now_ms, budget=budget)):
        for take in costs:
            yield from units_money.shift(take, held=-take.amount, used=take.amount)
        yield "fair_served", {"lane": _lane_tag(job.plan.provider), "tag": job.priority}
        return moved
    row = yield from fenced(job, "submitting")
    yield from use_budget(row)
    yield "fair_served", {"lane": _lane_tag(row["provider"]), "tag": row["priority"]}
    return (yield from write(job, row, now_ms, {**changes, "state": "submitting", "budget": used(row)}))


def submit_refused(job: Job, now_ms: int) -> Unit[None]:
    """The vendor took nothing: an open job keeps its place in the budget, an ended one leaves it."""
    row = yield from first("job_for_write", {"id": job.id})
    if row is None or row["epoch"] != job.epoch:
        raise Fenced(job.id)
    changes: dict[str, Any] = {"cost_micro_usd": 0}
    if row["budget"] == "used":
        held = row["money"] == "held"
        yield from _shift_budget(row, held=1 if held else 0, used=-1)
        changes["budget"] = "held" if held else "free"
    yield from write(job, row, now_ms, changes)


def reroute(job: Job, plan: Plan, now_ms: int) -> Unit[Job]:
    """Queue a job again for another route; price and place in the budget stay as they were agreed.

    Raises:
        Fenced, ValueError: see `_fenced`; or the plan is another clip, or dearer.
    """
    old = job.plan
    if (plan.model, plan.credits, plan.purse) != (old.model, old.credits, old.purse):
        raise ValueError(f"{plan.route} is not what was agreed for job {job.id}")
    if plan.cost_micro_usd > old.cost_micro_usd:
        raise ValueError(f"{plan.route} costs more than was held for job {job.id}")
    row = yield from fenced(job, "queued")
    moved = rows.changed(job, plan=plan)
    yield "job_reroute", {"n": row["n"], "provider": plan.provider}
    yield "job_text_write", {"n": row["n"], "request": rows.request_of(moved)}
    changes = {"state": "queued", "attempts": 0, "next_check_ms": 0}
    return (yield from write(moved, row, now_ms, changes))


def claim(job: str, now_ms: int) -> Unit[Job | None]:
    """Take a job over."""
    taken = yield "job_claim", {"id": job, "now_ms": now_ms}
    return (yield from by_id(job)) if taken else None


def ask_cancel(job: str) -> Unit[Job | None]:
    """Mark that its owner wants it stopped."""
    marked = yield "job_ask_cancel", {"id": job}
    return (yield from by_id(job)) if marked else None


def by_id(job: str) -> Unit[Job | None]:
    """One job."""
    row = yield from first("job_by_id", {"id": job})
    return None if row is None else rows.job(row)


def ticket_owner(provider: str, remote_id: str) -> Unit[str | None]:
    """The job that owns a vendor's job."""
    row = yield from first("job_of_ticket", {"provider": provider, "remote_id": remote_id})
    return None if row is None else str(row["id"])


def open_jobs() -> Unit[tuple[Job, ...]]:
    """All that have not ended."""
    found = yield "jobs_open", {}
    return tuple(rows.job(row) for row in found)


def due_jobs(now_ms: int) -> Unit[tuple[tuple[str, str, int], ...]]:
    """Open jobs whose time has come, with their lanes."""
    found = yield "jobs_due", {"now_ms": now_ms}
    return tuple(
        (
            row["id"],
            lane(row["state"], row["provider"], greeted=bool(row["placeholder"])),
            row["priority"],
        )
        for row in found
    )


def jobs_of(wallet: str, limit: int, before_ms: int) -> Unit[tuple[Job, ...]]:
    """A wallet's newest jobs."""
    parameters = {"wallet": wallet, "limit": limit, "before_ms": before_ms or 2**62}
    found = yield "jobs_of_wallet", parameters
    return tuple(rows.job(row) for row in found)


def typical_seconds(server: str, model: str) -> Unit[int | None]:
    """Median time of the last clips; None while there are too few."""
    found = yield "seconds_of_clips", {"server": server, "model": model}
    if len(found) < _ENOUGH_CLIPS:
        return None
    return int(median_low(row["took_ms"] for row in found)) // 1000
