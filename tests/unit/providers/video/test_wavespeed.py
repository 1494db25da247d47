"""WaveSpeed: recorded exchanges, names of fields, two kinds of status, a price before anything is made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, MediaInput, ProviderConfig, Queued, Running, Ticket
from providers.catalogue import check
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    NoFunds,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.quoting import CanQuote
from providers.video.wavespeed import Wavespeed
from providers.wire.fields import build_input
from tests.contract.stage_bytedance_seedance import picture, recording
from tests.contract.stage_fal import film, shipped, unlocked, wish
from tests.contract.stage_wavespeed import WavespeedStage, wavespeed
from tests.contract.test_video_provider import ended
from tests.fakes.wavespeed_rules import ENDPOINTS, read_order
from tests.unit.providers.video.playback import expected_body, playing, recorded

JOB = "4f2d8a0c3b1e4d5f9a7b6c5d4e3f2a1b"
TICKET = Ticket(
    provider="wavespeed",
    model="seedance-2.0",
    remote_id=JOB,
    endpoint=f"/api/v3/predictions/{JOB}/result",
)
MODELS = [m.id for m in shipped().models() if any(r.provider == "wavespeed" for r in m.routes)]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[WavespeedStage]:
    """The fake and its adapters."""
    async with wavespeed(tmp_path) as opened:
        yield opened


def adapter(url: str) -> Wavespeed:
    return Wavespeed(
        ProviderConfig(
            id="wavespeed",
            base_url=url,
            keys={"WAVESPEED_API_KEY": "ws_dummy"},
            work_dir=Path(),
            timeout_seconds=5,
        )
    )


def answer(scenario: str) -> dict[str, Any]:
    found: dict[str, Any] = recorded("wavespeed", scenario)["response_used"]
    return found


def same(heard: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Method, path, and the headers that matter."""
    assert (heard["method"], heard["path"]) == (wanted["method"], wanted["path"])
    if "Authorization" in wanted["headers"]:
        assert heard["headers"]["authorization"] == wanted["headers"]["Authorization"]
    if wanted.get("json") is not None:
        assert heard["headers"]["content-type"] == wanted["headers"]["Content-Type"]


# ---- recordings


async def test_a_wish_is_sent_as_the_sdk_sends_it() -> None:
    request = wish(shipped().route("wavespeed", "seedance-2.0"), prompt="a fox", seconds=5, resolution="720p")
    async with playing(answer("text")) as server:
        provider = adapter(server.url)
        ticket = await provider.submit(request, job_key="job-42")
        await provider.close()
    same(server.heard[0], recorded("wavespeed", "text")["request"])
    assert server.heard[0]["json"] == expected_body("wavespeed", "text")
    assert ticket == replace(TICKET, data={})


async def test_recorded_standings_are_read() -> None:
    sequence = [step["response_used"] for step in recorded("wavespeed", "from submit to result")["sequence"]]
    for played, kind in (
        (sequence[0], Queued),
        (sequence[1], Running),
        (sequence[2], Done),
        (answer("running"), Running),
        (answer("done"), Done),
    ):
        async with playing(played) as server:
            provider = adapter(server.url)
            progress = await provider.poll(TICKET)
            await provider.close()
        assert isinstance(progress, kind)
        same(server.heard[0], recorded("wavespeed", "running")["request"])
    assert isinstance(progress, Done)
    assert progress.url == "https://d1q70pf5vjeyhc.cloudfront.net/predictions/x/1.mp4"


