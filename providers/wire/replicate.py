"""Replicate's transport: predictions that are made, asked about, stopped and listed, and files handed over.

Docs, checked 2026-11-22: replicate.com/docs/reference/http and …/topics/predictions; SDK replicate 1.0.7,
recorded on the wire. Shared by whatever is made there. It knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from urllib.parse import quote

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
    PromptModerated,
    ProviderError,
    RateLimited,
    Refused,
    Unreachable,
)
from providers.http import Answer, client, read, scrub, submit, upload
from providers.references import form_part

E = TypeVar("E", bound=ProviderError)

MAX_FILE_BYTES = 100_000_000
REFUSALS: Mapping[int, type[ProviderError]] = {
    400: BadRequest,
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    422: BadRequest,
    429: RateLimited,
}
STATES: Mapping[str, Literal["queued", "running", "done", "failed", "stopped"]] = {
    "starting": "queued",
    "processing": "running",
    "succeeded": "done",
    "failed": "failed",
    "canceled": "stopped",
    "cancelled": "stopped",
    "aborted": "stopped",
}
WITHHELD = re.compile(r"E005|flagged as sensitive|content polic|moderat|nsfw", re.IGNORECASE)
# "Expected available in 12 seconds." stands in the words where no header says it.
AVAILABLE = re.compile(r"available in (\d+(?:\.\d+)?) ?s", re.IGNORECASE)


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Prediction(Wire):
    """One prediction. `output` is a link or a list of them; everything is deleted after an hour."""

    id: str = ""
    model: str = ""
    status: str = ""
    input: dict[str, Any] = {}
    output: Any = None
    error: Any = None
    data_removed: bool = False
    created_at: str = ""

    @property
    def link(self) -> str:
        """The first output, or ""."""
        outputs = self.output if isinstance(self.output, list) else [self.output]
        return next((one for one in outputs if isinstance(one, str) and one), "")

    @property
    def created_ms(self) -> int:
        """When it was made, in milliseconds since 1970; 0 if that cannot be read."""
        try:
            made = datetime.fromisoformat(self.created_at)
        except ValueError:
            return 0
        return int((made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp() * 1000)


class _List(Wire):
    results: list[Prediction] = []


class _Urls(Wire):
    get: str


class _File(Wire):
    urls: _Urls


class Predictions:
    """One account."""

    def __init__(self, config: ProviderConfig, *, env: tuple[str, ...]) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self.http = client(config)
        self._env = env
        self._key = config.keys.get(env[0], "")
        self._base = config.base_url.rstrip("/")

    async def make(self, model: str, inputs: Mapping[str, Any], *, of: str) -> Prediction:
        """Start a prediction of an official model (`owner/name`), once. `of`: our id, for errors."""
        answer = await submit(
            self.http,
            f"{self._base}/models/{model}/predictions",
            provider=self.id,
            model=of,
            json={"input": dict(inputs)},
            headers=self.headers(of),
        )
        if not answer.ok:
            raise self._refusal(answer)
        made = _parsed(Prediction, answer)
        if made is None or not made.id:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=of)
        return made

    async def look(self, ticket: Ticket) -> Prediction | None:
        """How it stands; None if the vendor does not know it."""
        if not self._key:
            # It says nothing about a job that exists: the hold must stay.
            raise self.error(Unreachable, "no key is set", ticket)
        answer = await read(self.http, self._path(ticket), **self._question(ticket))
        if answer.status in (404, 410):
            return None
        made = _parsed(Prediction, answer) if answer.ok else None
        if made is None:
            kind = RateLimited if answer.status == 429 else Unreachable
            raise self._after(kind, answer, ticket)
        return made

    async def stop(self, ticket: Ticket) -> None:
        """Ask for an end; the next look tells what came of it."""
        await read(self.http, f"{self._path(ticket)}/cancel", method="POST", **self._question(ticket))

    async def recent(self, *, of: str) -> tuple[Prediction, ...]:
        """The newest ones of the account."""
        url = f"{self._base}/predictions"
        answer = await read(self.http, url, provider=self.id, model=of, headers=self.headers(of))
        found = _parsed(_List, answer) if answer.ok else None
        if found is None:
            raise Unreachable("the list cannot be read", provider=self.id, model=of)
        return tuple(found.results)

    async def store(self, item: MediaInput, *, of: str) -> str:
        """Hand a file over; returns the address under which models find it for a day."""
        part = await form_part(item, max_bytes=MAX_FILE_BYTES)
        answer = await upload(
            self.http,
            f"{self._base}/files",
            provider=self.id,
            model=of,
            files={"content": part},
            headers=self.headers(of),
        )
        if not answer.ok:
            refused = self._refusal(answer)
            raise refused if isinstance(refused, Refused) else NotSent("the file was not taken")
        file = _parsed(_File, answer)
        if file is None:
            raise NotSent("the file store's answer cannot be read")
        return file.urls.get

    def headers(self, model: str) -> dict[str, str]:
        """What every call carries."""
        if not self._key:
            raise MissingKey(provider=self.id, model=model, env=self._env)
        return {"Authorization": f"Bearer {self._key}"}

    def said(self, words: object) -> str:
        """The vendor's words without our key."""
        return scrub(str(words or ""), [self._key])

    def error(self, kind: type[E], text: str, ticket: Ticket) -> E:
        """An error about a job."""
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id)

    def _path(self, ticket: Ticket) -> str:
        return f"{self._base}/predictions/{quote(ticket.remote_id, safe='')}"

    def _question(self, ticket: Ticket) -> dict[str, Any]:
        return {"provider": self.id, "model": ticket.model, "headers": self.headers(ticket.model)}

    def _after(self, kind: type[E], answer: Answer, ticket: Ticket) -> E:
        error = self.error(kind, f"status {answer.status}", ticket)
        error.retry_after = answer.retry_after
        return error

    def _refusal(self, answer: Answer) -> ProviderError:
        body = answer.lenient()
        words = self.said((body.get("detail") or body.get("title")) if isinstance(body, dict) else "")
        kind = REFUSALS.get(answer.status, OutcomeUnknown)
        if kind is BadRequest and WITHHELD.search(words):
            kind = PromptModerated
        wait = answer.retry_after
        if not wait and kind is RateLimited and (told := AVAILABLE.search(words)):
            wait = float(told[1])
        return kind(
            words.strip() or f"status {answer.status}",
            provider=self.id,
            model=answer.model,
            retry_after=wait,
            vendor_code=str(answer.status),
            env=self._env if kind in (BadKey, NoFunds) else (),
        )


W = TypeVar("W", bound=Wire)


def _parsed(kind: type[W], answer: Answer) -> W | None:
    try:
        return kind.model_validate_json(answer.body)
    except ValidationError:
        return None


def alike(sent: Mapping[str, Any], listed: Mapping[str, Any], *, but: Sequence[str]) -> bool:
    """Whether a listed input is what was sent, whatever it says in the fields `but`, which hold links."""
    return all(listed.get(name) == value for name, value in sent.items() if name not in but)
