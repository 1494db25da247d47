"""Limits per member, channel, server and for the operator's money, as windows that a job takes from. Pure.

The decision itself falls in the store's reserve transaction; this module only says which windows count,
how large they are and when they renew. It never looks at what was used, except to show it.

Refusals raised or returned here, with their facts:

    price_cap        Denied   price, cap (credits), rule    one job may not cost that much here
    operator_only    Denied                                 an allotment is set by the operator
    no_allotment     Denied   server, place (direct, here)  the operator has allotted nothing
    above_allotment  Denied   asked, carried, granted, credits, period   more than the allotment carries
    bad_amount       Refusal  amount                        not a whole number above 0 (a limit: 0 or more)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.core import ledger
from bot.core.desk import House
from bot.core.errors import Denied, Refusal
from bot.core.limits import Allowance, Limits, Pool, allotment, draws_on_budget, limits_for
from bot.core.model import DIRECT, Actor, Period, Purse, Take
from bot.core.periods import period_end_ms, period_start_ms
from bot.core.records import Rule, Server, Window

__all__ = [
    "Allowance",
    "Limits",
    "Pool",
    "PoolStanding",
    "Standing",
    "allotment",
    "grant_account",
    "grant_refusal",
    "limit_refusal",
    "limits_for",
    "period_end_ms",
    "period_start_ms",
    "standing",
    "standing_windows",
    "takes",
]

_MICRO: Final = 1_000_000
# How many periods of an allotment one period of a limit can touch; longer allotments count once.
_TOUCHES: Final[dict[tuple[Period, Period], int]] = {
    ("day", "week"): 7,
    ("day", "month"): 31,
    ("week", "month"): 6,
}


def takes(
    *,
    actor: Actor,
    wallet: str,
    server: Server,
    rules: Sequence[Rule],
    house: House,
    purse: Purse,
    credits: int,
    cost_micro_usd: int,
    now_ms: int,
) -> tuple[Take, ...]:
    """Everything a job takes, the member's own window first.

    Raises:
        Denied: `price_cap`.
    """
    limits = limits_for(actor, rules, house, purse)
    if limits.price_cap is not None and credits > limits.price_cap:
        raise Denied(
            "price_cap", price=credits, cap=limits.price_cap, rule=f"rule_{limits.sources['price_cap']}"
        )
    own = (f"member:{actor.server}:{wallet}", limits.member)
    windows = (own, *((pool.scope, pool.allowance) for pool in limits.pools))
    taken = [_take(scope, purse, allowance, credits, server, now_ms) for scope, allowance in windows]
    if purse == "paid" and cost_micro_usd > 0:
        taken += budget_takes(house, cost_micro_usd, now_ms)
    jobs = Take(
        scope=f"active:{actor.server}:{wallet}", unit="jobs", start_ms=0, cap=limits.at_once, amount=1
    )
    return (*taken, jobs)


def grant_account(actor: Actor, wallet: str, purse: Purse) -> str:
    """The account of granted credits that serves when the period's are used up; "" = none.

    Whoever draws on the budget itself has no need of grants.
    """
    if purse == "paid" and draws_on_budget(actor):
        return ""
    return ledger.grant_account(actor.server, wallet)


def _take(scope: str, unit: Purse, allowance: Allowance, amount: int, server: Server, now_ms: int) -> Take:
    return Take(
        scope=scope,
        unit=unit,
        start_ms=period_start_ms(allowance.period, now_ms, server.time_zone),
        cap=allowance.credits,
        amount=amount,
        renews_ms=period_end_ms(allowance.period, now_ms, server.time_zone),
    )


def budget_takes(house: House, cost_micro_usd: int, now_ms: int) -> list[Take]:
    """What a vendor's cost takes from the operator's budget."""
    caps: tuple[tuple[Period, Decimal], ...] = (
        ("day", house.budget_day_usd),
        ("month", house.budget_month_usd),
    )
    return [
        Take(
            scope=f"budget:{period}",
            unit="usd",
            start_ms=period_start_ms(period, now_ms, "UTC"),
            cap=int(usd * _MICRO),
            amount=cost_micro_usd,
            renews_ms=period_end_ms(period, now_ms, "UTC"),
        )
        for period, usd in caps
    ]


# ---------------------------------------------------------------------------------------------
# What a person is shown


@dataclass(frozen=True, kw_only=True)
class PoolStanding:
    """What is left of a shared limit. `kind` is channel, server or allotment."""

    kind: str
    cap: int
    left: int
    renews_ms: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How somebody stands with one purse.

    Attributes:
        cap: credits of the period; None = not limited.
        held, used: in the running period.
        left: of the period's credits; None = not limited.
        renews_ms: when the next period begins.
        grants: credits that do not expire.
        pools: shared limits that hold too.
        at_once, active: jobs allowed and open at the same time.
        source: whose rule the cap is.
    """

    purse: Purse
    cap: int | None
    held: int
    used: int
    renews_ms: int
    grants: int
    pools: tuple[PoolStanding, ...]
    at_once: int
    active: int
    source: str = "house"

    @property
    def left(self) -> int | None:
        """Credits of the period that are neither held nor used; None = not limited."""
        return None if self.cap is None else max(0, self.cap - self.held - self.used)

    @property
    def have(self) -> int | None:
        """What may be spent now: period and grants, as far as the pools go; None = not limited."""
        own = None if self.left is None else self.left + self.grants
        limits = [*(pool.left for pool in self.pools), *(() if own is None else (own,))]
        return min(limits, default=None)


