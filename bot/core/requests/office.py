"""What operators and admins decide on pages, and whom it would touch. Rights are checked here, words are not.

Limits, grants and blocks of a server are the commands' business (`handlers/quota.py`); here is what no
command does: allotments, switches, admins of pages, galleries, and the preview of all of it.

Refusals: `operators_page`, `admins_only` (name), `bad_amount`, `no_such_job`, `bad_page_name` (name),
`unknown_switch`, `nothing_to_set`, `missing_option` (name, option).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.core.desk import Desk
from bot.core.errors import Denied, Refusal
from bot.core.limits import Allowance, Limits, allotment, limits_for
from bot.core.model import Actor, Period, Person, Purse, Text
from bot.core.quota import grant_refusal, limit_refusal
from bot.core.records import Rule
from bot.core.reports import Known, Reports
from bot.core.requests.balance import standing_of
from bot.core.requests.call import Place, place_of
from bot.core.switches import PageAdmin, Switch, SwitchKind

NAME: Final = re.compile(r"\w[\w.-]{0,31}")
_LOOKED_AT: Final = 300
_REASON_CHARACTERS: Final = 200


@dataclass(frozen=True, kw_only=True)
class Touched:
    """Somebody for whom something would change. `short`: more is used already than will be had."""

    person: str
    name: str
    before: tuple[Text, ...]
    after: tuple[Text, ...]
    used: int
    short: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a change would do.

    Attributes:
        lines: about shared limits and what cannot be seen from here.
        people: whom it would touch, by name.
        refusal: why it cannot be done, or None.
    """

    lines: tuple[Text, ...] = ()
    people: tuple[Touched, ...] = ()
    refusal: Refusal | None = None


# ---------------------------------------------------------------------------------------------
# Decisions


async def allot(desk: Desk, actor: Actor, *, credits: int, period: Period) -> None:
    """Let the actor's server use so many credits of paid models in each period; 0 = none.

    Raises:
        Denied: `operators_page`.
        Refusal: `bad_amount`.
    """
    _operators_only(actor)
    rule = Rule(server=actor.server, kind="allotment", credits=credits, period=period)
    refusal = limit_refusal(actor=actor, rule=rule, rules=())
    if refusal is not None:
        raise refusal
    await desk.store.set_rule(rule, actor=actor.person.key)


async def turn_off(desk: Desk, actor: Actor, *, kind: SwitchKind, subject: str, reason: str) -> None:
    """Take no new jobs for a model, a server or at all.

    Raises:
        Denied: `operators_page`.
        Refusal: `unknown_switch`.
    """
    _operators_only(actor)
    known = {"all": not subject, "server": bool(subject), "model": bool(subject)}
    if not known.get(kind, False):
        raise Refusal("unknown_switch")
    await desk.store.switch_off(
        Switch(kind=kind, subject=subject, actor=actor.person.key, reason=reason.strip()[:_REASON_CHARACTERS])
    )


async def turn_on(desk: Desk, actor: Actor, *, kind: SwitchKind, subject: str) -> bool:
    """Take jobs again; false if nothing was off.

    Raises:
        Denied: `operators_page`.
    """
    _operators_only(actor)
    return await desk.store.switch_on(kind, subject, actor=actor.person.key)


async def let_in(desk: Desk, actor: Actor, *, name: str, server: str) -> None:
    """Let somebody open the admin pages of a server ("" = none: they come as a member).

    Raises:
        Denied: `operators_page`.
        Refusal: `bad_page_name`.
    """
    _operators_only(actor)
    if not NAME.fullmatch(name) or name != name.lower():
        raise Refusal("bad_page_name", name=name[:40])
    if server:
        await desk.store.add_page_admin(PageAdmin(name=name, server=server, actor=actor.person.key))


async def keep_out(desk: Desk, actor: Actor, *, name: str, server: str) -> bool:
    """Close the admin pages of a server to somebody; false if they were closed.

    Raises:
        Denied: `operators_page`.
    """
    _operators_only(actor)
    return await desk.store.drop_page_admin(name, server, actor=actor.person.key)


async def open_gallery(desk: Desk, actor: Actor, *, open_to_all: bool) -> None:
    """Show the clips of the actor's server to everybody who may log in, or no longer.

    Raises:
        Denied: `admins_only`.
    """
    if not (actor.admin or actor.operator):
        raise Denied("admins_only", name="/setup")
    await desk.store.show_gallery(actor.server, open_to_all=open_to_all, actor=actor.person.key)


async def withhold(desk: Desk, wallet: str, *, job: str, hidden: bool) -> None:
    """Keep one's own clip out of the gallery, or let it in again.

    Raises:
        Refusal: `no_such_job`.
    """
    found = await desk.store.job(job)
    if found is None or found.wallet != wallet:
        raise Refusal("no_such_job", id=job[:40])
    await desk.store.withhold(found.id, hidden=hidden)


def limit_wanted(rules: Sequence[Rule], *, blank: Rule, wanted: Mapping[str, Any]) -> Rule:
    """The limit after a change; what is not said about it stays as it was.

    Args:
        rules: of the server.
        blank: names scope and purse.
        wanted: any of credits, period, at_once, price_cap.

    Raises:
        Refusal: `nothing_to_set`, `missing_option`.
    """
    if not wanted:
        raise Refusal("nothing_to_set")
    old = next((rule for rule in rules if _key(rule) == _key(blank)), None)
    rule = replace(old or blank, **wanted)
    if rule.credits is not None and rule.period is None:
        rule = replace(rule, period="month" if rule.purse == "paid" else "day")
    if rule.period is not None and rule.credits is None:
        raise Refusal("missing_option", name="/quota set", option="credits")
    return rule


