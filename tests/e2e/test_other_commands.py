"""`models`, `servers`, `audit`, `doctor` and help, as strangers use and misuse them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bot import __version__
from tests.e2e.talkreel import Talkreel


@pytest.fixture
def talkreel(tmp_path: Path) -> Talkreel:
    """The command line with an empty data folder."""
    return Talkreel(tmp_path)


def test_models_are_listed_and_shown_one_by_one(talkreel: Talkreel) -> None:
    talkreel.settings["TALKREEL_CATALOGUE_DIR"] = ""
    listed = talkreel.run("models")
    assert listed.status == 0
    assert listed.out[0] == "Models; where a key is named, it is missing"
    assert any(line.startswith("animatic · Animatic · sound: its own") for line in listed.out)
    assert "Sora 2" in listed.out[-1]
    retired = talkreel.run("models", "sora-2")
    assert retired.status == 0
    assert retired.out[-1].startswith("Sora 2 was retired by its maker on 2026-09-24")
    unknown = talkreel.run("models", "animatik")
    assert unknown.status == 1
    assert unknown.err == ["There is no model “animatik”; try animatic."]


def test_servers_are_allowed_credits_and_mistakes_named(talkreel: Talkreel) -> None:
    allow = ("servers", "allow", "discord:1", "--credits")
    done = talkreel.run(*allow, "500", "--per", "month")
    assert (done.status, done.out) == (0, ["discord:1 may now use 500 credits each month."])
    for words, word in (
        ((*allow, "many"), "“many” is not a number of credits"),
        ((*allow, "-5"), "-5"),
        ((*allow, "9" * 12), "is not a number of credits"),
        (("servers", "allow", "myspace:1", "--credits", "5"), "“myspace:1” is not the id of a server"),
        ((*allow, "5", "--per", "year"), "'year'"),
    ):
        said = talkreel.run(*words)
        assert said.status == 2, said
        assert said.out == []
        assert word in said.err[-1], said.err
    talkreel.judge(transfers=0)


def test_the_doctor_names_what_is_wrong_and_what_to_do(talkreel: Talkreel) -> None:
    well = talkreel.run("doctor")
    assert well.status == 0, well
    assert [line.split()[0] for line in well.out[:3]] == ["ok", "ok", "ok"]
    talkreel.data.mkdir(exist_ok=True)
    (talkreel.data / "talkreel.db").write_bytes(os.urandom(20_000))
    ill = talkreel.run("doctor")
    assert ill.status == 1
    (wrong,) = [index for index, line in enumerate(ill.out) if line.startswith("wrong")]
    assert "database" in ill.out[wrong]
    assert "backup" in ill.out[wrong + 1]
    for command in (("audit",), ("models",), ("generate", "a cat")):
        said = talkreel.run(*command)
        assert said.status == 1, said
        assert len(said.err) == 1, said.err
        assert "is damaged" in said.err[0]


def test_a_data_folder_that_cannot_be_made_is_named(talkreel: Talkreel) -> None:
    (talkreel.folder / "file").touch()
    talkreel.settings["TALKREEL_DATA_DIR"] = str(talkreel.folder / "file")
    for command in (("audit",), ("generate", "a cat")):
        said = talkreel.run(*command)
        assert said.status == 2, said
        assert len(said.err) == 1, said.err
        assert "`talkreel doctor` says what to do" in said.err[0]
    assert talkreel.run("doctor").status == 1


def test_a_setting_that_does_not_exist_or_cannot_be_is_named(talkreel: Talkreel) -> None:
    for name, value in (("TALKREEL_KEEP_DAYS", "many"), ("TALKREEL_KEEP_DAY", "3")):
        bot = Talkreel(talkreel.folder, {name: value})
        said = bot.run("audit")
        assert said.status == 2
        assert len(said.err) == 1
        assert name in said.err[0]


def test_help_and_version_come_at_once(talkreel: Talkreel) -> None:
    began = time.perf_counter()
    version = talkreel.run("--version")
    asked = talkreel.run("generate", "--help")
    assert time.perf_counter() - began < 4.0, "far above the bar of tests/bench/startup.py"
    assert version.out == [f"talkreel {__version__}"]
    assert asked.status == 0
    how = " ".join(" ".join(asked.out).split())
    assert "reference, voice, dialogue or soundtrack" in how
    assert talkreel.run().status == 2
    assert not talkreel.data.exists(), "asking for help makes nothing"


def test_a_log_at_its_most_talkative_repeats_no_prompt(talkreel: Talkreel) -> None:
    talkreel.settings["TALKREEL_LOG_LEVEL"] = "debug"
    done = talkreel.run("generate", "a unicorn in my cellar", "--seconds", "2", "--resolution", "480p")
    assert done.status == 0
    assert "unicorn" not in "\n".join(done.lines)
