"""A strict fake of Telegram's Bot API over a real socket, driven by the description of Bot API 10.1.

In a test: `async with FakeTelegram() as telegram: … base_url=telegram.url …`; people act through
`telegram.world`. Every parameter of a call, every answer and every update is checked; whatever the bot did
that the service would not take, or that looks wrong to people, is in `telegram.wrong` (empty = fine).

Served below `/bot<token>/<method>` by GET and POST (query, form, multipart, JSON) and
`/file/bot<token>/<path>`.
Long polling holds one caller: a second one ends the first with 409. A webhook is called with its secret.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import aiohttp
from aiohttp import web

from tests.fakes.opened import Opened
from tests.fakes.telegram_methods import ApiError, Methods, bad
from tests.fakes.telegram_spec import Mismatch, check_answer, method_name, read_call
from tests.fakes.telegram_world import World

TOKEN: Final = "700000001:AAFakeTokenForTestsOnly_0123456789abcde"
_ON_THE_WAY_SECONDS: Final = 0.3  # calls that were sent before the bot knew are no fault
_CAMEL = re.compile(r"(?<=[a-z])([A-Z])")
_CONFLICT: Final = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
_HOOKED: Final = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
    "to delete the webhook first"
)


@dataclass(kw_only=True)
class Trouble:
    """What shall go wrong with the next calls of a method, in one chat or in any.

    `what` is an `ApiError`, "cut" (nothing was done), "lost" (done, then the connection breaks) or "kill".
    """

    method: str
    what: ApiError | str
    chat: int = 0
    uses: int = 1
    before: Callable[[], None] | None = None


class FakeTelegram:
    """The service.

    Attributes:
        url: to be set as the bot's base URL.
        world: people and chats.
        wrong: what the bot did that it must not.
        calls: how often each method was called.
        log: (method, parameters) of every call that was carried out or refused.
    """

    def __init__(self, *, token: str = TOKEN, local_dir: Path | None = None) -> None:
        """`local_dir`: play a server of one's own with `--local`, whose files lie there."""
        self.url = ""
        self.token = token
        self.world = World()
        self.methods = Methods(self.world)
        self.methods.local_mode = local_dir is not None
        self.wrong = self.methods.wrong
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[str, dict[str, Any]]] = []
        self.troubles: list[Trouble] = []
        self.seen: list[dict[str, Any]] = []
        self.hook: Callable[[str, Mapping[str, Any]], Awaitable[None]] | None = None
        self.webhook: dict[str, Any] = {}
        self.allowed: list[str] = []
        self._local = local_dir
        self._quiet: dict[int, tuple[float, float]] = {}
        self._poller: asyncio.Event | None = None
        self._server = Opened()
        self._caller: asyncio.Task[None] | None = None

    async def __aenter__(self) -> FakeTelegram:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        self.url = await self._server.open(app, patience_seconds=0.2)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_poll()
        if self._caller is not None:
            self._caller.cancel()
        await self._server.close()

    # ---- for tests

    def trouble(self, method: str, what: ApiError | str, *, chat: int = 0, uses: int = 1) -> Trouble:
        """Let something go wrong."""
        planned = Trouble(method=method, what=what, chat=chat, uses=uses)
        self.troubles.append(planned)
        return planned

    def flood(self, method: str, *, chat: int, retry_after: int = 1) -> None:
        """The next call in a chat meets flood control; one that comes again too early is a fault."""
        error = ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
        self.trouble(method, error, chat=chat)

    # ---- HTTP

    async def _call(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self.token:
                formed = re.fullmatch(r"\d+:[\w-]{20,}", request.match_info["token"])
                raise ApiError(401, "Unauthorized") if formed else ApiError(404, "Not Found")
            name = method_name(request.match_info["method"])
            given, files = await _read(request)
            values = read_call(name, given, files)
            self.calls[name] += 1
            self.log.append((name, values))
            result = await self._carry_out(request, name, values, files)
        except Mismatch as mismatch:
            self.wrong.append(str(mismatch))
            return _refused(bad(str(mismatch)))
        except ApiError as error:
            return _refused(error)
        except (ConnectionResetError, asyncio.CancelledError):
            raise
        except Exception as error:
            self.wrong.append(f"the fake itself: {error!r}")
            raise
        return web.json_response({"ok": True, "result": result})

    async def _carry_out(
        self, request: web.Request, name: str, values: dict[str, Any], files: Mapping[str, bytes]
    ) -> Any:
        planned = self._planned(name, values)
        if planned is not None and isinstance(planned.what, ApiError):
            if retry := planned.what.parameters.get("retry_after"):
                now = time.monotonic()
                self._quiet[values.get("chat_id", 0)] = (now + _ON_THE_WAY_SECONDS, now + retry)
            raise planned.what
        self._check_patience(name, values)
        if planned is not None and planned.what == "cut":
            raise _cut(request)
        own = {
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
        }.get(name)
        if own is not None:
            result = await own(values)
        else:
            method = getattr(self.methods, _CAMEL.sub(lambda m: f"_{m[1].lower()}", name), None)
            if method is None:
                raise Mismatch(f"the fake does not play {name}")
            result = method(values, files)
        check_answer(name, result)
        if self.hook is not None:
            await self.hook(name, values)
        if planned is not None and planned.what == "lost":
            raise _cut(request)
        return result

    def _planned(self, name: str, values: Mapping[str, Any]) -> Trouble | None:
        for planned in self.troubles:
            if planned.uses and planned.method == name and planned.chat in (0, values.get("chat_id", 0)):
                planned.uses -= 1
                if planned.before is not None:
                    planned.before()
                return planned
        return None

    def _check_patience(self, name: str, values: Mapping[str, Any]) -> None:
        since, until = self._quiet.get(values.get("chat_id", 0), (0.0, 0.0))
        now = time.monotonic()
        left = until - now
        if left > 0.05 and now > since and "chat_id" in values:
            self.wrong.append(f"{name} came {left:.1f} s before flood control had ended")
            raise ApiError(429, "Too Many Requests: retry after 1", retry_after=1)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            raise web.HTTPNotFound
        for stored in self.world.files.values():
            if stored.path == request.match_info["path"]:
                return web.Response(body=stored.data)
        raise web.HTTPNotFound

    # ---- updates

    async def _get_updates(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise ApiError(409, _HOOKED)
        self.end_poll()  # there is one caller; the newer one stays
        mine = self._poller = asyncio.Event()
        offset = given.get("offset", 0)
        self.world.waiting = [one for one in self.world.waiting if one["update_id"] >= offset]
        self.allowed = given.get("allowed_updates", self.allowed)
        until = time.monotonic() + min(given.get("timeout", 0), 30)
        while not self.world.waiting:
            left = until - time.monotonic()
            if left <= 0:
                return []
            self.world.news.clear()
            ring = asyncio.create_task(self.world.news.wait())
            gone = asyncio.create_task(mine.wait())
            await asyncio.wait({ring, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            ring.cancel()
            gone.cancel()
            if mine.is_set():
                raise ApiError(409, _CONFLICT)
        found = self.world.waiting[: given.get("limit", 100)]
        for one in found:
            self._check_allowed(one)
            self.seen.append(one)
        return [self._localised(one) for one in found]

    def _check_allowed(self, update: Mapping[str, Any]) -> None:
        kind = next(key for key in update if key != "update_id")
        if self.allowed and kind not in self.allowed:
            self.wrong.append(f"the bot does not ask for {kind}")

    def end_poll(self) -> None:
        """Whoever waits for updates is told that another one does."""
        if self._poller is not None:
            self._poller.set()

    async def _set_webhook(self, given: Mapping[str, Any]) -> bool:
        if not given["url"].startswith("https://"):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", given.get("secret_token", "")):
            self.wrong.append("a webhook without a secret")
        self.webhook = dict(given)
        self.allowed = given.get("allowed_updates", self.allowed)
        self.end_poll()
        return True

    async def _delete_webhook(self, given: Mapping[str, Any]) -> bool:
        self.webhook = {}
        return True

    async def call_webhook(self, base: str, headers: Mapping[str, str] | None = None) -> int:
        """Hand the oldest update to the bot's web server at `base`, as if its public name led there."""
        path = re.sub(r"^https://[^/]+", "", self.webhook["url"])
        update = self.world.waiting[0]
        own = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
        host = self.webhook["url"].split("/")[2]
        async with aiohttp.ClientSession() as session:
            async with session.post(
                base + path, json=update, headers={**(own if headers is None else headers), "Host": host}
            ) as answer:
                if answer.status == 200:
                    self.world.waiting.pop(0)
                return answer.status

    def _localised(self, update: dict[str, Any]) -> dict[str, Any]:
        """A local server writes its files to the disk and says where they lie."""
        if self._local is not None:
            for stored in self.world.files.values():
                if not stored.path.startswith("/"):
                    path = Path(tempfile.mkdtemp(dir=self._local)) / Path(stored.path).name
                    path.write_bytes(stored.data)
                    stored.path = str(path)
        return update


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    given: dict[str, Any] = dict(request.query)
    files: dict[str, bytes] = {}
    if request.content_type == "application/json":
        given |= json.loads(await request.text() or "{}")
    elif request.content_type == "multipart/form-data":
        for name, is_file, data in _parts(await request.read(), request.headers["Content-Type"]):
            if is_file:
                files[name] = data
            else:
                given[name] = data.decode()
    else:
        given |= {key: str(value) for key, value in (await request.post()).items()}
    return given, files


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, bool, bytes]]:
    """Name, whether it is a file, and bytes of each part of a form that has come as a whole."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        name = re.search(rb'[ ;]name="([^"]+)"', head)
        if name is None:
            raise Mismatch("a part of the form has no name")
        yield name[1].decode(), b"filename=" in head, data.removesuffix(b"\r\n")


def _refused(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return web.json_response(body, status=error.code)


def _cut(request: web.Request) -> ConnectionResetError:
    if request.transport is not None:
        request.transport.abort()
    return ConnectionResetError("cut on purpose")
