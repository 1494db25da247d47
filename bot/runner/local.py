"""One process: rings jobs as asyncio tasks, lanes as counted slots with a fair queue.

The job table is the only memory: whatever is lost here is rung again by the sweep. It must not know
what a job is.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import heapq
import itertools
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping

log = logging.getLogger(__name__)

Advance = Callable[[str, str], Awaitable[None]]
Sweep = Callable[[], Awaitable[Iterable[tuple[str, str, int]]]]

# Thousands of jobs that wait are no garbage: at Python's own pace looking through them again and again took a
# tenth of the processor.
_GARBAGE = (10_000, 20, 20)
_SLICE = 64  # starts per turn of the loop: a burst of thousands must not hold up an acknowledgement


class _Lane:
    """Slots and the queue for them: lowest priority number first, then first come."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.running = 0
        self.queue: list[tuple[int, int, str]] = []

    @property
    def ready(self) -> bool:
        return bool(self.queue) and self.running < self.width


def _wake(woken: asyncio.Future[bool], *, early: bool = False) -> None:
    if not woken.done():
        woken.set_result(early)


class LocalRunner:
    """Implements the `Runner` port inside one event loop.

    Args:
        widths: slots by lane name; `name:` gives the default of a family (`make:`).
        sweep_seconds: how often jobs are looked for whose time has come but that nobody rang.
    """

    def __init__(self, *, widths: Mapping[str, int], sweep_seconds: float = 30.0) -> None:
        self._widths = dict(widths)
        self._sweep: Sweep | None = None
        self._sweep_seconds = sweep_seconds
        self._advance: Advance | None = None
        self._lanes: dict[str, _Lane] = {}
        self._queued: set[tuple[str, str]] = set()
        self._working: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._again: dict[str, tuple[str, int]] = {}
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._waits: dict[str, asyncio.Future[bool]] = {}
        self._ticks = itertools.count()
        self._bell = asyncio.Event()
        self._closing = False

    def serve(self, advance: Advance, sweep: Sweep) -> None:
        """Name the functions that do the work, before `run`.

        Args:
            advance: takes a job as far as a lane allows; must not raise.
            sweep: returns (job, lane, priority) of jobs whose time has come.
        """
        self._advance = advance
        self._sweep = sweep

    def ring(self, job: str, lane: str, *, priority: int = 0, delay_seconds: float = 0.0) -> None:
        """Ask for `advance(job)` in a lane, once, however often it is rung.

        A job is never worked on twice at a time: rung while it is, it is rung again afterwards.
        """
        if self._closing:
            return
        key = (job, lane)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if delay_seconds > 0:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_later(delay_seconds, self._due, key, priority)
            return
        if job in self._working:
            self._again[job] = (lane, priority)
            return
        if key in self._queued:
            return
        self._queued.add(key)
        heapq.heappush(self._lane(lane).queue, (priority, next(self._ticks), job))
        self._bell.set()

    def _due(self, key: tuple[str, str], priority: int) -> None:
        self._timers.pop(key, None)
        self.ring(key[0], key[1], priority=priority)

    def interrupt(self, job: str) -> None:
        """End a job's wait early, so that it looks at its row again."""
        woken = self._waits.get(job)
        if woken is not None:
            _wake(woken, early=True)

    async def wait(self, job: str, seconds: float) -> bool:
        """Wait inside `advance`; true if `interrupt` ended it early.

        Raises:
            asyncio.CancelledError: everything is being let go of; the next start goes on from the row.
        """
        if self._closing:
            raise asyncio.CancelledError
        loop = asyncio.get_running_loop()
        # Ten thousand jobs wait here: a timer and a future cost a third of a timeout around an event.
        woken: asyncio.Future[bool] = loop.create_future()
        self._waits[job] = woken
        timer = loop.call_later(seconds, _wake, woken)
        try:
            return await woken
        finally:
            timer.cancel()
            self._waits.pop(job, None)

    def position(self, job: str, lane: str) -> int | None:
        """Place in the lane's queue counted from 1; None while it is worked on."""
        if (job, lane) not in self._queued:
            return None
        entries = self._lane(lane).queue
        mine = next(entry for entry in entries if entry[2] == job)
        return 1 + sum(1 for entry in entries if entry < mine)

    def depth(self) -> Mapping[str, int]:
        """Jobs waiting or worked on, by lane."""
        count: Counter[str] = Counter()
        for _, lane in self._queued:
            count[lane] += 1
        for lane, _ in self._working.values():
            count[lane] += 1
        return count

    async def run(self) -> None:
        """Work until cancelled."""
        sweeper = asyncio.create_task(self._keep_sweeping())
        usual = gc.get_threshold()
        gc.set_threshold(*_GARBAGE)
        try:
            while True:
                await self._bell.wait()
                self._bell.clear()
                if self._start_some():
                    self._bell.set()
                    await asyncio.sleep(0)
        finally:
            gc.set_threshold(*usual)
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper

    async def drain(self, *, seconds: float) -> None:
        """Let go of everything: steps that are under way get `seconds` to end, waits end at once."""
        self._closing = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._queued.clear()
        self._lanes.clear()
        for job, (_, task) in self._working.items():
            if job in self._waits:
                task.cancel()
        tasks = [task for _, task in self._working.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _lane(self, name: str) -> _Lane:
        lane = self._lanes.get(name)
        if lane is None:
            family = name.partition(":")[0] + ":"
            width = self._widths.get(name) or self._widths.get(family) or 8
            lane = self._lanes[name] = _Lane(width)
        return lane

    def _start_some(self) -> bool:
        started = 0
        for name, lane in list(self._lanes.items()):
            while lane.ready and started < _SLICE:
                priority, _, job = heapq.heappop(lane.queue)
                self._queued.discard((job, name))
                if job in self._working:
                    self._again[job] = (name, priority)
                    continue
                lane.running += 1
                started += 1
                self._working[job] = (name, asyncio.create_task(self._work(job, name, lane)))
        return started == _SLICE

    async def _work(self, job: str, name: str, lane: _Lane) -> None:
        try:
            assert self._advance is not None, "serve() comes before run()"
            await self._advance(job, name)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("job %s stopped in lane %s; the sweep rings it again", job, name)
        finally:
            lane.running -= 1
            self._working.pop(job, None)
            again = self._again.pop(job, None)
            if again is not None:
                self.ring(job, again[0], priority=again[1])
            self._bell.set()

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_seconds)
            try:
                assert self._sweep is not None, "serve() comes before run()"
                due = await self._sweep()
                known = {job for job, _ in itertools.chain(self._queued, self._timers)} | set(self._working)
                for job, lane, priority in due:
                    if job not in known:
                        self.ring(job, lane, priority=priority)
            except Exception:
                log.exception("the sweep failed; it runs again in %s s", self._sweep_seconds)
