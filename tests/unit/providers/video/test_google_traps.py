"""Traps of Google's APIs that no recording shows, against the fakes on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from providers.base import (
    CanCancel,
    CanFindLost,
    Done,
    Failed,
    ProviderConfig,
    Ticket,
    VideoProvider,
    VideoRequest,
)
from providers.errors import (
    BadRequest,
    Expired,
    NoFunds,
    OutputModerated,
    PromptModerated,
    RateLimited,
    SoundModerated,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.google_omni import CONTINUOUS, GoogleOmni, build_payload
from providers.video.google_veo import GoogleVeo
from tests.contract.stage_google import KEY_FILE, OmniStage, VeoStage, omni, veo
from tests.fakes.google_account import make_account
from tests.fakes.google_omni import GOOD_KEY, FakeOmni
from tests.fakes.google_veo import FakeVeo


@pytest.fixture
async def vertex(tmp_path: Path) -> AsyncIterator[VeoStage]:
    async with veo(tmp_path) as stage:
        yield stage


@pytest.fixture
async def bucket(tmp_path: Path) -> AsyncIterator[VeoStage]:
    async with veo(tmp_path, bucket="bucket/clips") as stage:
        yield stage


@pytest.fixture
async def interactions(tmp_path: Path) -> AsyncIterator[OmniStage]:
    async with omni(tmp_path) as stage:
        yield stage


async def ended(provider: VideoProvider, ticket: Ticket) -> Done | Failed:
    async with asyncio.timeout(10):
        while True:
            progress = await provider.poll(ticket)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.01)


async def made(provider: VideoProvider, request: VideoRequest) -> Done:
    end = await ended(provider, await provider.submit(request, job_key="job"))
    assert isinstance(end, Done), end
    return end


async def failed(provider: VideoProvider, request: VideoRequest, fault: str) -> Failed:
    request = replace(request, prompt=f"a cat [fault:{fault}]")
    end = await ended(provider, await provider.submit(request, job_key="job"))
    assert isinstance(end, Failed), end
    return end


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as clip:
        return (clip.duration or 0) / 1_000_000


# ---------------------------------------------------------------------------------------------
# Veo on Vertex


async def test_an_extension_comes_back_with_its_source(vertex: VeoStage, tmp_path: Path) -> None:
    source = vertex.clip("source.mp4", "source-video", 2)
    request = replace(vertex.text(), mode="extend", seconds=7, aspect="auto", media=(source,))
    adapter = vertex.adapter()
    asset = await adapter.fetch(await made(adapter, request), tmp_path / "clip.mp4")
    assert abs(seconds_of(asset.path) - 9) < 0.25


async def test_a_bucket_gets_the_clip_and_the_account_reads_it(bucket: VeoStage, tmp_path: Path) -> None:
    adapter = bucket.adapter()
    done = await made(adapter, replace(bucket.text(), prompt="the sea & the wind"))
    assert done.url.startswith("gs://bucket/clips/")
    asset = await adapter.fetch(done, tmp_path / "clip.mp4")
    assert abs(seconds_of(asset.path) - 4) < 0.25


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("file-gone", Expired),
        ("file-html", Unreachable),
        ("file-huge", VendorFault),
    ],
)
async def test_a_bucket_can_fail_as_any_download(
    fault: str, kind: type[Exception], bucket: VeoStage, tmp_path: Path
) -> None:
    adapter = bucket.adapter()
    done = await made(adapter, replace(bucket.text(), prompt=f"a cat [fault:{fault}]"))
    with pytest.raises(kind):
        await adapter.fetch(done, tmp_path / "clip.mp4")


async def test_a_clip_in_a_bucket_is_taken_up_where_it_broke(bucket: VeoStage, tmp_path: Path) -> None:
    adapter = bucket.adapter()
    done = await made(adapter, replace(bucket.text(), prompt="a cat [fault:file-cut]"))
    asset = await adapter.fetch(done, tmp_path / "clip.mp4")
    assert abs(seconds_of(asset.path) - 4) < 0.25


async def test_a_job_that_outlives_its_token_is_polled_with_a_new_one(
    vertex: VeoStage, tmp_path: Path
) -> None:
    adapter = vertex.adapter()
    ticket = await adapter.submit(replace(vertex.text(), prompt="[fault:run]"), job_key="job")
    server = vertex._server
    assert isinstance(server, FakeVeo)
    server.tokens.clear()  # all tokens are revoked
    with pytest.raises(Unreachable):
        await adapter.poll(ticket)
    assert await adapter.poll(ticket) is not None, "the next poll brings its own token"


async def test_a_job_stays_where_it_was_started_when_the_location_changes(tmp_path: Path) -> None:
    async with FakeVeo() as server:
        account = make_account(tmp_path / "key.json", server.token_uri)

        def adapter(location: str) -> GoogleVeo:
            keys = {KEY_FILE: str(account), "GOOGLE_CLOUD_LOCATION": location}
            return GoogleVeo(
                ProviderConfig(id="google-veo", base_url=server.url, keys=keys, work_dir=tmp_path)
            )

        before, after = adapter("europe-west4"), adapter("us-east5")
        request = VideoRequest(model="veo-3.1", api_name="veo-3.1-generate-001", prompt="x", seconds=4)
        ticket = await before.submit(request, job_key="job")
        assert "/locations/europe-west4/" in ticket.remote_id
        assert isinstance(await ended(after, ticket), Done)
        await before.close()
        await after.close()


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("", "https://us-central1-aiplatform.googleapis.com"),
        ("europe-west4", "https://europe-west4-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
    ],
)
async def test_the_location_is_part_of_the_address_except_the_global_one(
    location: str, host: str, tmp_path: Path
) -> None:
    base = "https://{location}-aiplatform.googleapis.com"
    keys = {"GOOGLE_CLOUD_LOCATION": location} if location else {}
    adapter = GoogleVeo(ProviderConfig(id="google-veo", base_url=base, keys=keys, work_dir=tmp_path))
    assert str(adapter._http.base_url).rstrip("/") == host
    await adapter.close()


async def test_a_withheld_clip_says_why_and_is_not_billed(vertex: VeoStage) -> None:
    adapter, text = vertex.adapter(), vertex.text()
    end = await failed(adapter, text, "end-moderated")
    assert isinstance(end.error, OutputModerated) and end.billed is False
    assert end.error.vendor_code == "video-safety:64151117"
    end = await failed(adapter, text, "end-audio")
    assert isinstance(end.error, SoundModerated) and end.error.vendor_code == "audio"
    end = await failed(adapter, text, "end-rules")
    assert isinstance(end.error, PromptModerated) and end.error.vendor_code == "child:58061214"


async def test_done_with_nothing_in_it_is_no_success(vertex: VeoStage) -> None:
    assert isinstance((await failed(vertex.adapter(), vertex.text(), "end-empty")).error, VendorFault)


async def test_a_used_up_day_is_not_a_moments_limit(vertex: VeoStage, interactions: OmniStage) -> None:
    for stage in (vertex, interactions):
        for fault, kind in (("submit-daily", NoFunds), ("submit-limit=12", RateLimited)):
            with pytest.raises(kind) as caught:
                request = replace(stage.text(), prompt=f"a cat [fault:{fault}]")
                await stage.adapter().submit(request, job_key="job")
            if kind is RateLimited:
                assert caught.value.retry_after == 12


async def test_the_fake_refuses_what_the_vendor_refuses(vertex: VeoStage) -> None:
    text = vertex.text()
    hero = vertex.picture("hero.png", "reference-image")
    wrong = (
        replace(text, resolution="4k"),
        replace(text, seconds=5),
        replace(text, aspect="1:1"),
        replace(text, mode="references", media=(hero,)),
        replace(text, seconds=8, mode="references", media=(hero,) * 4),
        replace(text, seconds=8, resolution="4k", api_name="veo-3.1-lite-generate-001"),
        replace(text, mode="first-last", media=(vertex.picture("last.png", "last-frame"),)),
    )
    for request in wrong:
        with pytest.raises(BadRequest):
            await vertex.adapter().submit(request, job_key="job")
    assert vertex.jobs() == 0


async def test_what_veo_has_no_word_for_does_not_leave_the_machine(vertex: VeoStage) -> None:
    source = vertex.clip("source.mp4", "source-video", 2)
    for request in (
        replace(vertex.text(), mode="edit", media=(source,)),
        replace(vertex.text(), mode="references", media=(replace(source, role="reference-video"),)),
    ):
        with pytest.raises(Unsupported):
            await vertex.adapter().submit(request, job_key="job")
    assert vertex.jobs() == 0


async def test_neither_can_be_asked_for_what_the_vendor_does_not_have(
    vertex: VeoStage, interactions: OmniStage
) -> None:
    assert not isinstance(vertex.adapter(), CanCancel) and not isinstance(vertex.adapter(), CanFindLost)
    assert isinstance(interactions.adapter(), CanCancel)
    assert not isinstance(interactions.adapter(), CanFindLost)


# ---------------------------------------------------------------------------------------------
# Gemini Omni


async def test_a_400_on_a_poll_says_nothing_about_a_running_job(interactions: OmniStage) -> None:
    adapter = interactions.adapter()
    request = replace(interactions.text(), prompt="a cat [fault:poll-400]")
    ticket = await adapter.submit(request, job_key="job")
    with pytest.raises(Unreachable):
        await adapter.poll(ticket)
    assert isinstance(await ended(adapter, ticket), Done)


async def test_a_clip_that_was_made_and_not_handed_out_is_no_moderation(interactions: OmniStage) -> None:
    end = await failed(interactions.adapter(), interactions.text(), "end-lost")
    assert isinstance(end.error, VendorFault) and end.billed is True


async def test_words_instead_of_a_clip_are_a_refusal_and_silence_is_nobodys_guilt(
    interactions: OmniStage,
) -> None:
    for fault in ("end-moderated", "end-rules"):
        end = await failed(interactions.adapter(), interactions.text(), fault)
        assert isinstance(end.error, OutputModerated), fault
    end = await failed(interactions.adapter(), interactions.text(), "end-empty")
    assert isinstance(end.error, VendorFault)


async def test_an_extension_by_omni_comes_back_with_its_source(
    interactions: OmniStage, tmp_path: Path
) -> None:
    source = interactions.clip("source.mp4", "source-video", 2)
    request = replace(interactions.text(), mode="extend", seconds=10, aspect="auto", media=(source,))
    adapter = interactions.adapter()
    asset = await adapter.fetch(await made(adapter, request), tmp_path / "clip.mp4")
    assert abs(seconds_of(asset.path) - 4) < 0.25


async def test_the_key_goes_to_googles_host_only(interactions: OmniStage, tmp_path: Path) -> None:
    adapter = interactions.adapter()
    done = await made(adapter, interactions.text())
    async with FakeOmni() as stranger:
        elsewhere = Done(ticket=done.ticket, url=done.url.replace(interactions._server.url, stranger.url))
        with pytest.raises(VendorFault):  # nor is an address on this machine asked at all
            await adapter.fetch(elsewhere, tmp_path / "clip.mp4")
        assert stranger.calls == []
    assert GOOD_KEY not in done.url and GOOD_KEY not in done.ticket.to_json()


async def test_a_second_name_of_the_key_serves_too(interactions: OmniStage, tmp_path: Path) -> None:
    adapter = GoogleOmni(
        ProviderConfig(
            id="google-omni",
            base_url=interactions._server.url,
            keys={"GOOGLE_API_KEY": GOOD_KEY},
            work_dir=tmp_path,
        )
    )
    assert (await adapter.submit(interactions.text(), job_key="job")).remote_id
    await adapter.close()


def test_files_are_named_by_tags_in_place_or_in_front(interactions: OmniStage) -> None:
    hero = interactions.picture("hero.png", "reference-image")
    place = interactions.picture("place.png", "reference-image")
    request = replace(
        interactions.text(), mode="references", prompt="Rain on @place, then thunder", media=(hero, place)
    )
    content = build_payload(request, ["a", "b"])["input"][0]["content"]
    assert [part["type"] for part in content] == ["image", "image", "text"]
    assert content[2]["text"] == "<IMAGE_REF_0> Rain on <IMAGE_REF_1>, then thunder"
    first = replace(hero, role="first-frame", name="")
    last = replace(place, role="last-frame", name="")
    request = replace(interactions.text(), mode="first-last", media=(first, last))
    text = build_payload(request, ["a", "b"])["input"][0]["content"][2]["text"]
    assert text == "<FIRST_FRAME> <LAST_FRAME> a cat sings"


def test_one_shot_is_asked_for_only_if_the_operator_wants_it(interactions: OmniStage) -> None:
    request = interactions.text()
    assert build_payload(request, [])["input"] == "a cat sings"
    assert build_payload(request, [], continuous=True)["input"] == f"a cat sings {CONTINUOUS}"


def test_a_length_is_a_text_with_its_unit_and_the_job_runs_in_the_background(interactions: OmniStage) -> None:
    payload = build_payload(interactions.text(), [])
    assert payload["response_format"]["duration"] == "4s" and payload["background"] is True
    assert payload["response_format"]["delivery"] == "uri"


@pytest.mark.parametrize("change", [{"sound": False}, {"negative": "rain"}])
async def test_what_omni_has_no_word_for_does_not_leave_the_machine(
    change: dict[str, object], interactions: OmniStage
) -> None:
    with pytest.raises(Unsupported):
        await interactions.adapter().submit(replace(interactions.text(), **change), job_key="job")  # type: ignore[arg-type]
    assert interactions.jobs() == 0
