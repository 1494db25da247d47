"""ComfyUI makes a clip with the sound of an uploaded recording: one test for a real one and the stand-in.

It needs no model files and no graphics card. The real one is used where TALKREEL_TEST_COMFYUI names the
address of a server on this machine, started with `--cpu`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import av
import pytest

from providers.base import Done, Failed, ProviderConfig
from providers.video.comfyui import ComfyUI
from tests.contract.stage_comfyui import recording, wish
from tests.e2e.stage import ADA, open_stage
from tests.e2e.street import open_street
from tests.fakes.comfyui import FakeComfy

REAL = os.environ.get("TALKREEL_TEST_COMFYUI", "")
GRAPH = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
    "2": {"class_type": "LoadAudio", "inputs": {"audio": ""}},
    "3": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 12, "audio": ["2", 0]}},
    "4": {
        "class_type": "SaveVideo",
        "inputs": {"video": ["3", 0], "filename_prefix": "", "format": "mp4", "codec": "h264"},
    },
    "5": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": ""}},
}
MAPPING = """
fps = 12
[sizes.720p]
"16:9" = [128, 128]
[[workflow]]
graph = "plain.json"
takes = ["soundtrack"]
output = "4"
[workflow.places]
prompt = ["5.value"]
seed = ["1.color"]
width = ["1.width"]
height = ["1.height"]
frames = ["1.batch_size"]
fps = ["3.fps"]
soundtrack = ["2.audio"]
file = ["4.filename_prefix"]
"""


@pytest.fixture(params=["stand-in", "real"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of a server without a proxy."""
    if request.param == "real":
        if not REAL:
            pytest.skip("TALKREEL_TEST_COMFYUI names no server")
        yield REAL
        return
    async with FakeComfy(token="") as fake:
        yield fake.url


async def test_an_uploaded_recording_is_heard_in_the_clip(server: str, tmp_path: Path) -> None:
    (tmp_path / "plain.toml").write_text(MAPPING, "utf-8")
    (tmp_path / "plain.json").write_text(json.dumps(GRAPH), "utf-8")
    adapter = ComfyUI(
        ProviderConfig(
            id="comfyui",
            base_url="",
            keys={"COMFYUI_URL": server},
            work_dir=tmp_path,
            options={"workflows": str(tmp_path)},
        )
    )
    request = wish(api_name="plain", seconds=2, seed=112233, media=(recording(tmp_path),))
    job_key = str(uuid4())
    ticket = await adapter.submit(request, job_key=job_key)
    again = await adapter.submit(request, job_key=job_key)
    assert again == ticket
    async with asyncio.timeout(120):
        while True:
            progress = await adapter.poll(ticket)
            if isinstance(progress, Done | Failed):
                break
            await asyncio.sleep(0.2)
    assert isinstance(progress, Done), progress
    asset = await adapter.fetch(progress, tmp_path / "clip.mp4")
    await adapter.close()
    with av.open(str(asset.path)) as clip:
        assert clip.streams.video and clip.streams.audio
        assert (clip.duration or 0) / 1_000_000 > 1.9


async def test_a_clip_that_takes_its_time_to_stop_ends_cancelled_and_is_no_fault_of_the_server(
    tmp_path: Path,
) -> None:
    async with (
        open_street(tmp_path, ["comfyui"]) as street,
        open_stage(
            tmp_path / "bot",
            keys=street.keys,
            catalogue=street.catalogue_dir,
            vendors=street.settings["providers"],
            routes=(),
        ) as stage,
    ):
        faults = "[fault:queue-ms=0][fault:run-ms=60000][fault:cancel-slow=300]"
        asked = await stage.say(ADA, f"/generate a cat sings {faults} --model ltx-2.3")
        await stage.until(asked.job, "polling")
        await stage.say(ADA, f"/cancel {asked.job}")
        job = await stage.ended(asked.job)
        assert (job.state, job.outcome) == ("released", "cancelled")
        assert stage.read(job.id).startswith("Cancelled.")
        assert [entry for entry in await stage.app.store.health() if entry.failures] == []
        made = await stage.buy("/generate a dog sings [fault:queue-ms=0][fault:run-ms=1500] --model ltx-2.3")
        assert made.state == "delivered"
        shown = [said for said in stage.readings(made.id) if "%" in said]
        assert shown and all(said.startswith("LTX-2.3 is working · ") for said in shown)
