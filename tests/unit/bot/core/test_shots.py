"""Several shots as people type them."""

from __future__ import annotations

import pytest

from bot.core.errors import Refusal
from bot.core.shots import EXAMPLE, MOST_SHOTS, read_shots, say_shots
from providers.base import Shot

TWO = (Shot(seconds=3, prompt="she opens the door"), Shot(seconds=4, prompt="rain"))


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE,
        "3s:she opens the door|4s: rain",
        "3 sec: she opens the door\n4: rain",
        " 3 seconds : she opens the door | 4S: rain | ",
        "3 segundos: she opens the door | 4 seg: rain",
    ],
)
def test_shots_are_read_however_they_are_spaced(text: str) -> None:
    assert read_shots(text) == TWO


def test_what_is_said_in_a_shot_may_hold_colons_and_numbers() -> None:
    (shot,) = read_shots('3s: at 10:30 she says: "2s: too late"')
    assert shot == Shot(seconds=3, prompt='at 10:30 she says: "2s: too late"')


@pytest.mark.parametrize("text", ["she opens the door", "3s:", "3s: a | rain", "0s: rain", "3 she: opens"])
def test_a_shot_without_seconds_or_words_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_shots(text)
    assert caught.value.code == "shots_form" and caught.value.facts["example"] == EXAMPLE


def test_far_too_many_shots_are_refused() -> None:
    with pytest.raises(Refusal) as caught:
        read_shots(" | ".join(["1s: x"] * (MOST_SHOTS + 1)))
    assert caught.value.code == "shots_many"


def test_shots_that_are_said_again_are_read_again() -> None:
    assert read_shots(say_shots(TWO)) == TWO
    assert read_shots("") == ()
