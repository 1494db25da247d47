"""Eyes, nose and mouth of the close-up."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from providers.local.canvas import Canvas, Point, mix, smooth
from providers.local.sitter import Sitter

Mouth = tuple[float, float, float]  # open, wide, round; each 0–1


def mouth_outline(mouth: Mouth) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outer lip line and the opening inside, around (0, 0)."""
    opened, wide, rounded = mouth
    half = 31 + 15 * wide - 15 * rounded
    gap = 1.2 + 27 * opened * (1 + 0.25 * rounded)
    upper, lower = 7.5 + 3.5 * rounded, 9.5 + 4 * rounded
    smile = 3.5 * wide * (1 - opened)
    inner = [
        (-half, -smile),
        (-half * 0.55, -gap * 0.62),
        (0, -gap * 0.55),
        (half * 0.55, -gap * 0.62),
        (half, -smile),
        (half * 0.6, gap * 0.85),
        (0, gap * 1.08),
        (-half * 0.6, gap * 0.85),
    ]
    outer = [
        (-half - 6, -smile),
        (-half * 0.5, -gap * 0.62 - upper),
        (-5, -gap * 0.55 - upper * 1.05),
        (0, -gap * 0.55 - upper * 0.72),
        (5, -gap * 0.55 - upper * 1.05),
        (half * 0.5, -gap * 0.62 - upper),
        (half + 6, -smile),
        (half * 0.58, gap * 0.85 + lower * 0.95),
        (0, gap * 1.08 + lower * 1.15),
        (-half * 0.58, gap * 0.85 + lower * 0.95),
    ]
    return smooth(outer), smooth(inner)


def blink_at(seconds: float, seed: int) -> float:
    """How far the lids are open, 0–1."""
    beat = 2.6 + (seed % 7) * 0.17
    turn = (seconds + (seed % 11) * 0.2) % beat
    if turn > 0.22:
        return 1.0
    return abs(turn - 0.11) / 0.11


