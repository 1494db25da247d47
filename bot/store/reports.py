"""The port `Reports` on SQLite: a connection of its own that only reads, so that no command waits for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.core.model import Purse
from bot.core.reports import Asked, Blocked, Change, Entry, Known, Line, Place, Spending
from bot.store import queries
from bot.store.unit import Run, Unit
from bot.store.units import reports

T = TypeVar("T")


class UnitReports:
    """Everything of the port but `close`; what each method means is written there."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def servers(self) -> tuple[Place, ...]:
        """See the port."""
        return await self._run(reports.servers)

    async def spending(self, *, server: str, purse: Purse, since_ms: int, until_ms: int) -> Spending:
        """See the port."""
        return await self._run(partial(reports.spending, server, purse, since_ms, until_ms))

    async def jobs(self, *, server: str, open_only: bool, before: int, limit: int) -> tuple[Line, ...]:
        """See the port."""
        return await self._run(partial(reports.jobs, server, open_only, before, limit))

    async def jobs_of(self, wallet: str, *, before: int, limit: int) -> tuple[Line, ...]:
        """See the port."""
        return await self._run(partial(reports.jobs_of, wallet, before, limit))

    async def clips(self, server: str, *, before: int, limit: int) -> tuple[Line, ...]:
        """See the port."""
        return await self._run(partial(reports.clips, server, before, limit))

    async def movements(self, asked: Asked) -> tuple[Entry, ...]:
        """See the port."""
        return await self._run(partial(reports.movements, asked))

    async def changes(self, *, server: str, before: int, limit: int) -> tuple[Change, ...]:
        """See the port."""
        return await self._run(partial(reports.changes, server, before, limit))

    async def people(self, server: str) -> tuple[Known, ...]:
        """See the port."""
        return await self._run(partial(reports.people, server))

    async def blocks(self, server: str, now_ms: int) -> tuple[Blocked, ...]:
        """See the port."""
        return await self._run(partial(reports.blocks, server, now_ms))

    async def wallet_of(self, who: str) -> str:
        """See the port."""
        return await self._run(partial(reports.wallet_of, who))


class SqliteReports(UnitReports):
    """Reports of one data folder."""

    def __init__(self, connection: aiosqlite.Connection, named: Mapping[str, str]) -> None:
        super().__init__(self._step)
        self._connection = connection
        self._named = named

    async def _step(self, make: Callable[[], Unit[T]], /) -> T:
        unit = make()
        try:
            name, parameters = next(unit)
            while True:
                rows: Any = await self._connection.execute_fetchall(self._named[name], parameters)
                name, parameters = unit.send(list(rows))
        except StopIteration as end:
            value: T = end.value
            return value

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()


async def open_reports(folder: Path, *, file: str = "talkreel.db") -> SqliteReports:
    """Open the database of a data folder for reading; the store must have been opened before."""
    address = f"{(folder / file).absolute().as_uri()}?mode=ro"
    connection = await aiosqlite.connect(address, uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    await connection.execute("PRAGMA query_only = ON")
    await connection.execute("PRAGMA busy_timeout = 5000")
    return SqliteReports(connection, queries.load())
