"""Kling's recordings: the adapters send what was recorded and read every recorded answer as it is meant."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, Progress, Queued, Running, Shot, Ticket, VideoRequest
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
)
from providers.signing import jwt_hs256
from providers.video.kling import Kling
from providers.video.kling_legacy import KlingLegacy, token_claims
from tests.unit.providers.video.playback import (
    GOLDEN,
    KEY,
    PAIR,
    asked,
    config,
    expected_body,
    index,
    linked,
    playing,
    recorded,
    stored,
)

TICKET = Ticket(
    provider="kling", model="kling-2.6", remote_id="893605946402811985", data={"unit_usd": "0.14"}
)
LEGACY_TICKET = Ticket(
    provider="kling-legacy",
    model="kling-2.6",
    remote_id="893605946402811985",
    endpoint="/v1/videos/text2video",
    data={"unit_usd": "0.14"},
)
BREAD = 'A baker says softly: "Fresh bread."'
SHOTS = (Shot(prompt="a door opens", seconds=2), Shot(prompt="a woman says hello", seconds=4))

NEW: dict[str, VideoRequest] = {
    "text with sound": asked("kling-2.6", BREAD, resolution="1080p"),
    "text, silent": asked("kling-2.6", "Waves.", seconds=10, aspect="9:16", sound=False),
    "text on a silent model": asked(
        "kling-2.5-turbo", "Waves.", aspect="1:1", resolution="1080p", sound=False
    ),
    "text where sound is always on": asked("kling-3.0-turbo", "Waves.", seconds=3),
    "several shots": asked("kling-3.0", "", seconds=6, shots=SHOTS),
    "named pictures": asked(
        "kling-o1",
        "@hero walks into @Place.",
        mode="references",
        seconds=7,
        sound=False,
        media=(
            linked("reference-image", "hero", "first.png"),
            linked("reference-image", "place", "last.png"),
        ),
    ),
    "in a voice of the account": asked(
        "kling-2.6",
        "The woman @voice_1 whispers hello.",
        mode="first-frame",
        resolution="1080p",
        media=(linked("first-frame", "", "first.png"),),
        voices=("891495440020668439",),
    ),
    "named element": asked("kling-3.0-omni", "@hero speaks.", aspect="9:16", resolution="1080p"),
    "edit that keeps the sound": asked(
        "kling-o1",
        "Make @clip snowy.",
        mode="edit",
        seconds=10,
        aspect="auto",
        media=(linked("source-video", "clip", "clip.mp4"),),
    ),
}
OLD: dict[str, VideoRequest] = {
    "text with sound": asked("kling-v2-6", 'A baker says: "Fresh bread."', resolution="1080p"),
    "text on a silent model": asked("kling-v2-5-turbo", "Waves.", resolution="1080p", sound=False),
    "named picture": asked(
        "kling-video-o1",
        "@hero waves",
        mode="references",
        resolution="1080p",
        sound=False,
        media=(linked("reference-image", "hero", "first.png"),),
    ),
}
OLD["in a voice of the account"] = asked(
    "kling-v2-6",
    'The man @voice_1 says: "Hello"',
    mode="first-frame",
    resolution="1080p",
    media=(linked("first-frame", "", "first.png"),),
    voices=("891495440020668439",),
)
OLD["named picture, from an unofficial client"] = OLD["named picture"]


async def submitted(scenario: str, request: VideoRequest) -> tuple[dict[str, Any], Ticket]:
    """What the adapter sends for a wish, and the ticket it reads from the recorded answer."""
    async with playing(recorded("kling", scenario)["response_used"]) as server:
        provider = Kling(config("kling", server.url, element_hero="321922438904313"))
        ticket = await provider.submit(request, job_key="job-42")
        await provider.close()
    assert len(server.heard) == 1
    return server.heard[0], ticket


def compare(heard: dict[str, Any], scenario: str, folder: str) -> None:
    wanted = recorded(folder, scenario)["request"]
    assert (heard["method"], heard["path"], heard["query"]) == (
        wanted["method"],
        wanted["path"],
        wanted["query"],
    )
    assert heard["json"] == expected_body(folder, scenario)
    assert heard["headers"]["content-type"] == wanted["headers"]["content-type"]


@pytest.mark.parametrize("scenario", NEW)
async def test_a_wish_is_sent_as_the_vendor_documents_it(scenario: str) -> None:
    heard, ticket = await submitted(scenario, NEW[scenario])
    compare(heard, scenario, "kling")
    assert heard["headers"]["authorization"] == f"Bearer {KEY}"
    assert ticket.remote_id == "893605946402811985"


async def test_a_picture_is_sent_as_bare_base64(tmp_path: Path) -> None:
    scenario = "first frame as base64"
    text = recorded("kling", scenario)["request"]["json"]["contents"][1]["url"]
    picture = stored("first-frame", text, tmp_path)
    request = asked("kling-2.6", "Move.", mode="first-frame", sound=False, media=(picture,))
    heard, _ = await submitted(scenario, request)
    compare(heard, scenario, "kling")


@pytest.mark.parametrize("scenario", OLD)
async def test_the_older_api_is_asked_as_recorded(scenario: str) -> None:
    async with playing(recorded("kling-legacy", scenario)["response_used"]) as server:
        provider = KlingLegacy(config("kling-legacy", server.url))
        ticket = await provider.submit(OLD[scenario], job_key="job-42")
        await provider.close()
    compare(server.heard[0], scenario, "kling-legacy")
    assert server.heard[0]["headers"]["authorization"].startswith("Bearer eyJ")
    assert (ticket.remote_id, ticket.endpoint) == ("893605946402811985", server.heard[0]["path"])


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {
        "our key is taken": BadRequest,  # nothing is found under it, so it was something else
        "bad request": BadRequest,
        "refused prompt": PromptModerated,
        "bad key": BadKey,
        "key without permission": BadKey,
        "model gone": ModelGone,
        "no funds": NoFunds,
        "rate limit": RateLimited,
        "address not allowed": BadKey,
        "maintenance on submit": OutcomeUnknown,
        "time-out on submit": OutcomeUnknown,
    }.items(),
)
async def test_a_recorded_refusal_has_its_consequence(scenario: str, kind: type[ProviderError]) -> None:
    nothing = recorded("kling", "unknown job")["response_used"]
    async with playing(recorded("kling", scenario)["response_used"], nothing) as server:
        provider = Kling(config("kling", server.url))
        with pytest.raises(ProviderError) as caught:
            await provider.submit(NEW["text with sound"], job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind
    posts = [call for call in server.heard if call["method"] == "POST"]
    assert len(posts) == 1


async def test_a_key_that_is_taken_leads_to_the_task_that_has_it() -> None:
    taken, found = recorded("kling", "our key is taken"), recorded("kling", "looked up by our key")
    async with playing(taken["response_used"], found["response_used"]) as server:
        provider = Kling(config("kling", server.url))
        ticket = await provider.submit(NEW["text with sound"], job_key="job-42")
        await provider.close()
    assert ticket.remote_id == "893605946402811985"
    assert (server.heard[1]["path"], server.heard[1]["query"]) == (
        found["request"]["path"],
        found["request"]["query"],
    )


async def polled(scenario: str) -> Progress:
    async with playing(recorded("kling", scenario)["response_used"]) as server:
        provider = Kling(config("kling", server.url))
        progress = await provider.poll(TICKET)
        await provider.close()
    wanted = recorded("kling", scenario)["request"]
    assert (server.heard[0]["method"], server.heard[0]["path"]) == (wanted["method"], wanted["path"])
    if TICKET.remote_id in str(wanted["query"]) and "," not in str(wanted["query"][0][1]):
        assert server.heard[0]["query"] == wanted["query"]
    return progress


async def test_recorded_standings_are_read() -> None:
    assert await polled("queued") == Queued()
    assert await polled("running") == Running()
    assert await polled("several jobs in one question") == Running()
    done = await polled("done")
    assert isinstance(done, Done) and done.url == "https://cdn.example.org/v.mp4"
    assert (done.cost_usd, done.data) == (Decimal("0.70"), {"video_id": "9001", "units": "5"})


async def test_a_failure_that_only_its_words_tell_is_understood() -> None:
    failed = await polled("moderated")
    assert isinstance(failed, Failed) and type(failed.error) is OutputModerated
    assert failed.error.said == "Failure to pass the risk control system"


async def test_an_unknown_job_is_over() -> None:
    gone = await polled("unknown job")
    assert isinstance(gone, Failed) and type(gone.error) is Expired
    refused = await polled("too many ids in one question")
    assert isinstance(refused, Failed) and type(refused.error) is Expired


async def legacy_polled(scenario: str) -> Progress:
    async with playing(recorded("kling-legacy", scenario)["response_used"]) as server:
        provider = KlingLegacy(config("kling-legacy", server.url))
        progress = await provider.poll(LEGACY_TICKET)
        await provider.close()
    assert server.heard[0]["path"] == recorded("kling-legacy", scenario)["request"]["path"]
    return progress


async def test_the_older_api_says_succeed() -> None:
    done = await legacy_polled("done")
    assert isinstance(done, Done) and (done.cost_usd, done.url) == (
        Decimal("0.70"),
        "https://cdn.example.org/v.mp4",
    )
    plain = await legacy_polled("done, as an unofficial client reads it")
    assert isinstance(plain, Done) and plain.cost_usd is None
    failed = await legacy_polled("moderated")
    assert isinstance(failed, Failed) and type(failed.error) is OutputModerated


async def test_the_older_api_refuses_a_prompt() -> None:
    async with playing(recorded("kling-legacy", "refused prompt")["response_used"]) as server:
        provider = KlingLegacy(config("kling-legacy", server.url))
        with pytest.raises(PromptModerated) as caught:
            await provider.submit(OLD["text with sound"], job_key="job-42")
        await provider.close()
    assert caught.value.vendor_code == "1301"


def opened(token: str) -> list[Any]:
    """Header and claims of a token."""
    parts = token.split(".")[:2]
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts]


def test_a_token_is_signed_as_recorded() -> None:
    vector = recorded("kling-legacy", "signed token")
    inputs = vector["inputs"]
    claims = token_claims(inputs["access_key"], inputs["now_unix"])
    token = jwt_hs256(claims, inputs["secret_key"])
    assert token == vector["token"]
    assert opened(token) == [vector["header"], vector["claims"]]
    assert jwt_hs256(claims, PAIR["KLING_SECRET_KEY"] + "x") != token


@pytest.mark.parametrize("folder", ["kling", "kling-legacy"])
def test_every_recording_is_used_or_exempt(folder: str) -> None:
    table = index(folder)
    named = [*table["scenario"].values(), *table["exempt"]]
    files = {path.name for path in (GOLDEN / folder).glob("*.json")}
    assert sorted(named) == sorted(files)
    assert all(len(reason) > 10 for reason in table["exempt"].values())
