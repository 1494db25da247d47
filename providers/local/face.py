"""The close-up: a face whose mouth follows a track of open, wide and round, with eyes that live.

Design: origin at the middle of the face, y down, the face about 270 units high.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from providers.local.canvas import Canvas, Colour, Point, mix, smooth, tinted
from providers.local.looks import Look
from providers.local.palette import Palette

Mouth = tuple[float, float, float]  # open, wide, round; each 0–1


def mouth_outline(mouth: Mouth) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outer lip line and the opening inside, around (0, 0)."""
    opened, wide, rounded = mouth
    half = 31 + 15 * wide - 15 * rounded
    gap = 1.2 + 27 * opened * (1 + 0.25 * rounded)
    upper, lower = 7.5 + 3.5 * rounded, 9.5 + 4 * rounded
    smile = 3.5 * wide * (1 - opened)
    inner = [
        (-half, -smile), (-half * 0.55, -gap * 0.62), (0, -gap * 0.55), (half * 0.55, -gap * 0.62), (half, -smile),
        (half * 0.6, gap * 0.85), (0, gap * 1.08), (-half * 0.6, gap * 0.85),
    ]  # fmt: skip
    outer = [
        (-half - 6, -smile), (-half * 0.5, -gap * 0.62 - upper), (-5, -gap * 0.55 - upper * 1.05),
        (0, -gap * 0.55 - upper * 0.72), (5, -gap * 0.55 - upper * 1.05), (half * 0.5, -gap * 0.62 - upper),
        (half + 6, -smile), (half * 0.58, gap * 0.85 + lower * 0.95), (0, gap * 1.08 + lower * 1.15),
        (-half * 0.58, gap * 0.85 + lower * 0.95),
    ]  # fmt: skip
    return smooth(outer), smooth(inner)


def blink_at(seconds: float, seed: int) -> float:
    """How far the lids are open, 0–1."""
    beat = 2.6 + (seed % 7) * 0.17
    turn = (seconds + (seed % 11) * 0.2) % beat
    if turn > 0.22:
        return 1.0
    return abs(turn - 0.11) / 0.11


