"""Functions for the limited worker's own tests: well-behaved, greedy, slow, talkative and broken ones."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from providers.process import Report


class Unusable(Exception):
    """An exception that carries facts."""

    def __init__(self, message: str, facts: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.facts = facts


def echo(progress: Report, **arguments: Any) -> dict[str, Any]:
    return arguments


def identify(progress: Report) -> int:
    return os.getpid()


def count(progress: Report, *, up_to: int) -> str:
    for step in range(up_to):
        progress(fraction=step / up_to)
    progress({"fraction": 1.0, "note": "counted"})
    return "done"


def chatter(progress: Report) -> str:
    print('{"result": "a line that must not be taken for an answer"}')
    os.write(1, b"noise from a C library\n")
    os.write(2, b"x" * 1_000_000)
    sys.stdout.flush()
    return "clean"


def sleep(progress: Report, *, seconds: float, mark: str = "") -> str:
    progress(started=True)
    time.sleep(seconds)
    if mark:
        Path(mark).write_text("finished")
    return "rested"


def start_a_child(progress: Report) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    progress(child=child.pid)
    time.sleep(60)


def spin(progress: Report) -> None:
    while True:
        pass


def burn(progress: Report, *, cpu_seconds: float) -> float:
    start = time.process_time()
    while time.process_time() - start < cpu_seconds:
        pass
    return time.process_time()


def hoard(progress: Report, *, mebibytes: int) -> int:
    kept = [b"x" * (1 << 20) for _ in range(mebibytes)]
    return len(kept)


def crash(progress: Report) -> None:
    ctypes.string_at(0)


def vanish(progress: Report) -> None:
    os._exit(3)


def lie(progress: Report) -> None:
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"this is not JSON\n")
        except OSError:
            continue
    time.sleep(30)


def refuse(progress: Report) -> None:
    raise Unusable("not this one", {"limit": 3})


def unserialisable(progress: Report) -> object:
    return object()


def write(progress: Report, *, path: str, mebibytes: int) -> int:
    with open(path, "wb") as file:
        for _ in range(mebibytes):
            file.write(b"x" * (1 << 20))
    return mebibytes


def environment(progress: Report) -> dict[str, str]:
    return dict(os.environ)


def connect(progress: Report, *, port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        return "connected"


def _private(progress: Report) -> str:
    return "secret"
