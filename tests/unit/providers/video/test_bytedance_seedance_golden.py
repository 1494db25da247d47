"""The adapter's requests equal those of the official SDKs, and every recorded answer is understood."""

from __future__ import annotations

import base64
import itertools
import json
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from providers.base import (
    Done,
    Failed,
    MediaInput,
    ProviderConfig,
    Queued,
    Role,
    Running,
    Ticket,
    VideoRequest,
)
from providers.catalogue.facts import ROLE_KINDS
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    NoFunds,
    OutcomeUnknown,
    PromptModerated,
    ProviderError,
    RateLimited,
    SoundModerated,
    VendorFault,
)
from providers.video.bytedance_seedance import BytedanceSeedance, VolcengineSeedance, mark_of
from tests.fakes.opened import Opened

GOLDEN = Path(__file__).parents[3] / "golden" / "bytedance-seedance"
INDEX: dict[str, Any] = tomllib.loads((GOLDEN / "index.toml").read_text("utf-8"))
KEY = "test-ark-key"
TICKET = Ticket(provider="x", model="seedance-2.0", remote_id="cgt-20261122120000-abcde")
PLAIN = VideoRequest(model="seedance-2.0", prompt="", seconds=5)
NEWEST = replace(PLAIN, model="seedance-2.5", options={"task_type": True})


def file(role: Role, link: str = "", data: bytes = b"", mime: str = "") -> tuple[MediaInput, bytes]:
    """A file, by a link or with its bytes."""
    path = Path(f"{role}.bin")
    url = f"https://media.example.org/{link}" if link else ""
    kind = ROLE_KINDS[role]
    return MediaInput(role=role, kind=kind, path=path, mime=mime, size_bytes=len(data), url=url), data


PNG = base64.b64decode("iVBORw0KGgo=")
WAV = base64.b64decode("UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=")
FIRST, LAST = file("first-frame", "first.png"), file("last-frame", "last.png")
MELODY = file("reference-audio", "melody.mp3")
WISHES: Mapping[str, tuple[VideoRequest, list[tuple[MediaInput, bytes]]]] = {
    "words": (replace(PLAIN, prompt="A lighthouse at dusk."), []),
    "words-and-seconds": (replace(PLAIN, prompt="async"), []),
    "words-with-everything": (
        replace(PLAIN, prompt='A man says: "Remember this."', options={"execution_expires_after": 3600}),
        [],
    ),
    "words-with-size": (replace(PLAIN, prompt="A lighthouse at dusk."), []),
    "words-silent": (
        replace(
            PLAIN,
            model="seedance-2.0-fast",
            prompt="Rain on glass.",
            seconds=4,
            sound=False,
            resolution="480p",
            aspect="9:16",
        ),
        [],
    ),
    "first-frame": (replace(PLAIN, prompt="Slow push-in.", mode="first-frame", aspect="auto"), [FIRST]),
    "first-frame-inside": (
        replace(NEWEST, prompt="Move.", mode="first-frame", aspect="auto"),
        [file("first-frame", data=PNG, mime="image/PNG")],
    ),
    "first-and-last-frame": (
        replace(PLAIN, prompt="Morph.", mode="first-last", aspect="auto"),
        [FIRST, LAST],
    ),
    "morph": (replace(PLAIN, prompt="Morph.", mode="first-last", aspect="auto"), [FIRST, LAST]),
    "picture-and-melody": (
        replace(
            PLAIN,
            prompt="The singer in image 1 performs the melody of audio 1.",
            mode="references",
            seconds=8,
            aspect="9:16",
        ),
        [file("reference-image", "first.png"), MELODY],
    ),
    "picture-and-song": (
        replace(PLAIN, prompt="Sing audio 1.", mode="references", seconds=8),
        [file("reference-image", "singer.png"), MELODY],
    ),
    "picture-and-voice-inside": (
        replace(PLAIN, prompt="Use the voice of audio 1.", mode="references"),
        [
            file("reference-image", data=PNG, mime="image/png"),
            file("reference-audio", data=WAV, mime="audio/x-wav; rate=16000"),
        ],
    ),
    "recording-alone": (
        replace(NEWEST, prompt="A choir sings audio 1.", mode="references", seconds=6),
        [file("reference-audio", "voice.wav")],
    ),
    "edit": (
        replace(
            NEWEST, prompt="In video 1 replace the dog with a fox.", mode="edit", seconds=30, aspect="auto"
        ),
        [file("source-video", "clip.mp4")],
    ),
}
REFUSALS: Mapping[str, type[ProviderError]] = {
    "refused-prompt": PromptModerated,
    "bad-request": BadRequest,
    "bad-key": BadKey,
    "no-funds": NoFunds,
    "rate-limit": RateLimited,
    "server-error": OutcomeUnknown,
}
STANDINGS: Mapping[str, type[object]] = {
    "queued": Queued,
    "running": Running,
    "good": Done,
    "moderated": SoundModerated,
    "failed": VendorFault,
    "expired": Expired,
}


