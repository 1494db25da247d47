"""WaveSpeed on a real local socket: submit, result, upload, price; for the adapter and the vendor's SDK.

What it takes is in `wavespeed_rules.py`. Faults are asked for by words in the prompt (`faults.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.fakes.enlarging import Press
from tests.fakes.fal import now_ms
from tests.fakes.fal_rules import check_file
from tests.fakes.faults import Fault, Script, faults_in, find
from tests.fakes.opened import Opened
from tests.fakes.vendor_desk import cut, half, slowly
from tests.fakes.vendor_files import PIXELS, Recipe, Shelf
from tests.fakes.wavespeed_rules import Order, Refusal, read_order

GOOD_KEY = "ws-good-71f0c2aa9e"
BROKE_KEY = "ws-broke-02b1d8c4f7"
REFUSALS: Mapping[str, tuple[int, int, str]] = {
    "submit-moderated": (400, 400, "The prompt violates our content policy."),
    "submit-invalid": (400, 400, "property duration is not one of 5, 10"),
    "submit-invalid-in-200": (200, 400, "property duration is not one of 5, 10"),
    "submit-gone": (404, 404, "model not found"),
    "submit-429": (429, 429, "rate limit"),
    "submit-500": (500, 500, "internal error"),
}
ENDS: Mapping[str, tuple[str, str, list[bool]]] = {
    "end-failed": ("failed", "the model crashed", []),
    "end-timeout": ("timeout", "", []),
    "end-moderated": ("failed", "flagged", [True]),
    "end-moderated-words": ("failed", "Output contains sensitive content.", []),
    "end-deleted": ("deleted", "", []),
}
FAULTS: Mapping[str, int] = {
    **dict.fromkeys(REFUSALS, 0),
    **dict.fromkeys(ENDS, 0),
    **dict.fromkeys(("lost-cut", "lost-hang", "lost-garbage"), 1),
    **dict.fromkeys(("queue-ms", "run-ms", "poll-404", "no-price"), 0),
    **dict.fromkeys(("poll-garbage", "poll-strange", "poll-500", "poll-429", "poll-cut", "file-cut"), 1),
    **dict.fromkeys(("file-404", "file-html", "file-endless", "file-moved", "file-slow"), 0),
    "wrapped-output": 0,
}


@dataclass(kw_only=True)
class Job:
    """One prediction; how it stands follows from its age."""

    id: str
    order: Order
    faults: tuple[Fault, ...]
    created_ms: int
    queue_ms: float
    run_ms: float

    @property
    def status(self) -> str:
        """The vendor's word for how it stands now."""
        age = now_ms() - self.created_ms
        if age < self.queue_ms:
            return "created"
        if age < self.queue_ms + self.run_ms:
            return "processing"
        end = find(self.faults, *ENDS)
        return ENDS[end.name][0] if end else "completed"


