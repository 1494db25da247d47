"""Checks calls, answers and updates against the Bot API's machine-readable description (`tests/specs/`).

It is stricter than the service: a parameter that is not documented is an error, as it is a misspelling.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

SPEC: Final = Path(__file__).parents[1] / "specs" / "telegram-bot-api-10.1.json.gz"
_CONSTANT = re.compile(r"(?:must be|always) [“\"']?(\w+)[”\"']?$")
_ARRAY: Final = "Array of "


class Mismatch(Exception):
    """Something is not as the description says; the message names the place."""


@cache
def spec() -> Mapping[str, Any]:
    """The whole description."""
    return json.loads(gzip.decompress(SPEC.read_bytes()))  # type: ignore[no-any-return]


def read_call(method: str, given: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call, as values instead of texts.

    Args:
        method: in any case, as the service takes it.
        given: fields of the form, the query or the JSON body.
        files: parts of the form that carry a file.

    Raises:
        Mismatch: unknown method or parameter, wrong type, something missing.
    """
    name = method_name(method)
    fields = {field["name"]: field for field in spec()["methods"][name].get("fields", [])}
    used = {part for value in given.values() for part in re.findall(r"attach://([\w-]+)", str(value))}
    loose = set(files) - used
    unknown = (set(given) | loose) - set(fields)
    if unknown:
        raise Mismatch(f"{name} has no parameter {sorted(unknown)}")
    if used - set(files):
        raise Mismatch(f"{name}: no part for attach://{sorted(used - set(files))}")
    values: dict[str, Any] = {}
    for key, field in fields.items():
        if key in loose:
            if "InputFile" not in field["types"]:
                raise Mismatch(f"{name}.{key} takes no file")
            values[key] = f"attach://{key}"
        elif key in given:
            values[key] = _from_text(field["types"], given[key], f"{name}.{key}")
        elif field["required"]:
            raise Mismatch(f"{name} needs {key}")
    return values


def check_answer(method: str, result: Any) -> None:
    """Check what a method returns.

    Raises:
        Mismatch: it cannot return this.
    """
    name = method_name(method)
    _check_any(spec()["methods"][name]["returns"], result, name)


def check(kind: str, value: Any) -> None:
    """Check a value of a type, such as an `Update`.

    Raises:
        Mismatch: it is none.
    """
    _check_any([kind], value, kind)


def method_name(method: str) -> str:
    """A method as it is documented.

    Raises:
        Mismatch: there is none.
    """
    known = {name.lower(): name for name in spec()["methods"]}
    if method.lower() not in known:
        raise Mismatch(f"there is no method {method}")
    return str(known[method.lower()])


def _from_text(types: list[str], value: Any, where: str) -> Any:
    """A form holds texts only: numbers, switches and objects are JSON in it."""
    if not isinstance(value, str):
        _check_any(types, value, where)
        return value
    tries: list[Any] = []
    if any(kind not in ("String", "InputFile") for kind in types):
        try:
            tries.append(json.loads(value))
        except ValueError:
            pass
    if "String" in types:
        tries.append(value)
    trouble: Mismatch | None = None
    for one in tries:
        try:
            _check_any(types, one, where)
            return one
        except Mismatch as mismatch:
            trouble = mismatch
    raise trouble or Mismatch(f"{where}: {value[:80]!r} is no {' or '.join(types)}")


def _check_any(types: list[str], value: Any, where: str) -> None:
    troubles = []
    for kind in types:
        try:
            return _check(kind, value, where)
        except Mismatch as mismatch:
            troubles.append(str(mismatch))
    raise Mismatch(" / ".join(troubles))


def _check(kind: str, value: Any, where: str) -> None:
    if kind.startswith(_ARRAY):
        if not isinstance(value, list):
            raise Mismatch(f"{where}: {value!r} is no list")
        for place, item in enumerate(value):
            _check(kind.removeprefix(_ARRAY), item, f"{where}[{place}]")
        return
    fits = {
        "Integer": isinstance(value, int) and not isinstance(value, bool),
        "Float": isinstance(value, int | float) and not isinstance(value, bool),
        "String": isinstance(value, str),
        "Boolean": isinstance(value, bool),
        "InputFile": isinstance(value, str) and value.startswith("attach://"),
    }
    if kind in fits:
        if not fits[kind]:
            raise Mismatch(f"{where}: {value!r} is no {kind}")
        return
    _check_object(kind, value, where)


def _check_object(kind: str, value: Any, where: str) -> None:
    description = spec()["types"][kind]
    if description.get("subtypes"):
        return _check_any(description["subtypes"], value, where)
    if not isinstance(value, dict):
        raise Mismatch(f"{where}: {value!r} is no {kind}")
    fields = {field["name"]: field for field in description.get("fields", [])}
    unknown = set(value) - set(fields)
    if unknown:
        raise Mismatch(f"{where}: {kind} has no {sorted(unknown)}")
    for key, field in fields.items():
        if key not in value:
            if field["required"]:
                raise Mismatch(f"{where}: {kind} needs {key}")
            continue
        _check_any(field["types"], value[key], f"{where}.{key}")
        constant = _CONSTANT.search(field["description"])
        if constant and key in ("type", "status", "source") and value[key] != constant[1]:
            raise Mismatch(f"{where}.{key}: {value[key]!r} is not {constant[1]!r}")
