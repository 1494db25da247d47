"""The whole bot with its Discord front-end in this process; a strict Discord and a fake vendor on sockets.

`async with open_discord(folder) as stage:` People act through `stage.discord`. When a stage closes, Discord
must have had nothing to complain about, and the books are audited.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from bot.app import App, open_app
from bot.core.coercion import coerce
from bot.core.commands import find_command
from bot.core.model import Job
from bot.core.records import Rule
from bot.core.typed import parse
from bot.core.wording import load_wording
from bot.core.work.workshop import Pace
from bot.frontends.discord.front import DiscordFront
from bot.settings import ProviderSettings, Settings
from tests.e2e.stage import CATALOGUE, FAST, ROUTES, StageClock
from tests.fakes.discord import TOKEN, Exchange, FakeDiscord, Member
from tests.fakes.discord_world import Channel, Guild, Message
from tests.fakes.vendor import GOOD_KEY, FakeVendor


@dataclass(kw_only=True)
class DiscordStage:
    """What a test looks at and acts through."""

    app: App
    front: DiscordFront
    discord: FakeDiscord
    vendor: FakeVendor
    clock: StageClock
    guild: Guild
    channel: Channel
    ada: Member
    ben: Member
    admin: Member
    invites: list[str]

    async def say(self, words: str, *, who: Member | None = None) -> str:
        """Give a typed command as a member does from the menu; what is read of the answer."""
        name, raw = parse(words)
        options = coerce(find_command(name), raw)
        answer = await (who or self.ada).ask(self.channel, name, **options)
        return answer.text

    async def allow(self, credits: int = 10_000, *, guild: Guild | None = None, **rule: Any) -> None:
        """The operator allots credits, and everybody may use them; more fields are of everybody's rule."""
        server = f"discord:{(guild or self.guild).id}"
        await self.app.store.set_rule(
            Rule(server=server, kind="allotment", credits=credits, period="month"), actor="operator"
        )
        await self.app.store.set_rule(
            Rule(server=server, kind="everybody", credits=credits, period="day", **rule), actor="admin"
        )

    async def allow_direct(self, credits: int = 10_000) -> None:
        """The operator allots credits to private chats, too."""
        for kind in ("allotment", "everybody"):
            rule = Rule(server="direct", kind=kind, credits=credits, period="month")
            await self.app.store.set_rule(rule, actor="operator")

    async def job_of(self, member: Member) -> Job:
        """Their newest job."""
        wallet = await self.app.store.wallet(f"discord:{member.user.id}", member.user.name)
        (job, *_) = await self.app.store.jobs_of(wallet, limit=1)
        return job

    async def ended(self, member: Member, *, seconds: float = 20.0) -> Job:
        """Wait until somebody's newest job has ended."""
        async with asyncio.timeout(seconds):
            return await self.app.engine.finished((await self.job_of(member)).id)

    async def clip(self, *, where: Channel | None = None, count: int = 1) -> Message:
        """Wait for a clip."""
        return await self.discord.clip(where or self.channel, count=count)

    async def generate(self, who: Member, prompt: str = "a door slams", **more: Any) -> Exchange:
        """Ask for a clip and wait for the answer."""
        options = {"model": "scripted-native", "seconds": 4, **more}
        return await who.ask(self.channel, "generate", prompt=prompt, **options)

    async def setting(self, **settings: Any) -> None:
        """The server's own choices."""
        server = await self.app.store.server(f"discord:{self.guild.id}")
        await self.app.store.save_server(replace(server, settings={**server.settings, **settings}))

    def clip_kept(self, job: Job) -> bool:
        """Whether the clip of a job is still there."""
        return job.clip is not None and self.app.blobs.path(job.clip.blob).exists()

    def rule(self, *faults: str, uses: int = 1, **match: Any) -> None:
        """Let these faults happen to the vendor's next orders that match."""
        self.vendor.script.add([{"match": match, "faults": list(faults), "uses": uses}])

    def jump(self, seconds: float) -> None:
        """Let so much time pass, for the bot and for Discord."""
        self.clock.jump(seconds)
        self.discord.world.ahead_ms += round(seconds * 1000)


