"""How each maker of sound is set up for the contract suite. Adding a maker = adding one entry at the end.

As in `harness.py`: an entry names a stage; scenarios that a vendor cannot have are exempt, with the reason.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from providers.base import MediaInput, SoundKind, SoundMaker, SoundRequest
from providers.catalogue import Catalogue, SoundRoute, load, misfit, sound_request
from tests.contract.harness import Scenario
from tests.fakes.clips import make_clip
from tests.fakes.sounds import recording


@dataclass(frozen=True, kw_only=True)
class SoundPlay:
    """A vendor that is ready for one scenario: the maker to use and the request to send."""

    maker: SoundMaker
    request: SoundRequest


class SoundStage(ABC):
    """A vendor, and makers that talk to it.

    Attributes:
        env: the environment variables of its keys.
        secrets: what must never be in an error.
        at_once: whether the answer to the submit is the sound.
    """

    env: tuple[str, ...]
    secrets: tuple[str, ...]
    at_once: bool = False

    @abstractmethod
    def play(self, scenario: Scenario) -> SoundPlay:
        """Make the vendor behave like this for the next request."""

    @abstractmethod
    def shapes(self) -> Mapping[str, SoundRequest]:
        """One request for each kind of request that the maker writes differently."""

    @abstractmethod
    def restarted(self) -> SoundMaker:
        """Another maker for the same account, as after a restart of the bot."""

    @abstractmethod
    def jobs(self) -> int:
        """How many jobs the vendor has accepted."""


@dataclass(frozen=True, kw_only=True)
class SoundHarness:
    """One maker in the suite.

    Attributes:
        id: our id of the provider.
        stage: opens its stage in an empty folder.
        exempt: scenario → why this vendor cannot have it.
    """

    id: str
    stage: Callable[[Path], AbstractAsyncContextManager[SoundStage]]
    exempt: Mapping[Scenario, str] = field(default_factory=dict)


@cache
def shipped() -> Catalogue:
    """The catalogue, read once."""
    return load()


def routes_of(provider: str) -> Mapping[str, SoundRoute]:
    """The makers' routes of one provider as they are shipped, by the second half of their ids."""
    kinds = set(get_args(SoundKind))
    found = [route for route in shipped().sounds if route.provider == provider and route.kinds & kinds]
    return {route.id.partition("/")[2]: route for route in found}


def wanted(route: SoundRoute, kind: SoundKind, text: str, **wish: object) -> SoundRequest:
    """A request as the core makes it, which the route can do."""
    request = sound_request(route, kind=kind, text=text, **wish)  # type: ignore[arg-type]
    assert misfit(route, request) is None, misfit(route, request)
    return request


@cache
def _silent(seconds: float, height: int) -> bytes:
    width = height * 16 // 9
    with TemporaryDirectory() as folder:
        path = make_clip(
            Path(folder) / "clip.mp4", seconds=seconds, width=width, height=height, fps=12, sound="none"
        )
        return path.read_bytes()


def silent_clip(folder: Path, *, seconds: float = 4.0, url: str = "", height: int = 90) -> MediaInput:
    """A clip that wants sound."""
    path = folder / f"silent-{seconds:g}-{height}.mp4"
    if not path.exists():
        path.write_bytes(_silent(seconds, height))
    return MediaInput(
        role="source-video",
        kind="video",
        path=path,
        mime="video/mp4",
        size_bytes=path.stat().st_size,
        seconds=seconds,
        url=url,
    )


def spoken(folder: Path, seconds: float) -> MediaInput:
    """A recording of somebody who speaks, under a name of their own."""
    path = folder / f"somebody's name {seconds:g}.mp3"
    path.write_bytes(recording(seconds, "mp3", speech=True))
    return MediaInput(
        role="voice",
        kind="audio",
        path=path,
        mime="audio/mpeg",
        size_bytes=path.stat().st_size,
        seconds=seconds,
    )


def faulty(request: SoundRequest, words: str) -> SoundRequest:
    """The same request with words that tell the vendor what is to go wrong."""
    return replace(request, text=f"{request.text} {words}".strip())


def _later(module: str, opens: str = "") -> Callable[[Path], AbstractAsyncContextManager[SoundStage]]:
    """The stage of `stage_<module>.py`, imported when it is needed: it is made of the classes above."""

    def stage(folder: Path) -> AbstractAsyncContextManager[SoundStage]:
        found = getattr(importlib.import_module(f"tests.contract.stage_{module}"), opens or module)
        opened: AbstractAsyncContextManager[SoundStage] = found(folder)
        return opened

    return stage


_AT_ONCE: tuple[Scenario, ...] = (
    "queued",
    "running",
    "failed",
    "moderated",
    "poll-garbage",
    "poll-error",
    "poll-limit",
    "poll-cut",
    "expired-link",
    "cut-download",
    "moved-file",
    "slow-file",
    "endless-file",
    "cancel-late",
)

SOUND_HARNESSES: tuple[SoundHarness, ...] = (
    SoundHarness(
        id="elevenlabs",
        stage=_later("elevenlabs"),
        exempt=dict.fromkeys(_AT_ONCE, "the answer to the call is the sound: no job, no link"),
    ),
    SoundHarness(id="fal", stage=_later("fal_sound")),
    SoundHarness(id="kling", stage=_later("kling_sound")),
    SoundHarness(id="kling-legacy", stage=_later("kling_sound", "kling_legacy_sound")),
    SoundHarness(
        id="pixverse",
        stage=_later("pixverse_sound"),
        exempt={
            **dict.fromkeys(("queued", "running"), "one number stands for waiting and for working"),
            "rate-limit": "no answer of this vendor says how long to wait",
            "model-gone": "the vendor has no code of its own for it",
        },
    ),
    SoundHarness(
        id="suno-gateway",
        stage=_later("suno_gateway"),
        exempt={"model-gone": "no code of its own is known for a model that is gone"},
    ),
)
