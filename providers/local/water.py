"""Where a boat can float: open water of the place, else a river before it, else a tub on the floor."""

from __future__ import annotations

import math

import numpy as np

from providers.local.backdrop import Stage
from providers.local.canvas import Canvas, Colour, Points, mix, tinted
from providers.local.script import Script
from providers.local.sea import WAVE_SECONDS, wash_reach, water_colours


def kind_of(script: Script) -> str:
    """ "open" where the place has water itself, "tub" under a roof, else "river"."""
    if script.setting == "sea":
        return "open"
    ship = script.setting == "space" and script.seed % 3 == 1
    return "tub" if script.setting == "room" or ship else "river"


def line_of(stage: Stage, ground: float) -> float:
    """Height of the water on which the boat floats, in design units."""
    kind = kind_of(stage.script)
    return stage.height - 158 if kind == "open" else ground - 6 if kind == "river" else ground - 66


def heave_at(seconds: float) -> float:
    """How high the swell lifts a boat, −1 to 1: the very curve that the sound of the water follows."""
    return 2 * wash_reach(seconds) - 1


def tilt_at(seconds: float) -> float:
    """How the swell turns a boat, in radians: bow up while it rises."""
    return -0.05 * math.cos(2 * math.pi * seconds / WAVE_SECONDS) + 0.014 * math.sin(seconds * 2.3)


def draw_river(c: Canvas, stage: Stage, line: float, camera: float, seconds: float, *, near: bool) -> None:
    """Bands of water: the part behind the boat, or the part before it."""
    p = stage.palette
    far, close = water_colours(stage)
    rise = 3.0 * heave_at(seconds)
    bands = ((line - 34, 0.0), (line - 16, 0.3)) if not near else ((line + 6, 0.55), (line + 30, 0.8))
    for y, share in bands:
        xs = np.linspace(-10, stage.width + 10, 44)
        way = camera * (0.8 + 0.3 * share) + seconds * (16 + 20 * share)
        edge = y - rise * share + (2 + 4 * share) * np.sin((xs + way) / (46 + 40 * share) + 2 * share)
        body = mix(far, close, share)
        floor = np.array([[stage.width + 10, stage.height + 4], [-10, stage.height + 4]])
        top = np.stack([xs, edge], 1)
        c.polygon(np.concatenate([top, floor]), (*body, 1.0 if not near else 0.86))
        c.polygon(
            np.concatenate([top, top[::-1] + np.array([0, 2.2 + 2 * share])]), (*mix(body, p.light, 0.5), 0.6)
        )


def draw_tub(c: Canvas, stage: Stage, x: float, ground: float, seconds: float, *, near: bool) -> None:
    """A tin tub with water for a toy."""
    p = stage.palette
    tin: Colour = mix(tinted((168, 176, 184), p.tint), p.shade, 0.2)
    if not near:
        c.ellipse(x, ground - 70, 150, 22, mix(tin, p.shade, 0.4))
        c.ellipse(x, ground - 66 - 2 * heave_at(seconds), 142, 18, mix((70, 140, 168), p.shade, 0.25))
        return
    bowl: Points = [(x - 150, ground - 68), (x - 128, ground + 4), (x + 128, ground + 4),
    (x + 150, ground - 68),
                    (x + 100, ground - 54), (x, ground - 49), (x - 100, ground - 54)]  # fmt: skip
    c.polygon(bowl, tin)
    for dy in (-36, -14):
        c.stroke(
            [(x - 136, ground + dy - 6), (x, ground + dy + 8), (x + 136, ground + dy - 6)],
            4,
            (*mix(tin, p.shade, 0.4), 0.8),
        )
    c.stroke(
        [
            (x - 150, ground - 68),
            (x - 100, ground - 53),
            (x, ground - 48),
            (x + 100, ground - 53),
            (x + 150, ground - 68),
        ],
        5,
        mix(tin, p.rim, 0.5),
    )


def draw_wake(c: Canvas, stage: Stage, x: float, line: float, seconds: float, scale: float) -> None:
    """Foam behind a moving boat and at its bow."""
    p = stage.palette
    foam = mix(tinted((246, 250, 252), p.tint), p.haze, 0.15)
    for k in range(9):
        age = (seconds * 0.6 + k / 9) % 1.0
        px = x - (96 + 250 * age) * scale
        c.ellipse(
            px,
            line + (12 + 10 * age) * scale,
            (22 + 34 * age) * scale,
            (2.6 - 1.4 * age) * scale + 0.6,
            (*foam, 0.7 * (1 - age)),
        )
    for k in range(3):
        dash = (seconds * 1.7 + k / 3) % 1.0
        c.ellipse(
            x + (92 - 30 * dash) * scale,
            line + (12 - 12 * math.sin(math.pi * dash)) * scale,
            13 * scale,
            3.4 * scale,
            (*foam, 0.8 * (1 - dash)),
        )
