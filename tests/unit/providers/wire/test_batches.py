"""Questions that are asked together: who gets which answer, and who does not suffer for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from providers.wire.batches import Batches


class Oracle:
    """Answers with the upper case; knows nothing that starts with x."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def ask(self, ids: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(tuple(ids))
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return {one: one.upper() for one in ids if not one.startswith("x")}


async def test_those_who_come_while_a_call_is_out_share_the_next_one() -> None:
    oracle = Oracle()
    batches = Batches(oracle.ask, most=3)
    first = asyncio.create_task(batches.get("a"))
    await asyncio.sleep(0.01)
    rest = [asyncio.create_task(batches.get(one)) for one in ("b", "c", "xd", "e", "b")]
    await asyncio.sleep(0.01)
    oracle.gate.set()
    assert await first == "A"
    assert await asyncio.gather(*rest) == ["B", "C", None, "E", "B"]
    assert oracle.asked == [("a",), ("b", "c", "xd"), ("e",)]


async def test_one_who_gives_up_takes_nothing_from_the_others() -> None:
    oracle = Oracle()
    batches = Batches(oracle.ask, most=3)
    patient, hasty = (asyncio.create_task(batches.get("a")) for _ in range(2))
    await asyncio.sleep(0.01)
    hasty.cancel()
    oracle.gate.set()
    assert await patient == "A"
    with pytest.raises(asyncio.CancelledError):
        await hasty


async def test_a_failed_call_is_told_to_all_of_it_and_the_next_one_is_asked() -> None:
    oracle = Oracle()
    oracle.error = ValueError("no")
    oracle.gate.set()
    batches = Batches(oracle.ask, most=3)
    results = await asyncio.gather(batches.get("a"), batches.get("b"), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError]
    oracle.error = None
    assert await batches.get("a") == "A"


async def test_closing_leaves_nobody_waiting() -> None:
    oracle = Oracle()
    batches = Batches(oracle.ask, most=1)
    waiting = [asyncio.create_task(batches.get(one)) for one in ("a", "b")]
    await asyncio.sleep(0.01)
    await batches.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert oracle.asked == [("a",)]
