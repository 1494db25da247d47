"""What a prompt asks to be heard, by its words."""

from __future__ import annotations

import pytest

from bot.core.soundplan import spoken_lines, topics


@pytest.mark.parametrize(
    ("prompt", "lines"),
    [
        ('She says "come in" and "sit down".', ("come in", "sit down")),
        ("Él dice «buenos días»", ("buenos días",)),
        ("“hello” 「こんにちは」 „hallo“", ("hello", "こんにちは", "hallo")),
        ('a 6" pipe and an empty «» pair', ()),
        ("the dog's bone, it's fine", ()),
    ],
)
def test_quoted_words_are_what_is_spoken(prompt: str, lines: tuple[str, ...]) -> None:
    assert spoken_lines(prompt) == lines


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ('a robot: "hello"', ("speech",)),
        ("a woman whispers a secret", ("speech",)),
        ("un hombre susurra", ("speech",)),
        ("heavy rain and footsteps", ("ambience",)),
        ("tormenta en el mar", ("ambience",)),
        ("a cat plays the piano", ("music",)),
        ("una niña canta", ("music",)),
        ("photorealistic portrait", ("photorealistic",)),
        ("first a door, then a hall", ("narrative",)),
        ("a rapid train in marble", ()),
        ("a cat", ()),
    ],
)
def test_words_tell_what_a_clip_is_about(prompt: str, expected: tuple[str, ...]) -> None:
    assert topics(prompt) == expected


def test_words_inside_quotes_do_not_count_as_sounds() -> None:
    assert topics('he reads "the rain sings a song"') == ("speech",)
