"""Implements the `Outbox` port: a placeholder is a message, a clip is the same message later.

A reference is `chat:message`. What stands above the progress (the quote) is kept, so that it is still there
after a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from telegram import MessageEntity, User

from bot.core.errors import DeliveryError, MessageGone, TooLarge, TryLater
from bot.core.model import Destination
from bot.core.replies import ClipView, Reply
from bot.frontends.telegram.actions import Actions
from bot.frontends.telegram.api import Api, Body, Spot, Video
from bot.frontends.telegram.keyboard import buttons
from bot.frontends.telegram.limits import CAPTION_CHARACTERS, TEXT_CHARACTERS, limits
from bot.frontends.telegram.memory import Memory
from bot.frontends.telegram.render import Words, cut, head_bold, length, quiet, words_of
from bot.frontends.telegram.seal import Seal
from bot.frontends.telegram.thumbnail import thumbnail
from bot.frontends.telegram.wire import NoSuchFile

log = logging.getLogger(__name__)

# In Destination.extra: our message that becomes the placeholder, and how the person is called.
ANSWER: Final = "answer"
NAME: Final = "name"
_VIDEO: Final = "video"
_LOCKS: Final = 2000


class TelegramOutbox:
    """Writes to Telegram. Usable before the chat is connected."""

    def __init__(
        self,
        *,
        api: Api,
        memory: Memory,
        seal: Seal,
        words: Words,
        actions: Actions,
        local: bool = False,
    ) -> None:
        self._api = api
        self._memory = memory
        self._seal = seal
        self._words = words
        self._actions = actions
        self._local = local
        self._said: dict[str, tuple[Destination, str, Reply]] = {}
        self._shown: dict[str, str] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """Send the message that becomes the clip, or take over the one that asked.

        Raises:
            Forbidden, TryLater.
        """
        known = await self._memory.post(nonce)
        if known is not None and await self._memory.now_at(known[0]) == known[0]:
            return f"{known[0]}:{known[1]}"
        asked = to.extra.get(ANSWER, "")
        if asked and nonce == reply.job:
            chat, message = _parts(asked)
            await self._memory.keep_post(nonce, chat, message)
            with contextlib.suppress(MessageGone, TryLater):
                await self.update(to, asked, reply)
            return asked
        spot = spot_of(to)
        async with self._lock(reply.job):
            message = await self._api.send(spot, await self._progress(to, reply), silent=True)
            chat = await self._memory.now_at(spot.chat)
            await self._memory.keep_post(nonce, chat, message)
        reference = f"{chat}:{message}"
        if reply.job:
            self._said[reply.job] = (to, reference, reply)
        self._actions.begin(spot, reply)
        return reference

    async def introduce(self, job: str, head: str) -> None:
        """What is to stand above the progress of a job that was just asked for."""
        await self._memory.keep_head(job, head)
        said = self._said.get(job)
        if said is not None:
            with contextlib.suppress(DeliveryError):
                await self.update(*said)

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """Change a message. Progress is left out where there is no room for it.

        Raises:
            MessageGone, Forbidden, TryLater.
        """
        chat, number = _parts(message)
        progress = reply.kind == "progress"
        async with self._lock(reply.job):
            body = await self._progress(to, reply) if progress else await self._body(to, reply)
            self._said[reply.job] = (to, message, reply)
            if progress:
                self._actions.begin(spot_of(to), reply)
            else:
                self._end(to, reply.job)
            if self._shown.get(message) == _mark(body):
                return
            await self._api.edit(chat, number, body, may_skip=progress and message in self._shown)
            self._shown[message] = _mark(body)
            if not progress:
                await self._memory.drop_head(reply.job)

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """Turn the placeholder into the clip.

        Raises:
            TooLarge, MessageGone, Forbidden, TryLater.
        """
        assert reply.clip is not None
        view = reply.clip
        limit = to.limits.upload_bytes
        if limit and view.info.size_bytes > limit:
            raise TooLarge(limit)
        chat, number = _parts(message)
        body = await self._body(to, reply, most=CAPTION_CHARACTERS)
        async with self._lock(reply.job):
            self._actions.end(spot_of(to), reply.job)
            with self._actions.sending(spot_of(to)):
                await self._show(to, chat, number, reply, body)
            self._end(to, reply.job)
            await self._memory.drop_head(reply.job)

    async def _show(self, to: Destination, chat: int, number: int, reply: Reply, body: Body) -> None:
        assert reply.clip is not None
        address = _address(reply.clip)
        video = await self._video(reply.clip, spoiler=to.spoiler)
        try:
            file = await self._api.show(chat, number, video, body)
        except NoSuchFile:
            await self._memory.drop_upload(video.known)
            raise TryLater(1.0) from None
        if file and file != video.known:
            await self._memory.keep_upload(address, _VIDEO, file)

    async def send_clip(self, spot: Spot, reply: Reply, language: str) -> None:
        """A clip once more, in a message of its own; Telegram has it already where it was shown before.

        Raises:
            TooLarge, Forbidden, TryLater.
        """
        assert reply.clip is not None
        to = Destination(platform="telegram", channel=str(spot.chat), language=language)
        body = await self._body(to, reply, most=CAPTION_CHARACTERS)
        video = await self._video(reply.clip)
        try:
            with self._actions.sending(spot):
                message, file = await self._api.send_video(spot, video, body)
        except NoSuchFile:
            await self._memory.drop_upload(video.known)
            raise TryLater(1.0) from None
        await self._memory.keep_post(f"{reply.job}.shown-{spot.chat}-{message}", spot.chat, message)
        if file and file != video.known:
            await self._memory.keep_upload(_address(reply.clip), _VIDEO, file)

    async def _video(self, view: ClipView, *, spoiler: bool = False) -> Video:
        return Video(
            path=view.path,
            name=view.file_name,
            width=view.info.width,
            height=view.info.height,
            seconds=max(1, round(view.info.seconds)),
            thumbnail=await asyncio.to_thread(thumbnail, view.poster),
            spoiler=spoiler,
            known=await self._memory.upload(_address(view), _VIDEO),
        )

    async def forget(self, person: str) -> tuple[str, ...]:
        """Drop what is kept of a person: their name and what they were filling in. No files are kept."""
        await self._memory.forget(person)
        return ()

    async def reach(self, person: str) -> Destination | None:
        """Where somebody reads what is meant for them alone; None where they never opened a chat with us.

        Raises:
            TryLater.
        """
        id = person.rpartition(":")[2]
        if not id.isdigit() or not await self._api.may_write(int(id)):
            return None
        return Destination(
            platform="telegram", channel=id, private=True, limits=limits(group=False, local=self._local)
        )

    async def remove(self, to: Destination, message: str) -> None:
        """Delete a message.

        Raises:
            MessageGone, Forbidden, TryLater.
        """
        await self._api.remove(*_parts(message))

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """A message that a person notices: an answer to the clip, or to themselves alone.

        Raises:
            Forbidden, TryLater.
        """
        id = person.rpartition(":")[2]
        own = int(id) if id.lstrip("-").isdigit() else 0
        if reply.private and own:
            await self._api.send(Spot(chat=own), await self._body(to, reply))
            return
        post = await self._memory.post(reply.job) if reply.job else None
        chat = await self._memory.now_at(int(to.channel))
        answers = post[1] if post is not None and post[0] == chat else 0
        spot = Spot(chat=chat, topic=int(to.thread or 0), reply_to=answers)
        text = words_of(reply, self._words, to.language)
        if chat > 0 or not own:
            await self._api.send(spot, Body(text=text))
            return
        name = quiet(to.extra.get(NAME, "")) or "👋"
        who = User(id=own, first_name=name, is_bot=False)
        mention = MessageEntity(type="text_mention", offset=0, length=length(name), user=who)
        await self._api.send(spot, Body(text=f"{name}: {text}", entities=(mention,)))

    def _end(self, to: Destination, job: str) -> None:
        self._actions.end(spot_of(to), job)
        said = self._said.pop(job, None)
        if said is not None:
            self._shown.pop(said[1], None)

    async def _progress(self, to: Destination, reply: Reply) -> Body:
        """The quote, and below it how far the job is."""
        head = await self._memory.head(reply.job)
        said = words_of(reply, self._words, to.language)
        text = f"{head}\n\n{said}" if head else said
        return Body(
            text=cut(text, TEXT_CHARACTERS),
            entities=head_bold(text) if head else (),
            markup=await buttons(self._seal, reply.buttons, self._words, to.language),
        )

    async def _body(self, to: Destination, reply: Reply, most: int = TEXT_CHARACTERS) -> Body:
        text = cut(words_of(reply, self._words, to.language), most)
        return Body(
            text=text,
            entities=head_bold(text) if reply.kind == "clip" else (),
            markup=await buttons(self._seal, reply.buttons, self._words, to.language),
        )

    def _lock(self, job: str) -> asyncio.Lock:
        if len(self._locks) > _LOCKS:
            self._locks = {key: lock for key, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(job, asyncio.Lock())


def spot_of(to: Destination) -> Spot:
    """Where the answers to a request go."""
    return Spot(chat=int(to.channel), topic=int(to.thread or 0), reply_to=int(to.reply_to or 0))


def _parts(reference: str) -> tuple[int, int]:
    chat, _, message = reference.rpartition(":")
    try:
        return int(chat), int(message)
    except ValueError:
        raise MessageGone from None


def _address(view: ClipView) -> str:
    """What Telegram has of a clip is known by the job and the very file."""
    return f"{view.job}:{view.path.name}:{view.info.size_bytes}"


def _mark(body: Body) -> str:
    return f"{body.text}\n{body.markup.to_json() if body.markup is not None else ''}"
