"""What laying speech, an effect, a bed and music under a clip of 10 s and checking it costs, in seconds of
one core, beside an ffmpeg on this machine doing the same graph in its usual two passes, if there is one."""

from __future__ import annotations

import resource
import shutil
import subprocess
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.sounds import MixPiece
from bot.media.limits import InputLimits
from bot.media.probe import verify
from bot.media.soundtrack import mix
from tests.fakes.clips import make_clip, speechlike, tone

NAME = "mix"
BAR = "mixing and verifying 10 s of sound: at most 1 s of one core"
LIMITS = {"core_seconds": 1.0}
_RATE = 48_000
_GRAPH = (
    "[1]adelay=1000:all=1,apad,asplit[v][k];[2]adelay=1200:all=1,apad[e];[3]apad[b];[4]apad[m];"
    "[e][b][m]amix=3:normalize=0[u];[u][k]sidechaincompress=threshold=0.02:ratio=6:release=400[d];"
    "[v][d]amix=2:normalize=0,atrim=0:10,afade=in:d=0.02,afade=out:st=9.85:d=0.15,"
)


def _wav(path: Path, samples: NDArray[np.float32]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, _RATE, samples.size, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def _core(work: Callable[[], object], who: int) -> float:
    before = resource.getrusage(who)
    work()
    after = resource.getrusage(who)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ffmpeg(clip: Path, pieces: list[Path], into: Path) -> None:
    """loudnorm needs a pass that measures and one that applies, as its manual says."""
    given = [word for path in (clip, *pieces) for word in ("-i", str(path))]
    norm = "loudnorm=I=-16:TP=-1.5"
    for graph, out in (
        (f"{_GRAPH}{norm}:print_format=json[o]", ["-map", "[o]", "-f", "null", "-"]),
        (
            f"{_GRAPH}{norm},aresample=48000[o]",
            [
                "-map",
                "0:v",
                "-map",
                "[o]",
                "-c:v",
                "copy",
                "-c:a",
                "aac",
                "-b:a",
                "192k",
                "-ac",
                "2",
                str(into),
            ],
        ),
    ):
        command = ["ffmpeg", "-y", "-v", "error", *given, "-filter_complex", graph, *out]
        subprocess.run(command, check=True)


def run(quick: bool) -> dict[str, float]:
    """Best of several; everything in the page cache, the worker's start not counted."""
    times = 2 if quick else 5
    limits = InputLimits()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = make_clip(
            folder / "clip.mp4", seconds=10.0, width=1280, height=720, sound="none", faststart=True
        )
        files = {
            "voice": _wav(folder / "voice.wav", speechlike(3.0)),
            "effect": _wav(folder / "bang.wav", tone(0.4, hz=900)),
            "bed": _wav(folder / "bed.wav", tone(10.0, hz=220) * np.float32(0.1)),
            "music": _wav(folder / "music.wav", tone(10.0, hz=440) * np.float32(0.3)),
        }
        pieces = [
            MixPiece(path=files["voice"], role="voice", at_seconds=1.0),
            MixPiece(path=files["effect"], role="effect", at_seconds=1.2),
            MixPiece(path=files["bed"], role="bed"),
            MixPiece(path=files["music"], role="music"),
        ]
        out = folder / "out.mp4"

        def ours() -> None:
            mix(clip, pieces, out, keep_sound=False, loudness_target_lufs=-16.0, limits=limits)
            verify(out, expect_sound=True, seconds=10.0, tolerance_seconds=0.05, limits=limits)

        start = time.perf_counter()
        core = min(_core(ours, resource.RUSAGE_SELF) for _ in range(times))
        numbers = {"core_seconds": core, "wall_seconds": (time.perf_counter() - start) / times}
        if shutil.which("ffmpeg"):
            theirs = min(
                _core(
                    lambda: _ffmpeg(clip, list(files.values()), folder / "ff.mp4"), resource.RUSAGE_CHILDREN
                )
                for _ in range(times)
            )
            numbers |= {"ffmpeg_core_seconds": theirs, "times_ffmpeg": core / theirs}
        return numbers
