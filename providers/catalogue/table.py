"""One TOML table, read strictly: every key has a type, and a key that nobody asked for is an error.

Errors name the file, the table and the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from providers.catalogue.facts import CatalogueError


class Table:
    """A table on its way to becoming a value. Read the keys, then call `finish`."""

    def __init__(
        self, data: Mapping[str, Any], *, file: str, name: str, origins: Mapping[str, str] | None = None
    ) -> None:
        """Wrap parsed TOML.

        Args:
            data: the table.
            file: where it was written.
            name: its name in error messages, such as "model seedance-2.0".
            origins: key → file, where a key came from another file.
        """
        self.data = dict(data)
        self.file = file
        self.name = name
        self.origins = dict(origins or {})
        self._seen: set[str] = set()

    def overlaid(self, top: Table) -> Table:
        """This table with the keys of another on top; errors name the file a key came from."""
        origins = {**self.origins, **{key: top.origins.get(key, top.file) for key in top.data}}
        return Table({**self.data, **top.data}, file=self.file, name=self.name, origins=origins)

    def without(self, *keys: str) -> Table:
        """A copy that lacks some keys."""
        kept = {key: value for key, value in self.data.items() if key not in keys}
        return Table(kept, file=self.file, name=self.name, origins=self.origins)

    def fail(self, key: str, why: str) -> NoReturn:
        """Raise a CatalogueError about one key."""
        raise CatalogueError(f"{self.origins.get(key, self.file)}: [{self.name}] {key}: {why}")

    def finish(self) -> None:
        """Complain about keys that were not read.

        Raises:
            CatalogueError: there is one.
        """
        for key in self.data:
            if key not in self._seen:
                self.fail(key, "unknown key")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.data

    def raw(self, key: str) -> Any:
        """The value as TOML gave it, or None."""
        self._seen.add(key)
        return self.data.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A string. Without a default it must be there and not be empty."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value):
            self.fail(key, "must be a text" if value is not None else "is missing")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = ()) -> tuple[str, ...]:
        """A list of strings; with default None at least one is needed."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, list) or any(not isinstance(item, str) or not item for item in value):
            self.fail(key, "must be a list of texts" if value is not None else "is missing")
        if default is None and not value:
            self.fail(key, "must not be empty")
        return tuple(value)

    def choice(self, key: str, allowed: tuple[Any, ...], default: str | None = None) -> Any:
        """One of the allowed words."""
        value = self.text(key, default)
        if value not in allowed:
            self.fail(key, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def choices(
        self, key: str, allowed: tuple[Any, ...], default: tuple[str, ...] | None = ()
    ) -> tuple[Any, ...]:
        """A list of allowed words."""
        values = self.texts(key, default)
        for value in values:
            if value not in allowed:
                self.fail(key, f"{value!r} is not one of {', '.join(allowed)}")
        return values

    def words(self, key: str, allowed: tuple[Any, ...] | None = None) -> tuple[Any, ...]:
        """One string or a list of them."""
        if isinstance(self.data.get(key), str):
            self.data[key] = [self.data[key]]
        return self.texts(key) if allowed is None else self.choices(key, allowed)

    def whole(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number of at least `least`."""
        value = self.maybe_whole(key, least=least)
        if value is None:
            return default if default is not None else self.fail(key, "is missing")
        return value

    def maybe_whole(self, key: str, *, least: int = 0) -> int | None:
        """A whole number, or None if the key is not there."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self.fail(key, f"must be a whole number of at least {least}")
        return value

    def maybe_number(self, key: str) -> float | None:
        """A measure (seconds, a ratio), or None if the key is not there."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            self.fail(key, "must be a number of at least 0")
        return value

    def number(self, key: str, default: float) -> float:
        """A measure with a default."""
        value = self.maybe_number(key)
        return default if value is None else value

    def maybe_flag(self, key: str) -> bool | None:
        """true, false, or None if the key is not there."""
        value = self.raw(key)
        if value is not None and not isinstance(value, bool):
            self.fail(key, "must be true or false")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.maybe_flag(key)
        return default if value is None else value

    def maybe_day(self, key: str) -> date | None:
        """A date, or None if the key is not there."""
        value = self.raw(key)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            self.fail(key, "must be a date such as 2026-11-20, without quotes")
        return value

    def day(self, key: str) -> date:
        """A date."""
        value = self.maybe_day(key)
        return value if value is not None else self.fail(key, "is missing")

    def maybe_amount(self, key: str) -> Decimal | None:
        """An exact number written as text, or None if the key is not there."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fail(key, 'amounts are written as text: "0.14"')
        try:
            amount = Decimal(value)
        except InvalidOperation:
            self.fail(key, f"{value!r} is not a number")
        if not amount.is_finite() or amount < 0:
            self.fail(key, "must be a number of at least 0")
        return amount

    def amount(self, key: str) -> Decimal:
        """An exact number written as text."""
        value = self.maybe_amount(key)
        return value if value is not None else self.fail(key, "is missing")

    def table(self, key: str) -> Table:
        """A table inside this one; empty if it is not there."""
        value = self.raw(key)
        if value is not None and not isinstance(value, dict):
            self.fail(key, "must be a table")
        return self._inner(key, value or {}, f"{self.name} {key}")

    def tables(self, key: str) -> list[Table]:
        """A list of tables inside this one."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
            self.fail(key, f"must be a list of tables: [[{key}]]")
        return [self._inner(key, item, f"{self.name} {key} {number}") for number, item in enumerate(value, 1)]

    def _inner(self, key: str, data: Mapping[str, Any], name: str) -> Table:
        return Table(data, file=self.origins.get(key, self.file), name=name)
