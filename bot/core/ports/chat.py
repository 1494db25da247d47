"""What an outbox may be able to do besides writing. The core asks for it with `isinstance`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bot.core.model import Destination


@runtime_checkable
class CanRemove(Protocol):
    """An outbox that can take a message back."""

    async def remove(self, to: Destination, message: str) -> None:
        """Delete a message; repeatable.

        Raises:
            MessageGone, Forbidden, TryLater.
        """
        ...


@runtime_checkable
class CanForget(Protocol):
    """An outbox that keeps something of people: messages, cards, drafts."""

    async def forget(self, person: str) -> tuple[str, ...]:
        """Drop everything that is kept of a person; returns addresses of stored files that it kept."""
        ...


@runtime_checkable
class CanGather(Protocol):
    """An outbox that opens a thread for a request, where it would open one for each message."""

    async def gathered(self, to: Destination, *, nonce: str) -> Destination:
        """Where all messages of one request go; the same nonce finds the same place.

        Raises:
            Forbidden, TryLater.
        """
        ...


@runtime_checkable
class CanReach(Protocol):
    """An outbox that can write to a person by themselves, wherever they are."""

    async def reach(self, person: str) -> Destination | None:
        """Where somebody, by their key, reads what is meant for them alone; None where that is closed."""
        ...
