"""What the fake Kling does with people: it looks for faces, moves lips, and makes a picture talk.

It fetches the clip and decodes whatever is handed in; what it gives back is made of that. It cannot see:
there is one face, all the time, unless somebody whispers `[fault:face-none]` or `[fault:face-late=1200]`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any

import aiohttp
import av

from tests.fakes.faults import Fault, find
from tests.fakes.kling_rules import LINK, Order, check_picture, choice, invalid, known_fields
from tests.fakes.spoken import spoken, talking

LIPS, AVATAR = "advanced-lip-sync", "avatar/image2video"
PATHS = (LIPS, AVATAR)
FACE_UNITS = Decimal("0.05")
UNITS = {"std": Decimal("0.4"), "pro": Decimal("0.8")}
SHORTEST_MS, LONGEST_MS = 2000, 60_000
LONGEST_SPEECH_MS = 300_000
MOST_BYTES = 5_000_000
FORMATS = ("mp3", "wav", "mov,mp4,m4a,3gp,3g2,mj2", "aac")
OPTIONS: Mapping[str, type] = {"watermark_info": dict, "callback_url": str, "external_task_id": str}
FACE: Mapping[str, Collection[type]] = {
    "face_id": (str,),
    "audio_id": (str,),
    "sound_file": (str,),
    "sound_start_time": (int,),
    "sound_end_time": (int,),
    "sound_insert_time": (int,),
    "sound_volume": (int, float),
    "original_audio_volume": (int, float),
}


@dataclass(frozen=True, kw_only=True)
class Session:
    """A clip that was looked at: its file, its length, and when its face is seen."""

    clip: bytes
    ms: int
    face: tuple[int, int]


@dataclass(kw_only=True)
class People:
    """The account's sessions, the files that came in, and what is made of them by the id of the task.

    `longer_seconds`: by how much the sound of a clip whose lips were moved differs from its picture.
    """

    longer_seconds: float = 0.0
    sessions: dict[str, Session] = field(default_factory=dict)
    handed: list[bytes] = field(default_factory=list)
    clips: dict[str, bytes] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(850508686686064678))

    async def look(self, body: object, faults: tuple[Fault, ...]) -> dict[str, Any]:
        """Look for faces in a clip.

        Raises:
            Refusal: 1201 for anything wrong with it.
        """
        body = known_fields(body, {"video_url": str, "video_id": str})
        if set(body) != {"video_url"} or not LINK.fullmatch(body["video_url"]):
            raise invalid("exactly one of video_url and video_id; no video of this id is known")
        clip = await _fetched(body["video_url"])
        ms = await asyncio.to_thread(_clip_ms, clip)
        self.handed.append(clip)
        late = find(faults, "face-late")
        session = Session(clip=clip, ms=ms, face=(int(late.number(0)) if late else 0, ms))
        identity = str(next(self._numbers))
        self.sessions[identity] = session
        face = {
            "face_id": "0",
            "face_image": "https://cdn.example.org/face.png",
            "start_time": session.face[0],
            "end_time": session.face[1],
        }
        return {
            "session_id": identity,
            "final_unit_deduction": str(FACE_UNITS),
            "face_data": [] if find(faults, "face-none") else [face],
        }

    async def read(self, path: str, body: object, *, look: bool) -> tuple[Order, bytes]:
        """Read a request of one of the two kinds; with the clip that is made of it.

        Raises:
            Refusal: 1201 for anything wrong with it.
        """
        return await (self._lips(body) if path == LIPS else self._avatar(body, look=look))

    async def _lips(self, body: object) -> tuple[Order, bytes]:
        body = known_fields(body, {"session_id": str, "face_choose": list, **OPTIONS})
        session = self.sessions.get(body.get("session_id", ""))
        if session is None:
            raise invalid("session_id is invalid or has expired")
        if len(body.get("face_choose", ())) != 1 or not isinstance(body["face_choose"][0], dict):
            raise invalid("one person speaks")
        said = body["face_choose"][0]
        for name, value in said.items():
            if type(value) not in FACE.get(name, ()):
                raise invalid(f"{name} value {value!r} is invalid")
        missing = {"face_id", "sound_start_time", "sound_end_time", "sound_insert_time"} - set(said)
        if missing or said["face_id"] != "0":
            raise invalid(f"face_choose needs {sorted(missing)}, and a face that was found")
        if any(not 0 <= said.get(name, 1) <= 2 for name in ("sound_volume", "original_audio_volume")):
            raise invalid("a volume is from 0 to 2")
        recording = await _sound(said)
        ms = await asyncio.to_thread(_sound_ms, recording, LONGEST_MS)
        _check_times(said, ms, session)
        self.handed.append(recording)
        # The vendor keeps what the clip sounded like unless it is told not to.
        if said.get("original_audio_volume", 1):
            raise invalid("this stand-in does not mix: the clip's own sound must be off")
        at = said["sound_insert_time"] / 1000
        longer = self.longer_seconds
        clip = await asyncio.to_thread(spoken, session.clip, recording, at_seconds=at, longer_seconds=longer)
        five = ceil(session.ms / 5000)
        return _order(body, seconds=session.ms / 1000, units=Decimal("0.5") * five), clip

    async def _avatar(self, body: object, *, look: bool) -> tuple[Order, bytes]:
        known = {"image": str, "sound_file": str, "audio_id": str, "prompt": str, "mode": str, **OPTIONS}
        body = known_fields(body, known)
        check_picture(body.get("image"), most_bytes=10_000_000, look=look)
        if len(body.get("prompt", "")) > 2500:
            raise invalid("prompt must have at most 2500 characters")
        mode = choice(body.get("mode", "std"), tuple(UNITS), "mode")
        recording = await _sound(body)
        ms = await asyncio.to_thread(_sound_ms, recording, LONGEST_SPEECH_MS)
        picture = await _file(body["image"])
        self.handed += [picture, recording]
        size = (1280, 720) if mode == "std" else (1920, 1080)
        clip = await asyncio.to_thread(talking, picture, recording, size=size)
        seconds = Decimal(ms) / 1000
        return _order(body, seconds=float(seconds), units=UNITS[mode] * seconds), clip


def _order(body: Mapping[str, Any], *, seconds: float, units: Decimal) -> Order:
    external = body.get("external_task_id", "job")
    if not external:
        raise invalid("external_task_id must be a non-empty string")
    return Order(
        prompt=body.get("prompt", ""),
        seconds=seconds,
        aspect="16:9",
        audible=True,
        external_id=body.get("external_task_id", ""),
        units_per_second=Decimal(0),
        units=units,
    )


def _check_times(said: Mapping[str, Any], ms: int, session: Session) -> None:
    start, end, at = (said[name] for name in ("sound_start_time", "sound_end_time", "sound_insert_time"))
    length = end - start
    if start < 0 or end > ms or length < SHORTEST_MS:
        raise invalid(f"sound from {start} to {end} of {ms}: at least two seconds of what there is")
    if at < 0 or at + length > session.ms:
        raise invalid(f"sound inserted from {at} to {at + length} of {session.ms}")
    if min(at + length, session.face[1]) - max(at, session.face[0]) < SHORTEST_MS:
        raise invalid("the sound must overlap with the face for at least two seconds")


async def _sound(body: Mapping[str, Any]) -> bytes:
    if ("sound_file" in body) == ("audio_id" in body) or "audio_id" in body:
        raise invalid("exactly one of sound_file and audio_id; no audio of this id is known")
    file = await _file(body["sound_file"])
    if len(file) > MOST_BYTES:
        raise invalid(f"a sound has at most {MOST_BYTES} bytes")
    return file


async def _file(text: str) -> bytes:
    """A file by its address or as bare Base64."""
    if LINK.fullmatch(text):
        return await _fetched(text)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise invalid("a file is a URL or Base64 without a prefix") from None


async def _fetched(link: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        if answer.status != 200:
            raise invalid("the file cannot be fetched")
        return await answer.read()


def _clip_ms(clip: bytes) -> int:
    """The length of a clip that is taken."""
    try:
        with av.open(io.BytesIO(clip), "r") as media:
            (stream,) = media.streams.video
            ms, sides = (media.duration or 0) // 1000, sorted((stream.width, stream.height))
    except (av.FFmpegError, ValueError):
        raise invalid("the video cannot be read") from None
    if len(clip) > 100_000_000 or not SHORTEST_MS <= ms <= LONGEST_MS:
        raise invalid(f"a video of {ms} ms and {len(clip)} bytes")
    if sides[0] < 512 or sides[1] > 2160:
        raise invalid(f"a video of {sides} pixels")
    return ms


def _sound_ms(recording: bytes, longest_ms: int) -> int:
    try:
        with av.open(io.BytesIO(recording), "r") as media:
            known = media.format.name in FORMATS and not media.streams.video
            samples = sum(frame.samples for frame in media.decode(media.streams.audio[0]))
            ms = samples * 1000 // (media.streams.audio[0].rate or 1)
    except (av.FFmpegError, IndexError):
        raise invalid("the sound cannot be read") from None
    if not known or not SHORTEST_MS <= ms <= longest_ms:
        raise invalid(f"a sound of {ms} ms in a form that is not taken, or of that length")
    return ms
