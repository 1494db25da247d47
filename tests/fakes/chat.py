"""A fake chat service over a real socket: messages are posted once, then edited.

In a test: `async with FakeChat() as chat: … chat.url …`, with `chat.messages` to look at.
As a process: `python -m tests.fakes.chat --port 0 --state FILE`; its first line is `ready http://…`.

    POST   /messages       JSON {channel, thread, nonce, text, buttons?} → 201 {id}; a nonce repeated in its
                           channel and thread gives the same id (200, `"repeated": true`) unless switched off
    PATCH  /messages/{id}  JSON {text?, facts?, buttons?}, or multipart with parts of these names (facts and
                           buttons as JSON) and any files called `media` or `poster` → {id, edits}
    DELETE /messages/{id}  → 204
    GET    /messages       ?channel=&thread= → {messages: […]} as in `Message.to_json`
    GET    /messages/{id}  one of them · GET /messages/{id}/media/{n} the bytes of its n-th file, where kept
Errors are JSON {"error": code, …}: 404 unknown_message, 403 forbidden, 413 too_large with `limit_bytes`,
429 rate_limited with `retry_after` (seconds, also as Retry-After), 500 internal.

For tests: POST /_script (list of rules, see `faults.py`; a rule matches `op` "post" | "edit" | "delete",
`channel`, `thread`, `text`, `id`, `nth` of that op), DELETE /_script, POST /_settings {max_bytes?,
honour_nonces?}, GET /_log. Words in a text are no faults here: the bot repeats what people wrote.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import BodyPartReader, web

from tests.fakes.chat_board import Board, Delivery, Message
from tests.fakes.faults import BadScript, Fault, Script, find
from tests.fakes.opened import Opened

__all__ = ["FAULTS", "Delivery", "FakeChat", "Message"]

DEFAULT_MAX_BYTES = 10 * 2**20

FAULTS: Mapping[str, int] = {
    "403": 0,  # the channel is closed to us
    "404": 0,  # a moderator deleted the message
    "413": 0,  # value: the limit in bytes
    "429": 0,  # value: seconds
    "500": 0,
    "cut": 0,  # nothing was done, the connection breaks
    "slow": 0,  # value: ms before anything is done
    "delete-first": 0,  # the message vanishes just before the call
    # It was done, but:
    "lost-cut": 0,
    "lost-500": 0,
    "lost-hang": 0,  # value: ms, then the connection breaks
    "kill": 0,  # value: process that gets SIGKILL, before the answer
}
_BEFORE = ("403", "404", "413", "429", "500", "cut")
_AFTER = ("lost-cut", "lost-500", "lost-hang")


class ChatRefusal(Exception):
    """The chat says no, with a status and a JSON body."""

    def __init__(self, status: int, code: str, **facts: Any) -> None:
        """Keep the answer."""
        super().__init__(code)
        self.status = status
        self.body = {"error": code, **facts}


class FakeChat:
    """The chat.

    Attributes:
        url: where it listens.
        board: the messages; `messages` is the same by id, deleted ones too.
        script: what shall go wrong.
        calls: how often each operation was asked for.
        max_bytes: the largest file it takes.
        honour_nonces: whether a repeated nonce is the same message.
        hook: awaited at ("post" | "edit" | "delete", message) when it is done, before the answer.
    """

    def __init__(
        self,
        *,
        state: Path | None = None,
        media_dir: Path | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        honour_nonces: bool = True,
    ) -> None:
        """Set up a chat that remembers in the file `state` and keeps media bytes in `media_dir`."""
        self.url = ""
        self.board = Board(state=state, media_dir=media_dir)
        self.messages = self.board.messages
        self.script = Script(known=FAULTS)
        self.calls: Counter[str] = Counter()
        self.max_bytes = max_bytes
        self.honour_nonces = honour_nonces
        self.hook: Callable[[str, Message], Awaitable[None]] | None = None
        self._closing = asyncio.Event()
        self._server = Opened()

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; returns the address."""
        self.board.open()
        app = web.Application(client_max_size=512 * 2**20, middlewares=[_refusals_as_json])
        app.router.add_post("/messages", self._post)
        app.router.add_get("/messages", self._list)
        app.router.add_get("/messages/{id}", self._show)
        app.router.add_get("/messages/{id}/media/{n}", self._show_media)
        app.router.add_patch("/messages/{id}", self._edit)
        app.router.add_delete("/messages/{id}", self._delete)
        app.router.add_post("/_script", self._add_rules)
        app.router.add_delete("/_script", self._clear_rules)
        app.router.add_post("/_settings", self._settings)
        app.router.add_get("/_log", self._log)
        self.url = await self._server.open(app, host=host, port=port)
        return self.url

    async def close(self) -> None:
        """Stop, also in the middle of a slow answer."""
        self._closing.set()
        await self._server.close()
        self.board.close()

    async def __aenter__(self) -> FakeChat:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self.close()

    # ---- the service

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await _json_object(request)
        channel, text = _word(body, "channel", required=True), _word(body, "text")
        thread, nonce = _word(body, "thread"), _word(body, "nonce")
        faults = await self._before(request, "post", {"channel": channel, "thread": thread, "text": text})
        message = self.board.by_nonce(channel, thread, nonce) if nonce and self.honour_nonces else None
        repeated = message is not None
        if message is None:
            number = str(1000 + len(self.messages))
            message = Message(id=number, channel=channel, thread=thread, nonce=nonce, text=text, texts=[text])
            message.buttons = list(body.get("buttons", []))
        else:
            message.posts += 1
        self.board.save(message)
        answer = {"id": message.id} | ({"repeated": True} if repeated else {})
        return await self._after(request, "post", message, faults, answer, 200 if repeated else 201)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        fields, files = await self._read_edit(request)
        known = self.messages.get(request.match_info["id"])
        facts = {"id": request.match_info["id"], "text": fields.get("text", "")}
        if known is not None:
            facts |= {"channel": known.channel, "thread": known.thread}
        faults = await self._before(request, "edit", facts)
        message = self._existing(request)
        for delivery, data in files:
            if delivery.size_bytes > self.max_bytes:
                raise ChatRefusal(413, "too_large", limit_bytes=self.max_bytes)
            self.board.keep(delivery, data)
        message.edits += 1
        if "text" in fields:
            message.text = str(fields["text"])
            message.texts.append(message.text)
        if "facts" in fields:
            message.facts = dict(fields["facts"])
        if "buttons" in fields:
            message.buttons = list(fields["buttons"])
        if files:
            message.media = [delivery for delivery, _ in files]
            message.deliveries += message.media
        self.board.save(message)
        answer = {"id": message.id, "edits": message.edits}
        return await self._after(request, "edit", message, faults, answer)

    async def _read_edit(self, request: web.Request) -> tuple[dict[str, Any], list[tuple[Delivery, bytes]]]:
        if not request.content_type.startswith("multipart/"):
            return await _json_object(request), []
        fields: dict[str, Any] = {}
        files: list[tuple[Delivery, bytes]] = []
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise ChatRefusal(400, "bad_request", field="body")
            data = bytes(await part.read(decode=True))
            if part.name in ("media", "poster"):
                delivery = Delivery(
                    part=part.name,
                    filename=part.filename or "",
                    mime=part.headers.get("Content-Type", ""),
                    size_bytes=len(data),
                    sha256=hashlib.sha256(data).hexdigest(),
                )
                files.append((delivery, data))
            elif part.name == "text":
                fields["text"] = data.decode()
            elif part.name in ("facts", "buttons"):
                fields[part.name] = json.loads(data)
            else:
                raise ChatRefusal(400, "bad_request", field=part.name)
        return fields, files

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        known = self.messages.get(request.match_info["id"])
        facts = {"id": request.match_info["id"], "channel": known.channel if known else ""}
        faults = await self._before(request, "delete", facts)
        message = self._existing(request)
        message.deleted = True
        self.board.save(message)
        return await self._after(request, "delete", message, faults, {}, 204)

    async def _list(self, request: web.Request) -> web.Response:
        found = self.board.shown(channel=request.query.get("channel"), thread=request.query.get("thread"))
        return web.json_response({"messages": [message.to_json() for message in found]})

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._existing(request).to_json())

    async def _show_media(self, request: web.Request) -> web.StreamResponse:
        media = self._existing(request).media
        number = request.match_info["n"]
        if self.board.media_dir is None or not number.isdigit() or int(number) >= len(media):
            raise ChatRefusal(404, "unknown_media")
        delivery = media[int(number)]
        return web.FileResponse(
            self.board.media_dir / delivery.sha256, headers={"Content-Type": delivery.mime}
        )

    # ---- what may go wrong

    async def _before(self, request: web.Request, op: str, facts: dict[str, Any]) -> tuple[Fault, ...]:
        self.calls[op] += 1
        faults = self.script.by_rules({"op": op, **facts}, nth=self.calls[op])
        slow = find(faults, "slow")
        if slow:
            await self._wait(slow.number(300))
        if find(faults, "delete-first") and facts.get("id") in self.messages:
            self.messages[facts["id"]].deleted = True
            self.board.save(self.messages[facts["id"]])
        fault = find(faults, *_BEFORE)
        match fault.name if fault else "":
            case "403":
                raise ChatRefusal(403, "forbidden")
            case "404":
                raise ChatRefusal(404, "unknown_message")
            case "413":
                limit = fault.number(self.max_bytes) if fault else 0
                raise ChatRefusal(413, "too_large", limit_bytes=int(limit))
            case "429":
                raise ChatRefusal(429, "rate_limited", retry_after=fault.number(1) if fault else 1)
            case "500":
                raise ChatRefusal(500, "internal")
            case "cut":
                raise _cut(request)
        return faults

    async def _after(
        self,
        request: web.Request,
        op: str,
        message: Message,
        faults: tuple[Fault, ...],
        answer: dict[str, Any],
        status: int = 200,
    ) -> web.StreamResponse:
        kill = find(faults, "kill")
        if kill:
            os.kill(int(kill.value), signal.SIGKILL)
        if self.hook is not None:
            await self.hook(op, message)
        fault = find(faults, *_AFTER)
        if fault is not None:
            if fault.name == "lost-500":
                raise ChatRefusal(500, "internal")
            if fault.name == "lost-hang":
                await self._wait(fault.number(60_000))
            raise _cut(request)
        if status == 204:
            return web.Response(status=204)
        return web.json_response(answer, status=status)

    async def _wait(self, milliseconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), milliseconds / 1000)
        except TimeoutError:
            return

    def _existing(self, request: web.Request) -> Message:
        message = self.messages.get(request.match_info["id"])
        if message is None or message.deleted:
            raise ChatRefusal(404, "unknown_message")
        return message

    # ---- for tests in other processes

    async def _add_rules(self, request: web.Request) -> web.Response:
        try:
            self.script.add(await request.json())
        except (BadScript, TypeError, ValueError) as error:
            raise ChatRefusal(400, "bad_script", detail=str(error)) from None
        return web.json_response({"rules": len(self.script.rules)})

    async def _clear_rules(self, request: web.Request) -> web.Response:
        self.script.clear()
        return web.json_response({"rules": 0})

    async def _settings(self, request: web.Request) -> web.Response:
        wanted = await _json_object(request)
        if set(wanted) - {"max_bytes", "honour_nonces"}:
            raise ChatRefusal(400, "bad_request", field=", ".join(wanted))
        self.max_bytes = int(wanted.get("max_bytes", self.max_bytes))
        self.honour_nonces = bool(wanted.get("honour_nonces", self.honour_nonces))
        return web.json_response({})

    async def _log(self, request: web.Request) -> web.Response:
        messages = [message.to_json() for message in self.messages.values()]
        return web.json_response({"messages": messages, "calls": dict(self.calls)})


