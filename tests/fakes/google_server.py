"""What the fakes of Vertex and of the Interactions API share: sockets, jobs, clips, faults, Google's errors.

Faults are asked for in the prompt: `[fault:submit-limit=7]`. See `faults.py`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import itertools
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.faults import Fault, Script, faults_in, find
from tests.fakes.opened import Opened
from tests.fakes.vendor_desk import cut, half, slowly
from tests.fakes.vendor_files import Recipe, Shelf

# Each with how often it happens to one job (0 = every time).
FAULTS: Mapping[str, int] = {
    "submit-invalid": 0,
    "submit-rules": 0,  # the prompt breaks the rules
    "submit-gone": 0,
    "submit-billing": 0,
    "submit-daily": 0,  # a quota for the day
    "submit-limit": 0,  # value: seconds to wait
    "submit-500": 0,
    "lost-cut": 1,  # the job exists; what is heard of it:
    "lost-hang": 1,
    "lost-garbage": 1,
    "queue": 0,  # waits for ever
    "run": 0,  # works for ever, or for so many ms
    "poll-garbage": 1,
    "poll-500": 1,
    "poll-429": 1,
    "poll-400": 1,  # an accident of the front end
    "poll-cut": 1,
    "poll-gone": 0,
    "cancel-late": 0,
    "end-failed": 0,
    "end-rules": 0,  # the prompt breaks the rules, found out late
    "end-moderated": 0,
    "end-audio": 0,  # withheld because of its sound
    "end-empty": 0,  # finished, with nothing in it
    "end-lost": 0,  # made and billed, and not handed out
    "file-gone": 0,
    "file-cut": 1,
    "file-html": 0,
    "file-huge": 0,
    "file-slow": 0,
    "file-moved": 1,  # behind a redirect
}
HUGE_BYTES = 2 * 2**30
_BODY_LIMIT = 128 * 2**20
_HTML = b"<!doctype html><html><title>Sign in</title>"


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        """Keep what is answered."""
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


@dataclass(kw_only=True)
class Job:
    """One job, as the vendor sees it. `told`: how often it was said that it is done."""

    id: str
    model: str
    recipe: Recipe
    faults: tuple[Fault, ...]
    body: Mapping[str, Any]
    born: float = field(default_factory=time.monotonic)
    cancelled: bool = False
    told: int = 0


class GoogleServer(ABC):
    """A server on this machine. Use it as `async with`.

    Attributes:
        url: where it listens.
        jobs: by the vendor's id.
        calls: (method, path) of everything that was asked.
        clip: handed out for every job instead of a clip made to measure.
    """

    def __init__(self, *, run_seconds: float = 0.03) -> None:
        """Set up; `run_seconds` is how long a job takes."""
        self.url = ""
        self.jobs: dict[str, Job] = {}
        self.calls: list[tuple[str, str]] = []
        self.clip: Path | None = None
        self._run_seconds = run_seconds
        self._numbers = itertools.count(1)
        self._script = Script(known=FAULTS)
        self._shelf = Shelf()
        self._closing = asyncio.Event()
        self._server = Opened()

    @abstractmethod
    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Say what is answered where."""

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[self._watched])
        self.add_routes(app.router)
        self.url = await self._server.open(app, patience_seconds=0.2)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, also in the middle of an answer."""
        self._closing.set()
        await self._server.close()

    def number(self) -> int:
        """The next number."""
        return next(self._numbers)

    def take(self, job: Job, *names: str) -> Fault | None:
        """The first of these faults that still has to happen to a job."""
        return self._script.take(job.faults, *names, scope=job.id)

    def state(self, job: Job) -> str:
        """queued, running, cancelled or done."""
        if job.cancelled:
            return "cancelled"
        if find(job.faults, "queue"):
            return "queued"
        run, age = find(job.faults, "run"), time.monotonic() - job.born
        waiting = age < (self._run_seconds if run is None else run.number(1e12) / 1000)
        return "running" if waiting else "done"

    async def clip_of(self, job: Job) -> Path:
        """The finished clip."""
        return self.clip or await self._shelf.clip(job.recipe)

    async def after_accepting(self, request: web.Request, job: Job, answer: object) -> web.StreamResponse:
        """The answer to a submit, or what is left of it."""
        fault = self.take(job, "lost-cut", "lost-hang", "lost-garbage")
        match fault.name if fault else "":
            case "lost-cut":
                raise cut(request)
            case "lost-hang":
                await self.pause(60)
                raise cut(request)
            case "lost-garbage":
                return web.Response(text='{"name": "proj', content_type="application/json")
        return web.json_response(answer)

    def before_polling(self, request: web.Request, job: Job) -> web.Response | None:
        """What goes wrong with a poll in the same way everywhere."""
        fault = self.take(job, "poll-garbage", "poll-500", "poll-429", "poll-cut")
        match fault.name if fault else "":
            case "poll-garbage":
                return web.Response(text='{"name": "proj', content_type="application/json")
            case "poll-500":
                raise Refusal(500, error(500, "Internal error.", "INTERNAL"))
            case "poll-429":
                raise Refusal(429, error(429, "Slow down.", "RESOURCE_EXHAUSTED"), {"Retry-After": "3"})
            case "poll-cut":
                raise cut(request)
        return None

    async def file(self, request: web.Request, job: Job) -> web.StreamResponse:
        """The clip behind a link."""
        fault = self.take(job, "file-gone", "file-cut", "file-html", "file-huge", "file-slow", "file-moved")
        path = await self.clip_of(job)
        match fault.name if fault else "":
            case "file-gone":
                raise Refusal(404, error(404, "File not found.", "NOT_FOUND"))
            case "file-cut":
                return await half(request, await asyncio.to_thread(path.read_bytes), 200, "video/mp4")
            case "file-html":
                return web.Response(body=_HTML, content_type="text/html")
            case "file-slow":
                return await slowly(request, await asyncio.to_thread(path.read_bytes), "video/mp4")
            case "file-moved":
                raise web.HTTPFound(str(request.rel_url))
            case "file-huge":
                return await self.announce(request, HUGE_BYTES, "video/mp4")
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    async def announce(
        self, request: web.Request, size: int, content_type: str, start: bytes = b""
    ) -> web.StreamResponse:
        """Promise a body of some size and send only its beginning."""
        answer = web.StreamResponse(headers={"Content-Type": content_type})
        answer.content_length = size
        await answer.prepare(request)
        await answer.write(start or bytes(1000))
        await self.pause(60)
        raise cut(request)

    async def pause(self, seconds: float) -> None:
        """Wait, or less if the server stops."""
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    @web.middleware
    async def _watched(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        try:
            return await handler(request)
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
        except ConnectionResetError:
            return web.Response()


def error(code: int, message: str, status: str, *details: Mapping[str, Any]) -> dict[str, Any]:
    """Google's usual error body."""
    body: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        body["details"] = list(details)
    return {"error": body}


