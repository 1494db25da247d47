"""Facts about a media file: what it is, what its sound was found to be. Frozen values, no rules, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from providers.base import Made, MediaInput, Role


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """Facts about a file, judged by its bytes. Lengths in seconds and bytes, rates in Hz."""

    kind: Literal["image", "audio", "video"]
    mime: str
    container: str
    size_bytes: int
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    video_codec: str = ""
    audio_codec: str = ""
    channels: int = 0
    sample_rate_hz: int = 0
    faststart: bool = False

    @property
    def has_audio(self) -> bool:
        """Whether there is an audio track."""
        return bool(self.audio_codec)

    def as_input(self, path: Path, role: Role, *, made: Made | None = None) -> MediaInput:
        """The file as a request carries it."""
        return MediaInput(
            role=role,
            kind=self.kind,
            path=path,
            mime=self.mime,
            size_bytes=self.size_bytes,
            seconds=self.seconds,
            width=self.width,
            height=self.height,
            fps=self.fps,
            made=made,
        )


SoundVerdict = Literal["ok", "missing", "silent", "undecodable", "length", "none-expected"]


@dataclass(frozen=True, kw_only=True)
class SoundCheck:
    """What was found when a clip's sound was verified.

    Attributes:
        verdict: `ok` or what is wrong.
        picture_seconds, sound_seconds: lengths.
        loudness_lufs: integrated loudness; None for silence.
        true_peak_dbtp: None for silence.
        silent_share, clipped_share: 0–1 of the time.
    """

    verdict: SoundVerdict
    picture_seconds: float = 0.0
    sound_seconds: float = 0.0
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    silent_share: float = 0.0
    clipped_share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """A clip brought under a limit and the step of the ladder that did it."""

    step: Literal["as-is", "remux", "re-encode", "smaller"]
    path: Path
    info: MediaInfo
