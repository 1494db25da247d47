"""Units that move credits: taking and returning windows, holds, grants. Written once for every database.

The rules are in `bot/core/ledger.py`; here they become rows. Nothing here changes a job's state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core import ledger
from bot.core.errors import Denied
from bot.core.model import Purse, Take
from bot.core.records import Transfer, Window
from bot.store import rows
from bot.store.unit import Conflict, Row, Rows, Step, Unit, first

_NO_LIMIT = 2**62
_DENIALS = {"usd": "budget_spent", "jobs": "too_many_jobs"}


def book(
    movements: Iterable[ledger.Movement],
    *,
    purse: Purse,
    server: str,
    job_n: int | None,
    now_ms: int,
    actor: str = "",
    reason: str = "",
    key: str | None = None,
) -> Unit[None]:
    """Write transfers."""
    for movement in movements:
        yield booking(movement, purse, server, job_n, now_ms, actor=actor, reason=reason, key=key)


def booking(
    movement: ledger.Movement,
    purse: Purse,
    server: str,
    job_n: int | None,
    now_ms: int,
    *,
    actor: str = "",
    reason: str = "",
    key: str | None = None,
) -> Step:
    """The step that writes a transfer. Only `holds_settle` moves credits without it."""
    return (
        "transfer_add",
        {
            "debit": movement.debit,
            "credit": movement.credit,
            "amount": movement.amount,
            "kind": movement.kind,
            "purse": purse,
            "server": server,
            "job_n": job_n,
            "resolves": movement.resolves,
            "actor": actor,
            "reason": reason,
            "key": key,
            "at_ms": now_ms,
        },
    )


def add_granted(account: str, purse: Purse, amount: int) -> Unit[int]:
    """Add to a balance of granted credits; returns the new one."""
    server, wallet = ledger.grant_owner(account)
    parameters = {"name": account, "purse": purse, "server": server, "wallet": wallet, "amount": amount}
    found = yield "account_put", parameters
    balance: int = found[0]["balance"]
    return balance


def granted(account: str, purse: Purse) -> Unit[int]:
    """A balance of granted credits."""
    row = yield from first("account_balance", {"name": account, "purse": purse})
    return 0 if row is None else int(row["balance"])


def take_whole(take: Take) -> Unit[None]:
    """Hold an amount in a window if the whole of it fits.

    Raises:
        Denied: it does not.
    """
    if not (yield from _hold(take, take.amount)):
        have = yield from _room(take)
        raise Denied(
            _DENIALS.get(take.unit, "pool_empty"),
            scope=take.scope,
            missing=take.amount - have,
            have=have,
            cap=take.cap,
            renews_ms=take.renews_ms,
        )


def take_own(take: Take, grants: str) -> Unit[ledger.Split]:
    """Hold a price in the member's own window, the rest in the granted credits.

    Raises:
        Denied: both together are not enough.
    """
    if (yield from _hold(take, take.amount)):
        return ledger.Split(window=take.amount, grant=0)
    purse = _purse(take)
    room = yield from _room(take)
    balance = (yield from granted(grants, purse)) if grants else 0
    parts = ledger.split(take.amount, room=room, granted=balance)
    if parts is None:
        have = room + balance
        raise Denied(
            "no_credits", scope=take.scope, missing=take.amount - have, have=have, renews_ms=take.renews_ms
        )
    if not (yield from _hold(take, parts.window)):
        raise Conflict
    taken = yield "account_take", {"name": grants, "purse": purse, "amount": parts.grant}
    if not taken:
        raise Conflict
    return parts


def holding(take: Take, amount: int) -> Step:
    """The step that holds an amount in a window that is there and has room; else it changes nothing."""
    return (
        "window_hold",
        {
            "scope": take.scope,
            "unit": take.unit,
            "start_ms": take.start_ms,
            "amount": amount,
            "cap": _NO_LIMIT if take.cap is None else take.cap,
        },
    )


def _purse(own: Take) -> Purse:
    return "free" if own.unit == "free" else "paid"


def _hold(take: Take, amount: int) -> Unit[bool]:
    if amount == 0 or (yield holding(take, amount)):
        return True
    cap = _NO_LIMIT if take.cap is None else take.cap
    key = {"scope": take.scope, "unit": take.unit, "start_ms": take.start_ms}
    if amount > cap or (yield "window_read", key):
        return False
    if not (yield "window_open", {**key, "renews_ms": take.renews_ms, "amount": amount}):
        raise Conflict
    return True


def _room(take: Take) -> Unit[int]:
    seen = yield from window(take.scope, take.unit, take.start_ms)
    return max(0, (_NO_LIMIT if take.cap is None else take.cap) - seen.held - seen.used)


def window(scope: str, unit: str, start_ms: int) -> Unit[Window]:
    """Held and used of one window; zeros where nothing was taken yet."""
    row = yield from first("window_read", {"scope": scope, "unit": unit, "start_ms": start_ms})
    held, used = (0, 0) if row is None else (row["held"], row["used"])
    return Window(scope=scope, unit=unit, start_ms=start_ms, held=held, used=used)


def windows(keys: Sequence[tuple[str, str, int]]) -> Unit[tuple[Window, ...]]:
    """Several windows."""
    found = []
    for scope, unit, start_ms in keys:
        found.append((yield from window(scope, unit, start_ms)))
    return tuple(found)


def shift(take: Take, *, held: int = 0, used: int = 0) -> Unit[None]:
    """Move the figures of a job's window."""
    if held or used:
        yield shifting(take, held, used)


