"""Timeline → frames: picks the place, moves the camera, puts person, weather and words together.

`Picture.frame(n)` depends on nothing but n, so frames may be drawn by several threads and in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.local import titles
from providers.local.backdrop import Backdrop, Stage, light_up
from providers.local.birds import Flock
from providers.local.canvas import Canvas, Sprite, blurred, ease, mix
from providers.local.city import paint_city
from providers.local.cosmos import paint_space
from providers.local.desert import paint_desert
from providers.local.face import Face
from providers.local.features import Mouth
from providers.local.forest import paint_forest
from providers.local.hills import paint_hills
from providers.local.lips import Track
from providers.local.looks import look_of
from providers.local.mountains import paint_mountains
from providers.local.palette import palette_of
from providers.local.photo import paint_photo
from providers.local.room import paint_room
from providers.local.script import Gender, Setting
from providers.local.sea import paint_sea
from providers.local.theatre import paint_theatre
from providers.local.timeline import FPS, Shot, Spoken, Timeline
from providers.local.walker import PACE, draw_walker
from providers.local.weather import Fall, flash_at, mist

_PAN = {"still": 9.0, "pan": 46.0, "push": 9.0, "pull": 9.0}
_CUT_GAP = 220.0  # design units between the places of two wide shots
_BREATH = 0.35  # seconds that a subtitle stays


def painters() -> Mapping[Setting, Callable[[Stage], Backdrop]]:
    """The places that are painted as themselves; all others are open country."""
    return {
        "city": paint_city,
        "forest": paint_forest,
        "sea": paint_sea,
        "desert": paint_desert,
        "mountains": paint_mountains,
        "room": paint_room,
        "stage": paint_theatre,
        "space": paint_space,
    }


@dataclass(frozen=True, kw_only=True)
class _Take:
    """A shot with its camera (design units at the start and per second) and the walker's way on screen."""

    shot: Shot
    camera: float
    speed: float
    enter: float
    leave: float


