"""The stores that the contract is kept by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.ports import Store
from bot.store.sqlite import open_store
from tests.fakes.clock import FakeClock

STORES = ("sqlite", "sqlite-one-hop-per-statement")


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    """Each store that there is, empty."""
    opened = await open_store(tmp_path / "data", clock=clock)
    if request.param == "sqlite-one-hop-per-statement":
        opened._driver._hop = None
    yield opened
    report = await opened.audit(day_start_ms=0, month_start_ms=0)
    await opened.close()
    assert report.problems == ()
    assert report.sum == 0
