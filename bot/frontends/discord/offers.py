"""What the front-end asks back by itself: a clip by direct message where the bot may not post, and the form
of *Use as audio reference*. Both wait in the database, so that they outlive a restart.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from discord import ui

from bot.core.commands import find_command
from bot.core.errors import Denied, Refusal
from bot.core.model import Actor, AudioAs, Text, Wish
from bot.core.planner import Offer
from bot.core.records import Pending
from bot.core.replies import Choice, FormField, FormView
from bot.frontends.discord.asked import Given, Place
from bot.frontends.discord.files import ORIGIN, length_seconds, message_of, recording
from bot.frontends.discord.forms import Filled, Upload, modal
from bot.frontends.discord.limits import CHOICES
from bot.frontends.discord.office import Office
from bot.frontends.discord.suggest import STILL_POSSIBLE, Suggestions, wish_so_far

_WISH: Final = "discord-wish"
_RECORDING: Final = "discord-recording"
_OPEN_MS: Final = 14 * 60_000
_FORM_OPEN_MS: Final = 60 * 60_000
_PICTURES: Final = 9
_NEEDS_MORE: Final = STILL_POSSIBLE - {"voice_needs_picture"}  # the form has no place for a first picture
_USES: Final = ("reference", "voice", "dialogue", "soundtrack")


class Offers:
    """Keeps what was asked until somebody answers."""

    def __init__(self, office: Office, suggestions: Suggestions) -> None:
        self._office = office
        self._suggestions = suggestions

    async def direct(
        self, actor: Actor, place: Place, wish: Given
    ) -> tuple[tuple[Text, ...], list[tuple[str, str, str]]]:
        """Lines and buttons that offer a clip by direct message, as it cannot be posted here."""
        id = await self._kept(
            actor, _WISH, {"name": wish.name, "options": wish.options, "files": wish.files}, _OPEN_MS
        )
        why = (
            Text(key="discord.cannot_post", facts={"missing": place.lacking})
            if place.postable
            else Text(key="discord.not_installed")
        )
        buttons = [
            (action, id, self._office.words.say(Text(key=key), actor.language))
            for action, key in (("direct", "discord.direct"), ("drop", "button.dismiss"))
        ]
        return (why, Text(key="discord.direct_instead"), Text(key="cost.refused")), buttons

    async def taken_wish(self, actor: Actor, id: str) -> Given:
        """The command that waits.

        Raises:
            Refusal: `pending_gone`, `not_your_offer`.
        """
        payload = await self._taken(actor, _WISH, id)
        options = (
            {**payload["options"], "private": True} if _has_private(payload["name"]) else payload["options"]
        )
        return Given(name=payload["name"], options=dict(options), files=payload["files"])

    async def audio_form(self, actor: Actor, data: Mapping[str, Any]) -> ui.Modal:
        """The form for the recording of a message.

        Raises:
            Refusal: there is no recording in it.
        """
        target = str(data.get("target_id", ""))
        message = ((data.get("resolved") or {}).get("messages") or {}).get(target) or {}
        found = recording(message)
        if found is None:
            raise Refusal("no_recording")
        origin = message_of(target, (message.get("author") or {}).get("id", ""))
        kept = {"file": {**found, ORIGIN: origin}}
        id = await self._kept(actor, _RECORDING, kept, _FORM_OPEN_MS)
        wish = wish_so_far(Given(name="generate", files={"audio": [found]}))
        fields = await self._fields(actor, wish)
        seconds = length_seconds(found)
        length = Text(key="discord.recording", facts={"seconds": seconds or None, "size": found.get("size")})
        say = self._office.words.say
        return modal(
            FormView(
                action="audio",
                target=id,
                title=Text(key="discord.audio_reference"),
                submit=Text(key="form.make"),
                fields=fields,
            ),
            self._office.words,
            actor.language,
            kind="local",
            hints={
                "model": say(length, actor.language),
                "audio_as": say(Text(key="quote.consent"), actor.language),
            },
            uploads=(Upload(name="references", label=Text(key="discord.pictures"), most=_PICTURES),),
        )

    async def taken_recording(self, actor: Actor, id: str, answers: Filled) -> Given:
        """The command that a filled-in form stands for.

        Raises:
            Refusal: `pending_gone`, `not_your_offer`.
        """
        payload = await self._taken(actor, _RECORDING, id)
        options: dict[str, Any] = {name: value for name, value in answers.values.items() if value}
        files = {
            "audio": [payload["file"]],
            **{name: given for name, given in answers.files.items() if given},
        }
        return Given(name="generate", options=options, files=files)

    async def _fields(self, actor: Actor, wish: Wish) -> tuple[FormField, ...]:
        plain, auto = "discord.plain", Text(key="discord.model_auto")
        able, can = await self._able(actor, wish)
        models = (
            Choice(value="auto", label=auto),
            *(
                Choice(
                    value=offer.model,
                    label=Text(key=plain, facts={"text": offer.name}),
                    hint=Text(key=plain, facts={"text": self._hint(offer, actor.language)}),
                )
                for offer in able[: CHOICES - 1]
            ),
        )
        uses = tuple(Choice(value=use, label=Text(key=f"word.{use}")) for use in _USES if use in can)
        return (
            FormField(name="prompt", label=Text(key="option.prompt"), long=True, required=True, most=4000),
            FormField(name="model", label=Text(key="option.model_short"), value="auto", choices=models),
            FormField(name="audio_as", label=Text(key="option.audio_as"), value=uses[0].value, choices=uses),
        )

    async def _able(self, actor: Actor, wish: Wish) -> tuple[list[Offer], set[str]]:
        """The models that can do something with a recording, and what it can be used as."""
        hears = self._office.desk.hearing.deaf() is None
        able: dict[str, Offer] = {}
        can = {"soundtrack"}
        # Taken as it is; a voice made of it; whoever takes none can still say its words, or have it said.
        ways: tuple[tuple[str, AudioAs | None], ...] = (
            ("reference", None),
            ("reference", "reference"),
            *((("dialogue", "dialogue"),) if hears else ()),
            ("voice", "voice"),
        )
        for use, audio_as in ways:
            for offer in await self._suggestions.offered(actor, replace(wish, audio_as=audio_as)):
                if not offer.why_not or offer.why_not in _NEEDS_MORE:
                    can.add(use)
                    if not offer.why_not or use == "reference":
                        able.setdefault(offer.model, offer)
        return list(able.values()), can

    def _hint(self, offer: Offer, language: str) -> str:
        label = self._suggestions.label(offer, language)
        return label.removeprefix(f"{offer.name} · ")

    async def _kept(self, actor: Actor, kind: str, payload: Mapping[str, Any], open_ms: int) -> str:
        store = self._office.desk.store
        id = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        await store.put_pending(
            Pending(
                id=id,
                wallet=await store.wallet(actor.person.key, actor.person.name),
                kind=kind,
                payload=payload,
                expires_ms=self._office.desk.clock.now_ms() + open_ms,
            )
        )
        return id

    async def _taken(self, actor: Actor, kind: str, id: str) -> Mapping[str, Any]:
        store = self._office.desk.store
        pending = await store.take_pending(id, self._office.desk.clock.now_ms())
        if pending is None:
            raise Refusal("pending_gone")
        mine = await store.wallet(actor.person.key, actor.person.name)
        if pending.kind != kind or pending.wallet != mine:
            await store.put_pending(pending)
            raise Denied("not_your_offer")
        return pending.payload


def _has_private(name: str) -> bool:
    return find_command(name).option("private") is not None
