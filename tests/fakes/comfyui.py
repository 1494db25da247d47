"""ComfyUI on a real local socket, behind a proxy that wants a token: queue, history, uploads, files.

It answers as a server 0.3.64 was recorded, and demands of ids what newer ones demand. The same id sent
twice makes two jobs, as there. In a test: `async with FakeComfy() as server`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web

from tests.fakes.comfyui_nodes import check_graph, refused
from tests.fakes.comfyui_socket import Sockets
from tests.fakes.faults import find
from tests.fakes.studio import Job, Refusal, Studio, bearer, now_ms

GOOD_KEY = "comfy-good-55d0e1b7c2a948"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIELDS = {"prompt", "client_id", "prompt_id", "front", "number", "extra_data", "partial_execution_targets"}
FAULTS: Mapping[str, int] = {
    **dict.fromkeys(("submit-429", "submit-500", "submit-busy", "end-failed", "end-memory"), 0),
    **dict.fromkeys(("cancel-late", "cancel-slow", "no-clip", "no-status", "as-gifs", "with-preview"), 0),
}
ENDS: Mapping[str, tuple[str, str, str]] = {
    "end-failed": ("LoadAudio", "[Errno 1094995529] Invalid data found", "av.error.InvalidDataError"),
    "end-memory": ("SamplerCustomAdvanced", "Allocation on device", "torch.OutOfMemoryError"),
}


class FakeComfy(Studio):
    """The server.

    Attributes:
        uploads: names of files that nodes can load. taken: how many jobs were put into the queue.
        free: how often it was asked to empty the card. sockets: the open web sockets.
    """

    def __init__(self, *, token: str = GOOD_KEY, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet. `token`: what the proxy wants, "" for nothing."""
        super().__init__(FAULTS, queue_ms=queue_ms, run_ms=run_ms)
        self.uploads: dict[str, bytes] = {}
        self.taken = self.free = 0
        self.sockets = Sockets(self.jobs)
        self._token = token

    def routes(self, app: web.Application) -> None:
        """The plain routes."""
        app.on_shutdown.append(self._hang_up)
        app.router.add_get("/ws", self._socket)
        app.router.add_post("/prompt", self._prompt)
        app.router.add_get("/queue", self._queue)
        app.router.add_post("/queue", self._delete)
        app.router.add_post("/interrupt", self._interrupt)
        app.router.add_post("/free", self._free)
        app.router.add_get("/history/{id}", self._history)
        app.router.add_post("/upload/image", self._upload)
        app.router.add_get("/view", self._view)

    def check_download(self, request: web.Request, job: Job) -> None:
        """The proxy wants its token here too."""
        self._let_in(request)

    def _let_in(self, request: web.Request) -> None:
        if self._token and bearer(request) != self._token:
            raise Refusal(401, {"message": f"unknown token {bearer(request)}"})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        return await self.sockets.answer(request)

    async def _hang_up(self, app: web.Application) -> None:
        await self.sockets.close()

    async def _prompt(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        body = self.seen[-1].body
        if not isinstance(body, dict) or "prompt" not in body:
            raise refused("no_prompt", "No prompt provided", "No prompt provided")
        if set(body) - FIELDS:
            raise refused("invalid_prompt", f"unknown fields {sorted(set(body) - FIELDS)}")
        identity = body.get("prompt_id")
        if not isinstance(identity, str) or not UUID.fullmatch(identity):
            raise refused("invalid_prompt_id", "prompt_id must be a valid UUID")
        if not isinstance(body.get("client_id"), str) or not UUID.fullmatch(body["client_id"]):
            raise refused("invalid_prompt", "nobody would be told of the steps of this job")
        check_graph(body["prompt"], self.uploads)
        nodes = list(body["prompt"].values())
        words = " ".join(node["inputs"]["text"] for node in nodes if node["class_type"] == "CLIPTextEncode")
        job = self.accept(identity, prompt=words, body=body, **_clip(nodes))
        if find(job.faults, "submit-429", "submit-500"):
            del self.jobs[identity]
            if slow := find(job.faults, "submit-429"):
                raise Refusal(429, {}, {"Retry-After": slow.value} if slow.value else {})
            raise Refusal(500, {})
        self.taken += 1
        job.facts["number"] = self.taken
        answer = {"prompt_id": identity, "number": self.taken, "node_errors": {}}
        return await self.accepted(request, job, answer)

    async def _queue(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        for job in self.jobs.values():
            match fault.name if (fault := self.poll_fault(request, job)) else "":
                case "poll-garbage":
                    return web.Response(text='{"queue_running": [', content_type="application/json")
                case "poll-strange":
                    return web.json_response({"queue_running": [[]], "queue_pending": []})
                case "poll-error":
                    raise Refusal(500, {})
                case "poll-limit":
                    raise Refusal(429, {}, {"Retry-After": "3"})
        there = [job for job in self.jobs.values() if not find(job.faults, "gone")]
        return web.json_response(
            {
                "queue_running": [_entry(job) for job in there if job.standing == "running"],
                # The server keeps a heap: the order of the list says nothing.
                "queue_pending": [_entry(job) for job in reversed(there) if job.standing == "queued"],
            }
        )

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        for identity in self.seen[-1].body["delete"]:
            job = self.jobs.get(identity)
            if job is not None and job.standing == "queued":
                del self.jobs[identity]
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        # Without an id it would stop whatever is running, also other people's work.
        job = self.jobs.get(self.seen[-1].body["prompt_id"])
        if job is not None and job.standing == "running" and not find(job.faults, "cancel-late"):
            slow = find(job.faults, "cancel-slow")  # value: ms until the present step is over
            if slow is None:
                job.cancelled = True
            else:
                stop = partial(setattr, job, "cancelled", True)
                asyncio.get_running_loop().call_later(slow.number(0) / 1000, stop)
        return web.Response()

    async def _free(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        if self.seen[-1].body != {"unload_models": True, "free_memory": True}:
            raise Refusal(400, {})
        self.free += 1
        return web.Response()

    async def _history(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None or job.standing != "ended" or find(job.faults, "gone"):
            return web.json_response({})
        return web.json_response({job.id: _told(job)})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        form = await request.post()
        file = form.get("image")
        if not isinstance(file, web.FileField) or form.get("type") != "input":
            raise Refusal(400, {})
        name = file.filename
        if name in self.uploads and form.get("overwrite") != "true":
            name = f"{name.rpartition('.')[0]} (1).{name.rpartition('.')[2]}"
        folder = str(form.get("subfolder", ""))
        self.uploads[f"{folder}/{name}" if folder else name] = file.file.read()
        return web.json_response({"name": name, "subfolder": folder, "type": "input"})

    async def _view(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        name = request.query.get("filename", "")
        job = self.jobs.get(name.removesuffix("_00001_.mp4"))
        asked = (request.query.get("subfolder"), request.query.get("type"))
        if job is None or asked != ("talkreel", "output") or find(job.faults, "file-403"):
            return web.Response(status=404)
        return await self.hand_out(request, job)


def _clip(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Length, shape and sound of what a graph makes."""
    inputs = {node["class_type"]: node["inputs"] for node in nodes}
    made = inputs["CreateVideo"]
    if "EmptyLTXVLatentVideo" in inputs:
        drawn = inputs["EmptyLTXVLatentVideo"]
        frames = drawn["length"] - 1
    else:
        drawn = inputs["EmptyImage"]
        frames = drawn["batch_size"]
    wide, high = drawn["width"], drawn["height"]
    aspect = "1:1" if wide == high else "16:9" if wide > high else "9:16"
    return {"seconds": frames / made["fps"], "aspect": aspect, "sound": "audio" in made}


def _entry(job: Job) -> list[Any]:
    return [job.facts["number"], job.id, job.body["prompt"], {"client_id": job.body["client_id"]}, ["75"]]


def _told(job: Job) -> dict[str, Any]:
    """An ended job, as the history has it."""
    messages: list[list[Any]] = [["execution_start", {"prompt_id": job.id, "timestamp": now_ms()}]]
    outputs: dict[str, Any] = {}
    end = find(job.faults, *ENDS)
    if job.cancelled:
        messages.append(["execution_interrupted", {"prompt_id": job.id, "node_id": "25", "executed": []}])
    elif end is not None:
        node, words, kind = ENDS[end.name]
        told = {"node_id": "9", "node_type": node, "exception_message": words, "exception_type": kind}
        messages.append(["execution_error", {"prompt_id": job.id, **told, "traceback": []}])
    else:
        messages.append(["execution_success", {"prompt_id": job.id, "timestamp": now_ms()}])
        outputs = _outputs(job)
    good = messages[-1][0] == "execution_success"
    status = {"status_str": "success" if good else "error", "completed": good, "messages": messages}
    return {
        "prompt": _entry(job),
        "outputs": outputs,
        "status": None if find(job.faults, "no-status") else status,
        "meta": {},
    }


def _outputs(job: Job) -> dict[str, Any]:
    file = {"filename": f"{job.id}_00001_.mp4", "subfolder": "talkreel", "type": "output"}
    if find(job.faults, "no-clip"):
        return {"75": {"images": [file | {"filename": "frame_00001_.png"}], "animated": [False]}}
    outputs: dict[str, Any] = {"75": {"images": [file], "animated": [True]}}
    if find(job.faults, "as-gifs"):
        outputs = {"75": {"gifs": [file | {"fullpath": "/srv/out.mp4", "format": "video/h264-mp4"}]}}
    if find(job.faults, "with-preview"):
        early = file | {"filename": "draft_00001_.mp4"}
        outputs = {"12": {"images": [early | {"type": "temp"}]}, "13": {"images": [early]}, **outputs}
    return outputs
