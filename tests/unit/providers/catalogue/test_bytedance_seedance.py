"""What Seedance costs: worked examples, both regions, and what is not offered while its price is unknown."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from providers.base import MediaInput, VideoRequest
from providers.catalogue import (
    Catalogue,
    check,
    complete,
    load,
    needs_link,
    price,
    price_counted,
    price_without_sound,
)
from providers.catalogue.audit import check_route
from providers.catalogue.loader import DATA
from providers.registry import _factory
from providers.video.bytedance_seedance import BytedanceSeedance
from tests.contract.stage_bytedance_seedance import IDS, NAMES, seedance
from tests.unit.providers.catalogue.samples import given, write

TODAY = date(2026, 11, 22)
FILES = ("bytedance-seedance.toml", "volcengine-seedance.toml")
PLAIN = VideoRequest(model="seedance-2.0", prompt="a cat", seconds=5)


def books(folder: Path, **overrides: str) -> Catalogue:
    """The catalogue of Seedance alone, with an operator's files on top."""
    data = folder / "data"
    data.mkdir()
    for name in FILES:
        shutil.copy(DATA / name, data)
    return load(write(folder / "own", **overrides) if overrides else None, data_dir=data)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return books(tmp_path_factory.mktemp("books"))


def test_everything_that_is_offered_has_one_price_on_every_day(catalogue: Catalogue) -> None:
    for day in (date(2026, 10, 8), TODAY, date(2027, 6, 1)):
        for model in catalogue.models():
            for route in model.routes:
                assert check_route(route, day) == []


@pytest.mark.parametrize(
    ("model", "changes", "usd"),
    [
        ("seedance-2.0", {}, "0.7623"),  # 108,900 tokens
        ("seedance-2.0", {"sound": False}, "0.7623"),
        ("seedance-2.0", {"seconds": 4}, "0.6111"),  # 87,300
        ("seedance-2.0", {"resolution": "1080p"}, "1.8866925"),  # 245,025
        ("seedance-2.0", {"resolution": "4k"}, "3.9204"),  # 980,100
        ("seedance-2.0", {"resolution": "480p", "aspect": "9:16"}, "0.354473"),  # 50,639
        ("seedance-2.0-fast", {}, "0.60984"),
        ("seedance-2.0-mini", {}, "0.38115"),
        ("seedance-2.5", {}, "1.16523"),
        ("seedance-2.5", {"seconds": 18}, "4.16979"),  # 389,700
        ("seedance-2.5", {"resolution": "480p"}, "0.5182866"),  # 48,438: 854 x 480 here
        ("seedance-2.5", {"resolution": "1080p", "seconds": 30}, "17.0822925"),  # 1,460,025
    ],
)
def test_a_clip_costs_what_the_vendor_counts(
    catalogue: Catalogue, model: str, changes: dict[str, object], usd: str
) -> None:
    route = catalogue.route("bytedance-seedance", model)
    assert price(route, replace(PLAIN, model=model, **changes), TODAY).usd == Decimal(usd)  # type: ignore[arg-type]


def test_pictures_recordings_and_sound_are_free(catalogue: Catalogue) -> None:
    route = catalogue.route("bytedance-seedance", "seedance-2.0")
    media = (given("reference-image"), given("reference-audio", seconds=3))
    drawn = replace(PLAIN, mode="references", media=media)
    assert check(route, drawn) == []
    assert price(route, drawn, TODAY).usd == price(route, PLAIN, TODAY).usd
    assert price_without_sound(route, drawn, TODAY) is None


def test_a_picture_that_decides_the_aspect_is_priced_at_the_largest_size(catalogue: Catalogue) -> None:
    route = catalogue.route("bytedance-seedance", "seedance-2.0")
    framed = replace(PLAIN, mode="first-frame", aspect="auto", media=(given("first-frame"),))
    # 1112 x 834: 109,587 tokens
    assert price(route, framed, TODAY).usd == Decimal("0.767109")


@pytest.mark.parametrize("model", NAMES)
def test_china_is_a_route_of_its_own_with_its_own_names_and_currency(
    catalogue: Catalogue, model: str
) -> None:
    home, china = catalogue.routes_for(model)
    assert (home.provider, china.provider) == tuple(IDS.values())
    assert (home.api_name, china.api_name) == (f"dreamina-{NAMES[model]}", f"doubao-{NAMES[model]}")
    assert (home.shapes, home.pixels, home.windows, home.options) == (
        china.shapes,
        china.pixels,
        china.windows,
        china.options,
    )
    (row,) = price(china, replace(PLAIN, model=model), TODAY).rows
    assert "CNY" in row