def shifting(take: Take, held: int, used: int) -> Step:
    """The step that moves the figures of a job's window."""
    return (
        "window_shift",
        {"scope": take.scope, "unit": take.unit, "start_ms": take.start_ms, "held": held, "used": used},
    )


def holds_in(found: Rows) -> list[ledger.Hold]:
    """The holds among rows that have a transfer's id, debit and amount."""
    return [
        ledger.Hold(id=row["id"], source=row["debit"], amount=row["amount"])
        for row in found
        if row["id"] is not None
    ]


def charge(job: str, row: Row, holds: Sequence[ledger.Hold], *, give_back: int, now_ms: int) -> Unit[None]:
    """End a job's holds by charging them; `give_back` credits return at once."""
    takes, server, n = rows.load_takes(row["takes"]), row["server"], row["n"]
    movements = ledger.settle(job, holds, server=server)
    yield from book(movements, purse=_purse(takes[0]), server=server, job_n=n, now_ms=now_ms)
    for take, less, more in used_up(takes):
        yield shifting(take, less, more)
    if not give_back:
        return
    to_window = yield from _give_back(row, takes[0], give_back, now_ms)
    yield from shift(takes[0], used=-to_window)
    for take in takes[1:]:
        if take.unit not in ("jobs", "usd"):
            yield from shift(take, used=-min(give_back, take.amount))


def used_up(takes: Sequence[Take]) -> list[tuple[Take, int, int]]:
    """By how much held and used of a job's windows change when what it holds there becomes used."""
    return [
        (take, -take.amount, 0 if take.unit == "jobs" else take.amount)
        for take in takes
        if take.amount and take.unit != "usd"
    ]


def _give_back(row: Row, own: Take, amount: int, now_ms: int) -> Unit[int]:
    """Return a share of what is being charged; says how much of it goes back to the period."""
    purse, server = _purse(own), row["server"]
    grants = row["grant_account"] or ledger.grant_account(server, row["wallet"])
    window_name = ledger.window_account(own.scope, own.unit, own.start_ms)
    returned = ledger.give_back(
        amount,
        ledger.Split(window=own.amount, grant=row["credits"] - own.amount),
        server=server,
        window=window_name,
        grants=grants,
        ended=0 < own.renews_ms <= now_ms,
    )
    yield from book(returned, purse=purse, server=server, job_n=row["n"], now_ms=now_ms)
    to_window = sum(one.amount for one in returned if one.credit == window_name)
    if amount > to_window:
        yield from add_granted(grants, purse, amount - to_window)
    return to_window


def let_go(job: str, row: Row, holds: Sequence[ledger.Hold], *, now_ms: int) -> Unit[None]:
    """End a job's holds by giving everything back, except what its submit used of the budget."""
    takes = rows.load_takes(row["takes"])
    own = takes[0]
    purse = _purse(own)
    server: str = row["server"]
    movements = ledger.release(
        job,
        holds,
        window=ledger.window_account(own.scope, own.unit, own.start_ms),
        grants=row["grant_account"],
    )
    yield from book(movements, purse=purse, server=server, job_n=row["n"], now_ms=now_ms)
    to_grant = sum(hold.amount for hold in holds if ledger.is_grant(hold.source))
    if to_grant:
        yield from add_granted(row["grant_account"], purse, to_grant)
    for take in takes:
        if take.unit != "usd":
            yield from shift(take, held=-take.amount)


def grant(
    *, server: str, wallet: str, purse: Purse, amount: int, actor: str, reason: str, key: str, now_ms: int
) -> Unit[int]:
    """Give credits, once for each key; returns the new balance."""
    account = ledger.grant_account(server, wallet)
    movement = ledger.grant(server=server, wallet=wallet, amount=amount)
    if key and (yield from first("transfer_by_key", {"key": key})) is not None:
        return (yield from granted(account, purse))
    # The books never change, so people stand in them by their wallet: it outlives a name that is forgotten.
    known = yield from first("identity_read", {"person": actor})
    yield from book(
        (movement,),
        purse=purse,
        server=server,
        job_n=None,
        now_ms=now_ms,
        actor=actor if known is None else str(known["wallet"]),
        reason=reason,
        key=key or None,
    )
    yield (
        "log_add",
        {
            "at_ms": now_ms,
            "server": server,
            "actor": actor,
            "action": "grant",
            "detail": rows.dump({"wallet": wallet, "purse": purse, "credits": amount, "reason": reason}),
        },
    )
    return (yield from add_granted(account, purse, amount))


def granted_on_server(server: str, purse: Purse) -> Unit[int]:
    """Granted credits of all members together."""
    row = yield from first("granted_on_server", {"server": server, "purse": purse})
    return 0 if row is None else int(row["total"])


def transfers(job: str, server: str, limit: int) -> Unit[tuple[Transfer, ...]]:
    """Newest movements of a job, of a server, or of all."""
    if job:
        found = yield "transfers_of_job", {"job": job, "limit": limit}
    elif server:
        found = yield "transfers_of_server", {"server": server, "limit": limit}
    else:
        found = yield "transfers_newest", {"limit": limit}
    kept = (one for one in found if not server or one["server"] == server)
    return tuple(rows.transfer(one) for one in kept)
