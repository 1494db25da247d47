"""The front door of the fake Discord's API: who asks, how often, with which body; faults that tests order.

Strict where Discord is, and where Discord is lenient it complains: `complaints` must be empty after a test.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.fakes.discord_spec import spec
from tests.fakes.discord_world import TOKEN, World

VIA = "1.1 google"


class ApiError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.body = {"message": message, "code": code, **more}


@dataclass
class Fault:
    """What happens to the next calls that match."""

    method: str
    part: str
    do: str  # an HTTP status, `drop` (the connection breaks after the work is done) or `drop-before`
    uses: int = 1
    retry_after: float = 0.2
    code: int = 0
    scope: str = "user"


@dataclass(frozen=True)
class Asked:
    """One call, understood."""

    method: str
    template: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: Mapping[int, tuple[str, bytes]]

    def id(self, name: str) -> int:
        """A snowflake of the path."""
        text = self.values[name]
        if not text.isdecimal():
            raise ApiError(
                400, 50035, "Invalid Form Body", errors={name: {"_errors": [{"code": "NUMBER_TYPE_COERCE"}]}}
            )
        return int(text)


Handler = Callable[[Asked], Awaitable[Any] | Any]


@dataclass
class Desk:
    """Checks calls and hands them on."""

    world: World
    validate: bool = True
    rate: tuple[int, float] = (1000, 1.0)
    faults: list[Fault] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, int]] = field(default_factory=list)
    too_often: int = 0
    remember_calls: bool = True
    _buckets: dict[str, tuple[float, int]] = field(default_factory=dict)

    def route(self, method: str, template: str, handler: Handler, *, public: bool = False) -> web.RouteDef:
        """A route that answers with the handler's value as JSON; None is 204."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, method, template, handler, public)

        return web.route(method, f"/api/v10{template}", serve)

    async def _serve(
        self, request: web.Request, method: str, template: str, handler: Handler, public: bool
    ) -> web.StreamResponse:
        fault = self._fault(method, request.path)
        headers = {"Via": VIA}
        try:
            if not public:
                self._authorised(request)
            if fault is not None and fault.do.isdecimal():
                raise self._ordered(fault)
            if fault is not None and fault.do == "drop-before":
                return self._dropped(request)
            if not public:
                headers |= self._counted(method, template, request.match_info)
            asked = await self._read(request, method, template)
            answer = handler(asked)
            if isinstance(answer, Awaitable):
                answer = await answer
        except ApiError as error:
            self._note(method, request.path, error.status)
            if error.status == 429:
                headers |= {
                    "Retry-After": str(error.body["retry_after"]),
                    "X-RateLimit-Scope": str(error.body.pop("scope", "user")),
                }
            return _json(error.body, error.status, headers)
        if fault is not None and fault.do == "drop":
            return self._dropped(request)
        self._note(method, request.path, 204 if answer is None else 200)
        if answer is None:
            return web.Response(status=204, headers=headers)
        return _json(answer, 200, headers)

    def _authorised(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            raise ApiError(401, 0, "401: Unauthorized")
        if not request.headers.get("User-Agent", "").startswith("DiscordBot ("):
            raise ApiError(403, 40333, "internal network error")

    def _counted(self, method: str, template: str, values: Mapping[str, str]) -> dict[str, str]:
        """Rate-limit headers, or a refusal: whoever reads them never meets it."""
        most, window = self.rate
        major = "+".join(values[key] for key in ("channel_id", "webhook_id", "guild_id") if key in values)
        name = f"{method} {template}"
        now = time.monotonic()
        began, used = self._buckets.get(f"{name}:{major}", (now, 0))
        if now - began >= window:
            began, used = now, 0
        left = window - (now - began)
        if used >= most:
            self.too_often += 1
            raise ApiError(429, 0, "You are being rate limited.", retry_after=left, **{"global": False})
        self._buckets[f"{name}:{major}"] = (began, used + 1)
        return {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(most - used - 1),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": f"{abs(hash(name)):016x}",
        }

    async def _read(self, request: web.Request, method: str, template: str) -> Asked:
        body: Any = None
        files: dict[int, tuple[str, bytes]] = {}
        kind = request.content_type
        if kind == "multipart/form-data":
            body, files = await self._form(request)
        elif request.can_read_body:
            if kind != "application/json":
                raise ApiError(415, 50035, "Expected Content-Type header to be one of {'application/json'}.")
            try:
                body = await request.json()
            except json.JSONDecodeError:
                raise ApiError(400, 50109, "The request body contains invalid JSON.") from None
        if self.validate and template.startswith("/"):
            self._checked(method, template, body)
        return Asked(method, template, request.match_info, request.query, body, files)

    async def _form(self, request: web.Request) -> tuple[Any, dict[int, tuple[str, bytes]]]:
        body: Any = None
        files: dict[int, tuple[str, bytes]] = {}
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise ApiError(400, 50035, "Invalid Form Body")
            name = part.name or ""
            if name == "payload_json":
                body = json.loads(await part.text())
            elif name.startswith("files[") and name.endswith("]"):
                files[int(name[6:-1])] = (part.filename or "", bytes(await part.read()))
            else:
                raise ApiError(
                    400, 50035, "Invalid Form Body", errors={name: {"_errors": [{"code": "UNKNOWN"}]}}
                )
        if not isinstance(body, dict):
            raise ApiError(400, 50035, "Invalid Form Body", errors={"payload_json": {}})
        named = {int(one["id"]) for one in body.get("attachments", []) if int(one["id"]) < 10}
        if named != set(files):
            raise ApiError(400, 50035, "Invalid Form Body", errors={"attachments": {}})
        return body, files

    def _checked(self, method: str, template: str, body: Any) -> None:
        known = (
            template.replace("/messages/{message_id}", "/messages/@original")
            if (template.startswith("/webhooks") and "{message_id}" in template)
            else template
        )
        if not spec().known(method, known):
            self.complaints.append(f"{method} {template} is not in Discord's API")
            raise ApiError(404, 0, "404: Not Found")
        if body is None:
            return
        faults = spec().faults(method, known, body)
        if faults:
            self.complaints += [f"{method} {template}: {fault}" for fault in faults]
            raise ApiError(400, 50035, "Invalid Form Body", errors={"_": faults})

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.uses and fault.method == method and fault.part in path:
                fault.uses -= 1
                return fault
        return None

    def _ordered(self, fault: Fault) -> ApiError:
        status = int(fault.do)
        if status == 429:
            return ApiError(
                429,
                0,
                "You are being rate limited.",
                retry_after=fault.retry_after,
                scope=fault.scope,
                **{"global": fault.scope == "global"},
            )
        return ApiError(status, fault.code, "ordered by the test")

    def _dropped(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _note(self, method: str, path: str, status: int) -> None:
        if self.remember_calls:
            self.calls.append((method, path, status))


def _json(body: Any, status: int, headers: dict[str, str]) -> web.Response:
    """JSON as Discord declares it: without a character set."""
    plain = {**headers, "Content-Type": "application/json"}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=plain)
