"""Puts the subject into the wide picture: person, animal or machine, with shadow, mirror image and spray."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from providers.local import acts, animals, vehicles, water
from providers.local.backdrop import Backdrop, Stage
from providers.local.canvas import Canvas, Sprite, mix
from providers.local.looks import look_of
from providers.local.timeline import Shot, Timeline
from providers.local.walker import PACE, draw_walker
from providers.local.weather import Fall

_CAMERA = {"still": 9.0, "pan": 46.0, "push": 9.0, "pull": 9.0}
_SHADOWS = {"walker": 92.0, "dog": 96.0, "cat": 78.0, "bird": 60.0, "car": 176.0}
_MACHINES = ("car", "train", "boat")
_HEIGHTS = {
    "walker": 150.0,
    "dog": 70.0,
    "cat": 62.0,
    "bird": 262.0,
    "car": 60.0,
    "train": 84.0,
    "boat": 92.0,
}


@dataclass(frozen=True, kw_only=True)
class View:
    """What part of the wide picture is shown: pixels per unit, the design point in the upper left corner."""

    scale: float
    left: float = 0.0
    top: float = 0.0

    @property
    def origin(self) -> tuple[float, float]:
        """Pixel of the design's (0, 0)."""
        return -self.left * self.scale, -self.top * self.scale


@dataclass(frozen=True, kw_only=True)
class Take:
    """A shot with its camera: design units at the start and per second; the walker's way on screen."""

    shot: Shot
    camera: float
    speed: float
    enter: float
    leave: float

    def camera_at(self, seconds: float) -> float:
        """Where the camera is."""
        return self.camera + self.speed * (seconds - self.shot.start)


def takes_of(timeline: Timeline, width: float, gap: float) -> tuple[Take, ...]:
    """The camera's way through all shots; each wide shot begins `gap` units farther along."""
    script = timeline.script
    takes: list[Take] = []
    camera = 20.0
    for shot in timeline.shots:
        length = shot.end - shot.start
        pace = acts.pace_of(script.subject, length)
        enter, leave = width * pace.enter, width * pace.leave
        if script.subject == "walker":
            enter, leave = width * 0.30, width * (0.30 + min(0.30, 0.045 * length))
        if shot.framing == "close":
            speed = 0.0
        elif script.subject == "walker":
            speed = PACE - (leave - enter) / length
        elif script.subject == "train":
            speed = 0.0  # the rails belong to the ground
        elif pace.ground:
            speed = max(4.0, pace.ground - (leave - enter) / length)
        else:
            speed = _CAMERA[script.camera]
        takes.append(Take(shot=shot, camera=camera, speed=speed, enter=enter, leave=leave))
        camera += speed * length + (gap if shot.framing == "wide" else 0.0)
    return tuple(takes)


