"""The life of a voice at each of its makers: made once, and gone in the end, whatever happens in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.core.work import voices
from tests.contract.harness import Scenario
from tests.contract.stage_elevenlabs import ElevenStage
from tests.contract.voice_harness import VOICE_HARNESSES
from tests.contract.voice_life import VOICE_MICRO_USD, Killed, Life, lives
from tests.fakes.clock import FakeClock

MAKING = (
    "before_voice_intent",
    "after_voice_intent",
    "voice_answer_unsaved",
    "after_voice_ticket",
    "voice_made",
)
# Where nobody here knows the voice that may lie there; elsewhere it is known as in any other life.
LOST = [
    pytest.param(
        point, marks=() if point.startswith(("after_voice_intent", "voice_answer")) else pytest.mark.whole
    )
    for point in MAKING
]
DELETING = ("before_voice_deletion", "voice_deleted_unsaved")
WHY: dict[Scenario, str] = {
    "no-key": "no_key",
    "bad-key": "no_key",
    "no-funds": "no_funds",
    "bad-request": "refused",
    "rate-limit": "busy",
    "unplugged": "unreachable",
}


# Both generations of a vendor lead the same life; one of them is enough by default.
CASES = [
    pytest.param(one, id=one.route, marks=pytest.mark.whole if one.route == "kling-legacy/voice" else ())
    for one in VOICE_HARNESSES
]


@pytest.fixture(params=CASES)
async def first(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Life]:
    """The first life of a bot, at each maker of voices."""
    async with lives(request.param, tmp_path, clock) as life:
        yield life


@pytest.fixture
async def eleven(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Life]:
    """The same where voices cost nothing and take places."""
    harness = next(one for one in VOICE_HARNESSES if one.route == "elevenlabs/voice")
    async with lives(harness, tmp_path, clock, cost_micro_usd=0) as life:
        yield life


def _then(first: Callable[..., Awaitable[Any]], then: Callable[[], None]) -> Callable[..., Awaitable[Any]]:
    """The same, and then something else."""

    async def both(*given: Any, **named: Any) -> Any:
        answer = await first(*given, **named)
        then()
        return answer

    return both


async def judge(life: Life) -> None:
    """What is true after every story: the voice is gone, at its maker and here."""
    await life.end()
    await life.cleared()
    assert life.stage.kept() == {}
    assert await life.store.voices_unneeded() == ()


async def test_a_voice_is_made_once_and_gone_when_its_job_has_ended(first: Life) -> None:
    made = await first.voiced()
    assert made.voice and first.stage.kept().keys() == {made.voice}
    assert (await first.voiced()).voice == made.voice and first.stage.account.jobs() == 1
    kept = await first.store.voice_of("j1")
    assert kept is not None and (kept.state, kept.voice_id) == ("there", made.voice)
    assert "somebody" not in str(first.stage.account.vendor.seen)
    await first.keeper.clear()
    assert first.stage.kept(), "its job still needs it"
    await judge(first)
    assert await first.booked() == VOICE_MICRO_USD, "the voice was made, no clip was"
    kept = await first.store.voice_of("j1")
    assert kept is not None and (kept.state, kept.voice_id, kept.ticket) == ("gone", "", "")


@pytest.mark.parametrize("point", MAKING)
async def test_a_bot_that_is_killed_has_one_voice_made_and_leaves_none(first: Life, point: str) -> None:
    first.kill = point
    with pytest.raises(Killed):
        await first.voiced()
    second = first.again()
    made = await second.voiced()
    # Whoever charges for a voice and cannot tell whether it was asked for is not asked once more.
    blind = point == "after_voice_intent" and second.stage.route.lost == "lookup"
    assert made.why if blind else made.voice, made
    assert second.stage.account.jobs() == (0 if blind else 1)
    await judge(second)
    assert await second.booked() == VOICE_MICRO_USD


@pytest.mark.parametrize("point", DELETING)
async def test_a_bot_that_is_killed_deletes_the_voice_after_its_restart(first: Life, point: str) -> None:
    await first.voiced()
    await first.end()
    first.kill = point
    with pytest.raises(Killed):
        await first.keeper.clear()
    second = first.again()
    await second.cleared()
    assert second.stage.kept() == {} and await second.store.voices_unneeded() == ()


@pytest.mark.parametrize("point", LOST)
async def test_a_voice_is_gone_even_if_its_job_ended_when_the_bot_was_killed(first: Life, point: str) -> None:
    first.kill = point
    with pytest.raises(Killed):
        await first.voiced()
    second = first.again()
    await judge(second)
    assert second.stage.account.jobs() <= 1


async def test_where_no_voice_is_made_it_is_said_why_and_nothing_is_asked_again(first: Life) -> None:
    for number, (scenario, why) in enumerate(WHY.items()):
        life = first.again()
        life.scenario = scenario
        life.makers.cloner = life.stage.cloner(scenario)
        life.stage.whispers = [life.stage.account.faults.get(scenario, "")]
        voices_name = f"t{number} {life.stage.whispers[0]}"
        with pytest.MonkeyPatch.context() as patch:
            if life.stage.route.upload != "link":
                patch.setattr(voices, "new_name", lambda name=voices_name: name)
            made = await life.voiced(f"j{number}")
            assert (made.voice, made.why) == ("", why), scenario
            assert (await life.voiced(f"j{number}")).why == why
        await life.end(f"j{number}")
        assert await life.store.voices_unneeded() == (), scenario
    assert first.stage.kept() == {} and first.stage.account.jobs() == 0 and await first.booked() == 0
    assert len(await first.notes()) >= 2, "a key and an empty account are the operator's business"


async def test_an_answer_that_was_lost_costs_no_second_voice(
    first: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = first.stage.account.faults["cut-after-accept"]
    if first.stage.route.upload == "link":
        first.stage.whispers = [fault]
    else:
        monkeypatch.setattr(voices, "new_name", lambda: f"talkreel {fault}")
    made = await first.voiced()
    assert made.voice in first.stage.kept() and first.stage.account.jobs() == 1
    await judge(first)


async def test_a_maker_that_fails_ends_the_wait_and_leaves_nothing(tmp_path: Path, clock: FakeClock) -> None:
    harness = next(one for one in VOICE_HARNESSES if one.route == "kling/voice")
    async with lives(harness, tmp_path, clock) as life:
        life.stage.whispers = [life.stage.account.faults["failed"]]
        assert (await life.voiced()).why == "failed"
        await judge(life)


async def test_a_last_place_that_somebody_takes_in_between_is_no_empty_account(
    eleven: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = eleven.stage.account
    assert isinstance(account, ElevenStage)
    vendor = account.vendor
    noted = _then(eleven.store.voice_intent, lambda: setattr(vendor, "limit", 0))
    monkeypatch.setattr(eleven.shop.store, "voice_intent", noted)
    assert (await eleven.voiced()).why == "full"
    assert len(await eleven.notes()) == 1 and "no funds" not in str(await eleven.notes())
    await judge(eleven)


async def test_whoever_stops_a_job_while_its_voice_is_made_leaves_none(
    tmp_path: Path, clock: FakeClock
) -> None:
    harness = next(one for one in VOICE_HARNESSES if one.route == "kling/voice")
    async with lives(harness, tmp_path, clock) as life:
        stopped = await life.voices.ready(await life.job(), stop=lambda: "after_voice_ticket" in life.points)
        assert (stopped.voice, stopped.why) == ("", "")
        await judge(life)
        assert await life.booked() == VOICE_MICRO_USD


async def test_a_voice_that_must_be_verified_is_not_used_and_deleted(
    eleven: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "new_name", lambda: "talkreel [fault:verify]")
    made = await eleven.voiced()
    assert (made.voice, made.why) == ("", "barred")
    await eleven.keeper.clear()
    assert eleven.stage.kept() == {}, "at once: its job still runs"
    await judge(eleven)


async def test_places_that_our_own_leftovers_take_are_made_free_first(eleven: Life) -> None:
    account = eleven.stage.account
    assert isinstance(account, ElevenStage)
    account.vendor.limit = 1
    await eleven.voiced("old")
    assert (await eleven.voiced("j1")).why == "full", "that one still speaks"
    (note,) = await eleven.notes()
    assert "All places for voices in the account at elevenlabs are taken" in note
    await eleven.end("old")
    assert (await eleven.voiced("j2")).voice in account.vendor.clones
    await eleven.end("j2")
    await judge(eleven)


async def test_a_creation_that_comes_to_light_late_is_deleted_with_the_one_made_in_its_place(
    eleven: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "new_name", lambda: "talkreel-twice")
    eleven.kill = "voice_answer_unsaved"
    with pytest.raises(Killed):
        await eleven.voiced()
    account = eleven.stage.account
    assert isinstance(account, ElevenStage)
    hidden = dict(account.vendor.clones)
    account.vendor.clones.clear()  # lists lag
    second = eleven.again()
    made = await second.voiced()
    assert made.voice and made.voice not in hidden
    account.vendor.clones.update(hidden)
    assert len(account.vendor.clones) == 2
    await judge(second)


async def test_a_voice_that_resists_is_tried_again_and_the_operator_is_told_once(first: Life) -> None:
    await first.voiced()
    await first.end()
    first.makers.cloner = first.stage.cloner("unplugged")
    await first.cleared(rounds=4)
    (kept,) = await first.store.voices_unneeded()
    (note,) = await first.notes()
    assert kept.name in note and first.stage.route.provider in note and kept.tries == 4
    first.makers.cloner = first.stage.cloner()
    await first.cleared()
    assert first.stage.kept() == {} and await first.store.voices_unneeded() == ()


async def test_without_the_key_a_voice_stays_known_until_the_key_is_back(first: Life) -> None:
    await first.voiced()
    await first.end()
    first.makers.missing = first.stage.account.env
    await first.cleared()
    (note,) = await first.notes()
    assert all(name in note for name in first.makers.missing) and "its key is gone" in note
    assert len(await first.store.voices_unneeded()) == 1
    first.makers.missing = ()
    await first.cleared()
    assert first.stage.kept() == {} and await first.store.voices_unneeded() == ()
