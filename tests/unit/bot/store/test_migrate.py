"""A database is brought up to date once, or left alone with a plain sentence."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from bot.store.migrate import BadDatabase, Migration, apply, load, render, statements

STARTER = """
import sqlite3, sys
from bot.store.migrate import apply, load
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("PRAGMA journal_mode = WAL")
print(apply(connection, load("sqlite")))
connection.close()
"""


def connect(path: Path | str = ":memory:") -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def shape(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'schema_migration'"
    )
    return {name: " ".join(line.split("--")[0].strip() for line in sql.splitlines()) for name, sql in rows}


def test_the_schema_file_and_the_replayed_migrations_give_the_same_database() -> None:
    schema = files("bot.store").joinpath("sql").joinpath("schema.sqlite.sql").read_text(encoding="utf-8")
    with closing(connect()) as replayed, closing(connect()) as at_once:
        apply(replayed, load("sqlite"))
        at_once.executescript(schema)
        assert shape(replayed) == shape(at_once)
        assert len(shape(replayed)) > 20


def test_a_second_start_changes_nothing() -> None:
    with closing(connect()) as connection:
        assert apply(connection, load("sqlite")) == len(load("sqlite"))
        assert apply(connection, load("sqlite")) == 0


def test_six_starters_at_once_apply_each_step_once(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    starters = [
        subprocess.Popen([sys.executable, "-c", STARTER, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    outputs = [starter.communicate(timeout=60)[0].strip() for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 6
    assert sorted(outputs) == ["0"] * 5 + [str(len(load("sqlite")))]
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM schema_migration").fetchone() == (
            len(load("sqlite")),
        )


def test_an_edited_step_is_refused_in_one_sentence() -> None:
    steps = load("sqlite")
    with closing(connect()) as connection:
        apply(connection, steps)
        edited = (replace(steps[0], text=steps[0].text + "\n"), *steps[1:])
        with pytest.raises(BadDatabase, match=r"Migration 1 \(books\) was changed"):
            apply(connection, edited)


def test_a_database_of_a_newer_version_is_refused_in_one_sentence() -> None:
    steps = load("sqlite")
    newer = Migration(number=steps[-1].number + 1, name="later", text="CREATE TABLE later (a TEXT);")
    with closing(connect()) as connection:
        apply(connection, (*steps, newer))
        with pytest.raises(BadDatabase, match="newer version of Talkreel"):
            apply(connection, steps)


def test_a_step_that_fails_leaves_nothing_behind() -> None:
    broken = Migration(number=1, name="broken", text="CREATE TABLE a (b TEXT);\nCREATE TABLE a (b TEXT);\n")
    with closing(connect()) as connection:
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            apply(connection, (broken,))
        assert connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,)


def test_no_token_is_left_in_any_dialect() -> None:
    for step in load("postgres"):
        assert "{{" not in render(step.text, "postgres")
    for step in load("sqlite"):
        assert "{{" not in render(step.text, "sqlite")
    assert [step.name for step in load("postgres")] != [step.name for step in load("sqlite")]


def test_a_file_that_stops_in_the_middle_is_refused() -> None:
    with pytest.raises(ValueError, match="middle of a statement"):
        statements("CREATE TABLE a (b TEXT);\nCREATE TABLE c (")
    assert statements("-- only a comment\n") == []
