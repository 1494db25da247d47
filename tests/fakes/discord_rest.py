"""What the fake Discord's API does: commands, answers to interactions, messages, threads, files.

Errors have Discord's own codes (https://discord.com/developers/docs/topics/opcodes-and-status-codes, read in
November 2026). Whoever calls is checked in `discord_desk.py`.
"""

from __future__ import annotations

import hashlib
import mimetypes
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tests.fakes import discord_shapes as shapes
from tests.fakes.discord_desk import ApiError, Asked, Desk
from tests.fakes.discord_world import (
    ATTACH,
    DM,
    EPHEMERAL,
    HISTORY,
    PUBLIC_THREADS,
    SEND,
    SEND_IN_THREADS,
    THREAD,
    VIEW,
    Channel,
    Interaction,
    Message,
    World,
)

TOKEN_MS = 15 * 60_000
ANSWER_MS = 3000
NONCE_MS = 5 * 60_000
LINK_SECONDS = 24 * 3600


class Rest:
    """Carries calls out on a world."""

    def __init__(self, world: World, base: Callable[[], str], gateway: Callable[[], str]) -> None:
        self.world = world
        self._base = base
        self._gateway = gateway
        self.shards = 1
        self.starts_left = 999
        self.changed: Callable[[], None] = lambda: None
        self._nonces: dict[tuple[int, str], int] = {}

    def routes(self, desk: Desk) -> list[web.RouteDef]:
        """Everything that is answered."""
        message = "/channels/{channel_id}/messages/{message_id}"
        original = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
        return [
            desk.route("GET", "/users/@me", lambda _: shapes.user(self.world.bot)),
            desk.route("GET", "/oauth2/applications/@me", self._application),
            desk.route("GET", "/applications/@me", self._application),
            desk.route("GET", "/users/@me/guilds", self._guilds),
            desk.route("GET", "/gateway/bot", self._connect),
            desk.route("PUT", "/applications/{application_id}/commands", self._sync),
            desk.route("POST", "/users/@me/channels", self._direct),
            desk.route("POST", "/channels/{channel_id}/messages", self._send),
            desk.route("GET", message, self._get),
            desk.route("PATCH", message, self._edit),
            desk.route("DELETE", message, self._delete),
            desk.route("POST", f"{message}/threads", self._thread),
            desk.route(
                "POST",
                "/interactions/{interaction_id}/{interaction_token}/callback",
                self._callback,
                public=True,
            ),
            desk.route("GET", original, self._original, public=True),
            desk.route("PATCH", original, self._edit_original, public=True),
            desk.route("POST", "/webhooks/{webhook_id}/{webhook_token}", self._follow, public=True),
            web.get("/cdn/attachments/{channel}/{id}/{name}", self._file),
        ]

    # ---- the bot itself

    def _application(self, asked: Asked) -> dict[str, Any]:
        return shapes.application(self.world)

    def _guilds(self, asked: Asked) -> list[dict[str, Any]]:
        return [
            {
                "id": str(g.id),
                "name": g.name,
                "icon": None,
                "owner": False,
                "permissions": str(g.bot),
                "features": [],
            }
            for g in self.world.guilds.values()
            if g.bot is not None
        ]

    def _connect(self, asked: Asked) -> dict[str, Any]:
        limit = {
            "total": 1000,
            "remaining": self.starts_left,
            "reset_after": 3_600_000,
            "max_concurrency": 16,
        }
        return {"url": self._gateway(), "shards": self.shards, "session_start_limit": limit}

    def _sync(self, asked: Asked) -> list[dict[str, Any]]:
        if asked.id("application_id") != self.world.application:
            raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
        self.world.syncs += 1
        self.world.commands = [
            {
                **command,
                "id": str(self.world.snowflake()),
                "application_id": str(self.world.application),
                "version": "1",
            }
            for command in asked.body
        ]
        return self.world.commands

    # ---- ordinary messages

    def _direct(self, asked: Asked) -> dict[str, Any]:
        user = int(asked.body["recipient_id"])
        if user not in self.world.users:
            raise ApiError(400, 50033, "Invalid Recipient(s)")
        return shapes.channel(self.world, self.world.direct(user))

    def _send(self, asked: Asked) -> dict[str, Any]:
        channel = self._open(asked)
        nonce = str(asked.body.get("nonce") or "")
        known = self._nonces.get((channel.id, nonce)) if asked.body.get("enforce_nonce") and nonce else None
        if known is not None and self.world.now_ms() - (known >> 22) - 1_420_070_400_000 < NONCE_MS:
            return shapes.message(self.world, self.world.messages[known])
        made = self._made(channel, asked, to=0)
        if nonce:
            self._nonces[(channel.id, nonce)] = made.id
        return shapes.message(self.world, made)

    def _get(self, asked: Asked) -> dict[str, Any]:
        return shapes.message(self.world, self._message(asked))

    def _edit(self, asked: Asked) -> dict[str, Any]:
        found = self._message(asked)
        if found.author != self.world.bot.id:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        if asked.files and not self.world.bot_permissions(self.world.channels[found.channel]) & ATTACH:
            raise ApiError(403, 50013, "Missing Permissions")
        self._changed(found, asked)
        return shapes.message(self.world, found)

    def _delete(self, asked: Asked) -> None:
        self._message(asked).deleted = True
        self.changed()

    def _thread(self, asked: Asked) -> dict[str, Any]:
        found = self._message(asked)
        home = self.world.channels[found.channel]
        if not self.world.bot_permissions(home) & PUBLIC_THREADS:
            raise ApiError(403, 50013, "Missing Permissions")
        if found.id in self.world.channels:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        made = Channel(id=found.id, name=asked.body["name"], type=THREAD, guild=home.guild, parent=home.id)
        self.world.channels[made.id] = made
        return shapes.channel(self.world, made)

    # ---- answers to interactions

    def _callback(self, asked: Asked) -> Any:
        one = self.world.interactions.get(asked.values["interaction_token"])
        if one is None or one.id != asked.id("interaction_id"):
            raise ApiError(404, 10062, "Unknown interaction")
        if one.state != "new":
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self.world.now_ms() - one.created_ms > ANSWER_MS:
            raise ApiError(404, 10062, "Unknown interaction")
        one.acknowledged_at = time.perf_counter()
        self.world.acknowledged += 1
        kind, data = int(asked.body["type"]), asked.body.get("data") or {}
        if (kind == 8) != (one.type == 4):
            raise ApiError(400, 50035, "Invalid Form Body", errors={"type": {}})
        if kind == 8:
            one.choices, one.state = data.get("choices", []), "choices"
        elif kind == 9:
            if one.type == 5:
                raise ApiError(400, 50035, "Invalid Form Body", errors={"type": {}})
            one.modal, one.state = data, "modal"
        elif kind == 5:
            one.state, one.ephemeral = "loading", bool(int(data.get("flags") or 0) & EPHEMERAL)
        elif kind in (6, 7):
            if one.type != 3:
                raise ApiError(400, 50035, "Invalid Form Body", errors={"type": {}})
            one.original, one.state = one.source, "answered" if kind == 7 else "updating"
            if kind == 7:
                self._changed(self.world.messages[one.source], Asked("", "", {}, {}, data, asked.files))
        else:
            one.ephemeral = bool(int(data.get("flags") or 0) & EPHEMERAL)
            made = self._made(
                self.world.channels[one.channel], Asked("", "", {}, {}, data, asked.files), to=one.user
            )
            one.original, one.state = made.id, "answered"
        self.changed()
        if asked.query.get("with_response") not in ("true", "1"):
            return None
        answer: dict[str, Any] = {
            "interaction": {"id": str(one.id), "type": one.type, "response_message_ephemeral": one.ephemeral}
        }
        if one.original and kind in (4, 7):
            shown = shapes.message(self.world, self.world.messages[one.original])
            answer["interaction"]["response_message_id"] = str(one.original)
            answer["resource"] = {"type": kind, "message": shown}
        else:
            answer["interaction"]["response_message_loading"] = one.state == "loading"
        return answer

    def _original(self, asked: Asked) -> dict[str, Any]:
        one = self._alive(asked)
        if not one.original:
            raise ApiError(404, 10008, "Unknown Message")
        return shapes.message(self.world, self.world.messages[one.original])

    def _edit_original(self, asked: Asked) -> dict[str, Any]:
        one = self._alive(asked)
        if one.original:
            found = self.world.messages[one.original]
            if found.deleted:
                raise ApiError(404, 10008, "Unknown Message")
            self._changed(found, asked)
        else:
            found = self._made(
                self.world.channels[one.channel],
                asked,
                to=one.user,
                flags=EPHEMERAL if one.ephemeral else 0,
            )
            one.original = found.id
        one.state = "answered"
        self.changed()
        return shapes.message(self.world, found)

    def _follow(self, asked: Asked) -> dict[str, Any]:
        one = self._alive(asked)
        if one.state == "loading":
            raise ApiError(400, 40060, "answer the deferred interaction by editing its original first")
        installed = self.world.guilds.get(one.guild)
        if one.guild and (installed is None or installed.bot is None) and len(one.followups) >= 5:
            raise ApiError(400, 40094, "Maximum number of follow up messages reached")
        made = self._made(self.world.channels[one.channel], asked, to=one.user)
        one.followups.append(made.id)
        one.state = "answered"
        return shapes.message(self.world, made)

    def _alive(self, asked: Asked) -> Interaction:
        one = self.world.interactions.get(asked.values["webhook_token"])
        if (
            one is None
            or asked.id("webhook_id") != self.world.application
            or one.state in ("new", "choices", "modal")
        ):
            raise ApiError(404, 10015, "Unknown Webhook")
        if self.world.now_ms() - one.created_ms > TOKEN_MS:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return one

    # ---- parts

    def _open(self, asked: Asked) -> Channel:
        """The channel, if the bot may write what it wants to write there."""
        channel = self.world.channels.get(asked.id("channel_id"))
        if channel is None or channel.deleted:
            raise ApiError(404, 10003, "Unknown Channel")
        if channel.type == DM:
            people = [self.world.users[id] for id in channel.people if id != self.world.bot.id]
            if not all(person.takes_direct_messages for person in people):
                raise ApiError(403, 50007, "Cannot send messages to this user")
            return channel
        may = self.world.bot_permissions(channel)
        if not may & VIEW:
            raise ApiError(403, 50001, "Missing Access")
        needed = SEND_IN_THREADS if channel.type == THREAD else SEND
        if not may & needed or (asked.files and not may & ATTACH):
            raise ApiError(403, 50013, "Missing Permissions")
        if asked.body and asked.body.get("message_reference") and not may & HISTORY:
            raise ApiError(400, 160002, "Cannot reply without permission to read message history")
        return channel

    def _message(self, asked: Asked) -> Message:
        channel = self.world.channels.get(asked.id("channel_id"))
        if channel is None or channel.deleted:
            raise ApiError(404, 10003, "Unknown Channel")
        if not self.world.bot_permissions(channel) & VIEW:
            raise ApiError(403, 50001, "Missing Access")
        found = self.world.messages.get(asked.id("message_id"))
        if found is None or found.deleted or found.channel != channel.id or found.flags & EPHEMERAL:
            raise ApiError(404, 10008, "Unknown Message")
        return found

    def _made(self, channel: Channel, asked: Asked, *, to: int, flags: int = 0) -> Message:
        body: Mapping[str, Any] = asked.body or {}
        reference = int((body.get("message_reference") or {}).get("message_id") or 0)
        if not body.get("content") and not asked.files and not body.get("components"):
            raise ApiError(400, 50006, "Cannot send an empty message")
        mentioned = (body.get("allowed_mentions") or {}).get("users") or []
        made = Message(
            id=self.world.snowflake(),
            channel=channel.id,
            author=self.world.bot.id,
            content=str(body.get("content") or ""),
            components=list(body.get("components") or []),
            mentions=tuple(int(id) for id in mentioned if f"<@{id}>" in str(body.get("content"))),
            reference=reference,
            flags=int(body.get("flags") or 0) | flags,
            nonce=str(body.get("nonce") or ""),
            to=to,
        )
        made.attachments = self._uploaded(channel, asked)
        made.contents.append(made.content)
        self.world.messages[made.id] = made
        self.changed()
        return made

    def _changed(self, found: Message, asked: Asked) -> None:
        body: Mapping[str, Any] = asked.body or {}
        if "attachments" in body or asked.files:
            kept = {str(one["id"]) for one in body.get("attachments") or []}
            uploaded = self._uploaded(self.world.channels[found.channel], asked)
            found.attachments = [one for one in found.attachments if one["id"] in kept] + uploaded
        if "content" in body:
            found.content = str(body["content"] or "")
            found.contents.append(found.content)
        if "components" in body:
            found.components = list(body["components"] or [])
        found.edits += 1
        self.changed()

    def _uploaded(self, channel: Channel, asked: Asked) -> list[dict[str, Any]]:
        guild = self.world.guilds.get(channel.guild)
        limit = guild.upload_bytes if guild is not None else 10 << 20
        if any(len(data) > limit for _, data in asked.files.values()):
            raise ApiError(413, 40005, "Request entity too large")
        described = {int(one["id"]): one for one in (asked.body or {}).get("attachments") or []}
        return [
            self.attached(
                channel, described[number].get("filename") or name, data, described[number].get("description")
            )
            for number, (name, data) in sorted(asked.files.items())
        ]

    def attached(
        self, channel: Channel, name: str, data: bytes, description: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A file on the file server, as messages and options describe it."""
        id = self.world.snowflake()
        self.world.files[id] = data
        expires = f"{self.world.now_ms() // 1000 + LINK_SECONDS:x}"
        plain = f"{self._base()}/cdn/attachments/{channel.id}/{id}/{name}"
        made = {
            "id": str(id),
            "filename": name,
            "size": len(data),
            "url": f"{plain}?ex={expires}&is=0&hm={_signed(id, expires)}",
            "proxy_url": plain,
            "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
            **more,
        }
        if description:
            made["description"] = description
        return made

    async def _file(self, request: web.Request) -> web.StreamResponse:
        id = int(request.match_info["id"])
        expires = request.query.get("ex", "0")
        right = request.query.get("hm") == _signed(id, expires)
        if id not in self.world.files or not right or id in self.world.expired_files:
            return web.Response(status=404, text="This content is no longer available.")
        if int(expires, 16) < self.world.now_ms() // 1000:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=self.world.files[id])


def _signed(id: int, expires: str) -> str:
    return hashlib.sha256(f"{id}:{expires}".encode()).hexdigest()
