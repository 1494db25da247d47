"""What a store can do for the web pages: each method is one unit. Part of every store; knows no database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.core.switches import PageAdmin, Switch, SwitchKind
from bot.store.unit import Run
from bot.store.units import pages


class PageUnits:
    """The port `Switchboard` over any driver."""

    _run: Run
    _now_ms: Callable[[], int]

    async def switches(self) -> tuple[Switch, ...]:
        """See the port."""
        return await self._run(pages.switches)

    async def switch_off(self, switch: Switch) -> None:
        """See the port."""
        await self._run(partial(pages.switch_off, switch, self._now_ms()))

    async def switch_on(self, kind: SwitchKind, subject: str, *, actor: str) -> bool:
        """See the port."""
        return await self._run(partial(pages.switch_on, kind, subject, actor, self._now_ms()))

    async def page_admins(self) -> tuple[PageAdmin, ...]:
        """See the port."""
        return await self._run(pages.page_admins)

    async def page_admin_of(self, name: str) -> tuple[str, ...]:
        """See the port."""
        return await self._run(partial(pages.page_admin_of, name))

    async def add_page_admin(self, admin: PageAdmin) -> None:
        """See the port."""
        await self._run(partial(pages.add_page_admin, admin, self._now_ms()))

    async def drop_page_admin(self, name: str, server: str, *, actor: str) -> bool:
        """See the port."""
        return await self._run(partial(pages.drop_page_admin, name, server, actor, self._now_ms()))

    async def show_gallery(self, server: str, *, open_to_all: bool, actor: str) -> None:
        """See the port."""
        await self._run(partial(pages.show_gallery, server, open_to_all, actor, self._now_ms()))

    async def withhold(self, job: str, *, hidden: bool) -> None:
        """See the port."""
        await self._run(partial(pages.withhold, job, hidden, self._now_ms()))

    async def withheld(self, job: str) -> bool:
        """See the port."""
        return await self._run(partial(pages.withheld, job))
