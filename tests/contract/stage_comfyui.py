"""ComfyUI in the contract suite: the fake and the adapter, with requests as they are planned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from providers.base import MediaInput, ProviderConfig, VideoProvider, VideoRequest
from providers.video.comfyui import ComfyUI
from tests.contract.harness import Play, Scenario, Stage
from tests.fakes.clips import make_image, make_voice_note
from tests.fakes.comfyui import GOOD_KEY, FakeComfy

WRONG_KEY = "comfy-wrong-81b3aa0c66d2"
FAULTS: Mapping[Scenario, str] = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "rate-limit": "[fault:submit-429=7]",
    "server-error": "[fault:submit-500]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-error]",
    "poll-limit": "[fault:poll-limit]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:gone]",
    "cancel-late": "[fault:cancel-late][fault:queue-ms=0][fault:run-ms=400]",
    "expired-link": "[fault:file-403]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}
# Workflows of an operator's own, with mistakes in them: a graph without an end, a node nobody has.
MAPPING = """fps = 12
[[workflow]]
graph = "own.json"
takes = []
output = "1"
places = { prompt = ["1.text"], seed = ["2.noise_seed"] }
"""
NOISE = '"2": {"class_type": "RandomNoise", "inputs": {"noise_seed": 0}}'
ENDLESS = '{"1": {"class_type": "SaveText", "inputs": {"text": ""}}, %s}' % NOISE  # noqa: UP031 - braces
NOWHERE = '{"1": {"class_type": "ManualSigmas", "inputs": {"text": "", "sigmas": "1.0"}}, %s}' % NOISE  # noqa: UP031


def wish(**changes: Any) -> VideoRequest:
    """A plain request, as a plan makes it."""
    usual: dict[str, Any] = {"model": "ltx-2.3", "api_name": "ltx-2.3", "prompt": "a cat sings", "seconds": 3}
    return VideoRequest(**(usual | changes))


def picture(folder: Path) -> MediaInput:
    """A first frame."""
    path = make_image(folder / "my cat.png", width=128, height=96)
    size = path.stat().st_size
    return MediaInput(role="first-frame", kind="image", path=path, mime="image/png", size_bytes=size)


def recording(folder: Path) -> MediaInput:
    """A recording that is to be heard."""
    path = make_voice_note(folder / "voice.wav", seconds=3, container="wav")
    return MediaInput(
        role="soundtrack",
        kind="audio",
        path=path,
        mime="audio/wav",
        size_bytes=path.stat().st_size,
        seconds=3.0,
    )


class ComfyStage(Stage):
    """One server behind a proxy."""

    lost = "key"
    env = ("COMFYUI_TOKEN",)
    secrets = (GOOD_KEY, WRONG_KEY)

    def __init__(self, server: FakeComfy, folder: Path) -> None:
        """Use a server that is listening."""
        self.server = server
        self.folder = folder
        self._opened: list[ComfyUI] = []

    def adapter(
        self, key: str = GOOD_KEY, *, url: str | None = None, timeout: float = 10, **options: str
    ) -> ComfyUI:
        """An adapter for this server."""
        address = self.server.url if url is None else url
        provider = ComfyUI(
            ProviderConfig(
                id="comfyui",
                base_url="",
                keys={"COMFYUI_URL": address, "COMFYUI_TOKEN": key},
                work_dir=self.folder,
                timeout_seconds=timeout,
                options=options,
            )
        )
        self._opened.append(provider)
        return provider

    def own(self, graph: str, mapping: str = MAPPING) -> ComfyUI:
        """An adapter with a workflow of the operator's, called `own`."""
        (self.folder / "own.toml").write_text(mapping, "utf-8")
        (self.folder / "own.json").write_text(graph, "utf-8")
        return self.adapter(workflows=str(self.folder))

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another token, address or workflow."""
        request = wish(prompt=f"a cat sings {FAULTS.get(scenario, '')}")
        match scenario:
            case "bad-key":
                provider = self.adapter(WRONG_KEY)
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                provider = self.adapter(url="http://127.0.0.1:9")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case "rate-limit-plain":
                provider = self.adapter(max_pending="0")
            case "model-gone":
                provider, request = self.own(ENDLESS), replace(request, api_name="own")
            case "bad-request":
                provider, request = self.own(NOWHERE), replace(request, api_name="own")
            case _:
                provider = self.adapter()
        return Play(provider=provider, request=request)

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All graphs and sizes."""
        first, sound = picture(self.folder), recording(self.folder)
        return {
            "text": wish(),
            "text, upright": wish(aspect="9:16", resolution="480p", seed=7),
            "picture": wish(mode="first-frame", media=(first,), aspect="1:1"),
            "picture and recording": wish(mode="first-frame", media=(first, sound)),
        }

    def restarted(self) -> VideoProvider:
        """A new adapter."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without an address: it takes the place of the key."""
        return self.adapter(url="")

    def jobs(self) -> int:
        """Jobs that were put into the queue, the same ones twice counted twice."""
        return self.server.taken

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()


@asynccontextmanager
async def comfyui(folder: Path) -> AsyncIterator[ComfyStage]:
    """The stage."""
    async with FakeComfy() as server:
        opened = ComfyStage(server, folder)
        yield opened
        await opened.close()
