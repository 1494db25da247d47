"""Runs units on SQLite through aiosqlite: one writer, one trip to its thread for all that wait.

Owns the connection and the folder's lock; what happens in the thread is in `batch.py`. It knows no unit
and no table.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.core.ports import Clock
from bot.store import batch, migrate, queries
from bot.store.batch import Make, Outcome, Statements
from bot.store.lock import FolderLock
from bot.store.store import UnitStore
from bot.store.unit import Conflict, Unit

T = TypeVar("T")

FILE = "talkreel.db"
_BATCH = 256
# The thread lets go of the interpreter at every statement, and a busy loop gives it back only after so long:
# at Python's 5 ms a batch of a hundred statements can hold everybody up for half a second.
_SWITCH_SECONDS = 0.0005
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA cache_size = -16384",
    # Pages: the log is folded in after 64 MiB instead of 4; every commit is on the disk all the same.
    "PRAGMA wal_autocheckpoint = 16000",
)


@dataclass(frozen=True)
class _Done:
    """A cursor of aiosqlite after its statement has run."""

    description: Any
    rowcount: int
    lastrowid: int | None
    rows: Sequence[Sequence[Any]]

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """All its rows."""
        return self.rows


class SqliteDriver:
    """Runs units in the order they come, as many per commit as are waiting."""

    def __init__(self, connection: aiosqlite.Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements
        self._waiting: list[tuple[Make, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        # aiosqlite has no public way to run a function in its thread, and a trip for every statement
        # costs thirty times as much as the statement.
        self._hop: Callable[..., Any] | None = getattr(connection, "_execute", None)

    def run(self, make: Callable[[], Unit[T]]) -> asyncio.Future[T]:
        """Run one unit in a transaction of its own; what it raises rolls it back.

        Raises:
            StorageFull: the disk is full.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((make, done))
        if self._task is None:
            self._task = asyncio.create_task(self._drain(), name="store writer")
        return done

    async def close(self) -> None:
        """Finish what is waiting, then close."""
        if self._task is not None:
            await self._task
        await self._connection.close()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                makes = [make for make, _ in taken]
                try:
                    outcomes = await (self._in_one_hop(makes) if self._hop else self._step_by_step(makes))
                except Exception as error:
                    outcomes = [(None, error)] * len(taken)
                except BaseException:
                    for _, done in (*taken, *self._waiting):
                        done.cancel()
                    raise
                for (_, done), (value, problem) in zip(taken, outcomes, strict=True):
                    if done.done():
                        continue
                    if problem is None:
                        done.set_result(value)
                    else:
                        done.set_exception(problem)
        finally:
            self._task = None

    async def _in_one_hop(self, makes: Sequence[Make]) -> list[Outcome]:
        assert self._hop is not None
        outcomes: list[Outcome] = await self._hop(batch.run, self._connection._conn, self._statements, makes)
        return outcomes

    async def _step_by_step(self, makes: Sequence[Make]) -> list[Outcome]:
        """The same with public calls only, one transaction for each unit: slow, but right."""
        outcomes: list[Outcome] = []
        for make in makes:
            for _ in range(batch.TRIES):
                outcome = await self._one_step_by_step(make)
                if not isinstance(outcome[1], Conflict):
                    break
            outcomes.append(outcome)
        return outcomes

    async def _one_step_by_step(self, make: Make) -> Outcome:
        connection = self._connection
        try:
            await connection.execute("BEGIN IMMEDIATE")
            unit = make()
            try:
                name, parameters = next(unit)
                while True:
                    sql, values, answer = self._statements[name]
                    async with connection.execute(sql, values(parameters)) as cursor:
                        done = _Done(
                            cursor.description,
                            cursor.rowcount,
                            cursor.lastrowid,
                            list(await cursor.fetchall()),
                        )
                    name, parameters = unit.send(answer(done))
            except StopIteration as end:
                await connection.execute("COMMIT")
                return end.value, None
        except Exception as error:
            if connection.in_transaction:
                await connection.execute("ROLLBACK")
            return None, batch.plain(error)


class SqliteStore(UnitStore):
    """The store of one process, in one file."""

    def __init__(self, driver: SqliteDriver, lock: FolderLock, *, clock: Clock, key: bytes) -> None:
        super().__init__(driver.run, clock=clock, key=key)
        self._driver = driver
        self._lock = lock

    async def close(self) -> None:
        """Finish what is queued, close the file and let go of the folder."""
        try:
            await self._driver.close()
        finally:
            self._lock.release()


async def open_store(path: Path, *, clock: Clock, key: bytes = b"") -> SqliteStore:
    """Open the database of a data folder; make folder and database if they are not there.

    Args:
        path: the data folder; only its owner may look into it (mode 0700).
        clock: tells the time of every row.
        key: makes the hashes by which people are known who were forgotten.

    Raises:
        Busy: another process owns the folder.
        BadDatabase: it is damaged, a newer version made it, or its migrations were edited.
        StorageFull: the disk is full.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    lock = await asyncio.to_thread(_prepare_folder, path)
    try:
        statements = await asyncio.to_thread(_prepare_file, path / FILE)
        connection = await aiosqlite.connect(path / FILE, isolation_level=None, cached_statements=256)
    except BaseException:
        lock.release()
        raise
    try:
        for pragma in _PRAGMAS:
            await connection.execute(pragma)
    except BaseException:
        await connection.close()
        lock.release()
        raise
    return SqliteStore(SqliteDriver(connection, statements), lock, clock=clock, key=key)


def _prepare_folder(path: Path) -> FolderLock:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return FolderLock(path)


def _prepare_file(path: Path) -> Statements:
    # Made before SQLite does, so that it is never readable by others; -wal and -shm take its mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate.apply(connection, migrate.load("sqlite"))
    except sqlite3.Error as error:
        told = batch.plain(error)
        if told is error and type(error) is sqlite3.DatabaseError:  # not one that may pass
            raise migrate.BadDatabase(
                f"The database {path} is damaged ({error}); put the last backup in its place."
            ) from None
        raise told from None
    return batch.prepare(queries.load())
