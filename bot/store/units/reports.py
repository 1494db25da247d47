"""Units behind the pages' lists and sums. They read only, and are run beside the bot's own work."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot.core import ledger
from bot.core.model import Purse
from bot.core.reports import Asked, Blocked, Change, Entry, Known, Line, Place, Spending, Spent
from bot.store import rows
from bot.store.unit import Row, Unit, first

SLOT_MS = 900_000  # time zones differ by quarters of an hour
_END = 2**62


def servers() -> Unit[tuple[Place, ...]]:
    """All servers ever heard of."""
    found = yield "report_servers", {}
    return tuple(Place(id=row["id"], name=row["name"], open_jobs=row["open_jobs"]) for row in found)


def spending(server: str, purse: Purse, since_ms: int, until_ms: int) -> Unit[Spending]:
    """Who spent what."""
    asked: dict[str, Any] = {"server": server, "since_ms": since_ms, "until_ms": until_ms}
    credits = asked | {"purse": purse}
    costs: dict[str, dict[str, int]] = {"slots": {}, "models": {}, "people": {}}
    if purse == "paid":
        for name, kind, column in (
            ("report_cost_slots", "slots", "slot"),
            ("report_cost_models", "models", "model"),
            ("report_cost_people", "people", "wallet"),
        ):
            found = yield name, asked | {"slot_ms": SLOT_MS}
            costs[kind] = {str(row[column]): int(row["cost"]) for row in found}
    found = yield "report_spent_slots", credits | {"slot_ms": SLOT_MS}
    slots = tuple(
        Spent(
            key=str(int(key) * SLOT_MS),
            name="",
            credits=spent[0],
            clips=spent[1],
            cost_micro_usd=costs["slots"].get(key, 0),
        )
        for key, spent in sorted(_by(found, "slot", costs["slots"]).items(), key=lambda one: int(one[0]))
    )
    found = yield "report_spent_models", credits
    models = _ranked(_by(found, "model", costs["models"]), costs["models"], {})
    found = yield "report_spent_people", credits
    by_person = _by(found, "wallet", costs["people"])
    known = yield from _with_platform(tuple(by_person))
    return Spending(slots=slots, models=models, people=_ranked(by_person, costs["people"], known))


def _by(found: Iterable[Row], column: str, costs: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Credits and clips by key; what has only a vendor's cost is there with zeros."""
    spent = {str(row[column]): (int(row["credits"]), int(row["clips"])) for row in found}
    return {key: (0, 0) for key in costs} | spent


def _ranked(
    by: dict[str, tuple[int, int]], costs: dict[str, int], known: dict[str, str]
) -> tuple[Spent, ...]:
    made = (
        Spent(
            key=key,
            name=known.get(key, key),
            credits=credits,
            clips=clips,
            cost_micro_usd=costs.get(key, 0),
        )
        for key, (credits, clips) in by.items()
    )
    return tuple(sorted(made, key=lambda one: (-one.credits, -one.cost_micro_usd, one.name)))


def jobs(server: str, open_only: bool, before: int, limit: int) -> Unit[tuple[Line, ...]]:
    """The newest jobs."""
    query = "report_jobs_open" if open_only else "report_jobs"
    found = yield query, {"server": server, "before": before or _END, "limit": limit}
    return (yield from _lines(found))


def jobs_of(wallet: str, before: int, limit: int) -> Unit[tuple[Line, ...]]:
    """Somebody's own newest jobs."""
    found = yield "report_jobs_of", {"wallet": wallet, "before": before or _END, "limit": limit}
    return tuple(
        Line(n=row["n"], job=rows.job(row), person="", withheld=row["withheld"] is not None) for row in found
    )


def clips(server: str, before: int, limit: int) -> Unit[tuple[Line, ...]]:
    """A server's newest clips."""
    found = yield "report_clips", {"server": server, "before": before or _END, "limit": limit}
    return (yield from _lines(found))


def _lines(found: Sequence[Row]) -> Unit[tuple[Line, ...]]:
    known = yield from names(tuple({row["wallet"] for row in found}))
    return tuple(
        Line(n=row["n"], job=rows.job(row), person=known.get(row["wallet"], row["wallet"])) for row in found
    )


