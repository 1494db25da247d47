"""fal's traps: names of fields, lengths in three forms, errors in as many, addresses not to be made up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from providers.base import Done, Failed, Shot, VideoRequest
from providers.catalogue import check, price
from providers.errors import (
    BadKey,
    BadRequest,
    NotSent,
    OutputModerated,
    PromptModerated,
    ProviderError,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.http.answers import Answer
from providers.wire.fal import Fault, fault_of, kind_of
from providers.wire.fields import build_input
from tests.contract.stage_bytedance_seedance import picture, recording
from tests.contract.stage_fal import FalStage, fal, film, shipped, unlocked, wish
from tests.contract.test_video_provider import ended
from tests.fakes.fal_rules import read_order, schemas


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[FalStage]:
    """The fake and its adapters."""
    async with fal(tmp_path) as opened:
        yield opened


def body(request: VideoRequest) -> dict[str, object]:
    return build_input(request, ["https://v3.fal.media/files/x"] * len(request.media))


# ---- every row of the data is an endpoint as fal's own types describe it


@pytest.mark.parametrize(
    "model", [m.id for m in shipped().models() if "fal" in {r.provider for r in m.routes}]
)
def test_every_combination_on_offer_is_taken_by_its_endpoint(model: str, tmp_path: Path) -> None:
    route = unlocked(shipped(), model)
    first, last = picture(tmp_path, "first-frame"), picture(tmp_path, "last-frame")
    hero, voice, source = picture(tmp_path, name="hero"), recording(tmp_path), film(tmp_path)
    given = {
        "text": (),
        "first-frame": (first,),
        "first-last": (first, last),
        "references": (hero,),
        "edit": (source,),
        "extend": (source,),
        "upscale": (source,),
    }
    pictures = [window for window in route.windows if window.role == "reference-image"]
    for shape in route.shapes:
        for mode, resolution, aspect, sound in product(
            shape.modes, shape.resolutions, shape.aspects, shape.sound
        ):
            media = given[mode]
            if shape.sources:
                height = int(shape.sources[-1].replace("4k", "2160p").removesuffix("p"))
                media = (replace(source, height=height, width=height * 16 // 9),)
            if mode == "references" and (shape.video_input or not pictures):
                mixed = pictures and "reference-video" not in pictures[0].excludes
                media = (*((hero,) if mixed else ()), replace(source, role="reference-video"))
            elif mode == "references" and route.window("reference-audio", "references"):
                media = (hero, voice)
            if shape.audio_input and voice not in media:
                said = route.window("reference-audio") is None
                media = (*media, replace(voice, role="voice") if said else voice)
            for seconds in {shape.seconds[0], shape.seconds[-1]}:
                request = wish(
                    route,
                    mode=mode,
                    resolution=resolution,
                    aspect=aspect,
                    sound=sound,
                    seconds=seconds,
                    media=media,
                )
                assert not check(route, request)
                assert request.api_name in schemas()
                order = read_order(request.api_name, body(request))
                assert order.sound == sound, request.api_name
                assert order.seconds == (0 if shape.follows_source else seconds)


def test_first_and_last_frame_have_another_name_at_each_endpoint(tmp_path: Path) -> None:
    first, last = picture(tmp_path, "first-frame"), picture(tmp_path, "last-frame")
    names = {
        "seedance-2.0": {"image_url", "end_image_url"},
        "kling-2.5-turbo": {"image_url", "tail_image_url"},
        "kling-3.0": {"start_image_url", "end_image_url"},
        "kling-3.0-omni": {"image_url", "end_image_url"},
        "veo-3.1": {"first_frame_url", "last_frame_url"},
    }
    for model, wanted in names.items():
        route = unlocked(shipped(), model)
        shape = next(shape for shape in route.shapes if "first-last" in shape.modes)
        request = wish(
            route,
            mode="first-last",
            aspect=shape.aspects[0],
            resolution=shape.resolutions[0],
            seconds=shape.seconds[-1],
            media=(first, last),
        )
        assert {name for name in body(request) if name.endswith("_url")} == wanted, model


def test_a_length_is_a_text_a_number_or_has_a_unit_and_is_never_left_to_the_vendor() -> None:
    assert body(wish(shipped().route("fal", "seedance-2.0"), seconds=8))["duration"] == "8"
    assert body(wish(shipped().route("fal", "veo-3.1"), seconds=8))["duration"] == "8s"
    number = wish(shipped().route("fal", "veo-3.1"), seconds=8)
    assert body(replace(number, options={"seconds": "duration"}))["duration"] == 8


def test_a_prompt_is_never_rewritten_by_the_vendor() -> None:
    assert body(wish(shipped().route("fal", "veo-3.1")))["auto_fix"] is False
    assert body(wish(shipped().route("fal", "hailuo-2.3")))["prompt_optimizer"] is False
    assert body(wish(shipped().route("fal", "wan-2.7")))["enable_prompt_expansion"] is False
    assert body(wish(unlocked(shipped(), "pixverse-v6")))["generate_multi_clip_switch"] is False


def test_wan_has_another_word_for_its_characters_at_each_endpoint(tmp_path: Path) -> None:
    hero, clip = picture(tmp_path, name="hero"), replace(film(tmp_path, name="hero"), role="reference-video")
    asked = {"mode": "references", "prompt": "@hero waves", "aspect": "16:9", "seconds": 5}
    for model, media, said in (
        ("wan-2.6", clip, "@Video1 waves"),
        ("wan-2.6-flash", clip, "Character1 waves"),
        ("wan-2.6-flash", hero, "Character1 waves"),
        ("wan-2.7", hero, "hero waves"),
        ("grok-imagine-1.0", hero, "@Image1 waves"),
    ):
        assert body(wish(unlocked(shipped(), model), media=(media,), **asked))["prompt"] == said


def test_pictures_and_clips_are_not_mixed_where_they_are_counted_through(tmp_path: Path) -> None:
    both = (picture(tmp_path, name="hero"), replace(film(tmp_path), role="reference-video"))
    route = unlocked(shipped(), "wan-2.6-flash")
    alone = wish(route, mode="references", aspect="16:9", media=both[:1])
    (problem,) = check(route, replace(alone, media=both))
    assert (problem.reason, problem.role, problem.allowed) == (
        "excluded",
        "reference-image",
        ("reference-video",),
    )
    (stray,) = check(unlocked(shipped(), "wan-2.6"), replace(alone, sound=True))
    assert (stray.reason, stray.role) == ("not_taken", "reference-image")


def test_shots_replace_the_prompt_and_open_with_what_is_said_of_all() -> None:
    shots = (Shot(prompt="a door; it opens", seconds=2), Shot(prompt="rain", seconds=3))
    sent = body(wish(shipped().route("fal", "kling-3.0"), prompt="A quiet street.", seconds=5, shots=shots))
    assert sent["multi_prompt"] == [
        {"prompt": "A quiet street. a door; it opens", "duration": "2"},
        {"prompt": "rain", "duration": "3"},
    ]
    assert "prompt" not in sent


def test_names_become_numbers_of_their_kind(tmp_path: Path) -> None:
    hero, place = picture(tmp_path, name="hero"), picture(tmp_path, name="place")
    voice = replace(recording(tmp_path), name="voice")
    route = shipped().route("fal", "seedance-2.0")
    request = wish(route, mode="references", media=(hero, voice, place), prompt="@Hero in @place, @voice")
    assert body(request)["prompt"] == "@Image1 in @Image2, @Audio1"
    veo = wish(shipped().route("fal", "veo-3.1"), mode="references", media=(hero,), prompt="@hero", seconds=8)
    assert body(veo)["prompt"] == "hero"


def test_what_has_no_field_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    plain = wish(shipped().route("fal", "seedance-2.0"))
    for odd in (
        replace(plain, seed=7),
        replace(plain, negative="rain"),
        replace(plain, media=(film(tmp_path),)),
    ):
        with pytest.raises(Unsupported):
            body(odd)
    first = picture(tmp_path, "first-frame")
    both = wish(shipped().route("fal", "seedance-2.0"), mode="first-frame", aspect="auto", media=(first,))
    with pytest.raises(Unsupported, match="one first-frame"):
        body(replace(both, media=(first, first)))


def test_a_seed_is_not_offered_where_one_mode_has_none(tmp_path: Path) -> None:
    route = shipped().route("fal", "veo-3.1")
    text = wish(route, seed=7, negative="rain")
    assert not check(route, text) and {"seed", "negative_prompt"} <= set(body(text))
    drawn = wish(route, mode="references", media=(picture(tmp_path),), seconds=8, seed=7, negative="rain")
    assert {problem.field for problem in check(route, drawn)} == {"seed", "negative"}


async def test_what_cannot_be_asked_for_is_not_uploaded_first(stage: FalStage, tmp_path: Path) -> None:
    request = wish(shipped().route("fal", "seedance-2.0"), mode="references", media=(picture(tmp_path),))
    with pytest.raises(Unsupported) as caught:
        await stage.adapter().submit(replace(request, seed=7), job_key="job")
    assert (caught.value.provider, caught.value.model) == ("fal", "seedance-2.0")
    assert not stage.fal.calls


# ---- the store


async def test_files_go_into_the_store_without_the_names_people_gave_them(
    stage: FalStage, tmp_path: Path
) -> None:
    secret = tmp_path / "my-diary.png"
    hero = picture(tmp_path, name="hero")
    secret.write_bytes(hero.path.read_bytes())
    request = wish(
        shipped().route("fal", "seedance-2.0"),
        mode="references",
        media=(replace(hero, path=secret), recording(tmp_path)),
    )
    await stage.adapter().submit(request, job_key="job")
    sent = stage.fal.bodies[0]
    assert [len(sent["image_urls"]), len(sent["audio_urls"])] == [1, 1]
    assert all("diary" not in link for link in stage.fal.stored)
    assert stage.fal.stored[sent["image_urls"][0]] == secret.read_bytes()
    assert "expiration_duration_seconds" in stage.fal.headers[0]["x-fal-object-lifecycle-preference"]


async def test_a_store_that_refuses_starts_no_job(stage: FalStage, tmp_path: Path) -> None:
    request = wish(shipped().route("fal", "seedance-2.0"), mode="references", media=(picture(tmp_path),))
    with pytest.raises(BadKey):
        await stage.adapter("5f0a71c2-cc63:wrong-77c0d2aa").submit(request, job_key="job")
    gone = replace(request, media=(replace(request.media[0], path=tmp_path / "gone.png"),))
    with pytest.raises(NotSent):
        await stage.adapter().submit(gone, job_key="job")
    assert stage.jobs() == 0


# ---- the queue


async def test_addresses_that_cannot_be_used_are_made_of_two_parts(stage: FalStage) -> None:
    request = wish(unlocked(shipped(), "kling-2.6"), prompt="[fault:short-answer]")
    ticket = await stage.adapter().submit(request, job_key="job")
    assert ticket.endpoint == f"/fal-ai/kling-video/requests/{ticket.remote_id}"
    assert isinstance(await ended(stage.adapter(), ticket), Done)


async def test_the_key_is_sent_to_the_configured_address_only(stage: FalStage) -> None:
    ticket = await stage.adapter().submit(wish(shipped().route("fal", "veo-3.1")), job_key="job")
    assert all(str(value).startswith("/fal-ai/veo3.1/requests/") for value in ticket.data.values())
    astray = replace(ticket, endpoint="https://evil.example/x", data={"status": "https://evil.example/x"})
    with pytest.raises(Unreachable):
        await stage.adapter().poll(astray)


@pytest.mark.parametrize(
    ("fault", "kind", "billed"),
    [
        ("end-failed", VendorFault, False),
        ("end-crashed", VendorFault, False),
        ("end-downstream", VendorFault, False),
        ("end-plain", VendorFault, False),
        ("end-moderated", OutputModerated, None),
        ("end-nothing", OutputModerated, None),
        ("end-prompt", PromptModerated, False),
        ("end-person", PromptModerated, False),
        ("end-invalid", BadRequest, None),
    ],
)
async def test_a_finished_job_that_failed_says_why_and_who_pays(
    stage: FalStage, fault: str, kind: type[ProviderError], billed: bool | None
) -> None:
    provider = stage.adapter()
    request = wish(shipped().route("fal", "veo-3.1"), prompt=f"[fault:{fault}]")
    failed = await ended(provider, await provider.submit(request, job_key="job"))
    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.billed) == (kind, billed)


async def test_a_page_of_a_proxy_says_nothing_about_the_job(stage: FalStage) -> None:
    provider = stage.adapter()
    request = wish(shipped().route("fal", "veo-3.1"), prompt="[fault:queue-ms=0][fault:result-html]")
    ticket = await provider.submit(request, job_key="job")
    await asyncio.sleep(0.1)
    with pytest.raises(Unreachable):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)


async def test_a_status_nobody_knows_is_asked_about_again(stage: FalStage) -> None:
    provider = stage.adapter()
    request = wish(shipped().route("fal", "veo-3.1"), prompt="[fault:poll-strange]")
    ticket = await provider.submit(request, job_key="job")
    with pytest.raises(Unreachable, match="PONDERING"):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)


def test_errors_are_read_in_each_of_their_forms() -> None:
    def read(text: str, status: int = 422, **headers: str) -> tuple[Fault, type[ProviderError]]:
        answer = Answer(status=status, headers=headers, body=text.encode())
        return fault_of(answer), kind_of(status, fault_of(answer))

    problems = [
        {"loc": ["body", "seed"], "msg": "no", "type": "less_than"},
        {"loc": ["body", "prompt"], "msg": "flagged", "type": "content_policy_violation"},
    ]
    listed = json.dumps({"detail": problems})
    assert read(listed) == (
        Fault(type="content_policy_violation", words="prompt: flagged", ours=True),
        PromptModerated,
    )
    assert read('{"detail": "slow", "error_type": "startup_timeout"}', 504)[1] is VendorFault
    assert read("{}", 503, **{"x-fal-error-type": "runner_disconnected"})[0].type == "runner_disconnected"
    assert read('"just words"', 400) == (Fault(words="just words"), BadRequest)
    assert read("<html>", 502) == (Fault(), VendorFault)
    assert read('{"detail": 7}', 422) == (Fault(), BadRequest)
    assert read('{"detail": []}', 422) == (Fault(), BadRequest)


# ---- prices


def test_prices_are_what_fal_says(tmp_path: Path) -> None:
    day = date(2026, 11, 22)
    catalogue = shipped()

    def usd(model: str, **changes: object) -> str:
        route = catalogue.route("fal", model)
        return str(price(route, wish(route, **changes), day).usd.normalize())

    assert usd("seedance-2.0", resolution="720p", seconds=5) == "1.517"
    assert usd("seedance-2.0-mini", resolution="480p", seconds=10) == "0.721"
    assert usd("kling-2.5-turbo", seconds=10) == "0.7"
    assert usd("kling-3.0", resolution="1080p", seconds=5, sound=True) == "0.84"
    assert usd("kling-3.0", resolution="720p", seconds=5, sound=False) == "0.42"
    assert usd("veo-3.1", seconds=8, sound=True) == "3.2"
    assert usd("veo-3.1", seconds=8, resolution="4k", sound=True) == "4.8"
    assert usd("veo-3.1-fast", seconds=6, sound=False) == "0.6"
    style = replace(film(tmp_path), role="reference-video")
    # Input and output count: 4 s of a clip and 5 s made.
    clip = {"mode": "references", "media": (style,), "input_seconds": 4}
    assert usd("seedance-2.0-fast", resolution="720p", seconds=5, **clip) == "1.30635"
    # The examples of fal's own pages.
    references = {"mode": "references", "media": (style,), "input_seconds": 8}
    assert usd("wan-2.7", resolution="720p", seconds=3, **references) == "1.1"
    first = {"mode": "first-frame", "aspect": "auto", "media": (picture(tmp_path, "first-frame"),)}
    assert usd("wan-2.7", resolution="1080p", seconds=5, **first) == "0.75"
    assert usd("grok-imagine-1.5", resolution="480p", seconds=5, **first) == "0.41"
    assert usd("hailuo-02", resolution="768p", seconds=6, **first) == "0.27"
    assert usd("hailuo-2.3", resolution="1080p", seconds=6) == "0.49"
    assert usd("hailuo-2.3-fast", resolution="768p", seconds=10, **first) == "0.32"
    unknown_here = (
        "wan-2.6",
        "wan-2.6-flash",
        "grok-imagine-1.0",
        "pixverse-v5",
        "pixverse-v5.5",
        "pixverse-v6",
    )
    for unknown in (
        "kling-2.6",
        "kling-o1",
        "kling-3.0-turbo",
        "kling-3.0-omni",
        "veo-3.1-lite",
        *unknown_here,
    ):
        assert not catalogue.route("fal", unknown).offered
    assert catalogue.provider("fal").billed_when_moderated


def test_a_recording_beside_a_picture_is_meant_by_its_number_where_the_endpoint_counts(
    tmp_path: Path,
) -> None:
    hero, voice = picture(tmp_path, name="hero"), replace(recording(tmp_path), name="her")
    request = wish(
        unlocked(shipped(), "minimax-h3"),
        mode="references",
        prompt="@hero sings like @her",
        media=(hero, voice),
    )
    sent = body(request)
    assert sent["prompt"] == "Image 1 sings like Audio 1" and sent["resolution"] == "2K"
    assert {name for name in sent if name.startswith("reference_")} == {
        "reference_image_urls",
        "reference_audio_urls",
    }
    assert shipped().route("fal", "minimax-h3").offered == ()  # nobody knows the price
