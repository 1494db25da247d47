"""The vendor's own SDK works with the fake WaveSpeed, which is strict about what it takes."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.clips import make_image
from tests.fakes.wavespeed import GOOD_KEY, FakeWavespeed

TEXT = "bytedance/seedance-2.0/text-to-video"
PLAIN = {
    "prompt": "a fox",
    "duration": 4,
    "aspect_ratio": "16:9",
    "resolution": "720p",
    "generate_audio": True,
}


@pytest.fixture
async def vendor() -> AsyncIterator[FakeWavespeed]:
    """The vendor, listening."""
    async with FakeWavespeed() as opened:
        yield opened


@pytest.fixture
def client(vendor: FakeWavespeed) -> Any:
    """The SDK's client."""
    if importlib.util.find_spec("wavespeed") is None:
        pytest.skip("wavespeed is not installed (extra sdk)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("wavespeed.api.client")
    return module.Client(api_key=GOOD_KEY, base_url=vendor.url, max_retries=0)


async def test_the_official_sdk_submits_polls_and_downloads(client: Any, vendor: FakeWavespeed) -> None:
    made = await asyncio.to_thread(client.run, TEXT, PLAIN, poll_interval=0.02, timeout=20)
    async with httpx.AsyncClient(verify=False) as http:
        clip = await http.get(made["outputs"][0])
    assert clip.content[4:8] == b"ftyp" and len(vendor.jobs) == 1


async def test_the_official_sdk_hands_a_picture_over(
    client: Any, vendor: FakeWavespeed, tmp_path: Path
) -> None:
    path = make_image(tmp_path / "hero.png", width=400, height=300)
    link = await asyncio.to_thread(client.upload, str(path))
    assert vendor.stored[link] == path.read_bytes()
    drawn = PLAIN | {"reference_images": [link]}
    made = await asyncio.to_thread(client.run, TEXT, drawn, poll_interval=0.02, timeout=20)
    assert made["outputs"]


async def test_the_official_sdk_understands_a_refusal(client: Any, vendor: FakeWavespeed) -> None:
    with pytest.raises(Exception, match="aspect_ratio"):
        await asyncio.to_thread(client.run, TEXT, PLAIN | {"aspect_ratio": "5:4"}, poll_interval=0.02)
    assert not vendor.jobs
