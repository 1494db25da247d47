"""How soon a member on Discord hears from the bot at 200 commands a second, and whether memory stays flat.

The whole bot with its Discord front-end on a real database; Discord and the vendor are other processes. A
command counts from the moment Discord sends it to the moment Discord has the acknowledgement. For memory,
clips come at once and are delivered as messages: what is kept of 10,000 jobs is what the last ones add.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench import _servers

NAME = "discord"
BAR = "200 commands/s: acknowledged p99 ≤ 100 ms; resident memory grows ≤ 5 % from job 5,000 to job 10,000"
LIMITS = {"p99_ms": 100.0, "growth": 1.05}

ROOT = Path(__file__).resolve().parents[2]
PER_SECOND = 200
_PATIENCE_SECONDS = 1200.0


async def acknowledged(folder: Path, vendor: str, discord: str, count: int) -> dict[str, float]:
    """The whole bot, and 200 commands a second."""
    from bot.app import SystemClock
    from bot.core.records import Rule
    from bot.core.wording import load_wording
    from bot.frontends.discord.front import DiscordFront

    async with aiohttp.ClientSession() as control:
        place = await (await control.get(f"{discord}/_place")).json()
        front = DiscordFront(
            token="fake.bot.token",
            base_url=f"{discord}/api/v10",
            wording=load_wording(),
            clock=SystemClock(),
            data_dir=folder,
            language="en",
        )
        async with _servers.bot(folder, vendor, front.outbox, poll_seconds=5.0) as app:
            for kind in ("allotment", "everybody"):
                rule = Rule(
                    server=f"discord:{place['guild']}", kind=kind, credits=100_000_000, period="month"
                )
                await app.store.set_rule(rule, actor="operator")
            async with front.at_work(dispatch=app.dispatch, desk=app.desk):
                await _ready(control, discord)
                await _drive(control, discord, 20)  # what is loaded at first is not measured
                told = await _drive(control, discord, count)
            report = await app.store.audit(day_start_ms=0, month_start_ms=0)
            assert not report.problems, report.problems
    took = told["took"]
    return {
        "commands": count,
        "commands_per_second": count / told["wall"],
        "median_ms": took[count // 2] * 1000,
        "p99_ms": took[int(count * 0.99)] * 1000,
        "slowest_ms": took[-1] * 1000,
    }


async def _ready(control: aiohttp.ClientSession, discord: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if (await (await control.get(f"{discord}/_place")).json())["ready"]:
                break
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)


async def _drive(
    control: aiohttp.ClientSession, discord: str, count: int, per_second: float = PER_SECOND
) -> dict[str, Any]:
    wish = {"per_second": per_second, "count": count}
    timeout = aiohttp.ClientTimeout(_PATIENCE_SECONDS)
    async with control.post(f"{discord}/_drive", json=wish, timeout=timeout) as answer:
        found: dict[str, Any] = await answer.json()
        return found


def run(quick: bool) -> dict[str, float]:
    """Five seconds of commands and 10,000 jobs (two seconds and 1,000 jobs if quick)."""
    patient = ("--no-validation", "--queue-ms", "600000")
    fake = "tests.fakes.discord_drive"
    with (
        tempfile.TemporaryDirectory() as folder,
        _servers.server("tests.fakes.vendor", *patient) as vendor,
        _servers.server(fake, "--no-validation") as discord,
    ):
        numbers = asyncio.run(acknowledged(Path(folder), vendor, discord, PER_SECOND * (2 if quick else 5)))
    jobs = 1_000 if quick else 10_000
    with tempfile.TemporaryDirectory() as folder, _servers.server(fake, "--no-validation") as discord:
        command = [sys.executable, "-m", "tests.bench._discord_jobs", folder, discord, str(jobs)]
        done = subprocess.run(
            command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=1800, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        numbers |= json.loads(done.stdout.splitlines()[-1])
    return numbers
