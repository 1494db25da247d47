"""Kling's sound for a clip: one path of the older API, open to both kinds of keys.

Docs: the legacy page "video to audio" of kling.ai/document-api (September 2026), checked 2026-11-22; that the
newer kind of key works on older paths was seen live by third parties. Quirks:
1. The clip is fetched by the vendor: mp4 or mov from a public address, 3 to 20 seconds, at most 100 MB.
2. Both prompts are always sent: at a gateway the same endpoint makes a car race where they are missing.
3. The answer holds the clip with sound in it, and the sound alone as wav and mp3: only that is fetched.
4. A creation is named by us and is found again by that name, as with clips.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from providers.base import Progress, SoundRequest, Ticket
from providers.errors import BadRequest, OutcomeUnknown, ProviderError, Unreachable, Unsupported
from providers.wire.kling import TAKEN, KlingWire, Standing, Wire

PATH = "/v1/audio/video-to-audio"
LONGEST_PROMPT = 200
ANY_SOUND = "the sounds that belong to the picture"
NO_MUSIC = "no music, silence"


class _Created(Wire):
    task_id: str


class _Info(Wire):
    external_task_id: str | None = ""


class _Sound(Wire):
    url_wav: str | None = ""
    url_mp3: str | None = ""


class _Result(Wire):
    audios: list[_Sound] | None = None


class _Task(Wire):
    task_id: str
    task_status: str
    task_status_msg: str | None = ""
    task_info: _Info | None = None
    task_result: _Result | None = None
    final_unit_deduction: Decimal | None = None


class KlingSound:
    """The first two steps, on an account's connection; the file is fetched like a clip."""

    def __init__(self, wire: KlingWire) -> None:
        """Nothing is sent."""
        self._wire = wire

    async def submit(self, request: SoundRequest, *, job_key: str) -> Ticket:
        """Start a job; under the same `job_key` it is started once, however often this is called."""
        try:
            payload = build_payload(request, job_key=job_key)
        except ProviderError as error:
            error.provider, error.model = self._wire.id, request.route
            raise
        try:
            data = await self._wire.create(PATH, payload, model=request.route)
        except BadRequest as refused:
            known = await self._known(request, job_key) if refused.vendor_code == TAKEN else None
            if known is None:
                raise
            return known
        try:
            return self._ticket(request, _Created.model_validate(data).task_id)
        except ValidationError:
            raise self._wire.unreadable(OutcomeUnknown, request.route) from None

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        task = await self._ask(ticket.remote_id, ticket.model)
        return self._wire.forgotten(ticket) if task is None else self._wire.progress(_standing(task), ticket)

    async def _known(self, request: SoundRequest, job_key: str) -> Ticket | None:
        try:
            task = await self._ask(job_key, request.route)
        except Unreachable:
            raise OutcomeUnknown(
                "it may exist and cannot be looked up", provider=self._wire.id, model=request.route
            ) from None
        if task is None or task.task_info is None or task.task_info.external_task_id != job_key:
            return None
        return self._ticket(request, task.task_id)

    async def _ask(self, name: str, model: str) -> _Task | None:
        data = await self._wire.look(f"{PATH}/{quote(name, safe='')}", model=model)
        if data is None:
            return None
        try:
            return _Task.model_validate(data)
        except ValidationError:
            raise self._wire.unreadable(Unreachable, model) from None

    def _ticket(self, request: SoundRequest, remote_id: str) -> Ticket:
        unit = request.options.get("unit_usd")
        return Ticket(
            provider=self._wire.id,
            model=request.route,
            remote_id=remote_id,
            endpoint=PATH,
            data={"unit_usd": unit} if isinstance(unit, str) else {},
        )


def makes_sound(ticket: Ticket) -> bool:
    """Whether a ticket is for sound and not for a clip."""
    return ticket.endpoint == PATH


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
