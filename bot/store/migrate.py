"""Numbered migrations: `sql/migrations/NNNN_name.sql` for every database, or `….sqlite.sql` for one.

Each file is applied once, in order, inside one transaction, and its SHA-256 is remembered. A file that
was changed afterwards, or a database that a newer version made, is refused.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from bot.core.errors import TalkreelError

Dialect = Literal["sqlite", "postgres"]

_NAME = re.compile(r"^(\d{4})_(\w+?)(?:\.(sqlite|postgres))?\.sql$")
_TOKENS: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "{{PK}}": "INTEGER PRIMARY KEY",
        "{{KEY}}": "INTEGER PRIMARY KEY",
        "{{JSON}}": "TEXT",
        "{{CLUSTERED}}": " WITHOUT ROWID",
    },
    "postgres": {
        "{{PK}}": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "{{KEY}}": "BIGINT PRIMARY KEY",
        "{{JSON}}": "TEXT",
        "{{CLUSTERED}}": "",
    },
}
_BOOK = """CREATE TABLE IF NOT EXISTS schema_migration (
    number BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL
)"""


class BadDatabase(TalkreelError):
    """The database does not belong to this version."""


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One step. `text` is the file as it lies in the package, tokens and all."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load(dialect: Dialect) -> tuple[Migration, ...]:
    """The steps of this version, in order. Numbers may leave room for steps that others are writing.

    Raises:
        ValueError: a number is there twice.
    """
    found = []
    for file in files("bot.store").joinpath("sql").joinpath("migrations").iterdir():
        match = _NAME.match(file.name)
        if match and match.group(3) in (None, dialect):
            text = file.read_text(encoding="utf-8").replace("\r\n", "\n")
            found.append(Migration(number=int(match.group(1)), name=match.group(2), text=text))
    found.sort(key=lambda one: one.number)
    numbers = [one.number for one in found]
    if len(set(numbers)) != len(numbers):
        raise ValueError("two migrations have the same number")
    return tuple(found)


def render(text: str, dialect: Dialect) -> str:
    """SQL of one dialect."""
    for token, meaning in _TOKENS[dialect].items():
        text = text.replace(token, meaning)
    return text


def statements(text: str) -> list[str]:
    """The single statements of a file, triggers in one piece."""
    found: list[str] = []
    part = ""
    for line in text.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            found.append(part.strip())
            part = ""
    if re.sub(r"--[^\n]*", "", part).strip():
        raise ValueError("a migration ends in the middle of a statement")
    return found


def apply(connection: sqlite3.Connection, steps: Sequence[Migration]) -> int:
    """Bring a SQLite database up to date; returns how many steps were needed.

    The connection must be in autocommit mode. Several processes may do this at the same time.

    Raises:
        BadDatabase: a newer version made it, or a step was edited after it had been applied.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_BOOK)
        rows = connection.execute(
            "SELECT number, name, sha256 FROM schema_migration ORDER BY number"
        ).fetchall()
        applied = {number: (name, sha256) for number, name, sha256 in rows}
        check(applied, steps)
        missing = [step for step in steps if step.number not in applied]
        for step in missing:
            for statement in statements(render(step.text, "sqlite")):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO schema_migration (number, name, sha256) VALUES (?, ?, ?)",
                (step.number, step.name, step.sha256),
            )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return len(missing)


def check(applied: dict[int, tuple[str, str]], steps: Sequence[Migration]) -> None:
    """Compare what a database has seen with what this version knows.

    Raises:
        BadDatabase: they do not fit.
    """
    known = {step.number: step for step in steps}
    for number, (name, sha256) in applied.items():
        step = known.get(number)
        if step is None:
            raise BadDatabase(
                f"This database was made by a newer version of Talkreel (it has step {number}, {name}). "
                "Update Talkreel, or use another data folder."
            )
        if step.sha256 != sha256:
            raise BadDatabase(
                f"Migration {number} ({step.name}) was changed after this database had applied it. "
                "Reinstall Talkreel, or restore the file."
            )
