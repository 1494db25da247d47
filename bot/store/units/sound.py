"""Units for the sound that is added to clips: its intent, and what the operator's budget keeps of it.

The cost of picture and sound is held together; what was never asked of a maker leaves the budget again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.core.model import Job
from bot.store import rows
from bot.store.unit import Unit
from bot.store.units import money
from bot.store.units.fence import fenced, write
from bot.store.units.jobs import use_budget, used


def sound_intent(job: Job, facts: Mapping[str, Any], submitted_ms: int, now_ms: int) -> Unit[Job]:
    """Note that a maker is about to be asked; from here on its cost counts as used."""
    row = yield from fenced(job, "scoring")
    yield from use_budget(row)
    changes: dict[str, Any] = {"state": "scoring", "budget": used(row), "facts": facts}
    if not row["submitted_ms"]:
        changes |= {"submitted_ms": submitted_ms, "cost_micro_usd": job.plan.cost_micro_usd}
    return (yield from write(job, row, now_ms, changes))


def book_more(job: Job, micro_usd: int, facts: Mapping[str, Any], now_ms: int) -> Unit[Job]:
    """Take more of the budget that a job draws on already, and note what for.

    Raises:
        Denied: there is not as much left.
        Fenced: see `fenced`.
        ValueError: the job draws on no budget, or has not used it yet.
    """
    row = yield from fenced(job, job.state)
    takes = rows.load_takes(row["takes"])
    if row["budget"] != "used":
        raise ValueError(f"job {job.id} has used no budget")
    for take in takes:
        if take.unit == "usd":
            yield from money.take_whole(replace(take, amount=micro_usd))
            yield from money.shift(take, held=-micro_usd, used=micro_usd)
    kept = tuple(
        replace(take, amount=take.amount + micro_usd) if take.unit == "usd" else take for take in takes
    )
    yield "job_takes_write", {"n": row["n"], "takes": rows.dump_takes(kept)}
    changes = {"cost_micro_usd": row["cost_micro_usd"] + micro_usd, "facts": facts}
    written = yield from write(job, row, now_ms, changes)
    return rows.changed(written, windows=kept)


def true_cost(job: Job, cost_micro_usd: int, now_ms: int) -> Unit[Job]:
    """Bring budget and cost down to what was really asked for; said again it changes nothing.

    Raises:
        Fenced: see `fenced`.
        ValueError: more than was held.
    """
    row = yield from fenced(job, job.state)
    takes = rows.load_takes(row["takes"])
    booked = next((take.amount for take in takes if take.unit == "usd"), 0)
    spared = booked - cost_micro_usd
    if not booked or not spared:
        return job
    if spared < 0:
        raise ValueError(f"job {job.id} cannot cost {cost_micro_usd}, {booked} are booked")
    for take in takes:
        if take.unit == "usd" and row["budget"] in ("held", "used"):
            yield from money.shift(take, **{row["budget"]: -spared})
    kept = tuple(replace(take, amount=cost_micro_usd) if take.unit == "usd" else take for take in takes)
    yield "job_takes_write", {"n": row["n"], "takes": rows.dump_takes(kept)}
    changes = {"cost_micro_usd": max(0, row["cost_micro_usd"] - spared)}
    written = yield from write(job, row, now_ms, changes)
    return rows.changed(written, windows=kept)
