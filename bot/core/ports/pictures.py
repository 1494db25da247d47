"""What the core needs of the media workers for pictures. Part of the port `Media`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bot.core.model import MediaInfo
from bot.core.sheets import Board, Sheet


class PictureMedia(Protocol):
    """Pictures that people send, and those that are drawn for them."""

    async def image(
        self, path: Path, into: Path, *, max_side: int, max_bytes: int = 0, formats: tuple[str, ...] = ...
    ) -> MediaInfo:
        """A picture made fit to send: upright, no metadata, at most `max_side` pixels a side (0 = any).

        Raises:
            MediaRefused: wrong_kind, too_large_dimensions, too_many_bytes, damaged.
            StorageFull: the disk is full.
        """
        ...

    async def card(self, into: Path) -> MediaInfo:
        """A plain grey picture with nothing on it, for models that take a recording only beside a picture.

        Raises:
            StorageFull: the disk is full.
        """
        ...

    async def draw(self, what: Sheet | Board, into: Path) -> None:
        """A report card or a leaderboard as PNG of at most 300 KiB.

        Raises:
            StorageFull: the disk is full.
        """
        ...

    async def traces(self, path: Path, wave: Path, spectrum: Path, *, seconds: float) -> None:
        """What a clip's sound looks like: its waveform and its spectrogram, two small PNGs of one width.

        Raises:
            MediaRefused: damaged.
            StorageFull: the disk is full.
        """
        ...
