"""What writes to a platform, and what it may be able to do besides, which is asked with `isinstance`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bot.core.model import Destination
from bot.core.replies import Reply


class Outbox(Protocol):
    """Writes to one platform. Message references are strings of the front-end's own."""

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """Send the message that later becomes the clip; returns its reference.

        `nonce` is the same when the send is repeated after a restart.

        Raises:
            Forbidden, TryLater.
        """
        ...

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """Edit a message; repeatable.

        Raises:
            MessageGone, Forbidden, TryLater.
        """
        ...

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """Turn the placeholder into the clip by editing it; repeatable.

        Raises:
            TooLarge, MessageGone, Forbidden, TryLater.
        """
        ...

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """A short message that a person notices; best effort."""
        ...


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
