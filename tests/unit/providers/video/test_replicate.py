"""Replicate: recorded exchanges, each model's own fields, an hour to fetch, lost jobs found in the list."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.base import Done, Failed, MediaInput, ProviderConfig, Queued, Running, Ticket
from providers.catalogue import check, load, price
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    ModelGone,
    OutputModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.replicate import Replicate
from providers.wire.fields import build_input
from tests.contract.stage_bytedance_seedance import picture, recording
from tests.contract.stage_fal import film, shipped, unlocked, wish
from tests.contract.stage_minimax_hailuo import frame
from tests.contract.stage_replicate import ReplicateStage, asked, replicate
from tests.contract.test_video_provider import ended
from tests.fakes.replicate import GOOD_KEY, MODELS, check_input
from tests.unit.providers.video.playback import playing, recorded

JOB = "gm3qorzdhgbfurvjtvhg6dckhu"
TICKET = Ticket(provider="replicate", model="veo-3.1", remote_id=JOB)
TODAY = date(2026, 11, 28)
OFFERED = [m.id for m in shipped().models() if any(r.provider == "replicate" for r in m.routes)]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ReplicateStage]:
    """The fake and its adapters."""
    async with replicate(tmp_path) as opened:
        yield opened


def adapter(url: str) -> Replicate:
    keys = {"REPLICATE_API_TOKEN": "r8_dummy_token"}
    return Replicate(
        ProviderConfig(id="replicate", base_url=f"{url}/v1", keys=keys, work_dir=Path(), timeout_seconds=5)
    )


def answer(scenario: str) -> dict[str, Any]:
    found: dict[str, Any] = recorded("replicate", scenario)["response_used"]
    return found


def same(heard: dict[str, Any], scenario: str) -> None:
    """Method, path, query and the headers that matter."""
    wanted = recorded("replicate", scenario)["request"]
    assert (heard["method"], heard["path"], heard["query"]) == (
        wanted["method"],
        wanted["path"],
        wanted["query"],
    )
    assert heard["headers"]["authorization"] == wanted["headers"]["Authorization"]


# ---- recordings


async def test_a_wish_is_sent_as_the_sdk_sends_it() -> None:
    request = asked("veo-3.1", prompt="a fox", seconds=8, resolution="1080p", aspect="16:9")
    async with playing(answer("text")) as server:
        provider = adapter(server.url)
        ticket = await provider.submit(request, job_key="job-42")
        await provider.close()
    same(server.heard[0], "text")
    # The SDK's caller wanted to be called back; we ask.
    assert server.heard[0]["json"] == {"input": recorded("replicate", "text")["request"]["json"]["input"]}
    assert ticket == TICKET


async def test_recorded_standings_are_read() -> None:
    for scenario, kind in (("text", Queued), ("running", Running), ("done", Done), ("withheld", Failed)):
        async with playing(answer(scenario) | {"status": 200}) as server:
            provider = adapter(server.url)
            progress = await provider.poll(TICKET)
            await provider.close()
        assert isinstance(progress, kind), scenario
        same(server.heard[0], "running")
        if isinstance(progress, Done):
            assert progress.url == "https://replicate.delivery/xezq/abc/out.mp4"
        if isinstance(progress, Failed):
            assert type(progress.error) is OutputModerated and progress.error.vendor_code == "E005"


async def test_a_stop_is_asked_for_as_recorded_and_believed_only_when_it_is_told() -> None:
    stopped = answer("stop")
    async with playing(answer("text") | {"status": 200}, stopped, stopped) as server:
        provider = adapter(server.url)
        assert await provider.cancel(TICKET) is True
        await provider.close()
    same(server.heard[1], "stop")


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [("bad key", BadKey), ("no such model", ModelGone), ("invalid", BadRequest), ("rate limit", RateLimited)],
)
async def test_a_recorded_refusal_has_its_consequence(scenario: str, kind: type[ProviderError]) -> None:
    async with playing(answer(scenario)) as server:
        provider = adapter(server.url)
        with pytest.raises(ProviderError) as caught:
            await provider.submit(asked("veo-3.1"), job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind and len(server.heard) == 1
    if kind is RateLimited:
        assert caught.value.retry_after == 1, "it stands in the words, where the header says 0"


async def test_a_file_is_handed_over_as_recorded(tmp_path: Path) -> None:
    path = tmp_path / "someone's private name.mp3"
    path.write_bytes(b"\0" * 32)
    voice = MediaInput(
        role="reference-audio", kind="audio", path=path, mime="audio/mpeg", size_bytes=32, seconds=3
    )
    async with playing(answer("file handed over")) as server:
        provider = adapter(server.url)
        link = await provider._wire.store(voice, of="seedance-2.0")
        await provider.close()
    assert link == "https://api.replicate.com/v1/files/file1"
    same(server.heard[0], "file handed over")
    (part,) = recorded("replicate", "file handed over")["request"]["multipart"]
    sent = server.heard[0]["raw"]
    assert f'name="{part["name"]}"; filename="reference-audio.mp3"'.encode() in sent
    assert part["content_type"].encode() in sent and b"private" not in sent


async def test_what_was_lost_is_found_in_the_recorded_list() -> None:
    at_ms = 1_795_341_600_000  # 2026-11-22T10:00:00Z
    for prompt, since_ms, found in (
        ("a fox", at_ms, 1),
        ("a fox", at_ms + 60_000, 0),
        ("a dog", at_ms, 0),
    ):
        request = replace(asked("veo-3.1"), prompt=prompt, options={}, api_name="google/veo-3.1")
        async with playing(answer("list")) as server:
            provider = adapter(server.url)
            lost = await provider.find_lost(request, job_key="job-42", since_ms=since_ms)
            await provider.close()
        same(server.heard[0], "list")
        assert [ticket.remote_id for ticket in lost] == [JOB] * found


# ---- fields and prices


def test_what_is_offered_has_a_price_and_what_nobody_prices_waits() -> None:
    catalogue = load()
    open_ = {m for m in OFFERED if catalogue.route("replicate", m).offered}
    assert open_ == {"veo-3.1", "hailuo-2.3", "hailuo-2.3-fast", "kling-3.0", "kling-2.5-turbo"}
    assert set(OFFERED) - open_ == {"hailuo-02", "seedance-2.0"}


@pytest.mark.parametrize(
    ("model", "changes", "usd"),
    [
        ("veo-3.1", {"seconds": 8}, "3.20"),
        ("hailuo-2.3", {"seconds": 10}, "0.56"),
        ("hailuo-2.3", {"seconds": 6, "resolution": "1080p"}, "0.49"),
        ("kling-3.0", {"seconds": 5}, "0.630"),
        ("kling-3.0", {"seconds": 10, "resolution": "1080p", "sound": False}, "1.120"),
        ("kling-2.5-turbo", {"seconds": 5}, "0.35"),
    ],
)
def test_a_worked_example_of_each_price(model: str, changes: dict[str, Any], usd: str) -> None:
    route = shipped().route("replicate", model)
    found = price(route, asked(model, **changes), TODAY)
    assert str(found.usd) == usd


@pytest.mark.parametrize("model", OFFERED)
def test_every_combination_on_offer_is_taken_by_its_model(model: str, tmp_path: Path) -> None:
    route = unlocked(shipped(), model, "replicate")
    first, last = frame(tmp_path), frame(tmp_path, "last-frame")
    hero = picture(tmp_path, name="hero")
    company: dict[str, list[tuple[MediaInput, ...]]] = {
        "text": [()],
        "first-frame": [(first,)],
        "first-last": [(first, last)],
        "references": [(hero,)],
    }
    if model == "seedance-2.0":
        clip = replace(film(tmp_path), role="reference-video")
        company["references"] += [(hero, recording(tmp_path)), (hero, clip)]
    for shape in route.shapes:
        for mode, resolution, aspect, sound in product(
            shape.modes, shape.resolutions, shape.aspects, shape.sound
        ):
            for seconds in {shape.seconds[0], shape.seconds[-1]}:
                for media in company[mode]:
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
                    body = build_input(request, ["https://x.example/f"] * len(media))
                    check_input(route.api_name, body)
                    assert route.api_name in MODELS and body["duration"] == seconds
                    assert body.get("generate_audio", False) is sound


async def test_what_cannot_be_asked_for_is_not_uploaded_first(stage: ReplicateStage, tmp_path: Path) -> None:
    request = asked("hailuo-2.3", mode="first-frame", aspect="auto", media=(frame(tmp_path),), seed=7)
    with pytest.raises(Unsupported):
        await stage.adapter().submit(request, job_key="job")
    assert not stage.vendor.seen


# ---- answers


@pytest.mark.parametrize(
    ("fault", "kind", "stopped"),
    [
        ("end-failed", VendorFault, False),
        ("end-moderated", OutputModerated, False),
        ("end-aborted", VendorFault, True),
        ("removed", Expired, False),
    ],
)
async def test_each_way_to_end_without_a_clip_is_told(
    stage: ReplicateStage, fault: str, kind: type[ProviderError], stopped: bool
) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(asked("veo-3.1", prompt=f"[fault:{fault}]"), job_key="job")
    failed = await ended(provider, ticket)
    assert isinstance(failed, Failed) and type(failed.error) is kind and failed.stopped is stopped


async def test_an_output_may_be_a_list_and_an_unknown_state_is_no_end(stage: ReplicateStage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(
        asked("veo-3.1", prompt="[fault:as-list][fault:poll-strange]"), job_key="job"
    )
    with pytest.raises(Unreachable, match="pondering"):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)


async def test_a_job_that_works_already_is_not_stopped(stage: ReplicateStage) -> None:
    provider = stage.adapter()
    request = asked("veo-3.1", prompt="[fault:queue-ms=0][fault:run-ms=200]")
    ticket = await provider.submit(request, job_key="job")
    assert await provider.cancel(ticket) is False
    assert not [call for call in stage.vendor.seen if call.path.endswith("/cancel")]
    assert isinstance(await ended(provider, ticket), Done)


async def test_two_jobs_for_the_same_wish_are_both_named_and_files_do_not_hide_them(
    stage: ReplicateStage, tmp_path: Path
) -> None:
    provider = stage.adapter()
    request = asked("hailuo-2.3", mode="first-frame", aspect="auto", media=(frame(tmp_path),))
    first = await provider.submit(request, job_key="one")
    again = await provider.submit(request, job_key="two")
    await provider.submit(replace(request, prompt="another"), job_key="three")
    lost = await provider.find_lost(request, job_key="one", since_ms=0)
    assert lost == [again, first]


# ---- the vendor's own library


@pytest.mark.skipif(
    importlib.util.find_spec("replicate") is None, reason="replicate is not installed (extra sdk)"
)
async def test_the_vendors_sdk_goes_from_a_file_to_a_clip_at_the_stand_in(
    stage: ReplicateStage, tmp_path: Path
) -> None:
    clip = await asyncio.to_thread(_with_sdk, stage.vendor.url, tmp_path)
    assert clip[4:8] == b"ftyp"
    (job,) = stage.vendor.jobs.values()
    assert job.body["image"] in stage.vendor.stored


def _with_sdk(url: str, folder: Path) -> bytes:
    client = importlib.import_module("replicate.client").Client(api_token=GOOD_KEY, base_url=url)
    client.poll_interval = 0.02
    with closing(client._client), frame(folder).path.open("rb") as handle:
        made = client.predictions.create(
            model="google/veo-3.1",
            input={"prompt": "a fox", "duration": 4, "resolution": "720p", "image": handle},
        )
        made.wait()
        assert made.status == "succeeded" and isinstance(made.output, str)
        assert [one.id for one in client.predictions.list().results] == [made.id]
        clip: bytes = httpx.get(made.output).content
        return clip
