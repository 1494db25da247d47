"""How fast credits move: hold and settle through the store, against plain sqlite3 with the same statements.

Both write the same rows with `synchronous=FULL`. The plain one has every parameter at hand and does
nothing but execute and commit, one transaction for each operation.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from bot.core.model import Clip, Destination, Job, MediaInfo, Plan, SoundCheck, Take, Wish
from bot.store import migrate, queries, units_jobs
from bot.store.sqlite import FILE, open_store, rows_of
from bot.store.unit import Unit
from providers.base import VideoRequest

NAME = "ledger"
BAR = "hold + settle with 64 callers ≥ 5 × plain sqlite3 with one transaction per operation"
LEAST = {"times_plain": 5.0}

_CALLERS = 64
_NOW_MS = 1_800_000_000_000
_DAY_MS = 86_400_000
_CLIP = Clip(
    blob="a" * 64,
    original="",
    poster="",
    info=MediaInfo(kind="video", mime="video/mp4", container="mp4", size_bytes=1, seconds=8.0),
    sound=SoundCheck(verdict="ok", picture_seconds=8.0, sound_seconds=8.0),
    sound_path="native",
)


T = TypeVar("T")
_Statement = tuple[str, dict[str, Any]]


class _Clock:
    def now_ms(self) -> int:
        return _NOW_MS

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _job(index: int) -> tuple[Job, list[Take]]:
    wallet, server = f"w{index % 500}", f"discord:{index % 50}"
    plan = Plan(
        route="acme/acme-2",
        provider="acme",
        model="acme-2",
        model_name="Acme 2",
        request=VideoRequest(model="acme-2", prompt="A fox crosses a river and sings.", seconds=8),
        sound_path="native",
        purse="paid",
        credits=7,
        sound_credits=2,
        cost_micro_usd=70_000,
        price_rows=("720p with sound",),
        lost="key",
        billed_when_moderated=False,
        deadline_seconds=900,
        keep_seconds=86_400,
    )
    job = Job(
        id=f"j{index}",
        request_key=f"discord:{index}",
        wallet=wallet,
        person=f"discord:{index % 500}",
        server=server,
        destination=Destination(platform="discord", channel="1", reply_to="2"),
        wish=Wish(prompt="A fox crosses a river and sings."),
        plan=plan,
        state="queued",
    )
    day = _NOW_MS // _DAY_MS * _DAY_MS
    takes = [
        Take(scope=f"member:{server}:{wallet}", unit="paid", start_ms=day, cap=10**9, amount=7),
        Take(scope=f"server:{server}", unit="paid", start_ms=day, cap=10**9, amount=7),
    ]
    return job, takes


async def _through_the_store(folder: Path, pairs: int) -> float:
    store = await open_store(folder, clock=_Clock())
    work = [_job(index) for index in range(pairs)]
    left = iter(work)

    async def caller() -> None:
        for job, takes in left:
            held = await store.reserve(job, takes, grant_account="")
            await store.settle(held, "queued", clip=_CLIP)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(_CALLERS)))
    took = time.perf_counter() - began
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert not report.problems and report.settled == 7 * pairs, report
    await store.close()
    return pairs / took


def _record(folder: Path, pairs: int) -> list[list[_Statement]]:
    """The statements of every operation with their parameters, by doing them one after the other."""
    named = queries.load()
    operations: list[list[_Statement]] = []

    def run(connection: sqlite3.Connection, unit: Unit[T]) -> T:
        statements: list[_Statement] = []
        operations.append(statements)
        try:
            name, parameters = next(unit)
            while True:
                statements.append((named[name], dict(parameters)))
                name, parameters = unit.send(rows_of(connection.execute(named[name], parameters)))
        except StopIteration as end:
            value: T = end.value
            return value

    with closing(_empty(folder)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        for index in range(pairs):
            job, takes = _job(index)
            held = run(connection, units_jobs.reserve(job, takes, "", _NOW_MS))
            run(connection, units_jobs.settle(held, "queued", _CLIP, 0, _NOW_MS))
        connection.execute("ROLLBACK")
    return operations


def _empty(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / FILE, isolation_level=None, cached_statements=256)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    migrate.apply(connection, migrate.load("sqlite"))
    return connection


def _plain(folder: Path, operations: list[list[_Statement]]) -> float:
    """Pairs a second with one transaction for each operation."""
    with closing(_empty(folder)) as connection:
        execute = connection.execute
        began = time.perf_counter()
        for statements in operations:
            execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                execute(sql, parameters).fetchall()
            execute("COMMIT")
        took = time.perf_counter() - began
    return len(operations) / 2 / took


def run(quick: bool = False) -> dict[str, float]:
    """Pairs a second of both, taken in turns, and how many times faster the store is (medians)."""
    pairs, rounds = (500, 1) if quick else (3000, 5)
    ours, plain = [], []
    with TemporaryDirectory() as folder:
        (Path(folder) / "record").mkdir()
        operations = _record(Path(folder) / "record", pairs)
        for turn in range(rounds):
            (Path(folder) / f"plain{turn}").mkdir()
            plain.append(_plain(Path(folder) / f"plain{turn}", operations))
            ours.append(asyncio.run(_through_the_store(Path(folder) / f"store{turn}", pairs)))
    return {
        "store_pairs_per_second": median(ours),
        "plain_pairs_per_second": median(plain),
        "times_plain": median(our / one for our, one in zip(ours, plain, strict=True)),
    }