@dataclass(frozen=True, kw_only=True)
class _People:
    """Who is on the server, and where they talk."""

    guild: Guild
    channel: Channel
    ada: Member
    ben: Member
    admin: Member

    @classmethod
    def new(cls, discord: FakeDiscord) -> _People:
        guild = discord.world.guild()
        return cls(
            guild=guild,
            channel=discord.world.channel(guild),
            ada=discord.member("Ada", guild),
            ben=discord.member("Ben", guild),
            admin=discord.member("Cyd", guild, admin=True),
        )

    @classmethod
    def of(cls, stage: DiscordStage) -> _People:
        return cls(guild=stage.guild, channel=stage.channel, ada=stage.ada, ben=stage.ben, admin=stage.admin)


def _settings(
    folder: Path, discord: FakeDiscord, vendor: FakeVendor, operator: Member | None, more: dict[str, Any]
) -> Settings:
    chosen: dict[str, Any] = {
        "budget_usd_day": Decimal(100),
        "budget_usd_month": Decimal(100),
        "media_workers": 1,
        "transcribe_with": (),  # a test that wants words brings its own ears
        "catalogue_dir": CATALOGUE,
        "operators": (f"discord:{operator.user.id}",) if operator is not None else (),
        "providers": {
            f"scripted-{route}": ProviderSettings(base_url=f"{vendor.url}/{character}")
            for route, character in ROUTES.items()
        }
        | more.pop("vendors", {}),
    }
    return Settings(data_dir=folder / "data", discord_base_url=discord.base_url, **(chosen | more))


def _front(settings: Settings, clock: StageClock, invites: list[str]) -> DiscordFront:
    return DiscordFront(
        token=TOKEN,
        base_url=settings.discord_base_url,
        wording=load_wording(strict=True),
        clock=clock,
        data_dir=settings.data_dir,
        language="en",
        say=invites.append,
    )


@asynccontextmanager
async def open_discord(
    folder: Path,
    *,
    discord: FakeDiscord | None = None,
    vendor: FakeVendor | None = None,
    clock: StageClock | None = None,
    stage: DiscordStage | None = None,
    allow: int | None = 10_000,
    pace: Pace = FAST,
    operator: bool = False,
    complaints: bool = True,
    **settings: Any,
) -> AsyncIterator[DiscordStage]:
    """Open the bot on a fake Discord with one server.

    Args:
        folder: its data.
        discord, vendor, clock: of an earlier stage; otherwise new ones.
        stage: an earlier one whose people and places go on.
        allow: credits of the server and of everybody on it; None: nothing was allotted.
        pace: the engine's waits.
        operator: whether the admin is the operator, too.
        complaints: false where a test makes Discord complain.
        settings: more of the operator's; `vendors` are further providers, by id, with their addresses.
    """
    async with AsyncExitStack() as stack:
        if discord is None:
            discord = await stack.enter_async_context(FakeDiscord())
        if vendor is None:
            vendor = await stack.enter_async_context(FakeVendor())
        clock = clock or StageClock()
        keys = {f"SCRIPTED_{route.upper()}_API_KEY": GOOD_KEY for route in ("key", "lookup", "blind")}
        stack.enter_context(mock.patch.dict(os.environ, keys))
        place = _People.of(stage) if stage is not None else _People.new(discord)
        options = _settings(folder, discord, vendor, place.admin if operator else None, settings)
        invites: list[str] = []
        front = _front(options, clock, invites)
        app = await stack.enter_async_context(
            open_app(
                options,
                outboxes={"discord": front.outbox},
                clock=clock,
                pace=pace,
                sweep_seconds=0.5,
            )
        )
        discord.gateway.ready.clear()
        await stack.enter_async_context(front.at_work(dispatch=app.dispatch, desk=app.desk))
        async with asyncio.timeout(10):
            await discord.gateway.ready.wait()
        opened = DiscordStage(
            app=app,
            front=front,
            discord=discord,
            vendor=vendor,
            clock=clock,
            guild=place.guild,
            channel=place.channel,
            ada=place.ada,
            ben=place.ben,
            admin=place.admin,
            invites=invites,
        )
        if allow is not None:
            await opened.allow(allow)
        yield opened
        report = await app.store.audit(day_start_ms=0, month_start_ms=0)
        assert report.problems == ()
        if complaints:
            assert discord.complaints == []
