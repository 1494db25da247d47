"""fal on a real local socket: the queue, the two ways into the file store, the files; for adapters and SDKs.

What it takes is in `fal_rules.py`, what can go wrong in `fal_faults.py`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.fakes.enlarging import Press
from tests.fakes.fal_faults import BALANCE, ENDS, FAULTS, REFUSALS
from tests.fakes.fal_rules import ENLARGING, Order, Refusal, check_file, problem, read_order
from tests.fakes.fal_sounds import SOUNDS, result_of
from tests.fakes.faults import Fault, Script, faults_in, find
from tests.fakes.opened import Opened
from tests.fakes.sounds import recording
from tests.fakes.spoken import spoken, talking
from tests.fakes.vendor_desk import cut, half, slowly
from tests.fakes.vendor_files import PIXELS, Recipe, Shelf

GOOD_KEY = "5f0a71c2-aa41:good-9d2e7c10b4"
BROKE_KEY = "5f0a71c2-bb52:broke-41c7aa90e3"
FILES = {"video": "mp4", "audio": "mp3"}
# Fields of whoever moves lips, or makes a picture talk.
PEOPLE, AVATAR = ("video_url", "audio_url", "image_url"), "/ai-avatar/"


@dataclass(kw_only=True)
class Job:
    """One request in the queue; how it stands follows from its age."""

    id: str
    order: Order
    faults: tuple[Fault, ...]
    created_ms: int
    queue_ms: float
    run_ms: float
    seconds: float
    cancelled: bool = False

    @property
    def status(self) -> str:
        """The vendor's word for how it stands now: there is none for failed."""
        age = now_ms() - self.created_ms
        if self.cancelled or age >= self.queue_ms + self.run_ms:
            return "COMPLETED"
        return "IN_QUEUE" if age < self.queue_ms else "IN_PROGRESS"


