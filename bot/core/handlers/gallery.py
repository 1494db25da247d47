"""A clip that hangs in its server's gallery is kept out of it, or let in again, by whoever made it."""

from __future__ import annotations

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Text
from bot.core.replies import Reply
from bot.core.requests.access import own_job
from bot.core.requests.call import Call
from bot.core.requests.gallery import hangs


async def withhold(desk: Desk, call: Call) -> Reply:
    """Keep one's own clip out of the gallery; pressed again, it is let in.

    Raises:
        Refusal: `no_such_job`; `no_gallery` where there is none for this clip.
    """
    job = await own_job(desk, call)
    hanging = await hangs(desk, job)
    if hanging is None:
        raise Refusal("no_gallery", id=job.id)
    await desk.store.withhold(job.id, hidden=hanging)
    key = "pages.withheld" if hanging else "pages.not_withheld"
    return Reply(kind="notice", lines=(Text(key=key),), private=True, facts={"hangs": not hanging})
