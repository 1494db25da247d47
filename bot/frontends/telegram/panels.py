"""A message with buttons that is filled in step by step: the card of `/generate`, or a form of the core.

Frozen values and their stored form; what the steps do is in `cards.py` and `forms.py`.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, Literal

from bot.core.commands import find_command
from bot.frontends.telegram.memory import Memory
from bot.frontends.telegram.reader import Sent

PROMPT: Final = "prompt"
FILES: Final = ("image", "audio", "video", "last_image", "references")
EMPTY: Final = "—"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer of several: what is kept, what is shown."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """A question of a form, in the words of whoever is asked."""

    name: str
    label: str
    long: bool = False
    required: bool = False
    options: tuple[Option, ...] = ()
    most: int = 0


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What is filled in so far.

    Attributes:
        chat, topic, message: where it stands.
        asked: the person's message it answers, 0 = none.
        prompt: our message that waits for the next answer, 0 = none does.
        person, name: who fills it in.
        values: answers by field.
        files: files by option of `/generate`, in order.
        open: the field whose answers are shown, "" = all fields.
        page: which part of many answers.
        asks: the field that the next message answers.
        agreed: what Confirm would stand for, as the card shows it now.
        action, target, title, submit, fields: of a form.
    """

    id: str
    kind: Literal["card", "form"]
    chat: int
    person: str
    name: str
    language: str
    topic: int = 0
    message: int = 0
    asked: int = 0
    prompt: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, Sent], ...] = ()
    open: str = ""
    page: int = 0
    asks: str = ""
    agreed: Mapping[str, Any] = field(default_factory=dict)
    action: str = ""
    target: str = ""
    title: str = ""
    submit: str = ""
    fields: tuple[Field, ...] = ()

    def with_value(self, name: str, value: str) -> Panel:
        """An answer is given, or taken back with ""."""
        rest = {key: kept for key, kept in self.values.items() if key != name}
        filled = replace(self, values=rest | ({name: value} if value else {}), open="", page=0)
        # A question that was put in a message of its own stays open when another one is answered.
        return replace(filled, asks="", prompt=0) if name == self.asks else filled

    def with_file(self, option: str, file: Sent) -> Panel:
        """A file is handed in for an option; an option for one file keeps the newest."""
        many = (find_one(option) or 1) > 1
        kept = self.files if many else tuple(one for one in self.files if one[0] != option)
        return replace(self, files=(*kept, (option, file)), open="", page=0, asks="", prompt=0)

    def without_file(self, option: str) -> Panel:
        """The files of an option are taken back."""
        return replace(self, files=tuple(one for one in self.files if one[0] != option), open="", page=0)

    def file(self, option: str) -> Sent | None:
        """The first file of an option."""
        return next((file for name, file in self.files if name == option), None)

    def field(self, name: str) -> Field | None:
        """A question of a form."""
        return next((one for one in self.fields if one.name == name), None)


def find_one(option: str) -> int | None:
    """How many files an option of `/generate` takes."""
    found = find_command("generate").option(option)
    return found.most if found is not None else None


def new_id() -> str:
    """A short name for a panel."""
    return base64.b32encode(secrets.token_bytes(5)).decode().lower()


async def keep(memory: Memory, panel: Panel) -> None:
    """Write a panel down."""
    await memory.keep_panel(
        panel.id,
        chat=panel.chat,
        message=panel.message,
        prompt=panel.prompt,
        person=panel.person,
        body=json.dumps(asdict(panel), ensure_ascii=False, separators=(",", ":")),
    )


async def by_id(memory: Memory, id: str) -> Panel | None:
    """A panel, if it is still open."""
    return _read(await memory.panel(id))


async def at(memory: Memory, chat: int, message: int, person: str) -> Panel | None:
    """A person's panel that a message shows or asks for."""
    return _read(await memory.panel_at(chat, message, person))


async def waiting(memory: Memory, chat: int, person: str) -> Panel | None:
    """A person's newest panel that waits for an answer in a chat."""
    return _read(await memory.panel_waiting(chat, person))


def _read(row: tuple[Any, ...] | None) -> Panel | None:
    if row is None:
        return None
    known = {one.name for one in fields(Panel)}
    plain = {name: value for name, value in json.loads(row[5]).items() if name in known}
    plain["files"] = tuple((option, Sent(**file)) for option, file in plain.get("files", ()))
    plain["fields"] = tuple(
        Field(**{**one, "options": tuple(Option(**option) for option in one.get("options", ()))})
        for one in plain.get("fields", ())
    )
    return Panel(**plain)
