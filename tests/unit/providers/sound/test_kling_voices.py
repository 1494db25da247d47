"""Kling's voices out of recordings: recorded exchanges, and what is refused before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from providers.base import ClonedVoice, CloneRequest, MediaInput, Ticket
from providers.errors import Unsupported
from providers.video.kling_legacy import KlingLegacy
from providers.wire.kling_voices import build_payload
from tests.unit.providers.video.playback import config, expected_body, playing, recorded

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
