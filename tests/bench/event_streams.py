"""What 200 open pages cost the web server in memory, idle and after each was told of a message."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from tests.e2e.browser import Demo, open_demo

NAME = "event_streams"
BAR = "200 open event streams: ≤ 20 MiB"
LIMITS = {"streams_mib": 20.0}

STREAMS = 200
A_PERSON = 20


def resident_mib(pid: int) -> float:
    """Memory of a process; 0 where that cannot be read."""
    if sys.platform != "linux":
        return 0.0
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def opened(demo: Demo, streams: int) -> tuple[float, float]:
    """Memory in MiB that so many streams took, and the bytes per stream; each has heard of a message."""
    jar = aiohttp.CookieJar(unsafe=True)
    limit = aiohttp.TCPConnector(limit=0)
    headers = {"Origin": demo.base}
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=jar, connector=limit, headers=headers)
        )
        await (await session.get(demo.url)).read()
        names = [f"p{number}" for number in range(streams // A_PERSON)]
        for name in names:  # what every person costs once is not the streams' part
            await _say(session, demo.base, name)
        await asyncio.sleep(1.0)
        before = resident_mib(demo.process.pid)
        sockets = []
        for name in names:
            for _ in range(A_PERSON):
                address = f"{demo.base}/chat/events?as={name}&after=0"
                sockets.append(await stack.enter_async_context(session.ws_connect(address)))
        for name in names:
            await _say(session, demo.base, name)
        for socket in sockets:
            heard = 0
            async with asyncio.timeout(30):
                while heard < 6:  # two messages with their answers, ready, and one more of the second
                    await socket.receive()
                    heard += 1
        taken = resident_mib(demo.process.pid) - before
    return taken, taken * (1 << 20) / streams


async def _say(session: aiohttp.ClientSession, base: str, name: str) -> None:
    writer = aiohttp.MultipartWriter("form-data")
    part = writer.append("/credits")
    part.set_content_disposition("form-data", name="text")
    async with session.post(f"{base}/chat/send?as={name}", data=writer) as got:
        got.raise_for_status()


async def _measured() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_demo(Path(folder)) as demo:
            taken, each = await opened(demo, STREAMS)
    return {"streams_mib": taken, "bytes_per_stream": each}


def run(quick: bool) -> dict[str, float]:
    """One run; the number hardly varies."""
    return asyncio.run(_measured())
