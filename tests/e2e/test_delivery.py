"""The clip gets to the thread where it was asked for, once, in a form that the chat takes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.e2e.stage import ADA, Stage, open_stage, thread
from tests.fakes.chat import Message
from tests.fakes.clips import make_clip
from tests.fakes.vendor import FakeVendor

BUY = "/generate a door slams --model scripted-native --seconds 4"
LARGE_BYTES = 900_000


@pytest.fixture
async def with_large_clips(tmp_path: Path) -> AsyncIterator[Stage]:
    """A vendor whose clips have about a megabyte."""
    clip = tmp_path / "clips" / "4s-16x9-tone-whole.mp4"
    clip.parent.mkdir()
    make_clip(clip, seconds=4, content="noise", bit_rate=2_000_000)
    assert clip.stat().st_size > LARGE_BYTES
    async with FakeVendor(clips=clip.parent) as vendor, open_stage(tmp_path, vendor=vendor) as opened:
        yield opened


def playable(path: Path) -> tuple[str, str, float]:
    """Codecs and length of a file, decoded to its end."""
    with av.open(str(path), format="mp4") as clip:
        picture, sound = clip.streams.video[0], clip.streams.audio[0]
        frames = sum(1 for frame in clip.decode(video=0))
        return picture.codec_context.name, sound.codec_context.name, frames / float(picture.average_rate or 1)


async def test_a_member_asks_for_a_clip_and_finds_it_in_the_thread_with_its_price(stage: Stage) -> None:
    asked = await stage.say(ADA, BUY)
    job = await stage.ended(asked.job)
    assert "40 credits held" in asked.text
    assert "Scripted Native · 4 s · 320×180 · sound by the model" in stage.read(job.id)
    assert "It cost 40 credits." in stage.read(job.id)
    assert playable(stage.clip_of(job.id)) == ("h264", "aac", 4.0)
    message = stage.message(job.id)
    assert (message.channel, message.thread) == ("general", "t1")
    assert [button["action"] for button in message.buttons] == [
        "again",
        "edit",
        "other-model",
        "new-sound",
        "original",
        "details",
        "delete",
    ]
    # An edit notifies nobody, so the person is told.
    assert stage.whispers(job.id) == ["Your clip is ready: Scripted Native."]
    assert await stage.spent() == 40
    assert await stage.booked_usd() == stage.tasks[0].cost_usd
    assert stage.orders == 1


async def test_a_clip_above_a_known_limit_is_made_smaller_before_it_is_sent(with_large_clips: Stage) -> None:
    stage = with_large_clips
    job = await stage.buy(BUY, where=thread(upload_bytes=500_000))
    clip = stage.clip_of(job.id)
    assert clip.stat().st_size <= 500_000
    assert playable(clip) == ("h264", "aac", 4.0)
    assert len(stage.message(job.id).deliveries) == 1
    assert await stage.spent() == 40


@pytest.mark.parametrize("fault", ["413=500000", "413=0"])
async def test_a_chat_that_refuses_the_size_gets_a_smaller_clip(with_large_clips: Stage, fault: str) -> None:
    stage = with_large_clips
    stage.chat.script.add([{"match": {"op": "edit", "text": "It cost"}, "faults": [fault]}])
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert stage.clip_of(job.id).stat().st_size <= (500_000 if fault == "413=500000" else LARGE_BYTES)
    assert playable(stage.clip_of(job.id)) == ("h264", "aac", 4.0)
    assert job.clip is not None and job.clip.info.size_bytes > LARGE_BYTES, "the stored clip stays whole"
    assert await stage.spent() == 40


async def test_a_clip_that_no_chat_could_take_is_kept_in_history_and_the_member_is_told(
    with_large_clips: Stage,
) -> None:
    stage = with_large_clips
    job = await stage.buy(BUY, where=thread(upload_bytes=9_000))
    assert (job.state, job.charged) == ("undelivered", 40)
    assert stage.whispers(job.id) == [
        "The clip cannot be made small enough for this chat; it is kept in /history.\n"
        "You were charged 40 credits."
    ]
    assert stage.read(job.id) == stage.whispers(job.id)[0], "nothing is left standing as if it went on"
    assert job.clip is not None and stage.app.blobs.path(job.clip.blob).exists()
    history = (await stage.say(ADA, "/history")).text
    assert job.id in history and "kept here, could not be posted" in history


async def test_a_clip_whose_message_a_moderator_deleted_comes_in_a_new_one(stage: Stage) -> None:
    rule = {"match": {"op": "edit", "text": "It cost"}, "faults": ["delete-first"]}
    stage.chat.script.add([rule])
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert [message.deleted for message in stage.messages(job.id)] == [True, False]
    assert stage.message(job.id).thread == "t1"
    assert stage.clip_of(job.id).exists()
    assert await stage.spent() == 40


async def test_a_new_message_that_has_to_wait_is_waited_for(stage: Stage) -> None:
    stage.chat.script.add(
        [
            {"match": {"op": "edit", "text": "It cost"}, "faults": ["delete-first"]},
            {"match": {"op": "post", "nth": 2}, "faults": ["429=0.1"]},
        ]
    )
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert stage.clip_of(job.id).exists()


async def test_a_chat_where_every_message_is_deleted_is_not_flooded(stage: Stage) -> None:
    stage.chat.script.add([{"match": {"op": "edit", "text": "It cost"}, "faults": ["404"], "uses": 0}])
    job = await stage.buy(BUY)
    assert (job.state, job.charged) == ("undelivered", 40)
    assert len(stage.messages(job.id)) == 4
    assert "kept in /history" in stage.whispers(job.id)[0]


async def test_a_channel_that_was_closed_meanwhile_keeps_the_clip_in_history(stage: Stage) -> None:
    stage.chat.script.add([{"match": {"op": "edit", "text": "It cost"}, "faults": ["403"], "uses": 0}])
    job = await stage.buy(BUY)
    assert (job.state, job.charged) == ("undelivered", 40)
    assert stage.whispers(job.id) == [
        "Your clip is finished, but the bot may not write in the chat where you asked; "
        "it is kept in /history.\nYou were charged 40 credits."
    ]
    assert job.clip is not None and stage.app.blobs.path(job.clip.blob).exists()
    assert "charged 40 credits" in (await stage.say(ADA, "/history")).text


async def test_a_channel_where_the_bot_may_not_write_costs_nothing(stage: Stage) -> None:
    stage.chat.script.add([{"match": {"op": "post"}, "faults": ["403"], "uses": 0}])
    job = await stage.buy(BUY)
    assert job.state == "released"
    assert stage.whispers(job.id) == [
        "The bot may not write in the chat where you asked, so no clip was made.\nYou were not charged."
    ]
    assert stage.orders == 0
    assert await stage.spent() == 0


async def test_a_chat_that_asks_to_wait_gets_the_clip_after_that_time(stage: Stage) -> None:
    stage.chat.script.add([{"match": {"op": "edit", "text": "It cost"}, "faults": ["429=0.4"]}])
    asked_at = time.monotonic()
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert time.monotonic() - asked_at > 0.4
    assert stage.clip_of(job.id).exists()


async def test_a_clip_whose_arrival_was_not_confirmed_stands_in_one_message(stage: Stage) -> None:
    stage.chat.script.add([{"match": {"op": "edit", "text": "It cost"}, "faults": ["lost-cut"]}])
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert len(stage.messages(job.id)) == 1
    assert len(stage.message(job.id).deliveries) == 2, "the same message was edited twice"
    assert stage.clip_of(job.id).exists()
    assert await stage.spent() == 40


async def test_a_first_message_whose_arrival_was_not_confirmed_is_not_sent_twice(stage: Stage) -> None:
    stage.chat.script.add([{"match": {"op": "post"}, "faults": ["lost-cut"]}])
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert len(stage.messages(job.id)) == 1
    assert stage.message(job.id).posts == 2


async def test_a_chat_that_is_down_for_long_keeps_the_clip_in_history(stage: Stage) -> None:
    stage.chat.script.add([{"match": {"op": "edit", "text": "It cost"}, "faults": ["500"], "uses": 0}])
    job = await stage.buy(BUY)
    assert (job.state, job.charged) == ("undelivered", 40)
    assert "after many tries; it is kept in /history" in stage.whispers(job.id)[0]


async def test_progress_is_never_shown_faster_than_the_chat_likes(stage: Stage) -> None:
    stage.rule("run-ms=900")
    shown: list[tuple[float, str]] = []

    async def watch(op: str, message: Message) -> None:
        if op == "edit":
            shown.append((time.monotonic(), message.text))

    stage.chat.hook = watch
    job = await stage.buy(BUY, where=thread(edits_every=0.3))
    progress = [at for at, text in shown if "It cost" not in text]
    assert len(progress) >= 3, shown
    assert all(later - earlier >= 0.28 for earlier, later in pairwise(progress)), shown
    assert "%" in "".join(stage.readings(job.id)), "what the vendor says of its progress is shown"


async def test_without_a_word_from_the_vendor_the_time_left_is_told_from_earlier_clips_here(
    stage: Stage,
) -> None:
    stage.rule("no-fraction", "no-position", "run-ms=300", uses=4)
    jobs = [await stage.buy(BUY) for _ in range(4)]
    told = ["\n".join(stage.readings(job.id)) for job in jobs]
    assert "%" not in "".join(told)
    assert "left, going by earlier clips here" not in "".join(told[:3])
    assert "about 5 s left, going by earlier clips here" in told[3]
