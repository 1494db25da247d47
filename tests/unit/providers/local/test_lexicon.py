"""What prompts in seven languages name: place, hour, weather and who is in it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from providers.lexicon import names
from providers.lexicon.language import LANGUAGES, Language, language_of
from providers.local.script import read_script

FIELDS = ("setting", "time", "weather", "subject")
PROMPTS: list[dict[str, str]] = tomllib.loads(Path(__file__).with_name("prompts.toml").read_text("utf-8"))[
    "prompt"
]


def missed(row: dict[str, str], language: str) -> dict[str, Any]:
    script = read_script(row[language], seed=3)
    return {
        field: (getattr(script, field), row[field])
        for field in FIELDS
        if field in row and getattr(script, field) != row[field]
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_nine_of_ten_prompts_are_read_right(language: Language) -> None:
    misses = {row[language]: wrong for row in PROMPTS if (wrong := missed(row, language))}
    for prompt, wrong in misses.items():
        print(f"{language}: {prompt}\n    {wrong}")
    assert len(PROMPTS) >= 50
    assert len(misses) <= len(PROMPTS) * 0.1, misses


def test_the_language_of_every_prompt_is_recognised() -> None:
    wrong = {
        row[language]: language_of(row[language])
        for row in PROMPTS
        for language in LANGUAGES
        if language_of(row[language]) != language
    }
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize(
    ("prompt", "family", "tags"),
    [
        ("a street with no rain", "weather", ()),
        ("a street without any snow", "weather", ()),
        ("une rue sans pluie", "weather", ()),
        ("pas d'orage sur la ville", "weather", ()),
        ("eine Straße ohne Regen", "weather", ()),
        ("una calle sin lluvia", "weather", ()),
        ("雨のない街", "weather", ()),
        ("街上没有下雨", "weather", ()),
        ("비가 없는 거리", "weather", ()),
    ],
)
def test_what_is_denied_is_not_shown(prompt: str, family: str, tags: tuple[str, ...]) -> None:
    assert names(prompt, family) == tags


@pytest.mark.parametrize(
    ("prompt", "family", "tags"),
    [
        ("a carpet in a cartoon", "subject", ()),
        ("un homme court car il est en retard", "subject", ("walker",)),
        ("der Mann hat einen Traum", "wear", ()),
        ("a train on a bridge", "subject", ("train",)),
        ("비둘기와 나비", "weather", ()),
        ("日本の誕生日", "time", ()),
        ("moon base", "setting", ("space",)),
    ],
)
def test_the_longest_word_wins_over_what_it_contains(prompt: str, family: str, tags: tuple[str, ...]) -> None:
    assert names(prompt, family) == tags


@pytest.mark.parametrize(
    "prompt", ["@1s portazo en la casa", "Dans la maison, @1s claquement de porte", "@1s ドアが閉まる"]
)
def test_a_sound_can_be_named_in_ones_own_language(prompt: str) -> None:
    (cue,) = read_script(prompt).cues
    assert cue.name == "door"
