"""What the core needs to measure finished clips: a worker, a place to keep the numbers. Part of the ports."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bot.core.model import Job
from bot.core.quality import Quality


class MeasureMedia(Protocol):
    """Part of the port `Media`."""

    async def quality(self, path: Path) -> Quality:
        """Measure a finished clip's sound and its offset against the picture; takes seconds, not moments.

        Raises:
            MediaRefused: damaged, unknown_type.
        """
        ...


class MeasureStore(Protocol):
    """Part of the port `Store`."""

    async def note_quality(self, job: str, blob: str, quality: Quality) -> bool:
        """Keep what was measured with an ended job's clip; false if that clip is not there any more."""
        ...


class Measures(Protocol):
    """What was measured of a clip, looked up or measured now."""

    async def of(self, job: Job) -> Quality | None:
        """The measures of a delivered clip; None where there is none, or nobody measures here."""
        ...


class NoMeasures:
    """Measures nothing."""

    async def of(self, job: Job) -> Quality | None:
        """What is known already."""
        return job.clip.quality if job.clip is not None else None
