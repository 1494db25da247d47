"""Forms as Discord's modals, and back. A modal has five places: what does not fit stands in the last one,
a line for each question, so that nothing has to be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ui

from bot.core.errors import Refusal
from bot.core.model import Text
from bot.core.replies import FormField, FormView
from bot.frontends.discord.limits import (
    CHOICE_CHARACTERS,
    CHOICES,
    CUSTOM_ID_CHARACTERS,
    HINT_CHARACTERS,
    INPUT_CHARACTERS,
    LABEL_CHARACTERS,
    MODAL_FIELDS,
    MODAL_TITLE_CHARACTERS,
)
from bot.frontends.discord.pressed import Kind, custom_id
from bot.frontends.discord.render import Words, said

MORE: Final = "_more"  # the place that holds several questions


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What came back: answers by field, and files by field."""

    values: dict[str, str]
    files: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A place for files that may stay empty."""

    name: str
    label: Text
    most: int


def modal(
    form: FormView,
    words: Words,
    language: str,
    *,
    kind: Kind = "form",
    hints: Mapping[str, str] | None = None,
    uploads: Sequence[Upload] = (),
    told: Sequence[Text] = (),
) -> ui.Modal:
    """A form as Discord shows it. The library keeps nothing of it: its name says what it is for.

    Args:
        form, words, language: what is asked, and how it is said.
        kind: whose form it is.
        hints: a line under a question, by field.
        uploads: places for files, after the questions.
        told: said above the questions if there is a place left for it.
    """
    made = ui.Modal(
        title=_short(words.say(form.title, language), MODAL_TITLE_CHARACTERS),
        custom_id=custom_id(kind, form.action, form.target),
        timeout=None,
    )
    shown, folded = _divided(form.fields)
    folded = _fitting(folded)
    if told and len(shown) + bool(folded) + len(uploads) < MODAL_FIELDS:
        lines = "\n".join(said(line, words, language) for line in told)
        made.add_item(ui.TextDisplay(_short(lines, INPUT_CHARACTERS)))
    for field in shown:
        made.add_item(_label(field, words, language, (hints or {}).get(field.name, "")))
    if folded:
        made.add_item(_folded(folded, words, language))
    for upload in uploads:
        made.add_item(
            ui.Label(
                text=_short(words.say(upload.label, language), LABEL_CHARACTERS),
                component=ui.FileUpload(
                    custom_id=upload.name, required=False, min_values=0, max_values=upload.most
                ),
            )
        )
    made.stop()
    return made


def filled(data: Mapping[str, Any]) -> Filled:
    """The answers of a modal.

    Raises:
        Refusal: `unknown_option_list`: a line of the last place names no question.
    """
    attachments: Mapping[str, Any] = (data.get("resolved") or {}).get("attachments") or {}
    values: dict[str, str] = {}
    files: dict[str, list[dict[str, Any]]] = {}
    for one in _inside(data.get("components") or []):
        name = str(one.get("custom_id", ""))
        if name.startswith(MORE):
            values.update(_unfolded(str(one.get("value") or ""), name.split(".")[1:]))
        elif one.get("type") == 19:
            files[name] = [dict(attachments[id]) for id in one.get("values") or [] if id in attachments]
        elif "values" in one:
            values[name] = str((one.get("values") or [""])[0])
        else:
            values[name] = str(one.get("value") or "")
    return Filled(values=values, files=files)


def _divided(fields: Sequence[FormField]) -> tuple[tuple[FormField, ...], tuple[FormField, ...]]:
    if len(fields) <= MODAL_FIELDS:
        return tuple(fields), ()
    return tuple(fields[: MODAL_FIELDS - 1]), tuple(fields[MODAL_FIELDS - 1 :])


def _fitting(fields: Sequence[FormField]) -> tuple[FormField, ...]:
    """As many questions as the last place can hold; one that is not asked stays as it was."""
    kept: list[FormField] = []
    for field in fields:
        wider = [*kept, field]
        if len(_folded_id(wider)) <= CUSTOM_ID_CHARACTERS and len(_folded_text(wider)) <= INPUT_CHARACTERS:
            kept = wider
    return tuple(kept)


def _folded_id(fields: Sequence[FormField]) -> str:
    return ".".join((MORE, *(field.name for field in fields)))


def _folded_text(fields: Sequence[FormField]) -> str:
    return "\n".join(f"{field.name}: {' '.join(field.value.split())}".rstrip() for field in fields)


def _label(field: FormField, words: Words, language: str, hint: str) -> ui.Label[Any]:
    return ui.Label(
        text=_short(words.say(field.label, language), LABEL_CHARACTERS),
        description=_short(hint, HINT_CHARACTERS) or None,
        component=_select(field, words, language) if field.choices else _input(field),
    )


def _select(field: FormField, words: Words, language: str) -> ui.Select[Any]:
    options = [
        discord.SelectOption(
            label=_short(words.say(choice.label, language), CHOICE_CHARACTERS),
            value=choice.value[:CHOICE_CHARACTERS],
            description=_short(words.say(choice.hint, language), CHOICE_CHARACTERS) if choice.hint else None,
            default=choice.value == field.value,
        )
        for choice in field.choices[:CHOICES]
    ]
    return ui.Select(custom_id=field.name, options=options, required=field.required)


def _input(field: FormField) -> ui.TextInput[Any]:
    most = min(field.most or INPUT_CHARACTERS, INPUT_CHARACTERS)
    return ui.TextInput(
        custom_id=field.name,
        style=discord.TextStyle.paragraph if field.long else discord.TextStyle.short,
        default=field.value[:most] or None,
        required=field.required,
        max_length=most,
    )


def _folded(fields: Sequence[FormField], words: Words, language: str) -> ui.Label[Any]:
    names = ", ".join(words.say(field.label, language) for field in fields)
    return ui.Label(
        text=_short(words.say(Text(key="discord.form_more"), language), LABEL_CHARACTERS),
        description=_short(names, HINT_CHARACTERS),
        component=ui.TextInput(
            custom_id=_folded_id(fields),
            style=discord.TextStyle.paragraph,
            default=_folded_text(fields),
            required=False,
            max_length=INPUT_CHARACTERS,
        ),
    )


def _unfolded(text: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Answers by field; a line that was taken out is an answer left empty."""
    yield from ((name, "") for name in names)
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not line.strip():
            continue
        if not colon or name not in names:
            raise Refusal("unknown_option_list", option=name[:40], name="", allowed=tuple(names))
        yield name, value.strip()


def _inside(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every component that holds an answer, however deep Discord nests it."""
    for one in components:
        if "components" in one:
            yield from _inside(one["components"])
        elif isinstance(one.get("component"), Mapping):
            yield from _inside([one["component"]])
        elif "custom_id" in one:
            yield one


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
