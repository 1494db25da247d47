"""A person who walks: feet that stand still while they carry, knees that bend, a coat that swings.

The gait reads the timeline's steps: foot number k stands from the moment of step k.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

from providers.local.canvas import Canvas, Colour, Point, ease, mix, tinted
from providers.local.looks import Look
from providers.local.palette import Palette
from providers.local.timeline import STEP_SECONDS

STRIDE = 74.0  # design units that one step gains
PACE = STRIDE / STEP_SECONDS
_THIGH, _SHIN = 66.0, 66.0
_HIP = 133.0


@dataclass(frozen=True, kw_only=True)
class Foot:
    """Where a foot is: way along the ground, height over it, and how far the heel is lifted (radians)."""

    way: float
    lift: float
    tilt: float


def body_way(seconds: float, start: float) -> float:
    """How far the body has come since `start`, in design units."""
    return (seconds - start) * PACE


def foot_at(seconds: float, steps: tuple[float, ...], start: float, side: int) -> Foot:
    """One of the two feet (side 0 or 1).

    Args:
        seconds: the moment.
        steps: moments in which feet land; even ones belong to side 0.
        start: when the walk begins.
        side: which foot.
    """

    def print_of(moment: float) -> float:
        return body_way(moment, start) + STRIDE * 0.52

    first = steps[0] if steps else start
    index = bisect.bisect_right(steps, seconds) - 1
    own = index if index % 2 == side else index - 1
    landed = steps[own] if 0 <= own < len(steps) else first + (own if own < 0 else 0) * STEP_SECONDS
    off = landed + STEP_SECONDS * 1.16
    landing = landed + 2 * STEP_SECONDS
    if seconds <= off:
        roll = max(0.0, (seconds - landed - STEP_SECONDS * 0.55) / (STEP_SECONDS * 0.61))
        return Foot(way=print_of(landed), lift=9.0 * roll**2, tilt=0.55 * roll**2)
    share = min(1.0, (seconds - off) / (landing - off))
    way = print_of(landed) + (print_of(landing) - print_of(landed)) * ease(share)
    lift = 9.0 * (1 - share) ** 2 + 17.0 * math.sin(math.pi * share) ** 1.3
    return Foot(
        way=way, lift=lift, tilt=0.55 * (1 - share) ** 2 - 0.35 * math.sin(math.pi * share * 0.9) * share
    )


def knee_of(hip: Point, ankle: Point) -> Point:
    """Where the knee is, bent forward."""
    dx, dy = ankle[0] - hip[0], ankle[1] - hip[1]
    reach = min(math.hypot(dx, dy), _THIGH + _SHIN - 0.5)
    along = math.atan2(dy, dx)
    bend = math.acos(max(-1.0, min(1.0, (_THIGH**2 + reach**2 - _SHIN**2) / (2 * _THIGH * reach))))
    return hip[0] + math.cos(along - bend) * _THIGH, hip[1] + math.sin(along - bend) * _THIGH


def draw_walker(
    canvas: Canvas, look: Look, palette: Palette, *, x: float, ground: float, seconds: float,
    steps: tuple[float, ...], start: float,
) -> None:  # fmt: skip
    """Draw the person with the body at `x`, walking to the right on `ground`."""
    way = body_way(seconds, start)
    index = bisect.bisect_right(steps, seconds) - 1
    since = (seconds - steps[max(0, index)]) / STEP_SECONDS if steps else 0.0
    bob = 3.5 * math.cos(2 * math.pi * since)  # lowest when a foot lands
    swing = math.cos(math.pi * (since + (index % 2)))
    hip = (x, ground - _HIP + bob)
    feet = [foot_at(seconds, steps, start, side) for side in (0, 1)]
    figure = _Figure(canvas=canvas, look=look, palette=palette)
    figure.arm(hip, -swing * 0.75, far=True)
    figure.leg(hip, x + feet[1].way - way, ground, feet[1], far=True)
    figure.leg(hip, x + feet[0].way - way, ground, feet[0], far=False)
    figure.body(hip, swing, seconds)
    figure.head((hip[0] + 5, hip[1] - 128), seconds)
    if look.helmet:
        figure.helmet((hip[0] + 5, hip[1] - 128))
    if look.umbrella:
        figure.umbrella(hip, seconds, swing)
    else:
        figure.arm(hip, swing * 0.75, far=False)


@dataclass(frozen=True, kw_only=True)
class _Figure:
    canvas: Canvas
    look: Look
    palette: Palette

    def _lit(self, colour: Colour, far: bool = False) -> tuple[int, int, int]:
        toned = tinted(colour, self.palette.tint, 0.72)
        return mix(toned, self.palette.shade, 0.45 if far else 0.08 + 0.2 * (1 - self.palette.tint[0]))

    def _edge(self, colour: Colour) -> tuple[int, int, int]:
        return mix(self._lit(colour), self.palette.rim, 0.42)

    def leg(self, hip: Point, way: float, ground: float, foot: Foot, *, far: bool) -> None:
        c, colour = self.canvas, self._lit(self.look.trousers, far)
        ankle = (way - 4, ground - 13 - foot.lift)
        knee = knee_of(hip, ankle)
        c.limb(hip, knee, 16, 11.5, colour)
        c.limb(knee, ankle, 11.5, 8, colour)
        if not far:
            c.limb(
                (knee[0] + 7, knee[1] - 30),
                (knee[0] + 8, knee[1]),
                2.2,
                2.2,
                (*self._edge(self.look.trousers), 0.7),
            )
            c.limb(
                (knee[0] + 8, knee[1]),
                (ankle[0] + 5, ankle[1]),
                2.2,
                1.6,
                (*self._edge(self.look.trousers), 0.7),
            )
        shoe = self._lit((40, 32, 34), far)
        with c.moved(ankle[0], ankle[1], turn=foot.tilt):
            c.blob([(-10, -5), (4, -6), (14, 2), (27, 6), (28, 12), (-10, 12), (-12, 4)], shoe)
            c.polygon([(-11, 10), (28, 10), (28, 13.5), (-11, 13.5)], mix(shoe, self.palette.shade, 0.5))

    def body(self, hip: Point, swing: float, seconds: float) -> None:
        c, coat = self.canvas, self._lit(self.look.coat)
        x, y = hip
        sway = 5 * swing + 2 * math.sin(seconds * 2.3)
        hem = y + 44
        outline = [
            (x - 12, y - 104), (x + 12, y - 106), (x + 27, y - 92), (x + 30, y - 50), (x + 26, y - 14),
            (x + 33 + sway * 0.5, hem), (x - 4 + sway, hem + 4), (x - 38 + sway, hem - 2), (x - 28, y - 14),
            (x - 29, y - 60), (x - 25, y - 92),
        ]  # fmt: skip
        c.polygon(_rounded(outline), coat)
        shade = mix(coat, self.palette.shade, 0.42)
        c.polygon(
            _rounded(
                [
                    (x - 25, y - 92),
                    (x - 10, y - 96),
                    (x - 8, y - 40),
                    (x - 14, y),
                    (x - 16 + sway, hem + 1),
                    (x - 38 + sway, hem - 2),
                    (x - 28, y - 14),
                    (x - 29, y - 60),
                ]
            ),
            (*shade, 0.75),
        )
        c.stroke(
            [(x + 24, y - 90), (x + 27.5, y - 50), (x + 24, y - 14), (x + 31 + sway * 0.5, hem - 3)],
            3,
            (*self._edge(self.look.coat), 0.9),
        )
        c.stroke([(x + 10, y - 94), (x + 8, y - 30), (x + 6 + sway * 0.4, hem)], 1.8, (*shade, 0.9))
        c.polygon([(x - 28, y - 22), (x + 26, y - 22), (x + 26, y - 12), (x - 28, y - 12)], (*shade, 0.9))
        for k in range(3):
            c.ellipse(x + 15, y - 84 + k * 24, 2.2, 2.2, self._edge(self.look.coat))
        if self.look.scarf is not None:
            scarf = self._lit(self.look.scarf)
            flow = 8 * math.sin(seconds * 3.1)
            c.stroke(
                [
                    (x - 10, y - 102),
                    (x - 30, y - 92 + flow * 0.3),
                    (x - 52, y - 88 - flow),
                    (x - 70, y - 80 + flow),
                ],
                14,
                mix(scarf, self.palette.shade, 0.2),
                taper=0.25,
            )
            c.blob(
                [(x - 17, y - 112), (x + 17, y - 112), (x + 20, y - 98), (x, y - 92), (x - 19, y - 98)], scarf
            )

    def arm(self, hip: Point, swing: float, *, far: bool) -> None:
        c = self.canvas
        shoulder = (hip[0] - 2 + (5 if far else 0), hip[1] - 92)
        angle = math.pi / 2 - swing * 0.55
        elbow = (shoulder[0] + math.cos(angle) * 42, shoulder[1] + math.sin(angle) * 42)
        bent = angle - 0.32 - 0.25 * max(0.0, swing)
        hand = (elbow[0] + math.cos(bent) * 38, elbow[1] + math.sin(bent) * 38)
        self._sleeve(shoulder, elbow, hand, far)
        if not far:
            c.limb(
                (shoulder[0] + 9, shoulder[1] + 4),
                (elbow[0] + 7, elbow[1]),
                1.6,
                1.6,
                (*self._edge(self.look.coat), 0.7),
            )

    def _sleeve(self, shoulder: Point, elbow: Point, hand: Point, far: bool) -> None:
        c = self.canvas
        coat = mix(self._lit(self.look.coat, far), self.palette.shade, 0.0 if far else 0.14)
        c.ellipse(hand[0], hand[1], 8, 8, self._lit(self.look.skin, far))
        c.limb(shoulder, elbow, 13, 11, coat)
        c.limb(elbow, hand, 11, 8.5, coat)

    def head(self, at: Point, seconds: float) -> None:
        c, look = self.canvas, self.look
        skin, hair = self._lit(look.skin), self._lit(look.hair_colour)
        with c.moved(at[0], at[1], turn=0.03 * math.sin(seconds * 2.1)):
            c.limb((-3, 10), (-2, 24), 9, 11, self._lit(look.shadow))
            if look.hair in ("bob", "long"):
                low = 42 if look.hair == "long" else 18
                c.blob(
                    [(-24, -14), (-6, -30), (8, -22), (2, 8), (-6, low), (-26, low - 2), (-29, 6)],
                    mix(hair, self.palette.shade, 0.25),
                )
            c.blob([(-16, -18), (2, -25), (19, -14), (22, 2), (16, 17), (4, 22), (-10, 16), (-18, 2)], skin)
            c.blob(
                [(-17, -4), (-8, -4), (-4, 14), (4, 22), (-8, 19), (-17, 8)], (*self._lit(look.shadow), 0.6)
            )
            c.polygon([(21, -3), (27, 4), (20, 6)], skin)
            c.ellipse(13.5, -3.5, 2.1, 2.7, mix(look.eyes, (0, 0, 0), 0.55))
            c.stroke([(8, -10), (13, -12), (19, -10)], 2, hair)
            c.stroke([(12, 12), (16, 12.5), (19, 11)], 1.6, self._lit((164, 78, 74)))
            c.ellipse(-3, 2, 4.5, 6, self._lit(look.shadow))
            c.blob(
                [
                    (-23, 0),
                    (-22, -18),
                    (-8, -31),
                    (12, -29),
                    (21, -17),
                    (8, -19),
                    (-2, -13),
                    (-8, 2),
                    (-14, 8),
                ],
                hair,
            )
            c.stroke([(-8, -29), (8, -29), (18, -20)], 2.4, (*mix(hair, self.palette.rim, 0.5), 0.8))
            if look.hair == "bun":
                c.ellipse(-20, -24, 11, 11, hair)
            if look.beard:
                c.blob([(-8, 8), (0, 12), (12, 9), (20, 10), (14, 24), (2, 27), (-8, 18)], hair)
            if look.hat:
                felt = self._lit(mix(look.coat, (30, 26, 30), 0.55))
                c.blob([(-20, -20), (-17, -40), (-4, -46), (12, -42), (17, -22)], felt)
                c.polygon(
                    [(-20, -24), (18, -25), (18, -19), (-20, -18)], self._lit(look.scarf or (150, 50, 56))
                )
                c.ellipse(0, -18, 33, 5, felt)

    def helmet(self, at: Point) -> None:
        """A bubble of glass for places without air."""
        c, steel = self.canvas, self._lit((206, 212, 222))
        x, y = at
        c.ellipse(x, y - 3, 40, 41, (176, 214, 255, 0.17))
        c.stroke([(x - 27, y - 20), (x - 12, y - 36), (x + 10, y - 38)], 4, (255, 255, 255, 0.6), taper=0.8)
        c.stroke([(x + 26, y + 20), (x + 37, y), (x + 30, y - 22)], 2.4, (*self.palette.rim, 0.6), taper=0.8)
        c.limb((x - 24, y + 33), (x + 20, y + 33), 7, 7, steel)

    def umbrella(self, hip: Point, seconds: float, swing: float) -> None:
        c, rim = self.canvas, self.palette.rim
        shoulder = (hip[0] - 2, hip[1] - 92)
        hand = (hip[0] + 32, hip[1] - 76 + 2 * swing)
        self._sleeve(shoulder, (hip[0] + 15, hip[1] - 54), hand, far=False)
        tone = self.look.scarf or (186, 44, 54)
        cloth = self._lit((186, 44, 54) if tone == self.look.coat else tone)
        with c.moved(hand[0], hand[1], turn=0.05 + 0.025 * math.sin(seconds * 2.0)):
            c.limb((0, 12), (0, -118), 1.8, 1.8, self._lit((96, 92, 98)))
            c.stroke([(0, 12), (1, 19), (7, 20), (9, 15)], 3.6, self._lit((120, 84, 56)))
            top, wide, low = -126.0, 86.0, -84.0
            ribs = [-wide, -wide * 0.62, -wide * 0.2, wide * 0.22, wide * 0.64, wide]
            arch = [
                (
                    wide * math.sin(k / 12 * math.pi - math.pi / 2),
                    low + (top - low) * math.cos(k / 12 * math.pi - math.pi / 2) ** 0.8,
                )
                for k in range(13)
            ]
            scallops: list[Point] = []
            for a, b in zip(ribs[::-1], ribs[::-1][1:], strict=False):
                scallops += [
                    (a, low),
                    (a + (b - a) * 0.25, low - 5),
                    (a + (b - a) * 0.5, low - 7),
                    (a + (b - a) * 0.75, low - 5),
                ]
            c.polygon([*arch, *scallops], cloth)
            for k in range(5):
                left, right = ribs[k], ribs[k + 1]
                peak = (0.0, top + 1)
                shade = mix(cloth, self.palette.shade, 0.34) if k < 2 else mix(cloth, rim, 0.10 * (k - 1))
                bow = [
                    (left * 0.72, top + 14),
                    (left, low),
                    (left + (right - left) * 0.5, low - 7),
                    (right, low),
                    (right * 0.72, top + 14),
                ]
                c.polygon([peak, *bow], (*shade, 0.8))
            c.limb((0, top - 9), (0, top + 2), 1.6, 2.2, self._lit((96, 92, 98)))
            c.stroke(
                [(wide * 0.2, top + 3), (wide * 0.66, top + 15), (wide * 0.95, low - 6)],
                2.6,
                (*mix(cloth, rim, 0.6), 0.8),
                taper=0.6,
            )


def _rounded(points: list[Point]) -> list[Point]:
    """Corners cut once (Chaikin), so that cloth looks soft."""
    out: list[Point] = []
    for a, b in zip(points, [*points[1:], points[0]], strict=True):
        out += [
            (a[0] * 0.75 + b[0] * 0.25, a[1] * 0.75 + b[1] * 0.25),
            (a[0] * 0.25 + b[0] * 0.75, a[1] * 0.25 + b[1] * 0.75),
        ]
    return out
