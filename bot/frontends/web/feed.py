"""Live news for open pages. Keeps, for each page, only the newest form of each message: a slow page
costs little and ends up right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bot.frontends.web.bubble import Bubble

_WAITING = 300


class Page:
    """One open page."""

    def __init__(self) -> None:
        self._waiting: dict[str, Mapping[str, Any]] = {}
        self._news = asyncio.Event()
        self.overrun = False

    def add(self, key: str, event: Mapping[str, Any]) -> None:
        """Something to tell; it takes the place of what was to be told under the same key."""
        self._waiting.pop(key, None)
        if len(self._waiting) >= _WAITING:
            self.overrun = True  # it comes back and asks what it has missed
        else:
            self._waiting[key] = event
        self._news.set()

    async def next(self) -> list[Mapping[str, Any]]:
        """Wait for news and take all of it."""
        await self._news.wait()
        self._news.clear()
        taken, self._waiting = list(self._waiting.values()), {}
        return taken


class Feed:
    """All open pages, by person."""

    def __init__(self) -> None:
        self._pages: dict[str, set[Page]] = {}
        self._notes = 0

    def changed(self, bubble: Bubble) -> None:
        """Tell a person's pages of a message."""
        for page in self._pages.get(bubble.person, ()):
            page.add(bubble.id, {"type": "message", "message": bubble.shown()})

    def note(self, person: str, event: Mapping[str, Any]) -> None:
        """Tell a person's pages something that is not kept."""
        self._notes += 1
        for page in self._pages.get(person, ()):
            page.add(f"note {self._notes}", event)

    def count(self, person: str) -> int:
        """How many pages somebody has open."""
        return len(self._pages.get(person, ()))

    @contextmanager
    def open(self, person: str) -> Iterator[Page]:
        """A page that hears of everything until the block ends."""
        page = Page()
        self._pages.setdefault(person, set()).add(page)
        try:
            yield page
        finally:
            pages = self._pages[person]
            pages.discard(page)
            if not pages:
                del self._pages[person]
