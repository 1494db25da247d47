"""The scripted vendor itself: strict, honest about money, and the same after a restart."""

from __future__ import annotations

import asyncio
import base64
import signal
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.clips import make_image, make_voice_note
from tests.fakes.vendor import BROKE_KEY, FAULTS, GOOD_KEY, FakeVendor, Pace, Task
from tests.fakes.vendor_models import VERSION, VERSION_HEADER

HEADERS = {"Authorization": f"Bearer {GOOD_KEY}", VERSION_HEADER: VERSION}
QUICK = Pace(queue_ms=5, run_ms=10)


@pytest.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    async with FakeVendor(pace=QUICK) as opened:
        yield opened


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(headers=HEADERS, timeout=10, trust_env=False) as opened:
        yield opened


def order(**changes: Any) -> dict[str, Any]:
    """A good request, changed; None takes a field away."""
    body: dict[str, Any] = {
        "model": "sv-native-1",
        "prompt": "a cat sings",
        "mode": "text",
        "duration": 4,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "audio": True,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def data_uri(path: Path, mime: str = "application/octet-stream") -> str:
    return f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode()}"


async def submit(
    client: httpx.AsyncClient, vendor: FakeVendor, character: Any = "blind", key: str = "", **changes: Any
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    url = f"{vendor.base_url(character)}/v1/videos"
    return await client.post(url, json=order(**changes), headers=headers)


async def ended(client: httpx.AsyncClient, vendor: FakeVendor, task_id: str) -> dict[str, Any]:
    character = task_id.split("_")[1]
    async with asyncio.timeout(20):
        while True:
            answer = await client.get(f"{vendor.url}/{character}/v1/videos/{task_id}")
            body: dict[str, Any] = answer.json()
            if body["status"] not in ("queued", "running"):
                return body
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("strange", {"strange": 1}),
        ("reference", {"reference": "only lookup knows it"}),
        ("prompt", {"prompt": None}),
        ("prompt", {"prompt": "  "}),
        ("prompt", {"prompt": "x" * 2001}),
        ("prompt", {"prompt": 7}),
        ("mode", {"mode": "edit"}),
        ("duration", {"duration": 5}),
        ("duration", {"duration": "4"}),
        ("duration", {"duration": 4.0}),
        ("duration", {"duration": True}),
        ("resolution", {"resolution": "4k"}),
        ("aspect_ratio", {"aspect_ratio": "2:1"}),
        ("audio", {"audio": "yes"}),
        ("audio", {"audio": None}),
        ("audio", {"model": "sv-silent-1", "duration": 5}),
        ("seed", {"seed": -1}),
        ("inputs", {"mode": "first_frame"}),
        ("inputs", {"inputs": {}}),
        ("inputs[0]", {"inputs": ["x"]}),
        ("inputs[0].role", {"inputs": [{"role": "hero", "data": "data:;base64,AAAA"}]}),
        ("inputs[0].data", {"mode": "first_frame", "inputs": [{"role": "first_frame", "data": "AAAA"}]}),
        (
            "inputs[0].data",
            {
                "mode": "first_frame",
                "inputs": [{"role": "first_frame", "data": "data:image/png;base64,AAAA"}],
            },
        ),
    ],
)
async def test_a_wrong_field_is_refused_by_name(
    vendor: FakeVendor, client: httpx.AsyncClient, field: str, changes: dict[str, Any]
) -> None:
    answer = await submit(client, vendor, **changes)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert vendor.memory.tasks == {} and len(vendor.memory.submits) == 1


async def test_headers_must_be_complete(vendor: FakeVendor) -> None:
    url = f"{vendor.base_url('key')}/v1/videos"
    async with httpx.AsyncClient(trust_env=False) as client:
        answers = [
            await client.post(url, json=order()),
            await client.post(url, json=order(), headers=HEADERS | {"Authorization": "Bearer no"}),
            await client.post(url, json=order(), headers={"Authorization": f"Bearer {GOOD_KEY}"}),
            await client.post(url, content=b"{}", headers=HEADERS | {"Content-Type": "text/plain"}),
            await client.post(url, content=b"{", headers=HEADERS | {"Content-Type": "application/json"}),
            await client.post(url, json=order(), headers=HEADERS | {"Authorization": f"Bearer {BROKE_KEY}"}),
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 400, 400, 400, 402]
    assert answers[2].json()["error"]["field"] == VERSION_HEADER
    assert answers[3].json()["error"]["field"] == "Content-Type"
    assert len(vendor.memory.submits) == 6 and vendor.memory.tasks == {}


