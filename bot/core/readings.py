"""What was measured of a clip's sound, as lines to read under *Details*. Pure.

What was not measured says so, and so does an offset that nothing certain was found for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

from bot.core.model import Text
from bot.core.quality import Fault, Offset, Quality
from bot.core.replies import Action

_IN_STEP_MS: Final = 20  # less than a frame: nobody sees or hears it
_NEW_SOUND: Final = "new-sound" in get_args(Action)
_UNMEASURED: Final = Text(key="measures.missing")


def readings(quality: Quality, faults: Sequence[Fault]) -> tuple[Text, ...]:
    """The measures and, first, what is plainly wrong and what can be done about it."""
    return (*_wrong(quality, faults), *_measured(quality))


def _wrong(quality: Quality, faults: Sequence[Fault]) -> Iterator[Text]:
    facts = {
        "hz": _whole(quality.hum_hz),
        "percent": None if quality.clipped_share is None else f"{quality.clipped_share * 100:.2f}",
    }
    for fault in faults:
        yield Text(key=f"measures.fault_{fault}", facts=facts)
    if faults and _NEW_SOUND:
        yield Text(key="measures.new_sound")


def _measured(quality: Quality) -> Iterator[Text]:
    if quality.loudness_lufs is None:
        return
    yield Text(
        key="measures.sound",
        facts={
            "range": _tenths(quality.loudness_range_lu),
            "khz": None if quality.bandwidth_hz is None else _tenths(quality.bandwidth_hz / 1000),
            "hum": _hum(quality),
        },
    )
    yield Text(key="measures.speech", facts={"speech": _speech(quality), "clarity": _tenths(quality.clarity)})
    if quality.words_asked:
        yield Text(key="measures.words", facts={"words": _words(quality)})
    if quality.lip is not None or quality.speech_share is None:
        yield Text(key="measures.lip", facts={"offset": _offset(quality.lip)})
    if quality.impact is not None:
        yield Text(key="measures.impact", facts={"offset": _offset(quality.impact)})


def _hum(quality: Quality) -> Text:
    if quality.hum_hz is None:
        return _UNMEASURED
    if not quality.hum_hz:
        return Text(key="measures.no_hum")
    return Text(key="measures.hum", facts={"hz": _whole(quality.hum_hz)})


def _speech(quality: Quality) -> Text:
    if quality.speech_share is None:
        return _UNMEASURED
    return Text(key="measures.share", facts={"percent": str(round(quality.speech_share * 100))})


def _words(quality: Quality) -> Text:
    if quality.words_heard is None:
        return _UNMEASURED
    facts = {"heard": str(quality.words_heard), "asked": quality.words_asked}
    return Text(key="measures.heard", facts=facts)


def _offset(offset: Offset | None) -> Text:
    if offset is None:
        return _UNMEASURED
    if offset.ms is None or not offset.sure:
        return Text(key="measures.unsure")
    if abs(offset.ms) <= _IN_STEP_MS:
        return Text(key="measures.in_step")
    facts: dict[str, Any] = {"ms": abs(offset.ms)}
    return Text(key="measures.late" if offset.ms > 0 else "measures.early", facts=facts)


def _tenths(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def _whole(value: float | None) -> str | None:
    return None if not value else f"{value:.0f}"
