"""Forty recordings as people send them: six formats, five lengths, three levels, and ten that are none.

Made by espeak-ng and ffmpeg where they are installed, otherwise by PyAV; each knows what has to become of it.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.fakes.clips import make_clip, make_image, make_voice_note

FORMATS = ("ogg", "m4a", "mp3", "wav", "webm", "mp4")
LENGTHS = (0.4, 2.6, 6.0, 23.0, 40.0)
LEVELS = (-45.0, -12.0, 14.0)  # a whisper, a voice, and far too loud
_TEXT = (
    "The harbour lay quiet under the morning fog. Somebody had left a lamp on the pier, and it was still "
    "burning. We counted the boats, and one of them was missing. "
)
_CODECS: Mapping[str, tuple[str, ...]] = {
    "ogg": ("-c:a", "libopus", "-b:a", "24k", "-application", "voip"),
    "m4a": ("-c:a", "aac", "-b:a", "48k"),
    "mp3": ("-c:a", "libmp3lame", "-q:a", "5"),
    "wav": ("-c:a", "pcm_s16le", "-ar", "8000"),
    "webm": ("-c:a", "libopus", "-b:a", "32k"),
    "mp4": ("-c:a", "aac", "-b:a", "64k"),
}
_GAIN_DB: Mapping[float, float] = {-45.0: -38.0, -12.0: -6.0, 14.0: 22.0}  # espeak-ng itself is loud


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One file.

    Attributes:
        path: where it lies; its name may lie.
        seconds: how long it is; 0 = it is no recording.
        codes: with which of these it is refused; empty = it is one.
        distorted: whether it is cut off at full level.
    """

    path: Path
    seconds: float = 0.0
    codes: frozenset[str] = frozenset()
    distorted: bool = False


def make_all(folder: Path, *, whole: bool = True) -> tuple[Sample, ...]:
    """All forty, in an order in which formats, lengths and levels change from one to the next.

    Not `whole`: each format in half of three lengths, and all that are broken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = [
        (folder / f"{form}-{seconds:g}s-{level:+g}dB.{form}", form, seconds, level)
        for turn, seconds in enumerate(LENGTHS)
        for place, form in enumerate(FORMATS)
        for level in (LEVELS[(turn + place) % len(LEVELS)],)
        if whole or (turn % 2 + place % 2 == 1 and seconds < LENGTHS[-1])
    ]
    if all(shutil.which(name) for name in ("ffmpeg", "espeak-ng")):
        _with_tools(folder, asked)
    else:
        for path, form, seconds, level in asked:
            _without_tools(path, form, seconds, level)
    made = (Sample(path=path, seconds=seconds, distorted=level > 0) for path, _, seconds, level in asked)
    return (*made, *_broken(folder))


def _with_tools(folder: Path, asked: Sequence[tuple[Path, str, float, float]]) -> None:
    """One espeak-ng speaks, one ffmpeg writes all files: starting either takes longer than its work."""
    speech = folder / "speech.wav"
    subprocess.run(["espeak-ng", "-s", "150", "-w", str(speech), _TEXT * 5], check=True)
    picture = ["-f", "lavfi", "-i", f"testsrc=s=64x64:r=8:d={LENGTHS[-1]}"]
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(speech), *picture]
    for path, form, seconds, level in asked:
        sound = ["-map", "0:a", "-ss", "0.3", "-t", f"{seconds}", "-af", f"volume={_GAIN_DB[level]}dB"]
        film = ["-map", "1:v", "-c:v", "libx264", "-preset", "ultrafast"] if form == "mp4" else []
        command += [*sound, "-ac", "1", *film, *_CODECS[form], str(path)]
    subprocess.run(command, check=True)


def _without_tools(path: Path, form: str, seconds: float, level_db: float) -> None:
    if form == "mp4":
        make_clip(path, seconds=seconds, width=64, height=64, fps=8, sound="tone")
    else:
        make_voice_note(path, seconds=seconds, container=form, level_db=level_db)  # type: ignore[arg-type]


def _broken(folder: Path) -> tuple[Sample, ...]:
    def write(name: str, data: bytes) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    whole = make_voice_note(folder / "whole.m4a", seconds=6, container="m4a").read_bytes()
    ogg = make_voice_note(folder / "whole.ogg", seconds=6).read_bytes()
    photo = make_image(folder / "photo.jpg", width=64, height=64).read_bytes()
    mute = make_clip(folder / "mute.mp4", seconds=3, width=64, height=64, fps=8, sound="none")
    noise = np.random.default_rng(7).bytes(30_000)
    wave = (
        b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    )
    table: tuple[tuple[Path, str], ...] = (
        (write("empty.ogg", b""), "empty"),
        (write("words.ogg", b"this is a shopping list\n" * 40), "unknown_type"),
        (write("photo.mp3", photo), "wrong_kind"),
        (write("torn.m4a", whole[: len(whole) // 3]), "damaged"),
        (write("hush.wav", _hush(6.0)), "silent"),
        (mute, "no_audio"),
        (write("header.wav", wave), "damaged"),
        (write("garbled.wav", wave[:12] + noise), "damaged"),
        (write("noise.mp3", noise), "unknown_type"),
        (write("torn.ogg", ogg[:200]), "damaged"),
    )
    return tuple(Sample(path=path, codes=_codes(code)) for path, code in table)


def _codes(code: str) -> frozenset[str]:
    """A broken file may also be found to hold nothing that can be heard."""
    return frozenset({code, "no_audio", "silent"} if code == "damaged" else {code})


def _hush(seconds: float) -> bytes:
    """A wav of digital silence."""
    count = int(seconds * 8000)
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + 2 * count, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16
    )
    return head + struct.pack("<4sI", b"data", 2 * count) + bytes(2 * count)
