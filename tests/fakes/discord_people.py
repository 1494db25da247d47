"""People on the fake Discord: they give commands, press, fill in forms and write, as a client lets them.

`forge=True` is a client of somebody's own making, which sends whatever it likes.
"""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes import discord_shapes as shapes
from tests.fakes.discord_world import (
    DM,
    EPHEMERAL,
    MANAGE_GUILD,
    VOICE,
    Channel,
    Guild,
    Interaction,
    Message,
    User,
    World,
    pressable,
)

if TYPE_CHECKING:
    from tests.fakes.discord import FakeDiscord

_WAIT_SECONDS = 10.0


class NotPossible(AssertionError):
    """A real client would not let anybody do this."""


@dataclass
class Exchange:
    """What somebody did, and what they see of the answer."""

    discord: FakeDiscord
    interaction: Interaction

    async def until(
        self, suits: Callable[[Interaction], bool], *, seconds: float = _WAIT_SECONDS
    ) -> Exchange:
        """Wait until the interaction is as wanted."""
        await self.discord.until(lambda: suits(self.interaction), seconds=seconds)
        return self

    async def acknowledged(self) -> Exchange:
        """Wait until the bot has said anything at all."""
        return await self.until(lambda one: one.state != "new")

    async def answered(self, *, seconds: float = _WAIT_SECONDS) -> Exchange:
        """Wait for the answer itself, not just "thinking"."""
        await self.until(lambda one: one.state not in ("new", "loading", "updating"), seconds=seconds)
        await asyncio.sleep(0)
        return self

    @property
    def message(self) -> Message:
        """The answer's message; it changes when the bot edits it."""
        assert self.interaction.original, self.interaction.state
        return self.discord.world.messages[self.interaction.original]

    @property
    def last(self) -> Message:
        """What was said last."""
        id = self.interaction.followups[-1] if self.interaction.followups else self.interaction.original
        return self.discord.world.messages[id]

    @property
    def text(self) -> str:
        """Everything that was answered, with follow-ups, as it reads."""
        found = [self.interaction.original, *self.interaction.followups]
        return plain("\n".join(self.discord.world.messages[id].content for id in found if id))

    @property
    def private(self) -> bool:
        """Whether only the person sees it."""
        return bool(self.message.flags & EPHEMERAL)

    @property
    def modal(self) -> dict[str, Any]:
        """The form that was opened."""
        assert self.interaction.modal is not None, self.interaction.state
        return self.interaction.modal


