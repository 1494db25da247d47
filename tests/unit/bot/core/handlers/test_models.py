"""The list of models: what works here, at which price, and what is missing."""

from __future__ import annotations

from bot.core.records import RouteHealth, Server
from bot.core.replies import Reply
from tests.fakes.desk import someone
from tests.unit.bot.core.conftest import Office


async def test_each_living_model_has_a_line_with_sound_lengths_and_price(office: Office) -> None:
    said = office.read(await office.ask("/models"))
    assert "drawn · Drawn (built in) · sound: its own · 2–20 s · free, counted by the clip\n" in said
    assert "scripted-native · Scripted Native · sound: its own · 4, 6, 8 s · 100 credits for 10 s\n" in said
    assert "scripted-silent · Scripted Silent · sound: none · 5, 10 s · 45 credits for 10 s\n" in said
    assert said.endswith("unpriced-1 · Unpriced 1 · sound: its own · price not set")


async def test_retired_models_are_named_apart(office: Office) -> None:
    said = office.read(await office.ask("/models"))
    assert "No longer offered by their makers: Scripted Orphan and Scripted Retired" in said
    assert "scripted-retired ·" not in said
    detail = office.read(await office.ask("/models scripted retired"))
    assert "Scripted Retired was retired by its maker" in detail


async def test_only_operators_read_which_variable_is_missing(office: Office) -> None:
    keyless = office.without_keys("odd")
    member = office.read(await keyless.ask("/models"))
    assert "34 credits for 10 s · not available here" in member
    assert "ODD_KEY" not in member
    operator = office.read(await keyless.ask("/models", someone(operator=True)))
    assert "34 credits for 10 s · ODD_KEY and ODD_SECRET not set" in operator


async def test_a_failing_route_says_so(office: Office) -> None:
    now = office.clock.now_ms()
    sick = RouteHealth(route="odd/melody-1", failures=3, opened_ms=now)
    await office.desk.store.change_health(sick.route, lambda _: sick)
    said = office.read(await office.ask("/models"))
    assert "4–12 s · 34 credits for 10 s · failing, next try in 60 s" in said


async def test_one_model_in_detail(office: Office) -> None:
    assert office.read(await office.ask("/models tune")) == (
        "Melody 1 (melody-1)\n"
        "State: active; facts checked on 2026-11-20\n"
        "Sound: its own; good for music and speech\n"
        "Price: 34 credits for 10 s\n"
        "By Odd Films\n"
        "from words alone, with references, by changing a clip or by going on from a clip: "
        "720p · 16:9, 9:16 · 4–12 s\n"
        "from words alone: 1080p · 16:9 · 4 s\n"
        "Takes an audio reference, from 2 s, up to 15 s, as mp3 or wav\n"
        "Takes a reference picture, up to 2, as png\n"
        "Takes a source video, up to 30 s"
    )


async def test_speech_that_was_measured_says_how_well_it_is_understood(office: Office) -> None:
    said = office.read(await office.ask("/models drawn")).splitlines()
    assert (
        "Speech, by a recogniser over 20 sentences a language: en 3 % misheard and es 30 % misheard "
        "(experimental)"
    ) in said


async def test_an_unknown_model_names_the_nearest(office: Office) -> None:
    said = office.read(await office.ask("/models melodi-1"))
    assert said == "There is no model “melodi-1”; try melody-1."


async def test_models_that_the_server_switched_off_are_not_listed(office: Office) -> None:
    settings = {"models_allowed": ["drawn"]}
    await office.desk.store.save_server(Server(id="discord:s1", settings=settings))
    said = office.read(await office.ask("/models"))
    assert said.splitlines() == [
        "Models; where a key is named, it is missing",
        "drawn · Drawn (built in) · sound: its own · 2–20 s · free, counted by the clip",
    ]


def ids(reply: Reply) -> list[str]:
    """Which models are listed, in order."""
    return [row.facts["id"] for row in reply.rows]


async def test_models_can_be_asked_for_what_they_are_good_for(office: Office) -> None:
    music = await office.ask("/models --for music")
    assert office.read(music).startswith("Models with music, the ablest first\n")
    assert ids(music)[0] == "melody-1" and "scripted-silent" not in ids(music)
    assert "scripted-silent" not in ids(await office.ask("/models --for speech"))
    references = ids(await office.ask("/models --for references"))
    assert "melody-1" in references and "drawn" not in references


async def test_models_by_price_begin_with_the_free_one_and_end_with_those_that_cannot_be_had(
    office: Office,
) -> None:
    office = office.without_keys("odd")
    listed = await office.ask("/models --for price")
    assert ids(listed)[0] == "drawn"
    prices = [row.facts["credits_per_10_seconds"] for row in listed.rows if row.facts["has_key"]][1:]
    known = [price for price in prices if price is not None]
    assert known == sorted(known) and len(known) > 2
    assert {"melody-1", "unpriced-1"} == set(ids(listed)[-2:])
    assert office.read(await office.ask("/models --for jokes")).startswith("for can be speech, ambience")
