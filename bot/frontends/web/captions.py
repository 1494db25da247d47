"""Captions (WebVTT) for words that are known: what stands between quotation marks in the prompt. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*[–-]\s*(\d+(?:\.\d+)?)")
_MARGIN_SECONDS = 0.2


def captions(lines: Sequence[str], *, seconds: float, spoken: str = "") -> str:
    """A caption file.

    Args:
        lines: what is said, in order.
        seconds: length of the clip.
        spoken: when each line is said, as the clip's details tell it ("0.4–2.1, 2.6–4.0", in seconds);
            where that is not known, the lines share the clip by their lengths.
    """
    times = [(float(start), float(end)) for start, end in _SPAN.findall(spoken)]
    if len(times) != len(lines):
        times = _shared(lines, seconds)
    cues = [
        f"{_clock(start)} --> {_clock(min(end, seconds))}\n{_safe(line)}\n"
        for line, (start, end) in zip(lines, times, strict=True)
        if start < min(end, seconds) and _safe(line)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _shared(lines: Sequence[str], seconds: float) -> list[tuple[float, float]]:
    total = sum(len(line) + 1 for line in lines) or 1
    room = max(0.0, seconds - 2 * _MARGIN_SECONDS)
    times, at = [], _MARGIN_SECONDS
    for line in lines:
        end = at + room * (len(line) + 1) / total
        times.append((at, end))
        at = end
    return times


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


def _safe(line: str) -> str:
    """Marks of the format become entities; a blank line would end the cue."""
    escaped = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(escaped.split())
