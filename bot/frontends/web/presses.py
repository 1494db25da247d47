"""What buttons mean: a press becomes a call of the core, its reply a bubble or a word beside it. No rules."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from bot.core.errors import Refusal
from bot.core.front import Front
from bot.core.model import Actor
from bot.core.ports import Clock
from bot.core.replies import Reply
from bot.frontends.web.bubble import Bubble
from bot.frontends.web.chat import KEY
from bot.frontends.web.chatlog import ChatLog
from bot.frontends.web.handed import HandedFiles
from bot.frontends.web.outbox import WebOutbox, destination
from bot.frontends.web.render import Words, plain

_IN_PLACE: Final = frozenset(
    {"confirm", "dismiss", "page", "cast", "vote-at"}
)  # they change the bubble they stand in
_LASTING: Final = frozenset({"quote", "progress", "clip", "list"})  # these replies are messages of their own
_UNDER: Final = frozenset({"details"})  # but what these bring is shown under the message


class Presses:
    """Takes buttons of all pages."""

    def __init__(
        self,
        *,
        front: Front,
        chatlog: ChatLog,
        outbox: WebOutbox,
        handed: HandedFiles,
        words: Words,
        clock: Clock,
    ) -> None:
        self._front = front
        self._log = chatlog
        self._outbox = outbox
        self._handed = handed
        self._words = words
        self._clock = clock

    async def press(self, actor: Actor, message: str, action: str, target: str, key: str) -> dict[str, Any]:
        """A button of a message. Returns what is to be said beside the bubbles; nothing if a bubble says it.

        Raises:
            Refusal: the message is not theirs, or has no such button.
        """
        bubble = await self._log.get(actor.person.key, message)
        if bubble is None or not any(button[:2] == (action, target) for button in bubble.buttons):
            raise Refusal("unknown_button")
        if action not in _IN_PLACE:
            return await self.begin(actor, action, target, key, reply_to=bubble.reply_to)
        to = destination(actor.person.key, bubble.id, actor.language)
        press = f"web:{actor.person.id}:{_key(key)}"
        reply = await self._front.press(actor, action, target, destination=to, request_key=press)
        await self._outbox.answer(to, reply, mine=bubble)
        return plain(reply, self._words, actor.language) if reply.kind == "refusal" else {}

    async def begin(
        self, actor: Actor, action: str, target: str, key: str, *, reply_to: str = ""
    ) -> dict[str, Any]:
        """A button that stands anywhere. A quote or clip becomes a new message in the person's chat."""
        own = _key(key)
        bubble = self._bubble(actor, own, reply_to)
        to = destination(actor.person.key, bubble.id, actor.language)
        press = f"web:{actor.person.id}:{own}"
        reply = await self._front.press(actor, action, target, destination=to, request_key=press)
        if action in _UNDER:
            return self._beside(actor, reply)
        return await self._said(actor, reply, bubble)

    async def command(self, actor: Actor, name: str, options: Mapping[str, str], key: str) -> dict[str, Any]:
        """A command that is given on a page of its own; its reply is shown there, with its buttons."""
        to = destination(actor.person.key, "", actor.language)
        press = f"web:{actor.person.id}:{_key(key)}"
        reply = await self._front.command(actor, name, options, destination=to, request_key=press)
        return self._beside(actor, reply)

    async def answer(self, actor: Actor, action: str, target: str, key: str) -> dict[str, Any]:
        """A button of such a reply."""
        to = destination(actor.person.key, "", actor.language)
        press = f"web:{actor.person.id}:{_key(key)}"
        reply = await self._front.press(actor, action, target, destination=to, request_key=press)
        return self._beside(actor, reply)

    async def submit(
        self, actor: Actor, message: str, action: str, target: str, values: Mapping[str, str], key: str
    ) -> dict[str, Any]:
        """A form, filled in: one that is a message becomes its answer, one under a message stands aside.

        Raises:
            Refusal: the message is not theirs, or has no such form.
        """
        bubble = await self._log.get(actor.person.key, message)
        if bubble is None:
            raise Refusal("unknown_button")
        view = bubble.form or {}
        stands = (view.get("action"), view.get("target")) == (action, target)
        if not stands and not any(button[:2] == (action, target) for button in bubble.buttons):
            raise Refusal("unknown_button")
        own = _key(key)
        answer = bubble if stands else self._bubble(actor, own, bubble.reply_to)
        to = destination(actor.person.key, answer.id, actor.language)
        reply = await self._front.submit(
            actor, action, target, values, destination=to, request_key=f"web:{actor.person.id}:{own}"
        )
        if stands and reply.kind not in ("refusal", *_LASTING):
            await self._outbox.answer(to, reply, mine=bubble)
            return {"message": bubble.id}
        return await self._said(actor, reply, answer)

    async def _said(self, actor: Actor, reply: Reply, bubble: Bubble) -> dict[str, Any]:
        if reply.kind in _LASTING:
            to = destination(actor.person.key, bubble.id, actor.language)
            await self._outbox.answer(to, reply, mine=bubble)
            return {"message": bubble.id}
        return self._beside(actor, reply)

    def _beside(self, actor: Actor, reply: Reply) -> dict[str, Any]:
        file = self._handed.add(actor.person.key, reply.file) if reply.file else None
        return plain(reply, self._words, actor.language) | {"file": file}

    def _bubble(self, actor: Actor, key: str, reply_to: str) -> Bubble:
        return Bubble(
            id=f"{actor.person.id}.{key}",
            person=actor.person.key,
            mine=False,
            kind="working",
            at_ms=self._clock.now_ms(),
            reply_to=reply_to,
        )


def _key(key: str) -> str:
    return key if KEY.fullmatch(key) else secrets.token_hex(12)
