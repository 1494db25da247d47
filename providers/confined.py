"""The worker's main program: confine itself for good, import one module, answer calls until the input ends.

Started by `providers.process` as a script, never imported by the bot. It may use the standard library only:
nothing foreign may run before the limits hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import IO, Any


def main(arguments: Sequence[str]) -> int:
    """Run the worker.

    Args:
        arguments: the module's name, the limits and the module path as JSON, the bot's process id.

    Returns:
        The exit status.
    """
    module_name, limits_text, path_text, parent = arguments
    incoming, outgoing = _take_pipes()
    limits: dict[str, int] = json.loads(limits_text)
    isolation = _confine(limits, int(parent))
    sys.path[:] = json.loads(path_text)

    def send(message: Mapping[str, Any]) -> None:
        outgoing.write(json.dumps(message).encode() + b"\n")
        outgoing.flush()

    answer = _guarded(lambda: importlib.import_module(module_name))
    if "result" not in answer:
        send(answer)
        return 1
    module: ModuleType = answer["result"]
    send({"result": isolation})
    for line in incoming:
        _allow_cpu_time(limits["cpu_seconds"])
        answer = _run(module, json.loads(line), send)
        send(answer)
        if "died" in answer:
            return 1
    return 0


def _run(
    module: ModuleType, request: Mapping[str, Any], send: Callable[[Mapping[str, Any]], None]
) -> dict[str, Any]:
    def progress(facts: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        send({"progress": {**(facts or {}), **more}})

    def work() -> Any:
        name = request["call"]
        if name.startswith("_"):
            raise AttributeError(f"{name} is private")
        result = getattr(module, name)(progress, **request["arguments"])
        json.dumps(result)  # what JSON cannot carry is the function's fault and fails here
        return result

    return _guarded(work)


def _guarded(work: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"result": work()}
    except MemoryError:
        return {"died": "memory"}  # whatever broke off half-way, a fresh process is safer
    except Exception as error:
        kinds = {errno.EFBIG: "FileTooLarge", errno.ENOSPC: "DiskFull"}
        number = error.errno if isinstance(error, OSError) else None
        kind = kinds.get(number or 0, type(error).__name__)
        facts = getattr(error, "facts", None)
        facts = dict(facts) if isinstance(facts, Mapping) else {}
        return {"failed": kind, "message": str(error), "facts": facts}


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes to the bot to ourselves: a library that prints must not break into the conversation."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")


def _confine(limits: Mapping[str, int], parent: int) -> dict[str, bool]:
    """Give up rights for good, before any foreign code is loaded. Says which protections took hold."""
    held = {"memory": False, "cpu": False, "file": False, "privileges": False, "network": False}
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        pr_set_pdeathsig, pr_set_no_new_privs, newuser, newnet = 1, 38, 0x10000000, 0x40000000
        libc.prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the bot died before the line above
        held["privileges"] = libc.prctl(pr_set_no_new_privs, 1, 0, 0, 0) == 0
        # First as it is, which root may: a user namespace would take its access to others' files away.
        held["network"] = libc.unshare(newnet) == 0 or libc.unshare(newuser | newnet) == 0
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(OSError):
            os.nice(limits["niceness"])
        for name, kind, value in (
            ("memory", resource.RLIMIT_AS, limits["memory_bytes"]),
            ("file", resource.RLIMIT_FSIZE, limits["file_bytes"]),
            ("files", resource.RLIMIT_NOFILE, limits["open_files"]),
            ("core", resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(OSError, ValueError):  # macOS refuses some of them
                resource.setrlimit(kind, (value, value))
                held[name] = True
        held["cpu"] = _allow_cpu_time(limits["cpu_seconds"])
    return held


def _allow_cpu_time(seconds: int) -> bool:
    """Move the soft limit to `seconds` from now; the hard one stays, or it could not be moved again."""
    if sys.platform == "win32":
        return False
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
    with contextlib.suppress(OSError, ValueError):
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
