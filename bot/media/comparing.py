"""Media work for comparisons: neutral copies, the film, pictures of numbers and of sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bot.core.model import MediaInfo
from bot.core.sheets import Board, Sheet
from bot.media.calling import LONG_SECONDS, QUICK_SECONDS, LimitedCalls, OnProgress


class ComparisonWork(LimitedCalls):
    """The core's `CompareMedia` port."""

    async def copies(
        self,
        paths: Sequence[Path],
        intos: Sequence[Path],
        *,
        seconds: float,
        width: int,
        height: int,
        limit_bytes: int = 0,
        on_progress: OnProgress | None = None,
    ) -> tuple[MediaInfo, ...]:
        """Neutral copies of compared clips: same size, rate, length, loudness and number of bytes.

        Raises:
            MediaRefused: no_picture, damaged …
            StorageFull: the disk is full.
        """
        found = await self._ask(
            "copies",
            on_progress,
            timeout_seconds=LONG_SECONDS,
            paths=paths,
            intos=intos,
            seconds=seconds,
            width=width,
            height=height,
            limit_bytes=limit_bytes,
        )
        return tuple(MediaInfo(**info) for info in found)

    async def sounds(
        self, paths: Sequence[Path], intos: Sequence[Path], *, seconds: float
    ) -> tuple[MediaInfo, ...]:
        """The sound of compared clips alone, as m4a, alike in everything but what is heard.

        Raises:
            MediaRefused: damaged …
            StorageFull: the disk is full.
        """
        found = await self._ask("sounds", paths=paths, intos=intos, seconds=seconds)
        return tuple(MediaInfo(**info) for info in found)

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
        on_progress: OnProgress | None = None,
    ) -> MediaInfo:
        """2–4 clips in a grid with letters, played once for each: its turn has its sound and its frame;
        `blind`: the letters alone.

        Raises:
            MediaRefused: no_picture, damaged …
            StorageFull: the disk is full.
        """
        return MediaInfo(
            **await self._ask(
                "film",
                on_progress,
                timeout_seconds=LONG_SECONDS,
                paths=paths,
                letters=letters,
                into=into,
                seconds=seconds,
                width=width,
                height=height,
                limit_bytes=limit_bytes,
                blind=blind,
            )
        )

    async def draw(self, what: Sheet | Board, into: Path) -> None:
        """A report card or a leaderboard as PNG of at most 300 KiB.

        Raises:
            StorageFull: the disk is full.
        """
        kind = "card" if isinstance(what, Sheet) else "leaderboard"
        await self._call("draw", None, QUICK_SECONDS, kind=kind, what=asdict(what), into=str(into))

    async def traces(self, path: Path, wave: Path, spectrum: Path, *, seconds: float) -> None:
        """What a clip's sound looks like: its waveform and its spectrogram, two small PNGs of one width.

        Raises:
            MediaRefused: damaged.
            StorageFull: the disk is full.
        """
        await self._ask("traces", path=path, wave=wave, spectrum=spectrum, seconds=seconds)
