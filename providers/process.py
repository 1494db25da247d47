"""A worker process for code that must not hurt the bot: decoders, encoders, models.

Owns the process, its limits and the JSON lines spoken with it; what runs inside is `providers/confined.py`.
It knows nothing about what the functions do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

DeathReason = Literal["memory", "time", "crash"]
_START_SECONDS = 60.0
_REAP_SECONDS = 5.0
_LINE_BYTES = 16 << 20
_TAIL_BYTES = 4096
# What a library needs to start. Everything else stays behind: the bot's environment holds tokens and keys.
_KEPT_VARIABLES = (
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP",
    "LD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR",
)  # fmt: skip
# RLIMIT_AS counts reserved addresses: glibc reserves 64 MiB for each thread, OpenBLAS more for each core.
_FRUGAL_VARIABLES = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one worker may use. On systems without these limits only the wall time of a call holds.

    Attributes:
        memory_bytes: address space of the process; more ends it with `WorkerDied("memory")`.
        cpu_seconds: processor time of *one call* over all threads; more ends it with `WorkerDied("time")`.
            The system counts per process, so the worker raises its soft limit before each call.
        file_bytes: largest file that it may write; more raises `WorkerFailed("FileTooLarge")`.
        open_files: file descriptors.
        niceness: how far it steps back so that the bot stays quick; 0 = not at all.
    """

    memory_bytes: int = 1536 << 20
    cpu_seconds: int = 300
    file_bytes: int = 512 << 20
    open_files: int = 128
    niceness: int = 5


class WorkerError(Exception):
    """A call in the worker process gave no result."""


class WorkerDied(WorkerError):
    """The worker process ended in the middle of a call; the next call starts a new one.

    Attributes:
        reason: "memory" or "time" for a limit that was reached, "crash" for anything else.
        detail: the last words the process wrote, for the operator's log only.
    """

    def __init__(self, reason: DeathReason, detail: str = "") -> None:
        """Keep the facts."""
        super().__init__(f"the worker process ended: {reason}")
        self.reason: DeathReason = reason
        self.detail = detail


class WorkerFailed(WorkerError):
    """The function raised an exception; the worker lives on.

    Attributes:
        kind: name of the exception's class; "FileTooLarge" and "DiskFull" for these two system errors.
        message: its text.
        facts: its `facts` attribute, where it has one that JSON can carry.
    """

    def __init__(self, kind: str, message: str, facts: Mapping[str, Any] | None = None) -> None:
        """Keep the facts."""
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.facts: Mapping[str, Any] = facts or {}


