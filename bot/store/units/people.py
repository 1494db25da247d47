"""Units about people, servers, rules, notes and the health of routes. Only a merge moves credits here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.core import ledger
from bot.core.model import Purse, Take
from bot.core.records import Block, Pending, RouteHealth, Rule, Server
from bot.store import rows
from bot.store.unit import Row, Unit, first
from bot.store.units import contests, money

_DAY_MS = 86_400_000


def wallet(person: str, name: str, fresh: str, mark: str, now_ms: int) -> Unit[str]:
    """The wallet of a person; `fresh` is the name of a new one, if it is needed.

    Whoever was forgotten is known by `mark` and gets theirs back: its use and its blocks still count.
    """
    row = yield from first("identity_read", {"person": person})
    if row is None:
        yield "marks_expire", {"now_ms": now_ms}
        known = yield from first("mark_take", {"mark": mark})
        if known is not None:
            fresh = known["wallet"]
            yield "relink_put", {"person": person, "until_ms": known["relink_ms"]}
        yield "identity_add", {"person": person, "wallet": fresh, "name": name, "now_ms": now_ms}
        row = yield from first("identity_read", {"person": person})
        return fresh if row is None else str(row["wallet"])
    if name and row["name"] != name:
        yield "identity_rename", {"person": person, "name": name}
    return str(row["wallet"])


def log(server: str, actor: str, action: str, detail: Mapping[str, Any], now_ms: int) -> Unit[None]:
    """Note what an admin or the operator changed."""
    yield (
        "log_add",
        {"at_ms": now_ms, "server": server, "actor": actor, "action": action, "detail": rows.dump(detail)},
    )


def merge(winner: str, loser: str, actor: str, now_ms: int) -> Unit[None]:
    """Move everything of one wallet to another."""
    if winner == loser:
        return
    yield from _merge_grants(winner, loser, actor, now_ms)
    yield from _merge_windows(winner, loser, actor, now_ms)
    held = yield "open_jobs_of_wallet", {"wallet": loser}
    for row in held:
        yield "job_rebook", _rebooked(row, winner, loser)
    both = {"winner": winner, "loser": loser}
    for query in (
        "jobs_change_wallet",
        "identities_change_wallet",
        "strikes_change_wallet",
        "pendings_change_wallet",
        "links_change_wallet",
        "expenses_change_wallet",
        "consents_change_wallet",
    ):
        yield query, both
    yield from contests.become(winner, loser, now_ms)
    yield from _merge_blocks(winner, loser)
    yield from log("", actor, "merge", both, now_ms)


def _rebooked(row: Row, winner: str, loser: str) -> dict[str, Any]:
    takes = tuple(
        Take(**(take.__dict__ | {"scope": ledger.of_wallet(take.scope, loser, winner)}))
        for take in rows.load_takes(row["takes"])
    )
    grants = ledger.of_wallet(row["grant_account"], loser, winner)
    return {"n": row["n"], "takes": rows.dump_takes(takes), "grant_account": grants}


def _merge_grants(winner: str, loser: str, actor: str, now_ms: int) -> Unit[None]:
    accounts = yield "accounts_of_wallet", {"wallet": loser}
    for row in accounts:
        purse: Purse = row["purse"]
        target = ledger.grant_account(row["server"], winner)
        taken = yield "account_take", {"name": row["name"], "purse": purse, "amount": row["balance"]}
        if not taken:
            continue
        movement = ledger.merge_grant(source=row["name"], target=target, amount=row["balance"])
        yield from money.book(
            (movement,), purse=purse, server=row["server"], job_n=None, now_ms=now_ms, actor=actor
        )
        yield from money.add_granted(target, purse, row["balance"])


def _merge_windows(winner: str, loser: str, actor: str, now_ms: int) -> Unit[None]:
    found = yield "windows_of_wallet", {"suffix": f"%:{loser}", "now_ms": now_ms}
    for row in found:
        scope, unit, start_ms = row["scope"], row["unit"], row["start_ms"]
        target = ledger.of_wallet(scope, loser, winner)
        if target == scope:
            continue
        key = {"unit": unit, "start_ms": start_ms}
        figures = {"renews_ms": row["renews_ms"], "held": row["held"], "used": row["used"]}
        yield "window_put", {"scope": target, **key, **figures}
        yield "window_clear", {"scope": scope, **key}
        total = row["held"] + row["used"]
        if unit in ("paid", "free") and total:
            movement = ledger.merge_window(
                source=ledger.window_account(scope, unit, start_ms),
                target=ledger.window_account(target, unit, start_ms),
                amount=total,
            )
            yield from money.book((movement,), purse=unit, server="", job_n=None, now_ms=now_ms, actor=actor)


def _merge_blocks(winner: str, loser: str) -> Unit[None]:
    """The longer of two blocks stays."""
    found = yield "blocks_of_wallet", {"wallet": winner}
    own = {row["server"]: row["until_ms"] for row in found}
    found = yield "blocks_of_wallet", {"wallet": loser}
    for row in found:
        yield "block_drop", {"server": row["server"], "wallet": loser}
        until = own.get(row["server"], -1)
        if until != 0 and (row["until_ms"] == 0 or row["until_ms"] > until):
            yield "block_put", {**rows.block(row).__dict__, "wallet": winner}


def rules(server: str) -> Unit[tuple[Rule, ...]]:
    """All limits set on a server."""
    found = yield "rules_of_server", {"server": server}
    return tuple(rows.rule(row) for row in found)


def set_rule(rule: Rule, actor: str, now_ms: int) -> Unit[None]:
    """Set or replace one limit."""
    yield "rule_put", rule.__dict__
    detail = {name: value for name, value in rule.__dict__.items() if name != "server"}
    yield from log(rule.server, actor, "set_rule", detail, now_ms)


def drop_rules(server: str, kind: str, subject: str, actor: str, now_ms: int) -> Unit[int]:
    """Back to "inherit"; returns how many were set."""
    dropped = yield "rules_drop", {"server": server, "kind": kind, "subject": subject}
    if dropped:
        yield from log(server, actor, "drop_rules", {"kind": kind, "subject": subject}, now_ms)
    return len(dropped)


def server(server_id: str) -> Unit[Server]:
    """What is known of a server; defaults for one never seen."""
    row = yield from first("server_read", {"id": server_id})
    return Server(id=server_id) if row is None else rows.server(row)


def save_server(value: Server) -> Unit[None]:
    """Remember a server."""
    yield "server_put", {**value.__dict__, "settings": rows.dump(value.settings)}


def block(value: Block, now_ms: int) -> Unit[None]:
    """Block a person."""
    yield "block_put", value.__dict__
    detail = {"wallet": value.wallet, "until_ms": value.until_ms, "reason": value.reason}
    yield from log(value.server, value.actor, "block", detail, now_ms)


def unblock(server_id: str, wallet_id: str, actor: str, now_ms: int) -> Unit[bool]:
    """Lift a block; false if there was none."""
    dropped = yield "block_drop", {"server": server_id, "wallet": wallet_id}
    if dropped:
        yield from log(server_id, actor, "unblock", {"wallet": wallet_id}, now_ms)
    return bool(dropped)


def blocked(server_id: str, wallet_id: str, now_ms: int) -> Unit[Block | None]:
    """A block in force here or everywhere."""
    parameters = {"server": server_id, "wallet": wallet_id, "now_ms": now_ms}
    row = yield from first("block_in_force", parameters)
    return None if row is None else rows.block(row)


def strike(wallet_id: str, job: str, kind: str, at_ms: int) -> Unit[int]:
    """Count an outcome once for each job; returns how many in the last 24 h."""
    yield "strike_add", {"wallet": wallet_id, "job": job, "kind": kind, "at_ms": at_ms}
    row = yield from first("strikes_since", {"wallet": wallet_id, "since_ms": at_ms - _DAY_MS})
    return 0 if row is None else int(row["total"])


def put_pending(value: Pending, now_ms: int) -> Unit[None]:
    """Keep a quote, and forget those that have expired."""
    yield "pending_expire", {"now_ms": now_ms}
    yield "pending_put", {**value.__dict__, "payload": rows.dump(value.payload)}


def take_pending(pending: str, now_ms: int) -> Unit[Pending | None]:
    """Take a quote out, once."""
    row = yield from first("pending_take", {"id": pending})
    return None if row is None or row["expires_ms"] <= now_ms else rows.pending(row)


def admin_log(server_id: str, limit: int) -> Unit[tuple[Mapping[str, Any], ...]]:
    """What was changed, newest first."""
    found = yield "log_newest", {"server": server_id, "limit": limit}
    return tuple(
        {
            "at_ms": row["at_ms"],
            "actor": row["actor"],
            "action": row["action"],
            "detail": json.loads(row["detail"]),
        }
        for row in found
    )


def note_for_operator(cause: str, text_key: str, facts: Mapping[str, Any], now_ms: int) -> Unit[bool]:
    """Record something to tell the operator; true the first time for this cause."""
    parameters = {"cause": cause, "at_ms": now_ms, "text_key": text_key, "facts": rows.dump(facts)}
    row = yield from first("note_put", parameters)
    return row is not None and row["times"] == 1


def operator_notes(limit: int) -> Unit[tuple[Mapping[str, Any], ...]]:
    """The newest notes."""
    found = yield "notes_newest", {"limit": limit}
    return tuple(
        {
            "at_ms": row["at_ms"],
            "cause": row["cause"],
            "key": row["text_key"],
            "facts": json.loads(row["facts"]),
            "count": row["times"],
        }
        for row in found
    )


def health() -> Unit[tuple[RouteHealth, ...]]:
    """All routes that were ever used."""
    found = yield "health_all", {}
    return tuple(rows.health(row) for row in found)


def change_health(
    route: str, change: Callable[[RouteHealth], RouteHealth]
) -> Unit[tuple[RouteHealth, RouteHealth]]:
    """How a route was doing and how it is doing now; nobody else changes it in between."""
    known = yield from health()
    before = next((entry for entry in known if entry.route == route), RouteHealth(route=route))
    after = change(before)
    if after != before:
        yield "health_put", after.__dict__
    return before, after
