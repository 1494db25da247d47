"""Kling's voices out of recordings: recorded exchanges, and what is refused before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from providers.base import ClonedVoice, CloneRequest, MediaInput, Ticket, VideoRequest
from providers.catalogue import price
from providers.errors import Unsupported
from providers.video.kling_legacy import KlingLegacy
from providers.wire.kling_names import voices_of, with_voices
from providers.wire.kling_voices import build_payload
from tests.contract.sound_harness import shipped
from tests.unit.providers.video.playback import asked, config, expected_body, linked, playing, recorded

FOLDER = "kling-legacy"
NOTE = MediaInput(
    role="voice",
    kind="audio",
    path=Path("nowhere"),
    mime="audio/mpeg",
    size_bytes=10,
    seconds=12.0,
    url="https://media.example.org/voice.mp3",
)
WISH = CloneRequest(recording=NOTE, name="u42", route="kling-legacy/voice")


async def test_a_recording_is_handed_in_and_its_voice_is_read_as_documented() -> None:
    start, end = recorded(FOLDER, "voice out of a recording"), recorded(FOLDER, "voice is made")
    gone = {"status": 200, "json": {"code": 0, "message": "SUCCEED", "data": {"task_status": "succeed"}}}
    async with playing(start["response_used"], end["response_used"], gone) as server:
        cloner = KlingLegacy(config("kling-legacy", server.url))
        ticket = await cloner.create_voice(WISH, job_key="job-42")
        voice = await cloner.poll_voice(Ticket.from_json(ticket.to_json()))
        assert voice == ClonedVoice(id="930801338081615883")
        await cloner.delete_voice(voice.id)
        await cloner.close()
    created, asked, deleted = server.heard
    assert (created["method"], created["path"]) == (start["request"]["method"], start["request"]["path"])
    assert created["json"] == expected_body(FOLDER, "voice out of a recording")
    assert (asked["method"], asked["path"]) == (end["request"]["method"], end["request"]["path"])
    # https://kling.ai/document-api, 2.6 voice management, 2026-09
    assert (deleted["method"], deleted["path"]) == ("POST", "/v1/general/delete-voices")
    assert deleted["json"] == {"voice_id": "930801338081615883"}


@pytest.mark.parametrize(
    "wish", [replace(WISH, recording=replace(NOTE, url="")), replace(WISH, name="x" * 21)]
)
def test_what_the_vendor_cannot_take_is_not_sent(wish: CloneRequest) -> None:
    with pytest.raises(Unsupported):
        build_payload(wish, job_key="job")


def test_a_voice_that_the_prompt_does_not_name_is_its_speakers() -> None:
    assert with_voices("She says: Hello.", (), "@v{}") == "She says: Hello."
    assert with_voices("She @Voice_1 says: Hello.", ("7",), "@v{}") == "She @v1 says: Hello."
    said = with_voices("She says: Hello.", ("7",), "<<<voice_{}>>>")
    assert said == "She says: Hello. Whoever speaks has the voice <<<voice_1>>>."


FRAME = linked("first-frame", "", "first.png")
SPOKEN = asked("kling-2.6", "x", mode="first-frame", resolution="1080p", media=(FRAME,), voices=("7",))


@pytest.mark.parametrize(
    "request_",
    [
        replace(SPOKEN, mode="text", media=()),
        replace(SPOKEN, resolution="720p"),
        replace(SPOKEN, sound=False),
        replace(SPOKEN, voices=("7", "8", "9")),
    ],
)
def test_where_a_voice_cannot_speak_nothing_is_sent(request_: VideoRequest) -> None:
    assert voices_of(SPOKEN, most=2) == ("7",)
    with pytest.raises(Unsupported):
        voices_of(request_, most=2)


@pytest.mark.parametrize("provider", ["kling", "kling-legacy"])
def test_a_voice_has_its_price_and_its_place_in_the_catalogue(provider: str) -> None:
    route, today = shipped().route(provider, "kling-2.6"), date(2026, 11, 28)
    assert (route.voices_in("first-frame", sound=True), route.voices_in("text", sound=True)) == (2, 0)
    assert route.voices_in("first-frame", sound=False) == 0
    assert price(route, SPOKEN, today).usd == Decimal("0.84")  # 1.2 units a second
    assert price(route, replace(SPOKEN, voices=()), today).usd == Decimal("0.7")
    assert shipped().route("fal", "kling-2.6").voices is None
