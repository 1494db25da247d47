"""Every store keeps the same promises about grants, people, servers and what admins set."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.core.ports import Store
from bot.core.records import Block, Pending, Rule, Server
from tests.contract.test_store import reserved
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import DAY_MS, SERVER, a_job, grants_of, takes_for


async def test_a_grant_is_given_once_for_each_key(store: Store) -> None:
    give: dict[str, Any] = {"server": SERVER, "wallet": "w1", "purse": "paid", "actor": "a", "reason": "r"}
    assert await store.grant(**give, amount=5, key="k1") == 5
    assert await store.grant(**give, amount=5, key="k1") == 5
    assert await store.grant(**give, amount=3, key="k2") == 8
    assert await store.granted(SERVER, "paid") == 8
    assert await store.granted(SERVER, "free") == 0
    assert await store.granted("discord:99", "paid") == 0
    with pytest.raises(ValueError, match="at least one"):
        await store.grant(**give, amount=0, key="k3")
    newest = (await store.transfers(server=SERVER))[0]
    assert (newest.kind, newest.amount, newest.actor, newest.credit) == (
        "grant",
        3,
        "a",
        f"grant:{SERVER}:w1",
    )
    assert (await store.admin_log(SERVER, limit=1))[0]["action"] == "grant"


async def test_a_merge_moves_everything_and_open_jobs_end_with_the_winner(store: Store) -> None:
    await store.grant(server=SERVER, wallet="w1", purse="paid", amount=5, actor="a", reason="", key="k")
    await store.grant(server=SERVER, wallet="w2", purse="paid", amount=1, actor="a", reason="", key="l")
    one = await reserved(store, "j1", member=4)
    kept = a_job("j2", wallet="w2", credits=2)
    await store.reserve(kept, takes_for(kept), grant_account=grants_of(kept))
    await store.merge(winner="w2", loser="w1", actor="w1")
    keys = [(f"member:{SERVER}:{name}", "paid", 0) for name in ("w1", "w2")]
    assert [window.held for window in await store.windows(keys)] == [0, 6]
    assert await store.grant_balance(server=SERVER, wallet="w2", purse="paid") == 3
    assert {job.id for job in await store.jobs_of("w2", limit=9)} == {"j1", "j2"}
    claimed = await store.claim(one.id)
    assert claimed is not None
    await store.release(claimed, "released", outcome="", facts={})
    assert [window.held for window in await store.windows(keys)] == [0, 2]
    assert await store.grant_balance(server=SERVER, wallet="w2", purse="paid") == 6
    assert await store.grant_balance(server=SERVER, wallet="w1", purse="paid") == 0


async def test_a_person_keeps_one_wallet_and_a_merge_leads_both_to_the_same(store: Store) -> None:
    first, same = await asyncio.gather(store.wallet("discord:1", "Ann"), store.wallet("discord:1", "Anna"))
    other = await store.wallet("telegram:1", "Ann")
    assert first == same != other
    await store.merge(winner=first, loser=other, actor="operator")
    assert await store.wallet("telegram:1", "Ann") == first


async def test_rules_are_set_replaced_and_dropped(store: Store) -> None:
    rule = Rule(server=SERVER, kind="member", subject="discord:1", credits=5, period="week")
    await store.set_rule(rule, actor="a")
    await store.set_rule(replace(rule, credits=0), actor="a")
    free = replace(rule, purse="free", at_once=2)
    await store.set_rule(free, actor="a")
    assert set(await store.rules(SERVER)) == {replace(rule, credits=0), free}
    assert await store.drop_rules(SERVER, kind="member", subject="discord:1", actor="a") == 2
    assert await store.drop_rules(SERVER, kind="member", subject="discord:1", actor="a") == 0
    assert [entry["action"] for entry in await store.admin_log(SERVER, limit=9)] == [
        "drop_rules",
        "set_rule",
        "set_rule",
        "set_rule",
    ]


async def test_a_server_never_seen_has_defaults(store: Store) -> None:
    assert await store.server(SERVER) == Server(id=SERVER)
    known = Server(id=SERVER, name="Foxes", time_zone="Europe/Madrid", settings={"models": ["a"]})
    await store.save_server(known)
    assert await store.server(SERVER) == known


async def test_a_block_holds_until_it_ends_or_is_lifted(store: Store) -> None:
    here = Block(server=SERVER, wallet="w1", until_ms=100, reason="abuse", actor="a")
    await store.block(here)
    assert await store.blocked(SERVER, "w1", 99) == here
    assert await store.blocked(SERVER, "w1", 100) is None
    assert await store.blocked("discord:1", "w1", 99) is None
    everywhere = replace(here, server="", until_ms=0)
    await store.block(everywhere)
    assert await store.blocked("discord:1", "w1", 10**15) == everywhere
    assert await store.unblock("", "w1", actor="a")
    assert not await store.unblock("", "w1", actor="a")


async def test_a_job_is_one_strike_and_strikes_fade_after_a_day(store: Store) -> None:
    assert await store.strike("w1", "j1", "moderated", DAY_MS) == 1
    assert await store.strike("w1", "j1", "moderated", DAY_MS) == 1
    assert await store.strike("w1", "j2", "unknown", 2 * DAY_MS - 1) == 2
    assert await store.strike("w1", "j3", "unknown", 2 * DAY_MS) == 2


async def test_a_quote_is_taken_once_and_only_in_time(store: Store, clock: FakeClock) -> None:
    until = clock.now_ms() + 1000
    quote = Pending(id="q", wallet="w1", kind="generate", payload={"prompt": "fox"}, expires_ms=until)
    await store.put_pending(quote)
    assert await store.take_pending("q", until - 1) == quote
    assert await store.take_pending("q", until - 1) is None
    await store.put_pending(quote)
    assert await store.take_pending("q", until) is None


async def test_the_operator_is_told_once_for_each_cause(store: Store) -> None:
    assert await store.note_for_operator("key:acme", "bad_key", {"provider": "acme"})
    assert not await store.note_for_operator("key:acme", "bad_key", {"provider": "acme"})
    notes = await store.operator_notes(limit=9)
    assert [(note["cause"], note["count"], note["facts"]) for note in notes] == [
        ("key:acme", 2, {"provider": "acme"})
    ]
