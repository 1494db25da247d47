"""The SQLite driver: one owner, one commit for many units, plain errors for a full disk."""

from __future__ import annotations

import asyncio
import inspect
import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from bot.core.errors import Busy, Denied, StorageFull
from bot.store.migrate import BadDatabase
from bot.store.sqlite import FILE, SqliteStore, open_store
from bot.store.unit import Conflict, Unit
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import SERVER, a_job, takes_for

OWNER = """
import asyncio, sys
from pathlib import Path
from bot.store.sqlite import open_store

class Clock:
    def now_ms(self): return 0

async def main():
    await open_store(Path(sys.argv[1]), clock=Clock())
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    opened = await open_store(tmp_path / "data", clock=clock)
    yield opened
    await opened.close()


async def test_another_process_is_told_who_owns_the_folder_until_it_dies(
    tmp_path: Path, clock: FakeClock
) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert owner.stdout is not None
        assert await owner.stdout.readline() == b"ready\n"
        with pytest.raises(Busy, match=rf"in use by another Talkreel process \(process {owner.pid}\)"):
            await open_store(tmp_path, clock=clock)
    finally:
        owner.kill()
        await owner.communicate()
    await (await open_store(tmp_path, clock=clock)).close()


async def test_a_closed_store_can_be_opened_again(tmp_path: Path, clock: FakeClock) -> None:
    first = await open_store(tmp_path, clock=clock)
    await first.grant(server=SERVER, wallet="w", purse="paid", amount=3, actor="", reason="", key="k")
    with pytest.raises(Busy):
        await open_store(tmp_path, clock=clock)
    await first.close()
    second = await open_store(tmp_path, clock=clock)
    assert await second.grant_balance(server=SERVER, wallet="w", purse="paid") == 3
    await second.close()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
async def test_nobody_else_can_read_the_data(store: SqliteStore, tmp_path: Path) -> None:
    await store.wallet("discord:1", "Ann")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    for name in (FILE, f"{FILE}-wal", "lock"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600


async def test_an_acknowledged_commit_is_on_the_disk(store: SqliteStore) -> None:
    async def pragma(name: str) -> Any:
        return next(iter(await store._driver._connection.execute_fetchall(f"PRAGMA {name}")))[0]

    assert await pragma("synchronous") == 2
    assert await pragma("journal_mode") == "wal"
    assert await pragma("foreign_keys") == 1


async def test_units_that_wait_together_are_committed_together(store: SqliteStore) -> None:
    seen: list[str] = []
    connection = store._driver._connection
    await connection.set_trace_callback(seen.append)
    await asyncio.gather(*(store.strike("w", f"j{n}", "x", n) for n in range(100)))
    assert sum(1 for statement in seen if statement == "COMMIT") <= 2
    assert await store.strike("w", "j0", "x", 100) == 100


async def test_a_refused_unit_does_not_disturb_its_neighbours(store: SqliteStore) -> None:
    jobs = [a_job(f"j{n}") for n in range(4)]
    results = await asyncio.gather(
        *(store.reserve(job, takes_for(job, member=14), grant_account="") for job in jobs),
        return_exceptions=True,
    )
    assert [isinstance(one, Denied) for one in results] == [False, False, True, True]
    assert len(await store.open_jobs()) == 2


@pytest.mark.parametrize("one_hop", [True, False])
async def test_a_full_disk_refuses_new_jobs_keeps_reads_and_recovers(
    store: SqliteStore, one_hop: bool
) -> None:
    if not one_hop:
        store._driver._hop = None
    first = a_job("j0")
    await store.reserve(first, takes_for(first, member=None, at_once=None), grant_account="")
    connection = store._driver._connection
    pages = next(iter(await connection.execute_fetchall("PRAGMA page_count")))[0]
    await connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [a_job(f"j{n}") for n in range(1, 60)]
    results = await asyncio.gather(
        store.job("j0"),
        *(
            store.reserve(one, takes_for(one, member=None, at_once=None, pool=None), grant_account="")
            for one in many
        ),
        return_exceptions=True,
    )
    assert getattr(results[0], "id", "") == "j0"
    refused = [one for one in results[1:] if isinstance(one, BaseException)]
    assert refused
    assert all(isinstance(one, StorageFull) for one in refused)
    await connection.execute("PRAGMA max_page_count = 1000000")
    later = a_job("later")
    await store.reserve(later, takes_for(later, member=None, at_once=None), grant_account="")
    assert len(await store.open_jobs()) == 2 + len(many) - len(refused)
    assert (await store.audit(day_start_ms=0, month_start_ms=0)).problems == ()


@pytest.mark.parametrize("one_hop", [True, False])
async def test_a_unit_whose_reading_was_overtaken_runs_again(store: SqliteStore, one_hop: bool) -> None:
    if not one_hop:
        store._driver._hop = None
    tries: list[int] = []

    def unit() -> Unit[int]:
        tries.append(1)
        yield "strike_add", {"job": f"j{len(tries)}", "wallet": "w", "kind": "x", "at_ms": 5}
        if len(tries) < 3:
            raise Conflict
        found = yield "strikes_since", {"wallet": "w", "since_ms": 0}
        return int(found[0]["total"])

    assert await store._driver.run(unit) == 1
    assert len(tries) == 3


async def test_a_transfer_can_be_neither_changed_nor_deleted(store: SqliteStore) -> None:
    await store.grant(server=SERVER, wallet="w", purse="paid", amount=3, actor="", reason="", key="k")
    connection = store._driver._connection
    for statement in ("UPDATE transfer SET amount = 9", "DELETE FROM transfer"):
        with pytest.raises(sqlite3.IntegrityError, match="transfers never change"):
            await connection.execute(statement)


async def test_a_caller_that_gives_up_does_not_stop_the_others(store: SqliteStore) -> None:
    hasty = asyncio.create_task(store.wallet("discord:1", "Ann"))
    patient = asyncio.create_task(store.wallet("discord:2", "Ben"))
    await asyncio.sleep(0)
    hasty.cancel()
    assert await patient
    with pytest.raises(asyncio.CancelledError):
        await hasty


async def test_closing_finishes_what_is_queued(tmp_path: Path, clock: FakeClock) -> None:
    store = await open_store(tmp_path, clock=clock)
    waiting = asyncio.create_task(store.wallet("discord:1", "Ann"))
    await asyncio.sleep(0)
    await store.close()
    assert await waiting


async def test_aiosqlite_still_runs_a_function_in_its_thread(tmp_path: Path) -> None:
    async with aiosqlite.connect(tmp_path / "x.db") as connection:
        execute: Callable[..., Any] = connection._execute
        assert inspect.iscoroutinefunction(execute)
        assert await execute(lambda one, two: one + two, 1, 2) == 3
        assert isinstance(connection._conn, sqlite3.Connection)
        with pytest.raises(ZeroDivisionError):
            await execute(lambda: 1 // 0)


async def test_a_file_that_is_no_database_is_an_error_and_leaves_no_lock(
    tmp_path: Path, clock: FakeClock
) -> None:
    (tmp_path / FILE).write_bytes(os.urandom(4096))
    with pytest.raises(BadDatabase, match="is damaged"):
        await open_store(tmp_path, clock=clock)
    (tmp_path / FILE).unlink()
    await (await open_store(tmp_path, clock=clock)).close()
