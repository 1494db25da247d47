"""MiniMax H3, which makes sound: the vendor's newer API, another protocol than Hailuo's.

No official library speaks it: facts from third parties' clients and checks (hoobnn-minimax-mcp 0.3.0, as
recorded; h3check 0.1.0), checked 2026-11-22. Quirks:
1. A request is a list of contents: one text, then pictures and recordings with their roles, as links or data.
2. Frames and references exclude each other. Sound is always made and has no switch.
3. The job's id is part of the path, and the finished job has the clip's link itself.
4. Which HTTP status goes with which error is not documented: codes, words and status are all looked at.
5. Lengths are snapped to 17 n + 5 frames at 24 a second: 5 seconds play for 5.17.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
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
    Role,
    Running,
    Ticket,
    VideoRequest,
)
from providers.catalogue import file_format
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
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
from providers.http import Answer, download, read, submit
from providers.references import data_uri
from providers.wire.minimax import BY_STATUS, ENV, PATIENCE_SECONDS, REFUSALS, REGION, WITHHELD, MinimaxWire
from providers.wire.naming import said_with

MAX_IMAGE_BYTES = 20_000_000
MAX_AUDIO_BYTES = 15_000_000
NO_CLIP = ("text/", "image/", "application/json")
STATUS: Mapping[str, Literal["queued", "running", "done", "failed", "gone"]] = {
    "queued": "queued",
    "running": "running",
    "succeeded": "done",
    "failed": "failed",
    "cancelled": "failed",
    "expired": "gone",
}
CONTENTS: Mapping[Role, tuple[str, str]] = {
    "first-frame": ("image_url", "first_frame"),
    "last-frame": ("image_url", "last_frame"),
    "reference-image": ("image_url", "reference_image"),
    "reference-audio": ("audio_url", "reference_audio"),
}
AUDIO: Mapping[str, str] = {"wav": "audio/wav", "mp3": "audio/mpeg"}
RATIOS: Mapping[str, str] = {"auto": "adaptive"}
WORDS: Sequence[tuple[re.Pattern[str], type[ProviderError]]] = (
    (re.compile(r"sensitive|moderat|safety|polic", re.IGNORECASE), PromptModerated),
    (re.compile(r"insufficient|balance|quota|usage limit", re.IGNORECASE), NoFunds),
    (re.compile(r"rate.?limit|too many|parallel|concurren", re.IGNORECASE), RateLimited),
    (re.compile(r"api.?key|unauthori|authenticat|login fail", re.IGNORECASE), BadKey),
    (re.compile(r"model.*not (found|exist|support)", re.IGNORECASE), ModelGone),
    (re.compile(r"invalid", re.IGNORECASE), BadRequest),
)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Error(_Wire):
    code: str | None = ""
    type: str | None = ""
    message: str | None = ""


class _Content(_Wire):
    url: str | None = ""


class _Task(_Wire):
    status: str = ""
    content: _Content | None = None
    error: _Error | None = None


class _Answer(_Wire):
    task_id: str | None = ""
    task: _Task | None = None
    error: _Error | None = None


class MinimaxH3:
    """The three steps."""

    env = ENV

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._wire = MinimaxWire(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        try:
            files = [item.url or await _data(item) for item in request.media]
            payload = build_payload(request, files)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        answer = await submit(
            self._wire.http,
            "/v2/video_generation",
            provider=self.id,
            model=request.model,
            json=payload,
            headers=self._wire.headers(request.model),
        )
        said = _parsed(answer)
        if said is not None and said.error is None and said.task_id and answer.ok:
            return Ticket(provider=self.id, model=request.model, remote_id=said.task_id)
        if answer.ok and (said is None or said.error is None):
            raise OutcomeUnknown("the answer names no job", provider=self.id, model=request.model)
        raise self._refusal(answer, (said.error if said is not None else None) or _Error())

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        if not self._wire.key:
            # It says nothing about a job that exists.
            raise self._wire.error(Unreachable, "no key is set", ticket)
        answer = await read(
            self._wire.http,
            f"/v2/query/video_generation/{quote(ticket.remote_id, safe='')}",
            provider=self.id,
            model=ticket.model,
            headers=self._wire.headers(ticket.model),
        )
        if answer.status in (404, 410):
            return Failed(error=self._wire.error(Expired, "the vendor does not know this job", ticket))
        said = _parsed(answer)
        if said is None or said.task is None or not answer.ok:
            words = self._wire.said(said.error.message if said is not None and said.error else "")
            raise self._wire.error(Unreachable, words or f"status {answer.status}", ticket)
        return self._progress(said.task, ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link takes no key."""
        ticket = done.ticket
        asset = await download(self._wire.http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._wire.error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    def _progress(self, task: _Task, ticket: Ticket) -> Progress:
        match STATUS.get(task.status):
            case "queued":
                return Queued()
            case "running":
                return Running()
            case "done":
                if task.content is None or not task.content.url:
                    raise self._wire.error(Unreachable, "finished without a link", ticket)
                return Done(ticket=ticket, url=task.content.url)
            case "gone":
                return Failed(error=self._wire.error(Expired, "the job is no longer kept", ticket))
            case "failed":
                why = task.error or _Error()
                said = self._wire.said(why.message) or task.status
                withheld = _number(why) in WITHHELD or WORDS[0][0].search(f"{why.type} {said}")
                kind = OutputModerated if withheld else VendorFault
                stopped = task.status.lower() == "cancelled"
                return Failed(error=self._wire.error(kind, said, ticket), stopped=stopped)
            case None:
                told = self._wire.said(task.status)[:40]
                raise self._wire.error(Unreachable, f"an unknown state {told!r}", ticket)

    def _refusal(self, answer: Answer, why: _Error) -> ProviderError:
        said = self._wire.said(why.message)
        by_words = next((kind for words, kind in WORDS if words.search(f"{why.type} {said}")), None)
        kind = REFUSALS.get(_number(why)) or BY_STATUS.get(answer.status) or by_words
        if kind is None:
            kind = OutcomeUnknown if answer.ok else BadRequest
        wait = answer.retry_after
        return kind(
            f"{said} ({REGION})" if kind is BadKey else said or f"status {answer.status}",
            provider=self.id,
            model=answer.model,
            retry_after=PATIENCE_SECONDS if wait is None and kind is RateLimited else wait,
            vendor_code=why.code or why.type or str(answer.status),
            env=ENV if kind in (BadKey, NoFunds) else (),
        )


def build_payload(request: VideoRequest, files: Sequence[str]) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request.
        files: its media as links or data URLs, in the same order.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    if not request.sound or request.shots or request.negative or request.seed is not None:
        raise Unsupported("one shot with sound is made here, without seed or negative prompt")
    words = said_with(request.prompt, {item.name: item.name for item in request.media})
    content: list[dict[str, Any]] = [{"type": "text", "text": words}]
    for item, file in zip(request.media, files, strict=True):
        if item.role not in CONTENTS:
            raise Unsupported(f"{request.api_name} takes no {item.role}")
        kind, role = CONTENTS[item.role]
        content.append({"type": kind, kind: {"url": file}, "role": role})
    return {
        "model": request.api_name,
        "content": content,
        "ratio": RATIOS.get(request.aspect, request.aspect),
        "duration": request.seconds,
        "resolution": request.resolution.upper(),
    }


async def _data(item: MediaInput) -> str:
    """A file as a data URL, a recording under the plain name of its type."""
    if item.kind == "audio":
        plain = replace(item, mime=AUDIO.get(file_format(item), item.mime))
        return await data_uri(plain, max_bytes=MAX_AUDIO_BYTES)
    return await data_uri(item, max_bytes=MAX_IMAGE_BYTES)


def _number(why: _Error) -> int:
    return int(why.code) if why.code and why.code.isdigit() else 0


def _parsed(answer: Answer) -> _Answer | None:
    try:
        return _Answer.model_validate_json(answer.body)
    except ValidationError:
        return None
