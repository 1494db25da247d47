"""Ports of the core as small real classes: media that reads a made-up format, jobs that only count,
providers that have the keys they are given. Store and blob store are the real ones in these tests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.errors import MediaRefused
from bot.core.model import (
    Actor,
    AudioWindow,
    Destination,
    FitResult,
    Job,
    MediaInfo,
    Person,
    SoundCheck,
    VoiceResult,
)
from bot.core.quality import Quality
from bot.core.sheets import Board, Sheet
from bot.core.sounds import MixPiece
from providers.base import Adapter
from providers.catalogue import Catalogue
from providers.errors import MissingKey


def made_file(path: Path, kind: str, seconds: float = 0.0) -> Path:
    """A file that `FakeMedia` reads: its kind and its length in words."""
    path.write_text(f"{kind} {seconds}" if kind else "", "utf-8")
    return path


class FakeMedia:
    """Judges files written by `made_file` by their contents; converts by noting what was used."""

    def __init__(self) -> None:
        self.inspected: list[Path] = []
        self.converted: list[AudioWindow] = []

    async def inspect(self, path: Path) -> MediaInfo:
        """The kind that the file's own words name, whatever it is called."""
        self.inspected.append(path)
        words = (await asyncio.to_thread(path.read_text, "utf-8")).split()
        if not words:
            raise MediaRefused("empty")
        mimes = {"image": "image/png", "audio": "audio/ogg", "video": "video/mp4", "mute": "video/mp4"}
        if words[0] not in mimes:
            raise MediaRefused("unknown_type")
        return MediaInfo(
            kind="video" if words[0] == "mute" else words[0],  # type: ignore[arg-type]
            mime=mimes[words[0]],
            container=mimes[words[0]].partition("/")[2],
            size_bytes=len(" ".join(words)),
            seconds=float(words[1]),
            audio_codec="opus" if words[0] in ("audio", "video") else "",
        )

    async def quality(self, path: Path) -> Quality:
        """Nothing can be measured of a file of words."""
        return Quality()

    async def put_back(self, picture: Path, clip: Path, into: Path, *, tolerance_seconds: float) -> MediaInfo:
        """Never asked for."""
        raise LookupError(into)

    async def voice(self, path: Path, into: Path, *, window: AudioWindow) -> VoiceResult:
        """The first part that fits the window, in its first format."""
        self.converted.append(window)
        info = await self.inspect(path)
        kept = min(info.seconds, window.max_seconds or info.seconds)
        out = into.with_suffix(f".{window.formats[0]}")
        await asyncio.to_thread(out.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(made_file, out, "audio", kept)
        return VoiceResult(
            path=out,
            mime=f"audio/{window.formats[0]}",
            seconds=kept,
            source_seconds=info.seconds,
            from_seconds=0.0,
            to_seconds=kept,
            loudness_lufs=-16.0,
            size_bytes=out.stat().st_size,
        )

    async def verify(
        self, path: Path, *, expect_sound: bool, seconds: float, tolerance_seconds: float
    ) -> SoundCheck:
        """Always in order."""
        return SoundCheck(verdict="ok", picture_seconds=seconds, sound_seconds=seconds)

    async def finish(self, path: Path, into: Path, *, remove_sound: bool) -> MediaInfo:
        """A copy."""
        return await self._copy(path, into)

    async def lay_under(self, video: Path, audio: Path, into: Path, *, keep_sound: bool) -> MediaInfo:
        """A copy of the picture."""
        return await self._copy(video, into)

    async def mix(
        self,
        video: Path,
        pieces: Sequence[MixPiece],
        into: Path,
        *,
        keep_sound: bool,
        loudness_target_lufs: float,
    ) -> MediaInfo:
        """A copy of the picture."""
        return await self._copy(video, into)

    async def image(
        self, path: Path, into: Path, *, max_side: int, max_bytes: int = 0, formats: tuple[str, ...] = ()
    ) -> MediaInfo:
        """A copy of a fair size."""
        data = await asyncio.to_thread(path.read_bytes)
        await asyncio.to_thread(into.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(into.write_bytes, data)
        return MediaInfo(
            kind="image", mime="image/png", container="png", size_bytes=len(data), width=1280, height=720
        )

    async def card(self, into: Path) -> MediaInfo:
        """A picture of nothing."""
        return await self.inspect(made_file(into, "image"))

    async def draw(self, what: Sheet | Board, into: Path) -> None:
        """A file with a picture's word in it."""
        await asyncio.to_thread(made_file, into, "image")

    async def traces(self, path: Path, wave: Path, spectrum: Path, *, seconds: float) -> None:
        """Two files with a picture's word in them."""
        for into in (wave, spectrum):
            await asyncio.to_thread(made_file, into, "image")

    async def poster(self, path: Path, into: Path, *, width: int) -> tuple[int, int]:
        """A file with a picture's word in it."""
        await asyncio.to_thread(made_file, into, "image")
        return width, width * 9 // 16

    async def fit(self, path: Path, into: Path, *, limit_bytes: int) -> FitResult:
        """A copy, always small enough."""
        return FitResult(step="as-is", path=path, info=await self.inspect(path))

    async def copies(
        self,
        paths: Sequence[Path],
        intos: Sequence[Path],
        *,
        seconds: float,
        width: int,
        height: int,
        limit_bytes: int = 0,
    ) -> tuple[MediaInfo, ...]:
        """Copies."""
        return tuple([await self._copy(path, into) for path, into in zip(paths, intos, strict=True)])

    async def sounds(
        self, paths: Sequence[Path], intos: Sequence[Path], *, seconds: float
    ) -> tuple[MediaInfo, ...]:
        """Copies."""
        return tuple([await self._copy(path, into) for path, into in zip(paths, intos, strict=True)])

    async def film(
        self,
        paths: Sequence[Path],
        letters: Sequence[str],
        into: Path,
        *,
        seconds: float,
        width: int,
        height: int,
        limit_bytes: int = 0,
        blind: bool = False,
    ) -> MediaInfo:
        """A copy of the first."""
        return await self._copy(paths[0], into)

    async def close(self) -> None:
        """Nothing to end."""

    async def _copy(self, path: Path, into: Path) -> MediaInfo:
        await asyncio.to_thread(into.write_bytes, await asyncio.to_thread(path.read_bytes))
        return await self.inspect(into)


class FakeProviders:
    """Providers whose keys are there unless they are in `without`; nothing is ever sent."""

    def __init__(self, catalogue: Catalogue, *, without: frozenset[str] = frozenset()) -> None:
        self._catalogue = catalogue
        self._without = without

    def get(self, provider: str) -> Adapter:
        """Always an error: the handlers must not call a vendor."""
        raise MissingKey(provider=provider, env=self.missing_env(provider))

    def has_key(self, provider: str) -> bool:
        """Whether it is not in `without`."""
        return provider not in self._without

    def missing_env(self, provider: str) -> tuple[str, ...]:
        """All its variables, where the key is not there."""
        return () if self.has_key(provider) else self._catalogue.provider(provider).env


@dataclass
class FakeJobs:
    """The engine as handlers see it: notes what was started, answers cancels as told."""

    started: list[Job] = field(default_factory=list)
    answer: str = "cancelled"

    def start(self, job: Job) -> None:
        """Note it."""
        self.started.append(job)

    async def cancel(self, job: str) -> str:
        """The answer set by the test."""
        return self.answer


def someone(
    id: str = "1",
    *,
    server: str = "discord:s1",
    admin: bool = False,
    operator: bool = False,
    roles: tuple[str, ...] = (),
) -> Actor:
    """A person on a server."""
    return Actor(
        person=Person(platform="discord", id=id, name=f"P{id}"),
        server=server,
        server_name="Film club" if server.startswith("discord:") else "",
        channel="discord:c1",
        roles=roles,
        admin=admin,
        operator=operator,
    )


def here(channel: str = "c1") -> Destination:
    """Where answers go."""
    return Destination(platform="discord", channel=channel)
