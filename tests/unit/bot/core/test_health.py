"""A route that keeps failing is left alone for a while, and comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.health import (
    after_failure,
    after_probe,
    after_success,
    counts,
    may_send,
    opens_again_ms,
    pause_ms,
    state,
    usable,
)
from bot.core.records import RouteHealth
from providers.errors import (
    BadRequest,
    Expired,
    MissingKey,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)

MINUTE = 60_000


def failing(times: int, *, now_ms: int = 0) -> RouteHealth:
    health = RouteHealth(route="acme/one")
    for _ in range(times):
        health = after_failure(health, now_ms, "vendor_fault")
    return health


def test_a_route_that_was_never_used_is_usable() -> None:
    assert state(None, 0) == "closed" and usable(None, 0)


def test_two_faults_do_not_close_a_route_and_three_do() -> None:
    assert usable(failing(2), 0)
    assert not usable(failing(3), 0)
    assert state(failing(3), MINUTE - 1) == "open"


@pytest.mark.parametrize("code", ["bad_key", "no_funds", "model_gone"])
def test_what_only_the_operator_can_mend_closes_a_route_at_once(code: str) -> None:
    health = after_failure(RouteHealth(route="acme/one"), 0, code)
    assert not usable(health, 0) and opens_again_ms(health) == MINUTE
    again = after_failure(health, MINUTE, code)
    assert opens_again_ms(again) == 3 * MINUTE


def test_after_the_pause_one_may_try_again() -> None:
    assert state(failing(3), MINUTE) == "half-open" and usable(failing(3), MINUTE)


def test_a_clip_in_between_starts_the_count_anew() -> None:
    health = after_success(failing(2), 5)
    assert health.last_ok_ms == 5 and health.failures == 0 and health.last_error == ""
    assert usable(after_failure(after_failure(health, 6, "vendor_fault"), 7, "vendor_fault"), 8)


def test_each_failed_try_doubles_the_pause_up_to_half_an_hour() -> None:
    health, now, pauses = failing(3), 0, []
    for _ in range(8):
        pauses.append(pause_ms(health) // 1000)
        now = opens_again_ms(health)
        health = after_failure(health, now, "vendor_fault")
    assert pauses == [60, 120, 240, 480, 960, 1800, 1800, 1800]
    assert pause_ms(RouteHealth(route="acme/one", failures=10_000)) == 30 * MINUTE


def test_a_clip_while_half_open_closes_the_breaker() -> None:
    health = after_success(failing(5), 10 * MINUTE)
    assert state(health, 10 * MINUTE) == "closed" and health.opened_ms == 0


def test_jobs_that_fail_during_the_pause_do_not_lengthen_it() -> None:
    health = failing(3)
    for _ in range(20):
        health = after_failure(health, MINUTE // 2, "vendor_fault")
    assert opens_again_ms(health) == MINUTE


def test_a_probe_goes_alone_however_long_it_takes() -> None:
    health = after_probe(failing(3), MINUTE, "one")
    assert after_probe(health, MINUTE, "two") == health
    for now_ms in (MINUTE, 2 * MINUTE, 500 * MINUTE):
        assert not usable(health, now_ms)
        assert may_send(health, now_ms, "one") and not may_send(health, now_ms, "two")
        assert after_probe(health, now_ms, "two") == health
    assert after_probe(failing(2), 7, "one") == failing(2)


def test_a_probe_that_vanished_makes_room_for_another_after_the_pause() -> None:
    health = replace(after_probe(failing(3), MINUTE, "one"), probe="")
    assert not may_send(health, MINUTE, "two")
    assert after_probe(health, 2 * MINUTE, "two").probe == "two"


def test_a_probe_that_fails_doubles_the_pause_and_older_jobs_do_not() -> None:
    health = after_probe(failing(3), MINUTE, "one")
    older = after_failure(health, 3 * MINUTE, "vendor_fault", "older")
    assert (older.failures, older.probe, older.opened_ms) == (3, "one", MINUTE)
    failed = after_failure(health, MINUTE + 5, "vendor_fault", "one")
    assert (failed.failures, failed.probe) == (4, "")
    assert opens_again_ms(failed) == MINUTE + 5 + 2 * MINUTE


@pytest.mark.parametrize("error", [VendorFault, OutcomeUnknown, Unreachable, NoFunds])
def test_faults_of_the_vendor_count(error: type[VendorFault]) -> None:
    assert counts(error.code)


@pytest.mark.parametrize(
    "error",
    [PromptModerated, OutputModerated, BadRequest, RateLimited, Unsupported, MissingKey, Expired],
)
def test_moderation_and_errors_of_the_person_do_not_count(error: type[VendorFault]) -> None:
    health = failing(2)
    assert after_failure(health, 9, error.code) == health
