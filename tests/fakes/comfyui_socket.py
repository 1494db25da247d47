"""The web socket of the ComfyUI stand-in: what it says of a job while the job gets older.

As on a server 0.3.64 (recorded): a status first; steps only to the socket whose name the job was sent under;
previews as binary frames in between. A second socket of the same name takes the place of the first.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fakes.studio import Job, now_ms

STEPS = 8
LOOK_SECONDS = 0.005
SAMPLER = "SamplerCustomAdvanced"


class Sockets:
    """All open sockets, by name.

    Attributes:
        refuse: the proxy lets no socket through. cut: sockets break after their first word about a job.
        names: of all that were ever opened, in order.
    """

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        """Tell of these jobs."""
        self.refuse = self.cut = False
        self.names: list[str] = []
        self._jobs = jobs
        self._open: dict[str, web.WebSocketResponse] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Hold one socket until it is closed."""
        name = request.query.get("clientId", "")
        if self.refuse or not name or set(request.query) != {"clientId"}:
            return web.Response(status=400)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.names.append(name)
        self._open[name] = socket
        telling = asyncio.create_task(self._tell(socket, name))
        try:
            async for _ in socket:
                break  # a client has nothing to say but its features, and ours says none
        finally:
            telling.cancel()
            if self._open.get(name) is socket:
                del self._open[name]
        return socket

    async def close(self) -> None:
        """Close all sockets."""
        for socket in list(self._open.values()):
            await socket.close()

    async def _tell(self, socket: web.WebSocketResponse, name: str) -> None:
        await _say(socket, "status", {"status": {"exec_info": {"queue_remaining": 0}}, "sid": name})
        told: dict[str, int] = {}
        while self._open.get(name) is socket:
            for job in list(self._jobs.values()):
                if job.body.get("client_id") != name:
                    continue
                for kind, data in _news(job, told):
                    await _say(socket, kind, data)
                    await socket.send_bytes(struct.pack(">I", 1) + b"\xff\xd8 a preview")
                    if self.cut and kind == "progress_state":
                        await socket.close()
                        return
            await asyncio.sleep(LOOK_SECONDS)


async def _say(socket: web.WebSocketResponse, kind: str, data: Mapping[str, Any]) -> None:
    await socket.send_json({"type": kind, "data": data})


def _news(job: Job, told: dict[str, int]) -> list[tuple[str, dict[str, Any]]]:
    """What there is to say since the last look: `told` counts steps, by job."""
    identity, before = job.id, told.get(job.id, -1)
    if job.standing == "queued" or before > _all(job):
        return []
    if job.standing == "ended":
        told[identity] = _all(job) + 1
        end = "execution_interrupted" if job.cancelled else "execution_success"
        return [(end, {"prompt_id": identity}), ("executing", {"node": None, "prompt_id": identity})]
    age = now_ms() - job.created_ms - job.queue_ms
    done = min(_all(job), int(age / job.run_ms * (_all(job) + 1)))
    if done == before:
        return []
    told[identity] = done
    begun = [("execution_start", {"prompt_id": identity, "timestamp": now_ms()})] if before < 0 else []
    return [*begun, ("progress_state", {"prompt_id": identity, "nodes": _nodes(job, done)})]


def samplers(job: Job) -> list[str]:
    """The nodes of a job's graph that work in steps."""
    return [node for node, part in job.body["prompt"].items() if part["class_type"] == SAMPLER]


def _all(job: Job) -> int:
    return STEPS * len(samplers(job))


def _nodes(job: Job, done: int) -> dict[str, Any]:
    """The state of every node that has begun: loaders first, then the samplers one after the other."""
    parts = {node: STEPS for node in samplers(job)}
    states: dict[str, Any] = {}
    for node in job.body["prompt"]:
        if node not in parts:
            states[node] = {"value": 1.0, "max": 1.0, "state": "finished"}
            continue
        value = max(0, min(STEPS, done))
        done -= STEPS
        if value or done > -STEPS:
            state = "finished" if value == STEPS else "running"
            states[node] = {"value": float(value), "max": float(STEPS), "state": state}
    return {node: {**told, "node_id": node, "prompt_id": job.id} for node, told in states.items()}
