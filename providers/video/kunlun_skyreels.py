"""Kunlun's SkyReels V4 by its own API: words, frames, people with their voices; native sound.

Docs, checked 2026-11-22: the reference in a copy of 2026-04-07 (skyreels.ai/dev/document); there is no
SDK. What came later (`resolution`, fast mode) is known from integrators only. Quirks:
1. The key is a field of the request, `api_key`. Questions need none: whoever knows a task's id reads it.
2. The `code` of an answer counts, whatever the HTTP status says; one error form has `detail` instead.
3. The finished state is `success`, or any other with a link: the reference shows `running` beside one.
4. A question goes to the path of the mode that was asked for.
5. `sound` is off where nobody says otherwise; 1080p, 2.5 times the price of 720p, is on. Both are said.
   A server that does not know `resolution` refuses: nothing is sent without it.
6. Files are taken by link only. A picture's tag begins with `@` and must stand in the prompt.
7. A frame decides the aspect and the field is not known there. Links of results may be plain http.
8. There is no key for a job, no list and no way to stop one.

The operator's switches: `TALKREEL_PROVIDERS__KUNLUN_SKYREELS__OPTIONS__PROMPT_OPTIMIZER=1` lets the vendor
rewrite prompts, which it does by default.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    MediaInput,
    Mode,
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
from providers.wire.naming import said_with

E = TypeVar("E", bound=ProviderError)

NO_CLIP = ("text/", "image/", "application/json", "application/xml")
CREDIT_USD = Decimal("0.01")
PATHS: Mapping[Mode, str] = {
    "text": "text2video",
    "first-frame": "image2video",
    "first-last": "image2video",
    "references": "omni-video",
}
REFUSALS: Mapping[int, type[ProviderError]] = {
    400: BadRequest,
    401: BadKey,
    403: BadKey,
    404: ModelGone,
    413: BadRequest,
    422: BadRequest,
    429: RateLimited,
    480: NoFunds,
    481: RateLimited,  # more at once, or faster, than the package allows
    482: PromptModerated,
    500: OutcomeUnknown,
    503: OutcomeUnknown,
}
# What ends a task that was started; any other code says nothing about it.
ENDS: Mapping[int, type[ProviderError]] = {422: BadRequest, 482: OutputModerated, 500: VendorFault}
WITHHELD = re.compile(r"moderat|sensitive|securit|polic|violat|nsfw|审核|违规", re.IGNORECASE)


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Made(Wire):
    video_url: str | None = None
    cost_credits: Any = None


class _Told(Wire):
    task_id: str | None = ""
    msg: str | None = ""
    code: int
    status: str | None = ""
    data: _Made | None = None


class KunlunSkyreels:
    """The three steps."""

    env: ClassVar[tuple[str, ...]] = ("SKYREELS_API_KEY",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._key = config.keys.get(self.env[0], "")
        self._base = f"{config.base_url.rstrip('/')}/api/v1/video"
        self._rewrite = config.options.get("prompt_optimizer") == "1"
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        if not self._key:
            raise MissingKey(provider=self.id, model=request.model, env=self.env)
        try:
            payload = build_payload(request, rewrite=self._rewrite)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        path = PATHS[request.mode]
        answer = await submit(
            self._http,
            f"{self._base}/{path}/submit",
            provider=self.id,
            model=request.model,
            json={"api_key": self._key, **payload},
        )
        told = _told(answer)
        if told is None and answer.ok:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=request.model)
        if told is None or told.code != 200 or not answer.ok:
            raise self._refusal(answer, told)
        if not told.task_id:
            raise OutcomeUnknown("the answer names no task", provider=self.id, model=request.model)
        endpoint = f"/{path}/task/{told.task_id}"
        return Ticket(provider=self.id, model=request.model, remote_id=told.task_id, endpoint=endpoint)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        if not self._key or not ticket.endpoint.startswith("/"):
            # It says nothing about a job that exists: the hold must stay.
            raise self._error(Unreachable, "no key is set", ticket)
        url = f"{self._base}{ticket.endpoint}"
        answer = await read(self._http, url, provider=self.id, model=ticket.model)
        told = _told(answer)
        if answer.status == 404 or (told is not None and told.code == 404):
            return Failed(error=self._error(Expired, "the vendor does not know this job", ticket))
        if told is None:
            raise self._error(Unreachable, "the answer cannot be read", ticket)
        return self._progress(told, ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    def _progress(self, told: _Told, ticket: Ticket) -> Progress:
        if told.data is not None and told.data.video_url:
            return Done(ticket=ticket, url=told.data.video_url, cost_usd=_cost(told.data.cost_credits))
        words = told.msg or ""
        if told.status == "failed" or told.code in ENDS:
            kind = ENDS.get(told.code, VendorFault)
            if kind is VendorFault and WITHHELD.search(words):
                kind = OutputModerated
            return Failed(error=self._error(kind, words or "failed", ticket, str(told.code)))
        if told.code == 200:
            match told.status:
                case "submitted" | "pending":
                    return Queued()
                case "running":
                    return Running()
                case "success":
                    raise self._error(Unreachable, "finished without a link", ticket)
        said = words or f"code {told.code}, status {str(told.status)[:40]!r}"
        raise self._error(Unreachable, said, ticket, str(told.code))

    def _error(self, kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
        return kind(
            scrub(text, [self._key]),
            provider=self.id,
            model=ticket.model,
            remote_id=ticket.remote_id,
            vendor_code=code,
        )

    def _refusal(self, answer: Answer, told: _Told | None) -> ProviderError:
        code = told.code if told is not None and told.code != 200 else answer.status
        words = (told.msg if told is not None else _detail(answer)) or f"status {answer.status}"
        kind = REFUSALS.get(code, BadRequest if 400 <= code < 500 else OutcomeUnknown)
        if code == 503 and WITHHELD.search(words):
            # An unofficial client has it for what is 482 in the reference.
            kind = PromptModerated
        return kind(
            scrub(words, [self._key]),
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=str(code),
            env=self.env if kind in (BadKey, NoFunds) else (),
        )


def build_payload(request: VideoRequest, *, rewrite: bool = False) -> dict[str, Any]:
    """The request in the vendor's words, without the key.

    Args:
        request: the normalised request; its media have links. `api_name` is the vendor's mode, std or fast.
        rewrite: whether the vendor may rewrite the prompt.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    if request.mode not in PATHS or request.shots or request.negative or request.seed is not None:
        raise Unsupported("SkyReels V4 knows no edits, shots, negative prompts or seeds here")
    if request.sound and request.api_name == "fast":
        raise Unsupported("the fast mode makes no sound")
    if any(not item.url for item in request.media):
        raise Unsupported("files have to be behind links that the vendor can read")
    tags = _tags(request.media)
    words = said_with(
        request.prompt, tags | {i.name: "the voice" for i in request.media if i.kind == "audio"}
    )
    payload: dict[str, Any] = {
        "duration": request.seconds,
        "resolution": request.resolution,
        "sound": request.sound,
        "prompt_optimizer": rewrite,
        "mode": request.api_name,
    }
    if request.mode in ("text", "references"):
        payload["aspect_ratio"] = request.aspect
    if request.mode == "references":
        payload["ref_images"] = _pictures(request)
        for part in payload["ref_images"]:
            if not re.search(rf"{part['tag']}(?!\w)", words):
                words = f"{words} {part['tag']}".strip()
    else:
        payload |= _frames(request)
    return {"prompt": words} | payload


