"""Units about whose account belongs to which wallet: joining, leaving, and coming back after being forgotten.

No path here makes credits: use of running periods is added up when wallets join, and copied when one leaves.
"""

from __future__ import annotations

from bot.core import ledger
from bot.core.errors import Denied, Refusal
from bot.core.model import Person
from bot.core.records import Pending
from bot.store import rows
from bot.store.unit import Row, Unit, first
from bot.store.units import money
from bot.store.units.people import log, merge

WAIT_MS = 30 * 86_400_000
_HOUR_MS = 3_600_000


def identities(wallet: str) -> Unit[tuple[Person, ...]]:
    """All accounts that share a wallet."""
    found = yield "identities_of_wallet", {"wallet": wallet}
    return tuple(_person(row) for row in found)


def join(keeper: str, joiner: str, agreed: tuple[str, str], now_ms: int) -> Unit[None]:
    """Let two accounts share the wallet of the first, as both have agreed.

    Raises:
        Refusal: `link_gone` (a wallet changed meanwhile), `link_same` (they share one already),
            `link_platform_taken`.
        Denied: `link_wait`.
    """
    wallets = []
    for person in (keeper, joiner):
        row = yield from first("identity_read", {"person": person})
        wallets.append("" if row is None else str(row["wallet"]))
    if tuple(wallets) != agreed:
        raise Refusal("link_gone")
    yield from may_join(keeper, joiner, now_ms)
    yield from merge(wallets[0], wallets[1], wallets[1], now_ms)
    yield from log("", joiner, "link", {"keeper": keeper, "joiner": joiner}, now_ms)


def may_join(keeper: str, joiner: str, now_ms: int) -> Unit[None]:
    """Refuse what could not be joined anyway. Raises as `join` does."""
    people = []
    for person in (keeper, joiner):
        row = yield from first("identity_read", {"person": person})
        wallet = "" if row is None else row["wallet"]
        found = yield "identities_of_wallet", {"wallet": wallet}
        people.append({_person(one).platform: one["person"] for one in found})
    if keeper in people[1].values():
        raise Refusal("link_same")
    if shared := people[0].keys() & people[1].keys():
        raise Refusal("link_platform_taken", platform=sorted(shared)[0])
    for person in (*people[0].values(), *people[1].values()):
        row = yield from first("relink_read", {"person": person, "now_ms": now_ms})
        if row is not None:
            raise Denied("link_wait", until_ms=row["until_ms"], person=person)


def unlink(person: str, fresh: str, now_ms: int) -> Unit[str]:
    """Give an account a wallet of its own again; granted credits stay, use of running periods goes along.

    Raises:
        Refusal: `not_linked`.
        Denied: `open_jobs`.
    """
    row = yield from first("identity_read", {"person": person})
    wallet = "" if row is None else str(row["wallet"])
    found = yield "identities_of_wallet", {"wallet": wallet}
    if len(found) < 2:
        raise Refusal("not_linked")
    count = yield from first("jobs_of_person_open", {"wallet": wallet, "person": person})
    if count is not None and count["total"]:
        raise Denied("open_jobs", count=int(count["total"]))
    yield "identity_move", {"person": person, "wallet": fresh}
    yield from leave(person, wallet, fresh, now_ms)
    yield "jobs_of_person_move", {"wallet": wallet, "person": person, "fresh": fresh}
    yield "relink_put", {"person": person, "until_ms": now_ms + WAIT_MS}
    yield from log("", person, "unlink", {"wallet": wallet, "fresh": fresh}, now_ms)
    return fresh


def leave(person: str, wallet: str, fresh: str, now_ms: int) -> Unit[None]:
    """What goes along with an account that leaves a wallet: use of running periods, blocks, what counts
    against it."""
    yield from _copy_windows(wallet, fresh, now_ms)
    blocks = yield "blocks_of_wallet", {"wallet": wallet}
    for one in blocks:
        yield "block_put", {**rows.block(one).__dict__, "wallet": fresh}
    yield "strikes_of_person_move", {"wallet": wallet, "person": person, "fresh": fresh}
    yield "consents_of_person_move", {"wallet": wallet, "person": person, "fresh": fresh}


def _copy_windows(wallet: str, fresh: str, now_ms: int) -> Unit[None]:
    """What the wallet used of running periods counts as used by whoever leaves it, too."""
    found = yield "windows_of_wallet", {"suffix": f"%:{wallet}", "now_ms": now_ms}
    for row in found:
        unit, used = row["unit"], row["held"] + row["used"]
        if unit not in ("paid", "free") or not used:
            continue
        scope = ledger.of_wallet(row["scope"], wallet, fresh)
        key = {"unit": unit, "start_ms": row["start_ms"]}
        yield "window_put", {"scope": scope, **key, "renews_ms": row["renews_ms"], "held": 0, "used": used}
        account = ledger.window_account(scope, unit, row["start_ms"])
        movement = ledger.carry_over(window=account, wallet=fresh, amount=used)
        yield from money.book(
            (movement,), purse=unit, server="", job_n=None, now_ms=now_ms, actor=wallet, reason="unlink"
        )


def attempt(wallet: str, kind: str, now_ms: int) -> Unit[int]:
    """Count something that may not be tried too often; returns how often in the last hour."""
    yield "attempts_expire", {"since_ms": now_ms - _HOUR_MS}
    yield "attempt_add", {"wallet": wallet, "kind": kind, "at_ms": now_ms}
    row = yield from first("attempts_since", {"wallet": wallet, "kind": kind, "since_ms": now_ms - _HOUR_MS})
    return 0 if row is None else int(row["total"])


def pendings_of(wallet: str, kind: str, now_ms: int) -> Unit[tuple[Pending, ...]]:
    """Questions of a kind that wait for somebody, the newest first."""
    found = yield "pendings_of_wallet", {"wallet": wallet, "kind": kind, "now_ms": now_ms}
    return tuple(rows.pending(row) for row in found)


def _person(row: Row) -> Person:
    platform, _, id = str(row["person"]).partition(":")
    return Person(platform=platform, id=id, name=row["name"])  # type: ignore[arg-type]
