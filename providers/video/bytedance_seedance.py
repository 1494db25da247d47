"""ByteDance Seedance on BytePlus ModelArk (international) and Volcengine Ark (China): one wire, two accounts.

Docs, checked 2026-11-22: docs.volcengine.com/docs/82379/1520757 (create; the other calls are in wire/ark.py);
both vendors' own SDKs, recorded on the wire. Quirks:
1. There is no idempotency key (the SDKs repeat a create and may buy twice). The list echoes
   `safety_identifier`: it carries a hash of our job key, and a lost job is known by it.
2. The list may be asked once a second per account: one page of 500 is read, not several.
3. DELETE stops a task only while it waits; one that runs answers 409 and is billed; the record of a finished
   one is deleted with its clip. So the task is looked at before and after.
4. What went wrong may come late, as 200 with `failed`. Errors come nested and flat. Unset fields are null.
5. Switches in the text (`--dur 15 --rs 1080p`) override fields: none of a user's reaches the vendor.
6. Base64 with a lower-case subtype (`audio/mp3`) is taken for pictures and recordings; a clip needs a link.
   A whole request has at most 64 MB.
7. Files are addressed in the text by kind and place ("image 1"); several pictures without roles are refused.
8. Length -1 is sent where it must be (editing); the aspect of a given picture or clip is called `adaptive`.
9. Fields it does not know are ignored and the task is billed: only fields of the documents are sent.
10. A result lives 24 hours behind a signed link that takes no key; 2.5 allows 100 downloads.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from providers.base import (
    Asset,
    Done,
    Failed,
    MediaInput,
    MediaKind,
    Mode,
    Progress,
    ProviderConfig,
    Queued,
    Role,
    Running,
    Ticket,
    VideoRequest,
)
from providers.catalogue import file_format
from providers.errors import Expired, ProviderError, Unreachable, Unsupported, VendorFault
from providers.http import download
from providers.references import base64_text
from providers.wire.ark import ArkTasks, Task, kind_of, read_fault
from providers.wire.naming import counted, said_with

MAX_BODY_BYTES = 64_000_000
MAX_FILE_BYTES: Mapping[MediaKind, int] = {"image": 30_000_000, "audio": 15_000_000}
# Their clock and ours differ; the mark on a job, not the time, tells jobs apart.
CLOCK_SECONDS = 60
NO_CLIP = ("text/", "image/", "application/json", "application/xml")

PARTS: Mapping[Role, tuple[str, str]] = {
    "first-frame": ("image_url", "first_frame"),
    "last-frame": ("image_url", "last_frame"),
    "reference-image": ("image_url", "reference_image"),
    "reference-audio": ("audio_url", "reference_audio"),
    "reference-video": ("video_url", "reference_video"),
    "source-video": ("video_url", "reference_video"),
}
TASK_TYPES: Mapping[Mode, str] = {"references": "reference", "edit": "edit", "extend": "extend"}
SWITCH = re.compile(
    r"\s*--(?:rs|resolution|rt|ratio|dur|duration|frames|fps|framespersecond|seed|cf|camera_?fixed|wm|watermark)"
    r"(?:\s*=\s*|\s+)\S+",
    re.IGNORECASE,
)
DASHES = re.compile(r"--+(?=[A-Za-z])")


class BytedanceSeedance:
    """The three steps on BytePlus, stopping and looking up."""

    env: ClassVar[tuple[str, ...]] = ("ARK_API_KEY",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._ark = ArkTasks(config, env=self.env)

    async def close(self) -> None:
        """Close the connections."""
        await self._ark.http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once."""
        try:
            files = [await _file(item) for item in request.media]
            if sum(map(len, files)) > MAX_BODY_BYTES:
                raise Unsupported(f"the files are together larger than {MAX_BODY_BYTES} bytes")
            payload = build_payload(request, files, mark=mark_of(job_key))
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        return await self._ark.create(payload, model=request.model)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        task = await self._ark.look(ticket)
        if task is None:
            words = "the vendor does not know this job"
            return Failed(error=self._ark.error(Expired, words, ticket))
        return self._progress(task, ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link is signed and gets no key."""
        ticket = done.ticket
        asset = await download(self._ark.http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._ark.error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop the job if it still waits; False means that it goes on."""
        task = await self._ark.look(ticket)
        if task is not None and task.state == "queued":
            await self._ark.delete(ticket)
            # A task that began meanwhile goes on: only the task itself says that it stopped.
            task = await self._ark.look(ticket)
        return task is not None and task.state == "cancelled"

    async def find_lost(self, request: VideoRequest, *, job_key: str, since_ms: int) -> list[Ticket]:
        """The jobs that carry our mark."""
        mark, earliest = mark_of(job_key), since_ms // 1000 - CLOCK_SECONDS
        return [
            Ticket(provider=self.id, model=request.model, remote_id=task.id)
            for task in await self._ark.recent(model=request.model)
            if task.safety_identifier == mark and (task.created_at or 0) >= earliest
        ]

    def _progress(self, task: Task, ticket: Ticket) -> Progress:
        error = self._ark.error
        match task.state:
            case "queued":
                return Queued()
            case "running":
                return Running()
            case "succeeded" if task.content is not None and task.content.video_url:
                url = task.content.video_url
                return Done(ticket=ticket, url=url, counted=task.counted, data=task.facts)
            case "succeeded":
                raise error(Unreachable, "finished without a link", ticket)
            case "failed":
                fault = read_fault(task.error)
                kind = kind_of(0, fault.code or "", fault.message or "")
                return Failed(error=error(kind, self._ark.said(fault), ticket, fault.code), billed=False)
            case "cancelled":
                stopped = error(VendorFault, "the job was stopped", ticket)
                return Failed(error=stopped, billed=False, stopped=True)
            case "expired":
                words = "the job did not end in its time"
                return Failed(error=error(Expired, words, ticket), billed=False)
            case None:
                raise error(Unreachable, f"unknown status {task.status[:40]!r}", ticket)


class VolcengineSeedance(BytedanceSeedance):
    """The same in China: another account, address and price list."""

    env: ClassVar[tuple[str, ...]] = ("VOLCENGINE_API_KEY",)


def build_payload(request: VideoRequest, files: Sequence[str], *, mark: str) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request. Options of the catalogue: `watermark`, `execution_expires_after` in
            seconds, `task_type` where the model knows `omni_reference_task_type`.
        files: its media as data URIs or links, in the same order.
        mark: tells this job from others in the list.

    Raises:
        Unsupported: the vendor has no place for a file.
    """
    text = with_places(without_switches(request.prompt), request.media)
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    content += [_part(item, file) for item, file in zip(request.media, files, strict=True)]
    payload: dict[str, Any] = {
        "model": request.api_name,
        "content": content,
        "resolution": request.resolution,
        "ratio": "adaptive" if request.aspect == "auto" else request.aspect,
        "duration": -1 if request.mode == "edit" else request.seconds,
        "generate_audio": request.sound,
        "watermark": bool(request.options.get("watermark", False)),
        "safety_identifier": mark,
    }
    if "execution_expires_after" in request.options:
        payload["execution_expires_after"] = int(request.options["execution_expires_after"])
    if request.options.get("task_type") and request.mode in TASK_TYPES:
        payload["omni_reference_task_type"] = TASK_TYPES[request.mode]
    return payload


def mark_of(job_key: str) -> str:
    """Our name for a job as the vendor takes it (at most 64 characters); it tells nothing about anybody."""
    return "tr_" + hashlib.sha256(job_key.encode()).hexdigest()[:40]


def without_switches(prompt: str) -> str:
    """The prompt without the vendor's switches; other double hyphens become the dash that they stand for."""
    return DASHES.sub("—", SWITCH.sub("", prompt)).strip()


def with_places(prompt: str, media: Sequence[MediaInput]) -> str:
    """The prompt with `@name` written as the vendor counts: "image 1", "video 1", "audio 1"."""
    places = zip(media, counted(media), strict=True)
    return said_with(prompt, {item.name: f"{item.kind} {place}" for item, place in places})


def _part(item: MediaInput, file: str) -> dict[str, Any]:
    if item.role not in PARTS:
        raise Unsupported(f"no place for a {item.role}")
    kind, role = PARTS[item.role]
    return {"type": kind, kind: {"url": file}, "role": role}


async def _file(item: MediaInput) -> str:
    """A link of ours where there is one, else the file itself."""
    if item.url:
        return item.url
    if item.kind == "video":
        raise Unsupported("a clip has to be behind a link that the vendor can read")
    body = await base64_text(item, max_bytes=MAX_FILE_BYTES[item.kind])
    return f"data:{item.kind}/{file_format(item)};base64,{body}"
