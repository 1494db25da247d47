"""Which clips a server shows to everybody who may log in on the web page. Its admins open the gallery;
whoever made a clip can keep it out.
"""

from __future__ import annotations

from bot.core.compare import contest_of
from bot.core.desk import Desk
from bot.core.model import Job
from bot.core.records import Server


def is_open(server: Server) -> bool:
    """Whether a server shows its clips."""
    return server.settings.get("gallery") is True


def presentable(job: Job) -> bool:
    """Whether a clip may be shown at all: finished, not made in private, and of no comparison."""
    private = job.destination.private or job.wish.private
    finished = job.clip is not None and job.state in ("delivered", "undelivered")
    return finished and not private and not contest_of(job)


async def shown(desk: Desk, job: Job) -> bool:
    """Whether a clip hangs in its server's gallery now."""
    return await hangs(desk, job) is True


async def hangs(desk: Desk, job: Job) -> bool | None:
    """Whether a clip hangs in its server's gallery; None where it could not, kept out or not."""
    if not presentable(job) or not is_open(await desk.store.server(job.server)):
        return None
    return not await desk.store.withheld(job.id)
