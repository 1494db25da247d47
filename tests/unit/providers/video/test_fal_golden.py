"""fal's recordings: the adapter sends what the SDKs sent and reads every recorded answer as it is meant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, MediaInput, Progress, ProviderConfig, Queued, Running, Ticket
from providers.catalogue import load
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    ModelGone,
    NoFunds,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
)
from providers.video.fal import Fal
from providers.wire.fal import START_SECONDS, FalQueue
from tests.contract.stage_fal import wish
from tests.unit.providers.video.playback import GOLDEN, Playback, expected_body, index, playing, recorded

KEY = "key_id_dummy:key_secret_dummy"
JOB = "764cabcf-b745-4b3e-ae38-1200304cf45b"
HOME = f"/fal-ai/kling-video/requests/{JOB}"
TICKET = Ticket(
    provider="fal",
    model="kling-2.6",
    remote_id=JOB,
    endpoint=HOME,
    data={"status": f"{HOME}/status", "cancel": f"{HOME}/cancel"},
)


def config(url: str) -> ProviderConfig:
    return ProviderConfig(
        id="fal",
        base_url=url,
        keys={"FAL_KEY": KEY},
        work_dir=Path(),
        timeout_seconds=5,
        options={"storage_url": url},
    )


def answers(scenario: str) -> list[Any]:
    """What was answered, step by step."""
    found = recorded("fal", scenario)
    steps = found.get("sequence") or [{"response_used": found["response_used"]}]
    return [step["response_used"] for step in steps]


def compare(heard: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Method, path, query and the headers that matter."""
    path, _, query = wanted["url"].partition("://")[2].partition("/")[2].partition("?")
    assert heard["method"] == wanted["method"]
    assert heard["path"].lstrip("/") == path
    assert sorted(f"{name}={value}" for name, value in heard["query"]) == sorted(
        filter(None, query.split("&"))
    )
    sent = {name.lower(): value for name, value in wanted["headers"].items()}
    for name in ("authorization", "content-type"):
        if name in sent and (name == "authorization" or wanted["method"] != "GET"):
            assert heard["headers"].get(name) == sent[name]


def texts() -> dict[str, Any]:
    catalogue = load()
    image = MediaInput(
        role="reference-image", kind="image", path=Path(), mime="", size_bytes=1, name="singer"
    )
    voice = replace(image, role="reference-audio", kind="audio", name="Song")
    return {
        "pictures and a recording": wish(
            catalogue.route("fal", "seedance-2.0"),
            prompt="@singer sings on stage to @song",
            mode="references",
            media=(image, voice),
            seconds=8,
            resolution="720p",
        ),
        "a picture and a recording that leads": wish(
            catalogue.route("fal", "ltx-2.3"),
            prompt="a singer on a stage",
            mode="first-frame",
            aspect="auto",
            media=(replace(image, role="first-frame", name=""), replace(voice, name="")),
        ),
        "a picture that talks": wish(
            catalogue.route("fal", "kling-avatar"),
            prompt="she sings to herself",
            mode="first-frame",
            aspect="auto",
            media=(replace(image, role="first-frame", name=""), replace(voice, role="voice", name="")),
        ),
        "text with sound": wish(
            catalogue.route("fal", "veo-3.1"), prompt="a fox in snow", seconds=8, resolution="1080p"
        ),
    }


