"""What front-ends ask of the core: commands, typed words, buttons, forms, and servers that come and go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.core.desk import Attachment
from bot.core.model import Actor, Destination
from bot.core.replies import Reply


class Doorbell(Protocol):
    """Hears of servers that come, go and move."""

    async def on_join(self, server: str, name: str) -> None:
        """The bot was added to a server."""
        ...

    async def on_leave(self, server: str) -> None:
        """The bot was removed from a server."""
        ...

    async def migrate(self, old: str, new: str) -> None:
        """The server `old` is called `new` from now on."""
        ...


class Front(Doorbell, Protocol):
    """Carries out what a person asks for; every answer is something to show."""

    async def command(
        self,
        actor: Actor,
        name: str,
        options: Mapping[str, Any],
        *,
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Carry out a command."""
        ...

    async def words(
        self,
        actor: Actor,
        text: str,
        *,
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Carry out a typed command."""
        ...

    async def press(
        self, actor: Actor, action: str, target: str, *, destination: Destination, request_key: str
    ) -> Reply:
        """Carry out a button."""
        ...

    async def submit(
        self,
        actor: Actor,
        action: str,
        target: str,
        values: Mapping[str, str],
        *,
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Carry out a form."""
        ...
