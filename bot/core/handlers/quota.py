"""`/quota …`: how admins divide what the operator allotted, on their own server. Every change is logged.

Nothing here can raise an allotment. Rights are checked by `dispatch.py` before a handler runs.
"""

from __future__ import annotations

from typing import Any

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.limits import Limits
from bot.core.model import PLATFORMS, Actor, Person, Purse, Text
from bot.core.quota import allotment, grant_refusal, limit_refusal, period_end_ms, period_start_ms
from bot.core.records import Block, Rule
from bot.core.replies import Reply, Row
from bot.core.requests.balance import balance, seconds_until
from bot.core.requests.call import Call, Place, place_of, place_word
from bot.core.requests.logbook import announce
from bot.core.requests.office import limit_wanted
from bot.core.requests.standings import MemberStanding, affected, member_standings

_LINES = 15


async def show(desk: Desk, call: Call) -> Reply:
    """All limits of the server with their use, or what one member may spend."""
    if "member" in call.options:
        return await _show_member(desk, call)
    server = call.actor.server
    place = await place_of(desk, call.actor)
    granted = await desk.store.granted(server, "paid")
    lines = [
        Text(key="quota.head", facts={"place": place_word(server)}),
        await _allotment(desk, place),
    ]
    if granted:
        lines.append(Text(key="quota.granted", facts={"credits": granted}))
    set_here = [rule for rule in place.rules if rule.kind != "allotment"]
    if not set_here:
        lines.append(Text(key="quota.none", facts={"free": desk.house.free_clips_per_day}))
    rows = [Row(text=_rule(rule), facts=_rule_facts(rule)) for rule in set_here]
    rows += [_member_row(one) for one in (await member_standings(desk, place, "paid"))[:_LINES]]
    return Reply(
        kind="list",
        lines=tuple(lines),
        rows=tuple(rows),
        private=True,
        facts={"server": server, "granted": granted},
    )


def _member_row(one: MemberStanding) -> Row:
    """Who has used what, and who is near the end of it."""
    facts = {
        "member": one.name or one.person,
        "used": one.used,
        "cap": one.cap,
        "left": one.left,
        "period": one.period,
        "rule": f"rule_{one.source}",
        "near": Text(key="quota.near") if one.near else None,
    }
    return Row(
        text=Text(key="quota.member", facts=facts), facts=facts | {"near": one.near, "person": one.person}
    )


async def _show_member(desk: Desk, call: Call) -> Reply:
    person = _member(call)
    wallet = await desk.store.wallet(person.key, "")
    # Which roles somebody else has is not known here: limits of roles are shown in the list of rules.
    member = Actor(person=person, server=call.actor.server, channel=call.actor.channel)
    lines, facts = await balance(desk, await place_of(desk, member, wallet), member, wallet)
    head = Text(key="quota.member_head", facts={"member": person.key})
    return Reply(kind="notice", lines=(head, *lines), private=True, facts=facts | {"member": person.key})


async def _allotment(desk: Desk, place: Place) -> Text:
    server, now = place.server, desk.clock.now_ms()
    allotted = allotment(server.id, place.rules)
    if not allotted.credits:
        return Text(key="quota.allotment_none")
    start = period_start_ms(allotted.period, now, server.time_zone)
    (window,) = await desk.store.windows([(f"allotment:{server.id}", "paid", start)])
    return Text(
        key="quota.allotment",
        facts={
            "credits": allotted.credits,
            "period": allotted.period,
            "used": window.used,
            "held": window.held,
            "renews_in": seconds_until(desk, period_end_ms(allotted.period, now, server.time_zone)),
        },
    )


async def set_limit(desk: Desk, call: Call) -> Reply:
    """Set one limit; what is not said about it stays as it was.

    Raises:
        Refusal: `missing_option`, `nothing_to_set`; `no_allotment`, `above_allotment` as quota says.
    """
    rules = await desk.store.rules(call.actor.server)
    kind, subject, purse = call.options["scope"], _subject(call), _purse(call)
    wanted = {
        name: call.options[name]
        for name in ("credits", "period", "at_once", "price_cap")
        if name in call.options
    }
    blank = Rule(server=call.actor.server, kind=kind, subject=subject, purse=purse)
    rule = limit_wanted(rules, blank=blank, wanted=wanted)
    refusal = limit_refusal(actor=call.actor, rule=rule, rules=rules)
    if refusal is not None:
        raise refusal
    if call.options.get("preview"):
        return await _preview(desk, call, rule)
    await desk.store.set_rule(rule, actor=call.actor.person.key)
    said = Text(key="quota.set", facts={"rule": _rule(rule)})
    await announce(desk, call, said)
    return Reply(kind="notice", lines=(said,), private=True, facts=_rule_facts(rule))


async def _preview(desk: Desk, call: Call, rule: Rule) -> Reply:
    """Whom a limit would touch; nothing is set."""
    changes = await affected(desk, await place_of(desk, call.actor), rule)
    head = Text(key="quota.preview" if changes else "quota.preview_none", facts={"rule": _rule(rule)})
    lines = [head, *((Text(key="quota.preview_roles"),) if rule.kind == "role" else ())]
    rows = []
    for change in changes[:_LINES]:
        facts = {
            "member": change.name or change.person,
            "before": _had(change.before, rule.purse),
            "after": _had(change.after, rule.purse),
            "short": Text(key="quota.preview_short") if change.short else None,
        }
        plain = {"person": change.person, "used": change.used, "short": change.short}
        rows.append(Row(text=Text(key="quota.preview_row", facts=facts), facts=plain))
    return Reply(kind="list", lines=tuple(lines), rows=tuple(rows), private=True, facts={"set": False})


