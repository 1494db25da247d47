"""Shows the core's replies where they belong: in the chat, in somebody's private chat, or over a button."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from telegram.error import TelegramError

from bot.core.desk import Desk
from bot.core.errors import Forbidden, MessageGone, Refusal, TooLarge, TryLater
from bot.core.front import Front
from bot.core.model import Destination, Text
from bot.core.replies import Reply
from bot.core.wording import Wording
from bot.frontends.telegram.actions import Actions
from bot.frontends.telegram.api import Api, Body, Spot
from bot.frontends.telegram.keyboard import Key, buttons, keyboard
from bot.frontends.telegram.limits import CAPTION_CHARACTERS, limits
from bot.frontends.telegram.memory import Memory
from bot.frontends.telegram.outbox import ANSWER, NAME, TelegramOutbox
from bot.frontends.telegram.people import People
from bot.frontends.telegram.reader import Chat, Sender
from bot.frontends.telegram.render import as_alert, head_bold, length, pages, words_of
from bot.frontends.telegram.seal import Seal
from bot.frontends.telegram.wire import NoSuchFile

log = logging.getLogger(__name__)

_FILE: Final = "file"
_CONTENT = re.compile(r"[0-9a-f]{32,}")
_SEEN: Final = "👌"
_OPEN_QUESTIONS: Final = frozenset({"", "generate", "compare", "delete"})


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What everything in this package works with once the chat is connected.

    Attributes:
        local: the Bot API server is the operator's own.
        bot: our id.
        username: our name in commands, without @.
        language: where a person's own is not known.
    """

    api: Api
    memory: Memory
    seal: Seal
    words: Wording
    outbox: TelegramOutbox
    actions: Actions
    people: People
    desk: Desk
    dispatch: Front
    local: bool
    bot: int
    username: str
    language: str


OpenForm = Callable[[Chat, Sender, int, Reply], Awaitable[None]]


