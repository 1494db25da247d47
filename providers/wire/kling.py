"""What Kling's two API generations share: the envelope of answers, error codes, states, forms of files.

Facts from kling.ai/document-api as stored in September 2026, checked 2026-11-22:
1. Every answer is `{"code", "message", "request_id", "data"}`. The code decides, not the HTTP status: 429
   also stands for an empty account (1100-1102) and for an address that is not on the allow-list (1304).
2. A creation may be named by us (`external_task_id`). The name is unique in an account: a second creation
   under it is refused with 1201 (seen live 2026-09-20, once), and tasks can be asked for by it.
3. A failed task is HTTP 200 with code 0; only its own status and message tell, and no code says why.
4. Base64 of a file is sent bare; a `data:` prefix is refused with 1201.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    CloneRequest,
    Done,
    Failed,
    LipRequest,
    MediaInput,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    SoundRequest,
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
from providers.references import base64_text

E = TypeVar("E", bound=ProviderError)

# Nothing was created under any of these.
ERRORS: Mapping[int, type[Refused]] = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004), BadKey),
    1103: BadKey,  # the key may not use this API or model
    1304: BadKey,  # the machine's address is not on the account's allow-list; waiting does not help
    **dict.fromkeys((1100, 1101, 1102), NoFunds),
    **dict.fromkeys((1200, 1201, 1202), BadRequest),
    1203: ModelGone,
    **dict.fromkeys((1300, 1301), PromptModerated),
    **dict.fromkeys((1302, 1303), RateLimited),  # too fast; too many tasks at once
}
NOT_FOUND = (1201, 1203)
TAKEN = "1201"
# The vendor asks for at least a second after 1302 and 1303 and sends no time of its own.
PATIENCE_SECONDS = 1.0
WITHHELD = re.compile(
    r"risk control|sensitive|moderat|content (policy|security)|violat|审核|风控", re.IGNORECASE
)
MAX_FILE_BYTES = 512 * 2**20
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


class Wire(BaseModel):
    """Only the fields that are used; ids may be numbers or texts."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Envelope(Wire):
    """Around every answer."""

    code: int
    message: str = ""
    data: Any = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a task stands, in either generation.

    Attributes:
        state: "submitted", "processing", "succeeded" or "succeed", "failed".
        message: the vendor's words about a failure.
        url, video_id: of the finished clip.
        units: what was deducted, in the vendor's units; None where it does not say.
    """

    state: str
    message: str = ""
    url: str = ""
    video_id: str = ""
    units: Decimal | None = None


class KlingWire:
    """One account's connection."""

    def __init__(
        self, config: ProviderConfig, *, env: tuple[str, ...], token: Callable[[Mapping[str, str]], str]
    ) -> None:
        """Nothing is sent.

        Args:
            config: address and keys.
            env: the variables that must be set.
            token: makes the bearer token of one call from the keys.
        """
        self.id = config.id
        self._env = env
        self._keys = {name: key for name, key in config.keys.items() if key}
        self._token = token
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create(self, path: str, payload: Mapping[str, Any], *, model: str) -> Any:
        """Start a task; returns `data`.

        Raises:
            NotSent, Refused, OutcomeUnknown: as `submit` of the seam.
        """
        headers = self._headers()
        answer = await submit(
            self._http, path, provider=self.id, model=model, json=dict(payload), headers=headers
        )
        envelope = self._envelope(answer)
        if envelope is None and answer.ok:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=model)
        if envelope is not None and envelope.code == 0 and answer.ok:
            return envelope.data
        raise self._refusal(answer, envelope)

    async def look(
        self,
        path: str,
        *,
        model: str,
        params: Mapping[str, str] | None = None,
        payload: Mapping[str, str] | None = None,
    ) -> Any | None:
        """Ask about tasks, or with a `payload` delete something.

        Returns:
            `data`, or None if the vendor says that there is no such thing.

        Raises:
            Unreachable: no usable answer.
        """
        try:
            headers = self._headers()
        except MissingKey:
            # It says nothing about a task that exists.
            raise Unreachable("no key is set", provider=self.id, model=model) from None
        body: dict[str, Any] = {} if payload is None else {"method": "POST", "json": dict(payload)}
        answer = await read(
            self._http,
            path,
            provider=self.id,
            model=model,
            params=dict(params or {}),
            headers=headers,
            **body,
        )
        envelope = self._envelope(answer)
        if envelope is None:
            raise Unreachable("the answer cannot be read", provider=self.id, model=model)
        if envelope.code in NOT_FOUND:
            return None
        if envelope.code != 0 or not answer.ok:
            raise Unreachable(
                self._said(envelope.message), provider=self.id, model=model, vendor_code=str(envelope.code)
            )
        return envelope.data

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the links work without the key."""
        asset = await download(
            self._http,
            done.url,
            into,
            provider=self.id,
            model=done.ticket.model,
            max_bytes=MAX_FILE_BYTES,
        )
        if asset.mime.startswith(("text/", "image/", "application/json")):
            await asyncio.to_thread(into.unlink)
            raise self.error(Unreachable, f"no clip behind the link but {asset.mime}", done.ticket)
        facts = {"units": str(done.data["units"])} if "units" in done.data else {}
        return Asset(path=asset.path, mime=asset.mime, size_bytes=asset.size_bytes, facts=facts)

    def progress(self, standing: Standing, ticket: Ticket) -> Progress:
        """A task's standing in our words.

        Raises:
            Unreachable: a state nobody knows, or a success without a link.
        """
        match standing.state:
            case "submitted":
                return Queued()
            case "processing":
                return Running()
            case "succeeded" | "succeed" if standing.url:
                return Done(
                    ticket=ticket,
                    url=standing.url,
                    cost_usd=_cost(standing.units, ticket),
                    data=_facts(standing),
                )
            case "succeeded" | "succeed":
                raise self.error(Unreachable, "finished without a link", ticket)
            case "failed":
                words = self._said(standing.message)
                kind = OutputModerated if WITHHELD.search(words) else VendorFault
                return Failed(error=self.error(kind, words, ticket), billed=True if standing.units else None)
        raise self.error(Unreachable, f"an unknown state {self._said(standing.state)[:40]!r}", ticket)

    def forgotten(self, ticket: Ticket) -> Failed:
        """The vendor does not know the task."""
        return Failed(error=self.error(Expired, "the vendor does not know this job", ticket))

    def error(self, kind: type[E], text: str, ticket: Ticket) -> E:
        """An error about a task."""
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id)

    def unreadable(self, kind: type[E], model: str) -> E:
        """The answer was accepted and has not the form that is documented."""
        return kind("the answer cannot be read", provider=self.id, model=model)

    def _headers(self) -> dict[str, str]:
        missing = tuple(name for name in self._env if name not in self._keys)
        if missing:
            raise MissingKey(f"{' and '.join(missing)} must be set", provider=self.id, env=missing)
        return {"Authorization": f"Bearer {self._token(self._keys)}"}

    def _said(self, text: str) -> str:
        return TOKEN.sub("[key]", scrub(text, self._keys.values()))

    def _envelope(self, answer: Answer) -> Envelope | None:
        try:
            return Envelope.model_validate_json(answer.body)
        except ValidationError:
            return None

    def _refusal(self, answer: Answer, envelope: Envelope | None) -> ProviderError:
        code = envelope.code if envelope is not None else 0
        by_status: type[Refused] = RateLimited if answer.status == 429 else BadRequest
        kind: type[ProviderError] = ERRORS.get(code, by_status)
        if code not in ERRORS and answer.ok:
            kind = OutcomeUnknown
        wait = answer.retry_after
        return kind(
            self._said(envelope.message if envelope is not None else f"status {answer.status}"),
            provider=self.id,
            model=answer.model,
            retry_after=PATIENCE_SECONDS if wait is None and kind is RateLimited else wait,
            vendor_code=str(code or answer.status),
            env=self._env if kind in (BadKey, NoFunds) else (),
        )


async def file_text(item: MediaInput, *, max_bytes: int) -> str:
    """A file as the vendor takes it: a picture as our link to it or bare Base64, a clip by link only.

    Raises:
        NotSent: it cannot be read, or is too large.
        Unsupported: a recording, or a clip for which we have no public address.
    """
    if item.kind == "audio":
        raise Unsupported("the vendor takes no recordings")
    if item.kind == "video" and not item.url:
        raise Unsupported("the vendor must fetch the clip from a public address, and there is none")
    return item.url or await base64_text(item, max_bytes=max_bytes)


def ticket_data(request: VideoRequest | SoundRequest | LipRequest | CloneRequest) -> dict[str, str | int]:
    """What reading the vendor's bill needs later: the list price of a unit."""
    unit = request.options.get("unit_usd")
    return {"unit_usd": unit} if isinstance(unit, str) else {}


def _cost(units: Decimal | None, ticket: Ticket) -> Decimal | None:
    unit = ticket.data.get("unit_usd")
    return units * Decimal(unit) if units is not None and isinstance(unit, str) else None


def _facts(standing: Standing) -> dict[str, str | int]:
    facts: dict[str, str | int] = {"video_id": standing.video_id} if standing.video_id else {}
    return facts | ({"units": str(standing.units)} if standing.units is not None else {})
