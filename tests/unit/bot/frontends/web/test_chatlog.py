"""The page's memory and its outbox: what is kept, what is told, what a restart leaves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.errors import MessageGone, StorageFull, TryLater
from bot.core.model import MediaInfo, Text
from bot.core.replies import Button, ClipView, FileView, ProgressView, Reply
from bot.core.wording import load_wording
from bot.frontends.web.bubble import Bubble, Kept, from_json, to_json
from bot.frontends.web.chatlog import ChatLog, open_chatlog
from bot.frontends.web.feed import Feed
from bot.frontends.web.handed import HandedFiles
from bot.frontends.web.outbox import WebOutbox, destination
from tests.fakes.clock import FakeClock

ADA = "web:ada"
TO = destination(ADA, "ada.1.a", "en")


def bubble(id: str = "ada.1", **more: object) -> Bubble:
    return replace(Bubble(id=id, person=ADA, mine=True, kind="sent", at_ms=1), **more)  # type: ignore[arg-type]


def progress(stage: str = "polling", fraction: float | None = None) -> Reply:
    return Reply(
        kind="progress",
        lines=(Text(key=f"progress.{stage}", facts={"model": "Animatic"}),),
        progress=ProgressView(job="j1", stage=stage, fraction=fraction),
        buttons=(Button(action="cancel", target="j1", label=Text(key="button.cancel")),),
        job="j1",
    )


def clip(folder: Path) -> Reply:
    info = MediaInfo(
        kind="video", mime="video/mp4", container="mp4", size_bytes=9, width=16, height=9, audio_codec="aac"
    )
    view = ClipView(job="j1", path=folder / "clip.mp4", info=info, file_name="clip.mp4")
    return Reply(kind="clip", lines=(Text(key="clip.repaired"),), clip=view, job="j1")


@pytest.fixture
async def chatlog(tmp_path: Path, clock: FakeClock) -> AsyncIterator[ChatLog]:
    opened = await open_chatlog(tmp_path, clock)
    yield opened
    await opened.close()


@pytest.fixture
def feed(chatlog: ChatLog) -> Feed:
    made = Feed()
    chatlog.listen(made.changed)
    return made


@pytest.fixture
def outbox(chatlog: ChatLog, feed: Feed, clock: FakeClock) -> WebOutbox:
    return WebOutbox(
        chatlog=chatlog, feed=feed, words=load_wording(strict=True), clock=clock, handed=HandedFiles(clock)
    )


def test_a_message_survives_being_stored() -> None:
    whole = bubble(
        head=("a",), lines=("b", "c"), buttons=(("again", "j", "Again"),), progress={"stage": "queued"},
        clip={"width": 1}, files=(Kept(option="image", name="a.png"),), rows=("r",), job="j", text="t",
    )  # fmt: skip
    assert from_json(to_json(whole)) == whole
    assert "person" not in whole.shown() and "address" not in str(whole.shown())


@pytest.mark.skipif(os.name != "posix", reason="rights of files")
async def test_what_people_wrote_can_be_read_by_the_owner_alone(tmp_path: Path, chatlog: ChatLog) -> None:
    await chatlog.change(ADA, "a", lambda _: bubble("a"))
    found = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
    rights = {path.name: path.stat().st_mode & 0o777 for path in found}
    assert len(rights) == 3 and set(rights.values()) == {0o600}


async def test_a_placeholder_sent_twice_is_one_bubble(chatlog: ChatLog, outbox: WebOutbox) -> None:
    first = await outbox.placeholder(TO, progress("queued"), nonce="j1")
    assert await outbox.placeholder(TO, progress("queued"), nonce="j1") == first == "ada.1.a"
    other = await outbox.placeholder(TO, replace(progress("queued"), job="j2"), nonce="j2")
    assert other != first
    assert len(await chatlog.page(ADA, before=0, count=10)) == 2


async def test_a_bubble_that_is_not_there_is_gone(outbox: WebOutbox, tmp_path: Path) -> None:
    with pytest.raises(MessageGone):
        await outbox.update(TO, "nothing", progress())
    with pytest.raises(MessageGone):
        await outbox.deliver(TO, "nothing", clip(tmp_path))


async def test_delivering_twice_changes_nothing(chatlog: ChatLog, outbox: WebOutbox, tmp_path: Path) -> None:
    message = await outbox.placeholder(TO, progress("queued"), nonce="j1")
    await outbox.deliver(TO, message, clip(tmp_path))
    before = await chatlog.get(ADA, message)
    await outbox.deliver(TO, message, clip(tmp_path))
    assert await chatlog.get(ADA, message) == before
    assert before is not None and before.kind == "clip" and before.progress is None


async def test_an_answer_that_comes_after_the_first_progress_only_adds_the_quote(
    chatlog: ChatLog, outbox: WebOutbox
) -> None:
    asked = bubble(TO.extra["bubble"], mine=False, kind="working")
    await chatlog.change(ADA, asked.id, lambda _: asked)
    message = await outbox.placeholder(TO, progress("polling", 0.4), nonce="j1")
    head = (Text(key="progress.posting"),)
    shown = await outbox.answer(TO, replace(progress("queued"), lines=head), mine=asked)
    assert shown.id == message and shown.head == ("Posting the clip",)
    assert shown.progress is not None and shown.progress["stage"] == "polling"


async def test_after_a_crash_there_is_the_last_stage_and_the_engine_goes_on(
    tmp_path: Path, clock: FakeClock, chatlog: ChatLog, outbox: WebOutbox
) -> None:
    message = await outbox.placeholder(TO, progress("queued"), nonce="j1")
    await outbox.update(TO, message, progress("polling", 0.1))
    await outbox.update(TO, message, progress("polling", 0.9))
    now = await chatlog.get(ADA, message)
    assert now is not None and now.progress is not None and now.progress["fraction"] == 0.9
    # Another process on the same file, as after a kill: nothing was closed.
    again = await open_chatlog(tmp_path, clock)
    try:
        left = await again.get(ADA, message)
        assert left is not None and left.progress is not None
        assert (left.progress["stage"], left.progress["fraction"]) == ("polling", 0.1)
        after = WebOutbox(
            chatlog=again, feed=Feed(), words=load_wording(), clock=clock, handed=HandedFiles(clock)
        )
        await after.deliver(TO, message, clip(tmp_path))
        done = await again.get(ADA, message)
        assert done is not None and done.kind == "clip" and done.place == left.place
    finally:
        await again.close()


async def test_changes_grow_across_restarts_even_if_the_clock_stands(
    tmp_path: Path, clock: FakeClock, chatlog: ChatLog
) -> None:
    first = await chatlog.change(ADA, "a", lambda _: bubble("a"))
    again = await open_chatlog(tmp_path, clock)
    second = await again.change(ADA, "b", lambda _: bubble("b"))
    await again.close()
    assert first is not None and second is not None and second.changed > first.changed


async def test_nobody_can_take_over_anothers_message(chatlog: ChatLog) -> None:
    await chatlog.change(ADA, "a", lambda _: bubble("a", text="mine"))
    assert await chatlog.get("web:ben", "a") is None
    stolen = await chatlog.change(
        "web:ben", "a", lambda _: replace(bubble("a", text="his"), person="web:ben")
    )
    assert stolen is None
    kept = await chatlog.get(ADA, "a")
    assert kept is not None and kept.text == "mine"


async def test_a_hundred_changes_at_once_are_all_kept_and_in_order(chatlog: ChatLog) -> None:
    await chatlog.change(ADA, "a", lambda _: bubble("a"))

    async def one(n: int) -> None:
        await chatlog.change(ADA, "a", lambda now: replace(now, lines=(*now.lines, str(n))) if now else None)
        await chatlog.change(ADA, f"m{n}", lambda _: bubble(f"m{n}"))

    await asyncio.gather(*(one(n) for n in range(100)))
    now = await chatlog.get(ADA, "a")
    assert now is not None and sorted(map(int, now.lines)) == list(range(100))
    changes = [b.changed for b in await chatlog.missed(ADA, after=0, count=500)]
    assert changes == sorted(set(changes)) and len(changes) == 101


async def test_a_full_disk_loses_nothing_and_stops_no_job(chatlog: ChatLog, outbox: WebOutbox) -> None:
    message = await outbox.placeholder(TO, progress("queued"), nonce="j1")
    (pages,) = next(iter(await chatlog._connection.execute_fetchall("PRAGMA page_count")))
    await chatlog._connection.execute(f"PRAGMA max_page_count = {pages}")
    long = bubble("b", text="x" * 100_000)
    with pytest.raises(StorageFull):
        await chatlog.change(ADA, "b", lambda _: long)
    assert await chatlog.get(ADA, "b") is None
    with pytest.raises(TryLater):
        lines = tuple(Text(key="progress.posting") for _ in range(20_000))
        await outbox.update(TO, message, replace(progress("posting"), lines=lines))
    await chatlog._connection.execute("PRAGMA max_page_count = 100000")
    await outbox.update(TO, message, progress("posting"))
    now = await chatlog.get(ADA, message)
    assert now is not None and now.lines == ("Posting the clip",)


async def test_pages_of_the_past_come_in_order(chatlog: ChatLog) -> None:
    for n in range(7):
        await chatlog.change(ADA, f"m{n}", lambda _, n=n: bubble(f"m{n}"))  # type: ignore[misc]
    newest = await chatlog.page(ADA, before=0, count=3)
    older = await chatlog.page(ADA, before=newest[0].place, count=3)
    assert [b.id for b in (*older, *newest)] == ["m1", "m2", "m3", "m4", "m5", "m6"]


async def test_a_slow_page_costs_little_and_ends_up_right(chatlog: ChatLog, feed: Feed) -> None:
    with feed.open(ADA) as page:
        for n in range(5000):
            feed.changed(bubble("a", text=str(n)))
        (event,) = await page.next()
        assert event["message"]["text"] == "4999"
        assert not page.overrun
        for n in range(1000):
            feed.changed(bubble(f"m{n}"))
        assert page.overrun and len(await page.next()) <= 300
    assert feed.count(ADA) == 0


async def test_a_question_that_comes_by_itself_stays_until_it_is_answered(
    chatlog: ChatLog, outbox: WebOutbox
) -> None:
    question = Reply(
        kind="quote",
        lines=(Text(key="quote.price_changed"),),
        buttons=(Button(action="confirm", target="q1", label=Text(key="button.dismiss")),),
        private=True,
    )
    await outbox.notify(TO, ADA, question)
    (kept,) = await chatlog.page(ADA, before=0, count=10)
    assert kept.kind == "quote" and kept.buttons[0][:2] == ("confirm", "q1")


async def test_whoever_is_forgotten_leaves_no_message_and_no_file_to_fetch(
    chatlog: ChatLog, outbox: WebOutbox, tmp_path: Path
) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"zip")
    file = FileView(path=path, name="export.zip", mime="application/zip", size_bytes=3)
    reply = Reply(kind="file", lines=(Text(key="quote.price_changed"),), file=file)
    shown = await outbox.answer(TO, reply, mine=bubble("ada.1.a", mine=False))
    assert shown.file is not None and len(outbox._handed._files) == 1
    await outbox.forget(ADA)
    assert await chatlog.page(ADA, before=0, count=10) == ()
    assert outbox._handed._files == {}
