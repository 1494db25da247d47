"""A recording of any kind becomes the audio reference that the vendor takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.stage import ADA, Stage
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


async def test_a_recording_without_the_picture_that_the_model_needs_says_so(
    stage: Stage, tmp_path: Path
) -> None:
    note = make_voice_note(tmp_path / "note.ogg", seconds=4)
    answer = await stage.say(ADA, SPEAK, files={"audio": [note]})
    assert answer.reply.kind == "refusal"
    assert "reference picture" in answer.text
    assert stage.orders == 0
