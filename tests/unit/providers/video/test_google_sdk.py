"""Google's own SDK makes clips at the fakes: what it accepts and sends, the fakes give and take.

The SDK is large, so it is not among the test requirements; where it is not installed, this is skipped.
"""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.clips import make_clip, make_image
from tests.fakes.google_account import PROJECT, SCOPE, make_account
from tests.fakes.google_omni import GOOD_KEY, FakeOmni
from tests.fakes.google_veo import FakeVeo

genai = pytest.importorskip("google.genai", reason="Google's SDK (google-genai) is not installed")
requests = pytest.importorskip("google.auth.transport.requests", reason="google-auth[requests] is missing")
pytestmark = pytest.mark.filterwarnings("ignore")

NAME = "veo-3.1-generate-001"


def vertex(server: FakeVeo, folder: Path) -> Any:
    service_account = importlib.import_module("google.oauth2.service_account")
    file = make_account(folder / "key.json", server.token_uri)
    credentials = service_account.Credentials.from_service_account_file(str(file), scopes=[SCOPE])
    return genai.Client(
        vertexai=True,
        project=PROJECT,
        location="us-central1",
        credentials=credentials,
        http_options={"base_url": server.url},
    )


def wait_for(client: Any, operation: Any) -> Any:
    for _ in range(200):
        if operation.done:
            return operation
        operation = client.operations.get(operation)
    raise AssertionError("never done")


async def test_the_sdk_makes_a_clip_with_veo(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "vendor.mp4", seconds=1)

    def run(server: FakeVeo) -> bytes:
        client = vertex(server, tmp_path)
        operation = client.models.generate_videos(
            model=NAME,
            prompt="a cat",
            config={
                "duration_seconds": 8,
                "aspect_ratio": "16:9",
                "resolution": "1080p",
                "generate_audio": True,
                "seed": 7,
                "negative_prompt": "rain",
                "number_of_videos": 1,
            },
        )
        done = wait_for(client, operation)
        data: bytes = done.response.generated_videos[0].video.video_bytes
        return data

    async with FakeVeo() as server:
        server.clip = clip
        assert await asyncio.to_thread(run, server) == clip.read_bytes()
        assert len(server.jobs) == 1


async def test_the_sdk_sends_frames_references_and_clips_to_veo(tmp_path: Path) -> None:
    picture = make_image(tmp_path / "p.png", width=64, height=48)
    clip = make_clip(tmp_path / "c.mp4", seconds=1, width=64, height=48)

    def run(server: FakeVeo) -> list[str]:
        client, types = vertex(server, tmp_path), genai.types
        image = types.Image.from_file(location=str(picture))
        hero = types.VideoGenerationReferenceImage(image=image, reference_type="ASSET")
        video = types.Video(video_bytes=clip.read_bytes(), mime_type="video/mp4")
        orders: list[dict[str, Any]] = [
            {"image": image, "config": {"last_frame": image, "duration_seconds": 8}},
            {"config": {"reference_images": [hero, hero], "duration_seconds": 8}},
            {"video": video, "config": {"duration_seconds": 7, "output_gcs_uri": "gs://bucket/x"}},
        ]
        found = []
        for order in orders:
            operation = client.models.generate_videos(model=NAME, prompt="a cat", **order)
            made = wait_for(client, operation).response.generated_videos[0].video
            found.append(made.uri or "inline")
        return found

    async with FakeVeo() as server:
        inline, other, stored = await asyncio.to_thread(run, server)
    assert (inline, other) == ("inline", "inline") and stored.startswith("gs://bucket/x/")


async def test_the_sdk_hears_of_refusals_by_veo(tmp_path: Path) -> None:
    def run(server: FakeVeo) -> tuple[int, Any, Any]:
        client = vertex(server, tmp_path)
        with pytest.raises(genai.errors.ClientError) as caught:
            client.models.generate_videos(model=NAME, prompt="a", config={"duration_seconds": 5})
        withheld = client.models.generate_videos(model=NAME, prompt="a [fault:end-audio]")
        ended = client.models.generate_videos(model=NAME, prompt="a [fault:end-rules]")
        reasons = wait_for(client, withheld).response.rai_media_filtered_reasons
        return caught.value.code, reasons, wait_for(client, ended).error

    async with FakeVeo() as server:
        code, reasons, error = await asyncio.to_thread(run, server)
    assert code == 400 and "audio" in reasons[0] and error["code"] == 3


async def test_the_sdk_makes_a_clip_with_omni_and_fetches_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "vendor.mp4", seconds=1)

    def run(server: FakeOmni) -> tuple[bytes, str]:
        client = genai.Client(api_key=GOOD_KEY, http_options={"base_url": server.url})
        made = client.interactions.create(
            model="gemini-omni-1.2-flash",
            background=True,
            input="a marble rolls",
            generation_config={"seed": 7},
            response_format={
                "type": "video",
                "delivery": "uri",
                "aspect_ratio": "16:9",
                "resolution": "720p",
                "duration": "8s",
            },
        )
        for _ in range(200):
            made = client.interactions.get(made.id)
            if made.status == "completed":
                break
        name = made.output_video.uri.partition("files/")[2].partition(":")[0]
        data: bytes = client.files.download(file=f"files/{name}")
        late = client.interactions.create(
            model="gemini-omni-1.2-flash", background=True, input="a [fault:run]"
        )
        return data, client.interactions.cancel(late.id).status

    async with FakeOmni() as server:
        server.clip = clip
        data, status = await asyncio.to_thread(run, server)
    assert data == clip.read_bytes() and status == "cancelled"
