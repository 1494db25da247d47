"""Named queries as SQLite runs them: the same answers, with less work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from bot.store import batch
from bot.store.unit import Unit

NAMED = {
    "add": "INSERT INTO thing (id, twice) VALUES (:id, :size + :size) ON CONFLICT DO NOTHING\nRETURNING n",
    "put": "INSERT INTO thing (id) VALUES (:id) ON CONFLICT (id) DO UPDATE SET twice = 0 RETURNING n",
    "grow": "UPDATE thing SET twice = twice + :by WHERE id LIKE :like",
    "drop": "DELETE FROM thing WHERE id = :id RETURNING twice",
}


@pytest.fixture
def cursor() -> Iterator[sqlite3.Cursor]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("CREATE TABLE thing (n INTEGER PRIMARY KEY, id TEXT UNIQUE, twice INTEGER)")
        yield connection.cursor()


def steps(*asked: tuple[str, dict[str, Any]]) -> Unit[list[list[dict[str, Any]]]]:
    answers = []
    for name, parameters in asked:
        rows = yield name, parameters
        answers.append([dict(row) for row in rows])  # type: ignore[call-overload]
    return answers


def test_a_unit_is_told_keys_rows_and_how_many_were_changed(cursor: sqlite3.Cursor) -> None:
    answers = batch.advance(
        cursor,
        batch.prepare(NAMED),
        steps(
            ("add", {"id": "a", "size": 3, "more": "is passed over"}),
            ("add", {"size": 5, "id": "b"}),
            ("add", {"id": "a", "size": 9}),
            ("put", {"id": "b"}),
            ("grow", {"like": "%", "by": 2}),
            ("grow", {"like": "x", "by": 2}),
            ("drop", {"id": "a"}),
            ("drop", {"id": "a"}),
        ),
    )
    assert answers == [[{"n": 1}], [{"n": 2}], [], [{"n": 2}], [{}, {}], [], [{"twice": 8}], []]


def test_a_missing_parameter_is_an_error(cursor: sqlite3.Cursor) -> None:
    with pytest.raises(KeyError, match="size"):
        batch.advance(cursor, batch.prepare(NAMED), steps(("add", {"id": "a"})))


def test_the_key_of_a_new_row_is_not_asked_for_but_that_of_a_changed_one_is() -> None:
    statements = batch.prepare(NAMED)
    assert statements["add"].sql.endswith("VALUES (?1, ?2 + ?2) ON CONFLICT DO NOTHING")
    assert statements["put"].sql.endswith("RETURNING n")


def test_what_is_quoted_is_no_parameter() -> None:
    sql = "SELECT ':id', 'it''s :size', id FROM thing WHERE id = :id AND id <> 'held:' || :size"
    statement = batch.prepare({"one": sql})["one"]
    assert statement.sql == "SELECT ':id', 'it''s :size', id FROM thing WHERE id = ?1 AND id <> 'held:' || ?2"
    assert tuple(statement.values({"size": 2, "id": "a"})) == ("a", 2)
