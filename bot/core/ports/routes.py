"""What the core needs of the database for routes: how they do, and jobs that change them. Part of `Store`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from bot.core.arena import Table
from bot.core.model import Job, Plan
from bot.core.records import RouteHealth, Rule, Server
from bot.core.switches import Switch


class Surroundings(NamedTuple):
    """What planning for somebody on a server depends on, as it stands at one moment."""

    server: Server
    rules: tuple[Rule, ...]
    health: tuple[RouteHealth, ...]
    switches: tuple[Switch, ...]
    rankings: tuple[Table, ...]


class RouteStore(Protocol):
    """How the ways to the models do. It moves no credits."""

    async def surroundings(self, server: str) -> Surroundings:
        """All of it at once: five questions for the price of one."""
        ...

    async def health(self) -> tuple[RouteHealth, ...]:
        """All routes that were ever used."""
        ...

    async def change_health(
        self, route: str, change: Callable[[RouteHealth], RouteHealth]
    ) -> tuple[RouteHealth, RouteHealth]:
        """Change how a route does, in one step; returns how it did and how it does. `change` is pure."""
        ...

    async def reroute(self, job: Job, plan: Plan) -> Job:
        """Fenced. Let a job wait for another way to the same clip; nothing was started on the old one.

        Raises:
            ValueError: the plan is dearer than the one that was agreed.
        """
        ...
