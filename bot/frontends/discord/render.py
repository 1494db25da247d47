"""Replies as Discord shows them: content in parts that fit, buttons, names instead of numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import discord
from discord import ui

from bot.core.model import Text
from bot.core.replies import Button, Reply
from bot.frontends.discord.limits import (
    BUTTON_CHARACTERS,
    BUTTONS_IN_A_ROW,
    MESSAGE_CHARACTERS,
    PARTS,
    ROWS,
)
from bot.frontends.discord.pressed import Kind, custom_id

_STYLES: Final[Mapping[str, discord.ButtonStyle]] = {
    "confirm": discord.ButtonStyle.success,
    "cancel": discord.ButtonStyle.danger,
    "delete": discord.ButtonStyle.danger,
    "again": discord.ButtonStyle.primary,
}
_KEY = re.compile(r"discord:(\d{15,20})")
_ID = re.compile(r"\d{15,20}")
_WHOM: Final[Mapping[str, str]] = {"quota.whom_role": "<@&{}>", "quota.whom_channel": "<#{}>"}
_CHANNEL_FACTS: Final = frozenset({"channel"})
_LINE_MARK = re.compile(r"^(\s*)(#{1,3}\s|-#\s|>{1,3}\s|[-*+]\s)", re.MULTILINE)
_NUMBER_MARK = re.compile(r"^(\s*\d+)(\.\s)", re.MULTILINE)
_BAR_CELLS: Final = 10


class Words(Protocol):
    """Renders texts."""

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        ...


def said(text: Text, words: Words, language: str) -> str:
    """One sentence, with people, roles and channels as Discord shows them and without accidental markup."""
    return escaped(words.say(_named(text), language))


def lines_of(reply: Reply, words: Words, language: str) -> list[str]:
    """All lines and rows of a reply, and how far it is."""
    found = [said(line, words, language) for line in reply.lines]
    if reply.progress is not None and reply.progress.fraction is not None:
        found.append(bar(reply.progress.fraction))
    found += [f"- {said(row.text, words, language)}" for row in reply.rows]
    return found


def parts(lines: Sequence[str], *, limit: int = MESSAGE_CHARACTERS, most: int = PARTS) -> list[str]:
    """Lines as messages that fit; a line is cut only where it is longer than a message, the rest by "…"."""
    made: list[str] = []
    now = ""
    for line in lines:
        cut = line if len(line) <= limit else line[: limit - 1] + "…"
        if now and len(now) + 1 + len(cut) > limit:
            made.append(now)
            now = cut
        else:
            now = f"{now}\n{cut}" if now else cut
    made.append(now)
    if len(made) > most:
        made = made[:most]
        made[-1] = made[-1][: limit - 2] + "\n…"
    return made


def escaped(text: str) -> str:
    """Text that shows as it is: what people wrote is not to become bold, a heading or a list."""
    plain = discord.utils.escape_markdown(text, ignore_links=True)
    return _NUMBER_MARK.sub(r"\1\\\2", _LINE_MARK.sub(r"\1\\\2", plain))


def bar(fraction: float) -> str:
    """▰▰▰▱▱▱▱▱▱▱"""
    full = round(max(0.0, min(1.0, fraction)) * _BAR_CELLS)
    return "▰" * full + "▱" * (_BAR_CELLS - full)


def buttons(made: Iterable[Button], words: Words, language: str, *, kind: Kind = "button") -> ui.View | None:
    """The buttons of a reply, or None."""
    return view([(b.action, b.target, words.say(b.label, language)) for b in made], kind=kind)


def view(wanted: Sequence[tuple[str, str, str]], *, kind: Kind = "button") -> ui.View | None:
    """Buttons as (action, target, label). Their names say what they do, so the library keeps nothing."""
    if not wanted:
        return None
    made = ui.View(timeout=None)
    for place, (action, target, label) in enumerate(wanted[: ROWS * BUTTONS_IN_A_ROW]):
        made.add_item(
            ui.Button(
                style=_STYLES.get(action, discord.ButtonStyle.secondary),
                label=label[:BUTTON_CHARACTERS],
                custom_id=custom_id(kind, action, target),
                row=place // BUTTONS_IN_A_ROW,
            )
        )
    made.stop()
    return made


def _named(text: Text) -> Text:
    """The text with Discord's own way to name people, roles and channels in its facts."""
    return replace(text, facts={name: _name(text.key, name, value) for name, value in text.facts.items()})


def _name(key: str, fact: str, value: Any) -> Any:
    if isinstance(value, Text):
        return _named(value)
    if isinstance(value, (tuple, list)):
        return tuple(_name(key, fact, one) for one in value)
    if not isinstance(value, str):
        return value
    if fact == "subject" and key in _WHOM:
        bare = value.removeprefix("discord:")
        return _WHOM[key].format(bare) if _ID.fullmatch(bare) else value
    if fact in _CHANNEL_FACTS and _KEY.fullmatch(value):
        return _KEY.sub(r"<#\1>", value)
    return _KEY.sub(r"<@\1>", value) if _KEY.fullmatch(value) else value
