"""Replies as messages of Telegram: words, their looks, and buttons. Pure.

Words are sent as they are, without any markup language; what people typed cannot turn into links to others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

from telegram import MessageEntity

from bot.core.model import Text
from bot.core.replies import Button, Reply
from bot.frontends.telegram.limits import ALERT_CHARACTERS, BUTTON_CHARACTERS, TEXT_CHARACTERS

_JOINER: Final = "\u2060"  # between the sign and the name, so that nobody is called
_MENTION = re.compile(r"@(?=\w)")
_ROW_CHARACTERS: Final = 36
_ROW_BUTTONS: Final = 3


class Words(Protocol):
    """Renders texts."""

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...


def words_of(reply: Reply, words: Words, language: str) -> str:
    """All that a reply says."""
    lines = [words.say(line, language) for line in reply.lines]
    rows = [f"• {words.say(row.text, language)}" for row in reply.rows]
    return quiet("\n".join([*lines, *([""] if lines and rows else []), *rows]))


def pages(text: str, most: int = TEXT_CHARACTERS) -> tuple[str, ...]:
    """A text in parts that fit into messages, cut between lines where that is possible."""
    found, page = [], ""
    for line in text.split("\n"):
        line = cut(line, most)
        joined = f"{page}\n{line}" if page else line
        if length(joined) > most:
            found.append(page)
            joined = line
        page = joined
    return tuple(part for part in (*found, page) if part.strip()) or ("…",)


def head_bold(text: str) -> tuple[MessageEntity, ...]:
    """The first line in bold."""
    first = text.partition("\n")[0].rstrip()
    return (MessageEntity(type="bold", offset=0, length=length(first)),) if first else ()


def length(text: str) -> int:
    """Characters as Telegram counts them."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, most: int) -> str:
    """At most so many characters, ending in "…" if something is missing."""
    if length(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", "ignore")
    return kept.rstrip() + "…"


def quiet(text: str) -> str:
    """Names with an @ notify nobody and link nowhere."""
    return _MENTION.sub(f"@{_JOINER}", text)


def without_joiners(text: str) -> str:
    """What somebody wrote, where they copied it from words of the bot: `@1s` is a moment again."""
    return text.replace(_JOINER, "")


def as_alert(text: str) -> str | None:
    """A text as a notice over the chat, if it is short enough."""
    return text if length(text) <= ALERT_CHARACTERS else None


def in_rows(labels: Sequence[str]) -> list[list[int]]:
    """Places of buttons, as many in a row as can be read on a phone."""
    rows: list[list[int]] = []
    used = 0
    for place, label in enumerate(labels):
        wide = length(label) + 3
        if not rows or len(rows[-1]) >= _ROW_BUTTONS or used + wide > _ROW_CHARACTERS:
            rows.append([])
            used = 0
        rows[-1].append(place)
        used += wide
    return rows


def label(button: Button, words: Words, language: str) -> str:
    """What stands on a button."""
    return cut(words.say(button.label, language), BUTTON_CHARACTERS)
