"""Clips whose lips and blows are in step with the sound because they are made so, with Pillow and numpy.

A second witness beside the built-in renderer: another drawing, another voice, other rhythms. The estimators
of `bot/media` never saw it while they were written. Everything is deterministic by its seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bot.media.motion import Pictures

Samples = NDArray[np.float32]
Track = NDArray[np.float64]
Noise = Literal["clean", "rain", "music"]
Blow = Literal["ball", "hammer", "clap", "lamp"]
RATE_HZ = 48_000
_HZ = 500  # of mouth and movement tracks
_SIZE = (480, 270)
_LEAD_SECONDS = 0.02  # lips go before the voice
# First three formants in Hz, how far the mouth opens, how loud it is.
_VOWELS = (
    ((760, 1250, 2550), 1.0, 1.0),
    ((520, 1850, 2500), 0.6, 0.8),
    ((300, 2250, 3000), 0.28, 0.55),
    ((480, 880, 2450), 0.72, 0.85),
    ((320, 760, 2300), 0.3, 0.6),
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A clip in memory: what is seen at which rate, and what is heard."""

    pictures: tuple[Image.Image, ...]
    fps: int
    sound: Samples

    @property
    def seconds(self) -> float:
        """Length of the picture."""
        return len(self.pictures) / self.fps


def talker(*, seed: int, seconds: float = 5.0) -> Made:
    """A face that says made-up words in front of a moving background."""
    random = np.random.default_rng(seed)
    fps = (24, 25, 30)[seed % 3]
    mouth, voice = _speech(random, seconds)
    count = round(seconds * fps)
    return Made(pictures=tuple(_faces(random, mouth, count, fps)), fps=fps, sound=voice)


def blows(*, seed: int, kind: Blow, seconds: float = 5.0) -> Made:
    """Something that strikes at uneven moments, heard each time."""
    random = np.random.default_rng((1000 + seed, "ball hammer clap lamp".split().index(kind)))
    fps = (24, 25, 30)[seed % 3]
    moments = []
    at = float(random.uniform(0.4, 0.7))
    while at < seconds - 0.3:
        moments.append(at)
        at += float(random.uniform(0.45, 0.95))
    sound = random.standard_normal(round(seconds * RATE_HZ)) * 0.002
    for moment in moments:
        _add(sound, moment, _knock(random))
    count = round(seconds * fps)
    pictures = tuple(_strikes(random, kind, moments, count, fps))
    return Made(pictures=pictures, fps=fps, sound=(sound * 0.7).astype(np.float32))


def scenery(*, seed: int, seconds: float = 5.0) -> Made:
    """A voice and knocks over pictures that have nothing to do with them."""
    random = np.random.default_rng(2000 + seed)
    fps = (24, 25, 30)[seed % 3]
    _, voice = _speech(random, seconds)
    drifters = _Drifters(random, 9)
    pictures = []
    for number in range(round(seconds * fps)):
        image = Image.new("RGB", _SIZE, (70, 96, 120))
        drifters.draw(ImageDraw.Draw(image), number / fps)
        pictures.append(image)
    return Made(pictures=tuple(pictures), fps=fps, sound=voice)


def small(made: Made) -> Pictures:
    """Its pictures as the estimators take them."""
    size = (160, 90)
    grey = [np.asarray(picture.convert("L").resize(size, Image.Resampling.BOX)) for picture in made.pictures]
    return Pictures(times=np.arange(len(grey)) / made.fps, grey=np.array(grey))