def _operators_only(actor: Actor) -> None:
    if not actor.operator:
        raise Denied("operators_page")


# ---------------------------------------------------------------------------------------------
# Whom it would touch


async def preview_limit(desk: Desk, reports: Reports, actor: Actor, rule: Rule) -> Preview:
    """What setting a limit (or an allotment) would do."""
    place = await place_of(desk, actor)
    kept = tuple(one for one in place.rules if _key(one) != _key(rule))
    refusal = limit_refusal(actor=actor, rule=rule, rules=place.rules)
    return await _compared(desk, reports, actor, place, (*kept, rule), rule, refusal)


async def preview_reset(desk: Desk, reports: Reports, actor: Actor, *, kind: str, subject: str) -> Preview:
    """What taking the limits of one scope back would do."""
    place = await place_of(desk, actor)
    gone = [one for one in place.rules if (one.kind, one.subject) == (kind, subject)]
    if not gone:
        return Preview(lines=(Text(key="preview.nothing_set"),))
    kept = tuple(one for one in place.rules if one not in gone)
    return await _compared(desk, reports, actor, place, kept, gone[0], None)


async def preview_grant(desk: Desk, actor: Actor, *, wallet: str, purse: Purse, amount: int) -> Preview:
    """What a grant would do."""
    server = actor.server
    rules = await desk.store.rules(server)
    granted = await desk.store.granted(server, purse)
    refusal = grant_refusal(server=server, rules=rules, purse=purse, amount=amount, granted=granted)
    have = await desk.store.grant_balance(server=server, wallet=wallet, purse=purse) if wallet else 0
    lines = [Text(key=f"preview.grant_{purse}", facts={"before": have, "after": have + max(amount, 0)})]
    carried = allotment(server, rules)
    if purse == "paid" and carried.credits:
        facts = {"granted": granted + max(amount, 0), "credits": carried.credits, "period": carried.period}
        lines.append(Text(key="preview.grant_share", facts=facts))
    return Preview(lines=tuple(lines), refusal=refusal)


def _key(rule: Rule) -> tuple[str, str, Purse]:
    return rule.kind, rule.subject, rule.purse


async def _compared(
    desk: Desk,
    reports: Reports,
    actor: Actor,
    place: Place,
    rules: Sequence[Rule],
    changed: Rule,
    refusal: Refusal | None,
) -> Preview:
    purse = changed.purse
    after = replace(place, rules=tuple(rules))
    people = (await reports.people(actor.server))[:_LOOKED_AT]
    touched = []
    for one in _at_once(people):
        member = _member(desk, actor, one, changed)
        old, new = (limits_for(member, where.rules, desk.house, purse) for where in (place, after))
        before, later = _said(old, purse), _said(new, purse)
        if before == later:
            continue
        standing = await standing_of(desk, after, member, one.wallet, purse)
        used = standing.used + standing.held
        short = standing.cap is not None and used > standing.cap
        touched.append(
            Touched(person=one.person, name=one.name, before=before, after=later, used=used, short=short)
        )
    lines = _pool_lines(place, after, changed)
    if changed.kind == "role":
        lines.append(Text(key="preview.roles_unknown"))
    elif not touched and not lines:
        lines.append(Text(key="preview.nobody"))
    if changed.kind == "everybody":
        lines.append(Text(key="preview.and_newcomers"))
    return Preview(lines=tuple(lines), people=tuple(touched), refusal=refusal)


def _at_once(people: Iterable[Known]) -> Iterable[Known]:
    """Everybody once: a wallet may have identities on several platforms."""
    seen: set[str] = set()
    for one in people:
        if one.wallet not in seen:
            seen.add(one.wallet)
            yield one


def _member(desk: Desk, actor: Actor, known: Known, changed: Rule) -> Actor:
    platform, _, id = known.person.partition(":")
    person = Person(platform=platform, id=id, name=known.name)  # type: ignore[arg-type]
    channel = changed.subject if changed.kind == "channel" else ""
    operator = known.person in desk.operators
    return Actor(person=person, server=actor.server, channel=channel, operator=operator)


def _said(limits: Limits, purse: Purse) -> tuple[Text, ...]:
    cap = limits.price_cap
    return (
        _amount(limits.member, purse),
        Text(key="preview.at_once", facts={"jobs": limits.at_once}),
        *(() if cap is None else (Text(key="preview.price_cap", facts={"credits": cap}),)),
    )


def _amount(allowance: Allowance, purse: Purse) -> Text:
    if allowance.credits is None:
        return Text(key="preview.unlimited")
    facts = {"credits": allowance.credits, "period": allowance.period}
    return Text(key=f"quota.amount_{purse}", facts=facts)


def _pool_lines(before: Place, after: Place, changed: Rule) -> list[Text]:
    """The shared limit that changes, if one does."""
    if changed.kind not in ("channel", "server", "allotment"):
        return []
    whom = Text(key=f"quota.whom_{changed.kind}", facts={"subject": changed.subject})
    old, new = (_shared(place.rules, changed) for place in (before, after))
    return [Text(key="preview.pool", facts={"whom": whom, "before": old, "after": new})]


def _shared(rules: Sequence[Rule], changed: Rule) -> Text:
    for rule in rules:
        if _key(rule) == _key(changed) and rule.credits is not None and rule.period is not None:
            return _amount(Allowance(credits=rule.credits, period=rule.period), rule.purse)
    return Text(key="preview.none" if changed.kind == "allotment" else "preview.unlimited")
