"""Units about servers: what admins set up, how their members stand, which clips are past their time there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.core.model import Purse
from bot.core.ports.routes import Surroundings
from bot.core.records import MemberUse, Server
from bot.store.unit import Unit
from bot.store.units import contests, pages, people
from bot.store.units.people import log, save_server

_DAY_MS = 86_400_000


def member_use(server: str, purse: Purse, limit: int, now_ms: int) -> Unit[tuple[MemberUse, ...]]:
    """What members hold and used in running periods, the most first."""
    prefix = f"member:{server}:"
    platform = server.partition(":")[0] if ":" in server else ""
    parameters = {
        "members": f"{prefix}%",
        "skip": len(prefix) + 1,
        "platform": f"{platform}:%" if platform else "%",
        "purse": purse,
        "now_ms": now_ms,
        "limit": limit,
    }
    found = yield "use_of_members", parameters
    return tuple(
        MemberUse(person=row["person"], name=row["name"], start_ms=row["start_ms"], amount=int(row["amount"]))
        for row in found
    )


def surroundings(server: str) -> Unit[Surroundings]:
    """What planning on a server depends on."""
    return Surroundings(
        server=(yield from people.server(server)),
        rules=(yield from people.rules(server)),
        health=(yield from people.health()),
        switches=(yield from pages.switches()),
        rankings=(yield from contests.rankings(server)),
    )


def change_server(server: Server, actor: str, detail: Mapping[str, Any], now_ms: int) -> Unit[None]:
    """Keep what an admin set up, and note it."""
    yield from save_server(server)
    yield from log(server.id, actor, "setup", detail, now_ms)


def expired_clips(now_ms: int) -> Unit[tuple[str, ...]]:
    """Ended jobs whose clip is older than their own server keeps it."""
    servers = yield "servers_that_keep_less", {}
    expired: list[str] = []
    for row in servers:
        days = json.loads(row["settings"]).get("keep_days")
        if isinstance(days, int):
            found = yield "clips_older", {"server": row["id"], "before_ms": now_ms - days * _DAY_MS}
            expired += [one["id"] for one in found]
    return tuple(expired)
