"""Timeline → frames: picks the place, moves the camera, puts person, weather and words together.

`Picture.frame(n)` depends on nothing but n, so frames may be drawn by several threads and in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.local import titles
from providers.local.acting import Acting, Take, View, takes_of
from providers.local.audience import audience
from providers.local.backdrop import Backdrop, Stage
from providers.local.birds import Flock
from providers.local.canvas import Canvas, blurred, ease
from providers.local.city import paint_city
from providers.local.cosmos import paint_space
from providers.local.desert import paint_desert
from providers.local.face import Face
from providers.local.features import Mouth
from providers.local.fire import camp_fires
from providers.local.forest import paint_forest
from providers.local.hills import paint_hills
from providers.local.impacts import Cues, impacts_of
from providers.local.lips import Track
from providers.local.looks import look_of
from providers.local.mountains import paint_mountains
from providers.local.palette import palette_of
from providers.local.photo import paint_photo
from providers.local.puppet import Puppet
from providers.local.room import paint_room
from providers.local.script import Gender, Setting
from providers.local.sea import paint_sea
from providers.local.theatre import paint_theatre
from providers.local.timeline import FPS, Spoken, Timeline
from providers.local.traffic import Traffic
from providers.local.weather import Fall, flash_at, mist

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


class Picture:
    """All frames of one clip."""

    def __init__(
        self,
        timeline: Timeline,
        mouth: Track,
        *,
        caption: str,
        photo: Image.Image | None = None,
        cutout: Image.Image | None = None,
    ) -> None:
        """Paint everything that does not move; takes up to a second.

        Args:
            timeline: what happens when.
            mouth: shape of the speaker's mouth per frame.
            caption: what the clip says about itself.
            photo: the user's picture as the place.
            cutout: the user's picture as the subject, cut out.
        """
        self.timeline = timeline
        self._mouth = mouth
        script, size = timeline.script, timeline.size
        scale = min(size.height / 720, size.width / 460)
        self._takes = takes_of(timeline, size.width / scale, _CUT_GAP)
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
        veil = mist(self.stage) if photo is None and not self._backdrop.indoors else None
        self._mist = None if veil is None else (veil.convert("RGB"), (0, 0), veil.getchannel("A"))
        self.vignette = _vignette(size.width, size.height)
        self._caption = titles.caption(size, caption)
        self._subtitles = tuple(titles.subtitle(size, spoken.text) for spoken in timeline.spoken)
        self._faces: dict[Gender, Face] = {
            gender: Face(look=look_of(script, gender), palette=self.stage.palette, seed=script.seed)
            for gender in ("woman", "man", "person")
        }
        self._puppet = None if cutout is None else Puppet(self.stage, timeline, self._backdrop, cutout)
        self._acting = self._puppet or Acting(self.stage, timeline, self._backdrop, self._fall)
        self._traffic = Traffic(
            self.stage, timeline.act.passes if photo is None else (), self._backdrop.ground
        )
        self._cues = Cues(self.stage, impacts_of(script, float(timeline.seconds)))
        self._crowd = audience(self.stage) if "crowd" in script.props and script.setting != "stage" else None
        self._fires = camp_fires(self.stage, self._backdrop.ground) if photo is None else ()
        self._far = {
            take.shot.number: self._out_of_focus(take) for take in self._takes if take.shot.framing == "close"
        }

    def frame(self, number: int) -> Image.Image:
        """Frame `number`, counted from 0, as RGB."""
        seconds = number / FPS
        shot = self.timeline.shot_at(seconds)
        take = self._takes[shot.number]
        camera = take.camera + take.speed * (seconds - shot.start)
        if shot.framing == "wide":
            frame = self._wide(take, camera, seconds)
        else:
            frame = self._close(take, number)
        if light := flash_at(self.timeline.flashes, seconds):
            strength = 0.16 if self._backdrop.indoors else 0.42
            frame = Image.blend(frame, Image.new("RGB", frame.size, (216, 226, 255)), strength * light)
        frame = self._cues.draw(frame, seconds)
        self._words(frame, seconds)
        return frame

    def _wide(self, take: Take, camera: float, seconds: float) -> Image.Image:
        stage, backdrop = self.stage, self._backdrop
        frame = backdrop.put_behind(stage, camera, seconds)
        if self._mist is not None:
            frame.paste(*self._mist)
        for fire in self._fires:
            fire.draw(frame, camera, seconds)
        self._traffic.draw(frame, seconds)
        view = View(scale=stage.scale)
        if take.shot.lens > 1:
            frame, view = self._nearer(frame, take, seconds)
        self._acting.draw(frame, take, seconds, view)
        if take.shot.lens == 1:
            backdrop.put_before(frame, stage, camera, seconds)
            if self._crowd is not None:
                self._crowd.draw(frame, camera, seconds)
        if self.timeline.script.camera in ("push", "pull"):
            frame = self._zoomed(frame, take, seconds)
        falls = self._fall.anything and not backdrop.indoors
        if falls or (self._birds and take.shot.lens == 1):
            canvas = Canvas(frame, stage.scale)
            if self._birds and take.shot.lens == 1:
                self._flock.draw(canvas, seconds, camera)
            if falls:
                self._fall.draw(canvas, seconds, camera)
            canvas.finish()
        return frame

    def _nearer(self, frame: Image.Image, take: Take, seconds: float) -> tuple[Image.Image, View]:
        """The part of the background that a longer lens sees; the subject is then drawn into it, sharp."""
        stage, lens = self.stage, take.shot.lens
        x, y = self._acting.focus(take, seconds)
        width, height = stage.width / lens, stage.height / lens
        left = min(max(0.0, x - width * 0.5), stage.width - width)
        top = min(max(0.0, y - height * 0.52), stage.height - height)
        box = (
            left * stage.scale,
            top * stage.scale,
            (left + width) * stage.scale,
            (top + height) * stage.scale,
        )
        near = frame.resize(frame.size, Image.Resampling.BILINEAR, box=_inside(box, frame.size))
        return near, View(scale=stage.scale * lens, left=left, top=top)

    def _close(self, take: Take, number: int) -> Image.Image:
        stage, seconds, shot = self.stage, number / FPS, take.shot
        far = self._far[shot.number]
        room = far.width - stage.size.width
        left = min(room, round(room * (0.3 + 0.4 * (seconds - shot.start) / max(1.0, shot.end - shot.start))))
        frame = far.crop((left, 0, left + stage.size.width, stage.size.height))
        mouth: Mouth = tuple(self._mouth[number])
        speaker = self._speaker(seconds)
        push = ease((seconds - shot.start) / (shot.end - shot.start)) * 0.07
        scale = min(stage.height / 720 * 1.1, stage.width / 460 * 0.92) * (1 + push) * shot.lens
        x = stage.width * (0.5 if stage.width < stage.height * 1.2 else 0.44 if speaker != "man" else 0.56)
        if self._puppet is not None:
            self._puppet.speak(frame, seconds=seconds, mouth=mouth, push=push)
        canvas = Canvas(frame, stage.scale)
        if self._puppet is None:
            self._faces[speaker].draw(
                canvas,
                x=x,
                y=stage.height * 0.455,
                scale=scale,
                seconds=seconds,
                mouth=mouth,
                stress=float(mouth[0]),
            )
        if not self._backdrop.indoors:
            self._fall.draw(canvas, seconds, take.camera)
        canvas.finish()
        return frame

    def _speaker(self, seconds: float) -> Gender:
        spoken = [s for s in self.timeline.spoken if s.start - 0.2 <= seconds]
        current = spoken[-1] if spoken else next(iter(self.timeline.spoken), None)
        return current.speaker if current is not None else "person"

    def _out_of_focus(self, take: Take) -> Image.Image:
        stage = self.stage
        middle = (take.shot.start + take.shot.end) / 2
        plain = self._backdrop.put_behind(stage, take.camera + 30, middle)
        for fire in self._fires:
            fire.draw(plain, take.camera + 30, middle)
        width = round(stage.size.width * 1.30)
        height = round(stage.size.height * 1.25)
        zoomed = plain.resize((width, height), Image.Resampling.BILINEAR)
        top = round((height - stage.size.height) * 0.75)
        return blurred(zoomed.crop((0, top, width, top + stage.size.height)), 6.5 * stage.scale)

    def _zoomed(self, frame: Image.Image, take: Take, seconds: float) -> Image.Image:
        shot = take.shot
        share = ease((seconds - shot.start) / (shot.end - shot.start))
        share = 1 - share if self.timeline.script.camera == "pull" else share
        zoom = 1 / (1 + 0.22 * share)
        width, height = frame.width * zoom, frame.height * zoom
        left, top = (frame.width - width) / 2, (frame.height - height) * 0.6
        return frame.resize(
            frame.size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height)
        )

    def _words(self, frame: Image.Image, seconds: float) -> None:
        unit = min(frame.size) / 720
        frame.paste(self._caption, (round(16 * unit), round(14 * unit)), self._caption)
        spoken = self.timeline.spoken
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


def _vignette(width: int, height: int) -> NDArray[np.uint16]:
    """How bright each pixel stays, 256 = as it is; the encoder applies it to the luma, which is cheapest."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    fall = 1 - 0.26 * np.clip((x**2 * 0.8 + y**2 * 0.7) - 0.25, 0, 1) ** 1.2
    bright: NDArray[np.uint16] = (fall * 256).astype(np.uint16)
    return bright


def _inside(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """A box that rounding has not pushed over the edge."""
    return max(0.0, box[0]), max(0.0, box[1]), min(float(size[0]), box[2]), min(float(size[1]), box[3])
