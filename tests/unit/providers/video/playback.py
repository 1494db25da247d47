"""A server that plays recorded answers and remembers what was asked; readers of the recordings."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiohttp import web

from providers.base import MediaInput, ProviderConfig, Role, VideoRequest
from tests.fakes.opened import Opened

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


def answers(folder: str, scenario: str) -> list[dict[str, Any]]:
    """The answers of a recording, in order, ready to be played."""
    found = recorded(folder, scenario)
    steps = found.get("steps") or [found]
    return [
        {"status": 200, **step["response_used"], "headers": _kept(step["response_used"])} for step in steps
    ]


def _kept(answer: Mapping[str, Any]) -> dict[str, str]:
    """The headers of an answer; its type is set where it is played."""
    return {k: v for k, v in (answer.get("headers") or {}).items() if k.lower() != "content-type"}


def requests(folder: str, scenario: str) -> list[dict[str, Any]]:
    """What was asked, in order."""
    found = recorded(folder, scenario)
    return [step["request"] for step in found.get("steps") or [found]]


def form_parts(heard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of a form that came in, as recordings write them: names, and values or file names."""
    text = b"content-type: " + heard["type"].encode() + b"\r\n\r\n" + heard["raw"]
    parts = []
    for part in message_from_bytes(text).walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True)
        name, file = part.get_param("name", header="content-disposition"), part.get_filename()
        if file:
            parts.append({"name": name, "filename": file, "content_type": part.get_content_type()})
        else:
            parts.append({"name": name, "value": bytes(data).decode() if isinstance(data, bytes) else ""})
    return parts


def same_call(heard: Mapping[str, Any], wanted: Mapping[str, Any], *headers: str) -> None:
    """Method, path, query, and the headers that matter."""
    assert (heard["method"], heard["path"]) == (wanted["method"], wanted["path"])
    assert dict(heard["query"]) == wanted["query"]
    for name in headers:
        assert heard["headers"][name.lower()] == wanted["headers"][name], name


def same_body(heard: Mapping[str, Any], folder: str, scenario: str) -> None:
    """The body, apart from what the index says is left unsaid or said aloud."""
    name = index(folder)["scenario"][scenario]
    wanted = dict(requests(folder, scenario)[0]["body"])
    for unsaid in index(folder).get("unsaid", {}).get(name, []):
        del wanted[unsaid]
    assert heard["json"] == wanted | index(folder).get("variation", {}).get(name, {})


def answer(folder: str, scenario: str) -> Mapping[str, Any]:
    """The first answer of a recording without its headers."""
    told = answers(folder, scenario)[0]
    return {name: told[name] for name in ("status", "json", "text") if name in told}


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
    server = Opened()
    playback.url = await server.open(app, patience_seconds=0.1)
    try:
        yield playback
    finally:
        await server.close()


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
