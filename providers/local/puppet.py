"""A cut-out picture that acts: hops when the timeline says a foot lands, leans, opens up when it speaks.

Owns how the cut-out moves and how it is lit and shadowed; what it is comes from cutout.py.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from PIL import Image, ImageFilter

from providers.local import acts, water
from providers.local.acting import Take, View
from providers.local.backdrop import Backdrop, Stage
from providers.local.canvas import Canvas, mix
from providers.local.timeline import Timeline

_TALL = {
    "walker": 330.0,
    "cat": 210.0,
    "dog": 220.0,
    "bird": 170.0,
    "car": 190.0,
    "train": 220.0,
    "boat": 230.0,
}
_WIDE = 0.46  # of the picture's width, at most
_HOP = 0.42  # seconds a hop takes at most
_STANDING = 370.0
_STICK = 7.0


class Mouth(Protocol):
    """One frame of the mouth: open, wide, round."""

    def __getitem__(self, place: int, /) -> float:
        """A part of it, 0–1."""
        ...


class Puppet:
    """The user's picture as the subject of one clip."""

    def __init__(self, stage: Stage, timeline: Timeline, backdrop: Backdrop, cutout: Image.Image) -> None:
        """Light the cut-out for this hour; `cutout` is what `cut_out` made."""
        self._stage, self._timeline, self._backdrop = stage, timeline, backdrop
        self._subject = timeline.script.subject
        self._lit = _lit(cutout, stage)
        self._shape = cutout.width / cutout.height
        tall = _TALL.get(self._subject, _STANDING)
        self._tall = min(tall, stage.width * _WIDE / self._shape)
        self._cries = timeline.act.cries
        steps = timeline.steps or timeline.act.paws or timeline.act.joints
        self._steps = np.array(sorted(steps), np.float64)

    def place(self, take: Take, seconds: float) -> float:
        """Across the picture, in design units."""
        shot, width = take.shot, self._stage.width
        share = (seconds - shot.start) / max(0.1, shot.end - shot.start)
        if self._subject == "walker":
            return take.enter + (take.leave - take.enter) * share
        if self._subject in ("none", "talker", "train"):
            return width * (0.46 + 0.06 * share)
        return acts.place_at(self._subject, shot.start, shot.end, seconds, width) * width

    def focus(self, take: Take, seconds: float) -> tuple[float, float]:
        """The point that a closer view looks at, in design units."""
        return self.place(take, seconds), self._foot(seconds) - self._tall * 0.5

    def draw(self, frame: Image.Image, take: Take, seconds: float, view: View) -> None:
        """Draw it with shadow, mirror image and stick onto the background."""
        x, ground = self.place(take, seconds), self._foot(seconds)
        lift, squash = self._hop(seconds)
        cry = acts.mouth_at(self._subject, self._cries, seconds)
        turn = 0.045 * math.sin(seconds * 2.1) + (0.05 if lift > 0.2 else 0.0) - 0.05 * cry
        canvas = Canvas(frame, view.scale, view.origin)
        if self._subject == "boat" and water.kind_of(self._stage.script) == "river":
            water.draw_river(canvas, self._stage, ground, take.camera_at(seconds), seconds, near=False)
        elif self._subject not in ("bird", "boat"):
            self._shadow(canvas, x, ground, lift)
        if self._subject != "boat":
            self._stick(canvas, x, ground, lift)
        canvas.finish()
        tall = self._tall * (1 - 0.10 * squash + 0.06 * cry)
        rise = 26.0 * lift
        self._put(frame, view, x, ground - rise, tall, self._shape * (1 + 0.12 * squash), turn)
        if self._subject == "boat":
            near = Canvas(frame, view.scale, view.origin)
            water.draw_wake(near, self._stage, x, ground, seconds, 0.9)
            if water.kind_of(self._stage.script) == "river":
                water.draw_river(near, self._stage, ground, take.camera_at(seconds), seconds, near=True)
            near.finish()

    def speak(self, frame: Image.Image, *, seconds: float, mouth: Mouth, push: float) -> None:
        """The close view: large, on its stick, stretched by every open mouth."""
        stage = self._stage
        opened = float(mouth[0])
        tall = min(stage.height * 0.72, stage.width * 0.72 / self._shape) * (1 + push)
        foot = stage.height * 0.90
        canvas = Canvas(frame, stage.scale)
        x = stage.width * 0.5 + 6 * math.sin(seconds * 0.8)
        canvas.rectangle(x - 12, foot - 30, 24, stage.height - foot + 60, _wood(stage))
        canvas.finish()
        turn = 0.03 * math.sin(seconds * 1.4) + 0.035 * opened
        self._put(frame, View(scale=stage.scale), x, foot - 22 * opened, tall * (1 + 0.07 * opened),
                  self._shape * (1 - 0.05 * opened), turn)  # fmt: skip

    def _foot(self, seconds: float) -> float:
        ground = self._backdrop.ground
        if self._subject == "bird":
            return ground - 190 + 26 * math.sin(seconds * 1.3)
        if self._subject == "boat":
            return water.line_of(self._stage, ground) + 16 - 7 * water.heave_at(seconds)
        return ground + 4

    def _hop(self, seconds: float) -> tuple[float, float]:
        """How high it is, 0–1, and how much the landing presses it together, 0–1."""
        if not len(self._steps):
            return 0.0, 0.25 * (0.5 + 0.5 * math.sin(seconds * 2.6))
        place = int(np.searchsorted(self._steps, seconds + 1e-6))
        since = seconds - self._steps[place - 1] if place else 9.0
        until = self._steps[place] - seconds if place < len(self._steps) else 9.0
        squash = math.exp(-since * 14)
        if since > 1.0 or until > 1.0:
            return 0.0, squash
        share = max(0.0, 1 - until / min(_HOP, since + until))
        return math.sin(math.pi * share) if 0 < share < 1 else 0.0, squash

    def _shadow(self, canvas: Canvas, x: float, ground: float, lift: float) -> None:
        half = self._tall * self._shape * 0.5 * (1 - 0.25 * lift)
        for k in range(5):
            share = 1 - 0.18 * k
            canvas.ellipse(
                x, ground + 1, half * share, half * 0.16 * share, (*self._stage.palette.shade, 0.15)
            )

    def _stick(self, canvas: Canvas, x: float, ground: float, lift: float) -> None:
        """The rod that holds it; a bird hangs from above."""
        if self._subject == "bird":
            top = -20 - ground
            canvas.rectangle(x - 1, ground + top, 2, -top - self._tall * 0.5, (*_wood(self._stage), 0.8))
            return
        bottom = ground + 60
        canvas.rectangle(
            x - _STICK / 2, ground - 30 - 26 * lift, _STICK, bottom - ground + 200, _wood(self._stage)
        )

    def _put(
        self, frame: Image.Image, view: View, x: float, foot: float, tall: float, shape: float, turn: float
    ) -> None:
        """Paste it with its soft shadow; (x, foot) is the middle of its lower edge in design units."""
        height = max(2, round(tall * view.scale))
        width = max(2, round(tall * shape * view.scale))
        small = self._lit.resize((width, height), Image.Resampling.BILINEAR)
        small = small.rotate(-math.degrees(turn), Image.Resampling.BICUBIC, expand=True)
        left = round((x - view.left) * view.scale - small.width / 2)
        top = round((foot - view.top) * view.scale - height - (small.height - height) / 2)
        cast = round(6 * view.scale)
        alpha = small.getchannel("A")
        shadow = alpha.resize((max(1, small.width // 4), max(1, small.height // 4)))
        soft = shadow.filter(ImageFilter.BoxBlur(max(1, cast // 3))).resize(
            small.size, Image.Resampling.BILINEAR
        )
        soft = soft.point(lambda level: level * 2 // 5)
        frame.paste(self._stage.palette.shade, (left + cast, top + cast), soft)
        frame.paste(small.convert("RGB"), (left, top), alpha)


def _wood(stage: Stage) -> tuple[int, int, int]:
    return mix((196, 150, 98), stage.palette.shade, 0.35)


def _lit(cutout: Image.Image, stage: Stage) -> Image.Image:
    """In the colours of the hour: tinted, with light from the side of sun or moon."""
    tint = np.array(stage.palette.tint, np.float32) * 0.6 + 0.4
    pixels = np.asarray(cutout).astype(np.float32)
    across = stage.palette.light_at[0]
    side = np.linspace(1.05, 0.86, cutout.width, dtype=np.float32)
    if across > 0.5:
        side = side[::-1]
    pixels[..., :3] *= tint * side[None, :, None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
