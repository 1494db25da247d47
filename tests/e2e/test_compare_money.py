"""Comparisons and credits: all or nothing, each leg for itself, nobody has to wait behind four of them."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.quick_cut import four_models, quick_cut
from tests.e2e.stage import ADA, BEN, Stage, open_stage, person
from tests.e2e.test_compare import CY, THREE, TWO, answer, begun, put_away, until

ELSEWHERE = person("eve", server="discord:999")
FOUR = f"{THREE}, scripted-second"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A whole bot that does not cut pictures."""
    with quick_cut():
        async with open_stage(tmp_path, catalogue=four_models(tmp_path / "catalogue")) as opened:
            yield opened


async def test_what_cannot_be_paid_whole_is_not_begun_at_all(stage: Stage) -> None:
    await stage.allow(100)
    refused = await stage.say(ADA, THREE)
    assert refused.code == "compare_no_credits"
    assert "costs 120 credits, and with 100 you are 20 short" in refused.text
    assert "nothing" in refused.text.lower()
    first, second = await stage.say(ADA, TWO), await stage.say(ADA, TWO)
    begin = [stage.press(ADA, "confirm", one.quote) for one in (first, second)]
    answers = await asyncio.gather(*begin)
    assert sorted(one.reply.kind for one in answers) == ["notice", "refusal"]
    (id,) = [str(one.reply.facts["contest"]) for one in answers if one.reply.kind == "notice"]
    await until(stage, id, "voting")
    assert await stage.spent() == 80
    assert stage.orders == 2


async def test_a_limit_on_jobs_at_once_that_an_admin_set_holds_for_the_whole(stage: Stage) -> None:
    await stage.allow(10_000, at_once=2)
    quote = await stage.say(ADA, THREE)
    refused = await stage.press(ADA, "confirm", quote.quote)
    assert refused.code == "too_many_jobs"
    assert await stage.app.store.open_jobs() == ()
    assert await stage.app.store.open_contests() == ()


async def test_a_leg_that_fails_costs_nothing_and_the_others_are_voted_on(stage: Stage) -> None:
    stage.rule("end-failed", nth=1)
    id = await begun(stage, FOUR)
    contest = await until(stage, id, "voting")
    (lost,) = [leg for leg in contest.legs if leg.outcome]
    assert len(contest.letters) == 3
    assert (lost.charged, await stage.spent()) == (0, 120)
    message = next(m for m in stage.chat.messages.values() if m.nonce == f"{id}.{lost.letter}")
    assert message.text == f"Clip {lost.letter} did not come about; why is told with the names."
    assert lost.model_name not in message.text
    stage.clock.jump(25 * 3600)
    stage.app.staging.wake()
    await until(stage, id, "revealed")
    (result,) = [m for m in stage.chat.messages.values() if m.nonce == f"{id}.result"]
    assert f"{lost.letter} = {lost.model_name} · no clip came of it · nothing charged" in result.text


async def test_with_one_clip_left_there_is_no_vote_and_the_clip_is_handed_over(stage: Stage) -> None:
    stage.rule("end-failed", uses=2)
    id = await begun(stage, THREE)
    contest = await until(stage, id, "closed")
    assert contest.outcome == "too_few"
    assert await stage.spent() == 40
    (shown,) = [message for message in stage.chat.messages.values() if message.media]
    (winner,) = [leg for leg in contest.legs if not leg.outcome]
    assert shown.nonce == f"{id}.{winner.letter}"
    assert winner.model_name in shown.text
    (result,) = [m for m in stage.chat.messages.values() if m.nonce == f"{id}.result"]
    assert result.text.startswith("Fewer than two clips came of this comparison")


async def test_a_wish_that_all_models_refuse_is_one_strike_and_not_a_pause(stage: Stage) -> None:
    stage.rule("submit-403", uses=4)
    id = await begun(stage, FOUR)
    contest = await until(stage, id, "closed")
    assert {leg.outcome for leg in contest.legs} == {"prompt_moderated"}
    assert await stage.spent() == 0
    again = await stage.say(ADA, "/generate a fox --model scripted-native --seconds 4")
    await stage.ended(again.job)


async def test_one_leg_is_cancelled_and_the_rest_go_on(stage: Stage) -> None:
    stage.rule("run-ms=4000", uses=1, nth=1)
    id = await begun(stage, THREE)
    contest = await stage.app.store.contest(id)
    assert contest is not None
    started = ("polling", "fetching", "processing", "delivered")
    rows = [await stage.until(leg.job, *started) for leg in contest.legs]
    slow = stage.tasks[0]
    (leg,) = [leg for leg, job in zip(contest.legs, rows, strict=True) if slow.id in job.ticket]
    refused = await stage.press(BEN, "cancel-leg", f"{id}.{leg.letter}")
    assert refused.code == "vote_not_yours"
    said = await stage.press(ADA, "cancel-leg", f"{id}.{leg.letter}")
    assert leg.model_name not in said.text
    contest = await until(stage, id, "voting")
    assert len(contest.letters) == 2
    assert await stage.spent() == 80


