"""What goes into a request: ways of making a clip, files and the roles they play, shots, sound. Values only.

Reached through `providers.base`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

Mode = Literal[
    "text",  # words only
    "first-frame",  # an image becomes the first frame
    "first-last",  # first and last frame given
    "references",  # named images, audio or video the model draws on
    "edit",  # change an existing clip
    "extend",  # go on from an existing clip
    "upscale",  # the same clip, larger
]
MODES: tuple[Mode, ...] = ("text", "first-frame", "first-last", "references", "edit", "extend", "upscale")

Role = Literal[
    "first-frame",
    "last-frame",
    "reference-image",
    "reference-audio",
    "reference-video",
    "source-video",
    "voice",  # audio that moves a speaker's lips
    "soundtrack",  # audio that lies under the picture
]
MediaKind = Literal["image", "audio", "video"]


@dataclass(frozen=True, kw_only=True)
class Made:
    """That a file was made for us by a vendor, who may still keep it.

    Attributes:
        provider: our id of the provider.
        remote_id: the vendor's id of the job that made it.
        at_ms: when it was finished, milliseconds since 1970.
        job: our id of that job.
        resolution: as it was asked for.
    """

    provider: str
    remote_id: str
    at_ms: int
    job: str = ""
    resolution: str = ""


@dataclass(frozen=True, kw_only=True)
class MediaInput:
    """A file that goes into a request.

    Attributes:
        role: what the file is for.
        kind: image, audio or video, judged by the bytes.
        path: where it lies on this machine.
        mime: its type, judged by the bytes.
        size_bytes: length of the file.
        seconds: length of audio or video; 0 for images.
        name: the name used in the prompt without the @ (`hero`), or "".
        url: an address that the vendor may read, where the route needs one.
        width, height: of a picture or clip in pixels; fps: frames a second of a clip; 0 = not known.
        made: the vendor's own work, where the route takes it by the vendor's id; else None.
    """

    role: Role
    kind: MediaKind
    path: Path
    mime: str
    size_bytes: int
    seconds: float = 0.0
    name: str = ""
    url: str = field(default="", repr=False)
    width: int = 0
    height: int = 0
    fps: float = 0.0
    made: Made | None = None


SoundKind = Literal["speech", "effect", "music", "foley"]


@dataclass(frozen=True, kw_only=True)
class SoundRequest:
    """One piece of sound.

    Attributes:
        kind: speech, effect, music, or foley for a picture.
        text: the words to say, or a description.
        seconds: length wanted; 0 = as long as it takes (speech).
        voice: the maker's voice id, or "" for its default.
        language: BCP 47 tag, or "" if unknown.
        negative: what must not be heard, or "".
        video: the silent clip, for foley.
        seed: repeats a result where the maker can.
        route: our id of the sound route, "elevenlabs/speech", or "" for the maker's only one.
        api_name: the vendor's name for it, from the catalogue; sent on the wire.
        options: vendor switches from the catalogue or the operator.
    """

    kind: SoundKind
    text: str
    seconds: float = 0.0
    voice: str = ""
    language: str = ""
    negative: str = ""
    video: MediaInput | None = None
    seed: int | None = None
    route: str = ""
    api_name: str = ""
    options: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LipRequest:
    """A clip whose speaker is to say a recording.

    Attributes:
        video: the clip. audio: what is to be said.
        route: our id of the way, "fal/kling-lips". api_name: the vendor's name for it, from the catalogue.
        options: vendor switches from the catalogue or the operator.
    """

    video: MediaInput
    audio: MediaInput
    route: str
    api_name: str = ""
    options: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CloneRequest:
    """A recording of somebody who is to lend a voice.

    Attributes:
        recording: one speaker, cut to the route's window.
        name: ours for the voice, unique, and nothing in it that tells of a person: the vendor keeps it.
        route: our id of the way, "elevenlabs/voice". api_name: the vendor's name for it, from the catalogue.
        options: vendor switches from the catalogue or the operator.
    """

    recording: MediaInput
    name: str
    route: str
    api_name: str = ""
    options: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClonedVoice:
    """A voice that was made out of a recording, and stays at the vendor until it is deleted.

    Attributes:
        id: the vendor's, for `SoundRequest.voice` or `VideoRequest.voices`.
        barred: why the vendor will not have it used, in its words; it is only to be deleted then. Else "".
        cost_usd: what the vendor says it cost, where it does.
    """

    id: str
    barred: str = ""
    cost_usd: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class VoiceSlots:
    """Places for voices of one's own in an account: how many are taken, and how many there are."""

    used: int
    limit: int

    @property
    def free(self) -> int:
        """How many more can be made."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One shot of a clip: its own prompt and length in seconds."""

    prompt: str
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word heard, with start and end in seconds."""

    text: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """Words heard in a recording, with the language (BCP 47) that was recognised."""

    text: str
    language: str
    words: tuple[Word, ...] = ()
