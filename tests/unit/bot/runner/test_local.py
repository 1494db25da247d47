"""The doorbell of one process: order, slots, repeats, waits and letting go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from bot.runner.local import LocalRunner


async def nothing_due() -> Iterable[tuple[str, str, int]]:
    return []


@asynccontextmanager
async def running(runner: LocalRunner) -> AsyncIterator[None]:
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        await runner.drain(seconds=1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settle() -> None:
    await asyncio.sleep(0.02)


async def test_a_lane_never_works_on_more_jobs_than_it_has_slots() -> None:
    runner = LocalRunner(widths={"make:": 2})
    inside = most = 0

    async def advance(job: str, lane: str) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.005)
        inside -= 1

    runner.serve(advance, nothing_due)
    async with running(runner):
        for number in range(20):
            runner.ring(f"j{number}", "make:veo")
        while runner.depth():
            await settle()
    assert most == 2


async def test_the_lowest_priority_number_goes_first_and_positions_count_from_one() -> None:
    runner = LocalRunner(widths={"make:": 1})
    order: list[str] = []
    gate = asyncio.Event()

    async def advance(job: str, lane: str) -> None:
        order.append(job)
        await gate.wait()

    runner.serve(advance, nothing_due)
    async with running(runner):
        runner.ring("first", "make:x", priority=0)
        await settle()
        runner.ring("flood-1", "make:x", priority=10)
        runner.ring("flood-2", "make:x", priority=20)
        runner.ring("small", "make:x", priority=5)
        assert [runner.position(job, "make:x") for job in ("small", "flood-1", "flood-2")] == [1, 2, 3]
        assert runner.position("first", "make:x") is None
        gate.set()
        while runner.depth():
            await settle()
    assert order == ["first", "small", "flood-1", "flood-2"]


async def test_a_job_rung_while_it_is_worked_on_is_worked_on_again_but_never_twice_at_a_time() -> None:
    runner = LocalRunner(widths={})
    lanes: list[str] = []
    inside = 0

    async def advance(job: str, lane: str) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        lanes.append(lane)
        if lanes == ["watch"]:
            runner.ring(job, "finish")
            runner.ring(job, "finish")
        await asyncio.sleep(0.01)
        inside -= 1

    runner.serve(advance, nothing_due)
    async with running(runner):
        runner.ring("a", "watch")
        await settle()
        while runner.depth():
            await settle()
    assert lanes == ["watch", "finish"]


async def test_a_job_that_waits_in_two_lanes_is_worked_on_in_one_after_the_other() -> None:
    runner = LocalRunner(widths={})
    inside = most = worked = 0

    async def advance(job: str, lane: str) -> None:
        nonlocal inside, most, worked
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1
        worked += 1

    runner.serve(advance, nothing_due)
    async with running(runner):
        runner.ring("a", "watch")
        runner.ring("a", "hello")
        while runner.depth():
            await settle()
    assert (most, worked) == (1, 2)


async def test_an_interrupted_wait_ends_at_once_and_says_so() -> None:
    runner = LocalRunner(widths={})
    answers: list[bool] = []

    async def advance(job: str, lane: str) -> None:
        answers.append(await runner.wait(job, 30))
        answers.append(await runner.wait(job, 0.001))

    runner.serve(advance, nothing_due)
    async with running(runner):
        runner.ring("a", "watch")
        await settle()
        runner.interrupt("a")
        await settle()
    assert answers == [True, False]


async def test_what_the_bell_lost_the_sweep_finds() -> None:
    due = [("lost", "watch", 0)]

    async def sweep() -> Iterable[tuple[str, str, int]]:
        return due

    runner = LocalRunner(widths={}, sweep_seconds=0.01)
    worked: list[str] = []

    async def advance(job: str, lane: str) -> None:
        worked.append(job)
        due.clear()

    runner.serve(advance, sweep)
    async with running(runner):
        while not worked:
            await settle()
    assert worked == ["lost"]


async def test_letting_go_ends_waits_at_once_and_gives_work_under_way_time() -> None:
    runner = LocalRunner(widths={})
    finished: list[str] = []

    async def advance(job: str, lane: str) -> None:
        if job == "waiting":
            await runner.wait(job, 60)
        else:
            await asyncio.sleep(0.05)
        finished.append(job)

    runner.serve(advance, nothing_due)
    async with asyncio.timeout(2):
        async with running(runner):
            runner.ring("waiting", "watch")
            runner.ring("working", "watch")
            await settle()
    assert finished == ["working"]


async def test_a_step_that_breaks_does_not_stop_the_others() -> None:
    runner = LocalRunner(widths={"watch": 1})
    finished: list[str] = []

    async def advance(job: str, lane: str) -> None:
        if job == "bad":
            raise ValueError("a bug")
        finished.append(job)

    runner.serve(advance, nothing_due)
    async with running(runner):
        runner.ring("bad", "watch")
        runner.ring("good", "watch")
        while not finished:
            await settle()
    assert finished == ["good"]


async def test_a_job_that_begins_to_wait_while_everything_ends_holds_nothing_up() -> None:
    runner = LocalRunner(widths={"make:": 2})
    submitted = asyncio.Event()
    left: list[str] = []

    async def advance(job: str, lane: str) -> None:
        await submitted.wait()
        try:
            await runner.wait(job, 60)
        finally:
            left.append(job)

    runner.serve(advance, nothing_due)
    async with running(runner):
        runner.ring("one", "make:a")
        await settle()
        ending = asyncio.create_task(runner.drain(seconds=30))
        await settle()
        submitted.set()
        async with asyncio.timeout(5):
            await ending
    assert left == ["one"]
