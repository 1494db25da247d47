"""Kling's sound for a clip: one path of the older API, open to both kinds of keys.

Docs: the legacy page "video to audio" of kling.ai/document-api (September 2026), checked 2026-11-22; that the
newer kind of key works on older paths was seen live by third parties. Quirks:
1. The clip is fetched by the vendor: mp4 or mov from a public address, 3 to 20 seconds, at most 100 MB.
2. Both prompts are always sent: at a gateway the same endpoint makes a car race where they are missing.
3. The answer holds the clip with sound in it, and the sound alone as wav and mp3: only that is fetched.
4. A creation is named by us and is found again by that name, as with clips.
"""

from __future__ import annotations

from typing import Any

from providers.base import Progress, SoundRequest, Ticket
from providers.errors import ProviderError, Unsupported
from providers.wire.kling import KlingWire, Standing, Wire, ticket_data
from providers.wire.kling_tasks import NamedTasks, Task

PATH = "/v1/audio/video-to-audio"
LONGEST_PROMPT = 200
ANY_SOUND = "the sounds that belong to the picture"
NO_MUSIC = "no music, silence"


class _Sound(Wire):
    url_wav: str | None = ""
    url_mp3: str | None = ""


class _Result(Wire):
    audios: list[_Sound] | None = None


class _Task(Task):
    task_result: _Result | None = None


class KlingSound:
    """The first two steps, on an account's connection; the file is fetched like a clip."""

    def __init__(self, wire: KlingWire) -> None:
        """Nothing is sent."""
        self._wire = wire
        self._tasks = NamedTasks(wire, _Task)

    async def submit(self, request: SoundRequest, *, job_key: str) -> Ticket:
        """Start a job; under the same `job_key` it is started once, however often this is called."""
        try:
            payload = build_payload(request, job_key=job_key)
        except ProviderError as error:
            error.provider, error.model = self._wire.id, request.route
            raise
        return Ticket(
            provider=self._wire.id,
            model=request.route,
            remote_id=await self._tasks.create(PATH, payload, model=request.route, job_key=job_key),
            endpoint=PATH,
            data=ticket_data(request),
        )

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        task = await self._tasks.ask(PATH, ticket.remote_id, model=ticket.model)
        return self._wire.forgotten(ticket) if task is None else self._wire.progress(_standing(task), ticket)


def build_payload(request: SoundRequest, *, job_key: str) -> dict[str, Any]:
    """The request in the vendor's words.

    Raises:
        Unsupported: the vendor has no word for it, or cannot fetch the clip.
    """
    if request.kind != "foley" or request.video is None:
        raise Unsupported("only sound for a clip is made here")
    if not request.video.url:
        raise Unsupported("the vendor must fetch the clip from a public address, and there is none")
    if request.negative:
        raise Unsupported("what must not be heard cannot be said here")
    if len(request.text) > LONGEST_PROMPT:
        raise Unsupported(f"the vendor takes {LONGEST_PROMPT} characters")
    return {
        "video_url": request.video.url,
        "sound_effect_prompt": request.text or ANY_SOUND,
        "bgm_prompt": NO_MUSIC,
        "asmr_mode": False,
        "external_task_id": job_key,
    }


def _standing(task: _Task) -> Standing:
    sounds = (task.task_result.audios if task.task_result else None) or []
    links = [link for sound in sounds for link in (sound.url_wav, sound.url_mp3) if link]
    return Standing(
        state=task.task_status,
        message=task.task_status_msg or "",
        url=links[0] if links else "",
        units=task.final_unit_deduction,
    )
