"""A strict video vendor over a real socket, scripted by tests.

In a test: `async with FakeVendor() as vendor: … vendor.base_url("key") …`, with `vendor.memory` to look at.
As a process: `python -m tests.fakes.vendor --port 0 --state DIR`; its first line is `ready http://…`.

The vendor's own API, below `/key`, `/lookup` or `/blind` (its three characters):
    POST   /v1/videos              Bearer key, Scripted-Version, JSON → 202 {id, status}
    GET    /v1/videos/{id}         status, position, progress, video.url, cost_usd, error, billed
    GET    /v1/videos?since&limit&after    `lookup` only; may lag behind
    DELETE /v1/videos/{id}         200 cancelled, or 409 too_late
    GET    /files/{id}.mp4?exp&sig signed, expiring, with Range
`key` honours Idempotency-Key (same key and body → same task, other body → 409), `lookup` takes `reference`
and lists it, `blind` does neither.

For tests: POST /_script (list of rules), DELETE /_script, POST /_settings (fields of Pace), GET /_log.
The faults are in `vendor_faults.py`, models and prices in `vendor_models.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from aiohttp import web

from tests.fakes.faults import BadScript, Fault, Script
from tests.fakes.opened import Opened
from tests.fakes.vendor_desk import BROKE_KEY, GOOD_KEY, Desk, Hook, cut, half
from tests.fakes.vendor_faults import FAULTS, REFUSALS
from tests.fakes.vendor_files import Shelf
from tests.fakes.vendor_models import Character, Order, VendorRefusal, invalid, read_order, trust_order
from tests.fakes.vendor_reads import Reads
from tests.fakes.vendor_tasks import Memory, Pace, Task, fingerprint, now_ms

__all__ = ["BROKE_KEY", "FAULTS", "GOOD_KEY", "FakeVendor", "Pace", "Task"]

_BODY_LIMIT = 64 * 2**20
_LOST = ("lost-500", "lost-cut", "lost-hang", "lost-garbage", "lost-half", "slow-answer")


class FakeVendor:
    """The vendor.

    Attributes:
        memory: everything it saw and made.
        script: what shall go wrong.
        desk: pace, hook and the rest; a test may change them at any time.
        url: where it listens.
    """

    def __init__(
        self,
        *,
        state_dir: Path | None = None,
        pace: Pace | None = None,
        validate: bool = True,
        clips: Path | None = None,
        hook: Hook | None = None,
    ) -> None:
        """Set up a vendor; `validate=False` takes every order as it comes and keeps no bodies."""
        self.memory = Memory(state_dir=state_dir, known=FAULTS, keep_bodies=validate)
        self.script = Script(known=FAULTS, fired=self.memory.note_fired)
        self.desk = Desk(
            memory=self.memory,
            script=self.script,
            shelf=Shelf(clips),
            pace=pace or Pace(),
            validate=validate,
            hook=hook,
        )
        self.url = ""
        self._server = Opened()

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; returns the address."""
        self.memory.open()
        for scope, name in self.memory.fired:
            self.script.count(scope, name)
        app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[_refusals_as_json])
        self._add_routes(app.router)
        self.url = await self._server.open(app, host=host, port=port)
        return self.url

    async def close(self) -> None:
        """Stop, also in the middle of a slow answer."""
        self.desk.closing.set()
        await self._server.close()
        self.memory.close()

    async def __aenter__(self) -> FakeVendor:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self.close()

    def base_url(self, character: Character) -> str:
        """The address an adapter is configured with."""
        return f"{self.url}/{character}"

    def _add_routes(self, router: web.UrlDispatcher) -> None:
        videos = "/{character:key|lookup|blind}/v1/videos"
        reads = Reads(self.desk)
        router.add_post(videos, self._submit)
        router.add_get(videos, reads.list)
        router.add_get(videos + "/{id}", reads.poll)
        router.add_delete(videos + "/{id}", reads.cancel)
        router.add_get("/files/{id}.mp4", reads.file)
        router.add_post("/_script", self._add_rules)
        router.add_delete("/_script", self._clear_rules)
        router.add_post("/_settings", self._change_pace)
        router.add_get("/_log", self._log)

    # ---- the vendor's API

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        character = cast(Character, request.match_info["character"])
        body = _parsed(await request.read())
        self.memory.note_submit(lambda: _as_logged(request, character, body))
        fields = body if isinstance(body, dict) else {}
        facts = {"text": fields.get("prompt", ""), "model": fields.get("model"), "character": character}
        faults = self.script.for_request(facts, nth=self.memory.nth)
        self.desk.check_headers(request, submit=True)
        wish = fingerprint(fields, character)
        await self._before_accepting(request, faults, f"wish:{wish}")
        order = await self._read(body, character)
        key = request.headers.get("Idempotency-Key", "") if character == "key" else ""
        known = self.memory.by_key.get((character, key)) if key else None
        if known is None:
            task = self.memory.add_task(
                order, character=character, wish=wish, key=key, faults=faults, pace=self.desk.pace
            )
        else:
            task = self.memory.tasks[known]
            if task.wish != wish:
                raise VendorRefusal(409, "idempotency_conflict", "this key was used for another request")
        await self.desk.moment("accept", task)
        return await self._accepted(request, task)

    async def _read(self, body: object, character: Character) -> Order:
        if not self.desk.validate:
            return trust_order(cast(dict[str, Any], body))
        if isinstance(body, dict) and body.get("inputs"):
            # Files are decoded, which takes a while.
            return await asyncio.to_thread(read_order, body, character)
        return read_order(body, character)

    async def _before_accepting(self, request: web.Request, faults: tuple[Fault, ...], scope: str) -> None:
        slow = self.script.take(faults, "slow-accept", scope=scope)
        if slow:
            await self.desk.wait(slow.number(300))
        fault = self.script.take(faults, "submit-cut", *REFUSALS, scope=scope)
        if fault is None:
            return
        if fault.name == "submit-cut":
            raise cut(request)
        status, code = REFUSALS[fault.name]
        headers = {"Retry-After": fault.value or "7"} if status == 429 and fault.value != "none" else {}
        named = (fault.value or "prompt") if status == 400 else ""
        raise VendorRefusal(status, code, f"scripted refusal {fault.name}", named, headers)

    async def _accepted(self, request: web.Request, task: Task) -> web.StreamResponse:
        fault = self.script.take(task.faults, *_LOST, scope=task.id)
        answer = {"id": task.id, "status": task.status(now_ms()), "model": task.model}
        match fault.name if fault else "":
            case "lost-500":
                raise VendorRefusal(500, "internal_error", "something went wrong")
            case "lost-cut":
                raise cut(request)
            case "lost-hang":
                await self.desk.wait(fault.number(60_000) if fault else 0)
                raise cut(request)
            case "lost-garbage":
                return web.Response(status=202, text='{"id": "vid_', content_type="application/json")
            case "lost-half":
                return await half(request, b'{"id": "' + task.id.encode() + b'", "status": "queued"}', 202)
            case "slow-answer":
                await self.desk.wait(fault.number(300) if fault else 0)
        return web.json_response(answer, status=202)

    # ---- for tests in other processes

    async def _add_rules(self, request: web.Request) -> web.Response:
        try:
            self.script.add(await request.json())
        except (BadScript, TypeError, ValueError) as error:
            raise invalid("", str(error)) from None
        return web.json_response({"rules": len(self.script.rules)})

    async def _clear_rules(self, request: web.Request) -> web.Response:
        self.script.clear()
        return web.json_response({"rules": 0})

    async def _change_pace(self, request: web.Request) -> web.Response:
        try:
            self.desk.pace = replace(self.desk.pace, **await request.json())
        except (TypeError, ValueError) as error:
            raise invalid("", str(error)) from None
        return web.json_response({})

    async def _log(self, request: web.Request) -> web.Response:
        return web.json_response(self.memory.report())