def _had(limits: Limits, purse: Purse) -> Text:
    """A member's limits as one phrase."""
    own = limits.member
    amount = Text(key=f"quota.amount_{purse}", facts={"credits": own.credits or 0, "period": own.period})
    cap = None if limits.price_cap is None else str(limits.price_cap)
    return Text(
        key="quota.preview_limits",
        facts={"amount": amount, "at_once": str(limits.at_once), "price_cap": cap},
    )


async def grant(desk: Desk, call: Call) -> Reply:
    """Give a member credits that do not expire, within the server's allotment.

    Raises:
        Refusal: `no_allotment`, `above_allotment`; nothing is given then.
    """
    server, purse, amount = call.actor.server, _purse(call), int(call.options["credits"])
    person = _member(call)
    refusal = grant_refusal(
        server=server,
        rules=await desk.store.rules(server),
        purse=purse,
        amount=amount,
        granted=await desk.store.granted(server, purse),
    )
    if refusal is not None:
        raise refusal
    wallet = await desk.store.wallet(person.key, "")
    balance_now = await desk.store.grant(
        server=server,
        wallet=wallet,
        purse=purse,
        amount=amount,
        actor=call.actor.person.key,
        reason=str(call.options.get("reason", "")),
        key=f"grant:{call.request_key}",
    )
    facts = {"member": person.key, "credits": amount, "balance": balance_now}
    said = Text(key=f"quota.granted_{purse}", facts=facts)
    await announce(desk, call, said)
    return Reply(kind="notice", lines=(said,), private=True, facts=facts)


async def reset(desk: Desk, call: Call) -> Reply:
    """Take the limits of one scope back, so that the wider ones hold again."""
    kind, subject = call.options["scope"], _subject(call)
    removed = await desk.store.drop_rules(
        call.actor.server, kind=kind, subject=subject, actor=call.actor.person.key
    )
    facts = {"removed": removed, "whom": Text(key=f"quota.whom_{kind}", facts={"subject": subject})}
    said = Text(key="quota.reset" if removed else "quota.reset_none", facts=facts)
    if removed:
        await announce(desk, call, said)
    return Reply(kind="notice", lines=(said,), private=True, facts={"removed": removed})


async def block(desk: Desk, call: Call) -> Reply:
    """Keep a member from making clips on this server, or lift that again."""
    person = _member(call)
    wallet = await desk.store.wallet(person.key, "")
    by = call.actor.person.key
    hours = int(call.options.get("hours", 0))
    if call.options.get("lift"):
        lifted = await desk.store.unblock(call.actor.server, wallet, actor=by)
        key = "quota.unblocked" if lifted else "quota.not_blocked"
    else:
        until = desk.clock.now_ms() + hours * 3_600_000 if hours else 0
        reason = str(call.options.get("reason", ""))
        await desk.store.block(
            Block(server=call.actor.server, wallet=wallet, until_ms=until, reason=reason, actor=by)
        )
        key = "quota.blocked"
    facts = {"member": person.key, "hours": hours}
    said = Text(key=key, facts=facts)
    await announce(desk, call, said)
    return Reply(kind="notice", lines=(said,), private=True, facts=facts)


async def show_log(desk: Desk, call: Call) -> Reply:
    """What admins and the operator changed on this server, newest first."""
    entries = await desk.store.admin_log(call.actor.server, limit=int(call.options.get("count", _LINES)))
    return Reply(
        kind="list",
        lines=(Text(key="quota.log_head" if entries else "quota.log_none"),),
        rows=tuple(
            Row(
                text=Text(
                    key="quota.log",
                    facts={
                        "at": entry["at_ms"],
                        "actor": entry["actor"],
                        "action": entry["action"],
                        "detail": _detail(entry["detail"]),
                    },
                ),
                facts=dict(entry),
            )
            for entry in entries
        ),
        private=True,
    )


def _detail(detail: Any) -> str:
    if isinstance(detail, dict):
        return ", ".join(f"{name} {value}" for name, value in detail.items() if value not in (None, ""))
    return str(detail)


def _purse(call: Call) -> Purse:
    return "free" if call.options.get("purse") == "free" else "paid"


def _member(call: Call) -> Person:
    """The member that an option names: `platform:id`, or an id of the platform where it was typed."""
    given = str(call.options["member"])
    platform, _, id = given.partition(":")
    for known in PLATFORMS:
        if known == platform and id:
            return Person(platform=known, id=id)
    return Person(platform=call.actor.person.platform, id=given)


def _subject(call: Call) -> str:
    kind = call.options["scope"]
    if kind not in ("member", "role", "channel"):
        return ""
    if kind == "channel" and "channel" not in call.options:
        return call.actor.channel
    if kind not in call.options:
        raise Refusal("missing_option", name="/quota", option=kind)
    if kind == "member":
        return _member(call).key
    given = str(call.options[kind])
    named = given.partition(":")[0] in PLATFORMS
    return given if kind == "role" or named else f"{call.actor.person.platform}:{given}"


def _rule(rule: Rule) -> Text:
    whom = Text(key=f"quota.whom_{rule.kind}", facts={"subject": rule.subject})
    amount: Text | None = None
    if rule.credits is not None:
        amount = Text(
            key=f"quota.amount_{rule.purse}", facts={"credits": rule.credits, "period": rule.period}
        )
    return Text(
        key="quota.rule",
        facts={
            "whom": whom,
            "purse": rule.purse,
            "amount": amount,
            "at_once": None if rule.at_once is None else str(rule.at_once),
            "price_cap": None if rule.price_cap is None else str(rule.price_cap),
        },
    )


def _rule_facts(rule: Rule) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "subject": rule.subject,
        "purse": rule.purse,
        "credits": rule.credits,
        "period": rule.period,
        "at_once": rule.at_once,
        "price_cap": rule.price_cap,
    }