@pytest.mark.parametrize("scenario", texts())
async def test_a_wish_is_sent_as_the_sdk_sends_it(scenario: str, monkeypatch: pytest.MonkeyPatch) -> None:
    links = iter(("https://v3.fal.media/files/a/ref.png", "https://v3.fal.media/files/a/voice.mp3"))

    async def stored(self: FalQueue, item: MediaInput, *, model: str) -> str:
        return next(links)

    monkeypatch.setattr(FalQueue, "store", stored)
    async with playing(*answers(scenario)) as server:
        provider = Fal(config(server.url))
        ticket = await provider.submit(texts()[scenario], job_key="job-42")
        await provider.close()
    assert len(server.heard) == 1
    heard, wanted = server.heard[0], recorded("fal", scenario)["request"]
    # Nothing is told to call us back: the bot asks.
    compare(heard, {**wanted, "url": wanted["url"].partition("?")[0]})
    assert heard["json"] == expected_body("fal", scenario)
    assert heard["headers"]["x-fal-request-timeout"] == str(START_SECONDS)
    assert ticket.remote_id == JOB
    answered = recorded("fal", scenario)["response_used"]["json"]
    assert answered["status_url"].endswith(str(ticket.data["status"]))
    assert answered["response_url"].endswith(ticket.endpoint)
    assert answered["cancel_url"].endswith(str(ticket.data["cancel"]))


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {"bad key": BadKey, "no funds": NoFunds, "model gone": ModelGone, "rate limit": RateLimited}.items(),
)
async def test_a_recorded_refusal_has_its_consequence(scenario: str, kind: type[ProviderError]) -> None:
    async with playing(*answers(scenario)) as server:
        provider = Fal(config(server.url))
        with pytest.raises(ProviderError) as caught:
            await provider.submit(texts()["text with sound"], job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind and len(server.heard) == 1
    if kind is RateLimited:
        assert caught.value.retry_after == 2


async def polled(*played: Any) -> tuple[Progress, Playback]:
    async with playing(*played) as server:
        provider = Fal(config(server.url))
        progress = await provider.poll(TICKET)
        await provider.close()
    return progress, server


async def test_recorded_standings_are_read() -> None:
    for scenario, wanted in {
        "queued": Queued(position=4),
        "queued, from the other SDK": Queued(position=2),
        "running": Running(),
    }.items():
        progress, server = await polled(*answers(scenario))
        assert progress == wanted, scenario
        if "other" not in scenario:
            asked = recorded("fal", scenario)["request"]
            compare(server.heard[0], {**asked, "url": asked["url"].replace("logs=true", "logs=false")})


async def test_a_recorded_result_is_read() -> None:
    done, server = await polled(*answers("done"))
    assert isinstance(done, Done) and done.url == "https://v3.fal.media/files/b/out.mp4"
    assert done.data == {"seed": 42}
    for heard, step in zip(server.heard, recorded("fal", "done")["sequence"], strict=True):
        compare(heard, step["request"])
    alone, _ = await polled(*answers("finished"), answers("done")[1])
    assert isinstance(alone, Done)


@pytest.mark.parametrize(
    ("played", "kind", "code", "billed"),
    [
        (["finished, and then refused"], BadRequest, "value_error.const", None),
        # What names a field of the request is a refusal of what was sent.
        (["finished", "moderated"], PromptModerated, "content_policy_violation", False),
    ],
)
async def test_a_job_can_be_finished_and_have_failed(
    played: list[str], kind: type[ProviderError], code: str, billed: bool | None
) -> None:
    failed, _ = await polled(*(answer for scenario in played for answer in answers(scenario)))
    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.error.vendor_code, failed.billed) == (kind, code, billed)
    assert failed.error.remote_id == JOB


async def test_a_withheld_clip_is_told_apart_from_a_refused_prompt() -> None:
    answer = answers("moderated")[0]
    problem = answer["json"]["detail"][0] | {"loc": ["output", "video"]}
    failed, _ = await polled(*answers("finished"), {**answer, "json": {"detail": [problem]}})
    assert isinstance(failed, Failed) and type(failed.error) is OutputModerated


async def test_an_error_beside_the_status_is_looked_up() -> None:
    gone = {"status": 404, "json": {"detail": "Request not found"}}
    failed, server = await polled(*answers("ended with an error"), gone)
    assert len(server.heard) == 2
    assert isinstance(failed, Failed) and isinstance(failed.error, Expired)


@pytest.mark.parametrize(
    "scenario",
    ["stopped", "stopped, from the other SDK", "too late to be stopped", "nothing to be stopped"],
)
async def test_a_job_is_stopped_as_recorded_and_looked_at_again(scenario: str) -> None:
    async with playing(*answers(scenario), *answers("running")) as server:
        provider = Fal(config(server.url))
        assert await provider.cancel(TICKET) is False
        await provider.close()
    asked = recorded("fal", scenario)["request"]
    if "other" not in scenario:
        compare(server.heard[0], asked)
    assert server.heard[0]["method"] == asked["method"] == "PUT"
    assert server.heard[1]["path"] == TICKET.data["status"]


async def test_a_file_is_handed_over_as_recorded(tmp_path: Path) -> None:
    path = tmp_path / "someone's private name.mp3"
    path.write_bytes(b"\0" * 32)
    item = MediaInput(
        role="reference-audio", kind="audio", path=path, mime="audio/mpeg; x=1", size_bytes=32, seconds=2
    )
    wanted = [step["request"] for step in recorded("fal", "file handed over")["sequence"]]
    first, second = answers("file handed over")
    async with playing(first, second) as server:
        first["json"]["upload_url"] = f"{server.url}/put?sig=1"
        queue = FalQueue(config(server.url), env=("FAL_KEY",))
        link = await queue.store(item, model="seedance-2.0")
        await queue.close()
    assert link == "https://v3.fal.media/files/x/note.mp3"
    compare(server.heard[0], wanted[0])
    assert server.heard[0]["json"] == wanted[0]["json"] | {"file_name": "reference-audio.mp3"}
    lifetime = server.heard[0]["headers"]["x-fal-object-lifecycle"]
    assert lifetime.replace(" ", "") == wanted[0]["headers"]["x-fal-object-lifecycle"]
    compare(server.heard[1], wanted[1])
    assert server.heard[1]["bytes"] == 32 and "authorization" not in server.heard[1]["headers"]


def test_every_recording_is_used_or_exempt() -> None:
    table = index("fal")
    named = [*table["scenario"].values(), *table["exempt"]]
    assert sorted(named) == sorted(path.name for path in (GOLDEN / "fal").glob("*.json"))
    assert all(len(reason) > 10 for reason in table["exempt"].values())
