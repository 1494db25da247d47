"""PixVerse: recorded exchanges, a new trace id for every request, numbers for states, errors in HTTP 200."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from providers.base import Done, Failed, Made, MediaInput, ProviderConfig, Running, Ticket, VideoRequest
from providers.catalogue import check, price
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    NotSent,
    OutcomeUnknown,
    OutputModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.pixverse import Pixverse, build_payload
from providers.wire.pixverse import PixverseWire
from tests.contract.stage_fal import shipped, unlocked
from tests.contract.stage_minimax_hailuo import frame, own_wish
from tests.contract.stage_pixverse import PixverseStage, pixverse
from tests.contract.test_video_provider import ended, finished
from tests.fakes.pixverse import MODELS, check_order
from tests.unit.providers.video.playback import (
    Playback,
    answers,
    linked,
    playing,
    requests,
    same_body,
    same_call,
)

FOLDER = "pixverse"
TODAY = date(2026, 11, 28)
TICKET = Ticket(
    provider=FOLDER, model="pixverse-v5", remote_id="301", data={"credits": 45, "unit_usd": "0.01"}
)
KINDS = {"text": "text", "first-frame": "img", "first-last": "transition", "extend": "extend"}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[PixverseStage]:
    """The fake and its adapters."""
    async with pixverse(tmp_path) as opened:
        yield opened


def config(url: str) -> ProviderConfig:
    return ProviderConfig(
        id=FOLDER,
        base_url=url,
        keys={"PIXVERSE_API_KEY": "test-key"},
        work_dir=Path(),
        timeout_seconds=5,
    )


def adapter(server: Playback) -> Pixverse:
    return Pixverse(config(server.url))


def asked(model: str = "pixverse-v5", prompt: str = "a cat", **changes: Any) -> VideoRequest:
    return own_wish(FOLDER, model, prompt=prompt, **changes)


# ---- recordings


async def test_words_are_sent_as_recorded() -> None:
    for scenario, request in {
        "text": asked(prompt="A paper boat in rain", resolution="720p", negative="blurry", seed=7),
        "text with sound": asked("pixverse-v6", "a street violinist", seed=7),
    }.items():
        async with playing(*answers(FOLDER, scenario)) as server:
            provider = adapter(server)
            ticket = await provider.submit(request, job_key="job-42")
            await provider.close()
        same_call(server.heard[0], requests(FOLDER, scenario)[0], "API-KEY", "Content-Type")
        same_body(server.heard[0], FOLDER, scenario)
        UUID(server.heard[0]["headers"]["ai-trace-id"])
        assert ticket.remote_id in ("301", "302") and ticket.data["unit_usd"] == "0.01"


async def test_a_picture_is_handed_over_and_named_as_recorded(tmp_path: Path) -> None:
    picture = frame(tmp_path)
    upload = answers(FOLDER, "picture handed over")[0]
    for scenario, request in {
        "first frame": asked(
            prompt="she turns", mode="first-frame", aspect="auto", resolution="720p", seconds=8
        ),
        "first frame with sound": asked(
            "pixverse-v5.5", "she sings", mode="first-frame", aspect="auto", resolution="720p", sound=True
        ),
    }.items():
        async with playing(upload, *answers(FOLDER, scenario)) as server:
            provider = adapter(server)
            await provider.submit(replace(request, media=(picture,)), job_key="job-42")
            await provider.close()
        same_call(server.heard[0], requests(FOLDER, "picture handed over")[0], "API-KEY")
        assert server.heard[0]["type"].startswith("multipart/form-data")
        same_call(server.heard[1], requests(FOLDER, scenario)[0], "API-KEY", "Content-Type")
        same_body(server.heard[1], FOLDER, scenario)
        first, second = (heard["headers"]["ai-trace-id"] for heard in server.heard)
        assert first != second


async def test_a_recording_is_handed_over_as_recorded(tmp_path: Path) -> None:
    path = tmp_path / "someone's private name.mp3"
    path.write_bytes(b"\0" * 35)
    voice = MediaInput(role="voice", kind="audio", path=path, mime="audio/mpeg", size_bytes=35, seconds=3)
    async with playing(*answers(FOLDER, "recording handed over")) as server:
        wire = PixverseWire(config(server.url))
        number = await wire.store_media(voice, model="pixverse-v5", max_bytes=100)
        await wire.close()
    same_call(server.heard[0], requests(FOLDER, "recording handed over")[0], "API-KEY")
    assert number == 77


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {"running": Running, "done": Done, "failed": VendorFault, "moderated": OutputModerated}.items(),
)
async def test_a_recorded_standing_is_read(scenario: str, kind: type) -> None:
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server)
        progress = await provider.poll(TICKET)
        await provider.close()
    same_call(server.heard[0], requests(FOLDER, scenario)[0], "API-KEY")
    assert type(progress.error if isinstance(progress, Failed) else progress) is kind
    if isinstance(progress, Done):
        assert progress.url == "https://media.pixverse.ai/openapi/301.mp4"
        assert progress.data == {"seed": 7, "has_audio": "yes"}
        assert progress.cost_usd == Decimal("0.45")
    if scenario == "moderated":
        assert isinstance(progress, Failed) and progress.billed is False


@pytest.mark.parametrize(
    ("scenario", "kind"), {"bad key": BadKey, "rate limit": RateLimited, "bad request": BadRequest}.items()
)
async def test_a_refusal_is_read_and_never_sent_again_as_the_vendors_own_client_does(
    scenario: str, kind: type[ProviderError]
) -> None:
    assert len(requests(FOLDER, scenario)) == 3
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server)
        with pytest.raises(ProviderError) as caught:
            await provider.submit(asked(), job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind and len(server.heard) == 1


# ---- the trace id


async def test_every_request_has_a_trace_id_of_its_own(stage: PixverseStage, tmp_path: Path) -> None:
    provider = stage.adapter()
    for number, request in enumerate(stage.shapes().values()):
        done = await finished(provider, await provider.submit(request, job_key="always the same"))
        await provider.fetch(done, tmp_path / f"{number}.mp4")
    assert len(stage.vendor.traces) > 20 and not stage.vendor.repeated


async def test_a_question_that_is_asked_again_has_a_new_trace_id(stage: PixverseStage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(asked(prompt="[fault:poll-cut]"), job_key="job")
    before = len(stage.vendor.traces)
    await provider.poll(ticket)
    assert stage.vendor.calls[f"GET /openapi/v2/video/result/{ticket.remote_id}"] == 2
    assert len(stage.vendor.traces) == before + 2 and not stage.vendor.repeated


async def test_a_job_under_a_used_trace_id_would_never_end(
    stage: PixverseStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = UUID("00000000-0000-4000-8000-000000000001")
    monkeypatch.setattr("providers.wire.pixverse.uuid4", lambda: same)
    provider = stage.adapter()
    await provider.submit(asked(), job_key="a")
    ticket = await provider.submit(asked(), job_key="b")
    assert stage.vendor.repeated and stage.vendor.jobs[ticket.remote_id].stuck


# ---- what the vendor takes


@pytest.mark.parametrize("model", ["pixverse-v5", "pixverse-v5.5", "pixverse-v6"])
def test_every_combination_in_the_catalogue_is_taken_by_the_vendor(model: str) -> None:
    route = unlocked(shipped(), model, FOLDER)
    first, last = linked("first-frame", "", "a.png"), linked("last-frame", "", "b.png")
    clip = replace(linked("source-video", "", "c.mp4"), seconds=5.0)
    given = {"text": (), "first-frame": (first,), "first-last": (first, last), "extend": (clip,)}
    heard = set()
    for shape in route.shapes:
        for mode, resolution, aspect, seconds, sound in product(
            shape.modes, shape.resolutions, shape.aspects, shape.seconds, shape.sound
        ):
            media = given[mode]
            request = asked(
                model,
                mode=mode,
                resolution=resolution,
                aspect=aspect,
                seconds=seconds,
                sound=sound,
                media=media,
            )
            assert not check(route, request), request
            check_order(KINDS[mode], build_payload(request, [42 for _ in media]))
            heard.add(sound)
    assert (True in heard) == MODELS[route.api_name].native


@pytest.mark.parametrize(
    ("model", "wishes"),
    [
        ("pixverse-v5", {"sound": True}),
        ("pixverse-v5", {"seconds": 10}),
        ("pixverse-v5", {"mode": "references", "aspect": "16:9"}),
        ("pixverse-v5.5", {"resolution": "1080p", "seconds": 10, "sound": True}),
        ("pixverse-v5.5", {"mode": "first-last", "aspect": "auto"}),
        ("pixverse-v6", {"seconds": 16}),
        ("pixverse-v6", {"negative": "rain"}),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_paid(model: str, wishes: dict[str, Any]) -> None:
    route = unlocked(shipped(), model, FOLDER)
    assert check(route, replace(asked(model), **wishes))


def test_sound_is_never_dropped_silently() -> None:
    with pytest.raises(Unsupported):
        build_payload(replace(asked(), sound=True), [])


@pytest.mark.parametrize(
    ("model", "wishes", "usd"),
    [
        ("pixverse-v5", {"resolution": "360p"}, "0.45"),
        ("pixverse-v5", {"resolution": "540p", "seconds": 8}, "0.90"),
        ("pixverse-v5", {"resolution": "720p"}, "0.60"),
        ("pixverse-v5", {"resolution": "1080p", "seconds": 8}, "2.40"),
        ("pixverse-v5.5", {"sound": True}, "0.55"),
        ("pixverse-v5.5", {"sound": True, "seconds": 8}, "1.00"),
        ("pixverse-v5.5", {"sound": True, "seconds": 10}, "1.09"),
        ("pixverse-v5.5", {"sound": False}, "0.45"),
        ("pixverse-v6", {"sound": True}, "0.60"),
    ],
)
def test_a_clip_costs_the_vendors_credits(model: str, wishes: dict[str, Any], usd: str) -> None:
    assert price(shipped().route(FOLDER, model), asked(model, **wishes), TODAY).usd == Decimal(usd)


# ---- going on


async def test_a_clip_of_the_vendors_own_goes_on_by_its_number(stage: PixverseStage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(asked(), job_key="first")
    await finished(provider, ticket)
    own = replace(stage.film(), made=Made(provider=FOLDER, remote_id=ticket.remote_id, at_ms=0))
    wish = {"mode": "extend", "aspect": "auto"}
    further = await provider.submit(asked(media=(own,), **wish), job_key="second")
    assert stage.vendor.jobs[further.remote_id].body["source_video_id"] == int(ticket.remote_id)
    assert not stage.vendor.media
    foreign = await provider.submit(asked(media=(stage.film(),), **wish), job_key="third")
    assert stage.vendor.jobs[foreign.remote_id].body["video_media_id"] in stage.vendor.media


def test_the_price_of_going_on_is_not_known_and_so_it_is_not_offered() -> None:
    offered = shipped().route(FOLDER, "pixverse-v5").offered
    assert not [shape for shape in offered if "extend" in shape.modes]


def test_what_nobody_states_a_price_for_waits_for_one_of_the_operator() -> None:
    for model, sizes in {"pixverse-v5.5": {"540p"}, "pixverse-v6": {"720p"}}.items():
        offered = shipped().route(FOLDER, model).offered
        assert {size for shape in offered for size in shape.resolutions} == sizes


# ---- answers


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("end-failed", VendorFault), ("end-deleted", Expired), ("poll-deleted", Expired)],
)
async def test_each_way_to_end_without_a_clip_is_told(
    stage: PixverseStage, fault: str, kind: type[ProviderError]
) -> None:
    provider = stage.adapter()
    failed = await ended(provider, await provider.submit(asked(prompt=f"[fault:{fault}]"), job_key="job"))
    assert isinstance(failed, Failed) and type(failed.error) is kind


async def test_a_number_nobody_knows_means_wait(stage: PixverseStage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(asked(prompt="[fault:poll-strange][fault:run-ms=0]"), job_key="job")
    assert isinstance(await provider.poll(ticket), Running)
    assert isinstance(await ended(provider, ticket), Done)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("submit-500044", RateLimited),
        ("submit-500044-as-text", RateLimited),
        ("submit-500069", RateLimited),
        ("submit-500100", OutcomeUnknown),
    ],
)
async def test_each_code_has_its_consequence(
    stage: PixverseStage, fault: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await stage.adapter().submit(asked(prompt=f"[fault:{fault}]"), job_key="job")
    assert type(caught.value) is kind and stage.jobs() == 0


async def test_what_was_charged_may_be_left_unsaid(stage: PixverseStage) -> None:
    provider = stage.adapter()
    said = await finished(provider, await provider.submit(asked(), job_key="a"))
    unsaid = await finished(
        provider, await provider.submit(asked(prompt="[fault:credit-unsaid]"), job_key="b")
    )
    assert (said.cost_usd, unsaid.cost_usd) == (Decimal("0.45"), None)


async def test_a_picture_that_is_not_taken_starts_nothing(stage: PixverseStage, tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    broken = replace(frame(tmp_path), path=path, size_bytes=10)
    request = asked(mode="first-frame", aspect="auto", media=(broken,))
    with pytest.raises(BadRequest) as caught:
        await stage.adapter().submit(request, job_key="job")
    assert caught.value.vendor_code == "500031" and stage.jobs() == 0
    with pytest.raises(NotSent):
        await stage.adapter(base_url="http://127.0.0.1:9").submit(request, job_key="job")


async def test_what_cannot_be_asked_for_is_not_uploaded_first(stage: PixverseStage, tmp_path: Path) -> None:
    request = replace(asked(mode="first-frame", aspect="auto", media=(frame(tmp_path),)), sound=True)
    with pytest.raises(Unsupported):
        await stage.adapter().submit(request, job_key="job")
    assert not stage.vendor.seen


async def test_losing_the_key_is_told_apart_from_losing_the_job(stage: PixverseStage) -> None:
    ticket = await stage.adapter().submit(asked(), job_key="job")
    with pytest.raises(Unreachable):
        await stage.adapter("sk-pv-another").poll(ticket)
