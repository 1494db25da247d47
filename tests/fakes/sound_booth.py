"""A vendor of sound that exists only for tests: a strict server on a real socket, and its adapter.

Two characters below two base paths: `…/key` honours Idempotency-Key, `…/blind` does not. Faults happen to
the next orders of a kind: `refuse` (402), `break` (500, nothing taken), `take-and-break` (500, but taken),
`fail` (taken, then fails), `never` (taken, never done).
"""

from __future__ import annotations

import asyncio
import io
import wave
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web

from providers.base import (
    Asset,
    Done,
    Failed,
    LipRequest,
    Progress,
    ProviderConfig,
    Running,
    SoundRequest,
    Ticket,
)
from providers.errors import BadKey, BadRequest, NoFunds, VendorFault
from providers.http import client, download, read, submit
from tests.fakes.opened import Opened
from tests.fakes.spoken import spoken

GOOD_KEY = "booth-key-0123456789"
RATE = 48_000
# What each kind sounds like, so that a test finds it again in the mix.
HZ = {"speech": 300.0, "effect": 2000.0, "music": 800.0, "foley": 5000.0}
_LIP_FIELDS = {"kind", "clip", "recording"}
_FIELDS = {"kind", "text", "seconds", "voice", "language", "name", "picture_bytes"}

CATALOGUE = """
[provider]
id = "booth"
name = "Sound booth"
adapter = "tests.fakes.sound_booth:Booth"
env = ["BOOTH_API_KEY"]
base_url = "http://127.0.0.1:9/blind"
purse = "paid"
lost = "{lost}"
poll = {{ first_seconds = 0.02, every_seconds = 0.02, deadline_seconds = 1 }}
concurrent = 8
link_seconds = 600
upload = "inline"
cancel = "never"
billed_when_moderated = false
"""
_ROUTE = """
[[sound]]
id = "{kind}"
name = "Booth {kind}"
status = "active"
checked = 2026-11-20
sources = ["tests/fakes/sound_booth.py"]
confidence = "official"
kinds = ["{kind}"]
max_seconds = 22
[[sound.price]]
since = 2026-01-01
unit = "{unit}"
amount = "{amount}"
"""
_LIPS = """
[[sound]]
id = "lips"
name = "Booth lips"
status = "active"
checked = 2026-11-20
sources = ["tests/fakes/sound_booth.py"]
confidence = "official"
kinds = ["lips"]
keeps_picture = false
[[sound.input]]
role = "source-video"
formats = ["mp4"]
min_seconds = 2
max_seconds = 8
[[sound.input]]
role = "voice"
formats = ["wav"]
min_seconds = 1
max_seconds = 6
max_bytes = 5_000_000
[[sound.price]]
since = 2026-01-01
unit = "second"
amount = "0.02"
"""
_PRICES = {
    "speech": ("thousand_characters", "1.00"),
    "effect": ("second", "0.004"),
    "music": ("second", "0.006"),
    "foley": ("clip", "0.03"),
}


