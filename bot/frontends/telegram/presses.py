"""Buttons of the core under our messages. They work after a restart: all they mean is in them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from bot.core.errors import DeliveryError, Refusal
from bot.core.replies import Reply
from bot.frontends.telegram.keyboard import PRESS
from bot.frontends.telegram.reader import Pressed
from bot.frontends.telegram.speaker import Kit, Speaker

log = logging.getLogger(__name__)

_IN_PLACE: Final = frozenset(
    {"confirm", "dismiss", "page", "cast", "vote-at"}
)  # they change the message they stand under
_ANSWER_SECONDS: Final = 3.0  # the app shows a clock on the button until then


class Presses:
    """Carries out pressed buttons."""

    def __init__(self, kit: Kit, speaker: Speaker) -> None:
        self._kit = kit
        self._speaker = speaker

    async def press(self, pressed: Pressed, words: tuple[str, ...]) -> None:
        """A button; `words` are what it means, empty if we did not write it.

        Raises:
            Forbidden, TryLater.
        """
        kit, speaker = self._kit, self._speaker
        if len(words) != 3 or words[0] != PRESS:
            refused = speaker.refused(Refusal("unknown_button"), pays=False)
            await speaker.alert(pressed.chat, pressed.sender, pressed.query, refused)
            return
        _, action, target = words
        in_place = action in _IN_PLACE
        actor = await kit.people.actor(pressed.chat, pressed.sender, speaker.language(pressed.sender))
        to = speaker.destination(
            pressed.chat,
            pressed.sender,
            reply_to=0 if in_place else pressed.message,
            answer=pressed.message if in_place else 0,
        )
        work = asyncio.ensure_future(
            kit.dispatch.press(
                actor, action, target, destination=to, request_key=f"telegram:press:{pressed.query}"
            )
        )
        try:
            done, _ = await asyncio.wait({work}, timeout=_ANSWER_SECONDS)
            if not done:
                await kit.api.answer_press(pressed.query)
            reply = await work
        finally:
            work.cancel()
        await self._show(pressed, reply, in_place=in_place, answered=not done)

    async def _show(self, pressed: Pressed, reply: Reply, *, in_place: bool, answered: bool) -> None:
        kit, speaker = self._kit, self._speaker
        chat, sender = pressed.chat, pressed.sender
        short = reply.kind in ("refusal", "notice")
        if short and not answered and not (in_place and reply.kind == "notice"):
            await speaker.alert(chat, sender, pressed.query, reply, reply_to=pressed.message)
            await kit.api.answer_press(pressed.query)
            return
        if not answered:
            await kit.api.answer_press(pressed.query)
        edit = pressed.message if in_place and reply.kind in ("notice", "quote", "list") else 0
        try:
            await speaker.say(chat, sender, reply, reply_to=pressed.message, edit=edit)
        except DeliveryError:
            if reply.kind != "progress":
                raise
