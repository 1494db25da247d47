"""MiniMax's newer API on a real local socket: contents with roles, the job in the path, snapped lengths.

Which HTTP status goes with which error is not documented; this one uses the usual ones, and 200 on demand.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.booth import Booth, Job, key_of
from tests.fakes.faults import faults_in, find
from tests.fakes.minimax_hailuo import BROKE_KEY, GOOD_KEY

# Status, type, words.
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "submit-moderated": (400, "invalid_request_error", "input new_sensitive"),
    "submit-moderated-in-200": (200, "invalid_request_error", "input new_sensitive"),
    "submit-invalid": (400, "invalid_request_error", "invalid params, duration"),
    "submit-gone": (404, "invalid_request_error", "model MiniMax-H3 not found"),
    "submit-429": (429, "rate_limit_error", "too many tasks in parallel"),
    "submit-429-plain": (429, "rate_limit_error", "rate limit"),
    "submit-strange-200": (200, "server_error", "something"),
    "submit-500": (500, "server_error", "internal error"),
}
ENDS: Mapping[str, tuple[str, str]] = {
    "end-failed": ("1000", "unknown error"),
    "end-moderated": ("1027", "output"),
    "end-moderated-words": ("", "The output is sensitive."),
}
SIZES = ("768P", "2K")
RATIOS = ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16", "adaptive")
ROLES: Mapping[str, tuple[str, int]] = {
    "first_frame": ("image_url", 1),
    "last_frame": ("image_url", 1),
    "reference_image": ("image_url", 9),
    "reference_audio": ("audio_url", 3),
}
IMAGE = re.compile(r"data:image/(jpeg|png|webp);base64,([A-Za-z0-9+/=]+)")
SOUND = re.compile(r"data:audio/(wav|mpeg|mp3);base64,([A-Za-z0-9+/=]+)")


class Refusal(Exception):
    """The vendor's no."""

    def __init__(self, status: int, type_: str, message: str, *, wait: str = "") -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": type_, "message": message}}
        self.headers = {"Retry-After": wait} if wait else {}


class FakeH3(Booth):
    """The vendor."""

    faults: Mapping[str, int] = dict.fromkeys((*REFUSALS, *ENDS), 0)

    def routes(self, router: web.UrlDispatcher) -> None:
        """The two calls, and the files' own host."""
        router.add_post("/v2/video_generation", self._create)
        router.add_get("/v2/query/video_generation/{id}", self._query)
        router.add_get("/{id}.mp4", self._file)

    def refusal(self, error: Exception) -> web.Response:
        """In the vendor's form."""
        if not isinstance(error, Refusal):
            raise error
        return web.json_response(error.body, status=error.status, headers=error.headers)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        body = self.seen[-1].body
        words = await asyncio.to_thread(check_order, body)
        if key_of(request) == BROKE_KEY:
            raise Refusal(402, "billing_error", "insufficient balance")
        faults = faults_in(words, self.known)
        refused = find(faults, *REFUSALS)
        if refused is not None:
            wait = "7" if refused.name == "submit-429" else ""
            raise Refusal(*REFUSALS[refused.name], wait=wait)
        job = Job(
            id=str(424241 + next(self.numbers)),
            prompt=words,
            seconds=snapped(body["duration"]),
            aspect=body["ratio"],
            sound=True,
            faults=faults,
            body=body,
        )
        return await self.accepted(request, job, {"task_id": job.id})

    async def _query(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None or find(job.faults, "gone"):
            raise Refusal(404, "not_found_error", "task not found")
        status = {"queued": "queued", "running": "running"}.get(job.stage, "succeeded")
        match self.poll_fault(request, job):
            case "poll-garbage":
                return web.Response(text='{"task": {"id', content_type="application/json")
            case "poll-error":
                raise Refusal(500, "server_error", "internal error")
            case "poll-limit":
                raise Refusal(429, "rate_limit_error", "rate limit", wait="3")
            case "poll-strange":
                status = "pondering"
        task: dict[str, Any] = {"id": job.id, "model": "MiniMax-H3", "status": status}
        ended = find(job.faults, *ENDS)
        if status == "succeeded" and ended:
            code, message = ENDS[ended.name]
            task |= {"status": "failed", "error": {"code": code, "message": message}}
        elif status == "succeeded":
            task |= {
                "content": {"url": f"{self.url}/{job.id}.mp4?sig=f00d"},
                "duration": job.body["duration"],
            }
        return web.json_response({"task": task})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["id"])
        if job is None or request.query.get("sig") != "f00d" or "Authorization" in request.headers:
            return web.Response(status=403, text="<Error>AccessDenied</Error>")
        return await self.clip(request, job)


def snapped(seconds: int) -> float:
    """How long a clip plays: 17 n + 5 frames at 24 a second, the nearest."""
    return (17 * round((24 * seconds - 5) / 17) + 5) / 24


def check_order(body: Any) -> str:
    """Refuse what the vendor does not take; returns the words.

    Raises:
        Refusal: with the field.
    """
    if not isinstance(body, dict) or set(body) != {"model", "content", "ratio", "duration", "resolution"}:
        raise _invalid("body")
    if body["model"] != "MiniMax-H3" or body["resolution"] not in SIZES or body["ratio"] not in RATIOS:
        raise _invalid("model, resolution or ratio")
    if type(body["duration"]) is not int or not 4 <= body["duration"] <= 15:
        raise _invalid("duration")
    texts = [item["text"] for item in body["content"] if item.get("type") == "text"]
    files = [item for item in body["content"] if item.get("type") != "text"]
    if len(texts) != 1 or not 0 < len(texts[0]) <= 7000:
        raise _invalid("text")
    if not files and body["ratio"] == "adaptive":
        raise _invalid("ratio")
    roles = [item.get("role") for item in files]
    for item in files:
        _check_file(item)
    frames = {"first_frame", "last_frame"} & set(roles)
    if frames and (len(frames) < len(set(roles)) or "first_frame" not in roles):
        raise _invalid("frames and references")
    if any(roles.count(role) > most for role, (_, most) in ROLES.items()) or len(roles) > 12:
        raise _invalid("too many files")
    return str(texts[0])


def _check_file(item: Any) -> None:
    role = item.get("role")
    if role not in ROLES or set(item) != {"type", "role", ROLES[role][0]} or item["type"] != ROLES[role][0]:
        raise _invalid("content")
    kind = item["type"]
    if set(item[kind]) != {"url"}:
        raise _invalid(kind)
    url = item[kind]["url"]
    if url.startswith(("https://", "http://", "mm_file://")):
        return
    found = (IMAGE if kind == "image_url" else SOUND).fullmatch(url)
    if found is None:
        raise _invalid(f"{kind}.url")
    data = base64.b64decode(found[2], validate=True)
    if kind == "image_url":
        with Image.open(BytesIO(data)) as picture:
            if (picture.format or "").lower() != found[1]:
                raise _invalid("image format")
    elif len(data) > 15_000_000:
        raise _invalid("audio size")


def _admit(request: web.Request) -> None:
    key = key_of(request)
    if key not in (GOOD_KEY, BROKE_KEY):
        raise Refusal(401, "authentication_error", f"invalid api key {key}")


def _invalid(field: str) -> Refusal:
    return Refusal(400, "invalid_request_error", f"invalid params, {field}")
