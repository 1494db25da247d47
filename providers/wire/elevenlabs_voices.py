"""ElevenLabs' voices out of a recording ("instant voice cloning"): made by one call, kept until deleted.

Docs: the official Python SDK 2.78.0 (voices, voices/ivc, user), recorded on the wire; checked 2026-11-28.
Quirks:
1. The answer to the call is the voice. A lost one is looked up by the name that we gave, which is unique.
2. A sample that resembles a protected voice comes back as a voice that must be verified before it is used:
   nobody here can do that, so it is barred, and only to be deleted.
3. Every voice takes a place of the account; without a free one the answer is 400 `voice_limit_reached`. Plans
   without such voices say so in the subscription.
4. Whether Ogg is taken is not known: recordings are handed over as mp3 or wav. Labels are left out.
"""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import ClonedVoice, CloneRequest, Ticket, VoiceProgress, VoiceSlots
from providers.errors import BadRequest, ModelGone, NoFunds, OutcomeUnknown, ProviderError, Unreachable
from providers.http import Answer
from providers.references import form_part
from providers.wire.elevenlabs import ENV, ElevenWire

MAX_SAMPLE_BYTES = 10_000_000
DESCRIPTION = "made for one clip, and deleted after it"
BARRED = "the vendor wants this voice to be verified first"
PAGE = 100


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Made(_Wire):
    voice_id: str
    requires_verification: bool = False


class _Voice(_Wire):
    voice_id: str
    name: str | None = ""


class _Voices(_Wire):
    voices: list[_Voice]


class _Plan(_Wire):
    voice_slots_used: int
    voice_limit: int
    can_use_instant_voice_cloning: bool = True


F = TypeVar("F", bound=_Wire)


class ElevenVoices:
    """The steps of `VoiceCloner`, for the adapter to inherit."""

    def __init__(self, wire: ElevenWire) -> None:
        """Nothing is sent."""
        self._wire = wire

    async def voice_slots(self) -> VoiceSlots | None:
        """Places taken and places there are."""
        answer = await self._wire.ask("/v1/user/subscription", model="")
        plan = self._understood(_Plan, answer, Unreachable)
        if not plan.can_use_instant_voice_cloning:
            raise NoFunds("the account's plan makes no voices", provider=self._wire.id, env=ENV)
        return VoiceSlots(used=plan.voice_slots_used, limit=plan.voice_limit)

    async def create_voice(self, request: CloneRequest, *, job_key: str) -> Ticket:
        """Make the voice; `job_key` is not sent, and the ticket is over at the first question."""
        try:
            sample = await form_part(request.recording, max_bytes=MAX_SAMPLE_BYTES)
        except ProviderError as error:
            error.provider, error.model = self._wire.id, request.route
            raise
        denoise = "true" if request.options.get("denoise") else "false"
        form = {"name": request.name, "remove_background_noise": denoise, "description": DESCRIPTION}
        answer = await self._wire.make(
            "/v1/voices/add", model=request.route, data=form, files={"files": sample}
        )
        made = self._understood(_Made, answer, OutcomeUnknown)
        return self._voice_ticket(request, made.voice_id, barred=made.requires_verification)

    async def find_voice(self, request: CloneRequest, *, job_key: str) -> Ticket | None:
        """The voice of this name."""
        params = {"page_size": str(PAGE), "search": request.name}
        answer = await self._wire.ask("/v2/voices", model=request.route, params=params)
        voices = self._understood(_Voices, answer, Unreachable).voices
        found = [voice.voice_id for voice in voices if voice.name == request.name]
        # Whether it must be verified is told by the lost answer only: then it is refused when it is to speak.
        return self._voice_ticket(request, found[0]) if found else None

    async def poll_voice(self, ticket: Ticket) -> VoiceProgress:
        """Made as soon as the call was answered."""
        return ClonedVoice(id=ticket.remote_id, barred=BARRED if ticket.data.get("barred") else "")

    async def delete_voice(self, voice_id: str) -> None:
        """Delete it; one that is not there is as good."""
        try:
            await self._wire.ask(f"/v1/voices/{quote(voice_id, safe='')}", model="", method="DELETE")
        except (BadRequest, ModelGone) as refused:
            if refused.vendor_code not in ("voice_not_found", "voice_does_not_exist", "404"):
                raise

    def _voice_ticket(self, request: CloneRequest, voice_id: str, *, barred: bool = False) -> Ticket:
        data = {"barred": 1} if barred else {}
        return Ticket(provider=self._wire.id, model=request.route, remote_id=voice_id, data=data)

    def _understood(self, form: type[F], answer: Answer, kind: type[ProviderError]) -> F:
        try:
            return form.model_validate_json(answer.body)
        except ValidationError:
            raise kind("the answer cannot be read", provider=self._wire.id, model=answer.model) from None
