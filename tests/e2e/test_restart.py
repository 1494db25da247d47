"""The bot is closed and opened again: everything goes on where it was. Full disks are waited out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.errors import StorageFull
from bot.core.model import Job
from bot.core.work import engine
from tests.e2e.stage import ADA, BEN, CATALOGUE, Stage, open_stage
from tests.e2e.test_pictures import photo
from tests.fakes.chat import FakeChat
from tests.fakes.vendor import FakeVendor

BUY = "/generate a door slams --model scripted-native --seconds 4"


@pytest.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    async with FakeVendor() as running:
        yield running


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[FakeChat]:
    async with FakeChat(media_dir=tmp_path / "chat") as running:
        yield running


async def test_a_clip_in_the_making_comes_after_the_restart_in_its_thread(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat
) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        stage.rule("run-ms=700")
        asked = await stage.say(ADA, BUY)
        await stage.until(asked.job, "polling")
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        job = await stage.ended(asked.job)
        assert job.state == "delivered"
        assert stage.clip_of(job.id).exists()
        assert len(stage.messages(job.id)) == 1
        assert (stage.orders, await stage.spent()) == (1, 40)


async def test_an_offer_can_be_confirmed_after_the_restart(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat
) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        quote = await stage.say(ADA, "/generate a door slams --model scripted-native --seconds 8")
        assert quote.reply.kind == "quote"
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        job = await stage.ended((await stage.press(ADA, "confirm", quote.quote)).job)
        assert job.state == "delivered"
        assert await stage.spent() == 80


async def test_the_buttons_under_a_clip_work_after_the_restart(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat
) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        first = await stage.buy(BUY)
        waiting = stage.message(first.id).buttons
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        assert [button["action"] for button in waiting] == [
            "again",
            "edit",
            "other-model",
            "new-sound",
            "original",
            "details",
            "delete",
        ]
        details = await stage.press(BEN, "details", waiting[1]["target"])
        assert "charged 40 credits" in details.text
        again = await stage.press(BEN, "again", waiting[0]["target"])
        assert (await stage.ended(again.job)).state == "delivered"
        assert (await stage.spent(ADA), await stage.spent(BEN)) == (40, 40)
        assert first.id in (await stage.say(ADA, "/history")).text


async def test_a_queue_is_kept_over_the_restart(tmp_path: Path, vendor: FakeVendor, chat: FakeChat) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat, concurrent=1) as stage:
        stage.rule("run-ms=700")
        asked = [await stage.say(who, BUY) for who in (ADA, BEN)]
        await stage.until(asked[0].job, "polling")
    async with open_stage(tmp_path, vendor=vendor, chat=chat, concurrent=1) as stage:
        jobs = [await stage.ended(answer.job) for answer in asked]
        assert [job.state for job in jobs] == ["delivered", "delivered"]
        assert stage.orders == 2
        assert len(stage.chat.messages) == 2


async def test_a_clip_that_waits_for_a_model_that_was_taken_out_is_given_back(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat
) -> None:
    picture = photo(tmp_path / "dawn.png", (640, 360))
    async with open_stage(tmp_path, vendor=vendor, chat=chat, concurrent=1) as stage:
        stage.rule("run-ms=700")
        first = await stage.say(ADA, BUY)
        await stage.until(first.job, "polling")
        words = "/generate a door slams --model scripted-silent --seconds 5"
        second = await stage.say(BEN, words, files={"image": [picture]})
    smaller = taken_out("scripted-silent", tmp_path / "catalogue")
    async with open_stage(tmp_path, vendor=vendor, chat=chat, concurrent=1, catalogue=smaller) as stage:
        assert (await stage.ended(first.job)).state == "delivered"
        assert (await stage.ended(second.job)).outcome == "model_withdrawn"
        assert stage.read(second.job) == (
            "The operator no longer offers Scripted Silent, so there is no clip.\nYou were not charged."
        )
        assert (stage.orders, await stage.spent(BEN)) == (1, 0)


async def test_a_clip_in_the_making_at_a_provider_that_was_taken_out_ends_by_its_time_limit(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat
) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        stage.rule("forever")
        asked = await stage.say(ADA, BUY)
        await stage.until(asked.job, "polling")
    smaller = taken_out("", tmp_path / "catalogue")
    (smaller / "scripted-key.toml").unlink()
    async with open_stage(tmp_path, vendor=vendor, chat=chat, catalogue=smaller) as stage:
        async with asyncio.timeout(10):
            notes: list[str] = []
            while notes == []:
                notes = await stage.notes()
                await asyncio.sleep(0.02)
        assert notes == ["scripted-key cannot do what was asked: “scripted-key cannot be used”."]
        stage.clock.jump(61)
        await stage.say(ADA, f"/cancel {asked.job}")
        await stage.until(asked.job, "late")
        assert await stage.spent() == 0


def taken_out(model: str, folder: Path) -> Path:
    """The catalogue of the stage without a model, and without the gateway, which offers others' models."""
    folder.mkdir()
    for file in CATALOGUE.glob("*.toml"):
        if file.stem != "scripted-gateway":
            parts = file.read_text("utf-8").split("[[model]]\n")
            kept = [part for part in parts if not part.startswith(f'id = "{model}"\n')]
            (folder / file.name).write_text("[[model]]\n".join(kept), "utf-8")
    return folder


