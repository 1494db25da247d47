"""Request bodies against Discord's own OpenAPI file, and against what that file does not say.

The file is in `tests/specs`; its README tells where it is from. Limits that it leaves out are from the
documentation, November 2026.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPEC = Path(__file__).parents[1] / "specs" / "discord-openapi-v10.json.gz"
_ID = re.compile(r"(id|.*_id|users|roles)")
_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")


class Spec:
    """Checks bodies."""

    def __init__(self) -> None:
        self._api = json.loads(gzip.decompress(SPEC.read_bytes()))
        self._validators: dict[tuple[str, str], Any] = {}
        self._known: dict[str, list[str]] = {}

    def faults(self, method: str, template: str, body: Any) -> list[str]:
        """What is wrong with a body; nothing if it is right."""
        if not template.endswith("/commands"):
            return self._faults(method, template, body)
        # All commands together take a while, and every test sends the same ones.
        key = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        if key not in self._known:
            self._known[key] = self._faults(method, template, body)
        return self._known[key]

    def _faults(self, method: str, template: str, body: Any) -> list[str]:
        found = self._validator(method, template)
        if found is None:
            return [f"{method} {template} is not in Discord's API"]
        faults = [
            f"{'/'.join(str(step) for step in error.absolute_path)}: {error.message[:200]}"
            for error in found.iter_errors(_plain(body))
        ]
        return faults or list(_unwritten(method, template, body))

    def known(self, method: str, template: str) -> bool:
        """Whether there is such an operation."""
        return method.lower() in self._api["paths"].get(template, {})

    def _validator(self, method: str, template: str) -> Any:
        key = (method, template)
        if key not in self._validators:
            operation = self._api["paths"].get(template, {}).get(method.lower())
            if operation is None:
                return None
            steps = (
                "paths",
                template,
                method.lower(),
                "requestBody",
                "content",
                "application/json",
                "schema",
            )
            pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
            # The whole file is the root, so that what the body refers to is found.
            schema = {**self._api, "$ref": f"#/{pointer}"} if "requestBody" in operation else {}
            self._validators[key] = Draft202012Validator(schema)
        return self._validators[key]


@cache
def spec() -> Spec:
    """The file, read once."""
    return Spec()


def _plain(value: Any) -> Any:
    """Ids as strings: Discord takes integers, its file does not know."""
    if isinstance(value, Mapping):
        return {
            key: _strings(inner) if isinstance(key, str) and _ID.fullmatch(key) else _plain(inner)
            for key, inner in value.items()
        }
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _strings(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    return [_strings(one) for one in value] if isinstance(value, list) else _plain(value)


# ---------------------------------------------------------------------------------------------
# What the file does not say

_MESSAGE_FIELDS = frozenset(
    "content tts flags embeds components attachments allowed_mentions nonce enforce_nonce message_reference "
    "sticker_ids poll payload_json".split()
)


def _unwritten(method: str, template: str, body: Any) -> Iterator[str]:
    if template.endswith("/commands"):
        for command in body:
            yield from _command(command)
    elif template.endswith("/callback"):
        data = body.get("data") or {}
        if body.get("type") == 9:
            yield from _modal(data)
        elif body.get("type") != 8:
            yield from _message(data)
    elif ("messages" in template and not template.endswith("/threads")) or template.startswith("/webhooks"):
        yield from _message(body)


def _message(body: Mapping[str, Any]) -> Iterator[str]:
    for name in set(body) - _MESSAGE_FIELDS:
        yield f"a message has no {name}"
    content = body.get("content") or ""
    if len(content) > 2000:
        yield f"content: Must be 2000 or fewer in length, has {len(content)}"
    if len(str(body.get("nonce", ""))) > 25:
        yield "nonce: Must be 25 or fewer in length"
    for file in body.get("attachments") or []:
        if len(file.get("description") or "") > 1024:
            yield "attachments: description Must be 1024 or fewer in length"
    rows = body.get("components") or []
    if len(rows) > 5:
        yield "components: Must be 5 or fewer rows"
    names: list[str] = []
    for row in rows:
        inside = row.get("components", [])
        if row.get("type") != 1 or not 1 <= len(inside) <= 5:
            yield "components: an action row has 1 to 5 buttons"
        for one in inside:
            names.append(str(one.get("custom_id", "")))
            if not 1 <= len(names[-1]) <= 100:
                yield f"custom_id: Must be between 1 and 100 in length: {names[-1]!r}"
            if one.get("type") == 2 and not 1 <= len(one.get("label") or "") <= 80:
                yield f"label: Must be between 1 and 80 in length: {one.get('label')!r}"
    if len(names) != len(set(names)):
        yield "custom_id: Component custom id cannot be duplicated"


def _modal(data: Mapping[str, Any]) -> Iterator[str]:
    if not 1 <= len(data.get("title", "")) <= 45:
        yield "title: Must be between 1 and 45 in length"
    if not 1 <= len(data.get("custom_id", "")) <= 100:
        yield "custom_id: Must be between 1 and 100 in length"
    places = data.get("components") or []
    if not 1 <= len(places) <= 5:
        yield "components: Must be between 1 and 5 in length"
    for place in places:
        if place.get("type") == 10:
            if not 1 <= len(place.get("content") or "") <= 4000:
                yield "content: Must be between 1 and 4000 in length"
            continue
        if place.get("type") != 18:
            yield "components: only labels and texts are used here"
            continue
        if not 1 <= len(place.get("label", "")) <= 45 or len(place.get("description") or "") > 100:
            yield f"label: too long or empty: {place.get('label')!r}"
        inner = place.get("component") or {}
        if inner.get("type") == 3:
            options = inner.get("options") or []
            values = [option["value"] for option in options]
            if not 1 <= len(options) <= 25 or len(values) != len(set(values)):
                yield "options: 1 to 25, each with a value of its own"
            for option in options:
                if not all(1 <= len(option[key]) <= 100 for key in ("label", "value")):
                    yield f"options: too long or empty: {option!r}"
        elif inner.get("type") == 4:
            if len(inner.get("value") or "") > int(inner.get("max_length") or 4000) or (
                int(inner.get("max_length") or 1) > 4000
            ):
                yield "value: Must be 4000 or fewer in length"


def _command(command: Mapping[str, Any]) -> Iterator[str]:
    if command.get("type", 1) != 1:
        if not 1 <= len(command["name"]) <= 32:
            yield f"name: {command['name']!r}"
        return
    yield from _named(command)
    required = True
    options = command.get("options") or []
    if len(options) > 25:
        yield "options: Must be 25 or fewer in length"
    names = [option["name"] for option in options]
    if len(names) != len(set(names)):
        yield "options: names are used twice"
    for option in options:
        if option["type"] in (1, 2):
            yield from _command({**option, "type": 1})
            continue
        yield from _named(option)
        if option.get("required") and not required:
            yield f"options: required options come first: {option['name']}"
        required = bool(option.get("required"))
        if len(option.get("choices") or []) > 25 or (option.get("choices") and option.get("autocomplete")):
            yield f"choices: {option['name']}"


def _named(one: Mapping[str, Any]) -> Iterator[str]:
    names = [one["name"], *(one.get("name_localizations") or {}).values()]
    for name in names:
        if not _COMMAND_NAME.fullmatch(name) or name != name.lower():
            yield f"name: {name!r} is not a command name"
    for text in (one["description"], *(one.get("description_localizations") or {}).values()):
        if not 1 <= len(text) <= 100:
            yield f"description: Must be between 1 and 100 in length: {text!r}"
