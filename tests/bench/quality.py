"""How far the offset estimators can be believed, and what checking and measuring a clip costs."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from bot.media import listening
from bot.media.limits import InputLimits
from bot.media.probe import verify
from bot.media.quality import measured
from tests.bench import _confusion as known
from tests.fakes.clips import make_clip

NAME = "quality"
BAR = (
    "offsets of −300…+300 ms, clean, in rain and under music, on clips of the built-in renderer and on clips "
    "drawn by other code: right within 60 ms or unsure, never sure and wrong; answered for ≥ 80 % of the "
    "clean and ≥ 50 % of the noisy ones; verifying a 10 s clip ≤ 1 s of one core"
)
LIMITS = {"wrong": 0.0, "verify_10s_processor_seconds": 1.0}
LEAST = {
    f"{looked}_{name}_answered_percent": least
    for looked in ("lip", "lip_renderer", "impact", "impact_renderer")
    for name, least in (("clean", 80.0), ("noisy", 50.0))
}


def run(quick: bool) -> dict[str, float]:
    """The confusion is printed; the numbers are its sums and the costs."""
    seeds = range(2) if quick else range(8)
    offsets = (-200, 40, 300) if quick else known.OFFSETS
    found = [*known.cells(known.drawn(seeds), known.NOISES, offsets)]
    talkers, strikers = (known.TALKERS[:2], known.STRIKERS[::5]) if quick else (known.TALKERS, known.STRIKERS)
    found += known.cells(known.rendered(talkers, "lip"), known.NOISES, offsets)
    found += known.cells(known.rendered(strikers, "impact"), known.NOISES, offsets)
    found += known.calm(known.CALM[:2] if quick else known.CALM)
    print(known.confusion(found))
    numbers: dict[str, float] = {}
    moved = [cell for cell in found if cell.truth is not None]
    for looked in ("lip", "impact"):
        for name, clean in (("clean", True), ("noisy", False)):
            these = [c for c in moved if c.looked == looked and (c.sound == "clean") == clean]
            numbers[f"{looked}_{name}_answered_percent"] = known.share(these)
            ours = (cell for cell in these if cell.source == "renderer")
            numbers[f"{looked}_renderer_{name}_answered_percent"] = known.share(ours)
    numbers["wrong"] = sum(cell.outcome == "wrong" for cell in moved)
    strangers = [cell for cell in found if cell.truth is None]
    numbers["sure_of_what_is_not_there_percent"] = known.share(strangers)
    return numbers | _costs()


def _costs() -> dict[str, float]:
    """Processor seconds for a clip of 10 s, in this process; the best of three."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_clip(
            Path(folder, "clip.mp4"), seconds=10, width=1280, height=720, sound="speechlike", faststart=True
        )

        def check() -> None:
            verify(path, expect_sound=True, seconds=10, tolerance_seconds=0.25, limits=InputLimits())

        costs = {"verify_10s_processor_seconds": check}
        if listening.spoken(np.zeros(512, np.float32)) is not None:
            costs["measure_10s_processor_seconds"] = lambda: _measure(path)
        return {name: min(_took(work) for _ in range(3)) for name, work in costs.items()}


def _measure(path: Path) -> None:
    measured(path, limits=InputLimits())


def _took(work: object) -> float:
    assert callable(work)
    began = time.process_time()
    work()
    return time.process_time() - began
