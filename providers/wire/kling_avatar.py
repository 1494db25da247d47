"""Kling makes a picture of somebody say a recording ("avatar"): the clip is as long as what is said.

Docs: kling.ai/document-api, "avatar" (as stored in September 2026), checked 2026-11-28. Quirks:
1. Picture and recording are sent along as bare Base64, or as an address: jpg or png of 10 MB; mp3, wav, m4a
   or aac of 5 MB and 2 to 300 seconds. Neither has to be public.
2. `mode` is "std" or "pro"; the price page has them under 720p and 1080p. No length is said anywhere.
3. The prompt tells how it is said: movements, mood, camera. It may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.base import MediaInput, Progress, Ticket, VideoRequest
from providers.errors import ProviderError, Unsupported
from providers.references import base64_text
from providers.wire.kling import KlingWire, file_text, ticket_data
from providers.wire.kling_tasks import ClipTask, NamedTasks, clip_standing
from providers.wire.naming import said_with

NAME = "avatar"
PATH = "/v1/videos/avatar/image2video"
MAX_IMAGE_BYTES = 10_000_000
MAX_RECORDING_BYTES = 5_000_000
QUALITY: Mapping[str, str] = {"720p": "std", "1080p": "pro"}


class KlingAvatar:
    """The first two steps, on an account's connection; the file is fetched like any clip."""

    def __init__(self, wire: KlingWire) -> None:
        """Nothing is sent."""
        self._wire = wire
        self._tasks = NamedTasks(wire, ClipTask)

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job; under the same `job_key` it is started once, however often this is called."""
        try:
            face, said = _files(request)
            picture = await file_text(face, max_bytes=MAX_IMAGE_BYTES)
            recording = await base64_text(said, max_bytes=MAX_RECORDING_BYTES)
            payload = build_payload(request, picture, recording, job_key=job_key)
        except ProviderError as error:
            error.provider, error.model = self._wire.id, request.model
            raise
        made = await self._tasks.create(PATH, payload, model=request.model, job_key=job_key)
        return Ticket(
            provider=self._wire.id,
            model=request.model,
            remote_id=made,
            endpoint=PATH,
            data=ticket_data(request),
        )

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        task = await self._tasks.ask(PATH, ticket.remote_id, model=ticket.model)
        if task is None:
            return self._wire.forgotten(ticket)
        return self._wire.progress(clip_standing(task), ticket)


def build_payload(request: VideoRequest, picture: str, recording: str, *, job_key: str) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request.
        picture: bare Base64 or a link. recording: bare Base64.
        job_key: our name of the task.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    if request.resolution not in QUALITY or not request.sound or request.shots or request.voices:
        raise Unsupported("one shot that is heard, at 720p or 1080p")
    return {
        "image": picture,
        "sound_file": recording,
        "prompt": said_with(request.prompt, {item.name: item.name for item in request.media}),
        "mode": QUALITY[request.resolution],
        "external_task_id": job_key,
    }


def _files(request: VideoRequest) -> tuple[MediaInput, MediaInput]:
    """The picture and the recording."""
    faces, said = request.with_role("first-frame"), request.with_role("voice")
    if len(faces) != 1 or len(said) != 1 or len(request.media) != 2:
        raise Unsupported("one picture and one recording are taken")
    return faces[0], said[0]
