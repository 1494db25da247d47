"""A vendor's stand-in in a process of its own, as it stands on the street of the stories. No measurement."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.street import STALLS

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a vendor is, and what it wants to see."""

    base_url: str
    keys: dict[str, str]
    options: dict[str, str]


@contextmanager
def stall(name: str) -> Iterator[Address]:
    """A vendor in a process of its own."""
    command = [sys.executable, "-m", "tests.bench._street", name]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Address(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()


async def _open(name: str, folder: Path) -> None:
    async with STALLS[name](folder) as stall:
        told = {"base_url": stall.base_url, "keys": dict(stall.keys), "options": dict(stall.options)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        # Whoever asked for it closes this end, or is gone.
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Stand there until nobody listens."""
    with tempfile.TemporaryDirectory(prefix="talkreel-bench-") as folder:
        asyncio.run(_open(sys.argv[1], Path(folder)))


if __name__ == "__main__":
    main()
