"""What the adapter asks of the worker, as JSON: one clip, or one sound. No behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SOUND_SECONDS = (0.3, 180.0)  # shortest and longest sound without a picture


@dataclass(frozen=True, kw_only=True)
class Order:
    """A clip to make. Paths are absolute."""

    prompt: str
    seconds: int
    aspect: str
    resolution: str
    sound: bool
    seed: int | None = None
    photo: str = ""
    voice: str = ""
    soundtrack: str = ""
    beat: str = ""


@dataclass(frozen=True, kw_only=True)
class SoundOrder:
    """A sound to make.

    Attributes:
        kind: foley = all that a clip of this text would sound like; effect = without music.
        text: a prompt, or for speech the words to say.
        seconds: exact length; 0 = as long as the words take.
        voice: "woman" or "man", or "" for the default; speech only.
        speaks: whether quoted lines are spoken.
        seed: repeats a result.
    """

    kind: Literal["speech", "effect", "music", "foley"]
    text: str
    seconds: float
    voice: str = ""
    speaks: bool = True
    seed: int | None = None
