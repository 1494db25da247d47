"""The values of the fake Telegram: people, chats, messages, files and buttons, as the API shows them."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

BOT_ID: Final = 700_000_001
COMMAND: Final = re.compile(r"/\w+(?:@(\w+))?")
_MENTION = re.compile(r"(?<!\w)@\w{3,}")


@dataclass(eq=False)
class Someone:
    """A person."""

    id: int
    name: str
    username: str = ""
    language: str = "en"
    started: bool = False
    blocked: bool = False

    def to_json(self) -> dict[str, Any]:
        """As a `User`."""
        plain = {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": self.language}
        return plain | ({"username": self.username} if self.username else {})


@dataclass(eq=False)
class Place:
    """A chat."""

    id: int
    type: str
    title: str = ""
    person: Someone | None = None
    forum: bool = False
    topics: dict[int, str] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    members: dict[int, str] = field(default_factory=dict)
    bot: str = "member"
    muted: bool = False
    migrated_to: int = 0
    messages: dict[int, Posted] = field(default_factory=dict)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(11))
    actions: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As a `Chat`."""
        if self.person is not None:
            own = {"first_name": self.person.name}
            return {"id": self.id, "type": "private", **own} | (
                {"username": self.person.username} if self.person.username else {}
            )
        plain: dict[str, Any] = {"id": self.id, "type": self.type, "title": self.title}
        return plain | ({"is_forum": True} if self.forum else {})

    def shown(self) -> list[Posted]:
        """What stands in the chat, the oldest first."""
        return [message for message in self.messages.values() if not message.deleted]

    def of_bot(self) -> list[Posted]:
        """What the bot said, as it stands now."""
        return [message for message in self.shown() if message.by_bot]


@dataclass(eq=False)
class Posted:
    """A message.

    Attributes:
        content: what is particular: `text`, or `caption` and one of the media, as in a `Message`.
        texts: everything that it ever said, the oldest first.
        markup: its buttons.
        signs: reactions of the bot.
    """

    id: int
    place: Place
    sender: Mapping[str, Any]
    content: dict[str, Any]
    date: int
    topic: int = 0
    reply_to: int = 0
    sender_chat: Mapping[str, Any] | None = None
    markup: dict[str, Any] | None = None
    texts: list[str] = field(default_factory=list)
    deleted: bool = False
    edits: int = 0
    signs: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def by_bot(self) -> bool:
        """Whether our bot wrote it."""
        return bool(self.sender["id"] == BOT_ID)

    @property
    def text(self) -> str:
        """Its words, or those below its media."""
        return str(self.content.get("text", self.content.get("caption", "")))

    @property
    def labels(self) -> list[str]:
        """What stands on its buttons."""
        return [button["text"] for row in (self.markup or {}).get("inline_keyboard", []) for button in row]

    @property
    def video(self) -> Mapping[str, Any] | None:
        """Its video."""
        found = self.content.get("video")
        return found if isinstance(found, dict) else None

    def button(self, label: str) -> dict[str, Any]:
        """The button whose label has these words."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        found = [one for row in rows for one in row if label in one["text"].replace("\u00a0", " ")]
        assert found, f"no button {label!r} among {self.labels} under {self.text!r}"
        return dict(found[0])

    def to_json(self, *, nested: bool = False) -> dict[str, Any]:
        """As a `Message`."""
        plain: dict[str, Any] = {
            "message_id": self.id,
            "date": self.date,
            "chat": self.place.to_json(),
            "from": dict(self.sender),
            **self.content,
            **self.extra,
        }
        if self.sender_chat is not None:
            plain["sender_chat"] = dict(self.sender_chat)
        if self.topic:
            plain |= {"message_thread_id": self.topic, "is_topic_message": True}
        if self.edits:
            plain["edit_date"] = self.date + self.edits
        if self.markup and "inline_keyboard" in self.markup:
            plain["reply_markup"] = self.markup
        before = self.place.messages.get(self.reply_to)
        if before is not None and not before.deleted and not nested:
            plain["reply_to_message"] = before.to_json(nested=True)
        return plain


@dataclass(eq=False)
class Stored:
    """A file on the service's disks; `size` is what it says, also where no bytes are kept."""

    id: str
    data: bytes
    size: int
    path: str


@dataclass(eq=False)
class Press:
    """A pressed button, and what the app showed for it."""

    id: str
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    said: str = ""
    alert: bool = False
    old: bool = False

    async def answer(self, *, seconds: float = 10.0) -> str:
        """What the app showed, maybe nothing."""
        async with asyncio.timeout(seconds):
            await self.answered.wait()
        return self.said


def utf16(text: str) -> int:
    """Length as the service counts it."""
    return len(text.encode("utf-16-le")) // 2


def entities_of(text: str) -> list[dict[str, Any]]:
    """Commands and mentions in a text."""
    found: list[dict[str, Any]] = []
    command = COMMAND.match(text)
    if command:
        found.append({"type": "bot_command", "offset": 0, "length": utf16(command[0])})
    for mention in _MENTION.finditer(text, command.end() if command else 0):
        found.append(
            {"type": "mention", "offset": utf16(text[: mention.start()]), "length": utf16(mention[0])}
        )
    return found
