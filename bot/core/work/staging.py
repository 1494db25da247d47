"""Shows comparisons: neutral copies when the last leg is done, the film, the vote's end and the reveal.

The row is the truth, so that a restart goes on where it was. It makes no clips and moves no credits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.core import contest_views as views
from bot.core.boards import ranked
from bot.core.compare import LEAST_LEGS, Contest, Leg
from bot.core.errors import (
    DeliveryError,
    Fenced,
    Forbidden,
    MediaRefused,
    MessageGone,
    StorageFull,
    TooLarge,
    TryLater,
)
from bot.core.lifecycle import TERMINAL
from bot.core.model import Job, Text
from bot.core.replies import Reply
from bot.core.work.cutting import copied, filmed, put_away, view_of, whole_view
from bot.core.work.workshop import Workshop

log = logging.getLogger(__name__)

_LOOK_SECONDS = 15.0
_LATER_SECONDS = 5.0
_MOST_GONE = 8  # messages that somebody deletes before we take it for a no
_LEAST_BYTES = 200_000

Stop = Callable[[str], Awaitable[str]]


class Staging:
    """Drives every open comparison. One object serves all; a film is made one at a time."""

    def __init__(self, shop: Workshop, *, stop: Stop) -> None:
        """Keep the ports; `stop` ends a job that nobody could be shown."""
        self._shop = shop
        self._stop = stop
        self._woken = asyncio.Event()
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._missed: set[str] = set()
        self._one_film = asyncio.Semaphore(1)
        self._told: dict[str, int] = {}

    def wake(self) -> None:
        """Something has changed: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._woken.clear()
                wait = _LATER_SECONDS
                with contextlib.suppress(StorageFull):
                    wait = await self._round()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._woken.wait()
        finally:
            tasks = list(self._at_work.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _round(self) -> float:
        """Begin work on what waits for it; returns how long nothing is due."""
        now, wait = self._shop.clock.now_ms(), _LOOK_SECONDS
        for contest in await self._shop.store.open_contests():
            if contest.state == "voting":
                left = (contest.closes_ms - now) / 1000
                wait = min(wait, max(left, 0.05))
                if left > 0:
                    continue
            if contest.id in self._at_work:
                self._missed.add(contest.id)
            else:
                self._at_work[contest.id] = asyncio.create_task(self._work(contest), name="comparison")
        return wait

    async def _work(self, contest: Contest) -> None:
        try:
            await self.advance(contest)
        except Fenced:
            self.wake()
        except (DeliveryError, StorageFull, TimeoutError, OSError) as error:
            log.info("comparison %s waits: %s", contest.id, error)
            await self._again_later(error)
        except Exception:
            log.exception("comparison %s stumbled; it is tried again", contest.id)
            await asyncio.sleep(_LATER_SECONDS)
        finally:
            del self._at_work[contest.id]
            if contest.id in self._missed:  # something happened meanwhile that it may not have seen
                self._missed.discard(contest.id)
                self.wake()

    async def _again_later(self, error: Exception) -> None:
        wait = error.retry_after_seconds if isinstance(error, TryLater) else self._shop.pace.after(4)
        await asyncio.sleep(wait)
        self.wake()

    async def advance(self, contest: Contest) -> Contest:
        """Take a comparison as far as it goes now.

        Raises:
            Fenced, TryLater, StorageFull: to be tried again.
        """
        shop = self._shop
        if not shop.herald.writes_to(contest.destination.platform):
            return contest
        steps = {"making": self._make, "showing": self._show, "voting": self._reveal}
        while (step := steps.get(contest.state)) is not None:
            before = contest
            try:
                contest = await step(contest)
            except MessageGone:
                contest = await self._gone(await self._fresh(contest))
            except TooLarge as error:
                contest = await self._smaller(await self._fresh(contest), error.limit_bytes)
            except Forbidden:
                contest = await self._close(await self._fresh(contest), "cannot_post")
            if contest is before or (contest.state == "voting" and not self._due(contest)):
                break
        return contest

    def _due(self, contest: Contest) -> bool:
        return self._shop.clock.now_ms() >= contest.closes_ms

    async def _fresh(self, contest: Contest) -> Contest:
        found = await self._shop.store.contest(contest.id)
        if found is None:
            raise Fenced(contest.id)
        return found

    # -----------------------------------------------------------------------------------------
    # Until all legs are done

    async def _make(self, contest: Contest) -> Contest:
        """`making`: a message for each clip; when the last leg is at rest, neutral copies of all."""
        shop = self._shop
        contest = await self._greet(contest)
        jobs = await self._jobs(contest)
        ready = sum(_at_rest(job) for job in jobs.values()) + len(contest.legs) - len(jobs)
        if ready < len(contest.legs):
            await self._count(contest, ready)
            return contest
        legs = tuple(_ended(leg, jobs.get(leg.job)) for leg in contest.legs)
        contest = replace(contest, legs=legs)
        able = [leg for leg in legs if not leg.outcome]
        if len(able) < LEAST_LEGS:
            return await self._close(contest, "too_few")
        shop.trace("contest_before_copies", contest.id)
        try:
            async with self._one_film:
                contest = await copied(shop, contest, jobs)
        except MediaRefused as error:
            log.warning("comparison %s: its clips cannot be copied: %s", contest.id, error.code)
            return await self._close(contest, "cannot_copy")
        return await shop.store.save_contest(replace(contest, state="showing"))

    async def _greet(self, contest: Contest) -> Contest:
        shop = self._shop
        to = await shop.herald.gathered(contest.destination, nonce=contest.id)
        if to != contest.destination:
            contest = await shop.store.save_contest(replace(contest, destination=to))
        for leg in contest.legs:
            if not leg.message:
                reply = views.waiting(contest, leg)
                message = await shop.herald.send(to, reply, nonce=_nonce(contest, leg.letter))
                contest = await shop.store.save_contest(_with(contest, replace(leg, message=message)))
        return contest

    async def _count(self, contest: Contest, ready: int) -> None:
        """How many are ready, in all messages alike: which ones would tell fast models from slow ones."""
        if self._told.get(contest.id, 0) == ready:
            return
        self._told[contest.id] = ready
        for leg in contest.legs:
            with contextlib.suppress(DeliveryError, TimeoutError, OSError):
                await self._shop.herald.change(
                    contest.destination, leg.message, views.waiting(contest, leg, ready=ready)
                )

    async def _jobs(self, contest: Contest) -> dict[str, Job]:
        found = [await self._shop.store.job(leg.job) for leg in contest.legs]
        return {job.id: job for job in found if job is not None}

    # -----------------------------------------------------------------------------------------
    # All together

    async def _show(self, contest: Contest) -> Contest:
        """`showing`: each message becomes its clip, then come the round for ears only and the film."""
        shop, to = self._shop, contest.destination
        shop.trace("contest_before_show", contest.id)
        for leg in contest.legs:
            if leg.shown:
                continue
            if leg.judged:
                view = await view_of(shop, contest, leg.letter, leg.copy)
                reply = views.clip(contest, leg, view)
            else:
                reply = views.without_clip(contest, leg)
            contest = await self._message(contest, leg)
            current = contest.leg(leg.letter) or leg
            await shop.herald.change(to, current.message, reply)
            contest = await shop.store.save_contest(_with(contest, replace(current, shown=True)))
            shop.trace("contest_shown_one", contest.id)
        contest = await self._show_round(contest, blind=True)
        contest = await self._show_round(contest, blind=False)  # last, with what to vote with
        await put_away(shop, contest)
        now = shop.clock.now_ms()
        contest = await shop.store.save_contest(
            replace(contest, state="voting", closes_ms=now + contest.hours * 3_600_000)
        )
        shop.trace("contest_voting", contest.id)
        line = Text(key="compare.vote_now", facts={"letters": contest.letters})
        await shop.herald.notify(
            to,
            contest.person,
            Reply(
                kind="notice",
                lines=(line,),
                mention=contest.person,
                job=f"{contest.id}.f",
                facts={"contest": contest.id},
            ),
        )
        return contest

    async def _message(self, contest: Contest, leg: Leg) -> Contest:
        if leg.message:
            return contest
        reply = views.waiting(contest, leg)
        message = await self._shop.herald.send(contest.destination, reply, nonce=_nonce(contest, leg.letter))
        return await self._shop.store.save_contest(_with(contest, replace(leg, message=message)))

    async def _show_round(self, contest: Contest, *, blind: bool) -> Contest:
        """The film, or the same without pictures."""
        shop, name = self._shop, "ears" if blind else "film"
        if getattr(contest, f"{name}_shown"):
            return contest
        if not getattr(contest, f"{name}_message"):
            message = await shop.herald.send(
                contest.destination, views.putting_together(contest, name), nonce=_nonce(contest, name)
            )
            contest = await self._save(contest, **{f"{name}_message": message})
        try:
            if not getattr(contest, name):
                async with self._one_film:
                    made = await filmed(shop, contest, blind=blind)
                contest = await self._save(contest, **{name: made})
            view = await view_of(shop, contest, name[0], getattr(contest, name))
            reply = views.ears(contest, view) if blind else views.film(contest, view)
        except MediaRefused as error:
            log.warning("comparison %s has no %s: %s", contest.id, name, error.code)
            reply = views.without_film(contest, name)
        await shop.herald.change(contest.destination, getattr(contest, f"{name}_message"), reply)
        return await self._save(contest, **{f"{name}_shown": True})

    async def _save(self, contest: Contest, **changes: object) -> Contest:
        return await self._shop.store.save_contest(replace(contest, **changes))  # type: ignore[arg-type]

    # -----------------------------------------------------------------------------------------
    # The end

    async def _reveal(self, contest: Contest) -> Contest:
        """`voting`: when the time is over, names, prices and answers; then the server's rankings anew."""
        shop = self._shop
        if not self._due(contest):
            return contest
        ballots = await shop.store.ballots(contest.id)
        reply = views.result(contest, await self._jobs(contest), ballots, over=True)
        shop.trace("contest_before_reveal", contest.id)
        message = await shop.herald.send(contest.destination, reply, nonce=_nonce(contest, "result"))
        now = shop.clock.now_ms()
        contest = await self._save(contest, state="revealed", revealed_ms=now, result_message=message)
        await ranked(shop.store, contest.server)
        return contest

    async def _gone(self, contest: Contest) -> Contest:
        """Somebody deleted one of our messages: all that do not yet show what they should are sent anew."""
        if contest.gone + 1 >= _MOST_GONE:
            return await self._close(contest, "cannot_post")
        legs = tuple(leg if leg.shown else replace(leg, message="") for leg in contest.legs)
        return await self._save(
            contest,
            legs=legs,
            gone=contest.gone + 1,
            film_message=contest.film_message if contest.film_shown else "",
            ears_message=contest.ears_message if contest.ears_shown else "",
        )

    async def _smaller(self, contest: Contest, limit_bytes: int) -> Contest:
        """The chat takes less than it said: everything is made again, alike, below its limit."""
        now = contest.limit_bytes or 1 << 40
        limit = min(limit_bytes or now // 2, int(now * 0.8))
        if limit < _LEAST_BYTES:
            return await self._close(contest, "cannot_post")
        legs = tuple(replace(leg, copy="", sound="", shown=False) for leg in contest.legs)
        fresh = replace(contest, legs=legs, film="", ears="", film_shown=False, ears_shown=False)
        return await self._save(fresh, state="making", limit_bytes=limit)

    async def _close(self, contest: Contest, outcome: str) -> Contest:
        """Nothing to vote on: say so, say what each leg cost, and let what is still running be stopped."""
        shop = self._shop
        if outcome == "cannot_post":
            for leg in contest.legs:
                await self._stop(leg.job)
        jobs = await self._jobs(contest)
        contest = replace(contest, legs=tuple(_ended(leg, jobs.get(leg.job)) for leg in contest.legs))
        reply = views.closed(contest, outcome)
        if outcome != "cannot_post":
            for leg in contest.legs:
                if leg.message:
                    await self._show_ended(contest, leg, jobs.get(leg.job))
            await shop.herald.send(contest.destination, reply, nonce=_nonce(contest, "result"))
        await put_away(shop, contest)
        contest = await self._save(contest, state="closed", outcome=outcome)
        await shop.herald.notify(contest.destination, contest.person, replace(reply, private=True))
        return contest

    async def _show_ended(self, contest: Contest, leg: Leg, job: Job | None) -> None:
        """The one clip that came of it stands in its message as any other; the rest say why they do not."""
        change = self._shop.herald.change
        with contextlib.suppress(MessageGone):
            if job is not None and job.clip is not None:
                with contextlib.suppress(TooLarge):
                    reply = self._shop.herald.clip_reply(job, whole_view(self._shop, job))
                    await change(contest.destination, leg.message, reply)
                    return
            await change(contest.destination, leg.message, views.ended(contest, leg))


def _nonce(contest: Contest, what: str) -> str:
    return f"{contest.id}.{what}.{contest.gone}" if contest.gone else f"{contest.id}.{what}"


def _with(contest: Contest, leg: Leg) -> Contest:
    legs = tuple(leg if one.letter == leg.letter else one for one in contest.legs)
    return replace(contest, legs=legs)


def _at_rest(job: Job) -> bool:
    """Whether nothing more comes of a job in time."""
    return job.state in TERMINAL or job.state == "late" or job.money == "released"


def _ended(leg: Leg, job: Job | None) -> Leg:
    """What a leg cost and how long it took, or why there is no clip."""
    if job is None:
        return replace(leg, outcome="gone")
    if job.clip is None:
        return replace(
            leg, outcome="late" if job.state == "late" else job.outcome or "gone", charged=job.charged
        )
    waited = max(0, job.updated_ms - (job.submitted_ms or job.created_ms)) // 1000
    return replace(leg, outcome="", charged=job.charged, waited_seconds=waited)
