"""One wish on several models: the nearest length, shape and size that all of them make."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.errors import Refusal
from bot.core.planner import PlanContext, Together, named_models, plan, plan_together
from tests.unit.bot.core.worlds import told, wish, world


def together(models: str, context: PlanContext | None = None, **options: Any) -> Together:
    here = context or world()
    return plan_together(wish("a choir sings", **options), named_models(models, here), here)


def shape(found: Together) -> set[tuple[object, ...]]:
    here = world()
    made = [plan(one, here).request for one in found.wishes]
    return {(one.seconds, one.aspect, one.resolution) for one in made}


def test_a_wish_that_all_can_do_stays_as_it_is() -> None:
    found = together("scripted-native, melody-1", seconds=8, aspect="9:16", resolution="720p")
    assert shape(found) == {(8, "9:16", "720p")}
    assert found.differences == ()
    assert [one.model for one in found.wishes] == ["scripted-native", "melody-1"]


@pytest.mark.parametrize(("asked", "made"), [(5, 4), (7, 6), (12, 8), (1, 4)])
def test_the_nearest_common_length_is_taken_and_said(asked: int, made: int) -> None:
    found = together("scripted-native, melody-1", seconds=asked)
    assert {seconds for seconds, _, _ in shape(found)} == {made}
    assert f"{made}\u00a0s instead of {asked}\u00a0s" in told_in_english(found)


def test_the_nearest_common_shape_is_taken_and_said() -> None:
    found = together("scripted-native, melody-1", aspect="1:1")
    assert len({aspect for _, aspect, _ in shape(found)}) == 1
    assert [text.key for text in found.differences] == ["compare.differs_aspect"]
    assert told(found.differences[0])


def test_without_a_word_about_it_all_get_the_same_and_nothing_is_said() -> None:
    found = together("scripted-native melody-1 drawn")
    assert len(shape(found)) == 1
    assert found.differences == ()


def test_a_size_that_not_all_make_gives_way_to_the_nearest_common_one() -> None:
    found = together("scripted-native, melody-1", seconds=8, resolution="1080p")
    assert {size for _, _, size in shape(found)} == {"720p"}
    assert [text.key for text in found.differences] == ["compare.differs_resolution"]


def test_models_without_a_common_length_cannot_be_compared() -> None:
    with pytest.raises(Refusal) as refusal:
        together("scripted-native, scripted-silent")
    assert refusal.value.code == "compare_no_common"
    assert refusal.value.facts["field"] == "seconds"
    assert refusal.value.facts["each"] == ("Scripted Native: 4 6 8", "Scripted Silent: 5 10")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("scripted-native", "compare_count"),
        ("a, b, c, d, e", "compare_count"),
        ("scripted-native, melody-1, tune", "compare_twice"),
        ("scripted-native, sora-9000", "unknown_model"),
    ],
)
def test_two_to_four_different_models_that_there_are(said: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        named_models(said, world())
    assert refusal.value.code == code


def test_what_one_model_refuses_is_refused_for_all() -> None:
    with pytest.raises(Refusal) as refusal:
        together("scripted-native, melody-1", negative="blur")
    assert (refusal.value.code, refusal.value.facts["model"]) == ("not_taken", "Melody 1")


def told_in_english(found: Together) -> str:
    from bot.core.wording import load_wording

    return load_wording(strict=True).lines(found.differences, "en")
