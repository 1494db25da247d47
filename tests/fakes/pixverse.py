"""PixVerse's platform API on a real local socket: HTTP 200 for nearly everything, numbers for states.

A job whose trace id was used before is taken and never finished, as the vendor says of itself. Strict about
fields, their types, which model has which switch, length and size, and pictures that were never handed over.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.booth import Booth, Job
from tests.fakes.faults import faults_in, find
from tests.fakes.pixverse_sound import length_in, wrong_in
from tests.fakes.spoken import spoken

GOOD_KEY = "sk-pv-good-77ac1f0be5"
BROKE_KEY = "sk-pv-broke-42c719d0aa"
REFUSALS: Mapping[str, tuple[int | str, str]] = {
    "submit-400013": (400013, "Invalid binding: duration"),
    "submit-500044": (500044, "Reached the limit for concurrent generations."),
    "submit-500044-as-text": ("500044", "Reached the limit for concurrent generations."),
    "submit-500063": (500063, "moderation"),
    "submit-500069": (500069, "The system is currently experiencing high load"),
    "submit-500100": (500100, "database error"),
}
ENDS: Mapping[str, int] = {"end-deleted": 6, "end-moderated": 7, "end-failed": 8}
QUALITIES = ("360p", "540p", "720p", "1080p")
FIVE = ("16:9", "4:3", "1:1", "3:4", "9:16")
WHOLE = (5, 8)


@dataclass(frozen=True, kw_only=True)
class Takes:
    """What a model takes."""

    lengths: tuple[int, ...]
    largest_lengths: tuple[int, ...]
    aspects: tuple[str, ...] = FIVE
    most: int = 2048
    native: bool = False
    frames: bool = False


MODELS: Mapping[str, Takes] = {
    "v5": Takes(lengths=WHOLE, largest_lengths=WHOLE, frames=True),
    "v5.5": Takes(lengths=(5, 8, 10), largest_lengths=WHOLE, native=True),
    "v6": Takes(
        lengths=tuple(range(1, 16)),
        largest_lengths=tuple(range(1, 16)),
        aspects=(*FIVE, "2:3", "3:2", "21:9"),
        most=5000,
        native=True,
    ),
}
COMMON: Mapping[str, type] = {"model": str, "prompt": str, "duration": int, "quality": str, "seed": int}
PATHS: Mapping[str, Mapping[str, type]] = {
    "text": {"aspect_ratio": str},
    "img": {"img_id": int},
    "transition": {"first_frame_img": int, "last_frame_img": int},
    "extend": {"source_video_id": int, "video_media_id": int},
}
SWITCHES = ("generate_audio_switch", "generate_multi_clip_switch")


class Refusal(Exception):
    """The vendor's no."""

    def __init__(self, code: int | str, message: str, *, status: int = 200) -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.status = status
        self.body = {"ErrCode": code, "ErrMsg": message, "Resp": None}


