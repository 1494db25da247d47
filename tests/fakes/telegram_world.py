"""What the fake Telegram knows, and what people do in it: their acts become updates for the bot.

What the bot does comes in through `telegram_methods.py`. Nothing here speaks HTTP.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.telegram_spec import check
from tests.fakes.telegram_values import (
    BOT_ID,
    COMMAND,
    Place,
    Posted,
    Press,
    Someone,
    Stored,
    entities_of,
)

ANONYMOUS: Final = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL_BOT: Final = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
TELEGRAM: Final = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
_IN_THE_BOX = ("message", "edited_message", "callback_query", "my_chat_member")


class World:
    """Everything, and what people do in it."""

    def __init__(self) -> None:
        self.people: dict[int, Someone] = {}
        self.places: dict[int, Place] = {}
        self.files: dict[str, Stored] = {}
        self.presses: dict[str, Press] = {}
        self.commands: dict[tuple[str, str], list[Mapping[str, str]]] = {}
        self.waiting: list[dict[str, Any]] = []
        self.news = asyncio.Event()
        self.privacy = True
        self.username = "TalkreelTestBot"
        self._ids = itertools.count(501)
        self._updates = itertools.count(90_001)

    @property
    def bot(self) -> dict[str, Any]:
        """The bot, as a `User`."""
        return {"id": BOT_ID, "is_bot": True, "first_name": "Talkreel", "username": self.username}

    # ---- people and chats

    def person(self, name: str, *, language: str = "en", started: bool = True) -> Someone:
        """Somebody; `started`: has opened the private chat with the bot."""
        one = Someone(id=next(self._ids), name=name, username=f"{name.lower()}_t", language=language)
        one.started = started
        self.people[one.id] = one
        self.places[one.id] = Place(id=one.id, type="private", person=one)
        return one

    def private(self, one: Someone) -> Place:
        """The private chat with the bot."""
        return self.places[one.id]

    def group(
        self, title: str, *members: Someone, admins: tuple[Someone, ...] = (), kind: str = "supergroup"
    ) -> Place:
        """A group with the bot in it."""
        base = -1_000_000_000_000 if kind == "supergroup" else -1000
        place = Place(id=base - next(self._ids), type=kind, title=title)
        place.members = {one.id: "member" for one in members} | {one.id: "administrator" for one in admins}
        self.places[place.id] = place
        return place

    def forum(self, title: str, *members: Someone, topics: tuple[str, ...] = ()) -> Place:
        """A group with topics; each topic's id is that of the message that opened it."""
        place = self.group(title, *members)
        place.forum = True
        for topic in topics:
            place.topics[next(place.ids)] = topic
        return place

    def migrate(self, place: Place, by: Someone) -> Place:
        """The group becomes a supergroup: a new chat with a new id and no old messages."""
        new = self.group(place.title)
        new.members, place.migrated_to = dict(place.members), new.id
        self._post(place, by.to_json(), {"migrate_to_chat_id": new.id})
        self._post(new, ANONYMOUS, {"migrate_from_chat_id": place.id}, sender_chat=new.to_json())
        return new

    def member_changed(self, place: Place, by: Someone, status: str) -> None:
        """The bot is added (`member`), removed (`kicked`), or a person blocks it (`kicked`) or comes back."""
        before, place.bot = place.bot, status
        if place.person is not None:
            place.person.blocked = status == "kicked"

        def as_member(state: str) -> dict[str, Any]:
            until = {"until_date": 0} if state == "kicked" else {}
            return {"status": state, "user": self.bot, **until}

        change = {
            "chat": place.to_json(),
            "from": by.to_json(),
            "date": int(time.time()),
            "old_chat_member": as_member(before),
            "new_chat_member": as_member(status),
        }
        self._update("my_chat_member", change)

    # ---- what people do

    def say(
        self,
        one: Someone,
        place: Place,
        text: str,
        *,
        reply_to: Posted | None = None,
        topic: int = 0,
        anonymous: bool = False,
        channel: Mapping[str, Any] | None = None,
        automatic: bool = False,
    ) -> Posted:
        """Somebody writes; as an anonymous admin, as a channel, or by its automatic forward."""
        content: dict[str, Any] = {"text": text}
        if entities := entities_of(text):
            content["entities"] = entities
        sender, sender_chat, extra = one.to_json(), None, {}
        if anonymous:
            sender, sender_chat = dict(ANONYMOUS), place.to_json()
        if channel is not None:
            sender, sender_chat = dict(TELEGRAM if automatic else CHANNEL_BOT), dict(channel)
            if automatic:
                extra = {
                    "is_automatic_forward": True,
                    "forward_origin": {
                        "type": "channel",
                        "date": int(time.time()),
                        "chat": dict(channel),
                        "message_id": 5,
                    },
                }
        return self._post(
            place, sender, content, reply_to=reply_to, topic=topic, sender_chat=sender_chat, extra=extra
        )

    def send(
        self,
        one: Someone,
        place: Place,
        kind: str,
        data: bytes,
        *,
        caption: str = "",
        reply_to: Posted | None = None,
        topic: int = 0,
        size: int = 0,
        album: str = "",
        **facts: Any,
    ) -> Posted:
        """Somebody sends a `voice`, `audio`, `video`, `video_note`, `photo` or `document`."""
        stored = self.store(data, size=size, name=str(facts.get("file_name", kind)))
        media: Any = {
            "file_id": stored.id,
            "file_unique_id": f"u{stored.id}",
            "file_size": stored.size,
            **facts,
        }
        if kind == "photo":
            media = [media | {"width": 90, "height": 60, "file_size": 900}, media]
        content = {kind: media}
        if caption:
            content |= {"caption": caption}
            if entities := entities_of(caption):
                content["caption_entities"] = entities
        if album:
            content["media_group_id"] = album
        return self._post(place, one.to_json(), content, reply_to=reply_to, topic=topic)

    def edit(self, message: Posted, text: str) -> None:
        """Somebody edits what they wrote."""
        message.content["text"] = text
        if entities := entities_of(text):
            message.content["entities"] = entities
        message.edits += 1
        self._update("edited_message", message.to_json())

    def press(self, one: Someone, message: Posted, label: str, *, data: str = "", old: bool = False) -> Press:
        """Somebody presses a button; with `data`, a forged one. `old`: too late to be answered."""
        wanted = data or message.button(label)["callback_data"]
        press = Press(id=str(4_000_000 + next(self._ids)), old=old)
        self.presses[press.id] = press
        query = {
            "id": press.id,
            "from": one.to_json(),
            "message": message.to_json(),
            "chat_instance": str(message.place.id),
            "data": wanted,
        }
        self._update("callback_query", query)
        return press

    def delete(self, message: Posted) -> None:
        """Somebody deletes a message; bots are not told."""
        message.deleted = True

    # ---- files and updates

    def store(self, data: bytes, *, size: int = 0, name: str = "file") -> Stored:
        """Keep a file."""
        number = next(self._ids)
        id = f"AgAD{hashlib.sha256(data).hexdigest()[:24]}{number}"
        stored = Stored(id=id, data=data, size=size or len(data), path=f"files/{number}_{name}")
        self.files[id] = stored
        return stored

    def repeat(self, update: Mapping[str, Any]) -> None:
        """The service hands an update out again, under the same id."""
        self.waiting.append(dict(update))
        self.news.set()

    def _post(
        self,
        place: Place,
        sender: Mapping[str, Any],
        content: dict[str, Any],
        *,
        reply_to: Posted | None = None,
        topic: int = 0,
        sender_chat: Mapping[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Posted:
        message = Posted(
            id=next(place.ids),
            place=place,
            sender=sender,
            content=content,
            date=int(time.time()),
            topic=topic,
            reply_to=reply_to.id if reply_to else 0,
            sender_chat=sender_chat,
            extra=extra or {},
        )
        message.texts.append(message.text)
        place.messages[message.id] = message
        if self._reaches_bot(message, reply_to):
            self._update("message", message.to_json())
        return message

    def _reaches_bot(self, message: Posted, reply_to: Posted | None) -> bool:
        """Privacy mode: in groups a bot sees commands, answers to it, and service messages."""
        if message.place.bot != "member":
            return False
        if message.place.person is not None:
            message.place.person.started = True
            return not message.place.person.blocked
        if not self.privacy or (not message.text and not (set(message.content) - {"migrate_to_chat_id"})):
            return True
        command = COMMAND.match(message.text)
        service = "migrate_to_chat_id" in message.content or "migrate_from_chat_id" in message.content
        mine = command is not None and (command[1] or self.username).lower() == self.username.lower()
        album = "media_group_id" in message.content
        return service or mine or album or (reply_to is not None and reply_to.by_bot)

    def _update(self, kind: str, value: Mapping[str, Any]) -> None:
        assert kind in _IN_THE_BOX
        update = {"update_id": next(self._updates), kind: value}
        check("Update", update)
        self.waiting.append(update)
        self.news.set()
