"""“recording a video…” above a chat while a clip is made in it. Best effort; one ticker for all chats."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bot.core.replies import Reply
from bot.frontends.telegram.api import Api, Spot
from bot.frontends.telegram.limits import ACTION_SECONDS

_MAKING: Final = "record_video"
_SENDING: Final = "upload_video"
_THINKING: Final = "typing"
_STALE_SECONDS: Final = 30.0  # no news of a job for so long: it waits, nothing is being made
_AT_ONCE: Final = 12  # chats that are told in one tick
_BUSY_STAGES: Final = frozenset(
    {"submitting", "voicing", "polling", "fetching", "scoring", "processing", "posting"}
)


class Actions:
    """What the bot is doing, by chat and topic."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._doing: dict[tuple[int, int], dict[str, tuple[str, float]]] = {}
        self._told: dict[tuple[int, int], tuple[str, float]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._closed = False

    def begin(self, spot: Spot, reply: Reply) -> None:
        """A job has news."""
        if reply.progress is not None and reply.progress.stage in _BUSY_STAGES:
            self._note(spot, reply.job, _MAKING)

    def end(self, spot: Spot, job: str) -> None:
        """A job has ended."""
        key = (spot.chat, spot.topic)
        jobs = self._doing.get(key, {})
        jobs.pop(job, None)
        if not jobs:
            self._doing.pop(key, None)

    @contextmanager
    def sending(self, spot: Spot) -> Iterator[None]:
        """A clip is being uploaded."""
        with self._while(spot, _SENDING):
            yield

    @contextmanager
    def thinking(self, spot: Spot) -> Iterator[None]:
        """A command is being read."""
        with self._while(spot, _THINKING):
            yield

    async def close(self) -> None:
        """Stop telling."""
        self._closed = True
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker

    @contextmanager
    def _while(self, spot: Spot, action: str) -> Iterator[None]:
        name = f"{action}:{time.monotonic()}"
        self._note(spot, name, action)
        try:
            yield
        finally:
            self.end(spot, name)

    def _note(self, spot: Spot, name: str, action: str) -> None:
        self._doing.setdefault((spot.chat, spot.topic), {})[name] = (action, time.monotonic())
        if not self._closed and (self._ticker is None or self._ticker.done()):
            self._ticker = asyncio.get_running_loop().create_task(self._tick(), name="chat actions")

    async def _tick(self) -> None:
        while self._doing:
            now = time.monotonic()
            due = []
            for key, jobs in self._doing.items():
                action = self._newest(jobs, now)
                if action and self._due(key, action, now):
                    due.append((key, action))
            for key, action in due[:_AT_ONCE]:
                self._told[key] = (action, now)
                await self._api.act(Spot(chat=key[0], topic=key[1]), action)
            self._told = {key: told for key, told in self._told.items() if now - told[1] < 2 * ACTION_SECONDS}
            await asyncio.sleep(0.25)

    def _due(self, key: tuple[int, int], action: str, now: float) -> bool:
        told = self._told.get(key)
        return told is None or told[0] != action or now - told[1] >= ACTION_SECONDS

    def _newest(self, jobs: dict[str, tuple[str, float]], now: float) -> str:
        fresh = [one for one in jobs.values() if now - one[1] < _STALE_SECONDS or one[0] != _MAKING]
        return max(fresh, key=lambda one: one[1])[0] if fresh else ""
