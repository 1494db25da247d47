"""A service that speaks like the Sora API, on a real local socket; for the adapter and the maker's SDK.

Strict: unknown fields, a number for `seconds`, a link in a form, and a frame of another size are refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.booth import Booth, Job, key_of
from tests.fakes.faults import faults_in, find

GOOD_KEY = "sk-sora-good-c41f0be5a77a"
BROKE_KEY = "sk-sora-broke-19d0aa42c7e1"
MODELS = ("sora-2", "sora-2-pro")
SECONDS = ("4", "8", "12", "16", "20")
SIZES = ("1280x720", "720x1280", "1920x1080", "1080x1920")
BLOCKED = "Your request was blocked by our moderation system."
# Status, type, code, words.
REFUSALS: Mapping[str, tuple[int, str, str | None, str]] = {
    "submit-moderated": (400, "image_generation_user_error", "moderation_blocked", BLOCKED),
    "submit-moderated-words": (400, "invalid_request_error", None, "This violates our content policy."),
    "submit-invalid": (400, "invalid_request_error", "invalid_value", "Invalid value: 'seconds'."),
    "submit-gone": (404, "invalid_request_error", "model_not_found", "The model `sora-2` does not exist."),
    "submit-403": (403, "invalid_request_error", None, "Your organization must be verified."),
    "submit-429": (429, "requests", "rate_limit_exceeded", "Rate limit reached for sora-2."),
    "submit-429-plain": (429, "requests", "rate_limit_exceeded", "Rate limit reached for sora-2."),
    "submit-500": (500, "server_error", None, "The server had an error while processing your request."),
    "submit-503": (503, "server_error", None, "overloaded"),
    "submit-billing": (
        400,
        "invalid_request_error",
        "billing_hard_limit_reached",
        "Billing hard limit reached.",
    ),
}
ENDS: Mapping[str, tuple[str, str]] = {
    "end-moderated": ("moderation_blocked", BLOCKED),
    "end-failed": ("internal_error", "The video could not be made."),
}


class Refusal(Exception):
    """The service's no."""

    def __init__(
        self,
        status: int,
        type_: str,
        code: str | None,
        message: str,
        *,
        param: str | None = None,
        wait: str = "",
    ) -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.status = status
        self.headers = {"Retry-After": wait} if wait else {}
        self.body = {"error": {"message": message, "type": type_, "param": param, "code": code}}


