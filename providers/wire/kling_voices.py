"""Kling's voices out of a recording ("custom voice"): a task below `/v1`, open to both kinds of keys.

Docs: kling.ai/document-api, "voice management" of 2.6 (September 2026), checked 2026-11-28; seen live by
third parties with the newer kind of key (2026-09-20). Quirks:
1. The recording is fetched by the vendor: mp3 or wav from a public address, 5 to 30 seconds, one clean voice.
2. A name has at most 20 characters. A creation is named by us beside it and is found again by that name.
3. Deleting is a post. How many voices an account may have is not stated anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.base import ClonedVoice, CloneRequest, Done, Ticket, VoiceProgress, VoiceSlots
from providers.errors import ProviderError, Unsupported
from providers.wire.kling import KlingWire, Standing, Wire, ticket_data
from providers.wire.kling_tasks import NamedTasks, Task

PATH = "/v1/general/custom-voices"
DELETION = "/v1/general/delete-voices"
LONGEST_NAME = 20


class _Voice(Wire):
    voice_id: str = ""


class _Result(Wire):
    voices: list[_Voice] | None = None


class _Task(Task):
    task_result: _Result | None = None


class KlingVoices:
    """The steps of `VoiceCloner`, for adapters of either generation to inherit."""

    def __init__(self, wire: KlingWire) -> None:
        """Nothing is sent."""
        self._wire = wire
        self._voices = NamedTasks(wire, _Task)

    async def voice_slots(self) -> VoiceSlots | None:
        """The vendor does not say."""
        return None

    async def create_voice(self, request: CloneRequest, *, job_key: str) -> Ticket:
        """Start; under the same `job_key` it is started once, however often this is called."""
        try:
            payload = build_payload(request, job_key=job_key)
        except ProviderError as error:
            error.provider, error.model = self._wire.id, request.route
            raise
        made = await self._voices.create(PATH, payload, model=request.route, job_key=job_key)
        return self._voice_ticket(request, made)

    async def find_voice(self, request: CloneRequest, *, job_key: str) -> Ticket | None:
        """The task that carries our name."""
        found = await self._voices.find(PATH, model=request.route, job_key=job_key)
        return None if found is None else self._voice_ticket(request, found)

    async def poll_voice(self, ticket: Ticket) -> VoiceProgress:
        """Ask once how it stands."""
        task = await self._voices.ask(PATH, ticket.remote_id, model=ticket.model)
        if task is None:
            return self._wire.forgotten(ticket)
        progress = self._wire.progress(_standing(task), ticket)
        if isinstance(progress, Done):
            return ClonedVoice(id=str(progress.data["video_id"]), cost_usd=progress.cost_usd)
        return progress

    async def delete_voice(self, voice_id: str) -> None:
        """Delete it; one that is not there is as good."""
        await self._wire.look(DELETION, model="", payload={"voice_id": voice_id})

    def _voice_ticket(self, request: CloneRequest, remote_id: str) -> Ticket:
        return Ticket(
            provider=self._wire.id,
            model=request.route,
            remote_id=remote_id,
            endpoint=PATH,
            data=ticket_data(request),
        )


def build_payload(request: CloneRequest, *, job_key: str) -> Mapping[str, Any]:
    """The request in the vendor's words.

    Raises:
        Unsupported: the vendor cannot fetch the recording, or the name is too long.
    """
    if not request.recording.url:
        raise Unsupported("the vendor must fetch the recording from a public address, and there is none")
    if len(request.name) > LONGEST_NAME:
        raise Unsupported(f"a voice has a name of at most {LONGEST_NAME} characters")
    return {
        "voice_name": request.name,
        "voice_url": request.recording.url,
        "external_task_id": job_key,
    }


def _standing(task: _Task) -> Standing:
    """A voice has no file to fetch: its id stands for the link as well."""
    voices = (task.task_result.voices if task.task_result else None) or []
    voice = next((one.voice_id for one in voices if one.voice_id), "")
    return Standing(
        state=task.task_status,
        message=task.task_status_msg or "",
        url=voice,
        video_id=voice,
        units=task.final_unit_deduction,
    )
