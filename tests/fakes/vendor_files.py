"""The fake vendor's files: little real clips, whole or broken on purpose.

Clips are made once and kept in a folder that test runs share. What a link serves is decided here; sockets are
`vendor.py`'s business.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet

from tests.fakes import clips
from tests.fakes.clips import Sound, make_clip
from tests.fakes.faults import Fault, find
from tests.fakes.vendor_tasks import Task

PIXELS = {"16:9": (320, 180), "9:16": (180, 320), "1:1": (240, 240)}
_CODECS = {"mpeg4": "mpeg4", "vp9": "libvpx-vp9"}
Damage = Literal["", "faint", "short-sound", "bad-audio", "mpeg4", "vp9", "truncated"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a clip is to be: length, shape, sound, what is wrong with it, and how many times as large."""

    seconds: float
    aspect: str
    sound: Sound
    damage: Damage = ""
    times: int = 1

    @property
    def name(self) -> str:
        """A file name that says it all."""
        words = (f"{self.seconds:g}s", self.aspect.replace(":", "x"), self.sound, self.damage or "whole")
        return "-".join(words) + (f"-{self.times}" if self.times > 1 else "") + ".mp4"


def recipe_for(task: Task) -> Recipe:
    """The clip a task ends in, with the faults it was ordered with."""
    faults = task.faults
    sound: Sound = "tone" if task.audio else "none"
    wanted = find(faults, "clip-sound")
    if wanted:
        sound = _sound(wanted)
    if find(faults, "clip-silence"):
        sound = "silent"
    if find(faults, "clip-no-track"):
        sound = "none"
    length = find(faults, "clip-length")
    damage: Damage = ""
    codec = find(faults, "clip-codec")
    if codec:
        damage = "vp9" if codec.value == "vp9" else "mpeg4"
    elif find(faults, "clip-faint"):
        damage = "faint"
    elif find(faults, "clip-short-sound"):
        damage = "short-sound"
    elif find(faults, "clip-bad-audio"):
        damage = "bad-audio"
    elif find(faults, "file-truncated"):
        damage = "truncated"
    seconds = length.number(task.seconds / 2) if length else float(task.seconds)
    times = 4 if find(faults, "clip-720p") else 1
    return Recipe(seconds=seconds, aspect=task.aspect, sound=sound, damage=damage, times=times)


def _sound(fault: Fault) -> Sound:
    for known in ("tone", "speechlike", "silent", "none"):
        if fault.value == known:
            return known
    return "tone"


def _version() -> str:
    """Changes with the code that makes clips, so that nobody gets yesterday's."""
    code = Path(__file__).read_bytes() + Path(clips.__file__).read_bytes()
    return hashlib.sha256(code).hexdigest()[:12]


class Shelf:
    """Makes each kind of clip once and hands out its path."""

    def __init__(self, folder: Path | None = None) -> None:
        """Keep clips in `folder`, or in one below the system's temporary folder."""
        self._folder = folder or Path(tempfile.gettempdir()) / f"talkreel-clips-{os.getuid()}-{_version()}"
        self._making = asyncio.Lock()

    async def clip(self, recipe: Recipe) -> Path:
        """The file for a recipe, made now if it was never needed before."""
        path = self._folder / recipe.name
        if not path.exists():
            async with self._making:
                if not path.exists():
                    await asyncio.to_thread(self._make, recipe, path)
        return path

    def _make(self, recipe: Recipe, path: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # The folder is shared by processes: nobody may see half a file.
        part = self._folder / f"{uuid4().hex}.mp4"
        width, height = (side * recipe.times for side in PIXELS[recipe.aspect])
        make_clip(
            part,
            seconds=recipe.seconds,
            width=width,
            height=height,
            sound=recipe.sound,
            sound_seconds=recipe.seconds / 2 if recipe.damage == "short-sound" else None,
            video_codec=_CODECS.get(recipe.damage, "libx264"),
        )
        if recipe.damage in ("truncated", "faint", "bad-audio"):
            broken = self._folder / f"{uuid4().hex}.mp4"
            break_clip(part, broken, recipe.damage)
            part.unlink()
            part = broken
        part.replace(path)


def break_clip(source: Path, target: Path, damage: Damage) -> None:
    """Copy a clip and do one thing to it that a verification must find."""
    if damage == "truncated":
        data = source.read_bytes()
        target.write_bytes(data[: len(data) // 2])
    elif damage == "faint":
        _make_faint(source, target, gain=10 ** (-75 / 20))
    elif damage == "bad-audio":
        _scramble_sound(source, target)


def _scramble_sound(source: Path, target: Path) -> None:
    """Remux with noise instead of coded sound."""
    noise = random.Random(1)
    with av.open(str(source)) as reading, av.open(str(target), "w", format="mp4") as writing:
        streams = {s.index: writing.add_stream_from_template(s) for s in reading.streams}
        for packet in reading.demux():
            if not packet.size:
                continue
            out = streams[packet.stream.index]
            if packet.stream.type == "audio":
                scrambled = Packet(noise.randbytes(max(8, packet.size)))
                scrambled.pts, scrambled.dts = packet.pts, packet.dts
                scrambled.duration = packet.duration or 0
                scrambled.time_base = packet.time_base
                packet = scrambled
            packet.stream = out
            writing.mux(packet)


def _make_faint(source: Path, target: Path, *, gain: float) -> None:
    with av.open(str(source)) as reading, av.open(str(target), "w", format="mp4") as writing:
        pictures = {s.index: writing.add_stream_from_template(s) for s in reading.streams.video}
        heard = reading.streams.audio[0]
        out = writing.add_stream("aac", rate=heard.rate, layout=heard.layout.name)
        assert isinstance(out, AudioStream)
        for packet in reading.demux():
            if packet.stream.type == "video" and packet.size:
                packet.stream = pictures[packet.stream.index]
                writing.mux(packet)
            elif packet.stream.type == "audio":
                for frame in packet.decode():
                    assert isinstance(frame, AudioFrame)
                    quiet = AudioFrame.from_ndarray(
                        frame.to_ndarray() * gain, format=frame.format.name, layout=frame.layout.name
                    )
                    quiet.sample_rate, quiet.pts, quiet.time_base = frame.rate, frame.pts, frame.time_base
                    writing.mux(out.encode(quiet))
        writing.mux(out.encode())
