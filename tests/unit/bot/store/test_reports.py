"""The books as the pages read them: complete, by name, on a connection that cannot write."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.records import Block
from bot.core.reports import Asked
from bot.store.reports import SqliteReports, open_reports
from bot.store.sqlite import SqliteStore, open_store
from tests.e2e import web_world
from tests.e2e.web_world import CLUB, DAY_MS, POETS
from tests.fakes.clock import FakeClock

NOW_MS = 1_790_000_000_000


@dataclass
class Books:
    store: SqliteStore
    reports: SqliteReports


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    await web_world.write(tmp_path, now_ms=NOW_MS, days=6)
    store = await open_store(tmp_path, clock=FakeClock(NOW_MS))
    reports = await open_reports(tmp_path)
    yield Books(store, reports)
    await reports.close()
    await store.close()


async def test_a_report_cannot_change_anything(books: Books) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await books.reports._connection.execute("DELETE FROM job")


async def test_what_was_written_is_seen_at_once(books: Books) -> None:
    before = len(await books.reports.changes(server="", before=0, limit=1000))
    await books.store.show_gallery(POETS, open_to_all=True, actor="discord:1")
    changes = await books.reports.changes(server="", before=0, limit=1000)
    assert len(changes) == before + 1
    assert (changes[0].action, changes[0].name, changes[0].server) == ("gallery", "Ada", POETS)


async def test_spending_is_complete_whatever_it_is_cut_by(books: Books) -> None:
    audit = await books.store.audit(day_start_ms=0, month_start_ms=0)
    whole = await books.reports.spending(server="", purse="paid", since_ms=0, until_ms=NOW_MS + 1)
    for part in (whole.slots, whole.models, whole.people):
        assert sum(one.credits for one in part) == audit.settled
        assert sum(one.cost_micro_usd for one in part) == audit.cost_month_micro_usd
    halves = [
        await books.reports.spending(server="", purse="paid", since_ms=since, until_ms=until)
        for since, until in ((0, NOW_MS - 3 * DAY_MS), (NOW_MS - 3 * DAY_MS, NOW_MS + 1))
    ]
    assert sum(one.credits for half in halves for one in half.models) == audit.settled
    assert [one.credits for one in whole.models] == sorted(
        (one.credits for one in whole.models), reverse=True
    )


async def test_lists_go_on_where_they_ended(books: Books) -> None:
    whole = await books.reports.jobs(server=CLUB, open_only=False, before=0, limit=1000)
    seen: list[int] = []
    while page := await books.reports.jobs(
        server=CLUB, open_only=False, before=seen[-1] if seen else 0, limit=4
    ):
        seen += [line.n for line in page]
    assert seen == [line.n for line in whole] and {line.job.server for line in whole} == {CLUB}
    assert await books.reports.jobs(server="", open_only=True, before=0, limit=9) == ()


async def test_everything_of_one_person_is_in_their_receipts(books: Books) -> None:
    wallet = await books.reports.wallet_of("discord:4")
    assert wallet and await books.reports.wallet_of("nobody") == ""
    found = await books.reports.movements(Asked(wallet=wallet, limit=1000))
    assert any(entry.transfer.reason == "won the contest" for entry in found)
    assert {entry.person for entry in found} == {"Dora"}
    by_filter = await books.reports.movements(Asked(person="discord:4", limit=1000))
    assert [entry.transfer.id for entry in by_filter] == [entry.transfer.id for entry in found]
    by_name = await books.reports.movements(Asked(person="dora", limit=1000))
    assert {entry.transfer.id for entry in by_name} >= {entry.transfer.id for entry in found}


async def test_servers_people_and_blocks_are_named(books: Books) -> None:
    places = {place.id: place.name for place in await books.reports.servers()}
    assert places[CLUB] == "Film Club" and places[POETS] == "Poets’ Corner" and "direct" in places
    people = {one.person: one for one in await books.reports.people(CLUB)}
    assert people["discord:4"].granted_paid == 300 and people["discord:3"].name == "Chidi"
    (block,) = await books.reports.blocks(CLUB, NOW_MS)
    assert (block.name, block.person) == ("Goran", "discord:7")
    assert await books.reports.blocks(CLUB, NOW_MS + 2 * DAY_MS) == ()
    await books.store.block(Block(server=POETS, wallet="w-unseen", until_ms=0, reason="", actor="discord:1"))
    assert (await books.reports.blocks(POETS, NOW_MS))[0].name == "w-unseen"


async def test_a_kept_out_clip_is_not_among_those_of_the_gallery(books: Books) -> None:
    clips = await books.reports.clips(CLUB, before=0, limit=1000)
    await books.store.withhold(clips[0].job.id, hidden=True)
    left = await books.reports.clips(CLUB, before=0, limit=1000)
    assert [line.job.id for line in left] == [line.job.id for line in clips[1:]]
    mine = await books.reports.jobs_of(clips[0].job.wallet, before=0, limit=1000)
    assert [line.job.id for line in mine if line.withheld] == [clips[0].job.id]


async def test_a_long_look_and_writing_do_not_wait_for_each_other(books: Books) -> None:
    looks = (books.reports.movements(Asked(limit=1000)) for _ in range(5))
    writes = (books.store.wallet(f"discord:{number}", "") for number in range(50))
    results = await asyncio.gather(*looks, *writes)
    assert len(results) == 55