class Acting:
    """The subject of one clip."""

    def __init__(self, stage: Stage, timeline: Timeline, backdrop: Backdrop, fall: Fall) -> None:
        """Choose its look; nothing is drawn yet."""
        self._stage, self._timeline, self._backdrop, self._fall = stage, timeline, backdrop, fall
        script, palette = stage.script, stage.palette
        self._subject = script.subject
        self._look = look_of(script)
        kind = self._subject if self._subject in ("cat", "bird") else "dog"
        self._beast = animals.beast_of(kind, script.seed, palette)
        self._paint = vehicles.paint_of(script.seed, palette)
        narrow = min(1.0, stage.width / 800)
        toy = script.setting == "room" or (script.setting == "space" and script.seed % 3 == 1)
        self._size = (
            0.46
            if toy and self._subject in _MACHINES
            else max(0.72, narrow)
            if self._subject in _MACHINES
            else 1.0
        )
        if self._subject == "boat" and not toy:
            self._size *= 0.92

    @property
    def anything(self) -> bool:
        """Whether something moves in the wide picture."""
        return self._subject not in ("none", "talker")

    def place(self, take: Take, seconds: float) -> float:
        """Across the picture, in design units."""
        shot = take.shot
        if self._subject == "walker":
            share = (seconds - shot.start) / (shot.end - shot.start)
            return take.enter + (take.leave - take.enter) * share
        return (
            acts.place_at(self._subject, shot.start, shot.end, seconds, self._stage.width) * self._stage.width
        )

    def focus(self, take: Take, seconds: float) -> tuple[float, float]:
        """The point that a closer view looks at, in design units."""
        x = (
            self._stage.width * 0.5
            if self._subject in ("train", "none", "talker")
            else self.place(take, seconds)
        )
        ground = self._backdrop.ground
        if self._subject == "boat":
            ground = water.line_of(self._stage, ground)
        return x, ground - _HEIGHTS.get(self._subject, 120.0) * self._size

    def draw(self, frame: Image.Image, take: Take, seconds: float, view: View) -> None:
        """Draw the subject at a moment onto the background."""
        x, ground = self.place(take, seconds), self._backdrop.ground
        act = {
            "walker": self._walker, "dog": self._animal, "cat": self._animal, "bird": self._bird,
            "car": self._car, "train": self._train,
        }.get(self._subject)  # fmt: skip
        camera = take.camera_at(seconds)
        if self._subject == "boat":
            canvas = Canvas(frame, view.scale, view.origin)
            self._boat(canvas, take, seconds, x, camera)
            canvas.finish()
        if act is None:
            return
        wet = self._backdrop.wet and self._subject != "train"
        if wet and self._subject != "bird":
            self._mirror(frame, lambda canvas: act(canvas, take, seconds, x), x, ground, view)
        canvas = Canvas(frame, view.scale, view.origin)
        self._shadow(canvas, x, ground)
        if wet:
            self._fall.rings(canvas, seconds, camera, ground - 80)
        act(canvas, take, seconds, x)
        if wet and self._subject == "walker":
            self._splashes(canvas, take, seconds, x)
        canvas.finish()

    def _shadow(self, canvas: Canvas, x: float, ground: float) -> None:
        half = _SHADOWS.get(self._subject, 0.0) * self._size
        for k in range(5):
            share = 1 - 0.18 * k
            canvas.ellipse(
                x, ground + 1, half * share, half * 0.2 * share, (*self._stage.palette.shade, 0.15)
            )

    def _walker(self, canvas: Canvas, take: Take, seconds: float, x: float) -> None:
        shot = take.shot
        steps = tuple(step for step in self._timeline.steps if shot.start <= step < shot.end)
        draw_walker(
            canvas, self._look, self._stage.palette, x=x, ground=self._backdrop.ground, seconds=seconds,
            steps=steps,
            start=shot.start,
        )  # fmt: skip

    def _animal(self, canvas: Canvas, take: Take, seconds: float, x: float) -> None:
        mouth = acts.mouth_at(self._subject, self._timeline.act.cries, seconds)
        since, ground = seconds - take.shot.start, self._backdrop.ground
        if self._subject == "dog":
            turn = since / (2 * acts.TROT_SECONDS)
            animals.draw_dog(canvas, self._beast, x=x, ground=ground, seconds=seconds, turn=turn, mouth=mouth)
        else:
            turn = since / (2 * acts.PAD_SECONDS)
            animals.draw_cat(canvas, self._beast, x=x, ground=ground, seconds=seconds, turn=turn, mouth=mouth)

    def _bird(self, canvas: Canvas, take: Take, seconds: float, x: float) -> None:
        mouth = acts.mouth_at("bird", self._timeline.act.cries, seconds)
        y = self._backdrop.ground - 262 + 26 * float(np.sin(seconds * 1.3))
        animals.draw_bird(canvas, self._beast, x=x, y=y, seconds=seconds, mouth=mouth)

    def _car(self, canvas: Canvas, take: Take, seconds: float, x: float) -> None:
        ground_speed = take.speed + (take.leave - take.enter) / (take.shot.end - take.shot.start)
        way = ground_speed * (seconds - take.shot.start) / self._size
        ground = self._backdrop.ground + 8
        vehicles.draw_car(canvas, self._paint, x=x, ground=ground, seconds=seconds, way=way, scale=self._size)

    def _train(self, canvas: Canvas, take: Take, seconds: float, x: float) -> None:
        stage, start = self._stage, take.shot.start
        ground, size = self._backdrop.ground + 6, self._size
        since = seconds - start
        way = acts.TRAIN_PACE * since
        cars = max(2, int((acts.train_front(start, take.shot.end) - stage.width * 0.25) / acts.CARRIAGE))
        with canvas.moved(0, ground, scale=size):
            vehicles.draw_rails(
                canvas, stage.palette, ground=0, width=stage.width / size, joint=acts.first_joint_place()
            )
            vehicles.draw_train(
                canvas, self._paint, front=acts.train_front(start, seconds), ground=0,
                width=stage.width / size,
                seconds=seconds, way=way,
                jolt=acts.jolt_at(self._timeline.act.joints, seconds), carriages=cars,
                whistle=acts.mouth_at("train", self._timeline.act.cries, seconds),
            )  # fmt: skip

    def _boat(self, canvas: Canvas, take: Take, seconds: float, x: float, camera: float) -> None:
        stage, ground, size = self._stage, self._backdrop.ground, self._size
        kind, line = water.kind_of(stage.script), water.line_of(stage, ground)
        if kind == "river":
            water.draw_river(canvas, stage, line, camera, seconds, near=False)
        elif kind == "tub":
            water.draw_tub(canvas, stage, x, ground, seconds, near=False)
        heave, tilt = 7.0 * water.heave_at(seconds), water.tilt_at(seconds)
        if kind != "tub":
            water.draw_wake(canvas, stage, x, line - heave * 0.5, seconds, size)
        vehicles.draw_boat(
            canvas,
            self._paint,
            x=x,
            line=line,
            heave=heave * (1.0 if kind != "tub" else 0.5),
            tilt=tilt,
            seconds=seconds,
            scale=size,
        )
        if kind == "river":
            water.draw_river(canvas, stage, line, camera, seconds, near=True)
        elif kind == "tub":
            water.draw_tub(canvas, stage, x, ground, seconds, near=True)

    def _mirror(
        self, frame: Image.Image, draw: Callable[[Canvas], None], x: float, ground: float, view: View
    ) -> None:  # fmt: skip
        """The subject upside down in the wet ground, fading with distance from the feet."""
        scale = view.scale
        row = round((ground + 2 - view.top) * scale)
        half, depth = round(max(110.0, _SHADOWS.get(self._subject, 0.0) * 1.2) * scale), frame.height - row
        if depth < 2:
            return
        centre = (x - view.left) * scale
        sprite = Sprite(2 * half, depth, scale, (half - x * scale, -(ground + 2) * scale))
        with sprite.canvas.upside_down(ground + 4):
            draw(sprite.canvas)
        image = sprite.finished()
        fade = np.linspace(0.42, 0.12, depth, dtype=np.float32)[:, None]
        alpha = (np.asarray(image.getchannel("A")) * fade).astype(np.uint8)
        frame.paste(image.convert("RGB"), (round(centre) - half, row), Image.fromarray(alpha))

    def _splashes(self, canvas: Canvas, take: Take, seconds: float, x: float) -> None:
        shot, ground = take.shot, self._backdrop.ground
        colour = mix(self._stage.palette.rim, self._stage.palette.haze, 0.25)
        for step in self._timeline.steps:
            since = seconds - step
            if not 0 <= since < 0.42 or not shot.start <= step < shot.end:
                continue
            foot = x - PACE * (seconds - shot.start) + PACE * (step - shot.start) + 48
            for k in range(9):
                angle = (k - 4) * 0.36
                px = foot + np.sin(angle) * 150 * since
                py = ground - np.cos(angle) * 120 * since + 300 * since**2
                if py < ground + 8:
                    canvas.ellipse(px, py, 2.4, 2.4, (*colour, 0.85 * (1 - since / 0.42)))
            canvas.ellipse(
                foot, ground + 3, 16 + 80 * since, 4 + 15 * since, (*colour, 0.28 * (1 - since / 0.42))
            )
