"""The part of the `Store` port about single people: joining, leaving, links, being forgotten."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from bot.core.model import Person, Purse
from bot.core.ports import Clock
from bot.core.records import Forgotten, LinkedFile, MemberUse, Pending, Server
from bot.store.unit import Run
from bot.store.units import linking, links, migrating, people, private, servers


class PeopleUnitStore:
    """What each method means is written at the port."""

    def __init__(self, run: Run, *, clock: Clock, key: bytes) -> None:
        self._run = run
        self._now_ms = clock.now_ms
        self._key = key

    async def wallet(self, person: str, name: str) -> str:
        """See the port."""
        fresh, mark = _new_wallet(), self._mark(person)
        return await self._run(partial(people.wallet, person, name, fresh, mark, self._now_ms()))

    async def identities(self, wallet: str) -> tuple[Person, ...]:
        """See the port."""
        return await self._run(partial(linking.identities, wallet))

    async def join(self, *, keeper: str, joiner: str, agreed: tuple[str, str]) -> None:
        """See the port."""
        await self._run(partial(linking.join, keeper, joiner, agreed, self._now_ms()))

    async def may_join(self, *, keeper: str, joiner: str) -> None:
        """See the port."""
        await self._run(partial(linking.may_join, keeper, joiner, self._now_ms()))

    async def unlink(self, person: str) -> str:
        """See the port."""
        return await self._run(partial(linking.unlink, person, _new_wallet(), self._now_ms()))

    async def forget(self, wallet: str) -> Forgotten:
        """See the port."""
        return await self._run(partial(private.forget, wallet, self._mark, _new_wallet, self._now_ms()))

    async def migrate_server(self, old: str, new: str) -> None:
        """See the port."""
        await self._run(partial(migrating.migrate_server, old, new, self._now_ms()))

    async def member_use(self, server: str, purse: Purse, *, limit: int) -> tuple[MemberUse, ...]:
        """See the port."""
        return await self._run(partial(servers.member_use, server, purse, limit, self._now_ms()))

    async def change_server(self, server: Server, *, actor: str, detail: Mapping[str, Any]) -> None:
        """See the port."""
        await self._run(partial(servers.change_server, server, actor, detail, self._now_ms()))

    async def expired_clips(self, now_ms: int) -> tuple[str, ...]:
        """See the port."""
        return await self._run(partial(servers.expired_clips, now_ms))

    async def unused(self, addresses: Collection[str]) -> tuple[str, ...]:
        """See the port."""
        return await self._run(partial(private.unused, tuple(addresses)))

    async def attempt(self, wallet: str, kind: str) -> int:
        """See the port."""
        return await self._run(partial(linking.attempt, wallet, kind, self._now_ms()))

    async def pendings_of(self, wallet: str, kind: str) -> tuple[Pending, ...]:
        """See the port."""
        return await self._run(partial(linking.pendings_of, wallet, kind, self._now_ms()))

    async def put_link(self, link: LinkedFile, *, least_ms: int) -> LinkedFile:
        """See the port."""
        return await self._run(partial(links.put_link, link, least_ms, self._now_ms()))

    async def link(self, id: str) -> LinkedFile | None:
        """See the port."""
        return await self._run(partial(links.link, id))

    async def drop_clip(self, job: str) -> tuple[str, ...]:
        """See the port."""
        return await self._run(partial(private.drop_clip, job))

    def _mark(self, person: str) -> str:
        """The keyed hash of somebody who was forgotten."""
        return f"forgotten:{hmac.new(self._key, person.encode(), hashlib.sha256).hexdigest()}"


def _new_wallet() -> str:
    return f"w{secrets.token_hex(8)}"
