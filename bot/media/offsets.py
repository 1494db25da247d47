"""By how much a clip's sound is late: the voice against the mouth, blows against what strikes. Worker only.

Which small squares of the picture go with the sound is learned on parts of the clip and tried on the parts
left out, for every offset up to half a second. What is seen there by chance is measured with the same sound
moved far away. An answer is sure only if it stands out from both, and both halves of the clip agree on it.
Blows that move the whole picture are left to `strikes.py`.

The bounds of lips were found with clips of the built-in renderer, those of blows with clips drawn by other
code; `tests/bench/quality.py` prints how often they answer and how often they are right, on both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.core.quality import UNSURE, Offset
from bot.media.motion import Pictures, Shot, Table, Times, shots, steady
from bot.media.spectra import HZ, RATE_HZ, WINDOW, Track, bands, smooth, spectrum
from bot.media.strikes import bangs, jolts, offset_of

_LAGS = np.arange(-0.5, 0.5001, 0.01)
_MOST_SECONDS = 0.4  # beyond it the search ends too near to be trusted
_BESIDE_SECONDS = 0.12  # what lies nearer to the best offset is the same answer
_FAR_SECONDS = 0.8  # sound moved by more has nothing to do with the picture
_TRIALS = 160
_BEST_SQUARES = 12
_MOST_PARTS = 12
_LEAST_POWER = 0.05  # of a square that moves all the time
_SLOW_SECONDS = 0.6  # changes slower than this are light and camera
_FAINT, _FAINT_CHANGE = 1.0, 0.7  # grey levels: squares that change less are noise
_VOICE_HZ = (250.0, 3800.0)


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """What is looked for and how clearly it has to show.

    Attributes:
        least_seconds: shortest shot that is used.
        parts_seconds: about how long a part is that is left out while learning; every length is tried.
        centre_ms: added to what is found, so that clips known to be in step come out around zero.
        stands_out: times the spread of what chance gives.
        agrees: least mean correlation of the parts.
        product: least of the two multiplied; runner_up: most of the second best offset against the best.
        halves_seconds: by how much the halves of the clip may differ.
    """

    least_seconds: float
    parts_seconds: tuple[float, ...]
    centre_ms: int
    stands_out: float
    agrees: float
    product: float
    runner_up: float
    halves_seconds: float


_LIP = _Kind(
    least_seconds=0.9, parts_seconds=(0.3, 0.4, 0.5, 0.65), centre_ms=10,
    stands_out=2.4, agrees=0.44, product=1.7, runner_up=0.9, halves_seconds=0.03,
)  # fmt: skip
_IMPACT = _Kind(
    least_seconds=1.5, parts_seconds=(1.0,), centre_ms=20,
    stands_out=4.5, agrees=0.7, product=0.0, runner_up=0.9, halves_seconds=0.05,
)  # fmt: skip


def lip_offset(pictures: Pictures, sound: NDArray[np.float32], *, spoken: Sequence[bool]) -> Offset:
    """By how much the voice comes after the mouth that says it.

    Args:
        pictures: of the clip, from zero on.
        sound: mono at 16 kHz, from zero on.
        spoken: for every 32 ms of the sound whether somebody speaks.

    Returns:
        `UNSURE` for a voice whose speaker is not seen, a mouth too small, or too few words.
    """
    track = _voice_track(sound)
    seen = [shot for shot in shots(pictures, least_seconds=_LIP.least_seconds) if _speaks(shot, spoken)]
    return _offset(seen, track, _LIP, _brightness)


def impact_offset(pictures: Pictures, sound: NDArray[np.float32]) -> Offset:
    """By how much blows, bangs and flashes are heard after they are seen.

    Where the whole picture jolts at times, those moments alone decide: squares that go with a sound would
    also be found in whatever leads up to a blow or follows it.

    Returns:
        `UNSURE` for clips without such, for fewer than about three, and for strictly regular ones.
    """
    if len(pictures.times) < 3:
        return UNSURE
    moments = jolts(pictures)
    if len(moments):
        seconds = float(pictures.times[-1] - pictures.times[0])
        fps = (len(pictures.times) - 1) / seconds
        return offset_of(moments, bangs(sound), seconds=seconds, fps=fps)
    seen = shots(pictures, least_seconds=_IMPACT.least_seconds)
    return _offset(seen, _onset_track(sound), _IMPACT, _jolts)


def _speaks(shot: Shot, spoken: Sequence[bool]) -> bool:
    """Whether at least 0.4 s of speech are heard about this shot."""
    first, last = (round(at * RATE_HZ / WINDOW) for at in (shot.times[0] - 0.4, shot.times[-1] + 0.4))
    return sum(spoken[max(0, first) : max(0, last)]) * WINDOW / RATE_HZ >= 0.4


def _voice_track(sound: NDArray[np.float32]) -> Track:
    """How loud the voice is from moment to moment, on a scale on which steady noise counts little."""
    loudness = bands(spectrum(sound) ** 2, np.geomspace(*_VOICE_HZ, 9))
    floor = np.percentile(loudness, 20, axis=0) + 1e-7 * loudness.max(initial=1e-12)
    loud = np.log10(loudness + floor).mean(axis=1)
    return steady(smooth(loud, 11)[:, None], _SLOW_SECONDS * HZ)[:, 0]


def _onset_track(sound: NDArray[np.float32]) -> Track:
    """How much louder it gets from moment to moment, over all pitches."""
    loudness = bands(spectrum(sound), np.geomspace(60.0, 8000.0, 17))
    quiet = np.percentile(loudness, 30, axis=0) + 1e-3 * loudness.max(initial=1e-9)
    steps = np.log1p(loudness / quiet)
    rise = np.maximum(steps[2:] - steps[:-2], 0).sum(axis=1)
    rise = np.concatenate([[0.0], rise, [0.0]])
    rise = np.minimum(rise, np.percentile(rise, 99.8))
    return steady(smooth(rise, 15)[:, None], _SLOW_SECONDS * HZ)[:, 0]


def _brightness(shot: Shot) -> tuple[Table, ...]:
    return (steady(shot.squares, _SLOW_SECONDS * shot.fps),)


def _jolts(shot: Shot) -> tuple[Table, ...]:
    """Brightness, how much it changes, and where that sets in."""
    change = np.abs(np.diff(shot.squares, axis=0, prepend=shot.squares[:1]))
    onset = np.maximum(np.diff(change, axis=0, prepend=change[:1]), 0)
    return tuple(steady(table, _SLOW_SECONDS * shot.fps) for table in (shot.squares, change, onset))


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """Per part of the clip and column: product of prediction and sound, and the square sums of both."""

    product: Track
    predicted: Track
    heard: Track

    def curve(self, step: slice = slice(None)) -> Track:
        """Correlation of what was predicted with what is heard, over the chosen parts."""
        square = self.predicted[step].sum(axis=0) * self.heard[step].sum(axis=0)
        return np.asarray(self.product[step].sum(axis=0) / (np.sqrt(square) + 1e-9))


Squares = Callable[[Shot], tuple[Table, ...]]


def _offset(seen: Sequence[Shot], track: Track, kind: _Kind, squares: Squares) -> Offset:
    at = np.arange(len(track)) / HZ
    long = len(track) / HZ
    if not seen or long < 2 * _FAR_SECONDS + 0.5 or float(track.std()) < 1e-9:
        return UNSURE
    tables = [squares(shot) for shot in seen]

    def near(times: Times) -> Track:
        return np.stack([np.interp(times + lag, at, track, left=0, right=0) for lag in _LAGS], axis=1)

    step = max(0.05, (long - 2 * _FAR_SECONDS) / _TRIALS)
    moves = np.arange(_FAR_SECONDS, long - _FAR_SECONDS, step)

    def far(times: Times) -> Track:
        return np.stack([np.interp((times + move) % long, at, track) for move in moves], axis=1)

    found = _tried(seen, tables, near, kind)
    chance = float(_tried(seen, tables, far, kind).curve().std())
    return _judged(_signs(found, chance), kind)


@dataclass(frozen=True, kw_only=True)
class _Signs:
    """What speaks for the best offset, in seconds; each as its bound in `_Kind`."""

    best: float
    stands_out: float
    agrees: float
    runner_up: float
    halves_seconds: float


def _signs(found: _Parts, chance: float) -> _Signs:
    curve = found.curve()
    best = int(curve.argmax())
    top = max(float(curve[best]), 1e-9)
    beside = np.abs(_LAGS - _LAGS[best]) > _BESIDE_SECONDS
    square = np.sqrt(found.predicted[:, best] * found.heard[:, best]) + 1e-9
    weight = found.heard[:, best] / (found.heard[:, best].sum() + 1e-9)
    halves = [abs(_LAGS[found.curve(slice(first, None, 2)).argmax()] - _LAGS[best]) for first in (0, 1)]
    return _Signs(
        best=float(_LAGS[best]),
        stands_out=float(curve[best]) / max(chance, 1e-9),
        agrees=float((found.product[:, best] / square * weight).sum()),
        runner_up=float(curve[beside].max()) / top,
        halves_seconds=float(max(halves)),
    )


def _judged(signs: _Signs, kind: _Kind) -> Offset:
    sure = (
        signs.stands_out >= kind.stands_out
        and signs.agrees >= kind.agrees
        and signs.stands_out * signs.agrees >= kind.product
        and signs.runner_up <= kind.runner_up
        and signs.halves_seconds <= kind.halves_seconds + 1e-6
        and abs(signs.best) <= _MOST_SECONDS + 1e-6
    )
    return Offset(ms=round(signs.best * 1000) + kind.centre_ms, sure=True) if sure else UNSURE


def _tried(
    seen: Sequence[Shot],
    tables: Sequence[tuple[Table, ...]],
    heard: Callable[[Times], Track],
    kind: _Kind,
) -> _Parts:
    rows: list[tuple[Track, Track, Track]] = []
    for shot, table in zip(seen, tables, strict=True):
        track = heard(shot.times)
        sound: Table = np.asarray(track - track.mean(axis=0), np.float32)
        places, moving = _moving(table)
        for seconds in kind.parts_seconds:
            parts = max(3, min(_MOST_PARTS, round(shot.seconds / seconds)))
            edges = [-(-len(sound) * part // parts) for part in range(parts + 1)]
            guess = _predicted(shot, places, moving, sound, edges)
            for first, last in pairwise(edges):
                mine, theirs = guess[first:last], sound[first:last]
                rows.append(((mine * theirs).sum(axis=0), (mine**2).sum(axis=0), (theirs**2).sum(axis=0)))
    product, predicted, known = (np.array(column) for column in zip(*rows, strict=True))
    return _Parts(product=product, predicted=predicted, heard=known)


def _predicted(
    shot: Shot, places: Sequence[NDArray[np.int_]], seen: Table, sound: Table, edges: Sequence[int]
) -> Table:
    """The sound as the best squares tell it: for each part those that went with it in all the others."""
    guess = np.zeros_like(sound)
    if seen.shape[1] < _BEST_SQUARES:
        return guess
    spans = list(pairwise(edges))
    products = np.stack([sound[first:last].T @ seen[first:last] for first, last in spans])
    powers = np.stack([(seen[first:last] ** 2).sum(axis=0) for first, last in spans])
    heard = np.stack([(sound[first:last] ** 2).sum(axis=0) for first, last in spans])
    product, power, loud = products.sum(axis=0), powers.sum(axis=0), heard.sum(axis=0)
    for part, (first, last) in enumerate(spans):
        # What moved in the part left out alone has hardly any power in the rest, and proves nothing.
        known = np.sqrt(power - powers[part] + _LEAST_POWER * len(sound))
        weight = (product - products[part]) / known / (np.sqrt(loud - heard[part]) + 1e-6)[:, None]
        strong = _neighbourly(weight, places, shot)
        best = np.argpartition(strong, -_BEST_SQUARES, axis=1)[:, -_BEST_SQUARES:]
        chosen = seen[first:last].T[best]  # lags × squares × frames
        guess[first:last] = np.einsum("lsf,ls->fl", chosen, np.take_along_axis(weight, best, axis=1))
    return np.asarray(guess - guess.mean(axis=0), np.float32)


def _moving(tables: tuple[Table, ...]) -> tuple[list[NDArray[np.int_]], Table]:
    """The squares in which anything happens, by place, brought to one spread; faint ones stay faint."""
    places, found = [], []
    for squares, faint in zip(tables, (_FAINT, _FAINT_CHANGE, _FAINT_CHANGE), strict=False):
        spread = squares.std(axis=0)
        moves = np.flatnonzero(spread > faint / 4)
        places.append(moves)
        found.append(squares[:, moves] / np.maximum(spread[moves], faint))
    return places, np.asarray(np.concatenate(found, axis=1), np.float32)


def _neighbourly(weight: Table, places: Sequence[NDArray[np.int_]], shot: Shot) -> Table:
    """Squared, and averaged with the eight squares around: a mouth is more than one square."""
    strong = np.empty_like(weight)
    wide, start = shot.columns + 2, 0
    for table in places:
        row, column = np.divmod(table, shot.columns)
        at = (row + 1) * wide + column + 1
        field = np.zeros((len(weight), (shot.rows + 2) * wide), np.float32)
        field[:, at] = weight[:, start : start + len(at)] ** 2
        field[:, 1:-1] += field[:, :-2] + field[:, 2:]
        around = field[:, at] + field[:, at - wide] + field[:, at + wide]
        strong[:, start : start + len(at)] = around / 9
        start += len(at)
    return strong
