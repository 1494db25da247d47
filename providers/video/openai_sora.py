"""Services that speak like the Sora API: `/v1/videos`, its state, its content. The address is the operator's.

Docs: openai-openapi of 2026-08-21, SDK openai 3.54.0 as recorded; checked 2026-11-22. The maker's own service
was shut down on 2026-09-24 and is not used; gateways still speak its language. Quirks:
1. `seconds` is a text; a number is refused. `size` is width x height, and a first frame has exactly that.
2. Words are sent as JSON, a first frame as a form with a file.
3. A job that failed is HTTP 200 with `status: failed` and a code of its own.
4. The clip is content behind the key and lives for an hour. Sound is always made and has no switch.
5. Edits and extensions name an earlier job of the same service. Nothing stops a job or repeats one safely.

The operator's switches: `…__OPTIONS__FORM=multipart` sends forms only, `…__OPTIONS__EDIT=remix` changes clips
in the older way. Another size is an option of a model in the catalogue: `"size 720p 16:9" = "1280x704"`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

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
from providers.references import form_part
from providers.wire.naming import said_with

E = TypeVar("E", bound=ProviderError)

MAX_IMAGE_BYTES = 20_000_000
NO_CLIP = ("text/", "image/", "application/json")
STATUS: Mapping[str, Literal["queued", "running", "done", "failed", "gone"]] = {
    "queued": "queued",
    "in_progress": "running",
    "completed": "done",
    "failed": "failed",
    "expired": "gone",
}
BY_CODE: Mapping[str, type[ProviderError]] = {
    "insufficient_quota": NoFunds,
    "billing_hard_limit_reached": NoFunds,
    "moderation_blocked": PromptModerated,
    "content_policy_violation": PromptModerated,
    "model_not_found": ModelGone,
    "invalid_api_key": BadKey,
    "rate_limit_exceeded": RateLimited,
}
BY_STATUS: Mapping[int, type[ProviderError]] = {
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    410: ModelGone,
    429: RateLimited,
}
WITHHELD = re.compile(r"moderat|content.polic|safety|sensitive", re.IGNORECASE)


class Wire(BaseModel):
    """Only the fields that are used; gateways leave many out."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Error(Wire):
    code: str | None = ""
    message: str | None = ""


class _Video(Wire):
    id: str = ""
    status: str = ""
    progress: float | None = None
    error: _Error | None = None


class _Refused(Wire):
    error: _Error


class OpenaiSora:
    """The three steps."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent. The key is whatever the provider's entry names."""
        self.id = config.id
        self._env = tuple(config.keys)
        self._key = next(iter(config.keys.values()), "")
        self._base = config.base_url.rstrip("/")
        self._forms_only = config.options.get("form") == "multipart"
        self._remixes = config.options.get("edit") == "remix"
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the API has no header for such a thing."""
        try:
            path, fields = build_call(request, provider=self.id, remixes=self._remixes)
            parts = await self._parts(fields, request.with_role("first-frame"))
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        answer = await submit(
            self._http,
            f"{self._base}{path}",
            provider=self.id,
            model=request.model,
            headers=self._headers(request.model),
            **parts,
        )
        if not answer.ok:
            raise self._refusal(answer)
        video = _video(answer)
        if video is None or not video.id:
            raise OutcomeUnknown("the answer names no job", provider=self.id, model=request.model)
        return Ticket(provider=self.id, model=request.model, remote_id=video.id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        answer = await read(
            self._http,
            self._place(ticket),
            provider=self.id,
            model=ticket.model,
            headers=self._kept(ticket),
        )
        if answer.status in (404, 410):
            return Failed(error=self._error(Expired, "the vendor does not know this job", ticket))
        video = _video(answer)
        if video is None or not answer.ok:
            raise self._error(Unreachable, f"an answer that cannot be read (status {answer.status})", ticket)
        match STATUS.get(video.status):
            case "queued":
                return Queued()
            case "running":
                known = video.progress is not None and 0 < video.progress <= 100
                return Running(fraction=video.progress / 100 if known and video.progress else None)
            case "done":
                return Done(ticket=ticket, url=f"{self._place(ticket)}/content")
            case "gone":
                return Failed(error=self._error(Expired, "the job is no longer kept", ticket))
            case "failed":
                why = video.error or _Error()
                said = self._said(why.message) or why.code or "failed"
                withheld = BY_CODE.get(why.code or "") is PromptModerated or WITHHELD.search(said)
                return Failed(error=self._error(OutputModerated if withheld else VendorFault, said, ticket))
            case None:
                raise self._error(Unreachable, f"an unknown state {video.status[:40]!r}", ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the key goes to the configured address only."""
        ticket = done.ticket
        asset = await download(
            self._http, done.url, into, provider=self.id, model=ticket.model, headers=self._kept(ticket)
        )
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no clip but {asset.mime}", ticket)
        return asset

    async def _parts(self, fields: dict[str, Any], frames: tuple[MediaInput, ...]) -> dict[str, Any]:
        """JSON, or a form where there is a file or the service takes nothing else."""
        if not frames and (not self._forms_only or "video" in fields):
            return {"json": fields}
        # A form without a file would be sent urlencoded if its texts were not parts as well.
        files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        for item in frames:
            files["input_reference"] = await form_part(item, max_bytes=MAX_IMAGE_BYTES)
        return {"files": files}

    def _place(self, ticket: Ticket) -> str:
        return f"{self._base}/videos/{quote(ticket.remote_id, safe='')}"

    def _headers(self, model: str) -> dict[str, str]:
        if not self._key:
            raise MissingKey(provider=self.id, model=model, env=self._env)
        return {"Authorization": f"Bearer {self._key}"}

    def _kept(self, ticket: Ticket) -> dict[str, str]:
        """The key for a job that exists; without one nothing is known about it."""
        if not self._key:
            raise self._error(Unreachable, "no key is set", ticket)
        return self._headers(ticket.model)

    def _said(self, words: str | None) -> str:
        return scrub(words or "", [self._key])

    def _error(self, kind: type[E], text: str, ticket: Ticket) -> E:
        return kind(text, provider=self.id, model=ticket.model, remote_id=ticket.remote_id)

    def _refusal(self, answer: Answer) -> ProviderError:
        try:
            why = _Refused.model_validate_json(answer.body).error
        except ValidationError:
            why = _Error()
        said, code = self._said(why.message), why.code or ""
        kind = BY_CODE.get(code) or BY_STATUS.get(answer.status) or BadRequest
        if kind is BadRequest and WITHHELD.search(said):
            kind = PromptModerated
        return kind(
            said or f"status {answer.status}",
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=code or str(answer.status),
            env=self._env if kind in (BadKey, NoFunds) else (),
        )


