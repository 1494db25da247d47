"""The documents say what is true: generated parts are fresh, commands exist, links lead somewhere."""

from __future__ import annotations

import argparse
import re
import shlex
import tomllib
from typing import get_args

import pytest

from bot.__main__ import parser
from bot.settings import Settings
from docs.generate.__main__ import GENERATED
from docs.generate.third_party import packages
from tests.architecture.tree import PRODUCT, ROOT, files, name, python

README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = tuple(path for path in files() if path.suffix == ".md")
FIRST_SCREEN = 45


def lines_with(words: str) -> list[str]:
    return [line for line in README.splitlines() if words in line]


@pytest.mark.parametrize("file", [".env.example", "docs/settings.md", "README.md"])
def test_what_is_generated_is_up_to_date(file: str) -> None:
    assert (ROOT / file).read_text("utf-8") == GENERATED[file](), "run: python -m docs.generate"


def test_every_package_that_comes_along_is_listed_with_its_licence() -> None:
    try:
        found = packages(ROOT)
    except ModuleNotFoundError as missing:
        pytest.skip(f"not everything is installed: {missing}")
    listed = (ROOT / "THIRD_PARTY.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (\S+) \| ([^|]+) \|", listed, re.MULTILINE))
    assert [p.name for p in found if p.name not in rows] == [], "run: python -m docs.generate"
    unlicensed = {package.name for package in found if package.licence == "not stated"}
    assert unlicensed == set()
    for part in ("libx264", "Kokoro-82M", "GPL"):
        assert part in listed


def test_every_setting_is_explained_and_those_with_a_number_name_its_unit() -> None:
    for setting, field in Settings.model_fields.items():
        assert field.description, setting
        if "Decimal" in str(field.annotation) or field.annotation is int:
            assert re.search(r"\(.+\)", field.description), f"{setting} names no unit"


def test_every_setting_is_used() -> None:
    code = "\n".join(path.read_text("utf-8") for path in python("bot") if path.name != "settings.py")
    assert [setting for setting in Settings.model_fields if f"settings.{setting}" not in code] == []


def test_the_language_setting_offers_what_there_are_texts_for() -> None:
    offered = set(get_args(Settings.model_fields["language"].annotation))
    assert offered == {path.stem for path in (ROOT / "bot/core/texts").glob("*.toml")}


def test_the_first_screen_shows_both_commands() -> None:
    first = "\n".join(README.splitlines()[:FIRST_SCREEN])
    assert first.count("python3 -m venv .venv &&") == 2
    assert "talkreel generate" in first and "-m pytest" in first


def test_each_of_the_two_commands_is_one_line_and_one_the_program_takes() -> None:
    (run,) = lines_with(".venv/bin/talkreel generate")
    (tests,) = lines_with("-m pytest")
    for line in (run, tests):
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    words = shlex.split(run.rpartition(" && ")[2])
    assert words[0] == ".venv/bin/talkreel"
    known = parser().parse_args(words[1:])
    assert known.command == "generate" and known.out == "clip.mp4" and "She says: " in known.prompt


def test_the_extras_in_the_documents_exist() -> None:
    extras = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    )
    for path in DOCUMENTS:
        for group in re.findall(r"pip install (?:-e )?['\"]\.\[([a-z,]+)\]", path.read_text("utf-8")):
            assert set(group.split(",")) <= extras, name(path)


def _commands() -> dict[str, argparse.ArgumentParser]:
    (sub,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(sub.choices)


def test_every_command_is_in_the_readme_and_no_other() -> None:
    named = set(re.findall(r"^\| `talkreel (\w+)", README, re.MULTILINE))
    assert named == set(_commands())


def test_no_document_names_a_command_that_does_not_exist() -> None:
    known = set(_commands()) | {"v"}
    for path in DOCUMENTS:
        for command in re.findall(r"`talkreel (\w+)", path.read_text("utf-8")):
            assert command in known, name(path)


def test_no_document_names_a_setting_that_does_not_exist() -> None:
    known = {f"TALKREEL_{setting.upper()}" for setting in Settings.model_fields} | {"TALKREEL_TEST"}
    for path in DOCUMENTS:
        for setting in re.findall(r"TALKREEL_[A-Z_]*[A-Z]", path.read_text("utf-8")):
            base = setting.partition("__")[0]
            assert base in known, f"{name(path)}: {setting}"


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text("utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{name(path)}: {target}"


def test_paths_that_documents_name_exist() -> None:
    for path in (ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "README.md"):
        for target in re.findall(
            r"`((?:bot|providers|docs|tests|\.ci)/[\w./-]*\w)/?`", path.read_text("utf-8")
        ):
            if "acme" not in target and not target.startswith(("providers/video", "providers/audio")):
                assert (ROOT / target).exists(), f"{name(path)}: {target}"


def test_troubleshooting_quotes_what_the_program_really_says() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
    ours = page.partition("## When starting")[2]
    sources = [
        p.read_text("utf-8") for p in files() if name(p).startswith(PRODUCT) and p.suffix in {".py", ".toml"}
    ]
    said = re.sub(r'"\s*\n\s*f?"', "", "\n".join(sources))
    quotes = re.findall(r"\*\*`([^`]+)`\*\*", ours)
    assert len(quotes) >= 10
    for quote in quotes:
        for part in re.split(r"<[^>]*>", quote):
            words = part.strip(" .")
            assert len(words) < 8 or words in said, f"{quote!r} says {words!r}"


def test_contributing_has_seven_steps_for_a_provider() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    steps = re.findall(r"^(\d)\. \*\*", text.partition("Add a provider in 7 steps")[2], re.MULTILINE)
    assert steps == [str(number) for number in range(1, 8)]


def test_the_package_ships_what_its_code_reads() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    for package in PRODUCT:
        shipped = {pattern.rpartition("*")[2] for pattern in data[package]} | {".py"}
        kinds = {
            p.suffix or p.name for p in files() if name(p).startswith(f"{package}/") and p.name != "py.typed"
        }
        assert kinds <= shipped, package
