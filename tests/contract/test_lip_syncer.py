"""What the core may rely on from whoever moves lips: one suite for every route of the catalogue.

The vendors are those of `sound_harness.py`; a request has no words, so what goes wrong is whispered to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import av
import pytest

from providers.base import Done, Failed, LipRequest, LipSyncer, Made, Ticket
from providers.catalogue import lip_request, lips_misfit, price_lips
from providers.errors import (
    BadKey,
    BadRequest,
    MissingKey,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    ProviderError,
    VendorFault,
)
from tests.contract.sound_harness import shipped, silent_clip, spoken
from tests.contract.stage_fal_sound import FalSoundStage, fal_sound
from tests.contract.stage_kling_sound import KlingSoundStage, kling_legacy_sound, kling_sound
from tests.contract.stage_pixverse_sound import PixverseSoundStage, pixverse_sound
from tests.fakes.links import OwnLinks

Stage = FalSoundStage | PixverseSoundStage | KlingSoundStage
ROUTES = tuple(route.id for route in shipped().sounds if "lips" in route.kinds)
OPENERS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Stage]]] = {
    "fal": fal_sound,
    "pixverse": pixverse_sound,
    "kling": kling_sound,
    "kling-legacy": kling_legacy_sound,
}
TODAY = date(2026, 11, 28)


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest) -> str:
    """Each way of moving lips."""
    found: str = request.param
    return found


@pytest.fixture
async def stage(route: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Its vendor, listening."""
    async with OPENERS[route.partition("/")[0]](tmp_path) as opened:
        yield opened


@pytest.fixture
async def links() -> AsyncIterator[OwnLinks]:
    """Addresses of ours."""
    async with OwnLinks() as opened:
        yield opened


def wish(route: str, folder: Path, links: OwnLinks | None = None) -> LipRequest:
    """A clip of four seconds that says three seconds of words, at an address where the vendor fetches it."""
    found = shipped().sound(route)
    fetched = found.by_link("source-video")
    clip = silent_clip(folder, height=576 if fetched else 90)
    if links is not None and fetched:
        clip = replace(clip, url=links.link("clip.mp4", clip.path.read_bytes()))
    request = lip_request(found, clip, spoken(folder, 3.0))
    assert lips_misfit(found, request) is None
    return request


async def ended(maker: LipSyncer, ticket: Ticket) -> Done | Failed:
    """Poll until the job is over."""
    async with asyncio.timeout(20):
        while True:
            progress = await maker.poll(ticket)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.01)


def handed(stage: Stage) -> tuple[list[bytes], list[str]]:
    """The files that came in, and the names they came under."""
    if isinstance(stage, KlingSoundStage):
        return stage.vendor.people.handed, [str(call.body) for call in stage.vendor.seen]
    stored = stage.vendor.stored if isinstance(stage, FalSoundStage) else stage.vendor.media
    return list(stored.values()), [str(name) for name in stored]


