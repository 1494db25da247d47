"""A strict Kling over a real socket: both API generations of one account, signed expiring links, faults.

In a test: `async with FakeKling() as vendor: … vendor.url …`, with `vendor.jobs` and `vendor.seen` to look
at. Faults are asked for by words in the prompt, `[fault:end-failed]`; `kling_tasks.FAULTS` lists them. What
it accepts is in `kling_rules.py` and `kling_legacy_rules.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.fakes import kling_voices
from tests.fakes.faults import Fault, Script, faults_in, find
from tests.fakes.kling_legacy_rules import check_token, read_legacy
from tests.fakes.kling_people import PATHS as PEOPLE
from tests.fakes.kling_people import People
from tests.fakes.kling_rules import Order, Refusal, invalid, read_order
from tests.fakes.kling_sound import PATH, result_of
from tests.fakes.kling_tasks import FAULTS, FILES, LOST, POLLS, REFUSALS, Task
from tests.fakes.opened import Opened
from tests.fakes.sounds import recording
from tests.fakes.vendor_desk import cut, half, slowly
from tests.fakes.vendor_files import Recipe, Shelf
from tests.fakes.vendor_tasks import now_ms

GOOD_KEY = "kling-good-77c1f0be5a"
BROKE_KEY = "kling-broke-19d0aa42c7"
SECRETS = {"ak-good-3f9c1d7a": "sk-good-55e84b601122", "ak-broke-8812aa04": "sk-broke-c9d14f7e3344"}
GOOD_PAIR, BROKE_PAIR = SECRETS.items()
_BROKE = (BROKE_KEY, BROKE_PAIR[0])

# Paths below /v1 where something is made and asked for.
FAMILIES = (
    "videos/{path:text2video|image2video|omni-video|advanced-lip-sync|avatar/image2video}",
    "audio/{path:video-to-audio}",
    "general/{path:custom-voices}",
)
_SIGNING = b"signs the fake Kling's links"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A call that came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(kw_only=True)
class FakeKling:
    """The vendor.

    Attributes:
        look: whether pictures are decoded.
        source_seconds: how long every clip is that is handed in for an edit.
        link_ms: how long a link works.
        jobs, seen: what it made and heard.
        voices: the voices of the account, with the recordings they were made of.
        people: faces that it looked for, and what it made of pictures and recordings.
        whispered: words with faults for requests that have no words.
    """

    look: bool = True
    source_seconds: float = 10.0
    link_ms: int = 600_000
    url: str = ""
    jobs: dict[str, Task] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    voices: dict[str, bytes] = field(default_factory=dict)
    people: People = field(default_factory=People)
    whispered: str = ""
    _names: dict[str, str] = field(default_factory=dict)
    _script: Script = field(default_factory=lambda: Script(known=FAULTS))
    _shelf: Shelf = field(default_factory=Shelf)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _server: Opened = field(default_factory=Opened)

    async def __aenter__(self) -> FakeKling:
        """Listen on a free port."""
        app = web.Application(client_max_size=80 * 2**20, middlewares=[self._note, _refusals_as_json])
        app.router.add_get("/tasks", self._ask)
        for family in FAMILIES:
            app.router.add_post(f"/v1/{family}", self._create_legacy)
            app.router.add_get(f"/v1/{family}/{{id}}", self._ask_legacy)
        app.router.add_post("/v1/videos/identify-face", self._look)
        app.router.add_post("/v1/general/delete-voices", self._delete_voice)
        app.router.add_post("/{kind:text-to-video|image-to-video|omni-video}/{model}", self._create)
        app.router.add_get("/files/{id}.{kind:mp4|wav}", self._file)
        self.url = await self._server.open(app)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, also in the middle of a slow answer."""
        self._closing.set()
        await self._server.close()

    # ---- creating

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, legacy=False)
        kind, model = request.match_info["kind"], request.match_info["model"]
        order = await asyncio.to_thread(read_order, kind, model, await request.json(), look=self.look)
        task = self._accept(order, "")
        data = {"id": task.id, "status": "submitted", **_times(task, "create_time", "update_time")}
        return await self._created(request, task, data | _named("external_id", order))

    async def _create_legacy(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, legacy=True)
        path = request.match_info["path"]
        body, clip = await request.json(), None
        if path in PEOPLE:
            order, clip = await self.people.read(path, body, look=self.look)
        else:
            order = await asyncio.to_thread(read_legacy, path, body, look=self.look)
        task = self._accept(order, path)
        if clip is not None:
            self.people.clips[task.id] = clip
        if path == kling_voices.PATH:
            await self._make_voice(task)
        data = {"task_id": task.id, "task_status": "submitted", **_times(task, "created_at", "updated_at")}
        return await self._created(request, task, data | _info(order))

    def _admit(self, request: web.Request, *, legacy: bool) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refusal(401, 1001, "authorization is empty")
        account = token
        if token not in (GOOD_KEY, BROKE_KEY):
            if not legacy:
                raise Refusal(401, 1002, f"access key is invalid: {token}")
            account = check_token(token, SECRETS)
        if request.method == "POST" and request.content_type != "application/json":
            raise invalid("content type must be application/json")
        if request.method == "POST" and account in _BROKE:
            raise Refusal(429, 1102, "Account balance not enough")

    def _accept(self, order: Order, legacy: str) -> Task:
        faults = faults_in(order.prompt or self.whispered, FAULTS)
        refused = find(faults, *REFUSALS)
        if refused is not None:
            status, code, message = REFUSALS[refused.name]
            headers = {"Retry-After": refused.value} if refused.value else {}
            raise Refusal(status, code, message, headers)
        if order.external_id in self._names:
            raise invalid("external_task_id already exists")
        number = 893605946402811985 + len(self.jobs)
        task = Task(
            id=str(number),
            order=order,
            seconds=order.seconds or self.source_seconds,
            legacy=legacy,
            created_ms=now_ms(),
            faults=faults,
        )
        self.jobs[task.id] = task
        if order.external_id:
            self._names[order.external_id] = task.id
        return task

    async def _created(self, request: web.Request, task: Task, data: dict[str, Any]) -> web.StreamResponse:
        fault = self._script.take(task.faults, *LOST, scope=task.id)
        match fault.name if fault else "":
            case "lost-cut":
                raise cut(request)
            case "lost-hang":
                await self._wait(60.0)
                raise cut(request)
            case "lost-garbage":
                return web.Response(text='{"code": 0, "data": {"id', content_type="application/json")
        return _answer(data)

    # ---- asking

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, legacy=False)
        query = dict(request.query)
        if set(query) not in ({"task_ids"}, {"external_task_ids"}):
            raise invalid("either task_ids or external_task_ids")
        ids = [word for word in next(iter(query.values())).split(",") if word]
        if len(ids) > 20:
            raise invalid("task_ids exceeds the limit")
        if "external_task_ids" in query:
            ids = [self._names[name] for name in ids if name in self._names]
        tasks = [self.jobs[one] for one in ids if one in self.jobs and not self.jobs[one].legacy]
        broken = self._broken(request, tasks)
        if broken is not None:
            return broken
        root, at = f"{request.scheme}://{request.host}", now_ms()
        return _answer([self._standing(t, root, at) for t in tasks if not find(t.faults, "gone")])

    async def _ask_legacy(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, legacy=True)
        name = request.match_info["id"]
        task = self.jobs.get(self._names.get(name, name))
        if task is None or task.legacy != request.match_info["path"] or find(task.faults, "gone"):
            raise invalid("task is not found")
        broken = self._broken(request, [task])
        if broken is not None:
            return broken
        at = now_ms()
        status = task.status(at)
        data: dict[str, Any] = {
            "task_id": task.id,
            "task_status": "succeed" if status == "succeeded" else status,
        }
        data |= _times(task, "created_at", "updated_at") | {"task_status_msg": _why(task, status)}
        if self._script.take(task.faults, "poll-strange", scope=task.id):
            data["task_status"] = "pondering"
        if status == "succeeded":
            clip = self._clip(task, f"{request.scheme}://{request.host}", at)
            made = result_of(clip) if task.legacy == PATH else {"videos": [clip]}
            if task.legacy == kling_voices.PATH:
                made = kling_voices.result_of(kling_voices.id_of(task.id))
            data |= {"final_unit_deduction": str(task.units), "task_result": made}
        return _answer(data | _info(task.order))

    # ---- faces and voices

    async def _look(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, legacy=True)
        faults = faults_in(self.whispered, FAULTS)
        found = await self.people.look(await request.json(), faults)
        if self._script.take(faults, "face-cut", scope="faces"):
            raise cut(request)
        return _answer(found)

    async def _make_voice(self, task: Task) -> None:
        """Fetch the recording; without one that is fit the task is going to fail."""
        recording = await kling_voices.recording_at(task.order.prompt)
        if recording is None:
            task.faults += (Fault(name="end-failed"),)
        elif not find(task.faults, "end-failed", "end-moderated"):
            self.voices[kling_voices.id_of(task.id)] = recording

    async def _delete_voice(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, legacy=True)
        voice = kling_voices.read_deletion(await request.json())
        if self.voices.pop(voice, None) is None:
            raise invalid("Voice id not found")
        return _answer({"task_id": voice, "task_status": "succeed"})

    def _standing(self, task: Task, root: str, at: int) -> dict[str, Any]:
        status = task.status(at)
        if self._script.take(task.faults, "poll-strange", scope=task.id):
            status = "pondering"
        done = status == "succeeded"
        charge = {"charge_type": "unit", "amount": str(task.units), "package_type": "video"}
        return {
            "id": task.id,
            "status": status,
            "message": _why(task, status),
            **_times(task, "create_time", "update_time"),
            **_named("external_id", task.order),
            "outputs": [{"type": "video", **self._clip(task, root, at)}] if done else [],
            "billing": [charge] if done else [],
        }

    def _clip(self, task: Task, root: str, at: int) -> dict[str, str]:
        expires = at + self.link_ms
        url = f"{root}/files/{task.id}.mp4?exp={expires}&sig={_signature(task.id, expires)}"
        return {"id": f"9{task.id[-4:]}", "url": url, "watermark_url": "", "duration": f"{task.seconds:.1f}"}

    def _broken(self, request: web.Request, tasks: list[Task]) -> web.StreamResponse | None:
        """Something that goes wrong with a whole question because of one of its tasks."""
        for task in tasks:
            wanted = [name for name in POLLS if name != "poll-strange"]
            fault = self._script.take(task.faults, *wanted, scope=task.id)
            match fault.name if fault else "":
                case "poll-garbage":
                    return web.Response(text='{"code": 0, "da', content_type="application/json")
                case "poll-error":
                    raise Refusal(500, 5000, "internal error")
                case "poll-limit":
                    raise Refusal(429, 1302, "too many requests", {"Retry-After": "3"})
                case "poll-cut":
                    raise cut(request)
        return None

    # ---- files

    async def _file(self, request: web.Request) -> web.StreamResponse:
        task = self.jobs.get(request.match_info["id"])
        expires, signed = request.query.get("exp", "0"), request.query.get("sig", "")
        if task is None or not hmac.compare_digest(signed, _signature(task.id, int(expires))):
            return web.Response(status=403, text="<Error>SignatureDoesNotMatch</Error>")
        fault = self._script.take(task.faults, *FILES, scope=task.id)
        name = fault.name if fault else ""
        if name == "file-403" or int(expires) < now_ms():
            return web.Response(status=403, text="<Error>AccessDenied</Error>")
        if name == "file-html":
            return web.Response(text="<html>try again</html>", content_type="text/html")
        if name == "file-endless":
            answer = web.StreamResponse(headers={"Content-Type": "video/mp4"})
            answer.content_length = 2**40
            await answer.prepare(request)
            await self._wait(5.0)
            return answer
        if request.match_info["kind"] == "wav":
            wave, kind = await asyncio.to_thread(recording, task.seconds, "wav"), "audio/wav"
            whole = web.Response(body=wave, content_type=kind)
            return await half(request, wave, 200, kind) if name == "file-cut" else whole
        if task.id in self.people.clips and not name:
            return web.Response(body=self.people.clips[task.id], content_type="video/mp4")
        sound: Any = "tone" if task.order.audible else "none"
        path = await self._shelf.clip(Recipe(seconds=task.seconds, aspect=task.order.aspect, sound=sound))
        if name == "file-moved":
            raise web.HTTPFound(str(request.rel_url))
        if name == "file-slow":
            return await slowly(request, await asyncio.to_thread(path.read_bytes), "video/mp4")
        if name == "file-cut":
            return await half(request, await asyncio.to_thread(path.read_bytes), 200, "video/mp4")
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    @web.middleware
    async def _note(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        heard = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(
            Seen(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers=heard,
                body=body,
            )
        )
        return await handler(request)


def _times(task: Task, *names: str) -> dict[str, int]:
    return dict.fromkeys(names, task.created_ms)


def _named(key: str, order: Order) -> dict[str, str]:
    return {key: order.external_id} if order.external_id else {}


def _info(order: Order) -> dict[str, Any]:
    return {"task_info": _named("external_task_id", order)}


def _why(task: Task, status: str) -> str:
    if status != "failed":
        return ""
    withheld = find(task.faults, "end-moderated")
    return "Failure to pass the risk control system" if withheld else "Service busy, generation failed"


def _answer(data: object) -> web.Response:
    return web.json_response({"code": 0, "message": "SUCCEED", "request_id": str(uuid4()), "data": data})


def _signature(task_id: str, expires_ms: int) -> str:
    return hmac.new(_SIGNING, f"{task_id}:{expires_ms}".encode(), hashlib.sha256).hexdigest()[:32]


@web.middleware
async def _refusals_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        body = {"code": refusal.code, "message": refusal.message, "request_id": str(uuid4())}
        return web.json_response(body, status=refusal.status, headers=refusal.headers)
    except ConnectionResetError:
        return web.Response()
