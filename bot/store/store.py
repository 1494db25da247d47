"""The `Store` port over any driver: each method is one unit. Knows no database and no SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from bot.core import ledger
from bot.core.model import Clip, Job, JobState, Plan, Purse, Take
from bot.core.ports.routes import Surroundings
from bot.core.quality import Quality
from bot.core.records import (
    AuditReport,
    BillSum,
    Block,
    Pending,
    RouteHealth,
    Rule,
    Server,
    Transfer,
    VendorBill,
    Window,
)
from bot.store.parts.contests import ContestUnits
from bot.store.parts.hearing import HearingUnits
from bot.store.parts.pages import PageUnits
from bot.store.parts.people import PeopleUnitStore
from bot.store.parts.voices import VoiceUnits
from bot.store.units import audit as units_audit
from bot.store.units import bills, measures, money, people, servers, sound
from bot.store.units import jobs as units_jobs


class UnitStore(PeopleUnitStore, ContestUnits, HearingUnits, PageUnits, VoiceUnits):
    """Everything of the port `Store` but `close`; what each method means is written there."""

    # Jobs

    async def reserve(self, job: Job, takes: Sequence[Take], *, grant_account: str) -> Job:
        """See the port."""
        return await self._run(partial(units_jobs.reserve, job, takes, grant_account, self._now_ms()))

    async def reserve_all(self, jobs: Sequence[tuple[Job, Sequence[Take], str]]) -> tuple[Job, ...]:
        """See the port."""
        return await self._run(partial(units_jobs.reserve_all, jobs, self._now_ms()))

    async def job(self, job: str) -> Job | None:
        """See the port."""
        return await self._run(partial(units_jobs.by_id, job))

    async def claim(self, job: str) -> Job | None:
        """See the port."""
        return await self._run(partial(units_jobs.claim, job, self._now_ms()))

    async def move(self, job: Job, state: JobState, **changes: Any) -> Job:
        """See the port."""
        return await self._run(partial(units_jobs.move, job, state, changes, self._now_ms()))

    async def settle(self, job: Job, state: JobState, *, clip: Clip, give_back: int = 0) -> Job:
        """See the port."""
        return await self._run(partial(units_jobs.settle, job, state, clip, give_back, self._now_ms()))

    async def release(
        self, job: Job, state: JobState, *, outcome: str, facts: Mapping[str, Any], charge: bool = False
    ) -> Job:
        """See the port."""
        return await self._run(
            partial(units_jobs.release, job, state, outcome, facts, charge, self._now_ms())
        )

    async def submit_intent(self, job: Job, *, submitted_ms: int) -> Job:
        """See the port."""
        return await self._run(partial(units_jobs.submit_intent, job, submitted_ms, self._now_ms()))

    async def sound_intent(self, job: Job, *, facts: Mapping[str, Any], submitted_ms: int) -> Job:
        """See the port."""
        return await self._run(partial(sound.sound_intent, job, facts, submitted_ms, self._now_ms()))

    async def book_more(self, job: Job, micro_usd: int, *, facts: Mapping[str, Any]) -> Job:
        """See the port."""
        return await self._run(partial(sound.book_more, job, micro_usd, facts, self._now_ms()))

    async def true_cost(self, job: Job, cost_micro_usd: int) -> Job:
        """See the port."""
        return await self._run(partial(sound.true_cost, job, cost_micro_usd, self._now_ms()))

    async def submit_refused(self, job: Job) -> None:
        """See the port."""
        await self._run(partial(units_jobs.submit_refused, job, self._now_ms()))

    async def ask_cancel(self, job: str) -> Job | None:
        """See the port."""
        return await self._run(partial(units_jobs.ask_cancel, job))

    async def ticket_owner(self, provider: str, remote_id: str) -> str | None:
        """See the port."""
        return await self._run(partial(units_jobs.ticket_owner, provider, remote_id))

    async def open_jobs(self) -> tuple[Job, ...]:
        """See the port."""
        return await self._run(units_jobs.open_jobs)

    async def due_jobs(self, now_ms: int) -> tuple[tuple[str, str, int], ...]:
        """See the port."""
        return await self._run(partial(units_jobs.due_jobs, now_ms))

    async def jobs_of(self, wallet: str, *, limit: int, before_ms: int = 0) -> tuple[Job, ...]:
        """See the port."""
        return await self._run(partial(units_jobs.jobs_of, wallet, limit, before_ms))

    async def typical_seconds(self, server: str, model: str) -> int | None:
        """See the port."""
        return await self._run(partial(units_jobs.typical_seconds, server, model))

    # Credits

    async def windows(self, keys: Sequence[tuple[str, str, int]]) -> tuple[Window, ...]:
        """See the port."""
        return await self._run(partial(money.windows, keys))

    async def grant(
        self, *, server: str, wallet: str, purse: Purse, amount: int, actor: str, reason: str, key: str
    ) -> int:
        """See the port."""
        return await self._run(
            partial(
                money.grant,
                server=server,
                wallet=wallet,
                purse=purse,
                amount=amount,
                actor=actor,
                reason=reason,
                key=key,
                now_ms=self._now_ms(),
            )
        )

    async def grant_balance(self, *, server: str, wallet: str, purse: Purse) -> int:
        """See the port."""
        return await self._run(partial(money.granted, ledger.grant_account(server, wallet), purse))

    async def granted(self, server: str, purse: Purse) -> int:
        """See the port."""
        return await self._run(partial(money.granted_on_server, server, purse))

    async def transfers(self, *, job: str = "", server: str = "", limit: int = 100) -> tuple[Transfer, ...]:
        """See the port."""
        return await self._run(partial(money.transfers, job, server, limit))

    async def note_bill(self, bill: VendorBill) -> None:
        """See the port."""
        await self._run(partial(bills.note, bill))

    async def bill_sums(self, *, since_ms: int) -> tuple[BillSum, ...]:
        """See the port."""
        return await self._run(partial(bills.sums, since_ms))

    async def audit(self, *, day_start_ms: int, month_start_ms: int) -> AuditReport:
        """See the port."""
        return await self._run(partial(units_audit.audit, day_start_ms, month_start_ms))

    # People and rules

    async def merge(self, *, winner: str, loser: str, actor: str) -> None:
        """See the port."""
        await self._run(partial(people.merge, winner, loser, actor, self._now_ms()))

    async def rules(self, server: str) -> tuple[Rule, ...]:
        """See the port."""
        return await self._run(partial(people.rules, server))

    async def set_rule(self, rule: Rule, *, actor: str) -> None:
        """See the port."""
        await self._run(partial(people.set_rule, rule, actor, self._now_ms()))

    async def drop_rules(self, server: str, *, kind: str, subject: str, actor: str) -> int:
        """See the port."""
        return await self._run(partial(people.drop_rules, server, kind, subject, actor, self._now_ms()))

    async def server(self, server: str) -> Server:
        """See the port."""
        return await self._run(partial(people.server, server))

    async def save_server(self, server: Server) -> None:
        """See the port."""
        await self._run(partial(people.save_server, server))

    async def block(self, block: Block) -> None:
        """See the port."""
        await self._run(partial(people.block, block, self._now_ms()))

    async def unblock(self, server: str, wallet: str, *, actor: str) -> bool:
        """See the port."""
        return await self._run(partial(people.unblock, server, wallet, actor, self._now_ms()))

    async def blocked(self, server: str, wallet: str, now_ms: int) -> Block | None:
        """See the port."""
        return await self._run(partial(people.blocked, server, wallet, now_ms))

    async def strike(self, wallet: str, job: str, kind: str, at_ms: int) -> int:
        """See the port."""
        return await self._run(partial(people.strike, wallet, job, kind, at_ms))

    async def put_pending(self, pending: Pending) -> None:
        """See the port."""
        await self._run(partial(people.put_pending, pending, self._now_ms()))

    async def take_pending(self, pending: str, now_ms: int) -> Pending | None:
        """See the port."""
        return await self._run(partial(people.take_pending, pending, now_ms))

    # For admins and the operator

    async def admin_log(self, server: str, *, limit: int) -> tuple[Mapping[str, Any], ...]:
        """See the port."""
        return await self._run(partial(people.admin_log, server, limit))

    async def note_for_operator(self, cause: str, text_key: str, facts: Mapping[str, Any]) -> bool:
        """See the port."""
        return await self._run(partial(people.note_for_operator, cause, text_key, facts, self._now_ms()))

    async def operator_notes(self, *, limit: int) -> tuple[Mapping[str, Any], ...]:
        """See the port."""
        return await self._run(partial(people.operator_notes, limit))

    async def surroundings(self, server: str) -> Surroundings:
        """See the port."""
        return await self._run(partial(servers.surroundings, server))

    async def health(self) -> tuple[RouteHealth, ...]:
        """See the port."""
        return await self._run(people.health)

    async def change_health(
        self, route: str, change: Callable[[RouteHealth], RouteHealth]
    ) -> tuple[RouteHealth, RouteHealth]:
        """See the port."""
        return await self._run(partial(people.change_health, route, change))

    async def note_quality(self, job: str, blob: str, quality: Quality) -> bool:
        """See the port."""
        return await self._run(partial(measures.note_quality, job, blob, quality))

    async def reroute(self, job: Job, plan: Plan) -> Job:
        """See the port."""
        return await self._run(partial(units_jobs.reroute, job, plan, self._now_ms()))
