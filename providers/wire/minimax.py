"""What MiniMax's older API shares between picture and sound: key, `base_resp`, error codes, the file store.

Facts from the vendor's own list of error codes (as copied on 2026-07-31) and minimax-mcp 0.0.19, recorded
on the wire; checked 2026-11-22:
1. Every answer is HTTP 200; only `base_resp.status_code` tells whether it went well.
2. A key works at its own region's address only (api.minimax.io, api.minimaxi.com); elsewhere it is wrong.
3. A file is asked for by its id, a text in one answer and a number in the other; its link works for an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from providers.base import ProviderConfig, Ticket
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    NoFunds,
    OutcomeUnknown,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unreachable,
)
from providers.http import Answer, client, read, scrub, submit

A = TypeVar("A", bound="Wire")
E = TypeVar("E", bound=ProviderError)

ENV = ("MINIMAX_API_KEY",)
# A code says why nothing was started; of the vendor's own troubles (the last row) nobody knows.
REFUSALS: Mapping[int, type[ProviderError]] = {
    **dict.fromkeys((1004, 2038, 2049), BadKey),
    **dict.fromkeys((1008, 2056), NoFunds),
    **dict.fromkeys((1002, 1039, 1041, 2045, 1000061, 1500009), RateLimited),
    **dict.fromkeys((1026, 1027, 1500002), PromptModerated),
    **dict.fromkeys((1042, 2013), BadRequest),
    **dict.fromkeys((1000, 1001, 1013, 1024, 1033), OutcomeUnknown),
}
BY_STATUS: Mapping[int, type[ProviderError]] = {401: BadKey, 402: NoFunds, 403: BadKey, 429: RateLimited}
WITHHELD = (1026, 1027, 1500002)
# Asked about a job, these say something about the key, the pace or the vendor, and nothing about the job.
PASSING = frozenset(
    code for code, kind in REFUSALS.items() if kind in (BadKey, NoFunds, RateLimited, OutcomeUnknown)
)
# The limits are counted by the minute, and no answer says how long to wait.
PATIENCE_SECONDS = 15.0
REGION = "a key works only at the address of its own region"


class BaseResp(BaseModel):
    """How it went."""

    model_config = ConfigDict(extra="ignore")

    status_code: int = 0
    status_msg: str | None = ""


class Wire(BaseModel):
    """Only the fields that are used; ids may be numbers or texts."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    base_resp: BaseResp = Field(default_factory=BaseResp)


class File(BaseModel):
    """A file in the vendor's store."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    file_id: str = ""
    download_url: str | None = ""


class _Stored(Wire):
    file: File | None = None


class MinimaxWire:
    """One account's connection."""

    def __init__(self, config: ProviderConfig) -> None:
        """Nothing is sent."""
        self.id = config.id
        self.key = config.keys.get(ENV[0], "")
        self.http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def create(self, path: str, payload: Mapping[str, Any], kind: type[A], *, model: str) -> A:
        """Start a job.

        Raises:
            NotSent, Refused, OutcomeUnknown: as `submit` of the seam.
        """
        headers = self.headers(model)
        answer = await submit(
            self.http, path, provider=self.id, model=model, json=dict(payload), headers=headers
        )
        made = _parsed(answer, kind)
        if made is not None and made.base_resp.status_code == 0 and answer.ok:
            return made
        if made is None and answer.ok:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=model)
        raise self._refusal(answer, made)

    async def look(self, path: str, params: Mapping[str, str], kind: type[A], *, ticket: Ticket) -> A:
        """Ask about a job or a file. Codes that are about the job are left to the caller.

        Raises:
            Unreachable: no usable answer, or one that is about something else.
        """
        if not self.key:
            # It says nothing about a job that exists.
            raise self.error(Unreachable, "no key is set", ticket)
        answer = await read(
            self.http,
            path,
            provider=self.id,
            model=ticket.model,
            params=dict(params),
            headers=self.headers(ticket.model),
        )
        found = _parsed(answer, kind)
        if found is None or not answer.ok:
            raise self.error(Unreachable, f"an answer that cannot be read (status {answer.status})", ticket)
        code = found.base_resp.status_code
        if code in PASSING:
            raise Unreachable(
                self.said(found.base_resp.status_msg),
                provider=self.id,
                model=ticket.model,
                remote_id=ticket.remote_id,
                retry_after=PATIENCE_SECONDS if REFUSALS[code] is RateLimited else None,
                vendor_code=str(code),
            )
        return found

    async def link(self, file_id: str, *, ticket: Ticket) -> str:
        """A fresh link to a file.

        Raises:
            Unreachable: no usable answer.
            Expired: the vendor no longer has it.
        """
        stored = await self.look("/v1/files/retrieve", {"file_id": file_id}, _Stored, ticket=ticket)
        if stored.base_resp.status_code != 0:
            raise self.error(Expired, self.said(stored.base_resp.status_msg), ticket)
        if stored.file is None or not stored.file.download_url:
            raise self.error(Unreachable, "the file has no link", ticket)
        return stored.file.download_url

    def headers(self, model: str) -> dict[str, str]:
        """What every call carries."""
        if not self.key:
            raise MissingKey(f"{ENV[0]} must be set", provider=self.id, model=model, env=ENV)
        return {"Authorization": f"Bearer {self.key}"}

    def said(self, words: str | None) -> str:
        """The vendor's words without the key."""
        return scrub(words or "", [self.key])

    def error(self, kind: type[E], text: str, ticket: Ticket) -> E:
        """An error about a job."""
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id)

    def _refusal(self, answer: Answer, made: Wire | None) -> ProviderError:
        code = made.base_resp.status_code if made is not None else 0
        if code == 0:
            kind = BY_STATUS.get(answer.status, BadRequest)
        else:
            kind = REFUSALS.get(code, OutcomeUnknown if answer.ok else BadRequest)
        said = self.said(made.base_resp.status_msg if made is not None else "") or f"status {answer.status}"
        if kind is BadKey:
            said = f"{said} ({REGION})"
        wait = answer.retry_after
        return kind(
            said,
            provider=self.id,
            model=answer.model,
            retry_after=PATIENCE_SECONDS if wait is None and kind is RateLimited else wait,
            vendor_code=str(code or answer.status),
            env=ENV if kind in (BadKey, NoFunds) else (),
        )


def _parsed(answer: Answer, kind: type[A]) -> A | None:
    try:
        return kind.model_validate_json(answer.body)
    except ValidationError:
        return None
