"""How many of the asked words were heard, however the recogniser spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.overheard import overheard


@pytest.mark.parametrize(
    ("asked", "heard", "language", "found"),
    [
        ("Did you hear the rain on the old tin roof?", "did you hear the rain on the old tin roof", "en", 10),
        ("Did you hear the rain on the old tin roof?", "Did you hear the rain on the old 10-root?", "en", 9),
        ("Their raincoat is over there.", "There rain coat is over their", "en", 5),
        ("I have 2 dogs and twenty-one cats", "I have two dogs and 21 cats", "en", 8),
        ("Eight o'clock, you're late", "8 o'clock you’re late", "en", 4),
        ("We ate the bread", "we eight the bred", "en", 4),
        ("three hundred and five", "305", "en", 3),
        ("Buenos días, señora", "buenos dias senora", "es-MX", 3),
        ("Tengo veintiuna razones", "tengo razones", "es", 2),
        ("Tengo quince razones", "Tengo 15 razones.", "es", 3),
        ("Straße", "strasse", "de", 1),
        ("今日はとてもいい天気ですね", "今日はいい天気ですね。", "ja", 10),
        ("Hello world", "completely different words", "en", 0),
        ("the cat and the dog", "the dog and the cat", "en", 3),
        ("Hello there", "", "en", 0),
    ],
)
def test_words_count_as_heard_where_they_sound_alike(
    asked: str, heard: str, language: str, found: int
) -> None:
    assert overheard([asked], heard, language=language)[1] == found


def test_all_lines_are_counted_together() -> None:
    lines = ["Listen to the birds.", "I only hear the river."]
    assert overheard(lines, "listen to the birds I only hear the river", language="en") == (9, 9)
    assert overheard([], "something") == (0, 0)


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["", "en", "es", "ja", "xx"]))
def test_never_more_is_heard_than_was_asked(asked: str, heard: str, language: str) -> None:
    count, found = overheard([asked], heard, language=language)
    assert 0 <= found <= count
    assert overheard([asked], asked, language=language) == (count, count)