def _cut(request: web.Request) -> ConnectionResetError:
    """Break the connection; raise the result, nothing can be answered any more."""
    if request.transport is not None:
        request.transport.abort()
    return ConnectionResetError("cut on purpose")


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ChatRefusal(400, "bad_request", field="body")
    return body


def _word(body: dict[str, Any], name: str, *, required: bool = False) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or (required and not value):
        raise ChatRefusal(400, "bad_request", field=name)
    return value


@web.middleware
async def _refusals_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except ChatRefusal as refusal:
        wait = refusal.body.get("retry_after")
        headers = {"Retry-After": str(wait)} if wait is not None else {}
        return web.json_response(refusal.body, status=refusal.status, headers=headers)
    except ConnectionResetError:
        return web.Response()


async def _serve(options: argparse.Namespace) -> None:
    chat = FakeChat(state=options.state, media_dir=options.media, max_bytes=options.max_bytes)
    await chat.start(port=options.port)
    sys.stdout.write(f"ready {chat.url}\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await chat.close()


def main() -> None:
    """Run the chat as a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.chat")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="file that remembers the messages")
    parser.add_argument("--media", type=Path, help="folder that keeps the files that were delivered")
    parser.add_argument("--max-bytes", type=int, default=DEFAULT_MAX_BYTES)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
