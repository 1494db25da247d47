"""What the core needs of the database about single people. Part of the port `Store`."""

from __future__ import annotations

from typing import Protocol

from bot.core.records import Block, LinkedFile


class PeopleStore(Protocol):
    """Whose is what, who is kept out, and what is taken out. Each method is one transaction."""

    async def wallet(self, person: str, name: str) -> str:
        """The wallet of a person, made at first sight."""
        ...

    async def merge(self, *, winner: str, loser: str, actor: str) -> None:
        """Move everything of one wallet to another: grants, identities, jobs, use of open periods."""
        ...

    async def put_link(self, link: LinkedFile, *, least_ms: int) -> LinkedFile:
        """Keep a link, or return one to the same file of the same job that lasts until `least_ms`."""
        ...

    async def link(self, id: str) -> LinkedFile | None:
        """What a link leads to; None if there is none or it was taken back."""
        ...

    async def drop_clip(self, job: str) -> tuple[str, ...]:
        """Forget the file of an ended job and take its links back; its outcome is then `deleted`.

        Returns the addresses of stored files that nothing else refers to any more.
        """
        ...

    async def block(self, block: Block) -> None:
        """Block a person on a server ("" = everywhere)."""
        ...

    async def unblock(self, server: str, wallet: str, *, actor: str) -> bool:
        """Lift a block; false if there was none."""
        ...

    async def blocked(self, server: str, wallet: str, now_ms: int) -> Block | None:
        """A block in force here or everywhere."""
        ...

    async def strike(self, wallet: str, job: str, kind: str, at_ms: int) -> int:
        """Count a moderated or unknown outcome; returns how many in the last 24 h."""
        ...
