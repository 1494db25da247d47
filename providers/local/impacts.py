"""What a cue (`@1.2s door slam`) looks like: a door that falls shut, a crate that lands, a flash, a shake.

Owns which words make which picture and when it is seen; `blows.py` draws what strikes, and
`noise.cue_sounds` owns what all of it sounds like.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from PIL import Image

from providers.lexicon import split_words
from providers.local import blows
from providers.local.acts import is_cry
from providers.local.backdrop import Stage
from providers.local.blows import Beat, Bits
from providers.local.canvas import Canvas, ease, mix
from providers.local.script import Script
from providers.local.timeline import FPS

Kind = Literal[
    "door", "knock", "fall", "crash", "bang", "drum", "step",
    "boom", "thunder", "glass", "splash", "whoosh", "tone",
]  # fmt: skip
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("thunder", "thunder lightning"),
    ("knock", "knock"),
    ("door", "door slam slams"),
    ("boom", "explosion boom blast explode explodes bomb"),
    ("bang", "bang hit punch shot gunshot gun firework"),
    ("fall", "thud thump fall"),
    ("crash", "crash"),
    ("drum", "drum drumbeat"),
    ("step", "step footstep"),
    ("glass", "glass shatter break breaks"),
    ("splash", "splash water"),
    ("whoosh", "whoosh swish wind"),
)
_SHAKE: dict[Kind, float] = {
    "door": 9.0,
    "knock": 4.0,
    "fall": 10.0,
    "crash": 12.0,
    "bang": 7.0,
    "drum": 6.0,
    "step": 6.0,
    "boom": 22.0,
    "thunder": 5.0,
    "glass": 6.0,
    "splash": 5.0,
}
# How bright the light of a cue is, how fast it fades, its colour.
_GLARE: dict[Kind, tuple[float, float, tuple[int, int, int]]] = {
    "boom": (0.9, 5.0, (255, 190, 110)),
    "thunder": (0.9, 9.0, (216, 226, 255)),
    "glass": (0.25, 14.0, (255, 255, 255)),
    "bang": (0.3, 16.0, (255, 244, 214)),
    "crash": (0.12, 16.0, (255, 250, 240)),
}
_STRIKES: dict[Kind, Callable[[Canvas, Stage, Beat, Bits], None]] = {
    "knock": blows.fist,
    "fall": partial(blows.crate, breaks=False),
    "crash": partial(blows.crate, breaks=True),
    "bang": blows.star,
    "drum": blows.drum,
    "step": blows.boot,
    "thunder": blows.bolt,
    "glass": blows.pane,
    "splash": blows.stone,
}
_BEFORE, _AFTER = 1.0, 1.6  # seconds around a cue in which something of it may be seen
_CLOSING = 0.16  # seconds that a door takes to fall shut
_KNOCKS = (0.0, 0.24, 0.48)  # as they are heard


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


def _times(kind: Kind) -> tuple[float, ...]:
    """When a cue strikes, in seconds after its moment."""
    return _KNOCKS if kind == "knock" else (0.0,)


def shake_at(impacts: tuple[Impact, ...], seconds: float) -> tuple[float, float]:
    """How far the camera is thrown, in design units (across, down); farthest in the first frame after it."""
    across = down = 0.0
    for impact, later in ((one, later) for one in impacts for later in _times(one.kind)):
        since = math.floor((seconds - impact.at - later) * FPS + 1e-6) / FPS
        if 0 <= since < 0.7:
            size = _SHAKE.get(impact.kind, 0.0) * math.exp(-since * 7)
            across += size * 0.6 * math.cos(since * 61)
            down += size * math.cos(since * 47)
    return across, down


def glare_at(impacts: tuple[Impact, ...], seconds: float) -> tuple[float, tuple[int, int, int]]:
    """Light of an impact, 0–1, and its colour."""
    best, colour = 0.0, (255, 255, 255)
    for impact in impacts:
        since = seconds - impact.at
        if since < -1e-6 or impact.kind not in _GLARE:
            continue
        strength, fade, tone = _GLARE[impact.kind]
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
        near = [impact for impact in self._impacts if -_BEFORE < seconds - impact.at < _AFTER]
        if not near:
            return frame
        canvas = Canvas(frame, self._stage.scale)
        for impact in near:
            self._one(canvas, impact, seconds - impact.at)
        for kind in dict.fromkeys(impact.kind for impact in near if impact.kind in _STRIKES):
            _STRIKES[kind](canvas, self._stage, self._beat(kind, seconds), self._bits)
        canvas.finish()
        light, colour = glare_at(self._impacts, seconds)
        if light > 0.02:
            frame = Image.blend(frame, Image.new("RGB", frame.size, colour), min(0.85, light))
        return self._shaken(frame, seconds)

    def _beat(self, kind: Kind, seconds: float) -> Beat:
        """Where a moment lies between two blows of one kind."""
        moments = [
            impact.at + later for impact in self._impacts if impact.kind == kind for later in _times(kind)
        ]
        return Beat(
            since=min((seconds - at for at in moments if at <= seconds + 1e-6), default=math.inf),
            until=min((at - seconds for at in moments if at > seconds + 1e-6), default=math.inf),
        )

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
        elif impact.kind == "whoosh":
            self._whoosh(c, since)
        elif impact.kind == "tone":
            self._rings(c, since)

    def _door(self, c: Canvas, since: float) -> None:
        """A door close to the camera: it falls shut ever faster, jars, and swings back later."""
        stage = self._stage
        if since < -1e-6:
            shut = max(0.0, (since + _CLOSING) / _CLOSING) ** 2
        else:
            shut = 1 - ease((since - 0.5) / 0.5) + 0.05 * math.exp(-since * 12) * math.sin(since * 50)
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
                    20 + 70 * since,
                    13 + 40 * since,
                    (*mix(stage.palette.haze, (255, 255, 255), 0.3), 0.6 * (1 - since / 0.35)),
                )

    def _boom(self, c: Canvas, since: float) -> None:
        stage = self._stage
        x, y = stage.width * 0.72, stage.height * 0.56
        if since < 1.4:
            for k, (bx, by, size, _) in enumerate(self._bits):
                grow = ease((since + 0.1) / 0.6)
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

    def _rings(self, c: Canvas, since: float) -> None:
        """Arcs that spread from the edge, as a bell in a comic strip."""
        stage, life = self._stage, 0.9
        if since > life:
            return
        x, y = stage.width * 0.86, stage.height * 0.2
        tone = mix((255, 232, 160), stage.palette.rim, 0.3)
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
