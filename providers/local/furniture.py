"""Things that stand along the wall of a room. Draws them once; knows nothing of the rest of the place."""

from __future__ import annotations

import math

import numpy as np

from providers.local.backdrop import Stage
from providers.local.canvas import Canvas, Colour, mix, tinted

_SPINES: tuple[Colour, ...] = (
    (164, 70, 62),
    (70, 104, 128),
    (196, 152, 82),
    (86, 116, 84),
    (128, 88, 120),
    (214, 196, 160),
)


class Furniture:
    """Draws furniture on one canvas and remembers where lamps glow."""

    def __init__(self, stage: Stage, canvas: Canvas, base: float, wood: Colour) -> None:
        """Take the floor's line (`base`, design units) and the colour of the woodwork."""
        self._stage, self._c, self._base = stage, canvas, base
        self._p = stage.palette
        self._wood = wood
        self._dim = {"night": 0.4, "dusk": 0.24, "dawn": 0.18, "day": 0.08}[stage.script.time]
        self.lamps: list[tuple[float, float, float]] = []

    def put(self, kind: str, x: float, width: float, rng: np.random.Generator) -> None:
        """Draw a piece of furniture between x and x + width."""
        draw = {
            "window": self._window, "hearth": self._hearth, "clock": self._clock, "sofa": self._sofa,
            "pictures": self._pictures, "books": self._books, "desk": self._desk, "globe": self._globe,
            "stove": self._stove, "plates": self._plates, "table": self._table,
        }[kind]  # fmt: skip
        draw(x, width, rng)

    def _tone(self, colour: Colour) -> Colour:
        warm = tinted(colour, (1.0, 0.88, 0.74), self._p.lamps * 0.7)
        return mix(warm, self._p.shade, self._dim)

    def _lamp(self, x: float, y: float, radius: float) -> None:
        c = self._c
        shade = mix(self._tone((236, 206, 150)), (255, 236, 190), self._p.lamps)
        c.polygon([(x - 16, y - 34), (x + 16, y - 34), (x + 28, y), (x - 28, y)], shade)
        c.rectangle(x - 28, y - 3, 56, 4, mix(shade, self._p.shade, 0.25))
        self.lamps.append((x, y - 8, radius))

    def _window(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base
        frame = self._tone((236, 230, 218))
        left, right, top, low = x + 34, x + width - 34, base - 356, base - 128
        for edge in (left - 9, right - 2):
            c.rectangle(edge, top - 9, 11, low - top + 18, frame)
        for edge in (top - 9, low - 2):
            c.rectangle(left - 9, edge, right - left + 18, 11, frame)
        c.rectangle((left + right) / 2 - 3, top, 6, low - top, frame)
        c.rectangle(left, top + (low - top) * 0.42, right - left, 5, frame)
        c.rectangle(left - 18, low + 7, right - left + 36, 9, mix(frame, self._p.rim, 0.3))
        c.rectangle(left - 18, low + 14, right - left + 36, 4, mix(frame, self._p.shade, 0.4))
        c.polygon(
            [(left + 12, top + 8), (left + 34, top + 8), (left + 8, top + 88), (left + 8, top + 40)],
            (255, 255, 255, 0.13),
        )
        cloth = self._tone(((176, 74, 72), (84, 118, 128), (206, 170, 104))[self._stage.script.seed // 3 % 3])
        for side, edge in ((-1, left - 30), (1, right + 30)):
            inner = edge - side * 58
            waist = edge - side * 24
            c.blob([(edge, top - 22), (inner, top - 22), (inner + side * 4, top + 70), (waist, low - 34),
            (waist - side * 5, low + 40),
                    (edge, low + 42), (edge + side * 3, top + 90)], cloth)  # fmt: skip
            for k in range(1, 4):
                c.stroke([(edge - side * 13 * k, top - 16), (edge - side * 11 * k, top + 80),
                (edge - side * 6 * k, low - 34),
                          (edge - side * 6 * k, low + 38)], 3, (*mix(cloth, self._p.shade, 0.4), 0.6),
                          taper=0.6)  # fmt: skip
            c.rectangle(
                min(edge, waist) - 1, low - 40, abs(edge - waist) + 2, 9, mix(cloth, (240, 206, 130), 0.5)
            )
        c.rectangle(left - 44, top - 32, right - left + 88, 9, mix(self._wood, self._p.shade, 0.3))

    def _hearth(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base
        stone = self._tone((188, 178, 166))
        c.rectangle(x + 20, base - 216, width - 40, 216, stone)
        for row in range(9):
            for k in range(5):
                bx = x + 22 + (k * 58 + (row % 2) * 28) % (width - 92)
                c.rectangle(
                    bx,
                    base - 212 + row * 24,
                    54,
                    21,
                    (*mix(stone, self._p.shade, 0.10 + 0.16 * rng.random()), 0.7),
                )
        c.polygon([(x + 66, base), (x + 66, base - 110), (x + 90, base - 142), (x + width - 90, base - 142),
                   (x + width - 66, base - 110), (x + width - 66, base)], mix((26, 16, 16),
                   self._p.shade, 0.2))  # fmt: skip
        c.rectangle(x + 4, base - 232, width - 8, 18, mix(self._wood, self._p.rim, 0.14))
        c.rectangle(x + 4, base - 216, width - 8, 5, mix(self._wood, self._p.shade, 0.5))
        c.rectangle(x + 50, base - 10, width - 100, 12, mix(stone, self._p.shade, 0.4))
        for k, lift in ((-1, 0), (1, 0), (0, 12)):
            c.limb(
                (x + width / 2 + k * 26 - 24, base - 18 - lift),
                (x + width / 2 + k * 26 + 24, base - 20 - lift),
                9,
                9,
                (72, 46, 36),
            )
        for along, tall in ((30, 30), (70, 46), (width - 90, 24), (width - 52, 38)):
            c.limb(
                (x + along, base - 234),
                (x + along, base - 234 - tall),
                7,
                5,
                self._tone(_SPINES[int(rng.integers(0, 6))]),
            )
        self._frame(x + width / 2 - 52, base - 352, 104, 84, rng)

    def _frame(self, x: float, y: float, wide: float, tall: float, rng: np.random.Generator) -> None:
        c = self._c
        c.rectangle(x + 4, y + 5, wide, tall, (*self._p.shade, 0.35))
        c.rectangle(x, y, wide, tall, self._tone((206, 164, 92)))
        c.rectangle(x + 7, y + 7, wide - 14, tall - 14, self._tone((236, 226, 204)))
        sky, land = (
            self._tone(((150, 190, 214), (236, 186, 140), (178, 160, 200))[int(rng.integers(0, 3))]),
            self._tone((92, 124, 96)),
        )
        c.rectangle(x + 13, y + 13, wide - 26, tall - 26, sky)
        c.polygon([(x + 13, y + tall - 13), (x + 13, y + tall * 0.62), (x + wide * 0.4, y + tall * 0.46),
                   (x + wide * 0.66, y + tall * 0.66), (x + wide - 13, y + tall * 0.52),
                   (x + wide - 13, y + tall - 13)], land)  # fmt: skip
        c.ellipse(x + wide * 0.7, y + tall * 0.34, 6, 6, self._tone((250, 226, 170)))

    def _clock(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base, mid = self._c, self._base, x + width / 2
        wood = mix(self._wood, (96, 56, 38), 0.5)
        c.rectangle(mid - 40, base - 330, 80, 330, wood)
        c.polygon(
            [(mid - 46, base - 328), (mid, base - 372), (mid + 46, base - 328)], mix(wood, self._p.rim, 0.12)
        )
        c.rectangle(mid - 46, base - 22, 92, 22, mix(wood, self._p.shade, 0.3))
        c.rectangle(mid - 26, base - 208, 52, 160, mix((30, 20, 22), wood, 0.2))
        c.ellipse(mid, base - 272, 33, 33, self._tone((214, 174, 100)))
        c.ellipse(mid, base - 272, 28, 28, self._tone((246, 240, 224)))
        for k in range(12):
            a = k * math.pi / 6
            c.ellipse(mid + 23 * math.sin(a), base - 272 - 23 * math.cos(a), 1.8, 1.8, (50, 40, 40))
        for turn, reach, half in ((1.1, 14, 2.2), (4.3, 20, 1.6)):
            c.limb(
                (mid, base - 272),
                (mid + math.sin(turn) * reach, base - 272 - math.cos(turn) * reach),
                half,
                half * 0.7,
                (40, 32, 34),
            )

    def _sofa(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base + 14
        cloth = self._tone(((94, 120, 110), (150, 84, 76), (84, 98, 138))[self._stage.script.seed // 3 % 3])
        c.blob([(x + 30, base - 20), (x + 30, base - 128), (x + 90, base - 146),
        (x + width - 130, base - 146),
                (x + width - 70, base - 128), (x + width - 70, base - 20)], mix(cloth, self._p.shade,
                0.16))  # fmt: skip
        for k in range(2):
            left = x + 44 + k * (width - 140) / 2
            c.blob(
                [
                    (left, base - 24),
                    (left, base - 74),
                    (left + (width - 150) / 2, base - 74),
                    (left + (width - 150) / 2, base - 24),
                ],
                cloth,
            )
        for left in (x + 14, x + width - 92):
            c.blob(
                [
                    (left, base - 8),
                    (left, base - 98),
                    (left + 22, base - 106),
                    (left + 42, base - 96),
                    (left + 42, base - 8),
                ],
                mix(cloth, self._p.rim, 0.12),
            )
        c.rectangle(x + 26, base - 8, 10, 12, (60, 40, 32))
        c.rectangle(x + width - 76, base - 8, 10, 12, (60, 40, 32))
        pillow = self._tone((226, 178, 90))
        c.polygon(
            [(x + 70, base - 72), (x + 82, base - 116), (x + 126, base - 108), (x + 116, base - 68)], pillow
        )
        c.limb((x + width - 22, base), (x + width - 22, base - 216), 3, 3, (70, 54, 46))
        c.ellipse(x + width - 22, base, 20, 5, (70, 54, 46))
        self._lamp(x + width - 22, base - 206, 150)
        self._frame(x + 60, base - 330, 130, 96, rng)

    def _pictures(self, x: float, width: float, rng: np.random.Generator) -> None:
        base = self._base
        for k, (dx, dy, w, h) in enumerate(((0, -330, 92, 120), (106, -338, 108, 80), (106, -246, 108, 70))):
            self._frame(x + dx, base + dy + 4 * k, w, h, rng)
        self._plant(x + 46, rng)

    def _plant(self, x: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base + 16
        green = self._tone((74, 132, 88))
        for k in range(11):
            a = -math.pi / 2 + (k - 5) * 0.26 + float(rng.normal(0, 0.06))
            reach = 96 + 34 * rng.random()
            tip = (x + math.cos(a) * reach, base - 62 + math.sin(a) * reach)
            mid = (x + math.cos(a) * reach * 0.4, base - 62 + math.sin(a) * reach * 0.62)
            c.stroke(
                [(x, base - 56), mid, tip],
                17,
                mix(green, self._p.rim if k % 2 else self._p.shade, 0.15),
                taper=0.85,
            )
        c.polygon(
            [(x - 30, base - 62), (x + 30, base - 62), (x + 22, base), (x - 22, base)],
            self._tone((196, 118, 84)),
        )
        c.rectangle(x - 33, base - 66, 66, 12, self._tone((214, 138, 100)))

    def _books(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base
        wood = mix(self._wood, (120, 78, 52), 0.4)
        c.rectangle(x, base - 372, width, 372, wood)
        for row in range(5):
            y = base - 358 + row * 71
            c.rectangle(x + 10, y, width - 20, 60, mix(wood, self._p.shade, 0.55))
            at = x + 13.0
            while at < x + width - 24:
                thick, tall = float(rng.uniform(8, 17)), float(rng.uniform(36, 55))
                if rng.random() < 0.1:
                    at += thick * 1.6
                    continue
                spine = self._tone(_SPINES[int(rng.integers(0, 6))])
                c.rectangle(at, y + 60 - tall, thick - 1, tall, spine)
                c.rectangle(at, y + 60 - tall + 7, thick - 1, 3, mix(spine, (240, 214, 150), 0.5))
                at += thick
        c.rectangle(x - 5, base - 380, width + 10, 11, mix(wood, self._p.rim, 0.18))

    def _desk(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base + 14
        wood = mix(self._wood, (128, 80, 52), 0.5)
        self._frame(x + 20, base - 346, 120, 90, rng)
        c.rectangle(x, base - 112, width, 13, mix(wood, self._p.rim, 0.2))
        c.rectangle(x + 10, base - 100, 74, 100, wood)
        c.rectangle(x + width - 84, base - 100, 74, 100, wood)
        for k in range(3):
            for left in (x + 16, x + width - 78):
                c.rectangle(left, base - 94 + 31 * k, 62, 26, mix(wood, self._p.shade, 0.2))
                c.ellipse(left + 31, base - 81 + 31 * k, 4, 3, self._tone((222, 186, 104)))
        for k in range(4):
            c.rectangle(x + 34 + 2 * (k % 2), base - 122 - 10 * k, 62, 9, self._tone(_SPINES[(k * 2) % 6]))
        c.rectangle(x + 120, base - 116, 56, 4, self._tone((240, 234, 220)))
        c.limb((x + width - 56, base - 112), (x + width - 56, base - 150), 3, 3, self._tone((206, 170, 92)))
        self._lamp(x + width - 56, base - 144, 130)

    def _globe(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base, mid = self._c, self._base + 12, x + width / 2
        brass = self._tone((200, 158, 86))
        for side in (-1, 1):
            c.limb((mid, base - 70), (mid + side * 34, base), 4, 4, self._wood)
        c.ellipse(mid, base - 116, 54, 54, brass)
        c.ellipse(mid, base - 116, 48, 48, self._tone((104, 158, 178)))
        for dx, dy, r in ((-16, -14, 18), (12, 6, 20), (-8, 24, 10), (24, -22, 9)):
            c.blob([(mid + dx - r, base - 116 + dy), (mid + dx, base - 116 + dy - r * 0.7),
            (mid + dx + r * 0.8, base - 116 + dy),
                    (mid + dx, base - 116 + dy + r * 0.8)], self._tone((172, 168, 104)))  # fmt: skip
        c.ellipse(mid - 16, base - 134, 12, 9, (255, 255, 255, 0.22))

    def _stove(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base + 10
        front = self._tone((232, 226, 214))
        c.rectangle(x, base - 116, width, 116, front)
        c.rectangle(x - 5, base - 124, width + 10, 11, self._tone((110, 84, 70)))
        for k in range(4):
            left = x + 8 + k * (width - 8) / 4
            if k == 1:
                c.rectangle(left, base - 106, (width - 40) / 4, 100, self._tone((64, 66, 76)))
                c.rectangle(
                    left + 10, base - 78, (width - 40) / 4 - 20, 48, mix((40, 26, 24), (255, 150, 60), 0.6)
                )
                c.rectangle(left + 8, base - 88, (width - 40) / 4 - 16, 4, self._tone((210, 210, 214)))
            else:
                c.rectangle(left, base - 106, (width - 40) / 4, 100, mix(front, self._p.shade, 0.08))
                c.ellipse(left + 12, base - 58, 4, 4, self._tone((150, 120, 84)))
        pot = self._tone((182, 84, 70))
        c.blob(
            [(x + 116, base - 124), (x + 112, base - 160), (x + 186, base - 160), (x + 182, base - 124)], pot
        )
        c.ellipse(x + 149, base - 162, 40, 6, mix(pot, self._p.rim, 0.3))
        c.ellipse(x + 149, base - 170, 6, 5, mix(pot, self._p.shade, 0.3))
        c.rectangle(x + 6, base - 270, width - 12, 8, self._tone((128, 92, 66)))
        for k in range(6):
            left = x + 24 + k * (width - 60) / 6
            jar = self._tone(_SPINES[int(rng.integers(0, 6))])
            c.blob(
                [
                    (left, base - 271),
                    (left - 2, base - 306),
                    (left + 34, base - 306),
                    (left + 32, base - 271),
                ],
                jar,
            )
            c.rectangle(left + 4, base - 318, 24, 9, mix(jar, self._p.shade, 0.35))
        for k in range(3):
            px = x + 236 + 46 * k
            c.limb((px, base - 262), (px, base - 240), 1.6, 1.6, (60, 50, 48))
            c.ellipse(px, base - 222, 17, 19, self._tone((196, 112, 70)))
            c.ellipse(px - 5, base - 227, 5, 7, (255, 230, 200, 0.3))
        self._pendant(x + width * 0.5)

    def _pendant(self, x: float) -> None:
        self._c.limb((x, 28), (x, 120), 1.6, 1.6, (60, 50, 48))
        self._lamp(x, 150, 170)

    def _plates(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base + 8
        wood = self._tone((146, 160, 156))
        c.rectangle(x, base - 340, width, 340, wood)
        c.rectangle(x - 5, base - 350, width + 10, 12, mix(wood, self._p.rim, 0.3))
        for row in range(3):
            y = base - 330 + row * 70
            c.rectangle(x + 10, y, width - 20, 60, mix(wood, self._p.shade, 0.38))
            for k in range(4):
                px = x + 40 + k * (width - 80) / 3
                c.ellipse(px, y + 34, 23, 23, self._tone((238, 236, 230)))
                c.ellipse(px, y + 34, 15, 15, self._tone(((120, 156, 186), (206, 130, 110))[(k + row) % 2]))
        for k in range(2):
            c.rectangle(
                x + 10 + k * (width - 20) / 2,
                base - 112,
                (width - 30) / 2,
                104,
                mix(wood, self._p.shade, 0.12),
            )
            c.ellipse(x + width / 2 - 12 + 24 * k, base - 60, 4, 4, self._tone((120, 90, 62)))

    def _table(self, x: float, width: float, rng: np.random.Generator) -> None:
        c, base = self._c, self._base + 18
        wood = self._tone((170, 116, 76))
        for left in (x + 34, x + width - 48):
            c.rectangle(left, base - 92, 14, 92, mix(wood, self._p.shade, 0.3))
        c.rectangle(x + 14, base - 104, width - 28, 14, wood)
        c.rectangle(x + 14, base - 104, width - 28, 4, mix(wood, self._p.rim, 0.4))
        c.blob(
            [(x + 120, base - 106), (x + 104, base - 128), (x + 206, base - 128), (x + 190, base - 106)],
            self._tone((226, 222, 212)),
        )
        for k in range(5):
            c.ellipse(
                x + 120 + 17 * k,
                base - 132 - 5 * (k % 2),
                12,
                12,
                self._tone(((206, 74, 58), (226, 168, 62), (138, 170, 74))[k % 3]),
            )
        vase = self._tone((96, 128, 156))
        c.blob(
            [
                (x + 238, base - 104),
                (x + 230, base - 130),
                (x + 242, base - 156),
                (x + 258, base - 156),
                (x + 270, base - 130),
                (x + 262, base - 104),
            ],
            vase,
        )
        for k in range(6):
            a = -math.pi / 2 + (k - 2.5) * 0.3
            tip = (x + 250 + math.cos(a) * 54, base - 152 + math.sin(a) * 58)
            c.limb((x + 250, base - 152), tip, 1.6, 1.4, self._tone((84, 128, 84)))
            c.ellipse(*tip, 9, 8, self._tone(((226, 120, 130), (240, 196, 96), (236, 232, 226))[k % 3]))
        self._pendant(x + width / 2)
