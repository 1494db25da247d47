"""Finds what a prompt names: setting, time, weather, mood, people. Pure; the words are in lexicon.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_WORD = re.compile(r"[\w'’-]+", re.UNICODE)
_ENDINGS = ("s", "es", "ed", "ing", "y")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A tag of the lexicon found in a text, with the place of its first word (counted in words)."""

    tag: str
    place: int


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """Family → phrase → tag, read once from the packaged file."""
    raw = tomllib.loads(resources.files(__package__).joinpath("lexicon.toml").read_text("utf-8"))
    return {
        family: {phrase: tag for tag, phrases in tags.items() for phrase in phrases}
        for family, tags in raw.items()
    }


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


def split_words(text: str) -> list[str]:
    """The words of a text, lower case."""
    return [word.strip("'’-") for word in _WORD.findall(text.lower())]


def find(text: str, family: str) -> list[Hit]:
    """All tags of one family that the text names, in the order of the text.

    Args:
        text: a prompt, without its quoted lines.
        family: a table of the lexicon ("setting", "time", "weather" …).
    """
    phrases = _table()[family]
    words = split_words(text)
    hits: list[Hit] = []
    for place in range(len(words)):
        for length in (3, 2, 1):
            tag = _match(words[place : place + length], length, phrases)
            if tag:
                hits.append(Hit(tag=tag, place=place))
                break
    return hits


def _match(words: list[str], length: int, phrases: Mapping[str, str]) -> str:
    if len(words) < length:
        return ""
    if length > 1:
        return phrases.get(" ".join(words), "")
    return next((phrases[stem] for stem in _stems(words[0]) if stem in phrases), "")


def most_named(text: str, family: str, default: str) -> str:
    """The tag of a family that is named most often; the first one named wins a draw."""
    hits = find(text, family)
    if not hits:
        return default
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit.tag] = counts.get(hit.tag, 0) + 1
    return max(counts, key=lambda tag: counts[tag])


def names(text: str, family: str) -> tuple[str, ...]:
    """Every tag of a family named in the text, each once, in order."""
    return tuple(dict.fromkeys(hit.tag for hit in find(text, family)))
