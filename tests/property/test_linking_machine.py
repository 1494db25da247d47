"""Whatever people do with /link, /unlink and /forget: nobody ever gets a credit out of it.

Each person may take so many credits of a period. Joining, parting, forgetting and coming back in any order
must never let anybody take more than that, and the books must stay right.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.core.errors import Denied, Refusal
from bot.core.ledger import grant_account
from bot.core.model import Take
from bot.store.sqlite import open_store
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import CLIP, DAY_MS, a_job

CAP = 10
GRANT = 4
PEOPLE = ("discord:a", "telegram:a", "web:a")
WHO = st.sampled_from(PEOPLE)
PLACE = "direct"


class People(RuleBasedStateMachine):
    """Spending, joining, parting, forgetting, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="linking-"))
        self.clock = FakeClock()
        self.store = self.loop.run_until_complete(open_store(self.folder, clock=self.clock, key=b"k"))
        self.spent: Counter[str] = Counter()
        self.granted = 0
        self.number = 0

    def teardown(self) -> None:
        """The books are right to the end; then close and clean up."""
        report = self.loop.run_until_complete(self.store.audit(day_start_ms=0, month_start_ms=0))
        assert report.problems == () and report.sum == 0
        self.loop.run_until_complete(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    async def _job(self, who: str, credits: int, end: str) -> None:
        wallet = await self.store.wallet(who, who)
        self.number += 1
        job = a_job(f"j{self.number}", wallet=wallet, credits=credits, server=PLACE)
        job = type(job)(**{**job.__dict__, "person": who})
        now = self.clock.now_ms()
        own = Take(
            scope=f"member:{PLACE}:{wallet}",
            unit="paid",
            start_ms=now // DAY_MS * DAY_MS,
            cap=CAP,
            amount=credits,
            renews_ms=(now // DAY_MS + 1) * DAY_MS,
        )
        try:
            job = await self.store.reserve(job, (own,), grant_account=grant_account(PLACE, wallet))
        except Denied:
            return
        claimed = await self.store.claim(job.id)
        assert claimed is not None
        if end == "released":
            await self.store.release(claimed, "released", outcome="x", facts={})
            return
        for state in ("submitting", "polling", "fetching", "processing"):
            claimed = await self.store.move(claimed, state)
        claimed = await self.store.settle(claimed, "posting", clip=CLIP)
        await self.store.move(claimed, "delivered")
        self.spent[who] += credits

    @rule(who=WHO, credits=st.sampled_from([3, CAP]), end=st.sampled_from(["settled", "released"]))
    def spend(self, who: str, credits: int, end: str) -> None:
        """A clip is made, or not."""
        self.loop.run_until_complete(self._job(who, credits, end))

    @rule()
    def everybody_spends_all(self) -> None:
        """Nobody has anything left."""
        for who in PEOPLE:
            self.spend_all(who)

    def spend_all(self, who: str) -> None:
        """Everything that somebody has left, one by one."""
        for credits in (CAP, 5, 3, 1, 1):
            self.loop.run_until_complete(self._job(who, credits, "settled"))

    @precondition(lambda self: not self.granted)
    @rule(who=WHO)
    def give(self, who: str) -> None:
        """An admin grants some credits."""

        async def work() -> None:
            wallet = await self.store.wallet(who, who)
            self.number += 1
            await self.store.grant(
                server=PLACE,
                wallet=wallet,
                purse="paid",
                amount=GRANT,
                actor="a",
                reason="",
                key=f"g{self.number}",
            )

        self.granted += GRANT
        self.loop.run_until_complete(work())

    @rule(keeper=WHO, joiner=WHO)
    def join(self, keeper: str, joiner: str) -> None:
        """Two people agree."""

        async def work() -> None:
            first = await self.store.wallet(keeper, keeper)
            second = await self.store.wallet(joiner, joiner)
            try:
                await self.store.join(keeper=keeper, joiner=joiner, agreed=(first, second))
            except Refusal as refusal:
                assert refusal.code in {"link_same", "link_platform_taken", "link_wait"}

        self.loop.run_until_complete(work())

    @rule(who=WHO)
    def part(self, who: str) -> None:
        """Somebody leaves."""

        async def work() -> None:
            await self.store.wallet(who, who)
            try:
                await self.store.unlink(who)
            except Refusal as refusal:
                assert refusal.code == "not_linked"

        self.loop.run_until_complete(work())

    @rule(who=WHO)
    def forget(self, who: str) -> None:
        """Somebody, with all linked accounts, wants to be forgotten, and may come back."""

        async def work() -> None:
            await self.store.forget(await self.store.wallet(who, who))

        self.loop.run_until_complete(work())

    @precondition(lambda self: sum(self.spent.values()) > CAP)
    @rule(days=st.sampled_from([0.3, 31]))
    def wait(self, days: float) -> None:
        """Time passes; with a new day everybody has a new period."""
        before = self.clock.now_ms() // DAY_MS
        self.clock.advance(days * 86_400)
        if self.clock.now_ms() // DAY_MS != before:
            self.spent.clear()

    @invariant()
    def nobody_takes_more_than_their_own(self) -> None:
        """Beyond the period's credits only what was granted."""
        over = sum(max(0, spent - CAP) for spent in self.spent.values())
        assert over <= self.granted, (self.spent, self.granted)


def test_no_order_of_linking_parting_and_forgetting_makes_credits() -> None:
    runs = 400 if os.environ.get("TALKREEL_TEST") == "all" else 30
    run_state_machine_as_test(
        People,
        settings=settings(
            max_examples=runs,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