async def test_a_cancel_that_could_not_be_carried_out_yet_is_remembered_over_the_restart(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat
) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        stage.rule("lost-cut", "list-lag=1000", "forever")
        asked = await stage.say(ADA, BUY.replace("scripted-native", "scripted-native-lookup"))
        await stage.until(asked.job, "uncertain")
        await stage.app.store.ask_cancel(asked.job)
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        job = await stage.ended(asked.job)
        assert job.state == "released"
        assert (stage.orders, await stage.spent()) == (1, 0)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_disk_that_is_full_for_a_while_delays_the_clip_and_tells_the_operator_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    real, refused = stage.app.blobs.put, 0

    async def put(path: Path) -> str:
        nonlocal refused
        if refused < times:
            refused += 1
            raise StorageFull("no room")
        return await real(path)

    monkeypatch.setattr(stage.app.blobs, "put", put)
    job = await stage.buy(BUY)
    assert job.state == "delivered"
    assert (refused, stage.tasks[0].files) == (times, 1), "the file is not fetched again"
    assert await stage.notes() == ["The disk of the data folder is full: “no room”."]
    assert (await stage.spent(), stage.orders) == (40, 1)


async def test_a_disk_too_full_to_go_on_with_a_clip_is_said_and_waited_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refused = stage.app.store.claim, 0

    async def claim(job: str) -> Job | None:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise StorageFull("no room for a row")
        return await real(job)

    asked = await stage.say(ADA, BUY)
    await stage.until(asked.job, "polling")
    monkeypatch.setattr(engine, "_FRESH_MS", 0)  # as if it had waited long for its lane
    monkeypatch.setattr(stage.app.store, "claim", claim)
    job = await stage.ended(asked.job)
    assert (job.state, refused) == ("delivered", 2)
    assert await stage.notes() == ["The disk of the data folder is full: “no room for a row”."]
    assert (await stage.spent(), stage.orders) == (40, 1)


async def test_a_clip_that_is_late_comes_after_the_restart_for_free(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat
) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        stage.rule("run-ms=900")
        asked = await stage.say(ADA, BUY)
        await stage.until(asked.job, "polling")
        stage.clock.jump(61)
        await stage.until(asked.job, "late")
        clock = stage.clock
    async with open_stage(tmp_path, vendor=vendor, chat=chat, clock=clock) as stage:
        job = await stage.ended(asked.job)
        assert job.state == "delivered"
        assert stage.read(job.id).endswith("It came after its time limit, so it is free.")
        assert (stage.orders, await stage.spent()) == (1, 0)


async def test_a_clip_of_a_platform_that_is_switched_off_waits_until_it_is_back(
    tmp_path: Path, vendor: FakeVendor, chat: FakeChat, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        stage.rule("run-ms=300")
        asked = await stage.say(ADA, BUY)
        await stage.until(asked.job, "polling")
    async with open_stage(tmp_path, vendor=vendor, chat=chat, platform="console") as stage:
        await stage.until(asked.job, "posting")
        other = await stage.say(BEN, BUY)
        await asyncio.sleep(0.2)
        assert (await stage.job(other.job)).state == "queued", "nothing is bought that cannot be shown"
    assert "stumbled" not in caplog.text
    async with open_stage(tmp_path, vendor=vendor, chat=chat) as stage:
        jobs = [await stage.ended(answer.job) for answer in (asked, other)]
        assert [job.state for job in jobs] == ["delivered", "delivered"]
        assert (await stage.spent(ADA), await stage.spent(BEN), stage.orders) == (40, 40, 2)