def catalogue(folder: Path, base: Path, *, kinds: tuple[str, ...], lost: str = "blind") -> Path:
    """A folder with the scripted vendor's catalogue and the booth's, which makes these kinds."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in base.glob("*.toml"):
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    routes = [
        _ROUTE.format(kind=kind, unit=_PRICES[kind][0], amount=_PRICES[kind][1])
        for kind in kinds
        if kind != "lips"
    ]
    routes += [_LIPS] if "lips" in kinds else []
    (folder / "booth.toml").write_text(CATALOGUE.format(lost=lost) + "".join(routes), "utf-8")
    return folder


@dataclass(kw_only=True)
class Order:
    """One order as it came."""

    id: str
    key: str
    body: dict[str, Any]
    fault: str = ""
    looks: int = 0


@dataclass(kw_only=True)
class SoundBooth:
    """The server. `hook(moment, order)` is awaited at `accept` and `poll`."""

    orders: list[Order] = field(default_factory=list)
    asked: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    hook: Callable[[str, Order], Awaitable[None]] | None = None
    looks: int = 2
    url: str = ""
    _server: Opened = field(default_factory=Opened)

    async def __aenter__(self) -> SoundBooth:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/{character}/sounds", self._take)
        app.router.add_get("/{character}/sounds/{id}", self._look)
        app.router.add_get("/{character}/files/{id}", self._file)
        self.url = await self._server.open(app, patience_seconds=0.2)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._server.close()

    def fault(self, *faults: str, kind: str = "") -> None:
        """Let these happen to the next orders of a kind ("" = any), one each."""
        self.faults += [(kind, fault) for fault in faults]

    def of(self, kind: str) -> list[Order]:
        """The orders of one kind that were taken."""
        return [order for order in self.orders if order.body["kind"] == kind]

    async def _take(self, request: web.Request) -> web.Response:
        if request.headers.get("x-key") != GOOD_KEY:
            return web.json_response({"error": "bad key"}, status=401)
        body = await request.json()
        self.asked += 1
        lips = body.get("kind") == "lips"
        strange = set(body) ^ (_LIP_FIELDS if lips else _FIELDS)
        if strange or not (lips or (body["kind"] in HZ and body["text"])):
            return web.json_response({"error": f"bad request {sorted(strange)}"}, status=400)
        if lips and any(not b64decode(body[name]) for name in ("clip", "recording")):
            return web.json_response({"error": "two files are needed"}, status=400)
        if body["kind"] == "foley" and not body["picture_bytes"]:
            return web.json_response({"error": "foley needs a picture"}, status=400)
        fault = next((one for one in self.faults if one[0] in ("", body["kind"])), None)
        if fault is not None:
            self.faults.remove(fault)
        said = fault[1] if fault else ""
        if said == "refuse":
            return web.json_response({"error": "no funds"}, status=402)
        if said == "break":
            return web.json_response({"error": "broken"}, status=500)
        key = request.headers.get("idempotency-key", "")
        known = None
        if request.match_info["character"] == "key":
            known = next((order for order in self.orders if order.key == key), None)
        order = known or Order(id=f"o{len(self.orders)}", key=key, body=body, fault=said)
        if known is None:
            self.orders.append(order)
        if self.hook is not None:
            await self.hook("accept", order)
        if said == "take-and-break":
            return web.json_response({"error": "broken"}, status=500)
        return web.json_response({"id": order.id})

    async def _look(self, request: web.Request) -> web.Response:
        order = self._order(request)
        order.looks += 1
        if self.hook is not None:
            await self.hook("poll", order)
        if order.fault == "fail":
            return web.json_response({"status": "failed"})
        done = order.looks >= self.looks and order.fault != "never"
        return web.json_response({"status": "done" if done else "running"})

    async def _file(self, request: web.Request) -> web.Response:
        body = self._order(request).body
        if body["kind"] == "lips":
            said = await asyncio.to_thread(spoken, b64decode(body["clip"]), b64decode(body["recording"]))
            return web.Response(body=said, content_type="video/mp4")
        return web.Response(body=_sound(body), content_type="audio/wav")

    def _order(self, request: web.Request) -> Order:
        found = next((one for one in self.orders if one.id == request.match_info["id"]), None)
        if found is None:
            raise web.HTTPNotFound
        return found


def _sound(body: dict[str, Any]) -> bytes:
    kind = body["kind"]
    seconds = body["seconds"] or max(0.6, len(body["text"]) / 14)
    at = np.arange(round(seconds * RATE)) / RATE
    samples = 0.4 * np.sin(2 * np.pi * HZ[kind] * at)
    if kind == "speech":
        samples *= 0.6 + 0.4 * np.sin(2 * np.pi * 4 * at)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, RATE, samples.size, "NONE", ""))
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


class Booth:
    """The adapter."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._key = next(iter(config.keys.values()), "")
        self._url = config.base_url.rstrip("/")
        self._http = client(config, headers={"x-key": self._key})

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit_sound(self, request: SoundRequest, *, job_key: str, into: Path) -> Ticket:
        """Start, once."""
        picture = 0
        if request.video is not None:
            picture = len(await asyncio.to_thread(request.video.path.read_bytes))
        body = {
            "kind": request.kind,
            "text": request.text,
            "seconds": request.seconds,
            "voice": request.voice,
            "language": request.language,
            "name": request.api_name,
            "picture_bytes": picture,
        }
        return await self._ordered(body, request.route, job_key)

    async def submit_lips(self, request: LipRequest, *, job_key: str) -> Ticket:
        """Start, once."""
        files = {"clip": request.video.path, "recording": request.audio.path}
        read_in = {name: await asyncio.to_thread(path.read_bytes) for name, path in files.items()}
        coded = {name: b64encode(file).decode() for name, file in read_in.items()}
        return await self._ordered({"kind": "lips", **coded}, request.route, job_key)

    async def _ordered(self, body: dict[str, Any], route: str, job_key: str) -> Ticket:
        answer = await submit(
            self._http,
            f"{self._url}/sounds",
            provider=self.id,
            json=body,
            headers={"idempotency-key": job_key},
        )
        refusals = {401: BadKey, 402: NoFunds, 400: BadRequest}
        if answer.status in refusals:
            raise refusals[answer.status](str(answer.json()), provider=self.id)
        return Ticket(provider=self.id, model=route, remote_id=str(answer.json()["id"]))

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once."""
        answer = await read(self._http, f"{self._url}/sounds/{ticket.remote_id}", provider=self.id)
        status = answer.json()["status"]
        if status == "failed":
            return Failed(error=VendorFault("it failed", provider=self.id))
        return Done(ticket=ticket) if status == "done" else Running()

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Bring the file."""
        url = f"{self._url}/files/{done.ticket.remote_id}"
        return await download(self._http, url, into, provider=self.id)
