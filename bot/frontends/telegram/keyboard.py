"""Rows of buttons under a message, their data sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.core.replies import Button
from bot.frontends.telegram.limits import BUTTON_CHARACTERS
from bot.frontends.telegram.render import Words, cut, in_rows, label
from bot.frontends.telegram.seal import Seal

PRESS = "b"  # a button of the core: action, target
PANEL = "p"  # a button of a card or form: panel, what to do, with what


@dataclass(frozen=True, kw_only=True)
class Key:
    """A button: what stands on it, and its words (see `seal.py`), a web address, or a text to copy."""

    label: str
    words: tuple[str, ...] = ()
    url: str = ""
    copies: str = ""


async def keyboard(seal: Seal, rows: Sequence[Sequence[Key]]) -> InlineKeyboardMarkup | None:
    """Buttons in these rows; None if there are none."""
    made = [[await _button(seal, key) for key in row] for row in rows if row]
    return InlineKeyboardMarkup(made) if made else None


async def buttons(
    seal: Seal, given: Sequence[Button], words: Words, language: str
) -> InlineKeyboardMarkup | None:
    """The buttons of a reply."""
    keys = [
        Key(label=label(button, words, language), words=(PRESS, button.action, button.target))
        for button in given
    ]
    return await keyboard(seal, [[keys[place] for place in row] for row in in_rows([k.label for k in keys])])


async def _button(seal: Seal, key: Key) -> InlineKeyboardButton:
    shown = cut(key.label, BUTTON_CHARACTERS)
    if key.url:
        return InlineKeyboardButton(shown, url=key.url)
    if key.copies:
        return InlineKeyboardButton(shown, copy_text=CopyTextButton(key.copies))
    return InlineKeyboardButton(shown, callback_data=await seal.close(*key.words))
