"""What the pages tell operators, admins and members: sums and lists out of the books. Values and a Protocol.

Reads only; times in milliseconds since 1970 UTC, money in credits or micro-dollars. `server` "" means all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.core.model import Job, Purse
from bot.core.records import Transfer


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one day, model or person came to. `cost_micro_usd` is the vendor's list price."""

    key: str
    name: str
    credits: int
    clips: int
    cost_micro_usd: int = 0


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Who spent what in a stretch of time.

    Attributes:
        slots: credits and clips by quarter of an hour; `key` is its first millisecond.
        models, people: the dearest first.
    """

    slots: tuple[Spent, ...]
    models: tuple[Spent, ...]
    people: tuple[Spent, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A job with the name of whoever asked for it."""

    n: int
    job: Job
    person: str
    withheld: bool = False


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A movement with the names that its accounts stand for."""

    transfer: Transfer
    server: str
    person: str
    model: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of the audit log."""

    id: int
    at_ms: int
    server: str
    actor: str
    name: str
    action: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Known:
    """Somebody who made clips, holds credits or has a limit of their own on a server."""

    wallet: str
    person: str
    name: str
    granted_paid: int
    granted_free: int


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Somebody who may not make clips on a server until `until_ms` (0 = for good)."""

    person: str
    name: str
    until_ms: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A server that the bot has heard of, with what lies open there."""

    id: str
    name: str
    open_jobs: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which movements are wanted. "" and 0 leave a filter out.

    Attributes:
        before: only those with a smaller id.
        person: `platform:id` or a name.
        wallet: everything of one wallet; no other filter counts then.
        job: id.
    """

    server: str = ""
    kind: str = ""
    purse: Purse | str = ""
    person: str = ""
    wallet: str = ""
    job: str = ""
    since_ms: int = 0
    until_ms: int = 0
    before: int = 0
    limit: int = 100


class Reports(Protocol):
    """The books, read beside the bot's own work: a long look must not hold up a command."""

    async def servers(self) -> tuple[Place, ...]:
        """All servers ever heard of."""
        ...

    async def spending(self, *, server: str, purse: Purse, since_ms: int, until_ms: int) -> Spending:
        """Who spent what."""
        ...

    async def jobs(self, *, server: str, open_only: bool, before: int, limit: int) -> tuple[Line, ...]:
        """The newest jobs, smaller than `before` (0: the newest of all)."""
        ...

    async def jobs_of(self, wallet: str, *, before: int, limit: int) -> tuple[Line, ...]:
        """Somebody's own newest jobs."""
        ...

    async def clips(self, server: str, *, before: int, limit: int) -> tuple[Line, ...]:
        """A server's newest finished clips but those kept out of the gallery; private ones are among them."""
        ...

    async def movements(self, asked: Asked) -> tuple[Entry, ...]:
        """The newest movements."""
        ...

    async def changes(self, *, server: str, before: int, limit: int) -> tuple[Change, ...]:
        """The audit log, newest first."""
        ...

    async def people(self, server: str) -> tuple[Known, ...]:
        """Everybody known on a server, by name."""
        ...

    async def blocks(self, server: str, now_ms: int) -> tuple[Blocked, ...]:
        """Everybody who is blocked on a server, by name."""
        ...

    async def wallet_of(self, who: str) -> str:
        """The wallet of somebody by `platform:id` or name; "" if nobody goes by it."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...
