"""Grok Imagine's recordings: what was recorded is asked, and every recorded answer read as it is meant."""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, Progress, ProviderConfig, Running, Ticket, VideoRequest
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    OutcomeUnknown,
    OutputModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    VendorFault,
)
from providers.video.xai_grok_imagine import XaiGrokImagine
from tests.unit.providers.video.playback import answer, index, linked, playing, recorded, stored

ID = "xai-grok-imagine"
NEW, OLD, LITE = "grok-imagine-video-1.5", "grok-imagine-video", "grok-imagine-video-1.5-lite"
REMOTE = "d97415a1-5796-b7ec-379f-4e6819e08fdf"
TICKET = Ticket(provider=ID, model=NEW, remote_id=REMOTE)


def asked(api_name: str, prompt: str, **changes: Any) -> VideoRequest:
    known: dict[str, Any] = {"model": api_name, "api_name": api_name, "prompt": prompt, "seconds": 8}
    return VideoRequest(**(known | changes))


def config(url: str) -> ProviderConfig:
    return ProviderConfig(
        id=ID,
        base_url=f"{url}/v1",
        keys={"XAI_API_KEY": "xai-test-key-0001"},
        work_dir=Path(),
        timeout_seconds=5,
        options={"element_eve": "eve"},
    )


FRAME = replace(linked("first-frame", "", "a.png"), url="https://example.com/a.png")
PERSON = replace(linked("reference-image", "her", "p.png"), url="https://example.com/p.png")
FILM = replace(linked("source-video", "", "v.mp4"), url="https://example.com/v.mp4")
WISHES: dict[str, VideoRequest] = {
    "words": asked(NEW, "a cat plays piano"),
    "words with everything": asked(NEW, "a cat plays piano", seconds=10),
    "words, silent": asked(NEW, "a cat", sound=False),
    "words on lite": asked(LITE, "a cat", seconds=4),
    "first frame by link": asked(NEW, "animate", seconds=5, mode="first-frame", media=(FRAME,)),
    "edit": asked(OLD, "add a hat", mode="edit", media=(FILM,)),
    "extend": asked(OLD, "then it jumps", seconds=6, mode="extend", media=(FILM,)),
}


async def submitted(scenario: str, request: VideoRequest) -> dict[str, Any]:
    async with playing(answer(ID, scenario)) as server:
        provider = XaiGrokImagine(config(server.url))
        ticket = await provider.submit(request, job_key="job-42")
        await provider.close()
    assert ticket.remote_id == REMOTE and len(server.heard) == 1
    return server.heard[0]


def compare(heard: dict[str, Any], scenario: str, **differs: Any) -> None:
    """The recorded call, and beside it only what is said aloud."""
    wanted = recorded(ID, scenario)["request"]
    assert (heard["method"], heard["path"], heard["query"]) == ("POST", wanted["path"], [])
    assert heard["headers"]["authorization"] == "Bearer xai-test-key-0001"
    body = {name: value for name, value in wanted["json"].items() if name != "user"} | differs
    assert {name: heard["json"].get(name) for name in body} == body
    assert set(heard["json"]) - set(body) <= set(index(ID)["said"])


@pytest.mark.parametrize("scenario", WISHES)
async def test_a_wish_is_sent_as_recorded(scenario: str) -> None:
    request = WISHES[scenario]
    said = recorded(ID, scenario)["request"]["json"].get("resolution", request.resolution)
    heard = await submitted(scenario, replace(request, resolution=said))
    compare(heard, scenario)


async def test_a_picture_is_sent_as_a_data_url(tmp_path: Path) -> None:
    scenario = "first frame inside"
    url = recorded(ID, scenario)["request"]["json"]["image"]["url"]
    picture = stored("first-frame", url.partition(",")[2], tmp_path)
    heard = await submitted(scenario, asked(NEW, "animate", seconds=5, mode="first-frame", media=(picture,)))
    compare(heard, scenario)
    assert base64.b64decode(heard["json"]["image"]["url"].partition(",")[2]) == picture.path.read_bytes()


async def test_a_voice_of_the_vendor_is_meant_by_its_tag() -> None:
    request = asked(
        NEW,
        "the person from @her speaks with the voice from @eve",
        seconds=10,
        aspect="9:16",
        mode="references",
        media=(PERSON,),
        options={"voices": True},
    )
    heard = await submitted("picture and voice", request)
    # A single picture needs no number, on which the vendor's own pages disagree.
    words = "the person from the picture speaks with the voice from <AUDIO_0>"
    compare(heard, "picture and voice", prompt=words)


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {
        "team without retention": BadRequest,
        "bad key": BadKey,
        "not for this model": BadRequest,
        "rate limit": RateLimited,
        "not allowed": BadKey,
        "server error": OutcomeUnknown,
        "nested error": BadKey,
        "too many pictures": BadRequest,
        "too long with references": BadRequest,
        "too large with references": BadRequest,
    }.items(),
)
async def test_a_recorded_refusal_has_its_consequence(scenario: str, kind: type[ProviderError]) -> None:
    async with playing(answer(ID, scenario)) as server:
        provider = XaiGrokImagine(config(server.url))
        with pytest.raises(ProviderError) as caught:
            await provider.submit(WISHES["words"], job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind and len(server.heard) == 1
    body = answer(ID, scenario)["json"]
    words = body["error"]["message"] if isinstance(body["error"], dict) else body["error"]
    if kind is not OutcomeUnknown:
        assert caught.value.said == words, "the vendor's words, whatever form they came in"


async def polled(scenario: str) -> Progress:
    async with playing(answer(ID, scenario)) as server:
        provider = XaiGrokImagine(config(server.url))
        try:
            return await provider.poll(TICKET)
        finally:
            await provider.close()
            assert {call["path"] for call in server.heard} == {f"/v1/videos/{REMOTE}"}


async def test_recorded_standings_are_read() -> None:
    assert await polled("running, empty") == Running()
    assert await polled("running, 202") == Running(fraction=0.12)
    assert await polled("running") == Running(fraction=0.4)
    done = await polled("done")
    assert isinstance(done, Done) and done.cost_usd == Decimal("1.12")
    assert done.url == "https://vidgen.x.ai/xai-vidgen-bucket/xai-video-1.mp4"
    kept = await polled("done and stored")
    assert isinstance(kept, Done) and (kept.url, kept.cost_usd) == ("https://vidgen.x.ai/x.mp4", None)


@pytest.mark.parametrize(
    ("scenario", "kind", "billed"),
    [
        ("failed for its request", BadRequest, None),
        ("moderated", OutputModerated, None),
        ("failed", VendorFault, None),
        ("failed for now", VendorFault, None),
        ("expired", Expired, None),
        ("unknown job", Expired, None),
        ("moderated, told by the question", OutputModerated, True),
    ],
)
async def test_recorded_ends_are_told_apart(
    scenario: str, kind: type[ProviderError], billed: bool | None
) -> None:
    failed = await polled(scenario)
    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.billed) == (kind, billed)


async def test_done_without_a_link_is_moderation_as_the_sdk_has_it() -> None:
    told = recorded(ID, "moderated, by the SDK")["response_used"][1]
    body = {"status": told["status"].lower(), "video": told["response"]["video"]}
    async with playing({"status": 200, "json": body}) as server:
        provider = XaiGrokImagine(config(server.url))
        failed = await provider.poll(TICKET)
        await provider.close()
    assert isinstance(failed, Failed) and type(failed.error) is OutputModerated


async def test_a_wrong_key_on_a_question_does_not_end_a_job() -> None:
    with pytest.raises(Unreachable):
        await polled("bad key")
