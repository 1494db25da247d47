"""Units about what was measured of finished clips. They move no credits and wake no job."""

from __future__ import annotations

from dataclasses import replace

from bot.core.lifecycle import TERMINAL
from bot.core.quality import Quality
from bot.store import rows
from bot.store.unit import Unit, first


def note_quality(job_id: str, blob: str, quality: Quality) -> Unit[bool]:
    """Keep the measures with the clip that they were taken of; false if it is not there any more."""
    row = yield from first("job_by_id", {"id": job_id})
    if row is None:
        return False
    job = rows.job(row)
    if job.clip is None or job.clip.blob != blob or job.state not in TERMINAL:
        return False
    yield "job_clip_put", {"n": row["n"], "clip": rows.dump(replace(job.clip, quality=quality))}
    return True
