"""Runs units on SQLite through aiosqlite: one writer, one trip to its thread per batch, one commit per batch.

Owns the connection, the folder's lock and the errors of the disk. It knows no unit and no table.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.core.errors import StorageFull
from bot.core.ports import Clock
from bot.store import migrate, queries
from bot.store.lock import FolderLock
from bot.store.store import UnitStore
from bot.store.unit import Conflict, Row, Rows, Unit

T = TypeVar("T")
Outcome = tuple[Any, BaseException | None]

FILE = "talkreel.db"
_NOTHING: tuple[Row, ...] = ({},)
_BATCH = 256
_TRIES = 20
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA cache_size = -16384",
)


@dataclass(frozen=True)
class _Waiting:
    make: Callable[[], Unit[Any]]
    done: asyncio.Future[Any]


class SqliteDriver:
    """Runs units in the order they come, as many per commit as are waiting."""

    def __init__(self, connection: aiosqlite.Connection, named: Mapping[str, str]) -> None:
        self._connection = connection
        self._named = named
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        # aiosqlite has no public way to run a function in its thread, and a trip for every statement
        # costs thirty times as much as the statement.
        self._hop: Callable[..., Any] | None = getattr(connection, "_execute", None)

    async def run(self, make: Callable[[], Unit[T]]) -> T:
        """Run one unit in a transaction of its own; what it raises rolls it back.

        Raises:
            StorageFull: the disk is full.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(make, done))
        if self._task is None:
            self._task = asyncio.create_task(self._drain(), name="store writer")
        return await done

    async def close(self) -> None:
        """Finish what is waiting, then close."""
        if self._task is not None:
            await self._task
        await self._connection.close()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                makes = [one.make for one in batch]
                try:
                    outcomes = await (self._in_one_hop(makes) if self._hop else self._step_by_step(makes))
                except Exception as error:
                    outcomes = [(None, error)] * len(batch)
                except BaseException:
                    for one in (*batch, *self._waiting):
                        one.done.cancel()
                    raise
                for one, (value, problem) in zip(batch, outcomes, strict=True):
                    if one.done.done():
                        continue
                    if problem is None:
                        one.done.set_result(value)
                    else:
                        one.done.set_exception(problem)
        finally:
            self._task = None

    async def _in_one_hop(self, makes: Sequence[Callable[[], Unit[Any]]]) -> list[Outcome]:
        assert self._hop is not None
        outcomes: list[Outcome] = await self._hop(_run_batch, self._connection._conn, self._named, makes)
        return outcomes

    async def _step_by_step(self, makes: Sequence[Callable[[], Unit[Any]]]) -> list[Outcome]:
        """The same with public calls only, one transaction for each unit: slow, but right."""
        outcomes: list[Outcome] = []
        for make in makes:
            for _ in range(_TRIES):
                outcome = await self._one_step_by_step(make)
                if not isinstance(outcome[1], Conflict):
                    break
            outcomes.append(outcome)
        return outcomes

    async def _one_step_by_step(self, make: Callable[[], Unit[Any]]) -> Outcome:
        connection = self._connection
        try:
            await connection.execute("BEGIN IMMEDIATE")
            unit = make()
            try:
                name, parameters = next(unit)
                while True:
                    async with connection.execute(self._named[name], parameters) as cursor:
                        told = cursor.description is None
                        rows = _NOTHING * cursor.rowcount if told else await cursor.fetchall()
                    name, parameters = unit.send(list(rows))
            except StopIteration as end:
                await connection.execute("COMMIT")
                return end.value, None
        except Exception as error:
            if connection.in_transaction:
                await connection.execute("ROLLBACK")
            return None, _named_error(error)


