"""The limited worker: what it may not do, what ends it, and that the bot never notices."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from providers.process import LimitedWorker, Limits, WorkerDied, WorkerFailed, WorkerPool

MODULE = "tests.fakes.worker_functions"
SMALL = Limits(memory_bytes=400 << 20, cpu_seconds=2, file_bytes=4 << 20)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="these limits exist on Linux")


@pytest.fixture
async def worker() -> AsyncIterator[LimitedWorker]:
    made = LimitedWorker(MODULE, limits=SMALL)
    yield made
    await made.close()


def running(pid: int) -> bool:
    """Whether the process exists and is more than a zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


async def until(condition: Callable[[], bool], *, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - processes end without an event
            await asyncio.sleep(0.01)


async def test_a_function_gets_its_arguments_and_its_result_comes_back(worker: LimitedWorker) -> None:
    sent: dict[str, Any] = {
        "text": "\u00fcber\nzwei Zeilen",
        "numbers": [1, 2.5, None],
        "nested": {"a": True},
    }
    assert await worker.call("echo", timeout_seconds=10, **sent) == sent


async def test_progress_reports_arrive_in_order_before_the_result(worker: LimitedWorker) -> None:
    seen: list[dict[str, Any]] = []
    result = await worker.call(
        "count", timeout_seconds=10, up_to=4, on_progress=lambda p: seen.append(dict(p))
    )
    assert result == "done"
    assert [step["fraction"] for step in seen] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert seen[-1]["note"] == "counted"


async def test_a_library_that_prints_does_not_corrupt_the_conversation(worker: LimitedWorker) -> None:
    assert await worker.call("chatter", timeout_seconds=10) == "clean"
    assert await worker.call("echo", timeout_seconds=10, still="here") == {"still": "here"}


async def test_the_worker_stays_warm_between_calls(worker: LimitedWorker) -> None:
    assert not worker.warm
    first = await worker.call("identify", timeout_seconds=10)
    assert worker.warm
    assert await worker.call("identify", timeout_seconds=10) == first


async def test_an_idle_worker_ends_and_the_next_call_starts_a_new_one() -> None:
    worker = LimitedWorker(MODULE, limits=SMALL, idle_seconds=0.1)
    first = await worker.call("identify", timeout_seconds=10)
    await until(lambda: not worker.warm and not running(first))
    assert await worker.call("identify", timeout_seconds=10) != first
    await worker.close()


async def test_a_worker_that_died_while_idle_is_replaced_without_a_word(worker: LimitedWorker) -> None:
    first = await worker.call("identify", timeout_seconds=10)
    os.kill(first, signal.SIGKILL)
    await until(lambda: not worker.warm)
    assert await worker.call("identify", timeout_seconds=10) != first


async def test_calls_run_one_at_a_time_in_the_order_they_were_made(worker: LimitedWorker) -> None:
    order: list[int] = []

    async def ask(number: int) -> None:
        await worker.call("sleep", timeout_seconds=10, seconds=0.02)
        order.append(number)

    await asyncio.gather(*(ask(number) for number in range(6)))
    assert order == list(range(6))


@linux_only
async def test_a_greedy_function_is_ended_by_the_memory_limit(worker: LimitedWorker) -> None:
    with pytest.raises(WorkerDied) as caught:
        await worker.call("hoard", timeout_seconds=30, mebibytes=2000)
    assert caught.value.reason == "memory"
    assert await worker.call("echo", timeout_seconds=10) == {}


@linux_only
async def test_a_kill_by_the_system_counts_as_out_of_memory(worker: LimitedWorker) -> None:
    pid = await worker.call("identify", timeout_seconds=10)
    call = asyncio.ensure_future(worker.call("sleep", timeout_seconds=30, seconds=20))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDied) as caught:
        await call
    assert caught.value.reason == "memory"


@linux_only
async def test_a_function_that_computes_too_long_is_ended_by_the_cpu_limit(worker: LimitedWorker) -> None:
    with pytest.raises(WorkerDied) as caught:
        await worker.call("spin", timeout_seconds=60)
    assert caught.value.reason == "time"


@linux_only
async def test_the_cpu_limit_counts_each_call_anew(worker: LimitedWorker) -> None:
    pid = await worker.call("identify", timeout_seconds=10)
    used = [await worker.call("burn", timeout_seconds=60, cpu_seconds=1.2) for _ in range(3)]
    assert used[-1] > SMALL.cpu_seconds + 1
    assert await worker.call("identify", timeout_seconds=10) == pid


