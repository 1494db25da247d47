"""What stands under a finished clip and does what it says: edit, other model, original file, delete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.stage import ADA, BEN, Stage, open_stage, person, thread
from tests.fakes.clips import make_clip
from tests.fakes.vendor import FakeVendor

BUY = "/generate a door slams --model scripted-native --seconds 4"


def actions(stage: Stage, job: str) -> list[str]:
    """The buttons under a clip."""
    return [button["action"] for button in stage.message(job).buttons]


@pytest.fixture
async def with_large_clips(tmp_path: Path) -> AsyncIterator[Stage]:
    """A vendor whose clips have about a megabyte."""
    clip = tmp_path / "clips" / "4s-16x9-tone-whole.mp4"
    clip.parent.mkdir()
    make_clip(clip, seconds=4, content="noise", bit_rate=2_000_000)
    async with FakeVendor(clips=clip.parent) as vendor, open_stage(tmp_path, vendor=vendor) as opened:
        yield opened


async def test_edit_and_other_model_make_new_clips_beside_the_old_one(stage: Stage) -> None:
    first = await stage.buy(BUY)
    edited = await stage.submit(ADA, await stage.press(ADA, "edit", first.id), prompt="a bell rings")
    second = await stage.ended(edited.job)
    form = await stage.press(ADA, "other-model", first.id)
    assert form.reply.form is not None
    (field,) = form.reply.form.fields
    offered = {choice.value: choice for choice in field.choices}
    assert "scripted-native" not in offered
    other = await stage.submit(ADA, form, model=next(iter(offered)))
    if other.reply.kind == "quote":
        other = await stage.press(ADA, "confirm", other.quote)
    third = await stage.ended(other.job)
    assert [job.state for job in (first, second, third)] == ["delivered"] * 3
    assert (second.wish.prompt, third.wish.prompt) == ("a bell rings", "a door slams")
    assert (second.plan.model, third.plan.model) == ("scripted-native", next(iter(offered)))
    assert len({stage.message(job.id).id for job in (first, second, third)}) == 3


async def test_the_original_is_offered_where_the_chat_shows_another_file(
    with_large_clips: Stage, tmp_path: Path
) -> None:
    stage = with_large_clips
    small = thread(upload_bytes=500_000)
    job = await stage.buy(BUY, where=small)
    assert "original" in actions(stage, job.id)
    untouched = (tmp_path / "clips" / "4s-16x9-tone-whole.mp4").read_bytes()
    handed = await stage.press(BEN, "original", job.id, where=thread(upload_bytes=5_000_000))
    assert handed.reply.kind == "file" and handed.reply.file is not None
    assert handed.reply.file.path.read_bytes() == untouched
    assert handed.reply.file.name == f"talkreel-{job.id}-original.mp4"
    told = await stage.press(ADA, "original", job.id, where=small)
    assert told.reply.file is None
    assert "this chat takes at most 500 kB; the operator finds it as clips/" in told.text
    stranger = person("eve", server="discord:200")
    assert (await stage.press(stranger, "original", job.id)).code == "no_such_job"


async def test_delete_asks_and_then_takes_message_and_files_away_but_not_the_books(stage: Stage) -> None:
    job = await stage.buy(BUY)
    assert job.clip is not None
    files = [stage.app.blobs.path(job.clip.blob), stage.app.blobs.path(job.clip.poster)]
    asked = await stage.press(ADA, "delete", job.id)
    assert "What it cost does not come back." in asked.text
    assert (await stage.press(ADA, "dismiss", asked.quote)).text == "Nothing was changed."
    assert not stage.message(job.id).deleted and all(file.exists() for file in files)
    asked = await stage.press(ADA, "delete", job.id)
    done = await stage.press(ADA, "confirm", asked.quote)
    assert done.text == f"{job.id} is deleted."
    assert [message.deleted for message in stage.messages(job.id)] == [True]
    assert not any(file.exists() for file in files)
    assert await stage.spent() == 40
    assert "The clip was deleted." in (await stage.say(ADA, f"/job {job.id}")).text
    for action in ("original", "delete"):
        assert (await stage.press(ADA, action, job.id)).code == "clip_gone"


async def test_delete_is_for_the_requester_admins_of_the_server_and_operators(stage: Stage) -> None:
    job = await stage.buy(BUY)
    assert (await stage.press(BEN, "delete", job.id)).code == "not_yours_to_delete"
    elsewhere = person("eve", server="discord:200", admin=True)
    assert (await stage.press(elsewhere, "delete", job.id)).code == "no_such_job"
    asked = await stage.press(person("cem", admin=True), "delete", job.id)
    assert (await stage.press(BEN, "confirm", asked.quote)).code == "not_your_offer"
    operator = person("root", server="discord:200", operator=True)
    asked = await stage.press(operator, "delete", job.id)
    assert (await stage.press(operator, "confirm", asked.quote)).text == f"{job.id} is deleted."


async def test_a_clip_that_never_reached_a_chat_is_shown_from_the_history(with_large_clips: Stage) -> None:
    stage = with_large_clips
    job = await stage.buy(BUY, where=thread(upload_bytes=9_000))
    assert job.state == "undelivered" and job.clip is not None
    history = (await stage.say(ADA, "/history")).reply
    assert [(button.action, button.target) for button in history.buttons] == [("show", job.id)]
    shown = await stage.press(ADA, "show", job.id)
    assert shown.reply.clip is not None
    assert shown.reply.clip.path == stage.app.blobs.path(job.clip.blob)
    smaller = await stage.press(ADA, "show", job.id, where=thread(upload_bytes=500_000))
    assert smaller.reply.clip is not None and smaller.reply.clip.info.size_bytes <= 500_000
    tiny = await stage.press(ADA, "show", job.id, where=thread(upload_bytes=9_000))
    assert tiny.code == "does_not_fit"


async def test_a_message_that_cannot_be_taken_back_is_said_and_the_files_go_all_the_same(
    stage: Stage,
) -> None:
    job = await stage.buy(BUY)
    stage.chat.script.add([{"match": {"op": "delete"}, "faults": ["403"]}])
    asked = await stage.press(ADA, "delete", job.id)
    done = await stage.press(ADA, "confirm", asked.quote)
    assert "could not take its message back" in done.text
    assert job.clip is not None and not stage.app.blobs.path(job.clip.blob).exists()


async def test_a_file_that_another_clip_still_needs_survives(stage: Stage, tmp_path: Path) -> None:
    image = tmp_path / "hero.png"
    Image.new("RGB", (320, 180), "teal").save(image)
    asked = await stage.say(ADA, f"{BUY} --seed 1", files={"image": [image]})
    first = await stage.ended(asked.job)
    second = await stage.ended((await stage.press(BEN, "again", first.id)).job)
    assert first.clip is not None and second.clip is not None
    for who, job, survives in ((ADA, first, True), (BEN, second, False)):
        question = await stage.press(who, "delete", job.id)
        await stage.press(who, "confirm", question.quote)
        assert first.wish.media[0].path.exists() is survives
    assert (await stage.press(ADA, "again", first.id)).code == "files_gone"
