"""The fake Kling answers like the recordings and refuses what the vendor refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import httpx
import pytest

from providers.signing import jwt_hs256
from tests.fakes.kling import GOOD_KEY, GOOD_PAIR, FakeKling
from tests.fakes.kling_tasks import REFUSALS
from tests.unit.providers.video.playback import GOLDEN

CREATED = [
    path
    for folder in ("kling", "kling-legacy")
    for path in sorted((GOLDEN / folder).glob("*.json"))
    if path.name.startswith(("new-t2v", "new-i2v", "new-omni", "legacy-t2v", "legacy-omni", "thirdparty-npm"))
]
# Voices are not offered by us, so the fake does not sell them; extending is no longer documented.
UNSOLD = ("new-i2v-2.6-voice", "thirdparty-npm-legacy-extend", "thirdparty-npm-legacy-poll")
HEADERS = {"Authorization": f"Bearer {GOOD_KEY}"}
PICTURE = "https://media.example.org/first.png"
CLIP = "https://media.example.org/clip.mp4"


@pytest.fixture
async def vendor() -> AsyncIterator[FakeKling]:
    """The fake, which does not decode pictures here."""
    async with FakeKling(look=False) as opened:
        yield opened


@pytest.fixture
async def http(vendor: FakeKling) -> AsyncIterator[httpx.AsyncClient]:
    """A plain client with a good key."""
    async with httpx.AsyncClient(base_url=vendor.url, headers=HEADERS) as client:
        yield client


def keys_of(value: Any) -> Any:
    """The form of an answer: names and types, without the values."""
    if isinstance(value, dict):
        return {key: keys_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [keys_of(item) for item in value[:1]]
    return type(value).__name__


@pytest.mark.parametrize(
    "path", [path for path in CREATED if path.stem not in UNSOLD], ids=lambda path: str(path.stem)
)
async def test_a_recorded_request_gets_the_recorded_kind_of_answer(
    path: Any, http: httpx.AsyncClient
) -> None:
    exchange = json.loads(path.read_text("utf-8"))
    wanted, body = exchange["response_used"], exchange["request"]["json"]
    if wanted["json"]["code"]:
        body["prompt"] = f"[fault:submit-{wanted['json']['code']}]"
    answer = await http.post(exchange["request"]["path"], json=body)
    assert answer.status_code == wanted["status"]
    told, expected = answer.json(), wanted["json"]
    assert told["code"] == expected["code"]
    if "external_task_id" in str(body):
        assert keys_of(told) == keys_of(expected)


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("new-poll-submitted", "[fault:queue-ms=60000]"),
        ("new-poll-processing", "[fault:queue-ms=0][fault:run-ms=60000]"),
        ("new-poll-succeeded", "[fault:queue-ms=0][fault:run-ms=0]"),
        ("new-poll-failed", "[fault:queue-ms=0][fault:run-ms=0][fault:end-moderated]"),
    ],
)
async def test_a_standing_has_the_recorded_form(name: str, marks: str, http: httpx.AsyncClient) -> None:
    exchange = json.loads((GOLDEN / "kling" / f"{name}.json").read_text("utf-8"))
    body = {"prompt": marks, "options": {"external_task_id": "job-42"}}
    task = (await http.post("/text-to-video/kling-2.6", json=body)).json()["data"]["id"]
    told = (await http.get("/tasks", params={"task_ids": task})).json()
    expected = exchange["response_used"]["json"]
    assert keys_of(told) == keys_of(expected)
    assert told["data"][0]["status"] == expected["data"][0]["status"]
    assert told["data"][0]["message"] == expected["data"][0]["message"]
    same = (await http.get("/tasks", params={"external_task_ids": "job-42"})).json()
    assert same["data"][0]["id"] == task
    assert (await http.get("/tasks", params={"task_ids": "1"})).json()["data"] == []


@pytest.mark.parametrize("name", ["legacy-poll-succeed", "legacy-poll-failed"])
async def test_a_standing_of_the_older_api_has_the_recorded_form(name: str, http: httpx.AsyncClient) -> None:
    exchange = json.loads((GOLDEN / "kling-legacy" / f"{name}.json").read_text("utf-8"))
    marks = "[fault:queue-ms=0][fault:run-ms=0]" + ("[fault:end-moderated]" if "failed" in name else "")
    body = {"model_name": "kling-v2-6", "prompt": marks, "external_task_id": "job-42"}
    task = (await http.post("/v1/videos/text2video", json=body)).json()["data"]["task_id"]
    told = (await http.get(f"/v1/videos/text2video/{task}")).json()
    expected = exchange["response_used"]["json"]
    assert keys_of(told) == keys_of(expected)
    assert told["data"]["task_status"] == expected["data"]["task_status"]
    assert (await http.get("/v1/videos/text2video/job-42")).json()["data"]["task_id"] == task
    elsewhere = await http.get(f"/v1/videos/image2video/{task}")
    assert elsewhere.json()["code"] == 1201


ERRORS = sorted((GOLDEN / "kling").glob("error-*.json"))


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: str(path.stem))
async def test_a_recorded_error_is_told_as_recorded(
    path: Any, vendor: FakeKling, http: httpx.AsyncClient
) -> None:
    exchange = json.loads(path.read_text("utf-8"))
    wanted, request = exchange["response_used"], deepcopy(exchange["request"])
    code = wanted["json"]["code"]
    headers = {}
    if request["method"] == "GET":
        answer = await http.get(request["path"], params=dict(request["query"]))
    else:
        if code == 1002:
            headers = {"Authorization": "Bearer something-else"}
        elif "duplicate" in path.stem:
            request["json"]["options"] = {"external_task_id": "twice"}
            await http.post(request["path"], json=request["json"])
        else:
            request["json"]["prompt"] = f"[fault:submit-{code}]"
        answer = await http.post(request["path"], json=request["json"], headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (wanted["status"], code)
    assert keys_of(answer.json()) == keys_of(wanted["json"])
    if code != 1002:
        assert answer.json()["message"] == wanted["json"]["message"]
    assert code in (1002, *(known[1] for known in REFUSALS.values()))


def text(model: str = "kling-2.6", **settings: Any) -> tuple[str, dict[str, Any]]:
    return f"/text-to-video/{model}", {"prompt": "x", "settings": settings}


def contents(path: str, *items: dict[str, str], **settings: Any) -> tuple[str, dict[str, Any]]:
    return path, {"contents": [{"type": "prompt", "text": "x"}, *items], "settings": settings}


FIRST, LAST = {"type": "first_frame", "url": PICTURE}, {"type": "last_frame", "url": PICTURE}
REFER, FEATURE = {"type": "refer_image", "url": PICTURE}, {"type": "feature_video", "url": CLIP}
BASE = {"type": "base_video", "url": CLIP}
IMAGE, OMNI, O1 = "/image-to-video", "/omni-video/kling-3.0-omni", "/omni-video/kling-o1"
WRONG = {
    "unknown field": ("/text-to-video/kling-2.6", {"prompt": "x", "negative_prompt": "y"}),
    "a text as duration": text(duration="5"),
    "six seconds": text(duration=6),
    "sound at 720p": text(audio="native", resolution="720p"),
    "4k on 2.6": text(resolution="4k"),
    "sound on 2.5": text("kling-2.5-turbo", audio="native"),
    "a switch on Turbo": text("kling-3.0-turbo", audio="native"),
    "aspect of a picture": contents(f"{IMAGE}/kling-2.6", FIRST, aspect_ratio="16:9"),
    "only a last frame": contents(f"{IMAGE}/kling-3.0", LAST),
    "no frame at all": contents(f"{IMAGE}/kling-3.0"),
    "last frame with sound": contents(f"{IMAGE}/kling-2.6", FIRST, LAST, audio="native", resolution="1080p"),
    "last frame at 720p": contents(f"{IMAGE}/kling-2.5-turbo", FIRST, LAST, resolution="720p"),
    "last frame on Turbo": contents(f"{IMAGE}/kling-3.0-turbo", FIRST, LAST),
    "a data URI": contents(
        f"{IMAGE}/kling-2.6", {"type": "first_frame", "url": "data:image/png;base64,AA=="}
    ),
    "no aspect": contents(OMNI, REFER),
    "eight pictures": contents(OMNI, *[REFER] * 8, aspect_ratio="1:1"),
    "five beside a clip": contents(
        OMNI, *[REFER] * 5, FEATURE, aspect_ratio="1:1", audio="off", multi_shot=True
    ),
    "imitating with sound": contents(OMNI, FEATURE, audio="native", multi_shot=True),
    "imitating in one shot": contents(OMNI, FEATURE, audio="off", multi_shot=False),
    "editing in several shots": contents(OMNI, BASE, audio="original"),
    "editing with new sound": contents(OMNI, BASE, audio="native", multi_shot=False),
    "a clip that is no link": contents(OMNI, {"type": "base_video", "url": "AAAA"}, multi_shot=False),
    "ids that contain each other": contents(
        OMNI, REFER | {"id": "zhang"}, REFER | {"id": "zhangsan"}, aspect_ratio="1:1"
    ),
    "sound on O1": contents(O1, audio="native", aspect_ratio="1:1"),
    "seven seconds of words on O1": contents(O1, aspect_ratio="1:1", duration=7),
    "frames and pictures on O1": contents(O1, FIRST, LAST, REFER),
    "an empty name": (
        "/text-to-video/kling-2.6",
        {"prompt": "x", "options": {"external_task_id": ""}},
    ),
    "shots that do not add up": (
        "/text-to-video/kling-3.0",
        {"prompt": "shot 1, 2, a; shot 2, 2, b;", "settings": {"duration": 5}},
    ),
    "2.6 below 1080p with sound, older": (
        "/v1/videos/text2video",
        {"model_name": "kling-v2-6", "prompt": "x", "sound": "on", "mode": "std"},
    ),
    "a number as duration, older": (
        "/v1/videos/text2video",
        {"model_name": "kling-v2-6", "prompt": "x", "duration": 5},
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_the_vendor_does_not_take_is_refused(name: str, http: httpx.AsyncClient) -> None:
    path, body = WRONG[name]
    answer = await http.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 1201), answer.text


async def test_a_model_is_found_only_where_it_is_offered(http: httpx.AsyncClient) -> None:
    for path in ("/text-to-video/kling-o1", "/omni-video/kling-3.0", "/text-to-video/kling-9"):
        assert (await http.post(path, json={"prompt": "x"})).json()["code"] == 1203
    # The older API takes a missing model for its first one.
    old = await http.post("/v1/videos/text2video", json={"model": "kling-v2-6", "prompt": "x"})
    assert old.json()["code"] == 1203


async def test_signed_tokens_are_for_the_older_api_only(vendor: FakeKling) -> None:
    access, secret = GOOD_PAIR
    now = 1_795_348_800 + 10**8
    good = jwt_hs256({"iss": access, "exp": now, "nbf": 0}, secret)
    async with httpx.AsyncClient(base_url=vendor.url) as http:
        for token, path, code in (
            (good, "/text-to-video/kling-2.6", 1002),
            (good, "/v1/videos/text2video", 1004),  # lives longer than 30 minutes
            (jwt_hs256({"iss": access, "exp": now, "nbf": now}, secret), "/v1/videos/text2video", 1003),
            (jwt_hs256({"iss": access, "exp": now, "nbf": 0}, "other"), "/v1/videos/text2video", 1002),
            (jwt_hs256({"iss": access, "exp": 9, "nbf": 0, "iat": 0}, secret), "/v1/videos/text2video", 1002),
        ):
            headers = {"Authorization": f"Bearer {token}"}
            answer = await http.post(path, json={"prompt": "x"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, code)
        empty = await http.post("/text-to-video/kling-2.6", json={"prompt": "x"})
        assert empty.json()["code"] == 1001


async def test_links_are_signed_and_expire() -> None:
    async with FakeKling(link_ms=150) as vendor, httpx.AsyncClient(base_url=vendor.url) as http:
        body = {"prompt": "[fault:queue-ms=0][fault:run-ms=0]"}
        task = (await http.post("/text-to-video/kling-2.6", json=body, headers=HEADERS)).json()["data"]["id"]
        told = (await http.get("/tasks", params={"task_ids": task}, headers=HEADERS)).json()
        url = told["data"][0]["outputs"][0]["url"]
        assert (await http.get(url)).headers["content-type"] == "video/mp4"
        assert (await http.get(url.replace("sig=", "sig=0"))).status_code == 403
        await asyncio.sleep(0.2)
        assert (await http.get(url)).status_code == 403
