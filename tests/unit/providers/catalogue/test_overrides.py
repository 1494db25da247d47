"""The operator's own files: other prices, further models, whole providers."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from providers.catalogue import Catalogue, CatalogueError, check_catalogue, load, price
from tests.unit.providers.catalogue.samples import ACME, HEAD, PROVIDER, SHAPES, request, write

TODAY = date(2026, 11, 22)


def overridden(tmp_path: Path, base: str, own: str) -> Catalogue:
    return load(write(tmp_path / "own", mine=own), data_dir=write(tmp_path / "data", acme=base))


NEW_PRICE = """
[provider]
id = "acme"
concurrent = 7
[[model]]
id = "acme-2"
[[model.price]]
since = 2026-01-01
unit = "clip"
amount = "9"
"""


def test_an_operators_price_replaces_the_list_and_leaves_everything_else(tmp_path: Path) -> None:
    catalogue = overridden(tmp_path, ACME, NEW_PRICE)
    route = catalogue.route("acme", "acme-2")
    assert price(route, request(), TODAY).usd == Decimal(9)
    assert (catalogue.provider("acme").concurrent, catalogue.provider("acme").name) == (7, "Acme")
    assert route.api_name == "acme-v2-pro"


def test_a_price_set_by_the_operator_puts_the_model_on_offer(tmp_path: Path) -> None:
    base = PROVIDER + HEAD + 'price = "operator"\n' + SHAPES
    catalogue = overridden(tmp_path, base, NEW_PRICE)
    assert catalogue.route("acme", "acme-2").offered != ()
    assert check_catalogue(catalogue, TODAY) == ()


def test_one_shape_left_to_the_operator_is_offered_once_its_rows_are_there(tmp_path: Path) -> None:
    base = ACME.replace("sound = [true, false]", 'sound = [true, false]\nprice = "operator"')
    only_768p = base.split("[[model.price]]")
    base = "[[model.price]]".join(only_768p[:2])
    catalogue = load(data_dir=write(tmp_path / "only", acme=base))
    (shape,) = catalogue.route("acme", "acme-2").offered
    assert shape.resolutions == ("768p",)
    assert len(overridden(tmp_path, base, NEW_PRICE).route("acme", "acme-2").offered) == 2


def test_an_operator_adds_a_model_and_an_exchange_rate(tmp_path: Path) -> None:
    own = (
        '[[fx]]\ncurrency = "EUR"\nsince = 2026-01-01\nusd = "1.10"\n[provider]\nid = "acme"\n'
        + HEAD.replace("acme-2", "acme-3").replace("Acme 2", "Acme 3")
        + SHAPES
        + '[[model.price]]\nsince = 2026-01-01\nunit = "clip"\namount = "2"\ncurrency = "EUR"\n'
    )
    catalogue = overridden(tmp_path, ACME, own)
    assert [model.id for model in catalogue.models()] == ["acme-2", "acme-3"]
    assert price(catalogue.route("acme", "acme-3"), request(), TODAY).usd == Decimal("2.20")


def test_an_operator_adds_a_whole_provider_of_their_own(tmp_path: Path) -> None:
    own = (
        ACME.replace('id = "acme"', 'id = "mine"').replace('"acme-2"', '"mine-1"').replace("Acme 2", "Mine 1")
    )
    catalogue = load(write(tmp_path / "own", mine=own))
    assert catalogue.route("mine", "mine-1").provider == "mine"
    assert "animatic" in catalogue.providers


def test_an_error_in_an_operators_key_names_the_operators_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"mine\.toml: \[model acme-2 price 1\] amount"):
        overridden(tmp_path, ACME, NEW_PRICE.replace('"9"', "9"))
    with pytest.raises(CatalogueError, match=r"mine\.toml: \[provider\] speed: unknown key"):
        overridden(tmp_path, ACME, NEW_PRICE.replace("concurrent", "speed"))


def test_a_folder_that_is_not_there_is_said_and_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="is not a folder"):
        load(tmp_path / "nowhere")


def test_reading_the_catalogue_needs_no_http_library() -> None:
    import subprocess

    code = (
        "import sys, providers.registry, providers.catalogue as c; c.load();"
        "print([m for m in ('httpx', 'httpcore', 'aiohttp', 'av', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
