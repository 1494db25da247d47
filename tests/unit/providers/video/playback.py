"""A server that plays recorded answers and remembers what was asked; readers of the recordings."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from providers.base import MediaInput, ProviderConfig, Role, VideoRequest

GOLDEN = Path(__file__).parents[3] / "golden"
KEY = "test-kling-api-key"
PAIR = {"KLING_ACCESS_KEY": "test-access-key", "KLING_SECRET_KEY": "test-secret-key-0123456789abcdef0123"}


def index(folder: str) -> dict[str, Any]:
    """The index of a folder of recordings."""
    return tomllib.loads((GOLDEN / folder / "index.toml").read_text("utf-8"))


def recorded(folder: str, scenario: str) -> dict[str, Any]:
    """The recording of a scenario."""
    name = index(folder)["scenario"][scenario]
    value: dict[str, Any] = json.loads((GOLDEN / folder / name).read_text("utf-8"))
    return value


def expected_body(folder: str, scenario: str) -> Any:
    """The recorded body with the variations that the index lists."""
    name = index(folder)["scenario"][scenario]
    body = recorded(folder, scenario)["request"]["json"]
    return _merged(body, index(folder).get("variation", {}).get(name, {}))


@dataclass(kw_only=True)
class Playback:
    """What is answered and what was asked."""

    answers: list[Mapping[str, Any]]
    url: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def play(self, request: web.Request) -> web.Response:
        """The next answer; the last one stays."""
        raw = await request.read()
        self.heard.append(
            {
                "method": request.method,
                "path": request.path,
                "query": [list(pair) for pair in request.query.items()],
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "json": json.loads(raw) if raw and request.content_type == "application/json" else None,
                "bytes": len(raw),
                "raw": raw,
                "type": request.headers.get("content-type", ""),
            }
        )
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        # A body in any form: some vendors answer errors in plain text.
        text = answer["text"] if "text" in answer else json.dumps(answer["json"])
        return web.Response(
            text=text,
            status=answer["status"],
            headers=answer.get("headers"),
            content_type="text/plain" if "text" in answer else "application/json",
        )


@asynccontextmanager
async def playing(*answers: Mapping[str, Any]) -> AsyncIterator[Playback]:
    """A server with these answers."""
    playback = Playback(answers=list(answers))
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", playback.play)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    playback.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield playback
    finally:
        await runner.cleanup()


def config(provider: str, url: str, **options: str) -> ProviderConfig:
    """The configuration of one of the two adapters, with the keys of the recordings."""
    keys = {"KLING_API_KEY": KEY} if provider == "kling" else PAIR
    return ProviderConfig(
        id=provider, base_url=url, keys=keys, work_dir=Path(), timeout_seconds=5, options=options
    )


def asked(api_name: str, prompt: str, **changes: Any) -> VideoRequest:
    """A request of five seconds at 720p with sound, unless something else is said."""
    known: dict[str, Any] = {"model": api_name, "api_name": api_name, "prompt": prompt, "seconds": 5}
    return VideoRequest(**(known | changes))


def linked(role: Role, name: str, file: str) -> MediaInput:
    """A file that the vendor fetches from us."""
    return MediaInput(
        role=role,
        kind="video" if file.endswith(".mp4") else "image",
        path=Path("nowhere"),
        mime="video/mp4" if file.endswith(".mp4") else "image/png",
        size_bytes=10,
        name=name,
        url=f"https://media.example.org/{file}",
    )


def stored(role: Role, text: str, folder: Path) -> MediaInput:
    """A picture on this machine, given as Base64."""
    path = folder / "picture.png"
    path.write_bytes(base64.b64decode(text))
    return MediaInput(role=role, kind="image", path=path, mime="image/png", size_bytes=path.stat().st_size)


def _merged(body: Any, more: Mapping[str, Any]) -> Any:
    merged = dict(body)
    for key, value in more.items():
        merged[key] = _merged(body.get(key, {}), value) if isinstance(value, Mapping) else value
    return merged
