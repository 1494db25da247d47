"""What was measured of a clip's sound, and which of it a person should be told. Values and pure rules.

None is "not measured": the part that measures it is not installed, or there was nothing to measure it on.
An `Offset` without `sure` was looked for and not found: nobody may read a number out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Fault = Literal["no_speech", "hum", "clipping"]

NO_SPEECH_BELOW: Final = 0.02  # of the time; a single short word in ten seconds is more
CLIPPING_FROM: Final = 0.0005  # of the samples; louder masters touch full scale now and then
HUM_FROM_DB: Final = 12.0  # above what lies beside it in the spectrum


@dataclass(frozen=True, kw_only=True)
class Offset:
    """By how much the sound comes after the picture.

    Attributes:
        ms: positive where the sound is late, negative where it is early; None where nothing was found.
        sure: whether the clip shows it clearly enough to be said.
    """

    ms: int | None = None
    sure: bool = False


UNSURE: Final = Offset()


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Measures of one clip's sound. None = not measured.

    Attributes:
        loudness_lufs, loudness_range_lu: EBU R 128, integrated; None for silence.
        true_peak_dbtp: between the samples too.
        silent_share: of the time below −60 dBFS, 0–1.
        clipped_share: of the samples that are cut off at full scale, 0–1.
        bandwidth_hz: up to where there is anything above −75 dB of the loudest part of the spectrum.
        hum_hz: 50 or 60 where the mains is heard, 0 where it is not.
        hum_db: by how much its tones stand above what lies beside them.
        speech_share: of the time in which somebody speaks, 0–1.
        clarity: DNSMOS, 1 (bad) to 5, only where there is speech; music and rain count as damage there.
        words_asked, words_heard: of the lines that were asked for, and how many of their words were heard.
        lip, impact: offset of the voice against the mouth, and of bangs against what is seen to hit.
    """

    loudness_lufs: float | None = None
    loudness_range_lu: float | None = None
    true_peak_dbtp: float | None = None
    silent_share: float | None = None
    clipped_share: float | None = None
    bandwidth_hz: float | None = None
    hum_hz: float | None = None
    hum_db: float | None = None
    speech_share: float | None = None
    clarity: float | None = None
    words_asked: int | None = None
    words_heard: int | None = None
    lip: Offset | None = None
    impact: Offset | None = None


def faults(quality: Quality, *, line_asked: bool, sung: bool = False) -> tuple[Fault, ...]:
    """What is plainly wrong. Sung lines and quiet ambience are no faults; unmeasured is no fault.

    Args:
        quality: what was measured.
        line_asked: the words of the wish hold a line to be spoken.
        sung: the line is to be sung, which a speech detector need not hear.
    """
    return tuple(_faults(quality, line_asked, sung))


def _faults(quality: Quality, line_asked: bool, sung: bool) -> Iterator[Fault]:
    heard_words = bool(quality.words_heard)
    if line_asked and not sung and not heard_words and quality.speech_share is not None:
        if quality.speech_share < NO_SPEECH_BELOW:
            yield "no_speech"
    if quality.hum_hz:
        yield "hum"
    if quality.clipped_share is not None and quality.clipped_share >= CLIPPING_FROM:
        yield "clipping"
