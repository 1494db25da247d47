"""One message of the chat page: a frozen value, its stored form, and what the page is told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Kind = Literal["sent", "working", "quote", "progress", "clip", "refusal", "notice", "list", "form", "contest"]
ENDED: frozenset[str] = frozenset({"clip", "refusal"})


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file that came with a message. `address` is its place in the blob store, "" if it was no use."""

    option: str
    name: str
    kind: str = ""
    mime: str = ""
    address: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """A message.

    Attributes:
        id: ours; unguessable is not needed, as every look-up names the person too.
        person: whose chat.
        mine: written by the person.
        kind: what it shows.
        at_ms: when it came.
        changed: grows with each change of any message; what a page has seen up to.
        place: order in the chat.
        text: what the person wrote.
        head: the quote's lines, kept above whatever follows.
        lines: what it says now.
        rows: entries of a list.
        buttons: action, target, label.
        progress: stage, position, fraction, left, waited; only while a clip is made.
        clip: facts of the finished clip.
        form: questions to answer: action, target, title, submit, fields.
        file: handed over with it: name, path, bytes.
        job: the job it is about, or "".
        contest: the comparison that it shows, or "".
        reply_to: message it answers, or "".
        files: what came along.
    """

    id: str
    person: str
    mine: bool
    kind: Kind
    at_ms: int
    changed: int = 0
    place: int = 0
    text: str = ""
    head: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    buttons: tuple[tuple[str, str, str], ...] = ()
    progress: Mapping[str, Any] | None = None
    clip: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None
    file: Mapping[str, Any] | None = None
    job: str = ""
    contest: str = ""
    reply_to: str = ""
    files: tuple[Kept, ...] = field(default=())

    def shown(self) -> dict[str, Any]:
        """The message as its owner's page gets it."""
        plain = {name: value for name, value in _plain(self).items() if name != "person"}
        plain["files"] = [
            {
                "option": f.option,
                "name": f.name,
                "kind": f.kind,
                "seconds": f.seconds,
                "kept": bool(f.address),
            }
            for f in self.files
        ]
        return plain


def to_json(bubble: Bubble) -> str:
    """The stored form."""
    return json.dumps(_plain(bubble), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Bubble:
    """A message from its stored form; parts that this version does not know are left out."""
    known = {one.name for one in fields(Bubble)}
    plain = {name: value for name, value in json.loads(text).items() if name in known}
    for name in ("head", "lines", "rows"):
        plain[name] = tuple(plain.get(name, ()))
    plain["buttons"] = tuple((a, t, label) for a, t, label in plain.get("buttons", ()))
    plain["files"] = tuple(Kept(**one) for one in plain.get("files", ()))
    return Bubble(**plain)


def _plain(bubble: Bubble) -> dict[str, Any]:
    return asdict(bubble)
