"""From a prompt to what is to be heard under its picture, and from there to words and back. Pure.

`topics` serves the choice of a model; the rest plans the sound of clips whose model makes none.
"""

from __future__ import annotations

from bot.core.soundplan.by_hand import is_by_hand, is_lent, is_said, lent_words, read_places
from bot.core.soundplan.placing import MOST_TEMPO, Placed, place
from bot.core.soundplan.reading import read_plan, without_marks
from bot.core.soundplan.topics import spoken_lines, topics
from bot.core.soundplan.words import as_words, from_words

__all__ = [
    "MOST_TEMPO",
    "Placed",
    "as_words",
    "from_words",
    "is_by_hand",
    "is_lent",
    "is_said",
    "lent_words",
    "place",
    "read_places",
    "read_plan",
    "spoken_lines",
    "topics",
    "without_marks",
]
