"""The vendors' own SDKs against the fake Ark: it is close enough to the real one for them to work."""

from __future__ import annotations

import asyncio
import importlib.util
import warnings
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.contract.stage_bytedance_seedance import FAMILY
from tests.fakes.bytedance_seedance import GOOD_KEY, FakeArk, Region

SDKS: dict[Region, str] = {"volcengine": "volcenginesdkarkruntime", "byteplus": "byteplussdkarkruntime"}


@pytest.fixture(params=SDKS)
async def ark(request: pytest.FixtureRequest) -> AsyncIterator[FakeArk]:
    """Each region whose SDK is installed."""
    async with FakeArk(request.param) as opened:
        yield opened


@pytest.fixture
def sdk(ark: FakeArk) -> ModuleType:
    """The SDK of the region; it warns about things of its own when it is imported."""
    module = SDKS[ark.region]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed (extra sdk)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


@pytest.fixture
async def tasks(ark: FakeArk, sdk: ModuleType) -> AsyncIterator[Any]:
    """The SDK's tasks, without its repeats of a create."""
    client = sdk.AsyncArk(base_url=ark.url, api_key=GOOD_KEY, max_retries=0)
    yield client.content_generation.tasks
    await client.close()


def words(text: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text}]


async def test_the_official_sdk_submits_polls_and_downloads(ark: FakeArk, tasks: Any) -> None:
    model = f"{FAMILY[ark.region]}-seedance-2-0-260128"
    made = await tasks.create(
        model=model,
        content=words("A lighthouse at dusk."),
        resolution="480p",
        ratio="16:9",
        duration=4,
        generate_audio=True,
        safety_identifier="u_5f2c",
    )
    async with asyncio.timeout(20):
        while True:
            task = await tasks.get(task_id=made.id)
            if task.status not in ("queued", "running"):
                break
            await asyncio.sleep(0.02)
    assert (task.status, task.model, task.duration) == ("succeeded", model, 4)
    assert task.usage.completion_tokens == 40_595
    async with httpx.AsyncClient(verify=False) as http:
        clip = await http.get(task.content.video_url)
    assert clip.content[4:8] == b"ftyp"
    listed = await tasks.list(page_num=1, page_size=10, status="succeeded", task_ids=[made.id])
    assert [item.id for item in listed.items] == [made.id]


async def test_the_official_sdk_stops_what_waits_and_not_what_runs(
    ark: FakeArk, sdk: ModuleType, tasks: Any
) -> None:
    model = f"{FAMILY[ark.region]}-seedance-2-0-260128"
    waiting = await tasks.create(model=model, content=words("[fault:queue-ms=60000]"), duration=5)
    await tasks.delete(task_id=waiting.id)
    assert (await tasks.get(task_id=waiting.id)).status == "cancelled"
    prompt = "[fault:queue-ms=0][fault:run-ms=60000]"
    running = await tasks.create(model=model, content=words(prompt), duration=5)
    with pytest.raises(sdk._exceptions.ArkConflictError) as caught:
        await tasks.delete(task_id=running.id)
    assert caught.value.code == "InvalidAction.RunningTaskDeletion"


async def test_the_official_sdk_understands_a_refusal(ark: FakeArk, sdk: ModuleType, tasks: Any) -> None:
    model = f"{FAMILY[ark.region]}-seedance-2-0-260128"
    with pytest.raises(sdk._exceptions.ArkBadRequestError) as caught:
        await tasks.create(model=model, content=words("[fault:submit-person]"))
    assert caught.value.code == "InputImageSensitiveContentDetected.PrivacyInformation"
    assert not ark.jobs