@dataclass(frozen=True, kw_only=True)
class Face:
    """Draws one person's head and shoulders."""

    look: Look
    palette: Palette
    seed: int

    def draw(self, canvas: Canvas, *, x: float, y: float, scale: float, seconds: float, mouth: Mouth, stress: float) -> None:
        """Draw with the face's middle at (x, y).

        Args:
            canvas: where.
            x: design units.
            y: design units.
            scale: 1 = a face 270 units high.
            seconds: the moment, for breath, blinks and small turns of the head.
            mouth: its shape now.
            stress: how loud the voice is now, 0–1; moves brows and head.
        """
        breath = 2.2 * math.sin(seconds * 1.7)
        nod = 3.0 * stress + 2.4 * math.sin(seconds * 1.13 + 1)
        turn = 0.022 * math.sin(seconds * 0.83) + 0.018 * math.sin(seconds * 1.9 + 2) * (0.3 + stress)
        gaze = 9 * math.sin(seconds * 0.71 + 0.6) + 4 * math.sin(seconds * 1.37)
        with canvas.moved(x, y + breath * 0.5, scale=scale):
            self._back_hair(canvas, gaze)
            self._shoulders(canvas, breath)
        with canvas.moved(x + gaze * 0.35 * scale, y + (breath + nod) * scale * 0.6, turn=turn, scale=scale):
            self._head(canvas, mouth, gaze)
            self._eyes(canvas, seconds, gaze, stress)
            self._nose(canvas, gaze)
            self._mouth(canvas, mouth, gaze)
            self._hair(canvas, gaze)

    def _lit(self, colour: Colour) -> tuple[int, int, int]:
        return mix(tinted(colour, self.palette.tint), self.palette.shade, 0.06 + 0.22 * (1 - self.palette.tint[0]))

    def _shoulders(self, c: Canvas, breath: float) -> None:
        coat, skin = self._lit(self.look.coat), self._lit(self.look.shadow)
        dark = mix(coat, self.palette.shade, 0.45)
        lift = breath * 0.8
        c.blob([(-300, 420), (-262, 250 - lift), (-196, 202 - lift), (-92, 168 - lift), (92, 168 - lift), (196, 202 - lift), (262, 250 - lift), (300, 420)], coat)
        c.polygon(smooth([(-300, 420), (-262, 250 - lift), (-196, 202 - lift), (-110, 172 - lift), (-150, 280), (-160, 420)]), (*dark, 0.6))
        c.blob([(-60, 84), (60, 84), (66, 150), (84, 186), (0, 236), (-84, 186), (-66, 150)], skin)
        c.blob([(-60, 92), (0, 150), (56, 96), (62, 130), (20, 168), (-40, 160), (-64, 132)], (*mix(skin, self.palette.shade, 0.5), 0.55))
        for side in (-1, 1):
            c.polygon([(side * 88, 160 - lift), (side * 12, 262), (side * 70, 330), (side * 150, 200 - lift)], mix(coat, self.palette.rim, 0.10 if side > 0 else 0.0))
            c.stroke([(side * 88, 160 - lift), (side * 48, 214), (side * 12, 262)], 3, (*dark, 0.9), curved=False)
        if self.look.scarf is not None:
            scarf = self._lit(self.look.scarf)
            c.blob([(-96, 132), (0, 160), (96, 132), (112, 176), (60, 214), (0, 222), (-60, 214), (-112, 176)], scarf)
            c.stroke([(-98, 150), (-30, 186), (70, 172), (104, 150)], 7, (*mix(scarf, self.palette.shade, 0.45), 0.7), taper=0.7)
            c.stroke([(-100, 172), (-20, 208), (80, 194)], 5, (*mix(scarf, self.palette.shade, 0.45), 0.5), taper=0.8)
            c.blob([(20, 196), (62, 188), (80, 300), (76, 380), (28, 384), (30, 300)], mix(scarf, self.palette.shade, 0.12))
        c.stroke([(120, 172 - lift), (196, 200 - lift), (262, 249 - lift), (292, 390)], 5, (*mix(coat, self.palette.rim, 0.55), 0.85), taper=0.7)

    def _back_hair(self, c: Canvas, gaze: float) -> None:
        hair = mix(self._lit(self.look.hair_colour), self.palette.shade, 0.35)
        if self.look.hair == "bob":
            c.blob([(-140, -90), (-152, 40), (-136, 120), (-60, 140), (60, 140), (136, 120), (152, 40), (140, -90), (0, -178)], hair)
        elif self.look.hair == "long":
            c.blob([(-140, -90), (-156, 60), (-176, 220), (-120, 320), (120, 320), (176, 220), (156, 60), (140, -90), (0, -178)], hair)
        elif self.look.hair == "curly":
            for k in range(15):
                a = math.pi * (0.95 + 1.1 * k / 14)
                c.ellipse(134 * math.cos(a), -24 + 130 * math.sin(a), 46, 46, hair)
            for side in (-1, 1):
                c.ellipse(side * 128, 30, 38, 44, hair)
        elif self.look.hair == "bun":
            c.ellipse(-gaze, -182, 52, 46, hair)
            c.ellipse(0, -50, 132, 128, hair)

    def _head(self, c: Canvas, mouth: Mouth, gaze: float) -> None:
        skin, shadow = self._lit(self.look.skin), self._lit(self.look.shadow)
        jaw = 134 + mouth[0] * 17
        man = self.look.gender == "man"
        chin = 40 if man else 30
        for side in (-1, 1):
            c.blob([(side * 114, -34), (side * 136, -40), (side * 138, 4), (side * 122, 30), (side * 112, 14)], shadow if side < 0 else mix(skin, shadow, 0.35))
        outline = [(-114, -100), (-121, -20), (-108, 62), (-74, 108), (-chin, jaw), (chin, jaw), (74, 108), (108, 62), (121, -20), (114, -100), (60, -150), (-60, -150)]
        c.blob(outline, skin)
        c.blob([(-114, -100), (-121, -20), (-108, 62), (-74, 108), (-chin, jaw), (-4, jaw - 2), (-46, 96), (-82, 40), (-92, -30), (-86, -104)], (*shadow, 0.55))
        c.stroke([(114, -84), (119, -20), (107, 60), (76, 104)], 5, (*mix(skin, self.palette.rim, 0.6), 0.7), taper=0.9)
        for side in (-1, 1):
            c.ellipse(side * 72 + gaze * 0.5, 34, 27, 17, (*self._lit((232, 118, 104)), 0.22))
        if self.look.beard:
            hair = self._lit(self.look.hair_colour)
            c.blob([(-112, 20), (-96, 66), (-54, 52), (0, 46), (54, 52), (96, 66), (112, 20), (106, 84), (64, 136), (0, jaw + 22), (-64, 136), (-106, 84)], (*hair, 0.95))
            c.ellipse(gaze * 0.6, 78, 52, 24, (*self._lit(self.look.skin), 0.92))

    def _eyes(self, c: Canvas, seconds: float, gaze: float, stress: float) -> None:
        lid = blink_at(seconds, self.seed)
        skin, shadow, hair = self._lit(self.look.skin), self._lit(self.look.shadow), self._lit(self.look.hair_colour)
        white = mix(self._lit((250, 248, 244)), skin, 0.06)
        for side in (-1, 1):
            ex = side * 48 + gaze * 0.55
            c.ellipse(ex, -24, 31, 22, (*shadow, 0.35))
            if lid < 0.25:
                c.stroke([(ex - 25, -24), (ex, -17), (ex + 25, -24)], 4, mix(hair, (20, 14, 14), 0.4), taper=0.5)
            else:
                high, low = 16 * lid, 11.5
                almond = smooth([(ex - 26, -22), (ex - 12, -24 - high * 0.8), (ex + 6, -25 - high * 0.85), (ex + 26, -25), (ex + 12, -24 + low * 0.8), (ex - 12, -24 + low * 0.85)])
                c.polygon(almond, white)
                look = gaze * 0.5
                iris = min(11.5, high * 0.5 + 6)
                c.ellipse(ex + look, -25, 12, iris, mix(self._lit(self.look.eyes), (0, 0, 0), 0.25))
                c.ellipse(ex + look, -23, 9.5, iris * 0.78, self._lit(self.look.eyes))
                c.ellipse(ex + look, -25, 5.6, min(5.6, iris), (14, 12, 14))
                c.ellipse(ex + look + 4, -30, 3.2, 3.2, (255, 255, 255, 0.95))
                c.ellipse(ex + look - 4, -20, 1.7, 1.7, (255, 255, 255, 0.6))
                brow = [(ex - 28, -20), (ex - 12, -26 - high * 0.82), (ex + 6, -27 - high * 0.87), (ex + 28, -26)]
                c.stroke(brow if side > 0 else _mirrored(brow, ex), 5, mix(hair, (20, 14, 14), 0.5), taper=0.4)
                if self.look.gender == "woman":
                    c.stroke([(ex + side * 24, -27), (ex + side * 32, -35)], 3.5, mix(hair, (20, 14, 14), 0.5), taper=0.6)
            up = 7 * stress + 1.5 * math.sin(seconds * 0.9)
            arch = [(ex - side * 24, -56 - up * 0.7), (ex + side * 6, -66 - up), (ex + side * 32, -55 - up * 0.6)]
            c.stroke(arch, 8.5 if self.look.gender == "man" else 6.5, hair, taper=0.55)

    def _nose(self, c: Canvas, gaze: float) -> None:
        shadow = self._lit(self.look.shadow)
        x = gaze * 0.8
        c.blob([(x - 9, -18), (x - 17, 26), (x - 4, 34), (x + 3, 20), (x - 2, -10)], (*shadow, 0.55))
        c.stroke([(x - 17, 28), (x - 8, 36), (x + 2, 38), (x + 11, 35), (x + 16, 28)], 3.4, mix(shadow, self.palette.shade, 0.25), taper=0.6)
        c.ellipse(x + 4, 18, 5, 8, (*mix(self._lit(self.look.skin), self.palette.rim, 0.5), 0.4))

    def _mouth(self, c: Canvas, mouth: Mouth, gaze: float) -> None:
        opened = mouth[0]
        red = (188, 84, 82) if self.look.gender == "woman" else (172, 96, 86)
        lip = self._lit(mix(red, self.look.shadow, 0.25))
        outer, inner = mouth_outline(mouth)
        with c.moved(gaze * 0.65, 80 + opened * 7):
            c.ellipse(0, 30 + opened * 27, 24, 7, (*self._lit(self.look.shadow), 0.35))
            c.polygon(outer, lip)
            c.polygon(inner, (48, 16, 20))
            if opened > 0.1:
                self._teeth_and_tongue(c, inner, opened)
            half = float(outer[:, 0].max())
            c.stroke([(-half * 0.4, outer[:, 1].max() - 6), (0, outer[:, 1].max() - 4.5), (half * 0.4, outer[:, 1].max() - 6)], 3.2, (*mix(lip, self.palette.rim, 0.45), 0.6), taper=0.8)

    def _teeth_and_tongue(self, c: Canvas, inner: NDArray[np.float64], opened: float) -> None:
        """Cut to the opening: the upper edge gives the teeth, the lower one the tongue."""
        middle = np.median(inner[:, 0])
        top, low = float(inner[:, 1].min()), float(inner[:, 1].max())
        upper = inner[inner[:, 1] < top + (low - top) * 0.34]
        upper = upper[np.argsort(upper[:, 0])]
        if len(upper) > 3:
            depth = min(11.0, (low - top) * 0.34)
            lower_edge = np.stack([upper[::-1, 0] * 0.94, np.full(len(upper), top + depth)], axis=1)
            c.polygon(np.concatenate([upper, lower_edge]), self._lit((246, 242, 234)))
        bottom = inner[inner[:, 1] > low - (low - top) * 0.3]
        bottom = bottom[np.argsort(bottom[:, 0])]
        if opened > 0.3 and len(bottom) > 3:
            crown = [(float(bottom[-1, 0]), float(bottom[-1, 1])), (middle, low - (low - top) * 0.42), (float(bottom[0, 0]), float(bottom[0, 1]))]
            c.polygon(np.concatenate([bottom, smooth(crown, closed=False)]), self._lit((196, 92, 96)))

    def _hair(self, c: Canvas, gaze: float) -> None:
        hair = self._lit(self.look.hair_colour)
        gleam = (*mix(hair, self.palette.rim, 0.5), 0.55)
        kind = self.look.hair
        if kind == "bob":
            c.blob([(-122, 70), (-140, -20), (-128, -120), (-50, -172), (50, -172), (128, -120), (140, -20), (122, 70), (112, -20), (96, -76), (20, -104), (-60, -92), (-104, -64), (-112, 0)], hair)
        elif kind == "long":
            c.blob([(-128, 120), (-144, -20), (-126, -124), (-44, -176), (50, -172), (128, -120), (146, -20), (130, 120), (114, 10), (96, -66), (34, -122), (-10, -134), (-60, -100), (-104, -40), (-114, 20)], hair)
        elif kind == "bun":
            c.blob([(-122, -10), (-128, -96), (-60, -164), (60, -164), (128, -96), (122, -10), (108, -70), (50, -122), (-20, -120), (-104, -66)], hair)
        elif kind == "curly":
            for k in range(11):
                a = math.pi * (1.04 + 0.92 * k / 10)
                c.ellipse(106 * math.cos(a), -34 + 104 * math.sin(a), 33, 31, mix(hair, self.palette.rim, 0.05 * (k % 3)))
        elif kind == "short":
            c.blob([(-120, 6), (-130, -70), (-104, -138), (-20, -176), (70, -164), (126, -104), (124, -4), (112, -48), (92, -84), (30, -100), (-30, -116), (-84, -88), (-108, -44)], hair)
        else:
            c.blob([(-118, -30), (-122, -96), (-66, -152), (0, -162), (66, -152), (122, -96), (118, -30), (106, -84), (60, -116), (0, -122), (-60, -116), (-106, -84)], hair)
        if kind != "curly":
            c.stroke([(-20, -156), (50, -150), (102, -108)], 8, gleam, taper=0.9)
        if self.look.hat:
            self._hat(c)

    def _hat(self, c: Canvas) -> None:
        felt = self._lit(mix(self.look.coat, (34, 28, 30), 0.6))
        c.blob([(-128, -112), (-120, -200), (-86, -250), (0, -238), (86, -250), (120, -200), (128, -112)], felt)
        c.blob([(-128, -112), (-120, -200), (-86, -250), (-50, -240), (-76, -180), (-80, -112)], (*mix(felt, self.palette.shade, 0.5), 0.6))
        c.polygon([(-129, -146), (129, -146), (130, -112), (-130, -112)], self._lit(self.look.scarf or (156, 48, 54)))
        c.blob([(-206, -104), (-120, -128), (0, -132), (120, -128), (206, -104), (120, -92), (0, -88), (-120, -92)], felt)
        c.stroke([(0, -131), (120, -126), (200, -106)], 4, (*mix(felt, self.palette.rim, 0.5), 0.7), taper=0.7)


def _mirrored(points: list[Point], x: float) -> list[Point]:
    return [(2 * x - px, py) for px, py in points[::-1]]
