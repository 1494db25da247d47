"""Tasks of ByteDance's Ark (BytePlus ModelArk, Volcengine Ark): create, look at, delete, list; its errors.

Docs, checked 2026-11-22: docs.volcengine.com/docs/82379/1521309 (get), 1521675 (list), 1521720 (delete),
1299023 (errors). It knows nothing of what a task makes: payloads are the adapter's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import ProviderConfig, Ticket
from providers.errors import (
    BadKey,
    BadRequest,
    MissingKey,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    SoundModerated,
    Unreachable,
    VendorFault,
)
from providers.http import Answer, client, read, scrub, submit

E = TypeVar("E", bound=ProviderError)

LIST_PAGE = 500

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired"]
STATUS: Mapping[str, State] = {
    "queued": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "expired": "expired",
}
# Codes that say more than their HTTP status. The whole code counts before its part in front of the first dot.
ERRORS: Mapping[str, type[ProviderError]] = {
    "AuthenticationError": BadKey,
    "InvalidAccountStatus": BadKey,
    "AccessDenied": BadKey,
    "AccountOverdueError": NoFunds,
    "OperationDenied": BadKey,
    "OperationDenied.ServiceOverdue": NoFunds,
    # The account has to activate the model or may only use endpoints: the model itself is there.
    "ModelNotOpen": BadKey,
    "UnsupportedModel": BadKey,
    "InvalidEndpointOrModel.ModelIDAccessDisabled": BadKey,
    "InvalidEndpointOrModel": ModelGone,
    "InvalidEndpoint": ModelGone,
    "SetLimitExceeded": NoFunds,
    "InvalidParameter": BadRequest,
    "MissingParameter": BadRequest,
    "InvalidImageURL": BadRequest,
}
REFUSALS: Mapping[int, type[ProviderError]] = {
    400: BadRequest,
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    413: BadRequest,
    422: BadRequest,
    429: RateLimited,
}
MODERATED = re.compile(r"(Input|Output)?\w*(SensitiveContentDetected|RiskDetection)\b")
# One 429 means a full queue or an allowance that is used up; only the words tell.
ALLOWANCE = re.compile(r"free trial|5-hour|five-hour|weekly|monthly", re.IGNORECASE)


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Fault(Wire):
    """What went wrong, in the vendor's words."""

    code: str | None = None
    message: str | None = None


class Content(Wire):
    """What a finished task made."""

    video_url: str | None = None


class Task(Wire):
    """A task. Everything but id and status may be missing, and what is only told must not keep a clip back.

    Attributes:
        id, status, content: what is needed.
        error, usage, safety_identifier, seed, resolution, ratio, duration: told, in whatever form.
        created_at: Unix seconds.
    """

    id: str
    status: str
    content: Content | None = None
    created_at: float | None = None
    error: Any = None
    usage: Any = None
    safety_identifier: Any = None
    seed: Any = None
    resolution: Any = None
    ratio: Any = None
    duration: Any = None

    @property
    def state(self) -> State | None:
        """How it stands; None for a word that is not known."""
        return STATUS.get(self.status.lower())

    @property
    def counted(self) -> dict[str, Decimal]:
        """What is billed, by the unit of the price list."""
        usage = self.usage if isinstance(self.usage, dict) else {}
        tokens = usage.get("completion_tokens")
        return {"million_tokens": Decimal(tokens) / 1_000_000} if type(tokens) is int and tokens > 0 else {}

    @property
    def facts(self) -> dict[str, str | int]:
        """What is worth knowing about a finished task, as far as it is a text or a whole number."""
        usage = self.usage if isinstance(self.usage, dict) else {}
        told = {name: getattr(self, name) for name in ("seed", "resolution", "ratio", "duration")}
        told["completion_tokens"] = usage.get("completion_tokens")
        return {name: value for name, value in told.items() if isinstance(value, str | int)}


class _Accepted(Wire):
    id: str


class _Page(Wire):
    items: list[Task] = []


