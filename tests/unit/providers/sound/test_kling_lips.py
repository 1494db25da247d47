"""Kling moves lips: recorded exchanges, faces that are not there, and what is never bought twice."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import av
import numpy as np
import pytest

from providers.base import Done, LipRequest, Ticket
from providers.errors import BadRequest, OutcomeUnknown, Unreachable, Unsupported
from providers.video.kling import Kling
from providers.video.kling_legacy import KlingLegacy
from providers.wire.kling_lips import FACES, PATH, Face, speaking
from tests.contract.stage_kling_sound import KlingSoundStage, kling_sound
from tests.contract.test_lip_syncer import ended, wish
from tests.fakes.links import OwnLinks
from tests.fakes.spoken import samples_of
from tests.unit.providers.video.playback import config, playing, recorded

FOLDER, ROUTE = "kling-legacy", "kling/lips"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[KlingSoundStage]:
    """The fake and its adapters."""
    async with kling_sound(tmp_path) as opened:
        yield opened


@pytest.fixture
async def request_(tmp_path: Path) -> AsyncIterator[LipRequest]:
    """A clip behind a link, and a recording."""
    async with OwnLinks() as links:
        yield wish(ROUTE, tmp_path, links)


@pytest.mark.parametrize("generation", [Kling, KlingLegacy])
async def test_faces_and_lips_are_asked_for_as_documented(
    generation: type[Kling | KlingLegacy], tmp_path: Path
) -> None:
    steps = [recorded(FOLDER, name) for name in ("whose face it is", "lips to a recording", "lips are moved")]
    plain = wish(ROUTE, tmp_path)
    request = replace(plain, video=replace(plain.video, url="https://media.example.org/clip.mp4"))
    async with playing(*(step["response_used"] for step in steps)) as server:
        maker = generation(config(FOLDER if generation is KlingLegacy else "kling", server.url))
        ticket = await maker.submit_lips(request, job_key="job-42")
        done = await maker.poll(Ticket.from_json(ticket.to_json()))
        await maker.close()
    for heard, step in zip(server.heard, steps, strict=True):
        wanted = step["request"]
        assert (heard["method"], heard["path"]) == (wanted["method"], wanted["path"])
    looked, said, _ = (heard["json"] for heard in server.heard)
    assert looked == steps[0]["request"]["json"]
    (face,) = steps[1]["request"]["json"]["face_choose"]
    # The recording is no file of the page's, and the clip's own sound goes.
    face |= {"sound_file": base64.b64encode(request.audio.path.read_bytes()).decode()}
    face |= {"original_audio_volume": 0}
    assert said == {**steps[1]["request"]["json"], "face_choose": [face]}
    assert isinstance(done, Done) and done.url == "https://cdn.example.org/v.mp4"
    assert done.cost_usd == Decimal("0.077"), "what looking for the face cost is counted"


async def test_a_clip_without_a_face_is_refused_before_it_is_paid(
    stage: KlingSoundStage, request_: LipRequest
) -> None:
    for whispered, words in (("face-none", "no face was found"), ("face-late=2500", "for two seconds")):
        stage.vendor.whispered = f"[fault:{whispered}]"
        with pytest.raises(BadRequest, match=words) as caught:
            await stage.adapter().submit_lips(request_, job_key=whispered)
        assert (caught.value.provider, caught.value.model) == ("kling", ROUTE)
    assert stage.jobs() == 0 and all(call.path != PATH for call in stage.vendor.seen)


async def test_somebody_who_comes_later_speaks_from_then_on(
    stage: KlingSoundStage, request_: LipRequest, tmp_path: Path
) -> None:
    stage.vendor.whispered = "[fault:face-late=800]"
    maker = stage.adapter()
    done = await ended(maker, await maker.submit_lips(request_, job_key="job"))
    assert isinstance(done, Done)
    asset = await maker.fetch(done, tmp_path / "clip.mp4")
    with av.open(io.BytesIO(asset.path.read_bytes())) as clip:
        assert clip.streams.video
    loud = np.abs(samples_of(asset.path.read_bytes()))
    assert loud[: int(0.7 * 48_000)].max() < 0.01 < loud[int(0.8 * 48_000) :].max()


async def test_a_job_that_is_sent_again_is_looked_at_once_and_made_once(
    stage: KlingSoundStage, request_: LipRequest
) -> None:
    maker = stage.adapter()
    stage.vendor.whispered = "[fault:lost-cut]"
    with pytest.raises(OutcomeUnknown):
        await maker.submit_lips(request_, job_key="job")
    again = await maker.submit_lips(request_, job_key="job")
    assert again.remote_id in stage.vendor.jobs and stage.jobs() == 1
    looked = [call for call in stage.vendor.seen if call.path == FACES]
    assert len(looked) == 1 and len(stage.vendor.people.sessions) == 1


async def test_a_lost_answer_about_faces_starts_nothing_and_may_be_asked_again(
    stage: KlingSoundStage, request_: LipRequest
) -> None:
    maker = stage.adapter()
    stage.vendor.whispered = "[fault:face-cut]"
    with pytest.raises(OutcomeUnknown):
        await maker.submit_lips(request_, job_key="job")
    assert stage.jobs() == 0
    await maker.submit_lips(request_, job_key="job")
    assert stage.jobs() == 1


async def test_a_job_that_exists_and_does_not_answer_to_its_name_is_not_taken_for_a_refusal(
    request_: LipRequest,
) -> None:
    faces = recorded(FOLDER, "whose face it is")["response_used"]
    taken = recorded("kling", "our key is taken")["response_used"]
    async with playing(faces, taken) as server:
        maker = Kling(config("kling", server.url))
        with pytest.raises(OutcomeUnknown):
            await maker.submit_lips(request_, job_key="job-42")
        await maker.close()


async def test_what_cannot_be_sent_or_read_costs_nothing(request_: LipRequest) -> None:
    nonsense = {"status": 200, "json": {"code": 0, "message": "SUCCEED", "data": {"faces": []}}}
    async with playing(nonsense) as server:
        maker = Kling(config("kling", server.url))
        with pytest.raises(Unreachable):
            await maker.submit_lips(request_, job_key="job")
        heard = len(server.heard)
        for wrong in (
            replace(request_, video=replace(request_.video, url="")),
            replace(request_, audio=replace(request_.audio, size_bytes=6_000_000)),
        ):
            with pytest.raises(Unsupported) as caught:
                await maker.submit_lips(wrong, job_key="job")
            assert caught.value.model == ROUTE
        assert len(server.heard) == heard == 1
        await maker.close()


def test_of_several_faces_the_one_that_is_seen_longest_while_it_speaks_says_it() -> None:
    faces = [
        Face(face_id="short", start_time=0, end_time=2500),
        Face(face_id="late", start_time=1500, end_time=8000),
        Face(face_id="last", start_time=5000, end_time=8000),
    ]
    face, at = speaking(faces, clip_ms=8000, said_ms=5000)
    assert (face.face_id, at) == ("late", 1500)
    assert speaking(faces[:1], clip_ms=8000, said_ms=8000)[1] == 0
    assert speaking(faces[2:], clip_ms=8000, said_ms=6000) == (faces[2], 2000)  # no room later
