"""The catalogue files of the scripted vendor say what the vendor really does."""

from __future__ import annotations

import importlib
from datetime import date
from pathlib import Path

import pytest

from providers.base import VideoRequest
from providers.catalogue import Catalogue, Route, check, check_catalogue, load, price
from tests.fakes import scripted
from tests.fakes.vendor_models import MODELS

FOLDER = Path(scripted.__file__).parent / "catalogue"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(data_dir=FOLDER)


def routes(catalogue: Catalogue) -> list[Route]:
    return [route for model in catalogue.models() for route in model.routes]


def test_everything_offered_has_a_price(catalogue: Catalogue) -> None:
    assert check_catalogue(catalogue, TODAY) == ()


def test_offers_and_prices_are_the_vendors_own(catalogue: Catalogue) -> None:
    compared = 0
    for route in routes(catalogue):
        sold = MODELS[route.api_name]
        assert scripted.wire_name(route.model) == route.api_name
        assert route.alive_on(TODAY) != sold.retired
        if sold.retired:
            continue
        offered = {mode.replace("-", "_") for shape in route.shapes for mode in shape.modes}
        assert offered == set(sold.modes), route.id
        assert route.billed_when_moderated == sold.billed_when_moderated
        for shape in route.shapes:
            assert set(shape.seconds) == sold.durations and set(shape.resolutions) == sold.resolutions
            for seconds in shape.seconds:
                for resolution in shape.resolutions:
                    for sound in shape.sound:
                        request = VideoRequest(
                            model=route.model,
                            prompt="a cat",
                            mode=shape.modes[0],
                            seconds=seconds,
                            resolution=resolution,
                            sound=sound,
                        )
                        vendors = sold.price(seconds=seconds, resolution=resolution, audio=sound)
                        assert price(route, request, TODAY).usd == vendors, (route.id, request)
                        compared += 1
    assert compared > 50


def test_a_price_change_is_dated(catalogue: Catalogue) -> None:
    route = catalogue.route("scripted-key", "scripted-dated")
    request = VideoRequest(model="scripted-dated", prompt="a cat", seconds=5)
    assert not check(route, request)
    before, after = (price(route, request, day).usd for day in (date(2026, 9, 30), date(2026, 10, 1)))
    assert (str(before), str(after)) == ("0.80", "1.00")


def test_the_adapters_exist_and_fit_their_way_of_finding_lost_jobs(catalogue: Catalogue) -> None:
    for provider in catalogue.providers.values():
        module, _, name = provider.adapter.partition(":")
        adapter = getattr(importlib.import_module(module), name)
        assert hasattr(adapter, "find_lost") == (provider.lost == "lookup")


def test_the_first_route_of_a_model_with_two_ways_is_its_home(catalogue: Catalogue) -> None:
    found = [route.provider for route in catalogue.routes_for("scripted-native")]
    assert found == ["scripted-key", "scripted-gateway"]
