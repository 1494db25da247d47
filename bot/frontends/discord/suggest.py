"""What is offered while somebody types: models with price and sound, own clips, commands. Answers from
memory; what a server allows is looked up at most every few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from discord import app_commands

from bot.core.commands import COMMANDS
from bot.core.desk import Desk
from bot.core.model import Actor, AudioAs, Text, Wish
from bot.core.planner import Offer, PlanContext, offers
from bot.core.requests.call import may, plan_context
from bot.frontends.discord.asked import Given
from bot.frontends.discord.files import length_seconds
from bot.frontends.discord.limits import CHOICE_CHARACTERS, CHOICES, SUGGEST_SECONDS
from bot.frontends.discord.render import Words
from providers.base import MediaInput, MediaKind, Role

_LOOKS_LIKE_SECONDS: Final = 12.0  # a recording whose length is not known yet: enough to make a voice of
_MOST_REMEMBERED: Final = 1000
STILL_POSSIBLE: Final = frozenset(
    {"media_needs_company", "media_missing", "media_too_few", "voice_needs_picture", "voice_no_line"}
)  # more may be given
_ROLES: Final[Mapping[str, tuple[MediaKind, Role]]] = {
    "image": ("image", "first-frame"),
    "last_image": ("image", "last-frame"),
    "video": ("video", "source-video"),
}
_REFERENCES: Final[Mapping[str, tuple[MediaKind, Role]]] = {
    "image": ("image", "reference-image"),
    "video": ("video", "reference-video"),
    "audio": ("audio", "reference-audio"),
}
_AUDIO: Final[Mapping[str, Role]] = {"voice": "voice", "soundtrack": "soundtrack"}
_MIME: Final[Mapping[MediaKind, str]] = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4"}


class Suggestions:
    """Answers while a command is typed."""

    def __init__(self, desk: Desk, words: Words) -> None:
        self._desk = desk
        self._words = words
        self._contexts: dict[str, tuple[int, PlanContext]] = {}

    async def for_option(self, actor: Actor, given: Given) -> list[app_commands.Choice[str]]:
        """At most 25 choices for the option that is being typed."""
        typed = str(given.options.get(given.focused) or "").strip()
        if given.focused in {"model", "default_model"}:
            return await self.models(actor, given, typed)
        if given.focused == "models":
            return await self._several(actor, given, typed)
        if given.focused == "id":
            return await self._clips(actor, typed)
        if given.focused == "command":
            return [_choice(f"/{c.name}", c.name) for c in COMMANDS if may(actor, c) and typed in c.name][
                :CHOICES
            ]
        return []

    async def models(self, actor: Actor, given: Given, typed: str) -> list[app_commands.Choice[str]]:
        """Models that can do what was given so far, with their price for it."""
        found = await self.offered(actor, wish_so_far(given))
        open_ones = [offer for offer in found if not offer.why_not or offer.why_not in STILL_POSSIBLE]
        wanted = typed.lower()
        shown = [o for o in open_ones if wanted in o.model or wanted in o.name.lower()]
        if not shown:  # better to hear why than to see nothing
            shown = [
                o for o in found if wanted and (wanted in o.model or wanted in o.name.lower())
            ] or open_ones
        made = [_choice(self.label(offer, actor.language), offer.model) for offer in shown]
        if given.name == "generate" and (not wanted or wanted in "auto"):
            made.insert(0, _choice(self._say("discord.model_auto", actor.language), "auto"))
        return made[:CHOICES]

    async def offered(self, actor: Actor, wish: Wish) -> tuple[Offer, ...]:
        """All living models with the price of a half-spoken wish."""
        context = await self._context(actor.server)
        if wish.audio_as != "soundtrack":  # any can be laid under; wanted is a model that listens
            context = replace(context, own_sound=frozenset())
        found = offers(context, wish)
        return tuple(offer for offer in found if offer.why_not != "demo_only")

    def label(self, offer: Offer, language: str) -> str:
        """Name, price and sound in one line."""
        if offer.why_not:
            why = self._words.say(Text(key=f"refusal.{offer.why_not}", facts=offer.facts), language)
            return f"{offer.name} · {why}"
        price = (
            self._say("web.model_free", language)
            if offer.purse == "free"
            else self._say("web.model_price", language, credits=offer.credits)
        )
        sound = self._say(f"discord.sound_{offer.sound}", language)
        return f"{offer.name} · {price} · {sound}"

    async def _several(self, actor: Actor, given: Given, typed: str) -> list[app_commands.Choice[str]]:
        """The last of several models, after those that were typed already."""
        head, comma, last = typed.rpartition(",")
        before = f"{head.strip()}, " if comma else ""
        one = Given(name=given.name, options={**given.options, "models": None}, files=given.files)
        return [
            _choice(f"{before}{choice.name}", f"{before}{choice.value}")
            for choice in await self.models(actor, one, last.strip())
            if choice.value not in head
        ]

    async def _clips(self, actor: Actor, typed: str) -> list[app_commands.Choice[str]]:
        wallet = await self._desk.store.wallet(actor.person.key, actor.person.name)
        jobs = await self._desk.store.jobs_of(wallet, limit=CHOICES)
        return [
            _choice(f"{job.id} · {job.plan.model_name} · {job.wish.prompt}", job.id)
            for job in jobs
            if typed.lower() in job.id or typed.lower() in job.wish.prompt.lower()
        ]

    async def _context(self, server: str) -> PlanContext:
        now = self._desk.clock.now_ms()
        known = self._contexts.get(server)
        if known is not None and 0 <= now - known[0] < SUGGEST_SECONDS * 1000:
            return known[1]
        context = await plan_context(self._desk, await self._desk.store.server(server))
        if len(self._contexts) >= _MOST_REMEMBERED:
            self._contexts.clear()
        self._contexts[server] = (now, context)
        return context

    def _say(self, key: str, language: str, **facts: Any) -> str:
        return self._words.say(Text(key=key, facts=facts), language)


def wish_so_far(given: Given) -> Wish:
    """As much of a half-given command as can be understood."""
    options = given.options
    seconds, sound = options.get("seconds"), options.get("sound")
    audio_as = str(options.get("audio_as") or "") or None
    return Wish(
        prompt=str(options.get("prompt") or ""),
        seconds=seconds if isinstance(seconds, int) and not isinstance(seconds, bool) else None,
        aspect=str(options["aspect"]) if options.get("aspect") else None,
        resolution=str(options["resolution"]) if options.get("resolution") else None,
        sound=sound if isinstance(sound, bool) else None,
        audio_as=audio_as,  # type: ignore[arg-type]
        media=tuple(
            media
            for option, files in given.files.items()
            for described in files
            if (media := _media(option, described, audio_as)) is not None
        ),
    )


def _media(option: str, described: Mapping[str, Any], audio_as: AudioAs | str | None) -> MediaInput | None:
    """A file by what Discord says of it. The quote looks at its bytes."""
    said = str(described.get("content_type") or "").partition("/")[0]
    if option == "audio":
        kind, role = "audio", _AUDIO.get(str(audio_as), "reference-audio")
        return _input(kind, role, described)  # type: ignore[arg-type]
    found = _REFERENCES.get(said, _REFERENCES["image"]) if option == "references" else _ROLES.get(option)
    return _input(*found, described) if found else None


def _input(kind: MediaKind, role: Role, described: Mapping[str, Any]) -> MediaInput:
    return MediaInput(
        role=role,
        kind=kind,
        path=Path(str(described.get("filename") or "file")),
        mime=_MIME[kind],
        size_bytes=int(described.get("size") or 1),
        seconds=0.0 if kind == "image" else length_seconds(described) or _LOOKS_LIKE_SECONDS,
    )


def _choice(name: str, value: str) -> app_commands.Choice[str]:
    plain = name if len(name) <= CHOICE_CHARACTERS else name[: CHOICE_CHARACTERS - 1] + "…"
    return app_commands.Choice(name=plain, value=value[:CHOICE_CHARACTERS])
