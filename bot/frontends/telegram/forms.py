"""Forms of the core as messages: a button for each question, answers as buttons or as words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.core.model import Text
from bot.core.replies import FormView
from bot.frontends.telegram.cards import Shown
from bot.frontends.telegram.keyboard import PANEL, Key
from bot.frontends.telegram.panels import EMPTY, Field, Option, Panel
from bot.frontends.telegram.render import Words, cut, quiet

_VALUE_SHOWN: Final = 700
_ON_BUTTON: Final = 24
_COPIED: Final = 256  # what a button can put on the clipboard


def fields_of(view: FormView, words: Words, language: str) -> tuple[Field, ...]:
    """The questions, in the words of whoever is asked."""
    return tuple(
        Field(
            name=one.name,
            label=words.say(one.label, language),
            long=one.long,
            required=one.required,
            options=tuple(
                Option(
                    value=choice.value,
                    label=words.say(choice.label, language)
                    + (f" · {words.say(choice.hint, language)}" if choice.hint is not None else ""),
                )
                for choice in one.choices
            ),
            most=one.most,
        )
        for one in view.fields
    )


def values_of(view: FormView) -> dict[str, str]:
    """The answers that stand there already."""
    return {one.name: one.value for one in view.fields if one.value}


def only_choice(panel: Panel) -> bool:
    """Whether choosing one answer is all there is to do."""
    return len(panel.fields) == 1 and bool(panel.fields[0].options)


def show(panel: Panel, words: Words) -> Shown:
    """The form as it is to be shown now."""

    def say(key: str, **facts: Any) -> str:
        return words.say(Text(key=key, facts=facts), panel.language)

    chosen = panel.field(panel.open) if panel.open else None
    if chosen is not None and chosen.options:
        return _menu(panel, chosen, say)
    lines = [panel.title, ""]
    rows: list[tuple[Key, ...]] = []
    for one in panel.fields:
        value = _shown(one, panel.values)
        gap = "\n" if "\n" in value else " "
        lines.append(f"{one.label}:{gap}{quiet(cut(value, _VALUE_SHOWN))}")
        label = say("telegram.field", name=one.label, value=cut(value, _ON_BUTTON))
        rows.append((_key(panel, label, "open" if one.options else "ask", one.name),))
        raw = panel.values.get(one.name, "")
        if raw and one.long and not one.options and len(raw) <= _COPIED:
            rows.append((Key(label=say("telegram.copy", name=one.label), copies=raw),))
    if all(panel.values.get(one.name) for one in panel.fields if one.required):
        rows.append((_key(panel, panel.submit, "go"),))
    rows.append((_key(panel, say("telegram.close"), "close"),))
    return Shown(text="\n".join(lines), rows=tuple(rows), agreed={})


def _menu(panel: Panel, chosen: Field, say: Any) -> Shown:
    now = panel.values.get(chosen.name)
    rows = [
        (_key(panel, ("✓ " if now == one.value else "") + one.label, "set", chosen.name, one.value),)
        for one in chosen.options
    ]
    if not chosen.required and not only_choice(panel):
        rows.append((_key(panel, EMPTY, "set", chosen.name, ""),))
    leave = "close" if only_choice(panel) else "back"
    rows.append((_key(panel, say(f"telegram.{leave}"), leave),))
    return Shown(text=panel.title if only_choice(panel) else chosen.label, rows=tuple(rows), agreed={})


def _shown(one: Field, values: Mapping[str, str]) -> str:
    value = values.get(one.name, "")
    return next((option.label for option in one.options if option.value == value), value) or EMPTY


def _key(panel: Panel, label: str, *words: str) -> Key:
    return Key(label=label, words=(PANEL, panel.id, *words))
