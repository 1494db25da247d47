"""Who asks, where, for what: Discord's events as the core's values. Decides one thing only, who is an admin:
whoever may manage the server, in a server that installed the bot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import discord

from bot.core.commands import Command, find_command
from bot.core.model import DIRECT, Actor, Destination, Person
from bot.frontends.discord.limits import TO_POST, TO_POST_IN_THREADS, limits, missing
from bot.frontends.discord.memory import Memory
from bot.frontends.discord.menu import expanded

USER: Final = "user"  # in Destination.extra: the id of the person
GUILD: Final = "guild"  # of the server, or absent
ASK: Final = "ask"  # the interaction that asked, while it can still be answered
NEW_THREAD: Final = "new_thread"  # the clip gets a thread of its own; the value is its name
_SETTING_THREAD: Final = "thread_per_request"
_SETTING_SPOILER: Final = "spoiler"
_TRUE: Final = frozenset({"True", "true", "on", "1"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something was asked.

    Attributes:
        guild: the server's id; 0 in direct messages and where the bot was only installed by a user.
        channel: a channel, or the parent of a thread.
        thread: a thread, or 0.
        age_restricted: clips are hidden behind a click.
        lacking: permissions that the bot would need to post there, by name.
        postable: the bot can post there at all: it is in the server, or this is its own direct message.
        hint_bytes: the largest file, as Discord says.
    """

    guild: int
    channel: int
    thread: int = 0
    age_restricted: bool = False
    lacking: tuple[str, ...] = ()
    postable: bool = True
    hint_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Given:
    """A command with its options as they were given.

    Attributes:
        name: as in the table.
        options: raw values without files.
        files: attachments by option, as Discord describes them.
        focused: the option that is being typed, or "".
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    focused: str = ""


def place_of(interaction: discord.Interaction[Any]) -> Place:
    """Where an interaction comes from."""
    channel = interaction.channel
    channel_id = channel.id if channel is not None else 0
    at_home = _at_home(interaction)
    own_chat = interaction.guild_id is None and bool(interaction.context.dm_channel)
    thread, parent, restricted = 0, channel_id, _restricted(channel)
    if isinstance(channel, discord.Thread):
        thread, parent = channel.id, channel.parent_id
        restricted = restricted or _restricted(channel.parent)
    wanted = TO_POST_IN_THREADS if thread else TO_POST
    return Place(
        guild=(interaction.guild_id or 0) if at_home else 0,
        channel=parent,
        thread=thread,
        age_restricted=restricted,
        lacking=missing(interaction.app_permissions.value, wanted) if at_home else (),
        postable=at_home or own_chat,
        hint_bytes=interaction.filesize_limit,
    )


def _at_home(interaction: discord.Interaction[Any]) -> bool:
    """Whether the server has the bot itself, not only somebody on it who installed it for themselves."""
    if interaction.guild_id is None or interaction.is_guild_integration():
        return interaction.guild_id is not None
    known = interaction.client.get_guild(interaction.guild_id) is not None
    return known and not interaction.is_user_integration()


def place_of_message(message: discord.Message) -> Place:
    """Where a message was written."""
    channel, guild = message.channel, message.guild
    thread, parent = 0, channel.id
    restricted = _restricted(channel)
    if isinstance(channel, discord.Thread):
        thread, parent = channel.id, channel.parent_id
        restricted = restricted or _restricted(channel.parent)
    return Place(
        guild=guild.id if guild is not None else 0,
        channel=parent,
        thread=thread,
        age_restricted=restricted,
        hint_bytes=guild.filesize_limit if guild is not None else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES,
    )


def actor_of(
    user: discord.User | discord.Member | discord.Object,
    place: Place,
    *,
    server_name: str,
    admin: bool,
    language: str,
    operators: frozenset[str],
) -> Actor:
    """Somebody where they are. Admin rights count in a server that has the bot, and nowhere else."""
    person = Person(platform="discord", id=str(user.id), name=getattr(user, "display_name", ""))
    roles = tuple(str(role) for role in getattr(user, "_roles", ())) if place.guild else ()
    return Actor(
        person=person,
        server=f"discord:{place.guild}" if place.guild else DIRECT,
        server_name=server_name if place.guild else "",
        channel=f"discord:{place.channel}",
        roles=roles,
        admin=admin and bool(place.guild),
        operator=person.key in operators,
        language=language,
    )


def destination_of(
    actor: Actor,
    place: Place,
    memory: Memory,
    settings: Mapping[str, Any],
    *,
    ask: str = "",
    prompt: str = "",
    reply_to: str = "",
) -> Destination:
    """Where the clip goes: the same channel or thread, or a new thread where the server wants one."""
    extra = {USER: actor.person.id}
    if place.guild:
        extra[GUILD] = str(place.guild)
    if ask:
        extra[ASK] = ask
    if place.guild and not place.thread and str(settings.get(_SETTING_THREAD, "")) in _TRUE:
        extra[NEW_THREAD] = prompt or actor.person.name
    spoiler = place.age_restricted or str(settings.get(_SETTING_SPOILER, "")) in _TRUE
    return Destination(
        platform="discord",
        channel=str(place.channel),
        thread=str(place.thread) if place.thread else "",
        reply_to=reply_to,
        spoiler=spoiler,
        language=actor.language,
        limits=limits(memory.upload_bytes(server_of(place.guild), place.hint_bytes)),
        extra=extra,
    )


def private_destination(actor: Actor, memory: Memory, *, ask: str = "") -> Destination:
    """A person's direct messages. The channel is looked up when something is sent."""
    extra = {USER: actor.person.id} | ({ASK: ask} if ask else {})
    return Destination(
        platform="discord",
        channel=actor.person.key,
        private=True,
        language=actor.language,
        limits=limits(memory.upload_bytes(DIRECT, discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES)),
        extra=extra,
    )


def server_of(guild: int | str) -> str:
    """The core's name of a server."""
    return f"discord:{guild}" if guild and guild != "0" else DIRECT


def given(data: Mapping[str, Any]) -> Given:
    """The command of an interaction; options that the table does not know are kept, to be refused by it."""
    name = str(data.get("name", ""))
    listed = data.get("options") or []
    while listed and listed[0].get("type") in (1, 2):
        name = f"{name} {listed[0]['name']}"
        listed = listed[0].get("options") or []
    attachments: Mapping[str, Any] = (data.get("resolved") or {}).get("attachments") or {}
    known = _names(find_command(name))
    options: dict[str, Any] = {}
    files: dict[str, list[dict[str, Any]]] = {}
    focused = ""
    for one in listed:
        option = known.get(one["name"], one["name"])
        if one.get("focused"):
            focused = option
        if one.get("type") == 11:
            described = attachments.get(str(one["value"]))
            files.setdefault(option, []).append(dict(described or {"id": str(one["value"])}))
        else:
            options[option] = one.get("value")
    return Given(name=name, options=options, files=files, focused=focused)


def _names(command: Command) -> dict[str, str]:
    return {name: option.name for name, option in expanded(command).items()}


def _restricted(channel: Any) -> bool:
    return bool(getattr(channel, "nsfw", False))
