"""The vendor's own SDK works with the fake DashScope, which is strict about what it takes."""

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

from tests.fakes.alibaba_wan import GOOD_KEY, FakeWan
from tests.fakes.clips import make_voice_note

PLAIN: dict[str, Any] = {"model": "wan2.6-t2v", "prompt": "a fox", "size": "1280*720", "duration": 4}


@pytest.fixture
async def vendor() -> AsyncIterator[FakeWan]:
    """The vendor, listening."""
    async with FakeWan() as opened:
        yield opened


@pytest.fixture
def sdk(vendor: FakeWan, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The SDK's class for clips."""
    if importlib.util.find_spec("dashscope") is None:
        pytest.skip("dashscope is not installed (extra sdk)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("dashscope")
    monkeypatch.setattr(module, "api_key", GOOD_KEY)
    monkeypatch.setattr(module, "base_http_api_url", f"{vendor.url}/api/v1")
    return module.VideoSynthesis


async def called(call: Any, *args: Any, **options: Any) -> Any:
    """One call of the SDK, off the loop that serves it."""

    def quietly() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(*args, **options)

    return await asyncio.to_thread(quietly)


async def finished(sdk: Any, task: Any) -> Any:
    async with asyncio.timeout(10):
        while True:
            told = await called(sdk.fetch, task, api_key=GOOD_KEY)
            if told.output.task_status == "SUCCEEDED":
                return told
            await asyncio.sleep(0.02)


async def test_the_official_sdk_starts_asks_and_reads_the_bill(sdk: Any, vendor: FakeWan) -> None:
    task = await called(sdk.async_call, **PLAIN)
    told = await finished(sdk, task)
    assert told.usage["output_video_duration"] == 4
    async with httpx.AsyncClient() as http:
        clip = await http.get(told.output.video_url)
    assert clip.content[4:8] == b"ftyp" and len(vendor.jobs) == 1


async def test_the_official_sdk_puts_a_recording_into_the_store(
    sdk: Any, vendor: FakeWan, tmp_path: Path
) -> None:
    path = make_voice_note(tmp_path / "voice.mp3", seconds=4, container="mp3")
    task = await called(sdk.async_call, **PLAIN, audio_url=f"file://{path}")
    await finished(sdk, task)
    (job,) = vendor.jobs.values()
    assert vendor.stored[job.body["input"]["audio_url"]].data == path.read_bytes()


async def test_the_official_sdk_stops_a_job_that_waits_and_finds_it_in_the_list(
    sdk: Any, vendor: FakeWan
) -> None:
    task = await called(sdk.async_call, **PLAIN | {"prompt": "[fault:queue-ms=60000]"})
    await called(sdk.cancel, task, api_key=GOOD_KEY)
    listed = await called(sdk.list, api_key=GOOD_KEY, model_name="wan2.6-t2v", page_size=100)
    assert [item["status"] for item in listed.output["data"]] == ["CANCELED"]


async def test_the_official_sdk_understands_a_refusal(sdk: Any, vendor: FakeWan) -> None:
    told = await called(sdk.async_call, **PLAIN | {"size": "16:9"})
    assert (told.status_code, told.code) == (400, "InvalidParameter") and not vendor.jobs
