"""Google's recordings: the adapters send what was recorded and read every recorded answer as it is meant."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, Made, Progress, Running, Ticket, VideoRequest
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    VendorFault,
)
from providers.wire.google import withheld
from tests.unit.providers.video.google_playback import (
    CLIP,
    GOLDEN,
    KEY,
    TOKEN,
    Asked,
    Vendor,
    expected_body,
    index,
    omni,
    picture_in,
    playing,
    recorded,
    sent_file,
    veo,
)

PATH = "projects/my-project/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
OPERATION = f"{PATH}/operations/op-uuid"
VEO = VideoRequest(model="veo-3.1", api_name="veo-3.1-generate-001", prompt="a cat plays piano", seconds=8)
OMNI = VideoRequest(
    model="gemini-omni-1.2", api_name="gemini-omni-1.2-flash", prompt="a marble rolls", seconds=8
)
VEO_JOB = Ticket(provider="google-veo", model="veo-3.1", remote_id=OPERATION)
OMNI_JOB = Ticket(provider="google-omni", model="gemini-omni-1.2", remote_id="v1_abc")

REQUESTS: dict[tuple[Vendor, str], VideoRequest] = {
    ("google-veo", "text, as little as possible"): VEO,
    ("google-veo", "text, everything said"): replace(VEO, resolution="1080p", seed=7, negative="cartoon"),
    ("google-veo", "reference images"): replace(VEO, mode="references", prompt="she walks"),
    ("google-veo", "extend"): replace(VEO, mode="extend", prompt="continue", seconds=7),
    ("google-omni", "text"): OMNI,
    ("google-omni", "references"): replace(OMNI, mode="references", prompt="<IMAGE_REF_0> sings", seed=7),
    ("google-omni", "edit"): replace(OMNI, mode="edit", prompt="make it snow", seconds=10),
    ("google-omni", "extend"): replace(OMNI, mode="extend", prompt="continue", seconds=10),
}
VEO_REFUSALS: dict[str, type[ProviderError]] = {
    "rate limit": RateLimited,
    "bad token": BadKey,
    "bad request": BadRequest,
    "bad key, as 400": BadKey,
    "no permission": BadKey,
    "model gone": ModelGone,
    "quota of the day is used up": NoFunds,
    "overloaded on submit": OutcomeUnknown,
}
OMNI_REFUSALS: dict[str, type[ProviderError]] = {
    "bad request": BadRequest,
    "no permission, in a list": BadKey,
    "rate limit": RateLimited,
}
REFUSALS: list[tuple[Vendor, str, type[ProviderError]]] = [
    *(("google-veo", scenario, kind) for scenario, kind in VEO_REFUSALS.items()),
    *(("google-omni", scenario, kind) for scenario, kind in OMNI_REFUSALS.items()),
]


@pytest.mark.parametrize("vendor", ["google-veo", "google-omni"])
def test_every_recording_is_used_or_exempt_with_a_reason(vendor: Vendor) -> None:
    known = index(vendor)
    files = sorted(p.relative_to(GOLDEN / vendor).as_posix() for p in (GOLDEN / vendor).rglob("*.json"))
    assert sorted([*known["scenario"].values(), *known["exempt"]]) == files
    assert all(len(why) > 10 for why in known["exempt"].values())
    assert all(varied["why"] for varied in known["variation"].values())
    here = Path(__file__).read_text("utf-8")
    assert [scenario for scenario in known["scenario"] if f'"{scenario}"' not in here] == []


def same_call(asked: Asked, request: dict[str, Any]) -> None:
    """Method, path, query and the headers that matter are as recorded."""
    assert (asked.method, asked.path, asked.query) == (request["method"], request["path"], request["query"])
    headers = request["headers"]
    if "x-goog-api-key" in headers:
        assert asked.headers["x-goog-api-key"] == KEY and "authorization" not in asked.headers
    else:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    if "json" in request:
        assert asked.headers["content-type"] == headers["content-type"] == "application/json"


@pytest.mark.parametrize(("vendor", "scenario"), REQUESTS)
async def test_a_request_is_the_official_one(vendor: Vendor, scenario: str, tmp_path: Path) -> None:
    exchange = recorded(vendor, scenario)
    request = REQUESTS[vendor, scenario]
    picture = base64.b64decode(picture_in(str(exchange["request"]["json"]).replace("'", '"')))
    if request.mode == "references":
        request = replace(request, media=(sent_file(tmp_path, "reference-image", "image", picture),))
    elif request.mode in ("edit", "extend"):
        request = replace(request, media=(sent_file(tmp_path, "source-video", "video", CLIP),))
    full = scenario == "text, everything said"
    options = {"bucket": "gs://bucket/prefix", "person_generation": "allow_adult"} if full else {}
    async with playing(exchange["response_used"]) as server:
        adapter = (veo if vendor == "google-veo" else omni)(server.url, tmp_path, **options)
        ticket = await adapter.submit(request, job_key="job")
        await adapter.close()
    assert len(server.asked) == 1, "a submit is never repeated"
    same_call(server.asked[0], exchange["request"])
    assert server.asked[0].body == expected_body(vendor, scenario)
    answer = exchange["response_used"]["json"]
    assert ticket.remote_id == (answer["name"] if vendor == "google-veo" else answer["id"])


@pytest.mark.parametrize("scenario", ["edit", "extend"])
async def test_a_clip_of_the_models_own_is_named_by_its_interaction_as_recorded(
    scenario: str, tmp_path: Path
) -> None:
    exchange = recorded("google-omni", scenario)
    source = replace(
        sent_file(tmp_path, "source-video", "video", CLIP),
        made=Made(provider="google-omni", remote_id="v1_prev", at_ms=0),
    )
    async with playing(exchange["response_used"]) as server:
        adapter = omni(server.url, tmp_path)
        request = replace(REQUESTS["google-omni", scenario], media=(source,))
        await adapter.submit(request, job_key="job")
        await adapter.close()
    assert server.asked[0].body == exchange["request"]["json"]


async def polled(
    vendor: Vendor, scenario: str, folder: Path, answer: dict[str, Any] | None = None
) -> Progress:
    """What the adapter makes of a recorded answer to a poll, which it asked for as recorded."""
    exchange = recorded(vendor, scenario)
    async with playing(answer or exchange["response_used"]) as server:
        adapter = (veo if vendor == "google-veo" else omni)(server.url, folder)
        found = await adapter.poll(VEO_JOB if vendor == "google-veo" else OMNI_JOB)
        await adapter.close()
    if exchange["case"].startswith("poll") and not exchange["request"]["path"].startswith("/v1beta/"):
        same_call(server.asked[0], exchange["request"])
        assert server.asked[0].body == exchange["request"].get("json")
    return found


async def test_an_operation_that_says_nothing_is_running(tmp_path: Path) -> None:
    assert await polled("google-veo", "running", tmp_path) == Running()
    assert await polled("google-omni", "running", tmp_path) == Running()


async def test_a_clip_inside_the_answer_is_fetched_by_asking_again(tmp_path: Path) -> None:
    exchange = recorded("google-veo", "done, clip inside")
    inside = exchange["response_used"]["json"]["response"]["videos"][0]["bytesBase64Encoded"]
    async with playing(exchange["response_used"]) as server:
        adapter = veo(server.url, tmp_path)
        done = await adapter.poll(VEO_JOB)
        assert isinstance(done, Done) and done.url == ""
        asset = await adapter.fetch(done, tmp_path / "clip.mp4")
        await adapter.close()
    same_call(server.asked[1], exchange["request"])
    assert asset.path.read_bytes() == base64.b64decode(inside)


async def test_an_interaction_with_the_clip_inside_is_not_lost(tmp_path: Path) -> None:
    exchange = recorded("google-omni", "answer with the clip inside")
    inside = exchange["response_used"]["json"]["steps"][0]["content"][0]["data"]
    async with playing(exchange["response_used"]) as server:
        adapter = omni(server.url, tmp_path)
        done = await adapter.poll(OMNI_JOB)
        assert isinstance(done, Done) and done.url == ""
        asset = await adapter.fetch(done, tmp_path / "clip.mp4")
        await adapter.close()
    assert asset.path.read_bytes() == base64.b64decode(inside)


async def test_a_clip_in_a_bucket_or_behind_a_link_is_done(tmp_path: Path) -> None:
    done = await polled("google-veo", "done, clip in a bucket", tmp_path)
    assert isinstance(done, Done) and done.url == "gs://bucket/prefix/123/sample_0.mp4"
    done = await polled("google-omni", "done", tmp_path)
    assert isinstance(done, Done) and done.data == {"video_tokens": 46890}
    assert done.url == "https://generativelanguage.googleapis.com/v1beta/files/vid1:download?alt=media"


@pytest.mark.parametrize("link", ["/v1/files/vid1:download", "/v1/files/vid1:download?alt=media"])
async def test_a_download_is_the_official_one_whatever_the_link_says(link: str, tmp_path: Path) -> None:
    exchange = recorded("google-omni", "download")
    async with playing(exchange["response_used"]) as server:
        adapter = omni(server.url, tmp_path)
        done = Done(ticket=OMNI_JOB, url=server.url + link)
        asset = await adapter.fetch(done, tmp_path / "clip.mp4")
        await adapter.close()
    same_call(server.asked[0], exchange["request"])
    assert asset.path.read_bytes() == CLIP and KEY not in str(server.asked[0].query)


@pytest.mark.parametrize("scenario", ["refused prompt, found out late", "refused prompt, in the usual words"])
async def test_a_prompt_that_is_refused_after_the_start_is_told_as_such(
    scenario: str, tmp_path: Path
) -> None:
    end = await polled("google-veo", scenario, tmp_path)
    assert isinstance(end, Failed) and isinstance(end.error, PromptModerated)
    assert end.error.vendor_code == "child:58061214"


async def test_a_passing_failure_of_the_vendor_is_its_fault(tmp_path: Path) -> None:
    end = await polled("google-veo", "passing failure", tmp_path)
    assert isinstance(end, Failed) and isinstance(end.error, VendorFault)
    end = await polled("google-omni", "failed", tmp_path)
    assert isinstance(end, Failed) and isinstance(end.error, VendorFault)
    assert end.error.vendor_code == "internal_error" and end.error.said == "Generation failed."


def test_a_refusal_because_of_the_sound_is_named_and_not_billed() -> None:
    answer = recorded("google-veo", "withheld because of its sound")["response_used"]["json"]["response"]
    reasons = answer["generateVideoResponse"]["raiMediaFilteredReasons"]
    error, billed = withheld(reasons, provider="google-veo", model="veo-3.1", remote_id="op")
    assert (error.vendor_code, billed) == ("audio", False)


async def test_words_instead_of_a_clip_are_a_refusal(tmp_path: Path) -> None:
    end = await polled("google-omni", "withheld", tmp_path)
    assert isinstance(end, Failed) and isinstance(end.error, OutputModerated)
    assert end.error.said == "I can't generate that video."


async def test_an_unknown_interaction_is_over_although_it_is_a_400(tmp_path: Path) -> None:
    end = await polled("google-omni", "unknown job", tmp_path)
    assert isinstance(end, Failed) and isinstance(end.error, Expired)


async def test_a_cancel_is_the_official_one(tmp_path: Path) -> None:
    exchange = recorded("google-omni", "cancelled")
    async with playing(exchange["response_used"]) as server:
        adapter = omni(server.url, tmp_path)
        assert await adapter.cancel(OMNI_JOB) is True
        await adapter.close()
    same_call(server.asked[0], exchange["request"])
    end = await polled("google-omni", "cancelled", tmp_path)
    assert isinstance(end, Failed) and isinstance(end.error, VendorFault)
    assert end.error.vendor_code == "cancelled"


@pytest.mark.parametrize(("vendor", "scenario", "kind"), REFUSALS)
async def test_a_refusal_is_read_by_what_it_means_for_credits(
    vendor: Vendor, scenario: str, kind: type[ProviderError], tmp_path: Path
) -> None:
    exchange = recorded(vendor, scenario)
    async with playing(exchange["response_used"]) as server:
        adapter = (veo if vendor == "google-veo" else omni)(server.url, tmp_path)
        with pytest.raises(kind) as caught:
            await adapter.submit(VEO if vendor == "google-veo" else OMNI, job_key="job")
        await adapter.close()
    assert type(caught.value) is kind and len(server.asked) == 1
    if "details" in str(exchange["response_used"]["json"]) and kind is NoFunds:
        assert caught.value.retry_after == 37
    if vendor == "google-omni" and kind is RateLimited:
        assert caught.value.retry_after == 30
