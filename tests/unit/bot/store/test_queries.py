"""Named queries: each with a comment line, each used, each in words that every database knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bot.store
from bot.store import queries

FOLDER = Path(bot.store.__file__).parent


def test_a_query_has_a_name_a_comment_and_a_statement() -> None:
    text = "-- name: one\n-- What it is for.\nSELECT 1;\n\n-- name: two\n-- Another.\nSELECT\n  2;\n"
    assert queries.parse(text) == {"one": "SELECT 1", "two": "SELECT\n  2"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-- name: one\nSELECT 1;\n", "no comment line"),
        ("-- name: a\n-- x\nSELECT 1;\n-- name: a\n-- x\nSELECT 2;\n", "twice"),
        ("SELECT 0;\n-- name: a\n-- x\nSELECT 1;\n", "before the first"),
    ],
)
def test_a_careless_file_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        queries.parse(text)


def test_every_query_is_used_and_every_used_query_exists() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("units/*.py"))
    named = queries.load()
    assert [name for name in named if f'"{name}"' not in code] == []
    asked = set(re.findall(r'(?:yield|first)\s*\(?\s*"(\w+)"', code))
    assert asked - named.keys() == set()
    assert len(asked) > 40


def test_no_query_uses_words_of_one_database_only() -> None:
    for name, sql in queries.load().items():
        assert not re.search(
            r"(?i)\b(or replace|or ignore|ifnull|rowid|strftime|unixepoch|json_\w+)\b|\?", sql
        ), name
