"""The command table and the checking of raw options."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.core.coercion import check_files, coerce
from bot.core.commands import COMMANDS, PROMPT_CHARACTERS, command_names, find_command
from bot.core.dispatch import HANDLERS
from bot.core.errors import Refusal
from bot.core.model import Text
from bot.core.typed import parse
from bot.core.wording import Wording

GENERATE = find_command("generate")


def refused(command: str, raw: dict[str, Any], wording: Wording) -> str:
    """The sentence with which options are refused."""
    with pytest.raises(Refusal) as caught:
        coerce(find_command(command), raw)
    return wording.say(Text(key=f"refusal.{caught.value.code}", facts=caught.value.facts))


def test_every_command_of_the_table_has_a_handler_and_every_handler_a_command() -> None:
    assert set(HANDLERS) == set(command_names())
    assert len(command_names()) == len(set(command_names()))


def test_every_command_and_option_is_explained_in_every_language(wording: Wording) -> None:
    wanted = {command.help for command in COMMANDS} | {o.help for c in COMMANDS for o in c.options}
    for language in wording.languages:
        assert wanted <= wording.keys(language)


def test_explanations_are_short_enough_for_the_menus_of_every_platform(wording: Wording) -> None:
    for command in COMMANDS:
        for key in (command.help, *(option.help for option in command.options)):
            for language in wording.languages:
                assert 0 < len(wording.say(Text(key=key), language)) <= 100


def test_the_table_fits_what_chats_allow() -> None:
    groups: dict[str, int] = {}
    for command in COMMANDS:
        groups[command.name.split()[0]] = groups.get(command.name.split()[0], 0) + 1
        assert all(part.isascii() and part.islower() and len(part) <= 32 for part in command.name.split())
        assert len(command.options) <= 25
        assert len({option.name for option in command.options}) == len(command.options)
        required = [option.required for option in command.options]
        assert required == sorted(required, reverse=True)  # required options come first
        assert all(option.choices for option in command.options if option.kind == "choice")
        assert sum(option.free for option in command.options) <= 1
    assert max(groups.values()) <= 25


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            {"prompt": "a cat", "seconds": "banana"},
            "seconds takes a whole number such as 8, not “banana”.",
        ),
        ({"prompt": "a cat", "seconds": 0}, "seconds can be 1 to 3,600; 0 is outside that."),
        ({"prompt": "a cat", "seconds": 8.5}, "seconds takes a whole number such as 8, not “8.5”."),
        ({"prompt": "a cat", "seconds": True}, "seconds takes a whole number such as 8, not “True”."),
        (
            {"prompt": "a cat", "audio_as": "singing"},
            "audio_as can be reference, voice, dialogue or soundtrack, not “singing”.",
        ),
        ({"prompt": "a cat", "sound": "loud"}, "sound is on or off, not “loud”."),
        ({"prompt": "a" * 5000}, "prompt has 5,000 characters; at most 4,000 are allowed."),
        ({"prompt": "   \n\t "}, "The prompt is empty; say in a few words what the clip shall show."),
        (
            {"prompt": "\u200b\u200d\u2060"},
            "The prompt is empty; say in a few words what the clip shall show.",
        ),
        ({}, "The prompt is empty; say in a few words what the clip shall show."),
        ({"prompt": "a cat", "secnds": 8}, "/generate has no option “secnds”; did you mean --seconds?"),
        ({"prompt": "a cat", "image": "cat.png"}, "image takes a file, so attach one instead of writing."),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence_that_says_what_is_allowed(
    raw: dict[str, Any], said: str, wording: Wording
) -> None:
    assert refused("generate", raw, wording) == said


def test_a_missing_option_is_named(wording: Wording) -> None:
    assert refused("quota grant", {"credits": 5}, wording) == "/quota grant needs member."


def test_raw_values_of_any_front_end_become_typed_ones() -> None:
    raw = {"prompt": " a cat ", "seconds": " 8 ", "sound": "Off", "Audio-As": "Voice", "seed": None}
    assert coerce(GENERATE, raw) == {"prompt": "a cat", "seconds": 8, "sound": False, "audio_as": "voice"}


@pytest.mark.parametrize("prompt", ["🐱🎤🌧️", "قطة تغني تحت المطر", "x" * PROMPT_CHARACTERS, "«¿Qué?»"])
def test_emoji_right_to_left_and_long_prompts_stay_as_they_were_typed(prompt: str) -> None:
    assert coerce(GENERATE, {"prompt": prompt})["prompt"] == prompt


def test_a_mention_of_a_member_becomes_their_id() -> None:
    values = coerce(find_command("quota grant"), {"member": "<@!42>", "credits": "5"})
    assert values == {"member": "42", "credits": 5}


def test_too_many_files_are_refused_with_both_numbers(wording: Wording) -> None:
    with pytest.raises(Refusal) as caught:
        check_files(GENERATE, {"references": 10})
    said = wording.say(Text(key=f"refusal.{caught.value.code}", facts=caught.value.facts))
    assert said == "references takes at most 9 files, and 10 came."


def test_files_for_an_option_that_takes_none_are_refused() -> None:
    with pytest.raises(Refusal, match="takes_no_file"):
        check_files(GENERATE, {"prompt": 1})


@pytest.mark.parametrize("page", ["docs/admins.md", "docs/members.md"])
def test_every_command_in_the_pages_for_people_is_one_that_the_bot_takes(page: str) -> None:
    text = (Path(__file__).resolve().parents[4] / page).read_text("utf-8")
    shown = re.findall(r"`(/[a-z][^`]*)`", text)
    assert len(shown) >= 8
    for words in shown:
        name, options = parse(words)
        command = find_command(name)
        assert all(command.option(option) is not None for option in options), words
        missing = [o.name for o in command.options if o.required and o.kind != "attachment"]
        if options:
            coerce(command, {name: "x y" for name in missing if name not in options} | options)
