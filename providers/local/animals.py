"""Dog, cat and bird: gaits with paws that stand, tails, jaws and wings. Draws only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from providers.local.canvas import Canvas, Colour, Point, ease, mix, tinted
from providers.local.palette import Palette

_DOGS: tuple[tuple[Colour, Colour], ...] = (
    ((196, 132, 74), (242, 222, 190)),
    ((72, 60, 58), (226, 216, 204)),
    ((226, 184, 122), (250, 234, 206)),
    ((150, 148, 152), (236, 234, 230)),
    ((140, 82, 54), (222, 184, 142)),
)
_CATS: tuple[tuple[Colour, Colour], ...] = (
    ((226, 142, 70), (250, 226, 194)),
    ((66, 64, 74), (206, 204, 208)),
    ((176, 172, 172), (238, 236, 232)),
    ((232, 222, 206), (252, 248, 240)),
)
_BIRDS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((72, 132, 206), (238, 176, 118), (52, 92, 158)),
    ((204, 84, 62), (244, 222, 190), (132, 56, 56)),
    ((246, 204, 78), (252, 236, 170), (206, 152, 56)),
    ((92, 160, 112), (226, 226, 160), (56, 112, 92)),
)


@dataclass(frozen=True, kw_only=True)
class Beast:
    """Colours of an animal in its light."""

    body: Colour
    pale: Colour
    dark: Colour
    rim: Colour
    pointed: bool


def beast_of(kind: str, seed: int, palette: Palette) -> Beast:
    """The look of a dog, a cat or a bird by seed."""

    def lit(colour: Colour) -> Colour:
        return mix(tinted(colour, palette.tint, 0.72), palette.shade, 0.06 + 0.22 * (1 - palette.tint[0]))

    if kind == "bird":
        body, pale, dark = _BIRDS[seed % len(_BIRDS)]
        return Beast(body=lit(body), pale=lit(pale), dark=lit(dark), rim=palette.rim, pointed=False)
    coats = _DOGS if kind == "dog" else _CATS
    body, pale = coats[seed % len(coats)]
    dark = mix(lit(body), palette.shade, 0.5)
    return Beast(body=lit(body), pale=lit(pale), dark=dark, rim=palette.rim, pointed=seed // 5 % 2 == 0)


def paw_at(turn: float, reach: float, lift: float) -> Point:
    """A paw relative to its shoulder: carried back while it stands (0–0.5), then thrown forward."""
    turn %= 1.0
    if turn < 0.5:
        return reach * (1 - 4 * turn), 0.0
    share = (turn - 0.5) * 2
    return reach * (2 * ease(share) - 1), -lift * math.sin(math.pi * share)


def _leg(c: Canvas, top: Point, foot: Point, bend: float, girth: float, colour: Colour, paw: Colour) -> None:
    knee = ((top[0] + foot[0]) / 2 + bend, (top[1] + foot[1]) / 2 + 2)
    c.limb(top, knee, girth * 1.5, girth, colour)
    c.limb(knee, (foot[0], foot[1] - 4), girth, girth * 0.72, colour)
    c.ellipse(foot[0] + 3, foot[1] - 4, girth * 1.05, 4.6, paw)


def draw_dog(
    c: Canvas, beast: Beast, *, x: float, ground: float, seconds: float, turn: float, mouth: float
) -> None:
    """A dog that trots to the right; `turn` counts full gaits, `mouth` 0–1."""
    bob = 3.2 * math.cos(4 * math.pi * turn)
    far, shade = mix(beast.body, beast.dark, 0.7), beast.dark
    with c.moved(x, ground):
        for place, shift, colour, bend, paw in (
            (44, 0.5, far, -5.0, far), (-44, 0.0, far, -9.0, far)
        ):  # fmt: skip
            dx, dy = paw_at(turn + shift, 23, 15)
            _leg(c, (place + 4, -62 + bob), (place + 6 + dx, dy), bend, 7, colour, paw)
        wag = 0.5 * math.sin(seconds * 13) + 0.2
        root = (-56.0, -84 + bob)
        tip = (root[0] - 34 * math.cos(wag * 0.6), root[1] - 36 - 14 * wag)
        c.stroke([root, (root[0] - 24, root[1] - 8), tip], 13, beast.body, taper=0.55)
        c.ellipse(tip[0] + 1, tip[1] + 3, 5, 6, beast.pale)
        c.blob([(-62, -78 + bob), (-44, -98 + bob), (6, -97 + bob), (48, -106 + bob), (66, -88 + bob),
        (56, -56 + bob),
                (14, -50 + bob), (-26, -60 + bob), (-56, -54 + bob)], beast.body)  # fmt: skip
        c.blob(
            [(58, -90 + bob), (62, -70 + bob), (46, -52 + bob), (24, -54 + bob), (40, -72 + bob)], beast.pale
        )
        c.blob(
            [(-56, -56 + bob), (-26, -60 + bob), (14, -51 + bob), (-10, -64 + bob), (-44, -70 + bob)],
            (*shade, 0.5),
        )
        c.stroke(
            [(-46, -96 + bob), (0, -95 + bob), (44, -104 + bob)],
            3,
            (*mix(beast.body, beast.rim, 0.5), 0.8),
            taper=0.8,
        )
        for place, shift, bend in ((42, 0.0, -5.0), (-46, 0.5, -9.0)):
            dx, dy = paw_at(turn + shift, 23, 15)
            if place < 0:
                c.ellipse(place + 2, -68 + bob, 19, 23, beast.body)
            _leg(c, (place, -62 + bob), (place + 4 + dx, dy), bend, 8, beast.body, beast.pale)
        c.limb((50, -88 + bob), (74, -116 + bob), 19, 15, beast.body)
        c.limb((58, -100 + bob), (70, -88 + bob), 3.2, 3.2, mix((206, 60, 62), shade, 0.2))
        with c.moved(76, -122 + bob - 5 * mouth, turn=-0.30 * mouth + 0.05 * math.sin(seconds * 2.2)):
            _dog_head(c, beast, mouth, seconds)


def _dog_head(c: Canvas, beast: Beast, mouth: float, seconds: float) -> None:
    if beast.pointed:
        c.polygon([(-14, -12), (-8, -40), (4, -18)], mix(beast.body, beast.dark, 0.4))
    with c.moved(10, 7, turn=0.62 * mouth):
        c.blob([(-4, -2), (18, -1), (33, 1), (32, 7), (14, 10), (-6, 8)], mix(beast.pale, beast.dark, 0.3))
        if mouth > 0.1:
            c.blob([(2, -5), (20, -4), (29, 0), (27, 3), (10, 4), (0, 2)], (150, 46, 52))
            c.blob([(10, -3), (24, -2), (31, 2), (24, 4), (12, 3)], (232, 120, 124))
    c.blob([(-20, -6), (-14, -20), (4, -23), (18, -13), (20, 6), (6, 16), (-12, 14)], beast.body)
    c.blob([(8, -9), (24, -6), (42, -3), (46, 4), (40, 8), (18, 9), (6, 6)], beast.pale)
    c.polygon([(9, -12), (26, -8), (20, -1), (8, -2)], (*beast.body, 0.9))
    c.ellipse(44, -3, 5.4, 4.4, (32, 26, 30))
    c.ellipse(43, -4.6, 1.6, 1.1, (255, 255, 255, 0.6))
    blink = 1.0 if (seconds * 0.37) % 1 > 0.05 else 0.15
    c.ellipse(12, -9, 3.6, 3.8 * blink, (34, 24, 22))
    c.ellipse(13, -10.4, 1.2, 1.2 * blink, (255, 255, 255))
    if beast.pointed:
        c.polygon([(-18, -12), (-17, -42), (-2, -20)], beast.body)
        c.polygon([(-15, -16), (-15, -34), (-6, -20)], (214, 150, 140, 0.7))
    else:
        flop = 3 * math.sin(seconds * 10)
        c.blob([(-16, -18), (-4, -20), (0, -6), (-6, 16 + flop), (-16, 18 + flop), (-22, 2)], beast.dark)


def draw_cat(
    c: Canvas, beast: Beast, *, x: float, ground: float, seconds: float, turn: float, mouth: float
) -> None:
    """A cat that walks to the right with its tail up; `turn` counts full gaits, `mouth` 0–1."""
    bob = 1.6 * math.cos(4 * math.pi * turn)
    far = mix(beast.body, beast.dark, 0.6)
    with c.moved(x, ground):
        for place, shift in ((34, 0.5), (-38, 0.25)):
            dx, dy = paw_at(turn + shift, 14, 8)
            _leg(c, (place + 4, -48 + bob), (place + 6 + dx, dy), -4, 5.4, far, far)
        sway, curl = math.sin(seconds * 2.6), math.sin(seconds * 3.7 + 1)
        c.stroke([(-48, -62 + bob), (-66, -74), (-70 + 6 * sway, -104), (-60 + 14 * sway, -128),
        (-48 + 20 * sway + 6 * curl, -142)],
                 11, beast.body, taper=0.35)  # fmt: skip
        c.blob([(-54, -58 + bob), (-42, -76 + bob), (-4, -72 + bob), (36, -78 + bob), (52, -66 + bob),
        (44, -42 + bob),
                (6, -38 + bob), (-30, -42 + bob), (-50, -38 + bob)], beast.body)  # fmt: skip
        for k in range(4):
            sx = -30 + 18 * k
            c.stroke(
                [(sx, -74 + bob), (sx + 3, -62 + bob), (sx, -52 + bob)], 4.5, (*beast.dark, 0.55), taper=0.9
            )
        c.blob(
            [(44, -62 + bob), (46, -46 + bob), (28, -38 + bob), (12, -39 + bob), (30, -50 + bob)], beast.pale
        )
        c.stroke(
            [(-42, -75 + bob), (-4, -71 + bob), (34, -77 + bob)],
            2.6,
            (*mix(beast.body, beast.rim, 0.5), 0.8),
            taper=0.8,
        )
        for place, shift in ((32, 0.0), (-40, 0.75)):
            dx, dy = paw_at(turn + shift, 14, 8)
            if place < 0:
                c.ellipse(place + 2, -54 + bob, 15, 18, beast.body)
            _leg(c, (place, -48 + bob), (place + 4 + dx, dy), -4, 6, beast.body, beast.pale)
        with c.moved(58, -88 + bob - 3 * mouth, turn=-0.22 * mouth + 0.04 * math.sin(seconds * 1.7)):
            _cat_head(c, beast, mouth, seconds)


def _cat_head(c: Canvas, beast: Beast, mouth: float, seconds: float) -> None:
    c.limb((-10, 14), (-2, 6), 13, 13, beast.body)
    for left, tip in ((-17, -15), (5, 12)):
        c.polygon([(left, -10), (tip, -36), (left + 16, -16)], beast.body)
        c.polygon([(left + 4, -14), (tip + 0.5, -29), (left + 12, -17)], (224, 150, 146, 0.75))
    c.blob([(-24, 0), (-18, -18), (0, -23), (18, -18), (25, 0), (16, 15), (0, 19), (-15, 15)], beast.body)
    c.blob([(-4, 3), (8, 0), (20, 4), (16, 14), (4, 17), (-4, 12)], beast.pale)
    for k in (-1, 0, 1):
        c.stroke([(k * 6, -21), (k * 5, -12)], 3, (*beast.dark, 0.6), curved=False)
    blink = 1.0 if (seconds * 0.31) % 1 > 0.05 else 0.15
    for ex in (-5, 14):
        c.ellipse(ex, -3, 5, 4.6 * blink, (188, 214, 92))
        c.ellipse(ex + 1, -3, 1.8, 4.2 * blink, (24, 22, 26))
    if mouth > 0.04:
        c.ellipse(8, 11 + 3.5 * mouth, 3 + 3.4 * mouth, 1 + 7 * mouth, (132, 44, 54))
        c.ellipse(8, 13.5 + 6 * mouth, 2 + 2 * mouth, 2.4 * mouth, (232, 128, 132))
    c.polygon([(5, 4), (11, 4), (8, 8)], (214, 112, 116))
    for dy in (-2, 1, 4):
        c.stroke([(15, 8 + dy), (38, 5 + 2.4 * dy)], 1.1, (255, 255, 255, 0.75), curved=False)
        c.stroke([(0, 8 + dy), (-20, 6 + 2.4 * dy)], 1.1, (255, 255, 255, 0.6), curved=False)


def flap_at(seconds: float) -> float:
    """Wings, −1 (down) to 1 (up): beats with short glides."""
    beat = math.sin(2 * math.pi * 3.1 * seconds)
    glide = ease((math.sin(seconds * 1.15) - 0.55) / 0.3)
    return beat * (1 - glide) + 0.32 * glide


def draw_bird(
    c: Canvas, beast: Beast, *, x: float, y: float, seconds: float, mouth: float, scale: float = 1.0
) -> None:
    """A bird that flies to the right with its middle at (x, y)."""
    flap = flap_at(seconds)
    with c.moved(x, y - 7 * flap, turn=-0.06 - 0.05 * math.cos(seconds * 1.3), scale=scale):
        _wing(c, beast, flap, (6, -8), mix(beast.dark, (0, 0, 0), 0.15), 0.86)
        c.polygon([(-36, 0), (-86, 8), (-92, 0), (-88, -10), (-38, -10)], beast.dark)
        c.polygon([(-40, -4), (-80, 3), (-84, -4)], (*mix(beast.dark, beast.rim, 0.4), 0.7))
        c.blob(
            [(-46, -4), (-20, -20), (16, -22), (40, -16), (44, 0), (26, 16), (-6, 18), (-32, 10)], beast.body
        )
        c.blob([(38, -8), (36, 4), (22, 15), (-6, 17), (-28, 9), (0, 4), (24, 2)], beast.pale)
        c.ellipse(42, -16, 17, 16, beast.body)
        c.blob([(46, -8), (54, -10), (50, 0), (40, 2), (36, -4)], beast.pale)
        gold = (238, 172, 62)
        for side, turn in ((-1, -0.34 * mouth), (1, 0.5 * mouth)):
            with c.moved(56, -13, turn=turn):
                c.polygon(
                    [(-2, 4.5 * side), (19, 1.5 * side), (-2, -0.5 * side)],
                    gold if side < 0 else mix(gold, beast.dark, 0.3),
                )
        c.ellipse(47, -19, 3.4, 3.4, (26, 22, 26))
        c.ellipse(48, -20.2, 1.1, 1.1, (255, 255, 255))
        _wing(c, beast, flap, (-2, -8), beast.body, 1.0)


def _wing(c: Canvas, beast: Beast, flap: float, root: Point, colour: Colour, size: float) -> None:
    """A wing with feathers at its trailing edge; it folds a little on the way up."""
    rise = -flap * 78 * size
    back = -26 - 12 * flap
    tip = (root[0] + back * size, root[1] + rise)
    wrist = (root[0] + 16 * size, root[1] + rise * 0.52 - 3)
    trail = [(root[0] - 44 * size + 8 * flap, root[1] + rise * share + 5) for share in (0.74, 0.42, 0.12)]
    shape: list[Point] = [(root[0] + 20, root[1] + 2), wrist, tip, *trail, (root[0] - 26, root[1] + 6)]
    c.polygon(np.asarray(shape), mix(colour, beast.dark, 0.25))
    c.blob(
        [
            (root[0] + 20, root[1] + 2),
            wrist,
            (tip[0] + 10, tip[1] * 0.94),
            (root[0] - 16, root[1] + rise * 0.4),
            (root[0] - 12, root[1] + 4),
        ],
        colour,
    )
    c.stroke([(root[0] + 18, root[1]), wrist, tip], 2.4, (*mix(colour, beast.rim, 0.5), 0.8), taper=0.6)