class Report(Protocol):
    """What a worker's function gets as its first argument, `progress`."""

    def __call__(self, facts: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Tell the caller how far it is: `progress(fraction=0.4)`. JSON values only."""
        ...


class LimitedWorker:
    """One worker process for one module, started on first use and kept warm for a while.

    A function of the module looks like `def name(progress: Report, **arguments) -> JSON value`. It cannot
    reach the bot's environment or (where the system allows it) the network; it can read and write files as
    the bot can, within the limits. Calls run one at a time, in the order in which they were made.
    """

    def __init__(
        self,
        module: str,
        *,
        limits: Limits,
        idle_seconds: float = 120.0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare; nothing is started.

        Args:
            module: dotted name of the module that holds the functions.
            limits: what the process may use.
            idle_seconds: how long it stays after a call before it ends and gives its memory back.
            env: variables it gets besides the few that programs need to start; never secrets.
        """
        self._module = module
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._env = dict(env or {})
        self._turn = asyncio.Lock()
        self._child: _Child | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def warm(self) -> bool:
        """Whether a process is up, so that a call starts at once."""
        return self._child is not None and self._child.alive

    @property
    def isolation(self) -> Mapping[str, bool]:
        """Which protections took hold in the running process, by name; empty if none runs."""
        return self._child.isolation if self._child is not None else {}

    async def call(
        self,
        function: str,
        *,
        timeout_seconds: float,
        on_progress: Callable[[Mapping[str, Any]], None] | None = None,
        **arguments: Any,
    ) -> Any:
        """Run a function of the module and return its JSON result.

        A cancelled call kills the process at once; so does an exception of `on_progress`, which is passed on.

        Args:
            function: its public name.
            timeout_seconds: wall time of this call, from its own start, not from its place in the queue.
            on_progress: called in the event loop with every progress report; must be quick.
            arguments: JSON values for the function.

        Raises:
            WorkerDied: it ran into a limit or crashed.
            WorkerFailed: the function raised, or the module cannot be imported.
        """
        request = json.dumps({"call": function, "arguments": arguments}).encode() + b"\n"
        async with self._turn:
            if self._closed:
                raise WorkerDied("crash", "the worker is closed")
            self._stop_idling()
            child = await self._ready_child()
            try:
                async with asyncio.timeout(timeout_seconds):
                    result = await child.converse(request, on_progress)
            except WorkerFailed:
                self._start_idling()
                raise
            except TimeoutError:
                await self._end()
                raise WorkerDied("time", f"{function} took longer than {timeout_seconds} s") from None
            except BaseException:
                await self._end()
                raise
            self._start_idling()
            return result

    async def close(self) -> None:
        """End the process, in the middle of a call if need be, and wait until it is gone."""
        self._closed = True
        self._stop_idling()
        await self._end()
        async with self._turn:  # a call that was just starting a process ends it, queued ones fail
            await self._end()
        if self._endings:
            await asyncio.wait(self._endings)

    async def _ready_child(self) -> _Child:
        if self._child is not None and self._child.alive:
            return self._child
        await self._end()
        try:
            async with asyncio.timeout(_START_SECONDS):
                self._child = await _Child.start(self._module, self._limits, self._env)
                await self._child.greet()
            if self._closed:
                raise WorkerDied("crash", "the worker was closed")
        except TimeoutError:
            await self._end()
            raise WorkerDied("time", "the worker process did not start") from None
        except BaseException:
            await self._end()
            raise
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        # A task of its own: a caller that is cancelled again must not leave an unreaped process behind.
        await asyncio.shield(self._bury(child))

    def _start_idling(self) -> None:
        self._stop_idling()
        if not self._closed:
            self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)

    def _stop_idling(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _retire(self) -> None:
        self._idle = None
        if self._turn.locked() or self._child is None:
            return
        child, self._child = self._child, None
        child.dismiss()
        self._bury(child)

    def _bury(self, child: _Child) -> asyncio.Task[None]:
        ending = asyncio.ensure_future(child.finish())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        return ending


class WorkerPool:
    """Several workers behind the same `call`: as many calls at once as there are workers, the rest queue."""

    def __init__(
        self,
        module: str,
        *,
        size: int,
        limits: Limits,
        idle_seconds: float = 120.0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare `size` workers for the module; see `LimitedWorker` for the rest. Nothing is started."""
        self._workers = [
            LimitedWorker(module, limits=limits, idle_seconds=idle_seconds, env=env)
            for _ in range(max(1, size))
        ]
        self._free = list(self._workers)
        self._places = asyncio.Semaphore(len(self._workers))

    @property
    def warm(self) -> bool:
        """Whether at least one process is up."""
        return any(worker.warm for worker in self._workers)

    async def call(
        self,
        function: str,
        *,
        timeout_seconds: float,
        on_progress: Callable[[Mapping[str, Any]], None] | None = None,
        **arguments: Any,
    ) -> Any:
        """Run a function in the next free worker, a warm one if there is one; as `LimitedWorker.call`."""
        async with self._places:
            worker = next((worker for worker in reversed(self._free) if worker.warm), self._free[-1])
            self._free.remove(worker)
            try:
                return await worker.call(
                    function, timeout_seconds=timeout_seconds, on_progress=on_progress, **arguments
                )
            finally:
                self._free.append(worker)

    async def close(self) -> None:
        """End all processes and wait until they are gone."""
        await asyncio.gather(*(worker.close() for worker in self._workers))


def _folders() -> tuple[str, str]:
    """The folder of this package and the one that holds it."""
    here = os.path.dirname(os.path.abspath(__file__))
    return here, os.path.dirname(here)


class _Child:
    """The process as the bot sees it: its pipes, its last words, its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._tail = b""
        self._killed = False
        self._listening = asyncio.ensure_future(self._listen())
        self.isolation: Mapping[str, bool] = {}

    @classmethod
    async def start(cls, module: str, limits: Limits, env: Mapping[str, str]) -> _Child:
        here, root = _folders()
        path = list(dict.fromkeys([*(entry for entry in sys.path if entry), root]))
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-X", "utf8", os.path.join(here, "confined.py"),
            module, json.dumps(asdict(limits)), json.dumps(path), str(os.getpid()),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**kept, **_FRUGAL_VARIABLES, **env}, start_new_session=True, limit=_LINE_BYTES,
        )  # fmt: skip
        return cls(process)

    @property
    def alive(self) -> bool:
        assert self._process.stdout is not None
        return self._process.returncode is None and not self._process.stdout.at_eof() and not self._killed

    async def greet(self) -> None:
        self.isolation = await self._answer(None)

    async def converse(self, request: bytes, on_progress: Callable[[Mapping[str, Any]], None] | None) -> Any:
        assert self._process.stdin is not None
        self._tail = b""
        # A broken pipe shows on the reading side too, and there with its cause.
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(request)
            await self._process.stdin.drain()
        return await self._answer(on_progress)

    async def _answer(self, on_progress: Callable[[Mapping[str, Any]], None] | None) -> Any:
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
                answer: dict[str, Any] = json.loads(line) if line else {"died": ""}
                kind = next(iter(answer))
            except (ValueError, StopIteration, TypeError):
                raise WorkerDied("crash", "the worker process did not answer with JSON") from None
            if kind == "result":
                return answer["result"]
            if kind == "failed":
                raise WorkerFailed(str(answer["failed"]), str(answer.get("message", "")), answer.get("facts"))
            if kind == "died":
                raise await self._obituary(str(answer["died"]))
            if on_progress is not None:
                on_progress(answer["progress"])

    async def _obituary(self, claim: str) -> WorkerDied:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._process.wait()), _REAP_SECONDS)
        code = self._process.returncode
        detail = self._tail.decode(errors="replace")
        if code is not None and code == -getattr(signal, "SIGXCPU", 0):
            return WorkerDied("time", detail)
        # A SIGKILL that is not ours comes from the system when memory runs out.
        if claim == "memory" or (code == -9 and not self._killed) or "bad_alloc" in detail:
            return WorkerDied("memory", detail)
        return WorkerDied("crash", detail or f"exit status {code}")

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(_TAIL_BYTES):
            self._tail = (self._tail + chunk)[-_TAIL_BYTES:]

    def dismiss(self) -> None:
        """Let it go: at the end of its input the worker exits by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill(self) -> None:
        self._killed = True
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)  # with whatever it has started
                else:
                    self._process.kill()

    async def finish(self) -> None:
        """Wait for the end; kill what does not leave."""
        try:
            await asyncio.wait_for(self._process.wait(), _REAP_SECONDS)
        except TimeoutError:
            self.kill()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _REAP_SECONDS)
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening
