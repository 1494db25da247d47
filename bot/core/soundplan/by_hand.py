"""Words beside recordings for a finished clip: `foley at=1.2s gain=-6dB`, `audio_as=reference`. Pure.

They tell such an answer from "again, with this recording": at least one of these words has to be there.
"""

from __future__ import annotations

import re
from typing import Final

from bot.core.errors import Refusal

LATEST_SECONDS: Final = 600.0
_AT: Final = re.compile(r"\b(?:at|en)\s*=\s*(\S+)", re.IGNORECASE)
_GAIN: Final = re.compile(r"\b(?:gain|ganancia)\s*=\s*(\S+)", re.IGNORECASE)
_SECONDS: Final = re.compile(r"(\d{1,4}(?:[.,]\d{1,3})?)s?")
_DECIBELS: Final = re.compile(r"([+\-−]?\d{1,2}(?:[.,]\d{1,2})?)(?:db)?", re.IGNORECASE)
_CALLED: Final = re.compile(
    r"\bfoley\b|\blay (?:it |them |this )?under\b|\bp[oó]n(?:lo|los)? debajo\b", re.IGNORECASE
)
_SAID: Final = re.compile(
    r"\baudio[_ ](?:as|como)\s*[=:]?\s*(?:voice|voz)\b"
    r"|^\s*(?:say (?:it|this)|di esto|dilo|que lo diga)\s*[.!]?\s*$",
    re.IGNORECASE,
)


_LENT: Final = re.compile(
    # With dashes it is an option of a command that makes the clip anew.
    r"(?<![-\w])audio[_ ](?:as|como)\s*[=:]\s*(?:reference|referencia)\b[,;:.]?"
    r"|^\s*(?:in|with|con) (?:this|esta) (?:voice|voz)\b[,;:.]?",
    re.IGNORECASE,
)


def is_lent(text: str) -> bool:
    """Whether these words want a clip's lines spoken with the voice of a recording: `audio_as=reference`."""
    return bool(_LENT.search(text))


def lent_words(text: str) -> str:
    """What else stands there: the sound in words, or nothing."""
    return " ".join(_LENT.sub(" ", text).split(" ")).strip()


def is_said(text: str) -> bool:
    """Whether these words want the clip's speaker to say a recording: `audio_as=voice`, "say this"."""
    return bool(_SAID.search(text))


def is_by_hand(text: str) -> bool:
    """Whether these words are about a clip's sound alone: recordings laid under it, said, lending voices."""
    return (
        is_said(text) or is_lent(text) or bool(_CALLED.search(text) or _AT.search(text) or _GAIN.search(text))
    )


def read_places(text: str, count: int) -> tuple[tuple[float, float], ...]:
    """Moment (seconds) and gain (dB) of each of `count` recordings; the first pair is that of the first file.

    A moment that is not said is the start; one gain alone counts for all.

    Raises:
        Refusal: `place_form` with what cannot be read.
    """
    moments = [_number(_SECONDS, found[1], 0.0, LATEST_SECONDS) for found in _AT.finditer(text)]
    gains = [_number(_DECIBELS, found[1], -60.0, 24.0) for found in _GAIN.finditer(text)]
    shared = gains[0] if len(gains) == 1 else 0.0
    return tuple(
        (
            moments[number] if number < len(moments) else 0.0,
            gains[number] if number < len(gains) and len(gains) > 1 else shared,
        )
        for number in range(count)
    )


def _number(form: re.Pattern[str], said: str, least: float, most: float) -> float:
    found = form.fullmatch(said.rstrip(",;."))
    value = float(found[1].replace(",", ".").replace("−", "-")) if found else None
    if value is None or not least <= value <= most:
        raise Refusal("place_form", given=said[:40], example="at=1.2s gain=-6dB")
    return value