class Picture:
    """All frames of one clip."""

    def __init__(
        self, timeline: Timeline, mouth: Track, *, caption: str, photo: Image.Image | None = None
    ) -> None:
        """Paint everything that does not move; takes up to a second.

        Args:
            timeline: what happens when.
            mouth: shape of the speaker's mouth per frame.
            caption: what the clip says about itself.
            photo: the user's picture as the place.
        """
        self._timeline = timeline
        self._mouth = mouth
        script, size = timeline.script, timeline.size
        scale = min(size.height / 720, size.width / 460)
        self._takes = _takes(timeline, size.width / scale)
        last = self._takes[-1]
        self.stage = Stage(
            script=script,
            palette=palette_of(script),
            size=size,
            scale=scale,
            travel=max(0.0, last.camera + last.speed * (last.shot.end - last.shot.start)) + 60,
            seconds=float(timeline.seconds),
        )
        paint = painters().get(script.setting, paint_hills)
        self._backdrop = paint_photo(self.stage, photo) if photo is not None else paint(self.stage)
        self._fall = Fall(self.stage)
        self._flock = Flock(self.stage)
        self._birds = self._flock.anything and photo is None
        self._mist = mist(self.stage) if photo is None else None
        self.vignette = _vignette(size.width, size.height)
        self._caption = titles.caption(size, caption)
        self._subtitles = tuple(titles.subtitle(size, spoken.text) for spoken in timeline.spoken)
        self._shade = _shade(self.stage)
        self._faces: dict[Gender, Face] = {
            gender: Face(look=look_of(script, gender), palette=self.stage.palette, seed=script.seed)
            for gender in ("woman", "man", "person")
        }
        self._looks = look_of(script)
        self._far = {
            take.shot.number: self._out_of_focus(take) for take in self._takes if take.shot.framing == "close"
        }

    def frame(self, number: int) -> Image.Image:
        """Frame `number`, counted from 0, as RGB."""
        seconds = number / FPS
        shot = self._timeline.shot_at(seconds)
        take = self._takes[shot.number]
        camera = take.camera + take.speed * (seconds - shot.start)
        if shot.framing == "wide":
            frame = self._wide(take, camera, seconds)
        else:
            frame = self._close(take, number)
        if light := flash_at(self._timeline.flashes, seconds):
            frame = Image.blend(frame, Image.new("RGB", frame.size, (216, 226, 255)), 0.42 * light)
        self._words(frame, seconds)
        return frame

    def _wide(self, take: _Take, camera: float, seconds: float) -> Image.Image:
        stage, backdrop = self.stage, self._backdrop
        frame = backdrop.put_behind(stage, camera, seconds)
        if self._mist is not None:
            frame.paste(self._mist, (0, 0), self._mist)
        if self._timeline.script.subject == "walker":
            self._walk(frame, take, camera, seconds)
        backdrop.put_before(frame, stage, camera, seconds)
        script = self._timeline.script
        if script.subject != "walker" and script.camera in ("push", "pull"):
            frame = self._zoomed(frame, take.shot, seconds)
        if self._fall.anything or self._birds:
            canvas = Canvas(frame, stage.scale)
            if self._birds:
                self._flock.draw(canvas, seconds, camera)
            self._fall.draw(canvas, seconds, camera)
            canvas.finish()
        return frame

    def _walk(self, frame: Image.Image, take: _Take, camera: float, seconds: float) -> None:
        stage, ground = self.stage, self._backdrop.ground
        shot = take.shot
        share = (seconds - shot.start) / (shot.end - shot.start)
        x = take.enter + (take.leave - take.enter) * share

        def draw(canvas: Canvas) -> None:
            draw_walker(
                canvas,
                self._looks,
                stage.palette,
                x=x,
                ground=ground,
                seconds=seconds,
                steps=tuple(step for step in self._timeline.steps if shot.start <= step < shot.end),
                start=shot.start,
            )

        if self._backdrop.wet:
            self._mirror(frame, draw, x, ground)
        left, top = (
            round(x * stage.scale - self._shade.width / 2),
            round(ground * stage.scale - self._shade.height / 2),
        )
        frame.paste(self._shade, (left, top), self._shade)
        canvas = Canvas(frame, stage.scale)
        if self._backdrop.wet:
            self._fall.rings(canvas, seconds, camera, ground - 80)
        draw(canvas)
        if self._backdrop.wet:
            self._splashes(canvas, take, seconds, x)
        canvas.finish()

    def _mirror(self, frame: Image.Image, draw: Callable[[Canvas], None], x: float, ground: float) -> None:
        """The person upside down in the wet ground, fading with distance from the feet."""
        scale = self.stage.scale
        half, depth = round(110 * scale), frame.height - round((ground + 2) * scale)
        sprite = Sprite(2 * half, depth, scale, (half - x * scale, -(ground + 2) * scale))
        with sprite.canvas.upside_down(ground + 4):
            draw(sprite.canvas)
        image = sprite.finished()
        fade = np.linspace(0.42, 0.12, depth, dtype=np.float32)[:, None]
        alpha = (np.asarray(image.getchannel("A")) * fade).astype(np.uint8)
        frame.paste(
            image.convert("RGB"), (round(x * scale) - half, frame.height - depth), Image.fromarray(alpha)
        )

    def _splashes(self, canvas: Canvas, take: _Take, seconds: float, x: float) -> None:
        shot, ground = take.shot, self._backdrop.ground
        colour = mix(self.stage.palette.rim, self.stage.palette.haze, 0.25)
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

    def _close(self, take: _Take, number: int) -> Image.Image:
        stage, seconds, shot = self.stage, number / FPS, take.shot
        far = self._far[shot.number]
        room = far.width - stage.size.width
        left = min(room, round(room * (0.3 + 0.4 * (seconds - shot.start) / max(1.0, shot.end - shot.start))))
        frame = far.crop((left, 0, left + stage.size.width, stage.size.height))
        mouth: Mouth = tuple(self._mouth[number])
        speaker = self._speaker(seconds)
        push = ease((seconds - shot.start) / (shot.end - shot.start)) * 0.07
        scale = min(stage.height / 720 * 1.1, stage.width / 460 * 0.92) * (1 + push)
        x = stage.width * (0.5 if stage.width < stage.height * 1.2 else 0.44 if speaker != "man" else 0.56)
        canvas = Canvas(frame, stage.scale)
        self._faces[speaker].draw(
            canvas,
            x=x,
            y=stage.height * 0.455,
            scale=scale,
            seconds=seconds,
            mouth=mouth,
            stress=float(mouth[0]),
        )
        self._fall.draw(canvas, seconds, take.camera)
        canvas.finish()
        return frame

    def _speaker(self, seconds: float) -> Gender:
        spoken = [s for s in self._timeline.spoken if s.start - 0.2 <= seconds]
        current = spoken[-1] if spoken else next(iter(self._timeline.spoken), None)
        return current.speaker if current is not None else "person"

    def _out_of_focus(self, take: _Take) -> Image.Image:
        stage = self.stage
        middle = (take.shot.start + take.shot.end) / 2
        plain = self._backdrop.put_behind(stage, take.camera + 30, middle)
        width = round(stage.size.width * 1.30)
        height = round(stage.size.height * 1.25)
        zoomed = plain.resize((width, height), Image.Resampling.BILINEAR)
        top = round((height - stage.size.height) * 0.75)
        return blurred(zoomed.crop((0, top, width, top + stage.size.height)), 6.5 * stage.scale)

    def _zoomed(self, frame: Image.Image, shot: Shot, seconds: float) -> Image.Image:
        share = ease((seconds - shot.start) / (shot.end - shot.start))
        share = 1 - share if self._timeline.script.camera == "pull" else share
        zoom = 1 / (1 + 0.22 * share)
        width, height = frame.width * zoom, frame.height * zoom
        left, top = (frame.width - width) / 2, (frame.height - height) * 0.6
        return frame.resize(
            frame.size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height)
        )

    def _words(self, frame: Image.Image, seconds: float) -> None:
        unit = min(frame.size) / 720
        frame.paste(self._caption, (round(16 * unit), round(14 * unit)), self._caption)
        spoken = self._timeline.spoken
        for number, image in enumerate(self._subtitles):
            if _shown(spoken, number, seconds):
                left = (frame.width - image.width) // 2
                top = frame.height - image.height - round(36 * unit)
                frame.paste(image, (left, top), image)


