"""A server that goes by another id: limits, grants, use and jobs go along, and the books stay right."""

from __future__ import annotations

from dataclasses import replace

from bot.core import ledger
from bot.core.model import Destination, Purse, Take
from bot.store import rows
from bot.store.unit import Row, Unit
from bot.store.units import contests, money


def migrate_server(old: str, new: str, now_ms: int) -> Unit[None]:
    """Let everything of a server go by its new id. Doing it again changes nothing."""
    if old == new:
        return
    both = {"old": old, "new": new}
    for query in (
        "server_forget_new",
        "server_rename",
        "rules_rename",
        "rules_rename_channel",
        "blocks_rename",
        "log_rename",
    ):
        yield query, both
    yield from _grants(old, new, now_ms)
    yield from _windows(old, new, now_ms)
    yield from contests.migrate(old, new)
    jobs = yield "jobs_of_server", {"server": old}
    for row in jobs:
        yield from _job(row, old, new)


def renamed(scope: str, old: str, new: str) -> str:
    """A scope of one server as a scope of another; others unchanged."""
    kind, _, rest = scope.partition(":")
    if kind in ("server", "allotment"):
        return f"{kind}:{new}" if rest == old else scope
    if kind in ("member", "active") and rest.rpartition(":")[0] == old:
        return f"{kind}:{new}:{rest.rpartition(':')[2]}"
    if kind == "channel" and rest.partition("/")[0] == old:
        channel = rest.partition("/")[2]
        return f"channel:{new}/{new if channel == old else channel}"
    return scope


def _grants(old: str, new: str, now_ms: int) -> Unit[None]:
    accounts = yield "accounts_of_server", {"server": old}
    for row in accounts:
        purse: Purse = row["purse"]
        target = ledger.grant_account(new, row["wallet"])
        yield "account_take", {"name": row["name"], "purse": purse, "amount": row["balance"]}
        movement = ledger.merge_grant(source=row["name"], target=target, amount=row["balance"])
        yield from money.book(
            (movement,), purse=purse, server=new, job_n=None, now_ms=now_ms, reason="migrate"
        )
        yield from money.add_granted(target, purse, row["balance"])


def _windows(old: str, new: str, now_ms: int) -> Unit[None]:
    found = yield (
        "windows_of_server",
        {
            "member": f"member:{old}:%",
            "active": f"active:{old}:%",
            "channel": f"channel:{old}/%",
            "whole": f"server:{old}",
            "allotment": f"allotment:{old}",
        },
    )
    for row in found:
        scope, unit, start_ms = row["scope"], row["unit"], row["start_ms"]
        target = renamed(scope, old, new)
        if target == scope:
            continue
        key = {"unit": unit, "start_ms": start_ms}
        figures = {"renews_ms": row["renews_ms"], "held": row["held"], "used": row["used"]}
        yield "window_put", {"scope": target, **key, **figures}
        yield "window_clear", {"scope": scope, **key}
        total = row["held"] + row["used"]
        if scope.startswith("member:") and unit in ("paid", "free") and total:
            movement = ledger.merge_window(
                source=ledger.window_account(scope, unit, start_ms),
                target=ledger.window_account(target, unit, start_ms),
                amount=total,
            )
            yield from money.book(
                (movement,), purse=unit, server=new, job_n=None, now_ms=now_ms, reason="migrate"
            )


def _job(row: Row, old: str, new: str) -> Unit[None]:
    takes = tuple(
        Take(**(take.__dict__ | {"scope": renamed(take.scope, old, new)}))
        for take in rows.load_takes(row["takes"])
    )
    grants = row["grant_account"]
    if ledger.is_grant(grants) and ledger.grant_owner(grants)[0] == old:
        grants = ledger.grant_account(new, ledger.grant_owner(grants)[1])
    yield "job_rename", {"n": row["n"], "new": new, "takes": rows.dump_takes(takes), "grant_account": grants}
    moved = rows.moved_to(row["request"], _moved(rows.destination_of(row["request"]), old, new))
    if moved != row["request"]:
        yield "job_text_write", {"n": row["n"], "request": moved}


def _moved(to: Destination, old: str, new: str) -> Destination:
    """Where answers go: the chat of the server itself has a new id, too."""
    platform, _, channel = old.partition(":")
    if (to.platform, to.channel) != (platform, channel):
        return to
    return replace(to, channel=new.partition(":")[2])
