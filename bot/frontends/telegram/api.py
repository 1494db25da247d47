"""Messages out, in their turn: each call waits for flood control; errors are those of the `Outbox` port.

Knows chats, topics and message numbers; what a message says is made in `render.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaVideo,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import ChatMigrated, TelegramError
from telegram.request import BaseRequest

from bot.core.errors import DeliveryError, Forbidden, MessageGone, TryLater
from bot.frontends.telegram.memory import Memory
from bot.frontends.telegram.pace import Pace
from bot.frontends.telegram.wire import (
    UPLOAD_SECONDS,
    Flooded,
    NoText,
    TooOld,
    Unchanged,
    translated,
)

log = logging.getLogger(__name__)

T = TypeVar("T")
PATIENCE_SECONDS: Final = 45.0
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_TRIES: Final = 4
_CLOSE_SECONDS: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place for a message: the chat, the topic in it (0: none), the message that is answered (0: none)."""

    chat: int
    topic: int = 0
    reply_to: int = 0


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a message says.

    Attributes:
        text: its words.
        entities: how parts of them look.
        markup: its buttons.
    """

    text: str
    entities: Sequence[MessageEntity] = ()
    markup: InlineKeyboardMarkup | ForceReply | None = None


@dataclass(frozen=True, kw_only=True)
class Video:
    """A clip to show: a file here, or one that Telegram has (`known`). Sizes in pixels, length in seconds."""

    path: Path
    name: str
    width: int
    height: int
    seconds: int
    thumbnail: bytes | None = None
    spoiler: bool = False
    known: str = ""


class Api:
    """Calls of one bot."""

    def __init__(self, bot: Bot, *, connections: Sequence[BaseRequest], memory: Memory, pace: Pace) -> None:
        self.bot = bot
        self._connections = connections
        self._memory = memory
        self._pace = pace
        self._closed = False
        self._calls = 0
        self._quiet = asyncio.Event()
        self.on_moved: Callable[[int, int], Awaitable[None]] | None = None

    async def send(self, spot: Spot, body: Body, *, silent: bool = False) -> int:
        """Send a text; returns the message's number.

        Raises:
            Forbidden, TryLater.
        """

        async def call(chat: int) -> Message:
            return await self.bot.send_message(
                chat,
                body.text,
                entities=list(body.entities) or None,
                link_preview_options=_NO_PREVIEW,
                reply_markup=body.markup,
                message_thread_id=spot.topic or None,
                reply_parameters=_answering(spot),
                disable_notification=silent or None,
            )

        return (await self._call(spot.chat, call)).message_id

    async def edit(self, chat: int, message: int, body: Body, *, may_skip: bool = False) -> None:
        """Change a text, or the words below a clip. `may_skip`: leave it out where there is no room.

        Raises:
            MessageGone, Forbidden, TryLater.
        """
        entities = list(body.entities) or None
        markup = body.markup if isinstance(body.markup, InlineKeyboardMarkup) else None

        async def text(now_at: int) -> Any:
            return await self.bot.edit_message_text(
                body.text,
                now_at,
                message,
                entities=entities,
                link_preview_options=_NO_PREVIEW,
                reply_markup=markup,
            )

        async def caption(now_at: int) -> Any:
            return await self.bot.edit_message_caption(
                now_at, message, caption=body.text, caption_entities=entities, reply_markup=markup
            )

        patience = 0.0 if may_skip else PATIENCE_SECONDS
        with contextlib.suppress(Unchanged):
            try:
                await self._call(chat, text, edits=True, patience=patience)
            except NoText:
                await self._call(chat, caption, edits=True, patience=patience)

    async def show(self, chat: int, message: int, video: Video, body: Body) -> str:
        """Put a clip in the place of a message; returns the id under which Telegram has it now ("": unknown).

        Raises:
            TooLarge, MessageGone, Forbidden, TryLater, NoSuchFile.
        """
        markup = body.markup if isinstance(body.markup, InlineKeyboardMarkup) else None

        async def call(now_at: int) -> Any:
            async with _OpenFile(video.path, video.name, video.known, attach=True) as media:
                return await self.bot.edit_message_media(
                    InputMediaVideo(
                        media,
                        caption=body.text,
                        caption_entities=list(body.entities) or None,
                        width=video.width,
                        height=video.height,
                        duration=video.seconds,
                        supports_streaming=True,
                        has_spoiler=video.spoiler or None,
                        thumbnail=_thumbnail(video),
                    ),
                    now_at,
                    message,
                    reply_markup=markup,
                    read_timeout=UPLOAD_SECONDS,
                )

        try:
            shown = await self._call(chat, call, edits=True)
        except Unchanged:
            return video.known
        if isinstance(shown, Message) and shown.video is not None:
            return shown.video.file_id
        return ""

    async def send_video(self, spot: Spot, video: Video, body: Body) -> tuple[int, str]:
        """Send a clip as a message of its own; returns its number and the id under which Telegram has it.

        Raises:
            TooLarge, Forbidden, TryLater, NoSuchFile.
        """

        async def call(chat: int) -> Message:
            async with _OpenFile(video.path, video.name, video.known) as media:
                return await self.bot.send_video(
                    chat,
                    media,
                    caption=body.text or None,
                    caption_entities=list(body.entities) or None,
                    width=video.width,
                    height=video.height,
                    duration=video.seconds,
                    supports_streaming=True,
                    thumbnail=_thumbnail(video),
                    reply_markup=body.markup,
                    message_thread_id=spot.topic or None,
                    reply_parameters=_answering(spot),
                    read_timeout=UPLOAD_SECONDS,
                )

        sent = await self._call(spot.chat, call)
        return sent.message_id, sent.video.file_id if sent.video is not None else ""

    async def send_file(self, spot: Spot, path: Path, name: str, body: Body, *, known: str = "") -> str:
        """Send a file as it is; returns the id under which Telegram has it now.

        Raises:
            TooLarge, Forbidden, TryLater, NoSuchFile.
        """

        async def call(chat: int) -> Message:
            async with _OpenFile(path, name, known) as document:
                return await self.bot.send_document(
                    chat,
                    document,
                    caption=body.text or None,
                    reply_markup=body.markup,
                    disable_content_type_detection=True,
                    message_thread_id=spot.topic or None,
                    reply_parameters=_answering(spot),
                    read_timeout=UPLOAD_SECONDS,
                )

        sent = await self._call(spot.chat, call)
        found = sent.document or sent.video or sent.audio or sent.animation
        return found.file_id if found is not None else ""

    async def send_picture(self, spot: Spot, path: Path, name: str, body: Body, *, known: str = "") -> str:
        """Send a picture to be looked at; returns the id under which Telegram has it now.

        Raises:
            TooLarge, Forbidden, TryLater, NoSuchFile.
        """

        async def call(chat: int) -> Message:
            async with _OpenFile(path, name, known) as picture:
                return await self.bot.send_photo(
                    chat,
                    picture,
                    caption=body.text or None,
                    reply_markup=body.markup,
                    message_thread_id=spot.topic or None,
                    reply_parameters=_answering(spot),
                    read_timeout=UPLOAD_SECONDS,
                )

        sent = await self._call(spot.chat, call)
        return sent.photo[-1].file_id if sent.photo else ""

    async def remove(self, chat: int, message: int) -> None:
        """Delete a message.

        Raises:
            MessageGone, Forbidden, TryLater.
        """
        await self._call(chat, lambda at: self.bot.delete_message(at, message), edits=True, counted=False)

    async def act(self, spot: Spot, action: str) -> None:
        """Show that the bot is busy; best effort."""
        with contextlib.suppress(DeliveryError):
            await self._call(
                spot.chat,
                lambda at: self.bot.send_chat_action(at, action, message_thread_id=spot.topic or None),
                patience=0.0,
                counted=False,
            )

    async def may_write(self, person: int) -> bool:
        """Whether somebody has opened a private chat with us and not closed it.

        Raises:
            TryLater.
        """
        try:
            await self._call(person, lambda at: self.bot.send_chat_action(at, "typing"), counted=False)
        except Forbidden:
            return False
        return True

    async def answer_press(self, query: str, text: str = "", *, alert: bool = False) -> bool:
        """Say something for a pressed button; false if that is not possible any more."""
        try:
            await self.bot.answer_callback_query(query, text=text or None, show_alert=alert or None)
        except TelegramError as error:
            trouble = translated(error)
            if not isinstance(trouble, TooOld):
                log.info("a pressed button could not be answered: %s", type(trouble).__name__)
            return False
        return True

    async def close(self) -> None:
        """Close all connections; what is still to be said waits for the next start.

        Calls that are out are waited for a while: a connection that is only being made would stay open.
        """
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._calls:
                    self._quiet.clear()
                    await self._quiet.wait()
        for connection in self._connections:
            await connection.shutdown()

    async def _call(
        self,
        chat: int,
        make: Callable[[int], Awaitable[T]],
        *,
        edits: bool = False,
        patience: float = PATIENCE_SECONDS,
        counted: bool = True,
    ) -> T:
        """One call in its turn; flood control and a group's move are answered by another try."""
        for _ in range(_TRIES):
            if self._closed:
                raise TryLater(5.0)
            now_at = await self._memory.now_at(chat)
            if edits and now_at != chat:
                raise MessageGone  # a supergroup has new messages, not those of the group before
            if counted:
                wait = await self._pace.turn(now_at, most_seconds=patience)
            else:
                wait = self._pace.silent_seconds(now_at)
                if wait and patience >= wait:
                    await asyncio.sleep(wait)
                    wait = 0.0
            if wait or self._closed:
                raise TryLater(wait or 5.0)
            self._calls += 1
            try:
                return await make(now_at)
            except Flooded as flood:
                self._pace.stop(now_at, flood.seconds)
                log.info("Telegram asks for %s s of silence in a chat", flood.seconds)
                if flood.seconds > patience:
                    raise TryLater(flood.seconds) from None
            except ChatMigrated as moved:
                await self._moved(now_at, moved.new_chat_id)
            except TelegramError as error:
                raise translated(error) from None
            finally:
                self._calls -= 1
                self._quiet.set()
        raise TryLater(5.0)

    async def _moved(self, old: int, new: int) -> None:
        if self.on_moved is not None:
            await self.on_moved(old, new)
        else:
            await self._memory.moved(old, new)


def _answering(spot: Spot) -> ReplyParameters | None:
    if not spot.reply_to:
        return None
    return ReplyParameters(spot.reply_to, allow_sending_without_reply=True)


def _thumbnail(video: Video) -> InputFile | None:
    if video.thumbnail is None or video.known:
        return None
    return InputFile(video.thumbnail, filename="thumbnail.jpg", attach=True)


class _OpenFile:
    """A file for one call: what Telegram has by its id, all else by its bytes, read as they are sent."""

    def __init__(self, path: Path, name: str, known: str, *, attach: bool = False) -> None:
        self._path, self._name, self._known, self._attach = path, name, known, attach
        self._file: Any = None

    async def __aenter__(self) -> Any:
        if self._known:
            return self._known
        try:
            self._file = await asyncio.to_thread(self._path.open, "rb")
        except OSError as error:
            raise TryLater(5.0) from error
        return InputFile(self._file, filename=self._name, attach=self._attach, read_file_handle=False)

    async def __aexit__(self, *exception: object) -> None:
        if self._file is not None:
            self._file.close()
