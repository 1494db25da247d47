"""The breaker of a route: after several vendor faults in a row it is left alone for a while. Pure.

    closed ──3 faults──▸ open ──pause over──▸ half-open ──clip──▸ closed
                          ▴────── fault, pause doubled ──┘

Half-open, one job at a time tries the route, however long that takes; the others go as if it were open.
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
    known = state(health, now_ms)
    return known == "closed" or (known == "half-open" and health is not None and not health.probe)


def may_send(health: RouteHealth, now_ms: int, job: str) -> bool:
    """Whether this job may be sent over the route now: it is the one that tries it, or nobody has to."""
    return health.probe == job or usable(health, now_ms)


def after_success(health: RouteHealth, now_ms: int) -> RouteHealth:
    """A clip came: the breaker closes."""
    return replace(health, failures=0, opened_ms=0, last_ok_ms=now_ms, last_error="", probe="")


def after_failure(health: RouteHealth, now_ms: int, code: str, job: str = "") -> RouteHealth:
    """An error came to a job, by its code; the same value if it does not count.

    Jobs that were under way when the breaker opened fail during the pause: they do not lengthen it. The one
    that tries the route does.
    """
    if not counts(code):
        return health
    tries = bool(health.probe) and health.probe == job
    if not tries and (state(health, now_ms) == "open" or health.probe):
        return replace(health, last_error=code)
    failures = health.failures + 1
    if code in _CERTAIN:
        failures = max(failures, FAULTS_TO_OPEN)
    opened = now_ms if failures >= FAULTS_TO_OPEN else 0
    return replace(health, failures=failures, opened_ms=opened, last_error=code, probe="")


def after_probe(health: RouteHealth, now_ms: int, job: str) -> RouteHealth:
    """A job is about to be sent: over a half-open route that nobody tries it is the one that does."""
    if state(health, now_ms) != "half-open" or health.probe:
        return health
    return replace(health, opened_ms=now_ms, probe=job)
