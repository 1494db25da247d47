"""A prompt and its shots → SoundPlan: who says what, which sounds, which music. Pure.

Words are those of `providers/lexicon`, in seven languages: the prompt's own, and English beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from bot.core.sounds import Effect, Line, SoundPlan, Speaker
from providers.base import Shot
from providers.lexicon import find, names
from providers.lexicon.language import Language, language_of, surely
from providers.lexicon.marks import CUE, MOMENT, QUOTE, Quotation, moment_of, quotations

MOST_LINES: Final = 8
MOST_CUES: Final = 12
_MOST_PROMPT: Final = 8000
_MOST_TEXT: Final = 300

_STOP = re.compile(r"[.!?。！？\n]")
_CLAUSE = re.compile(r"[.,;:!?\n。，、；：！？…—–()（）]+|\s(?:and|while|then|y|mientras|et|und|während)\s")
_MUSIC = re.compile(
    r"(?:^|(?<=[\s.,;。，；、]))(?:music|música|musica|musique|musik|soundtrack|音乐|音樂|配乐|音楽|BGM|음악|배경음악)"
    r"\s*[:：]\s*([^\n.;。；]{1,200})",
    re.IGNORECASE,
)
# "Ada says:", "Ada:" – a name is what begins with a capital letter and is no first word of everyday use.
_NAME = re.compile(r"\b([^\W\d_][\w'’-]{1,24})\s*(?:[^\W\d_]+\s*)?[:：,，]\s*$")
_NO_NAMES: Final = frozenset(
    "a an the he she it they i we you then and but el la los las un una él ella y le les il elle der die das "
    "er sie es ein eine und".split()
)


def read_plan(prompt: str, shots: Sequence[Shot] = ()) -> SoundPlan:
    """What a prompt wants to be heard; moments in shots count from the start of their shot."""
    plan = _read(prompt[:_MOST_PROMPT])
    start = 0.0
    for shot in shots:
        plan = _joined(plan, _moved(_read(shot.prompt[:_MOST_PROMPT]), start, shot.seconds))
        start += shot.seconds
    return replace(plan, lines=plan.lines[:MOST_LINES])


def without_marks(text: str) -> str:
    """A prompt for somebody who only draws: without cues and without what it says of the music.

    A prompt of cues alone keeps their words; one without any stays as it was typed.
    """
    if not (CUE.search(text) or MOMENT.search(text) or _MUSIC.search(text)):
        return text
    bare = MOMENT.sub(" ", _MUSIC.sub(" ", CUE.sub(_kept_quotes, text)))
    bare = re.sub(r"[ \t]{2,}", " ", re.sub(r"\s+([,;.])", r"\1", bare)).strip(" \t,;")
    return bare if any(letter.isalnum() for letter in bare) else re.sub(r"@[\d.]+s?\s*", "", text).strip()


def _kept_quotes(cue: re.Match[str]) -> str:
    """A cue goes; a spoken line that only has its moment there stays."""
    return cue[2] if QUOTE.search(cue.string, cue.start(2)) and _is_line(cue) else " "


def _is_line(cue: re.Match[str]) -> bool:
    quote = QUOTE.search(cue.string, cue.start(2))
    return quote is not None and quote.start() <= cue.end()


def _read(prompt: str) -> SoundPlan:
    quotes = quotations(prompt)
    told = QUOTE.sub(" , ", prompt)
    bare = CUE.sub(" , ", told)
    language = language_of(bare)
    quiet = {hit.tag for hit in find(bare, "quiet", language)}
    music = [found[1].strip() for found in _MUSIC.finditer(bare)]
    scene = " ".join(_MUSIC.sub(" ", bare).replace(" ,", ",").split()).strip(" ,;")
    tune = music[0] if music else _tune(scene, language)
    return SoundPlan(
        lines=() if "voice" in quiet else _lines(prompt, quotes, language),
        effects=(*_effects(scene, language), *_cues(prompt)),
        music="" if "music" in quiet else tune[:_MOST_TEXT],
        scene=scene[:_MOST_TEXT],
        no_sound="sound" in quiet,
        no_voice="voice" in quiet,
        no_music="music" in quiet,
    )


def _lines(prompt: str, quotes: Sequence[Quotation], language: Language) -> tuple[Line, ...]:
    lines: list[Line] = []
    last = 0
    speaker: Speaker = "person"
    name = ""
    for number, quote in enumerate(quotes):
        before = prompt[last : quote.start]
        fresh = _speaker(_STOP.split(before)[-1], language) or _speaker(before, language)
        found = _name(before, language)
        if fresh is None and not found:
            fresh = _speaker(_behind(prompt, quote, quotes[number + 1 :]), language)
        if fresh is not None or found:
            speaker, name = fresh or "person", found
        moment = next(iter([*MOMENT.finditer(before)][::-1]), None)
        lines.append(
            Line(
                text=quote.text,
                speaker=speaker,
                name=name,
                language=surely(quote.text),
                at_seconds=moment_of(moment[1]) if moment and _leads(before, moment) else None,
            )
        )
        last = quote.end
    return tuple(lines[:MOST_LINES])


def _leads(before: str, moment: re.Match[str]) -> bool:
    """Whether a moment belongs to the quote behind it: nothing but a few words lies between."""
    between = before[moment.end() :]
    return not re.search(r"[,;.\n，、；。@]", between.rstrip(" ,，:：")) and len(between) <= 40


def _speaker(text: str, language: Language) -> Speaker | None:
    special = names(text, "speaker", language)
    if special:
        return cast(Speaker, special[-1])
    told = [hit.tag for hit in find(text, "person", language) if hit.tag in ("woman", "man")]
    return cast(Speaker, told[-1]) if told else None


def _behind(prompt: str, quote: Quotation, others: Sequence[Quotation]) -> str:
    """The rest of the sentence behind a quote, unless it leads to the next one."""
    rest = prompt[quote.end : others[0].start if others else len(prompt)]
    first, *more = _STOP.split(rest, maxsplit=1)
    return first if more or not others else ""


def _name(before: str, language: Language) -> str:
    found = _NAME.search(before)
    if found is None or not found[1][0].isupper() or found[1].lower() in _NO_NAMES:
        return ""
    return "" if find(found[1], "person", language) or find(found[1], "speaker", language) else found[1]


def _effects(scene: str, language: Language) -> tuple[Effect, ...]:
    """The clauses that name something to be heard, in the words of the prompt."""
    found = []
    for clause in _CLAUSE.split(scene):
        text = " ".join((clause or "").split())[:_MOST_TEXT]
        if text and find(text, "heard", language) and not find(text, "quiet", language):
            found.append(text)
    return tuple(Effect(text=text) for text in dict.fromkeys(found))


def _tune(scene: str, language: Language) -> str:
    """The clauses that name music, with the mood of the whole."""
    clauses = [" ".join((clause or "").split()) for clause in _CLAUSE.split(scene)]
    named = [clause for clause in clauses if clause and find(clause, "tune", language)]
    if named:
        return ", ".join(dict.fromkeys(named))
    moods = names(scene, "mood", language)
    return f"{moods[0]} instrumental music" if moods else ""


def _cues(prompt: str) -> tuple[Effect, ...]:
    cues = []
    for cue in CUE.finditer(prompt):
        text = " ".join(QUOTE.sub(" ", cue[2]).split()).strip(" :：")
        if any(letter.isalnum() for letter in text) and not _is_line(cue):
            cues.append(Effect(text=text, at_seconds=moment_of(cue[1])))
    return tuple(sorted(cues[:MOST_CUES], key=lambda one: one.at_seconds or 0.0))


def _moved(plan: SoundPlan, start: float, seconds: float) -> SoundPlan:
    """A shot's plan on the clip's timeline; what has no moment of its own falls into the shot."""

    def at(moment: float | None, usual: float | None) -> float | None:
        return usual if moment is None else start + min(moment, max(0.0, seconds - 0.1))

    lines = tuple(replace(line, at_seconds=at(line.at_seconds, None)) for line in plan.lines)
    if lines and lines[0].at_seconds is None:
        lines = (replace(lines[0], at_seconds=start + 0.2), *lines[1:])
    effects = tuple(replace(one, at_seconds=at(one.at_seconds, None)) for one in plan.effects)
    return replace(plan, lines=lines, effects=effects)


def _joined(one: SoundPlan, two: SoundPlan) -> SoundPlan:
    scene = "; ".join(part for part in (one.scene, two.scene) if part)[:_MOST_TEXT]
    no_music, no_voice = one.no_music or two.no_music, one.no_voice or two.no_voice
    return SoundPlan(
        lines=() if no_voice else (*one.lines, *two.lines),
        effects=tuple(dict.fromkeys((*one.effects, *two.effects))),
        music="" if no_music else one.music or two.music,
        scene=scene,
        no_sound=one.no_sound or two.no_sound,
        no_voice=no_voice,
        no_music=no_music,
    )
