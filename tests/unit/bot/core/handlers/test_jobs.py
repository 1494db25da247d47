"""History, details and cancelling: one's own things only."""

from __future__ import annotations

import pytest

from bot.core.model import Clip, MediaInfo, SoundCheck
from tests.fakes.desk import someone
from tests.unit.bot.core.conftest import Office


async def test_history_is_ones_own_newest_first(office: Office) -> None:
    assert office.read(await office.ask("/history")) == "You have not made a clip yet."
    first = await office.ask("a cat sings")
    office.clock.advance(60)
    second = await office.ask("a dog barks")
    await office.ask("a bird", someone("2"))
    assert office.read(await office.ask("/history")) == (
        "Your newest clips\n"
        f"{second.job} · 2026-11-18 11:07 UTC · Drawn (built in) · in the queue · "
        "held, not charged yet · “a dog barks”\n"
        f"{first.job} · 2026-11-18 11:06 UTC · Drawn (built in) · in the queue · "
        "held, not charged yet · “a cat sings”"
    )


async def test_a_finished_job_tells_model_price_sound_and_times(office: Office) -> None:
    started = await office.ask("a cat sings --seconds 5 --seed 7")
    job = await office.desk.store.claim(started.job)
    assert job is not None
    for state in ("submitting", "polling", "fetching", "processing"):
        job = await office.desk.store.move(job, state)
    office.clock.advance(9)
    info = MediaInfo(
        kind="video",
        mime="video/mp4",
        container="mp4",
        size_bytes=2_340_000,
        seconds=5.0,
        width=1280,
        height=720,
        video_codec="h264",
        audio_codec="aac",
    )
    sound = SoundCheck(
        verdict="ok",
        picture_seconds=5.0,
        sound_seconds=5.0,
        loudness_lufs=-16.04,
        true_peak_dbtp=-1.2,
        silent_share=0.08,
    )
    clip = Clip(
        blob="a" * 64,
        original="",
        poster="",
        info=info,
        sound=sound,
        sound_path="native",
        details={"voice": "none installed"},
    )
    job = await office.desk.store.settle(job, "posting", clip=clip)
    await office.desk.store.move(job, "delivered")
    said = office.read(await office.ask(f"/job #{started.job.upper()}"))
    assert said == (
        f"{started.job} · delivered\n"
        "Prompt: “a cat sings”\n"
        "Model: Drawn (built in), by drawn/drawn\n"
        "Asked: 5 s, 720p, 16:9, sound: by the model\n"
        "Seed: 7\n"
        "Price: 1 free clip; charged 1 free clip\n"
        "Clip: 5 s, 1280×720, 2.3 MB, h264 + aac\n"
        "Sound: present and audible, -16.0 LUFS, peak -1.2 dBTP, 8 % silence\n"
        "Picture 5 s, sound 5 s\n"
        "Asked 2026-11-18 11:06 UTC, last change 2026-11-18 11:06 UTC\n"
        "From command to last change: 9 s\n"
        "voice: none installed\n"
        "Again\n"
        "Show again"
    )


async def test_a_failed_job_tells_why_and_that_it_was_not_charged(office: Office) -> None:
    started = await office.ask("a cat sings")
    job = await office.desk.store.claim(started.job)
    assert job is not None
    facts = {"model": "Drawn (built in)", "said": "no monsters please"}
    await office.desk.store.release(job, "released", outcome="prompt_moderated", facts=facts)
    said = office.read(await office.ask(f"/job {started.job}"))
    assert "no clip" in said and "not charged" in said
    assert (
        "The content rules of Drawn (built in) refused the prompt or a file; it said “no monsters please”."
        in said
    )


async def test_a_job_of_somebody_else_reads_like_one_that_does_not_exist(office: Office) -> None:
    started = await office.ask("a cat sings")
    theirs = await office.ask(f"/job {started.job}", someone("2"))
    nothing = await office.ask("/job zzzzzzzz", someone("2"))
    assert office.read(theirs).replace(started.job, "ID") == office.read(nothing).replace("zzzzzzzz", "ID")
    assert office.read(await office.ask("/job")) == "/job needs id."


async def test_details_under_a_clip_are_for_those_who_see_it(office: Office) -> None:
    started = await office.ask("a cat sings")
    neighbour = await office.press("details", started.job, someone("2"))
    assert "Prompt: “a cat sings”" in office.read(neighbour)
    stranger = await office.press("details", started.job, someone("2", server="discord:s2"))
    assert office.read(stranger).startswith("You have no clip")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("cancelled", "{id} is cancelled; its credits are back."),
        ("asked", "Drawn (built in) has been asked to stop; if it does, the credits of {id} come back."),
        ("too-late", "Too late for {id}: it will come and be charged."),
        ("ended", "{id} has already ended."),
    ],
)
async def test_cancel_says_what_became_of_it(office: Office, answer: str, said: str) -> None:
    started = await office.ask("a cat sings")
    office.jobs.answer = answer
    expected = said.format(id=started.job)
    assert office.read(await office.ask(f"/cancel {started.job}")) == expected
    assert office.read(await office.press("cancel", started.job)) == expected


async def test_only_the_owner_the_servers_admins_and_the_operator_cancel(office: Office) -> None:
    started = await office.ask("a cat sings")
    for actor, kind in (
        (someone("2"), "refusal"),
        (someone("2", server="discord:s2", admin=True), "refusal"),
        (someone("2", admin=True), "notice"),
        (someone("2", server="discord:s2", operator=True), "notice"),
    ):
        assert (await office.ask(f"/cancel {started.job}", actor)).kind == kind


async def test_history_has_pages(office: Office) -> None:
    office = office.with_house(jobs_at_once=9)
    jobs = []
    for number in range(5):
        jobs.append((await office.ask(f"cat {number}", someone(operator=True))).job)
        office.clock.advance(60)
    first = await office.ask("/history --count 2", someone(operator=True))
    assert [row.facts["id"] for row in first.rows] == [jobs[4], jobs[3]]
    assert [(button.action, button.target) for button in first.buttons] == [("page", "2.2")]
    second = await office.press("page", "2.2")
    assert office.read(second).startswith("Your newest clips, page 2\n")
    assert [row.facts["id"] for row in second.rows] == [jobs[2], jobs[1]]
    assert [button.target for button in second.buttons] == ["1.2", "3.2"]
    last = await office.ask("/history --page 3 --count 2")
    assert [row.facts["id"] for row in last.rows] == [jobs[0]]
    assert [button.target for button in last.buttons] == ["2.2"]
    assert office.read(await office.ask("/history --page 9")).startswith("There is no such page.")


@pytest.mark.parametrize("target", ["", "x", "1", "1.0", "1.999", "-1.5", "9999999.5", "1.5.5", "٣.2"])
async def test_a_page_that_cannot_be_is_refused(office: Office, target: str) -> None:
    assert (await office.press("page", target)).kind == "refusal"