async def test_a_function_that_hangs_is_ended_by_its_timeout(worker: LimitedWorker) -> None:
    start = time.monotonic()
    with pytest.raises(WorkerDied) as caught:
        await worker.call("sleep", timeout_seconds=0.3, seconds=30)
    assert caught.value.reason == "time"
    assert time.monotonic() - start < 5
    assert await worker.call("echo", timeout_seconds=10, next=1) == {"next": 1}


@pytest.mark.parametrize("function", ["crash", "vanish", "lie"])
async def test_a_broken_worker_is_reported_and_replaced(worker: LimitedWorker, function: str) -> None:
    with pytest.raises(WorkerDied) as caught:
        await worker.call(function, timeout_seconds=10)
    assert caught.value.reason == "crash"
    assert await worker.call("echo", timeout_seconds=10, next=1) == {"next": 1}


async def test_an_exception_inside_keeps_its_kind_words_and_facts(worker: LimitedWorker) -> None:
    pid = await worker.call("identify", timeout_seconds=10)
    with pytest.raises(WorkerFailed) as caught:
        await worker.call("refuse", timeout_seconds=10)
    assert (caught.value.kind, caught.value.message) == ("Unusable", "not this one")
    assert caught.value.facts == {"limit": 3}
    assert await worker.call("identify", timeout_seconds=10) == pid


@pytest.mark.parametrize("function", ["unserialisable", "_private", "no_such_function"])
async def test_a_call_that_cannot_work_fails_and_the_worker_lives_on(
    worker: LimitedWorker, function: str
) -> None:
    pid = await worker.call("identify", timeout_seconds=10)
    with pytest.raises(WorkerFailed):
        await worker.call(function, timeout_seconds=10)
    assert await worker.call("identify", timeout_seconds=10) == pid


async def test_a_module_that_cannot_be_imported_is_named() -> None:
    worker = LimitedWorker("tests.fakes.there_is_no_such_module", limits=SMALL)
    with pytest.raises(WorkerFailed, match="there_is_no_such_module"):
        await worker.call("echo", timeout_seconds=10)
    await worker.close()


@linux_only
async def test_a_cancelled_call_kills_the_process_at_once(worker: LimitedWorker, tmp_path: Path) -> None:
    pid = await worker.call("identify", timeout_seconds=10)
    mark = tmp_path / "mark"
    call = asyncio.ensure_future(worker.call("sleep", timeout_seconds=30, seconds=1.0, mark=str(mark)))
    await asyncio.sleep(0.1)
    start = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - start < 0.5
    assert not running(pid)
    await asyncio.sleep(1.2)
    assert not mark.exists()
    assert await worker.call("echo", timeout_seconds=10, next=1) == {"next": 1}


@linux_only
async def test_a_cancelled_call_takes_the_processes_it_started_with_it(worker: LimitedWorker) -> None:
    started: list[int] = []
    call = asyncio.ensure_future(
        worker.call("start_a_child", timeout_seconds=30, on_progress=lambda p: started.append(p["child"]))
    )
    await until(lambda: bool(started))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: not running(started[0]))


async def test_cancelling_one_of_the_queue_leaves_the_others_alone(worker: LimitedWorker) -> None:
    first = asyncio.ensure_future(worker.call("sleep", timeout_seconds=10, seconds=0.3))
    second = asyncio.ensure_future(worker.call("sleep", timeout_seconds=10, seconds=30))
    third = asyncio.ensure_future(worker.call("echo", timeout_seconds=10, third=True))
    await asyncio.sleep(0.1)
    second.cancel()
    assert await first == "rested"
    assert await third == {"third": True}


async def test_the_file_limit_stops_a_file_that_grows_without_end(
    worker: LimitedWorker, tmp_path: Path
) -> None:
    with pytest.raises(WorkerFailed) as caught:
        await worker.call("write", timeout_seconds=10, path=str(tmp_path / "big"), mebibytes=64)
    assert caught.value.kind == "FileTooLarge"
    assert (tmp_path / "big").stat().st_size <= SMALL.file_bytes


