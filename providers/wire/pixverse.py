"""What PixVerse's picture and sound jobs share: key, trace id, envelope, error codes, uploads, results.

Facts from docs.platform.pixverse.ai and pixverse-mcp 0.2.2, recorded on the wire; checked 2026-11-22:
1. Every request carries an `Ai-trace-id` that was never used: a job under a used one is never finished. So it
   is no key to repeat a submit by, and a question that is asked again gets a new one too.
2. Errors are HTTP 200 with `ErrCode`, a number or a text; nothing was made under any of the known ones.
3. Files are handed over first and named by number. A job is a number, and so is how it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import Done, Failed, MediaInput, Progress, ProviderConfig, Running, Ticket
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    NoFunds,
    NotSent,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Refused,
    Unreachable,
    VendorFault,
)
from providers.http import Answer, client, read, scrub, submit, upload
from providers.references import form_part

E = TypeVar("E", bound=ProviderError)

ENV = ("PIXVERSE_API_KEY",)
PREFIX = "/openapi/v2"
REFUSALS: Mapping[int, type[ProviderError]] = {
    **dict.fromkeys((10001, 10002, 10003, 10004, 10005, 400012, 500020), BadKey),
    **dict.fromkeys((400011, 400013, 400017, 400018, 400019, 400032), BadRequest),
    **dict.fromkeys((500030, 500031, 500032, 500033, 500042, 500064, 500070, 500071), BadRequest),
    **dict.fromkeys((500044, 500069), RateLimited),  # too many at once; the vendor is busy
    **dict.fromkeys((500054, 500063), PromptModerated),
    500090: NoFunds,
}
BY_STATUS: Mapping[int, type[ProviderError]] = {401: BadKey, 402: NoFunds, 403: BadKey, 429: RateLimited}
# Asked about a job, these are about its number: it is deleted, or nobody knows it.
NO_SUCH_JOB = (400013, 400017, 500064)
# Jobs take a minute or two; a place comes free when one ends. No answer says when.
PATIENCE_SECONDS = 20.0


class Wire(BaseModel):
    """Only the fields that are used."""

    model_config = ConfigDict(extra="ignore")


class _Envelope(Wire):
    ErrCode: int = 0
    ErrMsg: str | None = ""
    Resp: dict[str, Any] | None = None


class _Created(Wire):
    video_id: int
    credits: int | None = None
    credit: int | None = None


class _Result(Wire):
    status: int
    url: str | None = ""
    seed: int | None = None
    has_audio: bool | None = None


class PixverseWire:
    """One account's connection."""

    def __init__(self, config: ProviderConfig) -> None:
        """Nothing is sent."""
        self.id = config.id
        self._key = config.keys.get(ENV[0], "")
        self.http = client(config)
        self._host = self.http.base_url.host
        # Here and not beside the key: what is asked a second time must not carry the first one's id.
        self.http.event_hooks = {"request": [self._traced]}

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def create(
        self, path: str, payload: Mapping[str, Any], *, model: str, options: Mapping[str, Any]
    ) -> Ticket:
        """Start a job.

        Raises:
            NotSent, Refused, OutcomeUnknown: as `submit` of the seam.
        """
        answer = await submit(
            self.http,
            f"{PREFIX}{path}",
            provider=self.id,
            model=model,
            json=dict(payload),
            headers=self._headers(),
        )
        envelope = _envelope(answer)
        if envelope is None or envelope.ErrCode != 0 or not answer.ok:
            raise self._refusal(answer, envelope, unknown=OutcomeUnknown)
        try:
            made = _Created.model_validate(envelope.Resp)
        except ValidationError:
            raise OutcomeUnknown("the answer names no job", provider=self.id, model=model) from None
        data: dict[str, str | int] = {}
        charged, unit = made.credits if made.credits is not None else made.credit, options.get("unit_usd")
        if charged is not None and isinstance(unit, str):
            data = {"credits": charged, "unit_usd": unit}
        return Ticket(provider=self.id, model=model, remote_id=str(made.video_id), data=data)

    async def result(self, ticket: Ticket) -> Progress:
        """How a job stands.

        Raises:
            Unreachable: no usable answer.
        """
        if not self._key:
            # It says nothing about a job that exists.
            raise self.error(Unreachable, "no key is set", ticket)
        answer = await read(
            self.http,
            f"{PREFIX}/video/result/{ticket.remote_id}",
            provider=self.id,
            model=ticket.model,
            headers=self._headers(),
        )
        envelope = _envelope(answer)
        if answer.status == 404 or (envelope is not None and envelope.ErrCode in NO_SUCH_JOB):
            return Failed(error=self.error(Expired, "the vendor does not know this job", ticket))
        if envelope is None or envelope.ErrCode != 0 or not answer.ok:
            told = self._refusal(answer, envelope, unknown=Unreachable)
            raise Unreachable(
                told.said,
                provider=self.id,
                model=ticket.model,
                remote_id=ticket.remote_id,
                retry_after=told.retry_after,
                vendor_code=told.vendor_code,
            )
        try:
            return self._progress(_Result.model_validate(envelope.Resp), ticket)
        except ValidationError:
            raise self.error(Unreachable, "the answer cannot be read", ticket) from None

    async def store_image(self, item: MediaInput, *, model: str, max_bytes: int) -> int:
        """Hand a picture over; returns its number."""
        part = await form_part(item, max_bytes=max_bytes)
        return await self._store("/image/upload", {"image": part}, {}, "img_id", model)

    async def store_media(self, item: MediaInput, *, model: str, max_bytes: int) -> int:
        """Hand a clip or a recording over; returns its number."""
        part = await form_part(item, max_bytes=max_bytes)
        return await self._store(
            "/media/upload", {"file": part}, {"media_type": item.kind}, "media_id", model
        )

    def error(self, kind: type[E], text: str, ticket: Ticket) -> E:
        """An error about a job."""
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id)

    async def _store(
        self,
        path: str,
        files: Mapping[str, tuple[str, bytes, str]],
        fields: Mapping[str, str],
        number: str,
        model: str,
    ) -> int:
        answer = await upload(
            self.http,
            f"{PREFIX}{path}",
            provider=self.id,
            model=model,
            files=dict(files),
            data=dict(fields),
            headers=self._headers(),
        )
        envelope = _envelope(answer)
        if envelope is None or envelope.ErrCode != 0 or not answer.ok:
            refused = self._refusal(answer, envelope, unknown=NotSent)
            raise refused if isinstance(refused, Refused | NotSent) else NotSent("the file was not taken")
        stored = (envelope.Resp or {}).get(number)
        if not isinstance(stored, int) or isinstance(stored, bool):
            raise NotSent("the file store's answer cannot be read", provider=self.id, model=model)
        return stored

    def _progress(self, result: _Result, ticket: Ticket) -> Progress:
        match result.status:
            case 1 if result.url:
                data: dict[str, str | int] = {"seed": result.seed} if result.seed is not None else {}
                if result.has_audio is not None:
                    data["has_audio"] = "yes" if result.has_audio else "no"
                return Done(ticket=ticket, url=result.url, cost_usd=_cost(ticket), data=data)
            case 1:
                raise self.error(Unreachable, "finished without a link", ticket)
            case 6:
                return Failed(error=self.error(Expired, "the clip was deleted", ticket))
            case 7:
                # The vendor gives back what a withheld clip cost.
                return Failed(error=self.error(OutputModerated, "moderation", ticket), billed=False)
            case 8:
                return Failed(error=self.error(VendorFault, "generation failed", ticket))
        # 5 waits and works, 2 and 3 are said to; the vendor has been seen with others.
        return Running()

    async def _traced(self, request: httpx.Request) -> None:
        if request.url.host == self._host:
            request.headers["Ai-trace-id"] = str(uuid4())

    def _headers(self) -> dict[str, str]:
        if not self._key:
            raise MissingKey(f"{ENV[0]} must be set", provider=self.id, env=ENV)
        return {"API-KEY": self._key}

    def _refusal(
        self, answer: Answer, envelope: _Envelope | None, *, unknown: type[ProviderError]
    ) -> ProviderError:
        code = envelope.ErrCode if envelope is not None else 0
        kind = REFUSALS.get(code) if code else BY_STATUS.get(answer.status)
        if kind is None:
            kind = unknown if answer.ok else BadRequest
        said = scrub((envelope.ErrMsg if envelope is not None else "") or "", [self._key])
        wait = answer.retry_after
        return kind(
            said or f"status {answer.status}",
            provider=self.id,
            model=answer.model,
            retry_after=PATIENCE_SECONDS if wait is None and kind is RateLimited else wait,
            vendor_code=str(code or answer.status),
            env=ENV if kind in (BadKey, NoFunds) else (),
        )


def _envelope(answer: Answer) -> _Envelope | None:
    try:
        return _Envelope.model_validate_json(answer.body)
    except ValidationError:
        return None


def _cost(ticket: Ticket) -> Decimal | None:
    charged, unit = ticket.data.get("credits"), ticket.data.get("unit_usd")
    return charged * Decimal(unit) if isinstance(charged, int) and isinstance(unit, str) else None