async def test_four_legs_do_not_make_others_wait_behind_all_of_them(tmp_path: Path) -> None:
    with quick_cut():
        async with open_stage(
            tmp_path, concurrent=1, routes=("key",), catalogue=four_models(tmp_path / "catalogue")
        ) as stage:
            stage.rule("run-ms=300", uses=9)
            names = ", ".join(f"scripted-{one}" for one in ("native", "second", "third", "fourth"))
            id = await begun(stage, f"/compare a fox --models {names}")
            other = await stage.say(BEN, "/generate a cat --model scripted-native --seconds 4")
            await stage.ended(other.job)
            await until(stage, id, "voting")
            prompts = [task.prompt for task in stage.tasks]
            assert len(prompts) == 5
            assert prompts.index("a cat") <= 2, prompts


async def test_three_people_vote_one_of_them_twice_one_knows_the_names_and_one_forges(stage: Stage) -> None:
    id = await begun(stage, TWO)
    early = await stage.press(BEN, "vote", id)
    assert early.code == "vote_early"
    await until(stage, id, "voting")
    first = await stage.press(ADA, "vote", id)
    assert "Which is better: A or B? It is about: speech and lips." in first.text
    (forged,) = [button.target for button in first.reply.buttons if button.label.key == "verdict.tie"]
    assert (await stage.press(CY, "cast", forged)).code == "vote_forged"
    assert (await stage.press(ELSEWHERE, "vote", id)).code == "vote_elsewhere"
    for target in (f"{id}.oAC0", f"{id}.xAB0", f"{id}.oBA0", f"{id}.oAB9", "nonsense"):
        assert (await stage.press(ADA, "cast", target)).code in ("vote_forged", "vote_gone")
    second = await answer(stage, ADA, first)
    back = next(button for button in second.reply.buttons if button.action == "vote-at")
    again = await stage.press(ADA, "vote-at", back.target)
    assert "✓" in stage.wording.say(again.reply.buttons[0].label)
    await answer(stage, ADA, again, verdict=1)
    await answer(stage, BEN, await stage.press(BEN, "vote", id), verdict=1)
    seen = await stage.press(CY, "peek", id)
    assert "Scripted Native · 40 credits" in seen.text
    voted = await answer(stage, CY, await stage.press(CY, "vote", id))
    assert "your answers are not counted" in voted.text
    assert (await stage.press(BEN, "end-vote", id)).code == "vote_not_yours"
    assert (await stage.press(BEN, "keep", f"{id}.A")).code == "keep_early"
    await stage.press(ADA, "end-vote", id)
    late = await stage.press(BEN, "cast", forged)
    assert late.code == "vote_over"
    contest = await until(stage, id, "revealed")
    (result,) = [m for m in stage.chat.messages.values() if m.nonce == f"{id}.result"]
    assert "speech and lips: B 2, A 0 · not counted 1" in result.text
    assert contest.leg("B") is not None
    export = await stage.say(BEN, "/export")
    assert export.reply.file is not None
    with zipfile.ZipFile(export.reply.file.path) as archive:
        votes = json.loads(archive.read("talkreel.json"))["votes"]
    assert [(one["comparison"], one["answer"], one["counts"]) for one in votes] == [(id, "second", True)]
    await put_away(stage)


async def test_whoever_looks_at_a_clip_of_a_comparison_has_seen_its_name(stage: Stage) -> None:
    id = await begun(stage, TWO)
    contest = await until(stage, id, "voting")
    assert "Scripted" in (await stage.press(ADA, "details", contest.legs[0].job)).text
    voted = await stage.press(ADA, "vote", id)
    assert "your answers are not counted" in voted.text


async def test_the_leaderboard_ranks_by_the_servers_votes_and_auto_follows(stage: Stage) -> None:
    assert "Nothing is ranked yet" in (await stage.say(ADA, "/leaderboard")).text
    for _ in range(2):
        id = await begun(stage, TWO)
        contest = await until(stage, id, "voting")
        favourite = next(leg.letter for leg in contest.legs if leg.model == "scripted-native-lookup")
        for who in (ADA, BEN, CY):
            heard = await stage.press(who, "vote", id)
            while heard.reply.facts.get("answered") is None:
                heard = await answer(stage, who, heard, verdict="AB".index(favourite))
        await stage.press(ADA, "end-vote", id)
        await until(stage, id, "revealed")
    board = await stage.say(ADA, "/leaderboard --question speech")
    first, second = board.text.splitlines()[1:3]
    assert first.startswith("1") and "Scripted Native Lookup" in first and "40 credits" in first
    assert "6 votes" in first and "Scripted Native ·" in second
    picture = board.reply.file
    assert picture is not None and picture.seen and picture.alt == "Leaderboard · speech and lips"
    assert picture.path.read_bytes().startswith(b"\x89PNG")
    csv = await stage.say(ADA, "/leaderboard --export")
    assert csv.reply.file is not None
    lines = csv.reply.file.path.read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("question,model,name,strength") and len(lines) == 1 + 4 * 2
    quote = await stage.say(ADA, '/generate he says "hi" --seconds 4')
    assert quote.reply.facts["model"] == "scripted-native-lookup"
    assert "preferred by this server's votes" in quote.text
    about = await stage.say(ADA, "/models scripted-native-lookup")
    assert "By this server's votes, speech and lips: Scripted Native Lookup is ranked" in about.text
    await stage.ended(quote.job)
    await put_away(stage)
