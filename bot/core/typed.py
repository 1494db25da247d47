"""Reads commands that were typed as text: Telegram, the console and the web page take the same words.

Finds the command, its options and the free text; values are checked by `coercion.coerce`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.core.coercion import unknown_option
from bot.core.commands import COMMANDS, OFF, ON, Command, Option, find_command
from bot.core.errors import Refusal

# A quotation opens after a space or an opening mark, so that the inches of a 5" nail are none.
_QUOTED = re.compile(r"""(?<![^\s(\[=:,—-])(?:"[^"]*"|“[^“”]*[”"]|„[^„“”]*[“”]|«[^«»]*»|「[^「」]*」)""")
# Phones turn two hyphens into one long dash.
_MARK = re.compile(r"(?<!\S)(--|—|–)([A-Za-z][\w-]*)(=?)")
_BARE = re.compile(r"[ \t]*(\S+)")


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """Read a typed command: `/generate a cat sings --seconds 8`.

    Words without a leading slash are a prompt. Quotes in the free text stay as they were typed, and
    nothing inside a quotation is taken for an option. Values are not checked here; see `coerce`.

    Raises:
        Refusal: `unknown_command`, `unknown_option`, `option_twice`, `missing_value`, `takes_no_text`.
    """
    command, body = _command_of(text.strip())
    options: dict[str, Any] = {}
    free: list[str] = []
    at = 0
    for start, end, option, value in _marked(command, body):
        if option.name in options:
            raise Refusal("option_twice", option=option.name)
        options[option.name] = value
        free.append(body[at:start])
        at = end
    free.append(body[at:])
    words = " ".join(part.strip() for part in free if part.strip())
    taker = next((option for option in command.options if option.free), None)
    if words and taker is None:
        raise Refusal("takes_no_text", name=f"/{command.name}", given=words)
    if words and taker is not None:
        if taker.name in options:
            raise Refusal("option_twice", option=taker.name)
        options[taker.name] = words
    return command.name, options


def _command_of(text: str) -> tuple[Command, str]:
    if not text.startswith("/"):
        return find_command("generate"), text
    head, body = _first_word(text[1:])
    head = head.partition("@")[0].lower()  # /generate@TheBot, as Telegram writes it in groups
    groups = {command.name.split()[0] for command in COMMANDS if " " in command.name}
    if head not in groups:
        return find_command(head), body
    sub, rest = _first_word(body)
    return find_command(f"{head} {sub or 'show'}"), rest


def _first_word(text: str) -> tuple[str, str]:
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""


def _marked(command: Command, body: str) -> Iterator[tuple[int, int, Option, Any]]:
    """Each option in `body`: where it starts and ends, which it is, and its raw value."""
    quoted = [match.span() for match in _QUOTED.finditer(body)]
    marks: list[tuple[re.Match[str], Option, Any]] = []
    for match in _MARK.finditer(body):
        if any(start < match.start() < end for start, end in quoted):
            continue
        dashes, name = match[1], match[2]
        option, negated = command.option(name), False
        if option is None and name.lower().startswith("no-"):
            option, negated = command.option(name[3:]), True
        if negated and option is not None and option.kind != "boolean":
            option = None
        if option is None and dashes != "--":
            continue  # a dash in the prose
        if option is None:
            raise unknown_option(command, name)
        marks.append((match, option, False if negated else None))
    for index, (match, option, fixed) in enumerate(marks):
        limit = marks[index + 1][0].start() if index + 1 < len(marks) else len(body)
        if fixed is not None:
            yield match.start(), match.end(), option, fixed
            continue
        value, end = _value(option, body, match.end(), limit)
        yield match.start(), end, option, value


def _value(option: Option, body: str, at: int, limit: int) -> tuple[Any, int]:
    quote = _QUOTED.match(body, at + len(body[at:limit]) - len(body[at:limit].lstrip()))
    if quote is not None and quote.end() <= limit:
        return quote[0][1:-1], quote.end()
    bare = _BARE.match(body, at, limit)
    if option.kind == "boolean":
        if bare is not None and bare[1].lower() in ON | OFF:
            return bare[1].lower() in ON, bare.end()
        if body[at - 1] != "=":
            return True, at
    if bare is None:
        raise Refusal("missing_value", option=option.name)
    if option.rest:
        return body[at:limit].strip(), limit
    return bare[1], bare.end()
