"""A recording of any kind becomes the audio reference that the vendor takes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.e2e.stage import ADA, BEN, Stage
from tests.e2e.test_discord_audio import tone_note
from tests.fakes.clips import make_image, make_voice_note

SPEAK = "/generate she reads the letter --model scripted-voice --seconds 4"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return make_image(tmp_path / "her.png", width=320, height=320)


def renamed(path: Path, name: str) -> Path:
    """The same file under a misleading name."""
    return path.rename(path.with_name(name))


async def test_a_long_voice_note_is_cut_to_the_window_of_the_vendor_and_the_quote_says_which_part(
    stage: Stage, tmp_path: Path, picture: Path
) -> None:
    note = make_voice_note(tmp_path / "note.ogg", seconds=23)
    answer = await stage.say(ADA, SPEAK, files={"audio": [note], "references": [picture]})
    assert stage.orders == 0
    assert "Your 23 s recording → 00:00 to 00:15, wav" in answer.text
    job = await stage.ended((await stage.press(ADA, "confirm", answer.quote)).job)
    # The vendor decodes the reference and refuses all but 2 to 15 s of wav or mp3.
    assert job.state == "delivered", stage.read(job.id)
    sent = stage.vendor.memory.submits[0]["body"]["inputs"]
    assert [item["role"] for item in sent] == ["reference_audio", "reference_image"]
    assert await stage.spent() == job.plan.credits
    assert note.exists(), "the member's own file stays where it was"


async def test_a_picture_named_like_a_recording_is_refused_for_what_it_is(
    stage: Stage, picture: Path
) -> None:
    disguised = renamed(picture, "song.mp3")
    answer = await stage.say(ADA, SPEAK, files={"audio": [disguised]})
    assert answer.text == (
        "“song.mp3”: This is a picture, and a recording is needed for audio.\nNothing was charged."
    )
    assert stage.orders == 0


async def test_a_recording_named_like_a_picture_still_counts_as_one(
    stage: Stage, tmp_path: Path, picture: Path
) -> None:
    note = renamed(make_voice_note(tmp_path / "note.ogg", seconds=4), "note.png")
    answer = await stage.say(ADA, SPEAK, files={"audio": [note], "references": [picture]})
    assert (await stage.ended(answer.job)).state == "delivered"


async def test_an_empty_or_silent_recording_is_refused_before_anything_is_held(
    stage: Stage, tmp_path: Path, picture: Path
) -> None:
    empty = tmp_path / "empty.ogg"
    empty.touch()
    answer = await stage.say(ADA, SPEAK, files={"audio": [empty], "references": [picture]})
    assert answer.text.startswith("“empty.ogg”: The file is empty")
    hushed = make_voice_note(tmp_path / "hushed.ogg", seconds=0, silence_before=5)
    answer = await stage.say(ADA, SPEAK, files={"audio": [hushed], "references": [picture]})
    assert answer.code == "silent"
    assert answer.text.endswith("Nothing was charged.")
    assert (stage.orders, await stage.spent()) == (0, 0)


async def test_a_recording_without_the_picture_that_the_model_needs_goes_beside_a_plain_card(
    stage: Stage, tmp_path: Path
) -> None:
    note = make_voice_note(tmp_path / "note.ogg", seconds=4)
    answer = await stage.say(ADA, SPEAK, files={"audio": [note]})
    assert "a plain grey card goes along" in answer.text and stage.orders == 0
    job = await stage.ended((await stage.press(ADA, "confirm", answer.quote)).job)
    # The vendor decodes the picture, too, and refuses what is none.
    assert job.state == "delivered"
    sent = stage.vendor.memory.submits[0]["body"]["inputs"]
    assert [item["role"] for item in sent] == ["reference_audio", "reference_image"]


async def test_who_agreed_that_a_voice_is_used_is_written_down_exported_and_forgotten(
    stage: Stage, tmp_path: Path, picture: Path
) -> None:
    note = make_voice_note(tmp_path / "note.ogg", seconds=4)
    answer = await stage.say(ADA, SPEAK, files={"audio": [note], "references": [picture]}, key="event-of-ada")
    assert answer.text.splitlines()[-2] == "By sending it you confirm that whoever is heard agrees."
    job = await stage.ended(answer.job)
    (kept,) = await stage.app.store.consents_of(job.wallet, limit=10)
    assert (kept.job, kept.person, kept.message) == (job.id, "discord:ada", "event-of-ada")
    assert (kept.used_as, kept.model) == ("reference", "scripted-voice")
    assert 0 <= stage.clock.now_ms() - kept.at_ms < 60_000
    export = (await stage.say(ADA, "/export")).reply.file
    assert export is not None
    with zipfile.ZipFile(export.path) as archive:
        facts = json.loads(archive.read("talkreel.json"))
    (voice,) = facts["voices"]
    assert (voice["clip"], voice["agreed_by"], voice["message"]) == (job.id, "discord:ada", "event-of-ada")
    # The same clip once more is another use of the voice, and whoever asks for it agrees anew.
    again = await stage.press(BEN, "again", job.id)
    assert "whoever is heard agrees" in again.text
    await stage.ended(again.job)
    question = await stage.say(ADA, "/forget")
    confirm = next(button for button in question.reply.buttons if button.action == "confirm")
    await stage.press(ADA, "confirm", confirm.target)
    assert await stage.app.store.consents_of(job.wallet, limit=10) == ()


async def test_a_recording_that_says_nothing_or_is_torn_by_its_loudness_is_asked_about(
    stage: Stage, tmp_path: Path, picture: Path
) -> None:
    hum = tone_note(tmp_path / "hum.ogg", hz=300)
    files = {"audio": [hum], "references": [picture]}
    answer = await stage.say(ADA, f"{SPEAK} --audio_as voice", files=files)
    assert "Nobody seems to speak in your recording" in answer.text and answer.reply.kind == "quote"
    # As a melody it is as good as any.
    answer = await stage.say(ADA, SPEAK, files=files)
    assert "Nobody seems to speak" not in answer.text
    await stage.ended(answer.job)
    loud = make_voice_note(tmp_path / "loud.wav", seconds=4, container="wav", level_db=14)
    answer = await stage.say(ADA, SPEAK, files={"audio": [loud], "references": [picture]})
    assert "Your recording is distorted" in answer.text and stage.orders == 1
    job = await stage.ended((await stage.press(ADA, "confirm", answer.quote)).job)
    assert job.state == "delivered"
