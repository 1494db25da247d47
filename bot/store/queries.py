"""Reads the named queries of `sql/*.sql`. Knows their form, not their meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_FILES = (
    *("jobs.sql", "money.sql", "people.sql", "audit.sql", "private.sql", "links.sql", "bills.sql"),
    *(
        "pages.sql",
        "reports.sql",
        "linking.sql",
        "migrating.sql",
        "servers.sql",
        "contests.sql",
        "hearing.sql",
        "voices.sql",
    ),
)
_HEAD = re.compile(r"^-- name: (\w+)\n-- (\S.*)\n", re.MULTILINE)


def parse(text: str) -> dict[str, str]:
    """Named queries of one file: `-- name: x`, one comment line, one statement.

    Raises:
        ValueError: a name twice, a query without a comment line, or text before the first name.
    """
    heads = list(_HEAD.finditer(text))
    if len(heads) != text.count("-- name:"):
        raise ValueError("a query has no comment line under its name")
    if heads and text[: heads[0].start()].strip():
        raise ValueError("there is text before the first query")
    found: dict[str, str] = {}
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        name = head.group(1)
        if name in found:
            raise ValueError(f"the query {name} is there twice")
        found[name] = text[head.end() : end].strip().rstrip(";")
    return found


def load() -> Mapping[str, str]:
    """All named queries of the package."""
    found: dict[str, str] = {}
    folder = files("bot.store").joinpath("sql")
    for file in _FILES:
        queries = parse(folder.joinpath(file).read_text(encoding="utf-8"))
        twice = found.keys() & queries.keys()
        if twice:
            raise ValueError(f"queries are there twice: {', '.join(sorted(twice))}")
        found.update(queries)
    return found
