"""The animatic's orders and results on disk: what a restart needs to go on, and nothing after the hand-over.

Every function blocks; call it in a thread. It knows nothing about rendering.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Shelf:
    """One folder; a job's files start with its key."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made when the first order is stored."""
        self._folder = folder

    def store(self, key: str, order: Mapping[str, Any]) -> dict[str, Any]:
        """Write an order, or return the one that is already there: the first one counts."""
        self._folder.mkdir(parents=True, exist_ok=True)
        known = self.order(key)
        if known is not None:
            return known
        part = self._order_path(key).with_suffix(".part")
        part.write_text(json.dumps(dict(order)), "utf-8")
        part.replace(self._order_path(key))
        return dict(order)

    def order(self, key: str) -> dict[str, Any] | None:
        """The order of a job, or None."""
        return _read(self._order_path(key))

    def facts(self, key: str) -> dict[str, Any] | None:
        """What is known of a finished result; None while there is none."""
        return _read(self._facts_path(key)) if self._result_path(key).exists() else None

    def part_path(self, key: str) -> Path:
        """Where the worker writes."""
        return self._folder / f"{key}.out.part"

    def finish(self, key: str, facts: Mapping[str, Any]) -> None:
        """Make the worker's file the result."""
        self.part_path(key).replace(self._result_path(key))
        self._facts_path(key).write_text(json.dumps(dict(facts)), "utf-8")

    def hand_over(self, key: str, into: Path) -> int:
        """Move the result to `into`, forget the job, return the size in bytes.

        Raises:
            FileNotFoundError: there is no result.
        """
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self._result_path(key), into)
        self.clean(key)
        return into.stat().st_size

    def clean(self, key: str) -> None:
        """Remove everything of a job."""
        named = (self._order_path(key), self._facts_path(key), self._result_path(key), self.part_path(key))
        for path in (*named, self._order_path(key).with_suffix(".part")):
            path.unlink(missing_ok=True)

    def _order_path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _facts_path(self, key: str) -> Path:
        return self._folder / f"{key}.facts.json"

    def _result_path(self, key: str) -> Path:
        return self._folder / f"{key}.out"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