def _run_batch(
    connection: sqlite3.Connection, named: Mapping[str, str], makes: Sequence[Callable[[], Unit[Any]]]
) -> list[Outcome]:
    """All units in one commit: first as if none would be refused, then with a savepoint for each.

    If that fails as a whole, each gets a transaction of its own.
    """
    try:
        return _run_trusting(connection, named, makes)
    except Exception:
        _roll_back(connection)
    except BaseException:
        _roll_back(connection)
        raise
    try:
        return _run_together(connection, named, makes)
    except sqlite3.Error:
        _roll_back(connection)
        return [_run_alone(connection, named, make) for make in makes]
    except BaseException:
        _roll_back(connection)
        raise


def _run_trusting(
    connection: sqlite3.Connection, named: Mapping[str, str], makes: Sequence[Callable[[], Unit[Any]]]
) -> list[Outcome]:
    """All units in one commit, without savepoints: fewer trips to the database."""
    connection.execute("BEGIN IMMEDIATE")
    outcomes: list[Outcome] = [(_advance(connection, named, make()), None) for make in makes]
    connection.execute("COMMIT")
    return outcomes


def _run_together(
    connection: sqlite3.Connection, named: Mapping[str, str], makes: Sequence[Callable[[], Unit[Any]]]
) -> list[Outcome]:
    execute = connection.execute
    outcomes: list[Outcome] = []
    execute("BEGIN IMMEDIATE")
    for make in makes:
        for _ in range(_TRIES):
            execute("SAVEPOINT unit")
            try:
                outcome: Outcome = _advance(connection, named, make()), None
            except Exception as error:
                if not connection.in_transaction:
                    raise  # a full disk ends the whole transaction, not only the savepoint
                execute("ROLLBACK TO unit")
                outcome = None, _named_error(error)
            execute("RELEASE unit")
            if not isinstance(outcome[1], Conflict):
                break
        outcomes.append(outcome)
    execute("COMMIT")
    return outcomes


def _run_alone(
    connection: sqlite3.Connection, named: Mapping[str, str], make: Callable[[], Unit[Any]]
) -> Outcome:
    try:
        return _run_together(connection, named, [make])[0]
    except Exception as error:
        _roll_back(connection)
        return None, _named_error(error)


def _advance(connection: sqlite3.Connection, named: Mapping[str, str], unit: Unit[T]) -> T:
    execute = connection.execute
    try:
        name, parameters = next(unit)
        while True:
            name, parameters = unit.send(rows_of(execute(named[name], parameters)))
    except StopIteration as end:
        value: T = end.value
        return value


def rows_of(cursor: sqlite3.Cursor) -> Rows:
    """What a statement gives a unit: its rows, or an empty row for each one it changed."""
    # Asking for the count is several times cheaper than RETURNING a column that nobody reads.
    return _NOTHING * cursor.rowcount if cursor.description is None else cursor.fetchall()


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _named_error(error: Exception) -> Exception:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        return StorageFull("The disk of the data folder is full.")
    return error


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
    lock = await asyncio.to_thread(_prepare_folder, path)
    try:
        named = await asyncio.to_thread(_prepare_file, path / FILE)
        connection = await aiosqlite.connect(path / FILE, isolation_level=None, cached_statements=256)
    except BaseException:
        lock.release()
        raise
    try:
        for pragma in _PRAGMAS:
            await connection.execute(pragma)
        connection.row_factory = sqlite3.Row
    except BaseException:
        await connection.close()
        lock.release()
        raise
    return SqliteStore(SqliteDriver(connection, named), lock, clock=clock, key=key)


def _prepare_folder(path: Path) -> FolderLock:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return FolderLock(path)


def _prepare_file(path: Path) -> Mapping[str, str]:
    # Made before SQLite does, so that it is never readable by others; -wal and -shm take its mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate.apply(connection, migrate.load("sqlite"))
    except sqlite3.Error as error:
        named = _named_error(error)
        if named is error and type(error) is sqlite3.DatabaseError:  # not one that may pass
            raise migrate.BadDatabase(
                f"The database {path} is damaged ({error}); put the last backup in its place."
            ) from None
        raise named from None
    return queries.load()
