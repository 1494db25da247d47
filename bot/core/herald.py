"""What a job's message says: progress, the clip, or why there is none. Sends through the outboxes.

It edits one placeholder per job, never faster than the platform likes, and never lets a chat's
trouble stop a job. It decides nothing about jobs or money.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.compare import contest_of
from bot.core.errors import DeliveryError, Forbidden, MessageGone
from bot.core.links import LIFE_MS
from bot.core.model import Destination, Job, Text
from bot.core.ports import Clock, Outbox, Store
from bot.core.ports.chat import CanForget, CanGather, CanReach, CanRemove
from bot.core.replies import Button, ClipView, ProgressView, Reply
from bot.core.showing import clip_reply, link_reply
from providers.base import Mode

log = logging.getLogger(__name__)

_SEND_SECONDS = 60.0
_DELIVER_SECONDS = 600.0
_STALE_MS = 10_000  # an estimate that stands still is renewed after this


@dataclass
class _Shown:
    """What a job's message showed last, and when."""

    stage: str
    step: int
    at_ms: int


def _cost(job: Job, charged: int) -> Text:
    """What a job cost in the end."""
    if not charged:
        return Text(key="cost.nothing")
    return Text(key="cost.charged" if job.plan.purse == "paid" else "cost.free", facts={"credits": charged})


