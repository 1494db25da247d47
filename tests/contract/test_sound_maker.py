"""What the core may rely on, whoever makes the sound: one suite for every maker.

The makers are in `sound_harness.py`, the scenarios are those of the video providers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from providers.base import Done, Failed, SoundMaker, Ticket
from providers.errors import (
    Expired,
    MissingKey,
    NoFunds,
    NotSent,
    OutcomeUnknown,
    OutputModerated,
    ProviderError,
    Refused,
    Unreachable,
    VendorFault,
)
from tests.contract.harness import Scenario
from tests.contract.sound_harness import SOUND_HARNESSES, SoundHarness, SoundPlay, SoundStage, shipped
from tests.contract.test_video_provider import BAD_POLLS, LOST, REFUSALS
from tests.fakes.sounds import heard

MADE = {"speech", "effect", "music", "foley"}


@pytest.fixture(params=SOUND_HARNESSES, ids=lambda harness: str(harness.id))
def harness(request: pytest.FixtureRequest) -> SoundHarness:
    """Each maker in turn."""
    found: SoundHarness = request.param
    return found


@pytest.fixture
async def stage(harness: SoundHarness, tmp_path: Path) -> AsyncIterator[SoundStage]:
    """Its vendor, listening."""
    async with harness.stage(tmp_path) as opened:
        yield opened


def play(harness: SoundHarness, stage: SoundStage, scenario: Scenario) -> SoundPlay | None:
    """Set the vendor up; None where the harness says why it cannot be."""
    return None if scenario in harness.exempt else stage.play(scenario)


async def ended(maker: SoundMaker, ticket: Ticket) -> Done | Failed:
    """Poll until the job is over."""
    async with asyncio.timeout(20):
        while True:
            progress = await maker.poll(ticket)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.01)


async def finished(maker: SoundMaker, ticket: Ticket) -> Done:
    """Poll until the sound is there."""
    progress = await ended(maker, ticket)
    assert isinstance(progress, Done), progress
    return progress


async def test_every_kind_of_request_ends_in_sound_that_is_heard(stage: SoundStage, tmp_path: Path) -> None:
    maker = stage.restarted()
    catalogue = shipped()
    for number, (name, request) in enumerate(stage.shapes().items()):
        into = tmp_path / f"{number}.sound"
        ticket = await maker.submit_sound(request, job_key=f"job-{number}", into=into)
        assert into.exists() == stage.at_once, name
        asset = await maker.fetch(await finished(maker, ticket), into)
        assert asset.path == into and asset.size_bytes == into.stat().st_size, name
        seconds, peak = heard(into.read_bytes())
        assert peak > 0.01, name
        if catalogue.sound(request.route).exact:
            assert abs(seconds - request.seconds) < 0.15, name
        for word in asset.words:
            assert 0 <= word.start_seconds <= word.end_seconds <= seconds + 0.15, name
    assert stage.jobs() == len(stage.shapes())


async def test_every_maker_of_the_catalogue_that_costs_money_is_in_this_suite(stage: SoundStage) -> None:
    catalogue = shipped()
    selling = {
        route.provider
        for route in catalogue.sounds
        if route.kinds & MADE and catalogue.provider(route.provider).purse == "paid"
    }
    assert selling == {harness.id for harness in SOUND_HARNESSES}
    routes = {request.route for request in stage.shapes().values()}
    provider = next(iter(routes)).partition("/")[0]
    assert routes >= {one.id for one in catalogue.sounds if one.provider == provider and one.kinds & MADE}


async def test_a_no_is_told_by_what_it_means_and_nothing_was_made(
    harness: SoundHarness, stage: SoundStage, tmp_path: Path
) -> None:
    for scenario, kind in REFUSALS.items():
        scene = play(harness, stage, scenario)
        if scene is None:
            continue
        with pytest.raises(ProviderError) as caught:
            await scene.maker.submit_sound(
                scene.request, job_key=f"job-{scenario}", into=tmp_path / "a.sound"
            )
        error = caught.value
        assert type(error) is kind, (scenario, error)
        assert isinstance(error, Refused | NotSent)
        assert error.provider == harness.id, scenario
        if kind in (MissingKey, NoFunds):
            assert set(error.env) & set(stage.env), scenario
        if scenario == "rate-limit":
            assert error.retry_after == 7
        assert not (tmp_path / "a.sound").exists()
    assert stage.jobs() == 0


async def test_a_lost_answer_says_that_it_may_have_been_paid(
    harness: SoundHarness, stage: SoundStage, tmp_path: Path
) -> None:
    for number, scenario in enumerate(LOST, 1):
        scene = play(harness, stage, scenario)
        assert scene is not None
        with pytest.raises(OutcomeUnknown):
            await scene.maker.submit_sound(
                scene.request, job_key=f"job-{scenario}", into=tmp_path / "a.sound"
            )
        # Sent once: an answer that is lost is never bought a second time by the maker itself.
        assert stage.jobs() == number
    scene = play(harness, stage, "server-error")
    if scene is not None:
        with pytest.raises(OutcomeUnknown):
            await scene.maker.submit_sound(scene.request, job_key="job-last", into=tmp_path / "a.sound")


async def test_where_the_vendor_knows_our_key_a_lost_answer_is_found_again(
    stage: SoundStage, tmp_path: Path
) -> None:
    scene = stage.play("cut-after-accept")
    if shipped().sound(scene.request.route).lost != "key":
        return
    with pytest.raises(OutcomeUnknown):
        await scene.maker.submit_sound(scene.request, job_key="job", into=tmp_path / "a.sound")
    ticket = await stage.restarted().submit_sound(scene.request, job_key="job", into=tmp_path / "a.sound")
    assert isinstance(await ended(scene.maker, ticket), Done)
    assert stage.jobs() == 1


async def test_a_poll_that_breaks_says_nothing_about_the_job(
    harness: SoundHarness, stage: SoundStage, tmp_path: Path
) -> None:
    for scenario in BAD_POLLS:
        scene = play(harness, stage, scenario)
        if scene is None:
            continue
        ticket = await scene.maker.submit_sound(
            scene.request, job_key=f"job-{scenario}", into=tmp_path / "a.sound"
        )
        async with asyncio.timeout(20):
            while True:
                try:
                    if isinstance(await scene.maker.poll(ticket), Done):
                        break
                except Unreachable:
                    continue
                await asyncio.sleep(0.01)


async def test_a_job_that_ends_badly_says_how(
    harness: SoundHarness, stage: SoundStage, tmp_path: Path
) -> None:
    endings: dict[Scenario, type[ProviderError]] = {
        "failed": VendorFault,
        "moderated": OutputModerated,
        "unknown-job": Expired,
    }
    for scenario, kind in endings.items():
        scene = play(harness, stage, scenario)
        if scene is None:
            continue
        into = tmp_path / f"{scenario}.sound"
        ticket = await scene.maker.submit_sound(scene.request, job_key=f"job-{scenario}", into=into)
        if stage.at_once:
            into.unlink()
        progress = await ended(scene.maker, ticket)
        assert isinstance(progress, Failed), (scenario, progress)
        assert type(progress.error) is kind, (scenario, progress.error)
        assert (progress.error.provider, progress.error.remote_id) == (harness.id, ticket.remote_id)


async def test_a_file_that_is_gone_or_no_sound_is_told_from_one_that_only_broke(
    harness: SoundHarness, stage: SoundStage, tmp_path: Path
) -> None:
    into = tmp_path / "a.sound"
    for scenario, kind in (("expired-link", Expired), ("not-a-clip", Unreachable)):
        scene = play(harness, stage, scenario)  # type: ignore[arg-type]
        if scene is None:
            continue
        with pytest.raises(OutcomeUnknown if stage.at_once else kind):
            ticket = await scene.maker.submit_sound(scene.request, job_key=f"job-{scenario}", into=into)
            await scene.maker.fetch(await finished(scene.maker, ticket), into)
        assert not into.exists(), scenario
    scene = play(harness, stage, "cut-download")
    if scene is not None:
        ticket = await scene.maker.submit_sound(scene.request, job_key="job-cut", into=into)
        done = await finished(scene.maker, ticket)
        try:
            await scene.maker.fetch(done, into)
        except Unreachable:
            await scene.maker.fetch(done, into)
        assert heard(into.read_bytes())[1] > 0.01


async def test_after_a_restart_the_sound_that_was_paid_is_still_handed_over(
    stage: SoundStage, tmp_path: Path
) -> None:
    scene = stage.play("good")
    first, second = tmp_path / "a.sound", tmp_path / "b.sound"
    ticket = await scene.maker.submit_sound(scene.request, job_key="job", into=first)
    again = stage.restarted()
    kept = Ticket.from_json(ticket.to_json())
    asset = await again.fetch(await finished(again, kept), second)
    assert heard(second.read_bytes())[1] > 0.01 and asset.path == second
    assert stage.jobs() == 1
