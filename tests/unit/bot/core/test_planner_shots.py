"""Plans for several shots and for prompts that call files by name."""

from __future__ import annotations

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Wish
from bot.core.planner import plan
from providers.base import Shot
from tests.unit.bot.core.worlds import wish, world


def refused(asked: Wish) -> Refusal:
    with pytest.raises(Refusal) as caught:
        plan(asked, world())
    return caught.value


def test_shots_need_no_prompt_beside_them_and_models_that_take_them_are_named() -> None:
    shots = (Shot(prompt="one", seconds=3), Shot(prompt="@two", seconds=4))
    assert refused(wish("", model="melody-1", shots=shots)).code == "unknown_name"
    shots = (shots[0], Shot(prompt="two", seconds=5))
    assert plan(wish("", model="melody-1", shots=shots), world()).request.prompt == ""
    refusal = refused(wish("", model="scripted-native", shots=shots))
    assert refusal.code == "not_taken" and refusal.facts["models"] == ("melody-1",)


def test_a_name_without_a_file_is_refused_unless_the_account_knows_it() -> None:
    refusal = refused(wish("@hero meets @rival", model="scripted-native"))
    assert refusal.code == "unknown_name" and refusal.facts["names"] == ("@hero", "@rival")
    known = House(names={"scripted-key": frozenset({"Hero", "rival"})})
    assert plan(wish("@hero meets @rival", model="scripted-native"), world(house=known)).model
