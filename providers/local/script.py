"""Prompt → Script: what a clip shows, says and sounds like. Pure: no clock, no files, no chance but the seed.

A Script holds no times except those the user wrote (`@1.2s door slam`); `timeline.py` adds them
once the length of the spoken lines is known.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal, cast

from providers.local import lexicon

Setting = Literal["city", "forest", "sea", "desert", "mountains", "room", "stage", "space", "open"]
TimeOfDay = Literal["dawn", "day", "dusk", "night"]
Weather = Literal["clear", "rain", "snow", "fog", "wind", "storm"]
Mood = Literal["calm", "happy", "sad", "tense", "epic"]
Subject = Literal["walker", "talker", "dog", "cat", "bird", "car", "train", "boat", "none"]
Camera = Literal["still", "pan", "push", "pull"]
Gender = Literal["woman", "man", "person"]

MAX_PROMPT = 20_000
MAX_LINES = 8
MAX_CUES = 40

_QUOTE = re.compile(r'"([^"]{1,600})"|“([^”]{1,600})”|„([^“”]{1,600})[“”]|«([^»]{1,600})»|「([^」]{1,600})」')
_CUE = re.compile(r"@(\d{1,3}(?:\.\d{1,3})?)s?[ \t]+([^@\n,;.]{1,60})")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A quoted line and who says it."""

    text: str
    speaker: Gender


@dataclass(frozen=True, kw_only=True)
class Cue:
    """A sound that the prompt asks for at a moment, in seconds from the start."""

    at_seconds: float
    name: str


@dataclass(frozen=True, kw_only=True)
class Script:
    """What to show and sound.

    Attributes:
        setting: the place; "open" where the prompt names none that we know.
        time: light of day.
        weather: sky and what falls from it.
        mood: colours the music.
        subject: what moves in the wide shot.
        gender: of the person shown.
        wear: tags of clothes and things carried.
        lines: quoted speech, in order.
        cues: sounds at given moments.
        camera: movement asked for.
        framing: "close", "wide" or "" where the prompt leaves it open.
        music: whether a score is laid under.
        seed: decides every look; same seed, same clip.
    """

    setting: Setting
    time: TimeOfDay
    weather: Weather
    mood: Mood
    subject: Subject
    gender: Gender
    wear: tuple[str, ...]
    lines: tuple[Line, ...]
    cues: tuple[Cue, ...]
    camera: Camera
    framing: Literal["close", "wide", ""]
    music: bool
    seed: int

    @property
    def raining(self) -> bool:
        """Whether drops fall."""
        return self.weather in ("rain", "storm")


def seed_of(text: str) -> int:
    """The seed of a prompt for which none was given: the same words make the same clip."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")


def quoted(prompt: str) -> tuple[str, ...]:
    """The quoted lines of a prompt, in order, at most `MAX_LINES`."""
    found = (next(part for part in match.groups() if part) for match in _QUOTE.finditer(_clean(prompt)))
    spoken = (" ".join(text.split()) for text in found)
    return tuple(text for text in spoken if any(ch.isalnum() for ch in text))[:MAX_LINES]


def read_script(prompt: str, *, seed: int | None = None) -> Script:
    """Read a prompt. Words we do not know fall back to an open landscape, never to nothing."""
    prompt = _clean(prompt)
    seed = seed_of(prompt) if seed is None else seed & 0xFFFFFFFF
    cues = tuple(
        Cue(at_seconds=float(match[1]), name=" ".join(match[2].lower().split()))
        for match in _CUE.finditer(prompt)
    )[:MAX_CUES]
    told = _CUE.sub(" ", _QUOTE.sub(" ,", prompt))
    lines = _lines(prompt)
    gender = lexicon.most_named(told, "person", "")
    weather = lexicon.most_named(told, "weather", "clear")
    if "storm" in lexicon.names(told, "weather"):
        weather = "storm"
    subject = _subject(told, bool(gender), bool(lines))
    setting = lexicon.most_named(told, "setting", "open")
    framing = next((tag for tag in lexicon.names(told, "camera") if tag in ("close", "wide")), "")
    camera = next((tag for tag in lexicon.names(told, "camera") if tag in ("pan", "push", "pull")), "still")
    time = lexicon.most_named(told, "time", "")
    return Script(
        setting=cast(Setting, setting),
        time=cast(TimeOfDay, time or _usual_time(setting, weather, seed)),
        weather=cast(Weather, weather),
        mood=cast(Mood, lexicon.most_named(told, "mood", _usual_mood(weather, time))),
        subject=subject,
        gender=cast(Gender, _told_gender(told, gender, seed)),
        wear=lexicon.names(told, "wear"),
        lines=lines,
        cues=cues,
        camera=cast(Camera, camera),
        framing=cast(Literal["close", "wide", ""], framing),
        music=not lexicon.find(told, "sound"),
        seed=seed,
    )


def _clean(prompt: str) -> str:
    return _CONTROL.sub(" ", prompt[:MAX_PROMPT])


def _lines(prompt: str) -> tuple[Line, ...]:
    """Quoted lines with the person named last before each quote."""
    lines: list[Line] = []
    speaker: Gender = "person"
    last = 0
    for match in _QUOTE.finditer(prompt):
        before = [hit.tag for hit in lexicon.find(prompt[last : match.start()], "person")]
        named = [tag for tag in before if tag != "person"]
        if named:
            speaker = cast(Gender, named[-1])
        last = match.end()
        text = " ".join(next(part for part in match.groups() if part).split())
        if any(ch.isalnum() for ch in text):
            lines.append(Line(text=text, speaker=speaker))
    return tuple(lines[:MAX_LINES])


def _subject(told: str, has_person: bool, speaks: bool) -> Subject:
    named = lexicon.names(told, "subject")
    if "walker" in named and (has_person or not {"dog", "cat", "bird"} & set(named)):
        return "walker"
    for kind in ("dog", "cat", "car", "train", "boat", "bird"):
        if kind in named and not has_person:
            return cast(Subject, kind)
    if has_person and not ("talker" in named and not speaks):
        return "walker"
    if speaks or "talker" in named:
        return "talker"
    return "none"


def _told_gender(told: str, most: str, seed: int) -> str:
    tags = [hit.tag for hit in lexicon.find(told, "person") if hit.tag != "person"]
    return tags[0] if tags else (most and ("woman", "man")[seed % 2]) or "person"


def _usual_time(setting: str, weather: str, seed: int) -> TimeOfDay:
    if setting in ("space", "stage"):
        return "night"
    if weather in ("storm", "rain") and setting == "city":
        return "night"
    choices: tuple[TimeOfDay, ...] = ("day", "dusk", "dawn", "day")
    return choices[seed % 4]


def _usual_mood(weather: str, time: str) -> str:
    if weather == "storm":
        return "tense"
    if weather == "rain":
        return "sad"
    return "calm" if time in ("night", "dusk", "dawn") else "happy"
