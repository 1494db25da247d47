"""What our client adds to a submit: the adapter's whole step against the same call with bare httpx.

The vendor is a process of its own that takes every order unseen. Both are measured in turns, so that
the machine's other work falls on both.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from providers.base import ProviderConfig, VideoRequest
from tests.bench import _servers
from tests.fakes.scripted import VERSION, ScriptedProvider, build_payload
from tests.fakes.vendor_desk import GOOD_KEY

NAME = "provider-layer"
BAR = "submit: ≤ 1.3 × the same bare httpx call"
LIMITS = {"submit_times_bare": 1.3}


async def _measure(folder: Path, vendor: str, rounds: int, each: int) -> dict[str, float]:
    url = f"{vendor}/key"
    request = VideoRequest(
        model="scripted-native",
        prompt="a door slams in an empty house",
        seconds=4,
        aspect="16:9",
        resolution="720p",
        sound=True,
    )
    config = ProviderConfig(
        id="scripted-key", base_url=url, keys={"SCRIPTED_KEY_API_KEY": GOOD_KEY}, work_dir=folder
    )
    adapter = ScriptedProvider(config)
    ours: list[float] = []
    bare: list[float] = []
    headers = {"Authorization": f"Bearer {GOOD_KEY}", "Scripted-Version": VERSION}
    async with httpx.AsyncClient(headers={"user-agent": "Talkreel"}, trust_env=False) as http:

        async def plain(key: str) -> None:
            payload = build_payload(request, [])
            own = {**headers, "Idempotency-Key": key}
            answer = await http.post(f"{url}/v1/videos", json=payload, headers=own)
            answer.raise_for_status()
            answer.json()

        async def layered(key: str) -> None:
            await adapter.submit(request, job_key=key)

        for turn in range(rounds + 1):
            for name, call, times in (("b", plain, bare), ("o", layered, ours)):
                began = time.perf_counter()
                for number in range(each):
                    await call(f"{name}{turn}-{number}")
                if turn:  # the first turn opens the connections
                    times.append((time.perf_counter() - began) / each)
    await adapter.close()
    return {
        "bare_ms": statistics.median(bare) * 1000,
        "submit_ms": statistics.median(ours) * 1000,
        "submit_times_bare": statistics.median(o / b for o, b in zip(ours, bare, strict=True)),
    }


def run(quick: bool) -> dict[str, float]:
    """Medians over several turns."""
    patient = ("--no-validation", "--queue-ms", "600000")
    with tempfile.TemporaryDirectory() as folder, _servers.server("tests.fakes.vendor", *patient) as vendor:
        return asyncio.run(_measure(Path(folder), vendor, *((3, 50) if quick else (15, 100))))