def _shown(spoken: tuple[Spoken, ...], number: int, seconds: float) -> bool:
    line = spoken[number]
    end = line.end + _BREATH
    if number + 1 < len(spoken):
        end = min(end, spoken[number + 1].start - 0.05)
    return line.start - 0.05 <= seconds < end


def _takes(timeline: Timeline, width: float) -> tuple[_Take, ...]:
    script = timeline.script
    takes: list[_Take] = []
    camera = 20.0
    for shot in timeline.shots:
        length = shot.end - shot.start
        enter, leave = width * 0.30, width * (0.30 + min(0.30, 0.045 * length))
        if shot.framing == "close":
            speed = 0.0
        elif script.subject == "walker":
            speed = PACE - (leave - enter) / length
        else:
            speed = _PAN[script.camera]
        takes.append(_Take(shot=shot, camera=camera, speed=speed, enter=enter, leave=leave))
        camera += speed * length + (_CUT_GAP if shot.framing == "wide" else 0.0)
    return tuple(takes)


def _vignette(width: int, height: int) -> NDArray[np.uint16]:
    """How bright each pixel stays, 256 = as it is; the encoder applies it to the luma, which is cheapest."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    fall = 1 - 0.26 * np.clip((x**2 * 0.8 + y**2 * 0.7) - 0.25, 0, 1) ** 1.2
    bright: NDArray[np.uint16] = (fall * 256).astype(np.uint16)
    return bright


def _shade(stage: Stage) -> Image.Image:
    """The soft shadow under a person."""
    image = Image.new("RGBA", (round(190 * stage.scale), round(44 * stage.scale)))
    light_up(
        image, image.width / 2, image.height / 2, 92 * stage.scale, (*stage.palette.shade, 0.62), flat=0.2
    )
    return image
