"""Which key is missing, said by the name of its variable."""

from __future__ import annotations

import pytest

from bot.core.errors import Refusal
from bot.core.model import Wish
from bot.core.planner import PlanContext, plan
from providers.catalogue import load
from tests.unit.bot.core.worlds import wish, world


def refused(wanted: Wish, context: PlanContext) -> Refusal:
    """Why there is no plan."""
    with pytest.raises(Refusal) as caught:
        plan(wanted, context)
    return caught.value


def test_a_model_without_a_key_names_the_variables_and_the_way_without() -> None:
    refusal = refused(wish("a song", model="melody-1"), world(keys=frozenset({"scripted-key"})))
    assert refusal.code == "missing_key"
    assert refusal.facts["env"] == ("ODD_KEY", "ODD_SECRET") and refusal.facts["free"] == "drawn"


def test_the_key_that_is_named_belongs_to_a_route_whose_price_is_known() -> None:
    shipped = load()
    priced = next(route for route in shipped.model("hailuo-02").routes if route.offered)
    assert priced.provider != "minimax-hailuo", "its own maker's price is the operator's to set"
    here = world(catalogue=shipped, keys=frozenset({"minimax-hailuo"}))
    refusal = refused(wish(model="hailuo-02"), here)
    assert (refusal.code, refusal.facts["env"]) == ("missing_key", shipped.provider(priced.provider).env)
