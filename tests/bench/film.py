"""What the side-by-side film costs: four clips of 8 s at 720p, each with its own tone, become one of 32 s.

The film is looked at by another decoder: a fast film with the wrong sound would be worth nothing.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from bot.media.worker import MediaWorker
from tests.fakes.clips import make_clip

NAME = "film"
BAR = (
    "four clips of 8 s at 720p: ≤ 1.0 × the film's length of wall time on 2 idle cores, under the upload "
    "limit, every turn with its own tone"
)
LIMITS = {"seconds_per_film_second": 1.0, "share_of_limit": 1.0, "turns_with_a_wrong_tone": 0.0}

LIMIT_BYTES = 10 << 20  # what a chat takes from a server without boosts
LETTERS = "ABCD"
SECONDS = 8.0
_RATE_HZ = 48_000


def _tones(film: Path) -> list[float]:
    """The strongest frequency of each turn, as an ffmpeg of this machine hears it."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(film), "-ac", "1", "-ar", str(_RATE_HZ), "-f", "f32le", "-"],
        capture_output=True,
        check=True,
    )
    sound = np.frombuffer(done.stdout, np.float32)
    found = []
    for turn in range(len(LETTERS)):
        first, last = (round((turn * SECONDS + edge) * _RATE_HZ) for edge in (0.1, SECONDS - 0.1))
        part = sound[first:last]
        strongest = np.argmax(np.abs(np.fft.rfft(part * np.hanning(part.size))))
        found.append(float(strongest * _RATE_HZ / part.size))
    return found


async def _film(clips: list[Path], folder: Path, times: int) -> tuple[float, Path]:
    worker = MediaWorker(workers=1)
    best, film = float("inf"), folder / "film.mp4"
    try:
        await worker.inspect(clips[0])  # warm
        for _ in range(times):
            began = time.perf_counter()
            await worker.film(
                clips, LETTERS, film, seconds=SECONDS, width=1280, height=720, limit_bytes=LIMIT_BYTES
            )
            best = min(best, time.perf_counter() - began)
    finally:
        await worker.close()
    return best, film


def run(quick: bool) -> dict[str, float]:
    """The best of a few; processor time and memory are the worker's."""
    times = 1 if quick else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [
            make_clip(folder / f"{letter}.mp4", seconds=SECONDS, width=1280, height=720, fps=24, seed=10 * n)
            for n, letter in enumerate(LETTERS)
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        took, film = asyncio.run(_film(clips, folder, times))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        length = SECONDS * len(LETTERS)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        numbers = {
            "film_seconds": took,
            "seconds_per_film_second": took / length,
            "processor_seconds_per_film_second": spent / times / length,
            "worker_peak_mib": after.ru_maxrss / 1024,
            "share_of_limit": film.stat().st_size / LIMIT_BYTES,
        }
        if shutil.which("ffmpeg"):
            wanted = [440.0 + 200 * n for n in range(len(LETTERS))]
            wrong = sum(abs(heard - hz) > 3 for heard, hz in zip(_tones(film), wanted, strict=True))
            numbers["turns_with_a_wrong_tone"] = float(wrong)
    return numbers
