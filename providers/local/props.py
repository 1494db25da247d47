"""Things a prompt names that burn or gather: fire and crowds, in the languages of the lexicon. Pure."""

from __future__ import annotations

import re

_WORDS: tuple[tuple[str, str], ...] = (
    (
        "fire",
        r"\b(?:camp ?fires?|bonfires?|fireplaces?|fire|flames?|hearths?|fogatas?|hogueras?|fuego"
        r"|chimeneas?|feux?|cheminées?|lagerfeuer|feuer|kamin)\b|火(?![车車山星箭曜])|篝火|焚き火|たき火|暖炉|모닥불|벽난로",
    ),
    (
        "crowd",
        r"\b(?:crowds?|audiences?|spectators|applause|multitud|público|foule|spectateurs|menge|publikum|zuschauer)\b"
        r"|人群|观众|觀眾|群衆|観客|군중|관객",
    ),
)


def props_of(text: str) -> tuple[str, ...]:
    """Tags of what the text names ("fire", "crowd"), each once."""
    lower = text.lower()
    return tuple(tag for tag, words in _WORDS if re.search(words, lower))
