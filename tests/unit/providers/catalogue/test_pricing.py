"""Money: the right rows on the right day, nothing guessed, nothing counted twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as given_by_hypothesis
from hypothesis import strategies

from providers.base import SoundRequest
from providers.catalogue import (
    CatalogueError,
    PriceUnknown,
    check,
    check_catalogue,
    load,
    price,
    price_transcript,
    price_without_sound,
    sound_price,
)
from tests.unit.providers.catalogue.samples import (
    ACME,
    HEAD,
    PROVIDER,
    SHAPES,
    given,
    load_texts,
    request,
    route_of,
)

TODAY = date(2026, 11, 22)

TOKENS = (
    PROVIDER
    + HEAD
    + """
pixels.720p = { "16:9" = [1280, 720], "1:1" = [960, 960] }
pixels.480p = { "16:9" = [864, 496] }
[[model.shape]]
modes = ["text", "references"]
resolutions = ["720p"]
aspects = ["16:9", "1:1", "auto"]
durations = { min = 4, max = 15 }
sound = [true, false]
[[model.input]]
role = "reference-image"
[[model.input]]
role = "reference-video"
[[model.price]]
since = 2026-01-01
unit = "million_tokens"
amount = "7.00"
tokens = { fps = 24, extra_frames = 1, divisor = 1024, count_input = true }
when = { video_input = false }
[[model.price]]
since = 2026-01-01
unit = "million_tokens"
amount = "4.30"
tokens = { fps = 24, extra_frames = 1, divisor = 1024, count_input = true }
when = { video_input = true }
"""
)


def cost(tmp_path: Path, text: str, on: date = TODAY, **wishes: Any) -> Decimal:
    return price(route_of(tmp_path, text), request(**wishes), on).usd


def with_prices(*rows: str) -> str:
    """acme-2 with 768p only and these price rows."""
    shape = SHAPES.split("[[model.shape]]")[1].replace("sound = [false]", "sound = [true, false]")
    inputs = "[[model.input]]\nrole = 'first-frame'\n"
    body = "".join(f"[[model.price]]\nsince = 2026-01-01\n{row}\n" for row in rows)
    return f"{PROVIDER}{HEAD}[[model.shape]]{shape}{inputs}{body}"


def test_a_per_second_price_depends_on_resolution_and_sound(tmp_path: Path) -> None:
    assert cost(tmp_path, ACME, seconds=10) == Decimal("1.00")
    assert cost(tmp_path, ACME, resolution="1080p", sound=True) == Decimal("1.20")
    assert cost(tmp_path, ACME, resolution="1080p", sound=False) == Decimal("0.90")


def test_a_per_clip_price_comes_in_buckets_of_length(tmp_path: Path) -> None:
    text = with_prices(
        'unit = "clip"\namount = "0.28"\nwhen = { seconds = 6 }',
        'unit = "clip"\namount = "0.56"\nwhen = { seconds = { min = 7, max = 10 } }',
    )
    assert cost(tmp_path, text, seconds=6) == Decimal("0.28")
    assert cost(tmp_path, text, seconds=10) == Decimal("0.56")


def test_video_tokens_give_the_vendors_published_figures(tmp_path: Path) -> None:
    wishes: dict[str, Any] = {"resolution": "720p", "seconds": 5, "sound": True}
    assert cost(tmp_path, TOKENS, **wishes) == Decimal(108_900) * 7 / 1_000_000
    assert cost(tmp_path, TOKENS, **{**wishes, "seconds": 4}) == Decimal(87_300) * 7 / 1_000_000


def test_seconds_of_a_reference_video_are_counted_as_tokens_at_the_other_rate(tmp_path: Path) -> None:
    media = (given("reference-video", seconds=5),)
    wishes: dict[str, Any] = {
        "resolution": "720p",
        "seconds": 5,
        "mode": "references",
        "media": media,
        "input_seconds": 5,
    }
    assert cost(tmp_path, TOKENS, **wishes) == 1280 * 720 * Decimal(241) / 1024 * Decimal("4.30") / 1_000_000


def test_where_the_picture_decides_the_aspect_the_largest_size_is_priced(tmp_path: Path) -> None:
    wishes: dict[str, Any] = {"resolution": "720p", "seconds": 5}
    assert cost(tmp_path, TOKENS, aspect="auto", **wishes) == max(
        cost(tmp_path, TOKENS, aspect=aspect, **wishes) for aspect in ("16:9", "1:1")
    )


def test_a_sound_effect_is_added_per_started_five_seconds(tmp_path: Path) -> None:
    text = with_prices(
        'unit = "vendor_credit"\namount = "0.01"\ncredits = "45"\nwhen = { seconds = 6 }',
        'unit = "vendor_credit"\namount = "0.01"\ncredits = "90"\nwhen = { seconds = 10 }',
        'unit = "started_5_seconds"\namount = "0.10"\nwhen = { sound = true }',
    )
    assert cost(tmp_path, text, seconds=6, sound=False) == Decimal("0.45")
    assert cost(tmp_path, text, seconds=6, sound=True) == Decimal("0.65")
    assert cost(tmp_path, text, seconds=10, sound=True) == Decimal("1.10")


def test_vendor_credits_can_be_taken_per_second(tmp_path: Path) -> None:
    text = with_prices('unit = "vendor_credit"\namount = "0.14"\ncredits = "0.3"\nper = "second"')
    assert cost(tmp_path, text, seconds=10) == Decimal("0.42")


def test_the_first_input_images_can_be_free(tmp_path: Path) -> None:
    text = with_prices('unit = "second"\namount = "0.10"', 'unit = "input_image"\namount = "0.04"\nfree = 5')
    images = tuple(given("reference-image") for _ in range(7))
    assert cost(tmp_path, text, media=images[:5]) == Decimal("0.60")
    assert cost(tmp_path, text, media=images) == Decimal("0.68")


def test_input_seconds_are_added_up_to_the_vendors_cap(tmp_path: Path) -> None:
    text = with_prices(
        'unit = "second"\namount = "0.10"', 'unit = "input_second"\namount = "0.10"\nmaximum = "5"'
    )
    assert cost(tmp_path, text, input_seconds=3) == Decimal("0.90")
    assert cost(tmp_path, text, input_seconds=12) == Decimal("1.10")


def test_a_least_charge_counts_only_where_something_is_counted(tmp_path: Path) -> None:
    text = with_prices(
        'unit = "second"\namount = "0.10"\nminimum = "8"',
        'unit = "input_second"\namount = "0.01"\nminimum = "4"',
    )
    assert cost(tmp_path, text, seconds=6) == Decimal("0.80")
    assert cost(tmp_path, text, seconds=10, input_seconds=1) == Decimal("1.04")


def test_a_coming_price_change_counts_from_its_day_on_and_old_rows_stay(tmp_path: Path) -> None:
    change = '\n[[model.price]]\nsince = 2026-12-01\nunit = "second"\namount = "0.12"\n'
    text = ACME + change + 'when = { resolution = "768p" }\n'
    assert cost(tmp_path, text, date(2026, 11, 30)) == Decimal("0.60")
    assert cost(tmp_path, text, date(2026, 12, 1)) == Decimal("0.72")
    assert check_catalogue(load_texts(tmp_path, sample=text), TODAY) == ()


def test_a_price_list_can_change_its_structure_on_a_day(tmp_path: Path) -> None:
    text = with_prices(
        'until = 2026-12-01\nunit = "clip"\namount = "1"',
        'unit = "second"\namount = "0.1"\nwhen = { sound = true }',
        'unit = "second"\namount = "0.2"\nwhen = { sound = false }',
    )
    text = text.replace("2026-01-01\nunit", "2026-12-01\nunit")
    assert cost(tmp_path, text, date(2026, 11, 30), sound=True) == Decimal("1")
    assert cost(tmp_path, text, date(2026, 12, 1), sound=True) == Decimal("0.6")
    assert check_catalogue(load_texts(tmp_path, sample=text), TODAY) == ()


def test_another_currency_uses_the_rate_of_the_day(tmp_path: Path) -> None:
    rates = (
        '[[fx]]\ncurrency = "CNY"\nsince = 2026-01-01\nusd = "0.14"\n'
        '[[fx]]\ncurrency = "CNY"\nsince = 2026-12-01\nusd = "0.15"\n'
    )
    text = rates + with_prices('unit = "second"\namount = "0.60"\ncurrency = "CNY"')
    assert cost(tmp_path, text) == Decimal("0.504")
    assert cost(tmp_path, text, date(2026, 12, 1)) == Decimal("0.540")


def test_a_currency_without_a_rate_is_found_by_the_check(tmp_path: Path) -> None:
    text = with_prices('unit = "second"\namount = "0.60"\ncurrency = "CNY"')
    found = check_catalogue(load_texts(tmp_path, sample=text), TODAY)
    assert found and all("no exchange rate for CNY on 2026-11-22" in line for line in found)


def test_a_removed_row_leaves_a_gap_that_the_check_names(tmp_path: Path) -> None:
    text = ACME.rpartition("[[model.price]]")[0]
    found = check_catalogue(load_texts(tmp_path, sample=text), TODAY)
    assert found and all("1080p" in line and "sound off" in line and "found none" in line for line in found)
    with pytest.raises(CatalogueError, match="found none"):
        cost(tmp_path, text, resolution="1080p", sound=False)


def test_an_overlapping_row_is_found_by_the_check(tmp_path: Path) -> None:
    text = (
        ACME + '\n[[model.price]]\nsince = 2026-10-01\nunit = "clip"\namount = "3"\nwhen = { seconds = 10 }\n'
    )
    found = check_catalogue(load_texts(tmp_path, sample=text), TODAY)
    assert found and all(" 10 s " in line and "clip 3 USD when seconds=10" in line for line in found)
    with pytest.raises(CatalogueError, match="one base price must match"):
        cost(tmp_path, text, seconds=10)


def test_a_gap_that_opens_later_is_found_today(tmp_path: Path) -> None:
    text = ACME + "until = 2027-01-01\n"
    found = check_catalogue(load_texts(tmp_path, sample=text), TODAY)
    assert found and all("2027-01-01" in line for line in found)


def test_a_future_model_without_a_price_for_today_is_found(tmp_path: Path) -> None:
    assert check_catalogue(load_texts(tmp_path, sample=ACME), date(2026, 8, 31)) != ()
    assert check_catalogue(load_texts(tmp_path, sample=ACME), date(2026, 9, 1)) == ()


def test_missing_pixels_of_an_offered_size_are_found(tmp_path: Path) -> None:
    text = TOKENS.replace(', "1:1" = [960, 960]', "")
    found = check_catalogue(load_texts(tmp_path, sample=text), TODAY)
    assert found and all("no pixel size for 720p 1:1" in line for line in found)


def test_the_rows_of_a_price_are_named_base_first(tmp_path: Path) -> None:
    text = with_prices(
        'unit = "started_5_seconds"\namount = "0.10"\nwhen = { sound = true }', 'unit = "clip"\namount = "1"'
    )
    rows = price(route_of(tmp_path, text), request(sound=True), TODAY).rows
    assert rows == (
        "acme/acme-2 2026-01-01 clip 1 USD",
        "acme/acme-2 2026-01-01 started_5_seconds 0.10 USD when sound=on",
    )


def test_a_row_is_named_by_what_it_is_for(tmp_path: Path) -> None:
    text = with_prices(
        'unit = "clip"\namount = "1"\n'
        'when = { seconds = { min = 6, max = 8 }, resolution = ["768p", "1080p"] }',
        'unit = "clip"\namount = "2"\nwhen = { seconds = { min = 9 } }',
    )
    (row,) = price(route_of(tmp_path, text), request(seconds=6), TODAY).rows
    assert row.endswith("clip 1 USD when seconds=6-8 resolution=768p|1080p")
    (row,) = price(route_of(tmp_path, text), request(seconds=10), TODAY).rows
    assert row.endswith("clip 2 USD when seconds=9-")


def test_the_sound_share_is_the_difference_to_the_silent_price(tmp_path: Path) -> None:
    route = route_of(tmp_path, ACME)
    silent = price_without_sound(route, request(resolution="1080p", sound=True), TODAY)
    assert silent is not None and silent.usd == Decimal("0.90")


def test_there_is_no_silent_price_where_silence_is_impossible_or_no_cheaper(tmp_path: Path) -> None:
    always_on = route_of(tmp_path / "a", ACME.replace("[true, false]", "[true]"))
    assert price_without_sound(always_on, request(resolution="1080p", sound=True), TODAY) is None
    same_price = route_of(tmp_path / "b", with_prices('unit = "second"\namount = "0.10"'))
    assert price_without_sound(same_price, request(sound=True), TODAY) is None


def test_a_price_left_to_the_operator_is_not_offered_and_not_guessed(tmp_path: Path) -> None:
    text = PROVIDER + HEAD + 'price = "operator"\n' + SHAPES
    route = route_of(tmp_path, text)
    assert route.offered == ()
    assert check(route, request()) != []
    assert check_catalogue(load_texts(tmp_path, sample=text), TODAY) == ()
    with pytest.raises(PriceUnknown):
        price(route, request(), TODAY)


def test_all_that_is_shipped_has_a_price_from_today_on() -> None:
    for days in (0, 30, 365):
        assert check_catalogue(load(), TODAY + timedelta(days=days)) == ()


@given_by_hypothesis(
    seconds=strategies.integers(4, 15),
    aspect=strategies.sampled_from(["16:9", "1:1"]),
    sound=strategies.booleans(),
)
def test_everything_that_passes_the_check_has_exactly_one_price(
    tmp_path_factory: pytest.TempPathFactory, seconds: int, aspect: str, sound: bool
) -> None:
    route = route_of(tmp_path_factory.mktemp("tokens"), TOKENS)
    wish = request(resolution="720p", seconds=seconds, aspect=aspect, sound=sound)
    assert check(route, wish) == []
    assert price(route, wish, TODAY).usd > 0


SPEECH = (
    PROVIDER
    + """
