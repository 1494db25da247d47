"""Commands as people type them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import Refusal
from bot.core.typed import parse


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        (
            "/generate a cat sings --model seedance-2.0 --seconds 8",
            "generate",
            {"prompt": "a cat sings", "model": "seedance-2.0", "seconds": "8"},
        ),
        ("a cat sings", "generate", {"prompt": "a cat sings"}),
        (
            "/generate@TalkreelBot a cat\nin the rain --seed=7",
            "generate",
            {"prompt": "a cat\nin the rain", "seed": "7"},
        ),
        (
            '/generate --seconds 4 A man says "go --now" and “come back” --sound off',
            "generate",
            {"seconds": "4", "prompt": 'A man says "go --now" and “come back”', "sound": False},
        ),
        (
            '/generate a 5" nail --negative "rust, dirt" glows',
            "generate",
            {"prompt": 'a 5" nail glows', "negative": "rust, dirt"},
        ),
        (
            "/generate a cat --negative blurry faces --seconds 8",
            "generate",
            {"prompt": "a cat", "negative": "blurry faces", "seconds": "8"},
        ),
        ("/generate a cat —seconds 8", "generate", {"prompt": "a cat", "seconds": "8"}),
        ("/generate a cat — singing —loud", "generate", {"prompt": "a cat — singing —loud"}),
        ("/generate a cat --no-sound", "generate", {"prompt": "a cat", "sound": False}),
        ("/generate a cat --sound", "generate", {"prompt": "a cat", "sound": True}),
        ("/generate a cat --sound=yes", "generate", {"prompt": "a cat", "sound": True}),
        ('/generate --model="sora 2" a cat', "generate", {"model": "sora 2", "prompt": "a cat"}),
        ("/quota", "quota show", {}),
        (
            "/quota grant --member <@42> --credits 50 --reason for the film night",
            "quota grant",
            {"member": "<@42>", "credits": "50", "reason": "for the film night"},
        ),
        ("/JOB abcd", "job", {"id": "abcd"}),
        ("/help", "help", {}),
        ("", "generate", {}),
    ],
)
def test_typed_commands_are_read_as_meant(text: str, name: str, options: dict[str, Any]) -> None:
    assert parse(text) == (name, options)


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("/gnerate a cat", "unknown_command", {"name": "gnerate", "nearest": "/generate"}),
        ("/zzz", "unknown_command", {"name": "zzz", "nearest": "/help"}),
        (
            "/generate a cat --secnds 3",
            "unknown_option",
            {"option": "secnds", "name": "/generate", "nearest": "--seconds"},
        ),
        ("/generate a cat --seconds", "missing_value", {"option": "seconds"}),
        ("/generate a cat --seconds --sound off", "missing_value", {"option": "seconds"}),
        ("/generate a cat --seed 1 --seed 2", "option_twice", {"option": "seed"}),
        ("/credits please", "takes_no_text", {"name": "/credits", "given": "please"}),
        ("/quota st", "unknown_command", {"name": "quota st", "nearest": "/quota set"}),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_nearest_that_can(
    text: str, code: str, facts: dict[str, Any]
) -> None:
    with pytest.raises(Refusal) as caught:
        parse(text)
    assert (caught.value.code, caught.value.facts) == (code, facts)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_and_never_breaks(text: str) -> None:
    try:
        name, options = parse(text)
    except Refusal:
        return
    assert name
    assert all(isinstance(value, str | bool) for value in options.values())


@given(st.text(alphabet=st.characters(exclude_characters='-–—"“”„«»「」/', exclude_categories=("C", "Z"))))
def test_a_prompt_without_options_stays_as_it_was_typed(prompt: str) -> None:
    assert parse(f"/generate {prompt}") == ("generate", {"prompt": prompt} if prompt else {})