@dataclass
class Member:
    """A person at a client. `home` is the server they look at, or None in direct messages."""

    discord: FakeDiscord
    user: User
    home: Guild | None

    @property
    def world(self) -> World:
        """Where they live."""
        return self.discord.world

    # ---- commands

    async def slash(
        self,
        where: Channel,
        name: str,
        *,
        forge: bool = False,
        files: Mapping[str, Path] | None = None,
        **options: Any,
    ) -> Exchange:
        """Give a command."""
        data = self._command(where, name, options, files or {}, forge=forge)
        return await self._interact(2, where, data)

    async def ask(self, where: Channel, name: str, **options: Any) -> Exchange:
        """Give a command and wait for its answer."""
        return await (await self.slash(where, name, **options)).answered()

    async def type(
        self,
        where: Channel,
        name: str,
        focused: str,
        typed: str,
        *,
        files: Mapping[str, Path] | None = None,
        **options: Any,
    ) -> list[dict[str, Any]]:
        """What is suggested while an option is typed."""
        data = self._command(where, name, {**options, focused: typed}, files or {}, focused=focused)
        found = await (await self._interact(4, where, data)).until(lambda one: one.state == "choices")
        choices = found.interaction.choices or []
        assert len(choices) <= 25 and all(1 <= len(c["name"]) <= 100 for c in choices), choices
        return choices

    async def use_on(self, message: Message, name: str, *, forge: bool = False) -> Exchange:
        """A command from the menu of a message."""
        command = next((c for c in self.world.commands if c["name"] == name and c.get("type") == 3), None)
        if command is None:
            raise NotPossible(f"there is no message command {name}")
        data = {
            "id": command["id"],
            "name": name,
            "type": 3,
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): shapes.message(self.world, message)}},
        }
        return await self._interact(2, self.world.channels[message.channel], data)

    # ---- buttons and forms

    async def press(self, message: Message, label: str, *, custom_id: str = "") -> Exchange:
        """Press a button by what stands on it; with `custom_id` one that is forged."""
        if not custom_id:
            self._must_see(message)
            found = [b for b in pressable(message.components) if b.get("label") == label]
            if not found:
                raise NotPossible(f"no button {label!r} among {message.buttons()}")
            custom_id = str(found[0]["custom_id"])
        data = {"custom_id": custom_id, "component_type": 2, "id": 2}
        return await self._interact(3, self.world.channels[message.channel], data, source=message)

    async def submit(
        self,
        form: Exchange,
        values: Mapping[str, str],
        *,
        files: Mapping[str, Sequence[Path]] | None = None,
        custom_id: str = "",
    ) -> Exchange:
        """Send a form: answers by the names of its places, the others as they stand."""
        modal, places = form.modal, []
        where = self.world.channels[form.interaction.channel]
        unknown = set(values) | set(files or {})
        resolved: dict[str, Any] = {}
        for place in modal["components"]:
            if place["type"] == 10:  # a text comes back without its words
                places.append({"type": 10, "id": 1})
                continue
            inner = place["component"]
            name = inner["custom_id"]
            unknown.discard(name)
            answer = self._filled(inner, values.get(name))
            if inner["type"] == 19:
                uploads = [self._upload(where, path) for path in (files or {}).get(name, ())]
                resolved |= {upload["id"]: upload for upload in uploads}
                answer["values"] = [upload["id"] for upload in uploads]
            placed: dict[str, Any] = {"type": 18, "id": 1, "component": answer}
            places.append(placed)
        if unknown:
            raise NotPossible(f"the form has no {unknown}")
        data: dict[str, Any] = {"custom_id": custom_id or modal["custom_id"], "components": places}
        if resolved:
            data["resolved"] = {"attachments": resolved}
        source = self.world.messages.get(form.interaction.source)
        return await self._interact(5, where, data, source=source)

    # ---- messages

    async def write(
        self,
        where: Channel,
        text: str = "",
        *,
        files: Sequence[Path] = (),
        voice: Path | None = None,
        voice_seconds: float = 4.0,
        reply_to: Message | None = None,
        ping: bool = True,
        mention: bool = False,
    ) -> Message:
        """Write a message; a voice message has no words."""
        if voice is not None and (text or files):
            raise NotPossible("a voice message has neither words nor files")
        mentions = {self.world.bot.id} if mention else set()
        if reply_to is not None and ping:
            mentions.add(reply_to.author)
        made = Message(
            id=self.world.snowflake(),
            channel=where.id,
            author=self.user.id,
            content=(f"<@{self.world.bot.id}> {text}".strip() if mention else text),
            mentions=tuple(mentions),
            reference=reply_to.id if reply_to is not None else 0,
            flags=VOICE if voice is not None else 0,
        )
        for path in [voice] if voice is not None else files:
            more = {"duration_secs": voice_seconds, "waveform": "AAAA"} if voice is not None else {}
            made.attachments.append(self._upload(where, path, **more))
        self.world.messages[made.id] = made
        blind = where.type != DM and self.world.bot.id not in made.mentions
        event = shapes.message(self.world, made, blind=blind)
        await self.discord.gateway.emit("MESSAGE_CREATE", event, guild=where.guild)
        return made

    def direct(self) -> Channel:
        """Their direct messages with the bot."""
        return self.world.direct(self.user.id)

    # ---- parts

    async def _interact(
        self, type: int, where: Channel, data: dict[str, Any], *, source: Message | None = None
    ) -> Exchange:
        one = Interaction(
            id=self.world.snowflake(),
            token=secrets.token_urlsafe(48),
            type=type,
            user=self.user.id,
            channel=where.id,
            guild=where.guild,
            created_ms=self.world.now_ms(),
            source=source.id if source is not None else 0,
        )
        self.world.interactions[one.token] = one
        event = shapes.interaction(self.world, one, data, source=source)
        await self.discord.gateway.emit("INTERACTION_CREATE", event, guild=where.guild)
        return Exchange(self.discord, one)

    def _command(
        self,
        where: Channel,
        name: str,
        options: Mapping[str, Any],
        files: Mapping[str, Path],
        *,
        forge: bool = False,
        focused: str = "",
    ) -> dict[str, Any]:
        head, _, sub = name.partition(" ")
        command = next((c for c in self.world.commands if c["name"] == head and c.get("type", 1) == 1), None)
        if command is None:
            raise NotPossible(f"there is no command /{head}")
        if not forge:
            self._must_be_offered(command, where)
        listed: list[dict[str, Any]] = command["options"]
        if sub:
            listed = next(o["options"] for o in command["options"] if o["name"] == sub)
        resolved: dict[str, Any] = {}
        given = []
        for option, value in {**options, **files}.items():
            if value is not None:
                given.append(
                    self._option(where, listed, option, value, resolved, forge=forge, focused=focused)
                )
        if not forge and not focused:
            lacking = {o["name"] for o in listed if o.get("required")} - set(options) - set(files)
            if lacking:
                raise NotPossible(f"/{name} needs {lacking}")
        inner = [{"type": 1, "name": sub, "options": given}] if sub else given
        data = {"id": command["id"], "name": head, "type": 1, "options": inner}
        return data | ({"resolved": resolved} if resolved else {})

    def _option(
        self,
        where: Channel,
        listed: Sequence[Mapping[str, Any]],
        name: str,
        value: Any,
        resolved: dict[str, Any],
        *,
        forge: bool,
        focused: str,
    ) -> dict[str, Any]:
        option = next((o for o in listed if o["name"] == name), None)
        if option is None:
            if not forge:
                raise NotPossible(f"no option {name}")
            return {"name": name, "type": 3, "value": str(value)}
        kind = int(option["type"])
        if kind == 11:
            described = self._upload(where, value)
            resolved.setdefault("attachments", {})[described["id"]] = described
            value = described["id"]
        elif kind == 6:
            person: User = value
            resolved.setdefault("users", {})[str(person.id)] = shapes.user(person)
            value = str(person.id)
        elif kind in (7, 8):
            value = str(value)
        elif not forge and name != focused:
            _must_fit(option, value)
        made = {"name": name, "type": kind, "value": value}
        return made | ({"focused": True} if name == focused else {})

    def _must_be_offered(self, command: Mapping[str, Any], where: Channel) -> None:
        here = 0 if where.guild else 1
        if here not in command.get("contexts", [0, 1, 2]):
            raise NotPossible(f"/{command['name']} is not offered there")
        wanted = command.get("default_member_permissions")
        guild = self.world.guilds.get(where.guild)
        if wanted is not None and guild is not None:
            may = self.world.member_permissions(self.user.id, guild)
            if not int(wanted) or not may & int(wanted) & MANAGE_GUILD:
                raise NotPossible(f"/{command['name']} is hidden from {self.user.name}")

    def _must_see(self, message: Message) -> None:
        if message.deleted:
            raise NotPossible("the message is deleted")
        if message.flags & EPHEMERAL and message.to != self.user.id:
            raise NotPossible("that answer is for somebody else")

    def _upload(self, where: Channel, path: Path, **more: Any) -> dict[str, Any]:
        data = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return self.discord.rest.attached(where, path.name, data, content_type=kind, **more)

    def _filled(self, inner: Mapping[str, Any], value: str | None) -> dict[str, Any]:
        name, kind = inner["custom_id"], inner["type"]
        made: dict[str, Any] = {"type": kind, "id": 2, "custom_id": name}
        if kind == 19:
            return made
        if kind == 3:
            known = [option["value"] for option in inner["options"]]
            chosen = [o["value"] for o in inner["options"] if o.get("default")] if value is None else [value]
            if not set(chosen) <= set(known):
                raise NotPossible(f"{name} offers {known}")
            return made | {"values": chosen}
        text = str(inner.get("value") or "") if value is None else value
        if len(text) > int(inner.get("max_length") or 4000) or (inner.get("required", True) and not text):
            raise NotPossible(f"{name} cannot be {text[:40]!r}")
        return made | {"value": text}


def _must_fit(option: Mapping[str, Any], value: Any) -> None:
    kinds: Mapping[int, type[Any]] = {3: str, 4: int, 5: bool}
    if type(value) is not kinds[int(option["type"])]:
        raise NotPossible(f"{option['name']} takes no {value!r}")
    if "choices" in option and value not in [choice["value"] for choice in option["choices"]]:
        raise NotPossible(f"{option['name']} does not offer {value!r}")
    if "max_length" in option and len(value) > option["max_length"]:
        raise NotPossible(f"{option['name']} is too long")
    if "min_value" in option and value < option["min_value"]:
        raise NotPossible(f"{option['name']} is too small")
    if "max_value" in option and value > option["max_value"]:
        raise NotPossible(f"{option['name']} is too large")


def plain(text: str) -> str:
    """As it reads: without the backslashes that keep markup off, and without no-break spaces."""
    return text.replace("\\", "").replace("\u00a0", " ")
