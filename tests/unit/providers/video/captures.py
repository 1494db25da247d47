"""Readers of recordings whose requests have a `body` and whose answers are HTTP 200 by default."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from typing import Any

from tests.unit.providers.video.playback import index, recorded


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
    for field in index(folder).get("unsaid", {}).get(name, []):
        del wanted[field]
    assert heard["json"] == wanted | index(folder).get("variation", {}).get(name, {})
