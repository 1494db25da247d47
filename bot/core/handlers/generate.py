"""`/generate` and the buttons of its quote: what was typed becomes a wish. It makes nothing itself."""

from __future__ import annotations

from dataclasses import replace

from bot.core.access import seen_job
from bot.core.call import Call, plan_context
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Wish
from bot.core.names import account_names, with_names
from bot.core.ordering import not_blocked, order
from bot.core.planner import takes_clips
from bot.core.reception import receive, receive_clip
from bot.core.replies import Reply
from bot.core.shots import read_shots
from bot.core.wishes import wish_from_plain


async def generate(desk: Desk, call: Call) -> Reply:
    """Make a clip: at once, or after Confirm where it is dear or differs from the wish.

    Raises:
        Refusal: nothing was charged.
    """
    await not_blocked(desk, call)
    return await order(desk, call, await _wish(desk, call))


async def confirm(desk: Desk, call: Call) -> Reply:
    """Run a quote. It is planned again, and asked again if price or plan have changed.

    Raises:
        Refusal: nothing was charged.
    """
    pending = call.pending
    if pending is None:
        raise Refusal("pending_gone")
    await not_blocked(desk, call)
    same_event = replace(call, request_key=f"quote:{pending.id}")
    wish = wish_from_plain(pending.payload["wish"])
    return await order(desk, same_event, wish, agreed=pending.payload["agreed"])


async def _wish(desk: Desk, call: Call) -> Wish:
    given = call.options
    prompt, shots = given.get("prompt", ""), read_shots(given.get("shots", ""))
    media = await receive(desk, call.files, audio_as=given.get("audio_as"))
    model = given.get("model", "auto")
    if "video" in given:
        job = await seen_job(desk, replace(call, options={"id": given["video"]}))
        media = (await receive_clip(desk, job), *media)
        context = await plan_context(desk, await desk.store.server(call.actor.server))
        if "model" not in given and takes_clips(job, context):
            model = job.plan.model  # whoever made a clip knows it best
    known = account_names(desk.house.names, model, desk.catalogue)
    return Wish(
        prompt=prompt,
        model=model,
        seconds=given.get("seconds"),
        aspect=given.get("aspect"),
        resolution=given.get("resolution"),
        sound=given.get("sound"),
        negative=given.get("negative", ""),
        seed=given.get("seed"),
        private=bool(given.get("private")) or call.destination.private,
        audio_as=given.get("audio_as"),
        media=with_names(media, (prompt, *(shot.prompt for shot in shots)), known),
        shots=shots,
    )
