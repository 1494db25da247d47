"""Carries out interactions: commands, half-typed words, buttons and forms. Holds no rules.

Acknowledge first, then work; clips are ordinary messages of the outbox. Messages are in `heard.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from typing import Any, Final

import aiohttp
import discord

from bot.core.commands import find_command
from bot.core.errors import Refusal
from bot.core.model import Actor, Destination, Text
from bot.core.replies import Reply
from bot.frontends.discord.answer import Answer
from bot.frontends.discord.asked import Given, Place, given
from bot.frontends.discord.forms import Filled, filled
from bot.frontends.discord.limits import ACKNOWLEDGE_SECONDS, FORM_SECONDS, MESSAGE_COMMAND
from bot.frontends.discord.offers import Offers
from bot.frontends.discord.office import Office, refused
from bot.frontends.discord.pressed import Kind, read
from bot.frontends.discord.suggest import Suggestions

log = logging.getLogger(__name__)

_IN_PLACE: Final = frozenset(
    {"confirm", "dismiss", "page", "cast", "vote-at"}
)  # they change the message they stand under
_NO_FORM: Final = _IN_PLACE | {
    "vote",
    "peek",
    "card",
    "keep",
    "cancel",
    "again",
    "details",
    "original",
    "delete",
    "show",
}

Interaction = discord.Interaction[Any]


class Talk:
    """Answers interactions."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._suggestions = Suggestions(office.desk, office.words)
        self._offers = Offers(office, self._suggestions)

    async def answer(self, interaction: Interaction) -> None:
        """Answer a command, a button, a form or half-typed words."""
        kinds = discord.InteractionType
        if interaction.type is kinds.autocomplete:
            await self._suggest(interaction)
            return
        actor, place = self._office.who(interaction)
        self._office.line.keep(interaction)
        data: Mapping[str, Any] = interaction.data or {}
        work = {
            kinds.application_command: self._command,
            kinds.component: self._press,
            kinds.modal_submit: self._form,
        }.get(interaction.type)
        if work is None:
            return
        try:
            try:
                await work(interaction, actor, place, data)
            except Refusal as refusal:
                await Answer(interaction, self._office.words, actor.language).say(refused(refusal))
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            # Nothing was begun: whoever reads "did not respond" asks again, and must not pay twice.
            log.info("interaction %s could not be answered: %s", interaction.id, error)
            to = await self._office.destination(actor, place, ask=str(interaction.id))
            lost = Reply(kind="refusal", lines=(Text(key="discord.lost"),))
            await self._office.told_anyway(actor, to, lost)

    # ---- commands

    async def _command(
        self, interaction: Interaction, actor: Actor, place: Place, data: Mapping[str, Any]
    ) -> None:
        if data.get("type") == MESSAGE_COMMAND:
            await self._new(interaction, actor).form(await self._offers.audio_form(actor, data))
            return
        wish = given(data)
        command = find_command(wish.name)
        private = bool(wish.options.get("private"))
        answer = self._new(interaction, actor, private=private)
        if command.pays or wish.files:
            await answer.acknowledge()
        if command.pays and not private and (place.lacking or not place.postable):
            lines, wanted = await self._offers.direct(actor, place, wish)
            await answer.ask(lines, wanted)
            return
        to = await self._office.destination(
            actor,
            place,
            private=private,
            ask=str(interaction.id),
            prompt=str(wish.options.get("prompt") or ""),
        )
        await self._answered(answer, actor, to, self._carried_out(actor, wish, to, str(interaction.id)))

    async def _carried_out(self, actor: Actor, wish: Given, to: Destination, key: str) -> Reply:
        return await self._office.with_files(
            wish.files,
            key,
            lambda files: self._office.front.command(
                actor,
                wish.name,
                wish.options,
                destination=to,
                request_key=f"discord:{key}",
                attachments=files,
            ),
        )

    # ---- half-typed words

    async def _suggest(self, interaction: Interaction) -> None:
        actor, _ = self._office.who(interaction)
        data: Mapping[str, Any] = interaction.data or {}
        try:
            choices = await self._suggestions.for_option(actor, given(data))
        except Refusal:
            choices = []
        try:
            await interaction.response.autocomplete(choices)
        except discord.HTTPException as error:
            log.debug("suggestions came too late: %s", error)

    # ---- buttons

    async def _press(
        self, interaction: Interaction, actor: Actor, place: Place, data: Mapping[str, Any]
    ) -> None:
        pressed = read(str(data.get("custom_id", "")))
        if pressed is None or pressed[0] == "form":
            raise Refusal("unknown_button")
        kind, action, target = pressed
        if kind == "local":
            await self._own_button(interaction, actor, place, action, target)
            return
        private = kind == "private"
        to = await self._office.destination(actor, place, private=private, ask=str(interaction.id))
        work = self._office.in_turn(
            lambda: self._office.front.press(
                actor, action, target, destination=to, request_key=f"discord:{interaction.id}"
            )
        )
        await self._answered(
            self._new(interaction, actor, private=private),
            actor,
            to,
            work,
            seconds=ACKNOWLEDGE_SECONDS if action in _NO_FORM else FORM_SECONDS,
            in_place=action in _IN_PLACE,
        )

    async def _own_button(
        self, interaction: Interaction, actor: Actor, place: Place, action: str, target: str
    ) -> None:
        """The clip comes to the direct messages after all, or not."""
        if action not in {"direct", "drop"}:
            raise Refusal("unknown_button")
        answer = self._new(interaction, actor, private=True)
        await answer.acknowledge(in_place=True)
        to = await self._office.destination(actor, place, private=True, ask=str(interaction.id))
        try:
            wish = await self._offers.taken_wish(actor, target)
        except Refusal as refusal:
            await answer.say(refused(refusal), in_place=True)
            return
        if action == "drop":
            await answer.say(Reply(kind="notice", lines=(Text(key="quote.dismissed"),)), in_place=True)
            return
        work = self._carried_out(actor, wish, to, str(interaction.id))
        await self._answered(answer, actor, to, work, in_place=True)

    # ---- forms

    async def _form(
        self, interaction: Interaction, actor: Actor, place: Place, data: Mapping[str, Any]
    ) -> None:
        named = read(str(data.get("custom_id", "")))
        if named is None or named[0] == "button":
            raise Refusal("unknown_button")
        kind, action, target = named
        answer = self._new(interaction, actor, private=kind == "private")
        await answer.acknowledge()
        answers = filled(data)
        if kind == "local":
            await self._recording(answer, interaction, actor, place, target, answers)
            return
        to = await self._office.destination(
            actor,
            place,
            private=kind == "private",
            ask=str(interaction.id),
            prompt=answers.values.get("prompt", ""),
        )
        key = str(interaction.id)
        work = self._office.with_files(
            answers.files,
            key,
            lambda files: self._office.front.submit(
                actor,
                action,
                target,
                answers.values,
                destination=to,
                request_key=f"discord:{key}",
                attachments=files,
            ),
        )
        await self._answered(answer, actor, to, work)

    async def _recording(
        self,
        answer: Answer,
        interaction: Interaction,
        actor: Actor,
        place: Place,
        target: str,
        answers: Filled,
    ) -> None:
        """The form of *Use as audio reference*."""
        wish = await self._offers.taken_recording(actor, target, answers)
        to = await self._office.destination(
            actor,
            place,
            private=bool(place.lacking) or not place.postable,
            ask=str(interaction.id),
            prompt=str(wish.options.get("prompt") or ""),
        )
        await self._answered(answer, actor, to, self._carried_out(actor, wish, to, str(interaction.id)))

    # ---- answers

    def _new(self, interaction: Interaction, actor: Actor, *, private: bool = False) -> Answer:
        kind: Kind = "private" if private else "button"
        return Answer(interaction, self._office.words, actor.language, kind=kind)

    async def _answered(
        self,
        answer: Answer,
        actor: Actor,
        to: Destination,
        work: Awaitable[Reply],
        *,
        seconds: float = ACKNOWLEDGE_SECONDS,
        in_place: bool = False,
    ) -> None:
        """Do the work and say what came of it; in a message, if Discord no longer takes the answer."""
        reply = await answer.reply_of(work, seconds=seconds, in_place=in_place)
        try:
            await answer.say(reply, in_place=in_place)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.info("an answer is said in a message instead: %s", error)
            await self._office.told_anyway(actor, to, reply)