def _parsed(raw: bytes) -> object:
    """The body, or None if it is not JSON: refused later, after it was written down."""
    try:
        return cast(object, json.loads(raw))
    except ValueError:
        return None


def _as_logged(request: web.Request, character: Character, body: object) -> dict[str, Any]:
    headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
    if isinstance(body, dict) and body.get("inputs"):
        body = body | {"inputs": _shortened(body["inputs"])}
    return {"at_ms": now_ms(), "character": character, "headers": headers, "body": body}


def _shortened(inputs: object) -> object:
    """Files as their hash: the log is for reading."""
    if not isinstance(inputs, list):
        return inputs
    return [
        item | {"data": "sha256:" + hashlib.sha256(str(item["data"]).encode()).hexdigest()}
        if isinstance(item, dict) and "data" in item
        else item
        for item in inputs
    ]


@web.middleware
async def _refusals_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except VendorRefusal as refusal:
        return web.json_response(refusal.body(), status=refusal.status, headers=refusal.headers)
    except ConnectionResetError:
        return web.Response()


async def _serve(options: argparse.Namespace) -> None:
    pace = Pace(queue_ms=options.queue_ms, run_ms=options.run_ms, scale=options.scale)
    vendor = FakeVendor(
        state_dir=options.state, pace=pace, validate=not options.no_validation, clips=options.clips
    )
    await vendor.start(port=options.port)
    sys.stdout.write(f"ready {vendor.url}\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await vendor.close()


def main() -> None:
    """Run the vendor as a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.vendor")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="folder for vendor.jsonl")
    parser.add_argument("--clips", type=Path, help="folder for the clips it serves")
    parser.add_argument("--queue-ms", type=float, default=20)
    parser.add_argument("--run-ms", type=float, default=60)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies all scripted times")
    parser.add_argument("--no-validation", action="store_true", help="for load tests")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
