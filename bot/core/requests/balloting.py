"""Voting on a comparison: who may, what is asked next, who knows the names. Chats and pages share it.

Refusals: `vote_gone`, `vote_early`, `vote_over`, `vote_forged`, `vote_elsewhere`, `vote_not_yours`,
`leg_too_late`, `keep_early`.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from bot.core import contest_views as views
from bot.core.compare import OPEN, Ballot, Contest, Draw, Leg, Question, Verdict, contest_of
from bot.core.desk import Desk
from bot.core.errors import Denied, Refusal
from bot.core.model import DIRECT, Actor, Job
from bot.core.quality import Quality
from bot.core.replies import Reply
from bot.core.reportcard import Graded
from bot.core.requests.call import Call


async def contest_here(desk: Desk, call: Call, id: str) -> Contest:
    """A comparison that stands where the person is, or of which they were asked something already.

    Raises:
        Refusal: `vote_gone`, `vote_elsewhere`.
    """
    found = await desk.store.contest(id)
    if found is None:
        raise Refusal("vote_gone")
    if found.wallet == call.wallet or _stands_here(found, call.actor):
        return found
    if await desk.store.drawn(id, call.wallet):
        return found  # asked in a chat of their own
    raise Denied("vote_elsewhere")


async def ask_next(desk: Desk, call: Call, contest: Contest) -> Reply:
    """The first question that somebody has not answered; a pair more where all are.

    Raises:
        Refusal: `vote_early`, `vote_over`.
    """
    pairs = await desk.store.drawn(contest.id, call.wallet) or await desk.store.draw(contest.id, call.wallet)
    given = await _given(desk, contest, call.wallet)
    open_ones = [at for at, one in enumerate(_questions(contest, pairs)) if one not in given]
    return await ask_at(desk, call, contest, open_ones[0] if open_ones else len(_questions(contest, pairs)))


async def ask_at(desk: Desk, call: Call, contest: Contest, place: int) -> Reply:
    """The question at a place in somebody's own order; past the end a pair more is drawn.

    Raises:
        Refusal: `vote_early`, `vote_over`; `vote_forged` where nobody could get to that place.
    """
    pairs = await desk.store.drawn(contest.id, call.wallet)
    if place > len(pairs) * len(contest.questions) or place < 0:
        raise Refusal("vote_forged")
    if place == len(pairs) * len(contest.questions):
        pairs = await desk.store.draw(contest.id, call.wallet)
    asked = _questions(contest, pairs)
    counts = not await _knows(desk, contest, call.wallet)
    if place >= len(asked):
        return views.all_answered(contest, counts=counts)
    question, pair = asked[place]
    given = (await _given(desk, contest, call.wallet)).get((question, pair))
    return views.ask(contest, question, pair, place=place, given=given, counts=counts)


async def cast(
    desk: Desk, call: Call, contest: Contest, question: Question, pair: Draw, verdict: Verdict
) -> Reply:
    """Write an answer down and ask what comes next.

    Raises:
        Refusal: `vote_early`, `vote_over`, `vote_forged`.
    """
    await desk.store.cast(
        Ballot(
            contest=contest.id,
            voter=call.wallet,
            question=question,
            first=pair.first,
            second=pair.second,
            verdict=verdict,
        )
    )
    pairs = await desk.store.drawn(contest.id, call.wallet)
    return await ask_at(desk, call, contest, _questions(contest, pairs).index((question, pair)) + 1)


async def show_names(desk: Desk, call: Call, contest: Contest) -> Reply:
    """Names and numbers for one person; what they vote from now on does not count.

    Raises:
        Refusal: `vote_early`.
    """
    if contest.state in ("making", "showing"):
        raise Refusal("vote_early")
    if contest.state in OPEN:
        await desk.store.peeked(contest.id, call.wallet)
    found = [await desk.store.job(leg.job) for leg in contest.legs]
    jobs: dict[str, Job] = {job.id: job for job in found if job is not None}
    over = contest.state not in OPEN
    ballots = await desk.store.ballots(contest.id) if over else ()
    return replace(views.result(contest, jobs, ballots, over=over), private=True)


async def graded(
    desk: Desk, contest: Contest, *, named: bool, patience_seconds: float = 90.0
) -> tuple[Graded, ...]:
    """What was measured of the originals; unless `named`, without what tells a model: name, cost, time.

    Measuring goes on after the patience ends; what is not measured by then says so.
    """
    jobs = [await desk.store.job(leg.job) for leg in contest.judged]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience_seconds):
            await asyncio.gather(*(desk.measures.of(job) for job in jobs if job is not None))
    found = []
    for leg in contest.judged:
        one = Graded(letter=leg.letter, quality=_quality(await desk.store.job(leg.job)))
        if named:
            one = replace(
                one,
                name=leg.model_name,
                id=leg.model,
                waited_seconds=leg.waited_seconds or None,
                cost_credits=leg.charged,
                free=leg.purse == "free",
            )
        found.append(one)
    return tuple(found)


def _quality(job: Job | None) -> Quality:
    """What is known of a clip: its measures, else what was found when it was checked."""
    if job is None or job.clip is None:
        return Quality()
    sound = job.clip.sound
    return job.clip.quality or Quality(
        loudness_lufs=sound.loudness_lufs,
        true_peak_dbtp=sound.true_peak_dbtp,
        silent_share=sound.silent_share,
    )


async def kept_back(desk: Desk, job: Job) -> bool:
    """Whether a clip is of a comparison that is voted on still: beside its model's name it would tell."""
    contest = await desk.store.contest(contest_of(job)) if contest_of(job) else None
    return contest is not None and contest.state in OPEN


