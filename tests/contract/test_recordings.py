"""Recordings: every vendor has them, each file is used or exempt, each kind of answer shown or excused."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.catalogue import load
from tests.contract.harness import HARNESSES

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDERS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
# Providers that speak another's wire, and are recorded there.
SHARED = {"volcengine-seedance": "bytedance-seedance"}
ANSWERS = (
    "good",
    "queued",
    "running",
    "done",
    "failed",
    "moderated",
    "refused-prompt",
    "bad-request",
    "model-gone",
    "bad-key",
    "no-funds",
    "rate-limit",
    "server-error",
    "unknown-job",
    "cancel",
    "cancel-late",
    "expired-link",
)


def index(folder: str) -> dict[str, Any]:
    return tomllib.loads((GOLDEN / folder / "index.toml").read_text("utf-8"))


def names(table: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Scenarios and their files, whether they stand in one table or in several."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from names(value)
        else:
            yield name, value if isinstance(value, list) else [value]


def test_every_vendor_that_sells_clips_is_in_the_suite_and_has_recordings() -> None:
    catalogue = load()
    selling = {
        route.provider
        for model in catalogue.models()
        for route in model.routes
        if catalogue.provider(route.provider).adapter and catalogue.provider(route.provider).purse == "paid"
    }
    assert selling <= {harness.id for harness in HARNESSES}
    assert {SHARED.get(provider, provider) for provider in selling} <= set(FOLDERS)
    assert all(len(reason) > 20 for harness in HARNESSES for reason in harness.exempt.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_is_named_once_and_every_exemption_has_a_reason(folder: str) -> None:
    table = index(folder)
    exempt = table.get("exempt", {})
    used = [file for _, files in names(table["scenario"]) for file in files]
    files = sorted(path.relative_to(GOLDEN / folder).as_posix() for path in (GOLDEN / folder).rglob("*.json"))
    assert sorted([*used, *exempt]) == files
    assert all(len(reason) > 15 for reason in exempt.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_kind_of_answer_is_recorded_or_excused(folder: str) -> None:
    table = index(folder)
    known = {name for name, _ in names(table["scenario"])}
    assert tuple(table["contract"]) == ANSWERS
    for answer, shown in table["contract"].items():
        if isinstance(shown, dict):
            assert set(shown) == {"exempt"} and len(shown["exempt"]) > 20, answer
        else:
            assert shown in known, answer
