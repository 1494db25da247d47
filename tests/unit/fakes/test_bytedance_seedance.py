"""The fake Ark answers as the recorded one did, and refuses what the real one refuses."""

from __future__ import annotations

import asyncio
import base64
import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.stage_bytedance_seedance import film, picture, recording
from tests.fakes.bytedance_seedance import BROKE_KEY, GOOD_KEY, FakeArk

GOLDEN = Path(__file__).parents[2] / "golden" / "bytedance-seedance"
SCENARIOS: dict[str, Any] = tomllib.loads((GOLDEN / "index.toml").read_text("utf-8"))["scenario"]
TASKS = "contents/generations/tasks"
# Recorded refusals → words in the prompt that bring them about; without words it is the key.
CAUSES = {
    "InputTextSensitiveContentDetected": "[fault:submit-moderated]",
    "InputImageSensitiveContentDetected.PrivacyInformation": "[fault:submit-person]",
    "InvalidParameter": "[fault:submit-invalid]",
    "ModelNotOpen": "[fault:submit-closed]",
    "QuotaExceeded": "[fault:submit-full]",
    "InternalServiceError": "[fault:submit-500]",
}
STAYS = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "moderated": "[fault:end-sound-moderated]",
}
WORDS: dict[str, Any] = {"type": "text", "text": "x"}


