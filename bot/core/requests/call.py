"""One command or one pressed button as handlers get it, and what several of them look up first.

Made by `dispatch.py` after form and rights were checked. Holds no rules of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from bot.core.commands import Command
from bot.core.desk import Attachment, Desk
from bot.core.model import CONSOLE, DIRECT, Actor, AudioAs, Destination, Platform
from bot.core.planner import OWN_SOUND, PlanContext
from bot.core.ports.routes import Surroundings
from bot.core.records import Pending, Rule, Server
from bot.core.replies import Reply
from bot.core.switches import off_in

_HEARD: Final[AudioAs] = "dialogue"


@dataclass(frozen=True, kw_only=True)
class Call:
    """What somebody asked for.

    Attributes:
        options: checked values, as `coercion.coerce` gives them; for a button `{"id": its target}`.
        request_key: of the event that carried it; the same event makes one job.
        wallet: whose credits.
        files: what came along, by option.
        values: answers to a form, as they were given.
        pending: the question that Confirm belongs to.
    """

    actor: Actor
    options: Mapping[str, Any]
    destination: Destination
    request_key: str
    wallet: str
    files: Mapping[str, tuple[Attachment, ...]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    pending: Pending | None = None


Handler = Callable[[Desk, Call], Awaitable[Reply]]


def may(actor: Actor, command: Command) -> bool:
    """Whether somebody may use a command where they are."""
    return command.who == "all" or actor.operator or (command.who == "admins" and actor.admin)


def usable(desk: Desk, command: Command) -> Command:
    """The command without the choices that cannot work here: words need somebody who hears them."""
    if desk.hearing.deaf() is None or not any(_HEARD in option.choices for option in command.options):
        return command
    options = (
        replace(option, choices=tuple(word for word in option.choices if word != _HEARD))
        for option in command.options
    )
    return replace(command, options=tuple(options))


def listed(desk: Desk, actor: Actor, command: Command, platform: Platform) -> bool:
    """Whether a command is offered to somebody in a chat: it is theirs to use and works there."""
    alone = desk.house.demo and command.models > 1  # the demo has one model
    return may(actor, command) and platform in command.platforms and not alone


@dataclass(frozen=True, kw_only=True)
class Place:
    """The server where a command was given, with the limits set there; looked up once for a command."""

    server: Server
    rules: tuple[Rule, ...]
    around: Surroundings


async def place_of(desk: Desk, actor: Actor, wallet: str = "") -> Place:
    """The server where somebody is.

    A limit of one member holds for all their linked accounts: the most generous counts, as everywhere.
    """
    around = await desk.store.surroundings(actor.server)
    rules = around.rules
    if wallet and actor.server == DIRECT and any(rule.kind == "member" for rule in rules):
        mine = {person.key for person in await desk.store.identities(wallet)}
        rules = tuple(
            replace(rule, subject=actor.person.key)
            if rule.kind == "member" and rule.subject in mine
            else rule
            for rule in rules
        )
    return Place(server=around.server, rules=rules, around=around)


def place_word(server: str) -> str:
    """The word for a server: `direct`, or `here`."""
    return "direct" if server in (DIRECT, CONSOLE) else "here"


async def plan_context(desk: Desk, server: Server, *, paid_ok: bool = True) -> PlanContext:
    """What planning depends on, here and now.

    Args:
        desk: the ports.
        server: whose choices count.
        paid_ok: whether `auto` may choose what costs credits.
    """
    around = await desk.store.surroundings(server.id)
    return context_in(desk, around._replace(server=server), paid_ok=paid_ok)


def context_in(desk: Desk, around: Surroundings, *, paid_ok: bool = True) -> PlanContext:
    """The same from what was looked up before."""
    settings = around.server.settings
    now = desk.clock.now_ms()
    allowed = settings.get("models_allowed")
    return PlanContext(
        catalogue=desk.catalogue,
        house=desk.house,
        has_key=desk.providers.has_key,
        missing_env=desk.providers.missing_env,
        now_ms=now,
        today=datetime.fromtimestamp(now // 1000, UTC).date(),
        health={entry.route: entry for entry in around.health},
        allowed=frozenset(allowed) if allowed else None,
        denied=frozenset(settings.get("models_denied", ())),
        default_model=str(settings.get("default_model", "")),
        paid_ok=paid_ok and not desk.house.demo,
        off=off_in(around.server.id, around.switches),
        learned={table.question: table for table in around.rankings},
        links=desk.links is not None,
        own_sound=OWN_SOUND,
        deaf=desk.hearing.deaf(),
    )
