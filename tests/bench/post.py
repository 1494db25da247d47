"""From finished at the vendor to posted in the chat, without encoding, against copying the same bytes.

Vendor and chat are processes of their own; media work runs in its warm limited worker. Every clip is
asked after at the pace of the quickest vendors and is finished at another moment between two polls,
evenly spread, so that the wait for the next poll is in the numbers as it is in life. The copy goes the
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
from typing import Any

import aiohttp
from aiohttp import web

from bot.core.wording import load_wording
from tests.bench import _servers
from tests.fakes.chat_outbox import ChatOutbox
from tests.fakes.clips import make_clip
from tests.fakes.opened import Opened

NAME = "post"
LIMITS = {"typical_share_of_bar": 1.0, "share_of_bar_p95": 1.0}
BAR = "finished at the vendor → posted: ≤ 2 × copying the bytes over loopback, plus the poll interval"

_POLL_SECONDS = 5.0
_BETWEEN_SECONDS = 0.7
_CLIP_SECONDS = 4
_CLIP_BITS = 8_000_000

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
    accepted: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def trace(point: str, job: str) -> None:
        seen[job][point] = time.time()
        if point == "after_ticket":
            accepted[job].set()

    outbox = ChatOutbox(chat, load_wording())
    try:
        async with (
            aiohttp.ClientSession() as session,
            _servers.bot(folder, vendor, outbox, trace=trace, poll_seconds=_POLL_SECONDS) as app,
        ):

            async def one(number: int, phase: float) -> tuple[str, int]:
                """A clip that is finished `phase` of the way from one poll to the next."""
                pace = {"queue_ms": 0, "run_ms": int((1 + phase) * _POLL_SECONDS * 1000)}
                async with session.post(f"{vendor}/_settings", json=pace) as answer:
                    answer.raise_for_status()
                reply = await app.dispatch.command(
                    _servers.member(number),
                    "generate",
                    {
                        "prompt": f"door {number} slams",
                        "model": _servers.MODEL,
                        "seconds": str(_CLIP_SECONDS),
                    },
                    destination=_servers.thread(),
                    request_key=f"r{number}",
                )
                await accepted[reply.job].wait()
                return reply.job, number

            warm, _ = await one(rounds, 0.0)  # the first one starts the worker
            await app.engine.finished(warm)
            jobs = []
            for number in range(rounds):
                jobs.append(await one(number, (number + 0.5) / rounds))
                await asyncio.sleep(_BETWEEN_SECONDS)
            size = 0
            for name, _ in jobs:
                job = await app.engine.finished(name)
                assert job.state == "delivered", job
                assert job.clip is not None
                size = job.clip.info.size_bytes
            async with session.get(f"{vendor}/_log") as answer:
                finished = _finished(await answer.json())
    finally:
        await outbox.close()
    copied = await _copy(folder, size, rounds)
    points = {name: (seen[name], finished[f"door {number} slams"]) for name, number in jobs}
    return _numbers(list(points.values()), size, copied)


def _finished(log: Mapping[str, Any]) -> dict[str, float]:
    """When the vendor was done with each prompt, in seconds of the clock on the wall."""
    return {
        task["prompt"]: (task["created_ms"] + task["queue_ms"] + task["run_ms"]) / 1000
        for task in log["tasks"]
    }


def _numbers(
    clips: Sequence[tuple[Mapping[str, float], float]], size: int, copied: float
) -> dict[str, float]:
    whole = [points["posted_unsaved"] - finished for points, finished in clips]
    waits = [points["done_seen"] - finished for points, finished in clips]
    work = statistics.median(points["posted_unsaved"] - points["done_seen"] for points, _ in clips)
    allowed = 2 * copied + _POLL_SECONDS
    late = statistics.quantiles(whole, n=20, method="inclusive")[-1]
    return {
        "clip_kib": size / 1024,
        "poll_interval_ms": _POLL_SECONDS * 1000,
        "copy_ms": copied * 1000,
        "wait_for_poll_ms": statistics.mean(waits) * 1000,
        "work_after_poll_ms": work * 1000,
        **_stages([points for points, _ in clips]),
        "total_ms": statistics.mean(whole) * 1000,
        "total_p95_ms": late * 1000,
        "bar_ms": allowed * 1000,
        "typical_share_of_bar": statistics.mean(whole) / allowed,
        "share_of_bar_p95": late / allowed,
        "work_times_copy": work / copied,
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
    server = Opened()
    url = f"{await server.open(app)}/"
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
    await server.close()
    return statistics.median(took[1:])


def run(quick: bool) -> dict[str, float]:
    """Several clips of 4 s at 720p, about 4 MB each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = folder / "clips"
        clips.mkdir()
        make_clip(
            clips / f"{_CLIP_SECONDS}s-16x9-tone-whole.mp4",
            seconds=_CLIP_SECONDS,
            width=1280,
            height=720,
            bit_rate=_CLIP_BITS,
        )
        words = ("--no-validation", "--clips", str(clips))
        with (
            _servers.server("tests.fakes.vendor", *words) as vendor,
            _servers.server("tests.fakes.chat") as chat,
        ):
            return asyncio.run(_measure(folder, vendor, chat, 3 if quick else 20))
