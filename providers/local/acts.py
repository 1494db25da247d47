"""What the subject does and when: its way across the picture, cries, paws, wheels over rail joints. Pure.

Drawing and sound both read these numbers; neither adds moments of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from providers.lexicon import split_words
from providers.local.script import Cue, Script, Subject

BARK_SECONDS, MEOW_SECONDS, SONG_SECONDS, WHISTLE_SECONDS = 0.26, 0.72, 0.5, 0.9
NOTE_SECONDS = 0.1
CARRIAGE = 284.0  # length with coupling = distance of rail joints, in design units
BOGIES = (64.0, 216.0)  # places of a carriage's bogies behind its front
AXLES = 34.0  # distance between the two axles of a bogie
TRAIN_PACE = 340.0
LATER_CARRIAGES = 3  # that have passed already when a later shot begins
TRAIN_START = 40.0  # where the front of a train is when its shot begins
PASS_PACE = 420.0  # design units a second of the street's traffic
TROT_SECONDS = 0.30  # from one pair of paws landing to the next
PAD_SECONDS = 0.34  # the same of a cat
FIRST_JOINT = 0.12  # seconds into a shot at which a train meets the first rail joint
_CRIES: dict[Subject, tuple[str, ...]] = {
    "dog": ("dog", "bark", "woof", "barks", "barking"),
    "cat": ("cat", "meow", "miaow", "meows", "purr"),
    "bird": ("chirp", "bird", "tweet", "chirps"),
    "train": ("whistle",),
}


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a subject crosses the picture: from and to (shares of the width), ground speed (units a second)."""

    enter: float
    leave: float
    ground: float


@dataclass(frozen=True, kw_only=True)
class Act:
    """Moments of the subject, in seconds.

    Attributes:
        cries: barks, meows, songs or whistles begin.
        paws: a pair of paws lands.
        joints: the first axle of a bogie crosses a rail joint.
        passes: a car of the street's traffic is in the middle of the picture.
    """

    cries: tuple[float, ...] = ()
    paws: tuple[float, ...] = ()
    joints: tuple[float, ...] = ()
    passes: tuple[float, ...] = ()


def pace_of(subject: Subject, length: float) -> Pace:
    """How a subject moves in a shot of `length` seconds."""
    far = min(1.0, length / 5)
    return {
        "dog": Pace(enter=0.24, leave=0.24 + 0.34 * far, ground=46.0 / TROT_SECONDS),
        "cat": Pace(enter=0.30, leave=0.30 + 0.24 * far, ground=82.0),
        "bird": Pace(enter=0.18, leave=0.18 + 0.54 * far, ground=190.0),
        "car": Pace(enter=0.14, leave=0.14 + 0.58 * far, ground=250.0),
        "boat": Pace(enter=0.34, leave=0.34 + 0.24 * far, ground=52.0),
    }.get(subject, Pace(enter=0.5, leave=0.5, ground=0.0))


def train_front(start: float, seconds: float) -> float:
    """Where the front of the train is on the screen, in design units; later shots see its carriages pass."""
    gone = LATER_CARRIAGES * CARRIAGE if start > 0 else 0.0
    return TRAIN_START + gone + TRAIN_PACE * (seconds - start)


def place_at(subject: Subject, start: float, end: float, seconds: float, width: float) -> float:
    """Where the subject is in a shot, as a share of the width; the front of a train may be far outside."""
    if subject == "train":
        return train_front(start, seconds) / max(1.0, width)
    pace = pace_of(subject, end - start)
    return pace.enter + (pace.leave - pace.enter) * (seconds - start) / max(0.1, end - start)


def is_cry(script: Script, cue: Cue) -> bool:
    """Whether a cue asks for the voice of the subject itself."""
    return bool(set(split_words(cue.name)) & set(_CRIES.get(script.subject, ())))


