"""The page's own memory: every message of every person, in `<data>/web.db`.

To the core this is the chat platform, as Discord is one; it holds no money and no jobs. Progress in between
two stages is kept in memory only, as the engine says it again after a restart.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Protocol

import aiosqlite

from bot.core.errors import StorageFull
from bot.core.ports import Clock
from bot.frontends.web.bubble import Bubble, from_json, to_json

FILE: Final = "web.db"
_HEAD = re.compile(r"^-- name: (\w+)\n-- \S.*\n", re.MULTILINE)
_LAST = 2**62

Edit = Callable[[Bubble | None], Bubble | None]


class Listener(Protocol):
    """Is told of every change."""

    def __call__(self, bubble: Bubble) -> None:
        """A message is new or has changed."""
        ...


class ChatLog:
    """Messages by person. All changes go through `change`, one at a time."""

    def __init__(self, connection: aiosqlite.Connection, clock: Clock, last: int) -> None:
        self._connection = connection
        self._clock = clock
        self._last = last
        self._fresh: dict[str, Bubble] = {}
        self._lock = asyncio.Lock()
        self._listeners: list[Listener] = []

    @property
    def last_change(self) -> int:
        """The newest change of all; what comes later has a larger number."""
        return self._last

    def listen(self, listener: Listener) -> None:
        """Tell somebody of every change from now on."""
        self._listeners.append(listener)

    async def change(self, person: str, id: str, edit: Edit, *, durable: bool = True) -> Bubble | None:
        """Make or change one message.

        Args:
            person: whose.
            id: of the message.
            edit: gets what there is (None: nothing) and returns what there shall be (None: leave it).
            durable: false for what the engine will say again anyway.

        Returns:
            What is there now; None if nothing is.

        Raises:
            StorageFull: it cannot be written; nothing has changed.
        """
        async with self._lock:
            before = await self.get(person, id)
            after = edit(before)
            if after is None or after == before:
                return before
            # Grows across restarts too, so that a page that was open all the time misses nothing.
            self._last = max(self._last + 1, self._clock.now_ms())
            after = replace(after, changed=self._last)
            if durable or before is None:
                place = await self._put(after)
                if place is None:
                    return None  # the id is another person's
                after = replace(after, place=place)
                self._fresh.pop(id, None)
            else:
                self._fresh[id] = after
        for listener in self._listeners:
            listener(after)
        return after

    async def get(self, person: str, id: str) -> Bubble | None:
        """One message of one person."""
        fresh = self._fresh.get(id)
        if fresh is not None:
            return fresh if fresh.person == person else None
        found = await self._read("get", {"id": id, "person": person})
        return found[0] if found else None

    async def of_job(self, person: str, job: str) -> tuple[Bubble, ...]:
        """The messages about one job."""
        return await self._read("of_job", {"person": person, "job": job})

    async def page(self, person: str, *, before: int, count: int) -> tuple[Bubble, ...]:
        """The newest messages before a place (0: the very newest), the oldest first."""
        found = await self._read("page", {"person": person, "before": before or _LAST, "count": count})
        return tuple(reversed(found))

    async def missed(self, person: str, *, after: int, count: int) -> tuple[Bubble, ...]:
        """What changed after a point, the oldest change first."""
        stored = await self._read("missed", {"person": person, "after": after, "count": count})
        fresh = [b for b in self._fresh.values() if b.person == person and b.changed > after]
        known = {bubble.id for bubble in fresh}
        return tuple(
            sorted((*(b for b in stored if b.id not in known), *fresh), key=lambda bubble: bubble.changed)
        )

    async def unanswered(self) -> tuple[Bubble, ...]:
        """Messages that were being read when the bot stopped."""
        return await self._read("unanswered", {})

    async def drop(self, person: str) -> tuple[Bubble, ...]:
        """Forget a person's chat; returns what was in it."""
        async with self._lock:
            gone = await self._read("drop_person", {"person": person})
            for id in [id for id, bubble in self._fresh.items() if bubble.person == person]:
                del self._fresh[id]
        return gone

    async def close(self) -> None:
        """Write down what was only in memory, and close."""
        for bubble in list(self._fresh.values()):
            await self._put(bubble)
        await self._connection.close()

    async def _put(self, bubble: Bubble) -> int | None:
        values = {
            "id": bubble.id,
            "person": bubble.person,
            "kind": bubble.kind,
            "job": bubble.job,
            "changed": bubble.changed,
            "body": to_json(bubble),
        }
        try:
            rows = list(await self._connection.execute_fetchall(_queries()["put"], values))
        except sqlite3.OperationalError as error:
            raise StorageFull(str(error)) from error
        return int(rows[0][0]) if rows else None

    async def _read(self, query: str, values: dict[str, Any]) -> tuple[Bubble, ...]:
        rows: Iterable[sqlite3.Row] = await self._connection.execute_fetchall(_queries()[query], values)
        found = (replace(from_json(body), place=place) for place, body in rows)
        return tuple(self._fresh.get(bubble.id, bubble) for bubble in found)


async def open_chatlog(folder: Path, clock: Clock) -> ChatLog:
    """Open the memory in a folder; make it at the first start."""
    await asyncio.to_thread(_touch, folder / FILE)
    connection = await aiosqlite.connect(folder / FILE, isolation_level=None)
    await connection.execute("PRAGMA journal_mode = WAL")
    await connection.execute("PRAGMA synchronous = NORMAL")
    for name, query in _queries().items():
        if name.startswith("create_"):
            await connection.execute(query)
    rows = list(await connection.execute_fetchall(_queries()["last_change"]))
    return ChatLog(connection, clock, int(rows[0][0]))


def _touch(path: Path) -> None:
    """Make the file readable by its owner alone; the database's side files follow it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@cache
def _queries() -> dict[str, str]:
    text = files("bot.frontends.web").joinpath("chat.sql").read_text("utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return {
        head[1]: text[head.end() : end].strip().rstrip(";") for head, end in zip(heads, ends, strict=True)
    }