class Features(Sitter):
    """One person's features."""

    def eyes(self, c: Canvas, seconds: float, gaze: float, stress: float) -> None:
        """Both eyes and brows."""
        lid = blink_at(seconds, self.seed)
        skin, shadow, hair = (
            self.lit(self.look.skin),
            self.lit(self.look.shadow),
            mix(self.lit(self.look.hair_colour), (24, 18, 18), 0.3),
        )
        white = mix(self.lit((250, 248, 244)), skin, 0.06)
        for side in (-1, 1):
            ex = side * 48 + gaze * 0.55
            c.ellipse(ex, -24, 31, 22, (*shadow, 0.35))
            if lid < 0.25:
                c.stroke(
                    [(ex - 25, -24), (ex, -17), (ex + 25, -24)], 4, mix(hair, (20, 14, 14), 0.4), taper=0.5
                )
            else:
                high, low = 16 * lid, 11.5
                almond = smooth(
                    [
                        (ex - 26, -22),
                        (ex - 12, -24 - high * 0.8),
                        (ex + 6, -25 - high * 0.85),
                        (ex + 26, -25),
                        (ex + 12, -24 + low * 0.8),
                        (ex - 12, -24 + low * 0.85),
                    ]
                )
                c.polygon(almond, white)
                look = gaze * 0.5
                iris = min(11.5, high * 0.5 + 6)
                c.ellipse(ex + look, -25, 12, iris, mix(self.lit(self.look.eyes), (0, 0, 0), 0.25))
                c.ellipse(ex + look, -23, 9.5, iris * 0.78, self.lit(self.look.eyes))
                c.ellipse(ex + look, -25, 5.6, min(5.6, iris), (14, 12, 14))
                c.ellipse(ex + look + 4, -30, 3.2, 3.2, (255, 255, 255, 0.95))
                c.ellipse(ex + look - 4, -20, 1.7, 1.7, (255, 255, 255, 0.6))
                brow = [
                    (ex - 28, -20),
                    (ex - 12, -26 - high * 0.82),
                    (ex + 6, -27 - high * 0.87),
                    (ex + 28, -26),
                ]
                c.stroke(
                    brow if side > 0 else _mirrored(brow, ex), 5, mix(hair, (20, 14, 14), 0.5), taper=0.4
                )
                if self.look.gender == "woman":
                    c.stroke(
                        [(ex + side * 24, -27), (ex + side * 32, -35)],
                        3.5,
                        mix(hair, (20, 14, 14), 0.5),
                        taper=0.6,
                    )
            up = 7 * stress + 1.5 * math.sin(seconds * 0.9)
            arch = [
                (ex - side * 24, -56 - up * 0.7),
                (ex + side * 6, -66 - up),
                (ex + side * 32, -55 - up * 0.6),
            ]
            c.stroke(arch, 8.5 if self.look.gender == "man" else 6.5, hair, taper=0.55)

    def nose(self, c: Canvas, gaze: float) -> None:
        """The nose."""
        shadow = self.lit(self.look.shadow)
        x = gaze * 0.8
        c.blob([(x - 9, -18), (x - 17, 26), (x - 4, 34), (x + 3, 20), (x - 2, -10)], (*shadow, 0.55))
        c.stroke(
            [(x - 17, 28), (x - 8, 36), (x + 2, 38), (x + 11, 35), (x + 16, 28)],
            3.4,
            mix(shadow, self.palette.shade, 0.25),
            taper=0.6,
        )
        c.ellipse(x + 4, 18, 5, 8, (*mix(self.lit(self.look.skin), self.palette.rim, 0.5), 0.4))

    def mouth(self, c: Canvas, mouth: Mouth, gaze: float) -> None:
        """Lips, teeth and tongue."""
        opened = mouth[0]
        red = (188, 84, 82) if self.look.gender == "woman" else (172, 96, 86)
        lip = self.lit(mix(red, self.look.shadow, 0.25))
        outer, inner = mouth_outline(mouth)
        with c.moved(gaze * 0.65, 80 + opened * 7):
            if not self.look.beard:
                c.ellipse(0, 30 + opened * 27, 24, 7, (*self.lit(self.look.shadow), 0.35))
            c.polygon(outer, lip)
            c.polygon(inner, (48, 16, 20))
            if opened > 0.1:
                self._teeth_and_tongue(c, inner, opened)
            half = float(outer[:, 0].max())
            c.stroke(
                [
                    (-half * 0.4, outer[:, 1].max() - 6),
                    (0, outer[:, 1].max() - 4.5),
                    (half * 0.4, outer[:, 1].max() - 6),
                ],
                3.2,
                (*mix(lip, self.palette.rim, 0.45), 0.6),
                taper=0.8,
            )

    def _teeth_and_tongue(self, c: Canvas, inner: NDArray[np.float64], opened: float) -> None:
        """Cut to the opening: the upper edge gives the teeth, the lower one the tongue."""
        middle = np.median(inner[:, 0])
        top, low = float(inner[:, 1].min()), float(inner[:, 1].max())
        upper = inner[inner[:, 1] < top + (low - top) * 0.34]
        upper = upper[np.argsort(upper[:, 0])]
        if len(upper) > 3:
            depth = min(11.0, (low - top) * 0.34)
            lower_edge = np.stack([upper[::-1, 0] * 0.94, np.full(len(upper), top + depth)], axis=1)
            c.polygon(np.concatenate([upper, lower_edge]), self.lit((246, 242, 234)))
        bottom = inner[inner[:, 1] > low - (low - top) * 0.3]
        bottom = bottom[np.argsort(bottom[:, 0])]
        if opened > 0.3 and len(bottom) > 3:
            crown = [
                (float(bottom[-1, 0]), float(bottom[-1, 1])),
                (middle, low - (low - top) * 0.42),
                (float(bottom[0, 0]), float(bottom[0, 1])),
            ]
            c.polygon(np.concatenate([bottom, smooth(crown, closed=False)]), self.lit((196, 92, 96)))


def _mirrored(points: list[Point], x: float) -> list[Point]:
    return [(2 * x - px, py) for px, py in points[::-1]]
