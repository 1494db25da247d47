"""Seedance's traps: what must never be sent, bought twice, deleted or misunderstood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from providers.base import Done, Failed, MediaInput, Progress, Ticket, VideoProvider
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
    SoundModerated,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.bytedance_seedance import with_places, without_switches
from providers.wire.ark import kind_of
from tests.contract.stage_bytedance_seedance import SeedanceStage, film, picture, recording, request, seedance
from tests.fakes.bytedance_seedance import FakeArk


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SeedanceStage]:
    """BytePlus, listening."""
    async with seedance("byteplus", tmp_path) as opened:
        yield opened


@pytest.fixture
def ark(stage: SeedanceStage) -> FakeArk:
    """Its vendor."""
    return stage.ark


async def ended(adapter: VideoProvider, ticket: Ticket) -> Done | Failed:
    async with asyncio.timeout(10):
        while True:
            progress: Progress = await adapter.poll(ticket)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.02)


async def failure(stage: SeedanceStage, prompt: str) -> ProviderError:
    adapter = stage.adapter()
    end = await ended(adapter, await adapter.submit(request("byteplus", prompt=prompt), job_key="job"))
    assert isinstance(end, Failed) and end.billed is False
    return end.error


# ---------------------------------------------------------------------------------------------
# What is sent


async def test_nobody_can_buy_a_longer_or_larger_clip_with_switches_in_the_prompt(
    stage: SeedanceStage, ark: FakeArk
) -> None:
    prompt = "a cat sings --dur 15 --resolution=1080p  --RT 9:16 --seed 11 --watermark true softly"
    adapter = stage.adapter()
    await adapter.submit(request("byteplus", prompt=prompt), job_key="job")
    (job,) = ark.jobs.values()
    assert (job.order.seconds, job.order.resolution, job.order.ratio) == (4, "720p", "16:9")
    assert job.order.text == "a cat sings softly"


def test_other_double_hyphens_become_the_dash_that_they_stand_for() -> None:
    assert without_switches("rain -- then sun --wait for it, well--known") == (
        "rain -- then sun —wait for it, well—known"
    )
    assert without_switches("a clip --dur") == "a clip —dur"


def test_names_in_the_prompt_become_the_places_of_the_files(tmp_path: Path) -> None:
    hero, place = picture(tmp_path, name="Hero"), picture(tmp_path, name="heroine")
    song = replace(recording(tmp_path), name="song")
    prompt = "@hero and @heroine (@HERO!) sing @song for me@hero.example and @nobody"
    assert with_places(prompt, (hero, song, place)) == (
        "image 1 and image 2 (image 1!) sing audio 1 for me@hero.example and @nobody"
    )


async def test_only_documented_fields_are_sent_and_none_of_them_is_null(
    stage: SeedanceStage, ark: FakeArk
) -> None:
    adapter = stage.adapter()
    for number, shape in enumerate(stage.shapes().values()):
        await adapter.submit(shape, job_key=f"job {number}")
    documented = {
        "model",
        "content",
        "resolution",
        "ratio",
        "duration",
        "generate_audio",
        "watermark",
        "safety_identifier",
        "execution_expires_after",
        "omni_reference_task_type",
    }
    for body in ark.bodies:
        assert set(body) <= documented and None not in body.values()
        assert body["duration"] == (-1 if body.get("omni_reference_task_type") == "edit" else 4)
    newest = [body for body in ark.bodies if "omni_reference_task_type" in body]
    assert {body["model"] for body in newest} == {"dreamina-seedance-2-5-260628"}


async def test_recordings_are_named_as_the_vendor_names_them(
    stage: SeedanceStage, ark: FakeArk, tmp_path: Path
) -> None:
    media = (picture(tmp_path), recording(tmp_path), recording(tmp_path, mp3=True))
    await stage.adapter().submit(request("byteplus", mode="references", media=media), job_key="job")
    urls = [part[part["type"]]["url"] for part in ark.bodies[0]["content"][1:]]
    assert [url.partition(",")[0] for url in urls] == [
        "data:image/png;base64",
        "data:audio/wav;base64",
        "data:audio/mp3;base64",
    ]


async def test_a_clip_without_a_link_is_not_sent(stage: SeedanceStage, ark: FakeArk, tmp_path: Path) -> None:
    clip = replace(film(ark, tmp_path, "reference-video"), url="")
    with pytest.raises(Unsupported) as caught:
        await stage.adapter().submit(request("byteplus", mode="references", media=(clip,)), job_key="job")
    assert (caught.value.provider, caught.value.model) == ("bytedance-seedance", "seedance-2.0")
    assert ark.calls["create"] == 0


async def test_files_that_are_together_too_large_are_not_sent(
    stage: SeedanceStage, ark: FakeArk, tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(bytes(17_000_000))
    large = MediaInput(
        role="reference-image", kind="image", path=path, mime="image/png", size_bytes=17_000_000
    )
    with pytest.raises(Unsupported):
        await stage.adapter().submit(
            request("byteplus", mode="references", media=(large,) * 3), job_key="job"
        )
    assert ark.calls["create"] == 0


# ---------------------------------------------------------------------------------------------
# Stopping and looking up


async def test_a_finished_clip_is_not_deleted_by_stopping_too_late(
    stage: SeedanceStage, ark: FakeArk, tmp_path: Path
) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(request("byteplus"), job_key="job")
    await ended(adapter, ticket)
    assert await adapter.cancel(ticket) is False
    assert ark.calls["delete"] == 0
    done = await ended(adapter, ticket)
    assert isinstance(done, Done)
    assert (await adapter.fetch(done, tmp_path / "clip.mp4")).size_bytes > 1000


async def test_a_running_job_is_not_stopped_and_its_clip_still_comes(
    stage: SeedanceStage, ark: FakeArk
) -> None:
    adapter = stage.adapter()
    prompt = "[fault:queue-ms=0][fault:run-ms=200]"
    ticket = await adapter.submit(request("byteplus", prompt=prompt), job_key="job")
    assert await adapter.cancel(ticket) is False
    assert isinstance(await ended(adapter, ticket), Done)


@pytest.mark.parametrize("race", ["cancel-409", "cancel-flat-409"])
async def test_a_job_that_began_while_it_was_stopped_goes_on(
    stage: SeedanceStage, ark: FakeArk, race: str
) -> None:
    adapter = stage.adapter()
    prompt = f"[fault:queue-ms=150][fault:{race}]"
    ticket = await adapter.submit(request("byteplus", prompt=prompt), job_key="job")
    assert await adapter.cancel(ticket) is False
    assert ark.calls["delete"] == 1
    assert isinstance(await ended(adapter, ticket), Done)


async def test_a_lost_job_is_looked_for_with_one_question_a_second(
    stage: SeedanceStage, ark: FakeArk
) -> None:
    adapter = stage.adapter()
    wanted = await adapter.submit(request("byteplus"), job_key="lost")
    for number in range(30):
        await adapter.submit(request("byteplus"), job_key=f"other {number}")
    ark.list_gap_seconds = 1.0
    (found,) = await adapter.find_lost(request("byteplus"), job_key="lost", since_ms=0)
    assert found == wanted and ark.calls["list"] == 1
    with pytest.raises(Unreachable):
        await adapter.find_lost(request("byteplus"), job_key="lost", since_ms=0)


# ---------------------------------------------------------------------------------------------
# What went wrong


@pytest.mark.parametrize(
    ("prompt", "kind", "code"),
    [
        ("end-failed", VendorFault, "InternalServiceError"),
        ("end-moderated", OutputModerated, "OutputVideoSensitiveContentDetected"),
        ("end-sound-moderated", SoundModerated, "OutputAudioSensitiveContentDetected.PolicyViolation"),
        ("end-input-moderated", PromptModerated, "InputVideoSensitiveContentDetected.PrivacyInformation"),
        ("end-mismatch", BadRequest, "InvalidParameter.TaskTypeMismatch"),
        ("end-expired", Expired, ""),
    ],
)
async def test_what_is_told_late_says_whose_fault_it_is_and_costs_nothing(
    stage: SeedanceStage, prompt: str, kind: type[ProviderError], code: str
) -> None:
    error = await failure(stage, f"[fault:{prompt}]")
    assert (type(error), error.vendor_code) == (kind, code)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("submit-full", RateLimited),
        ("submit-rpm", RateLimited),
        ("submit-used-up", NoFunds),
        ("submit-limit", NoFunds),
        ("submit-person", PromptModerated),
        ("submit-closed", BadKey),
        ("submit-gone", ModelGone),
    ],
)
async def test_the_same_status_can_mean_wait_or_pay(
    stage: SeedanceStage, ark: FakeArk, fault: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(kind) as caught:
        await stage.adapter().submit(request("byteplus", prompt=f"[fault:{fault}]"), job_key="job")
    assert caught.value.env == (("ARK_API_KEY",) if kind in (NoFunds, BadKey) else ())
    assert not ark.jobs


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "InvalidAccountStatus", BadKey),
        (403, "AccessDenied", BadKey),
        (403, "OperationDenied.ServiceNotOpen", BadKey),
        (403, "OperationDenied.ServiceOverdue", NoFunds),
        (404, "InvalidEndpointOrModel.ModelIDAccessDisabled", BadKey),
        (404, "UnsupportedModel", BadKey),
        (400, "InvalidEndpoint.ClosedEndpoint", ModelGone),
        (400, "MissingParameter.model", BadRequest),
        (400, "InvalidArgumentError.UnknownRole", BadRequest),
        (400, "InvalidImageURL.EmptyURL", BadRequest),
        (400, "SensitiveContentDetected.SevereViolation", PromptModerated),
        (400, "InputTextRiskDetection", PromptModerated),
        (400, "InputAudioSensitiveContentDetected.PolicyViolation", PromptModerated),
        (422, "", BadRequest),
        (429, "ServerOverloaded", RateLimited),
        (429, "ModelAccountTpmRateLimitExceeded", RateLimited),
    ],
)
def test_each_code_of_the_vendor_has_its_consequence(
    status: int, code: str, kind: type[ProviderError]
) -> None:
    assert kind_of(status, code, "The request failed. Request id: 0217") is kind


async def test_a_word_for_a_state_that_nobody_knows_is_not_an_end(stage: SeedanceStage) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(request("byteplus", prompt="[fault:poll-strange]"), job_key="job")
    with pytest.raises(Unreachable):
        await adapter.poll(ticket)
    assert isinstance(await ended(adapter, ticket), Done)


async def test_a_key_that_was_taken_away_does_not_end_a_job(stage: SeedanceStage) -> None:
    ticket = await stage.adapter().submit(request("byteplus"), job_key="job")
    with pytest.raises(Unreachable) as caught:
        await stage.adapter("ark-wrong-77c0d2").poll(ticket)
    assert caught.value.vendor_code == "AuthenticationError"


async def test_a_moved_clip_is_fetched_and_its_use_is_told(stage: SeedanceStage, tmp_path: Path) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(request("byteplus", prompt="[fault:file-moved]"), job_key="job")
    done = await ended(adapter, ticket)
    assert isinstance(done, Done)
    assert done.data == {
        "seed": 58944,
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 4,
        "completion_tokens": 87_300,
    }
    asset = await adapter.fetch(done, tmp_path / "clip.mp4")
    assert (asset.mime, asset.size_bytes) == ("video/mp4", asset.path.stat().st_size)


@pytest.mark.parametrize(
    "odd",
    [
        {"duration": 4.5, "seed": None, "usage": None},
        {"usage": "many", "error": "", "seed": "7"},
        {"created_at": None, "framespersecond": "24", "safety_identifier": 5},
    ],
)
async def test_details_in_an_unusual_form_do_not_keep_a_paid_clip_back(
    stage: SeedanceStage, monkeypatch: pytest.MonkeyPatch, odd: dict[str, object]
) -> None:
    usual = FakeArk._standing
    monkeypatch.setattr(FakeArk, "_standing", lambda ark, job: usual(ark, job) | odd)
    adapter = stage.adapter()
    ticket = await adapter.submit(request("byteplus"), job_key="job")
    assert isinstance(await ended(adapter, ticket), Done)
    assert await adapter.find_lost(request("byteplus"), job_key="other", since_ms=0) == []
