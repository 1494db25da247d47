"""How soon a member hears from the bot at 200 commands a second: plan, price, hold and first answer.

Commands come evenly from 500 members through the whole bot on a real database, while the engine greets
them and hands in as many jobs as the key may run at once, to a vendor in a process of its own that takes
longer than the measurement. The others wait in the queue.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from tests.bench import _servers
from tests.bench._stage import Chat

NAME = "acknowledge"
BAR = "200 commands/s on SQLite: p99 ≤ 100 ms"
LIMITS = {"p99_ms": 100.0}

PER_SECOND = 200
MEMBERS = 500


async def _measure(folder: Path, vendor: str, count: int) -> dict[str, float]:
    chat = Chat(seconds=0.02, expect=-1)
    took: list[float] = []
    async with _servers.bot(folder, vendor, chat, poll_seconds=5.0) as app:

        async def command(number: int) -> None:
            began = time.perf_counter()
            reply = await app.dispatch.command(
                _servers.member(number % MEMBERS),
                "generate",
                {"prompt": f"door {number} slams", "model": _servers.MODEL, "seconds": "4"},
                destination=_servers.thread(edits_every=5.0),
                request_key=f"r{number}",
            )
            took.append(time.perf_counter() - began)
            assert reply.kind == "progress", reply

        await command(count)  # what is loaded at the first command is not what is measured
        await asyncio.sleep(1.0)
        took.clear()
        began = time.perf_counter()
        tasks = []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            tasks.append(asyncio.create_task(command(number)))
        await asyncio.gather(*tasks)
        wall = time.perf_counter() - began
        report = await app.store.audit(day_start_ms=0, month_start_ms=0)
        assert not report.problems, report.problems
    took.sort()
    return {
        "commands": count,
        "commands_per_second": count / wall,
        "median_ms": took[count // 2] * 1000,
        "p99_ms": took[int(count * 0.99)] * 1000,
        "slowest_ms": took[-1] * 1000,
    }


def run(quick: bool) -> dict[str, float]:
    """Five seconds of commands (two if quick)."""
    count = PER_SECOND * (2 if quick else 5)
    patient = ("--no-validation", "--queue-ms", "600000")
    with tempfile.TemporaryDirectory() as folder, _servers.server("tests.fakes.vendor", *patient) as vendor:
        return asyncio.run(_measure(Path(folder), vendor, count))