class FakePixverse(Booth):
    """The vendor.

    Attributes:
        images, media: what was handed over, by number. traces: the trace ids it has seen.
        whispered: words with faults for requests that have no words.
        repeated: calls that came with a trace id of another call.
    """

    faults: Mapping[str, int] = {
        **dict.fromkeys((*REFUSALS, *ENDS, "http-500"), 0),
        "poll-deleted": 0,
        "credit-unsaid": 0,
    }

    def __init__(self) -> None:
        """Set up; nothing listens yet."""
        super().__init__()
        self.images: dict[int, bytes] = {}
        self.media: dict[int, bytes] = {}
        self.traces: set[str] = set()
        self.repeated: list[str] = []
        self.whispered = ""

    def routes(self, router: web.UrlDispatcher) -> None:
        """The calls that are used, and the files' own host."""
        router.add_post("/openapi/v2/video/{kind:text|img|transition|extend}/generate", self._create)
        router.add_post("/openapi/v2/video/{kind:sound_effect|lip_sync}/generate", self._sound)
        router.add_get("/openapi/v2/video/result/{id}", self._result)
        router.add_post("/openapi/v2/image/upload", self._upload_image)
        router.add_post("/openapi/v2/media/upload", self._upload_media)
        router.add_get("/openapi/{id}.mp4", self._file)

    def refusal(self, error: Exception) -> web.Response:
        """In the vendor's form: nearly always HTTP 200."""
        if not isinstance(error, Refusal):
            raise error
        return web.json_response(error.body, status=error.status)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fresh = self._admit(request)
        if request.content_type != "application/json":
            raise _invalid("content type")
        if request.headers["API-KEY"] == BROKE_KEY:
            raise Refusal(500090, "insufficient balance")
        kind, body = request.match_info["kind"], self.seen[-1].body
        check_order(kind, body)
        self._check_files(body)
        faults = faults_in(body["prompt"], self.known)
        if find(faults, "http-500"):
            return web.Response(status=500, text="bad gateway")
        refused = find(faults, *REFUSALS)
        if refused is not None:
            raise Refusal(*REFUSALS[refused.name])
        number = 301 + next(self.numbers)
        job = Job(
            id=str(number),
            prompt=body["prompt"],
            seconds=body["duration"],
            aspect=body.get("aspect_ratio", "4:3"),
            sound=body.get("generate_audio_switch", False),
            faults=faults,
            body=body,
            stuck=not fresh,
        )
        made = {"video_id": number} | ({} if find(faults, "credit-unsaid") else {"credits": credits_of(body)})
        return await self.accepted(request, job, _said(made))

    async def _sound(self, request: web.Request) -> web.StreamResponse:
        fresh = self._admit(request)
        if request.headers["API-KEY"] == BROKE_KEY:
            raise Refusal(500090, "insufficient balance")
        kind, body = request.match_info["kind"], self.seen[-1].body
        wrong = wrong_in(kind, body)
        if wrong:
            raise _invalid(wrong)
        self._check_files(body)
        faults = faults_in(body.get("sound_effect_content", self.whispered), self.known)
        if find(faults, "http-500"):
            return web.Response(status=500, text="bad gateway")
        refused = find(faults, *REFUSALS)
        if refused is not None:
            raise Refusal(*REFUSALS[refused.name])
        number = 301 + next(self.numbers)
        clip = self.media.get(body.get("video_media_id", 0), b"")
        seconds = length_in(clip) if clip else self.jobs[str(body["source_video_id"])].seconds
        if not 0 < seconds <= 30:
            raise Refusal(400017, "Invalid parameter")
        job = Job(
            id=str(number),
            prompt="",
            seconds=round(seconds, 1),
            aspect="16:9",
            sound=True,
            faults=faults,
            body=body,
            stuck=not fresh,
        )
        voice = self.media.get(body.get("audio_media_id", 0), b"")
        costs = 4 * math.ceil(length_in(voice)) if voice else 10 * math.ceil(seconds / 5)
        return await self.accepted(request, job, _said({"video_id": number, "credits": costs}))

    async def _result(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None or find(job.faults, "gone"):
            raise Refusal(400017, "Invalid parameter")
        if find(job.faults, "poll-deleted"):
            raise Refusal(500064, "content deleted")
        match self.poll_fault(request, job):
            case "poll-garbage":
                return web.Response(text='{"ErrCode": 0, "Re', content_type="application/json")
            case "poll-error":
                raise Refusal(500100, "database error")
            case "poll-limit":
                raise Refusal(500069, "high load")
            case "poll-strange":
                return web.json_response(_said({"id": int(job.id), "status": 4, "url": ""}))
        ended = find(job.faults, *ENDS)
        over = job.stage == "over"
        status = 5 if not over else ENDS[ended.name] if ended else 1
        url = f"{self.url}/openapi/{job.id}.mp4?sig=f00d" if status == 1 else ""
        standing = {
            "id": int(job.id),
            "status": status,
            "url": url,
            "seed": job.body.get("seed", 7),
            "has_audio": job.sound,
            "size": 0,
            "prompt": job.prompt,
        }
        return web.json_response(_said(standing))

    async def _upload_image(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        parts = await _parts(request)
        if set(parts) != {"image"} or not isinstance(parts["image"], bytes):
            raise Refusal(400011, "empty parameter: image")
        await asyncio.to_thread(_check_image, parts["image"])
        number = 41 + next(self.numbers)
        self.images[number] = parts["image"]
        return web.json_response(_said({"img_id": number, "img_url": f"https://media.example/{number}.png"}))

    async def _upload_media(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        parts = await _parts(request)
        file, kind = parts.get("file"), parts.get("media_type")
        if (
            set(parts) != {"file", "media_type"}
            or not isinstance(file, bytes)
            or kind not in ("video", "audio")
        ):
            raise Refusal(400011, "empty parameter: file")
        number = 76 + next(self.numbers)
        self.media[number] = file
        answer = {"media_id": number, "media_type": kind, "url": f"https://media.example/{number}.mp4"}
        return web.json_response(_said(answer))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["id"])
        if job is None or request.query.get("sig") != "f00d" or "API-KEY" in request.headers:
            return web.Response(status=403, text="<Error>AccessDenied</Error>")
        voice, clip = (self.media.get(job.body.get(f"{kind}_media_id", 0)) for kind in ("audio", "video"))
        if voice and clip and not job.faults:
            said = await asyncio.to_thread(spoken, clip, voice)
            return web.Response(body=said, content_type="video/mp4")
        return await self.clip(request, job)

    def _admit(self, request: web.Request) -> bool:
        """Refuse a call whose key is not in order; whether its trace id is new."""
        key, trace = request.headers.get("API-KEY", ""), request.headers.get("Ai-trace-id", "")
        if key not in (GOOD_KEY, BROKE_KEY):
            raise Refusal(10005, f"invalid api key {key}")
        if len(trace) != 36:
            raise _invalid("Ai-trace-id")
        fresh = trace not in self.traces
        self.traces.add(trace)
        if not fresh:
            self.repeated.append(request.path)
        return fresh

    def _check_files(self, body: Mapping[str, Any]) -> None:
        for name in ("img_id", "first_frame_img", "last_frame_img"):
            if name in body and body[name] not in self.images:
                raise Refusal(400032, "invalid image id")
        if "source_video_id" in body and str(body["source_video_id"]) not in self.jobs:
            raise Refusal(400017, "Invalid parameter")
        for name in ("video_media_id", "audio_media_id"):
            if name in body and body[name] not in self.media:
                raise Refusal(400017, "Invalid parameter")


def check_order(kind: str, body: Any) -> None:
    """Refuse what the vendor does not take.

    Raises:
        Refusal: with the field.
    """
    if not isinstance(body, dict) or body.get("model") not in MODELS:
        raise _invalid("model")
    model = MODELS[body["model"]]
    fields = {**COMMON, **PATHS[kind]}
    if model.native:
        fields |= dict.fromkeys(SWITCHES, bool)
    else:
        fields["negative_prompt"] = str
    for name, value in body.items():
        if name not in fields or type(value) is not fields[name]:
            raise _invalid(name)
    for name in ("model", "prompt", "duration", "quality"):
        if not body.get(name):
            raise Refusal(400011, f"empty parameter: {name}")
    files = [name for name in PATHS[kind] if name in body]
    if len(files) != (1 if kind == "extend" else len(PATHS[kind])):
        raise Refusal(400011, f"empty parameter: {' or '.join(PATHS[kind])}")
    if kind in ("transition", "extend") and not model.frames:
        raise _invalid("model")
    if model.native and "generate_audio_switch" not in body:
        # Legal for the vendor, which then makes no sound: never ours to leave open.
        raise _invalid("the adapter always says generate_audio_switch")
    lengths = model.largest_lengths if body["quality"] == "1080p" else model.lengths
    if body["quality"] not in QUALITIES or body["duration"] not in lengths:
        raise _invalid("quality or duration")
    if kind == "text" and body["aspect_ratio"] not in model.aspects:
        raise _invalid("aspect_ratio")
    if len(body["prompt"]) > model.most or len(body.get("negative_prompt", "")) > 2048:
        raise Refusal(400018, "prompt too long")
    if not 0 <= body.get("seed", 0) <= 2147483647:
        raise _invalid("seed")


def credits_of(body: Mapping[str, Any]) -> int:
    """What a clip costs: the vendor's list as far as it is known, elsewhere a price of the fake's own."""
    if body["model"] == "v6":
        return 12 * int(body["duration"])
    small = {5: 45, 8: 90, 10: 99}[body["duration"]]
    if body["model"] == "v5":
        return {"720p": small * 4 // 3, "1080p": small * 8 // 3}.get(body["quality"], small)
    return small + (10 if body["generate_audio_switch"] else 0)


def _check_image(data: bytes) -> None:
    try:
        with Image.open(BytesIO(data)) as picture:
            largest, form = max(picture.size), (picture.format or "").lower()
    except OSError:
        raise Refusal(500031, "image info") from None
    if len(data) > 20_000_000 or largest > 4000 or form not in ("png", "jpeg", "webp"):
        raise Refusal(500030, "image size")


async def _parts(request: web.Request) -> dict[str, bytes | str]:
    if request.content_type != "multipart/form-data":
        raise _invalid("content type")
    found: dict[str, bytes | str] = {}
    for name, value in (await request.post()).items():
        found[name] = value.file.read() if isinstance(value, web.FileField) else str(value)
    return found


def _said(resp: Mapping[str, Any]) -> dict[str, Any]:
    return {"ErrCode": 0, "ErrMsg": "success", "Resp": dict(resp)}


def _invalid(field: str) -> Refusal:
    return Refusal(400013, f"Invalid binding: {field}")
