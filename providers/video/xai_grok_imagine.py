"""xAI's Grok Imagine by its own REST API: start, edit and extend clips with native sound.

Docs, checked 2026-11-22: docs.x.ai (video generation, two stored copies of 2026); REST shapes recorded from
@ai-sdk/xai 5.0.12, states and costs from xai-sdk 1.21.0, which speaks gRPC only. Quirks:
1. 202 means "still running", often with an empty body.
2. Errors come flat, `{"code", "error": "<text>"}`, and nested; a wrong key is 400, an empty account 429.
3. Moderation has no code of its own: a failed job, an HTTP error on the question, or `done` without a link.
   It is billed, and what it cost stands in `usage.cost_in_usd_ticks` (1 USD = 10^10).
4. There is no idempotency key, no list of jobs and no way to stop one. A job belongs to the key that made it.
5. Without a length or a resolution it makes 8 s at 480p: both are always sent. The aspect is ignored where a
   picture is given, and not sent. An edit keeps length and aspect; an extension is sent the added seconds.
6. Results lie at vidgen.x.ai for a day; that host gets no key.
7. Which number the first picture's tag has is told in both ways; the vendor's own program counts from 0.
   A single picture needs no tag.

The operator's switches: `TALKREEL_PROVIDERS__XAI_GROK_IMAGINE__OPTIONS__FIRST_TAG=1` makes the tags count
from 1; `…__OPTIONS__ELEMENT_EVE=eve` makes `@eve` in a prompt mean one of the vendor's own voices (beside
reference pictures on 1.5).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
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
    Refused,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.http import Answer, client, download, read, scrub, submit
from providers.references import data_uri
from providers.wire.naming import mention, said_with

E = TypeVar("E", bound=ProviderError)

MAX_IMAGE_BYTES = 15_000_000
MOST_VOICES = 3
VOICE = "element_"
TICKS = Decimal(10**10)
NO_CLIP = ("text/", "image/", "application/json", "application/xml")
PATHS: Mapping[Mode, str] = {"edit": "edits", "extend": "extensions"}
REFUSALS: Mapping[int, type[Refused]] = {
    400: BadRequest,
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    413: BadRequest,
    422: BadRequest,
    429: RateLimited,
}
WITHHELD = re.compile(r"moderat|content polic|safety|usage guidelines", re.IGNORECASE)
WRONG_KEY = re.compile(r"incorrect api key|invalid api key", re.IGNORECASE)
EMPTY_PURSE = re.compile(
    r"available credits|spending limit|insufficient (credit|fund|balance)", re.IGNORECASE
)
NO_MODEL = re.compile(r"model\b.*(does not exist|not found|no longer)", re.IGNORECASE)


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Accepted(Wire):
    request_id: str


class _Video(Wire):
    url: str | None = ""
    duration: float | None = None


class _Job(Wire):
    status: str = ""
    progress: float | None = None
    video: _Video | None = None
    error: Any = None
    usage: Any = None


class XaiGrokImagine:
    """The three steps."""

    env: ClassVar[tuple[str, ...]] = ("XAI_API_KEY",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._key = config.keys.get(self.env[0], "")
        self._base = f"{config.base_url.rstrip('/')}/videos"
        self._first_tag = 1 if config.options.get("first_tag") == "1" else 0
        self._voices = {
            name.removeprefix(VOICE): voice
            for name, voice in config.options.items()
            if name.startswith(VOICE) and voice
        }
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        if not self._key:
            raise MissingKey(provider=self.id, model=request.model, env=self.env)
        try:
            files = [await _file(item) for item in request.media]
            payload = build_payload(request, files, voices=self._voices, first_tag=self._first_tag)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        answer = await submit(
            self._http,
            f"{self._base}/{PATHS.get(request.mode, 'generations')}",
            provider=self.id,
            model=request.model,
            json=payload,
            headers=self._headers(),
        )
        if not answer.ok:
            raise self._refusal(answer)
        try:
            accepted = _Accepted.model_validate_json(answer.body)
        except ValidationError:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=request.model) from None
        return Ticket(provider=self.id, model=request.model, remote_id=accepted.request_id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        if not self._key:
            # It says nothing about a job that exists: the hold must stay.
            raise self._error(Unreachable, "no key is set", ticket)
        url, headers = f"{self._base}/{ticket.remote_id}", self._headers()
        answer = await read(self._http, url, provider=self.id, model=ticket.model, headers=headers)
        if answer.status == 404:
            return Failed(error=self._error(Expired, "the vendor does not know this job", ticket))
        if not answer.ok:
            return self._refused_late(answer, ticket)
        if answer.status == 202 and not answer.body.strip():
            return Running()
        try:
            job = _Job.model_validate_json(answer.body)
        except ValidationError:
            raise self._error(Unreachable, "the answer cannot be read", ticket) from None
        return self._progress(job, answer.status, ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    def _progress(self, job: _Job, status: int, ticket: Ticket) -> Progress:
        cost = cost_of(job.usage)
        match job.status.lower():
            case "pending":
                return Running(fraction=_fraction(job.progress))
            case "" if status == 202:
                return Running(fraction=_fraction(job.progress))
            case "done" if job.video is not None and job.video.url:
                return Done(ticket=ticket, url=job.video.url, cost_usd=cost)
            case "done":
                withheld = self._error(OutputModerated, "finished without a clip: moderated", ticket)
                return Failed(error=withheld, billed=_billed(cost))
            case "failed":
                code, words = read_fault({"error": job.error})
                kind: type[ProviderError] = VendorFault
                if WITHHELD.search(words):
                    kind = OutputModerated
                elif code in ("invalid_argument", "failed_precondition"):
                    kind = BadRequest
                error = self._error(kind, words or job.status, ticket, code)
                return Failed(error=error, billed=_billed(cost))
            case "expired":
                return Failed(error=self._error(Expired, "the job did not end in its time", ticket))
        raise self._error(Unreachable, f"unknown status {job.status[:40]!r}", ticket)

    def _refused_late(self, answer: Answer, ticket: Ticket) -> Failed:
        """An error instead of a standing: the clip was withheld, or it says nothing about the job."""
        body = answer.lenient()
        code, words = read_fault(body)
        if answer.status not in (401, 403) and WITHHELD.search(words):
            cost = cost_of(body.get("usage")) if isinstance(body, dict) else None
            error = self._error(OutputModerated, words, ticket, code)
            return Failed(error=error, billed=_billed(cost))
        raise self._error(Unreachable, words or f"status {answer.status}", ticket, code)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    def _error(self, kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
        return kind(
            scrub(text, [self._key]),
            provider=self.id,
            model=ticket.model,
            remote_id=ticket.remote_id,
            vendor_code=code,
        )

    def _refusal(self, answer: Answer) -> ProviderError:
        code, words = read_fault(answer.lenient())
        kind = kind_of(answer.status, words)
        return kind(
            scrub(words, [self._key]) or f"status {answer.status}",
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=code or str(answer.status),
            env=self.env if kind in (BadKey, NoFunds) else (),
        )


def build_payload(
    request: VideoRequest, files: Sequence[str], *, voices: Mapping[str, str], first_tag: int
) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request.
        files: its media as links or data URLs, in the same order.
        voices: the vendor's voices by the names that mean them in a prompt.
        first_tag: number of the first picture's tag.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    if request.shots or request.negative or request.seed is not None:
        raise Unsupported(f"{request.api_name} knows no shots, negative prompts or seeds")
    files_named = {item.name.lower() for item in request.media if item.name}
    spoken = [n for n in voices if n.lower() not in files_named and mention((n,)).search(request.prompt)]
    if spoken and (request.mode != "references" or not request.options.get("voices")):
        raise Unsupported(
            f"{request.api_name} takes the vendor's voices beside reference pictures on 1.5 only"
        )
    if len(spoken) > MOST_VOICES:
        raise Unsupported(f"{MOST_VOICES} voices are taken, not {len(spoken)}")
    named = _tags(request.media, first_tag)
    named |= {name: f"<AUDIO_{place}>" for place, name in enumerate(spoken)}
    payload: dict[str, Any] = {"model": request.api_name, "prompt": said_with(request.prompt, named)}
    if request.mode in PATHS:
        _the_source(request, files, payload)
        return payload
    payload |= {
        "duration": request.seconds,
        "resolution": request.resolution,
        "generate_audio": request.sound,
    }
    if request.mode in ("text", "references"):
        payload["aspect_ratio"] = request.aspect
    for item, file in zip(request.media, files, strict=True):
        match item.role:
            case "first-frame":
                payload["image"] = {"url": file}
            case "last-frame":
                payload["last_frame"] = {"url": file}
            case "reference-image":
                payload.setdefault("reference_images", []).append({"url": file})
            case _:
                raise Unsupported(f"no place for a {item.role}")
    if spoken:
        payload["reference_audios"] = [{"voice_id": voices[name]} for name in spoken]
    return payload


def kind_of(status: int, words: str) -> type[ProviderError]:
    """What a refused submit means for credits: the words say more than the status."""
    if WRONG_KEY.search(words):
        return BadKey
    if EMPTY_PURSE.search(words):
        return NoFunds
    if status in (400, 403, 422) and WITHHELD.search(words):
        return PromptModerated
    if status in (400, 404) and NO_MODEL.search(words):
        return ModelGone
    return REFUSALS.get(status, OutcomeUnknown)


def read_fault(body: Any) -> tuple[str, str]:
    """Code and words of an error: flat with a text, nested with a message, or neither."""
    if not isinstance(body, dict):
        return "", ""
    inner = body.get("error")
    if isinstance(inner, dict):
        return str(inner.get("code") or ""), str(inner.get("message") or "")
    return str(body.get("code") or ""), inner if isinstance(inner, str) else ""


def cost_of(usage: Any) -> Decimal | None:
    """What the vendor says it took, in US dollars."""
    ticks = usage.get("cost_in_usd_ticks") if isinstance(usage, dict) else None
    return Decimal(ticks) / TICKS if type(ticks) is int and ticks >= 0 else None


def _the_source(request: VideoRequest, files: Sequence[str], payload: dict[str, Any]) -> None:
    if [item.role for item in request.media] != ["source-video"]:
        raise Unsupported(f"{request.api_name} edits and extends one clip and takes nothing beside it")
    payload["video"] = {"url": files[0]}
    if request.mode == "extend":
        payload["duration"] = request.seconds


def _tags(media: Sequence[MediaInput], first: int) -> dict[str, str]:
    """How the prompt means each file that has a name; the names themselves stay here."""
    pictures = [item for item in media if item.role == "reference-image"]
    words = {item.name: "the clip" if item.kind == "video" else "the picture" for item in media}
    if len(pictures) > 1:
        words |= {item.name: f"<IMAGE_{place}>" for place, item in enumerate(pictures, first)}
    return words


def _fraction(progress: float | None) -> float | None:
    return min(max(progress, 0.0), 100.0) / 100 if progress else None


def _billed(cost: Decimal | None) -> bool | None:
    return None if cost is None else cost > 0


async def _file(item: MediaInput) -> str:
    """A link where there is one, else the picture itself."""
    if item.url:
        return item.url
    if item.kind != "image":
        raise Unsupported("a clip has to be behind a link that the vendor can read")
    return await data_uri(item, max_bytes=MAX_IMAGE_BYTES)
