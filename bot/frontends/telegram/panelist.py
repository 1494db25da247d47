"""Works the panels: opens cards and forms, takes their answers, and hands what they ask for to the core."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import Any, Final

from telegram import ForceReply, MessageEntity, User

from bot.core.commands import find_command
from bot.core.errors import DeliveryError, MessageGone, Refusal
from bot.core.model import Text
from bot.core.replies import Reply
from bot.frontends.telegram import cards, forms, panels
from bot.frontends.telegram.api import Body, Spot
from bot.frontends.telegram.files import fetched, require_size
from bot.frontends.telegram.keyboard import keyboard
from bot.frontends.telegram.limits import TEXT_CHARACTERS
from bot.frontends.telegram.panels import FILES, PROMPT, Panel
from bot.frontends.telegram.reader import Chat, Pressed, Said, Sender, Sent
from bot.frontends.telegram.render import cut, head_bold, length, quiet, words_of
from bot.frontends.telegram.speaker import Kit, Speaker

log = logging.getLogger(__name__)

_HINT_CHARACTERS: Final = 60
_QUOTE: Final = "quote"
_WANTED: Final = {"image": "image", "last_image": "image", "video": "video", "audio": "audio"}


class Panelist:
    """Cards and forms of everybody."""

    def __init__(self, kit: Kit, speaker: Speaker) -> None:
        self._kit = kit
        self._speaker = speaker
        speaker.open_form = self.open_form

    async def open_card(
        self,
        said: Said,
        *,
        values: dict[str, str] | None = None,
        files: tuple[tuple[str, Sent], ...] = (),
        first: str = "",
    ) -> None:
        """Put a card below somebody's message; `first` is the question it begins with.

        Raises:
            Forbidden, TryLater.
        """
        for _, file in files:
            require_size(file, local=self._kit.local, most_bytes=self._kit.desk.house.max_upload_bytes)
        panel = Panel(
            id=panels.new_id(),
            kind="card",
            chat=said.chat.id,
            topic=said.chat.topic,
            asked=said.id,
            person=_person(said.sender),
            name=said.sender.name,
            language=self._speaker.language(said.sender),
            values=values or {},
            files=files,
            open=first,
        )
        panel = await self._put(panel, said.sender)
        if not panel.values.get(PROMPT) and not first:
            await self._ask(panel, said.sender, PROMPT)

    async def open_form(self, chat: Chat, sender: Sender, reply_to: int, reply: Reply) -> None:
        """Put a form of the core below a message.

        Raises:
            Forbidden, TryLater.
        """
        view = reply.form
        assert view is not None
        language = self._speaker.language(sender)
        panel = Panel(
            id=panels.new_id(),
            kind="form",
            chat=chat.id,
            topic=chat.topic,
            asked=reply_to,
            person=_person(sender),
            name=sender.name,
            language=language,
            values=forms.values_of(view),
            action=view.action,
            target=view.target,
            title="\n".join(
                dict.fromkeys(self._kit.words.say(t, language) for t in (view.title, *reply.lines))
            ),
            submit=self._kit.words.say(view.submit, language),
            fields=forms.fields_of(view, self._kit.words, language),
        )
        if forms.only_choice(panel):
            panel = replace(panel, open=panel.fields[0].name)
        await self._put(panel, sender)

    # ---- buttons

    async def press(self, pressed: Pressed, words: tuple[str, ...]) -> None:
        """A button of a panel: its id, what to do, with what.

        Raises:
            Forbidden, TryLater.
        """
        kit, sender = self._kit, pressed.sender
        panel = await panels.by_id(kit.memory, words[0]) if len(words) > 1 else None
        if panel is None:
            return await self._alert(pressed, "telegram.panel_gone")
        if panel.person != _person(sender):
            return await self._alert(pressed, "telegram.not_yours")
        panel = replace(panel, message=pressed.message)
        step, rest = words[1], words[2:]
        if step == "go" or (step == "set" and forms.only_choice(panel)):
            if step == "set":
                panel = panel.with_value(rest[0], rest[1])
            return await self._go(panel, pressed)
        await kit.api.answer_press(pressed.query)
        if step == "close":
            await self._close(panel, sender)
        elif step == "ask":
            await self._ask(panel, sender, rest[0])
        else:
            await self._put(_stepped(panel, step, rest), sender, edit=True)

    # ---- answers in words and files

    async def answer(self, said: Said) -> bool:
        """Take a message as the answer to a panel, if it is one.

        Raises:
            Forbidden, TryLater.
        """
        kit, person = self._kit, _person(said.sender)
        panel = None
        if said.reply is not None and said.reply.by_bot:
            panel = await panels.at(kit.memory, said.chat.id, said.reply.id, person)
        elif said.chat.private:
            panel = await panels.waiting(kit.memory, said.chat.id, person)
        if panel is None or not (panel.asks or said.files):
            return False
        filled = self._filled(panel, said)
        if filled is None:
            return False
        if isinstance(filled, Refusal):
            await self._speaker.say(
                said.chat, said.sender, self._speaker.refused(filled, pays=False), reply_to=said.id
            )
            return True
        for message in (panel.prompt, panel.message):  # the panel comes down to where the talk is
            if message:
                with contextlib.suppress(DeliveryError):
                    await kit.api.remove(panel.chat, message)
        filled = replace(filled, message=0, asked=said.id)
        filled = await self._put(filled, said.sender)
        if filled.kind == "card" and not filled.values.get(PROMPT):
            await self._ask(filled, said.sender, PROMPT)
        return True

    def _filled(self, panel: Panel, said: Said) -> Panel | Refusal | None:
        if said.files:
            file = said.files[0]
            option = panel.asks if panel.asks in FILES else file.kind
            if panel.kind == "form" and panel.asks not in FILES and panel.asks:
                return None
            if _WANTED.get(option, file.kind) != file.kind and not (
                option == "audio" and file.kind == "video"
            ):
                return Refusal("wrong_kind", option=option, wanted=option, file=file.name, found=file.kind)
            try:
                require_size(file, local=self._kit.local, most_bytes=self._kit.desk.house.max_upload_bytes)
            except Refusal as refusal:
                return refusal
            filled = panel.with_file(option, file)
            if said.text and panel.kind == "card" and not panel.values.get(PROMPT):
                filled = filled.with_value(PROMPT, said.text)
            return filled
        if not said.text.strip():
            return None
        if panel.asks in FILES:  # words instead of a file
            return Refusal("wants_file", option=panel.asks)
        asked = panel.field(panel.asks)
        prompt = find_command("generate").option(PROMPT)
        most = asked.most if asked is not None else (prompt.most if prompt is not None else 0)
        if most and len(said.text) > most:
            return Refusal("too_many_characters", option=panel.asks, given=len(said.text), limit=most)
        return panel.with_value(panel.asks, said.text.strip())

    # ---- inside

    async def _ask(self, panel: Panel, sender: Sender, name: str) -> None:
        """Ask for the next answer in a message of its own that the app answers by itself."""
        kit = self._kit
        if panel.prompt:
            with contextlib.suppress(DeliveryError):
                await kit.api.remove(panel.chat, panel.prompt)
        asked = panel.field(name)
        text = (
            kit.words.say(Text(key="telegram.ask_field", facts={"name": asked.label}), panel.language)
            if asked is not None
            else kit.words.say(Text(key=f"telegram.ask_{name}"), panel.language)
        )
        hint = cut(kit.words.say(Text(key="telegram.ask_hint"), panel.language), _HINT_CHARACTERS)
        mention: tuple[MessageEntity, ...] = ()
        if panel.chat < 0:  # in a group the app of the one who is named opens the answer
            who = quiet(panel.name) or "👋"
            user = User(id=sender.id, first_name=who, is_bot=False)
            mention = (MessageEntity(type="text_mention", offset=0, length=length(who), user=user),)
            text = f"{who}: {text}"
        body = Body(
            text=text,
            entities=mention,
            markup=ForceReply(selective=True, input_field_placeholder=hint),
        )
        prompt = await kit.api.send(Spot(chat=panel.chat, topic=panel.topic), body)
        await panels.keep(kit.memory, replace(panel, asks=name, prompt=prompt, open=""))

    async def _put(self, panel: Panel, sender: Sender, *, edit: bool = False) -> Panel:
        """Show a panel as it stands now, and keep it."""
        kit = self._kit
        chat = Chat(id=panel.chat, kind="private" if panel.chat > 0 else "group", topic=panel.topic)
        if panel.kind == "card":
            actor = await kit.people.actor(chat, sender, panel.language)
            shown = await cards.show(kit.desk, actor, panel, kit.words)
        else:
            shown = forms.show(panel, kit.words)
        text = cut(shown.text, TEXT_CHARACTERS)
        body = Body(text=text, entities=head_bold(text), markup=await keyboard(kit.seal, shown.rows))
        panel = replace(panel, agreed=shown.agreed)
        if edit and panel.message:
            with contextlib.suppress(MessageGone):
                await panels.keep(kit.memory, panel)
                await kit.api.edit(panel.chat, panel.message, body)
                return panel
        spot = Spot(chat=panel.chat, topic=panel.topic, reply_to=panel.asked)
        panel = replace(panel, message=await kit.api.send(spot, body))
        await panels.keep(kit.memory, panel)
        return panel

    async def _close(self, panel: Panel, sender: Sender) -> None:
        kit = self._kit
        await kit.memory.drop_panel(panel.id)
        for message in (panel.prompt, panel.message):
            if message:
                with contextlib.suppress(DeliveryError):
                    await kit.api.remove(panel.chat, message)

    async def _go(self, panel: Panel, pressed: Pressed) -> None:
        """The last button: what the panel asks for is asked of the core, once."""
        kit, speaker = self._kit, self._speaker
        await kit.api.answer_press(pressed.query)
        reply: Reply | None
        try:
            async with fetched(kit.api.bot, kit.desk, panel.files, local=kit.local) as attached:
                reply = await self._carry_out(panel, pressed, attached)
        except Refusal as refusal:
            reply = speaker.refused(refusal)
        if reply is not None and reply.kind == "refusal":  # the panel stays, to be changed
            await panels.keep(kit.memory, panel)
            await speaker.say(pressed.chat, pressed.sender, reply, reply_to=panel.message)
            return
        await kit.memory.drop_panel(panel.id)
        if panel.prompt:
            with contextlib.suppress(DeliveryError):
                await kit.api.remove(panel.chat, panel.prompt)
        if reply is None:
            return
        shown = await speaker.say(
            pressed.chat, pressed.sender, reply, reply_to=panel.asked, edit=panel.message
        )
        if shown != panel.message:
            with contextlib.suppress(DeliveryError):
                await kit.api.remove(panel.chat, panel.message)

    async def _carry_out(self, panel: Panel, pressed: Pressed, attached: Any) -> Reply | None:
        """Ask the core; None if it was asked before."""
        kit = self._kit
        actor = await kit.people.actor(pressed.chat, pressed.sender, panel.language)
        to = self._speaker.destination(
            pressed.chat,
            pressed.sender,
            reply_to=panel.asked,
            answer=panel.message,
            spoiler=panel.values.get("spoiler") == "on",
        )
        key = f"telegram:panel:{panel.id}"
        if panel.kind == "form":
            return await kit.dispatch.submit(
                actor,
                panel.action,
                panel.target,
                panel.values,
                destination=to,
                request_key=key,
                attachments=attached or None,
            )
        if await self._bought(panel, actor.person.key, actor.person.name):
            return None
        reply = await kit.dispatch.command(
            actor,
            "generate",
            cards.options_of(panel),
            destination=to,
            request_key=key,
            attachments=attached,
        )
        if reply.kind == "quote" and cards.same(panel.agreed, reply.facts):
            # The button said this very price, so it is the answer to the quote; noted first, so that a
            # crash right after it does not buy again.
            quote = str(reply.facts["quote"])
            await panels.keep(kit.memory, replace(panel, agreed={**panel.agreed, _QUOTE: quote}))
            return await kit.dispatch.press(actor, "confirm", quote, destination=to, request_key=key)
        return reply

    async def _bought(self, panel: Panel, person: str, name: str) -> bool:
        """Whether an earlier run of the bot got as far as the job."""
        quote = panel.agreed.get(_QUOTE)
        if not quote:
            return False
        store = self._kit.desk.store
        jobs = await store.jobs_of(await store.wallet(person, name), limit=20)
        return any(job.request_key == f"quote:{quote}" for job in jobs)

    async def _alert(self, pressed: Pressed, key: str) -> None:
        words = words_of(self._speaker.notice(key), self._kit.words, self._speaker.language(pressed.sender))
        await self._kit.api.answer_press(pressed.query, words, alert=True)


def _stepped(panel: Panel, step: str, rest: tuple[str, ...]) -> Panel:
    """A panel after one of its buttons."""
    if step == "open" and rest:
        return replace(panel, open=rest[0], page=0)
    if step == "page" and len(rest) == 2 and rest[1].isdigit():
        return replace(panel, open=rest[0], page=int(rest[1]))
    if step == "set" and len(rest) == 2:
        return panel.with_value(*rest)
    if step == "drop" and rest:
        return panel.without_file(rest[0])
    return replace(panel, open="", page=0)


def _person(sender: Sender) -> str:
    return f"telegram:{sender.id}"
