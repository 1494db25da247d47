"""Everything there is on the fake Discord: servers, channels, people, messages, interactions. Values only;
what is allowed is decided in `discord_rest.py`, what people do in `discord_people.py`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

EPOCH_MS = 1_420_070_400_000
TOKEN = "fake.bot.token"
VIEW, SEND, ATTACH, HISTORY = 1 << 10, 1 << 11, 1 << 15, 1 << 16
PUBLIC_THREADS, SEND_IN_THREADS = 1 << 35, 1 << 38
MANAGE_GUILD, ADMINISTRATOR = 1 << 5, 1 << 3
BOT_PERMISSIONS = VIEW | SEND | ATTACH | HISTORY | PUBLIC_THREADS | SEND_IN_THREADS
EPHEMERAL, VOICE = 1 << 6, 1 << 13
TEXT, DM, THREAD = 0, 1, 11


@dataclass
class User:
    """An account."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    takes_direct_messages: bool = True


@dataclass
class Guild:
    """A server. `members`: each person's role ids; `bot`: its permissions, or None if it is not there."""

    id: int
    name: str
    bot: int | None = BOT_PERMISSIONS
    upload_bytes: int = 10 << 20
    premium_tier: int = 0
    roles: dict[int, str] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=dict)
    admins: set[int] = field(default_factory=set)
    locale: str = "en-US"
    invited_ms: int = 0


@dataclass
class Channel:
    """A channel, a thread (`parent`) or direct messages (`guild` 0, `people`)."""

    id: int
    name: str
    type: int = TEXT
    guild: int = 0
    parent: int = 0
    nsfw: bool = False
    denied: int = 0
    people: tuple[int, ...] = ()
    deleted: bool = False


@dataclass
class Message:
    """A message and everything it ever said."""

    id: int
    channel: int
    author: int
    content: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    mentions: tuple[int, ...] = ()
    reference: int = 0
    flags: int = 0
    nonce: str = ""
    to: int = 0
    deleted: bool = False
    edits: int = 0
    contents: list[str] = field(default_factory=list)

    def buttons(self) -> list[tuple[str, str]]:
        """Label and name of every button."""
        return [(str(b.get("label", "")), str(b["custom_id"])) for b in pressable(self.components)]


@dataclass
class Interaction:
    """One command, press or form, and what came of it.

    `state` is `new`, then `loading` or `updating`, and `answered`, `modal` or `choices`.
    """

    id: int
    token: str
    type: int
    user: int
    channel: int
    guild: int
    created_ms: int
    state: str = "new"
    original: int = 0
    source: int = 0
    ephemeral: bool = False
    followups: list[int] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    acknowledged_at: float = 0.0


def pressable(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Buttons of action rows."""
    for row in components:
        yield from (one for one in row.get("components", ()) if one.get("type") == 2)


@dataclass
class World:
    """All of it. `ahead_ms` pushes the clock, by which interactions expire; `promised_bytes` is what
    interactions say that a file may have, where that is not the truth."""

    ahead_ms: int = 0
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    syncs: int = 0
    files: dict[int, bytes] = field(default_factory=dict)
    expired_files: set[int] = field(default_factory=set)
    promised_bytes: int = 0
    application_flags: int = 0
    acknowledged: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.bot = User(id=self.snowflake(), name="Talkreel", bot=True)
        self.users[self.bot.id] = self.bot
        self.application = self.snowflake()

    def now_ms(self) -> int:
        """Milliseconds since 1970, as this Discord has it."""
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def snowflake(self) -> int:
        """A new id; ids grow with time."""
        return ((self.now_ms() - EPOCH_MS) << 22) | (next(self._numbers) & 0x3FFFFF)

    def guild(self, name: str = "Film club", **more: Any) -> Guild:
        """A new server."""
        made = Guild(id=self.snowflake(), name=name, invited_ms=self.now_ms(), **more)
        self.guilds[made.id] = made
        return made

    def channel(self, guild: Guild, name: str = "general", **more: Any) -> Channel:
        """A new channel in it."""
        made = Channel(id=self.snowflake(), name=name, guild=guild.id, **more)
        self.channels[made.id] = made
        return made

    def user(self, name: str, **more: Any) -> User:
        """A new person."""
        made = User(id=self.snowflake(), name=name, **more)
        self.users[made.id] = made
        return made

    def direct(self, user: int) -> Channel:
        """The direct messages of a person with the bot."""
        for channel in self.channels.values():
            if channel.type == DM and user in channel.people:
                return channel
        made = Channel(id=self.snowflake(), name="", type=DM, people=(user, self.bot.id))
        self.channels[made.id] = made
        return made

    def in_channel(self, channel: int) -> list[Message]:
        """What everybody can read there, oldest first."""
        return [
            m
            for m in self.messages.values()
            if m.channel == channel and not m.deleted and not m.flags & EPHEMERAL
        ]

    def bot_permissions(self, channel: Channel) -> int:
        """What the bot may do there."""
        if channel.type == DM:
            return BOT_PERMISSIONS
        guild = self.guilds.get(channel.guild)
        if guild is None or guild.bot is None:
            return 0
        denied = channel.denied
        if channel.parent:
            denied |= self.channels[channel.parent].denied
        return guild.bot & ~denied

    def member_permissions(self, user: int, guild: Guild) -> int:
        """What a person may do on a server."""
        plain = VIEW | SEND | ATTACH | HISTORY
        return plain | MANAGE_GUILD if user in guild.admins else plain
