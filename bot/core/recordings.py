"""What a route takes of a recording, and what was made of one. Values; reached through `bot.core.model`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class AudioWindow:
    """What a route takes as audio. `formats` in order of preference; 0 = no limit.

    `pauses` says whether the silence around a short word counts as part of the recording.
    """

    formats: tuple[str, ...] = ("wav", "mp3")
    min_seconds: float = 0.0
    max_seconds: float = 0.0
    max_bytes: int = 0
    rate_hz: int = 44_100
    channels: int = 1
    pauses: bool = True


@dataclass(frozen=True, kw_only=True)
class VoiceResult:
    """An audio reference made from whatever the user sent.

    Attributes:
        path: the converted file.
        mime: its type.
        seconds: its length.
        source_seconds: length of what was sent.
        from_seconds, to_seconds: the part that was used.
        loudness_lufs: after levelling; None if it could not be measured.
        size_bytes: of the converted file.
        clipped_share: 0–1 of what is heard that was cut off at full level in the recording itself.
        steady: it is one tone or one noise from end to end: whatever it is, nobody speaks.
    """

    path: Path
    mime: str
    seconds: float
    source_seconds: float
    from_seconds: float
    to_seconds: float
    loudness_lufs: float | None
    size_bytes: int
    clipped_share: float = 0.0
    steady: bool = False
