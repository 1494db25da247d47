"""From one clip to the next, with the vendors that can: the buttons, what is sent, what it costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.core.model import Job
from providers.base import Ticket
from tests.e2e.stage import ADA, Stage, open_stage
from tests.e2e.street import Street, open_street

DAY = 86_400


@asynccontextmanager
async def on_the_street(folder: Path, *vendors: str) -> AsyncIterator[tuple[Stage, Street]]:
    """A bot among these vendors."""
    async with (
        open_street(folder, vendors) as street,
        open_stage(
            folder / "bot", keys=street.keys, routes=(), confirm_above=100_000, **street.settings
        ) as stage,
    ):
        yield stage, street


def actions(stage: Stage, job: Job) -> set[str]:
    """What can be done further with a clip, by the buttons under it."""
    under = {button["action"] for button in stage.message(job.id).buttons}
    return under & {"extend", "edit-clip", "upscale"}


async def further(stage: Stage, job: Job, action: str, **answers: Any) -> Job:
    """Press a button, fill in its form, wait for the clip."""
    ordered = await stage.submit(ADA, await stage.press(ADA, action, job.id), **answers)
    if ordered.reply.kind == "quote":
        ordered = await stage.press(ADA, "confirm", ordered.quote)
    return await stage.ended(ordered.job)


async def test_a_clip_of_omni_is_changed_and_enlarged_by_the_id_of_its_interaction(tmp_path: Path) -> None:
    async with on_the_street(tmp_path, "google-omni", "fal") as (stage, street):
        first = await stage.buy("/generate a quiet street --model gemini-omni-1.2 --seconds 4")
        assert actions(stage, first) == {"edit-clip", "upscale"}, "nobody knows what extending costs"
        changed = await further(stage, first, "edit-clip", prompt="make it snow")
        assert (changed.state, changed.charged, changed.plan.request.seconds) == ("delivered", 28, 4)
        form = await stage.press(ADA, "upscale", first.id)
        assert form.reply.form is not None
        (field,) = form.reply.form.fields
        assert [(choice.value, choice.hint and choice.hint.facts) for choice in field.choices] == [
            ("1080p", {"credits": 14}),
            ("4k", {"credits": 56}),
        ]
        larger = await further(stage, first, "upscale", resolution="4k")
        assert (larger.state, larger.charged) == ("delivered", 56)
        one, two, three = (dict(job.body) for job in street.stalls["google-omni"].vendor.jobs.values())
        assert "previous_interaction_id" not in one
        assert two["previous_interaction_id"] == three["previous_interaction_id"] == "v1_0001"
        assert two["input"] == "make it snow" and "generation_config" not in two
        assert three["generation_config"] == {"video_config": {"task": "upscale"}}
        assert three["response_format"] == {"type": "video", "delivery": "uri", "resolution": "4k"}
        assert not street.stalls["fal"].vendor.jobs, "its own maker comes first"
        assert actions(stage, larger) == {"edit-clip", "upscale"}, "what it cannot enlarge again, others can"


async def test_a_clip_of_veo_goes_on_for_seven_seconds_that_are_charged(tmp_path: Path) -> None:
    async with on_the_street(tmp_path, "google-veo") as (stage, street):
        first = await stage.buy("/generate a quiet street --model veo-3.1-fast --seconds 4")
        assert actions(stage, first) == {"extend"}
        longer = await further(stage, first, "extend", prompt="a dog comes by")
        assert longer.clip is not None and longer.clip.sound.verdict == "ok"
        assert (longer.state, longer.charged) == ("delivered", 70)
        assert 10.5 < longer.clip.info.seconds < 11.5, "the first four seconds and the seven that were added"
        assert [note.key for note in longer.plan.notes] == ["note.extends"]
        assert len(street.stalls["google-veo"].vendor.jobs) == 2


async def test_kling_is_handed_its_own_link_where_the_bot_has_no_public_address(tmp_path: Path) -> None:
    async with on_the_street(tmp_path, "kling") as (stage, street):
        vendor = street.stalls["kling"].vendor
        vendor.source_seconds = 5.0
        first = await stage.buy("/generate a quiet street --model kling-3.0-omni --seconds 5")
        assert actions(stage, first) == {"edit-clip"}
        changed = await further(stage, first, "edit-clip", prompt="make it snow")
        assert (changed.state, changed.plan.request.seconds) == ("delivered", 5)
        contents = [call.body["contents"] for call in vendor.seen if "contents" in (call.body or {})][-1]
        (source,) = [one for one in contents if one["type"] == "base_video"]
        assert source["url"].startswith(f"{vendor.url}/files/{vendor_id(first)}.mp4")
        assert changed.plan.request.media[0].url == "", "a signed link is kept nowhere"
        assert vendor.url not in str(stage.readings(changed.id))
        stage.clock.jump(31 * DAY)
        refused = await stage.press(ADA, "edit-clip", first.id)
        assert refused.code == "needs_public_address" and "Nothing was charged." in refused.text


async def test_seedance_2_5_goes_on_from_its_own_link_with_the_seconds_of_both_counted(
    tmp_path: Path,
) -> None:
    async with on_the_street(tmp_path, "bytedance-seedance") as (stage, street):
        vendor = street.stalls["bytedance-seedance"].vendor
        first = await stage.buy("/generate a quiet street --model seedance-2.5 --seconds 4")
        assert actions(stage, first) == {"extend", "edit-clip"}
        form = await stage.press(ADA, "extend", first.id)
        assert form.reply.form is not None
        lengths = next(field for field in form.reply.form.fields if field.name == "seconds")
        prices = [choice.hint.facts["credits"] for choice in lengths.choices if choice.hint]
        assert prices == sorted(prices) and 10 < len(prices) <= 25
        assert lengths.choices[-1].value == "30" and lengths.value == "5", "what is chosen is the usual"
        longer = await further(stage, first, "extend", prompt="a dog comes by", seconds="4")
        assert longer.state == "delivered" and longer.charged == prices[0]
        body = vendor.bodies[-1]
        assert body["omni_reference_task_type"] == "extend" and body["ratio"] == "adaptive"
        (source,) = [part for part in body["content"] if part["type"] == "video_url"]
        assert f"/tos/{vendor_id(first)}.mp4" in source["video_url"]["url"]


async def test_grok_changes_and_lengthens_its_own_clips_from_its_own_links(tmp_path: Path) -> None:
    async with on_the_street(tmp_path, "xai-grok-imagine") as (stage, street):
        vendor = street.stalls["xai-grok-imagine"].vendor
        first = await stage.buy("/generate a quiet street --model grok-imagine-1.0 --seconds 4")
        assert actions(stage, first) == {"extend", "edit-clip"}
        changed = await further(stage, first, "edit-clip", prompt="make it snow")
        # 4 s that are made at 0.07 and 4 s that are given at 0.01.
        assert (changed.state, changed.charged, changed.plan.request.seconds) == ("delivered", 32, 4)
        longer = await further(stage, first, "extend", prompt="a dog comes by", seconds="6")
        assert (longer.state, longer.charged) == ("delivered", 46)
        assert longer.clip is not None and 9.5 < longer.clip.info.seconds < 10.5, "the whole clip comes back"
        _, edited, extended = vendor.jobs.values()
        assert (edited.facts["way"], extended.facts["way"]) == ("edits", "extensions")
        for job in (edited, extended):
            assert job.body["video"]["url"].startswith(f"{vendor.url}/files/{vendor_id(first)}.mp4")
        stage.clock.jump(2 * DAY)
        refused = await stage.press(ADA, "edit-clip", first.id)
        assert refused.code == "needs_public_address" and "Nothing was charged." in refused.text


async def test_a_clip_is_named_by_its_id_in_words_and_its_own_model_is_taken(tmp_path: Path) -> None:
    async with on_the_street(tmp_path, "google-omni", "google-veo") as (stage, _):
        first = await stage.buy("/generate a quiet street --model veo-3.1-fast --seconds 4")
        longer = await stage.buy(f"/generate a dog comes by, and it goes on --video {first.id}")
        assert (longer.plan.model, longer.plan.request.mode) == ("veo-3.1-fast", "extend")
        other = await stage.buy(f"/generate make it snow --video #{first.id} --model gemini-omni-1.2")
        assert (other.plan.model, other.plan.request.mode, other.state) == (
            "gemini-omni-1.2",
            "edit",
            "delivered",
        )
        assert (await stage.say(ADA, "/generate make it snow --video aaaaaaaa")).code == "no_such_job"


async def test_models_that_cannot_go_on_from_a_clip_offer_nothing_of_the_kind(tmp_path: Path) -> None:
    async with on_the_street(tmp_path, "bytedance-seedance") as (stage, _):
        job = await stage.buy("/generate a quiet street --model seedance-2.0-mini --seconds 4")
        assert job.state == "delivered" and actions(stage, job) == set()
        assert (await stage.press(ADA, "extend", job.id)).code == "mode_not_offered"


def vendor_id(job: Job) -> str:
    """The vendor's id of a job."""
    return Ticket.from_json(job.ticket).remote_id
