"""SkyReels: its exchanges as written down, and its traps: the key in the body, states, sound, links, tags."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import (
    Done,
    Failed,
    MediaInput,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    Shot,
    Ticket,
    VideoProvider,
    VideoRequest,
)
from providers.catalogue import check_catalogue
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.video.kunlun_skyreels import KunlunSkyreels, build_payload
from tests.contract.stage_kunlun_skyreels import WRONG_KEY, SkyreelsStage, linked, skyreels, wish
from tests.fakes.kunlun_skyreels import GOOD_KEY
from tests.unit.providers.video import plans
from tests.unit.providers.video.plans import TODAY, catalogue, given
from tests.unit.providers.video.playback import answer, index, playing, recorded

ID = "kunlun-skyreels"
TICKET = Ticket(provider=ID, model="skyreels-v4", remote_id="t2v-1", endpoint="/text2video/task/t2v-1")
FACE = replace(linked("reference-image", name="her"), url="https://example.com/face.jpg")
VOICE = replace(linked("reference-audio", "audio"), url="https://example.com/voice.mp3")
WISHES: dict[str, VideoRequest] = {
    "words": wish(prompt="A fox plays a tiny piano <bgm>slow waltz</bgm>", seconds=5),
    "words and size": wish(prompt="A fox", seconds=5),
    "picture and voice": wish(
        prompt="@her says warmly, <dialogue>good evening</dialogue>",
        seconds=5,
        mode="references",
        media=(FACE, VOICE),
    ),
}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SkyreelsStage]:
    """The vendor, listening."""
    async with skyreels(tmp_path) as opened:
        yield opened


def config(url: str, **options: str) -> ProviderConfig:
    keys = {"SKYREELS_API_KEY": "test-key"}
    return ProviderConfig(id=ID, base_url=url, keys=keys, work_dir=Path(), timeout_seconds=5, options=options)


async def ended(adapter: VideoProvider, ticket: Ticket) -> Done | Failed:
    async with asyncio.timeout(10):
        while True:
            progress = await adapter.poll(ticket)
            if isinstance(progress, Done | Failed):
                return progress
            await asyncio.sleep(0.02)


def planned(model: str, *media: MediaInput, **options: Any) -> Any:
    return plans.planned(ID, model, *media, **options)


def refused(model: str, *media: MediaInput, **options: Any) -> Any:
    return plans.refused(ID, model, *media, **options)


# ---------------------------------------------------------------------------------------------
# As written down


@pytest.mark.parametrize("scenario", WISHES)
async def test_a_wish_is_sent_as_the_reference_has_it(scenario: str) -> None:
    async with playing(answer(ID, scenario)) as server:
        provider = KunlunSkyreels(config(server.url, prompt_optimizer="1"))
        ticket = await provider.submit(WISHES[scenario], job_key="job-42")
        await provider.close()
    (heard,) = server.heard
    wanted = recorded(ID, scenario)["request"]
    assert (heard["method"], heard["path"], heard["query"]) == ("POST", wanted["path"], [])
    # The tag is ours to choose; it has to be the same in the prompt and beside the picture.
    body = json.loads(json.dumps(wanted["body"]).replace("@Actor-1", "@image_1"))
    assert {name: heard["json"].get(name) for name in body} == body
    assert set(heard["json"]) - set(body) <= set(index(ID)["said"])
    path = wanted["path"].removeprefix("/api/v1/video").removesuffix("/submit")
    assert ticket.endpoint == f"{path}/task/{ticket.remote_id}"


@pytest.mark.parametrize(
    ("scenario", "kind", "code"),
    [
        ("bad key", BadKey, "401"),
        ("busy", RateLimited, "429"),
        ("rate limit", RateLimited, "481"),
        ("server error", OutcomeUnknown, "500"),
        ("refused prompt", PromptModerated, "482"),
        ("bad request", BadRequest, "422"),
        ("bad request in the other form", BadRequest, "422"),
    ],
)
async def test_the_code_in_the_answer_decides(scenario: str, kind: type[ProviderError], code: str) -> None:
    async with playing(answer(ID, scenario)) as server:
        provider = KunlunSkyreels(config(server.url))
        with pytest.raises(ProviderError) as caught:
            await provider.submit(WISHES["words"], job_key="job-42")
        await provider.close()
    assert (type(caught.value), caught.value.vendor_code) == (kind, code)
    assert len(server.heard) == 1


async def polled(scenario: str) -> Progress:
    async with playing(answer(ID, scenario)) as server:
        provider = KunlunSkyreels(config(server.url))
        progress = await provider.poll(TICKET)
        await provider.close()
    assert server.heard[0]["path"] == recorded(ID, scenario)["request"]["path"]
    return progress


async def test_the_documented_states_are_read() -> None:
    assert await polled("submitted") == Queued()
    assert await polled("queued") == Queued()
    assert await polled("running") == Running()
    done = await polled("done")
    assert isinstance(done, Done) and done.cost_usd == Decimal("0.70")
    assert done.url == "https://skyreels-api.oss-accelerate.aliyuncs.com/output/x.mp4"
    failed = await polled("failed")
    assert isinstance(failed, Failed) and type(failed.error) is VendorFault


# ---------------------------------------------------------------------------------------------
# The key


async def test_the_key_is_in_the_body_and_nowhere_else(stage: SkyreelsStage, tmp_path: Path) -> None:
    adapter = stage.adapter()
    done = await ended(adapter, await adapter.submit(wish(), job_key="job"))
    assert isinstance(done, Done)
    await adapter.fetch(done, tmp_path / "clip.mp4")
    first, *others = stage.vendor.seen
    assert first.body["api_key"] == GOOD_KEY
    assert GOOD_KEY not in f"{first.path}{first.query}{first.headers}"
    assert not any(GOOD_KEY in f"{call}" for call in others)


async def test_an_error_that_repeats_the_request_does_not_show_the_key(stage: SkyreelsStage) -> None:
    with pytest.raises(BadRequest) as caught:
        await stage.adapter().submit(wish(prompt="[fault:submit-detail]"), job_key="job")
    assert caught.value.said == "body.duration: value is not a valid integer"
    with pytest.raises(BadKey) as wrong:
        await stage.adapter(WRONG_KEY).submit(wish(), job_key="job")
    for error in (caught.value, wrong.value):
        assert GOOD_KEY not in repr(vars(error)) and WRONG_KEY not in repr(vars(error))


# ---------------------------------------------------------------------------------------------
# Answers


async def test_a_link_is_the_end_whatever_the_state_says(stage: SkyreelsStage) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(wish(prompt="[fault:done-as-running]"), job_key="job")
    assert isinstance(await ended(adapter, ticket), Done)


async def test_success_without_a_link_is_asked_again(stage: SkyreelsStage) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(
        wish(prompt="[fault:queue-ms=0][fault:run-ms=0][fault:no-link]"), job_key="job"
    )
    with pytest.raises(Unreachable, match="without a link"):
        await adapter.poll(ticket)


@pytest.mark.parametrize("fault", ["poll-unknown", "poll-strange", "poll-481"])
async def test_what_says_nothing_about_a_job_is_not_its_end(stage: SkyreelsStage, fault: str) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(wish(prompt=f"[fault:{fault}]"), job_key="job")
    with pytest.raises(Unreachable):
        await adapter.poll(ticket)
    assert isinstance(await ended(adapter, ticket), Done)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("end-failed", VendorFault),
        ("end-failed-200", VendorFault),
        ("end-moderated", OutputModerated),
        ("end-482", OutputModerated),
    ],
)
async def test_a_failure_is_known_by_its_code_and_words(
    stage: SkyreelsStage, fault: str, kind: type[ProviderError]
) -> None:
    adapter = stage.adapter()
    failed = await ended(adapter, await adapter.submit(wish(prompt=f"[fault:{fault}]"), job_key="job"))
    assert isinstance(failed, Failed) and type(failed.error) is kind


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("submit-482-loud", PromptModerated),
        ("submit-503-policy", PromptModerated),
        ("submit-503", OutcomeUnknown),
        ("submit-500-loud", OutcomeUnknown),
        ("submit-429", RateLimited),
    ],
)
async def test_the_status_may_say_the_same_or_nothing(
    stage: SkyreelsStage, fault: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await stage.adapter().submit(wish(prompt=f"[fault:{fault}]"), job_key="job")
    assert type(caught.value) is kind


async def test_a_job_is_asked_for_where_it_was_started(stage: SkyreelsStage) -> None:
    adapter = stage.adapter()
    hero = linked("reference-image", name="hero")
    ticket = await adapter.submit(wish(mode="references", media=(hero,)), job_key="job")
    assert ticket.endpoint.startswith("/omni-video/task/")
    gone = await adapter.poll(replace(ticket, endpoint=ticket.endpoint.replace("omni-video", "text2video")))
    assert isinstance(gone, Failed) and type(gone.error) is Expired
    assert isinstance(await ended(adapter, ticket), Done)


# ---------------------------------------------------------------------------------------------
# Requests


def test_sound_and_size_are_always_said() -> None:
    for sound in (True, False):
        body = build_payload(wish(sound=sound))
        assert (body["sound"], body["resolution"], body["mode"]) == (sound, "720p", "std")
    assert build_payload(wish())["prompt_optimizer"] is False, "a prompt is made as it was written"
    frame = build_payload(wish(mode="first-frame", aspect="auto", media=(linked("first-frame"),)))
    assert "aspect_ratio" not in frame


def test_the_fast_mode_makes_no_sound() -> None:
    with pytest.raises(Unsupported):
        build_payload(wish("skyreels-v4-fast"))
    assert refused("skyreels-v4-fast", sound=True).code == "no_sound"
    plan = planned("skyreels-v4-fast")
    assert plan.request.sound is False and "adjust.silent" in [text.key for text in plan.adjustments]


def test_each_picture_has_its_tag_in_the_prompt_and_the_first_voice_is_the_first_pictures() -> None:
    hero, place = linked("reference-image", name="hero"), linked("reference-image", name="place")
    voice = linked("reference-audio", "audio", name="voice")
    body = build_payload(wish(mode="references", prompt="@Hero sings", media=(hero, place, voice)))
    assert body["prompt"] == "@image_1 sings @image_2"
    first, second = body["ref_images"]
    assert (first["tag"], first["image_urls"], first["audio_url"]) == ("@image_1", [hero.url], voice.url)
    assert second == {"tag": "@image_2", "type": "image", "image_urls": [place.url]}
    with pytest.raises(Unsupported):
        build_payload(wish(mode="references", media=(hero, voice, voice)))


def test_files_that_are_not_behind_links_are_not_sent_and_refused_before_paying() -> None:
    inside = replace(linked("first-frame"), url="")
    with pytest.raises(Unsupported):
        build_payload(wish(mode="first-frame", media=(inside,)))
    hero, voice = given("reference-image", name="hero"), given("reference-audio", "audio", seconds=5)
    for media in ((given("first-frame"),), (hero,), (hero, voice)):
        assert refused("skyreels", *media, links=False).code == "needs_public_address"
        assert planned("skyreels", *media).request.model == "skyreels-v4"


@pytest.mark.parametrize(
    "changes",
    [{"seed": 7}, {"negative": "rain"}, {"shots": (Shot(prompt="x", seconds=3),)}, {"mode": "edit"}],
)
def test_what_has_no_word_is_not_sent(changes: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        build_payload(wish(**changes))


# ---------------------------------------------------------------------------------------------
# The catalogue


def test_everything_that_is_offered_has_a_price() -> None:
    assert check_catalogue(catalogue(ID), TODAY) == ()


@pytest.mark.parametrize(
    ("model", "options", "micro_usd"),
    [
        ("skyreels", {}, 700_000),
        ("skyreels", {"sound": False}, 700_000),
        ("skyreels", {"seconds": 15, "resolution": "1080p"}, 5_250_000),
        ("skyreels", {"seconds": 10, "resolution": "480p"}, 1_100_000),
        ("skyreels-v4-fast", {"seconds": 10}, 1_100_000),
        ("skyreels-v4-fast", {"seconds": 10, "resolution": "1080p"}, 2_750_000),
    ],
)
async def test_a_clip_costs_what_the_vendor_takes(
    stage: SkyreelsStage, model: str, options: dict[str, Any], micro_usd: int
) -> None:
    plan = planned(model, **options)
    assert plan.cost_micro_usd == micro_usd
    adapter = stage.adapter()
    done = await ended(adapter, await adapter.submit(plan.request, job_key="job"))
    assert isinstance(done, Done) and done.cost_usd == Decimal(micro_usd) / 1_000_000


def test_what_does_not_exist_is_refused() -> None:
    hero, voice = given("reference-image", name="hero"), given("reference-audio", "audio", seconds=5)
    assert refused("skyreels", seconds=2).facts["allowed"] == tuple(range(3, 16))
    assert refused("skyreels", resolution="4k").facts["allowed"] == ("480p", "720p", "1080p")
    assert refused("skyreels", *[hero] * 4).code == "media_too_many"
    assert refused("skyreels-v4-fast", hero, voice).code == "audio_not_taken"
    assert refused("skyreels", voice).code in ("media_missing", "media_needs_company", "mode_not_offered")
    assert planned("skyreels", hero, voice, audio_as="voice").request.mode == "references"
    assert refused("skyreels", hero, voice, audio_as="soundtrack").code == "audio_not_taken"