def at_16_khz(sound: Samples) -> Samples:
    """Every third sample's mean: mono at 16 kHz."""
    return np.asarray(sound[: len(sound) // 3 * 3].reshape(-1, 3).mean(axis=1), np.float32)


def moved(sound: Samples, ms: int) -> Samples:
    """The same sound, heard later by so many milliseconds (earlier where negative), as long as before."""
    count = round(abs(ms) * RATE_HZ / 1000)
    still = np.zeros(count, np.float32)
    return np.concatenate([still, sound])[: len(sound)] if ms > 0 else np.concatenate([sound[count:], still])


def over(sound: Samples, noise: Noise, *, seed: int, below_db: float = 6.0) -> Samples:
    """The sound with rain or music over it, so many decibels below it."""
    if noise == "clean":
        return sound
    random = np.random.default_rng(3000 + seed)
    made = _rain(random, len(sound)) if noise == "rain" else _music(random, len(sound))
    mixed = sound + made * float(sound.std()) * 10 ** (-below_db / 20)
    return (mixed / max(1.0, float(np.abs(mixed).max()) / 0.95)).astype(np.float32)


def write(made: Made, path: Path, *, sound: Samples | None = None) -> Path:
    """As an mp4 with H.264 and AAC; `sound` instead of its own."""
    heard = made.sound if sound is None else sound
    with av.open(str(path), "w", options={"max_interleave_delta": "0"}) as out:
        picture = out.add_stream("libx264", rate=made.fps)
        assert isinstance(picture, VideoStream)
        picture.width, picture.height, picture.pix_fmt = *_SIZE, "yuv420p"
        picture.options = {"preset": "ultrafast", "crf": "26"}
        track = out.add_stream("aac", rate=RATE_HZ, layout="stereo")
        assert isinstance(track, AudioStream)
        for start in range(0, len(heard), 1024):
            part = np.ascontiguousarray(np.stack([heard[start : start + 1024]] * 2), np.float32)
            frame = AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
        for number, image in enumerate(made.pictures):
            shown = VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            shown.pts, shown.time_base = number, Fraction(1, made.fps)
            out.mux(picture.encode(shown))
        out.mux(picture.encode(None))
    return path


def _speech(random: np.random.Generator, seconds: float) -> tuple[Track, Samples]:
    """How far the mouth is open (500 times a second), and the voice."""
    count = round(seconds * RATE_HZ)
    opened = np.zeros(round(seconds * _HZ))
    loud = np.zeros(opened.size)
    formants = np.tile(np.array(_VOWELS[0][0], float), (opened.size, 1))
    hiss = np.zeros(opened.size)
    at = float(random.uniform(0.15, 0.5))
    while at < seconds - 0.3:
        for _ in range(int(random.integers(6, 12))):
            shape, wide, level = _VOWELS[int(random.integers(0, 5))]
            long = float(random.uniform(0.09, 0.2))
            if random.random() < 0.35:  # a fricative before the vowel
                hiss[round(at * _HZ) : round((at + 0.06) * _HZ)] = 0.12
            first, last = round((at + 0.05) * _HZ), round((at + 0.05 + long) * _HZ)
            opened[first:last] = wide
            loud[first:last] = level * float(random.uniform(0.75, 1.0))
            formants[first:] = shape
            at += 0.05 + long + float(random.choice([0.0, 0.02, 0.06]))
            if at > seconds - 0.3:
                break
        at += float(random.uniform(0.2, 0.45))
    early = np.concatenate([opened[round(_LEAD_SECONDS * _HZ) :], np.zeros(round(_LEAD_SECONDS * _HZ))])
    mouth = _smooth(early, 0.09)
    return mouth, _voice(random, count, _smooth(loud, 0.03), formants, _smooth(hiss, 0.02))


def _voice(random: np.random.Generator, count: int, loud: Track, formants: Track, hiss: Track) -> Samples:
    at = np.arange(count) / RATE_HZ
    fine = np.arange(loud.size) / _HZ
    pitch = float(random.uniform(100, 210)) * (1 + 0.06 * np.sin(2 * np.pi * 0.8 * at + 1))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    shapes = [np.interp(at, fine, _smooth(formants[:, n], 0.04)) for n in range(3)]
    voice = np.zeros(count)
    for harmonic in range(1, 24):
        tone = harmonic * pitch
        weight = sum(
            level / (1 + ((tone - shape) / width) ** 2)
            for shape, level, width in zip(shapes, (1.0, 0.6, 0.3), (90, 120, 160), strict=True)
        )
        voice += np.sin(phase * harmonic) * weight
    voice *= np.interp(at, fine, loud)
    noise = np.diff(random.standard_normal(count + 1))
    voice += noise * np.interp(at, fine, hiss)
    return (0.5 * voice / max(1e-6, float(np.abs(voice).max()))).astype(np.float32)


def _colour(random: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in random.integers(low, high, 3))
    return red, green, blue


class _Drifters:
    """Things that move about in the background, to be mistaken for a mouth."""

    def __init__(self, random: np.random.Generator, count: int) -> None:
        self._all = [
            (
                random.uniform(20, 460), random.uniform(10, 150), random.uniform(8, 26),
                random.uniform(0.3, 2.4), random.uniform(0, 6), _colour(random, 60, 200),
            )
            for _ in range(count)
        ]  # fmt: skip

    def draw(self, pen: ImageDraw.ImageDraw, seconds: float) -> None:
        for x, y, size, speed, phase, colour in self._all:
            left = x + 30 * math.sin(speed * seconds + phase)
            top = y + 14 * math.cos(1.3 * speed * seconds + phase)
            pen.ellipse((left, top, left + size, top + size), fill=colour)


def _faces(random: np.random.Generator, mouth: Track, count: int, fps: int) -> Iterator[Image.Image]:
    size = float(random.uniform(60, 110))
    place = (float(random.uniform(160, 320)), float(random.uniform(120, 150)))
    tone = float(random.uniform(110, 245))
    skin = (int(tone), int(tone * 0.8), int(tone * 0.66))
    wall = _colour(random, 40, 150)
    drifters = _Drifters(random, 5)
    blinks = np.cumsum(random.uniform(0.8, 2.2, 12))
    nods = random.uniform(0.5, 2.0, 3)
    for number in range(count):
        seconds = number / fps
        image = Image.new("RGB", _SIZE, wall)
        pen = ImageDraw.Draw(image)
        drifters.draw(pen, seconds)
        x = place[0] + size * 0.06 * math.sin(nods[0] * 2 * seconds)
        y = place[1] + size * 0.05 * math.sin(nods[1] * 3 * seconds + 1)
        open_now = float(mouth[min(len(mouth) - 1, round(seconds * _HZ))])
        _face(pen, x, y, size, skin, open_now, blink=bool(np.any(np.abs(blinks - seconds) < 0.07)))
        yield image


def _face(
    pen: ImageDraw.ImageDraw,
    x: float,
    y: float,
    size: float,
    skin: tuple[int, ...],
    opened: float,
    *,
    blink: bool,
) -> None:
    pen.ellipse((x - size * 0.75, y - size, x + size * 0.75, y + size * (0.98 + 0.1 * opened)), fill=skin)
    pen.rectangle((x - size * 0.75, y - size * 1.05, x + size * 0.75, y - size * 0.6), fill=(50, 36, 30))
    for side in (-1, 1):
        eye = x + side * size * 0.3
        lid = size * (0.02 if blink else 0.1)
        pen.ellipse(
            (eye - size * 0.13, y - size * 0.25 - lid, eye + size * 0.13, y - size * 0.25 + lid), fill="white"
        )
        if not blink:
            pen.ellipse(
                (eye - size * 0.05, y - size * 0.3, eye + size * 0.05, y - size * 0.2), fill=(30, 40, 60)
            )
    pen.polygon([(x, y - size * 0.1), (x - size * 0.09, y + size * 0.18), (x + size * 0.09, y + size * 0.18)],
                fill=tuple(int(v * 0.86) for v in skin))  # fmt: skip
    lip, high = size * 0.3, size * (0.05 + 0.22 * opened)
    top = y + size * 0.42
    pen.ellipse((x - lip, top - high * 0.55, x + lip, top + high), fill=(170, 60, 66))
    inner = high - size * 0.045
    if inner > 1:
        pen.ellipse((x - lip * 0.8, top - inner * 0.5, x + lip * 0.8, top + inner), fill=(48, 14, 18))
        if opened > 0.5:
            pen.rectangle(
                (x - lip * 0.5, top - inner * 0.4, x + lip * 0.5, top - inner * 0.15), fill=(235, 232, 220)
            )


def _strikes(
    random: np.random.Generator, kind: Blow, moments: list[float], count: int, fps: int
) -> Iterator[Image.Image]:
    drifters = _Drifters(random, 6)
    floor = float(random.uniform(205, 235))
    x = float(random.uniform(140, 340))
    for number in range(count):
        seconds = number / fps
        image = Image.new("RGB", _SIZE, (58, 74, 92))
        pen = ImageDraw.Draw(image)
        drifters.draw(pen, seconds)
        pen.rectangle((0, floor, 480, 270), fill=(44, 40, 38))
        coming = next((m for m in moments if m > seconds), None)
        gone = max((m for m in moments if m <= seconds), default=None)
        _blow(pen, kind, x, floor, seconds, coming, gone)
        yield image


def _blow(
    pen: ImageDraw.ImageDraw,
    kind: Blow,
    x: float,
    floor: float,
    now: float,
    coming: float | None,
    gone: float | None,
) -> None:
    since = 9.0 if gone is None else now - gone
    until = 9.0 if coming is None else coming - now
    if kind == "ball":
        if coming is None and gone is not None:
            coming = gone + 0.7
        if gone is None and coming is not None:
            gone = coming - 0.7
        assert coming is not None and gone is not None
        part = min(1.0, max(0.0, (now - gone) / (coming - gone)))
        height = 480 * (coming - gone) ** 2 * part * (1 - part)
        flat = 6 if min(since, until) < 0.03 else 0
        pen.ellipse(
            (x - 22 - flat, floor - height - 44 + flat, x + 22 + flat, floor - height), fill=(226, 96, 60)
        )
    elif kind == "hammer":
        turn = -60.0 + (60.0 * (1 - until / 0.16) ** 2 if until < 0.16 else 0.0)
        if since < 0.25 and until >= 0.16:
            turn = -60.0 * min(1.0, since / 0.25)
        angle = math.radians(turn)
        tip = (x + 130 * math.cos(angle), floor - 30 + 130 * math.sin(angle))
        pen.line((x, floor - 30, *tip), fill=(150, 110, 70), width=9)
        pen.ellipse((tip[0] - 20, tip[1] - 20, tip[0] + 20, tip[1] + 20), fill=(170, 170, 182))
    elif kind == "clap":
        apart = 55.0 * min(1.0, since / 0.2) if since < 0.2 else 55.0 * min(1.0, until / 0.12)
        for side in (-1, 1):
            middle = x + side * (14 + apart)
            pen.ellipse((middle - 14, floor - 120, middle + 14, floor - 50), fill=(222, 170, 140))
    else:  # a lamp that flashes up and fades
        light = math.exp(-since * 9) if since < 2 else 0.0
        colour = tuple(int(60 + 190 * light) for _ in range(3))
        pen.rectangle((x - 40, floor - 130, x + 40, floor - 60), fill=colour)


def _knock(random: np.random.Generator) -> Track:
    at = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * float(random.uniform(160, 420)) * at) * np.exp(-at * 28)
    return np.asarray(
        (tone + 0.8 * random.standard_normal(at.size) * np.exp(-at * 60)) * float(random.uniform(0.5, 0.9))
    )


def _rain(random: np.random.Generator, count: int) -> Track:
    spectrum = np.fft.rfft(random.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    steady = np.fft.irfft(spectrum / np.maximum(hz, 300.0) ** 0.5, count)
    steady /= steady.std()
    for start in random.integers(0, count - 600, int(count / RATE_HZ * 40)):
        drop = random.standard_normal(480) * np.exp(-np.arange(480) / 90)
        steady[start : start + 480] += drop * random.exponential(1.5)
    return np.asarray(steady / steady.std())


def _music(random: np.random.Generator, count: int) -> Track:
    beat = 60 / float(random.uniform(80, 130))
    made = np.zeros(count)
    for bar in range(int(count / RATE_HZ / (2 * beat)) + 1):
        at = np.arange(round(2 * beat * RATE_HZ)) / RATE_HZ
        root = 220 * 2 ** (int(random.integers(0, 7)) / 12)
        chord = sum(
            np.sin(2 * np.pi * root * step * over_ * at) / over_
            for step in (1, 1.26, 1.5)
            for over_ in (1, 2, 3)
        )
        _add(made, bar * 2 * beat, np.asarray(chord) * np.exp(-at * 0.8))
    thump = np.arange(round(0.12 * RATE_HZ)) / RATE_HZ
    for number in range(int(count / RATE_HZ / beat) + 1):
        _add(made, number * beat, 3 * np.sin(2 * np.pi * 70 * thump) * np.exp(-thump / 0.03))
    return np.asarray(made / made.std())


def _add(track: Track, at_seconds: float, sound: Track) -> None:
    first = round(at_seconds * RATE_HZ)
    part = sound[: max(0, len(track) - first)]
    track[first : first + len(part)] += part


def _smooth(track: Track, seconds: float) -> Track:
    width = round(seconds * _HZ) | 1
    kernel = np.hanning(width + 2)[1:-1]
    edge = width // 2
    return np.convolve(np.pad(track, edge, mode="edge"), kernel / kernel.sum(), "valid")
