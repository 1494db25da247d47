"""Hailuo: recorded exchanges, errors inside HTTP 200, two steps to a file, what is refused at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from providers.base import Done, Failed, ProviderConfig, Queued, Running, Ticket, VideoRequest
from providers.catalogue import check, price
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
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
from providers.video.minimax_hailuo import MinimaxHailuo, build_payload
from tests.contract.stage_fal import shipped, unlocked
from tests.contract.stage_minimax_hailuo import HailuoStage, frame, minimax_hailuo, own_wish
from tests.contract.test_video_provider import ended, finished
from tests.fakes.minimax_hailuo import MODELS, check_order
from tests.unit.providers.video.playback import (
    Playback,
    answers,
    linked,
    playing,
    requests,
    same_body,
    same_call,
    stored,
)

FOLDER = "minimax-hailuo"
TODAY = date(2026, 11, 28)
TICKET = Ticket(provider=FOLDER, model="hailuo-2.3", remote_id="106916112212032")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[HailuoStage]:
    """The fake and its adapters."""
    async with minimax_hailuo(tmp_path) as opened:
        yield opened


def adapter(server: Playback, **options: str) -> MinimaxHailuo:
    return MinimaxHailuo(
        ProviderConfig(
            id=FOLDER,
            base_url=server.url,
            keys={"MINIMAX_API_KEY": "test-key"},
            work_dir=Path(),
            timeout_seconds=5,
            options=options,
        )
    )


def asked(model: str, prompt: str, **changes: Any) -> VideoRequest:
    return own_wish(FOLDER, model, prompt=prompt, **changes)


# ---- recordings


async def submitted(scenario: str, request: VideoRequest) -> None:
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server)
        ticket = await provider.submit(request, job_key="job-42")
        await provider.close()
    same_call(server.heard[0], requests(FOLDER, scenario)[0], "Authorization", "Content-Type")
    same_body(server.heard[0], FOLDER, scenario)
    assert ticket == TICKET if request.model == TICKET.model else ticket.remote_id == TICKET.remote_id


async def test_words_are_sent_as_recorded_camera_words_and_all() -> None:
    words = "A man picks up a book [Pedestal up], then reads [Static shot]."
    await submitted("text", asked("hailuo-2.3", words, resolution="1080p"))


async def test_a_first_frame_is_sent_as_recorded(tmp_path: Path) -> None:
    link = replace(linked("first-frame", "", "a.png"), url="https://example.com/a.png")
    by_link = {"mode": "first-frame", "aspect": "auto", "seconds": 10, "media": (link,)}
    await submitted("first frame by link", asked("hailuo-2.3-fast", "she smiles", **by_link))
    data = stored("first-frame", "iVBORw0KGgo=", tmp_path)
    small = {"mode": "first-frame", "aspect": "auto", "resolution": "512p", "media": (data,)}
    await submitted("first frame as data", asked("hailuo-02", "she smiles", **small))


async def test_a_recorded_job_is_followed_to_its_file(tmp_path: Path) -> None:
    played = answers(FOLDER, "from submit to link")
    wanted = requests(FOLDER, "from submit to link")
    async with playing(*played, {"status": 200, "json": {}}) as server:
        played[-1]["json"]["file"]["download_url"] = f"{server.url}/output_aigc.mp4?Expires=1"
        provider = adapter(server)
        ticket = await provider.submit(asked("hailuo-2.3", "p"), job_key="job-42")
        standings = [await provider.poll(ticket) for _ in range(4)]
        assert [type(one) for one in standings] == [Queued, Queued, Running, Done]
        done = standings[-1]
        assert isinstance(done, Done) and not done.url
        # What is played in the end is no clip, and is not taken for one.
        with pytest.raises(Unreachable, match="no clip"):
            await provider.fetch(done, tmp_path / "clip.mp4")
        await provider.close()
    for heard, call in zip(server.heard, wanted, strict=False):
        same_call(heard, call, "Authorization")
    assert (
        server.heard[-1]["path"] == "/output_aigc.mp4" and "authorization" not in server.heard[-1]["headers"]
    )


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {"running": Running, "done": Done, "failed": VendorFault, "moderated": OutputModerated}.items(),
)
async def test_a_recorded_standing_is_read(scenario: str, kind: type) -> None:
    async with playing(answers(FOLDER, scenario)[0]) as server:
        provider = adapter(server)
        progress = await provider.poll(TICKET)
        await provider.close()
    same_call(server.heard[0], requests(FOLDER, scenario)[0], "Authorization")
    assert type(progress.error if isinstance(progress, Failed) else progress) is kind


@pytest.mark.parametrize(
    ("scenario", "kind"),
    {
        "key not carried": BadKey,
        "bad key": BadKey,
        "refused prompt": PromptModerated,
        "bad request": BadRequest,
        "no funds": NoFunds,
        "rate limit": RateLimited,
    }.items(),
)
async def test_a_recorded_refusal_inside_http_200_has_its_consequence(
    scenario: str, kind: type[ProviderError]
) -> None:
    async with playing(*answers(FOLDER, scenario)) as server:
        provider = adapter(server)
        with pytest.raises(ProviderError) as caught:
            await provider.submit(asked("hailuo-2.3", "x"), job_key="job-42")
        await provider.close()
    assert type(caught.value) is kind and len(server.heard) == 1


# ---- what the vendor takes


@pytest.mark.parametrize("model", ["hailuo-2.3", "hailuo-2.3-fast", "hailuo-02"])
def test_every_combination_in_the_catalogue_is_taken_by_the_vendor(model: str) -> None:
    route = unlocked(shipped(), model, FOLDER)
    first, last = linked("first-frame", "", "a.png"), linked("last-frame", "", "b.png")
    given = {"text": (), "first-frame": (first,), "first-last": (first, last)}
    seen = set()
    for shape in route.shapes:
        for mode, resolution, seconds in product(shape.modes, shape.resolutions, shape.seconds):
            media = given[mode]
            request = asked(
                model,
                "a cat",
                mode=mode,
                resolution=resolution,
                seconds=seconds,
                aspect=shape.aspects[0],
                media=media,
            )
            assert not check(route, request), request
            check_order(build_payload(request, [item.url for item in media], rewrites=True))
            seen.add((mode, resolution, seconds))
    takes = MODELS[route.api_name]
    assert (("text", "768p", 6) in seen) == takes.text
    assert (("first-last", "768p", 10) in seen) == takes.last
    assert (("first-frame", "512p", 6) in seen) == takes.small
    assert not [one for one in seen if one[1] == "1080p" and one[2] != 6]


@pytest.mark.parametrize(
    ("model", "wishes"),
    [
        ("hailuo-2.3-fast", {}),
        ("hailuo-2.3", {"resolution": "1080p", "seconds": 10}),
        ("hailuo-2.3", {"mode": "first-last", "aspect": "auto"}),
        ("hailuo-2.3", {"sound": True}),
        ("hailuo-02", {"resolution": "512p"}),
        ("hailuo-2.3", {"seed": 7}),
        ("hailuo-2.3", {"negative": "rain"}),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_paid(model: str, wishes: dict[str, Any]) -> None:
    route = unlocked(shipped(), model, FOLDER)
    plain = VideoRequest(
        model=model, prompt="a cat", seconds=6, resolution="768p", aspect="16:9", sound=False
    )
    assert check(route, replace(plain, **wishes))


def test_sound_is_never_dropped_silently() -> None:
    request = replace(asked("hailuo-2.3", "a cat sings"), sound=True)
    with pytest.raises(Unsupported):
        build_payload(request, [], rewrites=True)


@pytest.mark.parametrize(
    ("model", "wishes", "usd"),
    [
        ("hailuo-2.3", {}, "0.28"),
        ("hailuo-2.3", {"seconds": 10}, "0.56"),
        ("hailuo-2.3-fast", {"mode": "first-frame", "aspect": "auto"}, "0.19"),
        ("hailuo-2.3-fast", {"mode": "first-frame", "aspect": "auto", "resolution": "1080p"}, "0.33"),
    ],
)
def test_a_clip_costs_by_its_size_and_length(model: str, wishes: dict[str, Any], usd: str) -> None:
    assert price(shipped().route(FOLDER, model), asked(model, "a", **wishes), TODAY).usd == Decimal(usd)


def test_what_nobody_states_a_price_for_waits_for_one_of_the_operator() -> None:
    assert not shipped().route(FOLDER, "hailuo-02").offered
    offered = shipped().route(FOLDER, "hailuo-2.3").offered
    assert {size for shape in offered for size in shape.resolutions} == {"768p"}


# ---- traps


@pytest.mark.parametrize("code", [1000, 1033])
async def test_the_vendors_own_trouble_on_submit_leaves_the_outcome_unknown(
    stage: HailuoStage, code: int
) -> None:
    with pytest.raises(OutcomeUnknown):
        await stage.adapter().submit(asked("hailuo-2.3", f"[fault:submit-{code}]"), job_key="job")


@pytest.mark.parametrize(("code", "kind"), [(1039, RateLimited), (1042, BadRequest), (2056, NoFunds)])
async def test_each_code_has_its_consequence(
    stage: HailuoStage, code: int, kind: type[ProviderError]
) -> None:
    with pytest.raises(ProviderError) as caught:
        await stage.adapter().submit(asked("hailuo-2.3", f"[fault:submit-{code}]"), job_key="job")
    assert type(caught.value) is kind and caught.value.vendor_code == str(code) and stage.jobs() == 0


async def test_a_key_of_the_other_region_is_told_as_what_it_may_be(stage: HailuoStage) -> None:
    with pytest.raises(BadKey, match="its own region"):
        await stage.adapter("mm-of-the-mainland").submit(asked("hailuo-2.3", "a"), job_key="job")


async def test_a_key_that_stopped_working_says_nothing_about_the_job(stage: HailuoStage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(asked("hailuo-2.3", "[fault:poll-wrong-key]"), job_key="job")
    with pytest.raises(Unreachable):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)


async def test_a_state_nobody_knows_is_no_end(stage: HailuoStage) -> None:
    provider = stage.adapter()
    ticket = await provider.submit(asked("hailuo-2.3", "[fault:poll-strange]"), job_key="job")
    with pytest.raises(Unreachable, match="Pondering"):
        await provider.poll(ticket)
    assert isinstance(await ended(provider, ticket), Done)


async def test_the_link_is_asked_for_anew_right_before_each_download(
    stage: HailuoStage, tmp_path: Path
) -> None:
    provider = stage.adapter()
    done = await finished(provider, await provider.submit(asked("hailuo-2.3", "a"), job_key="job"))
    assert stage.vendor.calls["GET /v1/files/retrieve"] == 0
    for name in ("one.mp4", "two.mp4"):
        await provider.fetch(done, tmp_path / name)
    assert stage.vendor.calls["GET /v1/files/retrieve"] == 2


async def test_a_file_the_vendor_dropped_is_gone_and_a_hurried_question_is_not(
    stage: HailuoStage, tmp_path: Path
) -> None:
    provider = stage.adapter()
    gone = await provider.submit(asked("hailuo-2.3", "[fault:retrieve-gone]"), job_key="a")
    with pytest.raises(Expired):
        await provider.fetch(await finished(provider, gone), tmp_path / "gone.mp4")
    hurried = await finished(
        provider, await provider.submit(asked("hailuo-2.3", "[fault:retrieve-limit]"), job_key="b")
    )
    with pytest.raises(Unreachable) as caught:
        await provider.fetch(hurried, tmp_path / "clip.mp4")
    assert caught.value.retry_after
    assert (await provider.fetch(hurried, tmp_path / "clip.mp4")).size_bytes > 1000


async def test_the_operator_can_keep_the_vendor_from_rewriting_prompts(stage: HailuoStage) -> None:
    await stage.adapter().submit(asked("hailuo-2.3", "a"), job_key="a")
    await stage.adapter(prompt_optimizer="off").submit(asked("hailuo-2.3", "a"), job_key="b")
    first, second = (job.body for job in stage.vendor.jobs.values())
    assert "prompt_optimizer" not in first and second["prompt_optimizer"] is False


def test_names_of_files_do_not_leave_the_machine_as_cues(tmp_path: Path) -> None:
    item = replace(frame(tmp_path), name="hero")
    request = asked("hailuo-2.3", "@hero waves", mode="first-frame", aspect="auto", media=(item,))
    assert build_payload(request, ["x"], rewrites=True)["prompt"] == "hero waves"
