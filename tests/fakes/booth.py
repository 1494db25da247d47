"""What small fake vendors share: a real socket, jobs that age, files that come whole or broken on purpose.

A vendor derives from `Booth`, adds its routes and decides what it takes and says; faults are asked for by
words in the prompt (`faults.py`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.fakes.faults import Fault, find
from tests.fakes.premises import LOST, Premises
from tests.fakes.vendor_desk import cut
from tests.fakes.vendor_tasks import now_ms

POLLS = ("poll-garbage", "poll-cut", "poll-error", "poll-limit", "poll-strange")
FILES = ("file-gone", "file-cut", "file-html", "file-endless", "file-slow", "file-moved")
# How often each happens to one job; 0 = every time.
COMMON: Mapping[str, int] = {
    **dict.fromkeys(LOST, 1),
    **dict.fromkeys(POLLS, 1),
    **dict.fromkeys(("queue-ms", "run-ms", "gone"), 0),
    **dict.fromkeys(FILES, 0),
    "file-cut": 1,
    "file-moved": 1,
}


@dataclass(kw_only=True)
class Job:
    """One job; how it stands follows from its age."""

    id: str
    prompt: str
    seconds: float
    aspect: str
    sound: bool
    faults: tuple[Fault, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    created_ms: int = field(default_factory=now_ms)
    stuck: bool = False

    @property
    def stage(self) -> str:
        """ "queued", "running" or "over"."""
        queue, run = find(self.faults, "queue-ms"), find(self.faults, "run-ms")
        age, waiting = now_ms() - self.created_ms, queue.number(0) if queue else 10.0
        if age < waiting:
            return "queued"
        return "running" if self.stuck or age < waiting + (run.number(0) if run else 30.0) else "over"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A call that came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None


class Booth(Premises):
    """A vendor on a free port.

    Attributes:
        jobs: by id. seen: every call.
    """

    # What may go wrong here, beside what may everywhere.
    faults: Mapping[str, int] = {}

    def __init__(self) -> None:
        """Set up; nothing listens yet."""
        super().__init__({**COMMON, **self.faults})
        self.jobs: dict[str, Job] = {}
        self.seen: list[Seen] = []

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the vendor's own routes."""
        raise AssertionError("a vendor has routes")

    def refusal(self, error: Exception) -> web.Response:
        """An answer for something the vendor does not take."""
        raise error

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application(client_max_size=80 * 2**20, middlewares=[self._answered])
        self.routes(app.router)
        await self.listen(app)
        return self

    async def accepted(self, request: web.Request, job: Job, answer: Mapping[str, Any]) -> web.StreamResponse:
        """Keep a job and answer, unless the answer is to be lost."""
        self.jobs[job.id] = job
        lost = await self.lose(request, job.faults, job.id)
        return web.json_response(answer) if lost is None else lost

    def poll_fault(self, request: web.Request, job: Job) -> str:
        """What goes wrong with this question: "" or a name that the vendor words itself."""
        fault = self.script.take(job.faults, *POLLS, scope=job.id)
        if fault is not None and fault.name == "poll-cut":
            raise cut(request)
        return fault.name if fault else ""

    async def clip(self, request: web.Request, job: Job) -> web.StreamResponse:
        """The finished file, or what is to be there in its place."""
        fault = self.script.take(job.faults, *FILES, scope=job.id)
        name = fault.name if fault else ""
        if name == "file-gone":
            return web.Response(status=404, text="<Error>NoSuchKey</Error>")
        if name == "file-moved":
            raise web.HTTPFound(str(request.rel_url))
        return await self.film(request, name, seconds=job.seconds, aspect=job.aspect, sound=job.sound)

    @web.middleware
    async def _answered(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.calls[f"{request.method} {request.path}"] += 1
        body: Any = None
        if request.content_type == "application/json":
            try:
                body = json.loads(await request.read() or b"null")
            except ValueError:
                body = None
        self.seen.append(
            Seen(method=request.method, path=request.path, headers=dict(request.headers), body=body)
        )
        try:
            return await handler(request)
        except (web.HTTPException, AssertionError):
            raise
        except ConnectionResetError:
            return web.Response()
        except Exception as error:
            return self.refusal(error)


def key_of(request: web.Request) -> str:
    """The bearer key of a call."""
    return request.headers.get("Authorization", "").removeprefix("Bearer ")
