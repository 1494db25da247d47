"""The import rules of pyproject.toml hold, and a broken one is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

# file, line that is planted at its end, contract that must break
PLANTED = {
    "providers know the bot": ("providers/base.py", "import bot.core.model", "whole:"),
    "the core reaches for a front-end": ("bot/core/wording.py", "import bot.frontends", "whole:"),
    "a store sees the runner": ("bot/store/__init__.py", "import bot.runner.local", "whole:"),
    "values know the ports": ("bot/core/model.py", "import bot.core.ports", "core:"),
    "a rule rings the engine": ("bot/core/quota.py", "import bot.core.work.engine", "core:"),
    "a core module without a place": ("bot/core/cleverness.py", "", "core:"),
    "the seam knows the catalogue": ("providers/errors.py", "import providers.catalogue", "providers:"),
    "a provider module without a place": ("providers/cleverness.py", "", "providers:"),
    "the bot imports an adapter": ("bot/app.py", "import providers.local", "adapters are reached"),
    "the core opens connections": ("bot/core/health.py", "import httpx", "the core knows no platform"),
    "an adapter reads settings": (
        "providers/process.py",
        "import pydantic_settings",
        "providers know nothing",
    ),
    "a store reads settings": (
        "bot/store/__init__.py",
        "import bot.settings",
        "settings are read in one place",
    ),
}


def lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},  # a contract's name and its verdict on one line
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_import_rules_hold() -> None:
    status, said = lint(ROOT)
    assert status == 0, said


def test_there_are_no_exemptions() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert not [rule["name"] for rule in rules["contracts"] if "ignore_imports" in rule]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("bot", "providers"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize("plant", PLANTED)
def test_a_broken_rule_is_noticed(copied: Path, plant: str) -> None:
    where, line, contract = PLANTED[plant]
    file = copied / where
    before = file.read_text("utf-8") if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n", "utf-8")
    try:
        status, said = lint(copied)
    finally:
        file.unlink() if before is None else file.write_text(before, "utf-8")
    assert status != 0
    broken = [row for row in said.splitlines() if row.startswith(contract) and "BROKEN" in row]
    assert broken, said
