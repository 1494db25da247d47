"""What the page's words and buttons mean: turns them into commands and replies into bubbles. No rules.

One command has one bubble, from "being read" over quote and progress to the clip.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from bot.core.desk import Attachment, Desk
from bot.core.errors import MediaRefused, Refusal, StorageFull
from bot.core.front import Front
from bot.core.model import DIRECT, Actor, Destination, Person, Text, Wish
from bot.core.replies import Reply
from bot.core.soundplan import is_by_hand
from bot.core.typed import parse
from bot.frontends.web.bubble import Bubble, Kept
from bot.frontends.web.chatlog import ChatLog
from bot.frontends.web.outbox import WebOutbox, destination
from bot.frontends.web.render import Words, plain
from bot.frontends.web.uploads import Sent, Upload

log = logging.getLogger(__name__)

KEY: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_INHERITED: Final = ("model", "seconds", "aspect", "resolution", "negative")


class Visitor(Protocol):
    """Somebody who is logged in."""

    @property
    def name(self) -> str:
        """Unique on this server."""
        ...

    @property
    def operator(self) -> bool:
        """Came with an operator's token."""
        ...

    @property
    def persona(self) -> bool:
        """Goes by a name out of the address, which brings no rights."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Answered:
    """What a message answers: its files and the options of the wish behind it, if there is one."""

    files: tuple[Kept, ...] = ()
    before: Mapping[str, Any] | None = None


def actor_of(visitor: Visitor, language: str) -> Actor:
    """Somebody on the page, in their own chat. Web members draw on the allotment `direct`."""
    person = Person(platform="web", id=visitor.name, name=visitor.name)
    return Actor(
        person=person, server=DIRECT, channel=person.key, operator=visitor.operator, language=language
    )


class Chat:
    """Takes messages and buttons of all pages."""

    def __init__(
        self, *, front: Front, desk: Desk, chatlog: ChatLog, outbox: WebOutbox, words: Words, language: str
    ) -> None:
        """Keep what is needed; `language` is for what is said when nobody is there."""
        self._front = front
        self._desk = desk
        self._log = chatlog
        self._outbox = outbox
        self._words = words
        self._language = language
        self._talks: set[asyncio.Task[None]] = set()

    async def settle_interrupted(self) -> None:
        """Messages that were being read when the bot stopped say so. A job of theirs takes them over."""
        for bubble in await self._log.unanswered():
            said = self._words.say(Text(key="web.interrupted"), self._language)
            await self._log.change(
                bubble.person,
                bubble.id,
                lambda now, said=said: (  # type: ignore[misc]
                    replace(now, kind="notice", lines=(said,)) if now and now.kind == "working" else None
                ),
            )

    async def send(self, actor: Actor, sent: Sent, *, scratch: str) -> Bubble:
        """Take a message: it appears at once, the answer follows in its own bubble.

        Args:
            actor: who.
            sent: words and files.
            scratch: name of the folder with the files; removed when they are no longer needed.

        Raises:
            Refusal: there is nothing in it.
        """
        if not sent.text.strip() and not sent.files:
            await self._desk.blobs.discard_scratch(scratch)
            raise Refusal("empty_prompt")
        key = sent.key if KEY.fullmatch(sent.key) else secrets.token_hex(12)
        person = actor.person.key
        id = f"{actor.person.id}.{key}"
        there = await self._log.get(person, id)
        if there is not None:  # sent again after a broken connection
            await self._desk.blobs.discard_scratch(scratch)
            return there
        now = self._desk.clock.now_ms()
        mine = Bubble(
            id=id,
            person=person,
            mine=True,
            kind="sent",
            at_ms=now,
            text=sent.text.strip(),
            reply_to=sent.reply_to[:120],
            files=tuple([await self._kept(upload) for upload in sent.files]),
        )
        answer = Bubble(id=f"{id}.a", person=person, mine=False, kind="working", at_ms=now, reply_to=id)
        shown = await self._log.change(person, id, lambda before: before or mine)
        await self._log.change(person, answer.id, lambda before: before or answer)
        self._begin(self._talk(actor, sent, mine, answer, scratch))
        return shown or mine

    async def balance(self, actor: Actor) -> dict[str, Any]:
        """What somebody may still spend: a short word for the header, and all of it."""
        to = destination(actor.person.key, "", actor.language)
        reply = await self._front.command(actor, "credits", {}, destination=to, request_key="web:credits")
        short = []
        for purse in ("paid", "free"):
            facts = reply.facts.get(purse)
            if facts is None:
                continue
            have = facts.get("have")
            if have is None and purse == "paid":
                said = Text(key="web.balance_open")
            else:
                said = Text(key=f"web.balance_{purse}", facts={"have": have or 0})
            if purse == "free" or have is None or have > 0:
                short.append({"purse": purse, "text": self._words.say(said, actor.language), "have": have})
        return {"short": short, "lines": plain(reply, self._words, actor.language)["lines"]}

    def refused(self, refusal: Refusal, language: str) -> str:
        """The sentence for a refusal, with what it cost."""
        lines = (Text(key=f"refusal.{refusal.code}", facts=refusal.facts), Text(key="cost.refused"))
        return " ".join(self._words.say(line, language) for line in lines)

    async def close(self) -> None:
        """Finish the answers that are being made."""
        if self._talks:
            await asyncio.wait(self._talks, timeout=5.0)

    def _begin(self, talk: Coroutine[Any, Any, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(talk)
        self._talks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._talks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("an answer could not be shown", exc_info=task.exception())

    async def _talk(self, actor: Actor, sent: Sent, mine: Bubble, answer: Bubble, scratch: str) -> None:
        """Carry out what was written and show the reply."""
        to = destination(actor.person.key, answer.id, actor.language)
        key = f"web:{mine.id}"
        files: dict[str, list[Attachment]] = {}
        for upload in sent.files:
            files.setdefault(upload.option, []).append(Attachment(path=upload.path, name=upload.name))
        try:
            reply = await self._laid(actor, sent, files, to, key)
            reply = reply or await self._carried_out(actor, sent, files, to, key)
        finally:
            await self._desk.blobs.discard_scratch(scratch)
        await self._outbox.answer(to, reply, mine=answer)

    async def _laid(
        self, actor: Actor, sent: Sent, files: Mapping[str, list[Attachment]], to: Destination, key: str
    ) -> Reply | None:
        """Recordings laid under the clip that is answered, if the words say so."""
        clip = await self._log.get(actor.person.key, sent.reply_to) if sent.reply_to else None
        if clip is None or not clip.job or not files or not is_by_hand(sent.text):
            return None
        recordings = {"audio": [one for given in files.values() for one in given]}
        return await self._front.submit(
            actor,
            "lay-sound",
            clip.job,
            {"words": sent.text},
            destination=to,
            request_key=key,
            attachments=recordings,
        )

    async def _carried_out(
        self, actor: Actor, sent: Sent, files: dict[str, list[Attachment]], to: Destination, key: str
    ) -> Reply:
        """A command, or a prompt with what the answered message held already."""
        behind = await self._answered(actor, sent.reply_to)
        for kept in behind.files:
            if kept.address and kept.option not in files:
                path = self._desk.blobs.path(kept.address)
                files[kept.option] = [Attachment(path=path, name=kept.name)]
        options = _with_inherited(sent.text, behind.before)
        if options is None:
            return await self._front.words(
                actor, sent.text, destination=to, request_key=key, attachments=files
            )
        return await self._front.command(
            actor, "generate", options, destination=to, request_key=key, attachments=files
        )

    async def _answered(self, actor: Actor, message: str) -> _Answered:
        """What lies in the message that is answered; nothing if it is gone or somebody else's.

        An answer of the bot that made no clip stands for the message it answered.
        """
        person = actor.person.key
        bubble = await self._log.get(person, message) if message else None
        if bubble is None:
            return _Answered()
        job = await self._desk.store.job(bubble.job) if bubble.job else None
        if job is not None and job.person == person:
            return _Answered(files=bubble.files, before=_of_wish(job.wish))
        if not bubble.mine and bubble.reply_to:
            bubble = await self._log.get(person, bubble.reply_to) or bubble
        return _Answered(files=bubble.files, before=_of_text(bubble.text) if bubble.mine else None)

    async def _kept(self, upload: Upload) -> Kept:
        """Keep a file for the chat if it can be shown; whether it is of use is not asked here."""
        kept = Kept(option=upload.option, name=upload.name)
        try:
            info = await self._desk.media.inspect(upload.path)
            address = await self._desk.blobs.put(upload.path)
        except (MediaRefused, StorageFull, OSError):
            return kept
        return replace(kept, kind=info.kind, mime=info.mime, address=address, seconds=round(info.seconds, 2))


def _of_wish(wish: Wish) -> dict[str, Any]:
    """A wish as options."""
    before = {name: getattr(wish, name) for name in ("prompt", *_INHERITED)}
    return {name: value for name, value in before.items() if value not in (None, "", "auto")}


def _of_text(text: str) -> dict[str, Any] | None:
    """The options of a message that asked for a clip; None if it did not."""
    try:
        name, options = parse(text)
    except Refusal:
        return None
    if name != "generate":
        return None
    return {name: options[name] for name in ("prompt", *_INHERITED) if options.get(name)}


def _with_inherited(text: str, before: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The options of an answer: what is not said anew stays as it was. None: nothing to add."""
    if not before:
        return None
    try:
        name, options = parse(text)
    except Refusal:
        return None
    return {**before, **options} if name == "generate" else None
