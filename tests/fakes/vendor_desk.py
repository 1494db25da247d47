"""What all handlers of the fake vendor share: its memory, its script, and who may ask.

Also the ways to break a connection on purpose.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.faults import Script
from tests.fakes.vendor_files import Shelf
from tests.fakes.vendor_models import VERSION, VERSION_HEADER, VendorRefusal, invalid
from tests.fakes.vendor_tasks import Memory, Pace, Task

GOOD_KEY = "sv-good-3f9c1d7a55e84b60"
BROKE_KEY = "sv-broke-8812aa04c9d14f7e"

Hook = Callable[[str, Task], Awaitable[None]]


@dataclass(kw_only=True)
class Desk:
    """The vendor's desk.

    Attributes:
        memory: everything it saw and made.
        script: what shall go wrong.
        shelf: its clips.
        pace: how long things take.
        validate: whether requests are checked.
        hook: awaited at ("accept" | "poll" | "file", task) before the answer is sent.
        closing: set when the vendor stops.
    """

    memory: Memory
    script: Script
    shelf: Shelf
    pace: Pace
    validate: bool = True
    hook: Hook | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def check_headers(self, request: web.Request, *, submit: bool = False) -> None:
        """Refuse a request whose headers are not in order."""
        if not self.validate:
            return
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key not in (GOOD_KEY, BROKE_KEY):
            raise VendorRefusal(401, "invalid_key", f"the key {key} is not valid", "Authorization")
        if request.headers.get(VERSION_HEADER) != VERSION:
            raise invalid(VERSION_HEADER, f"{VERSION_HEADER} must be {VERSION}")
        if submit and request.content_type != "application/json":
            raise invalid("Content-Type", "the content type must be application/json")
        if submit and key == BROKE_KEY:
            raise VendorRefusal(402, "no_funds", "the balance of this account is 0")

    def task(self, request: web.Request) -> Task:
        """The task a request is about."""
        self.check_headers(request)
        task = self.memory.tasks.get(request.match_info["id"])
        if task is None or task.character != request.match_info["character"]:
            raise VendorRefusal(404, "task_not_found", "no such task")
        return task

    async def moment(self, name: str, task: Task) -> None:
        """Let a test act now, or kill a process where the script says so."""
        kill = self.script.take(task.faults, f"{name}-kill", scope=task.id)
        if kill:
            os.kill(int(kill.value), signal.SIGKILL)
        if self.hook is not None:
            await self.hook(name, task)

    async def wait(self, milliseconds: float) -> None:
        """Wait, or less if the vendor stops."""
        try:
            await asyncio.wait_for(self.closing.wait(), milliseconds / 1000)
        except TimeoutError:
            return


def cut(request: web.Request) -> ConnectionResetError:
    """Break the connection; raise the result, nothing can be answered any more."""
    if request.transport is not None:
        request.transport.abort()
    return ConnectionResetError("cut on purpose")


async def half(
    request: web.Request, data: bytes, status: int, content_type: str = "application/json"
) -> web.StreamResponse:
    """Send half of an answer, then break the connection."""
    answer = web.StreamResponse(status=status, headers={"Content-Type": content_type})
    answer.content_length = len(data)
    await answer.prepare(request)
    await answer.write(data[: len(data) // 2])
    # Closing (not aborting) lets the half that was written arrive.
    if request.transport is not None:
        request.transport.close()
    return answer


async def slowly(request: web.Request, data: bytes, content_type: str) -> web.StreamResponse:
    """Send an answer in small pieces with pauses, a third of a second in all."""
    answer = web.StreamResponse(headers={"Content-Type": content_type})
    answer.content_length = len(data)
    await answer.prepare(request)
    step = -(-len(data) // 30)
    for start in range(0, len(data), step):
        await answer.write(data[start : start + step])
        await asyncio.sleep(0.01)
    return answer


def whole(request: web.Request, name: str, default: int) -> int:
    """A whole number from the query."""
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise invalid(name, f"{name} must be a whole number")
    return int(text)
