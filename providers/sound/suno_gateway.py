"""Music by a gateway that speaks as sunoapi.org and kie.ai do. Unofficial: Suno's maker has no public API.

Facts are third parties' throughout: the gateways' pages and the client suno-easy 0.2.0, recorded on the wire;
checked 2026-11-22. They close without notice; nothing is sent unless both address and key are set. Quirks:
1. Every answer is HTTP 200; `code` inside tells how it went, and 429 there means that no credits are left.
2. A task makes two songs of one to eight minutes; there is no length to ask for. The first one is enough.
3. An address to call back is required although the task is asked about: one that nobody answers at is given.
4. Asked about a task that is gone, it says "success" with no data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    SoundRequest,
    Ticket,
)
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.http import Answer, client, download, read, scrub, submit

E = TypeVar("E", bound=ProviderError)

ENV = ("SUNO_GATEWAY_URL", "SUNO_GATEWAY_KEY")
NOBODY = "https://example.com/none"
TITLE = "clip score"
OK = 200
CODES: Mapping[int, type[ProviderError]] = {
    400: BadRequest,
    401: BadKey,
    404: BadRequest,
    405: RateLimited,
    413: BadRequest,
    429: NoFunds,
    430: RateLimited,
    455: RateLimited,  # closed for maintenance
    500: OutcomeUnknown,
}
BY_STATUS: Mapping[int, type[ProviderError]] = {401: BadKey, 402: NoFunds, 403: BadKey, 429: RateLimited}
# At most 20 calls in 10 seconds; no answer says how long to wait.
PATIENCE_SECONDS = 10.0
WAITING = ("PENDING",)
WORKING = ("TEXT_SUCCESS", "FIRST_SUCCESS")
DONE = ("SUCCESS",)
ENDS: Mapping[str, type[ProviderError]] = {
    "CREATE_TASK_FAILED": VendorFault,
    "GENERATE_AUDIO_FAILED": VendorFault,
    "CALLBACK_EXCEPTION": VendorFault,
    "SENSITIVE_WORD_ERROR": OutputModerated,
}
NO_SOUND = ("text/", "image/", "application/json", "application/xml")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Envelope(_Wire):
    code: int
    msg: str | None = ""
    data: Any = None


class _Created(_Wire):
    taskId: str


class _Song(_Wire):
    audioUrl: str | None = ""
    sourceAudioUrl: str | None = ""
    duration: float | None = None


class _Made(_Wire):
    sunoData: list[_Song] | None = None


class _Task(_Wire):
    status: str
    response: _Made | None = None
    errorMessage: str | None = ""


class SunoGateway:
    """The three steps."""

    env = ENV

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent. Address and key are both the operator's."""
        self.id = config.id
        self._missing = tuple(name for name in ENV if not config.keys.get(name))
        self._key = config.keys.get(ENV[1], "")
        # A slash in the end keeps the address's own path when a call is put behind it.
        base = (config.base_url or config.keys.get(ENV[0], "")).rstrip("/") + "/"
        self._http = client(replace(config, base_url=base if len(base) > 1 else ""))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Start a job, once. `job_key` is not sent: the gateway knows no such thing."""
        model = request.route
        if self._missing:
            told = f"{' and '.join(self._missing)} must be set"
            raise MissingKey(told, provider=self.id, model=model, env=self._missing)
        try:
            payload = build_payload(request)
        except ProviderError as error:
            error.provider, error.model = self.id, model
            raise
        answer = await submit(
            self._http, "generate", provider=self.id, model=model, json=payload, headers=self._headers()
        )
        envelope = _parsed(answer)
        if envelope is None and answer.ok:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=model)
        if envelope is None or envelope.code != OK or not answer.ok:
            raise self._refusal(answer, envelope)
        try:
            task = _Created.model_validate(envelope.data)
        except ValidationError:
            raise OutcomeUnknown("the answer names no task", provider=self.id, model=model) from None
        return Ticket(provider=self.id, model=model, remote_id=task.taskId)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands; the first song that is there ends it."""
        task = await self._ask(ticket)
        if task is None:
            return Failed(error=self._error(Expired, "the gateway does not know this job", ticket))
        songs = (task.response.sunoData if task.response else None) or []
        links = [song.audioUrl or song.sourceAudioUrl or "" for song in songs]
        url = next((link for link in links if link), "")
        if url and task.status not in WAITING:
            return Done(ticket=ticket, url=url)
        if task.status in WAITING:
            return Queued()
        if task.status in WORKING:
            return Running()
        if task.status in ENDS:
            words = scrub(task.errorMessage or task.status, [self._key])
            return Failed(error=self._error(ENDS[task.status], words, ticket))
        if task.status in DONE:
            raise self._error(Unreachable, "finished without a link", ticket)
        raise self._error(Unreachable, f"an unknown state {scrub(task.status, [self._key])[:40]!r}", ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the song to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_SOUND):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no sound behind the link but {asset.mime}", ticket)
        return asset

    async def _ask(self, ticket: Ticket) -> _Task | None:
        if self._missing:
            # It says nothing about a job that exists.
            raise self._error(Unreachable, "no key is set", ticket)
        answer = await read(
            self._http,
            "generate/record-info",
            provider=self.id,
            model=ticket.model,
            params={"taskId": ticket.remote_id},
            headers=self._headers(),
        )
        envelope = _parsed(answer)
        if envelope is None or not answer.ok:
            raise self._error(Unreachable, f"an answer that cannot be read (status {answer.status})", ticket)
        if envelope.code != OK:
            raise Unreachable(
                scrub(envelope.msg or "", [self._key]),
                provider=self.id,
                model=ticket.model,
                remote_id=ticket.remote_id,
                retry_after=PATIENCE_SECONDS if CODES.get(envelope.code) is RateLimited else None,
                vendor_code=str(envelope.code),
            )
        if envelope.data is None:
            return None
        try:
            return _Task.model_validate(envelope.data)
        except ValidationError:
            raise self._error(Unreachable, "the answer cannot be read", ticket) from None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    def _error(self, kind: type[E], text: str, ticket: Ticket) -> E:
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id)

    def _refusal(self, answer: Answer, envelope: _Envelope | None) -> ProviderError:
        code = envelope.code if envelope is not None else answer.status
        words = (envelope.msg if envelope is not None else "") or f"status {answer.status}"
        table = CODES if answer.ok else BY_STATUS
        kind = table.get(code, OutcomeUnknown if answer.ok else BadRequest)
        if kind is BadRequest and "sensitive" in words.lower():
            kind = PromptModerated
        wait = answer.retry_after
        return kind(
            scrub(words, [self._key]),
            provider=self.id,
            model=answer.model,
            retry_after=PATIENCE_SECONDS if wait is None and kind is RateLimited else wait,
            vendor_code=str(code),
            env=ENV if kind in (BadKey, NoFunds) else (),
        )


def build_payload(request: SoundRequest) -> dict[str, Any]:
    """The request in the gateway's words: a bed without voices in the style that is described.

    Raises:
        Unsupported: it is something else than music.
    """
    if request.kind != "music" or not request.text:
        raise Unsupported("only music that is described in words is made here")
    payload: dict[str, Any] = {
        "customMode": True,
        "instrumental": True,
        "model": request.api_name,
        "callBackUrl": NOBODY,
        "style": request.text,
        "title": TITLE,
    }
    if request.negative:
        payload["negativeTags"] = request.negative
    return payload


def _parsed(answer: Answer) -> _Envelope | None:
    try:
        return _Envelope.model_validate_json(answer.body)
    except ValidationError:
        return None
