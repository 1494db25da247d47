"""fal's queue and file store: submit, look, read the outcome, stop; its errors. Any endpoint, no payloads.

Docs, checked 2026-11-22: fal.ai/docs (queue, errors, request errors, media expiration, FAQ); fal-client 1.0.3
and @fal-ai/client 1.10.1, recorded on the wire. Quirks:
1. `Authorization: Key <id:secret>`, not Bearer.
2. A failed job is `COMPLETED`: only its answer (422, 4xx, 5xx) tells. `error` beside the status is a hint.
3. Addresses of a job have only the first two parts of the endpoint's name; the long form gives 405. The
   answer to a submit says them. Their paths are kept: the key goes to the configured address alone.
4. There is no key to repeat a submit safely, and jobs cannot be listed: a lost answer stays unknown. What
   broke on its own side the vendor repeats by itself and charges nothing for it.
5. Errors are `{"detail": [{loc, msg, type}]}`, `{"detail": "words", "error_type"}` or plain; `type` counts.
6. Server errors are never charged; a 422 may be, if a machine had begun (FAQ). For a refused input none had.
7. Whoever has the link can read files, uploaded or made: they are given a day to live.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import MediaInput, ProviderConfig, Ticket
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
    Unreachable,
    VendorFault,
)
from providers.http import Answer, client, read, scrub, submit, upload
from providers.references import file_name, plain_mime, read_bytes

E = TypeVar("E", bound=ProviderError)

STORAGE_URL = "https://rest.fal.ai"
LIFE_SECONDS = 86_400
START_SECONDS = 2_700
MAX_FILE_BYTES = 200_000_000

State = Literal["queued", "running", "ended"]
STATUS: Mapping[str, State] = {
    "IN_QUEUE": "queued",
    "QUEUED": "queued",
    "IN_PROGRESS": "running",
    "COMPLETED": "ended",
    "OK": "ended",
    "ERROR": "ended",
    "FAILED": "ended",
}
# Types that say more than the HTTP status; everything else of 4xx is a request that cannot be.
TYPES: Mapping[str, type[ProviderError]] = {
    "content_policy_violation": OutputModerated,
    "no_media_generated": OutputModerated,
    "downstream_service_error": VendorFault,
    "client_cancelled": VendorFault,
    "bad_request": BadRequest,
}
REFUSALS: Mapping[int, type[ProviderError]] = {
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    405: ModelGone,
    410: ModelGone,
    429: RateLimited,
}
EMPTY_PURSE = re.compile(r"exhausted balance|insufficient|top up|user is locked", re.IGNORECASE)
STOPPED = 499


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Accepted(Wire):
    request_id: str
    response_url: str = ""
    status_url: str = ""
    cancel_url: str = ""


class _Standing(Wire):
    status: str
    queue_position: int | None = None
    error: Any = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What went wrong: the vendor's type, its words, and whether an input of ours is to blame."""

    type: str = ""
    words: str = ""
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a job stands. `position` counts from 1, where the vendor says it."""

    state: State
    position: int | None = None


class FalQueue:
    """One account's connection."""

    def __init__(self, config: ProviderConfig, *, env: tuple[str, ...]) -> None:
        """Read the configuration; nothing is sent. Option `storage_url`: the address of the file store."""
        self.id = config.id
        self._env = env
        self._key = config.keys.get(env[0], "")
        self._base = config.base_url.rstrip("/")
        self._storage = config.options.get("storage_url", STORAGE_URL).rstrip("/")
        self.http = client(config, trusted=(self._storage,))

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def store(self, item: MediaInput, *, model: str) -> str:
        """Put a file into the vendor's store for a day; returns its public link.

        Raises:
            NotSent: it could not be handed over; Refused: the account may not.
        """
        if item.url:
            return item.url  # an address of the bot's own, which ends sooner than one of theirs
        body = await read_bytes(item, max_bytes=MAX_FILE_BYTES)
        mime = plain_mime(item)
        answer = await upload(
            self.http,
            f"{self._storage}/storage/upload/initiate",
            provider=self.id,
            model=model,
            params={"storage_type": "fal-cdn-v3"},
            json={"content_type": mime, "file_name": file_name(item)},
            headers=self._headers(model) | {"X-Fal-Object-Lifecycle": _life()},
        )
        if not answer.ok:
            raise self._refusal(answer)
        place = answer.lenient()
        place = place if isinstance(place, dict) else {}
        link, target = str(place.get("file_url", "")), str(place.get("upload_url", ""))
        if not link or not target:
            raise NotSent("the file store's answer cannot be read", provider=self.id, model=model)
        # The address is signed: it gets no key.
        put = await upload(
            self.http,
            target,
            provider=self.id,
            model=model,
            method="PUT",
            content=body,
            headers={"Content-Type": mime},
        )
        if not put.ok:
            raise NotSent(f"the file store answered {put.status}", provider=self.id, model=model)
        return link

    async def submit(self, endpoint: str, payload: Mapping[str, Any], *, model: str) -> Ticket:
        """Start a job, once.

        Raises:
            NotSent, Refused, OutcomeUnknown: as in the seam.
        """
        headers = self._headers(model) | {
            "X-Fal-Object-Lifecycle-Preference": _life(),
            # What has not begun by then never does: nobody would be waiting for it any more.
            "X-Fal-Request-Timeout": str(START_SECONDS),
        }
        answer = await submit(
            self.http,
            f"{self._base}/{endpoint}",
            provider=self.id,
            model=model,
            json=dict(payload),
            headers=headers,
        )
        if not answer.ok:
            raise self._refusal(answer)
        try:
            accepted = _Accepted.model_validate_json(answer.body)
        except ValidationError:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=model) from None
        home = f"/{'/'.join(endpoint.split('/')[:2])}/requests/{quote(accepted.request_id, safe='')}"
        return Ticket(
            provider=self.id,
            model=model,
            remote_id=accepted.request_id,
            endpoint=_path(accepted.response_url, home),
            data={
                "status": _path(accepted.status_url, f"{home}/status"),
                "cancel": _path(accepted.cancel_url, f"{home}/cancel"),
            },
        )

    async def look(self, ticket: Ticket) -> Standing | None:
        """How the job stands; None if the vendor no longer knows it.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        answer = await self._ask(ticket, str(ticket.data.get("status", "")), params={"logs": "false"})
        if answer.status in (404, 410):
            return None
        if not answer.ok:
            raise self._error(Unreachable, self._said(fault_of(answer).words, answer.status), ticket)
        try:
            standing = _Standing.model_validate_json(answer.body)
        except ValidationError:
            raise self._error(Unreachable, "the answer cannot be read", ticket) from None
        state = STATUS.get(standing.status.upper())
        if state is None:
            raise self._error(Unreachable, f"unknown status {standing.status[:40]!r}", ticket)
        place = standing.queue_position
        return Standing(state=state, position=place + 1 if place is not None and place >= 0 else None)

    async def outcome(self, ticket: Ticket) -> dict[str, Any] | ProviderError:
        """What an ended job made, or why it made nothing.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        answer = await self._ask(ticket, ticket.endpoint, accept=range(500, 600))
        body = answer.lenient()
        if answer.ok:
            if not isinstance(body, dict):
                raise self._error(Unreachable, "the answer cannot be read", ticket)
            return body
        fault = fault_of(answer)
        if answer.status in (401, 403) or (answer.status >= 500 and not (fault.type or fault.words)):
            raise self._error(Unreachable, self._said(fault.words, answer.status), ticket)
        if answer.status in (404, 410):
            return self._error(Expired, "the vendor no longer has the result", ticket)
        kind = kind_of(answer.status, fault)
        if kind in (NoFunds, BadKey, ModelGone, RateLimited):
            kind = VendorFault
        return self._error(kind, self._said(fault.words, answer.status), ticket, fault.type)

    async def stop(self, ticket: Ticket) -> None:
        """Ask for the end of a job. The answer is a promise at most: look again.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        await self._ask(ticket, str(ticket.data.get("cancel", "")), method="PUT")

    def failed(self, kind: type[E], text: str, ticket: Ticket) -> E:
        """An error about a job."""
        return self._error(kind, text, ticket)

    def _headers(self, model: str) -> dict[str, str]:
        if not self._key:
            raise MissingKey(provider=self.id, model=model, env=self._env)
        return {"Authorization": f"Key {self._key}", "Accept": "application/json"}

    async def _ask(self, ticket: Ticket, path: str, **parts: Any) -> Answer:
        if not self._key or not path.startswith("/"):
            # It says nothing about a job that exists: the hold must stay.
            raise self._error(Unreachable, "no key is set" if path else "no address is known", ticket)
        headers = self._headers(ticket.model)
        return await read(
            self.http, f"{self._base}{path}", provider=self.id, model=ticket.model, headers=headers, **parts
        )

    def _said(self, words: str, status: int) -> str:
        return scrub(words or f"status {status}", [self._key, *self._key.split(":")])

    def _error(self, kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id, vendor_code=code)

    def _refusal(self, answer: Answer) -> ProviderError:
        fault = fault_of(answer)
        kind = kind_of(answer.status, fault)
        if kind is OutputModerated:
            kind = PromptModerated
        return kind(
            self._said(fault.words, answer.status),
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=fault.type,
            env=self._env if kind in (BadKey, NoFunds) else (),
        )


def fault_of(answer: Answer) -> Fault:
    """An error in any of the vendor's forms; a body that is none of them gives no type and no words."""
    body = answer.lenient()
    kind = answer.headers.get("x-fal-error-type", "")
    if not isinstance(body, dict):
        return Fault(type=kind, words=body if isinstance(body, str) else "")
    kind = str(body.get("error_type") or kind)
    detail = body.get("detail", body.get("error", body.get("message", "")))
    if not isinstance(detail, list):
        return Fault(type=kind, words=detail if isinstance(detail, str) else "")
    problems = [problem for problem in detail if isinstance(problem, dict)]
    # One of several decides: a refusal for its content is not mended by another value.
    problems.sort(key=lambda problem: problem.get("type") != "content_policy_violation")
    if not problems:
        return Fault(type=kind)
    first = problems[0]
    place = first.get("loc")
    where = [str(part) for part in place] if isinstance(place, list) else []
    words = str(first.get("msg", ""))
    return Fault(
        type=str(first.get("type") or kind),
        words=f"{where[-1]}: {words}" if len(where) > 1 and words else words,
        ours=len(where) > 1 and where[0] == "body" and not where[1].startswith(("output", "generated")),
    )


def kind_of(status: int, fault: Fault) -> type[ProviderError]:
    """What an error means for credits."""
    if status == STOPPED:
        return VendorFault
    if status in (402, 403) and EMPTY_PURSE.search(fault.words):
        return NoFunds
    listed = TYPES.get(fault.type)
    if listed is OutputModerated and fault.ours:
        return PromptModerated
    if listed is not None:
        return listed
    if status >= 500:
        return VendorFault
    return REFUSALS.get(status, BadRequest)


def _path(url: str, otherwise: str) -> str:
    """The path of an address that the vendor gave, or what it should be."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return otherwise
    return parsed.path if parsed.is_absolute_url and len(parsed.path) > 1 else otherwise


def _life() -> str:
    return json.dumps({"expiration_duration_seconds": LIFE_SECONDS})
