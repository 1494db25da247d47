"""Finds what a prompt names: setting, time, weather, mood, people, sounds. Pure; words are in words/*.toml.

The prompt's own language is read first, English beside it. The longest entry wins; what is denied
("no rain") does not count.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from providers.lexicon.language import Language, language_of

_WORD = re.compile(r"[\w'’-]+", re.UNICODE)
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu)['’]", re.IGNORECASE)
_ENDINGS = ("s", "es", "ed", "ing", "y")
_UNSPACED: tuple[Language, ...] = ("zh", "ja", "ko")
_MAX_PHRASE = 4  # words
_REACH = 2  # words between a denial and what it denies
_NOT_FAMILIES = ("ignore", "negation")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A tag of the lexicon found in a text, with the place where it begins."""

    tag: str
    place: int


@dataclass(frozen=True, kw_only=True)
class _Family:
    """Entry → tag: whole words and phrases, beginnings of words, ends of words."""

    whole: Mapping[str, str]
    beginnings: Mapping[str, str]
    ends: Mapping[str, str]
    longest: int


@dataclass(frozen=True, kw_only=True)
class _Lexicon:
    """The words of one language."""

    families: Mapping[str, _Family]
    before: tuple[str, ...]
    after: tuple[str, ...]


@cache
def _lexicon(language: Language) -> _Lexicon:
    """Read once from the packaged file."""
    path = resources.files(__package__).joinpath("words", f"{language}.toml")
    raw = tomllib.loads(path.read_text("utf-8"))
    ignored = {entry: "" for entry in raw["ignore"]["words"]}
    families = {
        name: _family({**ignored, **{entry: tag for tag, entries in tags.items() for entry in entries}})
        for name, tags in raw.items()
        if name not in _NOT_FAMILIES
    }
    denial = raw["negation"]
    return _Lexicon(families=families, before=tuple(denial["before"]), after=tuple(denial.get("after", ())))


def _family(entries: Mapping[str, str]) -> _Family:
    beginnings = {entry[:-1]: tag for entry, tag in entries.items() if entry.endswith("*")}
    ends = {entry[1:]: tag for entry, tag in entries.items() if entry.startswith("*")}
    whole = {entry: tag for entry, tag in entries.items() if "*" not in entry}
    return _Family(whole=whole, beginnings=beginnings, ends=ends, longest=max(map(len, whole), default=0))


def split_words(text: str) -> list[str]:
    """The words of a text, lower case."""
    return [word.strip("'’-") for word in _WORD.findall(text.lower())]


def find(text: str, family: str, language: Language | None = None) -> list[Hit]:
    """All tags of one family that the text names, in the order of the text.

    Args:
        text: a prompt, without its quoted lines.
        family: a table of the lexicon ("setting", "time", "weather" …).
        language: of the text; judged by the text itself if None.
    """
    language = language or language_of(text)
    if language not in _UNSPACED:
        return list(_in_words(text, family, language))
    hits = list(_in_letters(text, family, language))
    latin = re.sub(r"[^\x00-\u024f]", " ", text)
    return hits + list(_in_words(latin, family, "en")) if any(ch.isalpha() for ch in latin) else hits


def _in_words(text: str, family: str, language: Language) -> Iterator[Hit]:
    own = _lexicon(language)
    tables = [own] if language == "en" else [own, _lexicon("en")]
    words = split_words(_ELISION.sub(" ", text) if language == "fr" else text)
    place = 0
    while place < len(words):
        found = next((m for table in tables if (m := _longest(words, place, table.families[family]))), None)
        if found is None:
            place += 1
            continue
        tag, length = found
        if tag and not (family != "sound" and _denied(words, place, own.before)):
            yield Hit(tag=tag, place=place)
        place += length


def _longest(words: list[str], place: int, family: _Family) -> tuple[str, int] | None:
    """Tag and number of words of the longest entry that begins here; the tag is "" for ignored ones."""
    for length in range(min(_MAX_PHRASE, len(words) - place), 1, -1):
        tag = family.whole.get(" ".join(words[place : place + length]))
        if tag is not None:
            return tag, length
    word = words[place]
    for stem in _stems(word):
        if stem in family.whole:
            return family.whole[stem], 1
    for cut in range(len(word), 1, -1):
        if word[:cut] in family.beginnings:
            return family.beginnings[word[:cut]], 1
    for cut in range(1, len(word) - 1):
        if word[cut:] in family.ends:
            return family.ends[word[cut:]], 1
    return None


def _stems(word: str) -> list[str]:
    """The word itself and what is left without common endings ("walking" → "walk")."""
    stems = [word]
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3:
            stems += [stem, stem + "e"]
            if len(stem) > 3 and stem[-1] == stem[-2]:
                stems.append(stem[:-1])
    return stems


def _denied(words: list[str], place: int, denials: tuple[str, ...]) -> bool:
    return not set(denials).isdisjoint(words[max(0, place - _REACH) : place])


def _in_letters(text: str, family: str, language: Language) -> Iterator[Hit]:
    table = _lexicon(language)
    words = table.families[family]
    text = text.lower()
    place = 0
    while place < len(text):
        found = next(
            (
                (words.whole[piece], length)
                for length in range(min(words.longest, len(text) - place), 0, -1)
                if (piece := text[place : place + length]) in words.whole
            ),
            None,
        )
        if found is None:
            place += 1
            continue
        tag, length = found
        after = text[place + length : place + length + 8]
        denied = text[max(0, place - 4) : place].endswith(table.before) or after.startswith(table.after)
        if tag and not (family != "sound" and denied):
            yield Hit(tag=tag, place=place)
        place += length


def most_named(text: str, family: str, default: str, language: Language | None = None) -> str:
    """The tag of a family that is named most often; the first one named wins a draw."""
    hits = find(text, family, language)
    if not hits:
        return default
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit.tag] = counts.get(hit.tag, 0) + 1
    return max(counts, key=lambda tag: counts[tag])


def names(text: str, family: str, language: Language | None = None) -> tuple[str, ...]:
    """Every tag of a family named in the text, each once, in order."""
    return tuple(dict.fromkeys(hit.tag for hit in find(text, family, language)))
