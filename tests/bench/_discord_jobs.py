"""Many jobs from a command on Discord to a delivered message, in a process of its own; what it keeps of them.

Engine, front-end and database are the real ones; provider and media are waits of fixed length.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import aiohttp

from bot.app import SystemClock
from bot.core.desk import Attachment, Desk, House
from bot.core.model import Actor, Destination, Text
from bot.core.ports import Store
from bot.core.replies import ProgressView, Reply
from bot.core.wording import load_wording
from bot.core.work.engine import Engine
from bot.frontends.discord.front import DiscordFront
from bot.store.sqlite import open_store
from tests.bench import _stage

PER_SECOND = 60.0


@dataclass(kw_only=True)
class Front:
    """Takes every command as one job."""

    store: Store
    engine: Engine
    clock: SystemClock
    numbers: Any

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
        """Hold and start."""
        wanted = replace(
            _stage.job(),
            id=f"j{next(self.numbers):07}",
            request_key=request_key,
            person=actor.person.key,
            destination=destination,
            created_ms=self.clock.now_ms(),
        )
        job = await self.store.reserve(wanted, _stage.takes(), grant_account="")
        self.engine.start(job)
        return Reply(
            kind="progress",
            lines=(Text(key="quote.held_paid", facts={"credits": 80, "id": job.id}),),
            progress=ProgressView(job=job.id, stage="queued"),
            job=job.id,
        )

    async def words(self, *given: Any, **more: Any) -> Reply:
        """Nobody writes."""
        raise AssertionError

    async def press(self, *given: Any, **more: Any) -> Reply:
        """Nobody presses."""
        raise AssertionError

    async def submit(self, *given: Any, **more: Any) -> Reply:
        """Nobody fills in forms."""
        raise AssertionError

    async def on_join(self, server: str, name: str) -> None:
        """Nobody asks."""

    async def on_leave(self, server: str) -> None:
        """Nobody asks."""

    async def migrate(self, old: str, new: str) -> None:
        """Nobody asks."""


async def measure(folder: Path, discord: str, count: int) -> dict[str, float]:
    """Resident memory after half the jobs and after all of them."""
    clock = SystemClock()
    store = await open_store(folder, clock=clock)
    front = DiscordFront(
        token="fake.bot.token",
        base_url=f"{discord}/api/v10",
        wording=load_wording(),
        clock=clock,
        data_dir=folder,
        language="en",
    )
    blobs = folder / "blobs"
    blobs.mkdir()
    (blobs / ("0" * 64)).write_bytes(b"\0" * 20_000)
    engine, runner = _stage.engine(
        store=store,
        clock=clock,
        folder=blobs,
        chat=cast(Any, front.outbox),
        vendor=_stage.Vendor(polls=1),
        poll_seconds=0.2,
        slots=500,
    )
    running = asyncio.create_task(runner.run())
    stand_in = Front(store=store, engine=engine, clock=clock, numbers=itertools.count())
    desk = Desk(
        catalogue=_stage.catalogue(poll_seconds=0.2, concurrent=500),
        store=store,
        providers=cast(Any, _stage.Providers(_stage.Vendor(polls=1))),
        media=_stage.Media(),
        blobs=_stage.Blobs(folder / "more"),
        clock=clock,
        jobs=engine,
        house=House(),
    )
    try:
        async with front.at_work(dispatch=stand_in, desk=desk), aiohttp.ClientSession() as control:
            sizes = await _sizes(control, discord, count)
    finally:
        await runner.drain(seconds=5)
        running.cancel()
        await store.close()
    return {
        "jobs": count,
        "resident_half_mib": sizes[0],
        "resident_mib": sizes[1],
        "growth": sizes[1] / sizes[0],
    }


async def _sizes(control: aiohttp.ClientSession, discord: str, count: int) -> list[float]:
    from tests.bench.discord import _drive, _ready

    await _ready(control, discord)
    sizes: list[float] = []
    for part in (count // 2, count):
        done = 0 if not sizes else count // 2
        await _drive(control, discord, part - done, PER_SECOND)
        await _delivered(control, discord, part)
        gc.collect()
        sizes.append(_resident_mib())
    return sizes


async def _delivered(control: aiohttp.ClientSession, discord: str, count: int) -> None:
    async with asyncio.timeout(900):
        while True:
            if (await (await control.post(f"{discord}/_clips")).json())["clips"] >= count:
                return
            await asyncio.sleep(0.5)


def _resident_mib() -> float:
    """What the process holds now, not at its peak."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much memory a process holds")


if __name__ == "__main__":
    told = asyncio.run(measure(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
    print(json.dumps(told))
