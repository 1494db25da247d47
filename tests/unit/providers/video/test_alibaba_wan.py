"""Wan's traps: characters over several shots, recordings, silence, lost jobs, refusals before paying."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, MediaInput, Shot, Ticket, VideoProvider
from providers.catalogue import check_catalogue, price_counted
from providers.errors import (
    BadKey,
    BadRequest,
    NoFunds,
    NotSent,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.alibaba_wan import build_payload, shots_text
from providers.wire.dashscope import kind_of
from tests.contract.stage_alibaba_wan import AT_ONCE, WanStage, picture, wan, wish
from tests.contract.stage_bytedance_seedance import recording
from tests.contract.stage_fal import film
from tests.unit.providers.video import plans
from tests.unit.providers.video.plans import TODAY, catalogue, given

ID = "alibaba-wan"
SHOTS = (
    Shot(prompt="@baker opens the door", seconds=3),
    Shot(prompt='@cat says: "Good morning, @Baker"', seconds=4),
    Shot(prompt="both laugh", seconds=3),
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[WanStage]:
    """The vendor, listening."""
    async with wan(tmp_path) as opened:
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
# Characters over several shots


async def test_two_characters_play_three_shots_in_order_with_their_names_and_all_seconds_priced(
    stage: WanStage, tmp_path: Path
) -> None:
    clip = replace(film(tmp_path), role="reference-video", name="baker")
    cat = picture(tmp_path, name="cat")
    plan = planned("wan-2.6", clip, cat, prompt="A quiet kitchen.", shots=SHOTS)
    # 10 s that are made and 4 s of the clip that is given, at 0.10 each.
    assert (plan.request.seconds, plan.request.input_seconds, plan.cost_micro_usd) == (10, 4, 1_400_000)
    adapter = stage.adapter()
    done = await ended(adapter, await adapter.submit(plan.request, job_key="job"))
    assert isinstance(done, Done)
    (job,) = stage.vendor.jobs.values()
    assert job.body["input"]["prompt"] == (
        "A quiet kitchen. Shot 1 [0-3s] character1 opens the door. "
        'Shot 2 [3-7s] character2 says: "Good morning, character1". Shot 3 [7-10s] both laugh'
    )
    files = [stage.vendor.stored[link].data for link in job.body["input"]["reference_urls"]]
    assert files == [clip.path.read_bytes(), cat.path.read_bytes()]
    assert (job.body["model"], job.body["parameters"]["shot_type"]) == ("wan2.6-r2v", "multi")
    assert job.body["parameters"]["duration"] == 10
    bill = price_counted(catalogue(ID).route(ID, "wan-2.6"), plan.request, TODAY, done.counted)
    assert bill == Decimal("1.4")


async def test_fifteen_seconds_of_characters_are_made_by_27_each_with_a_voice(
    stage: WanStage, tmp_path: Path
) -> None:
    shots = tuple(replace(shot, seconds=5) for shot in SHOTS)
    heroes = (picture(tmp_path, name="baker"), replace(picture(tmp_path), name="cat"))
    voices = tuple(recording(tmp_path, seconds=4.0, mp3=mp3) for mp3 in (False, True))
    plan = planned("wan-2.7", *heroes, *voices, prompt="A kitchen.", shots=shots)
    assert (plan.request.mode, plan.request.api_name) == ("references", "wan2.7-r2v")
    assert (plan.request.seconds, plan.cost_micro_usd) == (15, 1_500_000)
    await stage.adapter().submit(plan.request, job_key="job")
    (job,) = stage.vendor.jobs.values()
    first, second = job.body["input"]["media"]
    assert stage.vendor.stored[first["reference_voice"]].data == voices[0].path.read_bytes()
    assert stage.vendor.stored[second["reference_voice"]].data == voices[1].path.read_bytes()
    assert 'Shot 2 [5-10s] Image 2 says: "Good morning, Image 1"' in job.body["input"]["prompt"]
    assert "shot_type" not in job.body["parameters"] and job.body["parameters"]["duration"] == 15


def test_fifteen_seconds_and_a_character_are_refused_where_they_do_not_go_together() -> None:
    hero, dance = given("reference-image", name="hero"), given("reference-video", "video", seconds=4.0)
    for model, media in (("wan-2.6", (hero,)), ("wan-2.6-flash", (hero,)), ("wan-2.7", (hero, dance))):
        refusal = refused(model, *media, seconds=15)
        assert (refusal.code, refusal.facts["allowed"]) == ("impossible", tuple(range(2, 11)))
    assert planned("wan-2.7", hero, seconds=15).request.seconds == 15


@pytest.mark.parametrize(("model", "extend"), [("wan-2.6", True), ("wan-2.7", False)])
def test_several_shots_of_26_come_with_what_they_need(model: str, extend: bool) -> None:
    shots = (Shot(prompt="rain", seconds=2), Shot(prompt="sun", seconds=2))
    chosen = build_payload(wish(model, shots=shots), [])["parameters"]
    assert chosen["prompt_extend"] is extend and chosen.get("shot_type") == ("multi" if extend else None)
    single = build_payload(wish(model), [])["parameters"]
    assert single["prompt_extend"] is False, "one prompt is made as it was written"
    assert build_payload(wish(model), [], rewrite=True)["parameters"]["prompt_extend"] is True


def test_a_prompt_that_would_be_cut_off_with_its_shots_is_not_sent() -> None:
    shots = tuple(Shot(prompt="x" * 400, seconds=2) for _ in range(2))
    long = wish(prompt="y" * 800, shots=shots)
    with pytest.raises(Unsupported):
        build_payload(long, [])
    assert refused("wan-2.6", prompt="y" * 1501).code == "prompt_too_long"
    assert shots_text(shots).startswith("Shot 1 [0-2s] x")


# ---------------------------------------------------------------------------------------------
# Recordings and silence


async def test_a_recording_goes_through_the_store_and_never_inside_the_request(
    stage: WanStage, tmp_path: Path
) -> None:
    voice = recording(tmp_path, seconds=4.0)
    await stage.adapter().submit(wish(media=(voice,)), job_key="job")
    (job,) = stage.vendor.jobs.values()
    link = job.body["input"]["audio_url"]
    assert link.startswith("oss://") and stage.vendor.stored[link].data == voice.path.read_bytes()
    create = next(call for call in stage.vendor.seen if call.path.endswith("/video-synthesis"))
    assert create.headers["x-dashscope-ossresourceresolve"] == "enable"


@pytest.mark.parametrize("audio_as", [None, "reference", "voice", "soundtrack"])
def test_a_recording_moves_the_clip_in_every_way_it_may_be_meant(audio_as: Any) -> None:
    voice = given("reference-audio", "audio", seconds=5)
    for model, media, mode in (
        ("wan-2.6", (voice,), "text"),
        ("wan-2.6", (given("first-frame"), voice), "first-frame"),
        ("wan-2.7", (voice,), "text"),
        ("wan-2.7", (given("first-frame"), given("last-frame"), voice), "first-last"),
    ):
        found = planned(model, *media, audio_as=audio_as)
        assert (found.request.mode, found.sound_path) == (mode, "native")


def test_own_recordings_beside_characters_of_26_are_refused() -> None:
    hero, voice = given("reference-image", name="hero"), given("reference-audio", "audio", seconds=5)
    for model in ("wan-2.6", "wan-2.6-flash"):
        assert refused(model, hero, voice).code in ("media_not_taken", "mode_not_offered")
    short = given("reference-audio", "audio", seconds=2)
    assert refused("wan-2.6", short).code == "media_too_short"


def test_more_voices_than_pictures_are_not_sent() -> None:
    voice = replace(given("reference-audio", "audio", seconds=5), url="https://a/v.mp3")
    hero = replace(given("reference-image"), url="https://a/p.png")
    request = wish("wan-2.7", mode="references", media=(hero, voice, voice))
    with pytest.raises(Unsupported):
        build_payload(request, ["https://a/p.png", "https://a/v.mp3", "https://a/v.mp3"])


def test_only_flash_is_silent_by_the_vendor_and_costs_half() -> None:
    frame = given("first-frame")
    silent = planned("wan-2.6-flash", frame, sound=False)
    assert (silent.request.sound, silent.cost_micro_usd) == (False, 125_000)
    assert planned("wan-2.6-flash", frame).cost_micro_usd == 250_000
    taken_out = planned("wan-2.6", frame, sound=False)
    assert (taken_out.request.sound, taken_out.sound_path) == (True, "silent")
    with pytest.raises(Unsupported):
        build_payload(replace(wish(), sound=False), [])


async def test_a_file_that_the_store_does_not_take_starts_nothing(
    stage: WanStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.alibaba_wan.FORM", ())
    with pytest.raises(NotSent):
        await stage.adapter().submit(wish(media=(recording(tmp_path, seconds=4.0),)), job_key="job")
    assert stage.vendor.calls["put"] == 1 and stage.vendor.calls["create"] == 0


async def test_a_file_that_has_changed_is_not_handed_over(stage: WanStage, tmp_path: Path) -> None:
    changed = replace(recording(tmp_path, seconds=4.0), size_bytes=7)
    with pytest.raises(NotSent):
        await stage.adapter().submit(wish(media=(changed,)), job_key="job")
    assert not stage.vendor.calls


# ---------------------------------------------------------------------------------------------
# Jobs


async def test_a_lost_job_is_looked_for_among_the_tasks_of_its_model_and_time(stage: WanStage) -> None:
    adapter = stage.adapter(timeout=0.3)
    lost = wish(prompt=f"{AT_ONCE}[fault:lost-hang]")
    others = [
        wish(prompt=f"{AT_ONCE} another"),
        wish("wan-2.7", prompt=lost.prompt.replace("lost-hang", "gone")),
    ]
    for number, other in enumerate(others):
        await adapter.submit(other, job_key=f"other {number}")
    with pytest.raises(OutcomeUnknown):
        await adapter.submit(lost, job_key="lost")
    since = min(job.created_ms for job in stage.vendor.jobs.values())
    (found,) = await stage.adapter().find_lost(lost, job_key="lost", since_ms=since)
    assert stage.vendor.jobs[found.remote_id].body["input"]["prompt"] == lost.prompt
    assert await stage.adapter().find_lost(lost, job_key="lost", since_ms=since - 3_600_000) == []
    assert stage.vendor.calls["list"] == 2


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("end-failed", VendorFault, "InternalError.Algo"),
        ("end-moderated", OutputModerated, "DataInspectionFailed"),
        ("end-input", PromptModerated, "DataInspectionFailed"),
        ("end-brand", OutputModerated, "IPInfringementSuspect"),
        ("end-invalid", BadRequest, "InvalidParameter"),
    ],
)
async def test_what_is_told_late_says_whose_fault_it_is_and_costs_nothing(
    stage: WanStage, fault: str, kind: type[ProviderError], code: str
) -> None:
    adapter = stage.adapter()
    failed = await ended(adapter, await adapter.submit(wish(prompt=f"[fault:{fault}]"), job_key="job"))
    assert isinstance(failed, Failed) and failed.billed is False
    assert (type(failed.error), failed.error.vendor_code) == (kind, code)


@pytest.mark.parametrize(
    ("status", "code", "words", "kind"),
    [
        (400, "InvalidParameter.DataInspection", "Unable to download the media resource", BadRequest),
        (400, "IPInfringementSuspect", "Input data is suspected", PromptModerated),
        (429, "Throttling.AllocationQuota", "Allocated quota exceeded", NoFunds),
        (403, "AllocationQuota.FreeTierOnly", "The free tier is exhausted", NoFunds),
        (403, "Workspace.AccessDenied", "denied", BadKey),
        (403, "AccessDenied.Unpurchased", "denied", BadKey),
        (400, "BadRequest.EmptyInput", "empty", BadRequest),
        (400, "InvalidImage.Resolution", "small", BadRequest),
    ],
)
def test_each_code_of_the_vendor_has_its_consequence(
    status: int, code: str, words: str, kind: type[ProviderError]
) -> None:
    assert kind_of(status, code, words) is kind


async def test_a_word_for_a_state_that_nobody_knows_is_not_an_end(stage: WanStage) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(wish(prompt="[fault:poll-strange]"), job_key="job")
    with pytest.raises(Unreachable):
        await adapter.poll(ticket)
    done = await ended(adapter, ticket)
    assert isinstance(done, Done) and done.counted == {"second": Decimal(4), "input_second": Decimal(0)}


async def test_a_clip_comes_also_where_nothing_was_counted(stage: WanStage) -> None:
    adapter = stage.adapter()
    done = await ended(adapter, await adapter.submit(wish(prompt="[fault:no-usage]"), job_key="job"))
    assert isinstance(done, Done) and done.counted == {}


# ---------------------------------------------------------------------------------------------
# The catalogue


def test_everything_that_is_offered_has_a_price() -> None:
    assert check_catalogue(catalogue(ID), TODAY) == ()


DANCE = given("reference-video", "video", seconds=6.5)


@pytest.mark.parametrize(
    ("model", "media", "options", "micro_usd"),
    [
        ("wan-2.6", (), {}, 500_000),
        ("wan-2.6", (), {"seconds": 15, "resolution": "1080p"}, 2_250_000),
        ("wan-2.6", (given("reference-image"),), {"seconds": 10}, 1_000_000),
        ("wan-2.6", (DANCE,), {"seconds": 10}, 1_700_000),
        ("wan-2.6-flash", (given("reference-image"), DANCE), {"seconds": 10, "sound": False}, 425_000),
        ("wan-2.6-flash", (given("first-frame"),), {"seconds": 10, "resolution": "1080p"}, 750_000),
        ("wan", (given("first-frame"), given("last-frame")), {"seconds": 10}, 1_000_000),
    ],
)
def test_a_clip_costs_what_the_vendor_takes(
    model: str, media: tuple[MediaInput, ...], options: dict[str, Any], micro_usd: int
) -> None:
    assert planned(model, *media, **options).cost_micro_usd == micro_usd


@pytest.mark.parametrize(
    ("model", "media", "options", "field"),
    [
        ("wan-2.6", (), {"resolution": "480p"}, "resolution"),
        ("wan-2.6", (), {"aspect": "21:9"}, "aspect"),
        ("wan-2.6", (), {"seconds": 16}, "seconds"),
        ("wan-2.7", (), {"seconds": 1}, "seconds"),
    ],
)
def test_what_does_not_exist_is_refused(
    model: str, media: tuple[MediaInput, ...], options: dict[str, Any], field: str
) -> None:
    refusal = refused(model, *media, **options)
    assert (refusal.code, refusal.facts["field"]) == ("impossible", field)


def test_flash_makes_nothing_of_words_alone_and_26_no_last_frame() -> None:
    assert refused("wan-2.6-flash").code == "media_missing"
    assert refused("wan-2.6", given("first-frame"), given("last-frame")).code in (
        "mode_not_offered",
        "media_not_taken",
    )
    assert refused("wan-2.6", *[given("reference-image")] * 6).code == "media_too_many"