@dataclass(kw_only=True)
class Playback:
    """A server that gives recorded answers in order, the last one again and again, and what it heard."""

    answers: list[Mapping[str, Any]]
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def play(self, request: web.Request) -> web.Response:
        """The next answer."""
        raw = await request.read()
        self.heard.append(
            {
                "method": request.method,
                "path": request.path,
                "query": [list(pair) for pair in request.query.items()],
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "json": json.loads(raw) if raw else None,
            }
        )
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.json_response(answer["json"], status=answer["status"])


@asynccontextmanager
async def playing(
    name: str, folder: Path, *answers: Mapping[str, Any]
) -> AsyncIterator[tuple[Playback, BytedanceSeedance]]:
    """A server with these answers, and the adapter of the region that a recording is from."""
    playback = Playback(answers=list(answers))
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", playback.play)
    server = Opened()
    url = f"{await server.open(app)}/api/v3"
    make = VolcengineSeedance if name.startswith("volcengine") else BytedanceSeedance
    adapter = make(ProviderConfig(id="x", base_url=url, keys={make.env[0]: KEY}, work_dir=folder))
    try:
        yield playback, adapter
    finally:
        await adapter.close()
        await server.close()


def recorded(name: str) -> dict[str, Any]:
    """A recording."""
    value: dict[str, Any] = json.loads((GOLDEN / name).read_text("utf-8"))
    return value


def cells(table: str) -> list[Any]:
    """Every scenario of a table with each of its files."""
    return [
        pytest.param(scenario, name, id=f"{scenario} {name.removesuffix('.json')}")
        for scenario, names in INDEX["scenario"][table].items()
        for name in names
    ]


def wish(scenario: str, api_name: str, folder: Path) -> VideoRequest:
    """The request that a scenario stands for, its files written down."""
    request, files = WISHES[scenario]
    media = []
    for number, (item, data) in enumerate(files):
        path = folder / f"{number}.bin"
        path.write_bytes(data)
        media.append(replace(item, path=path))
    return replace(request, api_name=api_name, media=tuple(media))


