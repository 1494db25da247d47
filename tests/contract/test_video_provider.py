"""What the engine may rely on, whatever the vendor: one suite for every video provider.

The scenarios and the providers are in `harness.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest

from providers.base import (
    CanCancel,
    CanFindLost,
    Done,
    Failed,
    Progress,
    Queued,
    Running,
    Ticket,
    VideoProvider,
)
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    ModelGone,
    NoFunds,
    NotSent,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    VendorFault,
)
from tests.contract.harness import HARNESSES, Harness, Play, Scenario, Stage

REFUSALS: dict[Scenario, type[ProviderError]] = {
    "refused-prompt": PromptModerated,
    "bad-request": BadRequest,
    "model-gone": ModelGone,
    "bad-key": BadKey,
    "no-key": MissingKey,
    "no-funds": NoFunds,
    "rate-limit": RateLimited,
    "rate-limit-plain": RateLimited,
    "unplugged": NotSent,
}
LOST: tuple[Scenario, ...] = ("cut-after-accept", "slow-after-accept", "garbage-after-accept")
BAD_POLLS: tuple[Scenario, ...] = ("poll-garbage", "poll-error", "poll-limit", "poll-cut")


@pytest.fixture(params=HARNESSES, ids=lambda harness: str(harness.id))
def harness(request: pytest.FixtureRequest) -> Harness:
    """Each provider in turn."""
    found: Harness = request.param
    return found


@pytest.fixture
async def stage(harness: Harness, tmp_path: Path) -> AsyncIterator[Stage]:
    """Its vendor, listening."""
    async with harness.stage(tmp_path) as opened:
        yield opened


def play(harness: Harness, stage: Stage, scenario: Scenario) -> Play:
    """Set the vendor up, or skip with the reason the harness gives."""
    if scenario in harness.exempt:
        pytest.skip(harness.exempt[scenario])
    return stage.play(scenario)


async def ended(provider: VideoProvider, ticket: Ticket) -> Done | Failed:
    """Poll until the job is over."""
    async with asyncio.timeout(20):
        while True:
            progress = await provider.poll(ticket)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.02)


async def finished(provider: VideoProvider, ticket: Ticket) -> Done:
    """Poll until the clip is there."""
    progress = await ended(provider, ticket)
    assert isinstance(progress, Done), progress
    return progress


async def once(provider: VideoProvider, ticket: Ticket, kind: type[Queued] | type[Running]) -> Progress:
    """Poll until the job stands like this."""
    async with asyncio.timeout(20):
        while True:
            progress = await provider.poll(ticket)
            if isinstance(progress, kind):
                return progress
            await asyncio.sleep(0.02)


def seconds_of(path: Path) -> float:
    """How long a clip plays."""
    with av.open(str(path)) as clip:
        return (clip.duration or 0) / 1_000_000


async def test_every_kind_of_request_ends_in_a_clip_that_plays(stage: Stage, tmp_path: Path) -> None:
    provider = stage.restarted()
    for number, (name, request) in enumerate(stage.shapes().items()):
        ticket = await provider.submit(request, job_key=f"job-{number}")
        done = await finished(provider, ticket)
        asset = await provider.fetch(done, tmp_path / f"{number}.mp4")
        assert asset.size_bytes == asset.path.stat().st_size, name
        assert abs(seconds_of(asset.path) - request.seconds) < 0.25, name
        with av.open(str(asset.path)) as clip:
            assert bool(clip.streams.audio) == request.sound, name
    assert stage.jobs() == len(stage.shapes())


async def test_a_waiting_job_is_queued_and_its_place_counts_from_one(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "queued")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    progress = await once(scene.provider, ticket, Queued)
    assert isinstance(progress, Queued)
    assert progress.position is None or progress.position >= 1


async def test_a_job_at_work_is_running_with_a_fraction_between_0_and_1(
    harness: Harness, stage: Stage
) -> None:
    scene = play(harness, stage, "running")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    progress = await once(scene.provider, ticket, Running)
    assert isinstance(progress, Running)
    assert progress.fraction is None or 0 <= progress.fraction <= 1


async def test_a_vendors_own_failure_ends_the_job(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "failed")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    end = await ended(scene.provider, ticket)
    assert isinstance(end, Failed) and isinstance(end.error, VendorFault)
    assert end.error.remote_id == ticket.remote_id


async def test_a_withheld_clip_is_told_apart_from_a_failure(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "moderated")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    end = await ended(scene.provider, ticket)
    assert isinstance(end, Failed) and isinstance(end.error, OutputModerated)


@pytest.mark.parametrize("scenario", REFUSALS)
async def test_a_refusal_names_its_cause_and_starts_nothing(
    harness: Harness, stage: Stage, scenario: Scenario
) -> None:
    scene = play(harness, stage, scenario)
    with pytest.raises(REFUSALS[scenario]) as caught:
        await scene.provider.submit(scene.request, job_key="job")
    assert stage.jobs() == 0
    assert caught.value.provider == scene.provider.id
    if scenario in ("bad-key", "no-key", "no-funds"):
        assert caught.value.env == stage.env
    if scenario == "rate-limit":
        assert caught.value.retry_after is not None and caught.value.retry_after > 0


async def test_a_server_error_on_submit_leaves_the_outcome_unknown(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "server-error")
    with pytest.raises(OutcomeUnknown):
        await scene.provider.submit(scene.request, job_key="job")


@pytest.mark.parametrize("scenario", LOST)
async def test_a_lost_answer_is_unknown_and_not_repeated(
    harness: Harness, stage: Stage, scenario: Scenario
) -> None:
    scene = play(harness, stage, scenario)
    with pytest.raises(OutcomeUnknown):
        await scene.provider.submit(scene.request, job_key="job")
    assert stage.jobs() == 1


@pytest.mark.parametrize("scenario", LOST)
async def test_a_lost_job_is_found_by_looking_it_up(
    harness: Harness, stage: Stage, scenario: Scenario
) -> None:
    if stage.lost != "lookup":
        pytest.skip(f"lost = {stage.lost}")
    scene = play(harness, stage, scenario)
    started_ms = time.time_ns() // 1_000_000 - 1000
    other = await scene.provider.submit(stage.play("good").request, job_key="another job")
    with pytest.raises(OutcomeUnknown):
        await scene.provider.submit(scene.request, job_key="lost job")
    provider = stage.restarted()
    assert isinstance(provider, CanFindLost)
    found = await provider.find_lost(scene.request, job_key="lost job", since_ms=started_ms)
    assert len(found) == 1 and found[0].remote_id != other.remote_id
    await finished(provider, found[0])
    if stage.marked:
        assert await provider.find_lost(scene.request, job_key="never sent", since_ms=started_ms) == []
    later_ms = started_ms + 3_600_000
    assert await provider.find_lost(scene.request, job_key="lost job", since_ms=later_ms) == []


@pytest.mark.parametrize("scenario", LOST)
async def test_a_lost_job_is_found_by_sending_the_same_key_again(
    harness: Harness, stage: Stage, scenario: Scenario
) -> None:
    if stage.lost != "key":
        pytest.skip(f"lost = {stage.lost}")
    scene = play(harness, stage, scenario)
    with pytest.raises(OutcomeUnknown):
        await scene.provider.submit(scene.request, job_key="job")
    provider = stage.restarted()
    first = await provider.submit(scene.request, job_key="job")
    again = await provider.submit(scene.request, job_key="job")
    assert first.remote_id == again.remote_id
    assert stage.jobs() == 1


async def test_only_what_can_be_looked_up_offers_to(stage: Stage) -> None:
    assert isinstance(stage.restarted(), CanFindLost) == (stage.lost == "lookup")


async def test_a_stored_ticket_is_polled_and_fetched_after_a_restart(
    harness: Harness, stage: Stage, tmp_path: Path
) -> None:
    scene = play(harness, stage, "good")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    stored = ticket.to_json()
    assert not any(secret in stored for secret in stage.secrets)
    provider = stage.restarted()
    restored = Ticket.from_json(stored)
    assert restored == ticket
    asset = await provider.fetch(await finished(provider, restored), tmp_path / "clip.mp4")
    assert asset.size_bytes > 1000
    assert stage.jobs() == 1


@pytest.mark.parametrize("scenario", BAD_POLLS)
async def test_an_unusable_answer_to_a_poll_says_nothing_about_the_job(
    harness: Harness, stage: Stage, scenario: Scenario
) -> None:
    scene = play(harness, stage, scenario)
    ticket = await scene.provider.submit(scene.request, job_key="job")
    with pytest.raises(Unreachable) as caught:
        await scene.provider.poll(ticket)
    if scenario == "poll-limit":
        assert caught.value.retry_after is not None and caught.value.retry_after > 0
    await finished(scene.provider, ticket)


async def test_losing_the_key_does_not_lose_the_job(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "good")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    with pytest.raises(Unreachable):
        await stage.without_key().poll(ticket)


async def test_a_job_the_vendor_has_forgotten_is_over(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "unknown-job")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    end = await ended(scene.provider, ticket)
    assert isinstance(end, Failed) and isinstance(end.error, Expired)


async def test_an_expired_link_is_told_apart_from_a_broken_download(
    harness: Harness, stage: Stage, tmp_path: Path
) -> None:
    scene = play(harness, stage, "expired-link")
    done = await finished(scene.provider, await scene.provider.submit(scene.request, job_key="job"))
    with pytest.raises(Expired):
        await scene.provider.fetch(done, tmp_path / "clip.mp4")


async def test_a_download_that_broke_comes_whole_in_the_end(
    harness: Harness, stage: Stage, tmp_path: Path
) -> None:
    scene = play(harness, stage, "cut-download")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    if not stage.resumes:
        with pytest.raises(Unreachable):
            await scene.provider.fetch(await finished(scene.provider, ticket), tmp_path / "clip.mp4")
    asset = await scene.provider.fetch(await finished(scene.provider, ticket), tmp_path / "clip.mp4")
    assert seconds_of(asset.path) == pytest.approx(scene.request.seconds, abs=0.25)


@pytest.mark.parametrize("scenario", ["moved-file", "slow-file"])
async def test_a_file_may_come_from_elsewhere_or_slowly(
    harness: Harness, stage: Stage, scenario: Scenario, tmp_path: Path
) -> None:
    scene = play(harness, stage, scenario)
    done = await finished(scene.provider, await scene.provider.submit(scene.request, job_key="job"))
    asset = await scene.provider.fetch(done, tmp_path / "clip.mp4")
    assert seconds_of(asset.path) == pytest.approx(scene.request.seconds, abs=0.25)


@pytest.mark.parametrize("scenario", ["not-a-clip", "endless-file"])
async def test_what_is_no_clip_is_not_handed_on(
    harness: Harness, stage: Stage, scenario: Scenario, tmp_path: Path
) -> None:
    scene = play(harness, stage, scenario)
    done = await finished(scene.provider, await scene.provider.submit(scene.request, job_key="job"))
    with pytest.raises((Unreachable, VendorFault)):
        await scene.provider.fetch(done, tmp_path / "clip.mp4")


async def test_a_job_that_is_stopped_in_time_is_confirmed(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "queued")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    if not isinstance(scene.provider, CanCancel):
        pytest.skip("the vendor cannot stop jobs")
    assert await scene.provider.cancel(ticket) is True
    end = await ended(scene.provider, ticket)
    # Some forget what was stopped; who remembers it must not call it a failure.
    assert isinstance(end, Failed) and (end.stopped or isinstance(end.error, Expired))


async def test_a_job_that_is_too_far_to_be_stopped_goes_on(harness: Harness, stage: Stage) -> None:
    scene = play(harness, stage, "cancel-late")
    ticket = await scene.provider.submit(scene.request, job_key="job")
    if not isinstance(scene.provider, CanCancel):
        pytest.skip("the vendor cannot stop jobs")
    assert await scene.provider.cancel(ticket) is False
    await finished(scene.provider, ticket)
