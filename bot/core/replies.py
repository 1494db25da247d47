"""What the bot says, before any platform renders it. Frozen; words are keys of `texts/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.core.model import MediaInfo, Text

ReplyKind = Literal["notice", "refusal", "quote", "progress", "clip", "list", "form", "file"]

Action = Literal[
    "confirm",
    "dismiss",
    "words",
    "cancel",
    "again",
    "edit",
    "other-model",
    "new-sound",
    "extend",
    "edit-clip",
    "upscale",
    "original",
    "details",
    "delete",
    "show",
    "page",
    "withhold",
    "allot",
    "setup",
    "cancel-leg",
    "vote",
    "vote-at",
    "cast",
    "peek",
    "card",
    "end-vote",
    "keep",
]


@dataclass(frozen=True, kw_only=True)
class Button:
    """Something to press. `target` is a job id or a pending quote's id; works after a restart."""

    action: Action
    target: str
    label: Text


@dataclass(frozen=True, kw_only=True)
class ProgressView:
    """How far a job is.

    Attributes:
        job: its id.
        stage: a job state.
        position: place in the queue, counted from 1, where known.
        fraction: 0–1, only where the provider gives a real one.
        left_seconds: an estimate from this server's own history, marked as such; None = no idea.
        waited_seconds: since the command.
    """

    job: str
    stage: str
    position: int | None = None
    fraction: float | None = None
    left_seconds: int | None = None
    waited_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class ClipView:
    """A clip to hand over: file on this machine, poster, facts, a file name for people, and what can be
    seen in it for those who cannot (`alt`)."""

    job: str
    path: Path
    info: MediaInfo
    file_name: str
    poster: Path | None = None
    link: str = ""
    dialogue: tuple[str, ...] = ()
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file to hand over as it is, never as a clip that a chat may change.

    Attributes:
        path, mime, size_bytes: the file.
        name: for people.
        seen: a picture to look at in the message itself.
        alt: what is in the picture, for those who cannot see it.
    """

    path: Path
    name: str
    mime: str
    size_bytes: int
    seen: bool = False
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer of several. `hint` is a short second line, such as the price."""

    value: str
    label: Text
    hint: Text | None = None


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One question.

    Attributes:
        name: key of its answer.
        label: the question.
        value: the answer that stands there; "" = none.
        long: may have several lines.
        required: cannot be left empty.
        choices: the only answers there are, at most 25, never ""; empty = free text.
        most: characters of a free answer; 0 = no limit of its own.
    """

    name: str
    label: Text
    value: str = ""
    long: bool = False
    required: bool = False
    choices: tuple[Choice, ...] = ()
    most: int = 0


@dataclass(frozen=True, kw_only=True)
class FormView:
    """Questions to answer together; the answers go to `Dispatch.submit` with the same action and target.

    Fields that a front-end does not show are sent back with the value they had.
    """

    action: str
    target: str
    title: Text
    submit: Text
    fields: tuple[FormField, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a list; `facts` is the same for scripts and the web page."""

    text: Text
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One message.

    Attributes:
        kind: what it is; front-ends choose looks by it. A `quote` asks first: nothing happens before its
            Confirm.
        lines: what it says, first line first.
        rows: list entries.
        buttons: what can be pressed.
        progress, clip, form, file: set for those kinds.
        private: only for the person who asked.
        mention: person to be told (an edit does not notify), or "".
        job: the job it is about, or "".
        facts: the same content for scripts and the web page.
    """

    kind: ReplyKind
    lines: tuple[Text, ...]
    rows: tuple[Row, ...] = ()
    buttons: tuple[Button, ...] = ()
    progress: ProgressView | None = None
    clip: ClipView | None = None
    form: FormView | None = None
    file: FileView | None = None
    private: bool = False
    mention: str = ""
    job: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
