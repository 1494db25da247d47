"""MiniMax H3: recorded exchanges, roles of files, errors by code, words and status, snapped lengths."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, MediaInput, ProviderConfig, Ticket, VideoRequest
from providers.catalogue import check, price
from providers.errors import (
    BadKey,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.minimax_h3 import MinimaxH3, build_payload
from tests.contract.stage_bytedance_seedance import recording
from tests.contract.stage_fal import shipped
from tests.contract.stage_minimax_h3 import H3Stage, minimax_h3
from tests.contract.stage_minimax_hailuo import frame, own_wish
from tests.contract.test_video_provider import ended, finished, seconds_of
from tests.fakes.minimax_h3 import check_order
from tests.unit.providers.video.playback import (
    Playback,
    answers,
    linked,
    playing,
    requests,
    same_body,
    same_call,
)

FOLDER = "minimax-h3"
TODAY = date(2026, 11, 28)
TICKET = Ticket(provider=FOLDER, model=FOLDER, remote_id="424242")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[H3Stage]:
    """The fake and its adapters."""
    async with minimax_h3(tmp_path) as opened:
        yield opened


def adapter(server: Playback) -> MinimaxH3:
    return MinimaxH3(
        ProviderConfig(
            id=FOLDER,
            base_url=server.url,
            keys={"MINIMAX_API_KEY": "test-key"},
            work_dir=Path(),
            timeout_seconds=5,
        )
    )


def asked(prompt: str = "a cat sings", **changes: Any) -> VideoRequest:
    return own_wish(FOLDER, FOLDER, prompt=prompt, **{"seconds": 5, **changes})


def voice(url: str) -> MediaInput:
    return MediaInput(
        role="reference-audio",
        kind="audio",
        path=Path("nowhere"),
        mime="audio/mpeg",
        size_bytes=10,
        seconds=3.0,
        url=url,
    )


FACE = replace(linked("reference-image", "woman", "face.png"), url="https://example.com/face.png")
SONG = voice("https://example.com/voice.mp3")


# ---- recordings


@pytest.mark.parametrize(
    ("scenario", "request_"),
    [
        ("text", asked("A kettle whistles in an empty kitchen", seconds=8)),
        (
            "picture and recording",
            asked(
                "the @woman sings this melody",
                seconds=8,
                aspect="9:16",
                mode="references",
                media=(FACE, SONG),
            ),
        ),
    ],
)
async def test_a_wish_is_sent_as_recorded(scenario: str, request_: VideoRequest) -> None:
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server)
        ticket = await provider.submit(request_, job_key="job-42")
        await provider.close()
    same_call(server.heard[0], requests(FOLDER, scenario)[0], "Authorization")
    assert server.heard[0]["headers"]["content-type"] == "application/json"
    same_body(server.heard[0], FOLDER, scenario)
    assert ticket.remote_id == answers(FOLDER, scenario)[0]["json"]["task_id"]


async def test_a_recorded_standing_is_read() -> None:
    async with playing(*answers(FOLDER, "done")) as server:
        provider = adapter(server)
        done = await provider.poll(TICKET)
        await provider.close()
    same_call(server.heard[0], requests(FOLDER, "done")[0], "Authorization")
    assert isinstance(done, Done) and done.url == "https://video-product.cdn.minimax.io/x.mp4"


# ---- what the vendor takes


def test_every_combination_in_the_catalogue_is_taken_by_the_vendor() -> None:
    route = shipped().route(FOLDER, FOLDER)
    first, last = linked("first-frame", "", "a.png"), linked("last-frame", "", "b.png")
    given = {
        "text": (),
        "first-frame": (first,),
        "first-last": (first, last),
        "references": (FACE, SONG),
    }
    for shape in route.shapes:
        for mode, resolution, aspect, seconds in product(
            shape.modes, shape.resolutions, shape.aspects, shape.seconds
        ):
            media = given[mode]
            request = asked(mode=mode, resolution=resolution, aspect=aspect, seconds=seconds, media=media)
            assert not check(route, request), request
            check_order(build_payload(request, [item.url for item in media]))


@pytest.mark.parametrize(
    "wishes",
    [
        {"sound": False},
        {"seconds": 3},
        {"seconds": 16},
        {"aspect": "auto"},
        {"seed": 7},
        {"mode": "references", "media": (SONG,)},
        {"mode": "references", "media": (FACE, *[SONG] * 4)},
        {"mode": "references", "media": (FACE, replace(SONG, seconds=16.0))},
        {"mode": "first-frame", "aspect": "auto", "media": (linked("first-frame", "", "a.png"), SONG)},
    ],
)
def test_what_cannot_be_is_told_before_anything_is_paid(wishes: dict[str, Any]) -> None:
    assert check(shipped().route(FOLDER, FOLDER), replace(asked(), **wishes))


def test_silence_cannot_be_had_and_is_not_pretended() -> None:
    with pytest.raises(Unsupported):
        build_payload(replace(asked(), sound=False), [])


@pytest.mark.parametrize(
    ("wishes", "usd"),
    [
        ({"seconds": 8}, "0.64"),
        ({"seconds": 15, "resolution": "2k"}, "1.95"),
        ({"mode": "references", "media": (FACE,) * 5}, "0.40"),
        ({"mode": "references", "media": (FACE,) * 7}, "0.48"),
        ({"mode": "references", "media": (FACE, SONG)}, "0.40"),
    ],
)
def test_a_clip_costs_by_the_second_and_pictures_from_the_sixth(wishes: dict[str, Any], usd: str) -> None:
    assert price(shipped().route(FOLDER, FOLDER), asked(**wishes), TODAY).usd == Decimal(usd)


# ---- traps


async def test_a_recording_goes_into_the_request_as_data(stage: H3Stage, tmp_path: Path) -> None:
    media = (replace(frame(tmp_path, "reference-image"), name="hero"), recording(tmp_path, mp3=True))
    await stage.adapter().submit(asked("@hero sings", mode="references", media=media), job_key="job")
    content = next(iter(stage.vendor.jobs.values())).body["content"]
    assert [item.get("role") for item in content] == [None, "reference_image", "reference_audio"]
    assert content[0]["text"] == "hero sings"
    assert content[2]["audio_url"]["url"].startswith("data:audio/mpeg;base64,")


async def test_lengths_are_snapped_to_the_vendors_frames(stage: H3Stage, tmp_path: Path) -> None:
    provider = stage.adapter()
    done = await finished(provider, await provider.submit(asked(seconds=5), job_key="job"))
    asset = await provider.fetch(done, tmp_path / "clip.mp4")
    assert seconds_of(asset.path) == pytest.approx(124 / 24, abs=0.06)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("submit-moderated-in-200", PromptModerated),
        ("submit-strange-200", OutcomeUnknown),
        ("submit-500", OutcomeUnknown),
    ],
)
async def test_an_error_is_understood_whatever_the_status(
    stage: H3Stage, fault: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await stage.adapter().submit(asked(f"[fault:{fault}]"), job_key="job")
    assert type(caught.value) is kind and stage.jobs() == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"type": "x", "code": 1026, "message": "no"}}, PromptModerated),
        ({"error": {"type": "x", "code": "2049", "message": "no"}}, BadKey),
    ],
)
async def test_the_codes_of_the_older_api_mean_the_same(body: dict[str, Any], kind: type) -> None:
    async with playing({"status": 400, "json": body}) as server:
        provider = adapter(server)
        with pytest.raises(kind):
            await provider.submit(asked(), job_key="job")
        await provider.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("end-failed", VendorFault),
        ("end-moderated", OutputModerated),
        ("end-moderated-words", OutputModerated),
    ],
)
async def test_each_way_to_end_without_a_clip_is_told(
    stage: H3Stage, fault: str, kind: type[ProviderError]
) -> None:
    provider = stage.adapter()
    failed = await ended(provider, await provider.submit(asked(f"[fault:{fault}]"), job_key="job"))
    assert isinstance(failed, Failed) and type(failed.error) is kind


async def test_a_state_nobody_knows_is_no_end(stage: H3Stage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(asked("[fault:poll-strange]"), job_key="job")
    with pytest.raises(Unreachable, match="pondering"):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)
