"""Two thousand jobs that wait for thirteen vendors, each by its own adapter: how late "done" is seen.

The vendors are the stand-ins of the stories, each in a process of its own and reached over sockets. All are
given one pace, so that the figures are of the engine and not of what each vendor allows: a job is asked about
every 5 s at first, and a key takes 15 questions a second (Kling answers for up to 20 jobs with each). Store,
engine and runner are the real ones; media and chat are waits. Runs in a process of its own for an honest
figure of memory.

The ideal: all jobs of a vendor end at once, each is asked about in turn, every 5 s or as often as the key
allows, whichever is slower; the first question after the end sees it. Nothing else is waited for. Beside the
measured figure stands that of the pace alone: the same jobs in simulated time, where no machine is busy. What
lies between the two is the load of this machine, with thirteen vendors on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import cast

from bot.core.ports import Clock, Store
from bot.core.work.engine import Engine
from bot.core.work.polls import PollBudget, pause_seconds
from providers.base import (
    Asset,
    CanClose,
    Done,
    Progress,
    ProviderConfig,
    Ticket,
    VideoProvider,
    VideoRequest,
)
from providers.catalogue import Catalogue, PollPace, load
from providers.registry import Registry
from tests.bench import _street
from tests.bench._street import Address

NAME = "polling"
BAR = "2,000 jobs at all vendors: no key is asked more often than it may, done is seen as soon as that allows"
PER_SECOND = 15
# The moment of a question is noted a little after it was granted: two or three may slip into the next second.
LIMITS = {"busiest_key_of_allowed": 1.34, "without_a_clip": 0.0, "pace_alone_of_ideal": 1.05}

ROOT = Path(__file__).resolve().parents[2]
VENDORS = (
    "kling",
    "bytedance-seedance",
    "google-veo",
    "google-omni",
    "fal",
    "wavespeed",
    "replicate",
    "xai-grok-imagine",
    "minimax-hailuo",
    "minimax-h3",
    "pixverse",
    "alibaba-wan",
    "kunlun-skyreels",
)
PACE = PollPace(
    first_seconds=5, every_seconds=5, slowest_seconds=20, deadline_seconds=3600, per_second=PER_SECOND
)
# How the stand-ins are told how long they work.
AGE, GOOGLES_AGE = "[fault:queue-ms=0][fault:run-ms={ms}]", "[fault:run={ms}]"


def run(quick: bool) -> dict[str, float]:
    """Measure with 2,000 jobs of a minute (400 of ten seconds if quick)."""
    jobs, seconds = (400, 10) if quick else (2000, 60)
    command = [sys.executable, "-m", "tests.bench.polling", str(jobs), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


class Watched:
    """An adapter, and when it asked. Its clips are not fetched."""

    def __init__(self, adapter: VideoProvider) -> None:
        """Nothing was asked yet."""
        self.id = adapter.id
        self.asked: list[float] = []
        self._adapter = adapter

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """As it does."""
        return await self._adapter.submit(request, job_key=job_key)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask, and note when."""
        self.asked.append(time.monotonic())
        return await self._adapter.poll(ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """The file that is there for all."""
        return Asset(path=into, mime="video/mp4", size_bytes=1)

    async def close(self) -> None:
        """Close it."""
        if isinstance(self._adapter, CanClose):
            await self._adapter.close()


class Keys:
    """All adapters."""

    def __init__(self, adapters: dict[str, Watched]) -> None:
        """Keep them."""
        self._adapters = adapters

    def get(self, provider: str) -> Watched:
        """The adapter."""
        return self._adapters[provider]

    def has_key(self, provider: str) -> bool:
        """Always."""
        return True

    def missing_env(self, provider: str) -> tuple[str, ...]:
        """Nothing."""
        return ()


async def _measure(
    count: int, seconds: float, street: Mapping[str, Address], folder: Path
) -> dict[str, float]:
    from bot.app import SystemClock
    from bot.store.sqlite import open_store
    from tests.bench import _stage as stage

    clock = SystemClock()
    store = await open_store(folder, clock=clock)
    books = _books()
    adapters = {name: _adapter(name, address, books, folder) for name, address in street.items()}
    accepted: dict[str, float] = {}
    late: dict[str, list[float]] = {name: [] for name in VENDORS}

    def trace(point: str, job: str) -> None:
        if point == "answer_unsaved":
            accepted[job] = time.monotonic()
        elif point == "done_seen":
            name = VENDORS[int(job[1:]) % len(VENDORS)]
            late[name].append(time.monotonic() - accepted[job] - seconds)

    chat = stage.Chat(seconds=0.02, expect=count)
    engine, runner = stage.engine(
        store=store,
        clock=clock,
        folder=folder,
        chat=chat,
        vendor=stage.Vendor(polls=1),
        poll_seconds=PACE.every_seconds,
        slots=count,
        books=books,
        providers=Keys(adapters),
        trace=trace,
    )
    running, began = asyncio.create_task(runner.run()), time.monotonic()
    await _order(count, seconds, books, engine, store, clock)
    await _ended(store, chat.full)
    wall = time.monotonic() - began
    cpu = time.process_time()
    await _tell(count, store, late)
    await runner.drain(seconds=5)
    running.cancel()
    await store.close()
    for adapter in adapters.values():
        await adapter.close()
    asked = {name: adapter.asked for name, adapter in adapters.items()}
    questions = sum(map(len, asked.values()))
    pace = _paced(count, seconds, books, sorted(one for times in late.values() for one in times))
    return {
        "jobs": count,
        "vendors": len(VENDORS),
        "without_a_clip": count - sum(len(times) for times in late.values()),
        "wall_seconds": wall,
        "questions": questions,
        "questions_per_second": questions / wall,
        "busiest_key_of_allowed": max(_busiest(times) / _allowed(books, n) for n, times in asked.items()),
        **pace,
        "own_cpu_of_wall": cpu / wall,
        "resident_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def _ended(store: Store, full: asyncio.Event) -> None:
    """Wait until no job is open: not every one has to end with a clip."""
    while await store.open_jobs():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await full.wait()


async def _tell(count: int, store: Store, late: Mapping[str, list[float]]) -> None:
    """What went otherwise, and each vendor's worst, beside the figures."""
    rows = [await store.job(f"j{number}") for number in range(count)]
    lost = Counter(row.outcome for row in rows if row is not None and row.outcome)
    if lost:
        print(dict(lost), file=sys.stderr)
    for name, times in late.items():
        worst = max(times, default=0.0)
        print(f"{name}: {len(times)} seen, the last {worst:.1f} s late", file=sys.stderr)


def _paced(count: int, seconds: float, books: Catalogue, late: list[float]) -> dict[str, float]:
    """How late "done" was seen, beside the ideal and the pace alone."""
    ideal, p99 = _ideal_p99(count, books), late[int(len(late) * 0.99)]
    return {
        "late_p50_seconds": late[len(late) // 2],
        "late_p99_seconds": p99,
        "ideal_p99_seconds": ideal,
        "late_p99_of_ideal": p99 / ideal,
        "pace_alone_of_ideal": _pace_alone_p99(count, seconds, books) / ideal,
    }


def _allowed(books: Catalogue, name: str) -> float:
    pace = books.provider(name).poll
    return pace.per_second * pace.batch


def _ideal_p99(count: int, books: Catalogue) -> float:
    """How late the slowest of a hundred is seen where nothing is waited for but the pace of the questions."""
    late: list[float] = []
    for place, name in enumerate(VENDORS):
        jobs = len(range(place, count, len(VENDORS)))
        round_seconds = max(PACE.every_seconds, jobs / _allowed(books, name))
        late += [round_seconds * (number + 0.5) / jobs for number in range(jobs)]
    return sorted(late)[int(len(late) * 0.99)]


def _pace_alone_p99(count: int, seconds: float, books: Catalogue) -> float:
    """The same in simulated time: real pace and budget, answers after 20 ms, timers up to 5 ms late."""
    late: list[float] = []
    for place, name in enumerate(VENDORS):
        late += _simulated(len(range(place, count, len(VENDORS))), seconds, books.provider(name).poll)
    return sorted(late)[int(len(late) * 0.99)]


def _simulated(jobs: int, seconds: float, pace: PollPace) -> list[float]:
    roll, budget, late = random.Random(1).random, PollBudget(), []
    events = [(1000 * pace.first_seconds + 500 * roll(), number, False) for number in range(jobs)]
    heapq.heapify(events)
    while events:
        now_ms, number, has_place = heapq.heappop(events)
        ask = budget.busy_seconds if has_place else budget.turn_seconds
        wait = ask(pace=pace, key="", now_ms=now_ms)
        if wait or not has_place:
            heapq.heappush(events, (now_ms + 1000 * wait + 5 * roll(), number, True))
        elif now_ms >= 1000 * seconds:
            late.append(now_ms / 1000 - seconds)
        else:
            pause_ms = 1000 * pause_seconds(pace, now_ms / 1000, roll)
            heapq.heappush(events, (now_ms + 20 + pause_ms + 5 * roll(), number, False))
    return late


async def _order(
    count: int, seconds: float, books: Catalogue, engine: Engine, store: Store, clock: Clock
) -> None:
    """Reserve and start all jobs, spread over the vendors."""
    from tests.bench import _stage as stage

    template = stage.job()
    wishes = {name: _wish(name, books, seconds) for name in VENDORS}
    for first in range(0, count, 256):
        batch = []
        for number in range(first, min(first + 256, count)):
            name = VENDORS[number % len(VENDORS)]
            request = wishes[name]
            model = request.model
            plan = replace(
                template.plan, provider=name, route=f"{name}/{model}", model=model, request=request
            )
            made = replace(template, id=f"j{number}", request_key=f"r{number}", plan=plan)
            batch.append(replace(made, created_ms=clock.now_ms()))
        for job in await store.reserve_all([(job, stage.takes(), "") for job in batch]):
            engine.start(job)


def _wish(name: str, books: Catalogue, seconds: float) -> VideoRequest:
    """A plain request to a vendor: words alone, for its first model that takes them."""
    route = next(
        route
        for model in books.models()
        for route in model.routes
        if route.provider == name
        and route.alive_on(route.lifecycle.checked)
        and any("text" in shape.modes for shape in route.offered)
    )
    shape = next(shape for shape in route.offered if "text" in shape.modes)
    age = GOOGLES_AGE if name.startswith("google-") else AGE
    return VideoRequest(
        model=route.model,
        api_name=shape.api_name or route.api_name,
        prompt=f"a door slams {age.format(ms=round(seconds * 1000))}",
        seconds=shape.seconds[0],
        resolution=shape.resolutions[0],
        aspect=shape.aspects[0],
        sound=shape.sound[0],
        options={**route.options, **shape.options},
    )


def _adapter(name: str, address: Address, books: Catalogue, folder: Path) -> Watched:
    config = ProviderConfig(
        id=name,
        base_url=address.base_url,
        keys=address.keys,
        work_dir=folder,
        options=address.options,
    )
    return Watched(cast(VideoProvider, Registry(books, lambda _: config).get(name)))


def _books() -> Catalogue:
    """The catalogue with one pace for all; how many jobs one question is for stays each vendor's own."""
    known = load()
    return replace(
        known,
        providers={
            name: replace(known.provider(name), poll=replace(PACE, batch=known.provider(name).poll.batch))
            for name in VENDORS
        },
    )


def _busiest(asked: list[float]) -> float:
    """Most questions in any second."""
    asked, first, most = sorted(asked), 0, 0
    for last, at in enumerate(asked):
        while asked[first] <= at - 1:
            first += 1
        most = max(most, last - first + 1)
    return float(most)


def main() -> None:
    """One measurement: jobs and how long each takes."""
    count, seconds = int(sys.argv[1]), float(sys.argv[2])
    with ExitStack() as stack:
        street = {name: stack.enter_context(_street.stall(name)) for name in VENDORS}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="talkreel-bench-")))
        numbers = asyncio.run(_measure(count, seconds, street, folder))
    sys.stdout.write(json.dumps(numbers) + "\n")


if __name__ == "__main__":
    main()
