"""Values come back from their rows as they were, also after the code has moved on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bot.core.model import Plan, Wish
from bot.store import rows
from providers.base import MediaInput, Shot
from tests.unit.bot.store.books import CLIP, a_job, takes_for


def test_a_wish_with_files_and_shots_comes_back_as_it_was() -> None:
    file = MediaInput(
        role="voice", kind="audio", path=Path("/x/a.wav"), mime="audio/wav", size_bytes=1, seconds=2.5
    )
    wish = Wish(prompt="«ñ» 🦊", seconds=8, seed=0, media=(file,), shots=(Shot(prompt="one", seconds=3),))
    assert rows.load(Wish, rows.dump(wish)) == wish


def test_a_plan_a_clip_and_takes_come_back_as_they_were() -> None:
    job = a_job()
    assert rows.load(Plan, rows.dump(job.plan)) == job.plan
    assert rows.load(type(CLIP), rows.dump(CLIP)) == CLIP
    assert rows.load_takes(rows.dump_takes(takes_for(job, member=None))) == takes_for(job, member=None)


@dataclass(frozen=True, kw_only=True)
class Newer:
    """A value that gained a field and lost one since it was stored."""

    price: Decimal
    facts: Mapping[str, Any] = field(default_factory=dict)
    gained: int = 3
    maybe: Path | None = None


def test_fields_that_came_or_went_do_not_spoil_old_rows() -> None:
    assert rows.load(Newer, '{"price":"0.10","lost":true,"maybe":"/a"}') == Newer(
        price=Decimal("0.10"), maybe=Path("/a")
    )


def test_facts_of_any_mapping_are_stored() -> None:
    value = Newer(price=Decimal("1.50"), facts=MappingProxyType({"a": (1, 2)}))
    assert json.loads(rows.dump(value)) == {
        "price": "1.50",
        "facts": {"a": [1, 2]},
        "gained": 3,
        "maybe": None,
    }


def test_what_cannot_be_stored_is_said() -> None:
    with pytest.raises(TypeError, match="object cannot be stored"):
        rows.dump({"a": object()})
