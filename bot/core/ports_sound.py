"""What the core needs done with sound, as a Protocol beside `ports.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.core.model import MediaInfo
from bot.core.sounds import MixPiece


class SoundMedia(Protocol):
    """Gives clips another sound track. The picture is copied; the sound is exactly as long."""

    async def lay_under(self, video: Path, audio: Path, into: Path, *, keep_sound: bool) -> MediaInfo:
        """Put sound under a clip, −16 LUFS, as long as the picture; the picture is copied."""
        ...

    async def mix(
        self,
        video: Path,
        pieces: Sequence[MixPiece],
        into: Path,
        *,
        keep_sound: bool,
        loudness_target_lufs: float,
    ) -> MediaInfo:
        """Put pieces of sound under a clip at their places, as long as the picture, which is copied."""
        ...
