"""Units that take people's own things out of the database. The books and the limits stay as they are."""

from __future__ import annotations

import re
from typing import Final

from bot.core.model import Job
from bot.core.wishes import address_of
from bot.store import rows
from bot.store.unit import Unit, first

_ADDRESS: Final = re.compile(r"[0-9a-f]{64}")


def drop_clip(job_id: str) -> Unit[tuple[str, ...]]:
    """Forget the file of an ended job; returns the addresses that nothing else refers to."""
    row = yield from first("job_by_id", {"id": job_id})
    if row is None:
        return ()
    job = rows.job(row)
    yield "links_of_job_drop", {"job": job_id}
    yield "clip_drop", {"n": row["n"]}
    yield "job_deleted", {"n": row["n"]}
    free = []
    for address in addresses(job):
        # A part of the address is enough, as it is long; paths hold it in two pieces.
        found = yield "blob_elsewhere", {"inside": f"%{address[2:]}%"}
        if not found[0]["used"]:
            free.append(address)
    return tuple(free)


def addresses(job: Job) -> tuple[str, ...]:
    """The stored files of a job: its clip and what came with the wish, each once."""
    clip = (job.clip.blob, job.clip.original, job.clip.poster) if job.clip is not None else ()
    files = (address_of(item) for item in (*job.wish.media, *job.plan.request.media))
    found = dict.fromkeys((*clip, *files))
    return tuple(address for address in found if _ADDRESS.fullmatch(address))
