"""A desk with the real store and blob store, fake media and engine, and a reader of replies."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.desk import Attachment, Desk, House
from bot.core.dispatch import Dispatch
from bot.core.model import Actor
from bot.core.records import Rule
from bot.core.replies import Reply
from bot.core.wording import Wording, load_wording
from bot.store.blobs import open_blobs
from bot.store.sqlite import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeJobs, FakeMedia, FakeProviders, here, someone
from tests.unit.bot.core.worlds import NOW_MS, catalogue


@dataclass
class Office:
    """A desk and everything around it that a test looks at."""

    desk: Desk
    jobs: FakeJobs
    media: FakeMedia
    clock: FakeClock
    folder: Path
    wording: Wording
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def with_house(self, **changes: Any) -> Office:
        """The same office under other choices of the operator."""
        return replace(self, desk=replace(self.desk, house=replace(self.desk.house, **changes)))

    def without_keys(self, *providers: str) -> Office:
        """The same office without the keys of some providers."""
        lacking = FakeProviders(self.desk.catalogue, without=frozenset(providers))
        return replace(self, desk=replace(self.desk, providers=lacking))

    async def ask(
        self,
        text: str,
        actor: Actor | None = None,
        *,
        key: str = "",
        files: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Type a command."""
        return await Dispatch(self.desk).words(
            actor or someone(),
            text,
            destination=here(),
            request_key=key or f"event-{next(self._numbers)}",
            attachments=files,
        )

    async def press(self, action: str, target: str, actor: Actor | None = None) -> Reply:
        """Press a button."""
        return await Dispatch(self.desk).press(
            actor or someone(),
            action,
            target,
            destination=here(),
            request_key=f"event-{next(self._numbers)}",
        )

    async def submit(
        self,
        action: str,
        target: str,
        values: Mapping[str, str],
        actor: Actor | None = None,
        *,
        files: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Fill in a form."""
        return await Dispatch(self.desk).submit(
            actor or someone(),
            action,
            target,
            values,
            destination=here(),
            request_key=f"event-{next(self._numbers)}",
            attachments=files,
        )

    def read(self, reply: Reply, language: str = "en") -> str:
        """Everything a person reads."""
        texts = [*reply.lines, *(row.text for row in reply.rows), *(b.label for b in reply.buttons)]
        return self.wording.lines(texts, language).replace("\u00a0", " ")

    async def allot(self, credits: int, server: str = "discord:s1") -> None:
        """The operator allots credits to a server, and everybody there may use all of them."""
        for kind in ("allotment", "everybody"):
            rule = Rule(server=server, kind=kind, credits=credits, period="month")
            await self.desk.store.set_rule(rule, actor="operator")


@pytest.fixture
def wording() -> Wording:
    """All texts; a missing one is an error."""
    return load_wording(strict=True)


@pytest.fixture
async def office(tmp_path: Path, wording: Wording) -> AsyncIterator[Office]:
    """A fresh office: all keys set, no credits anywhere."""
    clock, jobs, media = FakeClock(NOW_MS), FakeJobs(), FakeMedia()
    store = await open_store(tmp_path / "data", clock=clock)
    desk = Desk(
        catalogue=catalogue(),
        store=store,
        providers=FakeProviders(catalogue()),
        media=media,
        blobs=await open_blobs(tmp_path / "data"),
        clock=clock,
        jobs=jobs,
        house=House(),
    )
    try:
        yield Office(desk=desk, jobs=jobs, media=media, clock=clock, folder=tmp_path, wording=wording)
    finally:
        await store.close()
