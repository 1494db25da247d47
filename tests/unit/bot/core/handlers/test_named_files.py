"""Which of the files that came along a name in the prompt means."""

from __future__ import annotations

from pathlib import Path

from bot.core.desk import Attachment
from tests.fakes.desk import made_file
from tests.unit.bot.core.conftest import Office


async def test_somebody_whom_the_account_knows_by_name_is_not_the_picture_that_came_along(
    office: Office, tmp_path: Path
) -> None:
    await office.allot(1000)
    knows = office.with_house(names={"scripted-key": frozenset({"eve"})})
    files = {
        "references": [Attachment(path=made_file(tmp_path / "one", "image"), name="my beach.png")],
        "audio": [Attachment(path=made_file(tmp_path / "two", "audio", 5.0), name="a note.ogg")],
    }
    await knows.ask("@eve sings --model scripted-voice --seconds 4", files=files)
    assert {item.name for item in office.jobs.started[0].wish.media} == {""}


async def test_a_comparison_knows_by_name_what_the_accounts_of_its_models_know(
    office: Office, tmp_path: Path
) -> None:
    await office.allot(1000)
    eve = frozenset({"eve"})
    knows = office.with_house(names={"scripted-key": eve, "scripted-blind": eve})
    files = {
        "references": [Attachment(path=made_file(tmp_path / "one", "image"), name="my beach.png")],
        "audio": [Attachment(path=made_file(tmp_path / "two", "audio", 5.0), name="a note.ogg")],
    }
    said = "/compare @eve sings --models scripted-voice, scripted-voice-blind --seconds 4"
    quote = await knows.ask(said, files=files)
    assert quote.kind == "quote", knows.read(quote)
    begun = await knows.press("confirm", str(quote.facts["quote"]))
    assert begun.kind != "refusal", knows.read(begun)
    assert {item.name for job in office.jobs.started for item in job.wish.media} == {""}
