"""How each video provider is set up for the contract suite. Adding a provider = adding one entry at the end.

An entry names a `Stage`: a vendor on this machine that can be told to behave in each of `SCENARIOS`, and an
adapter that talks to it. A scenario that a vendor cannot have is listed as exempt, with the reason.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from providers.base import CanClose, MediaInput, ProviderConfig, VideoProvider, VideoRequest
from tests.fakes.clips import make_image, make_voice_note
from tests.fakes.scripted import make_provider
from tests.fakes.vendor import BROKE_KEY, GOOD_KEY, FakeVendor, Pace
from tests.fakes.vendor_models import Character

Scenario = Literal[
    "good",  # a clip is made
    "queued",  # waits for a long time
    "running",  # works for a long time
    "failed",  # the vendor breaks while making it
    "moderated",  # the finished clip is withheld
    "refused-prompt",  # the prompt breaks the vendor's rules
    "bad-request",  # the vendor finds the request invalid
    "model-gone",
    "bad-key",
    "no-key",  # we have none
    "no-funds",
    "rate-limit",  # with a time to wait
    "rate-limit-plain",  # without one
    "server-error",  # 5xx on submit
    "unplugged",  # nobody listens at the address
    "cut-after-accept",  # the job exists, the answer is lost
    "slow-after-accept",  # the job exists, the answer takes longer than our limit
    "garbage-after-accept",  # the job exists, the answer cannot be read
    "poll-garbage",  # each of these for one poll (with its quick repeat), then good
    "poll-error",
    "poll-limit",
    "poll-cut",
    "unknown-job",  # the vendor has forgotten it
    "cancel-late",  # it cannot be stopped any more
    "expired-link",
    "cut-download",  # once, then good
    "moved-file",  # behind a redirect
    "slow-file",  # in small pieces, whole in the end
    "not-a-clip",  # a web page behind the link
    "endless-file",  # far more than any clip has
]


@dataclass(frozen=True, kw_only=True)
class Play:
    """A vendor that is ready for one scenario: the adapter to use and the request to send."""

    provider: VideoProvider
    request: VideoRequest


class Stage(ABC):
    """A vendor, and adapters that talk to it.

    Attributes:
        lost: how a lost job is found, as in the catalogue.
        env: the environment variables of its keys.
        secrets: what must never be in an error.
        resumes: whether a download that broke is taken up again; not where the clip is inside an answer.
        marked: whether a job that is looked up carries a mark of ours; else its model, time and prompt tell.
    """

    lost: Literal["key", "lookup", "blind"]
    env: tuple[str, ...]
    secrets: tuple[str, ...]
    resumes: bool = True
    marked: bool = True

    @abstractmethod
    def play(self, scenario: Scenario) -> Play:
        """Make the vendor behave like this for the next request."""

    @abstractmethod
    def shapes(self) -> Mapping[str, VideoRequest]:
        """One request for each kind of request that the adapter writes differently."""

    @abstractmethod
    def restarted(self) -> VideoProvider:
        """Another adapter for the same account, as after a restart of the bot."""

    @abstractmethod
    def without_key(self) -> VideoProvider:
        """An adapter for which no key is set."""

    @abstractmethod
    def jobs(self) -> int:
        """How many jobs the vendor has accepted."""


@dataclass(frozen=True, kw_only=True)
class Harness:
    """One provider in the suite.

    Attributes:
        id: our id of the provider.
        stage: opens its stage in an empty folder.
        exempt: scenario → why this vendor cannot have it.
    """

    id: str
    stage: Callable[[Path], AbstractAsyncContextManager[Stage]]
    exempt: Mapping[Scenario, str] = field(default_factory=dict)


_SCRIPTED: Mapping[Scenario, str] = {
    "good": "",
    "queued": "[fault:queue-ms=60000]",
    "running": "[fault:queue-ms=0][fault:run-ms=60000]",
    "failed": "[fault:end-failed]",
    "moderated": "[fault:end-moderated]",
    "refused-prompt": "[fault:submit-403]",
    "bad-request": "[fault:submit-400=duration]",
    "model-gone": "[fault:submit-404]",
    "rate-limit": "[fault:submit-429=7]",
    "rate-limit-plain": "[fault:submit-429=none]",
    "server-error": "[fault:submit-500]",
    "cut-after-accept": "[fault:lost-cut]",
    "slow-after-accept": "[fault:lost-hang]",
    "garbage-after-accept": "[fault:lost-garbage]",
    "poll-garbage": "[fault:poll-garbage]",
    "poll-error": "[fault:poll-500]",
    "poll-limit": "[fault:poll-429=3]",
    "poll-cut": "[fault:poll-cut*2]",
    "unknown-job": "[fault:poll-404]",
    "cancel-late": "[fault:cancel-409]",
    "expired-link": "[fault:file-403]",
    "cut-download": "[fault:file-cut]",
    "moved-file": "[fault:file-moved]",
    "slow-file": "[fault:file-slow=200000]",
    "not-a-clip": "[fault:file-html]",
    "endless-file": "[fault:file-larger=50000000]",
}


class ScriptedStage(Stage):
    """The scripted vendor in one of its characters."""

    def __init__(self, vendor: FakeVendor, character: Character, folder: Path) -> None:
        """Use a vendor that is listening."""
        self.lost = character
        self.env = (f"SCRIPTED_{character.upper()}_API_KEY",)
        self.secrets = (GOOD_KEY, BROKE_KEY, "sv-wrong-5d21", "sig=")
        self._vendor = vendor
        self._character = character
        self._folder = folder
        self._opened: list[CanClose] = []

    def _adapter(self, key: str = GOOD_KEY, *, base_url: str = "", timeout: float = 10) -> VideoProvider:
        provider = make_provider(
            ProviderConfig(
                id=f"scripted-{self._character}",
                base_url=base_url or self._vendor.base_url(self._character),
                keys={self.env[0]: key} if key else {},
                work_dir=self._folder,
                timeout_seconds=timeout,
            )
        )
        self._opened.append(provider)
        return provider

    def play(self, scenario: Scenario) -> Play:
        """Put the fault into the prompt, or use another key."""
        provider = self._adapter()
        if scenario == "bad-key":
            provider = self._adapter("sv-wrong-5d21")
        elif scenario == "no-key":
            provider = self.without_key()
        elif scenario == "no-funds":
            provider = self._adapter(BROKE_KEY)
        elif scenario == "unplugged":
            # Port 9 (discard) is served nowhere.
            provider = self._adapter(base_url=f"http://127.0.0.1:9/{self._character}")
        elif scenario == "slow-after-accept":
            provider = self._adapter(timeout=0.3)
        prompt = f"a cat sings {_SCRIPTED.get(scenario, '')}"
        return Play(provider=provider, request=replace(self._text(), prompt=prompt))

    def shapes(self) -> Mapping[str, VideoRequest]:
        """All models, modes and inputs."""
        text = self._text()
        first, last = self._picture("first.png", "first-frame"), self._picture("last.png", "last-frame")
        silent = replace(text, model=self._model("silent"), seconds=5, sound=False)
        voice = replace(text, model=self._model("voice"), mode="references", seconds=7, resolution="480p")
        hero = replace(self._picture("hero.png", "reference-image"), name="hero")
        return {
            "text": text,
            "text, no sound": replace(text, sound=False, aspect="9:16", resolution="1080p"),
            "seed and negative prompt": replace(text, seed=7, negative="rain"),
            "first frame": replace(text, mode="first-frame", media=(first,)),
            "silent model": silent,
            "first and last frame": replace(silent, mode="first-last", media=(first, last)),
            "wav reference": replace(voice, media=(hero, self._voice("wav"))),
            "mp3 reference": replace(voice, media=(hero, self._voice("mp3"))),
        }

    def restarted(self) -> VideoProvider:
        """A new adapter with the same key."""
        return self._adapter()

    def without_key(self) -> VideoProvider:
        """An adapter without keys."""
        return self._adapter("")

    def jobs(self) -> int:
        """Tasks of the vendor."""
        return len(self._vendor.memory.tasks)

    async def close(self) -> None:
        """Close all adapters."""
        for provider in self._opened:
            await provider.close()

    def _model(self, kind: str) -> str:
        return f"scripted-{kind}" + ("" if self._character == "key" else f"-{self._character}")

    def _text(self) -> VideoRequest:
        return VideoRequest(model=self._model("native"), prompt="a cat sings", seconds=4)

    def _picture(
        self, name: str, role: Literal["first-frame", "last-frame", "reference-image"]
    ) -> MediaInput:
        path = make_image(self._folder / name, width=128, height=96)
        return MediaInput(
            role=role, kind="image", path=path, mime="image/png", size_bytes=path.stat().st_size
        )

    def _voice(self, container: Literal["wav", "mp3"]) -> MediaInput:
        path = make_voice_note(self._folder / f"voice.{container}", seconds=3, container=container)
        mime = {"wav": "audio/wav", "mp3": "audio/mpeg"}[container]
        size = path.stat().st_size
        return MediaInput(
            role="reference-audio", kind="audio", path=path, mime=mime, size_bytes=size, seconds=3.0
        )


def _scripted(character: Character) -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    @asynccontextmanager
    async def stage(folder: Path) -> AsyncIterator[Stage]:
        async with FakeVendor(pace=Pace(queue_ms=10, run_ms=30)) as vendor:
            opened = ScriptedStage(vendor, character, folder)
            yield opened
            await opened.close()

    return stage


def _kling(
    generation: Literal["kling", "kling-legacy"],
) -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    # Imported when it is needed: the stage is made of the classes above.
    def stage(folder: Path) -> AbstractAsyncContextManager[Stage]:
        from tests.contract.stage_kling import kling_stage

        return kling_stage(generation)(folder)

    return stage


def _google(which: Literal["veo", "omni"]) -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    # Imported when it is needed: the stages are made of the classes above.
    def stage(folder: Path) -> AbstractAsyncContextManager[Stage]:
        from tests.contract import stage_google

        return stage_google.veo(folder) if which == "veo" else stage_google.omni(folder)

    return stage


_NO_VEO: Mapping[Scenario, str] = {
    "queued": "an operation is done or not; nothing tells waiting from working",
    "cancel-late": "Vertex documents no way to stop an operation",
    "moved-file": "the clip is inside the answer; with a bucket it is read by the bucket's own address",
    "slow-file": "the clip is inside the answer, which is read like any other",
}


def _seedance(
    region: Literal["byteplus", "volcengine"],
) -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    # Imported when it is needed: the stage is made of the classes above.
    def stage(folder: Path) -> AbstractAsyncContextManager[Stage]:
        from tests.contract.stage_bytedance_seedance import seedance

        return seedance(region, folder)

    return stage


def _fal() -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    # Imported when it is needed: the stage is made of the classes above.
    def stage(folder: Path) -> AbstractAsyncContextManager[Stage]:
        from tests.contract.stage_fal import fal

        return fal(folder)

    return stage


def _wavespeed() -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    # Imported when it is needed: the stage is made of the classes above.
    def stage(folder: Path) -> AbstractAsyncContextManager[Stage]:
        from tests.contract.stage_wavespeed import wavespeed

        return wavespeed(folder)

    return stage


_NO_GROK: Mapping[Scenario, str] = {
    "queued": "a job is pending or not; nothing tells waiting from working",
    "cancel-late": "no way to stop a job is documented",
}


def _later(module: str, opens: str = "") -> Callable[[Path], AbstractAsyncContextManager[Stage]]:
    """The stage of `stage_<module>.py`, imported when it is needed: it is made of the classes above."""

    def stage(folder: Path) -> AbstractAsyncContextManager[Stage]:
        found = getattr(importlib.import_module(f"tests.contract.stage_{module}"), opens or module)
        opened: AbstractAsyncContextManager[Stage] = found(folder)
        return opened

    return stage


_NO_HAILUO: Mapping[Scenario, str] = {
    "model-gone": "the vendor has no code of its own for it; an unknown model is an invalid parameter",
    "cancel-late": "the vendor documents no way to stop a job",
}
_NO_PIXVERSE: Mapping[Scenario, str] = {
    "queued": "one number stands for waiting and for working",
    "model-gone": "the vendor has no code of its own for it; an unknown model is an invalid binding",
    "cancel-late": "the vendor documents no way to stop a job",
}
_NO_COMFY: Mapping[Scenario, str] = {
    "moderated": "the server is the operator's own and judges nothing",
    "refused-prompt": "the server is the operator's own and judges nothing",
    "no-key": "there is none; an address that is not set is shown in the unit tests",
    "no-funds": "nobody takes money for the operator's own machine",
}


HARNESSES: tuple[Harness, ...] = (
    Harness(id="scripted-key", stage=_scripted("key")),
    Harness(id="scripted-lookup", stage=_scripted("lookup")),
    Harness(id="scripted-blind", stage=_scripted("blind")),
    Harness(id="kling", stage=_kling("kling")),
    Harness(id="kling-legacy", stage=_kling("kling-legacy")),
    Harness(id="google-veo", stage=_google("veo"), exempt=_NO_VEO),
    Harness(id="google-omni", stage=_google("omni")),
    Harness(id="bytedance-seedance", stage=_seedance("byteplus")),
    Harness(id="volcengine-seedance", stage=_seedance("volcengine")),
    Harness(id="fal", stage=_fal()),
    Harness(id="wavespeed", stage=_wavespeed(), exempt={"cancel-late": "no way to stop a job is documented"}),
    Harness(id="xai-grok-imagine", stage=_later("xai_grok_imagine", "grok"), exempt=_NO_GROK),
    Harness(id="alibaba-wan", stage=_later("alibaba_wan", "wan")),
    Harness(
        id="kunlun-skyreels",
        stage=_later("kunlun_skyreels", "skyreels"),
        exempt={"cancel-late": "no way to stop a job is documented"},
    ),
    Harness(id="minimax-hailuo", stage=_later("minimax_hailuo"), exempt=_NO_HAILUO),
    Harness(
        id="minimax-h3", stage=_later("minimax_h3"), exempt={"cancel-late": "no way to stop a job is known"}
    ),
    Harness(id="pixverse", stage=_later("pixverse"), exempt=_NO_PIXVERSE),
    Harness(
        id="openai-sora",
        stage=_later("openai_sora"),
        exempt={"cancel-late": "the API has no call that stops a job that is running"},
    ),
    Harness(id="comfyui", stage=_later("comfyui"), exempt=_NO_COMFY),
    Harness(id="replicate", stage=_later("replicate")),
)
