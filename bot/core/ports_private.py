"""What the core needs of the database for people's own things. Part of the port `Store`."""

from __future__ import annotations

from typing import Protocol


class PrivateStore(Protocol):
    """Taking out, handing over and joining what belongs to a person. Each method is one transaction."""

    async def wallet(self, person: str, name: str) -> str:
        """The wallet of a person, made at first sight."""
        ...

    async def merge(self, *, winner: str, loser: str, actor: str) -> None:
        """Move everything of one wallet to another: grants, identities, jobs, use of open periods."""
        ...

    async def drop_clip(self, job: str) -> tuple[str, ...]:
        """Forget the file of an ended job; the row and its transfers stay, its outcome is `deleted`.

        Returns the addresses of stored files that nothing else refers to any more.
        """
        ...