def act_of(
    script: Script, spans: tuple[tuple[float, float], ...], talk: tuple[tuple[float, float], ...]
) -> Act:
    """All moments of the subject.

    Args:
        script: what is shown.
        spans: shots in which the subject is seen, (start, end) in seconds.
        talk: spoken lines, (start, end); nothing cries into them unless a cue says so.
    """
    rng = np.random.default_rng([script.seed, 12])
    asked = {round(cue.at_seconds, 3) for cue in script.cues if is_cry(script, cue)}
    cries: list[float] = sorted(asked) if asked else []
    paws: list[float] = []
    joints: list[float] = []
    for start, end in spans:
        if not asked:
            cries += [t for t in _cries(script.subject, start, end, rng) if _free(t, talk)]
        if script.subject == "dog":
            paws += [float(t) for t in np.arange(start, end - 0.03, TROT_SECONDS)]
        elif script.subject == "cat":
            paws += [float(t) for t in np.arange(start, end - 0.03, PAD_SECONDS)]
        elif script.subject == "train":
            joints += _joints(start, end)
    return Act(
        cries=tuple(cries), paws=tuple(paws), joints=tuple(sorted(joints)), passes=_passes(script, spans)
    )


def _free(moment: float, talk: tuple[tuple[float, float], ...]) -> bool:
    return not any(start - 0.4 < moment < end + 0.1 for start, end in talk)


def _cries(subject: Subject, start: float, end: float, rng: np.random.Generator) -> list[float]:
    """The subject's own calls within a shot."""
    out: list[float] = []
    at = start + 0.5 + 0.4 * float(rng.random())
    if subject == "dog":
        while at < end - 0.35:
            out.append(at)
            again = at + 0.44
            if again < end - 0.35 and rng.random() < 0.75:
                out.append(again)
            at += float(rng.uniform(1.5, 2.4))
    elif subject in ("cat", "bird"):
        rest = (2.4, 3.4) if subject == "cat" else (1.0, 1.7)
        while at < end - 0.75:
            out.append(at)
            at += float(rng.uniform(*rest))
    elif subject == "train" and start == 0 and end > 2:
        out.append(start + 0.7)
    return [round(t, 4) for t in out]


def _passes(script: Script, spans: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """Cars that drive by in a street while something else is the subject."""
    if script.setting != "city" or script.subject in ("car", "train", "boat") or not spans:
        return ()
    rng = np.random.default_rng([script.seed, 13])
    passes: list[float] = []
    at = float(rng.uniform(0.8, 2.2))
    while at < spans[-1][1]:
        passes.append(round(at, 4))
        at += float(rng.uniform(2.6, 4.4))
    return tuple(passes)


def _joints(start: float, end: float) -> list[float]:
    """Joints lie one carriage apart, so all first bogies cross together, then all second ones."""
    period = CARRIAGE / TRAIN_PACE
    lag = (BOGIES[1] - BOGIES[0]) / TRAIN_PACE
    found = [t + shift for t in np.arange(start + FIRST_JOINT, end, period) for shift in (0.0, lag)]
    return [float(t) for t in found if t < end - 0.05]


def first_joint_place() -> float:
    """Where on the screen a rail joint lies, in design units; others lie a carriage apart."""
    return TRAIN_START + TRAIN_PACE * FIRST_JOINT - BOGIES[0] + AXLES / 2


def mouth_at(subject: Subject, cries: tuple[float, ...], seconds: float) -> float:
    """How far jaw or beak are open, 0–1: shut before the sound, open while it lasts."""
    since = min((seconds - cry for cry in cries if cry <= seconds + 1e-6), default=99.0)
    since = max(0.0, since)
    if subject == "dog":
        return (
            math.sin(math.pi * min(1.0, (since + 0.04) / (BARK_SECONDS + 0.04))) ** 0.7
            if since < BARK_SECONDS
            else 0.0
        )
    if subject == "cat":
        return (
            math.sin(math.pi * (since + 0.05) / (MEOW_SECONDS + 0.05)) ** 0.8 if since < MEOW_SECONDS else 0.0
        )
    if subject == "bird":
        return 0.35 + 0.65 * math.sin(math.pi * (since / NOTE_SECONDS % 1.0)) if since < SONG_SECONDS else 0.0
    return 1.0 if subject == "train" and since < WHISTLE_SECONDS else 0.0


def jolt_at(joints: tuple[float, ...], seconds: float) -> float:
    """How far a carriage is still lifted by the last joint, 0–1."""
    since = min((seconds - joint for joint in joints if joint <= seconds + 1e-6), default=99.0)
    return math.exp(-max(0.0, since) * 16)
