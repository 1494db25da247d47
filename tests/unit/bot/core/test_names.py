"""Whose name `@hero` is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.names import account_names, as_name, mentions, strangers, unnamed, with_names
from providers.base import MediaInput, Role
from tests.unit.bot.core.worlds import catalogue


def file(name: str = "", role: Role = "reference-image") -> MediaInput:
    return MediaInput(role=role, kind="image", path=Path("x.png"), mime="image/png", size_bytes=1, name=name)


def names(*items: MediaInput, prompt: str) -> list[str]:
    return [item.name for item in with_names(items, [prompt])]


def test_names_are_found_once_each_and_nothing_else_is_one() -> None:
    said = "@Hero meets @place; @hero waves. mail me@example.org, <@42>, @1.2s door slam, @ sign, x@hero @año"
    assert mentions(said) == ("hero", "place", "año")


def test_a_text_without_names_says_the_same_in_plain_words() -> None:
    said = unnamed("@Hero meets @place, @1.2s door slam; me@example.org")
    assert said == "Hero meets place, @1.2s door slam; me@example.org" and not mentions(said)


@pytest.mark.parametrize(
    ("text", "name"),
    [("Hero", "hero"), ("@hero", "hero"), ("my hero", ""), ("123", ""), ("", ""), ("a" * 33, "")],
)
def test_only_a_word_can_be_a_name(text: str, name: str) -> None:
    assert as_name(text) == name


def test_a_file_of_that_name_is_meant() -> None:
    assert names(file("place"), file("hero"), prompt="@hero in @place") == ["place", "hero"]


def test_files_without_a_name_take_those_in_the_prompt_in_order() -> None:
    assert names(file("image0"), file(""), prompt="@hero in @place") == ["hero", "place"]
    assert names(file("image0"), file("place"), prompt="@hero in @place") == ["hero", "place"]


def test_a_first_picture_takes_no_name_that_is_not_its_own() -> None:
    assert names(file("dawn", "first-frame"), file("x"), prompt="@hero at @dawn") == ["dawn", "hero"]


def test_two_files_of_one_name_do_not_share_it() -> None:
    assert names(file("hero"), file("hero"), prompt="@hero") == ["hero", ""]
    assert names(file("hero"), file("hero"), prompt="@hero and @rival") == ["hero", "rival"]


def test_a_name_that_nobody_bears_is_a_stranger() -> None:
    there = with_names([file("x")], ["@hero and @rival"])
    assert strangers(["@hero and @rival"], there, ()) == ("rival",)
    assert strangers(["@hero and @rival"], there, {"Rival"}) == ()


def test_a_name_of_the_account_is_not_given_to_a_picture() -> None:
    named = with_names([file("image0")], ["@eve walks to @place"], {"eve"})
    assert [item.name for item in named] == ["place"]
    own = with_names([file("eve"), file("image1")], ["@eve walks to @place"], {"eve"})
    assert [item.name for item in own] == ["eve", "place"], "a file that bears it is meant"


def test_only_names_of_accounts_that_may_make_the_clip_are_kept_from_pictures() -> None:
    known = {"scripted-key": frozenset({"Eve"}), "scripted-blind": frozenset({"Adam"})}
    assert account_names(known, "scripted-native", catalogue()) == {"eve"}
    assert account_names(known, "auto", catalogue()) == {"eve", "adam"}
