"""The part of the `Store` port about comparisons: each method is one unit. Knows no database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from bot.core import arena
from bot.core.arena import Table
from bot.core.compare import Ballot, Contest, Draw, Standing
from bot.core.model import Job, Take
from bot.store.unit import Run
from bot.store.units import contests


class ContestUnits:
    """What each method means is written at the port."""

    _run: Run
    _now_ms: Callable[[], int]
    _mark: Callable[[str], str]

    async def reserve_contest(
        self, contest: Contest, jobs: Sequence[tuple[Job, Sequence[Take], str]]
    ) -> tuple[Job, ...]:
        """See the port."""
        return await self._run(partial(contests.reserve, contest, jobs, self._now_ms()))

    async def contest(self, contest: str) -> Contest | None:
        """See the port."""
        return await self._run(partial(contests.by_id, contest))

    async def open_contests(self) -> tuple[Contest, ...]:
        """See the port."""
        return await self._run(contests.open_ones)

    async def save_contest(self, contest: Contest) -> Contest:
        """See the port."""
        return await self._run(partial(contests.save, contest))

    async def draw(self, contest: str, voter: str) -> tuple[Draw, ...]:
        """See the port."""
        return await self._run(partial(contests.draw, contest, voter, self._now_ms()))

    async def drawn(self, contest: str, voter: str) -> tuple[Draw, ...]:
        """See the port."""
        return await self._run(partial(contests.drawn, contest, voter))

    async def cast(self, ballot: Ballot) -> bool:
        """See the port."""
        mark = self._mark(ballot.voter)
        return await self._run(partial(contests.cast, ballot, mark, self._now_ms()))

    async def peeked(self, contest: str, voter: str) -> None:
        """See the port."""
        await self._run(partial(contests.peeked, contest, voter, self._now_ms()))

    async def has_peeked(self, contest: str, voter: str) -> bool:
        """See the port."""
        return await self._run(partial(contests.has_peeked, contest, voter, self._mark(voter)))

    async def ballots(self, contest: str) -> tuple[Ballot, ...]:
        """See the port."""
        return await self._run(partial(contests.ballots, contest))

    async def ballots_of(self, voter: str) -> tuple[Ballot, ...]:
        """See the port."""
        return await self._run(partial(contests.ballots_of, voter))

    async def server_ballots(self, server: str) -> tuple[arena.Ballot, ...]:
        """See the port."""
        return await self._run(partial(contests.server_ballots, server))

    async def server_standings(self, server: str) -> tuple[Standing, ...]:
        """See the port."""
        return await self._run(partial(contests.server_standings, server))

    async def rankings(self, server: str) -> tuple[Table, ...]:
        """See the port."""
        return await self._run(partial(contests.rankings, server))

    async def save_rankings(self, server: str, tables: Sequence[Table]) -> None:
        """See the port."""
        await self._run(partial(contests.save_rankings, server, tables))
