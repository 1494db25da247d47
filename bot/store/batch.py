"""Runs units on a sqlite3 connection, many in one commit. Without a thread or a loop of its own.

Owns how a named query becomes a statement of SQLite and what its errors mean. It knows no unit and no table.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from bot.core.errors import StorageFull
from bot.store.unit import Conflict, Row, Rows, Unit

T = TypeVar("T")

TRIES = 20
_NAME = re.compile(r"'[^']*'|(?<![:\w]):([a-z_]\w*)")  # what is quoted is passed over
_KEY = re.compile(r"(?is)^INSERT\b(?!.*\bDO UPDATE\b)(.*)\bRETURNING n$")
_ONE: tuple[Row, ...] = ({},)


class Statement(NamedTuple):
    """A named query as SQLite runs it.

    Attributes:
        sql: with numbered places instead of names.
        values: puts named parameters in that order.
        answer: what a unit is given: its rows, the key of what it inserted, or an empty row for each
            row it changed.
    """

    sql: str
    values: Callable[[Mapping[str, Any]], Sequence[Any]]
    answer: Callable[[Any], Rows]


Make: TypeAlias = Callable[[], Unit[Any]]
Statements: TypeAlias = Mapping[str, Statement]
Outcome: TypeAlias = tuple[Any, BaseException | None]


def prepare(named: Mapping[str, str]) -> Statements:
    """The named queries as SQLite runs them fastest."""
    return {name: _statement(sql) for name, sql in named.items()}


def _statement(sql: str) -> Statement:
    # sqlite3 makes a string and looks it up for every named place at every run, so places are numbered.
    names = list(dict.fromkeys(filter(None, _NAME.findall(sql))))
    numbered = _NAME.sub(
        lambda found: f"?{names.index(found.group(1)) + 1}" if found.group(1) else found.group(), sql
    )
    # SQLite puts what RETURNING gives into a table made for it; the key of a new row is known anyway.
    if _KEY.match(numbered):
        return Statement(numbered.rpartition("RETURNING")[0].rstrip(), _values(names), _key)
    reads = numbered.startswith("SELECT") or "RETURNING" in numbered
    return Statement(numbered, _values(names), _Rows() if reads else _count)


def _values(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda parameters: [parameters[name] for name in names]


class Done(Protocol):
    """A cursor after its statement has run."""

    @property
    def description(self) -> Any:
        """A tuple for each column, its name first."""
        ...

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    @property
    def lastrowid(self) -> int | None:
        """The key of the last row it inserted."""
        ...

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """All its rows."""
        ...


class _Rows:
    """The answer of one statement that reads: its rows by the names of their columns."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()

    def __call__(self, cursor: Done) -> Rows:
        # sqlite3.Row compares a name with one column after the other at every look.
        names = self._names
        if not names:
            names = self._names = tuple(column[0] for column in cursor.description)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _key(cursor: Done) -> Rows:
    return ({"n": cursor.lastrowid},) if cursor.rowcount > 0 else ()


def _count(cursor: Done) -> Rows:
    return _ONE * cursor.rowcount


def run(connection: sqlite3.Connection, statements: Statements, makes: Sequence[Make]) -> list[Outcome]:
    """All units in one commit: first as if none would be refused, then with a savepoint for each.

    If that fails as a whole, each gets a transaction of its own.
    """
    try:
        return _run_trusting(connection, statements, makes)
    except Exception:
        _roll_back(connection)
    except BaseException:
        _roll_back(connection)
        raise
    try:
        return _run_together(connection, statements, makes)
    except sqlite3.Error:
        _roll_back(connection)
        return [_run_alone(connection, statements, make) for make in makes]
    except BaseException:
        _roll_back(connection)
        raise


def _run_trusting(
    connection: sqlite3.Connection, statements: Statements, makes: Sequence[Make]
) -> list[Outcome]:
    """All units in one commit, without savepoints: fewer trips to the database."""
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    outcomes: list[Outcome] = [(advance(cursor, statements, make()), None) for make in makes]
    cursor.execute("COMMIT")
    return outcomes


def _run_together(
    connection: sqlite3.Connection, statements: Statements, makes: Sequence[Make]
) -> list[Outcome]:
    cursor = connection.cursor()
    execute = cursor.execute
    outcomes: list[Outcome] = []
    execute("BEGIN IMMEDIATE")
    for make in makes:
        for _ in range(TRIES):
            execute("SAVEPOINT unit")
            try:
                outcome: Outcome = advance(cursor, statements, make()), None
            except Exception as error:
                if not connection.in_transaction:
                    raise  # a full disk ends the whole transaction, not only the savepoint
                execute("ROLLBACK TO unit")
                outcome = None, plain(error)
            execute("RELEASE unit")
            if not isinstance(outcome[1], Conflict):
                break
        outcomes.append(outcome)
    execute("COMMIT")
    return outcomes


def _run_alone(connection: sqlite3.Connection, statements: Statements, make: Make) -> Outcome:
    try:
        return _run_together(connection, statements, [make])[0]
    except Exception as error:
        _roll_back(connection)
        return None, plain(error)


def advance(cursor: sqlite3.Cursor, statements: Statements, unit: Unit[T]) -> T:
    """Run a unit to its end inside a transaction that the caller began."""
    execute, send = cursor.execute, unit.send  # one cursor for all: each costs half as much as a statement
    try:
        name, parameters = next(unit)
        while True:
            sql, values, answer = statements[name]
            name, parameters = send(answer(execute(sql, values(parameters))))
    except StopIteration as end:
        value: T = end.value
        return value


def plain(error: Exception) -> Exception:
    """An error in the words of the core, where it has some."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        return StorageFull("The disk of the data folder is full.")
    return error


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
