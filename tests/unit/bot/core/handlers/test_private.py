"""What is kept of a person: handed over, or taken out so that nothing leads to them any more."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

from bot.core.desk import Attachment
from bot.core.model import Clip, Job, MediaInfo, SoundCheck
from bot.core.records import Block
from tests.fakes.desk import made_file, someone
from tests.unit.bot.core.conftest import Office

INFO = MediaInfo(
    kind="video", mime="video/mp4", container="mp4", size_bytes=9, seconds=5.0, audio_codec="aac"
)


async def made(office: Office, words: str = "a secret cat sings", who: str = "1") -> Job:
    """A clip that has ended, with its file and a picture that came along."""
    image = Attachment(path=made_file(office.folder / f"hero{who}.png", "image", 3.0), name=f"hero{who}.png")
    reply = await office.ask(
        f"{words} --model scripted-native --seconds 4", someone(who), files={"image": [image]}
    )
    job = await office.desk.store.claim(reply.job)
    assert job is not None, office.read(reply)
    for state in ("submitting", "polling", "fetching", "processing"):
        job = await office.desk.store.move(job, state)
    file = made_file(office.folder / f"{job.id}.mp4", "video", float(len(office.jobs.started)))
    blob = await office.desk.blobs.put(file)
    sound = SoundCheck(verdict="ok")
    clip = Clip(blob=blob, original="", poster="", info=INFO, sound=sound, sound_path="native")
    job = await office.desk.store.settle(job, "posting", clip=clip)
    return await office.desk.store.move(job, "delivered", placeholder="m1")


async def forget(office: Office, who: str = "1") -> str:
    """Give /forget and confirm it."""
    asked = await office.ask("/forget", someone(who))
    assert asked.kind == "quote" and asked.private
    return office.read(await office.press("confirm", asked.facts["quote"], someone(who)))


def everything_stored(office: Office) -> str:
    """All rows of the database as text."""
    with closing(sqlite3.connect(office.folder / "data" / "talkreel.db")) as database:
        return "\n".join(database.iterdump())


async def test_forget_leaves_nothing_that_leads_to_the_person(office: Office) -> None:
    await office.allot(1000)
    job = await made(office)
    other = await made(office, "a public dog", who="2")
    await office.desk.store.note_for_operator(
        "c", "operator.paused", {"person": "discord:1", "count": 3, "hours": 1}
    )
    asked = office.read(await office.ask("/forget"))
    assert "Delete your prompts, files, voices, clips and names for good?" in asked
    assert job.clip is not None and office.desk.blobs.path(job.clip.blob).exists()
    assert "secret cat" in everything_stored(office) and "P1" in everything_stored(office)
    assert (await forget(office)) == "Forgotten: 1 clip."
    left = everything_stored(office)
    for trace in ("secret cat", "hero1", "'P1'", '"discord:1"', "'discord:1'", job.clip.blob):
        assert trace not in left, trace
    assert "a public dog" in left and other.id in left
    assert not office.desk.blobs.path(job.clip.blob).exists()
    assert job.wish.media[0].path.exists(), "another's clip still needs the same picture"
    assert (await office.ask("/history")).rows == ()
    report = await office.desk.store.audit(day_start_ms=0, month_start_ms=0)
    assert report.problems == () and report.settled == 80


async def test_whoever_comes_back_has_used_what_they_used_and_is_still_blocked(office: Office) -> None:
    for _ in range(3):
        await office.ask("a cat sings")
    for job in await office.desk.store.open_jobs():
        claimed = await office.desk.store.claim(job.id)
        assert claimed is not None
        await office.desk.store.release(claimed, "released", outcome="x", facts={}, charge=True)
    wallet = await office.desk.store.wallet("discord:1", "P1")
    await office.desk.store.grant(
        server="discord:s1", wallet=wallet, purse="free", amount=7, actor="a", reason="", key="k"
    )
    until = office.clock.now_ms() + 40 * 86_400_000
    await office.desk.store.block(Block(server="", wallet=wallet, until_ms=until, reason="spam", actor="op"))
    await forget(office)
    free = (await office.ask("/credits")).facts["free"]
    assert (free["used"], free["grants"]) == (3, 0), "the period is used up as before, grants are given up"
    assert (await office.ask("a cat")).facts["code"] == "blocked"
    assert await office.desk.store.granted("discord:s1", "free") == 0
    office.clock.advance(41 * 86_400)
    assert (await office.ask("a cat")).kind == "progress"


async def test_the_hash_of_somebody_who_never_came_back_is_dropped_in_time(office: Office) -> None:
    await office.ask("/credits")
    await forget(office)
    assert "forgotten:" in everything_stored(office)
    office.clock.advance(32 * 86_400)
    await office.ask("/credits", someone("2"))
    assert not re.search(r'INSERT INTO "?identity_mark', everything_stored(office))


async def test_forget_cancels_first_and_waits_for_what_cannot_be_cancelled(office: Office) -> None:
    reply = await office.ask("a cat sings")
    asked = await office.ask("/forget")
    assert "1 clip in the making will be cancelled first." in office.read(asked)
    office.jobs.answer = "too-late"
    refused = await office.press("confirm", asked.facts["quote"])
    assert refused.facts["code"] == "open_jobs"
    job = await office.desk.store.job(reply.job)
    assert job is not None and job.wish.prompt == "a cat sings", "nothing was taken out by halves"


async def test_forget_can_be_dropped(office: Office) -> None:
    await office.ask("/credits")
    asked = await office.ask("/forget")
    assert office.read(await office.press("dismiss", asked.facts["quote"])) == "Nothing was changed."
    assert "'P1'" in everything_stored(office)


async def test_an_export_holds_ones_own_things_and_no_others(office: Office) -> None:
    await office.allot(1000)
    job = await made(office)
    await made(office, "somebody else's dog", who="2")
    reply = await office.ask("/export")
    assert reply.kind == "file" and reply.private and reply.file is not None
    assert (reply.file.mime, reply.file.size_bytes) == ("application/zip", reply.file.path.stat().st_size)
    with zipfile.ZipFile(reply.file.path) as archive:
        assert sorted(archive.namelist()) == [f"clips/{job.id}.mp4", "talkreel.json"]
        facts = json.loads(archive.read("talkreel.json"))
        assert job.clip is not None
        assert archive.read(f"clips/{job.id}.mp4") == office.desk.blobs.path(job.clip.blob).read_bytes()
    assert facts["accounts"] == [{"person": "discord:1", "name": "P1"}]
    (clip,) = facts["clips"]
    assert (clip["wish"]["prompt"], clip["charged"]) == ("a secret cat sings", 40)
    assert facts["here"]["paid"]["used"] == 40
    assert "dog" not in json.dumps(facts) and str(office.folder) not in json.dumps(facts)


async def test_an_export_stays_below_the_limit_of_the_chat(office: Office) -> None:
    await office.allot(1000)
    job = await made(office)
    assert job.clip is not None
    _write(office.desk.blobs.path(job.clip.blob), 12_000_000)
    reply = await office.ask("/export")
    assert reply.file is not None and reply.file.size_bytes < 10_485_760
    assert "0 as files; 1 more do not fit into this chat" in office.read(reply)


async def test_exports_are_cleared_away_and_replaced(office: Office) -> None:
    first = await office.ask("/export")
    second = await office.ask("/export")
    assert first.file is not None and second.file is not None
    assert first.file.path == second.file.path
    later = second.file.path.stat().st_mtime_ns // 1_000_000
    assert await office.desk.blobs.discard_old_scratch("export-", later - 1000) == 0
    assert await office.desk.blobs.discard_old_scratch("export-", later + 1000) == 1
    assert not second.file.path.exists()


def _write(path: Path, size_bytes: int) -> None:
    path.write_bytes(b"x" * size_bytes)
