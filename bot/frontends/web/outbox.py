"""Implements the `Outbox` port: a placeholder is a bubble of the page, a clip is the same bubble later."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final

from bot.core.errors import MessageGone, StorageFull, TryLater
from bot.core.model import Destination, Text
from bot.core.ports import Clock
from bot.core.replies import Reply
from bot.frontends.web.bubble import Bubble
from bot.frontends.web.chatlog import ChatLog
from bot.frontends.web.feed import Feed
from bot.frontends.web.handed import HandedFiles
from bot.frontends.web.limits import LIMITS
from bot.frontends.web.render import Words, answered, compared, plain, told

BUBBLE: Final = "bubble"  # in Destination.extra: the bubble that answers the command


def destination(person: str, bubble: str, language: str) -> Destination:
    """Where the answer to one command goes: a bubble in a person's own chat."""
    return Destination(
        platform="web", channel=person, language=language, limits=LIMITS, extra={BUBBLE: bubble}
    )


class WebOutbox:
    """Writes into the page's memory, which tells open pages."""

    def __init__(
        self, *, chatlog: ChatLog, feed: Feed, words: Words, clock: Clock, handed: HandedFiles
    ) -> None:
        self._log = chatlog
        self._feed = feed
        self._words = words
        self._clock = clock
        self._handed = handed

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """Take over the bubble that answers the command; another one where that is taken."""
        wanted = to.extra.get(BUBBLE, nonce)
        if reply.facts.get("contest"):
            return await self._compared(to, reply, wanted)
        there = await self._log.get(to.channel, wanted)
        id = wanted if there is None or there.job in ("", nonce) else nonce

        def edit(before: Bubble | None) -> Bubble:
            bubble = before or Bubble(
                id=id, person=to.channel, mine=False, kind="working", at_ms=self._clock.now_ms()
            )
            return self._told(bubble, reply, to)

        await self._log.change(to.channel, id, edit)
        return id

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """Change a bubble. Progress inside one stage is not written down.

        Raises:
            MessageGone: there is no such bubble.
            TryLater: it cannot be written down now; the next news may.
        """
        before = await self._log.get(to.channel, message)
        if before is not None and before.contest:
            await self._compared(to, reply, message)
            return
        same_stage = (
            before is not None
            and before.progress is not None
            and reply.progress is not None
            and before.progress.get("stage") == reply.progress.stage
        )
        try:
            await self._edit(to, message, reply, durable=not same_stage)
        except StorageFull:
            raise TryLater(30.0) from None

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """Turn a bubble into the clip. The file stays where it is; the page asks for it by its job.

        Raises:
            MessageGone: there is no such bubble.
        """
        if reply.facts.get("contest"):
            await self._compared(to, reply, message)
            return
        await self._edit(to, message, reply, durable=True)

    async def remove(self, to: Destination, message: str) -> None:
        """Leave of a message that it was deleted.

        Raises:
            MessageGone: there is no such bubble.
        """
        said = self._words.say(Text(key="outcome.deleted"), to.language)

        def edit(before: Bubble | None) -> Bubble | None:
            if before is None:
                return None
            return replace(
                before, kind="notice", head=(), lines=(said,), rows=(), buttons=(), clip=None, progress=None
            )

        if await self._log.change(to.channel, message, edit) is None:
            raise MessageGone(message)

    async def reach(self, person: str) -> Destination | None:
        """A person's own chat."""
        return destination(person, "", "en")

    async def forget(self, person: str) -> tuple[str, ...]:
        """Drop a person's chat; returns the addresses of files that came with their messages."""
        gone = await self._log.drop(person)
        self._handed.forget(person)
        self._feed.note(person, {"type": "cleared"})
        return tuple({file.address for bubble in gone for file in bubble.files if file.address})

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """A word on all open pages of the person; what asks for an answer stays as a message."""
        if reply.facts.get("contest") and to.extra.get(BUBBLE):
            await self._compared(to, reply, to.extra[BUBBLE])
        if reply.buttons and not reply.job:
            question = Bubble(
                id=f"{to.channel}.{secrets.token_hex(8)}",
                person=to.channel,
                mine=False,
                kind="working",
                at_ms=self._clock.now_ms(),
            )
            await self.answer(to, reply, mine=question)
            return
        self._feed.note(
            to.channel,
            {"type": "note", "job": reply.job, **plain(reply, self._words, to.language)},
        )

    async def answer(self, to: Destination, reply: Reply, *, mine: Bubble) -> Bubble:
        """Show the reply to a command or button in the bubble that was set aside for it."""

        file = self._handed.add(to.channel, reply.file) if reply.file else None

        def edit(before: Bubble | None) -> Bubble:
            return replace(answered(before or mine, reply, self._words, to.language), file=file)

        shown = await self._log.change(to.channel, mine.id, edit)
        return shown or mine

    async def _compared(self, to: Destination, reply: Reply, message: str) -> str:
        """All that is said of a comparison changes its one bubble, which shows the clips together."""

        def edit(before: Bubble | None) -> Bubble:
            bubble = before or Bubble(
                id=message, person=to.channel, mine=False, kind="working", at_ms=self._clock.now_ms()
            )
            return compared(bubble, reply, self._words, to.language)

        await self._log.change(to.channel, message, edit)
        return message

    async def _edit(self, to: Destination, message: str, reply: Reply, *, durable: bool) -> None:
        found = await self._log.change(
            to.channel,
            message,
            lambda before: self._told(before, reply, to) if before else None,
            durable=durable,
        )
        if found is None:
            raise MessageGone

    def _told(self, bubble: Bubble, reply: Reply, to: Destination) -> Bubble:
        return replace(told(bubble, reply, self._words, to.language), person=to.channel)