class FakeWavespeed:
    """The vendor.

    Attributes:
        jobs: by id. calls: how often each call was made. bodies: of the requests that were taken.
        stored: files that were handed over, by their links. url: its address.
        whispered: words with faults for requests that have no words. press: how it makes clips larger.
    """

    def __init__(self, *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet."""
        self.queue_ms, self.run_ms = queue_ms, run_ms
        self.jobs: dict[str, Job] = {}
        self.calls: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.stored: dict[str, bytes] = {}
        self.url = ""
        self.whispered = ""
        self.press = Press()
        self._folder = tempfile.TemporaryDirectory(prefix="talkreel-wavespeed-")
        self._expected: dict[str, tuple[int, str]] = {}
        self._script = Script(known=FAULTS)
        self._shelf = Shelf()
        self._numbers = itertools.count(1)
        self._closing = asyncio.Event()
        self._server = Opened()

    async def __aenter__(self) -> FakeWavespeed:
        """Listen on a free port."""
        app = web.Application(client_max_size=250_000_000, middlewares=[_answered])
        app.router.add_get("/api/v3/predictions/{id}/result", self._result)
        app.router.add_post("/api/v3/media/uploads", self._announce)
        app.router.add_put("/put/{name}", self._put)
        app.router.add_post("/api/v3/model/pricing", self._price)
        app.router.add_get("/files/{id}.mp4", self._file)
        app.router.add_get("/moved/{id}.mp4", self._file)
        app.router.add_post("/api/v3/{endpoint:.+}", self._submit)
        self.url = await self._server.open(app)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, also in the middle of a slow answer."""
        self._closing.set()
        await self._server.close()
        self._folder.cleanup()

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        self.calls["submit"] += 1
        key = _checked_key(request)
        if key == BROKE_KEY:
            raise Refusal(402, "Insufficient credits. Please top up.")
        order = read_order(request.match_info["endpoint"], await _json(request))
        faults = faults_in(str(order.body.get("prompt", self.whispered)), FAULTS)
        refused = find(faults, *REFUSALS)
        if refused:
            status, code, message = REFUSALS[refused.name]
            headers = {"Retry-After": refused.value} if refused.value else {}
            raise Refusal(status, message, code=code, headers=headers)
        for name, link in order.links:
            if link.startswith(self.url):
                if link not in self.stored:
                    raise Refusal(400, f"property {name}: the file cannot be read")
                await asyncio.to_thread(check_file, name, self.stored[link])
        queue, run = find(faults, "queue-ms"), find(faults, "run-ms")
        job = Job(
            id=f"4f2d8a0c3b1e4d5f9a7b6c5d{next(self._numbers):08x}",
            order=order,
            faults=faults,
            created_ms=now_ms(),
            queue_ms=queue.number(0) if queue else self.queue_ms,
            run_ms=run.number(0) if run else self.run_ms,
        )
        self.jobs[job.id] = job
        self.bodies.append(dict(order.body))
        fault = self._script.take(faults, "lost-cut", "lost-hang", "lost-garbage", scope=job.id)
        match fault.name if fault else "":
            case "lost-cut":
                raise cut(request)
            case "lost-hang":
                await self._wait(60)
                raise cut(request)
            case "lost-garbage":
                return web.Response(text='{"code": 200, "da', content_type="application/json")
        return web.json_response({"code": 200, "message": "success", "data": self._standing(job)})

    def _standing(self, job: Job) -> dict[str, Any]:
        outputs: list[Any] = []
        end = find(job.faults, *ENDS)
        if job.status == "completed":
            link = f"{self.url}/files/{job.id}.mp4"
            outputs = [{"url": link}] if find(job.faults, "wrapped-output") else [link]
        ended = job.status not in ("created", "processing")
        return {
            "id": job.id,
            "model": job.order.endpoint,
            "outputs": outputs,
            "urls": {"get": f"{self.url}/api/v3/predictions/{job.id}/result"},
            "has_nsfw_contents": ENDS[end.name][2] if end and ended else [False] * len(outputs),
            "status": job.status,
            "created_at": "2026-11-22T10:00:00.000Z",
            "error": ENDS[end.name][1] if end and ended else "",
            "executionTime": 0,
            "timings": {"inference": 0},
        }

    async def _result(self, request: web.Request) -> web.StreamResponse:
        self.calls["result"] += 1
        _checked_key(request)
        job = self._job(request)
        names = [name for name in FAULTS if name.startswith("poll-")]
        fault = self._script.take(job.faults, *names, scope=job.id)
        match fault.name if fault else "":
            case "poll-garbage":
                return web.Response(text='{"code": 200, "da', content_type="application/json")
            case "poll-strange":
                body = self._standing(job) | {"status": "pondering"}
                return web.json_response({"code": 200, "message": "success", "data": body})
            case "poll-500":
                raise Refusal(500, "internal error")
            case "poll-429":
                raise Refusal(429, "rate limit", headers={"Retry-After": "3"})
            case "poll-404":
                raise Refusal(404, "prediction not found")
            case "poll-cut":
                raise cut(request)
        return web.json_response({"code": 200, "message": "success", "data": self._standing(job)})

    async def _price(self, request: web.Request) -> web.StreamResponse:
        self.calls["price"] += 1
        _checked_key(request)
        body = await _json(request)
        if set(body) != {"model_id", "inputs"}:
            raise Refusal(400, "model_id and inputs")
        order = read_order(body["model_id"], body["inputs"])
        if order.enlarges:
            raise Refusal(400, "the price of a file that is not there cannot be told")
        if "[fault:no-price]" in str(order.body["prompt"]):
            raise Refusal(500, "no price")
        data = {"model_id": order.endpoint, "unit_price": float(order.price), "currency": "USD"}
        return web.json_response({"code": 200, "message": "success", "data": data})

    async def _announce(self, request: web.Request) -> web.StreamResponse:
        self.calls["announce"] += 1
        _checked_key(request)
        body = await _json(request)
        if set(body) != {"filename", "size", "content_type"} or not isinstance(body["size"], int):
            raise Refusal(400, "filename, size and content_type")
        name = f"{next(self._numbers)}_{body['filename']}"
        self._expected[name] = (body["size"], body["content_type"])
        target = {
            "method": "PUT",
            "url": f"{self.url}/put/{name}?sig=f00d",
            "headers": {"Content-Type": body["content_type"]},
        }
        data = {"upload": target, "download_url": f"{self.url}/media/{name}"}
        return web.json_response({"code": 200, "message": "success", "data": data})

    async def _put(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        size, mime = self._expected.get(name, (-1, ""))
        data = await request.read()
        if request.query.get("sig") != "f00d" or "Authorization" in request.headers:
            raise Refusal(403, "SignatureDoesNotMatch")
        if len(data) != size or request.headers.get("Content-Type") != mime:
            raise Refusal(400, "not the file that was announced")
        self.stored[f"{self.url}/media/{name}"] = data
        return web.Response()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.calls["file"] += 1
        job = self._job(request)
        if "Authorization" in request.headers:
            raise Refusal(400, "a public link takes no Authorization header")
        if find(job.faults, "file-404"):
            raise Refusal(404, "NoSuchKey")
        names = [name for name in FAULTS if name.startswith("file-")]
        fault = self._script.take(job.faults, *names, scope=job.id)
        name = fault.name if fault else ""
        if name == "file-html":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if name == "file-endless":
            endless = web.StreamResponse(headers={"Content-Type": "video/mp4", "Content-Length": str(10**10)})
            await endless.prepare(request)
            return endless
        if name == "file-moved" and request.path.startswith("/files/"):
            raise web.HTTPFound(f"/moved/{job.id}.mp4")
        aspect = job.order.aspect if job.order.aspect in PIXELS else "16:9"
        sound: Any = "tone" if job.order.sound else "none"
        if job.order.enlarges:
            path = await self._enlarged(job)
        else:
            path = await self._shelf.clip(Recipe(seconds=job.order.seconds, aspect=aspect, sound=sound))
        if name == "file-slow":
            return await slowly(request, await asyncio.to_thread(path.read_bytes), "video/mp4")
        if name == "file-cut":
            return await half(request, await asyncio.to_thread(path.read_bytes), 200, "video/mp4")
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    async def _enlarged(self, job: Job) -> Path:
        """The clip that was handed over, larger."""
        ((_, link),) = job.order.links
        into = Path(self._folder.name) / f"{job.id}.mp4"
        if not into.exists():
            await asyncio.to_thread(self.press.enlarge, self.stored[link], into)
        return into

    def _job(self, request: web.Request) -> Job:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            raise Refusal(404, "prediction not found")
        return job

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


async def _json(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise Refusal(400, "the body must be JSON")
    try:
        return json.loads(await request.read())
    except ValueError:
        raise Refusal(400, "the body is not JSON") from None


def _checked_key(request: web.Request) -> str:
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if key not in (GOOD_KEY, BROKE_KEY):
        raise Refusal(401, f"invalid api key {key}")
    return key


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
