"""Colours of light: what hour and weather do to sky, haze, shade and skin. Pure data and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from providers.local.canvas import mix
from providers.local.script import Script

Rgb = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours of one hour.

    Attributes:
        top: sky overhead. middle: sky half way. low: sky at the horizon.
        light: sun or moon. haze: what distance fades into. shade: dark of near things.
        tint: factor that this light puts on colours of people and things.
        rim: colour of lit edges.
        lamps: how much artificial light is on, 0–1.
        stars: 0–1.
        light_at: place of sun or moon, 0–1 from the left and from the top.
    """

    top: Rgb
    middle: Rgb
    low: Rgb
    light: Rgb
    haze: Rgb
    shade: Rgb
    tint: tuple[float, float, float]
    rim: Rgb
    lamps: float
    stars: float
    light_at: tuple[float, float]


def _hours() -> dict[str, Palette]:
    return {
        "night": Palette(
            top=(9, 12, 38),
            middle=(24, 34, 84),
            low=(84, 72, 128),
            light=(226, 232, 250),
            haze=(58, 64, 118),
            shade=(11, 13, 30),
            tint=(0.66, 0.70, 0.92),
            rim=(150, 175, 240),
            lamps=1.0,
            stars=1.0,
            light_at=(0.76, 0.17),
        ),
        "dusk": Palette(
            top=(46, 40, 98),
            middle=(178, 84, 116),
            low=(255, 172, 104),
            light=(255, 226, 160),
            haze=(214, 122, 112),
            shade=(38, 24, 48),
            tint=(1.0, 0.82, 0.78),
            rim=(255, 190, 120),
            lamps=0.8,
            stars=0.25,
            light_at=(0.68, 0.52),
        ),
        "dawn": Palette(
            top=(96, 128, 188),
            middle=(226, 176, 182),
            low=(255, 224, 176),
            light=(255, 240, 206),
            haze=(226, 186, 180),
            shade=(66, 62, 92),
            tint=(0.98, 0.90, 0.88),
            rim=(255, 226, 180),
            lamps=0.35,
            stars=0.0,
            light_at=(0.27, 0.50),
        ),
        "day": Palette(
            top=(58, 128, 208),
            middle=(128, 190, 236),
            low=(218, 238, 246),
            light=(255, 250, 226),
            haze=(178, 212, 230),
            shade=(58, 78, 104),
            tint=(1.0, 1.0, 1.0),
            rim=(255, 250, 230),
            lamps=0.0,
            stars=0.0,
            light_at=(0.74, 0.15),
        ),
    }


def _space(time: str) -> Palette:
    """Above the air the sky stays dark; the hour only says how the sun stands and colours the nebula."""
    cloud, light, tint, at = {
        "dawn": ((58, 92, 138), (214, 236, 255), (0.90, 0.94, 1.0), (0.12, 0.62)),
        "day": ((44, 70, 128), (255, 252, 236), (1.0, 1.0, 1.0), (0.78, 0.2)),
        "dusk": ((138, 58, 104), (255, 214, 170), (1.0, 0.88, 0.84), (0.88, 0.6)),
        "night": ((70, 48, 128), (190, 206, 250), (0.72, 0.76, 0.96), (0.24, 0.2)),
    }[time]
    return Palette(
        top=(5, 6, 18),
        middle=mix((8, 9, 26), cloud, 0.16),
        low=mix((14, 14, 38), cloud, 0.36),
        light=light,
        haze=mix((26, 26, 58), cloud, 0.5),
        shade=(13, 13, 30),
        tint=tint,
        rim=mix((190, 214, 255), light, 0.4),
        lamps=0.9 if time == "night" else 0.6,
        stars=1.0,
        light_at=at,
    )


def palette_of(script: Script) -> Palette:
    """The colours of a script's hour, greyed by its weather."""
    hour = _space(script.time) if script.setting == "space" else _hours()[script.time]
    if script.setting == "space":
        return replace(hour, stars=0.35) if script.weather in ("fog", "storm") else hour
    if script.weather in ("clear", "wind"):
        return hour
    grey = {"night": (40, 46, 66), "dusk": (122, 96, 106), "dawn": (168, 168, 178), "day": (150, 162, 174)}[
        script.time
    ]
    share = {"rain": 0.5, "storm": 0.66, "fog": 0.55, "snow": 0.4}[script.weather]
    if script.time == "night":
        share *= 0.55
    dark = 0.82 if script.weather == "storm" else 1.0

    def grey_down(colour: Rgb, strength: float = 1.0) -> Rgb:
        red, green, blue = (round(v * dark) for v in mix(colour, grey, share * strength))
        return red, green, blue

    light = 1 - 0.16 * share
    return replace(
        hour,
        top=grey_down(hour.top),
        middle=grey_down(hour.middle),
        low=grey_down(hour.low, 0.8),
        haze=grey_down(hour.haze, 0.9),
        light=mix(hour.light, grey, share * 0.3),
        tint=(hour.tint[0] * light * 0.97, hour.tint[1] * light, hour.tint[2] * light),
        lamps=max(hour.lamps, 0.55 if script.weather in ("rain", "storm", "fog") else 0.2),
        stars=hour.stars * (1 - share * 1.6) if share < 0.6 else 0.0,
    )
