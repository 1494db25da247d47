"""The fake vendor's answers to everything that is not a submit: standing, list, cancel, download."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

from aiohttp import web

from tests.fakes.faults import Fault, find
from tests.fakes.vendor_desk import Desk, cut, half, whole
from tests.fakes.vendor_faults import FAULTS
from tests.fakes.vendor_files import recipe_for
from tests.fakes.vendor_models import MODELS, VendorRefusal
from tests.fakes.vendor_tasks import Task, now_ms

_SECRET = b"signs the fake vendor's links"
_PAGE_LIMIT = 100
_POLL_FAULTS = tuple(name for name in FAULTS if name.startswith("poll-") and name != "poll-kill")
_FILE_FAULTS = tuple(
    f"file-{name}" for name in ("404", "403", "500", "slow", "cut", "larger", "empty", "html", "moved")
)


class Reads:
    """Handlers that make no task."""

    def __init__(self, desk: Desk) -> None:
        """Answer from what lies on a desk."""
        self._desk = desk

    async def poll(self, request: web.Request) -> web.StreamResponse:
        """How a task stands."""
        self._desk.memory.calls["poll"] += 1
        task = self._desk.task(request)
        task.polls += 1
        await self._desk.moment("poll", task)
        fault = self._desk.script.take(task.faults, *_POLL_FAULTS, scope=task.id)
        match fault.name if fault else "":
            case "poll-cut":
                raise cut(request)
            case "poll-hang":
                await self._desk.wait(fault.number(60_000) if fault else 0)
                raise cut(request)
            case "poll-500":
                raise VendorRefusal(500, "internal_error", "something went wrong")
            case "poll-429":
                seconds = (fault.value if fault else "") or "3"
                raise VendorRefusal(429, "rate_limited", "slow down", headers={"Retry-After": seconds})
            case "poll-401":
                raise VendorRefusal(401, "invalid_key", "the key is not valid")
            case "poll-404":
                raise VendorRefusal(404, "task_not_found", "no such task")
            case "poll-garbage":
                return web.Response(text='{"id": "vid_0', content_type="application/json")
            case "poll-html":
                return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
            case "poll-strange":
                return web.json_response({"id": task.id, "status": "pondering"})
        return web.json_response(self._standing(task, f"{request.scheme}://{request.host}"))

    def _standing(self, task: Task, root: str) -> dict[str, Any]:
        at = now_ms()
        status = task.status(at)
        body: dict[str, Any] = {"id": task.id, "status": status, "model": task.model}
        tells = MODELS[task.model].tells
        if status == "queued" and "position" in tells and not find(task.faults, "no-position"):
            body["queue_position"] = task.position(at)
        if status == "running" and "fraction" in tells and not find(task.faults, "no-fraction"):
            body["progress"] = round(task.fraction(at) * 100)
        if status == "succeeded":
            expires = at + self._desk.pace.of(self._desk.pace.link_ms)
            url = f"{root}/files/{task.id}.mp4?exp={expires}&sig={_signature(task.id, expires)}"
            bill = find(task.faults, "bill-usd")
            cost = bill.value if bill else str(task.cost_usd)
            body |= {"video": {"url": url, "expires_at": expires}, "cost_usd": cost}
        elif status == "failed":
            body |= {"error": {"code": "internal_error", "message": "generation failed"}, "billed": False}
        elif status == "moderated":
            error = {"code": "output_moderated", "message": "the clip was withheld"}
            body |= {"error": error, "billed": task.billed(at)}
        return body

    async def list(self, request: web.Request) -> web.StreamResponse:
        """Newest tasks first."""
        self._desk.memory.calls["list"] += 1
        character = request.match_info["character"]
        self._desk.check_headers(request)
        if character != "lookup":
            raise VendorRefusal(405, "method_not_allowed", "tasks cannot be listed")
        tasks = self._desk.memory.tasks
        if any(self._desk.script.take(t.faults, "list-500", scope=t.id) for t in tasks.values()):
            raise VendorRefusal(500, "internal_error", "something went wrong")
        since = whole(request, "since", 0)
        limit = min(_PAGE_LIMIT, whole(request, "limit", 20))
        at = now_ms()
        found = [
            task
            for task in reversed(tasks.values())
            if task.character == "lookup" and task.created_ms >= since and task.visible_ms <= at
        ]
        missed = self._desk.script.take
        found = [task for task in found if not missed(task.faults, "list-miss", scope=task.id)]
        after = request.query.get("after")
        if after:
            found = [task for task in found if task.id < after]
        page = [
            {
                "id": task.id,
                "reference": task.reference,
                "model": task.model,
                "created_at": task.created_ms,
                "status": task.status(at),
            }
            for task in found[:limit]
        ]
        return web.json_response({"data": page, "has_more": len(found) > limit})

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """Stop a task, if it is not too late."""
        self._desk.memory.calls["cancel"] += 1
        task = self._desk.task(request)
        fault = self._desk.script.take(task.faults, "cancel-409", "cancel-500", "cancel-lost", scope=task.id)
        if fault and fault.name == "cancel-500":
            raise VendorRefusal(500, "internal_error", "something went wrong")
        if task.cancelled_ms:
            return web.json_response({"id": task.id, "status": "cancelled"})
        if (fault and fault.name == "cancel-409") or task.status(now_ms()) not in ("queued", "running"):
            raise VendorRefusal(409, "too_late", "the task cannot be cancelled any more")
        self._desk.memory.cancel(task)
        if fault:
            raise cut(request)
        return web.json_response({"id": task.id, "status": "cancelled"})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The clip behind a signed link."""
        self._desk.memory.calls["file"] += 1
        task = self._desk.memory.tasks.get(request.match_info["id"])
        expires = whole(request, "exp", 0)
        if task is None or request.query.get("sig") != _signature(task.id, expires):
            raise VendorRefusal(403, "bad_signature", "the link is not valid")
        if expires < now_ms():
            raise VendorRefusal(403, "link_expired", "the link has expired")
        task.files += 1
        await self._desk.moment("file", task)
        fault = self._desk.script.take(task.faults, *_FILE_FAULTS, scope=task.id)
        name = fault.name if fault else ""
        if name in ("file-404", "file-403", "file-500"):
            raise VendorRefusal(int(name[-3:]), "link_expired", "the file is gone")
        if name == "file-empty":
            return web.Response(body=b"", content_type="video/mp4")
        if name == "file-moved":
            raise web.HTTPFound(str(request.rel_url))
        if name == "file-html":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        path = await self._desk.shelf.clip(recipe_for(task))
        if fault and name in ("file-slow", "file-cut", "file-larger"):
            return await self._odd_file(request, await asyncio.to_thread(path.read_bytes), fault)
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    async def _odd_file(self, request: web.Request, data: bytes, fault: Fault) -> web.StreamResponse:
        if fault.name == "file-cut":
            return await half(request, data, 200, "video/mp4")
        answer = web.StreamResponse(headers={"Content-Type": "video/mp4"})
        if fault.name == "file-slow":
            answer.content_length = len(data)
            await answer.prepare(request)
            step = max(1, int(fault.number(20_000) / 20))
            for start in range(0, len(data), step):
                await answer.write(data[start : start + step])
                await self._desk.wait(50)
        else:
            await answer.prepare(request)
            await answer.write(data)
            rest = int(fault.number(64 * 2**20))
            while rest > 0 and not self._desk.closing.is_set():
                await answer.write(bytes(min(rest, 65536)))
                rest -= 65536
        await answer.write_eof()
        return answer


def _signature(task_id: str, expires_ms: int) -> str:
    return hmac.new(_SECRET, f"{task_id}:{expires_ms}".encode(), hashlib.sha256).hexdigest()[:32]
