"""WaveSpeed, a gateway: one key for many models, and a price for every request before it is made.

Docs, checked 2026-11-22: wavespeed.ai/docs; SDK wavespeed 2.0.5, recorded on the wire; models and fields: the
vendor's catalogue as of 2026-08-18. The names of fields are rows of wavespeed.toml (wire/fields.py). Quirks:
1. An endpoint is a model in one mode; its id is the shape's `api_name` and is the path of the call.
2. Around every answer: `{"code", "message", "data"}`. HTTP status and `code` are both looked at.
3. Sound is off where nobody says otherwise (or nothing is said of it): the switch is always sent.
4. The SDK never repeats a submit; there is no key for it and no list of jobs. Nothing stops a job.
5. `POST /api/v3/model/pricing` tells what exactly this request costs, for nothing.
6. Outputs are plain links in a list and live about seven days.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    MediaInput,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    Ticket,
    VideoRequest,
)
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    ModelGone,
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
from providers.http import Answer, client, download, read, scrub, submit, upload
from providers.references import file_name, plain_mime, read_bytes
from providers.wire.fields import build_input

E = TypeVar("E", bound=ProviderError)

MAX_FILE_BYTES = 200_000_000
NO_CLIP = ("text/", "image/", "application/json", "application/xml")
# Stands for a file while only the price is asked for.
SOME_FILE = "https://example.com/file"

STATUS: Mapping[str, Literal["queued", "running", "done", "failed", "gone"]] = {
    "created": "queued",
    "queued": "queued",
    "processing": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "failed",
    "canceled": "failed",
    "timeout": "failed",
    "deleted": "gone",
}
REFUSALS: Mapping[int, type[ProviderError]] = {
    400: BadRequest,
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    422: BadRequest,
    429: RateLimited,
}
EMPTY_PURSE = re.compile(r"insufficient|balance|top.?up|not enough credit", re.IGNORECASE)
WITHHELD = re.compile(r"nsfw|sensitive|content polic|moderat|safety|violat", re.IGNORECASE)


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Prediction(Wire):
    id: str = ""
    status: str = ""
    outputs: list[Any] | None = None
    error: Any = None
    has_nsfw_contents: Any = None
    urls: dict[str, Any] | None = None


class _Envelope(Wire):
    code: int = 200
    message: str | None = ""
    data: Any = None


class Wavespeed:
    """The three steps, and the price of a request."""

    env: ClassVar[tuple[str, ...]] = ("WAVESPEED_API_KEY",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._key = config.keys.get(self.env[0], "")
        self._base = config.base_url.rstrip("/")
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def quote(self, request: VideoRequest) -> Decimal:
        """What this request would cost, in US dollars. Files are not needed for it."""
        inputs = build_input(request, [SOME_FILE for _ in request.media])
        try:
            answer = await read(
                self._http,
                f"{self._base}/api/v3/model/pricing",
                provider=self.id,
                model=request.model,
                method="POST",
                json={"model_id": request.api_name, "inputs": inputs},
                headers=self._headers(request.model),
            )
            body = json.loads(answer.body, parse_float=Decimal)
            price = Decimal(body["data"]["unit_price"])
        except (ValueError, TypeError, KeyError, InvalidOperation):
            raise Unreachable("the price cannot be read", provider=self.id, model=request.model) from None
        if not answer.ok or not price.is_finite() or price <= 0:
            raise Unreachable("no price was told", provider=self.id, model=request.model)
        return price

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        try:
            # Once without the files: what has no field must not be uploaded first.
            build_input(request, [SOME_FILE for _ in request.media])
            files = [await self._store(item, request.model) for item in request.media]
            payload = build_input(request, files)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        answer = await submit(
            self._http,
            f"{self._base}/api/v3/{request.api_name}",
            provider=self.id,
            model=request.model,
            json=payload,
            headers=self._headers(request.model),
        )
        envelope = _envelope(answer)
        if not answer.ok or (envelope is not None and envelope.code != 200):
            raise self._refusal(answer, envelope)
        made = _prediction(envelope)
        if made is None or not made.id:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=request.model)
        where = str((made.urls or {}).get("get", ""))
        path = f"/api/v3/predictions/{made.id}/result"
        return Ticket(provider=self.id, model=request.model, remote_id=made.id, endpoint=_path(where) or path)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        if not self._key or not ticket.endpoint.startswith("/"):
            # It says nothing about a job that exists: the hold must stay.
            raise self._error(Unreachable, "no key is set", ticket)
        answer = await read(
            self._http,
            f"{self._base}{ticket.endpoint}",
            provider=self.id,
            model=ticket.model,
            headers=self._headers(ticket.model),
        )
        envelope = _envelope(answer)
        if answer.status in (404, 410) or (envelope is not None and envelope.code in (404, 410)):
            return Failed(error=self._error(Expired, "the vendor does not know this job", ticket))
        made = _prediction(envelope)
        if not answer.ok or made is None:
            said = envelope.message if envelope is not None else ""
            raise self._error(Unreachable, self._said(said or f"status {answer.status}"), ticket)
        return self._progress(made, ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    def _progress(self, made: _Prediction, ticket: Ticket) -> Progress:
        match STATUS.get(made.status.lower()):
            case "queued":
                return Queued()
            case "running":
                return Running()
            case "done":
                url = _first_link(made.outputs)
                if not url:
                    raise self._error(Unreachable, "finished without a link", ticket)
                return Done(ticket=ticket, url=url)
            case "gone":
                return Failed(error=self._error(Expired, "the job was deleted", ticket))
            case "failed":
                said = self._said(made.error if isinstance(made.error, str) else "")
                flagged = isinstance(made.has_nsfw_contents, list) and True in made.has_nsfw_contents
                kind: type[ProviderError] = VendorFault
                if flagged or WITHHELD.search(said):
                    kind = OutputModerated
                stopped = made.status.lower().startswith("cancel")
                return Failed(error=self._error(kind, said or made.status, ticket), stopped=stopped)
            case None:
                raise self._error(Unreachable, f"unknown status {made.status[:40]!r}", ticket)

    async def _store(self, item: MediaInput, model: str) -> str:
        """Hand a file over; returns its link, or the bot's own address where it has one."""
        if item.url:
            return item.url
        body, mime = await read_bytes(item, max_bytes=MAX_FILE_BYTES), plain_mime(item)
        answer = await upload(
            self._http,
            f"{self._base}/api/v3/media/uploads",
            provider=self.id,
            model=model,
            json={"filename": file_name(item), "size": len(body), "content_type": mime},
            headers=self._headers(model),
        )
        envelope = _envelope(answer)
        if not answer.ok or envelope is None or envelope.code != 200:
            refused = self._refusal(answer, envelope)
            raise refused if isinstance(refused, Refused) else NotSent("the file was not taken")
        place = envelope.data if isinstance(envelope.data, dict) else {}
        target, link = place.get("upload"), place.get("download_url")
        if (
            not isinstance(target, dict)
            or not isinstance(target.get("url"), str)
            or not isinstance(link, str)
        ):
            raise NotSent("the file store's answer cannot be read")
        # The address is signed: it gets no key, only the headers that were asked for.
        asked = target.get("headers")
        headers = {str(k): str(v) for k, v in asked.items()} if isinstance(asked, dict) else {}
        put = await upload(
            self._http,
            target["url"],
            provider=self.id,
            model=model,
            method="PUT",
            content=body,
            headers=headers,
        )
        if not put.ok:
            raise NotSent(f"the file store answered {put.status}")
        return link

    def _headers(self, model: str) -> dict[str, str]:
        if not self._key:
            raise MissingKey(provider=self.id, model=model, env=self.env)
        return {"Authorization": f"Bearer {self._key}"}

    def _said(self, words: str | None) -> str:
        return scrub(words or "", [self._key])

    def _error(self, kind: type[E], text: str, ticket: Ticket) -> E:
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id)

    def _refusal(self, answer: Answer, envelope: _Envelope | None) -> ProviderError:
        said = self._said(envelope.message if envelope is not None else "")
        code = envelope.code if envelope is not None and envelope.code != 200 else answer.status
        kind = REFUSALS.get(code) or REFUSALS.get(answer.status) or OutcomeUnknown
        if code in (402, 403) or (kind is BadRequest and EMPTY_PURSE.search(said)):
            kind = NoFunds if EMPTY_PURSE.search(said) or code == 402 else BadKey
        elif kind is BadRequest and WITHHELD.search(said):
            kind = PromptModerated
        return kind(
            said or f"status {answer.status}",
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=str(code),
            env=self.env if kind in (BadKey, NoFunds) else (),
        )


def _envelope(answer: Answer) -> _Envelope | None:
    try:
        return _Envelope.model_validate_json(answer.body)
    except ValidationError:
        return None


def _prediction(envelope: _Envelope | None) -> _Prediction | None:
    if envelope is None or not isinstance(envelope.data, dict):
        return None
    try:
        return _Prediction.model_validate(envelope.data)
    except ValidationError:
        return None


def _first_link(outputs: list[Any] | None) -> str:
    """The first output; some models wrap their links."""
    for item in outputs or []:
        link = item.get("url") if isinstance(item, dict) else item
        if isinstance(link, str) and link:
            return link
    return ""


def _path(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return ""
    return parsed.path if parsed.is_absolute_url else ""
