"""A mistake in a catalogue file is found when it is read, and named so that it can be mended."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from providers.catalogue import CatalogueError, UnknownModel, load
from tests.unit.providers.catalogue.samples import ACME, HEAD, PRICES, PROVIDER, SHAPES, load_texts, route_of


def test_a_sound_file_is_read_completely(tmp_path: Path) -> None:
    route = route_of(tmp_path, ACME)
    assert route.api_name == "acme-v2-pro"
    assert route.lost == "lookup"
    assert route.link_seconds == 86400
    assert route.lifecycle.checked == date(2026, 11, 20)
    assert [shape.seconds for shape in route.shapes] == [(6, 10), (6,)]
    assert route.sound_switchable


def test_what_was_misheard_is_read_language_by_language(tmp_path: Path) -> None:
    measured = ACME.replace('languages = ["en"] }', 'languages = ["en", "es"], misheard = { en = 3 } }')
    assert route_of(tmp_path, measured).audio.misheard == (("en", 3),)


MISTAKES = {
    "a language that it does not speak": (
        ACME.replace('languages = ["en"] }', 'languages = ["en"], misheard = { de = 3 } }'),
        "misheard] de: unknown key",
    ),
    "key nobody knows": (ACME + "wen = 3\n", "[model acme-2 price 3] wen: unknown key"),
    "key in provider": (PROVIDER + 'colour = "red"\n' + HEAD + SHAPES + PRICES, "[provider] colour"),
    "table nobody knows": ("[prices]\nx = 1\n" + ACME, "prices: unknown key"),
    "key in when": (ACME.replace('resolution = "768p" }', 'res = "768p" }'), "price 1 when] res"),
    "amount as a number": (ACME.replace('"0.10"', "0.10"), "price 1] amount: amounts are written as text"),
    "amount not a number": (ACME.replace('"0.10"', '"a lot"'), "'a lot' is not a number"),
    "negative amount": (ACME.replace('"0.10"', '"-1"'), "amount: must be a number of at least 0"),
    "date as text": (ACME.replace("2026-11-20", '"2026-11-20"'), "[model acme-2] checked: must be a date"),
    "unknown unit": (ACME.replace('unit = "second"', 'unit = "minute"', 1), "unit: 'minute' is not one of"),
    "unknown mode": (ACME.replace('["text"]', '["txt"]'), "shape 2] modes: 'txt' is not one of text"),
    "unknown status": (ACME.replace('"active"', '"fine"'), "status: 'fine' is not one of preview, active"),
    "auto length": (ACME.replace("[6, 10]", "[-1]"), "a length is never left to the vendor"),
    "no price": (PROVIDER + HEAD + SHAPES, "[model acme-2] price: is missing"),
    "no shape": (PROVIDER + HEAD + PRICES, "[model acme-2] shape: is missing"),
    "sound missing": (ACME.replace("sound = [true, false]", "sound = []"), "sound: must be"),
    "native but silent": (ACME.replace("[true, false]", "[false]"), "audio: native must be true exactly"),
    "same row twice": (ACME + PRICES.split("[[model.price]]")[1].join(["[[model.price]]", ""]), "starts on"),
    "length of an image": (ACME.replace("max_bytes = 1000", "max_seconds = 3"), "an image has no length"),
    "broken adapter": (ACME.replace("acme.adapter:Acme", "acme.adapter"), "[provider] adapter"),
    "no adapter": (ACME.replace('adapter = "acme.adapter:Acme"', ""), "[provider] adapter: is missing"),
    "credits on a second": (ACME + 'credits = "2"\n', "credits: belongs to rows of unit vendor_credit"),
    "tokens without a rule": (ACME.replace('"second"', '"million_tokens"', 1), "tokens: belongs to rows"),
    "until before since": (ACME + "until = 2026-08-01\n", "until: must be later than since"),
    "model twice": (ACME + HEAD + SHAPES + PRICES, "is there twice"),
    "id with capitals": (ACME.replace('"acme-2"', '"Acme 2"'), "must be written 'acme-2'"),
    "successor unknown": (ACME.replace("checked =", 'replaced_by = "acme-9"\nchecked =', 1), "'acme-9'"),
    "strength over 100": (
        ACME.replace("prompt =", "strengths = { speech = 101 }\nprompt ="),
        "must be between 0 and 100",
    ),
    "quality without a reason": (ACME + '[quality]\nlookup = "maybe"\n', "[quality] lookup"),
    "not TOML": ("[provider\n", "data/sample.toml"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_and_named_with_its_file_table_and_key(tmp_path: Path, name: str) -> None:
    text, expected = MISTAKES[name]
    with pytest.raises(CatalogueError) as caught:
        load_texts(tmp_path, sample=text)
    assert expected in str(caught.value)
    if expected not in ("'acme-9'",):
        assert "sample.toml" in str(caught.value)


def test_two_shipped_files_cannot_describe_the_same_provider(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"b\.toml: \[provider\] id: 'acme' is already described in"):
        load_texts(tmp_path, a=ACME, b=ACME)


def test_two_providers_cannot_both_be_the_home_of_a_model(tmp_path: Path) -> None:
    other = ACME.replace('id = "acme"', 'id = "other"')
    with pytest.raises(CatalogueError, match="write same_as = 'acme-2'"):
        load_texts(tmp_path, a=ACME, b=other)


GATEWAY = """
[provider]
id = "gate"
name = "Gate"
adapter = "gate:Gate"
env = ["GATE_KEY"]
upload = "link"
lost = "blind"
[[model]]
same_as = "acme-2"
api_name = "gate/acme/v2"
status = "preview"
checked = 2026-11-19
confidence = "third-party"
price = "operator"
"""


def test_a_gateway_inherits_what_the_model_can_do_but_not_its_price_or_lifecycle(tmp_path: Path) -> None:
    catalogue = load_texts(tmp_path, zz_home=ACME, gate=GATEWAY)
    home, gateway = catalogue.routes_for("acme-2")
    assert (home.gateway, gateway.gateway) == (False, True)
    assert (gateway.name, gateway.api_name) == ("Acme 2", "gate/acme/v2")
    assert [shape.seconds for shape in gateway.shapes] == [shape.seconds for shape in home.shapes]
    assert gateway.lifecycle.status == "preview"
    assert (gateway.lost, gateway.windows[0].upload) == ("blind", "link")
    assert gateway.offered == () and home.offered == home.shapes
    assert catalogue.model("acme-2").status_on(date(2026, 11, 22)) == "active"


def test_a_gateway_to_a_model_nobody_describes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"gate\.toml: \[model acme-2\] same_as"):
        load_texts(tmp_path, gate=GATEWAY)


def test_a_model_is_found_by_alias_and_in_any_spelling_and_a_typo_gets_suggestions(tmp_path: Path) -> None:
    text = ACME.replace("prompt =", 'aliases = ["ac"]\nprompt =')
    catalogue = load_texts(tmp_path, sample=text)
    assert catalogue.model(" ACME_2 ").id == "acme-2"
    assert catalogue.model("Acme 2").id == "acme-2"
    assert catalogue.model("ac").id == "acme-2"
    with pytest.raises(UnknownModel) as caught:
        catalogue.model("acne-2")
    assert caught.value.suggestions == ("acme-2",)


def test_an_alias_cannot_mean_two_models(tmp_path: Path) -> None:
    first = ACME.replace("prompt =", 'aliases = ["star"]\nprompt =')
    second = first.replace('"acme"', '"b"').replace('"acme-2"', '"b-1"').replace("Acme 2", "B 1")
    with pytest.raises(CatalogueError, match="the alias 'star' means another model already"):
        load_texts(tmp_path, a=first, b=second)


def test_a_passed_retirement_date_counts_whatever_the_status_says(tmp_path: Path) -> None:
    text = ACME.replace("checked =", "retires = 2026-12-01\nchecked =", 1)
    model = load_texts(tmp_path, sample=text).model("acme-2")
    assert model.status_on(date(2026, 11, 30)) == "active"
    assert model.status_on(date(2026, 12, 1)) == "retired"
    assert model.living(date(2026, 12, 1)) == ()


def test_a_provider_whose_models_are_all_retired_needs_no_adapter(tmp_path: Path) -> None:
    text = ACME.replace('adapter = "acme.adapter:Acme"', "").replace('"active"', '"retired"')
    assert load_texts(tmp_path, sample=text).provider("acme").adapter == ""


def test_sora_is_known_as_retired_without_a_successor() -> None:
    catalogue = load()
    for name in ("Sora", "sora-2", "Sora 2 Pro"):
        model = catalogue.model(name)
        assert model.status_on(date(2026, 9, 24)) == "retired"
        assert model.replaced_by == ""
