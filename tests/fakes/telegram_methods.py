"""What the bot may ask of the fake Telegram, with the limits and the literal errors of the service.

Parameters come checked against the description (`telegram_spec.py`); here it is checked what no description
says: lengths, rights, sizes, and that the facts sent with a video are those of its bytes.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Mapping
from typing import Any, Final

import av
from PIL import Image

from tests.fakes.telegram_values import Place, Posted, Someone, utf16
from tests.fakes.telegram_world import World

TEXT: Final = 4096
CAPTION: Final = 1024
CALLBACK_BYTES: Final = 64
UPLOAD_BYTES: Final = 50_000_000
DOWNLOAD_BYTES: Final = 20_000_000
THUMBNAIL_BYTES: Final = 200_000
THUMBNAIL_SIDE: Final = 320
PHOTO_BYTES, PHOTO_SIDES = 10_000_000, 10_000  # core.telegram.org/bots/api#sendphoto, 2026-11-28
MEDIA: Final = ("video", "document", "audio", "voice", "photo", "animation", "video_note")
_ACTIONS: Final = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
    }
)
_COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")


class ApiError(Exception):
    """The service says no."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(words: str) -> ApiError:
    """400 with the service's words."""
    return ApiError(400, f"Bad Request: {words}")


class Methods:
    """The methods; each takes its parameters and the files that came along."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.local_mode = False
        self.upload_bytes = UPLOAD_BYTES
        self.download_bytes = DOWNLOAD_BYTES
        self.wrong: list[str] = []
        self.hook_info: dict[str, Any] = {}

    # ---- the bot itself

    def get_me(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Who the bot is."""
        return {
            **self.world.bot,
            "can_join_groups": True,
            "can_read_all_group_messages": not self.world.privacy,
            "supports_inline_queries": False,
        }

    def get_webhook_info(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """How updates are handed out, and what went wrong with that."""
        return {
            "url": "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.waiting),
            **self.hook_info,
        }

    def set_my_commands(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """The menu of a scope and language."""
        for command in given["commands"]:
            if not _COMMAND_NAME.fullmatch(command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        scope = given.get("scope", {"type": "default"})
        name = scope["type"] + (f":{scope['chat_id']}" if "chat_id" in scope else "")
        self.world.commands[name, given.get("language_code", "")] = given["commands"]
        return True

    # ---- messages

    def send_message(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Send a text."""
        place = self._writable(given)
        self._check_text(given)
        content: dict[str, Any] = {"text": given["text"].strip()}
        if given.get("entities"):
            content["entities"] = self._checked_entities(given["entities"], given["text"])
        return self._sent(place, given, content)

    def send_video(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Send a video."""
        return self._send_media("video", given, files)

    def send_document(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Send a file as it is."""
        return self._send_media("document", given, files)

    def send_photo(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Send a picture; it has to be one, not too large, and comes back in several sizes."""
        if given["photo"] not in self.world.files:
            data = self._bytes_of(given["photo"], files)
            with Image.open(io.BytesIO(data)) as image:
                if len(data) > PHOTO_BYTES or sum(image.size) > PHOTO_SIDES:
                    raise bad("PHOTO_INVALID_DIMENSIONS")
        whole = self._stored("photo", given, given["photo"], files) | {"width": 1280, "height": 720}
        sizes = [whole | {"width": 90, "height": 60, "file_size": 900}, whole]
        return self._sent(self._writable(given), given, {"photo": sizes} | self._caption(given))

    def edit_message_text(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Change a text."""
        message = self._mine(given)
        self._check_text(given)
        if "text" not in message.content:
            raise bad("there is no text in the message to edit")
        content: dict[str, Any] = {"text": given["text"].strip()}
        if given.get("entities"):
            content["entities"] = self._checked_entities(given["entities"], given["text"])
        return self._edited(message, given, content)

    def edit_message_caption(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Change the words below a media."""
        message = self._mine(given)
        if not any(kind in message.content for kind in MEDIA):
            raise bad("there is no caption in the message to edit")
        kept = {key: value for key, value in message.content.items() if key != "caption"}
        return self._edited(message, given, kept | self._caption(given))

    def edit_message_reply_markup(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Change the buttons."""
        message = self._mine(given)
        return self._edited(message, given, message.content)

    def edit_message_media(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Put a media in the place of a text or of another media."""
        message = self._mine(given)
        media = given["media"]
        content = {media["type"]: self._stored(media["type"], media, media["media"], files)}
        return self._edited(message, given, content | self._caption(media))

    def delete_message(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Remove a message."""
        place = self._place(given)
        message = place.messages.get(given["message_id"])
        if message is None or message.deleted:
            raise bad("message to delete not found")
        message.deleted = True
        return True

    def send_chat_action(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Show that the bot is busy."""
        if given["action"] not in _ACTIONS:
            raise bad("wrong parameter action in request")
        self._writable(given).actions.append(given["action"])
        return True

    def set_message_reaction(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """A sign under somebody's message."""
        message = self._place(given).messages.get(given["message_id"])
        if message is None or message.deleted:
            raise bad("message to react not found")
        message.signs = [one.get("emoji", "") for one in given.get("reaction", [])]
        return True

    def answer_callback_query(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Say something for a pressed button."""
        press = self.world.presses.get(given["callback_query_id"])
        if press is None or press.old or press.answered.is_set():
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(given.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        press.said, press.alert = given.get("text", ""), given.get("show_alert", False)
        press.answered.set()
        return True

    # ---- files and people

    def get_file(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Where a file can be fetched."""
        stored = self.world.files.get(given["file_id"])
        if stored is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if stored.size > self.download_bytes and not self.local_mode:
            raise bad("file is too big")
        return {
            "file_id": stored.id,
            "file_unique_id": f"u{stored.id}",
            "file_size": stored.size,
            "file_path": stored.path,
        }

    def get_chat_member(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Somebody's standing in a chat."""
        place = self._place(given)
        one = self.world.people.get(given["user_id"])
        if one is None:
            raise bad("invalid user_id specified")
        return _member(one, place.members.get(one.id, "left"))

    def leave_chat(self, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        """Leave a group."""
        self._place(given).bot = "left"
        return True

    # ---- inside

    def _place(self, given: Mapping[str, Any]) -> Place:
        place = self.world.places.get(given["chat_id"])
        if place is None:
            raise bad("chat not found")
        if place.migrated_to:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=place.migrated_to,
            )
        one = place.person
        if one is not None and one.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if one is not None and not one.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        if place.bot != "member" and one is None:
            raise ApiError(403, f"Forbidden: bot was kicked from the {place.type} chat")
        return place

    def _writable(self, given: Mapping[str, Any]) -> Place:
        place = self._place(given)
        topic = given.get("message_thread_id", 0)
        # General has no thread; its number 1 is refused: github.com/tdlib/telegram-bot-api/issues/798.
        if topic and topic not in place.topics:
            raise bad("message thread not found")
        if topic in place.closed:
            raise bad("TOPIC_CLOSED")
        if place.muted:
            raise bad("not enough rights to send text messages to the chat")
        return place

    def _mine(self, given: Mapping[str, Any]) -> Posted:
        message = self._place(given).messages.get(given["message_id"])
        if message is None or message.deleted:
            raise bad("message to edit not found")
        if not message.by_bot:
            raise bad("message can't be edited")
        return message

    def _send_media(self, kind: str, given: Mapping[str, Any], files: Mapping[str, bytes]) -> Any:
        place = self._writable(given)
        content = {kind: self._stored(kind, given, given[kind], files)}
        return self._sent(place, given, content | self._caption(given))

    def _sent(self, place: Place, given: Mapping[str, Any], content: dict[str, Any]) -> Any:
        reply = given.get("reply_parameters", {})
        before = place.messages.get(reply.get("message_id", 0))
        if reply and (before is None or before.deleted) and not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        markup = given.get("reply_markup")
        self._check_markup(markup)
        message = Posted(
            id=next(place.ids),
            place=place,
            sender=self.world.bot,
            content=content,
            date=int(time.time()),
            topic=given.get("message_thread_id", 0),
            reply_to=before.id if before is not None and not before.deleted else 0,
            markup=markup,
        )
        message.texts.append(message.text)
        place.messages[message.id] = message
        return message.to_json()

    def _edited(self, message: Posted, given: Mapping[str, Any], content: dict[str, Any]) -> Any:
        markup = given.get("reply_markup") or None
        self._check_markup(markup)
        if content == message.content and markup == message.markup:
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        message.content, message.markup = content, markup
        message.texts.append(message.text)
        message.edits += 1
        return message.to_json()

    def _check_text(self, given: Mapping[str, Any]) -> None:
        if not given.get("text", "").strip():
            raise bad("message text is empty")
        if utf16(given["text"]) > TEXT:
            raise bad("message is too long" if "message_id" not in given else "MESSAGE_TOO_LONG")

    def _caption(self, given: Mapping[str, Any]) -> dict[str, Any]:
        caption = given.get("caption", "")
        if utf16(caption) > CAPTION:
            raise bad("message caption is too long")
        return {"caption": caption} if caption else {}

    def _checked_entities(self, entities: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
        for entity in entities:
            if not 0 <= entity["offset"] < entity["offset"] + entity["length"] <= utf16(text):
                self.wrong.append(f"an entity lies outside its text: {entity}")
        return entities

    def _check_markup(self, markup: Mapping[str, Any] | None) -> None:
        for row in (markup or {}).get("inline_keyboard", []):
            if not 1 <= len(row) <= 8:
                raise bad("reply markup has a wrong row")
            for button in row:
                if not button["text"].strip():
                    raise bad("inline keyboard button text can't be empty")
                data = button.get("callback_data")
                if data is not None and not 1 <= len(data.encode()) <= CALLBACK_BYTES:
                    raise bad("BUTTON_DATA_INVALID")
                if len({"callback_data", "url", "copy_text"} & set(button)) != 1:
                    raise bad("Text buttons are unallowed in the inline keyboard")

    def _stored(
        self, kind: str, facts: Mapping[str, Any], given: str, files: Mapping[str, bytes]
    ) -> dict[str, Any]:
        """The media as the message shows it; a new file is kept, a known one is looked up."""
        if given in self.world.files:
            stored = self.world.files[given]
        else:
            data = self._bytes_of(given, files)
            if len(data) > (2_000_000_000 if self.local_mode else self.upload_bytes):
                raise ApiError(413, "Request Entity Too Large")
            if kind == "video":
                self._check_video(data, facts, files)
            stored = self.world.store(data, name="video.mp4" if kind == "video" else "file")
        shown = {"file_id": stored.id, "file_unique_id": f"u{stored.id}", "file_size": stored.size}
        if kind == "video":
            shown |= {name: facts.get(name, 0) for name in ("width", "height", "duration")}
        return shown

    def _bytes_of(self, given: str, files: Mapping[str, bytes]) -> bytes:
        if given.startswith("attach://"):
            return files[given.removeprefix("attach://")]
        raise bad("wrong remote file identifier specified: can't unserialize it")

    def _check_video(self, data: bytes, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        """A video shows as a square without these facts; wrong ones are worse."""
        with av.open(io.BytesIO(data), "r") as clip:
            picture = clip.streams.video[0]
            seconds = float(clip.duration or 0) / 1_000_000
            if (facts.get("width"), facts.get("height")) != (picture.width, picture.height):
                self.wrong.append(f"size {facts.get('width')}×{facts.get('height')} is not the clip's")
            if abs(facts.get("duration", -9) - seconds) > 1:
                self.wrong.append(f"{facts.get('duration')} s is not {seconds:.2f} s")
        if not facts.get("supports_streaming"):
            self.wrong.append("supports_streaming is not set")
        if data.find(b"moov") > data.find(b"mdat"):
            self.wrong.append("the clip is not faststart")
        if "thumbnail" not in facts:
            self.wrong.append("there is no thumbnail")
            return
        thumbnail = self._bytes_of(facts["thumbnail"], files)
        with Image.open(io.BytesIO(thumbnail)) as image:
            if image.format != "JPEG" or max(image.size) > THUMBNAIL_SIDE or len(thumbnail) > THUMBNAIL_BYTES:
                self.wrong.append(f"thumbnail {image.format} {image.size} {len(thumbnail)} bytes")


def _member(one: Someone, status: str) -> dict[str, Any]:
    plain: dict[str, Any] = {"status": status, "user": one.to_json()}
    if status == "creator":
        plain |= {"is_anonymous": False}
    if status == "administrator":
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
            "can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories "
            "can_edit_stories can_delete_stories"
        )
        plain |= {right: right == "can_manage_chat" for right in rights.split()}
    if status == "kicked":
        plain |= {"until_date": 0}
    return plain
