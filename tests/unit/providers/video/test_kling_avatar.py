"""Kling's pictures that talk: recorded exchanges, and what is refused before anything is sent."""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Ticket, VideoRequest
from providers.errors import BadRequest, Unsupported
from providers.video.kling import Kling
from providers.video.kling_legacy import KlingLegacy
from tests.contract.sound_harness import spoken
from tests.contract.stage_kling import KlingStage, kling_stage
from tests.unit.providers.video.playback import asked, config, linked, playing, recorded

FOLDER = "kling-legacy"


def wish(folder: Path, **changes: Any) -> VideoRequest:
    """A picture behind a link, and a recording of three seconds."""
    plain = asked(
        "avatar",
        "While talking, excitedly shaking head",
        mode="first-frame",
        seconds=3,
        resolution="720p",
        media=(linked("first-frame", "", "first.png"), spoken(folder, 3.0)),
    )
    return replace(plain, model="kling-avatar", options={"unit_usd": "0.14"}, **changes)


@pytest.mark.parametrize("generation", [Kling, KlingLegacy])
async def test_a_picture_and_a_recording_are_sent_as_documented(
    generation: type[Kling | KlingLegacy], tmp_path: Path
) -> None:
    start, end = recorded(FOLDER, "a picture that talks"), recorded(FOLDER, "a picture has talked")
    request = wish(tmp_path)
    async with playing(start["response_used"], end["response_used"]) as server:
        maker = generation(config(FOLDER if generation is KlingLegacy else "kling", server.url))
        ticket = await maker.submit(request, job_key="job-42")
        done = await maker.poll(Ticket.from_json(ticket.to_json()))
        await maker.close()
    for heard, step in zip(server.heard, (start, end), strict=True):
        assert (heard["method"], heard["path"]) == (step["request"]["method"], step["request"]["path"])
    # The recording needs no address: it goes along.
    said = {"sound_file": base64.b64encode(request.media[1].path.read_bytes()).decode()}
    assert server.heard[0]["json"] == start["request"]["json"] | said
    assert isinstance(done, Done) and done.url == "https://cdn.example.org/v.mp4"
    assert done.cost_usd == Decimal("0.616")  # 4.4 units


async def test_what_it_has_no_word_for_is_not_sent(tmp_path: Path) -> None:
    face, said = wish(tmp_path).media
    wrong: tuple[dict[str, Any], ...] = (
        {"resolution": "4k"},
        {"sound": False},
        {"voices": ("7",)},
        {"media": (face,)},
        {"media": (face, face, said)},
        {"media": (face, replace(said, size_bytes=6_000_000))},
    )
    async with playing({"status": 500, "json": {}}) as server:
        maker = Kling(config("kling", server.url))
        for changes in wrong:
            with pytest.raises(Unsupported) as caught:
                await maker.submit(wish(tmp_path, **changes), job_key="job")
            assert caught.value.model == "kling-avatar"
        await maker.close()
    assert server.heard == []


async def test_it_is_started_once_and_not_for_a_moment_of_speech(tmp_path: Path) -> None:
    async with kling_stage("kling")(tmp_path) as stage:
        assert isinstance(stage, KlingStage)
        maker = stage.adapter()
        request = stage.shapes()["avatar"]
        ticket = await maker.submit(request, job_key="job")
        assert ticket == await maker.submit(request, job_key="job") and stage.jobs() == 1
        short = replace(request, media=(request.media[0], replace(spoken(tmp_path, 1.5), role="voice")))
        with pytest.raises(BadRequest):
            await maker.submit(short, job_key="short")
