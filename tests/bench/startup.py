"""How long one waits for `talkreel --help`, and for the bot to be ready on an empty database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAME = "startup"
BAR = "--help ≤ 0.3 s, ready on an empty database ≤ 2 s"
LIMITS = {"help_seconds": 0.3, "ready_seconds": 2.0}

ROOT = Path(__file__).resolve().parents[2]
READY = """
import asyncio
from bot.app import open_app
from bot.settings import read_settings

async def main():
    async with open_app(read_settings(), outboxes={}):
        print("ready", flush=True)

asyncio.run(main())
"""


def _environment(data_dir: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TALKREEL_")}
    return {**own, "TALKREEL_DATA_DIR": data_dir}


def _help_seconds() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bot", "--help"], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def _bare_seconds() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], cwd=ROOT, check=True)
    return time.perf_counter() - start


def _ready_seconds() -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-c", READY],
            cwd=ROOT,
            env=_environment(folder),
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            said = child.stdout.readline().strip()
            seconds = time.perf_counter() - start
            child.wait(timeout=60)
    if said != "ready":
        raise RuntimeError("the bot did not get ready")
    return seconds


def run(quick: bool) -> dict[str, float]:
    """Best of several: the rest is the machine's other work."""
    times = 2 if quick else 7
    return {
        "python_itself_seconds": min(_bare_seconds() for _ in range(times)),
        "help_seconds": min(_help_seconds() for _ in range(times)),
        "ready_seconds": min(_ready_seconds() for _ in range(times)),
    }
