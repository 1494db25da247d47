"""The command table as Discord wants it: one JSON list for all commands, in every language. Pure.

Nothing here decides who may do what: `default_member_permissions` only hides admin commands from menus.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from bot.core.commands import COMMANDS, Command, Option
from bot.core.model import Text
from bot.frontends.discord.limits import (
    CHOICE_CHARACTERS,
    DESCRIPTION_CHARACTERS,
    LOCALES,
    MANAGE_GUILD,
    MESSAGE_COMMAND,
    OPTION_TYPES,
    OPTIONS,
    STRING_OPTION_CHARACTERS,
    SUBCOMMAND,
)

AUDIO_REFERENCE: Final = "discord.audio_reference"
SUGGESTED: Final[Mapping[str, frozenset[str]]] = {
    "model": frozenset({"generate", "models"}),
    "models": frozenset({"compare"}),
    "default_model": frozenset({"setup"}),
    "id": frozenset({"job", "cancel"}),
    "command": frozenset({"help"}),
}
_EVERYWHERE: Final = {"contexts": [0, 1, 2], "integration_types": [0, 1]}
_SERVERS: Final = {"contexts": [0], "integration_types": [0]}


class AllWords(Protocol):
    """Renders texts of every language."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages there are."""
        ...

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        ...

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...


def payload(words: AllWords, commands: Sequence[Command] = COMMANDS) -> list[dict[str, Any]]:
    """All commands, ready to be sent to Discord."""
    made: dict[str, dict[str, Any]] = {}
    for command in commands:
        head, _, sub = command.name.partition(" ")
        if not sub:
            made[head] = _command(command, words)
            continue
        group = made.setdefault(head, _group(head, commands, words))
        group["options"].append(
            {
                "type": SUBCOMMAND,
                **_names("command_name", command.name.replace(" ", "_"), sub, words),
                **_described(command.help, words),
                "options": _options(command, words),
            }
        )
    return [*made.values(), _audio_reference(words)]


def fingerprint(commands: Sequence[Mapping[str, Any]]) -> str:
    """Changes when anything about the commands does."""
    plain = json.dumps(commands, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def files_of(option: Option, room: int) -> tuple[str, ...]:
    """Names under which Discord takes the files of an option: one file each, as many as there is room for."""
    most = min(option.most or 1, 1 + max(0, room))
    return (option.name, *(f"{option.name}_{number}" for number in range(2, most + 1)))


def expanded(command: Command) -> dict[str, Option]:
    """The options of a command by the names they have on Discord, required ones first."""
    ordered = sorted(command.options, key=lambda option: not option.required)
    room = OPTIONS - len(ordered)
    found: dict[str, Option] = {}
    for option in ordered:
        if option.kind != "attachment":
            found[option.name] = option
            continue
        names = files_of(option, room)
        room -= len(names) - 1
        found.update(dict.fromkeys(names, option))
    return found


def _command(command: Command, words: AllWords) -> dict[str, Any]:
    return {
        "type": 1,
        **_names("command_name", command.name, command.name, words),
        **_described(command.help, words),
        "options": _options(command, words),
        **_audience((command,)),
    }


def _group(head: str, commands: Sequence[Command], words: AllWords) -> dict[str, Any]:
    inside = tuple(command for command in commands if command.name.partition(" ")[0] == head)
    help_key = f"command.{head}"
    return {
        "type": 1,
        **_names("command_name", head, head, words),
        **_described(help_key if words.has(help_key) else inside[0].help, words),
        "options": [],
        **_audience(inside),
    }


def _audience(commands: Sequence[Command]) -> dict[str, Any]:
    """Where a command is offered and to whom; one of them open to all opens the whole group."""
    if any(command.who == "all" for command in commands):
        return dict(_EVERYWHERE)
    shown_to = MANAGE_GUILD if any(command.who == "admins" for command in commands) else 0
    return {"default_member_permissions": shown_to, **_SERVERS}


def _audio_reference(words: AllWords) -> dict[str, Any]:
    names = {
        locale: words.say(Text(key=AUDIO_REFERENCE), language)
        for language, locales in LOCALES.items()
        for locale in locales
    }
    return {
        "type": MESSAGE_COMMAND,
        "name": words.say(Text(key=AUDIO_REFERENCE), "en"),
        "name_localizations": names,
        **_EVERYWHERE,
    }


def _options(command: Command, words: AllWords) -> list[dict[str, Any]]:
    return [_option(command, name, option, words) for name, option in expanded(command).items()]


def _option(command: Command, name: str, option: Option, words: AllWords) -> dict[str, Any]:
    number = name.removeprefix(option.name)
    made: dict[str, Any] = {
        "type": OPTION_TYPES[option.kind],
        **_names("option_name", option.name, name, words, suffix=number),
        **_described(option.help, words),
        "required": option.required and not number,
    }
    if option.kind == "choice":
        made["choices"] = [_choice(value, words) for value in option.choices]
    elif option.kind == "integer":
        made |= {
            key: bound
            for key, bound in (("min_value", option.least), ("max_value", option.most))
            if bound is not None
        }
    elif option.kind == "string":
        made["max_length"] = min(option.most or STRING_OPTION_CHARACTERS, STRING_OPTION_CHARACTERS)
        if command.name in SUGGESTED.get(option.name, frozenset()):
            made["autocomplete"] = True
    return made


def _choice(value: str, words: AllWords) -> dict[str, Any]:
    key = f"word.{value}"
    if not words.has(key):
        return {"name": value, "value": value}
    return {
        "name": words.say(Text(key=key), "en")[:CHOICE_CHARACTERS],
        "name_localizations": _localised(key, words, CHOICE_CHARACTERS),
        "value": value,
    }


def _names(table: str, key: str, name: str, words: AllWords, suffix: str = "") -> dict[str, Any]:
    """A name, and what it is called in other languages."""
    text = f"{table}.{key}"
    if not words.has(text):
        return {"name": name}
    localised = {
        locale: f"{words.say(Text(key=text), language)}{suffix}"
        for language, locales in LOCALES.items()
        if language in words.languages
        for locale in locales
    }
    return {"name": name, "name_localizations": localised}


def _described(key: str, words: AllWords) -> dict[str, Any]:
    return {
        "description": _short(words.say(Text(key=key), "en"), DESCRIPTION_CHARACTERS),
        "description_localizations": _localised(key, words, DESCRIPTION_CHARACTERS),
    }


def _localised(key: str, words: AllWords, limit: int) -> dict[str, str]:
    return {
        locale: _short(words.say(Text(key=key), language), limit)
        for language, locales in LOCALES.items()
        if language in words.languages
        for locale in locales
    }


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