async def test_a_retired_model_is_gone(vendor: FakeVendor, client: httpx.AsyncClient) -> None:
    answer = await submit(client, vendor, model="sv-old-1", duration=5, audio=None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_retired")


@pytest.mark.parametrize(
    ("container", "seconds", "name", "reason"),
    [
        ("wav", 3, "voice.wav", ""),
        ("mp3", 3, "voice.mp3", ""),
        ("ogg", 3, "voice.ogg", "wav or mp3"),
        ("m4a", 3, "voice.m4a", "wav or mp3"),
        ("ogg", 3, "really-an-ogg.mp3", "wav or mp3"),
        ("wav", 1, "short.wav", "2 to 15 s"),
        ("mp3", 20, "long.mp3", "2 to 15 s"),
    ],
)
async def test_reference_audio_is_judged_by_bytes_and_by_decoding(
    vendor: FakeVendor,
    client: httpx.AsyncClient,
    tmp_path: Path,
    container: Any,
    seconds: float,
    name: str,
    reason: str,
) -> None:
    made = make_voice_note(tmp_path / f"made.{container}", seconds=seconds, container=container)
    path = made.rename(tmp_path / name)
    picture = make_image(tmp_path / "hero.png", width=128, height=128)
    inputs = [
        {"role": "reference_image", "data": data_uri(picture)},
        {"role": "reference_audio", "data": data_uri(path, "audio/mpeg")},
    ]
    answer = await submit(
        client, vendor, model="sv-voice-1", mode="references", duration=6, audio=None, inputs=inputs
    )
    if reason:
        error = answer.json()["error"]
        assert error["field"] == "inputs[1].data" and reason in error["message"]
    else:
        assert answer.status_code == 202
    logged = vendor.memory.submits[0]["body"]["inputs"][0]["data"]
    assert logged.startswith("sha256:")


async def test_a_wav_whose_header_lies_about_its_length_is_measured(
    vendor: FakeVendor, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    path = make_voice_note(tmp_path / "voice.wav", seconds=4, container="wav")
    path.write_bytes(path.read_bytes()[:60_000])
    picture = make_image(tmp_path / "hero.png", width=128, height=128)
    inputs = [
        {"role": "reference_image", "data": data_uri(picture)},
        {"role": "reference_audio", "data": data_uri(path)},
    ]
    answer = await submit(
        client, vendor, model="sv-voice-1", mode="references", duration=6, audio=None, inputs=inputs
    )
    assert answer.status_code == 400 and "0.6" in answer.json()["error"]["message"]


async def test_voice_without_a_picture_is_refused(
    vendor: FakeVendor, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    path = make_voice_note(tmp_path / "voice.wav", seconds=4, container="wav")
    inputs = [{"role": "reference_audio", "data": data_uri(path)}]
    answer = await submit(
        client, vendor, model="sv-voice-1", mode="references", duration=6, audio=None, inputs=inputs
    )
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "inputs")


async def test_the_same_key_is_the_same_task_and_another_body_is_a_conflict(
    vendor: FakeVendor, client: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(*(submit(client, vendor, "key", "k1") for _ in range(10)))
    assert len({answer.json()["id"] for answer in answers}) == 1 and len(vendor.memory.tasks) == 1
    other = await submit(client, vendor, "key", "k1", prompt="a dog sings")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert vendor.memory.duplicates() == {}


async def test_a_blind_vendor_makes_two_tasks_and_the_log_shows_it(
    vendor: FakeVendor, client: httpx.AsyncClient
) -> None:
    first, second = [(await submit(client, vendor, "blind", "same key")).json()["id"] for _ in range(2)]
    assert list(vendor.memory.duplicates().values()) == [[first, second]]
    report = (await client.get(f"{vendor.url}/_log")).json()
    assert list(report["duplicates"].values()) == [[first, second]]
    assert report["submits"][0]["body"]["prompt"] == "a cat sings"
    assert report["submits"][0]["headers"]["Idempotency-Key"] == "same key"
    assert GOOD_KEY not in str(report)


async def test_the_list_shows_a_new_task_late(vendor: FakeVendor, client: httpx.AsyncClient) -> None:
    url = f"{vendor.base_url('lookup')}/v1/videos"
    late = await submit(client, vendor, "lookup", prompt="a [fault:list-lag=300]", reference="r1")
    early = await submit(client, vendor, "lookup", prompt="b", reference="r2")
    listed = [item["id"] for item in (await client.get(url)).json()["data"]]
    assert listed == [early.json()["id"]]
    await asyncio.sleep(0.4)
    page = (await client.get(url, params={"limit": 1})).json()
    assert page["has_more"] and [item["reference"] for item in page["data"]] == ["r2"]
    rest = await client.get(url, params={"limit": 1, "after": page["data"][0]["id"]})
    assert [item["id"] for item in rest.json()["data"]] == [late.json()["id"]]
    assert (await client.get(f"{vendor.base_url('blind')}/v1/videos")).status_code == 405


@pytest.mark.parametrize(
    ("changes", "usd"),
    [
        ({}, "0.40"),
        ({"duration": 8, "resolution": "1080p"}, "1.20"),
        ({"audio": False}, "0.28"),
        ({"model": "sv-silent-1", "duration": 10, "audio": None}, "0.45"),
        ({"prompt": "[fault:end-failed]"}, "0"),
        ({"prompt": "[fault:end-moderated]"}, "0"),
        ({"prompt": "[fault:end-moderated-billed]"}, "0.40"),
        ({"prompt": "[fault:end-moderated]", "model": "sv-dated-1", "duration": 5, "audio": None}, "1.00"),
        ({"prompt": "[fault:end-moderated-free]", "model": "sv-dated-1", "duration": 5, "audio": None}, "0"),
    ],
)
async def test_the_vendor_charges_for_clips_and_for_some_withheld_ones(
    vendor: FakeVendor, client: httpx.AsyncClient, changes: dict[str, Any], usd: str
) -> None:
    await submit(client, vendor, prompt="[fault:run-ms=600000]")
    assert vendor.memory.cost_usd() == 0, "nothing is charged before it is made"
    task_id = (await submit(client, vendor, **changes)).json()["id"]
    await ended(client, vendor, task_id)
    assert vendor.memory.cost_usd() == Decimal(usd)


async def test_a_restarted_vendor_knows_its_tasks_keys_and_faults(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    prompt = "a cat [fault:poll-500]"
    async with FakeVendor(state_dir=tmp_path, pace=Pace(queue_ms=0, run_ms=60_000)) as vendor:
        task_id = (await submit(client, vendor, "key", "k1", prompt=prompt)).json()["id"]
        assert (await client.get(f"{vendor.base_url('key')}/v1/videos/{task_id}")).status_code == 500
        gone = (await submit(client, vendor, "key", "k2", prompt="stop me")).json()["id"]
        assert (await client.delete(f"{vendor.base_url('key')}/v1/videos/{gone}")).status_code == 200
    async with FakeVendor(state_dir=tmp_path) as vendor:
        again = await submit(client, vendor, "key", "k1", prompt=prompt)
        assert again.json()["id"] == task_id
        assert (await client.get(f"{vendor.base_url('key')}/v1/videos/{task_id}")).json()[
            "status"
        ] == "running"
        assert (await client.get(f"{vendor.base_url('key')}/v1/videos/{gone}")).json()[
            "status"
        ] == "cancelled"
        assert len(vendor.memory.submits) == 3 and len(vendor.memory.tasks) == 2


async def test_links_are_signed_expire_and_take_ranges(vendor: FakeVendor, client: httpx.AsyncClient) -> None:
    task_id = (await submit(client, vendor)).json()["id"]
    url = (await ended(client, vendor, task_id))["video"]["url"]
    async with httpx.AsyncClient(trust_env=False) as nobody:
        whole = await nobody.get(url)
        part = await nobody.get(url, headers={"Range": "bytes=100-199"})
        forged = await nobody.get(url.replace("sig=", "sig=0"))
    assert whole.headers["Content-Type"] == "video/mp4" and len(whole.content) > 1000
    assert part.status_code == 206 and part.content == whole.content[100:200]
    assert forged.status_code == 403
    await client.post(f"{vendor.url}/_settings", json={"link_ms": 1})
    old = (await ended(client, vendor, task_id))["video"]["url"]
    await asyncio.sleep(0.05)
    assert (await client.get(old)).json()["error"]["code"] == "link_expired"


async def test_a_rule_from_another_process_hits_the_second_submit(
    vendor: FakeVendor, client: httpx.AsyncClient
) -> None:
    rules = [{"match": {"nth": 2, "character": "blind"}, "faults": ["submit-429=9"]}]
    assert (await client.post(f"{vendor.url}/_script", json=rules)).status_code == 200
    answers = [await submit(client, vendor) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 429, 202]
    assert answers[1].headers["Retry-After"] == "9"
    bad = await client.post(f"{vendor.url}/_script", json=[{"faults": ["no-such-fault"]}])
    assert bad.status_code == 400


async def test_a_hook_is_called_when_the_task_exists_and_before_the_answer(
    vendor: FakeVendor, client: httpx.AsyncClient
) -> None:
    seen: list[tuple[str, str, int]] = []

    async def hook(moment: str, task: Task) -> None:
        seen.append((moment, task.id, len(vendor.memory.tasks)))

    vendor.desk.hook = hook
    task_id = (await submit(client, vendor)).json()["id"]
    assert seen == [("accept", task_id, 1)]


async def test_the_process_that_submits_can_be_killed_after_its_job_was_accepted(
    vendor: FakeVendor, client: httpx.AsyncClient
) -> None:
    code = "import time; print('up', flush=True); time.sleep(60)"
    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    await submit(client, vendor, prompt=f"a cat [fault:accept-kill={victim.pid}]")
    assert await asyncio.wait_for(victim.wait(), 10) == -signal.SIGKILL
    assert len(vendor.memory.tasks) == 1


async def test_as_a_process_it_says_where_it_is_and_remembers(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.fakes.vendor", "--state", str(tmp_path), "--run-ms", "5"]
    found: list[str] = []
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()[1]
        answer = await client.post(f"{url}/key/v1/videos", json=order(), headers={"Idempotency-Key": "k"})
        found.append(answer.json()["id"])
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert found[0] == found[1]


def test_every_fault_has_a_name_that_can_be_asked_for() -> None:
    assert all(name == name.lower() and " " not in name for name in FAULTS)
