"""How fast credits move: hold and settle through the store, against plain sqlite3, a transaction for each.

The plain side is what one would write by hand for the same tables: one connection, one caller, the same
checks, the same JSON from the same values, `BEGIN IMMEDIATE … COMMIT` around each operation. Both sides
have the same constraints, triggers and indexes and `synchronous=FULL`, and are shown to have written the
same rows. Each is measured in time that passed and, for both cores together, in time of the processor.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bot.core.errors import Denied, Fenced
from bot.core.lifecycle import allowed
from bot.core.model import Clip, Destination, Job, MediaInfo, Plan, SoundCheck, Take, Wish
from bot.store import batch, migrate, queries, rows
from bot.store.sqlite import FILE, open_store
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
_TABLES = ("job", "job_text", "job_clip", "transfer", "quota_window", "fair_tag", "account")


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


@dataclass(frozen=True, kw_only=True)
class _Pace:
    pairs_per_second: float
    cpu_us: float


def _timed(pairs: int, work: Callable[[], Any]) -> _Pace:
    gc.collect()
    gc.freeze()  # what was made for the measurement is no garbage of the work
    began, cpu = time.perf_counter(), time.process_time()
    work()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    gc.unfreeze()
    return _Pace(pairs_per_second=pairs / took, cpu_us=used / pairs * 1e6)


def _through_the_store(folder: Path, work: Sequence[tuple[Job, list[Take]]]) -> _Pace:
    left = iter(work)

    with asyncio.Runner() as runner:
        store = runner.run(open_store(folder, clock=_Clock()))

        async def caller() -> None:
            for job, takes in left:
                held = await store.reserve(job, takes, grant_account="")
                settled = await store.settle(held, "queued", clip=_CLIP)
                assert settled.charged == 7

        async def callers() -> None:
            await asyncio.gather(*(caller() for _ in range(_CALLERS)))

        pace = _timed(len(work), lambda: runner.run(callers()))
        report = runner.run(store.audit(day_start_ms=0, month_start_ms=0))
        assert not report.problems and report.settled == 7 * len(work), report
        runner.run(store.close())
    return pace


class _Plain:
    """The same by hand."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._connection = sqlite3.connect(folder / FILE, isolation_level=None, cached_statements=256)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        migrate.apply(self._connection, migrate.load("sqlite"))
        self._connection.row_factory = sqlite3.Row
        self._statements = batch.prepare(queries.load())

    def __enter__(self) -> _Plain:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _do(self, name: str, **parameters: Any) -> sqlite3.Cursor:
        statement = self._statements[name]
        return self._connection.execute(statement.sql, statement.values(parameters))

    def hold(self, job: Job, takes: list[Take]) -> Job:
        """Take the price from the windows and insert the job, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            held = self._hold(job, takes)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return held

    def _hold(self, job: Job, takes: list[Take]) -> Job:
        plan, lane = job.plan, f"lane:{job.plan.provider}"
        mine = f"{lane}/{job.wallet}"
        tags = [row["tag"] for row in self._do("fair_tags", mine=mine, lane=lane)]
        priority = max(tags, default=0) + plan.request.seconds
        added = self._do(
            "job_add",
            id=job.id,
            request_key=job.request_key,
            wallet=job.wallet,
            server=job.server,
            provider=plan.provider,
            model=plan.model,
            takes=rows.dump_takes(takes),
            grant_account="",
            credits=plan.credits,
            budget="free",
            deadline_ms=job.deadline_ms,
            next_check_ms=job.next_check_ms,
            facts=rows.dump(job.facts),
            created_ms=_NOW_MS,
            priority=priority,
        )
        if not added.rowcount:
            raise ValueError(f"the job id {job.id} is taken")
        self._do("fair_mine", mine=mine, tag=priority)
        self._do("job_text_add", n=added.lastrowid, person=job.person, request=rows.request_of(job))
        for take in takes:
            window = {"scope": take.scope, "unit": take.unit, "start_ms": take.start_ms}
            if self._do("window_hold", **window, amount=take.amount, cap=take.cap).rowcount:
                continue
            if self._do("window_read", **window).fetchone():
                raise Denied("pool_empty", scope=take.scope)
            self._do("window_open", **window, renews_ms=take.renews_ms, amount=take.amount)
        own = takes[0]
        self._transfer(
            "hold",
            f"window:{own.scope}:{own.unit}:{own.start_ms}",
            f"held:{job.id}",
            job,
            n=added.lastrowid,
        )
        return replace(job, windows=tuple(takes), priority=priority, created_ms=_NOW_MS, updated_ms=_NOW_MS)

    def _transfer(self, kind: str, debit: str, credit: str, job: Job, *, n: int | None) -> None:
        self._do(
            "transfer_add",
            debit=debit,
            credit=credit,
            amount=job.plan.credits,
            kind=kind,
            purse=job.plan.purse,
            server=job.server,
            job_n=n,
            resolves=None,
            actor="",
            reason="",
            key=None,
            at_ms=_NOW_MS,
        )

    def settle(self, job: Job, clip: Clip) -> Job:
        """Charge what is on hold and store the clip, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            settled = self._settle(job, clip)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return settled

    def _settle(self, job: Job, clip: Clip) -> Job:
        if not allowed(job.state, "queued"):
            raise Fenced(job.id)
        written = self._do(
            "job_settle",
            state="queued",
            budget="free",
            charged=job.plan.credits,
            now_ms=_NOW_MS,
            id=job.id,
            epoch=job.epoch,
            seen_state=job.state,
            seen_money=job.money,
            seen_charged=job.charged,
            seen_cost=job.cost_micro_usd,
            wallet=job.wallet,
            server=job.server,
            cancel_asked=job.cancel_asked,
        )
        if not written.rowcount:
            raise Fenced(job.id)
        self._do("holds_settle", id=job.id, spent=f"spent:{job.server}", server=job.server, now_ms=_NOW_MS)
        for take in job.windows:
            self._do(
                "window_shift",
                scope=take.scope,
                unit=take.unit,
                start_ms=take.start_ms,
                held=-take.amount,
                used=take.amount,
            )
        self._do("job_clip_add", id=job.id, clip=rows.dump(clip))
        return replace(job, money="settled", charged=job.plan.credits, clip=clip, updated_ms=_NOW_MS)


