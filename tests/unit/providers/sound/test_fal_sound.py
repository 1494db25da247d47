"""Sound for a clip at fal: the fields of each endpoint, and what would go wrong if they were left to fal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, SoundRequest
from providers.catalogue import sound_price
from providers.errors import BadRequest, Unsupported
from providers.wire.fal_sound import build_sound, link_in
from tests.contract.sound_harness import routes_of, shipped, silent_clip, wanted
from tests.contract.stage_fal_sound import FalSoundStage, fal_sound
from tests.contract.test_sound_maker import finished
from tests.fakes.fal_sounds import SOUNDS, faults_of
from tests.fakes.sounds import heard

TODAY = date(2026, 11, 28)
LINK = "https://files.example/clip.mp4"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[FalSoundStage]:
    """The fake and its makers."""
    async with fal_sound(tmp_path) as opened:
        yield opened


def asked(route: str, folder: Path, text: str = "", seconds: float = 5.0, **more: Any) -> SoundRequest:
    clip = silent_clip(folder, seconds=seconds)
    return wanted(routes_of("fal")[route], "foley", text, seconds=seconds, video=clip, **more)


def test_every_route_leads_to_an_endpoint_and_fills_its_fields(tmp_path: Path) -> None:
    for name, route in routes_of("fal").items():
        body = build_sound(asked(name, tmp_path, "wind", seed=7), LINK)
        assert faults_of(route.api_name, body) is None, (name, faults_of(route.api_name, body))
        assert body["video_url"] == LINK and "wind" in body.values()
    assert {route.api_name for route in routes_of("fal").values()} <= set(SOUNDS)


def test_the_length_is_the_clips_wherever_it_can_be_said(tmp_path: Path) -> None:
    for name in ("mmaudio", "mirelo", "mirelo-1.6"):
        assert build_sound(asked(name, tmp_path, seconds=6.5), LINK)["duration"] == 6.5, name


def test_kling_never_makes_the_car_race_of_its_defaults(tmp_path: Path) -> None:
    wordless = build_sound(asked("kling-foley", tmp_path), LINK)
    said = build_sound(asked("kling-foley", tmp_path, "a cat purrs"), LINK)
    for body in (wordless, said):
        assert body["sound_effect_prompt"] and body["background_music_prompt"] == "no music, silence"
        assert body["asmr_mode"] is False
    assert said["sound_effect_prompt"] == "a cat purrs"


def test_mmaudio_is_told_not_to_invent_speech_unless_something_else_was_said(tmp_path: Path) -> None:
    assert build_sound(asked("mmaudio", tmp_path), LINK)["negative_prompt"] == "music, speech"
    told = asked("mmaudio", tmp_path, negative="birds")
    assert build_sound(told, LINK)["negative_prompt"] == "birds"


def test_what_has_no_field_is_refused_and_not_dropped(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="no place for negative"):
        build_sound(replace(asked("sonilo", tmp_path, "wind"), negative="birds"), LINK)
    foley = asked("mmaudio", tmp_path)
    for other in (replace(foley, kind="speech"), replace(foley, video=None)):
        with pytest.raises(Unsupported, match="sound for a clip"):
            build_sound(other, LINK)
    unknown = silent_clip(tmp_path)
    with pytest.raises(Unsupported, match="length"):
        build_sound(replace(foley, seconds=0.0, video=replace(unknown, seconds=0.0)), LINK)


async def test_what_cannot_be_sent_is_not_uploaded(stage: FalSoundStage, tmp_path: Path) -> None:
    request = replace(stage.wish("sonilo"), negative="birds")
    with pytest.raises(Unsupported) as caught:
        await stage.adapter().submit_sound(request, job_key="job", into=tmp_path / "a")
    assert (caught.value.provider, caught.value.model) == ("fal", "fal/sonilo")
    assert stage.vendor.stored == {}


ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "one": ({"audio": {"url": "a"}}, "a"),
    "a list": ({"audio": [{"url": "a"}, {"url": "b"}]}, "a"),
    "under the other name": ({"audios": [{"url": "b"}]}, "b"),
    "both, and a clip": ({"video": {"url": "v"}, "audio": {"url": "a"}, "audios": []}, "a"),
    "bare": ({"audio": "a"}, "a"),
    "an empty list": ({"audio": []}, ""),
    "nothing": ({"seed": 7}, ""),
    "no link": ({"audio": {"file_name": "a"}}, ""),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_sound_is_found_in_every_form_of_result(name: str) -> None:
    made, link = ANSWERS[name]
    assert link_in(made, "audio") == link


async def test_the_clip_is_what_was_uploaded_and_the_sound_is_as_long(
    stage: FalSoundStage, tmp_path: Path
) -> None:
    maker, request = stage.adapter(), stage.wish("kling-foley")
    ticket = await maker.submit_sound(request, job_key="job", into=tmp_path / "a")
    assert ticket.model == "fal/kling-foley" and ticket.data["answer"] == "audio"
    done = await finished(maker, ticket)
    assert isinstance(done, Done) and done.url.endswith(".mp3")
    await maker.fetch(done, tmp_path / "a")
    assert request.video is not None
    (stored,) = stage.vendor.stored.values()
    assert stored == request.video.path.read_bytes()
    assert abs(heard((tmp_path / "a").read_bytes())[0] - 4.0) < 0.15


async def test_a_clip_that_is_too_short_for_the_vendor_is_the_requests_fault(
    stage: FalSoundStage, tmp_path: Path
) -> None:
    short = silent_clip(tmp_path, seconds=2.0)
    request = replace(stage.wish("kling-foley"), video=short, seconds=2.0)
    with pytest.raises(BadRequest, match="video_url"):
        await stage.adapter().submit_sound(request, job_key="job", into=tmp_path / "a")
    assert stage.jobs() == 0


def test_a_second_of_foley_has_the_price_of_its_endpoint(tmp_path: Path) -> None:
    catalogue = shipped()
    costs = {
        name: sound_price(catalogue.sound(f"fal/{name}"), asked(name, tmp_path), TODAY).usd
        for name in ("mmaudio", "kling-foley", "mirelo")
    }
    assert costs == {"mmaudio": Decimal("0.005"), "kling-foley": Decimal("0.035"), "mirelo": Decimal("0.10")}
