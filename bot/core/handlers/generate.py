"""`/generate` and the buttons of its quote: what was typed becomes a wish. It makes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Text, Wish
from bot.core.planner import takes_clips
from bot.core.records import Pending
from bot.core.replies import FormField, FormView, Reply
from bot.core.requests.access import seen_job
from bot.core.requests.asked import wish_of
from bot.core.requests.asking import taken
from bot.core.requests.call import Call, plan_context
from bot.core.requests.contests import compare
from bot.core.requests.dialogue import MOST_CHARACTERS
from bot.core.requests.ordering import not_blocked, order
from bot.core.requests.reception import receive_clip
from bot.core.spoken import tidy
from bot.core.wishes import wish_from_plain
from providers.base import MediaInput


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


async def words_form(desk: Desk, call: Call) -> Reply:
    """The words that were heard, to be put right before the clip is bought.

    Raises:
        Refusal: `pending_gone`. Denied: `not_your_offer`.
    """
    pending = await taken(desk, call)
    await desk.store.put_pending(pending)  # the question stays open until the answer comes
    wish = wish_from_plain(_asked(pending)["wish"])
    title = Text(key="form.words")
    field = FormField(
        name="words",
        label=Text(key="field.heard"),
        value=wish.words[:MOST_CHARACTERS],
        long=True,
        required=True,
        most=MOST_CHARACTERS,
    )
    return Reply(
        kind="form",
        lines=(title,),
        form=FormView(
            action="words",
            target=pending.id,
            title=title,
            submit=Text(key="form.go_on"),
            fields=(field,),
        ),
        private=True,
        facts={"values": {"words": field.value}},
    )


async def words(desk: Desk, call: Call) -> Reply:
    """Quote the same wish with other words; the earlier quote is gone.

    Raises:
        Refusal: nothing was charged.
    """
    said = tidy(call.values.get("words", ""))
    if not said:
        raise Refusal("missing_value", option="words")
    if len(said) > MOST_CHARACTERS:
        raise Refusal("too_many_words", length=len(said), limit=MOST_CHARACTERS)
    pending = await taken(desk, call)
    await not_blocked(desk, call)
    kept = _asked(pending)
    wish = replace(wish_from_plain(kept["wish"]), words=said)
    if pending.kind == "compare":
        return await compare(desk, call, wish, kept["models"], int(kept["hours"]))
    return await order(desk, call, wish)


def _asked(pending: Pending) -> Mapping[str, Any]:
    if pending.kind not in ("generate", "compare"):
        raise Refusal("pending_gone")
    return pending.payload


async def _wish(desk: Desk, call: Call) -> Wish:
    given = call.options
    model = given.get("model", "auto")
    clip: tuple[MediaInput, ...] = ()
    if "video" in given:
        job = await seen_job(desk, replace(call, options={"id": given["video"]}))
        clip = (await receive_clip(desk, job),)
        context = await plan_context(desk, await desk.store.server(call.actor.server))
        if "model" not in given and takes_clips(job, context):
            model = job.plan.model  # whoever made a clip knows it best
    return replace(await wish_of(desk, call, makers=[model], clip=clip), model=model)
