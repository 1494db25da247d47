"""Google's recorded exchanges, played from a real socket, and what an adapter sent beside the recording."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from providers.base import MediaInput, ProviderConfig, Role
from providers.video.google_omni import GoogleOmni
from providers.video.google_veo import GoogleVeo
from tests.fakes.google_account import make_account
from tests.fakes.opened import Opened

GOLDEN = Path(__file__).parents[3] / "golden"
KEY = "AIza-golden-5d21"
TOKEN = "ya29.golden-5d21"
CLIP = b"\x00\x00\x00\x18ftypmp42 a clip"
Vendor = Literal["google-veo", "google-omni"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(kw_only=True)
class Playback:
    """Answers every request but those for tokens with one recorded answer."""

    answer: dict[str, Any]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def reply(self, request: web.Request) -> web.StreamResponse:
        """Write the request down and answer it."""
        if request.path == "/token":
            return web.json_response({"access_token": TOKEN, "expires_in": 3600})
        raw = await request.read()
        self.asked.append(
            Asked(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=json.loads(raw) if raw else None,
            )
        )
        headers = {k: v for k, v in self.answer["headers"].items() if k != "content-type"}
        if "json" not in self.answer:
            return web.Response(body=CLIP, content_type=self.answer["headers"]["content-type"])
        return web.json_response(self.answer["json"], status=self.answer["status"], headers=headers)


def index(vendor: Vendor) -> dict[str, Any]:
    """Which file stands for what."""
    return tomllib.loads((GOLDEN / vendor / "index.toml").read_text("utf-8"))


def recorded(vendor: Vendor, scenario: str) -> dict[str, Any]:
    """The exchange for a scenario."""
    path = GOLDEN / vendor / index(vendor)["scenario"][scenario]
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def expected_body(vendor: Vendor, scenario: str) -> Any:
    """The recorded body with the differences that the index explains."""
    text = json.dumps(recorded(vendor, scenario)["request"].get("json"))
    body = json.loads(text)
    variation = index(vendor).get("variation", {}).get(scenario, {})
    png = picture_in(text)
    for path, value in variation.get("set", {}).items():
        filled = json.dumps(value).replace("<PNG>", png).replace("<CLIP>", base64.b64encode(CLIP).decode())
        _set(body, path.split("."), json.loads(filled))
    for path in variation.get("drop", []):
        _drop(body, path.split("."))
    return body


def picture_in(text: str) -> str:
    """The picture that stands in a recorded request, as Base64."""
    start = text.find("iVBOR")
    return text[start : text.index('"', start)] if start >= 0 else ""


def sent_file(folder: Path, role: Role, kind: Literal["image", "video"], data: bytes) -> MediaInput:
    """A file as it was recorded."""
    path = folder / f"{role}.bin"
    path.write_bytes(data)
    mime = "image/png" if kind == "image" else "video/mp4"
    return MediaInput(role=role, kind=kind, path=path, mime=mime, size_bytes=len(data), seconds=2.0)


@asynccontextmanager
async def playing(answer: dict[str, Any]) -> AsyncIterator[Playback]:
    """A server that gives one recorded answer."""
    playback = Playback(answer=answer)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", playback.reply)
    server = Opened()
    playback.url = await server.open(app, patience_seconds=0.2)
    try:
        yield playback
    finally:
        await server.close()


def veo(url: str, folder: Path, **options: str) -> GoogleVeo:
    """The adapter for Vertex, with the account of the fake."""
    account = make_account(folder / "account.json", f"{url}/token")
    return GoogleVeo(
        ProviderConfig(
            id="google-veo",
            base_url=url,
            keys={"GOOGLE_APPLICATION_CREDENTIALS": str(account)},
            work_dir=folder,
            timeout_seconds=5,
            options={"storage_url": url, **options},
        )
    )


def omni(url: str, folder: Path, *, key: str = KEY, **options: str) -> GoogleOmni:
    """The adapter for the Interactions API."""
    return GoogleOmni(
        ProviderConfig(
            id="google-omni",
            base_url=url,
            keys={"GEMINI_API_KEY": key},
            work_dir=folder,
            timeout_seconds=5,
            options=options,
        )
    )


def _set(body: Any, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        body = body[int(part)] if isinstance(body, list) else body.setdefault(part, {})
    body[int(path[-1]) if isinstance(body, list) else path[-1]] = value


def _drop(body: Any, path: list[str]) -> None:
    for part in path[:-1]:
        body = body[part]
    del body[path[-1]]