def _frames(request: VideoRequest) -> dict[str, str]:
    fields = {"first-frame": "first_frame_image", "last-frame": "end_frame_image"}
    found: dict[str, str] = {}
    for item in request.media:
        if item.role not in fields or request.mode == "text":
            raise Unsupported(f"no place for a {item.role}")
        found[fields[item.role]] = item.url
    return found


def _pictures(request: VideoRequest) -> list[dict[str, Any]]:
    """The pictures with their tags; the first recording is the voice of the first picture, and so on."""
    pictures = [item for item in request.media if item.role == "reference-image"]
    voices = [item for item in request.media if item.role == "reference-audio"]
    if len(pictures) + len(voices) != len(request.media) or not pictures:
        raise Unsupported("only pictures and voices are taken as references")
    if len(voices) > len(pictures):
        raise Unsupported(f"{len(voices)} voices for {len(pictures)} pictures: each belongs to one")
    parts: list[dict[str, Any]] = [
        {"tag": f"@image_{place}", "type": "image", "image_urls": [item.url]}
        for place, item in enumerate(pictures, 1)
    ]
    for part, voice in zip(parts, voices, strict=False):
        part["audio_url"] = voice.url
    return parts


def _tags(media: tuple[MediaInput, ...]) -> dict[str, str]:
    pictures = [item for item in media if item.role == "reference-image"]
    frames = {item.name: "the picture" for item in media if item.kind == "image"}
    return frames | {item.name: f"@image_{place}" for place, item in enumerate(pictures, 1)}


def _told(answer: Answer) -> _Told | None:
    try:
        return _Told.model_validate_json(answer.body)
    except ValidationError:
        return None


def _detail(answer: Answer) -> str:
    """The words of an error in the other form; what was sent, which it may repeat, is left out."""
    body = answer.lenient()
    parts = body.get("detail") if isinstance(body, dict) else None
    if isinstance(parts, str):
        return parts
    found = [part for part in parts or [] if isinstance(part, dict)] if isinstance(parts, list) else []
    named = ((".".join(map(str, part.get("loc") or [])), str(part.get("msg", ""))) for part in found)
    return "; ".join(f"{where}: {words}" for where, words in named)


def _cost(credits: Any) -> Decimal | None:
    told = isinstance(credits, int | float) and not isinstance(credits, bool) and credits > 0
    return Decimal(str(credits)) * CREDIT_USD if told else None
