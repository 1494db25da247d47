"""What the core needs of the database about single people. Part of the port `Store`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from bot.core.model import Person, Purse
from bot.core.records import Block, Forgotten, LinkedFile, MemberUse, Pending, Server


class PeopleStore(Protocol):
    """Whose is what, who is kept out, and what is taken out. Each method is one transaction."""

    async def wallet(self, person: str, name: str) -> str:
        """The wallet of a person, made at first sight; whoever was forgotten gets theirs back as long as
        its use and blocks count."""
        ...

    async def merge(self, *, winner: str, loser: str, actor: str) -> None:
        """Move everything of one wallet to another: grants, identities, jobs, use of open periods."""
        ...

    async def identities(self, wallet: str) -> tuple[Person, ...]:
        """All accounts that share a wallet."""
        ...

    async def join(self, *, keeper: str, joiner: str, agreed: tuple[str, str]) -> None:
        """Let two people share the wallet of the first, if their wallets are still those they agreed on.

        Raises:
            Refusal: `link_gone`, `link_same`, `link_platform_taken` (platform).
            Denied: `link_wait` (until_ms, person).
        """
        ...

    async def may_join(self, *, keeper: str, joiner: str) -> None:
        """Raise what `join` would raise, but for a change of wallets meanwhile."""
        ...

    async def unlink(self, person: str) -> str:
        """Give an account a wallet of its own; use of running periods goes along, grants stay.

        Raises:
            Refusal: `not_linked`.
            Denied: `open_jobs` (count).
        """
        ...

    async def forget(self, wallet: str) -> Forgotten:
        """Take out everything that leads to the people of a wallet; use, blocks and books stay.

        Raises:
            Denied: `open_jobs` (count).
        """
        ...

    async def migrate_server(self, old: str, new: str) -> None:
        """Let everything of a server go by its new id: limits, grants, use, jobs."""
        ...

    async def member_use(self, server: str, purse: Purse, *, limit: int) -> tuple[MemberUse, ...]:
        """What members of a server hold and used in running periods, the most first."""
        ...

    async def change_server(self, server: Server, *, actor: str, detail: Mapping[str, Any]) -> None:
        """Keep what an admin set up, and note it."""
        ...

    async def expired_clips(self, now_ms: int) -> tuple[str, ...]:
        """Ended jobs whose clip is older than their own server keeps it, some at a time."""
        ...

    async def unused(self, addresses: Collection[str]) -> tuple[str, ...]:
        """Those of some stored files that nothing refers to."""
        ...

    async def attempt(self, wallet: str, kind: str) -> int:
        """Count something that may not be tried too often; returns how often in the last hour."""
        ...

    async def pendings_of(self, wallet: str, kind: str) -> tuple[Pending, ...]:
        """Questions of a kind that wait for somebody, the newest first."""
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
