"""The fakes of Google's APIs take every recorded request of the kind they serve, and answer in its form."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.google_account import EMAIL, make_account
from tests.fakes.google_omni import GOOD_KEY, FakeOmni
from tests.fakes.google_server import Job, Refusal
from tests.fakes.google_veo import FakeVeo
from tests.fakes.google_veo import read_order as read_veo
from tests.fakes.vendor_files import Recipe

GOLDEN = Path(__file__).parents[2] / "golden"
VEO = sorted((GOLDEN / "google-veo" / "vertex-veo").glob("0[1-5]*.json"))
OMNI = sorted((GOLDEN / "google-omni" / "gemini-api-omni").glob("0[235678]*.json"))
# The model takes no audio; this file shows only the form.
WITH_AUDIO = "05-ref2v-create-with-audio-input.json"
FORGED = base64.urlsafe_b64encode(json.dumps({"iss": EMAIL}).encode()).decode()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as opened:
        yield opened


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def form(value: Any) -> Any:
    """The fields of an answer without what they say."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    return [form(inner) for inner in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("path", VEO, ids=lambda path: path.name)
async def test_vertex_takes_what_was_recorded(path: Path, http: httpx.AsyncClient) -> None:
    exchange = load(path)
    async with FakeVeo() as server:
        server.tokens["ya29.x"] = float("inf")
        headers = {"Authorization": "Bearer ya29.x"}
        url = server.url + exchange["request"]["path"]
        answer = await http.post(url, json=exchange["request"]["json"], headers=headers)
        assert answer.status_code == 200
        assert form(answer.json()) == form(exchange["response_used"]["json"])
        poll = load(GOLDEN / "google-veo" / "vertex-veo" / "06-poll-pending.json")
        url = server.url + poll["request"]["path"]
        asked = {"operationName": answer.json()["name"]}
        server.jobs[asked["operationName"]].born = float("inf")
        running = await http.post(url, json=asked, headers=headers)
        assert form(running.json()) == form(poll["response_used"]["json"])
        server.jobs[asked["operationName"]].born = 0
        name = "08-poll-done-gcs.json" if "storageUri" in str(exchange) else "07-poll-done-bytes.json"
        done = await http.post(url, json=asked, headers=headers)
        recorded = load(GOLDEN / "google-veo" / "vertex-veo" / name)
        assert form(done.json()) == form(recorded["response_used"]["json"])
        # GET on the operation's name is not a way to ask.
        gone = await http.get(f"{server.url}/v1beta1/{asked['operationName']}", headers=headers)
        assert gone.status_code == 404


@pytest.mark.parametrize("path", OMNI, ids=lambda path: path.name)
async def test_the_interactions_api_takes_what_was_recorded(path: Path, http: httpx.AsyncClient) -> None:
    exchange = load(path)
    headers = {"x-goog-api-key": GOOD_KEY}
    async with FakeOmni() as server:
        url = server.url + exchange["request"]["path"]
        earlier = exchange["request"]["json"].get("previous_interaction_id")
        if earlier:
            unknown = await http.post(url, json=exchange["request"]["json"], headers=headers)
            assert unknown.status_code == 400 and "Invalid interaction name" in unknown.text
            recipe = Recipe(seconds=4, aspect="16:9", sound="tone")
            model = "gemini-omni-1.2-flash"
            server.jobs[earlier] = Job(id=earlier, model=model, recipe=recipe, faults=(), body={}, born=0)
        answer = await http.post(url, json=exchange["request"]["json"], headers=headers)
        if path.name == WITH_AUDIO:
            assert answer.status_code == 400 and "audio input is not supported" in answer.text
            return
        assert answer.status_code == 200
        if exchange["request"]["json"].get("background"):
            assert form(answer.json()) == form(exchange["response_used"]["json"])
            server.jobs[answer.json()["id"]].born = 0
            done = await http.get(f"{url}/{answer.json()['id']}?stream=false", headers=headers)
            recorded = load(GOLDEN / "google-omni" / "gemini-api-omni" / "10-poll-completed-uri.json")
            assert form(done.json()["steps"]) == form(recorded["response_used"]["json"]["steps"][1:])
        else:
            assert form(answer.json()["steps"]) == form(exchange["response_used"]["json"]["steps"])


@pytest.mark.parametrize(
    "change",
    [
        {"instances": []},
        {"instances": [{"prompt": "x", "audio": {}}]},
        {"instances": [{"prompt": "x", "lastFrame": {}}]},
        {"parameters": {"durationSeconds": "8"}},
        {"parameters": {"generateAudio": 1}},
        {"parameters": {"storageUri": "https://bucket"}},
        {"parameters": {"resolution": "8k"}},
        {"webhookConfig": {}},
    ],
)
def test_vertex_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        read_veo("veo-3.1-generate-001", {"instances": [{"prompt": "x"}], **change})


@pytest.mark.parametrize(
    "change",
    [
        {"response_format": {"type": "video", "duration": 8}},
        {"response_format": {"type": "video", "duration": "30s"}},
        {"response_format": {"type": "video", "fps": 30}},
        {"negative_prompt": "rain"},
        {"generation_config": {"video_config": {"task": "sing"}}},
        {"generation_config": {"temperature": 1}},
        {"input": ""},
    ],
)
async def test_the_interactions_api_refuses_what_is_wrong(
    change: dict[str, Any], http: httpx.AsyncClient
) -> None:
    async with FakeOmni() as server:
        body = {"model": "gemini-omni-1.2-flash", "background": True, "input": "x", **change}
        headers = {"x-goog-api-key": GOOD_KEY}
        answer = await http.post(f"{server.url}/v1/interactions", json=body, headers=headers)
        assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid_request"
        assert not server.jobs


async def test_a_link_without_the_key_shows_nothing(http: httpx.AsyncClient) -> None:
    async with FakeOmni() as server:
        answer = await http.get(f"{server.url}/v1beta/files/clip0001:download?alt=media")
        assert answer.status_code == 403 and isinstance(answer.json(), list)


@pytest.mark.parametrize("assertion", ["", "a.b.c", f"e30.{FORGED}.AAAA"])
async def test_a_token_is_given_for_a_signature_only(
    assertion: str, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with FakeVeo() as server:
        make_account(tmp_path / "key.json", server.token_uri)
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        answer = await http.post(server.token_uri, data=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert server.tokens == {}
