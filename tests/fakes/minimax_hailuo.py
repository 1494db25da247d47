"""MiniMax's older API on a real local socket: everything is HTTP 200, and `base_resp` tells how it went.

Strict about what is documented: fields and their types, which model takes which frame, size and length.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.booth import Booth, Job, key_of
from tests.fakes.faults import faults_in, find

GOOD_KEY = "mm-good-4ac1f0be5a77"
BROKE_KEY = "mm-broke-19d0aa42c7e1"
REFUSALS: Mapping[str, tuple[int, str]] = {
    "submit-1000": (1000, "unknown error"),
    "submit-1002": (1002, "rate limit"),
    "submit-1026": (1026, "input new_sensitive"),
    "submit-1027": (1027, "output new_sensitive"),
    "submit-1033": (1033, "downstream error"),
    "submit-1039": (1039, "token limit"),
    "submit-1042": (1042, "too many invisible characters"),
    "submit-2013": (2013, "invalid params, duration"),
    "submit-2045": (2045, "rate growth limit"),
    "submit-2056": (2056, "usage limit exceeded"),
}
FIELDS: Mapping[str, type] = {
    "model": str,
    "prompt": str,
    "first_frame_image": str,
    "last_frame_image": str,
    "duration": int,
    "resolution": str,
    "prompt_optimizer": bool,
    "fast_pretreatment": bool,
    "callback_url": str,
    "aigc_watermark": bool,
}
LENGTHS: Mapping[str, tuple[int, ...]] = {"512P": (6, 10), "768P": (6, 10), "1080P": (6,)}


@dataclass(frozen=True, kw_only=True)
class Takes:
    """What a model takes."""

    text: bool = True
    last: bool = False
    small: bool = False


MODELS: Mapping[str, Takes] = {
    "MiniMax-Hailuo-2.3": Takes(),
    "MiniMax-Hailuo-2.3-Fast": Takes(text=False),
    "MiniMax-Hailuo-02": Takes(last=True, small=True),
}
DATA = re.compile(r"data:image/(jpeg|png|webp);base64,([A-Za-z0-9+/=]+)")


class Refusal(Exception):
    """The vendor's no."""

    def __init__(self, code: int, message: str) -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.body = {"task_id": "", "base_resp": _said(code, message)}


class FakeMinimax(Booth):
    """The vendor."""

    faults: Mapping[str, int] = {
        **dict.fromkeys(REFUSALS, 0),
        **dict.fromkeys(("http-500", "end-failed", "end-1026", "end-1027", "retrieve-gone"), 0),
        **dict.fromkeys(("retrieve-limit", "poll-wrong-key"), 1),
    }

    def routes(self, router: web.UrlDispatcher) -> None:
        """The four calls, and the files' own host."""
        router.add_post("/v1/video_generation", self._create)
        router.add_get("/v1/query/video_generation", self._query)
        router.add_get("/v1/files/retrieve", self._retrieve)
        router.add_get("/files/{id}.mp4", self._file)

    def refusal(self, error: Exception) -> web.Response:
        """In the vendor's form: HTTP 200."""
        if not isinstance(error, Refusal):
            raise error
        return web.json_response(error.body, headers={"Trace-Id": "trace-1"})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        body = self.seen[-1].body
        await asyncio.to_thread(check_order, body)
        faults = faults_in(body.get("prompt", ""), self.known)
        if find(faults, "http-500"):
            return web.Response(status=500, text="bad gateway")
        refused = find(faults, *REFUSALS)
        if refused is not None:
            raise Refusal(*REFUSALS[refused.name])
        job = Job(
            id=str(106916112212032 + next(self.numbers)),
            prompt=body.get("prompt", ""),
            seconds=body.get("duration", 6),
            aspect="16:9",
            sound=False,
            faults=faults,
            body=body,
        )
        return await self.accepted(request, job, {"task_id": job.id, "base_resp": _said(0, "success")})

    async def _query(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        job = self.jobs.get(request.query.get("task_id", ""))
        if set(request.query) != {"task_id"} or job is None or find(job.faults, "gone"):
            raise Refusal(2013, "invalid params, task_id")
        match self.poll_fault(request, job):
            case "poll-garbage":
                return web.Response(text='{"task_id": "10', content_type="application/json")
            case "poll-error":
                raise Refusal(1033, "downstream error")
            case "poll-limit":
                raise Refusal(1002, "rate limit")
            case "poll-strange":
                return web.json_response(
                    {"task_id": job.id, "status": "Pondering", "base_resp": _said(0, "")}
                )
        if self.script.take(job.faults, "poll-wrong-key", scope=job.id):
            raise Refusal(1004, f"login fail: {key_of(request)}")
        status: dict[str, Any] = {"status": {"queued": "Queueing", "running": "Processing"}.get(job.stage)}
        said = _said(0, "success")
        if status["status"] is None:
            moderated = find(job.faults, "end-1026", "end-1027")
            failed = moderated or find(job.faults, "end-failed")
            if moderated is not None:
                said = _said(int(moderated.name[-4:]), "video generation output sensitive")
            # A text here, a number in the answer about the file.
            done = {"status": "Success", "file_id": f"2{job.id}", "video_width": 1366, "video_height": 768}
            status = {"status": "Fail", "file_id": ""} if failed else done
        return web.json_response({"task_id": job.id, **status, "base_resp": said})

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        number = request.query.get("file_id", "")
        job = self.jobs.get(number[1:])
        if set(request.query) != {"file_id"} or job is None or find(job.faults, "retrieve-gone"):
            raise Refusal(2013, "invalid params, file_id")
        if self.script.take(job.faults, "retrieve-limit", scope=job.id):
            raise Refusal(1002, "rate limit")
        file = {
            "file_id": int(number),
            "bytes": 0,
            "created_at": job.created_ms // 1000,
            "filename": "output_aigc.mp4",
            "purpose": "video_generation",
            "download_url": f"{self.url}/files/{job.id}.mp4?Expires=1&sig=f00d",
        }
        return web.json_response({"file": file, "base_resp": _said(0, "success")})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["id"])
        if job is None or request.query.get("sig") != "f00d" or "Authorization" in request.headers:
            return web.Response(status=403, text="<Error>AccessDenied</Error>")
        return await self.clip(request, job)


