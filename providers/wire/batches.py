"""Many questions of the same kind, asked in few calls: who asks while a call is out goes with the next one.

No waiting on purpose, no repeating; it knows no vendor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Batches(Generic[T]):
    """Collects ids while a call is out."""

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]], *, most: int) -> None:
        """Nothing is asked yet.

        Args:
            ask: asks for some ids at once; those that are unknown are left out of the answer.
            most: ids in one call.
        """
        self._ask = ask
        self._most = most
        self._waiting: dict[str, asyncio.Future[T | None]] = {}
        self._work: asyncio.Task[None] | None = None

    async def get(self, identity: str) -> T | None:
        """The answer about one id, or None if it is unknown. Errors of the call are raised as they are."""
        future = self._waiting.get(identity)
        if future is None:
            future = self._waiting[identity] = asyncio.get_running_loop().create_future()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run())
        # Whoever gives up must not take the answer away from others who asked for the same.
        return await asyncio.shield(future)

    async def close(self) -> None:
        """Give up what is still out."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()

    async def _run(self) -> None:
        while self._waiting:
            some = dict(list(self._waiting.items())[: self._most])
            for identity in some:
                del self._waiting[identity]
            try:
                answers = await self._ask(tuple(some))
            except asyncio.CancelledError:
                for future in some.values():
                    future.cancel()
                raise
            except Exception as error:
                for future in some.values():
                    _settle(future, error=error)
            else:
                for identity, future in some.items():
                    _settle(future, answer=answers.get(identity))


def _settle(
    future: asyncio.Future[T | None], *, answer: T | None = None, error: Exception | None = None
) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(answer)
        return
    future.set_exception(error)
    # Nobody may be left to hear it.
    future.exception()
