"""How often vendors are asked: by one job, and by all jobs of a key together."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from bot.core.polls import PollBudget, pause_seconds
from providers.catalogue import PollPace, load

SLOW = PollPace(first_seconds=1, every_seconds=10, slowest_seconds=40, deadline_seconds=900, per_second=2)
BATCH = PollPace(first_seconds=1, every_seconds=5, deadline_seconds=900, per_second=2, batch=20)


def middle() -> float:
    return 0.5


@pytest.mark.parametrize(("age", "pause"), [(0, 10), (200, 10), (400, 20), (800, 40), (9000, 40)])
def test_old_jobs_are_looked_at_less_often_up_to_a_limit(age: float, pause: float) -> None:
    assert pause_seconds(SLOW, age, middle) == pytest.approx(pause)


def test_jobs_that_began_together_spread_out() -> None:
    pauses = {pause_seconds(SLOW, 0) for _ in range(50)}
    assert len(pauses) > 40 and all(8.5 <= pause <= 11.5 for pause in pauses)


def test_ten_thousand_jobs_ask_no_more_often_than_the_key_may() -> None:
    budget = PollBudget()
    turns = sorted(budget.turn_seconds("one", SLOW, 1_000_000) for _ in range(10_000))
    assert turns[0] == 0
    assert all(later - earlier == pytest.approx(0.5) for earlier, later in pairwise(turns))


def test_jobs_that_fit_into_one_call_come_together() -> None:
    budget = PollBudget()
    calls = Counter(budget.turn_seconds("one", BATCH, 1_000_000) for _ in range(100))
    assert sorted(calls) == [0, 0.5, 1.0, 1.5, 2.0] and set(calls.values()) == {20}


def test_places_that_come_due_at_once_after_a_busy_while_are_not_all_used_at_once() -> None:
    budget = PollBudget()
    assert [budget.may_ask("one", SLOW, 1_000_000) for _ in range(4)] == [True, True, False, False]
    assert budget.may_ask("two", SLOW, 1_000_000)
    assert not budget.may_ask("one", SLOW, 1_000_999) and budget.may_ask("one", SLOW, 1_001_000)
    assert [budget.may_ask("many", BATCH, 0) for _ in range(41)].count(True) == 40


def test_a_lone_job_is_never_held_up_and_keys_do_not_share() -> None:
    budget = PollBudget()
    assert budget.turn_seconds("one", SLOW, 1_000_000) == 0
    assert budget.turn_seconds("two", SLOW, 1_000_000) == 0
    assert budget.turn_seconds("one", SLOW, 1_000_600) == 0


def test_unused_time_is_not_saved_up_for_a_burst() -> None:
    budget = PollBudget()
    budget.turn_seconds("one", SLOW, 0)
    turns = [budget.turn_seconds("one", SLOW, 3_600_000) for _ in range(3)]
    assert turns == [0, 0.5, 1.0]


def test_after_too_many_requests_nobody_of_that_key_asks_for_a_while() -> None:
    budget = PollBudget()
    budget.turn_seconds("one", SLOW, 1_000_000)
    budget.rest("one", 1_007_000)
    assert [budget.turn_seconds("one", SLOW, 1_000_100) for _ in range(2)] == pytest.approx([6.9, 7.4])


def test_every_vendor_states_a_pace_that_can_be_kept() -> None:
    for provider in load().providers.values():
        pace = provider.poll
        assert pace.per_second * pace.batch >= provider.concurrent / pace.every_seconds, provider.id
        assert pace.deadline_seconds > pace.slowest_seconds >= pace.every_seconds, provider.id