class ArkTasks:
    """The four calls for one account."""

    def __init__(self, config: ProviderConfig, *, env: tuple[str, ...]) -> None:
        """Read the configuration; nothing is sent. `env`: the key's variable."""
        self.id = config.id
        self.http = client(config)
        self._env = env
        self._key = config.keys.get(env[0], "")
        self._url = f"{config.base_url.rstrip('/')}/contents/generations/tasks"

    async def create(self, payload: Mapping[str, Any], *, model: str) -> Ticket:
        """Start a task, once.

        Raises:
            NotSent, Refused, OutcomeUnknown: as in the seam.
        """
        if not self._key:
            raise MissingKey(provider=self.id, model=model, env=self._env)
        headers = self._headers()
        answer = await submit(
            self.http, self._url, provider=self.id, model=model, json=payload, headers=headers
        )
        if not answer.ok:
            raise self._refusal(answer)
        try:
            accepted = _Accepted.model_validate_json(answer.body)
        except ValidationError:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=model) from None
        return Ticket(provider=self.id, model=model, remote_id=accepted.id)

    async def look(self, ticket: Ticket) -> Task | None:
        """The task as it stands; None if the vendor no longer has it.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        answer = await self._ask(ticket)
        if answer.ok:
            try:
                return Task.model_validate_json(answer.body)
            except ValidationError:
                raise self.error(Unreachable, "the answer cannot be read", ticket) from None
        fault = read_fault(answer.lenient())
        # The code of an unknown task is not documented; those about keys and models mean something else.
        if answer.status == 404 and fault.code and _listed(fault.code) is None:
            return None
        raise self.error(Unreachable, self.said(fault, answer.status), ticket, fault.code)

    async def delete(self, ticket: Ticket) -> None:
        """Ask for the end of a task. The answer does not tell what happened: look again.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        await self._ask(ticket, method="DELETE", json={})

    async def recent(self, *, model: str) -> list[Task]:
        """The account's newest tasks, in one question.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        if not self._key:
            raise Unreachable("no key is set", provider=self.id, model=model)
        query, headers = {"page_num": 1, "page_size": LIST_PAGE}, self._headers()
        answer = await read(
            self.http, self._url, provider=self.id, model=model, params=query, headers=headers
        )
        try:
            return _Page.model_validate_json(answer.body if answer.ok else b"").items
        except ValidationError:
            raise Unreachable("the list cannot be read", provider=self.id, model=model) from None

    def said(self, fault: Fault, status: int = 0) -> str:
        """The vendor's words, free of keys and signed links."""
        return scrub(fault.message or (f"status {status}" if status else ""), [self._key])

    def error(self, kind: type[E], text: str, ticket: Ticket, code: str | None = "") -> E:
        """An error about a task."""
        return kind(
            text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id, vendor_code=code or ""
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}

    async def _ask(self, ticket: Ticket, **parts: Any) -> Answer:
        if not self._key:
            # It says nothing about a job that exists: the hold must stay.
            raise self.error(Unreachable, "no key is set", ticket)
        url, headers = f"{self._url}/{ticket.remote_id}", self._headers()
        return await read(self.http, url, provider=self.id, model=ticket.model, headers=headers, **parts)

    def _refusal(self, answer: Answer) -> ProviderError:
        fault = read_fault(answer.lenient())
        kind = kind_of(answer.status, fault.code or "", fault.message or "")
        return kind(
            self.said(fault, answer.status),
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=fault.code or "",
            env=self._env if kind in (BadKey, NoFunds) else (),
        )


def kind_of(status: int, code: str, message: str) -> type[ProviderError]:
    """What an error means for credits; `status` is 0 for a task that was started and failed."""
    moderated = MODERATED.match(code)
    if moderated:
        if status or moderated[1] != "Output":
            return PromptModerated
        return SoundModerated if code.startswith("OutputAudio") else OutputModerated
    if code.partition(".")[0] == "QuotaExceeded" and ALLOWANCE.search(message):
        return NoFunds
    listed = _listed(code)
    if listed is not None:
        return listed
    if not status:
        return BadRequest if code.startswith("InvalidArgumentError") else VendorFault
    return REFUSALS.get(status, OutcomeUnknown)


def read_fault(body: Any) -> Fault:
    """Code and words of an error, nested in `error` or flat, as far as they can be read."""
    if isinstance(body, dict):
        try:
            return Fault.model_validate(body.get("error") or body)
        except ValidationError:
            return Fault()
    return Fault()


def _listed(code: str) -> type[ProviderError] | None:
    return ERRORS.get(code) or ERRORS.get(code.partition(".")[0])