def standing_windows(
    *,
    actor: Actor,
    wallet: str,
    server: Server,
    rules: Sequence[Rule],
    house: House,
    purse: Purse,
    now_ms: int,
) -> tuple[Take, ...]:
    """The windows to look up for `standing`: what a job of no price would take."""
    return takes(
        actor=actor,
        wallet=wallet,
        server=server,
        rules=rules,
        house=house,
        purse=purse,
        credits=0,
        cost_micro_usd=0,
        now_ms=now_ms,
    )


def standing(*, purse: Purse, looked_at: Sequence[Take], windows: Sequence[Window], grants: int) -> Standing:
    """What `/credits` shows, from the windows named by `standing_windows` and the granted balance."""
    found = {(w.scope, w.unit, w.start_ms): w for w in windows}

    def gone(take: Take) -> tuple[int, int]:
        window = found.get((take.scope, take.unit, take.start_ms))
        return (window.held, window.used) if window else (0, 0)

    member, *others = looked_at
    pools = []
    at_once = active = 0
    for take in others:
        if take.unit == "jobs":
            at_once, active = take.cap or 0, sum(gone(take))
        elif take.cap is not None:
            pools.append(
                PoolStanding(
                    kind=take.scope.partition(":")[0],
                    cap=take.cap,
                    left=max(0, take.cap - sum(gone(take))),
                    renews_ms=take.renews_ms,
                )
            )
    held, used = gone(member)
    return Standing(
        purse=purse,
        cap=member.cap,
        held=held,
        used=used,
        renews_ms=member.renews_ms,
        grants=grants,
        pools=tuple(pools),
        at_once=at_once,
        active=active,
    )


# ---------------------------------------------------------------------------------------------
# What admins may hand out


def grant_refusal(
    *, server: str, rules: Sequence[Rule], purse: Purse, amount: int, granted: int
) -> Refusal | None:
    """Why a grant cannot be given, or None.

    Paid grants still open on a server may not exceed its allotment: whoever holds them could never
    use them. `granted` is what is open there already (`Store.granted`).
    """
    if amount <= 0:
        return Refusal("bad_amount", amount=amount)
    if purse == "free":
        return None
    allotted = allotment(server, rules)
    carried = allotted.credits or 0
    if carried == 0:
        return _none_allotted(server)
    if granted + amount > carried:
        return _above(amount, carried, allotted, granted=granted)
    return None


def limit_refusal(*, actor: Actor, rule: Rule, rules: Sequence[Rule]) -> Refusal | None:
    """Why a limit cannot be set, or None: an allotment by the operator alone, others within it."""
    for value in (rule.credits, rule.at_once, rule.price_cap):
        if value is not None and value < 0:
            return Refusal("bad_amount", amount=value)
    if rule.kind == "allotment":
        return None if actor.operator else Denied("operator_only")
    if rule.purse == "free" or not rule.credits or rule.period is None:
        return None
    allotted = allotment(rule.server, rules)
    carried = (allotted.credits or 0) * _TOUCHES.get((allotted.period, rule.period), 1)
    if carried == 0:
        return _none_allotted(rule.server)
    return _above(rule.credits, carried, allotted, granted=0) if rule.credits > carried else None


def _none_allotted(server: str) -> Denied:
    return Denied("no_allotment", server=server, place="direct" if server == DIRECT else "here")


def _above(asked: int, carried: int, allotted: Allowance, *, granted: int) -> Denied:
    return Denied(
        "above_allotment",
        asked=asked,
        carried=carried,
        granted=granted,
        credits=allotted.credits,
        period=allotted.period,
    )
