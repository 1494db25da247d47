"""The breaker of a route: after several vendor faults in a row it is left alone for a while. Pure.

    closed ──3 faults──▸ open ──pause over──▸ half-open ──clip──▸ closed
                          ▴────── fault, pause doubled ──┘

A key that is refused, an empty account and a model that is gone open it at once: those are not chance.

Saving a `RouteHealth` is the engine's business; choosing another route is the planner's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from bot.core.records import RouteHealth
from providers.errors import (
    BadKey,
    ModelGone,
    NoFunds,
    NotSent,
    OutcomeUnknown,
    Unreachable,
    VendorFault,
)

FAULTS_TO_OPEN: Final = 3
FIRST_PAUSE_MS: Final = 60_000
LONGEST_PAUSE_MS: Final = 1_800_000

BreakerState = Literal["closed", "open", "half-open"]

# Nobody's next request would fare better until the operator has mended it.
_CERTAIN: Final = frozenset(error.code for error in (BadKey, NoFunds, ModelGone))

# Codes of errors that another person's request would meet as well. Moderation, a wrong request and a
# rate limit say nothing about the route; an expired link says that we were late.
_FAULTS: Final = frozenset(
    error.code for error in (VendorFault, NotSent, OutcomeUnknown, Unreachable, BadKey, NoFunds, ModelGone)
)


def counts(code: str) -> bool:
    """Whether an error (by its code) speaks against the route and not against this one request."""
    return code in _FAULTS


def pause_ms(health: RouteHealth) -> int:
    """How long the present pause lasts in all, in milliseconds; 0 while the breaker is closed."""
    extra = health.failures - FAULTS_TO_OPEN
    if extra < 0:
        return 0
    return LONGEST_PAUSE_MS if extra >= 5 else min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << extra)


def opens_again_ms(health: RouteHealth) -> int:
    """When the route may be tried again (milliseconds since 1970); 0 while the breaker is closed."""
    pause = pause_ms(health)
    return health.opened_ms + pause if pause else 0


def state(health: RouteHealth | None, now_ms: int) -> BreakerState:
    """Whether the route may be used; a route that was never used is closed."""
    if health is None or health.failures < FAULTS_TO_OPEN:
        return "closed"
    return "open" if now_ms < opens_again_ms(health) else "half-open"


def usable(health: RouteHealth | None, now_ms: int) -> bool:
    """Whether a new job may take the route now."""
    return state(health, now_ms) != "open"


def after_success(health: RouteHealth, now_ms: int) -> RouteHealth:
    """A clip came: the breaker closes."""
    return replace(health, failures=0, opened_ms=0, last_ok_ms=now_ms, last_error="")


def after_failure(health: RouteHealth, now_ms: int, code: str) -> RouteHealth:
    """An error came, by its code; the same value if it does not count.

    Jobs that were under way when the breaker opened fail during the pause: they do not lengthen it.
    """
    if not counts(code):
        return health
    if state(health, now_ms) == "open":
        return replace(health, last_error=code)
    failures = health.failures + 1
    if code in _CERTAIN:
        failures = max(failures, FAULTS_TO_OPEN)
    opened = now_ms if failures >= FAULTS_TO_OPEN else 0
    return replace(health, failures=failures, opened_ms=opened, last_error=code)


def after_probe(health: RouteHealth, now_ms: int) -> RouteHealth:
    """A job is being sent over a half-open route: the pause starts anew, so that it goes alone."""
    return replace(health, opened_ms=now_ms) if state(health, now_ms) == "half-open" else health
