"""The table of job states: nothing is out of reach, nothing is a dead end, money moves where it should."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from bot.core.lifecycle import LANES, MOVES, TERMINAL, allowed, lane
from bot.core.model import JobState

STATES: tuple[JobState, ...] = get_args(JobState)
# Where a hold begins, is charged, is given back.
GIVES_BACK: frozenset[JobState] = frozenset({"late", "released"})


def reachable(start: JobState) -> set[JobState]:
    seen, todo = {start}, [start]
    while todo:
        for following in MOVES[todo.pop()]:
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def test_every_state_is_in_the_table_and_reachable_from_the_start() -> None:
    assert set(MOVES) == set(STATES) == reachable("queued")


def test_a_job_can_always_come_to_an_end() -> None:
    for state in STATES:
        assert reachable(state) & TERMINAL


def test_ended_jobs_stay_ended_but_for_a_clip_that_is_delivered_after_all() -> None:
    assert {state for state in STATES if not MOVES[state]} == {"delivered", "released"}
    assert MOVES["undelivered"] == ("delivered",)
    assert not any(allowed(state, state) for state in TERMINAL)


def test_a_clip_is_only_posted_after_it_was_verified_and_charged() -> None:
    assert {state for state in STATES if "posting" in MOVES[state]} == {"processing"}
    assert not GIVES_BACK & set(MOVES["posting"])


def test_nothing_is_handed_in_again_once_the_vendor_has_it() -> None:
    for state in ("polling", "uncertain", "late", "fetching", "processing", "posting"):
        assert not {"queued", "submitting"} & reachable(state)


def test_every_open_state_has_a_lane() -> None:
    assert set(LANES) == set(STATES) - TERMINAL
    assert lane("queued", "acme", greeted=False) == "hello"
    assert lane("queued", "acme", greeted=True) == lane("polling", "acme", greeted=True) == "make:acme"
    assert lane("fetching", "acme", greeted=True) == "finish"


@given(st.data())
def test_on_every_way_a_price_is_charged_or_given_back_and_never_charged_twice(data: st.DataObject) -> None:
    state: JobState = "queued"
    charged = returned = 0
    for _ in range(60):
        moves = MOVES[state]
        if not moves:
            break
        following = data.draw(st.sampled_from(moves))
        if (state, following) == ("processing", "posting") and not returned:
            charged += 1
        if following in GIVES_BACK and not returned:
            returned += 1
        state = following
    assert charged + returned <= 1
    if state in ("delivered", "undelivered", "released"):
        assert charged + returned == 1
