"""Car, train and boat: wheels that turn with the way, lights, smoke, carriages that jolt. Draws only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from providers.local.acts import AXLES, BOGIES, CARRIAGE
from providers.local.canvas import Canvas, Colour, Point, mix, tinted
from providers.local.palette import Palette

WHEEL = 27.0  # radius of a car's wheel
_PAINTS: tuple[Colour, ...] = (
    (206, 66, 60),
    (64, 122, 178),
    (240, 182, 66),
    (84, 142, 112),
    (226, 222, 212),
    (118, 82, 140),
)
_BODIES: tuple[tuple[tuple[Point, ...], tuple[Point, ...]], ...] = (
    (
        ((-92, -62), (-66, -104), (34, -106), (72, -64)),
        ((-60, -66), (-52, -96), (28, -98), (54, -66)),
    ),  # saloon
    (
        ((-122, -60), (-112, -112), (14, -114), (62, -62)),
        ((-104, -66), (-98, -104), (8, -106), (42, -66)),
    ),  # estate
    (
        ((-100, -58), (-72, -110), (-20, -124), (40, -110), (78, -58)),
        ((-72, -66), (-54, -104), (24, -106), (56, -66)),
    ),  # bubble
)


@dataclass(frozen=True, kw_only=True)
class Paint:
    """Colours of a machine in its light; `lamps` says how much its lights are on."""

    body: Colour
    shade: Colour
    rim: Colour
    glass: Colour
    lamps: float
    kind: int


def paint_of(seed: int, palette: Palette) -> Paint:
    """The look of a car, a train or a boat by seed."""
    body = mix(
        tinted(_PAINTS[seed % len(_PAINTS)], palette.tint, 0.75),
        palette.shade,
        0.04 + 0.3 * (1 - palette.tint[0]),
    )
    glass = mix(mix(palette.middle, palette.low, 0.5), palette.shade, 0.3)
    return Paint(
        body=body, shade=palette.shade, rim=palette.rim, glass=glass, lamps=palette.lamps, kind=seed // 2 % 3
    )


def _wheel(c: Canvas, x: float, y: float, radius: float, turn: float, paint: Paint) -> None:
    """A wheel turned by `turn` radians, with spokes that show it."""
    tyre = mix((34, 32, 38), paint.shade, 0.3)
    c.ellipse(x, y, radius, radius, tyre)
    c.ellipse(x, y, radius * 0.66, radius * 0.66, mix((178, 180, 188), paint.shade, 0.25))
    for k in range(5):
        a = turn + k * math.tau / 5
        c.limb(
            (x, y),
            (x + math.cos(a) * radius * 0.62, y + math.sin(a) * radius * 0.62),
            2.6,
            4.0,
            mix((74, 74, 84), paint.shade, 0.3),
        )
    c.ellipse(x, y, radius * 0.17, radius * 0.17, (226, 226, 230))


def draw_car(
    c: Canvas, paint: Paint, *, x: float, ground: float, seconds: float, way: float, scale: float = 1.0
) -> None:
    """A car that drives to the right; `way` in units of the drawing turns the wheels."""
    bounce = 1.3 * math.sin(seconds * 7.3) + 0.8 * math.sin(seconds * 12.1)
    with c.moved(x, ground, scale=scale):
        beam = 0.13 * max(0.0, paint.lamps - 0.2)
        for reach, wide in ((430.0, 58.0), (330.0, 40.0), (210.0, 22.0)):
            c.polygon(
                [(146, -52), (146 + reach, -44 - wide), (146 + reach, 6), (146, -36)], (255, 240, 190, beam)
            )
        with c.moved(0, bounce):
            _car_body(c, paint)
        for place in (-88, 90):
            _wheel(c, place, -WHEEL, WHEEL, way / WHEEL, paint)


def _car_body(c: Canvas, paint: Paint) -> None:
    roof, window = _BODIES[paint.kind]
    body, dark = paint.body, mix(paint.body, paint.shade, 0.45)
    c.polygon([(-140, -26), (144, -26), (140, -16), (-136, -16)], mix((28, 28, 34), paint.shade, 0.4))
    c.blob(list(roof), mix(body, paint.rim, 0.08))
    c.blob(list(window), paint.glass)
    c.ellipse(18, -78, 11, 12, (*mix(paint.glass, (20, 18, 26), 0.7), 0.95))  # the driver
    c.blob([(0, -66), (6, -72), (30, -72), (36, -66)], (*mix(paint.glass, (20, 18, 26), 0.7), 0.95))
    c.polygon(
        [
            (window[1][0] + 12, window[1][1] + 6),
            (window[1][0] + 30, window[1][1] + 5),
            (window[0][0] + 22, -68),
            (window[0][0] + 6, -68),
        ],
        (255, 255, 255, 0.18),
    )
    c.limb((-14, -66), (-16, roof[1][1] + 6), 3.2, 3.2, mix(body, paint.rim, 0.08))
    c.blob(
        [
            (-150, -30),
            (-150, -52),
            (-132, -66),
            (-40, -68),
            (70, -68),
            (132, -60),
            (152, -46),
            (152, -28),
            (120, -22),
            (-130, -22),
        ],
        body,
    )
    c.blob(
        [(-150, -30), (-148, -40), (0, -42), (152, -38), (152, -28), (120, -22), (-130, -22)],
        (*dark, 0.6),
    )
    c.stroke(
        [(-132, -64), (-30, -66), (66, -66), (130, -58)],
        2.6,
        (*mix(body, paint.rim, 0.6), 0.85),
        taper=0.5,
    )
    c.stroke([(-14, -64), (-12, -30)], 1.6, (*dark, 0.9), curved=False)
    c.limb((-4, -54), (10, -54), 2, 2, mix(body, (240, 240, 244), 0.5))
    for place in (-88, 90):
        c.ellipse(place, -24, WHEEL + 7, WHEEL + 6, mix((26, 24, 30), paint.shade, 0.3))
    lit = mix((232, 228, 214), (255, 244, 200), paint.lamps)
    c.ellipse(144, -46, 9, 9, lit)
    c.ellipse(-148, -48, 5, 9, mix((150, 40, 44), (255, 74, 66), paint.lamps))
    if paint.lamps > 0.3:
        for r, alpha in ((46, 0.10), (28, 0.18), (15, 0.3)):
            c.ellipse(146, -46, r, r, (255, 240, 190, alpha))
            c.ellipse(-150, -48, r * 0.6, r * 0.6, (255, 84, 74, alpha))


def draw_rails(c: Canvas, palette: Palette, *, ground: float, width: float, joint: float) -> None:
    """Track across the picture; one rail joint lies at `joint`, others a carriage apart."""
    bed, wood = mix(palette.shade, palette.haze, 0.25), mix((98, 74, 60), palette.shade, 0.5)
    steel = mix((170, 172, 180), palette.shade, 0.3)
    c.polygon(
        [(-10, ground + 14), (width + 10, ground + 14), (width + 10, ground - 4), (-10, ground - 4)], bed
    )
    for x in np.arange(joint % 35.5 - 35.5, width + 20, 35.5):
        c.rectangle(x, ground - 4, 17, 13, wood)
    c.rectangle(-10, ground - 8, width + 20, 5, steel)
    c.rectangle(-10, ground - 8, width + 20, 1.6, mix(steel, palette.rim, 0.6))
    for x in np.arange(joint % CARRIAGE - CARRIAGE, width + 20, CARRIAGE):
        c.rectangle(x - 1.5, ground - 9, 3, 7, palette.shade)
        c.rectangle(x - 13, ground - 5, 26, 3, mix(steel, palette.shade, 0.4))


def draw_train(
    c: Canvas, paint: Paint, *, front: float, ground: float, width: float, seconds: float, way: float,
    jolt: float,
    carriages: int, whistle: float,
) -> None:  # fmt: skip
    """An engine and its carriages with the engine's front at `front`, going to the right.

    Args:
        c: where.
        paint: its colours; an even kind runs on steam.
        front: design units.
        ground: height of the rails.
        width: what lies outside 0–width is not drawn.
        seconds: the moment.
        way: how far it has gone, turns the wheels.
        jolt: lift by the last rail joint, 0–1.
        carriages: how many follow the engine.
        whistle: whether steam blows, 0–1.
    """
    rail = ground - 8
    for k in range(carriages, -1, -1):
        nose = front - k * CARRIAGE
        if nose < -20 or nose - CARRIAGE > width + 20:
            continue
        lift = -2.6 * jolt + 0.7 * math.sin(seconds * 6 + k * 1.7)
        with c.moved(nose, rail):
            for bogie in BOGIES:
                c.rectangle(
                    -bogie - AXLES / 2 - 24, -27 + lift, AXLES + 48, 12, mix((40, 40, 48), paint.shade, 0.4)
                )
                for axle in (-AXLES / 2, AXLES / 2):
                    _wheel(c, -bogie + axle, -15, 15, way / 15, paint)
            with c.moved(0, lift):
                if k:
                    _carriage(c, paint, k)
                elif paint.kind % 2 == 0:
                    _steam_engine(c, paint, seconds, whistle)
                else:
                    _electric_engine(c, paint, whistle)


def _carriage(c: Canvas, paint: Paint, number: int) -> None:
    body = paint.body if number % 3 else mix(paint.body, (236, 226, 206), 0.5)
    c.limb((-CARRIAGE - 2, -30), (4, -30), 3, 3, mix((36, 36, 42), paint.shade, 0.4))
    c.polygon([(-274, -26), (-274, -132), (-264, -142), (-12, -142), (-2, -132), (-2, -26)], body)
    c.polygon([(-278, -134), (-262, -150), (-14, -150), (2, -134)], mix(body, paint.shade, 0.5))
    c.rectangle(-274, -50, 272, 24, (*mix(body, paint.shade, 0.5), 0.8))
    c.rectangle(-274, -62, 272, 5, mix(body, (244, 226, 180), 0.7))
    lit = mix(paint.glass, (255, 222, 150), 0.9 * paint.lamps)
    for k in range(6):
        left = -260 + 42.5 * k
        c.rectangle(left - 2, -122, 36, 46, mix(body, paint.shade, 0.35))
        c.rectangle(left, -120, 32, 42, lit)
        if (k * 7 + number * 5) % 3:
            c.ellipse(left + 16, -92, 7, 8, (*mix(lit, paint.shade, 0.7), 0.9))
            c.blob(
                [(left + 4, -78), (left + 8, -86), (left + 24, -86), (left + 28, -78)],
                (*mix(lit, paint.shade, 0.7), 0.9),
            )
        c.polygon(
            [(left + 4, -118), (left + 14, -118), (left + 6, -82), (left + 2, -82)], (255, 255, 255, 0.14)
        )
    c.rectangle(-272, -139, 268, 2.6, (*mix(body, paint.rim, 0.6), 0.8))


def _headlight(c: Canvas, x: float, y: float, paint: Paint) -> None:
    beam = 0.12 * max(0.15, paint.lamps)
    for reach, wide in ((420.0, 80.0), (300.0, 52.0), (180.0, 28.0)):
        c.polygon(
            [(x, y - 7), (x + reach, y - wide * 0.6), (x + reach, y + wide), (x, y + 7)],
            (255, 244, 200, beam),
        )
    c.ellipse(x, y, 9, 9, (255, 246, 214))
    for r, alpha in ((34, 0.14), (20, 0.24)):
        c.ellipse(x, y, r, r, (255, 240, 190, alpha * max(0.3, paint.lamps)))


def _steam_engine(c: Canvas, paint: Paint, seconds: float, whistle: float) -> None:
    iron = mix((48, 50, 60), paint.shade, 0.35)
    brass = mix((222, 176, 88), paint.shade, 0.2)
    smoke = mix((236, 234, 236), paint.shade, 0.25)
    for k in range(9):  # puffs that rise and fall behind
        age = (seconds * 2.3 + k) % 9 / 9
        c.ellipse(
            -44 - 330 * age,
            -196 - 74 * age + 6 * math.sin(k * 2.4),
            17 + 44 * age,
            15 + 32 * age,
            (*smoke, 0.55 * (1 - age) ** 1.2),
        )
    if whistle > 0:
        for k in range(4):
            c.ellipse(-150 - 8 * k, -178 - 26 * k, 6 + 7 * k, 9 + 7 * k, (255, 255, 255, 0.55 - 0.1 * k))
    c.rectangle(-276, -40, 280, 14, mix(iron, (150, 46, 46), 0.4))
    c.polygon([(-274, -40), (-274, -168), (-180, -168), (-180, -40)], paint.body)
    c.polygon([(-284, -168), (-274, -182), (-178, -182), (-168, -168)], mix(paint.body, paint.shade, 0.5))
    c.rectangle(-254, -146, 46, 44, mix(paint.glass, (255, 222, 150), 0.9 * paint.lamps))
    c.ellipse(-230, -116, 9, 10, mix(iron, (0, 0, 0), 0.2))
    c.polygon([(-182, -126), (-16, -126), (-16, -44), (-182, -44)], iron)
    c.ellipse(-16, -85, 12, 41, mix(iron, paint.rim, 0.1))
    c.rectangle(-182, -122, 166, 12, (*mix(iron, paint.rim, 0.35), 0.7))
    for x in (-150, -104, -62):
        c.rectangle(x, -126, 5, 82, brass)
    c.polygon([(-56, -126), (-64, -178), (-26, -178), (-34, -126)], iron)
    c.rectangle(-68, -186, 46, 10, brass)
    c.blob([(-112, -126), (-112, -146), (-98, -152), (-84, -146), (-84, -126)], brass)
    c.limb((-150, -126), (-150, -158), 4, 3, brass)
    c.polygon([(2, -44), (30, -16), (2, -16)], mix(iron, (150, 46, 46), 0.4))
    _headlight(c, -8, -138, paint)


def _electric_engine(c: Canvas, paint: Paint, whistle: float) -> None:
    body = paint.body
    c.blob(
        [(-276, -26), (-276, -140), (-262, -150), (-90, -150), (-34, -134), (0, -72), (10, -30), (-6, -24)],
        body,
    )
    c.polygon([(-276, -26), (-276, -62), (2, -62), (10, -30), (2, -24)], (*mix(body, paint.shade, 0.45), 0.8))
    c.rectangle(-276, -70, 274, 7, mix(body, (246, 236, 210), 0.8))
    c.polygon([(-62, -130), (-36, -122), (-12, -82), (-50, -82)], paint.glass)
    c.polygon([(-52, -124), (-44, -122), (-26, -86), (-36, -86)], (255, 255, 255, 0.2))
    for k in range(4):
        c.rectangle(-258 + 46 * k, -122, 34, 34, mix(paint.glass, (255, 222, 150), 0.8 * paint.lamps))
    c.stroke([(-262, -147), (-92, -147), (-38, -132)], 3, (*mix(body, paint.rim, 0.6), 0.8), taper=0.5)
    for side in (-1, 1):
        c.limb((-190, -152), (-190 + side * 26, -172), 1.8, 1.8, (60, 60, 70))
        c.limb((-190 + side * 26, -172), (-190, -194), 1.8, 1.8, (60, 60, 70))
    c.rectangle(-220, -197, 60, 3.4, (60, 60, 70))
    if whistle > 0:
        c.ellipse(-190, -198, 9, 5, (190, 230, 255, 0.8))
    _headlight(c, 0, -58, paint)


def draw_boat(
    c: Canvas,
    paint: Paint,
    *,
    x: float,
    line: float,
    heave: float,
    tilt: float,
    seconds: float,
    scale: float = 1.0,
) -> None:
    """A boat on a water line; `heave` lifts it (units up), `tilt` turns it (radians)."""
    wood = mix(mix((150, 96, 62), paint.shade, 0.2), paint.body, 0.15)
    with c.moved(x, line - heave, turn=tilt, scale=scale):
        _rig(c, paint, wood, seconds)
        c.blob(
            [
                (-108, -34),
                (-60, -28),
                (30, -28),
                (96, -38),
                (122, -44),
                (98, -8),
                (70, 14),
                (-76, 14),
                (-100, -6),
            ],
            wood,
        )
        c.polygon(
            [
                (-110, -37),
                (-60, -31),
                (30, -31),
                (96, -41),
                (124, -48),
                (120, -40),
                (96, -32),
                (30, -22),
                (-60, -22),
                (-107, -28),
            ],
            mix(paint.body, paint.rim, 0.1),
        )
        c.stroke([(-100, -10), (0, -4), (104, -16)], 2, (*mix(wood, paint.shade, 0.5), 0.8))
        if paint.lamps > 0.3:
            for r, alpha in ((44, 0.12), (24, 0.22), (6, 0.95)):
                c.ellipse(98, -56, r, r, (255, 222, 150, alpha * paint.lamps))


def _rig(c: Canvas, paint: Paint, wood: Colour, seconds: float) -> None:
    """Sails, or a cabin with a flag."""
    cloth = mix((246, 240, 226), paint.shade, 0.12 + 0.2 * paint.lamps)
    if paint.kind == 1:
        c.polygon([(-70, -30), (-70, -74), (28, -74), (40, -30)], mix((236, 232, 224), paint.shade, 0.18))
        c.rectangle(-78, -82, 116, 9, paint.body)
        for k in range(3):
            c.rectangle(-58 + 32 * k, -64, 22, 18, mix(paint.glass, (255, 222, 150), 0.9 * paint.lamps))
        c.limb((-20, -82), (-20, -130), 2.4, 1.8, wood)
        c.polygon([(-20, -128), (-56, -120 + 3 * math.sin(seconds * 6)), (-20, -110)], paint.body)
    else:
        c.limb((-2, -20), (2, -206), 3.4, 2, wood)
        billow = 9 * math.sin(seconds * 1.3)
        c.blob([(4, -198), (38 + billow, -150), (52 + billow, -90), (44, -44), (4, -46)], cloth)
        c.blob(
            [(4, -198), (24 + billow, -150), (26 + billow, -90), (20, -46), (4, -46)],
            (*mix(cloth, paint.shade, 0.25), 0.7),
        )
        c.polygon([(-4, -186), (-58 - billow * 0.5, -52), (-4, -48)], paint.body)
        c.polygon(
            [(-4, -186), (-30 - billow * 0.3, -100), (-4, -110)], (*mix(paint.body, paint.rim, 0.4), 0.5)
        )
        c.polygon(
            [(2, -206), (-26, -199 + 4 * math.sin(seconds * 7)), (2, -192)],
            mix(paint.body, (250, 210, 90), 0.5),
        )
