"""The fake fal answers as the recorded one did, refuses what the real one does, and its SDK works with it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import tomllib
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.fakes.clips import make_image
from tests.fakes.fal import BROKE_KEY, GOOD_KEY, FakeFal
from tests.fakes.fal_rules import schemas

GOLDEN = Path(__file__).parents[2] / "golden" / "fal"
SCENARIOS = tomllib.loads((GOLDEN / "index.toml").read_text("utf-8"))["scenario"]
TEXT = "fal-ai/veo3.1"


def recorded(scenario: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((GOLDEN / SCENARIOS[scenario]).read_text("utf-8"))
    return value


@pytest.fixture
async def vendor() -> AsyncIterator[FakeFal]:
    """The vendor, listening."""
    async with FakeFal() as opened:
        yield opened


@pytest.fixture
async def http(vendor: FakeFal) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a good key."""
    headers = {"Authorization": f"Key {GOOD_KEY}"}
    async with httpx.AsyncClient(base_url=vendor.url, headers=headers, verify=False) as client:
        yield client


@pytest.mark.parametrize("scenario", ["pictures and a recording", "text with sound"])
async def test_recorded_requests_are_taken_and_answered_in_the_recorded_form(
    http: httpx.AsyncClient, scenario: str
) -> None:
    found = recorded(scenario)
    answer = await http.post(found["request"]["path"], json=found["request"]["json"])
    assert answer.status_code == 200
    assert set(answer.json()) == set(found["response_used"]["json"])


@pytest.mark.parametrize(
    ("scenario", "key"), [("bad key", "x:y"), ("no funds", BROKE_KEY), ("model gone", "")]
)
async def test_recorded_refusals_are_answered_alike(http: httpx.AsyncClient, scenario: str, key: str) -> None:
    found = recorded(scenario)
    headers = {"Authorization": f"Key {key or GOOD_KEY}"}
    answer = await http.post(found["request"]["path"], json=found["request"]["json"], headers=headers)
    assert answer.status_code == found["response_used"]["status"]
    assert set(answer.json()) == set(found["response_used"]["json"])


async def test_a_job_is_seen_under_its_short_address_only(http: httpx.AsyncClient) -> None:
    made = (await http.post(f"/{TEXT}", json={"prompt": "x", "duration": "4s"})).json()
    assert (await http.get(made["status_url"], params={"logs": "false"})).status_code in (200, 202)
    long = f"/fal-ai/veo3.1/fast/requests/{made['request_id']}/status"
    assert (await http.get(long)).status_code == 405


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duration": 4}, "duration"),
        ({"duration": "5s"}, "duration"),
        ({"resolution": "480p"}, "resolution"),
        ({"generate_audio": "true"}, "generate_audio"),
        ({"seed": "7"}, "seed"),
        ({"image_url": "https://x"}, "image_url"),
        ({"prompt": None}, "prompt"),
    ],
)
async def test_what_an_endpoint_does_not_know_is_refused(
    http: httpx.AsyncClient, vendor: FakeFal, change: dict[str, Any], field: str
) -> None:
    answer = await http.post(f"/{TEXT}", json={"prompt": "x", "duration": "4s"} | change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", field]
    assert not vendor.jobs


async def test_a_recording_alone_and_a_file_that_is_not_there_are_refused(http: httpx.AsyncClient) -> None:
    lone = {"prompt": "x", "duration": "4", "audio_urls": ["https://a.example/a.mp3"]}
    assert (await http.post("/bytedance/seedance-2.0/reference-to-video", json=lone)).status_code == 422
    missing = {"prompt": "x", "duration": "4", "image_url": f"{http.base_url}files/none.png"}
    answer = await http.post("/bytedance/seedance-2.0/image-to-video", json=missing)
    assert answer.json()["detail"][0]["type"] == "file_download_error"


def test_the_fields_are_those_of_the_vendors_types() -> None:
    assert len(schemas()) > 50
    assert "duration" not in schemas()["fal-ai/kling-video/o1/video-to-video/edit"]
    assert schemas()["fal-ai/kling-video/v2.5-turbo/pro/image-to-video"]["tail_image_url"] == "file"


# ---- the vendor's own SDK


@pytest.fixture
def sdk(vendor: FakeFal, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """fal-client, told that the vendor lives here: it has names of hosts and always speaks https."""
    if importlib.util.find_spec("fal_client") is None:
        pytest.skip("fal-client is not installed (extra sdk)")
    monkeypatch.setenv("FAL_KEY", GOOD_KEY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fal_client = importlib.import_module("fal_client")
        module = importlib.import_module("fal_client.client")
    monkeypatch.setattr(module, "QUEUE_URL_FORMAT", f"{vendor.url}/")
    monkeypatch.setattr(module, "REST_URL", vendor.url)
    monkeypatch.setattr(module, "CDN_URL", vendor.url)
    return fal_client


@pytest.fixture
async def client(sdk: ModuleType) -> AsyncIterator[Any]:
    """The SDK's client; it has no way to be closed."""
    opened = sdk.AsyncClient(key=GOOD_KEY)
    yield opened
    await (await opened._client).aclose()


async def test_the_official_sdk_submits_polls_and_downloads(client: Any, vendor: FakeFal) -> None:
    handle = await client.submit(
        TEXT, arguments={"prompt": "a fox", "duration": "4s", "generate_audio": True}
    )
    seen = []
    async with asyncio.timeout(20):
        async for event in handle.iter_events(interval=0.02):
            seen.append(type(event).__name__)
    assert seen[-1] == "Completed"
    made = await handle.get()
    async with httpx.AsyncClient(verify=False) as http:
        clip = await http.get(made["video"]["url"])
    assert clip.content[4:8] == b"ftyp"
    assert len(vendor.jobs) == 1


async def test_the_official_sdk_hands_a_picture_over(client: Any, vendor: FakeFal, tmp_path: Path) -> None:
    path = make_image(tmp_path / "hero.png", width=400, height=300)
    link = await client.upload_file(path)
    assert vendor.stored[link] == path.read_bytes()
    arguments = {"prompt": "@Image1", "duration": "4", "image_urls": [link]}
    handle = await client.submit("bytedance/seedance-2.0/reference-to-video", arguments=arguments)
    assert (await handle.get())["video"]["content_type"] == "video/mp4"


async def test_the_official_sdk_stops_a_job_and_understands_a_refusal(
    sdk: ModuleType, client: Any, vendor: FakeFal
) -> None:
    handle = await client.submit(TEXT, arguments={"prompt": "[fault:queue-ms=60000]", "duration": "4s"})
    await handle.cancel()
    assert [job.cancelled for job in vendor.jobs.values()] == [True]
    flagged = await client.submit(TEXT, arguments={"prompt": "[fault:end-prompt]", "duration": "4s"})
    with pytest.raises(sdk.FalClientHTTPError) as caught:
        await flagged.get()
    assert caught.value.status_code == 422