def said(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body without nulls."""
    return {name: value for name, value in body.items() if value is not None}


def test_every_recording_is_used_once_and_none_is_missing() -> None:
    named = [name for table in INDEX["scenario"].values() for names in table.values() for name in names]
    assert sorted(named) == sorted(path.name for path in GOLDEN.glob("*.json"))
    assert set(INDEX["scenario"]["requests"]) == set(WISHES)


@pytest.mark.parametrize(("scenario", "name"), cells("requests"))
async def test_a_wish_is_sent_as_the_official_sdk_sends_it(scenario: str, name: str, tmp_path: Path) -> None:
    recording = recorded(name)
    theirs, variation = recording["request"], INDEX["variation"]
    expected = said(theirs["json"])
    async with playing(name, tmp_path, recording["response_used"]) as (playback, adapter):
        ticket = await adapter.submit(wish(scenario, expected["model"], tmp_path), job_key="job 7")
    (ours,) = playback.heard
    assert ticket.remote_id == recording["response_used"]["json"]["id"]
    assert [ours[part] for part in ("method", "path", "query")] == [
        theirs[part] for part in ("method", "path", "query")
    ]
    for header in ("authorization", "content-type"):
        assert ours["headers"][header] == theirs["headers"][header]
    body = ours["json"]
    assert body["safety_identifier"] == mark_of("job 7") and len(body["safety_identifier"]) <= 64
    for key in body.keys() & expected.keys() - {"safety_identifier"}:
        assert body[key] == expected[key], key
    more, less = body.keys() - expected.keys(), expected.keys() - body.keys()
    assert all(body[key] == variation["said"][key] for key in more - variation["chosen"].keys())
    assert less <= variation["left-out"].keys()


@pytest.mark.parametrize(("scenario", "name"), cells("refusals"))
async def test_a_recorded_refusal_means_the_right_thing(scenario: str, name: str, tmp_path: Path) -> None:
    answers = recorded(name).get("all_responses_used") or [recorded(name)["response_used"]]
    async with playing(name, tmp_path, *answers) as (playback, adapter):
        with pytest.raises(REFUSALS[scenario]) as caught:
            await adapter.submit(wish("words", "m", tmp_path), job_key="job")
    # The SDKs ask again after a 500 and get a second task: it must be asked once.
    assert len(playback.heard) == 1
    if scenario != "server-error":
        error = answers[0]["json"]["error"]
        assert (caught.value.vendor_code, caught.value.said) == (error["code"], error["message"])
        assert caught.value.env == (adapter.env if scenario in ("bad-key", "no-funds") else ())


@pytest.mark.parametrize(("scenario", "name"), cells("standings"))
async def test_a_recorded_standing_is_read_as_it_is(scenario: str, name: str, tmp_path: Path) -> None:
    recording = recorded(name)
    async with playing(name, tmp_path, recording["response_used"]) as (playback, adapter):
        ticket = replace(TICKET, remote_id=recording["request"]["path"].rpartition("/")[2])
        progress = await adapter.poll(ticket)
    (ours,) = playback.heard
    theirs = recording["request"]
    assert [ours[part] for part in ("method", "path", "query", "json")] == [
        theirs[part] for part in ("method", "path", "query", "json")
    ]
    assert ours["headers"]["authorization"] == theirs["headers"]["authorization"]
    wanted = STANDINGS[scenario]
    if isinstance(progress, Failed):
        assert type(progress.error) is wanted and progress.error.remote_id == ticket.remote_id
        assert not progress.billed
    else:
        assert type(progress) is wanted
    if isinstance(progress, Done):
        body = recording["response_used"]["json"]
        assert progress.url == body["content"]["video_url"]
        assert progress.data["completion_tokens"] == body["usage"]["completion_tokens"]


@pytest.mark.parametrize("name", INDEX["scenario"]["others"]["failed-without-reason"])
async def test_a_failure_without_a_reason_is_the_vendors(name: str, tmp_path: Path) -> None:
    words = recorded(name)["sdk_outcome"]["message"]
    body = json.loads(words[words.index("{") :])
    async with playing(name, tmp_path, {"status": 200, "json": body}) as (_, adapter):
        progress = await adapter.poll(TICKET)
    assert isinstance(progress, Failed) and type(progress.error) is VendorFault


@pytest.mark.parametrize(
    ("scenario", "name"), [cell for cell in cells("others") if str(cell.values[0]).startswith("cancel")]
)
async def test_stopping_asks_as_the_official_sdk_does_but_once(
    scenario: str, name: str, tmp_path: Path
) -> None:
    recording = recorded(name)
    region = name.partition("-")[0]
    queued = recorded(f"{region}-get-queued.json")["response_used"]
    after = recorded(f"{region}-get-{'cancelled' if scenario == 'cancel' else 'running'}.json")
    answers = (queued, recording["response_used"], after["response_used"])
    async with playing(name, tmp_path, *answers) as (playback, adapter):
        assert await adapter.cancel(TICKET) is (scenario == "cancel")
    assert [call["method"] for call in playback.heard] == ["GET", "DELETE", "GET"]
    ours, theirs = playback.heard[1], recording["request"]
    assert [ours[part] for part in ("method", "path", "query", "json")] == [
        theirs[part] for part in ("method", "path", "query", "json")
    ]
    for header in ("authorization", "content-type"):
        assert ours["headers"][header] == theirs["headers"][header]


@pytest.mark.parametrize("name", INDEX["scenario"]["others"]["list"])
async def test_the_recorded_list_is_read_and_nobody_elses_job_is_taken(name: str, tmp_path: Path) -> None:
    recording = recorded(name)
    (item,) = recording["response_used"]["json"]["items"]
    since_ms = item["created_at"] * 1000
    marked = {**item, "id": "cgt-ours", "safety_identifier": mark_of("job")}
    both = {"status": 200, "json": {"items": [item, marked], "total": 2}}
    async with playing(name, tmp_path, recording["response_used"], both) as (playback, adapter):
        assert await adapter.find_lost(PLAIN, job_key="job", since_ms=since_ms) == []
        (found,) = await adapter.find_lost(PLAIN, job_key="job", since_ms=since_ms)
    assert found.remote_id == "cgt-ours"
    for ours in playback.heard:
        assert (ours["method"], ours["path"]) == ("GET", recording["request"]["path"])
        # No filters: the id is what is looked for, and a filter by model name is not documented.
        assert ours["query"] == [["page_num", "1"], ["page_size", "500"]]


@pytest.mark.parametrize("name", INDEX["scenario"]["others"]["switches-in-the-text"])
async def test_switches_that_somebody_types_do_not_reach_the_vendor(name: str, tmp_path: Path) -> None:
    recording = recorded(name)
    words = recording["request"]["json"]["content"][0]["text"]
    assert "--dur 5" in words and "--wm true" in words
    async with playing(name, tmp_path, recording["response_used"]) as (playback, adapter):
        await adapter.submit(replace(PLAIN, api_name="m", prompt=words), job_key="job")
    (part,) = playback.heard[0]["json"]["content"]
    assert part == {"type": "text", "text": "A cat yawns"}


def test_no_recording_holds_more_than_a_placeholder_for_a_key() -> None:
    texts = itertools.chain.from_iterable(path.read_text("utf-8").splitlines() for path in GOLDEN.iterdir())
    assert {line.strip() for line in texts if "Bearer" in line} <= {
        f'"authorization": "Bearer {KEY}",',
        f'"authorization": "Bearer {KEY}"',
    }