[[sound]]
id = "acme-voices"
name = "Acme voices"
status = "active"
checked = 2026-11-20
confidence = "third-party"
kinds = ["speech", "effect", "music", "transcript"]
max_chars = 5000
[[sound.price]]
since = 2026-06-01
unit = "thousand_characters"
amount = "0.10"
when = { kind = "speech" }
[[sound.price]]
since = 2026-06-01
unit = "clip"
amount = "0.12"
when = { kind = "effect" }
[[sound.price]]
since = 2026-06-01
unit = "second"
amount = "0.005"
when = { kind = "music" }
[[sound.price]]
since = 2026-06-01
unit = "second"
amount = "0.00006"
when = { kind = "transcript" }
"""
)


def test_speech_is_priced_by_letters_music_by_seconds_and_effects_by_piece(tmp_path: Path) -> None:
    catalogue = load_texts(tmp_path, sample=SPEECH)
    (voices,) = catalogue.sounds_for("speech")

    def usd(**wish: object) -> Decimal:
        return sound_price(voices, SoundRequest(**wish), TODAY).usd  # type: ignore[arg-type]

    assert usd(kind="speech", text="x" * 250) == Decimal("0.025")
    assert usd(kind="effect", text="door") == Decimal("0.12")
    assert usd(kind="music", text="calm", seconds=30.0) == Decimal("0.150")
    assert price_transcript(voices, 12.5, TODAY).usd == Decimal("0.00075")
    assert check_catalogue(catalogue, TODAY) == ()


def test_a_kind_of_sound_without_a_price_is_found(tmp_path: Path) -> None:
    text = SPEECH.rpartition("[[sound.price]]")[0]
    assert any("transcript" in line for line in check_catalogue(load_texts(tmp_path, sample=text), TODAY))
