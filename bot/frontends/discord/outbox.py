"""Implements the `Outbox` port: ordinary messages of the bot, which live longer than any interaction.

A reference is `channel/message`. An answer to an interaction ends after 15 minutes, so clips never depend
on one. It decides nothing; what a server takes it learns from what it refuses.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter, OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from typing import Any, Final, TypeVar

import aiohttp
import discord

from bot.core.errors import Forbidden, MessageGone, TooLarge, TryLater
from bot.core.model import DIRECT, Destination, Text
from bot.core.replies import Reply
from bot.frontends.discord.asked import ASK, GUILD, NEW_THREAD, USER, server_of
from bot.frontends.discord.limits import (
    ALT_CHARACTERS,
    EDITS_WAITING,
    MESSAGE_CHARACTERS,
    NONCE_CHARACTERS,
    THREAD_EXISTS,
    THREAD_NAME_CHARACTERS,
    limits,
)
from bot.frontends.discord.line import Line
from bot.frontends.discord.memory import Memory
from bot.frontends.discord.render import Words, buttons, escaped, lines_of, parts
from bot.frontends.discord.wire import in_our_words, meant

log = logging.getLogger(__name__)

_SILENT: Final = discord.AllowedMentions.none()
_Key = TypeVar("_Key", int, str)

_SMALL: Final = "-# "
_THREAD_MINUTES: Final = 1440
_BUSY_SECONDS: Final = 2.0
_MOST_NOTED: Final = 2000


class DiscordOutbox:
    """Writes to channels, threads and direct messages."""

    def __init__(self, *, line: Line, memory: Memory, words: Words, context: Context) -> None:
        """Keep what is needed; in `context` answers to interactions find their address."""
        self._line = line
        self._context = context
        self._memory = memory
        self._words = words
        self._waiting: Counter[int] = Counter()
        self._last: OrderedDict[str, str] = OrderedDict()
        self._told: OrderedDict[int, str] = OrderedDict()

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """Send the message that later becomes the clip; the same nonce sends it once.

        Raises:
            Forbidden, TryLater.
        """
        async with in_our_words():
            # What stands by itself, such as a line of an admin's log, gets no thread.
            channel = await self._channel(to, nonce, threaded=reply.kind != "notice")
            part = parts(self._lines(to, reply), most=1)[0]
            message = await (await self._messages(channel)).send(
                part,
                nonce=_short(nonce, part),
                allowed_mentions=_SILENT,
                **self._answering(to, channel),
                **self._pressable(to, reply),
            )
            return self._noted(reply.job, f"{channel}/{message.id}")

    async def gathered(self, to: Destination, *, nonce: str) -> Destination:
        """One new thread for all messages of a request, where each would get its own.

        Raises:
            Forbidden, TryLater.
        """
        if to.thread or to.private or NEW_THREAD not in to.extra:
            return to
        async with in_our_words():
            thread = await self._new_thread(to, nonce)
        extra = {name: value for name, value in to.extra.items() if name != NEW_THREAD}
        return replace(to, thread=str(thread), extra=extra)

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """Edit a message. News of progress gives way where a channel is busy.

        Raises:
            MessageGone, Forbidden, TryLater.
        """
        channel, id = _reference(message)
        if reply.kind == "progress" and self._waiting[channel] >= EDITS_WAITING:
            raise TryLater(_BUSY_SECONDS)
        await self._edit(channel, id, to, reply, attachments=())

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """Turn the placeholder into the clip; doing it again changes nothing.

        Raises:
            TooLarge, MessageGone, Forbidden, TryLater.
        """
        clip = reply.clip
        if clip is None:
            await self.update(to, message, reply)
            return
        channel, id = _reference(message)
        alt = clip.alt or "\n".join(self._words.say(line, to.language) for line in reply.lines[:1])
        # Opened here and not in a thread: a shutdown in between would leave it open.
        file = discord.File(
            clip.path,
            filename=clip.file_name,
            spoiler=to.spoiler,
            description=alt[:ALT_CHARACTERS] or None,
        )
        try:
            await self._edit(channel, id, to, reply, attachments=[file], sent_bytes=clip.info.size_bytes)
        except TooLarge as error:
            limit = await self._memory.refused(server_of(to.extra.get(GUILD, "")), clip.info.size_bytes)
            raise TooLarge(limit) from error
        finally:
            file.close()

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """A short message that somebody notices: where the clip is, else in their direct messages.

        Raises:
            Forbidden, TryLater: it could not be said anywhere.
        """
        user = int(person.removeprefix("discord:"))
        if not (to.private or reply.private):
            try:
                async with in_our_words():
                    await self._mention(to, user, reply)
                return
            except (Forbidden, MessageGone):
                log.info("%s is told privately: the bot may not write where it was asked", person)
        try:
            async with in_our_words():
                await self._whisper(to, user, reply)
        except Forbidden:
            if not await self._answer(to, reply):
                raise

    async def reach(self, person: str) -> Destination | None:
        """A person's direct messages; whether they are open shows when something is sent."""
        user = person.removeprefix("discord:")
        hint = discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES
        return Destination(
            platform="discord",
            channel=f"discord:{user}",
            private=True,
            limits=limits(self._memory.upload_bytes(DIRECT, hint)),
            extra={USER: user},
        )

    async def remove(self, to: Destination, message: str) -> None:
        """Delete a message; one that is gone already is fine.

        Raises:
            Forbidden, TryLater.
        """
        channel, id = _reference(message)
        with suppress(MessageGone):
            async with in_our_words():
                await (await self._messages(channel)).get_partial_message(id).delete()

    async def post(self, channel: int, lines: Sequence[str], *, reply_to: int, pressable: Any) -> None:
        """Answer a message that somebody wrote."""
        messages = await self._messages(channel)
        cut = parts(lines)
        for place, part in enumerate(cut):
            last = pressable if pressable is not None and place == len(cut) - 1 else discord.utils.MISSING
            await messages.send(
                part,
                allowed_mentions=_SILENT,
                reference=discord.MessageReference(
                    message_id=reply_to, channel_id=channel, fail_if_not_exists=False
                ),
                view=last,
            )

    # ------------------------------------------------------------------------------------------

    async def _edit(
        self,
        channel: int,
        id: int,
        to: Destination,
        reply: Reply,
        *,
        attachments: Sequence[discord.File],
        sent_bytes: int = 0,
    ) -> None:
        self._noted(reply.job, f"{channel}/{id}")
        self._waiting[channel] += 1
        try:
            async with in_our_words(sent_bytes=sent_bytes):
                message = (await self._messages(channel)).get_partial_message(id)
                await message.edit(
                    content=parts(self._lines(to, reply), most=1)[0],
                    attachments=attachments,
                    view=buttons(reply.buttons, self._words, to.language),
                    allowed_mentions=_SILENT,
                )
        finally:
            self._waiting[channel] -= 1
            if not self._waiting[channel]:
                del self._waiting[channel]

    async def _messages(self, channel: int) -> discord.PartialMessageable:
        return (await self._line.client()).get_partial_messageable(channel)

    async def _channel(self, to: Destination, nonce: str, *, threaded: bool = True) -> int:
        """The channel to write in: a thread, a new thread, a direct message, or the channel itself."""
        if to.thread:
            return int(to.thread)
        if to.private or to.channel.startswith("discord:"):
            return await self._direct(int(to.extra.get(USER) or to.channel.removeprefix("discord:")))
        if threaded and NEW_THREAD in to.extra:
            return await self._new_thread(to, nonce)
        return int(to.channel)

    async def _direct(self, user: int) -> int:
        client = await self._line.client()
        return (await client.create_dm(discord.Object(user))).id

    async def _new_thread(self, to: Destination, nonce: str) -> int:
        """A thread on a message of its own. The nonce finds it again; a message has one thread at most."""
        client = await self._line.client()
        channel = int(to.channel)
        name = " ".join(to.extra[NEW_THREAD].split())[:THREAD_NAME_CHARACTERS] or "…"
        head = await client.get_partial_messageable(channel).send(
            self._asked_by(to, escaped(name)), nonce=_short(f"t{nonce}", name), allowed_mentions=_SILENT
        )
        try:
            await client.http.start_thread_with_message(
                channel, head.id, name=name, auto_archive_duration=_THREAD_MINUTES
            )
        except discord.HTTPException as error:
            if error.code != THREAD_EXISTS:
                log.info("no thread could be made in %s: %s", channel, error)
                return channel
        return head.id

    def _asked_by(self, to: Destination, prompt: str) -> str:
        facts = {"who": f"<@{to.extra.get(USER, '')}>", "prompt": prompt}
        return self._words.say(Text(key="discord.asked_by", facts=facts), to.language)

    def _lines(self, to: Destination, reply: Reply) -> list[str]:
        lines = lines_of(reply, self._words, to.language)
        if USER in to.extra and not to.private and reply.kind in {"clip", "progress"}:
            prompt = escaped(reply.clip.alt) if reply.clip is not None else ""
            lines.append(f"{_SMALL}{self._asked_by(to, prompt)}")
        return lines

    def _answering(self, to: Destination, channel: int) -> dict[str, Any]:
        if not to.reply_to or str(channel) not in {to.channel, to.thread}:
            return {}
        reference = discord.MessageReference(
            message_id=int(to.reply_to), channel_id=channel, fail_if_not_exists=False
        )
        return {"reference": reference}

    def _pressable(self, to: Destination, reply: Reply) -> dict[str, Any]:
        made = buttons(reply.buttons, self._words, to.language)
        return {"view": made} if made is not None else {}

    async def _mention(self, to: Destination, user: int, reply: Reply) -> None:
        where = self._last.get(reply.job, "")
        channel, id = _reference(where) if where else (await self._channel(to, reply.job, threaded=False), 0)
        said = f"<@{user}> {' '.join(lines_of(reply, self._words, to.language))}"
        answering: dict[str, Any] = {}
        if id:
            answering["reference"] = discord.MessageReference(
                message_id=id, channel_id=channel, fail_if_not_exists=False
            )
        sent = await (await self._messages(channel)).send(
            said[:MESSAGE_CHARACTERS],
            allowed_mentions=discord.AllowedMentions(
                everyone=False, roles=False, users=[discord.Object(user)], replied_user=False
            ),
            **answering,
            **self._pressable(to, reply),
        )
        if reply.job:
            _remember(self._told, sent.id, reply.job)

    def job_told(self, message: int) -> str:
        """The job that a short message of ours was about, or ""; known for the newest only."""
        return self._told.get(message, "")

    def _noted(self, job: str, message: str) -> str:
        """Remember which message is about a job, so that what is said of it later points there."""
        if job:
            _remember(self._last, job, message)
        return message

    async def _whisper(self, to: Destination, user: int, reply: Reply) -> None:
        messages = await self._messages(await self._direct(user))
        cut = parts(lines_of(reply, self._words, to.language))
        for place, part in enumerate(cut):
            pressable = self._pressable(to, reply) if place == len(cut) - 1 else {}
            await messages.send(part, allowed_mentions=_SILENT, **pressable)

    async def _answer(self, to: Destination, reply: Reply) -> bool:
        """Say it where the command was given, for that person alone, while Discord still allows it."""
        interaction = self._line.still_open(to.extra.get(ASK, ""))
        if interaction is None:
            return False
        part = parts(lines_of(reply, self._words, to.language), most=1)[0]
        sent = interaction.followup.send(part, ephemeral=True, allowed_mentions=_SILENT)
        try:
            await asyncio.create_task(sent, context=self._context.copy())
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.info("an answer could not be given: %s", meant(error))
            return False
        return True


def _short(nonce: str, content: str) -> str:
    """A nonce as Discord takes it: a long one by what it stands for, with what is said."""
    if len(nonce) <= NONCE_CHARACTERS:
        return nonce
    return hashlib.sha256(f"{nonce}\n{content}".encode()).hexdigest()[:NONCE_CHARACTERS]


def _remember(table: OrderedDict[_Key, str], key: _Key, value: str) -> None:
    table[key] = value
    table.move_to_end(key)
    while len(table) > _MOST_NOTED:
        table.popitem(last=False)


def _reference(message: str) -> tuple[int, int]:
    channel, _, id = message.partition("/")
    try:
        return int(channel), int(id)
    except ValueError:
        raise MessageGone(message) from None
