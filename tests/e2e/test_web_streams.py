"""Many open pages at once cost little."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench.event_streams import LIMITS, STREAMS, opened
from tests.e2e.browser import open_demo


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_two_hundred_open_pages_cost_at_most_20_mebibytes(tmp_path: Path) -> None:
    async with open_demo(tmp_path) as demo:
        taken, _ = await opened(demo, STREAMS)
    assert 0 < taken <= LIMITS["streams_mib"]
