"""Hair and hats of the close-up, behind and in front of the face."""

from __future__ import annotations

import math
from collections.abc import Mapping

from providers.local.canvas import Canvas, Point, mix
from providers.local.sitter import Sitter


def _outlines(table: str) -> Mapping[str, list[Point]]:
    """Rows of "name: x y, x y, …" as points."""
    rows = (row.partition(":") for row in table.strip().splitlines())
    return {name.strip(): [_point(pair) for pair in points.split(",")] for name, _, points in rows}


def _point(pair: str) -> Point:
    x, y = pair.split()
    return float(x), float(y)


_BEHIND = _outlines("""
bob: -140 -90, -152 40, -136 120, -60 140, 60 140, 136 120, 152 40, 140 -90, 0 -178
long: -140 -90, -156 60, -176 220, -120 320, 120 320, 176 220, 156 60, 140 -90, 0 -178
""")
_BEFORE = _outlines("""
bob: -122 70, -140 -20, -128 -120, -50 -172, 50 -172, 128 -120, 140 -20, 122 70, 112 -20, 96 -76, 20 -104, -60 -92, -104 -64, -112 0
long: -128 120, -144 -20, -126 -124, -44 -176, 50 -172, 128 -120, 146 -20, 130 120, 114 10, 96 -66, 34 -122, -10 -134, -60 -100, -104 -40, -114 20
bun: -122 -10, -128 -96, -60 -164, 60 -164, 128 -96, 122 -10, 108 -70, 50 -122, -20 -120, -104 -66
short: -120 6, -130 -70, -104 -138, -20 -176, 70 -164, 126 -104, 124 -4, 112 -48, 92 -84, 30 -100, -30 -116, -84 -88, -108 -44
crop: -118 -30, -122 -96, -66 -152, 0 -162, 66 -152, 122 -96, 118 -30, 106 -84, 60 -116, 0 -122, -60 -116, -106 -84
""")  # noqa: E501
_HAT = _outlines("""
crown: -128 -112, -120 -200, -86 -250, 0 -238, 86 -250, 120 -200, 128 -112
dark: -128 -112, -120 -200, -86 -250, -50 -240, -76 -180, -80 -112
brim: -206 -104, -120 -128, 0 -132, 120 -128, 206 -104, 120 -92, 0 -88, -120 -92
band: -129 -146, 129 -146, 130 -112, -130 -112
""")


class Hair(Sitter):
    """One person's hair."""

    def behind(self, c: Canvas, gaze: float) -> None:
        """What lies behind head and shoulders."""
        hair = mix(self.lit(self.look.hair_colour), self.palette.shade, 0.35)
        if self.look.hair in _BEHIND:
            c.blob(_BEHIND[self.look.hair], hair)
        elif self.look.hair == "curly":
            for k in range(15):
                a = math.pi * (0.95 + 1.1 * k / 14)
                c.ellipse(134 * math.cos(a), -24 + 130 * math.sin(a), 46, 46, hair)
            for side in (-1, 1):
                c.ellipse(side * 128, 30, 38, 44, hair)
        elif self.look.hair == "bun":
            c.ellipse(-gaze, -182, 52, 46, hair)
            c.ellipse(0, -50, 132, 128, hair)

    def before(self, c: Canvas) -> None:
        """What frames the face, and the hat."""
        hair = self.lit(self.look.hair_colour)
        if self.look.hair == "curly":
            for k in range(11):
                a = math.pi * (1.04 + 0.92 * k / 10)
                tone = mix(hair, self.palette.rim, 0.05 * (k % 3))
                c.ellipse(106 * math.cos(a), -34 + 104 * math.sin(a), 33, 31, tone)
        else:
            c.blob(_BEFORE[self.look.hair], hair)
            gleam = (*mix(hair, self.palette.rim, 0.5), 0.55)
            c.stroke([(-20, -156), (50, -150), (102, -108)], 8, gleam, taper=0.9)
        if self.look.hat:
            self._hat(c)

    def _hat(self, c: Canvas) -> None:
        felt = self.lit(mix(self.look.coat, (34, 28, 30), 0.6))
        c.blob(_HAT["crown"], felt)
        c.blob(_HAT["dark"], (*mix(felt, self.palette.shade, 0.5), 0.6))
        c.polygon(_HAT["band"], self.lit(self.look.scarf or (156, 48, 54)))
        c.blob(_HAT["brim"], felt)
        edge = (*mix(felt, self.palette.rim, 0.5), 0.7)
        c.stroke([(0, -131), (120, -126), (200, -106)], 4, edge, taper=0.7)