def _by_hand(folder: Path, work: Sequence[tuple[Job, list[Take]]]) -> _Pace:
    with _Plain(folder) as plain:

        def pairs() -> None:
            for job, takes in work:
                held = plain.hold(job, takes)
                settled = plain.settle(held, _CLIP)
                assert settled.charged == 7

        return _timed(len(work), pairs)


def _contents(folder: Path) -> dict[str, list[Any]]:
    """Every row; jobs and transfers by name instead of number, as callers come in any order."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.row_factory = sqlite3.Row
        jobs = {row["n"]: row["id"] for row in connection.execute("SELECT n, id FROM job")}
        holds = {row["id"]: row["debit"] for row in connection.execute("SELECT id, debit FROM transfer")}
        found: dict[str, list[Any]] = {}
        for table in _TABLES:
            found[table] = []
            for row in map(dict, connection.execute(f"SELECT * FROM {table}")):
                if table == "transfer":
                    row |= {"id": "", "resolves": holds.get(row["resolves"]), "job_n": jobs[row["job_n"]]}
                if "n" in row:
                    row["n"] = jobs[row["n"]]
                found[table].append(sorted(row.items()))
            found[table].sort()
    return found


def run(quick: bool = False) -> dict[str, float]:
    """Pairs a second of both, taken in turns, and how many times faster the store is (medians)."""
    pairs, rounds = (500, 1) if quick else (3000, 7)
    work = [_job(index) for index in range(pairs)]
    ours, plain = [], []
    with TemporaryDirectory() as name:
        for turn in range(rounds):
            by_hand, store = Path(name) / f"plain{turn}", Path(name) / f"store{turn}"
            plain.append(_by_hand(by_hand, work))
            ours.append(_through_the_store(store, work))
            assert _contents(by_hand) == _contents(store), "the two sides did not write the same rows"
    return {
        "store_pairs_per_second": median(one.pairs_per_second for one in ours),
        "plain_pairs_per_second": median(one.pairs_per_second for one in plain),
        "store_cpu_us_per_pair": median(one.cpu_us for one in ours),
        "plain_cpu_us_per_pair": median(one.cpu_us for one in plain),
        "times_plain": median(
            our.pairs_per_second / one.pairs_per_second for our, one in zip(ours, plain, strict=True)
        ),
    }
