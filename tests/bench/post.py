"""From finished at the vendor to posted in the chat, without encoding, against copying the same bytes.

Vendor and chat are processes of their own; media work runs in its warm limited worker. The copy goes the
same way twice, as a clip does: loopback → disk, disk → loopback.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.core.wording import load_wording
from tests.bench import _servers
from tests.fakes.chat_outbox import ChatOutbox

NAME = "post"
LIMITS = {"times_copy": 2.0}
BAR = "finished at the vendor → posted: ≤ 2 × copying the bytes over loopback, plus the poll interval"

# Between these points of the engine lies …
STAGES = {
    "downloaded": "fetch_ms",
    "before_store": "verify_finish_poster_ms",
    "stored": "store_ms",
    "before_settle": "rest_ms",
    "after_settle": "settle_ms",
    "before_post": "rest_ms",
    "posted_unsaved": "deliver_ms",
}


async def _measure(folder: Path, vendor: str, chat: str, rounds: int) -> dict[str, float]:
    seen: dict[str, dict[str, float]] = defaultdict(dict)

    def trace(point: str, job: str) -> None:
        seen[job][point] = time.perf_counter()

    outbox = ChatOutbox(chat, load_wording())
    size = 0
    try:
        async with _servers.bot(folder, vendor, outbox, trace=trace) as app:
            for number in range(rounds + 1):
                reply = await app.dispatch.command(
                    _servers.member(number),
                    "generate",
                    {"prompt": f"door {number} slams", "model": _servers.MODEL, "seconds": "4"},
                    destination=_servers.thread(),
                    request_key=f"r{number}",
                )
                job = await app.engine.finished(reply.job)
                assert job.state == "delivered", job
                assert job.clip is not None
                size = job.clip.info.size_bytes
                if number == 0:
                    seen.clear()  # the first one starts the worker
    finally:
        await outbox.close()
    copied = await _copy(folder, size, rounds)
    totals = [points["posted_unsaved"] - points["done_seen"] for points in seen.values()]
    total = statistics.median(totals)
    stages = _stages(list(seen.values()))
    return {
        "clip_kib": size / 1024,
        "total_ms": total * 1000,
        **stages,
        "copy_ms": copied * 1000,
        "times_copy": total / copied,
    }


def _stages(jobs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    took: dict[str, list[float]] = defaultdict(list)
    for points in jobs:
        before = points["done_seen"]
        parts: dict[str, float] = defaultdict(float)
        for point, name in STAGES.items():
            parts[name] += points[point] - before
            before = points[point]
        for name, seconds in parts.items():
            took[name].append(seconds * 1000)
    return {name: statistics.median(values) for name, values in took.items()}


async def _copy(folder: Path, size: int, rounds: int) -> float:
    """Seconds for the bytes to come over loopback into a file and to go over loopback out of it."""
    (folder / "served").write_bytes(b"x" * size)

    async def give(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / "served")

    async def take(request: web.Request) -> web.StreamResponse:
        async for _ in request.content.iter_chunked(1 << 16):
            pass
        return web.Response()

    app = web.Application(client_max_size=size * 2)
    app.router.add_get("/", give)
    app.router.add_put("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    took = []
    async with aiohttp.ClientSession() as session:
        for _ in range(rounds + 1):
            began = time.perf_counter()
            with (folder / "copied").open("wb") as file:
                async with session.get(url) as response:
                    async for block in response.content.iter_chunked(1 << 16):
                        file.write(block)
            with (folder / "copied").open("rb") as again:
                async with session.put(url, data=again) as response:
                    await response.read()
            took.append(time.perf_counter() - began)
    await runner.cleanup()
    return statistics.median(took[1:])


def run(quick: bool) -> dict[str, float]:
    """Medians of several clips of 4 s at 720p, about 2.4 MB each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = folder / "clips"
        clips.mkdir()
        words = ("--no-validation", "--clips", str(clips))
        with (
            _servers.server("tests.fakes.vendor", *words) as vendor,
            _servers.server("tests.fakes.chat") as chat,
        ):
            return asyncio.run(_measure(folder, vendor, chat, 3 if quick else 15))
