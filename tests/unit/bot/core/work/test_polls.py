"""How often vendors are asked: by one job, and by all jobs of a key together."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from bot.core.work.polls import PollBudget, pause_seconds
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
    assert [budget.busy_seconds("one", SLOW, 1_000_000) for _ in range(4)] == [0, 0, 1, 1]
    assert not budget.busy_seconds("two", SLOW, 1_000_000)
    assert budget.busy_seconds("one", SLOW, 1_000_999) == pytest.approx(0.01)
    assert not budget.busy_seconds("one", SLOW, 1_001_000)
    assert [budget.busy_seconds("many", BATCH, 0) for _ in range(41)].count(0) == 40


def test_whoever_comes_a_moment_early_waits_that_moment_and_not_a_whole_round() -> None:
    budget = PollBudget()
    late_ms, asked_ms = 0.0, []
    for number in range(200):  # a hundred seconds of a key that is always busy; timers are a little unsteady
        place_ms = 1_000_000 + 500 * number
        now_ms = place_ms + (7.0 if number % 3 else 0.0)
        while busy := budget.busy_seconds("one", SLOW, now_ms):
            now_ms += busy * 1000
        asked_ms.append(now_ms)
        late_ms = max(late_ms, now_ms - place_ms)
    assert late_ms <= 20
    assert all(later - earlier >= 1000 for earlier, later in zip(asked_ms, asked_ms[2:], strict=False))


def test_those_who_wait_for_their_place_rest_as_well_when_the_vendor_has_had_enough() -> None:
    budget = PollBudget()
    budget.turn_seconds("one", SLOW, 1_000_000)
    budget.rest("one", 1_007_000)
    assert budget.busy_seconds("one", SLOW, 1_000_500) == pytest.approx(6.5)
    assert not budget.busy_seconds("one", SLOW, 1_007_000)


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