def check_order(body: Any) -> None:
    """Refuse what the vendor does not take.

    Raises:
        Refusal: 2013, with the field.
    """
    if not isinstance(body, dict):
        raise _invalid("body")
    for name, value in body.items():
        if name not in FIELDS or type(value) is not FIELDS[name]:
            raise _invalid(name)
    model = MODELS.get(body.get("model", ""))
    first, last = body.get("first_frame_image"), body.get("last_frame_image")
    size = body.get("resolution", "768P")
    if model is None:
        raise _invalid("model")
    if len(body.get("prompt", "")) > 2000 or (first is None and not body.get("prompt")):
        raise _invalid("prompt")
    if first is None and not model.text:
        raise _invalid("first_frame_image is required")
    if last is not None and (not model.last or size == "512P" or first is None):
        raise _invalid("last_frame_image")
    if size not in LENGTHS or (size == "512P" and (not model.small or first is None)):
        raise _invalid("resolution")
    if body.get("duration", 6) not in LENGTHS[size]:
        raise _invalid("duration")
    for image in (first, last):
        if image is not None:
            _check_image(image)


def _check_image(image: str) -> None:
    if image.startswith(("https://", "http://")):
        return
    found = DATA.fullmatch(image)
    if found is None:
        raise _invalid("image")
    data = base64.b64decode(found[2], validate=True)
    with Image.open(BytesIO(data)) as picture:
        width, height = picture.size
        if (picture.format or "").lower() != found[1]:
            raise _invalid("image format")
    if len(data) >= 20_000_000 or min(width, height) <= 300 or not 0.4 <= width / height <= 2.5:
        raise _invalid("image size")


def _admit(request: web.Request) -> None:
    key = key_of(request)
    if not key:
        raise Refusal(1004, "login fail: Please carry the API secret key in the 'Authorization' field")
    if key not in (GOOD_KEY, BROKE_KEY):
        raise Refusal(2049, f"invalid api key {key}")
    if request.method == "POST" and request.content_type != "application/json":
        raise _invalid("content type")
    if request.method == "POST" and key == BROKE_KEY:
        raise Refusal(1008, "insufficient balance")


def _said(code: int, message: str) -> dict[str, Any]:
    return {"status_code": code, "status_msg": message}


def _invalid(field: str) -> Refusal:
    return Refusal(2013, f"invalid params, {field}")
