"""What somebody may still spend, looked up and said. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.core.desk import Desk
from bot.core.limits import limits_for
from bot.core.model import Actor, Purse, Text
from bot.core.quota import PoolStanding, Standing, grant_account, standing, standing_windows
from bot.core.requests.call import Place, place_word


async def standing_of(desk: Desk, place: Place, actor: Actor, wallet: str, purse: Purse) -> Standing:
    """How somebody stands with one purse, here and now."""
    looked_at = standing_windows(
        actor=actor,
        wallet=wallet,
        server=place.server,
        rules=place.rules,
        house=desk.house,
        purse=purse,
        now_ms=desk.clock.now_ms(),
    )
    reading = desk.store.windows([(take.scope, take.unit, take.start_ms) for take in looked_at])
    grants = 0
    if grant_account(actor, wallet, purse):
        granted = desk.store.grant_balance(server=actor.server, wallet=wallet, purse=purse)
        windows, grants = await asyncio.gather(reading, granted)
    else:
        windows = await reading
    found = standing(purse=purse, looked_at=looked_at, windows=windows, grants=grants)
    source = limits_for(actor, place.rules, desk.house, purse).sources["member"]
    return replace(found, source=source)


async def balance(desk: Desk, place: Place, actor: Actor, wallet: str) -> tuple[list[Text], dict[str, Any]]:
    """Both purses, grants, holds and shared limits: as lines, and as facts for scripts."""
    lines: list[Text] = []
    facts: dict[str, Any] = {}
    if not desk.house.demo:
        paid = await standing_of(desk, place, actor, wallet, "paid")
        lines += [_paid(desk, actor, paid), *_besides(desk, paid)]
        if paid.source in ("member", "role", "everybody") and paid.cap:
            lines.append(Text(key="credits.rule", facts={"rule": f"rule_{paid.source}"}))
        facts["paid"] = _facts(paid)
    free = await standing_of(desk, place, actor, wallet, "free")
    lines.append(
        Text(
            key="credits.free",
            facts={
                "left": free.left or 0,
                "cap": free.cap or 0,
                "renews_in": seconds_until(desk, free.renews_ms),
            },
        )
    )
    lines += _pools(desk, free.pools)
    lines.append(Text(key="credits.at_once", facts={"active": free.active, "at_once": free.at_once}))
    facts["free"] = _facts(free)
    return lines, facts


def seconds_until(desk: Desk, at_ms: int) -> int:
    """Whole seconds from now to an instant; 0 if there is none or it is past."""
    return max(0, (at_ms - desk.clock.now_ms()) // 1000) if at_ms else 0


def _paid(desk: Desk, actor: Actor, paid: Standing) -> Text:
    if paid.cap is None:
        return Text(key="credits.paid_open", facts={"used": paid.used + paid.held})
    barren = any(pool.kind == "allotment" and pool.cap == 0 for pool in paid.pools)
    if barren or (paid.cap == 0 and paid.grants == 0):
        return Text(key="credits.paid_none", facts={"place": place_word(actor.server) if barren else None})
    return Text(
        key="credits.paid",
        facts={"left": paid.left, "cap": paid.cap, "renews_in": seconds_until(desk, paid.renews_ms)},
    )


def _besides(desk: Desk, paid: Standing) -> list[Text]:
    lines = []
    if paid.grants:
        lines.append(Text(key="credits.grants", facts={"credits": paid.grants}))
    if paid.held:
        lines.append(Text(key="credits.held", facts={"credits": paid.held}))
    return lines + (_pools(desk, paid.pools) if paid.cap or paid.grants else [])


def _pools(desk: Desk, pools: Iterable[PoolStanding]) -> list[Text]:
    return [
        Text(
            key="credits.pool",
            facts={
                "pool": pool.kind,
                "left": pool.left,
                "cap": pool.cap,
                "renews_in": seconds_until(desk, pool.renews_ms),
            },
        )
        for pool in pools
        if pool.cap
    ]


def _facts(one: Standing) -> dict[str, Any]:
    return {
        "cap": one.cap,
        "left": one.left,
        "held": one.held,
        "used": one.used,
        "grants": one.grants,
        "have": one.have,
        "renews_ms": one.renews_ms,
        "source": one.source,
    }
