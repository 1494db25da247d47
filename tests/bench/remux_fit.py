"""What making a clip ready costs: rewriting without encoding against copying its bytes, and one encode
under a hard limit against the x264 of an ffmpeg on this machine, if there is one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.media.fit import Goal, finish, fit
from bot.media.limits import InputLimits
from tests.fakes.clips import make_clip

NAME = "remux_fit"
BAR = "rewriting without encoding and one-pass fit: reported as ratios; the limit is never passed"
LIMITS = {"fit_share_of_limit": 1.0}


def _silent(facts: Mapping[str, Any] | None = None, /, **more: Any) -> None:
    """Nobody asks how far it is."""


def _best(work: Callable[[], object], times: int) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def _copy(source: Path, into: Path) -> None:
    """Through this process, as a download would be; the system's own short cuts do not count."""
    with source.open("rb") as read, into.open("wb") as write:
        while block := read.read(1 << 20):
            write.write(block)


def _ffmpeg(source: Path, into: Path, bits: int) -> None:
    rate = ["-crf", "19", "-maxrate", str(bits), "-bufsize", str(bits // 2)]
    command = [
        "ffmpeg",
        "-y",
        "-v",
        "error",
        "-i",
        str(source),
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        *rate,
    ]
    subprocess.run([*command, "-c:a", "copy", "-movflags", "+faststart", str(into)], check=True)


def run(quick: bool) -> dict[str, float]:
    """Ratios within one run; files in the page cache."""
    times, seconds = (1, 2.0) if quick else (5, 6.0)
    limits = InputLimits()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        heavy = make_clip(
            folder / "heavy.mp4",
            seconds=seconds,
            width=1280,
            height=720,
            content="noise",
            bit_rate=40_000_000,
        )
        scene = make_clip(folder / "scene.mp4", seconds=seconds, width=1280, height=720, faststart=True)
        copied = _best(lambda: _copy(heavy, folder / "copy.mp4"), times)
        remuxed = _best(
            lambda: finish(heavy, folder / "remux.mp4", remove_sound=False, limits=limits, progress=_silent),
            times,
        )
        numbers = {
            "clip_mib": heavy.stat().st_size / (1 << 20),
            "remux_seconds": remuxed,
            "remux_times_byte_copy": remuxed / copied,
        }
        limit = scene.stat().st_size * 2 // 3
        target = folder / "fit.mp4"
        goal = Goal(limit_bytes=limit)
        fitted = _best(lambda: fit(scene, target, goal=goal, limits=limits, progress=_silent), times)
        numbers["fit_seconds_per_clip_second"] = fitted / seconds
        numbers["fit_share_of_limit"] = target.stat().st_size / limit
        if shutil.which("ffmpeg"):
            bits = int(limit * 8 / seconds)
            theirs = _best(lambda: _ffmpeg(scene, folder / "theirs.mp4", bits), times)
            numbers["fit_times_ffmpeg"] = fitted / theirs
    return numbers
