"""The fake Discord's gateway: hello, identify, heartbeats, resume, reconnect (op 7), invalid session (op 9).

Events are compressed as one zlib stream for each connection. A session keeps its events, so that a connection
that was lost hears what it missed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes import discord_shapes as shapes
from tests.fakes.discord_world import TOKEN, World

PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
_FLUSH = b"\x00\x00\xff\xff"


@dataclass
class Session:
    """What a shard knows; outlives its connections. `sent` holds every event by number."""

    id: str
    shard: int
    shards: int
    intents: int
    sent: list[dict[str, Any]] = field(default_factory=list)
    connection: Connection | None = None


class Connection:
    """One web socket."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, compressed: bool
    ) -> None:
        self.socket = socket
        self.transport = transport
        self._squeeze = zlib.compressobj() if compressed else None

    async def send(self, payload: dict[str, Any]) -> None:
        """Send one message; one that is gone hears nothing."""
        if self.socket.closed:
            return
        text = json.dumps(payload)
        try:
            if self._squeeze is None:
                await self.socket.send_str(text)
            else:
                packed = self._squeeze.compress(text.encode()) + self._squeeze.flush(zlib.Z_SYNC_FLUSH)
                assert packed.endswith(_FLUSH)
                await self.socket.send_bytes(packed)
        except (ConnectionError, RuntimeError):
            return


class Gateway:
    """All shards of the one bot."""

    def __init__(self, world: World, url: Callable[[], str]) -> None:
        self.world = world
        self._url = url
        self.sessions: dict[str, Session] = {}
        self.heartbeat_seconds = 40.0
        self.drop_heartbeats = False
        self.refuse_resume = False
        self.identifies = 0
        self.resumes = 0
        self.heartbeats = 0
        self.complaints: list[str] = []
        self.ready = asyncio.Event()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection of a bot."""
        query = request.query
        compress = query.get("compress", "")
        if query.get("v") != "10" or query.get("encoding") != "json" or compress not in ("", "zlib-stream"):
            self.complaints.append(f"gateway: {dict(query)}")
            return web.Response(status=400)
        socket = web.WebSocketResponse(max_msg_size=4096)
        await socket.prepare(request)
        connection = Connection(socket, request.transport, bool(compress))
        hello = {"heartbeat_interval": round(self.heartbeat_seconds * 1000), "_trace": []}
        await connection.send({"op": 10, "d": hello, "s": None, "t": None})
        session: Session | None = None
        async for received in socket:
            if received.type != WSMsgType.TEXT:
                break
            session = await self._heard(connection, session, json.loads(received.data)) or session
        if session is not None and session.connection is connection:
            session.connection = None
        return socket

    async def emit(self, event: str, data: dict[str, Any], *, guild: int = 0) -> None:
        """Tell the shard of a server; direct messages go to shard 0."""
        for session in self._live():
            if self._shard_of(guild, session.shards) == session.shard:
                await self._tell(session, event, data)

    async def reconnect(self) -> None:
        """Ask every connection to come again (op 7)."""
        for session in self._live():
            if session.connection is not None:
                await session.connection.send({"op": 7, "d": None, "s": None, "t": None})

    async def invalidate(self) -> None:
        """Tell every session that it is over (op 9)."""
        for session in self._live():
            del self.sessions[session.id]
            if session.connection is not None:
                await session.connection.send({"op": 9, "d": False, "s": None, "t": None})

    def cut(self) -> None:
        """Break every connection without a word."""
        for session in self._live():
            if session.connection is not None and session.connection.transport is not None:
                session.connection.transport.abort()

    async def close(self) -> None:
        """End it."""
        for session in self._live():
            if session.connection is not None:
                await session.connection.socket.close(code=1001)

    @property
    def connected(self) -> bool:
        """Whether every session has a connection."""
        return bool(self.sessions) and all(s.connection is not None for s in self.sessions.values())

    def _live(self) -> list[Session]:
        return list(self.sessions.values())

    def _shard_of(self, guild: int, shards: int) -> int:
        return (guild >> 22) % shards if guild else 0

    async def _heard(
        self, connection: Connection, session: Session | None, message: dict[str, Any]
    ) -> Session | None:
        op, data = message.get("op"), message.get("d")
        if op == 1:
            self.heartbeats += 1
            if not self.drop_heartbeats:
                await connection.send({"op": 11, "d": None, "s": None, "t": None})
            return None
        if op == 2 and session is None and isinstance(data, dict):
            return await self._identified(connection, data)
        if op == 6 and session is None and isinstance(data, dict):
            return await self._resumed(connection, data)
        if op != 3:
            self.complaints.append(f"gateway op {op}")
            await connection.socket.close(code=4001)
        return None

    async def _identified(self, connection: Connection, data: dict[str, Any]) -> Session | None:
        self.identifies += 1
        if data.get("token") != TOKEN:
            await connection.socket.close(code=4004)
            return None
        if int(data["intents"]) & PRIVILEGED:
            self.complaints.append("privileged intents were asked for")
            await connection.socket.close(code=4014)
            return None
        shard, shards = data.get("shard") or [0, 1]
        session = Session(
            id=secrets.token_hex(16),
            shard=shard,
            shards=shards,
            intents=int(data["intents"]),
            connection=connection,
        )
        for old in self._live():
            if old.shard == shard:
                del self.sessions[old.id]
        self.sessions[session.id] = session
        mine = [
            g
            for g in self.world.guilds.values()
            if g.bot is not None and self._shard_of(g.id, shards) == shard
        ]
        await self._tell(
            session,
            "READY",
            {
                "v": 10,
                "user": shapes.user(self.world.bot) | {"verified": True, "mfa_enabled": False, "email": None},
                "guilds": [{"id": str(g.id), "unavailable": True} for g in mine],
                "session_id": session.id,
                "resume_gateway_url": self._url(),
                "shard": [shard, shards],
                "application": {"id": str(self.world.application), "flags": 0},
                "private_channels": [],
                "relationships": [],
                "presences": [],
                "_trace": [],
            },
        )
        for guild in mine:
            await self._tell(session, "GUILD_CREATE", shapes.guild(self.world, guild))
        if len(self.sessions) == shards:
            self.ready.set()
        return session

    async def _resumed(self, connection: Connection, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(str(data.get("session_id")))
        if session is None or self.refuse_resume or data.get("token") != TOKEN:
            if session is not None:
                del self.sessions[session.id]
            await connection.send({"op": 9, "d": False, "s": None, "t": None})
            return None
        self.resumes += 1
        session.connection = connection
        for event in session.sent[int(data.get("seq") or 0) :]:
            await connection.send(event)
        await self._tell(session, "RESUMED", {"_trace": []})
        return session

    async def _tell(self, session: Session, event: str, data: dict[str, Any]) -> None:
        payload = {"op": 0, "t": event, "s": len(session.sent) + 1, "d": data}
        session.sent.append(payload)
        if session.connection is not None:
            await session.connection.send(payload)
