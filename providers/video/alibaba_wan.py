"""Alibaba's Wan 2.6 and 2.7 on DashScope (Model Studio): native sound, recordings, characters with voices.

Docs, checked 2026-11-22: help.aliyun.com/zh/model-studio (text, image and reference to video, 2.6 and 2.7);
dashscope 2.0.2 recorded on the wire. The calls are in wire/dashscope.py. Quirks:
1. Sizes are `size: "1280*720"` for 2.6 from words and references, `resolution` with a first frame,
   `resolution` and `ratio` in 2.7; left out they are 1080p. Which one is an option of the shape, like all
   such differences.
2. 2.7 takes its files as `input.media`, 2.6 as fields; a recording for words is `audio_url` in both.
3. Several shots of 2.6 need `shot_type: multi` and, but for references, `prompt_extend: true`; 2.7 reads them
   from the prompt. With one shot the vendor is told not to rewrite the prompt.
4. Only the flash models can be silent.
5. Characters of 2.6 are `character1`, `character2` in the order of their files, in 2.7 "Image 1", "Video 1".
   The voice of a character comes from its clip in 2.6; 2.7 also takes a recording for each picture.
6. Texts that are too long are cut without a word: what does not fit is not sent.
7. Recordings and references are taken from links or from the vendor's own store, never inside a request.
8. There is no key for a job. A lost one is looked for among the account's tasks by model, time and prompt.
9. Results live 24 hours behind a signed link that takes no key.

The operator's switches: `TALKREEL_PROVIDERS__ALIBABA_WAN__OPTIONS__PROMPT_EXTEND=1` lets the vendor rewrite
every prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

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
    Shot,
    Ticket,
    VideoRequest,
)
from providers.errors import Expired, ProviderError, Unreachable, Unsupported, VendorFault
from providers.http import download
from providers.references import data_uri
from providers.wire.dashscope import STORED, DashScope, Listed, kind_of
from providers.wire.naming import counted as places_of
from providers.wire.naming import said_with

MAX_IMAGE_BYTES = 10_000_000
MAX_SEED = 2_147_483_647
# A lost job was taken within this time after it was sent, or not at all.
TAKEN_MS = 120_000
NO_CLIP = ("text/", "image/", "application/json", "application/xml")
SOME_FILE = "https://example.com/file"
SIZES: Mapping[tuple[str, str], str] = {
    ("720p", "16:9"): "1280*720",
    ("720p", "9:16"): "720*1280",
    ("720p", "1:1"): "960*960",
    ("720p", "4:3"): "1088*832",
    ("720p", "3:4"): "832*1088",
    ("1080p", "16:9"): "1920*1080",
    ("1080p", "9:16"): "1080*1920",
    ("1080p", "1:1"): "1440*1440",
    ("1080p", "4:3"): "1632*1248",
    ("1080p", "3:4"): "1248*1632",
}
# Names of 2.7's files; a recording with references belongs to a picture instead.
MEDIA: Mapping[Role, str] = {
    "first-frame": "first_frame",
    "last-frame": "last_frame",
    "reference-image": "reference_image",
    "reference-video": "reference_video",
    "reference-audio": "driving_audio",
    "soundtrack": "driving_audio",
}


class AlibabaWan:
    """The three steps, stopping and looking up."""

    env: ClassVar[tuple[str, ...]] = ("DASHSCOPE_API_KEY",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._rewrite = config.options.get("prompt_extend") == "1"
        self._tasks = DashScope(config, env=self.env)

    async def close(self) -> None:
        """Close the connections."""
        await self._tasks.http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once. `job_key` is not sent: the vendor knows no such thing."""
        try:
            # Once without the files: what has no field must not be uploaded first.
            build_payload(request, [SOME_FILE for _ in request.media], rewrite=self._rewrite)
            files = [await self._file(item, request) for item in request.media]
            payload = build_payload(request, files, rewrite=self._rewrite)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        stored = any(file.startswith(STORED) for file in files)
        return await self._tasks.create(payload, model=request.model, stored=stored)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands."""
        task, seconds = await self._tasks.look(ticket)
        error = self._tasks.error
        match task.state:
            case "queued":
                return Queued()
            case "running":
                return Running()
            case "succeeded" if task.video_url:
                return Done(ticket=ticket, url=task.video_url, counted=seconds)
            case "succeeded":
                raise error(Unreachable, "finished without a link", ticket)
            case "failed":
                code, words = task.code or "", task.message or ""
                kind = kind_of(0, code, words)
                failure = error(kind, self._tasks.said(words) or code, ticket, code)
                return Failed(error=failure, billed=False)
            case "cancelled":
                stopped = error(VendorFault, "the job was stopped", ticket)
                return Failed(error=stopped, billed=False, stopped=True)
            case "unknown":
                return Failed(error=error(Expired, "the vendor does not know this job", ticket))
            case None:
                raise error(Unreachable, f"unknown status {task.task_status[:40]!r}", ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`; the link is signed and gets no key."""
        ticket = done.ticket
        asset = await download(self._tasks.http, done.url, into, provider=self.id, model=ticket.model)
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._tasks.error(Unreachable, f"no clip behind the link but {asset.mime}", ticket)
        return asset

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop the job if it still waits; False means that it goes on."""
        await self._tasks.stop(ticket)
        task, _ = await self._tasks.look(ticket)
        return task.state == "cancelled"

    async def find_lost(self, request: VideoRequest, *, job_key: str, since_ms: int) -> list[Ticket]:
        """The jobs of this model from that time, but for those that are known to have another prompt.

        The vendor tells the prompt of a finished job only, and nothing that came from us besides.
        """
        found = []
        for listed in await self._tasks.recent(request.api_name, model=request.model):
            if not _from(listed, since_ms):
                continue
            ticket = Ticket(provider=self.id, model=request.model, remote_id=listed.task_id)
            task, _ = await self._tasks.look(ticket)
            if not isinstance(task.orig_prompt, str) or task.orig_prompt == words_of(request):
                found.append(ticket)
        return found

    async def _file(self, item: MediaInput, request: VideoRequest) -> str:
        """A link of ours where there is one; else a picture inside the request, or the vendor's store."""
        if item.url:
            return item.url
        if item.role == "first-frame" and not request.options.get("media"):
            return await data_uri(item, max_bytes=MAX_IMAGE_BYTES)
        return await self._tasks.store(item, request.api_name, model=request.model)


