"""Time under a test's control."""

from __future__ import annotations

import asyncio

START_MS = 1_790_000_000_000  # 2026-09-21 13:33:20 UTC, a Monday


class FakeClock:
    """A `bot.core.ports.Clock` that stands still until it is moved.

    With `auto` (the default) a sleep moves the clock to its own end at once, so that waiting costs no
    real time. Without it sleepers wait until `advance` has passed their end.
    """

    def __init__(self, start_ms: int = START_MS, *, auto: bool = True) -> None:
        self._now_ms = start_ms
        self._auto = auto
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self._now_ms

    def set_ms(self, now_ms: int) -> None:
        """Jump to a moment, waking everybody whose sleep has ended by then. Never goes back."""
        self._now_ms = max(self._now_ms, now_ms)
        due = [entry for entry in self._sleepers if entry[0] <= self._now_ms]
        self._sleepers = [entry for entry in self._sleepers if entry[0] > self._now_ms]
        for _, future in sorted(due, key=lambda entry: entry[0]):
            if not future.done():
                future.set_result(None)

    def advance(self, seconds: float) -> None:
        """Move on by some seconds."""
        self.set_ms(self._now_ms + round(seconds * 1000))

    @property
    def sleeping(self) -> int:
        """How many tasks wait for this clock."""
        return sum(1 for _, future in self._sleepers if not future.done())

    async def sleep(self, seconds: float) -> None:
        """Wait as far as this clock is concerned; other tasks get their turn."""
        until_ms = self._now_ms + max(0, round(seconds * 1000))
        if self._auto:
            await asyncio.sleep(0)
            self.set_ms(until_ms)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((until_ms, future))
        await future
