"""Tasks of Alibaba's DashScope (Model Studio): start, look at, stop, list; its file store and its errors.

Docs, checked 2026-11-22: help.aliyun.com/zh/model-studio (video synthesis, asynchronous tasks, error codes);
dashscope 2.0.2 recorded on the wire. It knows nothing of what a task makes: payloads are the adapter's.
Quirks:
1. Failures and unknown tasks are HTTP 200; the code is inside `output`. Errors of a submit are at the top.
2. UNKNOWN stands for a task of another key or one older than 24 hours: it never comes back.
3. A file store lends its address for one file and one model; what lies there is called `oss://…` and is read
   only if the header `X-DashScope-OssResourceResolve` comes along. The form's file must be its last part.
4. Stopping works while a task waits, and answers 400 afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import MediaInput, ProviderConfig, Ticket
from providers.errors import (
    BadKey,
    BadRequest,
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
from providers.http import Answer, client, read, scrub, submit, upload
from providers.references import file_name, plain_mime, read_bytes

E = TypeVar("E", bound=ProviderError)

SUBMIT = "/services/aigc/video-generation/video-synthesis"
STORED = "oss://"
RESOLVE = "X-DashScope-OssResourceResolve"
LIST_PAGE = 100
MAX_FILE_BYTES = 100_000_000

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "unknown"]
STATUS: Mapping[str, State] = {
    "PENDING": "queued",
    "SUSPENDED": "queued",
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "CANCELED": "cancelled",
    "UNKNOWN": "unknown",
}
# The whole code counts before its part in front of the first dot.
ERRORS: Mapping[str, type[ProviderError]] = {
    "InvalidApiKey": BadKey,
    "AccessDenied": BadKey,
    "Workspace.AccessDenied": BadKey,
    "Model.AccessDenied": BadKey,
    "Arrearage": NoFunds,
    "AllocationQuota": NoFunds,
    "Throttling.AllocationQuota": NoFunds,
    "Throttling": RateLimited,
    "ModelNotFound": ModelGone,
    # It means that the vendor could not fetch a link, whatever its name says.
    "InvalidParameter.DataInspection": BadRequest,
    "InvalidParameter": BadRequest,
    "InvalidURL": BadRequest,
    "InvalidImage": BadRequest,
    "InvalidVideo": BadRequest,
    "BadRequest": BadRequest,
    "UnsupportedOperation": BadRequest,
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
WITHHELD = ("DataInspectionFailed", "IPInfringementSuspect")
NO_MODEL = re.compile(r"model\b.*\bnot (exist|found)", re.IGNORECASE)


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Fault(Wire):
    """What went wrong, in the vendor's words."""

    code: str = ""
    message: str = ""


class Task(Wire):
    """A task; what is only told must not keep a clip back."""

    task_id: str = ""
    task_status: str = ""
    video_url: str | None = None
    orig_prompt: Any = None
    code: str | None = None
    message: str | None = None

    @property
    def state(self) -> State | None:
        """How it stands; None for a word that is not known."""
        return STATUS.get(self.task_status.upper())


class _Answer(Wire):
    output: Task
    usage: Any = None


class Listed(Wire):
    """A task in the account's list. `gmt_create`: milliseconds since 1970."""

    task_id: str
    model_name: str = ""
    gmt_create: int | None = None


class _Page(Wire):
    data: list[Listed] = []


class _Policy(Wire):
    policy: str
    signature: str
    upload_dir: str
    upload_host: str
    oss_access_key_id: str
    x_oss_object_acl: str
    x_oss_forbid_overwrite: str


class _Lent(Wire):
    data: _Policy


