"""What a cue (`@1.2s door slam`) looks like: a door that falls shut, a flash, a shake, rings of sound.

Owns which words make which picture; `noise.cue_sounds` owns what they sound like.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from providers.lexicon import split_words
from providers.local.acts import is_cry
from providers.local.backdrop import Stage
from providers.local.canvas import Canvas, ease, mix
from providers.local.script import Script

Kind = Literal["door", "hit", "boom", "thunder", "glass", "splash", "whoosh", "tone"]
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("thunder", "thunder lightning"),
    ("door", "door slam slams"),
    ("boom", "explosion boom blast explodes bomb"),
    ("hit", "thud bang fall hit punch knock step footstep crash drum"),
    ("glass", "glass shatter break breaks"),
    ("splash", "splash water"),
    ("whoosh", "whoosh swish wind"),
)
_SHAKE: dict[Kind, float] = {
    "door": 9.0,
    "hit": 7.0,
    "boom": 22.0,
    "thunder": 5.0,
    "glass": 4.0,
    "splash": 0.0,
    "whoosh": 0.0,
    "tone": 0.0,
}
_CLOSING = 0.16  # seconds that a door takes to fall shut


@dataclass(frozen=True, kw_only=True)
class Impact:
    """A cue as it is seen: its moment in seconds and its kind."""

    at: float
    kind: Kind


def kind_of(name: str) -> Kind:
    """What a cue of this name looks like; rings of sound where nothing else fits."""
    words = set(split_words(name)) | {word.removesuffix("s") for word in split_words(name)}
    return next((kind for kind, known in _WORDS if words & set(known.split())), "tone")


def impacts_of(script: Script, seconds: float) -> tuple[Impact, ...]:
    """All cues within the clip, but for the subject's own cries, which its mouth shows."""
    return tuple(
        Impact(at=cue.at_seconds, kind=kind_of(cue.name))
        for cue in script.cues
        if cue.at_seconds < seconds and not is_cry(script, cue)
    )


def shake_at(impacts: tuple[Impact, ...], seconds: float) -> tuple[float, float]:
    """How far the camera is thrown, in design units (across, down)."""
    across = down = 0.0
    for impact in impacts:
        since = seconds - impact.at
        if -1e-6 <= since < 0.7:
            size = _SHAKE[impact.kind] * math.exp(-since * 7)
            across += size * 0.6 * math.cos(since * 61)
            down += size * math.cos(since * 47)
    return across, down


def glare_at(impacts: tuple[Impact, ...], seconds: float) -> tuple[float, tuple[int, int, int]]:
    """Light of an impact, 0–1, and its colour."""
    best, colour = 0.0, (255, 255, 255)
    for impact in impacts:
        since = seconds - impact.at
        if since < -1e-6:
            continue
        strength, fade, tone = {
            "boom": (0.9, 5.0, (255, 190, 110)),
            "thunder": (0.9, 9.0, (216, 226, 255)),
            "glass": (0.35, 14.0, (255, 255, 255)),
            "hit": (0.16, 16.0, (255, 250, 240)),
        }.get(impact.kind, (0.0, 1.0, (255, 255, 255)))
        light = strength * math.exp(-max(0.0, since) * fade)
        if light > best:
            best, colour = light, tone
    return best, colour