class FakeSora(Booth):
    """The service."""

    faults: Mapping[str, int] = {
        **dict.fromkeys((*REFUSALS, *ENDS, "end-expired", "file-elsewhere", "sparse"), 0),
    }

    def routes(self, router: web.UrlDispatcher) -> None:
        """The calls below `/v1`."""
        router.add_post("/v1/videos", self._create)
        router.add_post("/v1/videos/edits", self._edit)
        router.add_post("/v1/videos/extensions", self._extend)
        router.add_post("/v1/videos/{id}/remix", self._remix)
        router.add_get("/v1/videos/{id}", self._standing)
        router.add_get("/v1/videos/{id}/content", self._content)

    @property
    def base_url(self) -> str:
        """As an operator writes it."""
        return f"{self.url}/v1"

    def refusal(self, error: Exception) -> web.Response:
        """In the API's form."""
        if not isinstance(error, Refusal):
            raise error
        return web.json_response(error.body, status=error.status, headers=error.headers)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        fields, frame = await self._fields(request)
        _only(fields, "model", "prompt", "seconds", "size")
        fields = {"model": "sora-2", "seconds": "4", "size": "720x1280", **fields}
        if fields["model"] not in MODELS:
            raise Refusal(404, "invalid_request_error", "model_not_found", "The model does not exist.")
        if fields["seconds"] not in SECONDS:
            code = "invalid_value" if isinstance(fields["seconds"], str) else "invalid_type"
            raise Refusal(400, "invalid_request_error", code, "Invalid 'seconds'.", param="seconds")
        if fields["size"] not in SIZES or ("1080" in fields["size"] and fields["model"] == "sora-2"):
            raise _invalid("size")
        if frame is not None:
            await asyncio.to_thread(_check_frame, frame, fields["size"])
        return await self._accept(request, fields, seconds=int(fields["seconds"]), size=fields["size"])

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        fields, _ = await self._fields(request)
        _only(fields, "prompt", "video")
        return await self._accept(request, fields, seconds=self._source(fields).seconds, size="1280x720")

    async def _extend(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        fields, _ = await self._fields(request)
        _only(fields, "prompt", "video", "seconds")
        if fields.get("seconds") not in SECONDS:
            raise _invalid("seconds")
        whole = self._source(fields).seconds + int(fields["seconds"])
        if whole > 120:
            raise _invalid("seconds")
        return await self._accept(request, fields, seconds=whole, size="1280x720")

    async def _remix(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        fields, _ = await self._fields(request)
        _only(fields, "prompt")
        source = self._job(request)
        return await self._accept(request, fields, seconds=source.seconds, size="1280x720")

    async def _accept(
        self, request: web.Request, fields: Mapping[str, Any], *, seconds: float, size: str
    ) -> web.StreamResponse:
        if not fields.get("prompt") or not isinstance(fields["prompt"], str):
            raise _invalid("prompt")
        if key_of(request) == BROKE_KEY:
            raise Refusal(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota.")
        faults = faults_in(fields["prompt"], self.known)
        refused = find(faults, *REFUSALS)
        if refused is not None:
            status, kind, code, message = REFUSALS[refused.name]
            raise Refusal(status, kind, code, message, wait="20" if refused.name == "submit-429" else "")
        wide = int(size.split("x")[0]) > int(size.split("x")[1])
        job = Job(
            id=f"video_{next(self.numbers):04d}",
            prompt=fields["prompt"],
            seconds=seconds,
            aspect="16:9" if wide else "9:16",
            sound=True,
            faults=faults,
            body=dict(fields) | {"size": size},
        )
        return await self.accepted(request, job, self._said(job))

    async def _standing(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        job = self._job(request)
        match self.poll_fault(request, job):
            case "poll-garbage":
                return web.Response(text='{"id": "video_', content_type="application/json")
            case "poll-error":
                raise Refusal(500, "server_error", None, "The server had an error.")
            case "poll-limit":
                raise Refusal(429, "requests", "rate_limit_exceeded", "Rate limit reached.", wait="3")
            case "poll-strange":
                return web.json_response(self._said(job) | {"status": "pondering"})
        said = self._said(job)
        if find(job.faults, "sparse"):
            said = {name: said[name] for name in ("id", "status")}
        return web.json_response(said, headers={"openai-poll-after-ms": "50"})

    def _said(self, job: Job) -> dict[str, Any]:
        status = {"queued": "queued", "running": "in_progress"}.get(job.stage, "completed")
        ended, error = find(job.faults, *ENDS), None
        if status == "completed" and ended:
            code, message = ENDS[ended.name]
            status, error = "failed", {"code": code, "message": message}
        elif status == "completed" and find(job.faults, "end-expired"):
            status = "expired"
        progress = {"queued": 0, "in_progress": 45, "completed": 100}.get(status, 0)
        return {
            "id": job.id,
            "object": "video",
            "model": job.body.get("model", "sora-2"),
            "status": status,
            "progress": progress,
            "created_at": job.created_ms // 1000,
            "completed_at": None,
            "expires_at": None,
            "prompt": job.prompt,
            "size": job.body["size"],
            "seconds": f"{job.seconds:g}",
            "remixed_from_video_id": None,
            "error": error,
        }

    async def _content(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        job = self._job(request)
        if job.stage != "over":
            raise _invalid("video is not completed")
        return await self.clip(request, job)

    def _admit(self, request: web.Request) -> None:
        key = key_of(request)
        if key not in (GOOD_KEY, BROKE_KEY):
            words = f"Incorrect API key provided: {key}."
            raise Refusal(401, "invalid_request_error", "invalid_api_key", words)

    def _job(self, request: web.Request) -> Job:
        job = self.jobs.get(request.match_info["id"])
        if job is None or find(job.faults, "gone"):
            raise Refusal(404, "invalid_request_error", None, "Video not found.")
        return job

    def _source(self, fields: Mapping[str, Any]) -> Job:
        video = fields.get("video")
        job = self.jobs.get(video.get("id", "")) if isinstance(video, dict) and set(video) == {"id"} else None
        if job is None or job.stage != "over":
            raise _invalid("video")
        return job

    async def _fields(self, request: web.Request) -> tuple[dict[str, Any], bytes | None]:
        """The texts of a call and its file."""
        if request.content_type == "application/json":
            body = self.seen[-1].body
            if not isinstance(body, dict):
                raise _invalid("body")
            return dict(body), None
        if request.content_type != "multipart/form-data":
            raise _invalid("content type")
        fields: dict[str, Any] = {}
        frame: bytes | None = None
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                if name != "input_reference":
                    raise _invalid(name)
                frame = value.file.read()
            elif name == "input_reference":
                raise _invalid("input_reference: expected a file, but got a string instead")
            else:
                fields[name] = value
        return fields, frame


def _only(fields: Mapping[str, Any], *known: str) -> None:
    for name in fields:
        if name not in known:
            raise Refusal(
                400, "invalid_request_error", "unknown_parameter", f"Unknown: '{name}'.", param=name
            )


def _check_frame(data: bytes, size: str) -> None:
    try:
        with Image.open(BytesIO(data)) as picture:
            found, form = f"{picture.width}x{picture.height}", (picture.format or "").lower()
    except OSError:
        raise _invalid("input_reference") from None
    if found != size or form not in ("jpeg", "png", "webp"):
        raise _invalid("input_reference: Inpaint image must match the requested width and height")


def _invalid(what: str) -> Refusal:
    return Refusal(400, "invalid_request_error", "invalid_value", f"Invalid value: {what}", param=what)
