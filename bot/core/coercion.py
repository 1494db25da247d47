"""From raw option values of any front-end to checked ones, by the command table. Pure."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from bot.core.commands import OFF, ON, Command, Option
from bot.core.errors import Refusal


def coerce(command: Command, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check the form of raw options and turn them into `str`, `int` and `bool`. None counts as not given.

    Files are not among them; see `check_files`.

    Raises:
        Refusal: `unknown_option`, `empty_prompt`, `missing_option`, `too_many_characters`,
            `not_a_number`, `out_of_range`, `not_a_choice`, `not_a_switch`, `wants_file`.
    """
    values: dict[str, Any] = {}
    for name, value in raw.items():
        option = command.option(name)
        if option is None:
            raise unknown_option(command, name)
        if value is not None:
            values[option.name] = _coerced(option, value)
    for option in command.options:
        given = option.name in values or option.unless in values
        if option.required and not given and option.kind != "attachment":
            code = "empty_prompt" if option.name == "prompt" else "missing_option"
            raise Refusal(code, option=option.name, name=f"/{command.name}")
    return values


def unknown_option(command: Command, name: str) -> Refusal:
    """The refusal that names the nearest option, or lists all."""
    known = [option.name for option in command.options]
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=0.4)
    if near:
        return Refusal("unknown_option", option=name[:40], name=f"/{command.name}", nearest=f"--{near[0]}")
    return Refusal("unknown_option_list", option=name[:40], name=f"/{command.name}", allowed=tuple(known))


def check_files(command: Command, counts: Mapping[str, int]) -> None:
    """Check how many files came for which option.

    Raises:
        Refusal: `takes_no_file`, `too_many_files`.
    """
    for name, count in counts.items():
        option = command.option(name)
        if option is None or option.kind != "attachment":
            raise Refusal("takes_no_file", name=f"/{command.name}", option=name[:40])
        if option.most is not None and count > option.most:
            raise Refusal("too_many_files", option=option.name, given=count, limit=option.most)


def _coerced(option: Option, value: Any) -> Any:
    if option.kind == "integer":
        return _integer(option, value)
    if option.kind == "boolean":
        return _switch(option, value)
    if option.clip and (clip := re.fullmatch(r"#?([a-z2-7]{8})", str(value).strip().lower())):
        return clip[1]
    if option.kind == "attachment":
        raise Refusal("wants_file", option=option.name)
    text = str(value).strip()
    if option.kind == "choice":
        if text.lower() not in option.choices:
            raise Refusal("not_a_choice", option=option.name, given=text, allowed=option.choices)
        return text.lower()
    if option.kind in ("person", "role", "channel"):
        text = re.sub(r"^<(?:@!?|@&|#)(\d+)>$", r"\1", text)
    if not _visible(text):
        raise Refusal("empty_prompt" if option.name == "prompt" else "missing_value", option=option.name)
    if option.most is not None and len(text) > option.most:
        raise Refusal("too_many_characters", option=option.name, given=len(text), limit=option.most)
    return text


def _integer(option: Option, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?\d{1,15}", text):
        example = {"seconds": 8}.get(option.name, max(option.least or 0, 1))
        raise Refusal("not_a_number", option=option.name, given=text, example=example)
    number = int(text)
    least, most = option.least or 0, option.most or number
    if not least <= number <= most:
        raise Refusal("out_of_range", option=option.name, given=number, least=least, most=most)
    return number


def _switch(option: Option, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ON | OFF:
        return text in ON
    raise Refusal("not_a_switch", option=option.name, given=text)


def _visible(text: str) -> bool:
    """Whether anything in it can be seen: invisible marks alone are no prompt."""
    return any(unicodedata.category(char)[0] not in "CZ" for char in text)