async def knows(desk: Desk, contest: Contest, voter: str) -> bool:
    """Whether somebody may be told the names: they were shown them, or the vote is over."""
    return contest.state not in OPEN or await desk.store.has_peeked(contest.id, voter)


async def has_voted(desk: Desk, contest: Contest, voter: str) -> bool:
    """Whether somebody has answered every question about every pair."""
    pairs = len(contest.letters) * (len(contest.letters) - 1) // 2
    return bool(pairs) and len(await _given(desk, contest, voter)) == pairs * len(contest.questions)


async def end_now(desk: Desk, call: Call, contest: Contest) -> Contest:
    """Close the vote before its time: whoever asked for the comparison, or an admin of the server.

    Raises:
        Denied: `vote_not_yours`.
        Refusal: `vote_early`, `vote_over`.
    """
    _require_owner(call, contest)
    if contest.state != "voting":
        raise Refusal("vote_early" if contest.state in OPEN else "vote_over")
    ended = await desk.store.save_contest(replace(contest, closes_ms=desk.clock.now_ms()))
    desk.contests.wake()
    return ended


async def stop_leg(desk: Desk, call: Call, contest: Contest, letter: str) -> Leg:
    """Stop one clip of a comparison that is still being made. What came of it is not told: it would
    say how far the clip was.

    Raises:
        Denied: `vote_not_yours`.
        Refusal: `leg_too_late` where all are done, `vote_gone`.
    """
    _require_owner(call, contest)
    leg = contest.leg(letter)
    if leg is None:
        raise Refusal("vote_gone")
    if contest.state != "making":
        raise Refusal("leg_too_late", letter=letter)
    await desk.jobs.cancel(leg.job)
    desk.contests.wake()
    return leg


def kept_leg(contest: Contest, letter: str) -> Leg:
    """The leg whose clip somebody wants to keep.

    Raises:
        Refusal: `keep_early` before the reveal, `vote_gone`.
    """
    leg = contest.leg(letter)
    if leg is None:
        raise Refusal("vote_gone")
    if contest.state in OPEN:
        raise Refusal("keep_early")
    return leg


def _stands_here(contest: Contest, actor: Actor) -> bool:
    """Whether a comparison is for all where somebody is. One that was asked for on the web page is for all
    who have a login there and were given its address; private ones are for nobody else."""
    if contest.destination.private or contest.wish.private or contest.server != actor.server:
        return False
    return contest.server != DIRECT or contest.destination.platform == actor.person.platform == "web"


def _require_owner(call: Call, contest: Contest) -> None:
    rules = call.actor.operator or (call.actor.admin and call.actor.server == contest.server)
    if contest.wallet != call.wallet and not rules:
        raise Denied("vote_not_yours")


def _questions(contest: Contest, pairs: tuple[Draw, ...]) -> list[tuple[Question, Draw]]:
    return [(question, pair) for pair in pairs for question in contest.questions]


async def _given(desk: Desk, contest: Contest, voter: str) -> dict[tuple[Question, Draw], Verdict]:
    return {
        (one.question, Draw(first=one.first, second=one.second)): one.verdict
        for one in await desk.store.ballots(contest.id)
        if one.voter == voter
    }


async def _knows(desk: Desk, contest: Contest, voter: str) -> bool:
    return await desk.store.has_peeked(contest.id, voter)
