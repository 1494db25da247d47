"""Seedance in the contract suite: the fake Ark in one region and the adapter for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from providers.base import MediaInput, ProviderConfig, Role, VideoProvider, VideoRequest
from providers.video.bytedance_seedance import BytedanceSeedance, VolcengineSeedance
from tests.contract.harness import Play, Scenario, Stage
from tests.fakes.bytedance_seedance import BROKE_KEY, GOOD_KEY, FakeArk, Region
from tests.fakes.clips import make_image, make_voice_note

WRONG_KEY = "ark-wrong-77c0d2"
ADAPTERS: Mapping[Region, type[BytedanceSeedance]] = {
    "byteplus": BytedanceSeedance,
    "volcengine": VolcengineSeedance,
}
IDS: Mapping[Region, str] = {"byteplus": "bytedance-seedance", "volcengine": "volcengine-seedance"}
FAMILY: Mapping[Region, str] = {"byteplus": "dreamina", "volcengine": "doubao"}
NAMES = {
    "seedance-2.5": "seedance-2-5-260628",
    "seedance-2.0": "seedance-2-0-260128",
    "seedance-2.0-fast": "seedance-2-0-fast-260128",
    "seedance-2.0-mini": "seedance-2-0-mini-260615",
}
FAULTS: Mapping[Scenario, str] = {
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-moderated]",
    "bad-request": "[fault:submit-invalid]",
    "model-gone": "[fault:submit-gone]",
    "rate-limit": "[fault:submit-full=7]",
    "rate-limit-plain": "[fault:submit-full]",
    "server-error": "[fault:submit-500]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-500]",
    "poll-limit": "[fault:poll-429]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:poll-404]",
    "cancel-late": "[fault:queue-ms=300][fault:cancel-409]",
    "expired-link": "[fault:file-403]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-endless]",
}


def request(region: Region, model: str = "seedance-2.0", **changes: object) -> VideoRequest:
    """The smallest request to a model, as a plan makes it."""
    plain = VideoRequest(
        model=model,
        api_name=f"{FAMILY[region]}-{NAMES[model]}",
        prompt="a cat sings",
        seconds=4,
        options={"execution_expires_after": 3600, "task_type": model == "seedance-2.5"},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def picture(folder: Path, role: Role = "reference-image", *, name: str = "") -> MediaInput:
    """A picture of the smallest size."""
    path = make_image(folder / f"{role}.png", width=400, height=300)
    return MediaInput(
        role=role, kind="image", path=path, mime="image/png", size_bytes=path.stat().st_size, name=name
    )


def recording(folder: Path, *, mp3: bool = False, seconds: float = 3.0) -> MediaInput:
    """A recording as the bot hands it over."""
    ending: Literal["mp3", "wav"] = "mp3" if mp3 else "wav"
    path = make_voice_note(folder / f"voice.{ending}", seconds=seconds, container=ending)
    return MediaInput(
        role="reference-audio",
        kind="audio",
        path=path,
        mime="audio/mpeg" if mp3 else "audio/x-wav",
        size_bytes=path.stat().st_size,
        seconds=seconds,
    )


def film(ark: FakeArk, folder: Path, role: Role) -> MediaInput:
    """A clip of 4 s behind a link of ours."""
    path = folder / "film.mp4"
    if not path.exists():
        _make_plain_film(path)
    size = path.stat().st_size
    return MediaInput(
        role=role,
        kind="video",
        path=path,
        mime="video/mp4",
        size_bytes=size,
        seconds=4.0,
        url=ark.link(path),
    )


def _make_plain_film(path: Path) -> None:
    """4 s of one colour in the smallest size that is taken."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 864, 496, "yuv420p"
        frame = VideoFrame(stream.width, stream.height, "yuv420p")
        for number in range(96):
            frame.pts, frame.time_base = number, Fraction(1, 24)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


class SeedanceStage(Stage):
    """Ark in one region."""

    lost = "lookup"

    def __init__(self, ark: FakeArk, folder: Path) -> None:
        """Use a vendor that is listening."""
        self._adapter_class = ADAPTERS[ark.region]
        self.env = self._adapter_class.env
        self.secrets = (GOOD_KEY, BROKE_KEY, WRONG_KEY, "X-Tos-Signature")
        self.ark = ark
        self._folder = folder
        self._opened: list[BytedanceSeedance] = []

    def adapter(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> BytedanceSeedance:
        """An adapter for an account."""
        provider = self._adapter_class(
            ProviderConfig(
                id=IDS[self.ark.region],
                base_url=base_url or self.ark.url,
                keys={self.env[0]: key} if key else {},
                work_dir=self._folder,
                timeout_seconds=timeout,
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
                provider = self.adapter(base_url="http://127.0.0.1:9/api/v3")
            case "slow-after-accept":
                provider = self.adapter(timeout=0.2)
            case _:
                provider = self.adapter()
        prompt = f"a cat sings {FAULTS.get(scenario, '')}"
        return Play(provider=provider, request=request(self.ark.region, prompt=prompt))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All models, modes and inputs."""
        region, folder = self.ark.region, self._folder
        plain, newest = request(region), request(region, "seedance-2.5")
        first, last = picture(folder, "first-frame"), picture(folder, "last-frame")
        hero, wav = picture(folder, name="hero"), recording(folder)
        clip = film(self.ark, folder, "reference-video")
        source = replace(clip, role="source-video")
        drawn = replace(plain, mode="references", prompt="@hero sings audio 1")
        edited = replace(newest, mode="edit", aspect="auto", media=(source,), input_seconds=4)
        return {
            "text": plain,
            "text, no sound": replace(plain, sound=False, aspect="9:16", resolution="480p"),
            "4k": replace(plain, resolution="4k"),
            "fast": request(region, "seedance-2.0-fast"),
            "mini": request(region, "seedance-2.0-mini", aspect="1:1"),
            "first frame": replace(plain, mode="first-frame", aspect="auto", media=(first,)),
            "first and last frame": replace(plain, mode="first-last", media=(first, last)),
            "picture": replace(drawn, media=(hero,)),
            "picture and wav": replace(drawn, media=(hero, wav)),
            "picture and mp3": replace(drawn, media=(hero, recording(folder, mp3=True))),
            "clip and wav": replace(drawn, media=(clip, wav), input_seconds=4),
            "2.5": newest,
            "2.5, first frame": replace(newest, mode="first-frame", aspect="auto", media=(first,)),
            "2.5, recording alone": replace(newest, mode="references", media=(wav,)),
            "2.5, edit": edited,
            "2.5, extend": replace(edited, mode="extend"),
        }

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self.adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self.adapter("")

    def jobs(self) -> int:
        """Tasks of the vendor."""
        return len(self.ark.jobs)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()


@asynccontextmanager
async def seedance(region: Region, folder: Path) -> AsyncIterator[SeedanceStage]:
    """The stage of a region."""
    async with FakeArk(region) as ark:
        opened = SeedanceStage(ark, folder)
        yield opened
        await opened.close()
