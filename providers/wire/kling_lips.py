"""Kling moves lips: whose face is in the clip is asked first, then one of them says the recording.

Docs: kling.ai/document-api, "face recognition" and "lip sync" (as stored in September 2026), checked
2026-11-28; the Chinese edition of the page and open clients name the same two routes and fields. Quirks:
1. The clip is fetched by the vendor: mp4 or mov from a public address, 2 to 60 seconds, 720p or 1080p. The
   recording is sent along, as bare Base64: mp3, wav, m4a or aac, 2 to 60 seconds, 5 MB.
2. Recognition answers at once and costs a tenth of the rest. What it found is good for a day: it is kept
   until the job is accepted, so that a clip whose job has to be sent again is not looked at twice.
3. One face speaks. While the recording is heard, it must be seen for at least two seconds; times are in ms.
4. A clip without a face is no error of the vendor's: its list is empty. Nothing more is asked for then.
5. The page does not show our own name in a task that is asked for by it: one that answers to it is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from providers.base import LipRequest, Progress, Ticket
from providers.errors import BadRequest, ProviderError, Unreachable, Unsupported
from providers.references import base64_text
from providers.wire.kling import KlingWire, Wire, ticket_data
from providers.wire.kling_tasks import ClipTask, NamedTasks, clip_standing

PATH = "/v1/videos/advanced-lip-sync"
FACES = "/v1/videos/identify-face"
MAX_RECORDING_BYTES = 5_000_000
SHORTEST_MS = 2000
# Jobs that were looked at and are not accepted yet.
MOST_KEPT = 64


class Face(Wire):
    """Somebody who is seen from one moment to another, in milliseconds."""

    face_id: str
    start_time: int = 0
    end_time: int = 0


class _Found(Wire):
    session_id: str
    face_data: list[Face] | None = None
    final_unit_deduction: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Who says the recording, from which moment of the clip on; `units`: what finding them cost."""

    session: str
    face: str
    from_ms: int
    units: Decimal = Decimal(0)


class KlingLips:
    """The first two steps of `LipSyncer`, on an account's connection; the file is fetched like a clip."""

    def __init__(self, wire: KlingWire) -> None:
        """Nothing is sent."""
        self._wire = wire
        self._tasks = NamedTasks(wire, ClipTask)
        self._kept: dict[str, Speaker] = {}

    async def submit(self, request: LipRequest, *, job_key: str) -> Ticket:
        """Start a job; under the same `job_key` it is started once, however often this is called."""
        route = request.route
        try:
            if not request.video.url:
                raise Unsupported("the vendor must fetch the clip from a public address, and there is none")
            recording = await base64_text(request.audio, max_bytes=MAX_RECORDING_BYTES)
            speaker = self._kept.get(job_key) or await self._speaker(request)
        except ProviderError as error:
            error.provider, error.model = self._wire.id, route
            raise
        if len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[job_key] = speaker
        payload = build_payload(request, speaker, recording, job_key=job_key)
        made = await self._tasks.create(PATH, payload, model=route, job_key=job_key)
        self._kept.pop(job_key, None)
        data = ticket_data(request) | {"face_units": str(speaker.units)}
        return Ticket(provider=self._wire.id, model=route, remote_id=made, endpoint=PATH, data=data)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        task = await self._tasks.ask(PATH, ticket.remote_id, model=ticket.model)
        if task is None:
            return self._wire.forgotten(ticket)
        standing = clip_standing(task)
        if standing.units is not None:
            before = Decimal(str(ticket.data.get("face_units", "0")))
            standing = replace(standing, units=standing.units + before)
        return self._wire.progress(standing, ticket)

    async def _speaker(self, request: LipRequest) -> Speaker:
        """Let the vendor look for faces.

        Raises:
            BadRequest: there is none, or none is seen long enough.
        """
        data = await self._wire.create(FACES, {"video_url": request.video.url}, model=request.route)
        try:
            found = _Found.model_validate(data)
        except ValidationError:
            raise self._wire.unreadable(Unreachable, request.route) from None
        clip_ms, said_ms = lengths_ms(request)
        face, from_ms = speaking(found.face_data or [], clip_ms=clip_ms, said_ms=said_ms)
        units = found.final_unit_deduction or Decimal(0)
        return Speaker(session=found.session_id, face=face.face_id, from_ms=from_ms, units=units)


def speaking(faces: Sequence[Face], *, clip_ms: int, said_ms: int) -> tuple[Face, int]:
    """The face that is seen longest while it speaks, and from when on it does: from when it is first seen.

    Raises:
        BadRequest: no face, or none is seen long enough.
    """
    if not faces:
        raise BadRequest("no face was found in the clip")

    def begins(face: Face) -> int:
        return max(0, min(face.start_time, clip_ms - said_ms))

    def seen(face: Face) -> int:
        at = begins(face)
        return min(at + said_ms, face.end_time) - max(at, face.start_time)

    best = max(faces, key=seen)
    if seen(best) < SHORTEST_MS:
        raise BadRequest("no face is seen for two seconds while the recording is heard")
    return best, begins(best)


def lengths_ms(request: LipRequest) -> tuple[int, int]:
    """Of the clip, and of what is heard of the recording in it; never a moment more than there is."""
    clip = int(request.video.seconds * 1000)
    return clip, min(clip, int(request.audio.seconds * 1000))


def build_payload(request: LipRequest, speaker: Speaker, recording: str, *, job_key: str) -> dict[str, Any]:
    """The request in the vendor's words; the clip's own sound is not kept.

    Args:
        request: what was asked for.
        speaker: who says it.
        recording: bare Base64.
        job_key: our name of the task.
    """
    said = {
        "face_id": speaker.face,
        "sound_file": recording,
        "sound_start_time": 0,
        "sound_end_time": lengths_ms(request)[1],
        "sound_insert_time": speaker.from_ms,
        "sound_volume": 1,
        "original_audio_volume": 0,
    }
    return {"session_id": speaker.session, "face_choose": [said], "external_task_id": job_key}
