"""Adapter of the scripted vendor: a complete video provider that exists only for tests.

Vendor: `vendor.py` beside this file. Its quirks:
1. Three characters below three base paths: `…/key` honours Idempotency-Key, `…/lookup` takes `reference` and
   lists it, `…/blind` does neither; the last part of the base URL says which one is meant.
2. 409 on submit means that a task exists under our key, so the outcome is unknown, not refused.
3. An error text may repeat the key that was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    MediaInput,
    Progress,
    ProviderConfig,
    Queued,
    Role,
    Running,
    Ticket,
    VideoRequest,
)
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    JobFailed,
    MissingKey,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Refused,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.http import Answer, client, download, read, scrub, submit
from providers.references import data_uri

E = TypeVar("E", bound=ProviderError)

VERSION = "2026-11-01"
MAX_FILE_BYTES = 32 * 2**20
MAX_INPUT_BYTES = 10_000_000
LIST_PAGE = 100
LIST_PAGES = 20

# Our id without the provider's ending → the vendor's name.
MODELS: Mapping[str, str] = {
    "scripted-native": "sv-native-1",
    "scripted-silent": "sv-silent-1",
    "scripted-voice": "sv-voice-1",
    "scripted-dated": "sv-dated-1",
    "scripted-retired": "sv-old-1",
    "scripted-orphan": "sv-old-1",
}
ROLES: Mapping[Role, str] = {
    "first-frame": "first_frame",
    "last-frame": "last_frame",
    "reference-image": "reference_image",
    "reference-audio": "reference_audio",
    "voice": "reference_audio",
}
REFUSALS: Mapping[int, type[Refused]] = {
    400: BadRequest,
    401: BadKey,
    402: NoFunds,
    403: PromptModerated,
    404: ModelGone,
    413: BadRequest,
    415: BadRequest,
    422: PromptModerated,
    429: RateLimited,
}
ENDS: Mapping[str, type[JobFailed]] = {
    "failed": VendorFault,
    "moderated": OutputModerated,
    "expired": Expired,
    "cancelled": VendorFault,
}


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Accepted(_Wire):
    id: str


class _Fault(_Wire):
    code: str = ""
    message: str = ""


class _Clip(_Wire):
    url: str


class _Standing(_Wire):
    id: str
    status: Literal["queued", "running", "succeeded", "failed", "moderated", "expired", "cancelled"]
    queue_position: int | None = None
    progress: float | None = None
    video: _Clip | None = None
    cost_usd: Decimal | None = None
    error: _Fault = _Fault()
    billed: bool | None = None


class _Listed(_Wire):
    id: str
    reference: str = ""
    created_at: int


class _Page(_Wire):
    data: list[_Listed]
    has_more: bool = False


class ScriptedProvider:
    """The vendor's three steps, and cancel."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._character = config.base_url.rstrip("/").rpartition("/")[2]
        self._url = f"{config.base_url.rstrip('/')}/v1/videos"
        self._env = tuple(config.keys) or (f"{config.id.upper().replace('-', '_')}_API_KEY",)
        self._key = next((key for key in config.keys.values() if key), "")
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once; the `key` character may be asked again with the same `job_key`."""
        headers = self._headers()
        files = [await data_uri(item, max_bytes=MAX_INPUT_BYTES) for item in request.media]
        payload = build_payload(request, files)
        if self._character == "key":
            headers["Idempotency-Key"] = job_key
        elif self._character == "lookup":
            payload["reference"] = job_key
        answer = await submit(
            self._http, self._url, provider=self.id, model=request.model, json=payload, headers=headers
        )
        if not answer.ok:
            raise self._refusal(answer)
        try:
            accepted = _Accepted.model_validate_json(answer.body)
        except ValidationError:
            text = "the answer cannot be read"
            raise OutcomeUnknown(text, provider=self.id, model=request.model) from None
        return Ticket(provider=self.id, model=request.model, remote_id=accepted.id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        answer = await self._ask("GET", ticket)
        if answer.status == 404:
            return Failed(error=self._error(Expired, "the vendor does not know this job", ticket))
        if not answer.ok:
            raise self._unusable(answer, ticket)
        return self._progress(self._parse(answer, ticket), ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`."""
        asset = await download(
            self._http,
            done.url,
            into,
            provider=self.id,
            model=done.ticket.model,
            max_bytes=MAX_FILE_BYTES,
        )
        if not asset.mime.startswith("video/"):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no clip behind the link but {asset.mime}", done.ticket)
        return asset

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop the job; False means that it goes on."""
        answer = await self._ask("DELETE", ticket)
        if answer.status in (404, 409):
            return False
        if not answer.ok:
            raise self._unusable(answer, ticket)
        return self._parse(answer, ticket).status == "cancelled"

    def _headers(self) -> dict[str, str]:
        if not self._key:
            raise MissingKey(provider=self.id, env=self._env)
        return {"Authorization": f"Bearer {self._key}", "Scripted-Version": VERSION}

    async def _ask(self, method: str, ticket: Ticket) -> Answer:
        url = f"{self._url}/{ticket.remote_id}"
        try:
            headers = self._headers()
        except MissingKey:
            # It says nothing about a job that exists: the hold must stay.
            raise self._error(Unreachable, "no key is set", ticket) from None
        return await read(
            self._http, url, provider=self.id, model=ticket.model, method=method, headers=headers
        )

    def _parse(self, answer: Answer, ticket: Ticket) -> _Standing:
        try:
            return _Standing.model_validate_json(answer.body)
        except ValidationError:
            raise self._error(Unreachable, "the answer cannot be read", ticket) from None

    def _progress(self, body: _Standing, ticket: Ticket) -> Progress:
        match body.status:
            case "queued":
                return Queued(position=body.queue_position)
            case "running":
                return Running(fraction=None if body.progress is None else body.progress / 100)
            case "succeeded" if body.video is not None:
                return Done(ticket=ticket, url=body.video.url, cost_usd=body.cost_usd)
            case "succeeded":
                raise self._error(Unreachable, "finished without a link", ticket)
        words = scrub(body.error.message, [self._key])
        error = self._error(ENDS[body.status], words, ticket, body.error.code)
        return Failed(error=error, billed=body.billed, stopped=body.status == "cancelled")

    def _refusal(self, answer: Answer) -> ProviderError:
        fault = read_fault(answer)
        kind: type[ProviderError] = REFUSALS.get(answer.status, OutcomeUnknown)
        return kind(
            scrub(fault.message, [self._key]),
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=fault.code,
            env=self._env if kind in (BadKey, NoFunds) else (),
        )

    def _unusable(self, answer: Answer, ticket: Ticket) -> Unreachable:
        fault = read_fault(answer)
        return self._error(Unreachable, scrub(fault.message, [self._key]), ticket, fault.code)

    def _error(self, kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id, vendor_code=code)


class ScriptedLookup(ScriptedProvider):
    """The character whose jobs can be listed."""

    async def find_lost(self, request: VideoRequest, *, job_key: str, since_ms: int) -> list[Ticket]:
        """The jobs that carry our reference."""
        found: list[Ticket] = []
        query: dict[str, str | int] = {"since": since_ms, "limit": LIST_PAGE}
        for _ in range(LIST_PAGES):
            page = await self._page(query, request.model)
            found += [
                Ticket(provider=self.id, model=request.model, remote_id=item.id)
                for item in page.data
                if item.reference == job_key
            ]
            if not page.has_more or not page.data:
                break
            query["after"] = page.data[-1].id
        return found

    async def _page(self, query: Mapping[str, str | int], model: str) -> _Page:
        try:
            headers = self._headers()
        except MissingKey:
            raise Unreachable("no key is set", provider=self.id, model=model) from None
        answer = await read(
            self._http, self._url, provider=self.id, model=model, params=dict(query), headers=headers
        )
        try:
            return _Page.model_validate_json(answer.body)
        except ValidationError:
            raise Unreachable("the list cannot be read", provider=self.id, model=model) from None


def make_provider(config: ProviderConfig) -> ScriptedProvider:
    """The adapter for the character that the base URL names."""
    if config.base_url.rstrip("/").endswith("/lookup"):
        return ScriptedLookup(config)
    return ScriptedProvider(config)


def build_payload(request: VideoRequest, files: Sequence[str]) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request.
        files: its media as data URIs, in the same order.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    name = request.api_name or wire_name(request.model)
    payload: dict[str, Any] = {
        "model": name,
        "prompt": request.prompt,
        "mode": request.mode.replace("-", "_"),
        "duration": request.seconds,
        "resolution": request.resolution,
        "aspect_ratio": request.aspect,
    }
    if name == "sv-native-1":
        payload["audio"] = request.sound
    if request.negative:
        payload["negative_prompt"] = request.negative
    if request.seed is not None:
        payload["seed"] = request.seed
    if request.media:
        payload["inputs"] = [
            {"role": _role(item), "data": data} for item, data in zip(request.media, files, strict=True)
        ]
    return payload


def wire_name(model: str) -> str:
    """The vendor's name of a model of ours: `scripted-native-blind` is the vendor's `sv-native-1`."""
    base = "-".join(model.split("-")[:2])
    if base not in MODELS:
        raise Unsupported(f"no model {model}")
    return MODELS[base]


def read_fault(answer: Answer) -> _Fault:
    """The vendor's error code and words, as far as they can be read."""
    body = answer.lenient()
    try:
        return _Fault.model_validate(body["error"])
    except (ValueError, KeyError, TypeError):
        return _Fault(code=str(answer.status), message=f"status {answer.status}")


def _role(item: MediaInput) -> str:
    if item.role not in ROLES:
        raise Unsupported(f"no place for a {item.role}")
    return ROLES[item.role]