def test_yuan_are_turned_into_dollars_by_the_dated_rate_and_the_operators_wins(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    shipped = books(tmp_path / "a").route("volcengine-seedance", "seedance-2.0")
    tokens = Decimal("0.1089")
    assert price(shipped, PLAIN, TODAY).usd == tokens * 46 * Decimal("0.1522")
    own = '[[fx]]\ncurrency = "CNY"\nsince = 2026-11-01\nusd = "0.14"\n'
    changed = books(tmp_path / "b", rates=own).route("volcengine-seedance", "seedance-2.0")
    assert price(changed, PLAIN, TODAY).usd == tokens * 46 * Decimal("0.14")


def test_both_adapters_ask_for_the_variable_that_the_facts_name(catalogue: Catalogue) -> None:
    for identity in IDS.values():
        provider = catalogue.provider(identity)
        adapter = _factory(provider)
        assert isinstance(adapter, type) and issubclass(adapter, BytedanceSeedance)
        assert adapter.env == provider.env


def film(role: str, seconds: float) -> MediaInput:
    return given(role, seconds=seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "mode", "role"),
    [
        ("seedance-2.0-mini", "references", "reference-video"),
    ],
)
def test_a_clip_as_input_waits_for_the_operators_price(
    tmp_path: Path, catalogue: Catalogue, model: str, mode: str, role: str
) -> None:
    media = (film(role, 8),)
    route = catalogue.route("bytedance-seedance", model)
    assert complete(route, mode=mode, media=media) is None  # type: ignore[arg-type]
    rows = "".join(
        f'[[model.price]]\nsince = 2026-11-01\nunit = "million_tokens"\namount = "{amount}"\n'
        f"tokens = {{ extra_frames = 1, count_input = true }}\nwhen = {{ video_input = {given_} }}\n"
        for amount, given_ in (("10.70", "false"), ("6.40", "true"))
    )
    own = f'[provider]\nid = "bytedance-seedance"\n[[model]]\nid = "{model}"\n{rows}'
    priced = books(tmp_path, own=own).route("bytedance-seedance", model)
    choice = complete(priced, mode=mode, media=media)  # type: ignore[arg-type]
    assert choice is not None
    request = replace(
        PLAIN, model=model, media=media, input_seconds=8, **{k: getattr(choice, k) for k in _DIMENSIONS}
    )
    assert check(priced, request) == [] and needs_link(priced, request)
    tokens = -(-1280 * 720 * (24 * (5 + 8) + 1) // 1024)
    assert choice.seconds == 5
    assert price(priced, request, TODAY).usd == tokens * Decimal("6.40") / 1_000_000


# What the vendor's own examples say of 5 seconds with a clip among the inputs, a short one or 30 seconds.
EXAMPLES = {
    ("480p", 1): "0.553",
    ("480p", 30): "2.152",
    ("720p", 1): "1.244",
    ("720p", 30): "4.838",
}


@pytest.mark.parametrize(("resolution", "seconds"), EXAMPLES)
def test_a_clip_among_the_inputs_of_2_5_costs_what_the_vendors_examples_say(
    catalogue: Catalogue, resolution: str, seconds: int
) -> None:
    route = catalogue.route("bytedance-seedance", "seedance-2.5")
    media = (film("reference-video", seconds),)
    request = replace(
        PLAIN,
        model="seedance-2.5",
        mode="references",
        resolution=resolution,
        media=media,
        input_seconds=seconds,
    )
    usd = price(route, request, TODAY).usd
    said = Decimal(EXAMPLES[resolution, seconds])
    # The examples leave out the frame that is billed on top.
    assert 0 <= usd - said + Decimal("0.0005") < said / 150


@pytest.mark.parametrize(("mode", "seconds"), [("edit", 8), ("extend", 5)])
def test_2_5_goes_on_from_a_clip_with_its_seconds_counted(
    catalogue: Catalogue, mode: str, seconds: int
) -> None:
    route = catalogue.route("bytedance-seedance", "seedance-2.5")
    media = (film("source-video", 8),)
    request = replace(
        PLAIN,
        model="seedance-2.5",
        mode=mode,  # type: ignore[arg-type]
        aspect="auto",
        seconds=seconds,
        media=media,
        input_seconds=8,
    )
    assert check(route, request) == [] and needs_link(route, request)
    # Where the clip decides the shape, the largest one is priced.
    tokens = -(-1112 * 834 * (24 * (seconds + 8) + 1) // 1024)
    assert price(route, request, TODAY).usd == tokens * Decimal("6.40") / 1_000_000


# Least charge in dollars for a clip among the inputs, by seconds of the result from 4 on (a reseller, 2026).
LEAST = {
    ("seedance-2.0", "480p"): (0.30, 0.39, 0.43, 0.52, 0.61, 0.65),
    ("seedance-2.0", "720p"): (0.65, 0.84, 0.93, 1.11, 1.30, 1.39),
    ("seedance-2.0", "1080p"): (1.64, 2.06, 2.47, 2.88, 3.29, 3.70),
    ("seedance-2.0-fast", "480p"): (0.23, 0.30, 0.33, 0.40, 0.46, 0.50),
    ("seedance-2.0-fast", "720p"): (0.50, 0.64, 0.71, 0.85, 1.00, 1.07),
}


@pytest.mark.parametrize(("model", "resolution"), LEAST)
def test_a_short_clip_as_input_costs_at_least_what_is_charged_for_any(
    catalogue: Catalogue, model: str, resolution: str
) -> None:
    route = catalogue.route("bytedance-seedance", model)
    for seconds, wanted in enumerate(LEAST[model, resolution], 4):
        request = replace(
            PLAIN,
            model=model,
            mode="references",
            media=(film("reference-video", 2),),
            input_seconds=2,
            seconds=seconds,
            resolution=resolution,
        )
        assert check(route, request) == [] and needs_link(route, request)
        assert float(price(route, request, TODAY).usd) == pytest.approx(wanted, abs=0.015)
        # 12 seconds are beyond the least: input and output count as they are.
        longer = replace(request, media=(film("reference-video", 12),), input_seconds=12)
        size = route.pixels[resolution]["16:9"]
        tokens = -(-size[0] * size[1] * (24 * (seconds + 12) + 1) // 1024)
        rate = {"1080p": "4.70"}.get(resolution, "3.30" if "fast" in model else "4.30")
        assert price(route, longer, TODAY).usd == tokens * Decimal(rate) / 1_000_000


def test_a_bill_by_tokens_is_what_they_cost_on_that_day(catalogue: Catalogue) -> None:
    home, china = catalogue.routes_for("seedance-2.0")
    counted = {"million_tokens": Decimal("0.2")}
    assert price_counted(home, PLAIN, TODAY, counted) == Decimal("1.4")
    assert price_counted(china, PLAIN, TODAY, counted) == Decimal("0.2") * 46 * Decimal("0.1522")
    assert price_counted(home, PLAIN, TODAY, {"second": Decimal(5)}) is None
    assert price_counted(home, PLAIN, date(2020, 1, 1), counted) is None


_DIMENSIONS = ("mode", "resolution", "aspect", "seconds", "sound")


async def test_the_quote_counts_the_tokens_that_the_vendor_reports(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    """The fake counts by a formula and sizes of its own; both agree to the token for all that is offered."""
    async with seedance("byteplus", tmp_path) as stage:
        adapter, rates = stage.adapter(), {"4k": "4.00"}
        for number, request in enumerate(stage.shapes().values()):
            route = catalogue.route("bytedance-seedance", request.model)
            if check(route, request):
                continue
            await adapter.submit(request, job_key=f"job {number}")
            order = list(stage.ark.jobs.values())[-1].order
            known = {"seedance-2.0-fast": "5.60", "seedance-2.0-mini": "3.50", "seedance-2.5": "10.70"}
            rate = rates.get(request.resolution) or known.get(request.model, "7.00")
            if request.input_seconds:
                rate = "6.40" if request.model == "seedance-2.5" else "4.30"
            quoted = price(route, request, TODAY).usd * 1_000_000 / Decimal(rate)
            if request.aspect == "auto":
                assert 0 <= quoted - order.tokens < order.tokens / 100
            else:
                assert quoted == order.tokens
