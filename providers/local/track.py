"""Timeline + spoken lines → the finished sound of a clip, or of a text without a picture. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from providers.lexicon import split_words
from providers.local import mix, noise
from providers.local.music import make_music
from providers.local.noise import RATE, Stereo, add
from providers.local.recording import evened
from providers.local.sound import make_sound
from providers.local.timeline import Timeline
from providers.local.voice import Samples
from providers.local.voices import cue_voices

_SOUNDTRACK_LEVEL = 0.09


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What goes into a track.

    Attributes:
        lines: samples of each spoken line of the timeline, in order; mono.
        recorded: a user's voice, from the first moment on.
        soundtrack: a user's music, instead of ours.
        music: whether ours is made where the script wants it.
        ambience: whether the place and its weather are heard.
        effects: whether single sounds are heard.
    """

    lines: Sequence[Samples] = ()
    recorded: Stereo | None = None
    soundtrack: Stereo | None = None
    music: bool = True
    ambience: bool = True
    effects: bool = True


def track_of(timeline: Timeline, parts: Parts, seconds: float | None = None) -> Stereo:
    """The mixed track, exactly as long as the clip, or `seconds` long where that is less."""
    size = round(min(float(timeline.seconds), seconds or timeline.seconds) * RATE)
    beds = make_sound(timeline) if parts.ambience or parts.effects else None
    silence = np.zeros((2, size), np.float32)
    return mix.mixdown(
        voice=_voice(timeline, parts, size),
        effects=beds.effects[:, :size] if beds and parts.effects else silence,
        ambience=beds.ambience[:, :size] if beds and parts.ambience else silence,
        music=_music(timeline, parts, size),
    )


def named_sound(text: str) -> str:
    """The first sound that a text names and we can make, or ""."""
    known = {**noise.cue_sounds(), **cue_voices()}
    stems = (
        stem
        for word in split_words(text)
        for stem in (word, word.removesuffix("s"), word.removesuffix("ing"), word.removesuffix("ed"))
    )
    return next((stem for stem in stems if stem in known), "")


def _voice(timeline: Timeline, parts: Parts, size: int) -> Stereo:
    voice = np.zeros((2, size), np.float32)
    for spoken, samples in zip(timeline.spoken, parts.lines, strict=True):
        add(voice, evened(np.stack([samples] * 2))[0], spoken.start)
    if parts.recorded is not None:
        recorded = evened(parts.recorded)[:, :size]
        voice[:, : recorded.shape[1]] += recorded
    return voice


def _music(timeline: Timeline, parts: Parts, size: int) -> Stereo:
    music = np.zeros((2, size), np.float32)
    if parts.soundtrack is not None:
        track = evened(parts.soundtrack, _SOUNDTRACK_LEVEL)[:, :size]
        music[:, : track.shape[1]] = track
    elif parts.music and timeline.script.music:
        music[:] = make_music(timeline.script, float(-(-size // RATE)), timeline.cuts)[:, :size]
    return music
