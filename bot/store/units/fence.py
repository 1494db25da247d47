"""The fence: a job's row is written by the worker that claimed it last, along the arrows of the lifecycle.

Nearly always nobody but its worker has changed a job since, and one statement says so and writes. Otherwise
the row is read and the same is done by what it says. Money is moved elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.core.errors import Fenced
from bot.core.lifecycle import allowed
from bot.core.model import Job, JobState
from bot.store import rows
from bot.store.unit import Conflict, Row, Unit

CHANGES: Final = frozenset(
    {
        "placeholder",
        "ticket",
        "submitted_ms",
        "deadline_ms",
        "next_check_ms",
        "attempts",
        "clip",
        "outcome",
        "facts",
        "cost_micro_usd",
        "destination",
    }
)
_ELSEWHERE: Final = frozenset({"clip", "destination"})  # not in the row that changes often
_COLUMNS: Final = (
    *sorted(CHANGES - _ELSEWHERE),
    *("state", "money", "budget", "charged", "remote_id", "ready_ms"),
)
_STEP: Final = frozenset(
    {
        "placeholder",
        "submitted_ms",
        "deadline_ms",
        "next_check_ms",
        "attempts",
        "outcome",
        "facts",
        "cost_micro_usd",
    }
)
_ADOPT: Final = frozenset({"ticket", "remote_id", "deadline_ms", "next_check_ms", "attempts"})
_AS_IT_WAS: Final[dict[str, Any]] = dict.fromkeys((*_STEP, "budget", "seen_budget"))


def seen(job: Job) -> dict[str, Any]:
    """What a job's worker knows of its row, and others may have changed."""
    return {
        "id": job.id,
        "epoch": job.epoch,
        "seen_state": job.state,
        "seen_money": job.money,
        "seen_charged": job.charged,
        "seen_cost": job.cost_micro_usd,
        "wallet": job.wallet,
        "server": job.server,
        "cancel_asked": job.cancel_asked,
    }


def step(
    job: Job,
    state: JobState,
    changes: Mapping[str, Any],
    now_ms: int,
    *,
    budget: tuple[str, str] | None = None,
) -> Unit[Job | None]:
    """Write a step of a job whose row is as its worker knows it; None if it is not, and nothing is written.

    Args:
        job: as its worker knows it.
        state: the next one.
        changes: columns with their new values.
        now_ms: the time of the write.
        budget: where its cost stands in the budget, and where it will.
    """
    if not allowed(job.state, state):
        return None
    columns: dict[str, Any] = {**changes, **seen(job), "state": state, "updated_ms": now_ms}
    if changes.keys() <= _STEP:
        if "facts" in changes:
            columns["facts"] = rows.dump(changes["facts"])
        if budget is not None:
            columns["seen_budget"], columns["budget"] = budget
        done = yield "job_step", _AS_IT_WAS | columns
    elif changes.keys() == _ADOPT and budget is None:
        done = yield "job_adopt", columns
    else:
        return None
    if not done:
        return None
    fields = {name: value for name, value in changes.items() if name != "remote_id"}
    return rows.changed(job, **fields, state=state, updated_ms=now_ms)


def fenced(job: Job, state: JobState) -> Unit[Row]:
    """The row to change.

    Raises:
        Fenced: it belongs to another worker, or is gone.
        ValueError: there is no arrow to that state.
    """
    found = yield "job_for_write", {"id": job.id}
    if not found or found[0]["epoch"] != job.epoch:
        raise Fenced(job.id)
    if not allowed(found[0]["state"], state):
        raise ValueError(f"job {job.id} cannot go from {found[0]['state']} to {state}")
    return found[0]


def write(job: Job, row: Row, now_ms: int, changes: Mapping[str, Any]) -> Unit[Job]:
    """The fenced update of a row that was read before."""
    columns: dict[str, Any] = {column: row[column] for column in _COLUMNS}
    columns |= {name: value for name, value in changes.items() if name not in _ELSEWHERE}
    columns["updated_ms"] = now_ms
    if "facts" in changes:
        columns["facts"] = rows.dump(changes["facts"])
    guard = {
        "id": job.id,
        "epoch": job.epoch,
        "seen_state": row["state"],
        "seen_money": row["money"],
        "seen_budget": row["budget"],
    }
    written = yield "job_write", {**columns, **guard}
    if not written:
        raise Conflict
    if changes.get("clip") is not None:
        yield "job_clip_put", {"n": row["n"], "clip": rows.dump(changes["clip"])}
    if "destination" in changes:
        text = yield "job_text_read", {"n": row["n"]}
        request = rows.moved_to(text[0]["request"], changes["destination"])
        yield "job_text_write", {"n": row["n"], "request": request}
    return rows.refreshed(job, row, columns, changes)
