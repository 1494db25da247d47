"""Units about voices made out of recordings. What belongs to a running job is written behind its fence.

A voice leads to a person through its job alone, so that wallets may join and part without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.core.model import Job
from bot.core.records import KeptVoice
from bot.store.unit import Row, Unit, first
from bot.store.units.fence import fenced, write
from bot.store.units.jobs import use_budget, used


def voice_intent(
    job: Job, voice: KeptVoice, facts: Mapping[str, Any], submitted_ms: int, now_ms: int
) -> Unit[Job]:
    """Note a voice before its maker is asked; from here on the job's cost counts as used."""
    row = yield from fenced(job, job.state)
    yield from use_budget(row)
    yield "voice_add", asdict(voice)
    changes: dict[str, Any] = {"budget": used(row), "facts": facts}
    if row["state"] == "queued" or not row["submitted_ms"]:  # a clip that was refused costs nothing any more
        changes |= {"submitted_ms": submitted_ms, "cost_micro_usd": job.plan.cost_micro_usd}
    return (yield from write(job, row, now_ms, changes))


def voice_step(job: Job, voice: KeptVoice, facts: Mapping[str, Any] | None, now_ms: int) -> Unit[Job]:
    """How far the voice of a running job is."""
    row = yield from fenced(job, job.state)
    yield "voice_write", asdict(voice)
    return (yield from write(job, row, now_ms, {} if facts is None else {"facts": facts}))


def voice_of(job: str) -> Unit[KeptVoice | None]:
    """The voice of a job."""
    row = yield from first("voice_of_job", {"job": job})
    return None if row is None else _voice(row)


def voices_unneeded() -> Unit[tuple[KeptVoice, ...]]:
    """Those that no job needs any more."""
    found = yield "voices_unneeded", {}
    return tuple(_voice(row) for row in found)


def write_voice(voice: KeptVoice) -> Unit[None]:
    """How far a voice is that no job needs."""
    yield "voice_write", asdict(voice)
    if voice.state == "gone" and not voice.job:
        yield "voices_lost_drop", {}


def voices_of(wallet: str, limit: int) -> Unit[tuple[KeptVoice, ...]]:
    """Those of somebody's jobs."""
    found = yield "voices_of_wallet", {"wallet": wallet, "limit": limit}
    return tuple(_voice(row) for row in found)


def _voice(row: Row) -> KeptVoice:
    return KeptVoice(
        name=row["name"],
        job=row["job"],
        route=row["route"],
        state=row["state"],
        ticket=row["ticket"],
        voice_id=row["voice_id"],
        asked=row["asked"],
        tries=row["tries"],
        due_ms=row["due_ms"],
        made_ms=row["made_ms"],
        gone_ms=row["gone_ms"],
    )
