"""How long the built-in renderer takes for a second of clip: the first clip, and those after it."""

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
BAR = "8 s at 720p24 with speech, warm worker, 2 idle cores: ≤ 1.0 × the length of the clip"
LIMITS = {"warm_seconds_per_second": 1.0}

SECONDS = 8
PROMPT = (
    'A detective walks through heavy rain at night. She says: "Did you hear the rain on the old tin roof?"'
)


async def _clip(renderer: Animatic, number: int, folder: Path) -> float:
    request = VideoRequest(
        model="animatic",
        prompt=PROMPT,
        seconds=SECONDS,
        aspect="16:9",
        resolution="720p",
        sound=True,
        seed=number,
    )
    began = time.perf_counter()
    ticket = await renderer.submit(request, job_key=f"bench-{number}")
    while True:
        progress = await renderer.poll(ticket)
        if isinstance(progress, Done):
            break
        if isinstance(progress, Failed):
            raise progress.error
        await asyncio.sleep(0.05)
    await renderer.fetch(progress, folder / f"{number}.mp4")
    return time.perf_counter() - began


async def _measure(folder: Path, warm: int) -> dict[str, float]:
    renderer = Animatic(ProviderConfig(id="animatic", base_url="", keys={}, work_dir=folder / "work"))
    missing = renderer.voice_missing()
    if missing:
        raise RuntimeError(missing)
    try:
        first = await _clip(renderer, 0, folder)
        took = [await _clip(renderer, number, folder) for number in range(1, warm + 1)]
    finally:
        await renderer.close()
    return {
        "first_clip_seconds": first,
        "warm_clip_seconds": statistics.median(took),
        "warm_seconds_per_second": min(took) / SECONDS,
    }


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(quick: bool) -> dict[str, float]:
    """The best warm clip counts: the rest is the machine's other work. Processor time is of the worker."""
    warm = 1 if quick else 3
    before = _cpu_of_children()
    with tempfile.TemporaryDirectory() as folder:
        numbers = asyncio.run(_measure(Path(folder), warm))
    spent = _cpu_of_children() - before
    return {**numbers, "processor_seconds_per_second": spent / SECONDS / (warm + 1)}