async def test_no_secret_of_the_bot_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DISCORD_TOKEN",
        "TALKREEL_SECRET_KEY",
        "GEMINI_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "HTTPS_PROXY",
    ):
        monkeypatch.setenv(name, "hunter2-very-secret")
    worker = LimitedWorker(MODULE, limits=SMALL, env={"VOICE_DIR": "/voices"})
    seen = await worker.call("environment", timeout_seconds=10)
    await worker.close()
    assert "hunter2-very-secret" not in str(seen)
    assert seen["VOICE_DIR"] == "/voices"
    if sys.platform == "linux":
        assert "hunter2-very-secret" not in str(await asyncio.to_thread(Path("/proc/self/cmdline").read_text))


async def test_the_worker_cannot_reach_the_network_not_even_this_machine(worker: LimitedWorker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        await worker.call("echo", timeout_seconds=10)
        if not worker.isolation["network"]:
            pytest.skip("this system does not allow a network namespace")
        with pytest.raises(WorkerFailed) as caught:
            await worker.call("connect", timeout_seconds=10, port=port)
    assert caught.value.kind in {"OSError", "ConnectionRefusedError"}


@linux_only
async def test_the_worker_gives_up_the_right_to_gain_rights(worker: LimitedWorker) -> None:
    await worker.call("echo", timeout_seconds=10)
    expected = {"memory", "cpu", "file", "files", "core", "privileges"}
    assert expected <= {name for name, held in worker.isolation.items() if held}
    pid = await worker.call("identify", timeout_seconds=10)
    status = await asyncio.to_thread(Path(f"/proc/{pid}/status").read_text)
    assert "NoNewPrivs:\t1" in status


@linux_only
async def test_the_worker_dies_with_the_bot(tmp_path: Path) -> None:
    script = tmp_path / "bot.py"
    script.write_text(
        "import asyncio\n"
        "from providers.process import LimitedWorker, Limits\n"
        "async def main():\n"
        f"    worker = LimitedWorker({MODULE!r}, limits=Limits())\n"
        "    print(await worker.call('identify', timeout_seconds=20), flush=True)\n"
        "    await worker.call('sleep', timeout_seconds=60, seconds=60)\n"
        "asyncio.run(main())\n"
    )
    root = str(Path(__file__).parents[3])
    bot = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}
    )
    assert bot.stdout is not None
    pid = int(await bot.stdout.readline())
    assert running(pid)
    bot.kill()
    await bot.wait()
    await until(lambda: not running(pid))


async def test_closing_ends_a_running_call_and_refuses_new_ones() -> None:
    worker = LimitedWorker(MODULE, limits=SMALL)
    pid = await worker.call("identify", timeout_seconds=10)
    call = asyncio.ensure_future(worker.call("sleep", timeout_seconds=30, seconds=20))
    await asyncio.sleep(0.1)
    await worker.close()
    assert not running(pid)
    with pytest.raises(WorkerDied):
        await call
    with pytest.raises(WorkerDied):
        await worker.call("echo", timeout_seconds=10)


async def test_a_pool_works_on_as_many_calls_as_it_has_workers() -> None:
    pool = WorkerPool(MODULE, size=3, limits=SMALL)
    pids = await asyncio.gather(*(pool.call("identify", timeout_seconds=10) for _ in range(3)))
    assert len(set(pids)) == 3
    start = time.monotonic()
    await asyncio.gather(*(pool.call("sleep", timeout_seconds=10, seconds=0.4) for _ in range(3)))
    assert time.monotonic() - start < 1.0
    await pool.close()


async def test_a_pool_prefers_the_worker_that_is_already_warm() -> None:
    pool = WorkerPool(MODULE, size=3, limits=SMALL)
    pids = {await pool.call("identify", timeout_seconds=10) for _ in range(4)}
    assert len(pids) == 1
    assert pool.warm
    await pool.close()
    assert not pool.warm


async def test_a_pool_goes_on_after_one_of_its_workers_died() -> None:
    pool = WorkerPool(MODULE, size=2, limits=SMALL)
    results = await asyncio.gather(
        *(pool.call(name, timeout_seconds=10) for name in ("crash", "echo", "vanish", "echo", "echo")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [WorkerDied, dict, WorkerDied, dict, dict]
    await pool.close()


async def test_the_event_loop_stays_quick_while_the_worker_computes(worker: LimitedWorker) -> None:
    await worker.call("echo", timeout_seconds=10)
    call = asyncio.ensure_future(worker.call("burn", timeout_seconds=20, cpu_seconds=1.0))
    lags: list[float] = []
    while not call.done():
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - start - 0.005)
    lags.sort()
    assert lags[len(lags) // 2] < 0.02