class FakeFal:
    """The vendor.

    Attributes:
        jobs: by id, oldest first. calls: how often each call was made.
        bodies, headers: of the requests that were taken.
        stored: files that were put into the store, by their links.
        url: the address of queue and store.
        whispered: words with faults for requests that have no words.
        press: how it makes clips larger.
    """

    def __init__(self, *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet."""
        self.queue_ms, self.run_ms = queue_ms, run_ms
        self.jobs: dict[str, Job] = {}
        self.calls: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.stored: dict[str, bytes] = {}
        self.url = ""
        self.whispered = ""
        self.press = Press()
        self._folder = tempfile.TemporaryDirectory(prefix="talkreel-fal-")
        self._announced: dict[str, str] = {}
        self._script = Script(known=FAULTS)
        self._shelf = Shelf()
        self._numbers = itertools.count(1)
        self._closing = asyncio.Event()
        self._server = Opened()

    async def __aenter__(self) -> FakeFal:
        """Listen on a free port."""
        app = web.Application(client_max_size=250_000_000, middlewares=[_answered])
        app.router.add_post("/storage/upload/initiate", self._initiate)
        app.router.add_put("/put/{name}", self._put)
        app.router.add_post("/storage/auth/token", self._token)
        app.router.add_post("/files/upload", self._upload)
        app.router.add_get("/files/{name}", self._own_file)
        app.router.add_get("/media/{id}.{kind:mp4|mp3}", self._file)
        app.router.add_get("/moved/{id}.{kind:mp4|mp3}", self._file)
        app.router.add_get("/{owner}/{app}/requests/{id}/status", self._status)
        app.router.add_put("/{owner}/{app}/requests/{id}/cancel", self._cancel)
        app.router.add_get("/{owner}/{app}/requests/{id}", self._result)
        app.router.add_post("/{endpoint:.+}", self._submit)
        app.router.add_route("*", "/{rest:.*}", self._wrong_path)
        self.url = await self._server.open(app)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, also in the middle of a slow answer."""
        self._closing.set()
        await self._server.close()
        self._folder.cleanup()

    # ---- the queue

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        self.calls["submit"] += 1
        key, endpoint = _checked_key(request), request.match_info["endpoint"]
        if key == BROKE_KEY:
            raise Refusal(403, BALANCE)
        body = await _json(request)
        order = read_order(endpoint, body)
        faults = faults_in(order.text or self.whispered, FAULTS)
        refused = find(faults, *REFUSALS)
        if refused:
            raise REFUSALS[refused.name](refused.value)
        lengths = [await self._length(name, link) for name, link in order.links]
        shortest, longest = SOUNDS[endpoint].span if endpoint in SOUNDS else (0.0, 1e9)
        if lengths and not shortest <= lengths[0] <= longest:
            raise problem("video_url", "video_duration_too_short", f"{lengths[0]} seconds")
        queue, run = find(faults, "queue-ms"), find(faults, "run-ms")
        job = Job(
            id=f"764cabcf-b745-4b3e-ae38-{next(self._numbers):012d}",
            order=order,
            faults=faults,
            created_ms=now_ms(),
            queue_ms=queue.number(0) if queue else self.queue_ms,
            run_ms=run.number(0) if run else self.run_ms,
            seconds=order.seconds or max(lengths, default=5.0),
        )
        self.jobs[job.id] = job
        self.bodies.append(dict(order.body))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
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
                return web.Response(text='{"request_id": "764', content_type="application/json")
        owner, app = job.order.endpoint.split("/")[:2]
        home = f"{self.url}/{owner}/{app}/requests/{job.id}"
        if find(job.faults, "short-answer"):
            return web.json_response({"request_id": job.id, "status": "IN_QUEUE", "status_url": "u"})
        return web.json_response(
            {
                "status": "IN_QUEUE",
                "request_id": job.id,
                "response_url": home,
                "status_url": f"{home}/status",
                "cancel_url": f"{home}/cancel",
                "queue_position": 0,
                "logs": None,
                "metrics": {},
            }
        )

    async def _status(self, request: web.Request) -> web.StreamResponse:
        self.calls["status"] += 1
        _checked_key(request)
        if set(request.query) - {"logs"}:
            raise Refusal(422, "unknown query")
        job = self._job(request)
        names = [name for name in FAULTS if name.startswith("poll-")]
        fault = self._script.take(job.faults, *names, scope=job.id)
        match fault.name if fault else "":
            case "poll-garbage":
                return web.Response(text='{"status": "IN_', content_type="application/json")
            case "poll-strange":
                return web.json_response({"status": "PONDERING"})
            case "poll-500":
                raise Refusal(500, "Internal Server Error", kind="internal_error")
            case "poll-429":
                raise Refusal(429, "Rate limit exceeded", headers={"Retry-After": "3"})
            case "poll-404":
                raise Refusal(404, "Request not found")
            case "poll-cut":
                raise cut(request)
        body: dict[str, Any] = {"status": job.status, "request_id": job.id, "logs": None}
        if job.status == "IN_QUEUE":
            body["queue_position"] = 3
        if job.status == "COMPLETED":
            body["metrics"] = {}
            if find(job.faults, "end-failed"):
                body |= {"error": "Request timed out", "error_type": "generation_timeout"}
        return web.json_response(body, status=200 if job.status == "COMPLETED" else 202)

    async def _result(self, request: web.Request) -> web.StreamResponse:
        self.calls["result"] += 1
        _checked_key(request)
        job = self._job(request)
        if job.status != "COMPLETED":
            raise Refusal(400, "Request is still in progress")
        if job.cancelled:
            raise Refusal(499, "Request was cancelled", kind="client_cancelled")
        if self._script.take(job.faults, "result-html", scope=job.id):
            return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
        end = find(job.faults, *ENDS)
        if end:
            raise ENDS[end.name]()
        if job.order.endpoint in SOUNDS:
            links = {kind: f"{self.url}/media/{job.id}.{end}" for kind, end in FILES.items()}
            return web.json_response(result_of(job.order.endpoint, links))
        video = {
            "url": f"{self.url}/media/{job.id}.mp4",
            "content_type": "video/mp4",
            "file_name": "output.mp4",
            "file_size": 1,
        }
        return web.json_response({"video": video, "seed": 7})

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        self.calls["cancel"] += 1
        _checked_key(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return web.json_response({"status": "NOT_FOUND"}, status=404)
        if job.status == "COMPLETED" or find(job.faults, "cancel-late"):
            return web.json_response({"status": "ALREADY_COMPLETED"}, status=400)
        job.cancelled = True
        return web.json_response({"status": "CANCELLATION_REQUESTED"}, status=202)

    async def _wrong_path(self, request: web.Request) -> web.StreamResponse:
        # As at fal: an address made of the whole endpoint is not one.
        raise Refusal(405, "Method Not Allowed")

    # ---- the store

    async def _initiate(self, request: web.Request) -> web.StreamResponse:
        self.calls["initiate"] += 1
        key = _checked_key(request)
        if key == BROKE_KEY:
            raise Refusal(403, BALANCE)
        body = await _json(request)
        if request.query.get("storage_type") not in ("fal-cdn-v3", "gcs"):
            raise Refusal(422, "unknown storage_type")
        if set(body) != {"content_type", "file_name"} or ";" in body["content_type"]:
            raise Refusal(422, f"content_type and file_name, not {body}")
        name = f"{next(self._numbers)}_{body['file_name']}"
        link = f"{self.url}/files/{name}"
        self._announced[name] = body["content_type"]
        return web.json_response({"file_url": link, "upload_url": f"{self.url}/put/{name}?sig=f00d"})

    async def _put(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if request.query.get("sig") != "f00d" or name not in self._announced:
            raise Refusal(403, "SignatureDoesNotMatch")
        if request.content_type != self._announced[name]:
            raise Refusal(403, "the type is not the one that was announced")
        # The SDK sends its key along to signed addresses; nobody else should.
        if "Authorization" in request.headers and "fal-client" not in request.headers["User-Agent"]:
            raise Refusal(400, "a signed address takes no Authorization header")
        self.stored[f"{self.url}/files/{name}"] = await request.read()
        return web.Response()

    async def _token(self, request: web.Request) -> web.StreamResponse:
        _checked_key(request)
        late = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 3600))
        return web.json_response(
            {"token": "cdn-token", "token_type": "Bearer", "base_url": self.url, "expires_at": late}
        )

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer cdn-token":
            raise Refusal(401, "Unauthorized")
        link = f"{self.url}/files/{next(self._numbers)}_{request.headers['X-Fal-File-Name']}"
        self.stored[link] = await request.read()
        return web.json_response({"access_url": link})

    async def _own_file(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.stored[f"{self.url}{request.path}"])

    async def _length(self, name: str, link: str) -> float:
        """Look into a file of the store; files elsewhere are believed."""
        if not link.startswith(self.url):
            return 0.0
        if link not in self.stored:
            raise problem(name, "file_download_error", "the file cannot be downloaded")
        return await asyncio.to_thread(check_file, name, self.stored[link])

    # ---- the clips

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self.calls["file"] += 1
        job = self._job(request)
        if "Authorization" in request.headers:
            raise Refusal(400, "a public link takes no Authorization header")
        if find(job.faults, "file-404"):
            raise Refusal(404, "File not found")
        fault = self._script.take(
            job.faults, "file-cut", "file-html", "file-endless", "file-moved", "file-slow", scope=job.id
        )
        name = fault.name if fault else ""
        if name == "file-html":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if name == "file-endless":
            endless = web.StreamResponse(headers={"Content-Type": "video/mp4", "Content-Length": str(10**10)})
            await endless.prepare(request)
            return endless
        if name == "file-moved" and request.path.startswith("/media/"):
            raise web.HTTPFound(f"/moved/{job.id}.{request.match_info['kind']}")
        if request.match_info["kind"] == "mp3":
            sound = await asyncio.to_thread(recording, round(job.seconds, 2))
            if name == "file-cut":
                return await half(request, sound, 200, "audio/mpeg")
            return web.Response(body=sound, headers={"Content-Type": "audio/mpeg"})
        seen, said, shown = (self.stored.get(str(job.order.body.get(field))) for field in PEOPLE)
        clip = seen if job.order.endpoint in SOUNDS else shown if AVATAR in job.order.endpoint else None
        if clip and said and not name:
            speaks = await asyncio.to_thread(spoken if clip is seen else talking, clip, said)
            return web.Response(body=speaks, headers={"Content-Type": "video/mp4"})
        aspect = job.order.aspect if job.order.aspect in PIXELS else "16:9"
        heard = "tone" if job.order.sound else "none"
        if job.order.endpoint.endswith(ENLARGING):
            path = await self._enlarged(job)
        else:
            path = await self._shelf.clip(Recipe(seconds=job.seconds, aspect=aspect, sound=heard))  # type: ignore[arg-type]
        if name == "file-slow":
            return await slowly(request, await asyncio.to_thread(path.read_bytes), "video/mp4")
        if name == "file-cut":
            return await half(request, await asyncio.to_thread(path.read_bytes), 200, "video/mp4")
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    async def _enlarged(self, job: Job) -> Path:
        """The clip that was handed over, larger, with as many frames a second as were asked for."""
        ((_, link),) = job.order.links
        fps = int(str(job.order.body.get("target_fps", "0fps")).removesuffix("fps"))
        into = Path(self._folder.name) / f"{job.id}.mp4"
        if not into.exists():
            await asyncio.to_thread(self.press.enlarge, self.stored[link], into, fps=fps)
        return into

    def _job(self, request: web.Request) -> Job:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            raise Refusal(404, "Request not found")
        where = request.match_info.get("owner"), request.match_info.get("app")
        if where[0] and f"{where[0]}/{where[1]}" != "/".join(job.order.endpoint.split("/")[:2]):
            raise Refusal(404, "Request not found")
        return job

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


def now_ms() -> int:
    """Wall-clock time in milliseconds."""
    return time.time_ns() // 1_000_000


async def _json(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise Refusal(422, "the body must be JSON")
    try:
        return json.loads(await request.read())
    except ValueError:
        raise Refusal(422, "the body is not JSON") from None


def _checked_key(request: web.Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Key" or key not in (GOOD_KEY, BROKE_KEY):
        # Some proxies in front of it repeat what they were sent.
        raise Refusal(401, f"Cannot access application. Authentication is required ({key}).")
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