class Cues:
    """Draws the cues of one clip over the finished scene."""

    def __init__(self, stage: Stage, impacts: tuple[Impact, ...]) -> None:
        """Take what happens and scatter its pieces once."""
        self._stage, self._impacts = stage, impacts
        self._bits = stage.chance(96).random((26, 4))

    def draw(self, frame: Image.Image, seconds: float) -> Image.Image:
        """The frame with every cue of this moment."""
        near = [impact for impact in self._impacts if -_CLOSING - 0.05 < seconds - impact.at < 1.6]
        if not near:
            return frame
        canvas = Canvas(frame, self._stage.scale)
        for impact in near:
            self._one(canvas, impact, seconds - impact.at)
        canvas.finish()
        light, colour = glare_at(self._impacts, seconds)
        if light > 0.02:
            frame = Image.blend(frame, Image.new("RGB", frame.size, colour), min(0.85, light))
        return self._shaken(frame, seconds)

    def _shaken(self, frame: Image.Image, seconds: float) -> Image.Image:
        across, down = (round(v * self._stage.scale) for v in shake_at(self._impacts, seconds))
        if not across and not down:
            return frame
        shaken = frame.copy()  # what the throw uncovers keeps its old pixels, which hides the edge
        shaken.paste(frame, (across, down))
        return shaken

    def _one(self, c: Canvas, impact: Impact, since: float) -> None:
        if impact.kind == "door":
            self._door(c, since)
        elif since < -1e-6:
            return
        elif impact.kind == "boom":
            self._boom(c, since)
        elif impact.kind in ("glass", "splash"):
            self._pieces(c, since, glass=impact.kind == "glass")
        elif impact.kind == "whoosh":
            self._whoosh(c, since)
        else:
            self._rings(c, since, strong=impact.kind == "tone")

    def _door(self, c: Canvas, since: float) -> None:
        """A door close to the camera: it falls shut at the moment itself and swings back later."""
        stage = self._stage
        shut = ease((since + _CLOSING) / _CLOSING) if since < 0 else 1 - ease((since - 0.5) / 0.5)
        if shut <= 0:
            return
        wide = stage.width * 0.19 * shut
        skew = 46 * (1 - shut)
        wood, dark = mix((112, 72, 52), stage.palette.shade, 0.35), stage.palette.shade
        x, top, low = stage.width - wide, stage.height * 0.10, stage.height + 6
        c.rectangle(
            stage.width - stage.width * 0.2 - 8,
            top - 26,
            stage.width * 0.2 + 10,
            18,
            (*mix(wood, dark, 0.5), shut),
        )
        c.polygon([(x, top - skew), (stage.width + 2, top), (stage.width + 2, low), (x, low + skew)], wood)
        for a, b in ((0.07, 0.44), (0.52, 0.93)):
            tall = low - top
            c.polygon(
                [
                    (x + wide * 0.2, top + tall * a),
                    (x + wide * 0.84, top + tall * a),
                    (x + wide * 0.84, top + tall * b),
                    (x + wide * 0.2, top + tall * b),
                ],
                mix(wood, dark, 0.25),
            )
        c.rectangle(x, top - skew, 4, low - top + 2 * skew, mix(wood, stage.palette.rim, 0.3))
        c.ellipse(x + wide * 0.1 + 4, top + (low - top) * 0.5, 7, 7, (232, 190, 96))
        if 0 <= since < 0.35:
            for k in range(7):
                y = top + (low - top) * (k + 0.5) / 7
                c.ellipse(
                    x - 12 - 120 * since,
                    y + 8 * math.sin(k * 2.2),
                    16 + 60 * since,
                    9 + 30 * since,
                    (*mix(stage.palette.haze, (255, 255, 255), 0.3), 0.34 * (1 - since / 0.35)),
                )

    def _boom(self, c: Canvas, since: float) -> None:
        stage = self._stage
        x, y = stage.width * 0.72, stage.height * 0.56
        if since < 1.4:
            for k, (bx, by, size, _) in enumerate(self._bits):
                grow = ease(since / 0.5)
                px, py = x + (bx - 0.5) * 360 * grow, y + (by - 0.6) * 260 * grow - 60 * since
                tone = mix(
                    mix((255, 238, 170), (240, 110, 40), min(1.0, since * 3 + 0.3 * (k % 3))),
                    (60, 52, 56),
                    max(0.0, since * 1.4 - 0.5),
                )
                c.ellipse(
                    px,
                    py,
                    (26 + 58 * size) * (0.4 + 0.8 * grow),
                    (24 + 52 * size) * (0.4 + 0.8 * grow),
                    (*tone, 0.8 * (1 - since / 1.4)),
                )

    def _pieces(self, c: Canvas, since: float, *, glass: bool) -> None:
        stage = self._stage
        x, y = stage.width * 0.5, stage.height * (0.34 if glass else 0.92)
        life = 1.1 if glass else 0.9
        if since > life:
            return
        tone = mix((226, 244, 255) if glass else (214, 236, 248), stage.palette.haze, 0.15)
        for bx, by, size, turn in self._bits:
            px = x + (bx - 0.5) * (620 if glass else 420) * since
            py = y + ((by - 0.7) * 380 if glass else -(0.4 + by) * 520) * since + 620 * since**2
            reach = 5 + 13 * size
            alpha = 0.9 * (1 - since / life)
            if glass:
                with c.moved(px, py, turn=turn * 6.3 + since * (4 + 8 * size)):
                    c.polygon(
                        [(-reach, reach * 0.5), (0, -reach), (reach * 0.8, reach * 0.6)], (*tone, alpha)
                    )
            else:
                c.ellipse(px, py, reach * 0.5, reach * 0.66, (*tone, alpha))

    def _whoosh(self, c: Canvas, since: float) -> None:
        stage = self._stage
        if since > 0.8:
            return
        for x, y, size, _ in self._bits[:16]:
            px = stage.width * (0.12 + 1.5 * since / 0.8) - 260 * x
            c.stroke(
                [
                    (px - 240 - 160 * size, stage.height * (0.15 + 0.7 * y)),
                    (px, stage.height * (0.15 + 0.7 * y) - 4),
                ],
                3 + 4 * size,
                (255, 255, 255, 0.4),
                taper=0.95,
                curved=False,
            )

    def _rings(self, c: Canvas, since: float, *, strong: bool) -> None:
        """Arcs that spread from the edge, as a bell in a comic strip."""
        stage, life = self._stage, 0.9
        if since > life:
            return
        x, y = stage.width * 0.86, stage.height * 0.2
        tone = mix((255, 232, 160), stage.palette.rim, 0.3)
        if strong:
            swing = 0.35 * math.sin(since * 26) * math.exp(-since * 3)
            with c.moved(x, y - 26, turn=swing):
                c.blob(
                    [(-30, 46), (-22, 8), (-10, -6), (10, -6), (22, 8), (30, 46), (0, 52)],
                    (236, 190, 84, 0.95 * (1 - since / life)),
                )
                c.ellipse(0, 52, 8, 8, (190, 140, 60, 0.95 * (1 - since / life)))
        for k in range(3):
            age = since - 0.11 * k
            if 0 <= age < 0.62:
                radius = 44 + 190 * age
                arc = np.linspace(math.pi * 0.72, math.pi * 1.28, 18)
                for side in (0.0, math.pi):
                    points = np.stack([x + np.cos(arc + side) * radius, y + np.sin(arc + side) * radius], 1)
                    c.stroke(points, 5, (*tone, 0.75 * (1 - age / 0.62)), taper=0.8, curved=False)
