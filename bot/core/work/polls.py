"""When to ask a vendor how a job stands: the pace of one job, and what all jobs of a key may ask together.

Holds only what a restart may forget. It asks nothing itself, and waiting is the engine's business.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Final

from providers.catalogue import PollPace

# A job that has run for ten minutes need not be looked at every five seconds: nobody notices one part in
# twenty of the time it took.
_SHARE_OF_AGE: Final = 0.05
_JITTER: Final = 0.15
_SHORTEST_SECONDS: Final = 0.01
_SHORTEST_WAIT_SECONDS: Final = 0.001  # less is not worth a timer


def pause_seconds(pace: PollPace, age_seconds: float, roll: Callable[[], float] = random.random) -> float:
    """How long to wait before the next look at a job.

    Args:
        pace: the vendor's.
        age_seconds: since the job was submitted.
        roll: a number from 0 to 1; spreads jobs that began together.
    """
    plain = max(pace.every_seconds, min(pace.slowest_seconds, age_seconds * _SHARE_OF_AGE))
    return plain * (1 + _JITTER * (2 * roll() - 1))


class PollBudget:
    """Hands out places to ask, key by key: so many calls a second, with so many jobs in each."""

    def __init__(self) -> None:
        self._keys: dict[str, _Places] = {}
        self._asked: dict[str, deque[float]] = {}
        self._resting: dict[str, float] = {}

    def turn_seconds(self, key: str, pace: PollPace, now_ms: float) -> float:
        """Take the next free place; how long to wait until it comes. 0 = now.

        Jobs whose place is in the same call come at the same moment, so that they are asked about together.
        """
        places = self._keys.get(key)
        if places is None:
            places = self._keys[key] = _Places(1000 / pace.per_second, pace.batch)
        wait = (places.take(now_ms) - now_ms) / 1000
        return wait if wait >= _SHORTEST_WAIT_SECONDS else 0.0

    def busy_seconds(self, key: str, pace: PollPace, now_ms: float) -> float:
        """How long whoever's place has come must still wait; whoever is told 0 has to ask now.

        Where this machine was busy for a while, many places come due at once, and not all may be used then.
        They are not given back: who waits here goes before all who take a place later.
        """
        resting_ms = self._resting.get(key, 0.0) - now_ms
        if resting_ms > 0:
            return resting_ms / 1000
        asked = self._asked.setdefault(key, deque())
        while asked and asked[0] <= now_ms - 1000:
            asked.popleft()
        if len(asked) >= pace.per_second * pace.batch:
            return max(_SHORTEST_SECONDS, (asked[0] + 1000 - now_ms) / 1000)
        asked.append(now_ms)
        return 0.0

    def rest(self, key: str, until_ms: float) -> None:
        """The vendor has had enough of this key for now: nobody asks before then."""
        self._resting[key] = max(until_ms, self._resting.get(key, 0.0))
        places = self._keys.get(key)
        if places is not None:
            places.skip_to(until_ms)


class _Places:
    """Calls at equal distances, each with some places."""

    def __init__(self, distance_ms: float, size: int) -> None:
        self._distance_ms = distance_ms
        self._size = size
        self._call_ms = 0.0
        self._left = 0

    def take(self, now_ms: float) -> float:
        """When the call goes in which there is a place."""
        if self._left == 0 or self._call_ms < now_ms:
            self._call_ms = max(now_ms, self._call_ms + self._distance_ms)
            self._left = self._size
        self._left -= 1
        return self._call_ms

    def skip_to(self, until_ms: float) -> None:
        """No call before then."""
        if until_ms > self._call_ms:
            self._call_ms, self._left = until_ms, self._size
