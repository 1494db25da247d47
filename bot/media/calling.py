"""Calls into the limited media processes: one pool, and what its failures mean. Knows no kind of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.core.errors import MediaRefused, StorageFull
from bot.media.limits import InputLimits
from providers.process import Limits, WorkerDied, WorkerFailed, WorkerPool

QUICK_SECONDS, LONG_SECONDS = 120.0, 1800.0
OnProgress = Callable[[Mapping[str, Any]], None]


class LimitedCalls:
    """A pool of limited processes, started when they are needed."""

    def __init__(
        self,
        *,
        workers: int = 2,
        idle_seconds: float = 120.0,
        limits: Limits | None = None,
        input_limits: InputLimits | None = None,
    ) -> None:
        """Prepare; nothing is started.

        Args:
            workers: media jobs at the same time.
            idle_seconds: how long an unused process stays warm.
            limits: of one process.
            input_limits: of one file.
        """
        self._pool = WorkerPool(
            "bot.media.jobs", size=workers, limits=limits or Limits(), idle_seconds=idle_seconds
        )
        self._inputs = (input_limits or InputLimits()).to_json()
        self._closing = False

    @property
    def warm(self) -> bool:
        """Whether a process is up, so that the next job starts at once."""
        return self._pool.warm

    async def close(self) -> None:
        """End the workers."""
        self._closing = True
        await self._pool.close()

    async def _ask(
        self,
        function: str,
        on_progress: OnProgress | None = None,
        *,
        timeout_seconds: float = QUICK_SECONDS,
        **arguments: Any,
    ) -> Any:
        plain = {key: _plain(value) for key, value in arguments.items()}
        return await self._call(function, on_progress, timeout_seconds, limits=self._inputs, **plain)

    async def _call(
        self, function: str, on_progress: OnProgress | None, timeout_seconds: float, **arguments: Any
    ) -> Any:
        try:
            answer = await self._pool.call(
                function, timeout_seconds=timeout_seconds, on_progress=on_progress, **arguments
            )
        except WorkerDied as error:
            if self._closing:
                raise  # the bot's end says nothing about the file
            if error.reason == "crash":
                raise MediaRefused("damaged") from error
            raise MediaRefused("bad_file", reason=error.reason) from error
        except WorkerFailed as error:
            if error.kind == "DiskFull":
                raise StorageFull("the disk of the data folder is full") from error
            if error.kind == "FileTooLarge":
                raise MediaRefused("too_many_bytes") from error
            raise
        if "refused" in answer:
            raise MediaRefused(answer["refused"], **answer["facts"])
        return answer["value"]


def _plain(value: Any) -> Any:
    """An argument as JSON can carry it."""
    if isinstance(value, Path):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
