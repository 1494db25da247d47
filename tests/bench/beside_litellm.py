"""One order for a clip of Veo 3.1: ours beside litellm's video route, from the call to the id that came back.

Both speak over a socket to the same vendor, a process that takes everything. litellm is measured where it is
installed (`pip install litellm`, for this alone); otherwise only ours is. Each side runs in a process of its
own, so that what importing it costs is its own, too: seconds and memory.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import _servers
from tests.fakes.google_account import make_account

NAME = "beside-litellm"
BAR = "an order no dearer than litellm's, importing lighter than it"
LIMITS = {"order_times_litellm": 1.0, "import_times_litellm": 1.0}
LACKING = "litellm is not installed here, so only our side is measured"

ROOT = Path(__file__).resolve().parents[2]
_TIMED = """
import asyncio, json, statistics, sys, time
async def timed(call, rounds, each):
    times = []
    for turn in range(rounds + 1):
        began = time.perf_counter()
        for _ in range(each):
            await call()
        if turn:
            times.append((time.perf_counter() - began) / each * 1000)
    return statistics.median(times)
def resident():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(lines["VmHWM"].split()[0]) / 1024
url, folder, rounds, each = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
"""
_OURS = """
began = time.perf_counter()
from pathlib import Path
import providers.registry
from providers.base import ProviderConfig, VideoRequest
from providers.catalogue import load
from providers.video.google_veo import GoogleVeo
load()
imported, light = time.perf_counter() - began, resident()
async def main():
    keys = {"GOOGLE_APPLICATION_CREDENTIALS": folder + "/account.json"}
    adapter = GoogleVeo(ProviderConfig(id="google-veo", base_url=url, keys=keys, work_dir=Path(folder)))
    request = VideoRequest(model="veo-3.1", api_name="veo-3.1-generate-001", prompt="a door slams", seconds=8)
    took = await timed(lambda: adapter.submit(request, job_key="job"), rounds, each)
    await adapter.close()
    print(json.dumps({"order_ms": took, "import_seconds": imported, "import_mib": light}))
asyncio.run(main())
"""
_THEIRS = """
began = time.perf_counter()
import litellm
imported, light = time.perf_counter() - began, resident()
async def main():
    async def order():
        answer = await litellm.avideo_generation(
            model="gemini/veo-3.1-generate-preview", prompt="a door slams", seconds="8",
            api_key="key", api_base=url)
        assert answer.id
    took = await timed(order, rounds, each)
    print(json.dumps({"order_ms": took, "import_seconds": imported, "import_mib": light}))
asyncio.run(main())
"""


def run(quick: bool) -> dict[str, float]:
    """Medians; what importing takes is the best of three."""
    rounds, each = (3, 20) if quick else (9, 50)
    numbers: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, _servers.server("tests.bench._google") as url:
        make_account(Path(folder, "account.json"), f"{url}/token")
        ours = [_side(_OURS, url, folder, rounds, each) for _ in range(3)]
        numbers |= {name: min(one[name] for one in ours) for name in ours[0]}
        if importlib.util.find_spec("litellm") is None:
            print(LACKING)
            return numbers
        theirs = [_side(_THEIRS, url, folder, rounds, each) for _ in range(3)]
    least = {name: min(one[name] for one in theirs) for name in theirs[0]}
    numbers |= {f"litellm_{name}": value for name, value in least.items()}
    numbers["order_times_litellm"] = numbers["order_ms"] / least["order_ms"]
    numbers["import_times_litellm"] = numbers["import_seconds"] / least["import_seconds"]
    return numbers


def _side(code: str, url: str, folder: str, rounds: int, each: int) -> dict[str, float]:
    """One side in a process of its own, which looks for no price list on the network."""
    own = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [sys.executable, "-W", "ignore", "-c", _TIMED + code, url, folder, str(rounds), str(each)]
    done = subprocess.run(
        command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-1500:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
