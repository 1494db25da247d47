"""Ark of ByteDance on a real local socket: BytePlus and Volcengine, for adapters, recorded requests and SDKs.

What it takes is in `bytedance_seedance_rules.py`, what can go wrong in `bytedance_seedance_faults.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import aiohttp
from aiohttp import web

from tests.fakes.bytedance_seedance_faults import ENDS, FAULTS, REFUSALS
from tests.fakes.bytedance_seedance_rules import Order, Refusal, links_in, read_order, wrong
from tests.fakes.faults import Fault, Script, faults_in, find
from tests.fakes.opened import Opened
from tests.fakes.vendor_desk import cut, half, slowly
from tests.fakes.vendor_files import PIXELS, Recipe, Shelf

GOOD_KEY = "ark-good-52c1a90e7d"
BROKE_KEY = "ark-broke-0b77de4410"
Region = Literal["byteplus", "volcengine"]

_SECRET = b"signs the links of the fake Ark"


@dataclass(kw_only=True)
class Job:
    """One task; how it stands follows from its age."""

    id: str
    order: Order
    faults: tuple[Fault, ...]
    created_ms: int
    queue_ms: float
    run_ms: float
    cancelled: bool = False
    downloads: int = 0

    @property
    def status(self) -> str:
        """The vendor's word for how it stands now."""
        age = now_ms() - self.created_ms
        if self.cancelled:
            return "cancelled"
        if age < self.queue_ms:
            return "queued"
        if age < self.queue_ms + self.run_ms:
            return "running"
        if find(self.faults, "end-expired"):
            return "expired"
        return "failed" if find(self.faults, *ENDS) else "succeeded"


