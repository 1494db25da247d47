"""What the fakes of small vendors share: jobs that age, answers that get lost, files that go wrong.

A vendor is a subclass of `Studio` that adds its calls, its words and what it takes. Faults are asked for by
words in the prompt (`faults.py`); those that are the same everywhere are in `COMMON`.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import web

from tests.fakes.faults import Fault, faults_in, find
from tests.fakes.premises import LOST, Premises
from tests.fakes.vendor_desk import cut
from tests.fakes.vendor_files import PIXELS

Standing = Literal["queued", "running", "ended"]
_FILES = ("file-cut", "file-html", "file-endless", "file-moved", "file-slow")
# How often each happens to one job; 0 = every time.
COMMON: Mapping[str, int] = {
    **dict.fromkeys(LOST, 1),
    **dict.fromkeys(("queue-ms", "run-ms", "gone", "file-403"), 0),
    **dict.fromkeys(("poll-garbage", "poll-strange", "poll-error", "poll-limit", "poll-cut", "file-cut"), 1),
    **dict.fromkeys(("file-html", "file-endless", "file-moved", "file-slow"), 0),
}


class Refusal(Exception):
    """The vendor's no: status, body and headers."""

    def __init__(
        self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        """Keep what is answered."""
        super().__init__(str(body))
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A call that came in; `body` is parsed JSON or None."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(kw_only=True)
class Job:
    """One job; how it stands follows from its age.

    Attributes:
        seconds, aspect, sound: of the clip that comes out.
        body: the request. facts: what a vendor notes beside it.
    """

    id: str
    seconds: float
    aspect: str
    sound: bool
    body: Mapping[str, Any]
    faults: tuple[Fault, ...]
    created_ms: int
    queue_ms: float
    run_ms: float
    cancelled: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        age = now_ms() - self.created_ms
        if self.cancelled:
            return "ended"
        if age < self.queue_ms:
            return "queued"
        return "running" if age < self.queue_ms + self.run_ms else "ended"


class Studio(Premises, ABC):
    """A vendor that listens.

    Attributes:
        jobs: by id, oldest first. seen: every call.
    """

    def __init__(self, faults: Mapping[str, int], *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet. `faults`: those of this vendor alone."""
        super().__init__({**COMMON, **faults})
        self.queue_ms, self.run_ms = queue_ms, run_ms
        self.jobs: dict[str, Job] = {}
        self.seen: list[Seen] = []

    @abstractmethod
    def routes(self, app: web.Application) -> None:
        """Add the vendor's calls."""

    @abstractmethod
    def check_download(self, request: web.Request, job: Job) -> None:
        """Refuse a download that the vendor would refuse."""

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application(client_max_size=250_000_000, middlewares=[self._answered])
        self.routes(app)
        app.router.add_get("/files/{id}.mp4", self._file)
        app.router.add_get("/moved/{id}.mp4", self._file)
        await self.listen(app)
        return self

    def accept(
        self, identity: str, *, prompt: str, seconds: float, aspect: str, sound: bool, body: Mapping[str, Any]
    ) -> Job:
        """Start a job."""
        faults = faults_in(prompt, self.known)
        queue, run = find(faults, "queue-ms"), find(faults, "run-ms")
        job = Job(
            id=identity,
            seconds=seconds,
            aspect=aspect if aspect in PIXELS else "16:9",
            sound=sound,
            body=body,
            faults=faults,
            created_ms=now_ms(),
            queue_ms=queue.number(0) if queue else self.queue_ms,
            run_ms=run.number(0) if run else self.run_ms,
        )
        self.jobs[job.id] = job
        return job

    async def accepted(self, request: web.Request, job: Job, body: Mapping[str, Any]) -> web.StreamResponse:
        """The answer to a submit, unless it gets lost."""
        lost = await self.lose(request, job.faults, job.id)
        return web.json_response(body) if lost is None else lost

    def poll_fault(self, request: web.Request, job: Job) -> Fault | None:
        """What goes wrong with this question; a cut connection is cut here."""
        names = [name for name in self.known if name.startswith("poll-")]
        fault = self.script.take(job.faults, *names, scope=job.id)
        if fault is not None and fault.name == "poll-cut":
            raise cut(request)
        return fault

    def link(self, job: Job) -> str:
        """Where the clip lies; signed, as far as anybody can see."""
        return f"{self.url}/files/{job.id}.mp4?sig=f00dcafe"

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.calls["file"] += 1
        job = self.jobs.get(request.match_info["id"])
        if job is None or request.query.get("sig") != "f00dcafe" or find(job.faults, "file-403"):
            raise Refusal(403, {"Error": "AccessDenied"})
        self.check_download(request, job)
        return await self.hand_out(request, job)

    async def hand_out(self, request: web.Request, job: Job) -> web.StreamResponse:
        """The clip, or what goes wrong with it."""
        fault = self.script.take(job.faults, *_FILES, scope=job.id)
        name = fault.name if fault else ""
        if name == "file-moved" and not request.path.startswith("/moved/"):
            raise web.HTTPFound(f"/moved/{job.id}.mp4?sig=f00dcafe")
        return await self.film(request, name, seconds=job.seconds, aspect=job.aspect, sound=job.sound)

    @web.middleware
    async def _answered(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        body = None
        if request.content_type == "application/json" and request.can_read_body:
            try:
                body = json.loads(await request.read())
            except ValueError:
                body = None
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(request.query)
        self.seen.append(
            Seen(method=request.method, path=request.path, query=query, headers=headers, body=body)
        )
        try:
            return await handler(request)
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
        except ConnectionResetError:
            return web.Response()


def now_ms() -> int:
    """Wall-clock time in milliseconds."""
    return time.time_ns() // 1_000_000


def bearer(request: web.Request) -> str:
    """The key that came along."""
    return request.headers.get("Authorization", "").removeprefix("Bearer ")