def build_call(request: VideoRequest, *, provider: str, remixes: bool) -> tuple[str, dict[str, Any]]:
    """Where a request goes, and its fields without files.

    Args:
        request: the normalised request.
        provider: our id of the service: only its own clips can be changed or extended.
        remixes: whether the service changes clips in the older way.

    Raises:
        Unsupported: the API has no word for it.
    """
    if not request.sound or request.shots or request.negative or request.seed is not None:
        raise Unsupported("one shot with sound is made here, without seed or negative prompt")
    words = said_with(request.prompt, {item.name: item.name for item in request.media})
    if request.mode in ("edit", "extend"):
        source = _source(request, provider)
        if request.mode == "extend":
            # The seconds of the new part; the whole clip comes back.
            return "/videos/extensions", {
                "prompt": words,
                "seconds": str(request.seconds),
                "video": {"id": source},
            }
        if remixes:
            return f"/videos/{quote(source, safe='')}/remix", {"prompt": words}
        return "/videos/edits", {"prompt": words, "video": {"id": source}}
    if request.mode not in ("text", "first-frame") or len(request.media) != (request.mode == "first-frame"):
        raise Unsupported("a clip is made from words, or from words and a first frame")
    size = size_of(request)
    for item in request.with_role("first-frame"):
        if item.width and f"{item.width}x{item.height}" != size:
            raise Unsupported(f"the first frame must have exactly {size} pixels")
    return "/videos", {
        "model": request.api_name,
        "prompt": words,
        "seconds": str(request.seconds),
        "size": size,
    }


def size_of(request: VideoRequest) -> str:
    """Width x height, as the operator's catalogue says it or worked out."""
    stated = request.options.get(f"size {request.resolution} {request.aspect}")
    if isinstance(stated, str):
        return stated
    short, pair = request.resolution.removesuffix("p"), request.aspect.split(":")
    if not short.isdigit() or len(pair) != 2 or not all(side.isdigit() for side in pair):
        raise Unsupported(f"no size is known for {request.resolution} {request.aspect}")
    wide, high = (int(side) for side in pair)
    long = round(int(short) * max(wide, high) / min(wide, high) / 2) * 2
    return f"{long}x{short}" if wide >= high else f"{short}x{long}"


def _source(request: VideoRequest, provider: str) -> str:
    for item in request.with_role("source-video"):
        if item.made is not None and item.made.provider == provider:
            return item.made.remote_id
    raise Unsupported("only a clip made here can be changed or extended here")


def _video(answer: Answer) -> _Video | None:
    try:
        return _Video.model_validate_json(answer.body)
    except ValidationError:
        return None
