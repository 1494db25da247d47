"""Words that were heard, as a line of the prompt."""

from __future__ import annotations

import pytest

from bot.core.model import Wish
from bot.core.soundplan import spoken_lines
from bot.core.spoken import takes_seconds, tidy, whole_prompt, with_line


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("An old sailor at the rail", 'An old sailor at the rail. The speaker says: "Land ahoy"'),
        ("An old sailor. Dusk.", 'An old sailor. Dusk. The speaker says: "Land ahoy"'),
        ("A sailor says", 'A sailor says: "Land ahoy"'),
        ("A sailor shouts:", 'A sailor shouts: "Land ahoy"'),
        ("Un marinero dice:", 'Un marinero dice: "Land ahoy"'),
        ('A sailor calls "" into the fog', 'A sailor calls "Land ahoy" into the fog'),
        ("A sailor calls “ ” into the fog", 'A sailor calls "Land ahoy" into the fog'),
        ("…", 'The speaker says: "Land ahoy"'),
        ("", 'The speaker says: "Land ahoy"'),
    ],
)
def test_a_line_ends_the_sentence_that_leads_to_it(prompt: str, said: str) -> None:
    assert with_line(prompt, "Land ahoy", "en") == said
    assert spoken_lines(said) == ("Land ahoy",)


@pytest.mark.parametrize(
    ("language", "lead"), [("es", "Quien habla dice"), ("de", "Die Person sagt"), ("ja", "話し手が言う")]
)
def test_who_speaks_is_said_in_the_language_of_the_words(language: str, lead: str) -> None:
    assert lead in with_line("Ein Hafen", "Ahoi", f"{language}-XX")


def test_words_cannot_end_their_own_quotation() -> None:
    words = 'He said "stop",\nthen «go»  and “wait”'
    assert tidy(words) == "He said 'stop', then 'go' and 'wait'"
    assert spoken_lines(with_line("A judge", words, "xx")) == (tidy(words),)
    assert with_line("A judge", " \n", "en") == "A judge"


def test_the_whole_prompt_of_a_wish_holds_the_line_once() -> None:
    wish = Wish(prompt="A judge", words="Order", words_in="en")
    assert whole_prompt(wish) == 'A judge. The speaker says: "Order"'
    assert whole_prompt(Wish(prompt="A judge")) == "A judge"


def test_saying_it_takes_time_in_every_script() -> None:
    assert takes_seconds("one two three four five") == 2
    assert 1 < takes_seconds("話し手が言う話し手") < 4
    assert takes_seconds("  ") == 0
