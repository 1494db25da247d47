"""Quotes of comparisons: by command or from a clip; what they list, stand for, and where they are offered."""

from __future__ import annotations

from dataclasses import replace

from bot.core.dispatch import Dispatch
from tests.fakes.desk import here, someone
from tests.unit.bot.core.conftest import Office

ASK = "/compare a choir sings --models scripted-native, melody-1, drawn --seconds 8 --hours 3"


async def test_a_quote_lists_every_leg_the_sum_and_what_becomes_of_the_clips(office: Office) -> None:
    await office.allot(500)
    reply = await office.ask(ASK)
    said = office.read(reply)
    assert "3 models, the same wish, 8 s each" in said
    assert "Scripted Native · 720p · 16:9 · sound: by the model · 80 credits" in said
    assert "Melody 1 · 720p · 16:9 · sound: by the model · 27 credits" in said
    assert "Drawn (built in) · 720p · 16:9 · sound: by the model · 1 free clip" in said
    assert "Together: 107 credits and 1 free clip" in said
    assert "The vote is open for 3 hours" in said
    assert office.read(reply, "es").startswith("3 modelos, la misma petición")
    assert office.jobs.started == []


async def test_confirm_begins_all_legs_under_letters_drawn_by_lot(office: Office) -> None:
    await office.allot(500)
    quote = await office.ask(ASK)
    begun = await office.press("confirm", str(quote.facts["quote"]))
    assert "107 credits and 1 free clip held" in office.read(begun)
    contest = await office.desk.store.contest(str(begun.facts["contest"]))
    assert contest is not None
    assert [leg.letter for leg in contest.legs] == ["A", "B", "C"]
    assert {leg.job for leg in contest.legs} == {job.id for job in office.jobs.started}
    assert {job.wish.seconds for job in office.jobs.started} == {8}
    assert contest.hours == 3
    again = await office.press("confirm", str(quote.facts["quote"]))
    assert again.kind == "refusal"
    assert len(office.jobs.started) == 3


async def test_a_quote_whose_price_has_changed_is_asked_again(office: Office) -> None:
    await office.allot(500)
    quote = await office.ask(ASK)
    dearer = office.with_house(markup=office.desk.house.markup * 2)
    asked = await dearer.press("confirm", str(quote.facts["quote"]))
    assert asked.kind == "quote" and "Together: 214 credits" in office.read(asked)
    assert office.jobs.started == []


async def test_other_model_offers_a_blind_comparison_with_those_that_suit(office: Office) -> None:
    await office.allot(500)
    job = (await office.ask("a choir sings --model melody-1 --seconds 8")).job
    quote = await office.submit("other-model", job, {"model": "compare"})
    assert quote.kind == "quote"
    models = [leg["model"] for leg in quote.facts["legs"]]
    assert models[0] == "melody-1" and len(models) == len(set(models)) == 4
    assert {leg["seconds"] for leg in quote.facts["legs"]} == {8}


async def test_comparing_is_offered_where_it_can_be_shown_and_there_is_something_to_compare(
    office: Office,
) -> None:
    assert "/compare" in office.read(await office.ask("/help"))
    assert "/compare" not in office.read(await office.with_house(demo=True).ask("/help"))
    there = replace(here(), platform="console")
    for words in ("/help", ASK):
        reply = await Dispatch(office.desk).words(someone(), words, destination=there, request_key=words)
        said = office.read(reply)
        assert "/compare:" not in said
    assert said.startswith("/compare cannot be shown here; use it on Discord, Telegram or the web page.")
