"""Script + lengths of the spoken lines → Timeline: every moment that picture and sound share. Pure.

Both sides read the same numbers, so that a step is heard in the frame in which the foot lands.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from providers.lexicon.pace import LINE_GAP_SECONDS
from providers.local.acts import Act, act_of
from providers.local.beat import Pulse, steps_on
from providers.local.music import beat_seconds
from providers.local.script import Gender, Script

FPS = 24
STEP_SECONDS = 0.54
MAX_SPEED = 1.45
CUTS_FROM_SECONDS = 6

Framing = Literal["wide", "close"]
_NO_ACT = Act()


@dataclass(frozen=True, kw_only=True)
class Size:
    """Picture size in pixels, both even."""

    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A stretch of the clip without a cut, [start, end) in seconds; `lens` 1 shows the whole place."""

    start: float
    end: float
    framing: Framing
    number: int
    lens: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A line in its place: seconds from the start of the clip, and who says it."""

    text: str
    start: float
    end: float
    speaker: Gender


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """All moments of a clip.

    Attributes:
        script: what is shown.
        seconds: length of the clip.
        size: picture size.
        shots: in order, without gaps.
        spoken: lines in their places.
        steps: moments in which a foot lands.
        flashes: moments of lightning; each thunder follows its own.
        act: what the subject does and when.
    """

    script: Script
    seconds: int
    size: Size
    shots: tuple[Shot, ...]
    spoken: tuple[Spoken, ...]
    steps: tuple[float, ...]
    flashes: tuple[float, ...]
    act: Act = _NO_ACT

    @property
    def cuts(self) -> tuple[float, ...]:
        """Moments at which a new shot begins, without the first."""
        return tuple(shot.start for shot in self.shots[1:])

    @property
    def frames(self) -> int:
        """Number of pictures."""
        return self.seconds * FPS

    def shot_at(self, seconds: float) -> Shot:
        """The shot that is on at a moment."""
        return next((shot for shot in self.shots if seconds < shot.end), self.shots[-1])


def picture_size(aspect: str, resolution: str) -> Size:
    """Pixels of an aspect ("16:9") at a resolution ("720p" = length of the short side).

    Raises:
        ValueError: either is none that the animatic draws.
    """
    short = {"480p": 480, "720p": 720, "1080p": 1080}.get(resolution)
    ratio = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1)}.get(aspect)
    if short is None or ratio is None:
        raise ValueError(
            f"The animatic draws 16:9, 9:16 and 1:1 at 480p, 720p and 1080p, not {aspect} at {resolution}."
        )
    across, down = ratio
    unit = short / min(ratio)
    return Size(width=round(unit * across / 2) * 2, height=round(unit * down / 2) * 2)


def lay_out(
    script: Script,
    *,
    seconds: int,
    size: Size,
    line_seconds: tuple[float, ...],
    recorded: bool = False,
    pulse: Pulse | None = None,
) -> Timeline:
    """Place shots, lines, steps and lightning.

    Args:
        script: what is shown.
        seconds: length of the clip, 2–15.
        size: picture size.
        line_seconds: length of each spoken line of the script, in order; empty when nothing is spoken.
        recorded: whether a recording of the user is the voice; it is heard from the first to the last moment.
        pulse: of a recording that the clip follows: cuts and steps on its beats, lightning on its accents.
    """
    rng = np.random.default_rng([script.seed, 11])
    spoken_total = sum(line_seconds) + LINE_GAP_SECONDS * max(0, len(line_seconds) - 1)
    if recorded:
        shots: tuple[Shot, ...] = (Shot(start=0.0, end=float(seconds), framing="close", number=0),)
    else:
        shots = _shots(script, float(seconds), spoken_total, bool(line_seconds), pulse)
    spoken = _spoken(script, shots, line_seconds, spoken_total, float(seconds))
    return Timeline(
        script=script,
        seconds=seconds,
        size=size,
        shots=shots,
        spoken=spoken,
        steps=_steps(script, shots, pulse),
        flashes=_flashes(script, seconds, spoken, rng, pulse),
        act=act_of(
            script,
            tuple((shot.start, shot.end) for shot in shots if shot.framing == "wide"),
            tuple((line.start, line.end) for line in spoken),
        ),
    )


def _shots(
    script: Script, seconds: float, spoken: float, speaks: bool, pulse: Pulse | None
) -> tuple[Shot, ...]:
    if script.subject == "talker" or (speaks and script.framing == "close" and seconds - spoken < 3.0):
        spans: list[tuple[float, Framing]] = [(seconds, "close")]
    elif not speaks or script.framing == "wide":
        spans = [(seconds, "wide")]
    elif seconds - spoken < 2.0:
        spans = [(seconds, "close")]
    else:
        lead = min(max(1.6, (seconds - spoken) * 0.55), seconds - spoken - 0.5)
        after = lead + spoken + 0.7
        spans = [(lead, "wide"), (seconds, "close")]
        if seconds - after >= 1.8:
            spans = [(lead, "wide"), (after, "close"), (seconds, "wide")]
    if len(spans) == 1 and seconds >= CUTS_FROM_SECONDS:
        return _cut_up(script, seconds, spans[0][1], pulse)
    shots: list[Shot] = []
    start = 0.0
    for number, (end, framing) in enumerate(spans):
        end = round(end * FPS) / FPS  # cuts fall between two frames
        shots.append(
            Shot(start=start, end=end, framing=framing, number=number, lens=_lens(script, 0, framing))
        )
        start = end
    return tuple(shots)


def _cut_up(script: Script, seconds: float, framing: Framing, pulse: Pulse | None) -> tuple[Shot, ...]:
    """One long view as two or three shots; the cuts fall on beats of the music and between two frames."""
    count = 3 if seconds >= 10 else 2
    beat = beat_seconds(script.mood)
    ends = [round(round(seconds * (k + 1) / count / beat) * beat * FPS) / FPS for k in range(count - 1)]
    if pulse is not None:
        near = [pulse.nearest(seconds * (k + 1) / count) for k in range(count - 1)]
        if all(after - before >= 1.0 for before, after in pairwise([0.0, *near, seconds])):
            ends = [round(end * FPS) / FPS for end in near]
    shots: list[Shot] = []
    for number, end in enumerate([*ends, seconds]):
        start = shots[-1].end if shots else 0.0
        shots.append(
            Shot(start=start, end=end, framing=framing, number=number, lens=_lens(script, number, framing))
        )
    return tuple(shots)


def _lens(script: Script, number: int, framing: Framing) -> float:
    """How close a shot is: nearer in every second one; the whole place where a wide view is asked for."""
    if framing == "close":
        return (1.0, 1.16, 1.0)[number]
    if script.framing == "wide" or script.subject in ("train", "none"):
        return (1.0, 1.0 if script.framing == "wide" else 1.22, 1.0)[number]
    return (1.6, 2.1, 1.45)[number] if script.framing == "close" else (1.0, 1.5, 1.0)[number]


def _spoken(
    script: Script, shots: tuple[Shot, ...], lengths: tuple[float, ...], total: float, seconds: float
) -> tuple[Spoken, ...]:
    if not lengths:
        return ()
    close = next((shot for shot in shots if shot.framing == "close"), shots[0])
    start = close.start + (0.3 if close.start else min(0.6, (seconds - total) / 2))
    start = max(0.05, min(start, seconds - total - 0.1))
    placed: list[Spoken] = []
    for line, length in zip(script.lines, lengths, strict=False):
        placed.append(Spoken(text=line.text, start=start, end=start + length, speaker=line.speaker))
        start += length + LINE_GAP_SECONDS
    return tuple(placed)


def _steps(script: Script, shots: tuple[Shot, ...], pulse: Pulse | None) -> tuple[float, ...]:
    if script.subject != "walker":
        return ()
    steps: list[float] = []
    for shot in shots:
        on_beat = steps_on(pulse.beats, shot.start, shot.end) if pulse else ()
        if shot.framing == "wide" and on_beat:
            steps += on_beat
        elif shot.framing == "wide":
            steps += [float(t) for t in np.arange(shot.start + 0.25, shot.end - 0.04, STEP_SECONDS)]
    return tuple(steps)


def _flashes(
    script: Script,
    seconds: int,
    spoken: tuple[Spoken, ...],
    rng: np.random.Generator,
    pulse: Pulse | None,
) -> tuple[float, ...]:
    if script.weather != "storm":
        return ()
    free = [
        t for t in np.arange(0.9, seconds - 0.6, 0.1) if not any(s.start - 0.4 < t < s.end for s in spoken)
    ]
    if not free:
        return ()
    if pulse and (accents := [at for at in pulse.accents if 0.2 < at < seconds - 0.3]):
        return tuple(sorted(accents[:3]))
    first = float(free[int(rng.integers(0, max(1, len(free) // 4)))])
    later = [float(t) for t in free if t > first + 3.0]
    return (first, float(later[int(rng.integers(0, len(later)))])) if later else (first,)