@pytest.mark.parametrize(("scenario", "kind"), [("bad key", BadKey), ("rate limit", RateLimited)])
async def test_a_recorded_refusal_has_its_consequence(scenario: str, kind: type[ProviderError]) -> None:
    async with playing(answer(scenario)) as server:
        provider = adapter(server.url)
        with pytest.raises(ProviderError) as caught:
            await provider.submit(wish(shipped().route("wavespeed", "veo-3.1")), job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind and len(server.heard) == 1


async def test_a_file_is_handed_over_as_recorded(tmp_path: Path) -> None:
    steps = recorded("wavespeed", "file handed over")["sequence"]
    path = tmp_path / "someone's private name.mp3"
    path.write_bytes(b"\0" * 32)
    voice = MediaInput(
        role="reference-audio", kind="audio", path=path, mime="audio/mpeg", size_bytes=32, seconds=3
    )
    first, second = (step["response_used"] for step in steps)
    async with playing(first, second) as server:
        first["json"]["data"]["upload"]["url"] = f"{server.url}/put/note.mp3?sig=1"
        provider = adapter(server.url)
        link = await provider._store(voice, "seedance-2.0")
        await provider.close()
    assert link == "https://example.invalid/media/note.mp3"
    same(server.heard[0], steps[0]["request"])
    assert server.heard[0]["json"] == steps[0]["request"]["json"] | {"filename": "reference-audio.mp3"}
    same(server.heard[1], steps[1]["request"])
    assert server.heard[1]["bytes"] == 32 and "authorization" not in server.heard[1]["headers"]
    assert server.heard[1]["type"] == "audio/mpeg"


# ---- fields


@pytest.mark.parametrize("model", MODELS)
def test_every_combination_on_offer_is_taken_by_its_endpoint(model: str, tmp_path: Path) -> None:
    route = unlocked(shipped(), model, "wavespeed")
    first, last = picture(tmp_path, "first-frame"), picture(tmp_path, "last-frame")
    given: dict[str, tuple[MediaInput, ...]] = {
        "text": (),
        "first-frame": (first,),
        "first-last": (first, last),
        "upscale": (replace(film(tmp_path), width=640, height=360),),
    }
    refs: list[tuple[MediaInput, ...]] = [(picture(tmp_path, name="hero"),)]
    if route.window("reference-audio", "references"):
        refs.append((*refs[0], recording(tmp_path)))
    if not route.window("reference-image", "references"):
        refs = [(replace(film(tmp_path), role="reference-video"),)]
    for shape in route.shapes:
        for mode, resolution, aspect, sound in product(
            shape.modes, shape.resolutions, shape.aspects, shape.sound
        ):
            for seconds in {shape.seconds[0], shape.seconds[-1]}:
                for media in refs if mode == "references" else [given[mode]]:
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
                    assert request.api_name in ENDPOINTS
                    body = build_input(request, ["https://x.example/f"] * len(media))
                    order = read_order(request.api_name, body)
                    assert (order.sound, order.seconds) == (sound, 0 if shape.follows_source else seconds)


def test_several_shots_are_not_inherited_where_their_form_is_not_known() -> None:
    assert shipped().route("kling", "kling-3.0").shots is not None
    assert shipped().route("wavespeed", "kling-3.0").shots is None


async def test_what_cannot_be_asked_for_is_not_uploaded_first(stage: WavespeedStage, tmp_path: Path) -> None:
    request = wish(
        shipped().route("wavespeed", "seedance-2.0"), mode="references", media=(picture(tmp_path),)
    )
    with pytest.raises(Unsupported):
        await stage.adapter().submit(replace(request, seed=7), job_key="job")
    assert not stage.vendor.calls


# ---- answers


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("end-failed", VendorFault),
        ("end-timeout", VendorFault),
        ("end-moderated", OutputModerated),
        ("end-moderated-words", OutputModerated),
        ("end-deleted", Expired),
    ],
)
async def test_each_way_to_end_without_a_clip_is_told(
    stage: WavespeedStage, fault: str, kind: type[ProviderError]
) -> None:
    provider = stage.adapter()
    request = wish(shipped().route("wavespeed", "veo-3.1"), prompt=f"[fault:{fault}]")
    failed = await ended(provider, await provider.submit(request, job_key="job"))
    assert isinstance(failed, Failed) and type(failed.error) is kind


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("submit-invalid", BadRequest),
        ("submit-invalid-in-200", BadRequest),
        ("submit-moderated", PromptModerated),
    ],
)
async def test_status_and_code_are_both_looked_at(
    stage: WavespeedStage, fault: str, kind: type[ProviderError]
) -> None:
    request = wish(shipped().route("wavespeed", "veo-3.1"), prompt=f"[fault:{fault}]")
    with pytest.raises(ProviderError) as caught:
        await stage.adapter().submit(request, job_key="job")
    assert type(caught.value) is kind and stage.jobs() == 0


async def test_outputs_may_be_wrapped_and_an_unknown_state_is_no_end(stage: WavespeedStage) -> None:
    provider = stage.adapter()
    request = wish(
        shipped().route("wavespeed", "veo-3.1"), prompt="[fault:wrapped-output][fault:poll-strange]"
    )
    ticket = await provider.submit(request, job_key="job")
    with pytest.raises(Unreachable, match="pondering"):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)


# ---- the price


async def test_the_vendor_tells_what_exactly_a_request_costs(stage: WavespeedStage, tmp_path: Path) -> None:
    provider = stage.adapter()
    assert isinstance(provider, CanQuote)
    route = shipped().route("wavespeed", "seedance-2.0")
    loud = wish(route, seconds=7, mode="references", media=(picture(tmp_path), recording(tmp_path)))
    assert await provider.quote(loud) == Decimal("0.91")
    assert await provider.quote(replace(loud, sound=False)) == Decimal("0.77")
    assert not stage.vendor.stored and not stage.vendor.jobs, "nothing is sent or started for a price"


async def test_a_price_that_is_not_told_is_an_error_and_never_a_guess(stage: WavespeedStage) -> None:
    silent = wish(shipped().route("wavespeed", "veo-3.1"), prompt="[fault:no-price]")
    with pytest.raises(Unreachable):
        await stage.adapter().quote(silent)
    for body in ('{"data": {}}', '{"data": {"unit_price": "free"}}', '{"data": {"unit_price": 0}}', "<html>"):
        async with playing({"status": 200, "text": body}) as server:
            provider = adapter(server.url)
            with pytest.raises(Unreachable):
                await provider.quote(silent)
            await provider.close()


async def test_no_funds_are_told_by_words_or_number() -> None:
    for status, body in (
        (402, {"code": 402, "message": "no"}),
        (400, {"code": 400, "message": "Insufficient credits"}),
    ):
        async with playing({"status": status, "json": body}) as server:
            provider = adapter(server.url)
            with pytest.raises(NoFunds):
                await provider.submit(wish(shipped().route("wavespeed", "veo-3.1")), job_key="job")
            await provider.close()
