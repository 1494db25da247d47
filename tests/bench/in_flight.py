"""Ten thousand jobs at once in one process: memory, how much longer than ideal, and the loop's lag.

The store is the real one on a real disk. Provider, media and chat are waits of fixed length in this
process, so that what is measured is the engine: submit 20 ms, ten polls of 10 ms with 3 s between, the
clip, the post 20 ms. Runs in a process of its own for an honest figure of memory.
"""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

NAME = "in-flight"
BAR = "10,000 jobs: ≤ 200 MiB resident, ≤ 1.3 × ideal wall time"
LIMITS = {"resident_mib": 200.0, "stretch": 1.3}

ROOT = Path(__file__).resolve().parents[2]
POLLS = 10
PAUSE_SECONDS = 3.0


def run(quick: bool) -> dict[str, float]:
    """Measure with 10,000 jobs (1,000 if quick)."""
    count = 1_000 if quick else 10_000
    command = [sys.executable, "-m", "tests.bench.in_flight", str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


async def _measure(count: int, folder: Path) -> dict[str, float]:
    from bot.app import SystemClock
    from bot.store.sqlite import open_store
    from tests.bench import _stage as stage

    clock = SystemClock()
    store = await open_store(folder, clock=clock)
    chat = stage.Chat(seconds=0.02, expect=count)
    vendor = stage.Vendor(polls=POLLS)
    engine, runner = stage.engine(
        store=store,
        clock=clock,
        folder=folder,
        chat=chat,
        vendor=vendor,
        poll_seconds=PAUSE_SECONDS,
        slots=count,
    )
    running = asyncio.create_task(runner.run())
    base_mib = _resident_mib()
    lags: list[float] = []
    probe = asyncio.create_task(_probe(lags))
    began, cpu = time.perf_counter(), time.process_time()
    template = stage.job()
    for first in range(0, count, 256):
        batch = [
            replace(template, id=f"j{number}", request_key=f"r{number}", created_ms=clock.now_ms())
            for number in range(first, min(first + 256, count))
        ]
        for job in await store.reserve_all([(job, stage.takes(), "") for job in batch]):
            engine.start(job)
    await chat.full.wait()
    wall = time.perf_counter() - began
    probe.cancel()
    report = await store.audit(day_start_ms=0, month_start_ms=0)
    assert report.sum == 0
    await runner.drain(seconds=5)
    running.cancel()
    await store.close()
    ideal = 0.02 + POLLS * (PAUSE_SECONDS + 0.01) + 0.02
    lags.sort()
    return {
        "jobs": count,
        "wall_seconds": wall,
        "ideal_seconds": ideal,
        "stretch": wall / ideal,
        "cpu_seconds": time.process_time() - cpu,
        "resident_mib": _resident_mib(),
        "resident_before_mib": base_mib,
        "lag_p99_ms": lags[int(len(lags) * 0.99)] * 1000,
        "lag_max_ms": lags[-1] * 1000,
    }


async def _probe(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.02)
        lags.append(time.perf_counter() - began - 0.02)


def _resident_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """One measurement, told by the first argument."""
    folder = Path(tempfile.mkdtemp(prefix="talkreel-bench-"))
    try:
        numbers: dict[str, Any] = asyncio.run(_measure(int(sys.argv[1]), folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(json.dumps(numbers) + "\n")


if __name__ == "__main__":
    main()