class Herald:
    """Speaks about jobs. Outboxes by platform; a platform without one is silently skipped."""

    def __init__(
        self,
        *,
        outboxes: Mapping[str, Outbox],
        store: Store,
        clock: Clock,
        operators: tuple[Destination, ...] = (),
        people: tuple[str, ...] = (),
        others: Callable[[Job], bool] = lambda job: False,
        ways: Callable[[Job], tuple[Mode, ...]] = lambda job: (),
    ) -> None:
        """Keep the outboxes.

        Args:
            outboxes: by platform.
            store: for estimates and notes.
            clock: time.
            operators: where the operator is told what only they can mend.
            people: accounts of operators, told in their own chats.
            others: whether a model besides that of a job can be used.
            ways: what the model of a job can do with its clip.
        """
        self._outboxes = outboxes
        self._store = store
        self._clock = clock
        self._operators = operators
        self._people = people
        self._others = others
        self._ways = ways
        self._shown: dict[str, _Shown] = {}
        self._typical: dict[tuple[str, str], int | None] = {}

    def reaches(self, job: Job) -> bool:
        """Whether anybody can write where the job was asked for: its platform may be switched off now."""
        return job.destination.platform in self._outboxes

    async def greet(self, job: Job, *, position: int | None) -> str:
        """Send the placeholder and return its reference.

        A message that takes the place of a deleted one has a nonce of its own: platforms may
        answer a known nonce with the message that is gone.

        Raises:
            Forbidden, TryLater: as the outbox says.
        """
        if contest := contest_of(job):
            return f"contest:{contest}"  # its messages are the comparison's own, and name no model
        outbox = self._outboxes[job.destination.platform]
        gone = job.facts.get("gone")
        nonce = f"{job.id}.{gone}" if gone else job.id
        stage = "posting" if job.clip else "queued"
        reply = self._progress(job, stage, position, None, None)
        async with asyncio.timeout(_SEND_SECONDS):
            return await outbox.placeholder(job.destination, reply, nonce=nonce)

    async def progress(
        self, job: Job, stage: str, *, position: int | None = None, fraction: float | None = None
    ) -> None:
        """Show how far a job is, if there is news and the platform's pace allows it."""
        now = self._clock.now_ms()
        step = round(fraction * 100) if fraction is not None else -(position or 0)
        shown = self._shown.get(job.id)
        if shown is not None:
            if now - shown.at_ms < job.destination.limits.edits_every_seconds * 1000:
                return
            if (shown.stage, shown.step) == (stage, step) and now - shown.at_ms < _STALE_MS:
                return
        self._shown[job.id] = _Shown(stage, step, now)
        left = await self._left_seconds(job, fraction)
        await self._update(job, self._progress(job, stage, position, fraction, left))

    async def outcome(self, job: Job, code: str, facts: Mapping[str, Any], *, charged: int = 0) -> None:
        """Say that there is no clip, why, and what it cost."""
        self._shown.pop(job.id, None)
        reply = Reply(
            kind="refusal",
            lines=(
                Text(key=f"outcome.{code}", facts=dict(facts)),
                _cost(job, charged),
            ),
            job=job.id,
            facts={"outcome": code, "charged": charged, **facts},
        )
        await self._update(job, reply)
        await self._notify(job, reply)

    async def late(self, job: Job) -> None:
        """Say that it took too long, that the credits are back and a late clip is free."""
        self._shown.pop(job.id, None)
        reply = Reply(
            kind="progress",
            lines=(Text(key="outcome.late", facts={"credits": job.plan.credits}), Text(key="cost.nothing")),
            progress=ProgressView(job=job.id, stage="late", waited_seconds=self._waited(job)),
            job=job.id,
        )
        await self._update(job, reply)

    def clip_reply(self, job: Job, view: ClipView) -> Reply:
        """The message a finished clip becomes."""
        return clip_reply(job, view, others=self._others(job), ways=self._ways(job))

    def link_reply(self, job: Job, link: str) -> Reply:
        """The same where the chat cannot take the file."""
        until_ms = self._clock.now_ms() + LIFE_MS["member"]
        others, ways = self._others(job), self._ways(job)
        return link_reply(job, link, until_ms=until_ms, others=others, ways=ways)

    async def deliver(self, job: Job, reply: Reply) -> None:
        """Turn the placeholder into the clip, or into what takes its place.

        Raises:
            TooLarge, MessageGone, Forbidden, TryLater: as the outbox says.
        """
        outbox = self._outboxes[job.destination.platform]
        async with asyncio.timeout(_DELIVER_SECONDS):
            if reply.clip is None:
                await outbox.update(job.destination, job.placeholder, reply)
            else:
                await outbox.deliver(job.destination, job.placeholder, reply)
        self._shown.pop(job.id, None)

    async def remove(self, job: Job) -> bool:
        """Take a job's message out of its chat; false if it still stands there."""
        outbox = self._outboxes.get(job.destination.platform)
        if not job.placeholder or contest_of(job):
            return True
        if not isinstance(outbox, CanRemove):
            return False
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await outbox.remove(job.destination, job.placeholder)
        except MessageGone:
            return True
        except (DeliveryError, TimeoutError, OSError) as error:
            log.info("job %s: its message could not be removed: %s", job.id, error)
            return False
        return True

    async def notify(self, to: Destination, person: str, reply: Reply) -> bool:
        """Say something to a person by themselves; false if that did not work."""
        outbox = self._outboxes.get(to.platform)
        if outbox is None:
            return False
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await outbox.notify(to, person, reply)
        except (DeliveryError, TimeoutError, OSError) as error:
            log.info("somebody could not be told in %s: %s", to.platform, error)
            return False
        return True

    async def drop_people(self, people: Sequence[str]) -> tuple[str, ...]:
        """Drop what front-ends keep of people; returns addresses of stored files that they kept."""
        kept: list[str] = []
        for person in people:
            outbox = self._outboxes.get(person.partition(":")[0])
            if isinstance(outbox, CanForget):
                kept += await outbox.forget(person)
        return tuple(kept)

    async def done(self, job: Job) -> None:
        """Tell the person that the clip is there: an edit does not notify."""
        self._typical.pop((job.server, job.plan.model), None)  # one clip more to go by
        await self._notify(
            job,
            Reply(
                kind="notice",
                lines=(Text(key="clip.done", facts={"model": job.plan.model_name}),),
                mention=job.person,
                job=job.id,
            ),
        )

    async def undelivered(self, job: Job, code: str) -> None:
        """Try to say that the clip waits in /history: in its message, and privately."""
        reply = Reply(
            kind="refusal",
            lines=(
                Text(key=f"outcome.{code}"),
                _cost(job, job.charged),
            ),
            private=True,
            mention=job.person,
            job=job.id,
        )
        await self._update(job, reply)
        await self._notify(job, reply)

    async def tell_operator(
        self, cause: str, key: str, facts: Mapping[str, Any], *, buttons: tuple[Button, ...] = ()
    ) -> None:
        """Once per cause: log, note for the admin page, and a message wherever operators are."""
        if not await self._store.note_for_operator(cause, key, facts):
            return
        log.warning("operator note %s: %s %s", cause, key, dict(facts))
        lines = (Text(key=key, facts=dict(facts)),)
        reply = Reply(kind="notice", lines=lines, buttons=buttons, private=True)
        told = {(to.platform, to.channel) for to in self._operators}
        for to in self._operators:
            await self.notify(to, to.channel, reply)
        for person in self._people:
            place = await self.reach(person)
            if place is not None and (place.platform, place.channel) not in told:
                await self.notify(place, person, reply)

    async def reach(self, person: str) -> Destination | None:
        """Where somebody reads what is meant for them alone; None where that is closed."""
        outbox = self._outboxes.get(person.partition(":")[0])
        if not isinstance(outbox, CanReach):
            return None
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                return await outbox.reach(person)
        except (DeliveryError, TimeoutError, OSError) as error:
            log.info("it could not be found out where %s is reached: %s", person, error)
            return None

    async def post(self, to: Destination, reply: Reply, *, nonce: str) -> bool:
        """Write something into a channel; false if that did not work."""
        outbox = self._outboxes.get(to.platform)
        if outbox is None:
            return False
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await outbox.placeholder(to, reply, nonce=nonce)
        except (DeliveryError, TimeoutError, OSError) as error:
            log.info("nothing could be written in a channel of %s: %s", to.platform, error)
            return False
        return True

    def writes_to(self, platform: str) -> bool:
        """Whether anybody can write on a platform."""
        return platform in self._outboxes

    async def gathered(self, to: Destination, *, nonce: str) -> Destination:
        """Where several messages about one thing go: all into the same thread.

        Raises:
            Forbidden, TryLater: as the outbox says.
        """
        outbox = self._outboxes[to.platform]
        if not isinstance(outbox, CanGather):
            return to
        async with asyncio.timeout(_SEND_SECONDS):
            return await outbox.gathered(to, nonce=nonce)

    async def send(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """Write a message of its own and return its reference.

        Raises:
            Forbidden, TryLater: as the outbox says.
        """
        async with asyncio.timeout(_SEND_SECONDS):
            return await self._outboxes[to.platform].placeholder(to, reply, nonce=nonce)

    async def change(self, to: Destination, message: str, reply: Reply) -> None:
        """Let a message say something else, or become a clip.

        Raises:
            TooLarge, MessageGone, Forbidden, TryLater: as the outbox says.
        """
        outbox = self._outboxes[to.platform]
        async with asyncio.timeout(_DELIVER_SECONDS):
            await (outbox.update if reply.clip is None else outbox.deliver)(to, message, reply)

    def forget(self, job: str) -> None:
        """Drop what is remembered of a job's message."""
        self._shown.pop(job, None)

    async def _update(self, job: Job, reply: Reply) -> None:
        outbox = self._outboxes.get(job.destination.platform)
        if outbox is None or not job.placeholder or contest_of(job):
            return
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await outbox.update(job.destination, job.placeholder, reply)
        except (MessageGone, Forbidden):
            log.info("job %s: its message is gone or closed", job.id)
        except (DeliveryError, TimeoutError, OSError) as error:
            log.info("job %s: its message could not be edited now: %s", job.id, error)

    async def _notify(self, job: Job, reply: Reply) -> None:
        if contest_of(job):
            return
        await self.notify(job.destination, job.person, reply)

    def _progress(
        self, job: Job, stage: str, position: int | None, fraction: float | None, left: int | None
    ) -> Reply:
        line = Text(
            key=f"progress.{stage}",
            facts={
                "model": job.plan.model_name,
                "position": position,
                "percent": None if fraction is None else round(fraction * 100),
                "left": left,
                "credits": job.plan.credits,
            },
        )
        buttons = (
            (Button(action="cancel", target=job.id, label=Text(key="button.cancel")),)
            if stage in ("queued", "voicing", "submitting", "polling")
            else ()
        )
        return Reply(
            kind="progress",
            lines=(line,),
            buttons=buttons,
            progress=ProgressView(
                job=job.id,
                stage=stage,
                position=position,
                fraction=fraction,
                left_seconds=left,
                waited_seconds=self._waited(job),
            ),
            job=job.id,
        )

    def _waited(self, job: Job) -> int:
        return max(0, (self._clock.now_ms() - job.created_ms) // 1000)

    async def _left_seconds(self, job: Job, fraction: float | None) -> int | None:
        if fraction is not None or not job.submitted_ms:
            return None
        key = (job.server, job.plan.model)
        if key not in self._typical:
            self._typical[key] = await self._store.typical_seconds(*key)
        typical = self._typical[key]
        if typical is None:
            return None
        return max(5, typical - (self._clock.now_ms() - job.submitted_ms) // 1000)
