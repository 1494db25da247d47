"""What a model can do, as frozen values: sound, input windows, shapes, lifecycle. No money here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from providers.base import MediaKind, Mode, Role, SoundKind

Status = Literal["preview", "active", "deprecated", "retired"]
Confidence = Literal["official", "third-party", "uncertain"]
Lost = Literal["key", "lookup", "blind"]
Purse = Literal["paid", "free"]
Upload = Literal["inline", "vendor", "link"]
Kept = Literal["id", "link"]
Cancel = Literal["never", "queued", "running"]
AudioKind = Literal["speech", "sfx", "ambience", "music"]
AudioReference = Literal["voice", "melody", "track", "effects"]
Topic = Literal["speech", "ambience", "music", "narrative", "photorealistic", "audio-reference"]
TextUnit = Literal["characters", "bytes", "tokens", "words"]
ServiceKind = SoundKind | Literal["transcript", "lips", "clone"]

ROLE_KINDS: Mapping[Role, MediaKind] = {
    "first-frame": "image",
    "last-frame": "image",
    "reference-image": "image",
    "reference-audio": "audio",
    "reference-video": "video",
    "source-video": "video",
    "voice": "audio",
    "soundtrack": "audio",
}


class CatalogueError(ValueError):
    """The catalogue's data is wrong, or does not determine what was asked of it."""


class PriceUnknown(CatalogueError):
    """Nobody knows this price: the operator has to set one before it is offered."""


class UnknownModel(CatalogueError):
    """There is no model of this name.

    Attributes:
        name: what was asked for.
        suggestions: the most similar names, best first.
    """

    def __init__(self, name: str, suggestions: tuple[str, ...]) -> None:
        """Keep the name and what may have been meant."""
        super().__init__(f"no model {name!r}")
        self.name = name
        self.suggestions = suggestions


@dataclass(frozen=True, kw_only=True)
class Audio:
    """What a route does with sound.

    Attributes:
        native: it makes sound itself (some shape has sound).
        kinds: what it is good for.
        languages: spoken languages, BCP 47; empty = not stated by the vendor.
        references: what audio that is handed in can be: a voice to speak with, a melody to follow,
            the very track that is heard, effects to imitate.
        misheard: language → per cent of what it says there that an independent recogniser misheard, median
            over test sentences; only where we measured it ourselves.
    """

    native: bool = False
    kinds: tuple[AudioKind, ...] = ()
    languages: tuple[str, ...] = ()
    references: tuple[AudioReference, ...] = ()
    misheard: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Window:
    """Limits of one kind of input. None means not limited, or not known.

    Attributes:
        role: what the file is for.
        modes: where it is accepted; empty = in every mode.
        formats: file formats by their short names ("wav", "mp3", "png", "mp4"); empty = any.
        min_count, max_count: how many, where the role is used at all.
        min_seconds, max_seconds: length of each; total_seconds: of all together.
        max_bytes: size of each.
        rate: sample rate in Hz the audio must have.
        min_side, max_side: pixels of each side; min_ratio, max_ratio: width / height.
        min_pixels, max_pixels: width * height of a clip; min_fps, max_fps: its frames a second.
        needs: at least one file with one of these roles must come along.
        excludes: files with these roles must not come along.
        beside: role → how many there can be at most where a file of that role comes along.
        one_each: not more of these than there are files of this role: a voice for each picture.
        upload: how it reaches the vendor.
        kept_seconds: how long after it was finished a clip of this provider's own may be named by the id of
            the job that made it, or fetched again by its own link; 0 = never.
        by: in which of these two ways.
    """

    role: Role
    modes: tuple[Mode, ...] = ()
    formats: tuple[str, ...] = ()
    min_count: int = 1
    max_count: int = 1
    min_seconds: float | None = None
    max_seconds: float | None = None
    total_seconds: float | None = None
    max_bytes: int | None = None
    rate: int | None = None
    min_side: int | None = None
    max_side: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    min_pixels: int | None = None
    max_pixels: int | None = None
    min_fps: int | None = None
    max_fps: int | None = None
    needs: tuple[Role, ...] = ()
    excludes: tuple[Role, ...] = ()
    beside: tuple[tuple[Role, int], ...] = ()
    one_each: Role | None = None
    upload: Upload = "inline"
    kept_seconds: int = 0
    by: Kept = "id"

    @property
    def kind(self) -> MediaKind:
        """Image, audio or video."""
        return ROLE_KINDS[self.role]


@dataclass(frozen=True, kw_only=True)
class TextLimit:
    """The longest text a vendor takes, in the vendor's own unit."""

    max: int
    unit: TextUnit = "characters"


@dataclass(frozen=True, kw_only=True)
class ShotLimit:
    """Several shots in one clip: how many, the shortest in seconds, the longest prompt of each."""

    max: int
    min_seconds: int = 1
    prompt: TextLimit | None = None


@dataclass(frozen=True, kw_only=True)
class NameLimit:
    """Names that only the vendor's account knows, `@hero` without a file.

    Attributes:
        max: how many a prompt can use; 0 = none.
        modes: where; empty = in every mode.
        shared: files of this role count as well.
        beside: role → how many there can be at most where a file of that role comes along.
    """

    max: int
    modes: tuple[Mode, ...] = ()
    shared: Role | None = None
    beside: tuple[tuple[Role, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Combinations that really work: every product of these values is offered.

    Attributes:
        modes, resolutions, aspects: allowed values; aspect "auto" = the picture given decides.
        seconds: allowed lengths, ascending.
        sound: whether the vendor makes sound: (True,), (False,) or both.
        image_input, audio_input, video_input: whether files of that kind must (True) or must not
            (False) be part of the request; None = either.
        follows_source: the vendor takes the length from the source clip, or from the recording where there is
            none; the longest is priced where that is not known.
        sources: sizes ("720p") that the source clip must have; empty = any.
        fps: frames a second of the result, whatever its source has; 0 = not set by us.
        by_operator: nobody knows the price; not offered until the operator sets one.
        api_name: the vendor's name for exactly this, or "" for the route's.
        seed, negative: whether these are taken here; None = as the route says, whose length limit holds.
        options: vendor switches on top of the route's.
    """

    modes: tuple[Mode, ...]
    resolutions: tuple[str, ...]
    aspects: tuple[str, ...]
    seconds: tuple[int, ...]
    sound: tuple[bool, ...]
    image_input: bool | None = None
    audio_input: bool | None = None
    video_input: bool | None = None
    follows_source: bool = False
    sources: tuple[str, ...] = ()
    fps: int = 0
    by_operator: bool = False
    api_name: str = ""
    seed: bool | None = None
    negative: bool | None = None
    options: Mapping[str, str | int | bool] = field(default_factory=dict)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths that can be asked for: as long as the source, up to the longest, where it decides."""
        decides = self.follows_source and "extend" not in self.modes
        return tuple(range(1, self.seconds[-1] + 1)) if decides else self.seconds


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What is asked of a route where the user said nothing; 0 and "" = no preference."""

    seconds: int = 0
    resolution: str = ""
    aspect: str = ""


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """How long an offer lives and how well we know it.

    Attributes:
        status: the vendor's word for it, as of `checked`.
        retires: first day on which it no longer answers.
        replaced_by: our id of its successor, or "".
        checked: day on which the facts were compared with the sources.
    """

    status: Status
    checked: date
    sources: tuple[str, ...]
    confidence: Confidence
    retires: date | None = None
    replaced_by: str = ""

    def status_on(self, on: date) -> Status:
        """The status on a day: a passed retirement date counts whatever `status` says."""
        if self.retires is not None and on >= self.retires:
            return "retired"
        return self.status
