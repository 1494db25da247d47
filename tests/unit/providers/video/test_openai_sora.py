"""Sora-shaped services: recorded exchanges, the maker's SDK at the stand-in, sizes, failures in HTTP 200."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, Made, MediaInput, ProviderConfig, Queued, Running, Ticket
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
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.openai_sora import OpenaiSora, build_call, size_of
from tests.contract.stage_openai_sora import SoraStage, openai_sora, wish
from tests.contract.test_video_provider import ended, finished, seconds_of
from tests.fakes.openai_sora import GOOD_KEY
from tests.unit.providers.video.playback import (
    Playback,
    answers,
    expected_body,
    form_parts,
    playing,
    requests,
    same_call,
)

FOLDER = "openai-sora"
TICKET = Ticket(provider=FOLDER, model="sora-2", remote_id="video_123")
CAT = "a cat plays piano"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SoraStage]:
    """The fake and its adapters."""
    async with openai_sora(tmp_path) as opened:
        yield opened


def adapter(server: Playback, **options: str) -> OpenaiSora:
    return OpenaiSora(
        ProviderConfig(
            id=FOLDER,
            base_url=f"{server.url}/v1/",
            keys={"REELS_API_KEY": "sk-dummy"},
            work_dir=Path(),
            timeout_seconds=5,
            options=options,
        )
    )


def source(remote_id: str = "video_123", provider: str = FOLDER) -> MediaInput:
    return MediaInput(
        role="source-video",
        kind="video",
        path=Path("nowhere"),
        mime="video/mp4",
        size_bytes=1,
        made=Made(provider=provider, remote_id=remote_id, at_ms=0),
    )


# ---- recordings


async def submitted(scenario: str, request: Any, **options: str) -> tuple[dict[str, Any], Ticket]:
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server, **options)
        ticket = await provider.submit(request, job_key="job-42")
        await provider.close()
    same_call(server.heard[0], requests(FOLDER, scenario)[0])
    assert server.heard[0]["headers"]["authorization"] == "Bearer sk-dummy"
    return server.heard[0], ticket


@pytest.mark.parametrize(
    ("scenario", "request_", "options"),
    [
        ("text", wish(prompt=CAT, seconds=8), {}),
        ("large and long", wish("sora-2-pro", "x", seconds=20, resolution="1080p"), {}),
        ("changed", wish(prompt="make it night", mode="edit", media=(source(),)), {}),
        (
            "changed in the older way",
            wish(prompt="make it night", mode="edit", media=(source(),)),
            {"edit": "remix"},
        ),
        ("extended", wish(prompt="keep going", mode="extend", media=(source(),)), {}),
    ],
)
async def test_a_wish_is_sent_as_recorded(scenario: str, request_: Any, options: dict[str, str]) -> None:
    heard, ticket = await submitted(scenario, request_, **options)
    assert heard["json"] == expected_body(FOLDER, scenario)
    assert ticket.remote_id == answers(FOLDER, scenario)[0]["json"]["id"]


async def test_a_form_has_parts_as_the_sdk_sends_them(tmp_path: Path) -> None:
    heard, _ = await submitted("text as a form", wish(prompt=CAT, seconds=8), form="multipart")
    wanted = {part["name"]: part for part in requests(FOLDER, "text as a form")[0]["multipart"]}
    assert heard["type"].startswith("multipart/form-data")
    assert {part["name"]: part for part in form_parts(heard)} == wanted
    path = tmp_path / "someone's private name.png"
    path.write_bytes(b"\0" * 70)
    frame = MediaInput(role="first-frame", kind="image", path=path, mime="image/png", size_bytes=70)
    request = wish("sora-2-pro", "animate", aspect="9:16", mode="first-frame", media=(frame,))
    heard, _ = await submitted("first frame", request)
    wanted = {part["name"]: part for part in requests(FOLDER, "first frame")[0]["multipart"]}
    del wanted["input_reference"]["value"]
    wanted["input_reference"]["filename"] = "first-frame.png"
    assert {part["name"]: part for part in form_parts(heard)} == wanted


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {
        "queued": Queued,
        "running": Running,
        "done": Done,
        "moderated": OutputModerated,
        "unknown job": Expired,
    }.items(),
)
async def test_a_recorded_standing_is_read(scenario: str, kind: type) -> None:
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server)
        remote_id = requests(FOLDER, scenario)[0]["path"].split("/")[-1]
        progress = await provider.poll(replace(TICKET, remote_id=remote_id))
        await provider.close()
    same_call(server.heard[0], requests(FOLDER, scenario)[0])
    assert type(progress.error if isinstance(progress, Failed) else progress) is kind
    if isinstance(progress, Running):
        assert progress.fraction == 0.45
    if isinstance(progress, Done):
        assert progress.url == f"{server.url}{requests(FOLDER, 'content')[0]['path']}"


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {
        "bad request": BadRequest,
        "refused prompt": PromptModerated,
        "bad key": BadKey,
        "key without permission": BadKey,
        "rate limit": RateLimited,
        "model gone": ModelGone,
        "server error": OutcomeUnknown,
    }.items(),
)
async def test_a_recorded_refusal_has_its_consequence(scenario: str, kind: type[ProviderError]) -> None:
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server)
        with pytest.raises(ProviderError) as caught:
            await provider.submit(wish(), job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind and len(server.heard) == 1
    if kind is RateLimited:
        assert caught.value.retry_after == 20


# ---- traps


def test_seconds_are_a_text_and_the_size_is_worked_out_or_stated() -> None:
    _, fields = build_call(wish(seconds=8), provider=FOLDER, remixes=False)
    assert fields["seconds"] == "8"
    sizes = {("720p", "16:9"): "1280x720", ("1080p", "9:16"): "1080x1920", ("768p", "1:1"): "768x768"}
    for (resolution, aspect), size in sizes.items():
        assert size_of(wish(resolution=resolution, aspect=aspect)) == size
    stated = replace(wish(), options={"size 720p 16:9": "1280x704"})
    assert size_of(stated) == "1280x704"
    with pytest.raises(Unsupported):
        size_of(wish(aspect="auto"))


async def test_a_frame_of_another_size_is_refused_before_anything_is_sent(stage: SoraStage) -> None:
    request = wish(mode="first-frame", media=(stage.frame(640, 480),))
    with pytest.raises(Unsupported, match="exactly 1280x720"):
        await stage.adapter().submit(request, job_key="job")
    unmeasured = replace(stage.frame(640, 480), width=0, height=0)
    with pytest.raises(BadRequest):
        await stage.adapter().submit(replace(request, media=(unmeasured,)), job_key="job")
    assert stage.jobs() == 0 and len(stage.vendor.seen) == 1


@pytest.mark.parametrize(
    "changes", [{"sound": False}, {"seed": 7}, {"negative": "rain"}, {"mode": "references"}]
)
def test_what_the_api_has_no_word_for_is_never_dropped_silently(changes: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        build_call(replace(wish(), **changes), provider=FOLDER, remixes=False)


def test_a_clip_of_another_service_cannot_be_changed_here() -> None:
    for clip in (source(provider="kling"), replace(source(), made=None)):
        with pytest.raises(Unsupported):
            build_call(wish(mode="edit", media=(clip,)), provider=FOLDER, remixes=False)


async def test_an_extension_comes_back_whole(stage: SoraStage, tmp_path: Path) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(wish(mode="extend", seconds=4, media=(stage.source(),)), job_key="job")
    asset = await provider.fetch(await finished(provider, ticket), tmp_path / "clip.mp4")
    assert abs(seconds_of(asset.path) - 8) < 0.25
    remixed = stage.adapter(edit="remix")
    changed = await remixed.submit(wish(mode="edit", media=(stage.source(),)), job_key="job")
    assert isinstance(await ended(remixed, changed), Done)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("end-failed", VendorFault), ("end-moderated", OutputModerated), ("end-expired", Expired)],
)
async def test_a_failure_inside_http_200_is_told_by_its_code(
    stage: SoraStage, fault: str, kind: type[ProviderError]
) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(wish(prompt=f"[fault:{fault}]"), job_key="job")
    failed = await ended(provider, ticket)
    assert isinstance(failed, Failed) and type(failed.error) is kind


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("submit-billing", NoFunds), ("submit-moderated-words", PromptModerated), ("submit-403", BadKey)],
)
async def test_each_refusal_has_its_consequence(
    stage: SoraStage, fault: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await stage.adapter().submit(wish(prompt=f"[fault:{fault}]"), job_key="job")
    assert type(caught.value) is kind and stage.jobs() == 0


async def test_a_gateway_may_leave_out_all_but_id_and_status(stage: SoraStage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(wish(prompt="[fault:sparse][fault:poll-strange]"), job_key="job")
    with pytest.raises(Unreachable, match="pondering"):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)


# ---- the maker's SDK


@pytest.fixture
def sdk(stage: SoraStage) -> Any:
    """The SDK's client."""
    if importlib.util.find_spec("openai") is None:
        pytest.skip("openai is not installed (extra sdk)")
    module = importlib.import_module("openai")
    return module.OpenAI(api_key=GOOD_KEY, base_url=stage.vendor.base_url, max_retries=0)


@pytest.mark.filterwarnings("ignore")
async def test_the_official_sdk_makes_a_clip_at_the_stand_in(
    sdk: Any, stage: SoraStage, tmp_path: Path
) -> None:
    path = stage.frame().path

    def run() -> bytes:
        made = sdk.videos.create_and_poll(model="sora-2", prompt=CAT, seconds="4", size="1280x720")
        with path.open("rb") as frame:
            framed = sdk.videos.create(
                model="sora-2", prompt=CAT, seconds="4", size="1280x720", input_reference=frame
            )
        assert made.status == "completed" and framed.status == "queued"
        return bytes(sdk.videos.download_content(made.id).read())

    clip = await asyncio.to_thread(run)
    sdk.close()
    (tmp_path / "clip.mp4").write_bytes(clip)
    assert abs(seconds_of(tmp_path / "clip.mp4") - 4) < 0.25 and stage.jobs() == 2
    forms = [call for call in stage.vendor.seen if call.method == "POST"]
    assert all(call.headers["Content-Type"].startswith("multipart/form-data") for call in forms)
