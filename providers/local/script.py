"""Prompt → Script: what a clip shows, says and sounds like. Pure: no clock, no files, no chance but the seed.

A Script holds no times except those the user wrote (`@1.2s door slam`); `timeline.py` adds them
once the length of the spoken lines is known.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import islice
from typing import Literal, cast

from providers import lexicon
from providers.lexicon.language import Language, language_of
from providers.lexicon.marks import CUE, QUOTE, moment_of, quotations
from providers.local.props import props_of

Setting = Literal["city", "forest", "sea", "desert", "mountains", "room", "stage", "space", "open"]
TimeOfDay = Literal["dawn", "day", "dusk", "night"]
Weather = Literal["clear", "rain", "snow", "fog", "wind", "storm"]
Mood = Literal["calm", "happy", "sad", "tense", "epic"]
Subject = Literal["walker", "talker", "dog", "cat", "bird", "car", "train", "boat", "none"]
Camera = Literal["still", "pan", "push", "pull"]
Gender = Literal["woman", "man", "person"]

MAX_PROMPT = 8_000
MAX_LINES = 8
MAX_CUES = 40

_MOVERS = frozenset({"dog", "cat", "bird", "car", "train", "boat"})
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
        props: things that burn or gather: "fire", "crowd".
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
    weather_named: bool = True
    props: tuple[str, ...] = ()

    @property
    def raining(self) -> bool:
        """Whether drops fall."""
        return self.weather in ("rain", "storm")


def seed_of(text: str) -> int:
    """The seed of a prompt for which none was given: the same words make the same clip."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")


def quoted(prompt: str) -> tuple[str, ...]:
    """The quoted lines of a prompt, in order, at most `MAX_LINES`."""
    return tuple(found.text for found in quotations(_clean(prompt))[:MAX_LINES])


def read_script(prompt: str, *, seed: int | None = None) -> Script:
    """Read a prompt. Words we do not know fall back to an open landscape, never to nothing."""
    prompt = _clean(prompt)
    seed = seed_of(prompt) if seed is None else seed & 0xFFFFFFFF
    unspoken = QUOTE.sub(" ,", prompt)
    language = language_of(unspoken)
    told = CUE.sub(" ", unspoken)
    weather = lexicon.most_named(told, "weather", "clear", language)
    if "storm" in lexicon.names(told, "weather", language):
        weather = "storm"
    people = [hit.tag for hit in lexicon.find(told, "person", language)]
    lines = _lines(prompt, language)
    camera = lexicon.names(told, "camera", language)
    time = lexicon.most_named(told, "time", "", language)
    return Script(
        setting=cast(Setting, lexicon.most_named(told, "setting", "open", language)),
        time=cast(TimeOfDay, time or _usual_time(told, weather, seed, language)),
        weather=cast(Weather, weather),
        mood=cast(Mood, lexicon.most_named(told, "mood", _usual_mood(weather, time), language)),
        subject=_subject(lexicon.names(told, "subject", language), bool(people), bool(lines)),
        gender=cast(Gender, _told_gender(people, seed)),
        wear=lexicon.names(told, "wear", language),
        lines=lines,
        cues=_cues(prompt, language),
        camera=cast(Camera, next((tag for tag in camera if tag in ("pan", "push", "pull")), "still")),
        framing=cast(
            Literal["close", "wide", ""], next((tag for tag in camera if tag in ("close", "wide")), "")
        ),
        music=not lexicon.find(told, "sound", language),
        seed=seed,
        weather_named=bool(lexicon.find(told, "weather", language)),
        props=props_of(told),
    )


def unquoted(prompt: str) -> str:
    """The prompt without what is said and sounded in it."""
    return CUE.sub(" ", QUOTE.sub(" ,", _clean(prompt)))


def _cues(prompt: str, language: Language) -> tuple[Cue, ...]:
    """Sounds at given moments, named in English where the lexicon knows them."""
    cues: list[Cue] = []
    for match in islice(CUE.finditer(prompt), MAX_CUES):
        name = " ".join(match[2].lower().split())
        known = () if language == "en" else lexicon.names(name, "cue", language)
        cues.append(Cue(at_seconds=moment_of(match[1]), name=known[0] if known else name))
    return tuple(cues)


def _clean(prompt: str) -> str:
    return _CONTROL.sub(" ", prompt[:MAX_PROMPT])


def _lines(prompt: str, language: Language) -> tuple[Line, ...]:
    """Quoted lines with the person named last before each quote."""
    lines: list[Line] = []
    speaker: Gender = "person"
    last = 0
    for match in QUOTE.finditer(prompt):
        if len(lines) >= MAX_LINES:
            break
        before = [hit.tag for hit in lexicon.find(prompt[last : match.start()], "person", language)]
        named = [tag for tag in before if tag != "person"]
        if named:
            speaker = cast(Gender, named[-1])
        last = match.end()
        text = " ".join(next(part for part in match.groups() if part).split())
        if any(ch.isalnum() for ch in text):
            lines.append(Line(text=text, speaker=speaker))
    return tuple(lines)


def _subject(named: tuple[str, ...], has_person: bool, speaks: bool) -> Subject:
    if "walker" in named and (has_person or not _MOVERS & set(named)):
        return "walker"
    if not has_person and (mover := next((tag for tag in named if tag in _MOVERS), "")):
        return cast(Subject, mover)
    if has_person and not ("talker" in named and not speaks):
        return "walker"
    if speaks or "talker" in named:
        return "talker"
    return "none"


def _told_gender(people: list[str], seed: int) -> str:
    told = next((tag for tag in people if tag != "person"), "")
    return told or (("woman", "man")[seed % 2] if people else "person")


def _usual_time(told: str, weather: str, seed: int, language: Language) -> TimeOfDay:
    setting = lexicon.most_named(told, "setting", "open", language)
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
