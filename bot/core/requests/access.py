"""Which clip a command or button means, and whether whoever asks may see, change or remove it."""

from __future__ import annotations

from bot.core.compare import OPEN, contest_of
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import DIRECT, Actor, Job
from bot.core.requests.call import Call
from bot.core.requests.gallery import shown


async def seen_job(desk: Desk, call: Call) -> Job:
    """The clip under which a button stands: one's own, one that stands where the person is, or in a gallery.

    Raises:
        Refusal: `no_such_job`.
    """
    job = await desk.store.job(_wanted(call))
    if job is None:
        raise Refusal("no_such_job", id=_wanted(call))
    if job.wallet == call.wallet or _shown_here(job, call.actor) or await shown(desk, job):
        await _note_peek(desk, call, job)
        return job
    raise Refusal("no_such_job", id=_wanted(call))


async def own_job(desk: Desk, call: Call, *, admin_too: bool = False) -> Job:
    """One of the person's own clips; with `admin_too` also one of a server that they look after.

    Somebody else's clip and none at all get the same answer.

    Raises:
        Refusal: `no_such_job`.
    """
    job = await desk.store.job(_wanted(call))
    if job is not None and (job.wallet == call.wallet or (admin_too and _rules_over(call.actor, job))):
        await _note_peek(desk, call, job)
        return job
    raise Refusal("no_such_job", id=_wanted(call))


async def _note_peek(desk: Desk, call: Call, job: Job) -> None:
    """Whoever looks at a clip of a comparison before its reveal sees the model; their votes do not count."""
    if job.clip is None or not contest_of(job):
        return
    contest = await desk.store.contest(contest_of(job))
    if contest is not None and contest.state in OPEN:
        await desk.store.peeked(contest.id, call.wallet)


def _wanted(call: Call) -> str:
    return str(call.options["id"]).strip().lstrip("#").lower()


def _rules_over(actor: Actor, job: Job) -> bool:
    return actor.operator or (actor.admin and actor.server == job.server)


def _shown_here(job: Job, actor: Actor) -> bool:
    """Whether the clip stands in a place where the person is: not a private chat, same server."""
    return job.server == actor.server != DIRECT and not job.destination.private
