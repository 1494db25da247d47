"""Blows as moments: when the whole picture jolts, when it is suddenly louder, which offset fits both.

Runs only inside the worker.

A blow that shakes the camera or lights the scene changes everything at once, and a thing that merely moves
does not: 40 % of the picture have to change in one frame more than in the two before. Both lists of moments
are laid over each other at every offset. How sure it is follows from counting: the chance that so many
moments meet within a frame if the two lists had nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb, exp, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.core.quality import UNSURE, Offset
from bot.media.motion import Pictures, Shot, Times, cuts, whole
from bot.media.spectra import HZ, Track, bands, smooth, spectrum

_MOST_MOMENTS: Final = 8  # of each list, the strongest first
_LEAST_MOMENTS: Final = 3
_APART_SECONDS = 0.13  # nearer ones are one blow
_REGION = 5  # squares a side
_EVERYWHERE = 60  # per cent of the regions that may stay calm
_GREY = 1.0  # levels: squares that change less are still
_CLEAR = 0.25  # a jolt of less is no blow; the strongest has to have it
_FAINT_SEEN, _FAINT_HEARD = 0.15, 0.3  # of the strongest
_STEP = 6  # rows: 30 ms, in which a sound sets in
_ALIKE = 0.85  # of the strength before it: the next moment may not be left out
_SLACK_SECONDS = 0.009  # beside half a frame
_LATE_SECONDS = 0.005  # beside half a frame: so much later than it happens is a blow seen
_LAGS = np.arange(-1.6, 1.6001, 0.01)
_MOST_SECONDS = 0.4
_BESIDE_SECONDS = 0.12
_SURE = 4.2  # powers of ten against chance: in 6 s, three jolts that meet three of four bangs
_RIVAL = 0.65  # most of the next best offset against the best; a rhythm has one nearly as good


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Moments in seconds with their strength, the strongest first."""

    at: Times
    strength: Track

    def __len__(self) -> int:
        return len(self.at)

    def sizes(self) -> Iterator[int]:
        """How many of the strongest may be taken: never one without another that is nearly as strong."""
        for count in range(_LEAST_MOMENTS, len(self) + 1):
            if count == len(self) or self.strength[count] < _ALIKE * self.strength[count - 1]:
                yield count


def jolts(pictures: Pictures) -> Moments:
    """When the whole picture changes at once, cuts left out; none where it never does."""
    shot = whole(pictures)
    force = _force(shot)
    force[:2] = 0.0
    for cut in cuts(pictures.grey):
        force[cut : cut + 2] = 0.0
    found = _peaks(force, shot.times, max(2, round(_APART_SECONDS * shot.fps)), _FAINT_SEEN)
    clear = len(found) >= _LEAST_MOMENTS and found.strength[0] >= _CLEAR
    return found if clear else Moments(at=np.zeros(0), strength=np.zeros(0))


def bangs(sound: NDArray[np.float32]) -> Moments:
    """When it gets louder at once over all pitches, measured by how much each pitch changes anyhow."""
    loud = bands(spectrum(sound), np.geomspace(60.0, 8000.0, 17))
    usual = np.median(loud, axis=0) + 1e-3 * loud.max(initial=1e-9)
    levels = np.log(loud + 0.3 * usual)
    steps = levels[_STEP:] - levels[:-_STEP]
    rise = np.maximum(steps / (1.5 * np.median(np.abs(steps), axis=0) + 0.15), 0).sum(axis=1)
    force = smooth(np.pad(rise, _STEP // 2), 9)
    return _peaks(force, np.arange(len(force)) / HZ, round(_APART_SECONDS * HZ), _FAINT_HEARD)


def offset_of(seen: Moments, heard: Moments, *, seconds: float, fps: float) -> Offset:
    """By how much what is heard comes after what is seen.

    Returns:
        `UNSURE` where chance would do as well, another offset fits nearly as well, as with regular blows,
        or either list is shorter than three.
    """
    if min(len(seen), len(heard)) < _LEAST_MOMENTS:
        return UNSURE
    score = _score(seen, heard, seconds, 0.5 / fps + _SLACK_SECONDS)
    top = float(score.max())
    level = np.flatnonzero(score >= top - 1e-9)
    middle = level[np.abs(level - np.median(level)).argmin()]
    best = float(_LAGS[level].mean()) if np.ptp(_LAGS[level]) < _BESIDE_SECONDS else float(_LAGS[middle])
    rival = float(score[np.abs(_LAGS - best) > _BESIDE_SECONDS].max())
    if top < _SURE or rival > _RIVAL * top or abs(best) > _MOST_SECONDS + 1e-6:
        return UNSURE
    return Offset(ms=round((best + 0.5 / fps + _LATE_SECONDS) * 1000), sure=True)


def _force(shot: Shot) -> Track:
    """How much each frame jolts at least 40 % of the picture."""
    change = np.abs(np.diff(shot.squares, axis=0, prepend=shot.squares[:1]))
    one, two = (np.concatenate([change[:1]] * back + [change[:-back]]) for back in (1, 2))
    sudden = np.log1p(np.maximum(change - np.maximum(one, two), 0) / (np.median(change, axis=0) + _GREY))
    rows, columns = shot.rows // _REGION, shot.columns // _REGION
    field = sudden.reshape(len(sudden), shot.rows, shot.columns)[:, : rows * _REGION, : columns * _REGION]
    regions = field.reshape(len(sudden), rows, _REGION, columns, _REGION).mean(axis=(2, 4))
    force: Track = np.percentile(regions.reshape(len(sudden), -1), _EVERYWHERE, axis=1)
    return force


def _peaks(force: Track, at: Times, apart: int, faint: float) -> Moments:
    left, found = force.copy(), list[int]()
    while len(found) < _MOST_MOMENTS:
        peak = int(left.argmax())
        if left[peak] <= max(faint * force.max(), 1e-6):
            break
        found.append(peak)
        left[max(0, peak - apart) : peak + apart + 1] = 0.0
    return Moments(at=at[found], strength=force[found])


def _score(seen: Moments, heard: Moments, seconds: float, slack: float) -> Track:
    """For every offset how little chance explains it, in powers of ten: the most of all choices."""
    apart = seen.at[None, :, None] + _LAGS[:, None, None] - heard.at[None, None, :]
    meets = np.abs(apart) <= slack
    score = np.zeros(len(_LAGS))
    for some in seen.sizes():
        for others in heard.sizes():
            both = meets[:, :some, :others]
            met = np.minimum(both.any(axis=2).sum(axis=1), both.any(axis=1).sum(axis=1))
            chance = 1 - exp(-max(some, others) * 2 * slack / seconds)
            score = np.maximum(score, _rarity(min(some, others), chance)[met])
    return score


def _rarity(count: int, chance: float) -> Track:
    """For 0 … count hits out of count: how rare so many or more are, in powers of ten."""
    odds = [comb(count, hits) * chance**hits * (1 - chance) ** (count - hits) for hits in range(count + 1)]
    return np.array([-log10(max(1e-30, sum(odds[hits:]))) for hits in range(count + 1)])
