"""Grok Imagine's traps: what is billed without a clip, what is never sent, what is refused before paying."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, MediaInput, Running, Shot, Ticket, VideoProvider
from providers.catalogue import check_catalogue
from providers.errors import (
    BadKey,
    NoFunds,
    OutputModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
)
from providers.video.xai_grok_imagine import build_payload, kind_of
from tests.contract.stage_bytedance_seedance import picture
from tests.contract.stage_xai_grok_imagine import WRONG_KEY, GrokStage, grok, source, wish
from tests.unit.providers.video import plans
from tests.unit.providers.video.plans import TODAY, catalogue, given

ID = "xai-grok-imagine"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[GrokStage]:
    """The vendor, listening."""
    async with grok(tmp_path) as opened:
        yield opened


async def ended(adapter: VideoProvider, ticket: Ticket) -> Done | Failed:
    async with asyncio.timeout(10):
        while True:
            progress = await adapter.poll(ticket)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.02)


def planned(model: str, *media: MediaInput, **options: Any) -> Any:
    return plans.planned(ID, model, *media, **options)


def refused(model: str, *media: MediaInput, **options: Any) -> Any:
    return plans.refused(ID, model, *media, **options)


# ---------------------------------------------------------------------------------------------
# Answers


async def test_an_empty_202_is_a_job_at_work(stage: GrokStage) -> None:
    adapter = stage.adapter()
    prompt = "[fault:queue-ms=0][fault:run-ms=60000][fault:empty-202]"
    assert await adapter.poll(await adapter.submit(wish(prompt=prompt), job_key="job")) == Running()


@pytest.mark.parametrize(
    ("fault", "billed"), [("end-moderated", None), ("end-withheld", True), ("end-refused-poll", True)]
)
async def test_a_clip_that_is_withheld_is_known_in_all_its_forms_and_billed(
    stage: GrokStage, fault: str, billed: bool | None
) -> None:
    adapter = stage.adapter()
    failed = await ended(adapter, await adapter.submit(wish(prompt=f"[fault:{fault}]"), job_key="job"))
    assert isinstance(failed, Failed) and type(failed.error) is OutputModerated
    assert failed.billed is billed, "None leaves it to the quote, which says that it is billed"


def test_the_quote_says_that_a_withheld_clip_is_paid_for() -> None:
    found = planned("grok")
    assert found.billed_when_moderated
    assert "note.billed_when_moderated" in [note.key for note in found.notes]


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "Incorrect API key provided: xa***st.", BadKey),
        (429, "You have used all available credits", NoFunds),
        (403, "Your team reached its monthly spending limit", NoFunds),
        (429, "Too many requests.", RateLimited),
    ],
)
def test_the_words_say_more_than_the_status(status: int, words: str, kind: type[ProviderError]) -> None:
    assert kind_of(status, words) is kind


async def test_a_key_that_comes_back_in_an_error_stays_secret(stage: GrokStage) -> None:
    with pytest.raises(BadKey) as caught:
        await stage.adapter(WRONG_KEY).submit(wish(), job_key="job")
    assert WRONG_KEY not in str(caught.value) and "Incorrect API key" in caught.value.said
    assert caught.value.env == ("XAI_API_KEY",)


async def test_a_refused_question_is_not_the_end_even_if_it_speaks_of_safety(stage: GrokStage) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(wish(prompt="[fault:poll-forbidden]"), job_key="job")
    with pytest.raises(Unreachable):
        await adapter.poll(ticket)
    assert isinstance(await ended(adapter, ticket), Done)


async def test_the_key_does_not_go_where_the_clips_lie(stage: GrokStage, tmp_path: Path) -> None:
    adapter = stage.adapter()
    done = await ended(adapter, await adapter.submit(wish(prompt="[fault:file-moved]"), job_key="job"))
    assert isinstance(done, Done)
    await adapter.fetch(done, tmp_path / "clip.mp4")
    fetched = [call for call in stage.vendor.seen if call.path.startswith(("/files/", "/moved/"))]
    assert len(fetched) == 2 and not any("authorization" in call.headers for call in fetched)


# ---------------------------------------------------------------------------------------------
# Requests


async def test_an_extension_is_sent_the_added_seconds_and_comes_back_whole(
    stage: GrokStage, tmp_path: Path
) -> None:
    adapter, film = stage.adapter(), source(tmp_path)
    request = wish("grok-imagine-1.0", mode="extend", seconds=6, aspect="auto", media=(film,))
    ticket = await adapter.submit(request, job_key="job")
    done = await ended(adapter, ticket)
    assert isinstance(done, Done) and done.cost_usd == Decimal("0.46")
    job = stage.vendor.jobs[ticket.remote_id]
    assert (job.seconds, job.body["duration"], job.facts["way"]) == (10, 6, "extensions")
    assert set(job.body) == {"model", "prompt", "video", "duration"}


async def test_what_would_be_left_to_the_vendor_is_said(stage: GrokStage, tmp_path: Path) -> None:
    adapter = stage.adapter()
    frame = picture(tmp_path, "first-frame")
    await adapter.submit(wish(mode="first-frame", aspect="auto", media=(frame,)), job_key="job")
    (job,) = stage.vendor.jobs.values()
    assert {name: job.body[name] for name in ("duration", "resolution", "generate_audio")} == {
        "duration": 4,
        "resolution": "720p",
        "generate_audio": True,
    }
    assert "aspect_ratio" not in job.body


@pytest.mark.parametrize(
    ("first_tag", "said"), [("0", "<IMAGE_0> in <IMAGE_1>"), ("1", "<IMAGE_1> in <IMAGE_2>")]
)
async def test_pictures_are_counted_as_the_operator_found_out(
    stage: GrokStage, tmp_path: Path, first_tag: str, said: str
) -> None:
    heroes = (picture(tmp_path, name="hero"), replace(picture(tmp_path), name="place"))
    adapter = stage.adapter(first_tag=first_tag)
    await adapter.submit(wish(mode="references", prompt="@hero in @Place", media=heroes), job_key="job")
    (job,) = stage.vendor.jobs.values()
    assert job.body["prompt"] == said


@pytest.mark.parametrize(
    "changes",
    [{"seed": 7}, {"negative": "rain"}, {"shots": (Shot(prompt="x", seconds=4),)}, {"prompt": "@eve speaks"}],
)
def test_what_has_no_word_is_not_sent(changes: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        build_payload(wish(**changes), [], voices={"eve": "eve"}, first_tag=0)


def test_a_clip_without_a_link_and_pictures_beside_a_clip_are_not_sent(tmp_path: Path) -> None:
    film, frame = source(tmp_path), given("first-frame")
    request = wish("grok-imagine-1.0", mode="edit", media=(film, frame))
    with pytest.raises(Unsupported):
        build_payload(request, ["https://a/v.mp4", "https://a/p.png"], voices={}, first_tag=0)


# ---------------------------------------------------------------------------------------------
# The catalogue


def test_everything_that_is_offered_has_a_price() -> None:
    assert check_catalogue(catalogue(ID), TODAY) == ()


SMALL = given("source-video", "video", seconds=8.0, width=854, height=480)
LARGE = given("source-video", "video", seconds=8.0, width=1920, height=1080)


@pytest.mark.parametrize(
    ("model", "media", "options", "micro_usd"),
    [
        ("grok", (), {}, 1_120_000),
        ("grok", (), {"seconds": 15, "resolution": "1080p"}, 3_750_000),
        ("grok", (), {"seconds": 10, "resolution": "480p", "sound": False}, 800_000),
        ("grok", (given("first-frame"), given("last-frame")), {"seconds": 5}, 720_000),
        ("grok", (given("reference-image"),) * 3, {"seconds": 10}, 1_430_000),
        ("grok-imagine-1.5-lite", (), {"seconds": 10, "resolution": "480p"}, 200_000),
        ("grok-imagine-1.5-lite", (given("first-frame"),), {"seconds": 10, "resolution": "1080p"}, 1_410_000),
        ("grok-imagine-1.0", (), {"seconds": 8, "resolution": "480p"}, 400_000),
        ("grok-imagine-1.0", (given("reference-image"),), {"seconds": 10}, 702_000),
        ("grok-imagine-1.0", (SMALL,), {"prompt": "make it snow"}, 480_000),
        ("grok-imagine-1.0", (LARGE,), {"prompt": "make it snow"}, 640_000),
        ("grok-imagine-1.0", (LARGE,), {"prompt": "it goes on", "seconds": 10}, 780_000),
    ],
)
def test_a_clip_costs_what_the_vendor_takes(
    model: str, media: tuple[MediaInput, ...], options: dict[str, Any], micro_usd: int
) -> None:
    assert planned(model, *media, **options).cost_micro_usd == micro_usd


@pytest.mark.parametrize(
    ("model", "media", "options", "field", "allowed"),
    [
        ("grok-imagine-1.0", (), {"resolution": "1080p"}, "resolution", ("480p", "720p")),
        ("grok", (), {"seconds": 16}, "seconds", tuple(range(1, 16))),
        ("grok", (given("reference-image"),), {"resolution": "1080p"}, "resolution", ("480p", "720p")),
        ("grok-imagine-1.0", (given("reference-image"),), {"seconds": 15}, "seconds", tuple(range(1, 11))),
        ("grok-imagine-1.0", (LARGE,), {"prompt": "goes on", "seconds": 11}, "seconds", tuple(range(2, 11))),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(
    model: str, media: tuple[MediaInput, ...], options: dict[str, Any], field: str, allowed: tuple[Any, ...]
) -> None:
    refusal = refused(model, *media, **options)
    assert (refusal.code, refusal.facts["field"], refusal.facts["allowed"]) == ("impossible", field, allowed)


def test_own_recordings_are_refused_and_silence_is_the_vendors_own() -> None:
    voice = given("reference-audio", "audio", seconds=5)
    for audio_as in (None, "reference", "voice"):
        assert refused("grok", voice, audio_as=audio_as).code == "audio_not_taken"
    silent = planned("grok", sound=False)
    assert (silent.request.sound, silent.sound_path, silent.credits) == (
        False,
        "silent",
        planned("grok").credits,
    )
    edited = planned("grok-imagine-1.0", LARGE, prompt="make it snow", sound=False)
    assert (edited.request.sound, edited.sound_path) == (True, "silent"), "taken out by us: no switch there"


def test_too_many_or_too_long_files_and_edits_elsewhere_are_refused() -> None:
    assert refused("grok", *[given("reference-image")] * 8).code == "media_too_many"
    long = replace(LARGE, seconds=9.5)
    assert refused("grok-imagine-1.0", long, mode="edit").code == "media_too_long"
    assert (
        refused("grok-imagine-1.0", replace(LARGE, seconds=16), prompt="it goes on").code == "media_too_long"
    )
    assert refused("grok", LARGE, prompt="make it snow").code in ("mode_not_offered", "media_not_taken")
    assert refused("grok-imagine-1.5-lite", given("reference-image")).code in (
        "mode_not_offered",
        "media_not_taken",
    )
    assert (
        refused("grok-imagine-1.0", LARGE, prompt="make it snow", links=False).code == "needs_public_address"
    )


def test_nobody_is_promised_that_a_job_can_be_stopped(stage: GrokStage) -> None:
    assert not hasattr(stage.adapter(), "cancel")
    assert catalogue(ID).provider(ID).cancel == "never"
