"""What a person is told before anything is paid: the plan for a wish on a named model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.core import planner
from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import REFUSALS, PlanContext, credits_for, needs_confirm, offers, plan
from bot.core.records import RouteHealth
from providers.base import Shot
from providers.catalogue import check
from tests.unit.bot.core.worlds import NOW_MS, catalogue, told, wish, world


def refused(asked: Wish, context: PlanContext | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        plan(asked, context or world())
    assert caught.value.code in REFUSALS
    assert told(Text(key=f"refusal.{caught.value.code}", facts=caught.value.facts)).endswith(".")
    return caught.value


def test_every_refusal_is_described_for_those_who_write_the_words() -> None:
    described = planner.__doc__ or ""
    assert {code for code in REFUSALS if code not in described} == set()


def keys(texts: tuple[Any, ...]) -> list[str]:
    return [text.key for text in texts]


def test_a_plain_wish_becomes_a_request_with_defaults_and_its_price() -> None:
    found = plan(wish(), world())
    assert found.request.seconds == 4
    assert (found.request.resolution, found.request.aspect) == ("720p", "16:9")
    assert found.request.sound and found.sound_path == "native"
    assert (found.credits, found.cost_micro_usd, found.purse) == (40, 400_000, "paid")
    assert found.adjustments == () and needs_confirm(found, House()) == ()


def test_everything_that_was_said_is_in_the_request_unchanged() -> None:
    asked = wish(
        seconds=8, resolution="1080p", aspect="9:16", sound=False, negative="blur", seed=7, prompt="  a\tb\n "
    )
    request = plan(asked, world()).request
    assert (request.seconds, request.resolution, request.aspect) == (8, "1080p", "9:16")
    assert (request.sound, request.negative, request.seed) == (False, "blur", 7)
    assert request.prompt == "  a\tb\n "


@pytest.mark.parametrize("spelling", ["9:16", "9x16", " 9:16 "])
def test_an_aspect_may_be_written_with_an_x(spelling: str) -> None:
    assert plan(wish(aspect=spelling), world()).request.aspect == "9:16"


# ---------------------------------------------------------------------------------------------
# Words


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t", "\u200b\u200d", "\x00\x1b", "\u00a0\u3000"])
@pytest.mark.parametrize("model", ["scripted-native", "auto"])
def test_a_prompt_without_anything_to_read_is_refused(prompt: str, model: str) -> None:
    assert refused(wish(prompt, model=model)).code == "empty_prompt"


@pytest.mark.parametrize("prompt", ["🎉🎬", "👩‍👩‍👧", "مرحبا بالعالم", "שלום \u200f!", "雨の夜", "."])
def test_emoji_and_right_to_left_text_pass_unchanged(prompt: str) -> None:
    found = plan(wish(prompt), world())
    assert found.request.prompt == prompt and found.adjustments == ()


def test_control_characters_are_left_out_and_that_is_said() -> None:
    found = plan(wish("a\x00b\x1b[31mc\nd"), world())
    assert found.request.prompt == "ab[31mc\nd"
    assert keys(found.adjustments) == ["adjust.control_characters"]
    assert found.adjustments[0].facts == {"count": 2}
    assert needs_confirm(found, House()) == ("adjusted",)


def test_a_prompt_that_is_too_long_is_refused_with_length_and_limit() -> None:
    refusal = refused(wish("x" * 2001))
    assert refusal.code == "prompt_too_long"
    assert (refusal.facts["length"], refusal.facts["limit"]) == (2001, 2000)
    assert refusal.facts["unit"] == "characters" and refusal.facts["model"] == "Scripted Native"
    assert plan(wish("x" * 2000), world()).request.prompt == "x" * 2000


def test_length_is_counted_in_the_vendors_unit() -> None:
    assert plan(wish("é" * 30, model="melody-1"), world()).credits == 27
    refusal = refused(wish("é" * 31, model="melody-1"))
    assert (refusal.facts["length"], refusal.facts["unit"]) == (62, "bytes")


def test_a_negative_prompt_that_is_too_long_is_refused_by_name() -> None:
    refusal = refused(wish(negative="x" * 2001))
    assert (refusal.code, refusal.facts["field"], refusal.facts["limit"]) == (
        "text_too_long",
        "negative",
        2000,
    )


@pytest.mark.parametrize(("option", "value"), [("negative", "blur"), ("seed", 3)])
def test_what_a_model_does_not_take_is_refused_not_dropped(option: str, value: object) -> None:
    refusal = refused(wish("a song", model="melody-1", **{option: value}))
    assert (refusal.code, refusal.facts["field"]) == ("not_taken", option)


# ---------------------------------------------------------------------------------------------
# Models


def test_an_unknown_model_names_the_nearest_living_ones() -> None:
    refusal = refused(wish(model="skripted-natve"))
    assert refusal.code == "unknown_model"
    assert refusal.facts["nearest"][0] == "scripted-native"
    assert not {"scripted-retired", "scripted-orphan"} & set(refusal.facts["nearest"])


def test_an_alias_and_a_loose_spelling_find_the_model() -> None:
    assert plan(wish("a song", model="tune"), world()).model == "melody-1"
    assert plan(wish("a song", model=" Melody 1 "), world()).model == "melody-1"


def test_a_retired_model_says_since_when_and_names_its_successor() -> None:
    refusal = refused(wish(model="scripted-retired"))
    assert refusal.code == "model_retired"
    assert refusal.facts["since"] == "2026-09-01"
    assert refusal.facts["successor"] == "scripted-native" and refusal.facts["nearest"] == ()


def test_a_model_retired_by_its_date_without_successor_names_the_nearest_living() -> None:
    refusal = refused(wish(model="scripted-orphan"))
    assert refusal.code == "model_retired" and refusal.facts["successor"] == ""
    assert refusal.facts["nearest"]
    assert not {"scripted-retired", "scripted-dated"} & set(refusal.facts["nearest"])
    assert plan(wish(model="scripted-orphan"), world(today=date(2026, 8, 31))).model == "scripted-orphan"


def test_a_retired_model_is_said_before_anything_else() -> None:
    assert refused(wish("", model="scripted-retired")).code == "model_retired"
    assert (
        refused(wish("x", model="scripted-retired", seconds=999), world(keys=frozenset())).code
        == "model_retired"
    )


def test_a_model_on_its_way_out_is_made_with_a_warning() -> None:
    found = plan(wish(model="scripted-dated"), world())
    assert "note.deprecated" in keys(found.notes) and found.adjustments == ()


def test_a_second_route_serves_where_the_first_has_no_key() -> None:
    found = plan(wish(), world(keys=frozenset({"scripted-gateway"})))
    assert found.route == "scripted-gateway/scripted-native" and found.lost == "blind"


def test_a_route_that_keeps_failing_is_left_alone_for_the_next_one() -> None:
    sick = RouteHealth(route="scripted-key/scripted-native", failures=3, opened_ms=NOW_MS - 1000)
    context = world(health={sick.route: sick})
    assert plan(wish(), context).provider == "scripted-gateway"
    later = replace(context, now_ms=NOW_MS + 60_000)
    assert plan(wish(), later).provider == "scripted-key"


def test_all_routes_down_says_when_to_try_again() -> None:
    sick = RouteHealth(route="odd/melody-1", failures=4, opened_ms=NOW_MS - 30_000)
    refusal = refused(wish("a song", model="melody-1"), world(health={sick.route: sick}))
    assert (refusal.code, refusal.facts["retry_in"]) == ("route_down", 90)
    assert "melody-1" not in refusal.facts["models"]


def test_a_price_that_nobody_knows_is_not_guessed() -> None:
    assert refused(wish(model="unpriced-1")).code == "price_unknown"


def test_a_model_that_the_server_denies_is_refused_with_what_is_offered() -> None:
    refusal = refused(wish(), world(denied=frozenset({"scripted-native"})))
    assert refusal.code == "model_denied" and "scripted-native" not in refusal.facts["models"]
    only = world(allowed=frozenset({"melody-1"}))
    assert refused(wish(), only).facts["models"] == ("melody-1",)
    assert plan(wish("a song", model="melody-1"), only).credits == 27


def test_the_demo_makes_nothing_that_costs() -> None:
    context = world(house=House(demo=True))
    refusal = refused(wish(), context)
    assert (refusal.code, refusal.facts["free"]) == ("demo_only", "drawn")
    assert plan(wish(model="auto"), context).purse == "free"


# ---------------------------------------------------------------------------------------------
# Combinations


def test_an_impossible_length_is_refused_with_the_possible_ones() -> None:
    refusal = refused(wish(seconds=5))
    assert (refusal.code, refusal.facts["field"]) == ("impossible", "seconds")
    assert (refusal.facts["asked"], refusal.facts["allowed"]) == (5, (4, 6, 8))


def test_allowed_values_are_those_beside_the_other_wishes() -> None:
    refusal = refused(wish("a song", model="melody-1", resolution="1080p", seconds=10))
    assert (refusal.facts["field"], refusal.facts["allowed"]) == ("seconds", (4,))
    assert refusal.facts["given"] == ("resolution 1080p",)
    assert plan(wish("a song", model="melody-1", resolution="1080p"), world()).request.seconds == 4


def test_the_one_wish_is_named_whose_change_is_enough() -> None:
    refusal = refused(wish("a song", model="melody-1", resolution="1080p", aspect="9:16", seconds=10))
    assert (refusal.facts["field"], refusal.facts["allowed"]) == ("resolution", ("720p",))
    assert refusal.facts["given"] == ("aspect 9:16", "seconds 10")


def test_where_no_single_change_helps_a_value_that_is_never_possible_is_named() -> None:
    hopeless = refused(wish(resolution="8k", aspect="4:3", seconds=99))
    assert hopeless.facts["asked"] not in hopeless.facts["allowed"] and hopeless.facts["given"] == ()


def test_a_mode_that_a_model_lacks_is_named() -> None:
    refusal = refused(wish(model="scripted-voice"))
    assert (refusal.code, refusal.facts["asked"]) == ("mode_not_offered", "text")
    assert refusal.facts["allowed"] == ("references",)


def test_shots_give_the_length_and_must_agree_with_it() -> None:
    shots = (Shot(prompt="one", seconds=3), Shot(prompt="two", seconds=4))
    made = plan(wish("a song", model="melody-1", shots=shots), world())
    assert made.request.seconds == 7 and made.request.shots == shots
    refusal = refused(wish("a song", model="melody-1", shots=shots, seconds=8))
    assert (refusal.code, refusal.facts["asked"], refusal.facts["seconds"]) == ("shots_length", 7, 8)
    assert refused(wish(shots=shots, model="scripted-native")).code in ("impossible", "not_taken")


# ---------------------------------------------------------------------------------------------
# Sound


def test_silence_on_request_uses_the_vendors_switch_and_its_price() -> None:
    found = plan(wish(sound=False), world())
    assert (found.request.sound, found.sound_path, found.credits) == (False, "silent", 28)
    assert found.sound_credits == 0 and found.adjustments == ()


def test_silence_on_request_without_a_switch_takes_the_track_out() -> None:
    found = plan(wish(model="scripted-dated", sound=False), world())
    assert found.request.sound and found.sound_path == "silent"
    assert "note.sound_removed" in keys(found.notes) and found.adjustments == ()


def test_a_model_without_sound_says_so_and_asks() -> None:
    found = plan(wish(model="scripted-silent"), world())
    assert found.sound_path == "silent" and keys(found.adjustments) == ["adjust.silent"]
    assert needs_confirm(found, House()) == ("adjusted",)
    assert needs_confirm(plan(wish(model="scripted-silent", sound=False), world()), House()) == ()


@pytest.mark.parametrize("sound", [None, True])
def test_a_model_without_sound_is_given_one_where_there_is_a_maker(sound: bool | None) -> None:
    found = plan(wish(model="scripted-silent", sound=sound), world(house=House(adds_sound=True)))
    assert (found.sound_path, found.request.sound) == ("soundtrack", False)
    assert keys(found.notes)[-1] == "note.sound_added" and found.adjustments == ()


def test_sound_asked_of_a_silent_model_is_refused_with_models_that_have_it() -> None:
    refusal = refused(wish(model="scripted-silent", sound=True))
    assert refusal.code == "no_sound" and "scripted-native" in refusal.facts["models"]


def test_sound_at_a_size_that_is_only_silent_is_refused_with_the_way_out() -> None:
    refusal = refused(wish("a song", model="melody-1", resolution="1080p", sound=True))
    assert refusal.code == "impossible"
    assert (refusal.facts["field"], refusal.facts["asked"]) == ("sound", "on")
    assert (refusal.facts["allowed"], refusal.facts["given"]) == (("off",), ("resolution 1080p",))


def test_the_sound_share_is_the_difference_where_the_vendor_has_a_switch() -> None:
    assert plan(wish(seconds=8), world()).sound_credits == 80 - 56


def test_the_sound_share_is_thirty_percent_elsewhere() -> None:
    found = plan(wish("a song", model="melody-1"), world())
    assert (found.credits, found.sound_credits) == (27, 8)


def test_the_built_in_renderer_without_a_voice_refuses_what_should_be_spoken() -> None:
    mute = world(house=House(voice_missing="the voice extra is not installed"))
    refusal = refused(wish('she says "hello there"', model="drawn"), mute)
    assert (refusal.code, refusal.facts["line"]) == ("voice_missing", "hello there")
    assert plan(wish("rain on a roof", model="drawn"), mute).purse == "free"
    assert plan(wish('she says "hello"', model="drawn", sound=False), mute).sound_path == "silent"
    assert plan(wish('she says "hello"'), mute).purse == "paid"


# ---------------------------------------------------------------------------------------------
# Price


def test_the_price_changes_on_its_day() -> None:
    assert plan(wish(model="scripted-dated"), world(today=date(2026, 9, 30))).credits == 80
    assert plan(wish(model="scripted-dated"), world(today=date(2026, 10, 1))).credits == 100


def test_mark_up_and_rounding_happen_once_and_cost_is_the_list_price() -> None:
    house = House(markup=Decimal("1.5"), credit_usd=Decimal("0.01"))
    found = plan(wish("a song", model="melody-1"), world(house=house))
    assert (found.credits, found.cost_micro_usd) == (40, 266_400)  # 0.2664 × 1.5 = 0.3996 → 40


@pytest.mark.parametrize(
    ("usd", "credit", "markup", "expected"),
    [
        ("0.40", "0.01", "1", 40),
        ("0.401", "0.01", "1", 41),
        ("0.1", "0.03", "1", 4),
        ("0.3", "0.1", "1", 3),
        ("0.000001", "0.01", "1", 1),
        ("0", "0.01", "1", 1),
        ("1", "0.01", "1.0000001", 101),
    ],
)
def test_credits_are_rounded_up_exactly(usd: str, credit: str, markup: str, expected: int) -> None:
    assert credits_for(Decimal(usd), credit_usd=Decimal(credit), markup=Decimal(markup)) == expected


def test_a_clip_of_the_built_in_renderer_is_one_free_clip_and_no_cost() -> None:
    found = plan(wish(model="drawn", seconds=20), world())
    assert (found.purse, found.credits, found.cost_micro_usd, found.sound_credits) == ("free", 1, 0, 0)
    assert needs_confirm(found, House(confirm_above=0)) == ()


def test_a_dear_plan_asks_and_a_cheap_one_runs_at_once() -> None:
    assert needs_confirm(plan(wish(seconds=6), world()), House()) == ("price",)
    assert needs_confirm(plan(wish(seconds=4), world()), House(confirm_above=40)) == ()
    assert needs_confirm(plan(wish(seconds=4), world()), House(confirm_above=39)) == ("price",)


def test_a_vendor_that_bills_refusals_is_named_in_the_quote() -> None:
    found = plan(wish("a song", model="melody-1"), world())
    assert found.billed_when_moderated and "note.billed_when_moderated" in keys(found.notes)
    assert "note.billed_when_moderated" not in keys(plan(wish(), world()).notes)


def test_deadline_and_retention_come_from_the_catalogue() -> None:
    odd = plan(wish("a song", model="melody-1"), world())
    assert odd.deadline_seconds == 900
    assert odd.keep_seconds == 30 * 86_400  # kept until we delete it
    assert plan(wish(), world()).keep_seconds == 600


def test_the_planned_request_satisfies_the_catalogue() -> None:
    found = plan(wish(seconds=6, aspect="1:1"), world())
    assert check(catalogue().route(found.provider, found.model), found.request) == []


# ---------------------------------------------------------------------------------------------
# Offers


def test_offers_price_a_half_spoken_wish_on_every_living_model() -> None:
    found = {offer.model: offer for offer in offers(world(), wish("", seconds=8))}
    assert found["scripted-native"].credits == 80 and found["scripted-native"].sound == "native"
    assert found["scripted-silent"].credits is None and found["scripted-silent"].why_not == "impossible"
    assert found["scripted-silent"].facts["allowed"] == (5, 10)
    assert found["scripted-silent"].sound == "silent"
    assert found["drawn"].purse == "free" and found["drawn"].credits == 1
    assert found["unpriced-1"].why_not == "price_unknown"
    assert not {"scripted-retired", "scripted-orphan"} & set(found)


def test_offers_name_what_can_be_had_first_and_hide_what_the_server_denies() -> None:
    context = world(keys=frozenset({"scripted-key"}), denied=frozenset({"scripted-dated"}))
    found = offers(context, wish(""))
    can = [not offer.why_not for offer in found]
    assert can == sorted(can, reverse=True)
    assert "scripted-dated" not in {offer.model for offer in found}
    assert {offer.model: offer.why_not for offer in found}["melody-1"] == "missing_key"


def test_the_same_wish_always_gives_the_same_plan() -> None:
    asked = wish('a choir sings "hello" in the rain', model="auto")
    first: Plan = plan(asked, world())
    assert all(plan(asked, world()) == first for _ in range(5))
