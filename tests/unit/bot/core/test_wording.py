"""The texts: complete in every language, rendered with care."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.lifecycle import MOVES
from bot.core.model import Text
from bot.core.planner import REFUSALS
from bot.core.wording import MissingWords, Wording, clean, load_wording
from providers import errors

ROOT = Path(__file__).resolve().parents[4]


def test_every_language_has_the_same_texts_and_the_same_facts_in_them(wording: Wording) -> None:
    assert wording.languages == ("en", "es")
    for language in wording.languages:
        assert wording.keys(language) == wording.keys("en")
        for key in wording.keys("en"):
            names = [
                {word.strip("{}").partition(":")[0] for word in wording.placeholders(key, code)}
                for code in ("en", language)
            ]
            assert names[0] == names[1], f"{language}: {key}"


def test_no_text_shouts_or_is_empty(wording: Wording) -> None:
    for language in wording.languages:
        for key, text in _raw(language):
            assert text.strip(), key
            assert "!" not in text and "¡" not in text, key


def _raw(language: str) -> Iterator[tuple[str, str]]:
    table = tomllib.loads((ROOT / "bot/core/texts" / f"{language}.toml").read_text("utf-8"))
    for section, words in table.items():
        for key, value in words.items():
            if isinstance(value, str):
                yield f"{section}.{key}", value


def test_every_refusal_is_one_sentence_in_every_language() -> None:
    for language in ("en", "es"):
        for key, text in _raw(language):
            if key.startswith("refusal."):
                assert text.rstrip("]").endswith((".", "?")), key
                assert not re.search(r"[.?] \S", text), key


def _calls(*names: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                yield path, node


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def test_every_text_that_the_code_names_exists(wording: Wording) -> None:
    missing = []
    for path, call in _calls("Text"):
        for keyword in call.keywords:
            if keyword.arg == "key":
                missing += [(path.name, key) for key in _literals(keyword.value) if not wording.has(key)]
    assert missing == []


def test_every_refusal_that_the_code_raises_has_its_sentence(wording: Wording) -> None:
    missing = [
        (path.name, code)
        for path, call in _calls("Refusal", "Denied", "MediaRefused")
        for argument in call.args[:1]
        for code in _literals(argument)
        if not wording.has(f"refusal.{code}")
    ]
    assert missing == []
    assert all(wording.has(f"refusal.{code}") for code in REFUSALS)


def test_every_end_and_every_stage_of_a_job_has_its_sentence(wording: Wording) -> None:
    codes = {value.code for value in vars(errors).values() if hasattr(value, "code")}
    assert len(codes) > 12
    for code in codes:
        assert wording.has(f"outcome.{code}"), code
        assert wording.has(f"operator.{code}"), code
    for state, after in MOVES.items():
        assert wording.has(f"word.{state}")
        if after and state != "undelivered":
            assert wording.has(f"progress.{state}")


@pytest.mark.parametrize(
    ("key", "facts", "said"),
    [
        ("cost.paid", {"credits": 1}, "It cost 1 credit."),
        ("cost.paid", {"credits": 1000}, "It cost 1,000 credits."),
        (
            "refusal.no_credits",
            {"price": 40, "have": 12, "missing": 28, "renews_in": 18_000},
            "This clip costs 40 credits, and with 12 you are 28 short; your credits renew in 5 h.",
        ),
        (
            "refusal.no_credits",
            {"price": 40, "have": 0, "missing": 40, "renews_in": 0},
            "This clip costs 40 credits, and with 0 you are 40 short.",
        ),
        (
            "refusal.too_many_bytes",
            {"file": "rain.ogg", "size": 300_000_000, "limit": 100_000_000},
            "“rain.ogg”: The file is 300 MB, which is too large; at most 100 MB are allowed.",
        ),
        (
            "refusal.too_long",
            {"seconds": 14_400, "limit_seconds": 600},
            "The recording is 4 h long, which is too long; at most 10 min are allowed.",
        ),
        (
            "refusal.impossible",
            {
                "model": "Veo 3.1",
                "field": "seconds",
                "asked": 999,
                "allowed": (4, 6, 8),
                "given": ("resolution 1080p",),
            },
            "seconds cannot be 999 with resolution 1080p on Veo 3.1; it can be 4, 6 or 8.",
        ),
        (
            "progress.polling",
            {"model": "Veo 3.1", "percent": 40, "position": None, "left": None},
            "Veo 3.1 is working · 40 %",
        ),
        (
            "progress.polling",
            {"model": "Veo 3.1", "percent": None, "position": None, "left": 100},
            "Veo 3.1 is working · about 2 min left, going by earlier clips here",
        ),
        (
            "quote.audio_used",
            {"source": 23.0, "from": 0.0, "to": 15.0, "format": "wav"},
            "Your 23 s recording → 00:00 to 00:15, wav",
        ),
        (
            "clip.native",
            {"model": "Veo 3.1", "seconds": 8.0, "width": 1280, "height": 720},
            "Veo 3.1 · 8 s · 1280×720 · sound by the model",
        ),
    ],
)
def test_facts_read_like_a_person_wrote_them(
    key: str, facts: dict[str, object], said: str, wording: Wording
) -> None:
    assert wording.say(Text(key=key, facts=facts)).replace("\u00a0", " ") == said


def test_spanish_numbers_lists_and_plurals_are_spanish(wording: Wording) -> None:
    facts = {"field": "sound", "asked": "on", "allowed": ("a", "b"), "given": (), "model": "X"}
    assert wording.say(Text(key="refusal.impossible", facts=facts), "es-MX") == (
        "sound no puede ser on en X; puede ser a o b."
    )
    assert wording.say(Text(key="cost.paid", facts={"credits": 1}), "es") == "Ha costado 1 crédito."
    assert wording.say(Text(key="cost.paid", facts={"credits": 12_000}), "es") == (
        "Ha costado 12\u00a0000 créditos."
    )


def test_a_language_that_nobody_wrote_is_served_in_english(wording: Wording) -> None:
    assert wording.language("fr-CA") == "en"
    assert wording.say(Text(key="cost.nothing"), "fr-CA") == "You were not charged."


def test_a_missing_text_or_fact_is_an_error_in_tests_and_never_in_the_product(wording: Wording) -> None:
    with pytest.raises(MissingWords):
        wording.say(Text(key="no.such"))
    with pytest.raises(MissingWords):
        wording.say(Text(key="cost.paid"))
    lenient = load_wording()
    assert lenient.say(Text(key="no.such")) == "no.such"
    assert lenient.say(Text(key="cost.paid")) == "It cost ?."


def test_quoted_prompts_are_cut_and_cannot_break_the_line(wording: Wording) -> None:
    facts = {"name": "/credits", "given": "a\nb\x00" + "x" * 500}
    said = wording.say(Text(key="refusal.takes_no_text", facts=facts))
    assert "\n" not in said and "\x00" not in said
    quoted = re.search("“(.*)”", said)
    assert quoted is not None and len(quoted[1]) == 80 and quoted[1].endswith("…")


def test_right_to_left_words_do_not_turn_the_sentence_around_them() -> None:
    assert clean("\u202eקטה") == "\u2068קטה\u2069"
    assert clean("a\u202eb\u2066c") == "abc"


def test_lists_that_went_through_the_database_read_the_same(wording: Wording) -> None:
    facts = {"provider": "Odd Films", "env": ["ODD_KEY", "ODD_SECRET"]}
    said = wording.say(Text(key="operator.missing_key", facts=facts))
    assert said == "Odd Films has no key; set ODD_KEY and ODD_SECRET."
    assert wording.say(Text(key="operator.missing_key", facts=facts | {"env": []})) == "Odd Films has no key."


def test_braces_in_what_people_typed_are_no_placeholders(wording: Wording) -> None:
    facts = {"name": "/credits", "given": "{credits} [x]"}
    assert "“{credits} [x]”" in wording.say(Text(key="refusal.takes_no_text", facts=facts))


@given(st.text(max_size=200))
def test_whatever_is_typed_becomes_one_short_line(text: str) -> None:
    line = clean(text, 80)
    assert len(line) <= 82
    assert line.splitlines() in ([], [line])
