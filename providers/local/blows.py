"""Things that strike, as a cue shows them: a crate that lands, a drum, a fist, a stone through glass.

Whatever comes down speeds up until the moment itself and stops there, as real things do; what it throws up
is already under way in that frame. Owns how they look; `impacts.py` owns when which of them is seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from providers.local.backdrop import Stage
from providers.local.canvas import Canvas, Colour, Point, ease, mix

Bits = NDArray[np.float64]  # rows of four random numbers, 0–1
_WHITE: Final = (255, 255, 255)


@dataclass(frozen=True, kw_only=True)
class Beat:
    """Seconds since the last blow and until the next one; infinite where there is none."""

    since: float
    until: float

    def there(self, before: float, after: float) -> float:
        """How far something is in the picture, 0–1, that comes shortly before a blow and leaves later."""
        coming = ease((before - self.until) / (before * 0.6))
        return max(coming, 1 - ease((self.since - after) / 0.3))

    def raised(self, down: float, up: float) -> float:
        """1 = lifted, 0 = it strikes: down ever faster, up again at leisure."""
        if self.until < down:
            return 1 - ((down - self.until) / down) ** 2
        return ease(self.since / up)

    def jolt(self, pace: float = 16.0) -> float:
        """1 at the blow, gone soon after."""
        return math.exp(-self.since * pace)


def crate(c: Canvas, stage: Stage, beat: Beat, bits: Bits, *, breaks: bool) -> None:
    """A crate falls from above and lands in dust, or goes to pieces."""
    x, ground, fall, half = stage.width * 0.70, stage.height * 0.93, 0.3, 84.0
    wood = mix((176, 122, 72), stage.palette.shade, 0.2)
    if beat.until < fall:
        gone = (fall - beat.until) / fall
        middle = ground - half - (ground + half) * (1 - gone * gone)
        with c.moved(x, middle, turn=0.5 * (1 - gone)):
            _box(c, half, half, wood)
        return
    if beat.since > 1.3:
        return
    if not breaks:
        flat = 0.24 * beat.jolt(11) * math.cos(beat.since * 26)
        tall, wide = half * (1 - flat), half * (1 + flat)
        with c.moved(x, ground - tall):
            _box(c, wide, tall, wood, 1 - ease((beat.since - 0.9) / 0.35))
    else:
        late = beat.since + 0.05
        for bx, by, size, turn in bits[:14]:
            with c.moved(
                x + (bx - 0.5) * 1100 * late,
                ground - 60 - (160 + 640 * by) * late + 1100 * late**2,
                turn=turn * 6 + late * (6 - 12 * bx),
            ):
                tone = (*mix(wood, (70, 44, 26), 0.5 * size), 1 - ease((beat.since - 0.5) / 0.5))
                c.rectangle(-30 - 34 * size, -9, 60 + 68 * size, 18, tone)
    _dust(c, stage, x, ground, beat.since, half)
    _lines(c, (x, ground - 10), beat.since, half * 1.25, above=True)


def _box(c: Canvas, wide: float, tall: float, wood: Colour, alpha: float = 1.0) -> None:
    dark, light = mix(wood, (46, 28, 18), 0.55), mix(wood, (255, 226, 170), 0.3)
    c.rectangle(-wide, -tall, 2 * wide, 2 * tall, (*dark, alpha))
    for k in range(4):
        c.rectangle(-wide * 0.92, tall * (-0.92 + 0.47 * k), wide * 1.84, tall * 0.41, (*wood[:3], alpha))
    c.polygon(
        [(-wide, tall * 0.74), (-wide * 0.74, tall), (wide, -tall * 0.74), (wide * 0.74, -tall)],
        (*light, alpha),
    )
    for side in (-1, 1):
        c.rectangle(side * wide * 0.88 - wide * 0.12, -tall, wide * 0.24, 2 * tall, (*light, alpha))


def drum(c: Canvas, stage: Stage, beat: Beat, bits: Bits) -> None:
    """A drum and its stick in the foreground."""
    there = beat.there(0.6, 1.0)
    if there <= 0:
        return
    jolt = beat.jolt()
    x, top = _across(stage, 0.74, 170), stage.height - 200 * there + 12 * jolt
    red, gold = mix((186, 44, 50), stage.palette.shade, 0.15), (232, 190, 96)
    wide, low = 150.0, 170.0
    c.ellipse(x, top + low, wide, 40, mix(red, (20, 8, 12), 0.5))
    c.rectangle(x - wide, top, 2 * wide, low, red)
    for k in range(6):
        left = x - wide + k * wide / 3
        c.stroke([(left, top + 26), (left + wide / 6, top + low)], 5, gold, curved=False)
        c.stroke([(left + wide / 3, top + 26), (left + wide / 6, top + low)], 5, gold, curved=False)
    c.ellipse(x, top, wide + 8, 48, gold)
    c.ellipse(x, top, wide - 4, 41, mix((238, 230, 214), _WHITE, jolt))
    if beat.since < 0.5:
        ring = (0.25 + 1.5 * beat.since) * (wide - 10)
        c.ellipse(
            x,
            top,
            min(ring, wide - 10),
            min(ring, wide - 10) * 0.27,
            (190, 176, 152, 0.7 * (1 - 2 * beat.since)),
        )
    lift = beat.raised(0.13, 0.22)
    with c.moved(x + 200, top - 60, turn=0.95 * lift - 0.28):
        c.limb((0, 0), (-190, 0), 9, 6, (214, 172, 116))
        c.ellipse(-196, 0, 17, 15, (246, 236, 214))
    _lines(c, (x, top - 8), beat.since, 66, above=True)
    _dust(c, stage, x, top + 4, beat.since, wide * 0.5, strength=0.5)


def fist(c: Canvas, stage: Stage, beat: Beat, bits: Bits) -> None:
    """A fist that knocks on a door at the edge of the picture."""
    there = beat.there(0.5, 0.5)
    if there <= 0:
        return
    x, y = stage.width - 190 * there, stage.height * 0.52
    wood = mix((112, 72, 52), stage.palette.shade, 0.35)
    dark = stage.palette.shade
    x += 5 * beat.jolt(20)
    c.rectangle(x, stage.height * 0.1, 240, stage.height, wood)
    for a, b in ((0.16, 0.46), (0.58, 0.9)):
        c.rectangle(x + 44, stage.height * a, 120, stage.height * (b - a), mix(wood, dark, 0.25))
    c.rectangle(x, stage.height * 0.1, 5, stage.height, mix(wood, stage.palette.rim, 0.3))
    lift = beat.raised(0.09, 0.11)
    skin = mix((232, 184, 150), stage.palette.shade, 0.12)
    with c.moved(x - 8 - 84 * lift, y - 10 * lift, turn=-0.16 * lift):
        c.limb((-190, 640), (-58, 14), 84, 46, mix((64, 84, 128), dark, 0.25))
        c.ellipse(-50, 0, 54, 50, skin)
        for k in range(4):
            c.ellipse(-14, -34 + 23 * k, 22, 13, mix(skin, (120, 70, 50), 0.08 + 0.06 * (k % 2)))
    _lines(c, (x, y), beat.since, 70, above=False)


def boot(c: Canvas, stage: Stage, beat: Beat, bits: Bits) -> None:
    """A boot that comes down close to the camera."""
    if beat.until > 0.2 and beat.since > 0.55:
        return
    x, ground = stage.width * 0.72, stage.height * 0.95
    lift = beat.raised(0.18, 1.0) if beat.until < 0.18 else ease((beat.since - 0.22) / 0.3)
    leather = mix((74, 52, 42), stage.palette.shade, 0.2)
    with c.moved(x, ground - 420 * lift, turn=-0.25 * lift):
        c.limb((44, -1100), (36, -70), 78, 56, mix((52, 66, 96), stage.palette.shade, 0.25))
        c.blob([(98, -150), (96, -8), (-130, -8), (-150, -34), (-110, -72), (-30, -96), (-22, -150)], leather)
        c.rectangle(-150, -14, 250, 16, mix(leather, (10, 8, 8), 0.6))
    _dust(c, stage, x - 20, ground, beat.since, 110)


def pane(c: Canvas, stage: Stage, beat: Beat, bits: Bits) -> None:
    """A pane of glass, and the stone that goes through it."""
    x, y, wide, tall = _across(stage, 0.66, 190), stage.height * 0.40, 170.0, 150.0
    tone = mix((226, 244, 255), stage.palette.haze, 0.15)
    whole = ease((0.9 - beat.until) / 0.3)
    if whole > 0:
        c.rectangle(x - wide, y - tall, 2 * wide, 2 * tall, (*tone, 0.1 * whole))
        c.polygon(
            [
                (x - wide * 0.8, y + tall),
                (x - wide * 0.3, y + tall),
                (x + wide * 0.7, y - tall),
                (x + wide * 0.2, y - tall),
            ],
            (*_WHITE, 0.12 * whole),
        )
    frame = max(whole, 1 - ease((beat.since - 0.8) / 0.4))
    for left, top, w, h in (
        (-wide - 8, -tall - 8, 8, 2 * tall + 16), (wide, -tall - 8, 8, 2 * tall + 16),
        (-wide, -tall - 8, 2 * wide, 8), (-wide, tall, 2 * wide, 8),
    ):  # fmt: skip
        c.rectangle(x + left, y + top, w, h, (*mix((120, 86, 60), stage.palette.shade, 0.25), frame))
    if beat.until < 0.26:
        way = beat.until / 0.26
        c.ellipse(x - 620 * way, y + 190 * way**2 - 60 * way, 24, 22, (70, 66, 70))
    if beat.since > 1.1:
        return
    late, alpha = beat.since + 0.04, 1 - beat.since / 1.1
    for bx, by, size, turn in bits:
        px = x + (bx - 0.5) * (2 * wide + 640 * late)
        py = y + (by - 0.5) * (2 * tall + 260 * late) + 900 * beat.since**2
        reach = 14 + 26 * size
        with c.moved(px, py, turn=turn * 6.3 + late * (4 + 8 * size)):
            c.polygon([(-reach, reach * 0.5), (0, -reach), (reach * 0.8, reach * 0.6)], (*tone, 0.95 * alpha))
    if beat.since < 0.14:
        for k in range(13):
            angle = k * 2 * math.pi / 13 + bits[k, 0]
            far = (x + math.cos(angle) * wide * 1.05, y + math.sin(angle) * tall * 1.05)
            c.stroke([(x, y), far], 5, (*_WHITE, 0.95), taper=0.7, curved=False)


def stone(c: Canvas, stage: Stage, beat: Beat, bits: Bits) -> None:
    """A stone falls into water: a crown of drops, and rings."""
    x, fall = stage.width * 0.60, 0.3
    water = stage.height * (0.76 if stage.script.setting == "sea" else 0.88)
    tone = mix((226, 242, 252), stage.palette.haze, 0.1)
    if beat.until < fall:
        gone = (fall - beat.until) / fall
        c.ellipse(x, water - (water + 40) * (1 - gone * gone), 34, 32, (78, 74, 80))
    if beat.since > 1.1:
        return
    late, alpha = beat.since + 0.06, 1 - ease(beat.since / 1.1)
    for k in range(3):
        ring = 60 + 420 * beat.since - 70 * k
        if ring > 10:
            c.ellipse(x, water, ring, ring * 0.2, (*tone, 0.3 * alpha))
    high = 150 * math.sin(min(1.0, (beat.since + 0.08) / 0.5) * math.pi) if beat.since < 0.42 else 0.0
    if high > 0:
        across = (-74, -112, -52, -26, 10, 40, 60, 116, 74)
        up = (0, 1, 0.55, 1.25, 0.6, 1.2, 0.5, 0.95, 0)
        c.polygon([(x + a, water - high * b) for a, b in zip(across, up, strict=True)], (*tone, 0.85))
    for bx, by, size, _ in bits:
        px = x + (bx - 0.5) * (120 + 560 * late)
        py = water - (0.35 + by) * 640 * late + 900 * late**2
        if py < water + 8:
            c.ellipse(px, py, 5 + 9 * size, 6 + 12 * size, (*tone, 0.95 * alpha))


def star(c: Canvas, stage: Stage, beat: Beat, bits: Bits) -> None:
    """A bang as comic strips draw it, and the smoke that is left."""
    x, y = _across(stage, 0.70, 220), stage.height * 0.42
    if beat.since < 0.9:
        for k, (bx, by, size, _) in enumerate(bits[:9]):
            alpha = 0.5 * (1 - beat.since / 0.9) * ease((beat.since + 0.06) / 0.2)
            grey = mix((214, 208, 204), stage.palette.shade, 0.2 + 0.06 * (k % 3))
            px, py = x + (bx - 0.5) * 260 * (1 + beat.since), y + (by - 0.5) * 190 - 120 * beat.since
            c.ellipse(px, py, 44 + 46 * size, 40 + 40 * size, (*grey, alpha))
    if beat.since > 0.3:
        return
    alpha = 1 - ease((beat.since - 0.14) / 0.16)
    grown = 0.8 + 0.5 * ease(beat.since / 0.14)
    for reach, tone in ((230, (238, 96, 40)), (176, (255, 206, 64)), (104, (255, 252, 232))):
        spikes = []
        for k in range(22):
            angle = k * math.pi / 11 + 0.2
            far = reach * grown * (0.46 if k % 2 else 0.8 + 0.4 * bits[k // 2, 2])
            spikes.append((x + math.cos(angle) * far, y + math.sin(angle) * far * 0.86))
        c.polygon(spikes, (*tone, alpha))


def bolt(c: Canvas, stage: Stage, beat: Beat, bits: Bits) -> None:
    """Lightning: it stands in the sky for a moment and flickers once."""
    lit = beat.since < 0.09 or 0.13 < beat.since < 0.2
    if not lit:
        return
    x, low = stage.width * (0.5 + 0.3 * bits[0, 0]), stage.height * 0.62
    way: list[Point] = []
    for k in range(9):
        x += (bits[k, 1] - 0.5) * 120
        way.append((x, low * k / 8 - 6))
    fork = [way[4], (way[4][0] + 70, way[4][1] + 60), (way[4][0] + 96, way[4][1] + 130)]
    for width, tone in ((26, (190, 206, 255, 0.45)), (9, (255, 255, 255, 1.0))):
        c.stroke(way, width, tone, curved=False)
        c.stroke(fork, width * 0.6, tone, taper=0.6, curved=False)


def _across(stage: Stage, share: float, half: float) -> float:
    """A place right of the middle, but for narrow pictures in which something so wide would be cut off."""
    return min(stage.width * share, stage.width - half)


def _lines(c: Canvas, middle: Point, since: float, reach: float, *, above: bool) -> None:
    """Short strokes that fly off where it struck: upwards, or to the left."""
    if since > 0.22:
        return
    start, alpha = reach * (1 + 4.2 * since), 1 - since / 0.22
    for k in range(7):
        angle = math.pi * (1 + (k + 0.5) / 7) if above else math.pi * (0.6 + 0.8 * (k + 0.5) / 7)
        across, down = math.cos(angle), math.sin(angle)
        near = (middle[0] + across * start, middle[1] + down * start * 0.8)
        far = (near[0] + across * reach * 0.7, near[1] + down * reach * 0.6)
        c.stroke([near, far], 9, (255, 240, 190, alpha), taper=0.6, curved=False)


def _dust(
    c: Canvas, stage: Stage, x: float, ground: float, since: float, wide: float, strength: float = 1.0
) -> None:
    """Clouds that roll away to both sides."""
    if since > 0.6:
        return
    tone = mix(stage.palette.haze, (236, 224, 204), 0.5)
    alpha = 0.62 * strength * (1 - since / 0.6)
    spread = 1 - math.exp(-(since + 0.04) * 7)
    for side in (-1, 1):
        for k in range(4):
            px = x + side * (wide * 0.7 + (50 + 56 * k) * spread)
            c.ellipse(
                px,
                ground - (12 + 20 * (k % 2)) * (1 + spread),
                26 + 40 * spread,
                18 + 26 * spread,
                (*tone, alpha),
            )
