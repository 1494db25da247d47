"""A sound plan as lines that people read and change, and back. Pure.

    voice (woman, Ada) @1.2s: Did you hear the rain?
    sound: rain on a tin roof
    sound @3.5s: door slam
    music: slow sad piano
    no music

The words before the colon are understood in seven languages; what has no such form is read like a prompt,
and is a sound where that says nothing. A moment that cannot be read is refused: what would be heard at
another one is not what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from bot.core.errors import Refusal
from bot.core.soundplan.reading import MOST_CUES, MOST_LINES, read_plan
from bot.core.sounds import Effect, Line, SoundPlan, Speaker
from providers.lexicon import names
from providers.lexicon.language import surely
from providers.lexicon.marks import moment_of

# How a language names the three parts; the first word of each is the one that is written.
_KEYS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "en": {
        "voice": ("voice", "line", "speech"),
        "sound": ("sound", "effect"),
        "music": ("music",),
    },
    "es": {
        "voice": ("voz", "frase"),
        "sound": ("sonido", "efecto"),
        "music": ("música", "musica"),
    },
    "fr": {"voice": ("voix",), "sound": ("son", "bruit", "effet"), "music": ("musique",)},
    "de": {"voice": ("stimme",), "sound": ("ton", "geräusch", "effekt"), "music": ("musik",)},
    "zh": {"voice": ("语音", "声音", "台词"), "sound": ("音效",), "music": ("音乐", "音樂")},
    "ja": {"voice": ("声", "セリフ"), "sound": ("効果音", "音"), "music": ("音楽",)},
    "ko": {"voice": ("목소리", "대사"), "sound": ("효과음", "소리"), "music": ("음악",)},
}
_NONE: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"sound": "no sound", "voice": "no voice", "music": "no music"},
    "es": {"sound": "sin sonido", "voice": "sin voz", "music": "sin música"},
}
_SPEAKERS: Final[Mapping[str, Mapping[Speaker, str]]] = {
    "en": {"woman": "woman", "man": "man", "child": "child", "robot": "robot"},
    "es": {"woman": "mujer", "man": "hombre", "child": "niño", "robot": "robot"},
}
_PART: Final[Mapping[str, str]] = {
    word: part for table in _KEYS.values() for part, words in table.items() for word in words
}
_LINE: Final = re.compile(
    r"\s*([^\W\d_]+)\s*(?:[(（]([^)）]{0,60})[)）])?\s*(@(?:\d+:\d\d|[^:：]){0,40})?[:：]\s*(\S.*?)\s*"
)
_MOMENT: Final = re.compile(r"@\s*(\d{1,3}(?:[.,]\d{1,3})?)\s*(?:s|sec|seg|sek)?\s*", re.IGNORECASE)
_MOST_SOUNDS: Final = MOST_CUES + 8  # at moments of their own; what is heard all along is one sound
_MARKS: Final = '"“”„«»‹›「」『』'


def as_words(plan: SoundPlan, *, language: str = "en") -> str:
    """The plan as lines to read and to change."""
    language = language if language in _NONE else "en"
    keys, none = _KEYS[language], _NONE[language]
    lines = [none[part] for part, off in _off(plan).items() if off]
    for line in plan.lines:
        hint = ", ".join(filter(None, (_SPEAKERS[language].get(line.speaker, ""), line.name)))
        lines.append(
            f"{keys['voice'][0]}{f' ({hint})' if hint else ''}{_at(line.at_seconds)}: {_one(line.text)}"
        )
    for effect in plan.effects:
        lines.append(f"{keys['sound'][0]}{_at(effect.at_seconds)}: {_one(effect.text)}")
    if plan.music:
        lines.append(f"{keys['music'][0]}: {_one(plan.music)}")
    return "\n".join(lines)


def from_words(text: str, *, scene: str = "") -> SoundPlan:
    """The plan that such lines mean; `scene` is what the picture shows.

    Raises:
        Refusal: `place_form` with a moment that cannot be read, `plan_row` with a line that is none,
            `music_moment`, `plan_too_long`.
    """
    lines: list[Line] = []
    effects: list[Effect] = []
    music: list[str] = []
    rest: list[str] = []
    for row in text.splitlines():
        found = _LINE.fullmatch(row)
        part = _PART.get(found[1].lower()) if found else None
        if found is None or part is None:
            rest.append(row if _leads(row) else f"{row.rstrip()}.")
            effects += _unread(row)
        elif part == "voice":
            lines.append(_line(found))
        elif part == "music":
            if found[3]:
                raise Refusal("music_moment", given=found[3].strip())
            music.append(found[4])
        else:
            effects.append(Effect(text=found[4], at_seconds=_moment(found)))
    other = read_plan("\n".join(rest))
    plan = SoundPlan(
        lines=() if other.no_voice else (*lines, *other.lines),
        effects=tuple(dict.fromkeys((*effects, *other.effects))),
        music="" if other.no_music else ", ".join(music) or other.music,
        scene=scene,
        no_sound=other.no_sound,
        no_voice=other.no_voice,
        no_music=other.no_music,
    )
    if len(plan.lines) > MOST_LINES or len(plan.cues) > _MOST_SOUNDS:
        raise Refusal("plan_too_long", lines=MOST_LINES, sounds=_MOST_SOUNDS)
    return plan


def _unread(row: str) -> tuple[Effect, ...]:
    """A row that says nothing to whoever reads prompts: a sound, unless it leads to the next row."""
    text, read = _one(row), read_plan(row)
    if _leads(row) or not any(letter.isalnum() for letter in text) or read != SoundPlan(scene=read.scene):
        return ()
    if re.match(r"[^\s:：]+(?:\s[^\s:：]+){0,2}\s*[:：]", text):
        raise Refusal("plan_row", given=text[:60])
    return (Effect(text=text),)


def _leads(row: str) -> bool:
    """Whether the next row goes on with it."""
    return row.rstrip().endswith((":", "：", ",", "，")) or not row.strip()


def _moment(found: re.Match[str]) -> float | None:
    if not found[3]:
        return None
    read = _MOMENT.fullmatch(found[3])
    if read is None:
        raise Refusal("place_form", given=found[3].strip(), example=f"{found[1]} @1.2s: …")
    return moment_of(read[1])


def _off(plan: SoundPlan) -> dict[str, Any]:
    return {"sound": plan.no_sound, "voice": plan.no_voice, "music": plan.no_music}


def _at(moment: float | None) -> str:
    return "" if moment is None else f" @{moment:g}s"


def _one(text: str) -> str:
    return " ".join(text.split())


def _line(found: re.Match[str]) -> Line:
    text = found[4].strip(_MARKS + " ") or found[4]
    speaker: Speaker = "person"
    name = ""
    for hint in re.split(r"\s*[,，、]\s*", found[2] or ""):
        known = _speaker(hint)
        if known is not None:
            speaker = known
        elif hint:
            name = hint
    return Line(text=text, speaker=speaker, name=name, language=surely(text), at_seconds=_moment(found))


def _speaker(hint: str) -> Speaker | None:
    word = hint.strip().lower()
    if word in get_args(Speaker):
        return cast(Speaker, word)
    for table in _SPEAKERS.values():
        for speaker, said in table.items():
            if word == said:
                return speaker
    found = names(word, "speaker") or tuple(tag for tag in names(word, "person") if tag != "person")
    return cast(Speaker, found[-1]) if found and not hint[:1].isupper() else None
