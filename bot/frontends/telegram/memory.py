"""What this front-end must know after a restart, in `<data>/telegram.db`. No money, no jobs.

Updates are written here before Telegram is told that they came, so that none is lost and none is carried out
twice. Opened at first use: jobs of an earlier run may speak before the chat is connected.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sqlite3
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import aiosqlite

from bot.core.errors import TryLater
from bot.core.ports import Clock

FILE: Final = "telegram.db"
_HEAD = re.compile(r"^-- name: (\w+)\n-- \S.*\n", re.MULTILINE)
_WEEK_MS: Final = 7 * 86_400_000
_KEY: Final = "key"


class Memory:
    """Rows of our own small database."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._folder = folder
        self._clock = clock
        self._connection: aiosqlite.Connection | None = None
        self._opening = asyncio.Lock()
        self._moves: dict[int, int] = {}

    async def key(self) -> bytes:
        """The key that signs our buttons and the webhook; made once."""
        await self._run("put_fact", name=_KEY, value=secrets.token_bytes(32))
        ((value,),) = await self._run("get_fact", name=_KEY)
        return bytes(value)

    # ---- updates

    async def take(self, id: int, body: str) -> bool:
        """Keep an update; false if it was taken before."""
        return bool(await self._run("put_update", id=id, body=body, at_ms=self._clock.now_ms()))

    async def dealt_with(self, id: int) -> None:
        """An update needs no second look."""
        await self._run("end_update", id=id)

    async def open_updates(self) -> Sequence[tuple[int, str]]:
        """What a crash left."""
        return await self._run("open_updates")

    async def last_update(self) -> int:
        """The newest update of the last days, or 0: after a quiet week Telegram counts anew."""
        ((last,),) = await self._run("last_update", since_ms=self._clock.now_ms() - _WEEK_MS // 2)
        return int(last)

    async def tidy(self) -> None:
        """Forget what nobody will ask for any more."""
        before = self._clock.now_ms() - 2 * _WEEK_MS
        for query in ("drop_updates", "drop_answers", "drop_panels"):
            await self._run(query, before_ms=before)

    # ---- our messages

    async def keep_post(self, nonce: str, chat: int, message: int) -> None:
        """Remember our message about a job."""
        await self._run("put_post", nonce=nonce, chat=chat, message=message, job=nonce.partition(".")[0])

    async def post(self, nonce: str) -> tuple[int, int] | None:
        """Chat and message of a nonce."""
        found = await self._run("post_of", nonce=nonce)
        return (found[0][0], found[0][1]) if found else None

    async def job_at(self, chat: int, message: int) -> str:
        """The job that one of our messages is about, or ""."""
        found = await self._run("job_of", chat=chat, message=message)
        return str(found[0][0]) if found else ""

    async def keep_head(self, job: str, text: str) -> None:
        """What stands above the progress of a job."""
        await self._run("put_head", job=job, text=text)

    async def head(self, job: str) -> str:
        """What stands above the progress of a job, or ""."""
        found = await self._run("head_of", job=job)
        return str(found[0][0]) if found else ""

    async def drop_head(self, job: str) -> None:
        """The job shows no progress any more."""
        await self._run("drop_head", job=job)

    async def keep_answer(self, chat: int, message: int, answer: int, job: str) -> None:
        """What was answered to somebody's message."""
        at_ms = self._clock.now_ms()
        await self._run("put_answer", chat=chat, message=message, answer=answer, job=job, at_ms=at_ms)

    async def answer(self, chat: int, message: int) -> tuple[int, str] | None:
        """Our answer to somebody's message, and the job it began."""
        found = await self._run("answer_to", chat=chat, message=message)
        return (int(found[0][0]), str(found[0][1])) if found else None

    # ---- files, buttons, people

    async def keep_upload(self, address: str, kind: str, file: str) -> None:
        """Telegram has this file now."""
        await self._run("put_upload", address=address, kind=kind, file=file)

    async def upload(self, address: str, kind: str) -> str:
        """How Telegram calls a file it has, or ""."""
        found = await self._run("upload_of", address=address, kind=kind)
        return str(found[0][0]) if found else ""

    async def drop_upload(self, file: str) -> None:
        """Telegram has it no longer."""
        await self._run("drop_upload", file=file)

    async def keep_button(self, id: str, words: str) -> None:
        """What a button means that is too long to be said in it."""
        await self._run("put_button", id=id, words=words)

    async def button(self, id: str) -> str:
        """What such a button means, or ""."""
        found = await self._run("button", id=id)
        return str(found[0][0]) if found else ""

    async def keep_name(self, name: str, person: int) -> None:
        """Somebody was seen under this user name."""
        await self._run("put_name", name=name.lower(), person=person)

    async def named(self, name: str) -> int:
        """Who goes by a user name, or 0."""
        found = await self._run("person_named", name=name.lower().lstrip("@"))
        return int(found[0][0]) if found else 0

    # ---- panels

    async def keep_panel(
        self, id: str, *, chat: int, message: int, prompt: int, person: str, body: str
    ) -> None:
        """Keep a panel as it stands now."""
        await self._run(
            "put_panel",
            id=id,
            chat=chat,
            message=message,
            prompt=prompt,
            person=person,
            body=body,
            at_ms=self._clock.now_ms(),
        )

    async def panel(self, id: str) -> tuple[Any, ...] | None:
        """id, chat, message, prompt, person and body of a panel."""
        return _first(await self._run("panel", id=id))

    async def panel_at(self, chat: int, message: int, person: str) -> tuple[Any, ...] | None:
        """A person's panel that a message shows or asks for."""
        return _first(await self._run("panel_at", chat=chat, message=message, person=person))

    async def panel_waiting(self, chat: int, person: str) -> tuple[Any, ...] | None:
        """A person's newest panel in a chat that waits for an answer."""
        return _first(await self._run("panel_waiting", chat=chat, person=person))

    async def drop_panel(self, id: str) -> bool:
        """End a panel; false if it was ended before."""
        return bool(await self._run("drop_panel", id=id))

    async def forget(self, person: str) -> None:
        """Drop what is kept of a person."""
        await self._run("forget_panels", person=person)
        await self._run("forget_names", person=int(person.rpartition(":")[2]))

    # ---- groups that moved

    async def moved(self, old: int, new: int) -> bool:
        """A group has a new id; false if that was known."""
        fresh = bool(await self._run("put_move", old=old, new=new))
        self._moves[old] = new
        return fresh

    async def now_at(self, chat: int) -> int:
        """Where a group is now."""
        await self._db()
        return self._moves.get(chat, chat)

    async def close(self) -> None:
        """Close what was opened; it opens again if somebody asks."""
        async with self._opening:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    # ---- inside

    async def _run(self, query: str, **values: Any) -> list[Any]:
        connection = await self._db()
        try:
            return list(await connection.execute_fetchall(_queries()[query], values))
        except sqlite3.OperationalError as error:  # the disk is full
            raise TryLater(30.0) from error

    async def _db(self) -> aiosqlite.Connection:
        async with self._opening:
            if self._connection is None:
                self._connection = await self._open()
            return self._connection

    async def _open(self) -> aiosqlite.Connection:
        path = self._folder / FILE
        await asyncio.to_thread(_touch, path)
        connection = await aiosqlite.connect(path, isolation_level=None)
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = NORMAL")
        for name, query in _queries().items():
            if name.startswith("create_"):
                await connection.execute(query)
        for old, new in await connection.execute_fetchall(_queries()["moves"]):
            self._moves[old] = new
        return connection


def _first(rows: Sequence[Any]) -> tuple[Any, ...] | None:
    return tuple(rows[0]) if rows else None


def _touch(path: Path) -> None:
    """Make the file readable by its owner alone; the database's side files follow it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@cache
def _queries() -> dict[str, str]:
    text = files("bot.frontends.telegram").joinpath("memory.sql").read_text("utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return {
        head[1]: text[head.end() : end].strip().rstrip(";") for head, end in zip(heads, ends, strict=True)
    }
