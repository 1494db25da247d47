"""The close-up: a face whose mouth follows a track of open, wide and round, with eyes that live.

Design: origin at the middle of the face, y down, the face about 270 units high.
"""

from __future__ import annotations

import math

from providers.local.canvas import Canvas, mix, smooth
from providers.local.features import Features, Mouth
from providers.local.hair import Hair
from providers.local.sitter import Sitter


class Face(Sitter):
    """Draws one person's head and shoulders."""

    def draw(
        self, canvas: Canvas, *, x: float, y: float, scale: float, seconds: float, mouth: Mouth, stress: float
    ) -> None:
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
        hair = Hair(look=self.look, palette=self.palette, seed=self.seed)
        features = Features(look=self.look, palette=self.palette, seed=self.seed)
        breath = 2.2 * math.sin(seconds * 1.7)
        nod = 3.0 * stress + 2.4 * math.sin(seconds * 1.13 + 1)
        turn = 0.022 * math.sin(seconds * 0.83) + 0.018 * math.sin(seconds * 1.9 + 2) * (0.3 + stress)
        gaze = 9 * math.sin(seconds * 0.71 + 0.6) + 4 * math.sin(seconds * 1.37)
        with canvas.moved(x, y + breath * 0.5, scale=scale):
            hair.behind(canvas, gaze)
            self._shoulders(canvas, breath)
        with canvas.moved(x + gaze * 0.35 * scale, y + (breath + nod) * scale * 0.6, turn=turn, scale=scale):
            self._head(canvas, mouth, gaze)
            features.eyes(canvas, seconds, gaze, stress)
            features.nose(canvas, gaze)
            features.mouth(canvas, mouth, gaze)
            hair.before(canvas)
            if self.look.helmet:
                self._helmet(canvas)

    def _shoulders(self, c: Canvas, breath: float) -> None:
        coat, skin = self.lit(self.look.coat), self.lit(self.look.shadow)
        dark = mix(coat, self.palette.shade, 0.45)
        lift = breath * 0.8
        c.blob(
            [
                (-320, 760),
                (-300, 420),
                (-262, 250 - lift),
                (-196, 202 - lift),
                (-92, 168 - lift),
                (92, 168 - lift),
                (196, 202 - lift),
                (262, 250 - lift),
                (300, 420),
                (320, 760),
            ],
            coat,
        )
        c.polygon(
            smooth(
                [
                    (-300, 420),
                    (-262, 250 - lift),
                    (-196, 202 - lift),
                    (-110, 172 - lift),
                    (-150, 280),
                    (-160, 420),
                    (-150, 760),
                    (-320, 760),
                ]
            ),
            (*dark, 0.6),
        )
        c.blob([(-60, 84), (60, 84), (66, 150), (84, 186), (0, 236), (-84, 186), (-66, 150)], skin)
        c.blob(
            [(-60, 92), (0, 150), (56, 96), (62, 130), (20, 168), (-40, 160), (-64, 132)],
            (*mix(skin, self.palette.shade, 0.5), 0.55),
        )
        for side in (-1, 1):
            c.polygon(
                [(side * 88, 160 - lift), (side * 12, 262), (side * 70, 330), (side * 150, 200 - lift)],
                mix(coat, self.palette.rim, 0.10 if side > 0 else 0.0),
            )
            c.stroke(
                [(side * 88, 160 - lift), (side * 48, 214), (side * 12, 262)], 3, (*dark, 0.9), curved=False
            )
        if self.look.scarf is not None:
            self._scarf(c, self.lit(self.look.scarf))
        c.stroke(
            [(120, 172 - lift), (196, 200 - lift), (262, 249 - lift), (292, 390)],
            5,
            (*mix(coat, self.palette.rim, 0.55), 0.85),
            taper=0.7,
        )

    def _helmet(self, c: Canvas) -> None:
        """A bubble of glass for places without air."""
        steel = self.lit((206, 212, 222))
        c.ellipse(0, -8, 216, 222, (176, 214, 255, 0.13))
        c.stroke([(-164, -92), (-96, -172), (4, -204)], 17, (255, 255, 255, 0.5), taper=0.9)
        c.stroke([(150, 110), (198, 10), (174, -96)], 9, (*self.palette.rim, 0.5), taper=0.9)
        c.blob(
            [
                (-170, 150),
                (-90, 186),
                (0, 196),
                (90, 186),
                (170, 150),
                (178, 182),
                (96, 222),
                (0, 232),
                (-96, 222),
                (-178, 182),
            ],
            steel,
        )
        c.stroke([(-168, 158), (-60, 196), (60, 196), (168, 158)], 4, (255, 255, 255, 0.5), taper=0.7)

    def _scarf(self, c: Canvas, scarf: tuple[int, int, int]) -> None:
        c.blob(
            [(-96, 132), (0, 160), (96, 132), (112, 176), (60, 214), (0, 222), (-60, 214), (-112, 176)],
            scarf,
        )
        c.stroke(
            [(-98, 150), (-30, 186), (70, 172), (104, 150)],
            7,
            (*mix(scarf, self.palette.shade, 0.45), 0.7),
            taper=0.7,
        )
        c.stroke(
            [(-100, 172), (-20, 208), (80, 194)],
            5,
            (*mix(scarf, self.palette.shade, 0.45), 0.5),
            taper=0.8,
        )
        c.blob(
            [(20, 196), (62, 188), (80, 300), (76, 380), (28, 384), (30, 300)],
            mix(scarf, self.palette.shade, 0.12),
        )

    def _head(self, c: Canvas, mouth: Mouth, gaze: float) -> None:
        skin, shadow = self.lit(self.look.skin), self.lit(self.look.shadow)
        jaw = 134 + mouth[0] * 17
        man = self.look.gender == "man"
        chin = 40 if man else 30
        for side in (-1, 1):
            c.blob(
                [(side * 114, -34), (side * 136, -40), (side * 138, 4), (side * 122, 30), (side * 112, 14)],
                shadow if side < 0 else mix(skin, shadow, 0.35),
            )
        outline = [
            (-114, -100),
            (-121, -20),
            (-108, 62),
            (-74, 108),
            (-chin, jaw),
            (chin, jaw),
            (74, 108),
            (108, 62),
            (121, -20),
            (114, -100),
            (60, -150),
            (-60, -150),
        ]
        c.blob(outline, skin)
        c.blob(
            [
                (-114, -100),
                (-121, -20),
                (-108, 62),
                (-74, 108),
                (-chin, jaw),
                (-4, jaw - 2),
                (-46, 96),
                (-82, 40),
                (-92, -30),
                (-86, -104),
            ],
            (*shadow, 0.55),
        )
        c.stroke(
            [(114, -84), (119, -20), (107, 60), (76, 104)],
            5,
            (*mix(skin, self.palette.rim, 0.6), 0.7),
            taper=0.9,
        )
        for side in (-1, 1):
            for size in (1.0, 0.78, 0.56):
                c.ellipse(
                    side * 74 + gaze * 0.5,
                    34,
                    30 * size,
                    19 * size,
                    (*mix(skin, self.lit((226, 92, 84)), 0.5), 0.16),
                )
        if self.look.beard:
            self._beard(c, jaw, gaze)

    def _beard(self, c: Canvas, jaw: float, gaze: float) -> None:
        hair = self.lit(self.look.hair_colour)
        c.blob(
            [
                (-112, 20),
                (-96, 66),
                (-54, 52),
                (0, 46),
                (54, 52),
                (96, 66),
                (112, 20),
                (106, 84),
                (64, 136),
                (0, jaw + 22),
                (-64, 136),
                (-106, 84),
            ],
            (*hair, 0.95),
        )
        c.ellipse(gaze * 0.6, 78, 52, 24, (*self.lit(self.look.skin), 0.92))
