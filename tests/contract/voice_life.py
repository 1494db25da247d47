"""A bot around one voice: the real store and adapter, no clip. It can be killed and started again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from bot.core.desk import House
from bot.core.herald import Herald
from bot.core.model import Job, Text
from bot.core.sounds import VoiceOrder
from bot.core.wording import load_wording
from bot.core.work.voicekeeper import VoiceKeeper
from bot.core.work.voices import Voiced, VoiceShop
from bot.core.work.workshop import Pace, Workshop
from bot.store.sqlite import SqliteStore, open_store
from providers.base import MediaInput, VoiceCloner
from providers.errors import MissingKey
from tests.contract.harness import Scenario
from tests.contract.sound_harness import shipped
from tests.contract.voice_harness import VoiceHarness, VoiceStage
from tests.fakes.clock import FakeClock
from tests.unit.bot.store.books import a_job, takes_for

PICTURE_MICRO_USD, VOICE_MICRO_USD, VOICE_CREDITS = 50_000, 7_000, 1


class Killed(BaseException):
    """The process ends here, at once."""


class _Files:
    """Where recordings lie, and their addresses."""

    def __init__(self, stage: VoiceStage) -> None:
        self._stage = stage
        self._file = b""

    async def put(self, path: Path) -> str:
        """Keep it."""
        self._file = await asyncio.to_thread(path.read_bytes)
        return "a" * 64

    def path(self, address: str) -> Path:
        """Where it would lie."""
        return Path(address[:2]) / address[2:]

    async def discard_scratch(self, job: str) -> None:
        """Nothing was kept."""

    async def make(self, purpose: str, address: str, **facts: str) -> str:
        """An address that the vendor can read, with what is to go wrong whispered in it."""
        assert purpose == "vendor" and address == "a" * 64
        return self._stage.links.link("voice.mp3", self._file) + "".join(self._stage.whispers)


class _Runner:
    """Waits on the clock of the test."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    async def wait(self, job: str, seconds: float) -> bool:
        """Until its end."""
        await self._clock.sleep(seconds)
        return False


@dataclass
class _Makers:
    """The adapter of the present life."""

    cloner: VoiceCloner
    missing: tuple[str, ...] = ()

    def get(self, provider: str) -> Any:
        """The only one, if its key is there."""
        if self.missing:
            raise MissingKey(provider=provider, env=self.missing)
        return self.cloner


@dataclass(kw_only=True)
class Life:
    """One life of the bot. `points` are those that it came by."""

    stage: VoiceStage
    store: SqliteStore
    clock: FakeClock
    cost_micro_usd: int = VOICE_MICRO_USD
    points: list[str] = field(default_factory=list)
    kill: str = ""
    scenario: Scenario = "good"

    def __post_init__(self) -> None:
        self.makers = _Makers(self.stage.cloner(self.scenario))
        files = _Files(self.stage)
        self.shop = Workshop(
            catalogue=shipped(),
            store=self.store,
            providers=cast(Any, self.makers),
            media=cast(Any, None),
            blobs=cast(Any, files),
            clock=self.clock,
            runner=cast(Any, _Runner(self.clock)),
            herald=Herald(outboxes={}, store=self.store, clock=self.clock),
            house=House(),
            pace=Pace(call_seconds=2.0),
            trace=self._trace,
            links=cast(Any, files),
        )
        self.keeper = VoiceKeeper(self.shop)
        self.voices = VoiceShop(self.shop, self.keeper)

    def _trace(self, point: str, job: str) -> None:
        self.points.append(point)
        if point == self.kill:
            raise Killed

    def again(self, **changes: Any) -> Life:
        """The next life, over the same database and vendor."""
        return replace(self, points=[], kill="", scenario="good", **changes)

    async def job(self, name: str = "j1") -> Job:
        """A job whose model speaks with a voice; held the first time, claimed anew in each life."""
        if await self.store.job(name) is None:
            order = VoiceOrder(
                route=self.stage.route.id,
                maker=self.stage.route.name,
                serves="acme/acme-2",
                recording=self._recording(),
                credits=VOICE_CREDITS,
                cost_micro_usd=self.cost_micro_usd,
            )
            wanted = a_job(name, wallet=f"w-{name}", cost=PICTURE_MICRO_USD + self.cost_micro_usd)
            wanted = replace(wanted, plan=replace(wanted.plan, voice=order))
            await self.store.reserve(wanted, takes_for(wanted), grant_account="")
        claimed = await self.store.claim(name)
        assert claimed is not None
        return claimed

    def _recording(self) -> MediaInput:
        return replace(self.stage.recording(), url="")

    async def voiced(self, name: str = "j1") -> Voiced:
        """The voice of a job."""
        return await self.voices.ready(await self.job(name))

    async def end(self, name: str = "j1") -> Job:
        """The job ends without a clip."""
        return await self.shop.release(await self.job(name), "cancelled")

    async def cleared(self, rounds: int = 8) -> None:
        """Everything is deleted that is due, however long that takes."""
        for _ in range(rounds):
            await self.keeper.clear()
            self.clock.advance(3600)
            while [voice for voice in await self.store.voices_unneeded() if voice.state == "going"]:
                await asyncio.sleep(0.01)  # the vendor works on it
                await self.keeper.clear()
                self.clock.advance(3600)

    async def booked(self) -> int:
        """Cost on the operator's budget, in micro-dollars; the books are right."""
        report = await self.store.audit(day_start_ms=0, month_start_ms=0)
        assert report.problems == () and report.sum == 0
        return report.cost_day_micro_usd

    async def notes(self) -> Sequence[str]:
        """What the operator was told, oldest first."""
        found = await self.store.operator_notes(limit=50)
        said = load_wording(strict=True)
        return [said.say(Text(key=note["key"], facts=note["facts"]), "en") for note in reversed(found)]


@asynccontextmanager
async def lives(harness: VoiceHarness, folder: Path, clock: FakeClock, **first: Any) -> AsyncIterator[Life]:
    """The first life of a bot whose maker of voices listens."""
    async with harness.stage(folder) as stage:
        store = await open_store(folder / "data", clock=clock)
        try:
            yield Life(stage=stage, store=store, clock=clock, **first)
        finally:
            await store.close()
