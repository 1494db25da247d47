"""Messages that people write to the bot: in its direct messages, where it is mentioned, as a pinged answer
to a clip. Discord shows it no others, and it asks for none.

An answer to a clip with a voice message is "again, with this"; with words such as `foley at=1.2s` its
recordings are laid under the clip. Holds no rules.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

import aiohttp
import discord

from bot.core.errors import DeliveryError, Refusal
from bot.core.model import Actor, Destination, Text
from bot.core.replies import Reply
from bot.core.soundplan import is_by_hand
from bot.core.typed import parse
from bot.frontends.discord.asked import Place, actor_of, place_of_message
from bot.frontends.discord.files import ORIGIN, message_of, recording
from bot.frontends.discord.office import Office, refused
from bot.frontends.discord.pressed import read
from bot.frontends.discord.render import buttons, lines_of
from bot.frontends.discord.wire import meant

log = logging.getLogger(__name__)

_MENTION = re.compile(r"<@!?(\d+)>")
_GUILD_COMMANDS: Final = frozenset({"generate"})  # answers to others are for one person alone


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What somebody wrote: words, files by option, all recordings, the job of the clip it answers or ""."""

    text: str
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sounds: list[dict[str, Any]] = field(default_factory=list)
    job: str = ""


class Heard:
    """Answers messages."""

    def __init__(self, office: Office, language: str) -> None:
        self._office = office
        self._language = language

    async def message(self, message: discord.Message, me: int) -> None:
        """Answer a message, if it is for the bot."""
        if message.author.bot or message.webhook_id:
            return
        answers_us = _answered_message(message, me)
        mentioned = any(user.id == me for user in message.mentions)
        if message.guild is not None and not mentioned:
            return
        said = _said(message, me, answers_us)
        if answers_us is not None and not said.job:
            said = replace(said, job=self._office.outbox.job_told(answers_us.id))
        if not said.text and not said.files:
            return
        place = place_of_message(message)
        actor = self._actor(message, place)
        reply, to = await self._carried_out(message, actor, place, said)
        shown = buttons(reply.buttons, self._office.words, actor.language)
        try:
            await self._office.outbox.post(
                message.channel.id,
                lines_of(reply, self._office.words, actor.language),
                reply_to=message.id,
                pressable=shown,
            )
        except (discord.DiscordException, aiohttp.ClientError, TimeoutError, DeliveryError) as error:
            said_why = error if isinstance(error, DeliveryError) else meant(error)
            log.info("message %s is answered elsewhere: %s", message.id, said_why)
            await self._office.told_anyway(actor, to, reply)

    async def _carried_out(
        self, message: discord.Message, actor: Actor, place: Place, said: _Said
    ) -> tuple[Reply, Destination]:
        office, key = self._office, str(message.id)
        to = await office.destination(actor, place, prompt=said.text, reply_to=key)
        if said.job and said.sounds and is_by_hand(said.text):
            return await self._laid(actor, said, to, key), to
        try:
            name, options = parse(said.text) if said.text else ("generate", {})
        except Refusal as refusal:
            return refused(refusal), to
        if message.guild is not None and name not in _GUILD_COMMANDS:
            line = Text(key="discord.use_slash", facts={"name": f"/{name}"})
            return Reply(kind="refusal", lines=(line,)), to
        request = f"discord:{key}"
        if said.job and name == "generate":
            # What is not said anew stays as it was, the clip's files too.
            values = {option: str(value) for option, value in options.items()}
            work = office.with_files(
                said.files,
                key,
                lambda files: office.front.submit(
                    actor, "edit", said.job, values, destination=to, request_key=request, attachments=files
                ),
            )
        else:
            work = office.with_files(
                said.files,
                key,
                lambda files: office.front.command(
                    actor, name, options, destination=to, request_key=request, attachments=files
                ),
            )
        return await work, to

    async def _laid(self, actor: Actor, said: _Said, to: Destination, key: str) -> Reply:
        """Recordings laid under the clip by hand: the words say so."""
        office = self._office
        return await office.with_files(
            {"audio": said.sounds},
            key,
            lambda files: office.front.submit(
                actor,
                "lay-sound",
                said.job,
                {"words": said.text},
                destination=to,
                request_key=f"discord:{key}",
                attachments=files,
            ),
        )

    def _actor(self, message: discord.Message, place: Place) -> Actor:
        guild = message.guild
        language = guild.preferred_locale.value if guild is not None else self._language
        return actor_of(
            message.author,
            place,
            server_name=guild.name if guild is not None else "",
            admin=False,  # admins use the commands, whose answers nobody else sees
            language=language,
            operators=self._office.desk.operators,
        )


def _answered_message(message: discord.Message, me: int) -> discord.Message | None:
    """The bot's own message that this one answers."""
    resolved = message.reference.resolved if message.reference is not None else None
    if isinstance(resolved, discord.Message) and resolved.author.id == me:
        return resolved
    return None


def _said(message: discord.Message, me: int, answered: discord.Message | None) -> _Said:
    text = _MENTION.sub(lambda found: "" if found[1] == str(me) else found[0], message.content).strip()
    origin = message_of(message.id, message.author.id)
    described = [_described(one) | {ORIGIN: origin} for one in message.attachments]
    files: dict[str, list[dict[str, Any]]] = {}
    heard = recording({"attachments": described, "flags": message.flags.value})
    for one in described:
        kind = str(one.get("content_type") or "").partition("/")[0]
        if heard is not None and one["id"] == heard["id"]:
            files.setdefault("audio", []).append(one)
        elif kind == "image":
            files.setdefault("references" if "image" in files else "image", []).append(one)
    sounds = [one for one in described if str(one.get("content_type") or "").startswith(("audio/", "video/"))]
    return _Said(text=text, files=files, sounds=sounds, job=_job_of(answered) if answered is not None else "")


def _described(attachment: discord.Attachment) -> dict[str, Any]:
    return {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": attachment.url,
        "content_type": attachment.content_type,
        "duration_secs": attachment.duration,
    }


def _job_of(message: discord.Message) -> str:
    """The job that a message of ours is about, by the names of its buttons."""
    for row in message.components:
        for one in getattr(row, "children", ()):
            pressed = read(str(getattr(one, "custom_id", "") or ""))
            if pressed is not None and pressed[0] == "button":
                return pressed[2]
    return ""
