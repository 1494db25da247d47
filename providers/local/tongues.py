"""Which languages the animatic's voice speaks, how well, and what each needs. Cheap; loads no model.

How well was measured with an independent recogniser over 20 sentences each (tests/e2e/test_words.py); the
numbers are facts of the catalogue, `misheard` in providers/data/animatic.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources, util
from typing import Protocol

from providers.lexicon.language import Language, surely
from providers.local.g2p import Phonemizer
from providers.local.g2p_chinese import PACKAGE as CHINESE_PACKAGE
from providers.local.g2p_chinese import Chinese
from providers.local.g2p_german import German
from providers.local.g2p_japanese import PACKAGE as JAPANESE_PACKAGE
from providers.local.g2p_japanese import Japanese
from providers.local.g2p_korean import Korean
from providers.local.g2p_spanish import Spanish

NAMES: Mapping[Language, str] = {
    "en": "English", "es": "Spanish", "fr": "French", "de": "German", "zh": "Chinese", "ja": "Japanese",
    "ko": "Korean",
}  # fmt: skip
SPOKEN: tuple[Language, ...] = ("en", "es", "de", "ja", "ko", "zh")
EXPERIMENTAL_FROM = 21  # per cent misheard
_PACKAGES: Mapping[Language, str] = {"zh": CHINESE_PACKAGE, "ja": JAPANESE_PACKAGE}
_EXTRAS: Mapping[Language, str] = {"zh": "voice", "ja": "voice-ja"}


class Reads(Protocol):
    """Turns text into phoneme letters."""

    def phonemes(self, text: str, /) -> str:
        """The phonemes of a text, with spaces where it may be cut."""
        ...


def line_language(text: str) -> Language:
    """The language in which a quoted line is spoken: English unless its words clearly say otherwise."""
    return surely(text)


def cannot_say(text: str) -> str | None:
    """Why a line cannot be spoken, as one sentence that says what can be done; None if it can."""
    language = line_language(text)
    if language not in SPOKEN:
        can = ", ".join(NAMES[one] for one in SPOKEN)
        return f"The animatic's voice speaks {can}, but not {NAMES[language]}."
    package = _PACKAGES.get(language)
    if package and util.find_spec(package) is None:
        extra = _EXTRAS[language]
        return f"To speak {NAMES[language]} run pip install '.[{extra}]' in Talkreel's folder."
    return None


def reader_of(language: Language) -> Reads:
    """What reads a language.

    Raises:
        ModuleNotFoundError: its package is not installed.
    """
    if language == "ja":
        return Japanese()
    if language == "zh":
        return Chinese()
    if language == "es":
        return Spanish()
    if language == "de":
        return German()
    if language == "ko":
        return Korean()
    return Phonemizer.installed()


@cache
def misheard() -> Mapping[str, int]:
    """Language → per cent of its words (Chinese, Japanese, Korean: syllables) that were misheard; median."""
    raw = tomllib.loads(resources.files("providers").joinpath("data", "animatic.toml").read_text("utf-8"))
    found: Mapping[str, int] = raw["model"][0]["audio"]["misheard"]
    return found


def spoken_as(languages: tuple[Language, ...]) -> str:
    """Languages as people read them in a clip's details: "English (3 % misheard in tests), Chinese …"."""
    said = []
    for one in dict.fromkeys(languages):
        share = misheard()[one]
        trial = "experimental, " if share >= EXPERIMENTAL_FROM else ""
        said.append(f"{NAMES[one]} ({trial}{share} % misheard in tests)")
    return ", ".join(said)
