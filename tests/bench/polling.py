"""Two thousand jobs that wait for five vendors: how often these are asked, how late "done" is seen.

The vendors are processes of their own, reached over sockets by a complete adapter; each lets 20 questions a
second pass, is asked 15 times at most and every 5 s at first. Store, engine and runner are the real ones;
media and chat are waits. Runs in a process of its own for an honest figure of memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bot.core.engine import Engine
from bot.core.ports import Clock, Store
from providers.base import Asset, Done, Progress, ProviderConfig, Ticket
from providers.catalogue import Catalogue, PollPace, Provider
from tests.bench import _servers
from tests.fakes.scripted import ScriptedProvider
from tests.fakes.vendor_desk import GOOD_KEY

NAME = "polling"
BAR = "2,000 jobs at five vendors: never more than 20 questions a second and key"
PER_SECOND = 15
LIMITS = {"asked_per_second_and_key_at_most": 20.0, "without_a_clip": 0.0}

ROOT = Path(__file__).resolve().parents[2]
VENDORS = 5
PACE = PollPace(
    first_seconds=5, every_seconds=5, slowest_seconds=20, deadline_seconds=3600, per_second=PER_SECOND
)


def run(quick: bool) -> dict[str, float]:
    """Measure with 2,000 jobs of a minute (400 of ten seconds if quick)."""
    jobs, seconds = (400, 10) if quick else (2000, 60)
    command = [sys.executable, "-m", "tests.bench.polling", str(jobs), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


class Watched(ScriptedProvider):
    """The adapter, and when it asked. Its clips are not fetched."""

    def __init__(self, config: ProviderConfig) -> None:
        """Nothing was asked yet."""
        super().__init__(config)
        self.asked: list[float] = []

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask, and note when."""
        self.asked.append(time.monotonic())
        return await super().poll(ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """The file that is there for all."""
        return Asset(path=into, mime="video/mp4", size_bytes=1)


class Keys:
    """The five adapters."""

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


async def _measure(count: int, seconds: float, urls: list[str], folder: Path) -> dict[str, float]:
    from bot.app import SystemClock
    from bot.store.sqlite import open_store
    from tests.bench import _stage as stage

    clock = SystemClock()
    store = await open_store(folder, clock=clock)
    adapters = {f"vendor-{number}": _adapter(number, url, folder) for number, url in enumerate(urls)}
    accepted: dict[str, float] = {}
    late: list[float] = []

    def trace(point: str, job: str) -> None:
        if point == "answer_unsaved":
            accepted[job] = time.monotonic()
        elif point == "done_seen":
            late.append(time.monotonic() - accepted[job] - seconds)

    chat = stage.Chat(seconds=0.02, expect=count)
    engine, runner = stage.engine(
        store=store,
        clock=clock,
        folder=folder,
        chat=chat,
        vendor=stage.Vendor(polls=1),
        poll_seconds=PACE.every_seconds,
        slots=count,
        books=_books(),
        providers=Keys(adapters),
        trace=trace,
    )
    running = asyncio.create_task(runner.run())
    began = time.monotonic()
    await _order(count, engine, store, clock)
    while await store.open_jobs():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await chat.full.wait()
    wall = time.monotonic() - began
    rows = [await store.job(f"j{number}") for number in range(count)]
    lost = Counter(row.outcome for row in rows if row is not None and row.outcome)
    if lost:
        print(dict(lost), file=sys.stderr)
    await runner.drain(seconds=5)
    running.cancel()
    await store.close()
    for adapter in adapters.values():
        await adapter.close()
    late.sort()
    asked = sum(len(adapter.asked) for adapter in adapters.values())
    return {
        "jobs": count,
        "without_a_clip": count - len(late),
        "wall_seconds": wall,
        "questions": asked,
        "questions_per_second": asked / wall,
        "asked_per_second_and_key_at_most": max(_busiest(adapter.asked) for adapter in adapters.values()),
        "late_p50_seconds": late[len(late) // 2],
        "late_p99_seconds": late[int(len(late) * 0.99)],
        "resident_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def _order(count: int, engine: Engine, store: Store, clock: Clock) -> None:
    """Reserve and start all jobs, spread over the vendors."""
    from tests.bench import _stage as stage

    template = stage.job()
    request = replace(template.plan.request, model="scripted-native", seconds=4)
    for first in range(0, count, 256):
        batch = []
        for number in range(first, min(first + 256, count)):
            provider = f"vendor-{number % VENDORS}"
            route = f"{provider}/scripted-native"
            known = replace(template.plan, cost_micro_usd=400_000, request=request)
            plan = replace(known, provider=provider, route=route)
            made = replace(template, id=f"j{number}", request_key=f"r{number}", plan=plan)
            batch.append(replace(made, created_ms=clock.now_ms()))
        for job in await store.reserve_all([(job, stage.takes(), "") for job in batch]):
            engine.start(job)


def _adapter(number: int, url: str, folder: Path) -> Watched:
    config = ProviderConfig(
        id=f"vendor-{number}", base_url=f"{url}/key", keys={"KEY": GOOD_KEY}, work_dir=folder
    )
    return Watched(config)


def _books() -> Catalogue:
    providers = {
        f"vendor-{number}": Provider(id=f"vendor-{number}", name="Vendor", adapter="", poll=PACE)
        for number in range(VENDORS)
    }
    return Catalogue(providers=providers, by_id={})


def _busiest(asked: list[float]) -> float:
    """Most questions in one second."""
    return float(max(Counter(int(at) for at in asked).values(), default=0))


def main() -> None:
    """One measurement: jobs and how long each takes."""
    count, seconds = int(sys.argv[1]), float(sys.argv[2])
    patient = ("--no-validation", "--queue-ms", "0", "--run-ms", str(seconds * 1000))
    with ExitStack() as stack:
        urls = [stack.enter_context(_servers.server("tests.fakes.vendor", *patient)) for _ in range(VENDORS)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="talkreel-bench-")))
        numbers = asyncio.run(_measure(count, seconds, urls, folder))
    sys.stdout.write(json.dumps(numbers) + "\n")


if __name__ == "__main__":
    main()
