"""What a unit of work is: one transaction, written as a generator, run by any driver.

A unit yields the name of a query with its parameters and is given the rows; a statement that returns
none gives an empty row for each row it changed. It calls nothing outside and may be run again from its
start, so it must not keep anything between two runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")


class Row(Protocol):
    """A row, read by column name."""

    def __getitem__(self, column: str, /) -> Any:
        """The value of a column."""
        ...


Step: TypeAlias = tuple[str, Mapping[str, Any]]
Rows: TypeAlias = Sequence[Row]
Unit: TypeAlias = Generator[Step, Rows, T]


class Run(Protocol):
    """How a driver runs a unit: in one transaction, again after a `Conflict`."""

    def __call__(self, make: Callable[[], Unit[T]], /) -> Awaitable[T]:
        """Run it."""
        ...


class Conflict(Exception):
    """What the unit had read was changed by another transaction: run it again."""


def first(name: str, parameters: Mapping[str, Any]) -> Unit[Row | None]:
    """The first row of a query, or None."""
    rows = yield name, parameters
    return rows[0] if rows else None
