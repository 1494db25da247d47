"""What the provider layer costs before anything is asked of it: time and memory of importing it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

NAME = "imports"
BAR = "provider layer with its catalogue: ≤ 0.3 s and ≤ 60 MiB"
LIMITS = {"import_seconds": 0.3, "resident_mib": 60.0}

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys, time
start = time.perf_counter()
import providers.registry
from providers.catalogue import load
imported = time.perf_counter() - start
load()
loaded = time.perf_counter() - start
status = dict(line.split(":", 1) for line in open("/proc/self/status")) if sys.platform == "linux" else {}
resident = int(status.get("VmHWM", "0 kB").split()[0]) / 1024
import json
print(json.dumps({"import_seconds": imported, "with_catalogue_seconds": loaded, "resident_mib": resident}))
"""


def _once() -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", CHILD], cwd=ROOT, check=True, capture_output=True, text=True)
    return {str(name): float(value) for name, value in json.loads(done.stdout).items()}


def run(quick: bool) -> dict[str, float]:
    """Best of several. Memory is read on Linux only and 0 elsewhere."""
    runs = [_once() for _ in range(2 if quick else 7)]
    return {name: min(one[name] for one in runs) for name in runs[0]}
