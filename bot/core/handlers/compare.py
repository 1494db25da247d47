"""`/compare`, the buttons under a comparison, and those of its vote. Rules are in `balloting`, `contests`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.contest_views import read_target
from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Text
from bot.core.planner import listed
from bot.core.replies import Reply
from bot.core.reportcard import card_lines, card_sheet
from bot.core.requests import balloting
from bot.core.requests.asked import wish_of
from bot.core.requests.call import Call
from bot.core.requests.contests import compare as compare_models
from bot.core.requests.drawing import drawn
from bot.core.requests.ordering import not_blocked
from bot.core.wishes import wish_from_plain

_LONGEST_PLACE: Final = 3


async def compare(desk: Desk, call: Call) -> Reply:
    """Quote one wish on several models.

    Raises:
        Refusal: nothing was charged.
    """
    await not_blocked(desk, call)
    given = call.options
    said = str(given["models"])
    wish = await wish_of(desk, call, makers=listed(said))
    hours = given.get("hours") or desk.house.compare_hours
    return await compare_models(desk, call, wish, said, hours)


async def confirm(desk: Desk, call: Call) -> Reply:
    """Begin a comparison. It is planned again, and asked again if a price or a plan has changed.

    Raises:
        Refusal: nothing was charged.
    """
    pending = call.pending
    if pending is None:
        raise Refusal("pending_gone")
    await not_blocked(desk, call)
    kept = pending.payload
    same_event = replace(call, request_key=f"quote:{pending.id}")
    wish = wish_from_plain(kept["wish"])
    return await compare_models(
        desk, same_event, wish, kept["models"], int(kept["hours"]), agreed=kept["agreed"]
    )


async def vote(desk: Desk, call: Call) -> Reply:
    """The next question for whoever pressed.

    Raises:
        Refusal: the vote has not begun, or is over.
    """
    contest = await balloting.contest_here(desk, call, str(call.options["id"]))
    return await balloting.ask_next(desk, call, contest)


async def vote_at(desk: Desk, call: Call) -> Reply:
    """A question that was asked before, to be answered anew.

    Raises:
        Refusal: as for `vote`.
    """
    id, _, place = str(call.options["id"]).partition(".")
    if not place.isdecimal() or len(place) > _LONGEST_PLACE:
        raise Refusal("vote_forged")
    contest = await balloting.contest_here(desk, call, id)
    return await balloting.ask_at(desk, call, contest, int(place))


async def cast(desk: Desk, call: Call) -> Reply:
    """An answer.

    Raises:
        Refusal: it was never asked, or comes too late.
    """
    read = read_target(str(call.options["id"]))
    if read is None:
        raise Refusal("vote_forged")
    id, question, pair, verdict = read
    contest = await balloting.contest_here(desk, call, id)
    return await balloting.cast(desk, call, contest, question, pair, verdict)


async def peek(desk: Desk, call: Call) -> Reply:
    """Names and numbers at once, for whoever does not want to vote any more.

    Raises:
        Refusal: the clips are not there yet.
    """
    contest = await balloting.contest_here(desk, call, str(call.options["id"]))
    return await balloting.show_names(desk, call, contest)


async def card(desk: Desk, call: Call) -> Reply:
    """The report card as picture and words; without names as long as whoever asks may not know them.

    Raises:
        Refusal: the clips are not there yet.
    """
    contest = await balloting.contest_here(desk, call, str(call.options["id"]))
    if contest.state in ("making", "showing"):
        raise Refusal("vote_early")
    named = await balloting.knows(desk, contest, call.wallet)
    legs = await balloting.graded(desk, contest, named=named)
    language = call.actor.language
    sheet = card_sheet(legs, prompt=contest.wish.prompt, words=desk.words, language=language)
    return Reply(
        kind="list",
        lines=card_lines(legs),
        file=await drawn(desk, sheet, name=f"talkreel-{contest.id}-card"),
        private=True,
        facts={"contest": contest.id},
    )


async def end_vote(desk: Desk, call: Call) -> Reply:
    """Close the vote now.

    Raises:
        Refusal: it is not theirs to close, or not open.
    """
    contest = await balloting.contest_here(desk, call, str(call.options["id"]))
    await balloting.end_now(desk, call, contest)
    return Reply(kind="notice", lines=(Text(key="compare.vote_ended"),), private=True)


async def cancel_leg(desk: Desk, call: Call) -> Reply:
    """Stop one clip.

    Raises:
        Refusal: it is not theirs to stop, or all are done.
    """
    id, _, letter = str(call.options["id"]).partition(".")
    contest = await balloting.contest_here(desk, call, id)
    leg = await balloting.stop_leg(desk, call, contest, letter)
    line = Text(key="compare.leg_stopping", facts={"letter": leg.letter})
    return Reply(kind="notice", lines=(line,), private=True, facts={"contest": contest.id})
