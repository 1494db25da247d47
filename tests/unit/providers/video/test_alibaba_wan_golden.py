"""Wan's recordings: the adapter asks what the vendor's SDK asked, and reads every recorded answer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import (
    Done,
    Failed,
    MediaInput,
    Progress,
    ProviderConfig,
    Running,
    Shot,
    Ticket,
    VideoRequest,
)
from providers.errors import BadKey, BadRequest, Expired, NoFunds, ProviderError, RateLimited
from providers.video.alibaba_wan import AlibabaWan
from tests.contract.stage_alibaba_wan import wish
from tests.fakes.clips import make_voice_note
from tests.unit.providers.video.playback import answer, index, linked, playing, recorded

ID = "alibaba-wan"
KEY = "sk-test-key"
TICKET = Ticket(provider=ID, model="wan-2.6", remote_id="task-0001")


def config(url: str, **options: str) -> ProviderConfig:
    return ProviderConfig(
        id=ID,
        base_url=f"{url}/api/v1",
        keys={"DASHSCOPE_API_KEY": KEY},
        work_dir=Path(),
        timeout_seconds=5,
        options=options,
    )


def at(role: Any, file: str, name: str = "") -> MediaInput:
    kind: Any = {"mp4": "video", "mp3": "audio", "png": "image"}[file.rpartition(".")[2]]
    return replace(linked(role, name, file), kind=kind, url=f"https://example.com/{file}")


VOICE = at("reference-audio", "voice.mp3")
FRAME = at("first-frame", "frame.png")
SHOTS = (Shot(prompt="a baker kneads dough.", seconds=6), Shot(prompt="she laughs", seconds=9))
WISHES: dict[str, VideoRequest] = {
    "words": wish(prompt="A lantern fish sings a sea shanty", seconds=5, seed=7),
    "words, asynchronous client": wish(prompt="A lantern fish sings", seconds=5),
    "words, recording and shots": wish(
        prompt="", seconds=15, resolution="1080p", shots=SHOTS, media=(VOICE,), negative="blurry"
    ),
    "words on 2.7 with a recording": wish(
        "wan-2.7", prompt="A choir of frogs", seconds=15, media=(at("soundtrack", "choir.mp3"),)
    ),
    "first frame": wish(prompt="he waves", seconds=10, mode="first-frame", aspect="auto", media=(FRAME,)),
    "first frame, silent": wish(
        "wan-2.6-flash",
        prompt="he waves",
        seconds=5,
        mode="first-frame",
        aspect="auto",
        media=(FRAME,),
        sound=False,
    ),
    "frames and recording on 2.7": wish(
        "wan-2.7",
        prompt="he sings",
        seconds=10,
        mode="first-last",
        aspect="auto",
        media=(at("first-frame", "a.png"), at("last-frame", "b.png"), at("reference-audio", "song.mp3")),
    ),
    "characters": wish(
        prompt='@baker says to @cup: "Good morning"',
        seconds=10,
        mode="references",
        media=(at("reference-video", "role1.mp4", "baker"), at("reference-image", "cup.png", "cup")),
    ),
    "characters on 2.7": wish(
        "wan-2.7",
        prompt="@her greets @him",
        seconds=10,
        mode="references",
        resolution="1080p",
        aspect="9:16",
        media=(at("reference-image", "face.png", "her"), at("reference-video", "dance.mp4", "him"), VOICE),
    ),
}
# Recorded with the vendor's own choice, which an operator can have.
REWRITTEN = ("words", "words on 2.7 with a recording")


def plain(body: dict[str, Any]) -> dict[str, Any]:
    """A recorded body without what the SDK adds."""
    kept = {name: value for name, value in body["input"].items() if name not in index(ID)["left-out"]}
    return body | {"input": kept}


@pytest.mark.parametrize("scenario", WISHES)
async def test_a_wish_is_sent_as_the_sdk_sends_it(scenario: str) -> None:
    request = WISHES[scenario]
    if scenario == "characters":
        # The recording has one text for several shots; shots of ours are spelled out.
        request = replace(request, shots=())
    options = {"prompt_extend": "1"} if scenario in REWRITTEN else {}
    async with playing(answer(ID, scenario)) as server:
        provider = AlibabaWan(config(server.url, **options))
        ticket = await provider.submit(request, job_key="job-42")
        await provider.close()
    (heard,) = server.heard
    wanted = recorded(ID, scenario)["request"]
    assert (heard["method"], heard["path"], heard["query"]) == ("POST", wanted["path"], [])
    for name in ("X-DashScope-Async", "Authorization"):
        assert heard["headers"][name.lower()] == wanted["headers"][name]
    assert "x-dashscope-ossresourceresolve" not in heard["headers"]
    body, sent = plain(wanted["body"]), heard["json"]
    assert (sent["model"], sent["input"]) == (body["model"], body["input"])
    told = dict(body["parameters"])
    if scenario == "characters":
        assert told.pop("shot_type") == "multi" and sent["parameters"]["shot_type"] == "single"
    assert {name: sent["parameters"].get(name) for name in told} == told
    assert set(sent["parameters"]) - set(told) <= set(index(ID)["said"])
    assert ticket.remote_id == "task-0001"


async def test_a_recording_of_this_machine_goes_through_the_vendors_store(tmp_path: Path) -> None:
    steps = recorded(ID, "recording from this machine")["steps"]
    path = make_voice_note(tmp_path / "voice.mp3", seconds=4, container="mp3")
    size = path.stat().st_size
    voice = replace(VOICE, url="", path=path, mime="audio/mpeg", size_bytes=size, seconds=4.0)
    lent = steps[0]["response_used"]["json"]
    lent = {**lent, "data": dict(lent["data"])}
    answers = [{"status": 200, "json": lent}, {"status": 200, "text": ""}]
    async with playing(*answers, {"status": 200, "json": steps[2]["response_used"]["json"]}) as server:
        lent["data"]["upload_host"] = f"{server.url}/oss-upload"
        provider = AlibabaWan(config(server.url))
        await provider.submit(wish(prompt="x", media=(voice,)), job_key="job-42")
        await provider.close()
    asked, put, sent = server.heard
    assert (asked["method"], asked["path"]) == ("GET", steps[0]["request"]["path"])
    assert dict(asked["query"]) == steps[0]["request"]["query"]
    assert (put["method"], put["path"]) == ("POST", "/oss-upload") and "authorization" not in put["headers"]
    assert put["type"].startswith("multipart/form-data")
    wanted = steps[2]["request"]
    for name in ("X-DashScope-Async", "X-DashScope-OssResourceResolve"):
        assert sent["headers"][name.lower()] == wanted["headers"][name]
    key = "dashscope-instant/abc/2026-11-20/uuid/reference-audio.mp3"
    assert sent["json"]["input"] == {"prompt": "x", "audio_url": f"oss://{key}"}
    # The parts of the form and their order are looked at by the stand-in of the whole vendor.


@pytest.mark.parametrize(
    ("scenario", "kind", "code"),
    [
        ("bad key", BadKey, "InvalidApiKey"),
        ("no funds", NoFunds, "Arrearage"),
        ("bad request", BadRequest, "InvalidParameter"),
        ("rate limit", RateLimited, "Throttling.RateQuota"),
    ],
)
async def test_a_recorded_refusal_has_its_consequence(
    scenario: str, kind: type[ProviderError], code: str
) -> None:
    async with playing(answer(ID, scenario)) as server:
        provider = AlibabaWan(config(server.url))
        with pytest.raises(ProviderError) as caught:
            await provider.submit(WISHES["words"], job_key="job-42")
        await provider.close()
    assert (type(caught.value), caught.value.vendor_code) == (kind, code)
    assert len(server.heard) == 1


async def polled(scenario: str, remote_id: str = "task-0001") -> Progress:
    async with playing(answer(ID, scenario)) as server:
        provider = AlibabaWan(config(server.url))
        progress = await provider.poll(replace(TICKET, remote_id=remote_id))
        await provider.close()
    assert server.heard[0]["path"] == recorded(ID, scenario)["request"]["path"]
    return progress


async def test_recorded_standings_are_read() -> None:
    assert await polled("running") == Running()
    done = await polled("done")
    assert isinstance(done, Done) and done.url.startswith("https://dashscope-result-sh.")
    assert done.counted == {"second": Decimal(10), "input_second": Decimal(0)}
    gone = await polled("unknown job", "task-dead")
    assert isinstance(gone, Failed) and type(gone.error) is Expired


async def test_a_job_is_stopped_and_listed_as_recorded() -> None:
    running = answer(ID, "running")
    async with playing(answer(ID, "cancel-late"), running, answer(ID, "list")) as server:
        provider = AlibabaWan(config(server.url))
        assert await provider.cancel(TICKET) is False
        assert await provider.find_lost(WISHES["words"], job_key="job-42", since_ms=0) == []
        await provider.close()
    stop, _, listed = server.heard
    wanted = recorded(ID, "cancel")["request"]
    assert (stop["method"], stop["path"], stop["bytes"]) == (wanted["method"], wanted["path"], 0)
    asked = recorded(ID, "list")["request"]
    assert (listed["method"], listed["path"]) == (asked["method"], asked["path"])
    assert set(dict(listed["query"])) <= set(asked["query"])