def movements(asked: Asked) -> Unit[tuple[Entry, ...]]:
    """The newest movements."""
    page = {"before": asked.before or _END, "limit": asked.limit}
    if asked.wallet:
        mine = {"wallet": asked.wallet, "mine": f"%:{asked.wallet}"}
        found = yield "report_movements_of", page | mine
    else:
        filters = {name: getattr(asked, name) for name in ("server", "kind", "purse", "person", "job")}
        times = {"since_ms": asked.since_ms, "until_ms": asked.until_ms or _END}
        found = yield "report_movements", page | filters | times
    wallets = [row["job_wallet"] or _holder(row) for row in found]
    known = yield from names(tuple({wallet for wallet in wallets if wallet}))
    return tuple(
        Entry(
            transfer=rows.transfer(row),
            server=row["place"],
            person=known.get(wallet, wallet),
            model=row["job_model"] or "",
        )
        for row, wallet in zip(found, wallets, strict=True)
    )


def _holder(row: Row) -> str:
    """Whose granted credits a movement without a job touches."""
    for account in (row["credit"], row["debit"]):
        if ledger.is_grant(account):
            return ledger.grant_owner(account)[1]
    return ""


def changes(server: str, before: int, limit: int) -> Unit[tuple[Change, ...]]:
    """The audit log."""
    found = yield "report_changes", {"server": server, "before": before or _END, "limit": limit}
    made = []
    seen: dict[str, str] = {}
    for row in found:
        actor = row["actor"]
        if actor not in seen:
            person = yield from first("report_person_name", {"person": actor})
            seen[actor] = "" if person is None else str(person["name"])
        detail = json.loads(row["detail"])
        if isinstance(detail.get("wallet"), str):
            known = yield from names((detail["wallet"],))
            detail = {"member": known.get(detail["wallet"], detail["wallet"]), **detail}
            del detail["wallet"]
        made.append(
            Change(
                id=row["id"],
                at_ms=row["at_ms"],
                server=row["server"],
                actor=actor,
                name=seen[actor] or actor,
                action=row["action"],
                detail=detail,
            )
        )
    return tuple(made)


def people(server: str) -> Unit[tuple[Known, ...]]:
    """Everybody known on a server."""
    found = yield "report_people", {"server": server}
    return tuple(
        Known(
            wallet=row["wallet"],
            person=row["person"],
            name=row["name"] or row["person"],
            granted_paid=row["granted_paid"],
            granted_free=row["granted_free"],
        )
        for row in found
    )


def blocks(server: str, now_ms: int) -> Unit[tuple[Blocked, ...]]:
    """Everybody who is blocked on a server."""
    found = yield "report_blocks", {"server": server, "now_ms": now_ms}
    known = yield from names(tuple(row["wallet"] for row in found))
    made = (
        Blocked(
            person=row["person"] or "",
            name=known.get(row["wallet"], row["wallet"]),
            until_ms=row["until_ms"],
            reason=row["reason"],
        )
        for row in found
    )
    return tuple(sorted(made, key=lambda one: one.name.lower()))


def wallet_of(who: str) -> Unit[str]:
    """The wallet of somebody."""
    row = yield from first("report_wallet_of", {"who": who})
    return "" if row is None else str(row["wallet"])


def _with_platform(wallets: Sequence[str]) -> Unit[dict[str, str]]:
    """Names of wallets that can be told apart where two people on two platforms go by the same."""
    known: dict[str, str] = {}
    for wallet in wallets:
        row = yield from first("report_name", {"wallet": wallet})
        if row is not None:
            platform, _, id = str(row["person"]).partition(":")
            known[wallet] = f"{row['name'] or id} ({platform})"
    return known


def names(wallets: Sequence[str]) -> Unit[dict[str, str]]:
    """Names of wallets; those that nobody knows are left out."""
    known: dict[str, str] = {}
    for wallet in wallets:
        row = yield from first("report_name", {"wallet": wallet})
        if row is not None:
            known[wallet] = str(row["name"] or row["person"])
    return known
