"""Credit rules: which accounts there are and which transfers a grant, hold, settle or release is.

Pure. Every transfer takes an amount from one account and gives it to another, so all accounts always
sum to zero. It reads no balance and writes no row; `bot/store` does both in one transaction.

    issue:<server>                 where granted credits come from; goes below zero
    window:<scope>:<unit>:<start>  what a member took from a period; goes down to minus the limit
    grant:<server>:<wallet>        granted credits left; never below zero
    held:<job>                     on hold for an open job
    spent:<server>                 charged
    carried:<wallet>               use that came along from a wallet its owner left
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

TransferKind = Literal["grant", "hold", "settle", "release", "adjust", "merge"]

_GRANT = "grant:"


def issue_account(server: str) -> str:
    """Where a server's granted credits come from."""
    return f"issue:{server}"


def grant_account(server: str, wallet: str) -> str:
    """Granted credits of one wallet on one server."""
    return f"{_GRANT}{server}:{wallet}"


def grant_owner(account: str) -> tuple[str, str]:
    """Server and wallet of a grant account.

    Raises:
        ValueError: it is not a grant account.
    """
    server, _, wallet = account.removeprefix(_GRANT).rpartition(":")
    if not is_grant(account) or not server or not wallet:
        raise ValueError(f"{account!r} is no grant account")
    return server, wallet


def is_grant(account: str) -> bool:
    """Whether an account holds granted credits."""
    return account.startswith(_GRANT)


def window_account(scope: str, unit: str, start_ms: int) -> str:
    """A member's period."""
    return f"window:{scope}:{unit}:{start_ms}"


def held_account(job: str) -> str:
    """What is on hold for a job."""
    return f"held:{job}"


def spent_account(server: str) -> str:
    """What a server's members were charged."""
    return f"spent:{server}"


def of_wallet(scope: str, wallet: str, other: str) -> str:
    """The scope that belongs to `other` if this one ends with `:<wallet>`; else the scope unchanged."""
    head, colon, tail = scope.rpartition(":")
    return f"{head}{colon}{other}" if tail == wallet else scope


class Movement(NamedTuple):
    """A transfer to be written. `resolves` is the id of the hold that it ends."""

    debit: str
    credit: str
    amount: int
    kind: TransferKind
    resolves: int | None = None


class Hold(NamedTuple):
    """An open hold: the transfer's id, where it came from and how much."""

    id: int
    source: str
    amount: int


class Split(NamedTuple):
    """How a price is paid: from the period, then from granted credits."""

    window: int
    grant: int


def split(amount: int, *, room: int, granted: int) -> Split | None:
    """Divide a price; None if period and grants together are not enough.

    Args:
        amount: the price in credits.
        room: what is left of the period; below zero counts as none.
        granted: granted credits left.
    """
    window = min(amount, max(room, 0))
    grant = amount - window
    return Split(window=window, grant=grant) if grant <= max(granted, 0) else None


def grant(*, server: str, wallet: str, amount: int) -> Movement:
    """Give credits that do not expire.

    Raises:
        ValueError: the amount is not above zero.
    """
    if amount <= 0:
        raise ValueError("a grant is at least one credit")
    return Movement(
        debit=issue_account(server), credit=grant_account(server, wallet), amount=amount, kind="grant"
    )


def hold(job: str, parts: Split, *, window: str, grants: str) -> tuple[Movement, ...]:
    """Put a price on hold: one movement for each source that gives something."""
    held = held_account(job)
    sources = ((window, parts.window), (grants, parts.grant))
    return tuple([Movement(source, held, amount, "hold") for source, amount in sources if amount])


def settle(job: str, holds: Sequence[Hold], *, server: str) -> tuple[Movement, ...]:
    """Charge what is on hold."""
    held, spent = held_account(job), spent_account(server)
    return tuple([Movement(held, spent, hold.amount, "settle", hold.id) for hold in holds])


def release(job: str, holds: Sequence[Hold], *, window: str, grants: str) -> tuple[Movement, ...]:
    """Give back what is on hold.

    `window` and `grants` are the job's sources today: a merge may have moved them to another wallet.
    """
    return tuple(
        Movement(
            debit=held_account(job),
            credit=grants if is_grant(hold.source) else window,
            amount=hold.amount,
            kind="release",
            resolves=hold.id,
        )
        for hold in holds
    )


def give_back(
    amount: int, parts: Split, *, server: str, window: str, grants: str, ended: bool
) -> tuple[Movement, ...]:
    """Return a share of a settled price, last taken first.

    What came from a period that has ended goes to the granted credits: the old period is worth nothing.

    Raises:
        ValueError: more than was paid.
    """
    if not 0 <= amount <= parts.window + parts.grant:
        raise ValueError(f"{amount} credits cannot be returned of {parts.window + parts.grant}")
    to_grant = min(amount, parts.grant)
    to_window = amount - to_grant
    if ended:
        to_grant, to_window = amount, 0
    return tuple(
        Movement(debit=spent_account(server), credit=target, amount=share, kind="adjust")
        for target, share in ((grants, to_grant), (window, to_window))
        if share
    )


def merge_grant(*, source: str, target: str, amount: int) -> Movement:
    """Move granted credits to another wallet."""
    return Movement(debit=source, credit=target, amount=amount, kind="merge")


def merge_window(*, source: str, target: str, amount: int) -> Movement:
    """Move the use of a period: the target's period pays for what the source had taken."""
    return Movement(debit=target, credit=source, amount=amount, kind="merge")


def carry_over(*, window: str, wallet: str, amount: int) -> Movement:
    """Count as used what was used in a wallet that somebody leaves: their new period begins there."""
    return Movement(debit=window, credit=f"carried:{wallet}", amount=amount, kind="merge")


def give_up(*, source: str, server: str, amount: int) -> Movement:
    """Granted credits go back to where they came from, because their owner wants to be forgotten."""
    return Movement(debit=source, credit=issue_account(server), amount=amount, kind="adjust")
