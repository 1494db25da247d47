"""The credit rules: every movement balanced, the period first, grants kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from bot.core import ledger
from bot.core.ledger import Hold, Movement, Split

WINDOW, GRANTS = "window:member:d:1:w:paid:0", "grant:d:1:w"


def balances(movements: Iterable[Movement]) -> Counter[str]:
    found: Counter[str] = Counter()
    for movement in movements:
        found[movement.credit] += movement.amount
        found[movement.debit] -= movement.amount
    return found


@pytest.mark.parametrize(
    ("amount", "room", "granted", "parts"),
    [
        (7, 10, 0, Split(window=7, grant=0)),
        (7, 3, 4, Split(window=3, grant=4)),
        (7, 3, 3, None),
        (7, -5, 7, Split(window=0, grant=7)),
        (0, 0, 0, Split(window=0, grant=0)),
    ],
)
def test_the_period_pays_before_the_grants(amount: int, room: int, granted: int, parts: Split | None) -> None:
    assert ledger.split(amount, room=room, granted=granted) == parts


def test_a_hold_and_its_settle_leave_only_what_was_spent() -> None:
    held = ledger.hold("j", Split(window=3, grant=4), window=WINDOW, grants=GRANTS)
    holds = [Hold(id=n, source=one.debit, amount=one.amount) for n, one in enumerate(held)]
    settled = ledger.settle("j", holds, server="d:1")
    assert balances((*held, *settled)) == {WINDOW: -3, GRANTS: -4, "held:j": 0, "spent:d:1": 7}
    assert [one.resolves for one in settled] == [0, 1]


def test_a_release_gives_to_where_the_sources_are_today() -> None:
    holds = [Hold(id=1, source=WINDOW, amount=3), Hold(id=2, source=GRANTS, amount=4)]
    back = ledger.release("j", holds, window="window:new", grants="grant:d:1:new")
    assert balances(back) == {"held:j": -7, "window:new": 3, "grant:d:1:new": 4}


@pytest.mark.parametrize(
    ("amount", "ended", "expected"),
    [
        (2, False, {GRANTS: 2}),
        (6, False, {GRANTS: 4, WINDOW: 2}),
        (6, True, {GRANTS: 6}),
        (0, False, {}),
    ],
)
def test_a_share_goes_back_last_taken_first_and_never_into_an_ended_period(
    amount: int, ended: bool, expected: dict[str, int]
) -> None:
    moved = ledger.give_back(
        amount, Split(window=3, grant=4), server="d:1", window=WINDOW, grants=GRANTS, ended=ended
    )
    assert {one.credit: one.amount for one in moved} == expected
    assert all(one.debit == "spent:d:1" for one in moved)


def test_amounts_out_of_reach_are_refused() -> None:
    with pytest.raises(ValueError, match="8 credits"):
        ledger.give_back(8, Split(window=3, grant=4), server="d", window=WINDOW, grants=GRANTS, ended=False)
    with pytest.raises(ValueError, match="at least one"):
        ledger.grant(server="d", wallet="w", amount=0)


def test_a_grant_account_tells_whose_it_is() -> None:
    assert ledger.grant_owner(ledger.grant_account("discord:1", "w9")) == ("discord:1", "w9")
    with pytest.raises(ValueError, match="no grant account"):
        ledger.grant_owner("spent:discord:1")


def test_a_scope_follows_its_wallet_only_if_it_is_its_own() -> None:
    assert ledger.of_wallet("member:discord:1:w1", "w1", "w2") == "member:discord:1:w2"
    assert ledger.of_wallet("server:discord:w11", "w1", "w2") == "server:discord:w11"
    assert ledger.of_wallet("budget", "w1", "w2") == "budget"