class FakeArk:
    """The vendor in one region.

    Attributes:
        jobs: by id, oldest first. calls: how often each call was made.
        bodies: the create requests that were taken.
        queue_ms, run_ms: how long a task waits and works.
        clip: handed out for every job instead of a clip made to measure.
        list_gap_seconds: the list answers only once in this time (the vendor: 1).
        url: the base address for clients.
    """

    def __init__(self, region: Region = "byteplus", *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet."""
        self.region = region
        self.queue_ms, self.run_ms = queue_ms, run_ms
        self.list_gap_seconds = 0.0
        self.jobs: dict[str, Job] = {}
        self.calls: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.url = ""
        self._root = ""
        self._script = Script(known=FAULTS)
        self.clip: Path | None = None
        self._shelf = Shelf()
        self._numbers = itertools.count(1)
        self._closing = asyncio.Event()
        self._listed = 0.0
        self._server = Opened()
        self.served: dict[str, Path] = {}

    async def __aenter__(self) -> FakeArk:
        """Listen on a free port."""
        app = web.Application(client_max_size=64_000_000, middlewares=[_answered])
        tasks = "/api/v3/contents/generations/tasks"
        app.router.add_post(tasks, self._create)
        app.router.add_get(tasks, self._list)
        app.router.add_get(tasks + "/{id}", self._get)
        app.router.add_delete(tasks + "/{id}", self._delete)
        app.router.add_get("/tos/{id}.mp4", self._file)
        app.router.add_get("/moved/{id}.mp4", self._file)
        app.router.add_get("/ours/{name}", self._ours)
        self._root = await self._server.open(app)
        self.url = f"{self._root}/api/v3"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, also in the middle of a slow answer."""
        self._closing.set()
        await self._server.close()

    def link(self, path: Path) -> str:
        """An address behind which a file of ours can be read, as the bot would serve it."""
        self.served[path.name] = path
        return f"{self._root}/ours/{path.name}"

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.calls["create"] += 1
        key = _checked_key(request)
        if request.content_type != "application/json":
            raise wrong("Content-Type", "must be application/json")
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise Refusal(400, "InvalidParameter", "the body is not JSON") from None
        faults = faults_in(_text_of(body), FAULTS)
        refused = find(faults, *REFUSALS)
        if key == BROKE_KEY:
            words = "The request failed because your account has an overdue balance."
            raise Refusal(403, "AccountOverdueError", words)
        if refused:
            status, code, message = REFUSALS[refused.name]
            headers = {"Retry-After": refused.value} if refused.value else {}
            raise Refusal(status, code, message, "duration" if code == "InvalidParameter" else "", headers)
        order = await asyncio.to_thread(read_order, body, self.region, await self._fetched(links_in(body)))
        queue, run = find(faults, "queue-ms"), find(faults, "run-ms")
        job = Job(
            id=f"cgt-20261122120000-{next(self._numbers):05d}",
            order=order,
            faults=faults,
            created_ms=now_ms(),
            queue_ms=queue.number(0) if queue else self.queue_ms,
            run_ms=run.number(0) if run else self.run_ms,
        )
        self.jobs[job.id] = job
        self.bodies.append(body)
        return await self._accepted(request, job)

    async def _accepted(self, request: web.Request, job: Job) -> web.StreamResponse:
        fault = self._script.take(job.faults, "lost-cut", "lost-hang", "lost-garbage", scope=job.id)
        match fault.name if fault else "":
            case "lost-cut":
                raise cut(request)
            case "lost-hang":
                await self._wait(60)
                raise cut(request)
            case "lost-garbage":
                return web.Response(text='{"id": "cgt-', content_type="application/json")
        return web.json_response({"id": job.id})

    async def _get(self, request: web.Request) -> web.StreamResponse:
        self.calls["get"] += 1
        _checked_key(request)
        job = self._job(request)
        names = [name for name in FAULTS if name.startswith("poll-")]
        fault = self._script.take(job.faults, *names, scope=job.id)
        match fault.name if fault else "":
            case "poll-garbage":
                return web.Response(text='{"id": "cgt-', content_type="application/json")
            case "poll-strange":
                return web.json_response({"id": job.id, "status": "pondering"})
            case "poll-500":
                raise Refusal(500, "InternalServiceError", "The service encountered an error.")
            case "poll-429":
                slow = {"Retry-After": "3"}
                raise Refusal(429, "AccountRateLimitExceeded", "Too many requests.", headers=slow)
            case "poll-404":
                raise _unknown()
            case "poll-cut":
                raise cut(request)
        return web.json_response(self._standing(job))

    def _standing(self, job: Job) -> dict[str, Any]:
        order, status = job.order, job.status
        body: dict[str, Any] = {
            "id": job.id,
            "model": order.model,
            "created_at": job.created_ms // 1000,
            "updated_at": job.created_ms // 1000 + 1,
            "service_tier": "default",
            "execution_expires_after": order.expires_after,
            "status": status,
        }
        if order.mark:
            body["safety_identifier"] = order.mark
        if status == "failed":
            end = find(job.faults, *ENDS)
            code, message = ENDS[end.name if end else "end-failed"]
            body["error"] = {"message": f"{message} Request ID: 0217", "code": code}
        if status == "succeeded":
            content = {"video_url": self._signed(job)}
            if order.fields.get("return_last_frame"):
                content["last_frame_url"] = f"{self._root}/tos/{job.id}.jpeg"
            body |= {
                "error": None,
                "content": content,
                "usage": {"completion_tokens": order.tokens, "total_tokens": order.tokens},
                "seed": 58944,
                "resolution": order.resolution,
                "ratio": "16:9" if order.ratio == "adaptive" else order.ratio,
                "duration": order.seconds,
                "framespersecond": 24,
                "generate_audio": order.sound,
                "draft": False,
            }
        return body

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.calls["list"] += 1
        _checked_key(request)
        if time.monotonic() - self._listed < self.list_gap_seconds:
            raise Refusal(429, "AccountRateLimitExceeded", "Too many requests.")
        self._listed = time.monotonic()
        known = {"page_num", "page_size"} | {
            f"filter.{name}" for name in ("status", "task_ids", "model", "service_tier")
        }
        if strange := set(request.query) - known:
            raise wrong(min(strange), "unknown filter")
        page, size = (int(request.query.get(name, low)) for name, low in (("page_num", 1), ("page_size", 10)))
        if not (1 <= page <= 500 and 1 <= size <= 500):
            raise wrong("page_size", "must be from 1 to 500")
        ids = request.query.getall("filter.task_ids", [])
        wanted = {name: request.query.get(f"filter.{name}") for name in ("status", "model", "service_tier")}
        found = [
            item
            for item in map(self._standing, reversed(self.jobs.values()))
            if (not ids or item["id"] in ids) and all(v in (None, item[k]) for k, v in wanted.items())
        ]
        return web.json_response({"items": found[(page - 1) * size : page * size], "total": len(found)})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        self.calls["delete"] += 1
        _checked_key(request)
        job = self._job(request)
        words = "Cannot delete task because it is currently running."
        if find(job.faults, "cancel-flat-409"):
            flat = {"code": "InvalidAction.RunningTaskDeletion", "message": words}
            return web.json_response(flat, status=409)
        if job.status == "running" or find(job.faults, "cancel-409"):
            raise Refusal(409, "InvalidAction.RunningTaskDeletion", words)
        if job.status == "cancelled":
            raise Refusal(400, "InvalidAction.CancelledTaskDeletion", "The task was cancelled.")
        if job.status == "queued":
            job.cancelled = True
        else:
            del self.jobs[job.id]
        return web.json_response({})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.calls["file"] += 1
        job = self._job(request)
        if "Authorization" in request.headers:
            raise Refusal(400, "InvalidArgument", "a signed link takes no Authorization header")
        date = request.query.get("X-Tos-Date", "0")
        signature = request.query.get("X-Tos-Signature", "")
        late = int(date) + int(request.query.get("X-Tos-Expires", "0")) * 1000 < now_ms()
        job.downloads += 1
        if signature != _signature(job.id, date) or late or find(job.faults, "file-403"):
            raise Refusal(403, "AccessDenied", "Request has expired")
        if job.order.newest and job.downloads > 100:
            raise Refusal(403, "AccessDenied", "The number of downloads is used up")
        fault = self._script.take(
            job.faults, "file-cut", "file-html", "file-endless", "file-moved", "file-slow", scope=job.id
        )
        name = fault.name if fault else ""
        if name == "file-html":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if name == "file-endless":
            headers = {"Content-Type": "video/mp4", "Content-Length": str(10**10)}
            endless = web.StreamResponse(headers=headers)
            await endless.prepare(request)
            return endless
        if name == "file-moved" and request.path.startswith("/tos/"):
            raise web.HTTPFound(f"/moved/{job.id}.mp4?{request.query_string}")
        ratio = job.order.ratio if job.order.ratio in PIXELS else "16:9"
        recipe = Recipe(seconds=job.order.seconds, aspect=ratio, sound="tone" if job.order.sound else "none")
        path = self.clip or await self._shelf.clip(recipe)
        if name == "file-slow":
            return await slowly(request, await asyncio.to_thread(path.read_bytes), "video/mp4")
        if name == "file-cut":
            return await half(request, await asyncio.to_thread(path.read_bytes), 200, "video/mp4")
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    async def _ours(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(self.served[request.match_info["name"]])

    async def _fetched(self, links: list[str]) -> dict[str, bytes | float]:
        """What lies behind the links to this machine: the vendor reads them before it takes the task."""
        found: dict[str, bytes | float] = {}
        async with aiohttp.ClientSession() as session:
            for link in links:
                if not link.startswith("http://127.0.0.1:"):
                    continue
                own = re.match(rf"{re.escape(self._root)}/tos/([^/]+)\.mp4\?", link)
                if own is not None and own[1] in self.jobs:
                    found[link] = float(self.jobs[own[1]].order.seconds)
                    continue
                async with session.get(link) as answer:
                    if answer.status != 200:
                        raise Refusal(400, "InvalidParameter", "a link cannot be read", "content")
                    found[link] = await answer.read()
        return found

    def _job(self, request: web.Request) -> Job:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            raise _unknown()
        return job

    def _signed(self, job: Job) -> str:
        date = str(now_ms())
        query = f"X-Tos-Expires=86400&X-Tos-Date={date}&X-Tos-Signature={_signature(job.id, date)}"
        return f"{self._root}/tos/{job.id}.mp4?{query}"

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


def now_ms() -> int:
    """Wall-clock time in milliseconds."""
    return time.time_ns() // 1_000_000


def _checked_key(request: web.Request) -> str:
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if key not in (GOOD_KEY, BROKE_KEY):
        # Some proxies in front of it repeat what they were sent.
        words = f"The API key or AK/SK in the request is missing or invalid ({key})."
        raise Refusal(401, "AuthenticationError", words)
    return key


def _unknown() -> Refusal:
    return Refusal(404, "NotFound.TaskID", "The specified task is not found.")


def _text_of(body: object) -> str:
    parts = body.get("content") if isinstance(body, dict) else None
    texts = (part.get("text") for part in parts if isinstance(part, dict)) if isinstance(parts, list) else ()
    return "\n".join(text for text in texts if isinstance(text, str))


def _signature(job_id: str, date: str) -> str:
    return hmac.new(_SECRET, f"{job_id}:{date}".encode(), hashlib.sha256).hexdigest()


@web.middleware
async def _answered(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
    except ConnectionResetError:
        return web.Response()