def recorded(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((GOLDEN / name).read_text("utf-8"))
    return value


def files(table: str) -> list[str]:
    return [name for names in SCENARIOS[table].values() for name in names]


@pytest.fixture
async def ark(request: pytest.FixtureRequest) -> AsyncIterator[FakeArk]:
    """The region that a recording is from."""
    name = str(request.node.callspec.params.get("name", "")) if hasattr(request.node, "callspec") else ""
    async with FakeArk("volcengine" if name.startswith("volcengine") else "byteplus") as opened:
        yield opened


@pytest.fixture
async def http(ark: FakeArk) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a good key."""
    headers = {"Authorization": f"Bearer {GOOD_KEY}"}
    async with httpx.AsyncClient(base_url=ark.url + "/", headers=headers, verify=False) as client:
        yield client


async def started(http: httpx.AsyncClient, region: str, prompt: str, **fields: Any) -> str:
    family = "doubao" if region == "volcengine" else "dreamina"
    body = {"model": f"{family}-seedance-2-0-260128", "content": [{"type": "text", "text": prompt}], **fields}
    answer = await http.post(TASKS, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def until(http: httpx.AsyncClient, job: str, *ends: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            body: dict[str, Any] = (await http.get(f"{TASKS}/{job}")).json()
            if body.get("status") in ends:
                return body
            await asyncio.sleep(0.02)


def form(body: Any) -> Any:
    """Names and types of everything in an answer; the order does not matter."""
    if isinstance(body, dict):
        return {name: form(value) for name, value in body.items()}
    return [form(item) for item in body] if isinstance(body, list) else type(body).__name__


@pytest.mark.parametrize("name", [*files("requests"), *SCENARIOS["others"]["switches-in-the-text"]])
async def test_every_recorded_request_is_taken(ark: FakeArk, http: httpx.AsyncClient, name: str) -> None:
    recording_ = recorded(name)
    answer = await http.post(TASKS, json=recording_["request"]["json"])
    assert answer.status_code == recording_["response_used"]["status"], answer.text
    assert form(answer.json()) == form(recording_["response_used"]["json"])


@pytest.mark.parametrize("name", files("refusals"))
async def test_every_recorded_refusal_can_be_had(ark: FakeArk, http: httpx.AsyncClient, name: str) -> None:
    theirs = (recorded(name).get("all_responses_used") or [recorded(name)["response_used"]])[0]
    code = theirs["json"]["error"]["code"]
    if code == "AuthenticationError":
        http.headers["Authorization"] = "Bearer nobody's key"
    elif code == "AccountOverdueError":
        http.headers["Authorization"] = f"Bearer {BROKE_KEY}"
    body = recorded(name)["request"]["json"] | {
        "content": [{"type": "text", "text": f"x {CAUSES.get(code, '')}"}]
    }
    answer = await http.post(TASKS, json=body)
    ours = answer.json()["error"]
    assert (answer.status_code, form(ours)) == (theirs["status"], form(theirs["json"]["error"]))
    same = ("code", "type", "param") if name.startswith("aisdk") else ("code", "type", "param", "message")
    for part in same:
        if (code, part) != ("AuthenticationError", "message"):
            assert ours[part] == theirs["json"]["error"][part]


@pytest.mark.parametrize("name", files("standings"))
async def test_every_recorded_standing_can_be_had(ark: FakeArk, http: httpx.AsyncClient, name: str) -> None:
    theirs = recorded(name)["response_used"]
    case = recorded(name)["case"].removeprefix("get-").split("-")[0]
    if case == "404":
        answer = await http.get(f"{TASKS}/cgt-unknown")
        assert (answer.status_code, answer.json()) == (theirs["status"], theirs["json"])
        return
    prompt = {
        "queued": "[fault:queue-ms=60000]",
        "running": "[fault:queue-ms=0][fault:run-ms=60000]",
        "failed": "[fault:end-sound-moderated]",
        "cancelled": "[fault:queue-ms=60000]",
        "expired": "[fault:end-expired]",
    }
    job = await started(http, ark.region, prompt.get(case, "x"), return_last_frame=True)
    if case == "cancelled":
        assert (await http.delete(f"{TASKS}/{job}")).json() == {}
    ours = await until(http, job, case)
    assert form(ours) == form(theirs["json"])
    if case == "failed":
        assert ours["error"] == theirs["json"]["error"] | {"message": ours["error"]["message"]}
    if case == "succeeded":
        assert ours["usage"] == theirs["json"]["usage"]


@pytest.mark.parametrize("name", [*SCENARIOS["others"]["cancel"], *SCENARIOS["others"]["cancel-late"]])
async def test_a_recorded_delete_is_answered_alike(ark: FakeArk, http: httpx.AsyncClient, name: str) -> None:
    theirs = recorded(name)["response_used"]
    stays = "queued" if theirs["status"] == 200 else "running"
    job = await started(http, ark.region, STAYS[stays])
    answer = await http.request("DELETE", f"{TASKS}/{job}", json=recorded(name)["request"]["json"])
    assert (answer.status_code, answer.json()) == (theirs["status"], theirs["json"])


@pytest.mark.parametrize("name", SCENARIOS["others"]["list"])
async def test_the_recorded_list_can_be_had(ark: FakeArk, http: httpx.AsyncClient, name: str) -> None:
    theirs = recorded(name)
    job = await started(http, ark.region, STAYS["running"])
    await started(http, ark.region, STAYS["queued"])
    model = ark.jobs[job].order.model
    query = [
        (key, {"filter.model": model}.get(key, job if key == "filter.task_ids" else value))
        for key, value in theirs["request"]["query"]
    ]
    answer = await http.get(TASKS, params=query)
    assert form(answer.json()) == form(theirs["response_used"]["json"])
    assert [item["id"] for item in answer.json()["items"]] == [job]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"framespersecond": 24}, "framespersecond"),
        ({"resolution": "1440p"}, "resolution"),
        ({"ratio": "auto"}, "ratio"),
        ({"duration": 16}, "duration"),
        ({"duration": "5"}, "duration"),
        ({"duration": 3}, "duration"),
        ({"generate_audio": "yes"}, "generate_audio"),
        ({"safety_identifier": "x" * 65}, "safety_identifier"),
        ({"execution_expires_after": 60}, "execution_expires_after"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"output_format": "mp4"}, "output_format"),
        ({"omni_reference_task_type": "edit"}, "omni_reference_task_type"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"content": []}, "content"),
        ({"content": [WORDS, {"type": "image_url", "image_url": "https://a.example/x.png"}]}, "content"),
    ],
)
async def test_a_field_that_cannot_be_is_refused(
    ark: FakeArk, http: httpx.AsyncClient, fields: dict[str, Any], param: str
) -> None:
    body = {"model": "dreamina-seedance-2-0-260128", "content": [WORDS], **fields}
    answer = await http.post(TASKS, json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert not ark.jobs


@pytest.mark.parametrize(
    ("model", "roles", "fields"),
    [
        ("2-0", ["reference_audio"], {}),
        ("2-0", ["first_frame", "reference_image"], {}),
        ("2-5", ["first_frame", "reference_audio"], {}),
        ("2-0", ["last_frame"], {}),
        ("2-0", ["first_frame", "first_frame"], {}),
        ("2-0", ["", ""], {}),
        ("2-0", ["reference_image"] * 10, {}),
        ("2-5", ["first_frame"], {"ratio": "16:9"}),
        ("2-5", [], {"omni_reference_task_type": "edit", "duration": -1}),
        ("2-5", ["reference_video"], {"omni_reference_task_type": "edit", "duration": 5}),
    ],
)
async def test_inputs_that_do_not_go_together_are_refused(
    ark: FakeArk, http: httpx.AsyncClient, model: str, roles: list[str], fields: dict[str, Any]
) -> None:
    names = {"2-0": "dreamina-seedance-2-0-260128", "2-5": "dreamina-seedance-2-5-260628"}
    parts = []
    for role in roles:
        kind = {"reference_audio": "audio_url", "reference_video": "video_url"}.get(role, "image_url")
        part = {"type": kind, kind: {"url": "https://media.example.org/file"}}
        parts.append(part | ({"role": role} if role else {}))
    answer = await http.post(TASKS, json={"model": names[model], "content": [WORDS, *parts], **fields})
    assert answer.status_code == 400 and not ark.jobs


async def test_files_are_looked_into(ark: FakeArk, http: httpx.AsyncClient, tmp_path: Path) -> None:
    async def asked(*files: tuple[str, str, str]) -> int:
        parts = [{"type": kind, kind: {"url": url}, "role": role} for kind, url, role in files]
        body = {"model": "dreamina-seedance-2-0-260128", "content": [WORDS, *parts], "duration": 4}
        return (await http.post(TASKS, json=body)).status_code

    def inside(path: Path, kind: str) -> str:
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"

    hero = ("image_url", inside(picture(tmp_path).path, "image/png"), "reference_image")
    wav = recording(tmp_path, seconds=3).path
    assert await asked(hero, ("audio_url", inside(wav, "audio/wav"), "reference_audio")) == 200
    assert await asked(hero, ("audio_url", inside(wav, "audio/WAV"), "reference_audio")) == 400
    assert await asked(hero, ("audio_url", inside(wav, "audio/ogg"), "reference_audio")) == 400
    short = recording(tmp_path, seconds=1).path
    assert await asked(hero, ("audio_url", inside(short, "audio/wav"), "reference_audio")) == 400
    eight = inside(recording(tmp_path, seconds=8).path, "audio/wav")
    assert await asked(hero, *[("audio_url", eight, "reference_audio")] * 2) == 400
    clip = film(ark, tmp_path, "reference-video")
    assert await asked(("video_url", clip.url, "reference_video")) == 200
    assert list(ark.jobs.values())[-1].order.input_seconds == pytest.approx(4, abs=0.1)
    assert await asked(("video_url", inside(clip.path, "video/mp4"), "reference_video")) == 400


async def test_a_switch_in_the_text_overrides_the_field(ark: FakeArk, http: httpx.AsyncClient) -> None:
    job = await started(http, ark.region, "a cat --dur 15 --rs 1080p", duration=4, resolution="480p")
    assert (ark.jobs[job].order.seconds, ark.jobs[job].order.resolution) == (15, "1080p")


async def test_a_result_is_behind_a_link_that_must_be_signed_and_takes_no_key(
    ark: FakeArk, http: httpx.AsyncClient
) -> None:
    done = await until(http, await started(http, ark.region, "x", duration=4), "succeeded")
    link = done["content"]["video_url"]
    async with httpx.AsyncClient(verify=False) as nobody:
        assert (await nobody.get(link)).status_code == 200
        assert (await nobody.get(link[:-1] + "x")).status_code == 403
        assert (await nobody.get(link.replace("X-Tos-Date=1", "X-Tos-Date=0"))).status_code == 403
    assert (await http.get(link)).status_code == 400


async def test_deleting_a_finished_task_deletes_its_clip(ark: FakeArk, http: httpx.AsyncClient) -> None:
    job = await started(http, ark.region, "x")
    await until(http, job, "succeeded")
    assert (await http.delete(f"{TASKS}/{job}")).json() == {}
    assert (await http.get(f"{TASKS}/{job}")).status_code == 404