async def test_a_clip_comes_back_that_plays_and_is_heard(
    route: str, stage: Stage, tmp_path: Path, links: OwnLinks
) -> None:
    maker, request = stage.adapter(), wish(route, tmp_path, links)
    assert isinstance(maker, LipSyncer)
    ticket = await maker.submit_lips(request, job_key="job")
    assert (ticket.provider, ticket.model) == (route.partition("/")[0], route)
    again = stage.adapter()
    done = await ended(again, Ticket.from_json(ticket.to_json()))
    assert isinstance(done, Done)
    await again.fetch(done, tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        assert clip.streams.video and clip.streams.audio
    assert stage.jobs() == 1
    came, names = handed(stage)
    assert set(came) == {request.video.path.read_bytes(), request.audio.path.read_bytes()}
    assert "somebody" not in str(names)


async def test_nothing_is_started_where_the_vendor_says_no(
    route: str, stage: Stage, tmp_path: Path, links: OwnLinks
) -> None:
    request = wish(route, tmp_path, links)
    _, broke, wrong = stage.keys
    makers = {MissingKey: stage.adapter(""), BadKey: stage.adapter(wrong), NoFunds: stage.adapter(broke)}
    for kind, maker in makers.items():
        with pytest.raises(kind) as caught:
            await maker.submit_lips(request, job_key="job")
        assert caught.value.provider == route.partition("/")[0]
    assert stage.jobs() == 0


ENDINGS: Mapping[str, type[ProviderError]] = {"end-failed": VendorFault, "end-moderated": OutputModerated}


async def test_how_it_ends_and_what_is_lost_is_told_apart(
    route: str, stage: Stage, tmp_path: Path, links: OwnLinks
) -> None:
    maker, request = stage.adapter(), wish(route, tmp_path, links)
    for fault, kind in ENDINGS.items():
        stage.vendor.whispered = f"[fault:{fault}]"
        failed = await ended(maker, await maker.submit_lips(request, job_key=fault))
        assert isinstance(failed, Failed) and type(failed.error) is kind
    stage.vendor.whispered = "[fault:lost-cut]"
    with pytest.raises(OutcomeUnknown):
        await maker.submit_lips(request, job_key="lost")
    assert stage.jobs() == len(ENDINGS) + 1
    if shipped().sound(route).lost == "key":  # asked again, it leads to the job that was taken
        ticket = await stage.adapter().submit_lips(request, job_key="lost")
        assert isinstance(await ended(maker, ticket), Done) and stage.jobs() == len(ENDINGS) + 1


async def test_files_beyond_the_limits_are_known_before_they_are_sent(route: str, tmp_path: Path) -> None:
    found, request = shipped().sound(route), wish(route, tmp_path)
    large = replace(request, video=replace(request.video, size_bytes=10**9))
    heavy = replace(request, audio=replace(request.audio, size_bytes=10**9))
    assert (lips_misfit(found, large), lips_misfit(found, heavy)) == ("picture", "recording")
    window = found.window("source-video")
    assert window is not None
    if window.max_seconds is not None:
        long = replace(request, video=replace(request.video, seconds=window.max_seconds + 1))
        assert lips_misfit(found, long) == "picture"


def test_each_way_has_the_price_of_its_page(tmp_path: Path) -> None:
    prices = {route: price_lips(shipped().sound(route), wish(route, tmp_path), TODAY).usd for route in ROUTES}
    assert prices == {
        "fal/kling-lips": Decimal("0.07"),  # five seconds begun
        "fal/pixverse-lips": Decimal("0.16"),
        "fal/sync-lips": Decimal("0.0468"),
        "kling/lips": Decimal("0.077"),  # looked at, and five seconds begun
        "kling-legacy/lips": Decimal("0.077"),
        "pixverse/lips": Decimal("0.12"),  # four credits for each second of the recording
    }


async def test_a_clip_of_the_vendors_own_is_named_by_its_number(tmp_path: Path) -> None:
    async with pixverse_sound(tmp_path) as stage:
        maker, request = stage.adapter(), wish("pixverse/lips", tmp_path)
        first = await maker.submit_lips(request, job_key="job")
        own = replace(request.video, made=Made(provider="pixverse", remote_id=first.remote_id, at_ms=1))
        await maker.submit_lips(replace(request, video=own), job_key="job-2")
        other = replace(request.video, made=Made(provider="kling", remote_id="7", at_ms=1))
        await maker.submit_lips(replace(request, video=other), job_key="job-3")
    bodies = [dict(job.body) for job in stage.vendor.jobs.values()]
    assert bodies[1]["source_video_id"] == int(first.remote_id)
    assert [set(body) for body in bodies[::2]] == [{"video_media_id", "audio_media_id"}] * 2


async def test_a_clip_that_kling_finds_too_short_is_the_requests_fault(tmp_path: Path) -> None:
    async with fal_sound(tmp_path) as stage:
        request = replace(wish("fal/kling-lips", tmp_path), video=silent_clip(tmp_path, seconds=1.5))
        with pytest.raises(BadRequest):
            await stage.adapter().submit_lips(request, job_key="job")
