"""How the members of a server stand with their limits: who used what, what is left, who is near the end."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.desk import Desk
from bot.core.limits import Limits, limits_for
from bot.core.model import Actor, Period, Person, Purse
from bot.core.quota import period_start_ms
from bot.core.records import Rule
from bot.core.requests.call import Place

_NEAR_PERCENT = 80
_LOOKED_AT = 200


@dataclass(frozen=True, kw_only=True)
class MemberStanding:
    """One member in the running period of their own limit. Limits of roles are not known here.

    Attributes:
        cap: credits of the period; None = not limited.
        source: where the limit comes from.
        near: four fifths or more are gone.
    """

    person: str
    name: str
    purse: Purse
    period: Period
    cap: int | None
    used: int
    source: str
    near: bool

    @property
    def left(self) -> int | None:
        """What is left; None = not limited."""
        return None if self.cap is None else max(0, self.cap - self.used)


async def member_standings(desk: Desk, place: Place, purse: Purse) -> tuple[MemberStanding, ...]:
    """Members who used something in the running period, those nearest to their limit first."""
    server, now = place.server, desk.clock.now_ms()
    found = []
    for use in await desk.store.member_use(server.id, purse, limit=_LOOKED_AT):
        platform, _, id = use.person.partition(":")
        person = Person(platform=platform, id=id, name=use.name)  # type: ignore[arg-type]
        limits = limits_for(Actor(person=person, server=server.id), place.rules, desk.house, purse)
        own = limits.member
        if use.start_ms != period_start_ms(own.period, now, server.time_zone):
            continue
        cap = own.credits
        found.append(
            MemberStanding(
                person=use.person,
                name=use.name,
                purse=purse,
                period=own.period,
                cap=cap,
                used=use.amount,
                source=limits.sources["member"],
                near=cap is not None and use.amount * 100 >= cap * _NEAR_PERCENT,
            )
        )
    return tuple(sorted(found, key=_by_share, reverse=True))


@dataclass(frozen=True, kw_only=True)
class Change:
    """What another rule would mean for one member. `short`: more is used already than they would have."""

    person: str
    name: str
    before: Limits
    after: Limits
    used: int

    @property
    def short(self) -> bool:
        """Whether they could make nothing more in this period."""
        cap = self.after.member.credits
        return cap is not None and self.used >= cap


async def affected(desk: Desk, place: Place, rule: Rule) -> tuple[Change, ...]:
    """The members in a running period for whom a rule would change something. Roles are not known here."""
    others = [one for one in place.rules if _key(one) != _key(rule)]
    found = []
    for use in await desk.store.member_use(place.server.id, rule.purse, limit=_LOOKED_AT):
        platform, _, id = use.person.partition(":")
        person = Person(platform=platform, id=id, name=use.name)  # type: ignore[arg-type]
        actor = Actor(person=person, server=place.server.id)
        before = limits_for(actor, place.rules, desk.house, rule.purse)
        after = limits_for(actor, (*others, rule), desk.house, rule.purse)
        if _counts(before) != _counts(after):
            found.append(
                Change(person=use.person, name=use.name, before=before, after=after, used=use.amount)
            )
    return tuple(found)


def _key(rule: Rule) -> tuple[str, str, Purse]:
    return rule.kind, rule.subject, rule.purse


def _counts(limits: Limits) -> tuple[object, ...]:
    return limits.member, limits.at_once, limits.price_cap


def _by_share(one: MemberStanding) -> tuple[bool, int, int]:
    share = one.used * 1000 // one.cap if one.cap else 0
    return one.near, share, one.used
