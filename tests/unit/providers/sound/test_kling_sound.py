"""Kling's sound for a clip: recorded exchanges, and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from providers.base import Done, SoundRequest, Ticket
from providers.catalogue import sound_price
from providers.errors import OutcomeUnknown, Unreachable, Unsupported
from providers.video.kling import Kling
from providers.wire.kling_sound import PATH, build_payload
from tests.contract.sound_harness import shipped
from tests.contract.stage_kling_sound import KlingSoundStage, kling_sound
from tests.contract.test_sound_maker import finished
from tests.unit.providers.video.playback import config, expected_body, linked, playing, recorded

FOLDER = "kling-legacy"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[KlingSoundStage]:
    """The fake and its makers."""
    async with kling_sound(tmp_path) as opened:
        yield opened


def request(**changes: object) -> SoundRequest:
    clip = linked("source-video", "", "silent.mp4")
    made = SoundRequest(
        kind="foley", text="footsteps on gravel", seconds=5.0, video=clip, route="kling/foley"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_a_clip_is_handed_in_as_documented(tmp_path: Path) -> None:
    wish = recorded(FOLDER, "sound for a clip")
    async with playing(wish["response_used"]) as server:
        maker = Kling(config("kling", server.url))
        ticket = await maker.submit_sound(request(), job_key="job-42", into=tmp_path / "a")
        await maker.close()
    (heard,) = server.heard
    assert (heard["method"], heard["path"]) == (wish["request"]["method"], wish["request"]["path"])
    assert heard["headers"]["authorization"] == wish["request"]["headers"]["authorization"]
    assert heard["json"] == expected_body(FOLDER, "sound for a clip")
    assert (ticket.remote_id, ticket.endpoint) == ("893605946402811985", PATH)


async def test_the_sound_alone_is_taken_out_of_the_documented_answer() -> None:
    wish = recorded(FOLDER, "sound is done")
    ticket = Ticket(
        provider="kling", model="kling/foley", remote_id="893605946402811985", endpoint=PATH, data={}
    )
    async with playing(wish["response_used"]) as server:
        maker = Kling(config("kling", server.url))
        done = await maker.poll(ticket)
        await maker.close()
    assert server.heard[0]["path"] == wish["request"]["path"]
    assert isinstance(done, Done) and done.url == "https://cdn.example.org/a.wav"


UNSENDABLE = {
    "no clip": request(video=None),
    "speech": request(kind="speech"),
    "no address": request(video=replace(linked("source-video", "", "silent.mp4"), url="")),
    "too many words": request(text="x" * 201),
    "something to keep out": request(negative="birds"),
}


@pytest.mark.parametrize("name", UNSENDABLE)
async def test_what_has_no_words_is_not_sent(name: str, stage: KlingSoundStage, tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        await stage.adapter().submit_sound(UNSENDABLE[name], job_key="job", into=tmp_path / "a")
    assert (caught.value.provider, caught.value.model) == ("kling", "kling/foley")
    assert stage.vendor.seen == []


def test_both_prompts_are_always_said() -> None:
    for text in ("", "a cat purrs"):
        body = build_payload(request(text=text), job_key="job")
        assert body["sound_effect_prompt"] and body["bgm_prompt"] and body["asmr_mode"] is False


async def test_a_taken_name_whose_task_cannot_be_looked_up_may_be_a_paid_job(
    stage: KlingSoundStage, tmp_path: Path
) -> None:
    maker, wish = stage.adapter(), replace(stage.wish(), text="[fault:poll-error*4]")
    await maker.submit_sound(wish, job_key="job", into=tmp_path / "a")
    with pytest.raises(OutcomeUnknown):
        await maker.submit_sound(wish, job_key="job", into=tmp_path / "a")
    assert stage.jobs() == 1


async def test_an_unknown_word_for_its_state_is_no_end(stage: KlingSoundStage, tmp_path: Path) -> None:
    maker, wish = stage.adapter(), replace(stage.wish(), text="[fault:poll-strange]")
    ticket = await maker.submit_sound(wish, job_key="job", into=tmp_path / "a")
    with pytest.raises(Unreachable, match="pondering"):
        await maker.poll(ticket)
    done = await finished(maker, ticket)
    assert done.cost_usd == Decimal("0.035")  # a quarter of a unit, as the vendor deducted it


def test_the_list_price_is_a_quarter_of_a_unit_whatever_the_length() -> None:
    for route in ("kling/foley", "kling-legacy/foley"):
        price = sound_price(shipped().sound(route), request(), date(2026, 11, 28))
        assert price.usd == Decimal("0.035")
