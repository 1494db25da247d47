"""A Sora-shaped service in the contract suite: an operator's own entry, the fake and the adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from providers.base import Made, MediaInput, ProviderConfig, VideoProvider, VideoRequest
from providers.video.openai_sora import OpenaiSora
from tests.contract.account import COMMON_FAULTS
from tests.contract.harness import Play, Scenario, Stage
from tests.fakes.booth import Job
from tests.fakes.clips import make_image
from tests.fakes.openai_sora import BROKE_KEY, GOOD_KEY, FakeSora

WRONG_KEY = "sk-sora-wrong-05d21aa77c"
ENV = "REELS_API_KEY"
FAULTS: Mapping[Scenario, str] = {
    **COMMON_FAULTS,
    "expired-link": "[fault:file-gone]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-moderated]",
    "bad-request": "[fault:submit-invalid]",
    "model-gone": "[fault:submit-gone]",
    "rate-limit": "[fault:submit-429]",
    "rate-limit-plain": "[fault:submit-429-plain]",
    "server-error": "[fault:submit-503]",
}


class SoraStage(Stage):
    """One account at an operator's own address."""

    lost = "blind"
    env = (ENV,)
    secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY)

    def __init__(self, vendor: FakeSora, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.vendor = vendor
        self._folder = folder
        self._opened: list[OpenaiSora] = []

    def adapter(
        self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10, **options: str
    ) -> OpenaiSora:
        """An adapter for an account."""
        provider = OpenaiSora(
            ProviderConfig(
                id="openai-sora",
                base_url=base_url or self.vendor.base_url,
                keys={ENV: key},
                work_dir=self._folder,
                timeout_seconds=timeout,
                options=options,
            )
        )
        self._opened.append(provider)
        return provider

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key."""
        match scenario:
            case "bad-key":
                provider = self.adapter(WRONG_KEY)
            case "no-key":
                provider = self.adapter("")
            case "no-funds":
                provider = self.adapter(BROKE_KEY)
            case "unplugged":
                # Port 9 (discard) is served nowhere.
                provider = self.adapter(base_url="http://127.0.0.1:9/v1")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case _:
                provider = self.adapter()
        return Play(provider=provider, request=wish(prompt=f"a cat sings {FAULTS.get(scenario, '')}"))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """Every way of asking."""
        return {
            "text": wish(),
            "text, tall": wish(aspect="9:16", seconds=8),
            "text, large": wish(model="sora-2-pro", resolution="1080p", seconds=8),
            "frame": wish(mode="first-frame", media=(self.frame(),)),
            "edit": wish(mode="edit", media=(self.source(),)),
        }

    def frame(self, width: int = 1280, height: int = 720) -> MediaInput:
        """A picture of exactly that size."""
        path = make_image(self._folder / f"{width}x{height}.png", width=width, height=height)
        size = path.stat().st_size
        return MediaInput(
            role="first-frame",
            kind="image",
            path=path,
            mime="image/png",
            size_bytes=size,
            width=width,
            height=height,
        )

    def source(self) -> MediaInput:
        """A clip of 4 s that the service made before."""
        job = Job(id="video_0000", prompt="a", seconds=4, aspect="16:9", sound=True, created_ms=0)
        self.vendor.jobs.setdefault(job.id, job)
        return MediaInput(
            role="source-video",
            kind="video",
            path=self._folder / "source.mp4",
            mime="video/mp4",
            size_bytes=1,
            seconds=4.0,
            made=Made(provider="openai-sora", remote_id=job.id, at_ms=0),
        )

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Jobs that were ordered, without the one that was there before."""
        return len([name for name in self.vendor.jobs if name != "video_0000"])

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()


def wish(model: str = "sora-2", prompt: str = "a cat sings", **changes: object) -> VideoRequest:
    """A request of four seconds."""
    known = {"seconds": 4, "resolution": "720p", "aspect": "16:9", "sound": True, **changes}
    return VideoRequest(model=model, api_name=model, prompt=prompt, **known)  # type: ignore[arg-type]


@asynccontextmanager
async def openai_sora(folder: Path) -> AsyncIterator[SoraStage]:
    """The stage."""
    async with FakeSora() as vendor:
        opened = SoraStage(vendor, folder)
        yield opened
        await opened.close()
