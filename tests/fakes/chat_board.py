"""The fake chat's memory: messages, what was ever done to them, and the files that arrived.

Kept in memory and, where a file is given, appended to it as JSON lines: one whole message per change.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file that arrived with an edit."""

    part: str
    filename: str
    mime: str
    size_bytes: int
    sha256: str


@dataclass(kw_only=True)
class Message:
    """One message.

    Attributes:
        id, channel, thread, nonce: which it is and where it stands.
        text, facts, buttons, media: what is shown now; media of the last edit that brought some.
        posts: how often this message was posted (repeats of its nonce included).
        edits: how often it was edited.
        deliveries: every file that ever arrived.
        texts: every text it ever had.
        deleted: gone.
    """

    id: str
    channel: str
    thread: str
    nonce: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    buttons: list[Any] = field(default_factory=list)
    media: list[Delivery] = field(default_factory=list)
    posts: int = 1
    edits: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    deleted: bool = False

    def to_json(self) -> dict[str, Any]:
        """As shown and as written to the file."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Message:
        """As read from the file."""
        for name in ("media", "deliveries"):
            raw[name] = [Delivery(**item) for item in raw[name]]
        return cls(**raw)


@dataclass(kw_only=True)
class Board:
    """All messages.

    Attributes:
        state: the file that remembers them, or None.
        media_dir: where the bytes of files are kept under their SHA-256, or None.
        messages: by id, deleted ones too.
    """

    state: Path | None = None
    media_dir: Path | None = None
    messages: dict[str, Message] = field(default_factory=dict)
    _file: TextIO | None = None
    _nonces: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def open(self) -> None:
        """Read what an earlier run left, and go on writing after it."""
        if self.media_dir is not None:
            self.media_dir.mkdir(parents=True, exist_ok=True)
        if self.state is None:
            return
        self.state.parent.mkdir(parents=True, exist_ok=True)
        if self.state.exists():
            for line in self.state.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):
                    message = Message.from_json(json.loads(line))
                    self._remember(message)
        self._file = self.state.open("a", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def save(self, message: Message) -> None:
        """Write a message down as it is now."""
        self._remember(message)
        if self._file is not None:
            self._file.write(json.dumps(message.to_json(), separators=(",", ":")) + "\n")
            self._file.flush()

    def keep(self, delivery: Delivery, data: bytes) -> None:
        """Keep the bytes of a file, where that is wanted."""
        if self.media_dir is not None:
            (self.media_dir / delivery.sha256).write_bytes(data)

    def shown(self, *, channel: str | None = None, thread: str | None = None) -> list[Message]:
        """What a person scrolling through sees."""
        return [
            message
            for message in self.messages.values()
            if not message.deleted
            and (channel is None or message.channel == channel)
            and (thread is None or message.thread == thread)
        ]

    def by_nonce(self, channel: str, thread: str, nonce: str) -> Message | None:
        """The message posted with a nonce, if it still stands."""
        message = self.messages.get(self._nonces.get((channel, thread, nonce), ""))
        return message if message is not None and not message.deleted else None

    def _remember(self, message: Message) -> None:
        self.messages[message.id] = message
        if message.nonce:
            self._nonces[message.channel, message.thread, message.nonce] = message.id
