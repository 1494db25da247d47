"""What messages and buttons mean: turns them into commands of the core. No rules, no wording.

Words are commands; a lone `/generate`, or a prompt in a private chat, opens a card; a recording as an
answer to a clip asks for the same clip with it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.core.commands import COMMANDS, ON, Command, find_command
from bot.core.errors import Forbidden, Refusal
from bot.core.replies import Reply
from bot.core.soundplan import is_by_hand
from bot.core.typed import parse
from bot.frontends.telegram.albums import Albums
from bot.frontends.telegram.api import Spot
from bot.frontends.telegram.files import fetched
from bot.frontends.telegram.keyboard import PANEL
from bot.frontends.telegram.panelist import Panelist
from bot.frontends.telegram.presses import Presses
from bot.frontends.telegram.reader import Moved, Pressed, Said, Sent, Standing, read
from bot.frontends.telegram.speaker import Kit, Speaker

log = logging.getLogger(__name__)

_HEAD = re.compile(r"/([A-Za-z0-9_]+)(?:@(\w+))?")
_SPOILER = re.compile(r"(?<!\S)(?:--|—)spoiler(?!\S)")
_GENERATE: Final = "generate"
_START: Final = "start"
_PUBLIC: Final = frozenset({"help", "models"})  # nothing personal: readable by the whole group
_INHERITED: Final = ("model", "seconds", "aspect", "resolution", "negative")
_NAMES: Final = frozenset(command.name.split()[0] for command in COMMANDS)


class Talk:
    """Carries out updates."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._speaker = Speaker(kit)
        self._panelist = Panelist(kit, self._speaker)
        self._presses = Presses(kit, self._speaker)
        self._albums = Albums()

    def see(self, update: Mapping[str, Any]) -> None:
        """An update has come; it is carried out in its turn."""
        event = read(update, bot=self._kit.bot) if "message" in update else None
        if isinstance(event, Said) and event.album:
            self._albums.see(event)

    async def handle(self, id: int, update: Mapping[str, Any]) -> None:
        """Carry out one update.

        Raises:
            TryLater: it should be tried again.
        """
        event = read(update, bot=self._kit.bot)
        try:
            if isinstance(event, Said):
                await self._said(event)
            elif isinstance(event, Pressed):
                await self._pressed(event)
            elif isinstance(event, Standing):
                await self._standing(event)
            elif isinstance(event, Moved):
                await self.moved(event.old, event.new)
        except Forbidden:
            log.info("update %s: its chat takes no messages of ours", id)

    async def moved(self, old: int, new: int) -> None:
        """A group became a supergroup: what belongs to it goes along, once."""
        if await self._kit.memory.moved(old, new):
            await self._kit.dispatch.migrate(f"telegram:{old}", f"telegram:{new}")

    # ---- messages

    async def _said(self, said: Said) -> None:
        if said.sender.username and said.sender.id:
            await self._kit.memory.keep_name(said.sender.username, said.sender.id)
        command = self._command(said)
        if said.edited:
            await self._edited(said, command)
            return
        if command is None and said.sender.foreign:
            return
        if said.album and not await self._albums.mine(said):
            return
        try:
            if command is not None:
                await self._command_given(said, command)
            elif not await self._panelist.answer(said):
                await self._free(said)
        except Refusal as refusal:
            reply = self._speaker.refused(refusal)
            await self._speaker.say(said.chat, said.sender, reply, reply_to=said.id)

    def _command(self, said: Said) -> str | None:
        """The command that a message gives us, or None. In groups, unknown ones are those of other bots."""
        head = _HEAD.match(said.text)
        if head is None:
            return None
        name, to = head[1].lower(), (head[2] or "").lower()
        if to and to != self._kit.username.lower():
            return None
        known = name in _NAMES or name == _START
        return name if known or to or said.chat.private else None

    async def _command_given(self, said: Said, name: str, *, edit: int = 0) -> None:
        if said.sender.foreign or (said.sender.anonymous and name == _GENERATE):
            raise Refusal("telegram_nobody")
        if name == _START:
            await self._words(said, "/help", edit=edit)
            await self._claimed(said)
            return
        if name != _GENERATE:
            await self._words(said, said.text, edit=edit)
            return
        rest = _HEAD.sub("", said.text, count=1).strip()
        files = self._files(said)
        if not rest and not edit:
            await self._card(said, {}, files)
            return
        options = _only_prompt(said.text) if said.chat.private else None
        if options is not None and not edit:
            await self._card(said, options, files)
            return
        await self._words(said, said.text, files=files, edit=edit)

    async def _claimed(self, said: Said) -> None:
        """A bot that nobody owns here tells whoever starts it how to own it; their number is no secret."""
        owned = any(one.startswith("telegram:") for one in self._kit.desk.operators)
        if said.chat.private and not owned:
            notice = self._speaker.notice("telegram.no_operator", id=str(said.sender.id))
            await self._speaker.say(said.chat, said.sender, notice)

    async def _edited(self, said: Said, command: str | None) -> None:
        """A command that was refused may be mended; one that began a clip stays as it was."""
        known = await self._kit.memory.answer(said.chat.id, said.id)
        if command is None or known is None or known[1] or said.sender.foreign:
            return
        try:
            await self._command_given(said, command, edit=known[0])
        except Refusal as refusal:
            reply = self._speaker.refused(refusal)
            await self._speaker.say(said.chat, said.sender, reply, reply_to=said.id, edit=known[0])

    async def _free(self, said: Said) -> None:
        """A message without a command: a prompt or a file in a private chat, a recording under a clip."""
        job = await self._clip_answered(said)
        if job and any(file.kind in ("audio", "video") for file in said.files):
            await (self._laid if is_by_hand(said.text) else self._again_with)(said, job)
            return
        if not said.chat.private:
            return
        files = self._files(said)
        values = {"prompt": said.text.strip()} if said.text.strip() else {}
        if job and values:
            values = {**await self._inherited(job), **values}
        if values or files:
            lone_sound = not values and [option for option, _ in files] == ["audio"]
            await self._card(said, values, files, first="audio_as" if lone_sound else "")

    async def _card(
        self,
        said: Said,
        values: dict[str, str],
        files: tuple[tuple[str, Sent], ...],
        first: str = "",
    ) -> None:
        with self._kit.actions.thinking(_spot(said)):
            await self._panelist.open_card(said, values=values, files=files, first=first)

    async def _words(
        self, said: Said, text: str, *, files: tuple[tuple[str, Sent], ...] = (), edit: int = 0
    ) -> None:
        """A command in words, with the files that came along."""
        kit, speaker = self._kit, self._speaker
        spoiler = bool(_SPOILER.search(text)) and text.startswith("/generate")
        text = _SPOILER.sub("", text) if spoiler else text
        try:
            name, options = parse(text)
        except Refusal as refusal:
            reply = speaker.refused(refusal, pays=text.startswith("/generate"))
            await self._answer(said, reply, edit=edit)
            return
        command = find_command(name)
        await self._filled_in(said, command, options)
        to = speaker.destination(said.chat, said.sender, reply_to=said.id, spoiler=spoiler)
        with kit.actions.thinking(_spot(said)):
            actor = await kit.people.actor(said.chat, said.sender, speaker.language(said.sender))
            async with fetched(kit.api.bot, kit.desk, files, local=kit.local) as attached:
                reply = await kit.dispatch.command(
                    actor,
                    name,
                    options,
                    destination=to,
                    request_key=_request_key(said),
                    attachments=attached,
                )
        await self._answer(said, reply, edit=edit, public=name in _PUBLIC)
        if reply.kind == "progress" and _switched_on(options.get("private")) and not said.chat.private:
            await speaker.nod(said.chat, said.id)  # the clip comes to their private chat

    async def _answer(self, said: Said, reply: Reply, *, edit: int = 0, public: bool = False) -> None:
        kit = self._kit
        shown = await self._speaker.say(
            said.chat, said.sender, reply, reply_to=said.id, edit=edit, public=public
        )
        if reply.job and edit:  # the job has a message of its own
            await kit.api.remove(said.chat.id, edit)
        job = reply.job if reply.kind == "progress" else ""
        await kit.memory.keep_answer(said.chat.id, said.id, shown, job)

    async def _filled_in(self, said: Said, command: Command, options: dict[str, Any]) -> None:
        """What the message that is answered says already: which clip, which member."""
        if command.option("id") is not None and "id" not in options and said.reply is not None:
            job = await self._kit.memory.job_at(said.chat.id, said.reply.id)
            if job:
                options["id"] = job
        if command.option("member") is None:
            return
        given = str(options.get("member", ""))
        if not given and said.reply is not None and not said.reply.by_bot and said.reply.sender.id:
            if command.who == "admins":
                options["member"] = str(said.reply.sender.id)
        elif given in said.people:
            options["member"] = str(said.people[given])
        elif given.startswith("@"):
            person = await self._kit.memory.named(given)
            if not person:
                raise Refusal("telegram_unknown_person", name=given)
            options["member"] = str(person)

    # ---- answers to clips

    async def _clip_answered(self, said: Said) -> str:
        if said.reply is None or not said.reply.by_bot:
            return ""
        return await self._kit.memory.job_at(said.chat.id, said.reply.id)

    async def _again_with(self, said: Said, job: str) -> None:
        """The same once more, with a recording; what is not said anew stays as it was."""
        values = {"prompt": said.text.strip()} if said.text.strip() else {}
        await self._answered_with(said, "edit", job, values, said.files[:1])

    async def _laid(self, said: Said, job: str) -> None:
        """Recordings laid under the clip by hand, all of an album: the words say so."""
        own = self._albums.take(said.album) if said.album else said.files
        files = tuple(file for file in own if file.kind in ("audio", "video"))
        await self._answered_with(said, "lay-sound", job, {"words": said.text}, files)

    async def _answered_with(
        self, said: Said, action: str, job: str, values: Mapping[str, str], recordings: Sequence[Sent]
    ) -> None:
        kit, speaker = self._kit, self._speaker
        files = tuple(("audio", file) for file in recordings)
        to = speaker.destination(said.chat, said.sender, reply_to=said.id)
        with kit.actions.thinking(_spot(said)):
            actor = await kit.people.actor(said.chat, said.sender, speaker.language(said.sender))
            async with fetched(kit.api.bot, kit.desk, files, local=kit.local) as attached:
                reply = await kit.dispatch.submit(
                    actor,
                    action,
                    job,
                    values,
                    destination=to,
                    request_key=_request_key(said),
                    attachments=attached,
                )
        await self._answer(said, reply)

    async def _inherited(self, job: str) -> dict[str, str]:
        """What was asked for an earlier clip; its message stands where the answer was given."""
        row = await self._kit.desk.store.job(job)
        if row is None:
            return {}
        wish = row.wish
        kept = {name: getattr(wish, name) for name in _INHERITED}
        return {
            "prompt": wish.prompt,
            **{name: str(value) for name, value in kept.items() if value not in (None, "", "auto")},
        }

    def _files(self, said: Said) -> tuple[tuple[str, Sent], ...]:
        """The files of a message, its album or the message it answers, by option."""
        own = self._albums.take(said.album) if said.album else said.files
        images = [file for file in own if file.kind == "image"]
        if len(images) > 1:
            return tuple(("references", file) for file in own)
        found = [*own, *(said.reply.files if said.reply is not None and not said.reply.by_bot else ())]
        options: dict[str, Sent] = {}
        for file in found:
            options.setdefault(file.kind, file)
        return tuple(options.items())

    # ---- buttons and groups

    async def _pressed(self, pressed: Pressed) -> None:
        words = await self._kit.seal.open(pressed.data)
        if words and words[0] == PANEL:
            await self._panelist.press(pressed, tuple(words[1:]))
        else:
            await self._presses.press(pressed, tuple(words))

    async def _standing(self, standing: Standing) -> None:
        """Greet a new group; go quietly."""
        if standing.chat.private or standing.member == standing.was_member:
            return
        core, server = self._kit.dispatch, f"telegram:{standing.chat.id}"
        if not standing.member:
            await core.on_leave(server)
            return
        reply = self._speaker.notice("telegram.joined")
        await self._speaker.say(standing.chat, standing.sender, reply)
        await core.on_join(server, standing.chat.title)


def _request_key(said: Said) -> str:
    return f"telegram:{said.chat.id}:{said.id}"


def _spot(said: Said) -> Spot:
    return Spot(chat=said.chat.id, topic=said.chat.topic)


def _only_prompt(text: str) -> dict[str, str] | None:
    """The prompt of a command that says nothing else; None for a command with options or faults."""
    if _SPOILER.search(text):
        return None
    try:
        _, options = parse(text)
    except Refusal:
        return None
    return {"prompt": str(options["prompt"])} if set(options) == {"prompt"} else None


def _switched_on(value: object) -> bool:
    return value is True or str(value).lower() in ON
