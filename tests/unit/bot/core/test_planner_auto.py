"""Which model `auto` picks, and that it never picks something nobody asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan
from bot.core.planner import PlanContext, needs_confirm, plan
from bot.core.records import RouteHealth
from tests.unit.bot.core.worlds import NOW_MS, file, wish, world


def picked(prompt: str, context: PlanContext | None = None, **options: object) -> Plan:
    return plan(wish(prompt, model="auto", **options), context or world())


@pytest.mark.parametrize(
    ("prompt", "model"),
    [
        ('a captain says "land ahoy"', "scripted-native"),
        ("lluvia y truenos en el bosque", "scripted-native"),
        ("a choir sings softly", "melody-1"),
        ("una guitarra y una canción", "melody-1"),
    ],
)
def test_auto_goes_by_what_shall_be_heard(prompt: str, model: str) -> None:
    assert picked(prompt).model == model


def test_auto_is_said_but_is_no_adjustment() -> None:
    found = picked('he says "hi"')
    assert found.notes[0].key == "note.auto_for" and found.notes[0].facts["topic"] == "speech"
    assert needs_confirm(found, House()) == ()


def test_auto_takes_a_model_that_uses_the_recording() -> None:
    found = picked("a dance", media=(file("reference-audio", "audio", seconds=5),))
    assert found.model == "melody-1" and found.request.media[0].role == "reference-audio"


def test_auto_takes_a_model_that_can_do_the_whole_wish() -> None:
    assert picked("a choir sings", seconds=5, negative="blur").model.startswith("scripted-dated")
    assert picked("a choir sings", seconds=12).model == "melody-1"


def test_auto_leaves_out_models_without_key_and_with_an_open_breaker() -> None:
    assert picked("a choir sings", world(keys=frozenset({"scripted-key"}))).provider == "scripted-key"
    sick = RouteHealth(route="odd/melody-1", failures=3, opened_ms=NOW_MS)
    assert picked("a choir sings", world(health={sick.route: sick})).model != "melody-1"


def test_auto_leaves_out_what_the_server_denies() -> None:
    assert picked("a choir sings", world(denied=frozenset({"melody-1"}))).model != "melody-1"


def test_auto_prefers_a_model_that_is_not_on_its_way_out() -> None:
    for prompt in ("wind and waves", "a street", 'he says "no"'):
        assert picked(prompt, world(keys=frozenset({"scripted-key"}))).model == "scripted-native"


def test_auto_passes_over_what_the_budget_could_never_pay() -> None:
    poor = world(house=House(budget_day_usd=Decimal("0.30")))
    assert picked('he says "no"', poor).cost_micro_usd <= 300_000


def test_the_built_in_renderer_serves_where_no_key_is_set() -> None:
    found = picked("a choir sings", world(keys=frozenset()))
    assert (found.model, found.purse, found.adjustments) == ("drawn", "free", ())


def test_the_built_in_renderer_serves_where_paid_clips_are_not_to_be_had() -> None:
    assert picked("a choir sings", world(paid_ok=False)).model == "drawn"


def test_the_built_in_renderer_does_not_stand_in_for_a_wish_that_paid_models_cannot_meet() -> None:
    with pytest.raises(Refusal) as caught:
        picked("a street", seconds=20)
    assert (caught.value.code, caught.value.facts["field"]) == ("impossible", "seconds")
    assert caught.value.facts["model"] != "Drawn (built in)"


def test_the_servers_own_choice_comes_first_even_if_it_is_the_built_in_renderer() -> None:
    assert picked("a choir sings", world(default_model="scripted-native")).model == "scripted-native"
    assert picked("a choir sings", world(default_model="drawn")).model == "drawn"


@pytest.mark.parametrize("gone", ["scripted-retired", "no-such-model", "unpriced-1"])
def test_a_default_that_cannot_be_used_falls_back_to_the_choice_by_words(gone: str) -> None:
    assert picked("a choir sings", world(default_model=gone)).model == "melody-1"


def test_nothing_to_choose_from_names_what_the_operator_can_set() -> None:
    context = world(keys=frozenset(), allowed=frozenset({"melody-1", "scripted-native"}))
    with pytest.raises(Refusal) as caught:
        picked("a street", context)
    assert caught.value.code == "no_model"
    assert {"ODD_KEY", "ODD_SECRET", "SCRIPTED_KEY_API_KEY"} <= set(caught.value.facts["env"])


def test_a_blank_model_means_auto() -> None:
    assert plan(wish("a choir sings", model=" "), world()).model == "melody-1"
