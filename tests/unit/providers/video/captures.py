"""Readers of recordings whose requests have a `body` and whose answers are HTTP 200 by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.unit.providers.video.playback import index, recorded


def answers(folder: str, scenario: str) -> list[dict[str, Any]]:
    """The answers of a recording, in order, ready to be played."""
    found = recorded(folder, scenario)
    steps = found.get("steps") or [found]
    return [{"status": 200, "headers": None, **step["response_used"]} for step in steps]


def requests(folder: str, scenario: str) -> list[dict[str, Any]]:
    """What was asked, in order."""
    found = recorded(folder, scenario)
    return [step["request"] for step in found.get("steps") or [found]]


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
