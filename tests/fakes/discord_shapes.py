"""The fake Discord's values as its API shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.fakes.discord_world import (
    DM,
    EPHEMERAL,
    THREAD,
    Channel,
    Guild,
    Interaction,
    Message,
    User,
    World,
)


def stamp(milliseconds: int) -> str:
    """An instant as Discord writes it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def user(one: User) -> dict[str, Any]:
    """An account."""
    return {
        "id": str(one.id),
        "username": one.name.lower(),
        "global_name": one.name,
        "discriminator": "0",
        "avatar": None,
        "bot": one.bot,
        "flags": 0,
        "public_flags": 0,
    }


def application(world: World) -> dict[str, Any]:
    """The application that the bot belongs to."""
    return {
        "id": str(world.application),
        "name": "Talkreel",
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": world.application_flags,
        "owner": user(world.bot),
        "team": None,
        "rpc_origins": [],
        "summary": "",
        "install_params": None,
        "bot": user(world.bot),
    }


def member(world: World, guild: Guild, id: int) -> dict[str, Any]:
    """An account on a server."""
    return {
        "user": user(world.users[id]),
        "nick": None,
        "avatar": None,
        "roles": [str(role) for role in sorted(guild.members.get(id, ()))],
        "joined_at": stamp(guild.invited_ms),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "permissions": str(world.member_permissions(id, guild)),
    }


def role(id: int, name: str, permissions: int) -> dict[str, Any]:
    """A role."""
    return {
        "id": str(id),
        "name": name,
        "permissions": str(permissions),
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "position": 0,
        "flags": 0,
    }


def channel(world: World, one: Channel) -> dict[str, Any]:
    """A channel, a thread or direct messages."""
    made: dict[str, Any] = {"id": str(one.id), "type": one.type, "last_message_id": None}
    if one.type == DM:
        people = [user(world.users[id]) for id in one.people if id != world.bot.id]
        return made | {"recipients": people, "flags": 0}
    made |= {
        "guild_id": str(one.guild),
        "name": one.name,
        "position": 0,
        "nsfw": one.nsfw,
        "flags": 0,
        "permission_overwrites": [],
        "parent_id": str(one.parent) if one.parent else None,
        "rate_limit_per_user": 0,
        "topic": None,
    }
    if one.type == THREAD:
        made |= {
            "owner_id": str(world.bot.id),
            "message_count": 0,
            "member_count": 1,
            "total_message_sent": 0,
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": 1440,
                "archive_timestamp": stamp(world.now_ms()),
                "locked": False,
            },
        }
    return made


def guild(world: World, one: Guild) -> dict[str, Any]:
    """A server, as it is announced to the bot."""
    channels = [c for c in world.channels.values() if c.guild == one.id and not c.deleted]
    everyone = role(one.id, "@everyone", one.bot or 0)
    return {
        "id": str(one.id),
        "name": one.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": str(world.bot.id + 1),
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [everyone, *(role(id, name, 0) for id, name in one.roles.items())],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": one.premium_tier,
        "preferred_locale": one.locale,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
        "joined_at": stamp(one.invited_ms),
        "large": False,
        "unavailable": False,
        "member_count": len(one.members) + 1,
        "voice_states": [],
        "members": [member(world, one, world.bot.id)],
        "channels": [channel(world, c) for c in channels if c.type != THREAD],
        "threads": [channel(world, c) for c in channels if c.type == THREAD],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
    }


def message(world: World, one: Message, *, blind: bool = False, nested: bool = False) -> dict[str, Any]:
    """A message. `blind`: as the bot sees it that may not read what is not for it."""
    made: dict[str, Any] = {
        "id": str(one.id),
        "channel_id": str(one.channel),
        "author": user(world.users[one.author]),
        "content": "" if blind else one.content,
        "timestamp": stamp(world.now_ms()),
        "edited_timestamp": stamp(world.now_ms()) if one.edits else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user(world.users[id]) for id in one.mentions],
        "mention_roles": [],
        "attachments": [] if blind else one.attachments,
        "embeds": [],
        "components": [] if blind else one.components,
        "pinned": False,
        "type": 19 if one.reference else 0,
        "flags": one.flags,
    }
    if one.nonce:
        made["nonce"] = one.nonce
    home = world.channels.get(one.channel)
    if home is not None and home.guild:
        made["guild_id"] = str(home.guild)
        known = world.guilds.get(home.guild)
        if known is not None and one.author in known.members:
            made["member"] = {k: v for k, v in member(world, known, one.author).items() if k != "user"}
    if one.reference and not nested:
        made["message_reference"] = {"message_id": str(one.reference), "channel_id": str(one.channel)}
        referred = world.messages.get(one.reference)
        if referred is None or referred.deleted:
            made["referenced_message"] = None
        else:
            own = referred.author == world.bot.id
            made["referenced_message"] = message(world, referred, blind=blind and not own, nested=True)
    return made


def interaction(
    world: World, one: Interaction, data: dict[str, Any], *, source: Message | None
) -> dict[str, Any]:
    """An interaction as the bot is told of it."""
    home = world.channels[one.channel]
    guild_at = world.guilds.get(one.guild)
    installed = guild_at is not None and guild_at.bot is not None
    own_chat = home.type == DM and world.bot.id in home.people
    made: dict[str, Any] = {
        "id": str(one.id),
        "application_id": str(world.application),
        "type": one.type,
        "token": one.token,
        "version": 1,
        "data": data,
        "channel": channel(world, home),
        "channel_id": str(one.channel),
        "locale": world.users[one.user].locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(one.guild)} if installed else {"1": str(one.user)},
        "context": 0 if one.guild else 1 if own_chat else 2,
        "app_permissions": str(world.bot_permissions(home) if installed or own_chat else 0),
        "attachment_size_limit": world.promised_bytes
        or (guild_at.upload_bytes if guild_at is not None else 10 << 20),
    }
    if guild_at is not None:
        made["guild_id"] = str(one.guild)
        made["guild"] = {"id": str(one.guild), "locale": guild_at.locale, "features": []}
        made["guild_locale"] = guild_at.locale
        made["member"] = member(world, guild_at, one.user)
    else:
        made["user"] = user(world.users[one.user])
    if source is not None:
        made["message"] = message(world, source)
        if source.flags & EPHEMERAL:
            made["message"]["flags"] = source.flags
    return made
