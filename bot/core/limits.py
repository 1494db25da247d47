"""Which limits hold for a person in a place: own rule, else the best of their roles, else everybody's. Pure.

What was used of them is not looked at here; the windows they make are in `quota.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bot.core.desk import House
from bot.core.model import CONSOLE, DIRECT, Actor, Period, Purse
from bot.core.records import Rule

Source = Literal["operator", "member", "role", "everybody", "allotment", "house"]

# Days, weeks and months of 30 days in 210 days: compares limits of different periods in whole numbers.
_WEIGHT: Final[dict[Period, int]] = {"day": 210, "week": 30, "month": 7}


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """So many credits in each period. `credits` None = not limited, but counted."""

    credits: int | None
    period: Period


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A limit shared by several members, by the name of its window."""

    scope: str
    allowance: Allowance


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What holds for one member in one place.

    Attributes:
        member: their own allowance.
        pools: channel, server and allotment, as far as they apply; a job must fit each.
        at_once: jobs at the same time.
        price_cap: dearest single job in credits; None = no cap.
        sources: where `member`, `at_once` and `price_cap` come from.
    """

    member: Allowance
    pools: tuple[Pool, ...]
    at_once: int
    price_cap: int | None
    sources: dict[str, Source]


def draws_on_budget(actor: Actor) -> bool:
    """Whether paid clips come straight out of the operator's budget: for operators and the console."""
    return actor.operator or actor.server == CONSOLE


def limits_for(actor: Actor, rules: Sequence[Rule], house: House, purse: Purse) -> Limits:
    """The limits of a person in a place: own rule, else the best of their roles, else everybody's.

    Each field is looked up on its own, because a rule may leave some unset. Operators and the console
    draw on the operator's budget itself: no allowance, pool or price cap holds them, for paid clips.
    """
    here = tuple(rule for rule in rules if rule.server == actor.server)
    mine = tuple(rule for rule in here if rule.purse == purse)
    at_once, at_once_from = _at_once(actor, here, house, purse)
    if purse == "paid" and draws_on_budget(actor):
        return Limits(
            member=Allowance(credits=None, period="day"),
            pools=(),
            at_once=at_once,
            price_cap=None,
            sources={"member": "operator", "at_once": at_once_from, "price_cap": "operator"},
        )
    member, member_from = _allowance(actor, mine, house, purse)
    cap, cap_from = _best(actor, mine, lambda rule: rule.price_cap)
    return Limits(
        member=member,
        pools=tuple(_pools(actor, mine, purse)),
        at_once=at_once,
        price_cap=cap,
        sources={"member": member_from, "at_once": at_once_from, "price_cap": cap_from},
    )


def _levels(actor: Actor, rules: Sequence[Rule]) -> tuple[tuple[Source, tuple[Rule, ...]], ...]:
    """The rules that speak to a person, the closest first."""
    return (
        ("member", tuple(r for r in rules if r.kind == "member" and r.subject == actor.person.key)),
        ("role", tuple(r for r in rules if r.kind == "role" and r.subject in actor.roles)),
        ("everybody", tuple(r for r in rules if r.kind == "everybody")),
    )


def _best(
    actor: Actor, rules: Sequence[Rule], field: Callable[[Rule], int | None]
) -> tuple[int | None, Source]:
    for source, level in _levels(actor, rules):
        values = [value for value in map(field, level) if value is not None]
        if values:
            return max(values), source
    return None, "house"


def _at_once(actor: Actor, rules: Sequence[Rule], house: House, purse: Purse) -> tuple[int, Source]:
    # Jobs at once are one number whatever pays: a rule for the other purse counts where none speaks
    # for this one.
    own = [rule for rule in rules if rule.purse == purse]
    for group in (own, rules):
        value, source = _best(actor, group, lambda rule: rule.at_once)
        if value is not None:
            return value, source
    return house.jobs_at_once, "house"


def _allowance(actor: Actor, rules: Sequence[Rule], house: House, purse: Purse) -> tuple[Allowance, Source]:
    for source, level in _levels(actor, rules):
        found = _most_generous(level)
        if found is not None:
            return found, source
    if purse == "free":
        return Allowance(credits=house.free_clips_per_day, period="day"), "house"
    if actor.server == DIRECT:
        # Private chats have no admin who could divide the allotment: whoever comes draws on it.
        found = _most_generous(rule for rule in rules if rule.kind == "allotment")
        if found is not None:
            return found, "allotment"
    return Allowance(credits=0, period="day"), "house"


def _most_generous(rules: Iterable[Rule]) -> Allowance | None:
    set_ones = [(r.credits, r.period) for r in rules if r.credits is not None and r.period is not None]
    if not set_ones:
        return None
    credits, period = max(set_ones, key=lambda one: (one[0] * _WEIGHT[one[1]], one[0]))
    return Allowance(credits=credits, period=period)


def _pools(actor: Actor, rules: Sequence[Rule], purse: Purse) -> Iterable[Pool]:
    shared = (
        ("channel", actor.channel, f"channel:{actor.server}/{actor.channel}"),
        ("server", "", f"server:{actor.server}"),
    )
    for kind, subject, scope in shared:
        found = _most_generous(r for r in rules if r.kind == kind and r.subject == subject)
        if found is not None:
            yield Pool(scope=scope, allowance=found)
    if purse == "paid":
        yield Pool(scope=f"allotment:{actor.server}", allowance=allotment(actor.server, rules))


def allotment(server: str, rules: Sequence[Rule]) -> Allowance:
    """What the operator lets a server use; 0 a month unless set."""
    found = _most_generous(
        r for r in rules if r.kind == "allotment" and r.server == server and r.purse == "paid"
    )
    return found or Allowance(credits=0, period="month")
