"""What the core needs for sound, as Protocols beside `ports.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.core.model import Job, MediaInfo
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

    async def put_back(self, picture: Path, clip: Path, into: Path, *, tolerance_seconds: float) -> MediaInfo:
        """Write the picture of one file with the sound of the clip that it was made of, packet for packet.

        Raises:
            MediaRefused: `lengths_differ`, `not_larger`, or one of the files is unusable.
        """
        ...


class SoundStore(Protocol):
    """What the database keeps of the sound that we add."""

    async def sound_intent(self, job: Job, *, facts: Mapping[str, Any], submitted_ms: int) -> Job:
        """*Fenced.* A maker of sound is about to be asked: note it in `facts`; the cost counts as used."""
        ...

    async def book_more(self, job: Job, micro_usd: int, *, facts: Mapping[str, Any]) -> Job:
        """*Fenced.* Take more of the operator's budget for a job under way, and note why in `facts`.

        Raises:
            Denied: `budget_spent`; nothing was noted.
        """
        ...

    async def true_cost(self, job: Job, cost_micro_usd: int) -> Job:
        """*Fenced.* Bring the budget down to what a job's makers were really asked for. Repeatable."""
        ...
