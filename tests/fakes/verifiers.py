"""Debian's ffprobe, ffmpeg and sox as independent judges of files that the bot has made; their packets."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Literal

import av
import pytest

needs_ffprobe = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
needs_sox = pytest.mark.skipif(shutil.which("soxi") is None, reason="sox is not installed")


def ffprobe(path: Path) -> dict[str, Any]:
    """Format and streams as ffprobe sees them."""
    shown: dict[str, Any] = json.loads(
        _run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path)
    )
    return shown


def stream(path: Path, kind: str) -> dict[str, Any]:
    """The only video or audio stream of a file."""
    found = [each for each in ffprobe(path)["streams"] if each["codec_type"] == kind]
    assert len(found) == 1, f"{len(found)} {kind} streams in {path.name}"
    return dict(found[0])


def seconds_of(path: Path, kind: str) -> float:
    """Length of the video or audio stream."""
    return float(stream(path, kind)["duration"])


def packet_sums(path: Path, kind: str) -> list[str]:
    """Checksum of each packet of the video or audio stream."""
    lines = _run(
        "ffmpeg",
        "-v",
        "error",
        "-i",
        path,
        "-map",
        f"0:{kind[0]}",
        "-c",
        "copy",
        "-f",
        "framehash",
        "-hash",
        "md5",
        "-",
    )
    # index, dts, pts, duration, size, sum; notes to the player may follow
    return [line.split(",")[5].strip() for line in lines.splitlines() if not line.startswith("#")]


def coded(path: Path, kind: Literal["audio", "video"]) -> list[bytes]:
    """What is coded in each packet of the first track of a kind; nothing where there is none."""
    with av.open(str(path)) as media:
        streams = [stream for stream in media.streams if stream.type == kind]
        return [bytes(packet) for packet in media.demux(streams[0]) if packet.size] if streams else []


def decodes_cleanly(path: Path) -> bool:
    """Whether ffmpeg decodes the whole file without a complaint."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0 and not done.stderr


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP, by ffmpeg's ebur128."""
    measure = ["-map", "0:a", "-af", "ebur128=peak=true", "-f", "null", "-"]
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", str(path), *measure], capture_output=True, text=True, check=True
    )
    summary = done.stderr.rsplit("Summary:", 1)[1]
    integrated = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    assert integrated is not None and peak is not None
    return float(integrated.group(1)), float(peak.group(1))


def soxi(path: Path, flag: str) -> float:
    """A number from soxi: -D seconds, -r rate, -c channels, -b bits."""
    return float(_run("soxi", flag, path))


def _run(*command: object) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout
