"""What an update says, as a frozen value. Pure; reads the documented JSON, whatever the library's release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bot.frontends.telegram.render import without_joiners

KINDS: Final = ("message", "edited_message", "callback_query", "my_chat_member")
_MEDIA: Final = ("voice", "audio", "video_note", "video", "animation", "document", "photo")
_SERVICE: Final = 777000  # Telegram itself, forwarding posts of a linked channel
_GENERAL: Final = 1  # the topic that must never be named when sending

FileKind = Literal["image", "audio", "video"]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A file that came with a message; it lies at Telegram.

    Attributes:
        file: how Telegram calls it.
        kind: what it seems to be; its bytes are judged later.
        form: how it was sent, such as `voice`.
        size_bytes, seconds: as Telegram says, 0 = unknown.
        mime, name: as the sender says.
        width, height: in pixels.
        origin: which message it came with, and whose that was.
    """

    file: str
    kind: FileKind
    form: str
    size_bytes: int = 0
    seconds: float = 0.0
    mime: str = ""
    name: str = ""
    width: int = 0
    height: int = 0
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class Chat:
    """Where something happened. `topic` is 0 outside of topics and in General."""

    id: int
    kind: Literal["private", "group", "channel"]
    title: str = ""
    topic: int = 0

    @property
    def private(self) -> bool:
        """Whether it is somebody's chat with the bot alone."""
        return self.kind == "private"


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who did it.

    Attributes:
        id: 0 for nobody in particular.
        anonymous: an admin who writes in the name of the group.
        foreign: a channel or another group writes; nobody can be held to it.
    """

    id: int
    name: str = ""
    username: str = ""
    language: str = ""
    anonymous: bool = False
    foreign: bool = False


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The message that is answered."""

    id: int
    by_bot: bool
    sender: Sender
    files: tuple[Sent, ...] = ()
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message that somebody wrote."""

    chat: Chat
    sender: Sender
    id: int
    text: str = ""
    edited: bool = False
    files: tuple[Sent, ...] = ()
    reply: Answered | None = None
    album: str = ""
    people: Mapping[str, int] = field(default_factory=dict)  # names without user name, by what was written


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """A pressed button."""

    chat: Chat
    sender: Sender
    query: str
    message: int
    data: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The bot was added, removed or blocked."""

    chat: Chat
    sender: Sender
    member: bool
    was_member: bool


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A group became a supergroup."""

    chat: Chat
    old: int
    new: int


Event = Said | Pressed | Standing | Moved


def chat_of(update: Mapping[str, Any]) -> int:
    """The chat of an update, for the order in which updates are carried out; 0 if it has none."""
    for kind in KINDS:
        if kind in update:
            body = update[kind]
            chat = body.get("chat") or body.get("message", {}).get("chat") or {}
            return int(chat.get("id", 0))
    return 0


def read(update: Mapping[str, Any], *, bot: int) -> Event | None:
    """What an update says; None for what is none of our business.

    Args:
        update: as Telegram sends it.
        bot: our own id.
    """
    if "callback_query" in update:
        return _pressed(update["callback_query"])
    if "my_chat_member" in update:
        return _standing(update["my_chat_member"])
    for kind in ("message", "edited_message"):
        if kind in update:
            return _message(update[kind], edited=kind == "edited_message", bot=bot)
    return None


def _message(message: Mapping[str, Any], *, edited: bool, bot: int) -> Event | None:
    chat = _chat(message)
    if "migrate_to_chat_id" in message:
        return Moved(chat=chat, old=chat.id, new=int(message["migrate_to_chat_id"]))
    if "migrate_from_chat_id" in message:
        return Moved(chat=chat, old=int(message["migrate_from_chat_id"]), new=chat.id)
    sender = _sender(message)
    automatic = message.get("is_automatic_forward") or sender.id == _SERVICE
    if automatic or chat.kind == "channel" or "via_bot" in message:
        return None
    reply = message.get("reply_to_message")
    return Said(
        chat=chat,
        sender=sender,
        id=int(message["message_id"]),
        text=without_joiners(str(message.get("text") or message.get("caption") or "")),
        edited=edited,
        files=_files(message),
        reply=_answered(reply, bot, chat.topic) if reply else None,
        album=str(message.get("media_group_id", "")),
        people=_people(message),
    )


def _answered(message: Mapping[str, Any], bot: int, topic: int) -> Answered | None:
    """Each message in a topic answers the one that opened it, unless it answers another."""
    if "forum_topic_created" in message or (topic and message.get("message_id") == topic):
        return None
    return Answered(
        id=int(message["message_id"]),
        by_bot=message.get("from", {}).get("id") == bot,
        sender=_sender(message),
        files=_files(message),
        text=without_joiners(str(message.get("text") or message.get("caption") or "")),
    )


def _pressed(query: Mapping[str, Any]) -> Pressed | None:
    message = query.get("message")
    if message is None or "data" not in query:
        return None
    return Pressed(
        chat=_chat(message),
        sender=_person(query["from"]),
        query=str(query["id"]),
        message=int(message["message_id"]),
        data=str(query["data"]),
    )


def _standing(change: Mapping[str, Any]) -> Standing:
    def member(which: str) -> bool:
        state = change[which]
        return state["status"] in ("member", "administrator", "creator") or bool(state.get("is_member"))

    return Standing(
        chat=_chat(change),
        sender=_person(change["from"]),
        member=member("new_chat_member"),
        was_member=member("old_chat_member"),
    )


def _chat(message: Mapping[str, Any]) -> Chat:
    chat = message["chat"]
    kind = {"private": "private", "channel": "channel"}.get(chat["type"], "group")
    topic = int(message.get("message_thread_id") or 0) if message.get("is_topic_message") else 0
    return Chat(
        id=int(chat["id"]),
        kind=kind,  # type: ignore[arg-type]
        title=str(chat.get("title", "")),
        topic=0 if topic == _GENERAL else topic,
    )


def _sender(message: Mapping[str, Any]) -> Sender:
    on_behalf = message.get("sender_chat")
    if on_behalf is not None:
        same = on_behalf["id"] == message["chat"]["id"]
        title = str(on_behalf.get("title", ""))
        return Sender(
            id=int(message.get("from", {}).get("id", 0)), name=title, anonymous=same, foreign=not same
        )
    return _person(message.get("from") or {"id": 0})


def _person(user: Mapping[str, Any]) -> Sender:
    name = " ".join(str(user[part]) for part in ("first_name", "last_name") if user.get(part))
    return Sender(
        id=int(user["id"]),
        name=name or str(user.get("username", "")),
        username=str(user.get("username", "")),
        language=str(user.get("language_code", "")),
    )


def _files(message: Mapping[str, Any]) -> tuple[Sent, ...]:
    form = next((form for form in _MEDIA if form in message), None)
    if form is None:
        return ()
    media = message[form]
    if form == "photo":
        media = max(media, key=lambda size: int(size["width"]) * int(size["height"]))
    mime = str(media.get("mime_type", "image/jpeg" if form == "photo" else ""))
    return (
        Sent(
            file=str(media["file_id"]),
            kind=_kind(form, mime),
            form=form,
            size_bytes=int(media.get("file_size") or 0),
            seconds=float(media.get("duration") or 0),
            mime=mime,
            name=str(media.get("file_name") or _NAMES[form]),
            width=int(media.get("width") or media.get("length") or 0),
            height=int(media.get("height") or media.get("length") or 0),
            origin=_origin(message),
        ),
    )


def _origin(message: Mapping[str, Any]) -> str:
    sender = message.get("from") or message.get("sender_chat") or {}
    return f"message {message.get('message_id', '')} of telegram:{sender.get('id', '')}"


_NAMES: Final = {
    "voice": "voice.ogg",
    "audio": "audio.mp3",
    "video_note": "video-note.mp4",
    "video": "video.mp4",
    "animation": "animation.mp4",
    "document": "file",
    "photo": "photo.jpg",
}


def _kind(form: str, mime: str) -> FileKind:
    """A video note counts as the recording in it."""
    if form in ("voice", "audio", "video_note"):
        return "audio"
    if form == "photo" or mime.startswith("image/"):
        return "image"
    if form == "document" and not mime.startswith("video/"):
        return "audio"
    return "video"


def _people(message: Mapping[str, Any]) -> dict[str, int]:
    """Mentions of people who have no user name: what was written, and who is meant."""
    text = str(message.get("text") or message.get("caption") or "").encode("utf-16-le")
    found = {}
    for entity in message.get("entities") or message.get("caption_entities") or ():
        if entity["type"] == "text_mention":
            start, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
            found[text[start:end].decode("utf-16-le", "ignore")] = int(entity["user"]["id"])
    return found