def invalid(message: str) -> Refusal:
    """A field is wrong."""
    return Refusal(400, error(400, message, "INVALID_ARGUMENT"))


def reason(word: str) -> dict[str, str]:
    """A detail that names the reason."""
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": word, "domain": "googleapis.com"}


def retry_after(seconds: str) -> dict[str, str]:
    """A detail that says how long to wait."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}


def known(fields: object, allowed: set[str], where: str) -> dict[str, Any]:
    """An object without strange fields."""
    if not isinstance(fields, dict):
        raise invalid(f"{where} must be an object.")
    strange = set(fields) - allowed
    if strange:
        raise invalid(f"Invalid JSON payload received. Unknown name \"{min(strange)}\" at '{where}'.")
    return fields


async def parsed(request: web.Request) -> dict[str, Any]:
    """The body of a request."""
    if request.content_type != "application/json":
        raise invalid("The content type must be application/json.")
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise invalid("Invalid JSON payload received.") from None
    return known(body, set(body) if isinstance(body, dict) else set(), "body")


def decoded(data: object, mime: object, kinds: Mapping[str, bytes]) -> bytes:
    """The bytes of a file, which must be what its type says."""
    if mime not in kinds or not isinstance(data, str):
        raise invalid(f"Unsupported media type {mime}.")
    try:
        found = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise invalid("Base64 decoding failed.") from None
    if kinds[str(mime)] not in found[:16]:
        raise invalid(f"The file is not of type {mime}.")
    return found


def faults_of(prompt: str) -> tuple[Fault, ...]:
    """The faults asked for in a prompt."""
    return faults_in(prompt, FAULTS)