class DashScope:
    """The calls for one account."""

    def __init__(self, config: ProviderConfig, *, env: tuple[str, ...]) -> None:
        """Read the configuration; nothing is sent. `env`: the key's variable."""
        self.id = config.id
        self.http = client(config)
        self._env = env
        self._key = config.keys.get(env[0], "")
        self._base = config.base_url.rstrip("/")

    async def create(self, payload: Mapping[str, Any], *, model: str, stored: bool) -> Ticket:
        """Start a task, once. `stored`: some file lies in the vendor's store.

        Raises:
            NotSent, Refused, OutcomeUnknown: as in the seam.
        """
        headers = self._headers(model) | {"X-DashScope-Async": "enable"}
        if stored:
            headers[RESOLVE] = "enable"
        answer = await submit(
            self.http, f"{self._base}{SUBMIT}", provider=self.id, model=model, json=payload, headers=headers
        )
        if not answer.ok:
            raise self._refusal(answer)
        try:
            task = _Answer.model_validate_json(answer.body).output
        except ValidationError:
            task = Task()
        if not task.task_id:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=model)
        return Ticket(provider=self.id, model=model, remote_id=task.task_id)

    async def look(self, ticket: Ticket) -> tuple[Task, Mapping[str, Decimal]]:
        """The task as it stands, and what was counted for it.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        answer = await self._ask(ticket)
        if not answer.ok:
            fault = read_fault(answer)
            words = self.said(fault.message) or f"status {answer.status}"
            raise self.error(Unreachable, words, ticket, fault.code)
        try:
            told = _Answer.model_validate_json(answer.body)
        except ValidationError:
            raise self.error(Unreachable, "the answer cannot be read", ticket) from None
        return told.output, counted(told.usage)

    async def stop(self, ticket: Ticket) -> None:
        """Ask for the end of a task that waits. The answer does not settle it: look again.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        await self._ask(ticket, "/cancel", method="POST")

    async def recent(self, api_name: str, *, model: str) -> list[Listed]:
        """The account's newest tasks of a model, in one question.

        Raises:
            Unreachable: no usable answer, or no key.
        """
        if not self._key:
            raise Unreachable("no key is set", provider=self.id, model=model)
        query = {"page_no": 1, "page_size": LIST_PAGE, "model_name": api_name}
        answer = await read(
            self.http,
            f"{self._base}/tasks",
            provider=self.id,
            model=model,
            params=query,
            headers=self._headers(model),
        )
        try:
            found = _Page.model_validate_json(answer.body if answer.ok else b"").data
        except ValidationError:
            raise Unreachable("the list cannot be read", provider=self.id, model=model) from None
        return [task for task in found if task.model_name in ("", api_name)]

    async def store(self, item: MediaInput, api_name: str, *, model: str) -> str:
        """Put a file into the vendor's store, for this model; returns its `oss://` address.

        Raises:
            NotSent, Refused: nothing was started.
        """
        body, name = await read_bytes(item, max_bytes=MAX_FILE_BYTES), file_name(item)
        answer = await upload(
            self.http,
            f"{self._base}/uploads",
            provider=self.id,
            model=model,
            method="GET",
            params={"action": "getPolicy", "model": api_name},
            headers=self._headers(model),
        )
        if not answer.ok:
            refused = self._refusal(answer)
            raise refused if isinstance(refused, Refused) else NotSent("the file store gave no address")
        try:
            lent = _Lent.model_validate_json(answer.body).data
        except ValidationError:
            raise NotSent("the file store's answer cannot be read") from None
        key = f"{lent.upload_dir}/{name}"
        # The address is signed by its form: it gets no key.
        put = await upload(
            self.http,
            lent.upload_host,
            provider=self.id,
            model=model,
            data={
                "OSSAccessKeyId": lent.oss_access_key_id,
                "Signature": lent.signature,
                "policy": lent.policy,
                "key": key,
                "x-oss-object-acl": lent.x_oss_object_acl,
                "x-oss-forbid-overwrite": lent.x_oss_forbid_overwrite,
                "success_action_status": "200",
                "x-oss-content-type": plain_mime(item),
            },
            files={"file": (name, body, plain_mime(item))},
        )
        if not put.ok:
            raise NotSent(f"the file store answered {put.status}")
        return STORED + key

    def said(self, words: str | None) -> str:
        """The vendor's words, free of keys and signed links."""
        return scrub(words or "", [self._key])

    def error(self, kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
        """An error about a task."""
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id, vendor_code=code)

    def _headers(self, model: str) -> dict[str, str]:
        if not self._key:
            raise MissingKey(provider=self.id, model=model, env=self._env)
        return {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}

    async def _ask(self, ticket: Ticket, what: str = "", **parts: Any) -> Answer:
        if not self._key:
            # It says nothing about a job that exists: the hold must stay.
            raise self.error(Unreachable, "no key is set", ticket)
        url, headers = f"{self._base}/tasks/{ticket.remote_id}{what}", self._headers(ticket.model)
        return await read(self.http, url, provider=self.id, model=ticket.model, headers=headers, **parts)

    def _refusal(self, answer: Answer) -> ProviderError:
        fault = read_fault(answer)
        kind = kind_of(answer.status, fault.code, fault.message)
        return kind(
            self.said(fault.message) or f"status {answer.status}",
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=fault.code,
            env=self._env if kind in (BadKey, NoFunds) else (),
        )


def kind_of(status: int, code: str, message: str) -> type[ProviderError]:
    """What an error means for credits; `status` is 0 for a task that was started and failed."""
    if code in WITHHELD:
        return PromptModerated if status or "input" in message.lower() else OutputModerated
    if NO_MODEL.search(message):
        return ModelGone if status else VendorFault
    listed = ERRORS.get(code) or ERRORS.get(code.partition(".")[0])
    if not status:
        return BadRequest if listed is BadRequest else VendorFault
    return listed or REFUSALS.get(status, OutcomeUnknown)


def read_fault(answer: Answer) -> Fault:
    """Code and words of an error, as far as they can be read."""
    try:
        return Fault.model_validate_json(answer.body)
    except ValidationError:
        return Fault()


def counted(usage: Any) -> dict[str, Decimal]:
    """Seconds that are billed, by the unit of the price list; nothing where they are not told apart."""
    if not isinstance(usage, dict):
        return {}
    made, given = usage.get("output_video_duration"), usage.get("input_video_duration", 0)
    if not _number(made) or not _number(given):
        return {}
    return {"second": Decimal(str(made)), "input_second": Decimal(str(given))}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
