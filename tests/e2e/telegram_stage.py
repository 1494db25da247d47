"""The whole bot on Telegram, in this process: people act in a strict fake, the bot speaks over sockets."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from bot.app import App, open_app
from bot.core.model import Job
from bot.core.ports import Outbox
from bot.core.records import Rule
from bot.core.wording import load_wording
from bot.frontends.telegram.front import TelegramFront
from bot.settings import ProviderSettings, Settings
from tests.e2e.stage import CATALOGUE, FAST, ROUTES, StageClock, left_behind
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_values import Place, Posted, Someone
from tests.fakes.vendor import GOOD_KEY, FakeVendor

NATIVE = "--model scripted-native --seconds 4"


@dataclass(kw_only=True)
class TelegramStage:
    """What a test looks at and acts through."""

    app: App
    front: TelegramFront
    telegram: FakeTelegram
    vendor: FakeVendor
    clock: StageClock
    folder: Path

    async def allow(self, place: Place | str, credits: int = 10_000) -> None:
        """The operator allots credits to a place, and everybody there may use them."""
        server = place if isinstance(place, str) else f"telegram:{place.id}"
        for kind in ("allotment", "everybody"):
            rule = Rule(server=server, kind=kind, credits=credits, period="month")
            await self.app.store.set_rule(rule, actor="operator")

    async def until(
        self, place: Place, suits: Callable[[Posted], bool] | str, *, after: int = 0, seconds: float = 20.0
    ) -> Posted:
        """Wait for a message of the bot: one with these words, or one that suits."""
        fits = (lambda m: suits in plain(m.text)) if isinstance(suits, str) else suits
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found = [m for m in place.of_bot() if m.id > after and fits(m)]
                    if found:
                        return found[-1]
                    await asyncio.sleep(0.02)
        except TimeoutError:
            said = "\n---\n".join(f"{m.text} {m.labels}" for m in place.of_bot())
            raise AssertionError(f"not said: {suits}\nsaid:\n{said}\nwrong: {self.telegram.wrong}") from None

    async def clip(self, place: Place, *, after: int = 0, seconds: float = 30.0) -> Posted:
        """Wait for a clip."""
        return await self.until(place, lambda m: m.video is not None, after=after, seconds=seconds)

    async def settled(self, true: Callable[[], bool], what: str, *, seconds: float = 10.0) -> None:
        """Wait until something is true."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    if true():
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(what) from None

    async def quiet(self, seconds: float = 0.4) -> None:
        """Let the bot come to rest: what it has not said by now it will not say."""
        await asyncio.sleep(seconds)

    async def jobs(self, who: Someone) -> tuple[Job, ...]:
        """Somebody's jobs, the newest first."""
        wallet = await self.app.store.wallet(f"telegram:{who.id}", who.name)
        return await self.app.store.jobs_of(wallet, limit=20)

    async def spent(self, who: Someone) -> int:
        """Credits that somebody's jobs have cost."""
        return sum(job.charged for job in await self.jobs(who))

    def bytes_of(self, message: Posted) -> bytes:
        """The clip as whoever sees it can play it."""
        assert message.video is not None
        return self.telegram.world.files[str(message.video["file_id"])].data


@asynccontextmanager
async def open_telegram(
    folder: Path,
    *,
    telegram: FakeTelegram | None = None,
    vendor: FakeVendor | None = None,
    clock: StageClock | None = None,
    front: Mapping[str, Any] | None = None,
    routes: tuple[str, ...] = ("key", "lookup", "blind"),
    faults_expected: bool = False,
    others: Mapping[str, Outbox] | None = None,
    vendors: Mapping[str, ProviderSettings] | None = None,
    **settings: Any,
) -> AsyncIterator[TelegramStage]:
    """Open the bot in `folder`; at the end nothing may be wrong that a person or the service would notice.

    Args:
        folder: its data.
        telegram, vendor, clock: of an earlier stage, to go on with.
        front: more arguments of the front-end.
        routes: ways to the vendor that have a key.
        faults_expected: the test itself looks at what went wrong.
        others: outboxes of other chats.
        vendors: further providers, by id, with their addresses.
        settings: more of the operator's.
    """
    async with AsyncExitStack() as stack:
        if telegram is None:
            telegram = await stack.enter_async_context(FakeTelegram())
        if vendor is None:
            vendor = await stack.enter_async_context(FakeVendor())
        keys = {f"SCRIPTED_{route.upper()}_API_KEY": GOOD_KEY for route in routes}
        stack.enter_context(mock.patch.dict(os.environ, keys))
        clock = clock or StageClock()
        chosen: dict[str, Any] = {
            "budget_usd_day": Decimal(100),
            "budget_usd_month": Decimal(100),
            "media_workers": 1,
            "transcribe_with": (),  # a test that wants words brings its own ears
            "catalogue_dir": CATALOGUE,
            "providers": {
                f"scripted-{route}": ProviderSettings(base_url=f"{vendor.url}/{character}")
                for route, character in ROUTES.items()
            }
            | dict(vendors or {}),
        }
        options = Settings(data_dir=folder / "data", **(chosen | settings))
        made = TelegramFront(
            token=TOKEN,
            wording=load_wording(strict=True),
            clock=clock,
            data_dir=options.data_dir,
            base_url=telegram.url,
            **(front or {}),
        )
        app = await stack.enter_async_context(
            open_app(
                options,
                outboxes={"telegram": made.outbox, **(others or {})},
                clock=clock,
                pace=FAST,
                sweep_seconds=0.5,
            )
        )
        log = stack.enter_context(_records())
        stage = TelegramStage(
            app=app, front=made, telegram=telegram, vendor=vendor, clock=clock, folder=folder
        )
        async with made.at_work(dispatch=app.dispatch, desk=app.desk):
            yield stage
        await _judge(stage, log, faults_expected=faults_expected)


async def _judge(stage: TelegramStage, log: list[logging.LogRecord], *, faults_expected: bool) -> None:
    report = await stage.app.store.audit(day_start_ms=0, month_start_ms=0)
    assert report.problems == ()
    assert report.sum == 0
    if not faults_expected:
        assert stage.telegram.wrong == []
        ours = [record for record in log if record.name.startswith(("bot", "telegram"))]
        assert [record.getMessage() for record in ours if record.exc_info] == []
    written = "\n".join(f"{record.getMessage()} {record.exc_info}" for record in log)
    assert TOKEN not in written, "the token is in the log"
    for stored in stage.telegram.world.files.values():
        assert stored.path not in written, "the address of a file is in the log"
    if not report.open_jobs:
        assert await left_behind(stage.folder / "data") == [], "files on the way were left behind"


class _records:
    """Everything that is logged, from the least important on."""

    def __enter__(self) -> list[logging.LogRecord]:
        found: list[logging.LogRecord] = []

        class Keeper(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                found.append(record)

        self._keeper = Keeper(logging.DEBUG)
        self._level = logging.getLogger().level
        logging.getLogger().addHandler(self._keeper)
        logging.getLogger().setLevel(logging.DEBUG)
        for library in ("aiosqlite", "asyncio"):
            logging.getLogger(library).setLevel(logging.WARNING)
        return found

    def __exit__(self, *exception: object) -> None:
        logging.getLogger().removeHandler(self._keeper)
        logging.getLogger().setLevel(self._level)


def plain(text: str) -> str:
    """Without the spaces that keep a number with its unit."""
    return text.replace("\u00a0", " ")
