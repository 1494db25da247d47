"""Puts pieces of sound on one timeline: each at its level, speech in front, no clicks. In the worker only.

Levels are those that viewers are used to: a voice leads, what the picture shows stands behind it, music lies
lowest. The loudness of the whole is set afterwards (`soundtrack.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.core.sounds import Role
from bot.media.sound import Samples, fitted, levels_dbfs, loudness, through

# LUFS before the whole is levelled: beside a voice, and without one.
_BESIDE_VOICE: Final[Mapping[Role, float]] = {"voice": -18, "effect": -22, "bed": -29, "music": -30}
_ALONE: Final[Mapping[Role, float]] = {"voice": -18, "effect": -18, "bed": -23, "music": -23}
# By how many dB each steps back while somebody speaks.
_DUCKED_DB: Final[Mapping[Role, float]] = {"voice": 0, "effect": 3, "bed": 8, "music": 10}
_UNDER_DB: Final = 12.0
_MOST_GAIN_DB: Final = 36.0
_CROSS_SECONDS: Final = 0.5
_SOFT_SECONDS: Final = 0.3  # of what lasts: it comes and goes gently
_CLICK_SECONDS: Final = 0.01
_OPENING_SECONDS: Final = 0.02
_CLOSING_SECONDS: Final = 0.15
_SPEAKING_DBFS: Final = -42.0
_LASTS: Final = ("bed", "music")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A decoded piece and its place.

    Attributes:
        samples: two channels.
        role: its part in the mix; None = as it is, only its own gain counts.
        at: first sample on the timeline.
        gain_db: on top of the usual level.
        tempo: how much faster it is played, its pitch kept.
        ducked: without a role: whether it steps back like music under the clip's own sound.
    """

    samples: Samples
    role: Role | None
    at: int = 0
    gain_db: float = 0.0
    tempo: float = 1.0
    ducked: bool = False


def mixed(parts: Sequence[Part], own: Samples | None, count: int, rate_hz: int) -> Samples:
    """All parts on a timeline of `count` samples, over the clip's own sound if that is kept.

    What is kept counts as the voice: everything laid under it that has a role steps back while it is loud.
    """
    spoken = np.zeros((2, count), np.float32)
    speaks = own is not None or any(part.role == "voice" for part in parts)
    levels = _BESIDE_VOICE if speaks else _ALONE
    for part in parts:
        if part.role == "voice":
            _add(spoken, _levelled(part, levels, rate_hz), part.at, rate_hz)
    leads = spoken if own is None else spoken + fitted(own, count)
    track = leads.copy()
    speaking = _speaking(leads, rate_hz) if speaks else None
    for part in parts:
        if part.role == "voice":
            continue
        lane = np.zeros((2, count), np.float32)
        samples = _levelled(part, levels, rate_hz)
        if part.role in _LASTS:
            samples = _lasting(samples, count - part.at, rate_hz)
        _add(lane, samples, part.at, rate_hz)
        steps_back = _DUCKED_DB[part.role] if part.role else (_UNDER_DB if part.ducked else 0)
        if speaking is not None and steps_back:
            lane *= _gains(speaking, 10 ** (-steps_back / 20), count)
        track += lane
    return _edged(track, rate_hz)


def _levelled(part: Part, levels: Mapping[Role, float], rate_hz: int) -> Samples:
    samples = part.samples
    if part.tempo > 1.001:
        samples, _ = through(samples, rate_hz, ("atempo", f"{min(part.tempo, 2.0):.4f}"))
    gain = part.gain_db
    if part.role is not None:
        heard = loudness(samples, rate_hz, peak=False).lufs
        if heard is None:
            return samples
        gain += min(levels[part.role] - heard, _MOST_GAIN_DB)
    return samples * np.float32(10 ** (gain / 20))


def _lasting(samples: Samples, count: int, rate_hz: int) -> Samples:
    """Repeated with soft joints until it is long enough, or cut; softly begun and ended."""
    cross = min(round(_CROSS_SECONDS * rate_hz), samples.shape[1] // 3)
    whole = samples
    if cross:
        rise = np.sin(np.linspace(0, np.pi / 2, cross, dtype=np.float32))
        while whole.shape[1] < count:
            joint = whole[:, -cross:] * rise[::-1] + samples[:, :cross] * rise
            whole = np.concatenate([whole[:, :-cross], joint, samples[:, cross:]], axis=1)
    whole = whole[:, : max(0, count)].copy()
    soft = min(round(_SOFT_SECONDS * rate_hz), whole.shape[1] // 3)
    if soft:
        rise = np.linspace(0, 1, soft, dtype=np.float32)
        whole[:, :soft] *= rise
        whole[:, -soft:] *= rise[::-1]
    return whole


def _add(lane: Samples, samples: Samples, at: int, rate_hz: int) -> None:
    """Add at a place; what reaches over the end is cut without a click."""
    at = min(max(0, at), lane.shape[1])
    part = samples[:, : lane.shape[1] - at].copy()
    edge = min(part.shape[1], round(_CLICK_SECONDS * rate_hz))
    if edge and part.shape[1] < samples.shape[1]:
        part[:, -edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    lane[:, at : at + part.shape[1]] += part


def _speaking(leads: Samples, rate_hz: int) -> NDArray[np.float64]:
    """0–1 for each 20 ms: up at once when somebody speaks, down within a second."""
    loud = levels_dbfs(leads, rate_hz) > _SPEAKING_DBFS
    now, followed = 0.0, np.empty(loud.size)
    for number, on in enumerate(loud):
        now += (float(on) - now) * (0.6 if on else 0.05)
        followed[number] = now
    return followed


def _gains(speaking: NDArray[np.float64], depth: float, count: int) -> NDArray[np.float32]:
    at = np.arange(count) * (speaking.size / max(1, count))
    curve = np.interp(at, np.arange(speaking.size) + 0.5, 1 - (1 - depth) * speaking)
    return np.asarray(curve, np.float32)


def _edged(track: Samples, rate_hz: int) -> Samples:
    """Faded at both ends."""
    opening = min(track.shape[1] // 4, round(_OPENING_SECONDS * rate_hz))
    closing = min(track.shape[1] // 4, round(_CLOSING_SECONDS * rate_hz))
    if opening:
        track[:, :opening] *= np.linspace(0, 1, opening, dtype=np.float32)
    if closing:
        track[:, -closing:] *= np.linspace(1, 0, closing, dtype=np.float32)
    return track
