"""kill -9 in the middle of four legs, while they are shown and at the reveal: nothing is bought, shown or
charged twice."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.quick_cut import four_models
from tests.e2e.test_kill import environment
from tests.fakes.chat import FakeChat
from tests.fakes.vendor import FakeVendor

USUAL = ("after_ticket",)
POINTS = (
    "before_intent",
    "done_seen",
    "before_settle",
    "after_settle",
    "delivered",
    "contest_before_copies",
    "contest_before_show",
    "contest_shown_one",
    "contest_voting",
    "contest_before_reveal",
)


@pytest.mark.parametrize("point", [*USUAL, *(pytest.param(one, marks=pytest.mark.whole) for one in POINTS)])
async def test_a_comparison_goes_on_after_a_kill(point: str, tmp_path: Path) -> None:
    async with FakeVendor() as vendor, FakeChat() as chat:
        assert await one_life(tmp_path, vendor, chat, point) is None, f"{point} was never reached"
        last = await one_life(tmp_path, vendor, chat, "")
        assert last is not None
        assert (last["problems"], last["sum"], last["held"], last["scratch"]) == ([], 0, 0, [])
        assert last["jobs"] == 4
        assert len(vendor.memory.tasks) == 4, "bought twice, or not at all"
        assert last["charged"] == [40] * 4, last
        assert last["settled"] == 160
        assert last["letters"] == ["A", "B", "C", "D"]
        shown = [message.nonce.split(".")[1] for message in chat.messages.values() if message.media]
        assert sorted(shown) == ["A", "B", "C", "D", "ears", "film"]
        results = [message for message in chat.messages.values() if message.nonce.endswith(".result")]
        assert len(results) == 1


async def one_life(folder: Path, vendor: FakeVendor, chat: FakeChat, kill: str) -> dict[str, Any] | None:
    """Run the bot until the comparison is over; None if it was killed."""
    models = four_models(folder / "catalogue")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.e2e.contest_process",
        json.dumps({"chat": chat.url, "kill": kill}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(folder, vendor) | {"TALKREEL_CATALOGUE_DIR": str(models)},
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), 90)
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, err.decode()[-3000:]
    answer: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return answer