def build_payload(request: VideoRequest, files: Sequence[str], *, rewrite: bool = False) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request. Options of the catalogue: `geometry` ("size", "resolution", "ratio"),
            `media` for 2.7's way of taking files, `mute` where `audio` is a field, `shot_type` where that is,
            `longest` prompt in characters.
        files: its media as links, data URLs or places in the vendor's store, in the same order.
        rewrite: whether the vendor may rewrite every prompt.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    names = request.options
    words = words_of(request)
    if len(words) > int(names.get("longest", 1500)):
        raise Unsupported("the vendor would cut the prompt off, with all its shots it is too long")
    fields: dict[str, Any] = {"prompt": words}
    if request.negative:
        fields["negative_prompt"] = request.negative
    if names.get("media"):
        fields["media"] = _media(request, files)
    else:
        fields |= _single_files(request, files)
    return {"model": request.api_name, "input": fields, "parameters": _parameters(request, rewrite)}


def words_of(request: VideoRequest) -> str:
    """The prompt with its shots, in which every file is called as the vendor calls it."""
    words = f"{request.prompt} {shots_text(request.shots)}".strip() if request.shots else request.prompt
    return said_with(words, _names(request))


def shots_text(shots: Sequence[Shot]) -> str:
    """Several shots with their times: "Shot 1 [0-6s] a baker kneads. Shot 2 [6-15s] she laughs"."""
    parts, start = [], 0
    for number, shot in enumerate(shots, 1):
        end = start + shot.seconds
        parts.append(f"Shot {number} [{start}-{end}s] {' '.join(shot.prompt.split()).rstrip('.')}")
        start = end
    return ". ".join(parts)


def _names(request: VideoRequest) -> dict[str, str]:
    plain = {item.name: f"the {'recording' if item.kind == 'audio' else 'picture'}" for item in request.media}
    if request.mode != "references":
        return plain
    seen = [item for item in request.media if item.kind != "audio"]
    if request.options.get("media"):
        kinds = zip(seen, places_of(seen), strict=True)
        return plain | {item.name: f"{item.kind.capitalize()} {place}" for item, place in kinds}
    return plain | {item.name: f"character{place}" for place, item in enumerate(seen, 1)}


def _parameters(request: VideoRequest, rewrite: bool) -> dict[str, Any]:
    names = request.options
    chosen: dict[str, Any] = {"duration": request.seconds, "watermark": False}
    match names.get("geometry"):
        case "size":
            size = SIZES.get((request.resolution, request.aspect))
            if size is None:
                raise Unsupported(f"no size for {request.resolution} {request.aspect}")
            chosen["size"] = size
        case "ratio":
            chosen |= {"resolution": request.resolution.upper(), "ratio": request.aspect}
        case _:
            chosen["resolution"] = request.resolution.upper()
    several = len(request.shots) > 1
    if names.get("shot_type"):
        chosen["shot_type"] = "multi" if several else "single"
    if request.mode != "references":
        # Without it the vendor makes one shot, whatever `shot_type` says.
        chosen["prompt_extend"] = rewrite or (several and bool(names.get("shot_type")))
    if names.get("mute"):
        chosen["audio"] = request.sound
    elif not request.sound:
        raise Unsupported(f"{request.api_name} always makes sound")
    if request.seed is not None:
        chosen["seed"] = request.seed % (MAX_SEED + 1)
    return chosen


def _single_files(request: VideoRequest, files: Sequence[str]) -> dict[str, Any]:
    """2.6: a field for each kind of file."""
    fields: dict[str, Any] = {}
    for item, file in zip(request.media, files, strict=True):
        match item.role:
            case "first-frame" if request.mode == "first-frame":
                fields["img_url"] = file
            case "reference-audio" | "soundtrack" if (
                request.mode != "references" and "audio_url" not in fields
            ):
                fields["audio_url"] = file
            case "reference-image" | "reference-video":
                fields.setdefault("reference_urls", []).append(file)
            case _:
                raise Unsupported(f"no place for a {item.role}")
    return fields


def _media(request: VideoRequest, files: Sequence[str]) -> list[dict[str, str]]:
    """2.7: one list; with references the first recording is the voice of the first picture, and so on."""
    parts: list[dict[str, str]] = []
    voices: list[str] = []
    for item, file in zip(request.media, files, strict=True):
        if item.kind == "audio" and request.mode == "references":
            voices.append(file)
        elif item.role in MEDIA:
            parts.append({"type": MEDIA[item.role], "url": file})
        else:
            raise Unsupported(f"no place for a {item.role}")
    pictures = [part for part in parts if part["type"] == "reference_image"]
    if len(voices) > len(pictures):
        raise Unsupported(f"{len(voices)} voices for {len(pictures)} pictures: each belongs to one")
    for part, voice in zip(pictures, voices, strict=False):
        part["reference_voice"] = voice
    if [part["type"] for part in parts].count("driving_audio") > 1:
        raise Unsupported("one recording is taken")
    return parts


def _from(listed: Listed, since_ms: int) -> bool:
    return listed.gmt_create is not None and since_ms <= listed.gmt_create <= since_ms + TAKEN_MS
