"""A Suno gateway on a real local socket: HTTP 200 for nearly everything, and the code inside.

Strict about fields and their types, and about what custom mode needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fakes.booth import FILES, Booth, Job, key_of
from tests.fakes.faults import faults_in, find
from tests.fakes.sounds import recording
from tests.fakes.vendor_desk import half

GOOD_KEY = "suno-good-77ac1f0be5"
BROKE_KEY = "suno-broke-42c719d0aa"
# A real song is much longer; this is longer than any clip of the tests.
SECONDS = 12.0
FIELDS: Mapping[str, type] = {
    "customMode": bool,
    "instrumental": bool,
    "model": str,
    "callBackUrl": str,
    "prompt": str,
    "style": str,
    "title": str,
    "negativeTags": str,
}
MODELS = ("V4", "V4_5", "V4_5PLUS", "V4_5ALL", "V5", "V5_5")
REFUSALS: Mapping[str, tuple[int, str]] = {
    "submit-400": (400, "invalid parameter"),
    "submit-words": (400, "the style contains sensitive words"),
    "submit-405": (405, "rate limited"),
    "submit-413": (413, "prompt too long"),
    "submit-430": (430, "call frequency too high"),
    "submit-455": (455, "maintenance"),
    "submit-500": (500, "internal error"),
    "submit-999": (999, "something new"),
}
ENDS: Mapping[str, str] = {
    "end-failed": "GENERATE_AUDIO_FAILED",
    "end-task": "CREATE_TASK_FAILED",
    "end-moderated": "SENSITIVE_WORD_ERROR",
}


class Refusal(Exception):
    """The gateway's no."""

    def __init__(self, code: int, message: str) -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.body = {"code": code, "msg": message, "data": None}


class FakeSuno(Booth):
    """The gateway. `base` is the address that an operator would set."""

    faults: Mapping[str, int] = dict.fromkeys(
        (*REFUSALS, *ENDS, "http-429", "http-500", "first-song", "no-callback", "linkless"), 0
    )

    @property
    def base(self) -> str:
        """With the path that these gateways have."""
        return f"{self.url}/api/v1"

    def routes(self, router: web.UrlDispatcher) -> None:
        """The calls that are used, and the files' own host."""
        router.add_post("/api/v1/generate", self._create)
        router.add_get("/api/v1/generate/record-info", self._record)
        router.add_get("/songs/{id}.mp3", self._song)

    def refusal(self, error: Exception) -> web.Response:
        """HTTP 200, and the code inside."""
        if not isinstance(error, Refusal):
            raise error
        return web.json_response(error.body)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        body = self.seen[-1].body
        _check(body)
        faults = faults_in(body["style"], self.known)
        if find(faults, "http-500"):
            return web.Response(status=500, text="bad gateway")
        if find(faults, "http-429"):
            return web.Response(status=429, text="slow down", headers={"Retry-After": "7"})
        refused = find(faults, *REFUSALS)
        if refused is not None:
            raise Refusal(*REFUSALS[refused.name])
        number = f"5c79be8e0c1f{next(self.numbers):04d}"
        job = Job(
            id=number, prompt=body["style"], seconds=SECONDS, aspect="", sound=True, faults=faults, body=body
        )
        return await self.accepted(request, job, _said({"taskId": number}))

    async def _record(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        job = self.jobs.get(request.query.get("taskId", ""))
        if job is None or find(job.faults, "gone"):
            return web.json_response(_said(None))
        match self.poll_fault(request, job):
            case "poll-garbage":
                return web.Response(text='{"code": 200, "da', content_type="application/json")
            case "poll-error":
                raise Refusal(500, "internal error")
            case "poll-limit":
                raise Refusal(430, "call frequency too high")
            case "poll-strange":
                return web.json_response(_said({"taskId": job.id, "status": "PONDERING"}))
        return web.json_response(_said(self._standing(job)))

    def _standing(self, job: Job) -> dict[str, Any]:
        link = "" if find(job.faults, "linkless") else f"{self.url}/songs/{job.id}.mp3?sig=f00d"
        song = {"id": "8551662c", "audioUrl": link, "sourceAudioUrl": link, "duration": SECONDS}
        status, songs = (
            {"queued": "PENDING", "running": "TEXT_SUCCESS"}.get(job.stage, "SUCCESS"),
            [song, song],
        )
        if find(job.faults, "first-song") and job.stage != "queued":
            status, songs = "FIRST_SUCCESS", [song]
        ended = find(job.faults, *ENDS)
        if ended is not None and job.stage == "over":
            status, songs = ENDS[ended.name], []
        if find(job.faults, "no-callback") and job.stage == "over":
            status = "CALLBACK_EXCEPTION"
        done = songs and status not in ("PENDING", "TEXT_SUCCESS")
        return {
            "taskId": job.id,
            "status": status,
            "response": {"taskId": job.id, "sunoData": songs} if done else None,
            "errorCode": 400 if ended else None,
            "errorMessage": "sensitive word" if ended else None,
        }

    async def _song(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["id"])
        if job is None or request.query.get("sig") != "f00d" or "Authorization" in request.headers:
            return web.Response(status=403, text="<Error>AccessDenied</Error>")
        fault = self.script.take(job.faults, *FILES, scope=job.id)
        name = fault.name if fault else ""
        song = await asyncio.to_thread(recording, SECONDS)
        if name == "file-gone":
            return web.Response(status=404, text="<Error>NoSuchKey</Error>")
        if name == "file-html":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if name == "file-cut":
            return await half(request, song, 200, "audio/mpeg")
        return web.Response(body=song, content_type="audio/mpeg")

    def _admit(self, request: web.Request) -> None:
        key = key_of(request)
        if key not in (GOOD_KEY, BROKE_KEY):
            raise Refusal(401, f"You do not have access permissions: {key}")
        if key == BROKE_KEY and request.method == "POST":
            raise Refusal(429, "Insufficient credits")


def _check(body: Any) -> None:
    if not isinstance(body, dict):
        raise Refusal(400, "body")
    for name, value in body.items():
        if name not in FIELDS or type(value) is not FIELDS[name]:
            raise Refusal(400, f"invalid parameter {name}")
    for name in ("customMode", "instrumental", "model", "callBackUrl"):
        if name not in body:
            raise Refusal(400, f"{name} is required")
    if body["model"] not in MODELS or not body["callBackUrl"].startswith("https://"):
        raise Refusal(400, "model or callBackUrl")
    if body["customMode"] and not (body.get("style") and 0 < len(body.get("title", "")) <= 80):
        raise Refusal(400, "style and title are required")


def _said(data: Any) -> dict[str, Any]:
    return {"code": 200, "msg": "success", "data": data}