class Speaker:
    """Says things in chats."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self.open_form: OpenForm | None = None

    def language(self, sender: Sender) -> str:
        """The language of somebody's app, as far as we speak it."""
        return self._kit.words.language(sender.language or self._kit.language)

    def destination(
        self,
        chat: Chat,
        sender: Sender,
        *,
        reply_to: int = 0,
        answer: int = 0,
        spoiler: bool = False,
    ) -> Destination:
        """Where the answers to a command go.

        Args:
            chat: where it was given.
            sender: by whom.
            reply_to: their message.
            answer: our message that becomes the clip, 0 = a new one.
            spoiler: hide the clip behind a tap.
        """
        return Destination(
            platform="telegram",
            channel=str(chat.id),
            thread=str(chat.topic) if chat.topic else "",
            reply_to=str(reply_to) if reply_to else "",
            spoiler=spoiler,
            language=self.language(sender),
            limits=limits(group=not chat.private, local=self._kit.local),
            extra={NAME: sender.name, **({ANSWER: f"{chat.id}:{answer}"} if answer else {})},
        )

    async def say(
        self,
        chat: Chat,
        sender: Sender,
        reply: Reply,
        *,
        reply_to: int = 0,
        edit: int = 0,
        public: bool = False,
    ) -> int:
        """Show a reply; returns the message that shows it in this chat, 0 if none does.

        Args:
            chat: where it was asked.
            sender: by whom.
            reply: what is to be shown.
            reply_to: their message.
            edit: our message that is changed instead of a new one.
            public: show it in a group although it is meant for one person.

        Raises:
            Forbidden, TryLater.
        """
        language = self.language(sender)
        if reply.kind == "progress" and reply.job:
            await self._kit.outbox.introduce(reply.job, words_of(reply, self._kit.words, language))
            return edit
        if reply.kind == "form" and self.open_form is not None:
            await self.open_form(chat, sender, reply_to, reply)
            return 0
        if reply.kind == "clip":
            await self._kit.outbox.send_clip(_spot(chat, reply_to), reply, language)
            return 0
        if reply.file is not None:
            return await self._file(chat, sender, reply, reply_to)
        personal = _personal(reply) and not chat.private
        if personal and not public and not sender.anonymous and not edit:
            return await self._privately(chat, sender, reply, reply_to)
        return await self._write(_spot(chat, reply_to), reply, language, edit=edit)

    async def alert(self, chat: Chat, sender: Sender, query: str, reply: Reply, *, reply_to: int = 0) -> None:
        """Show a reply over the pressed button if it is short, else as a message.

        Raises:
            Forbidden, TryLater.
        """
        text = as_alert(words_of(reply, self._kit.words, self.language(sender)))
        if text is not None and not reply.buttons:
            if await self._kit.api.answer_press(query, text, alert=reply.kind == "refusal"):
                return
        await self.say(chat, sender, reply, reply_to=reply_to)

    def refused(self, refusal: Refusal, *, pays: bool = True) -> Reply:
        """A refusal of this front-end, in the form in which the core's come."""
        cost = (Text(key="cost.refused"),) if pays else ()
        return Reply(
            kind="refusal",
            lines=(Text(key=f"refusal.{refusal.code}", facts=refusal.facts), *cost),
            private=True,
            facts={**refusal.facts, "code": refusal.code},
        )

    def notice(self, key: str, **facts: Any) -> Reply:
        """A plain sentence."""
        return Reply(kind="notice", lines=(Text(key=key, facts=facts),))

    # ---- inside

    async def _write(self, spot: Spot, reply: Reply, language: str, *, edit: int = 0) -> int:
        kit = self._kit
        parts = pages(words_of(reply, kit.words, language))
        markup = await buttons(kit.seal, reply.buttons, kit.words, language)
        shown = 0
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            bold = head_bold(part) if reply.kind in ("list", "quote") and not place else ()
            body = Body(text=part, entities=bold, markup=markup if last else None)
            if edit and not place:
                try:
                    await kit.api.edit(spot.chat, edit, body)
                    shown = edit
                    continue
                except MessageGone:
                    pass
            shown = await kit.api.send(spot, body)
        return shown

    async def _privately(self, chat: Chat, sender: Sender, reply: Reply, reply_to: int) -> int:
        """To the person alone; where they never opened a chat with us, they are asked to."""
        language = self.language(sender)
        try:
            await self._write(Spot(chat=sender.id), reply, language)
        except Forbidden:
            kit = self._kit
            key = Key(
                label=kit.words.say(Text(key="telegram.open_button"), language),
                url=f"https://t.me/{kit.username}?start=hello",
            )
            text = kit.words.say(Text(key="telegram.open_private"), language)
            markup = await keyboard(kit.seal, [[key]])
            return await kit.api.send(_spot(chat, reply_to), Body(text=text, markup=markup))
        if reply_to:
            await self.nod(chat, reply_to)
        return 0

    async def nod(self, chat: Chat, message: int) -> None:
        """A sign in the group that the answer came privately; some groups allow none."""
        with contextlib.suppress(TelegramError):
            await self._kit.api.bot.set_message_reaction(chat.id, message, _SEEN)

    async def _file(self, chat: Chat, sender: Sender, reply: Reply, reply_to: int) -> int:
        """A file as it is; Telegram keeps it, so that a second time costs nothing."""
        kit = self._kit
        view = reply.file
        assert view is not None
        language = self.language(sender)
        private = reply.private and not chat.private
        spot = Spot(chat=sender.id) if private else _spot(chat, reply_to)
        # Only files named by their content are known again: another one may have the same plain name.
        address = view.path.name if _CONTENT.fullmatch(view.path.name) else ""
        known = await kit.memory.upload(address, _FILE) if address else ""
        limit = limits(group=True, local=kit.local).upload_bytes
        text = words_of(reply, kit.words, language)
        beside = length(text) <= CAPTION_CHARACTERS and not reply.buttons
        body = Body(text=text if beside else "")
        try:
            if view.size_bytes > limit and not known:
                raise TooLarge(limit)
            with kit.actions.sending(spot):
                send = kit.api.send_picture if view.seen else kit.api.send_file
                file = await send(spot, view.path, view.name, body, known=known)
        except NoSuchFile:
            await kit.memory.drop_upload(known)
            raise TryLater(1.0) from None
        except TooLarge as error:
            refusal = Refusal(
                "telegram_too_big_to_send", size=view.size_bytes, limit=error.limit_bytes or limit
            )
            return await self._write(_spot(chat, reply_to), self.refused(refusal, pays=False), language)
        if address and file and file != known:
            await kit.memory.keep_upload(address, _FILE, file)
        return 0 if beside else await self._write(spot, reply, language)


def _spot(chat: Chat, reply_to: int = 0) -> Spot:
    return Spot(chat=chat.id, topic=chat.topic, reply_to=reply_to)


def _personal(reply: Reply) -> bool:
    """Whether nobody else may read it. Offers and refusals are answers to what was said in the group."""
    if reply.kind == "quote":
        return reply.facts.get("asks", "") not in _OPEN_QUESTIONS
    return reply.private and reply.kind in ("notice", "list")
