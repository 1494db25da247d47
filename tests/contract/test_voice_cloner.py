"""What the core may rely on from whoever makes voices out of recordings: one suite for every such route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from providers.base import (
    ClonedVoice,
    Failed,
    Queued,
    Running,
    Ticket,
    VoiceCloner,
    VoiceProgress,
)
from providers.catalogue import clone_misfit, clone_request, price_clone
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
    ProviderError,
    RateLimited,
    Unreachable,
    VendorFault,
)
from tests.contract.harness import Scenario
from tests.contract.sound_harness import shipped
from tests.contract.stage_elevenlabs import ElevenStage, elevenlabs
from tests.contract.test_secrets import talkative, told
from tests.contract.voice_harness import VOICE_HARNESSES, VoiceHarness, VoiceStage
from tests.fakes.links import OwnLinks

__all__ = ["talkative"]
TODAY = date(2026, 11, 28)
REFUSALS: Mapping[Scenario, type[ProviderError]] = {
    "bad-request": BadRequest,
    "model-gone": ModelGone,
    "bad-key": BadKey,
    "no-key": MissingKey,
    "no-funds": NoFunds,
    "rate-limit": RateLimited,
    "unplugged": NotSent,
}
LOST: tuple[Scenario, ...] = ("cut-after-accept", "slow-after-accept", "garbage-after-accept")
ENDINGS: Mapping[Scenario, type[ProviderError]] = {
    "failed": VendorFault,
    "moderated": OutputModerated,
    "unknown-job": Expired,
}


@pytest.fixture(params=VOICE_HARNESSES, ids=lambda harness: str(harness.route))
def harness(request: pytest.FixtureRequest) -> VoiceHarness:
    """Each way of making voices."""
    found: VoiceHarness = request.param
    return found


@pytest.fixture
async def stage(harness: VoiceHarness, tmp_path: Path) -> AsyncIterator[VoiceStage]:
    """Its vendor, listening."""
    async with harness.stage(tmp_path) as opened:
        yield opened


async def ended(cloner: VoiceCloner, ticket: Ticket) -> ClonedVoice | Failed:
    """Ask until it is over; an answer that does not come is asked for again."""
    async with asyncio.timeout(20):
        while True:
            try:
                progress: VoiceProgress = await cloner.poll_voice(ticket)
            except Unreachable:
                progress = Running()
            if isinstance(progress, ClonedVoice | Failed):
                return progress
            await asyncio.sleep(0.01)


def test_every_such_route_of_the_catalogue_is_in_this_suite() -> None:
    assert {one.route for one in VOICE_HARNESSES} == {one.id for one in shipped().sounds_for("clone")}


async def test_a_voice_is_made_of_the_recording_and_gone_when_it_is_deleted(
    stage: VoiceStage,
) -> None:
    cloner, wish = stage.cloner(), stage.wish()
    ticket = await cloner.create_voice(wish, job_key="job-1")
    assert (ticket.provider, ticket.model) == (stage.route.provider, stage.route.id)
    restarted, kept = stage.cloner(), Ticket.from_json(ticket.to_json())
    voice = await ended(restarted, kept)
    assert isinstance(voice, ClonedVoice) and voice.id and not voice.barred
    assert stage.kept() == {voice.id: wish.recording.path.read_bytes()}
    assert "somebody" not in str(stage.account.vendor.seen)
    await restarted.delete_voice(voice.id)
    assert stage.kept() == {}
    await restarted.delete_voice(voice.id)  # as after a restart that came between


async def test_a_no_is_told_by_what_it_means_and_no_voice_was_made(
    harness: VoiceHarness, stage: VoiceStage
) -> None:
    for scenario, kind in REFUSALS.items():
        with pytest.raises(ProviderError) as caught:
            await stage.cloner(scenario).create_voice(stage.wish(scenario), job_key=f"job-{scenario}")
        error = caught.value
        assert type(error) is kind, (scenario, error)
        assert error.provider == stage.route.provider, scenario
        if kind in (MissingKey, NoFunds):
            assert set(error.env) & set(stage.account.env), scenario
    assert stage.kept() == {} and stage.account.jobs() == 0


async def test_a_voice_whose_answer_was_lost_is_found_and_not_made_twice(stage: VoiceStage) -> None:
    for number, scenario in enumerate(LOST, 1):
        wish, key = stage.wish(scenario, name=f"talkreel {number}"), f"job-{number}"
        with pytest.raises(OutcomeUnknown):
            await stage.cloner(scenario).create_voice(wish, job_key=key)
        ticket = await stage.cloner().find_voice(wish, job_key=key)
        assert ticket is not None, scenario
        voice = await ended(stage.cloner(), ticket)
        assert isinstance(voice, ClonedVoice) and voice.id in stage.kept()
        assert stage.account.jobs() == number
    never = stage.wish(name="talkreel never")
    assert await stage.cloner().find_voice(never, job_key="job-never") is None


async def test_how_it_ends_is_told_apart(harness: VoiceHarness, stage: VoiceStage) -> None:
    for scenario, kind in ENDINGS.items():
        if scenario in harness.exempt:
            continue
        cloner = stage.cloner()
        failed = await ended(cloner, await cloner.create_voice(stage.wish(scenario), job_key=scenario))
        assert isinstance(failed, Failed) and type(failed.error) is kind, scenario
    waits: Mapping[Scenario, type[VoiceProgress]] = {"queued": Queued, "running": Running}
    for scenario, kind_of_wait in waits.items():
        if scenario not in harness.exempt:
            ticket = await stage.cloner().create_voice(stage.wish(scenario), job_key=scenario)
            assert isinstance(await stage.cloner().poll_voice(ticket), kind_of_wait)


async def test_an_answer_that_does_not_come_is_asked_for_again(
    harness: VoiceHarness, stage: VoiceStage
) -> None:
    polls: tuple[Scenario, ...] = ("poll-garbage", "poll-error", "poll-limit", "poll-cut")
    for scenario in polls:
        if scenario not in harness.exempt:
            cloner = stage.cloner()
            ticket = await cloner.create_voice(stage.wish(scenario), job_key=scenario)
            with pytest.raises(Unreachable):
                await cloner.poll_voice(ticket)
            assert isinstance(await ended(cloner, ticket), ClonedVoice)


async def test_nobody_knows_whether_it_is_gone_where_the_vendor_is_away(stage: VoiceStage) -> None:
    away = stage.cloner("unplugged")
    with pytest.raises(Unreachable):
        await away.delete_voice("v1")
    with pytest.raises(Unreachable):
        await away.find_voice(stage.wish(), job_key="job")
    if not stage.route.slots:
        assert await away.voice_slots() is None
        return
    with pytest.raises(Unreachable):
        await away.voice_slots()


async def test_a_recording_that_does_not_fit_is_known_before_it_is_sent(stage: VoiceStage) -> None:
    route, fitting = stage.route, stage.wish()
    window = route.window("voice")
    assert window is not None and window.min_seconds and window.max_seconds

    def misfit(**changes: object) -> str | None:
        item = replace(fitting.recording, **changes)  # type: ignore[arg-type]
        return clone_misfit(route, clone_request(route, item, fitting.name))

    assert misfit(seconds=window.min_seconds - 1) == misfit(seconds=window.max_seconds + 1) == "recording"
    assert misfit(mime="audio/ogg") == "format"
    assert clone_misfit(route, replace(fitting, name="x" * (route.max_chars + 1))) == "name"


async def test_each_way_has_the_price_of_its_page_and_says_where_the_voice_speaks(stage: VoiceStage) -> None:
    route = stage.route
    usd = Decimal("0.007") if "kling" in route.id else Decimal(0)  # a twentieth of a unit
    assert price_clone(route, stage.wish(), TODAY).usd == usd
    assert route.serves and all(name.startswith(f"{route.provider}/") for name in route.serves)


async def test_no_key_and_no_signed_link_comes_out_of_a_maker_of_voices(
    harness: VoiceHarness, stage: VoiceStage, talkative: pytest.LogCaptureFixture
) -> None:
    out: list[str] = []
    for scenario in get_args(Scenario):
        if scenario in harness.exempt or scenario in ("queued", "running"):
            continue
        wish, cloner = stage.wish(scenario, name=f"t {len(out)}"), stage.cloner(scenario)
        out += [told(wish), told(cloner)]
        try:
            ticket = await cloner.create_voice(wish, job_key=scenario)
            out += [ticket.to_json(), told(await ended(cloner, ticket))]
            await cloner.delete_voice(ticket.remote_id)
        except ProviderError as error:
            out.append(told(error))
    for text in (*out, talkative.text):
        assert [secret for secret in (*stage.account.secrets, "f00d") if secret in text] == [], text[:2000]
    assert len(out) > 40


# ---- where one vendor differs


@pytest.fixture
async def eleven(tmp_path: Path) -> AsyncIterator[VoiceStage]:
    """ElevenLabs alone."""
    async with OwnLinks() as links, elevenlabs(tmp_path) as account:
        yield VoiceStage("elevenlabs/voice", account, links, tmp_path)


async def test_a_cloned_voice_speaks_until_it_is_deleted(eleven: VoiceStage, tmp_path: Path) -> None:
    account = eleven.account
    assert isinstance(account, ElevenStage)
    maker = account.adapter()
    voice = await ended(maker, await maker.create_voice(eleven.wish(), job_key="job"))
    assert isinstance(voice, ClonedVoice)
    line = replace(account.shapes()["speech"], voice=voice.id)
    ticket = await maker.submit_sound(line, job_key="job-2", into=tmp_path / "line.mp3")
    assert ticket.data["voice"] == voice.id and (tmp_path / "line.mp3").stat().st_size > 1000
    await maker.delete_voice(voice.id)
    with pytest.raises(BadRequest, match="was not found"):
        await maker.submit_sound(line, job_key="job-3", into=tmp_path / "again.mp3")


async def test_places_are_told_and_a_full_account_is_said_before_anything_is_sent(eleven: VoiceStage) -> None:
    account = eleven.account
    assert isinstance(account, ElevenStage)
    maker = account.adapter()
    for number in range(account.vendor.limit):
        await maker.create_voice(eleven.wish(name=f"talkreel {number}"), job_key=str(number))
    slots = await maker.voice_slots()
    assert slots is not None and (slots.used, slots.limit, slots.free) == (3, 3, 0)
    with pytest.raises(NoFunds, match="3 voices are taken"):
        await maker.create_voice(eleven.wish(name="one more"), job_key="more")
    account.vendor.clones_at_all = False
    with pytest.raises(NoFunds, match="plan"):
        await maker.voice_slots()


async def test_a_voice_that_must_be_verified_is_barred_and_can_be_deleted(eleven: VoiceStage) -> None:
    maker = eleven.cloner()
    ticket = await maker.create_voice(eleven.wish(name="talkreel [fault:verify]"), job_key="job")
    voice = await ended(maker, Ticket.from_json(ticket.to_json()))
    assert isinstance(voice, ClonedVoice) and "verified" in voice.barred
    await maker.delete_voice(voice.id)
    assert eleven.kept() == {}


async def test_a_recording_that_is_too_short_for_the_vendor_ends_in_a_failure(tmp_path: Path) -> None:
    harness = next(one for one in VOICE_HARNESSES if one.route == "kling/voice")
    async with harness.stage(tmp_path) as stage:
        cloner = stage.cloner()
        short = clone_request(stage.route, stage.recording(3.0), "talkreel short")
        failed = await ended(cloner, await cloner.create_voice(short, job_key="short"))
        assert isinstance(failed, Failed) and isinstance(failed.error, VendorFault)
        assert stage.kept() == {} and stage.links.calls["voice.mp3"] == 1
