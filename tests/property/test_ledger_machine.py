"""Credits under anything that can happen to them, through the real store, against a plain model.

The model knows only how much each member, pool, budget and grant has left; the store has to agree after
every step, refuse exactly what the model refuses, and pass its own audit.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.core.errors import Denied, Fenced
from bot.core.model import Job
from bot.core.records import KeptVoice
from bot.store.sqlite import SqliteStore, open_store
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import CLIP, SERVER, a_job, grants_of, takes_for

WALLETS = st.sampled_from(["w1", "w2", "w3"])
IDS = st.integers(0, 9)
Key = tuple[str, str]


@dataclass
class Known:
    """A job as the model sees it."""

    wallet: str
    credits: int
    window: int
    cost: int
    money: str = "held"
    budget: str = "held"
    epoch: int = 0
    cancel_asked: bool = False


class Books(RuleBasedStateMachine):
    """Grants, holds, voices, settles, releases, merges, cancels and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FakeClock()
        self.store = self.do(self.opened())
        self.jobs: dict[int, Known] = {}
        self.values: dict[int, Job] = {}
        self.grants: Counter[str] = Counter()
        self.keys: set[int] = set()
        self.held: Counter[Key] = Counter()
        self.used: Counter[Key] = Counter()
        self.cost = 0
        self.budget_limit = 150
        self.pool_limit = 120
        self.gone: set[str] = set()
        self.voiced: set[int] = set()

    async def opened(self) -> SqliteStore:
        store = await open_store(self.folder, clock=self.clock)
        await store._driver._connection.execute("PRAGMA synchronous = OFF")  # no power cuts here: only speed
        return store

    @initialize()
    def begin(self) -> None:
        for number, wallet in enumerate(("w1", "w2")):
            self.grant(wallet, 10, 100 + number)

    def do(self, what: Any) -> Any:
        return self.loop.run_until_complete(what)

    def teardown(self) -> None:
        self.do(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def room(self, key: Key, limit: int) -> int:
        return max(0, limit - self.held[key] - self.used[key])

    @rule(wallet=WALLETS, amount=st.integers(1, 30), key=IDS)
    def grant(self, wallet: str, amount: int, key: int) -> None:
        if key not in self.keys:
            self.keys.add(key)
            self.grants[wallet] += amount
        balance = self.do(
            self.store.grant(
                server=SERVER, wallet=wallet, purse="paid", amount=amount, actor="a", reason="", key=f"k{key}"
            )
        )
        assert balance == self.grants[wallet]

    @rule(pool=st.integers(0, 120), budget=st.integers(60, 200))
    def change_limits(self, pool: int, budget: int) -> None:
        self.pool_limit, self.budget_limit = pool, budget

    @rule(
        number=IDS,
        wallet=WALLETS,
        credits=st.integers(0, 25),
        cost=st.sampled_from([10, 0, 30]),
        member=st.sampled_from([12, 0, 5, 30]),
        at_once=st.sampled_from([4, 0, 1, 9]),
    )
    def hold(self, number: int, wallet: str, credits: int, cost: int, member: int, at_once: int) -> None:
        job = a_job(f"j{number}", wallet=wallet, credits=credits, cost=cost)
        takes = takes_for(job, member=member, pool=self.pool_limit, budget=self.budget_limit, at_once=at_once)
        known = self.jobs.get(number)
        if known is not None:
            again = self.do(self.store.reserve(job, takes, grant_account=grants_of(job)))
            assert (again.wallet, again.plan.credits) == (known.wallet, known.credits)
            return
        own, pool, budget, slot = ((take.scope, take.unit) for take in takes)
        window = min(credits, self.room(own, member))
        fits = (
            credits - window <= self.grants[wallet]
            and credits <= self.room(pool, self.pool_limit)
            and cost <= self.room(budget, self.budget_limit)
            and self.room(slot, at_once) >= 1
        ) or (credits == 0 and cost <= self.room(budget, self.budget_limit) and self.room(slot, at_once) >= 1)
        try:
            value = self.do(self.store.reserve(job, takes, grant_account=grants_of(job)))
        except Denied:
            assert not fits
            return
        assert fits
        self.grants[wallet] -= credits - window
        self.held.update({own: window, pool: credits, budget: cost, slot: 1})
        self.jobs[number] = Known(wallet=wallet, credits=credits, window=window, cost=cost)
        self.values[number] = value

    def ended(self, number: int) -> bool:
        return self.values[number].state in ("released", "delivered", "undelivered")

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.jobs)))
        value = self.do(self.store.claim(f"j{number}"))
        if self.ended(number):
            assert value is None
            return
        old, self.values[number] = self.values[number], value
        assert value.epoch == old.epoch + 1
        with pytest.raises(Fenced):
            self.do(self.store.release(old, "released", outcome="", facts={}))

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.jobs)))
        value = self.do(self.store.ask_cancel(f"j{number}"))
        assert value.cancel_asked

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), refused=st.booleans())
    def submit(self, data: st.DataObject, refused: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.jobs)))
        known, value = self.jobs[number], self.values[number]
        if value.state != "queued" or known.money != "held":
            return
        value = self.do(self.store.submit_intent(value, submitted_ms=1))
        if refused:
            if known.budget == "held":  # a voice that was bought for it stays bought
                self.do(self.store.submit_refused(value))
            value = self.do(self.store.move(value, "queued"))
        else:
            self._spend(known)
        self.values[number] = value

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), share=st.integers(0, 30), ends=st.booleans())
    def voice(self, data: st.DataObject, share: int, ends: bool) -> None:
        """A voice is bought for a clip before the clip is; it may be all that is bought."""
        number = data.draw(st.sampled_from(sorted(self.jobs)))
        known, value = self.jobs[number], self.values[number]
        if value.state != "queued" or known.money != "held" or number in self.voiced:
            return
        self.voiced.add(number)
        voice = KeptVoice(name=f"v{number}", job=f"j{number}", route="acme/voice")
        value = self.do(self.store.voice_intent(value, voice, facts={}, submitted_ms=1))
        self._spend(known)
        if ends:
            cost = min(share, known.cost)
            value = self.do(self.store.true_cost(self.do(self.store.true_cost(value, cost)), cost))
            self.used["budget", "usd"] -= known.cost - cost
            self.cost -= known.cost - cost
            known.cost = cost
            value = self.do(self.store.release(value, "released", outcome="x", facts={}))
            self._let_go(known, False)
        self.values[number] = value

    def _spend(self, known: Known) -> None:
        if known.budget == "used":
            return
        self.held["budget", "usd"] -= known.cost
        self.used["budget", "usd"] += known.cost
        self.cost += known.cost
        known.budget = "used"

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), share=st.integers(0, 25), twice=st.booleans())
    def settle(self, data: st.DataObject, share: int, twice: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.jobs)))
        known, value = self.jobs[number], self.values[number]
        if value.state == "queued":
            value = self.do(self.store.submit_intent(value, submitted_ms=1))
            self._spend(known)
        if value.state not in ("submitting", "late"):
            return
        back = min(share, known.credits)
        if value.state == "submitting":
            value = self.do(self.store.move(value, "polling"))
        value = self.do(self.store.move(self.do(self.store.move(value, "fetching")), "processing"))
        value = self.do(self.store.settle(value, "posting", clip=CLIP, give_back=back))
        if twice:
            value = self.do(self.store.settle(value, "posting", clip=CLIP, give_back=back))
        if known.money == "held":
            self._charge(known, back)
        assert value.charged == (0 if known.money == "released" else known.credits - back)
        self.values[number] = self.do(self.store.move(value, "delivered"))

    def _charge(self, known: Known, back: int) -> None:
        own = (f"member:{SERVER}:{known.wallet}", "paid")
        to_grant = min(back, known.credits - known.window)
        self.grants[known.wallet] += to_grant
        self.held[own] -= known.window
        self.used[own] += known.window - (back - to_grant)
        self.held[f"server:{SERVER}", "paid"] -= known.credits
        self.used[f"server:{SERVER}", "paid"] += known.credits - back
        self.held[f"active:{SERVER}:{known.wallet}", "jobs"] -= 1
        known.money = "settled"

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), late=st.booleans(), charge=st.booleans())
    def release(self, data: st.DataObject, late: bool, charge: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.jobs)))
        known, value = self.jobs[number], self.values[number]
        if self.ended(number):
            with pytest.raises(ValueError, match="cannot go"):
                self.do(self.store.release(value, "released", outcome="", facts={}))
            return
        if late and value.state == "submitting":
            value = self.do(self.store.move(value, "polling"))
            value = self.do(self.store.release(value, "late", outcome="deadline", facts={}))
            charge = False
        else:
            value = self.do(self.store.release(value, "released", outcome="x", facts={}, charge=charge))
        if known.money == "held":
            self._let_go(known, charge)
        self.values[number] = value

    def _let_go(self, known: Known, charge: bool) -> None:
        if charge:
            if known.budget == "held":
                self.held["budget", "usd"] -= known.cost
                self.used["budget", "usd"] += known.cost
            self._charge(known, 0)
            return
        if known.budget == "held":
            self.held["budget", "usd"] -= known.cost
        self.held[f"member:{SERVER}:{known.wallet}", "paid"] -= known.window
        self.held[f"server:{SERVER}", "paid"] -= known.credits
        self.held[f"active:{SERVER}:{known.wallet}", "jobs"] -= 1
        self.grants[known.wallet] += known.credits - known.window
        known.money = "released"

    @rule(winner=WALLETS, loser=WALLETS)
    def merge(self, winner: str, loser: str) -> None:
        self.do(self.store.merge(winner=winner, loser=loser, actor="a"))
        if winner == loser:
            return
        self.grants[winner] += self.grants.pop(loser, 0)
        for kind, unit in (("member", "paid"), ("active", "jobs")):
            source, target = (f"{kind}:{SERVER}:{loser}", unit), (f"{kind}:{SERVER}:{winner}", unit)
            self.held[target] += self.held.pop(source, 0)
            self.used[target] += self.used.pop(source, 0)
        for known in self.jobs.values():
            if known.wallet == loser:
                known.wallet = winner

    @rule()
    def restart(self) -> None:
        self.do(self.store.close())
        self.store = self.do(self.opened())

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        keys = sorted(self.held.keys() | self.used.keys())
        found = self.do(self.store.windows([(scope, unit, 0) for scope, unit in keys]))
        assert [(one.held, one.used) for one in found] == [(self.held[key], self.used[key]) for key in keys]
        for wallet in ("w1", "w2", "w3"):
            balance = self.do(self.store.grant_balance(server=SERVER, wallet=wallet, purse="paid"))
            assert balance == self.grants[wallet] >= 0

    @invariant()
    def the_books_are_right(self) -> None:
        report = self.do(self.store.audit(day_start_ms=0, month_start_ms=0))
        assert report.problems == ()
        assert report.sum == 0
        assert report.held == sum(one.credits for one in self.jobs.values() if one.money == "held")
        assert report.cost_month_micro_usd == self.cost
        ended = [one.resolves for one in self.do(self.store.transfers(limit=1000)) if one.resolves]
        assert len(ended) == len(set(ended))


def test_credits_stay_right_whatever_happens() -> None:
    whole = os.environ.get("TALKREEL_TEST") == "all"
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=400 if whole else 50,
            stateful_step_count=60 if whole else 40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


async def test_the_audit_finds_a_balance_that_was_tampered_with(tmp_path: Path, clock: FakeClock) -> None:
    store = await open_store(tmp_path, clock=clock)
    job = a_job()
    await store.reserve(job, takes_for(job), grant_account="")
    for statement in (
        "UPDATE quota_window SET used = used + 1 WHERE scope = 'budget'",
        "UPDATE job SET money = 'released'",
        "INSERT INTO account VALUES ('grant:discord:9:w1', 'paid', 'discord:9', 'w1', 5)",
    ):
        await store._driver._connection.execute(statement)
    problems = (await store.audit(day_start_ms=0, month_start_ms=0)).problems
    await store.close()
    assert any(
        problem.startswith("The window budget (usd, from 0) says 70000 held and 1 used")
        for problem in problems
    )
    assert any(problem.startswith("The hold 1 belongs to no job") for problem in problems)
    assert "The account grant:discord:9:w1 (paid) says 5, its transfers say 0." in problems
