"""What a prompt asks to be heard or seen, by its words: the facts that the choice of a model needs. Pure.

A small table in English and Spanish; it decides nothing that costs money by itself.
"""

from __future__ import annotations

import re
from typing import Final

from providers.catalogue import Topic
from providers.lexicon.marks import QUOTE, quotations

# Word beginnings. A `$` ends the word there: "rap$" is not "rapid".
_WORDS: Final[dict[Topic, str]] = {
    "speech": (
        "says$ say$ saying$ said$ speak spoke talk$ talks$ talking$ whisper shout dialogue monologue narrat "
        "announc interview voice$ voiceover tells$ dice$ diciendo$ habla hablando$ susurr grita diálogo "
        "dialogo narra voz$ entrevista cuenta$"
    ),
    "ambience": (
        "ambien ambience rain thunder wind$ waves$ sea$ ocean forest birds$ birdsong crickets footstep "
        "traffic crowd engine creak rustl splash crackl fireplace storm river$ lluvia trueno viento$ olas$ "
        "mar$ océano oceano bosque pájaro pajaro grillos pasos$ tráfico trafico tormenta fogata río$ "
        "chisporrot"
    ),
    "music": (
        "music song sing$ sings$ singing$ sang$ melod tune$ hum$ hums$ humming$ guitar piano violin drum "
        "orchestra choir band$ beat$ rap$ rapper rapping$ jazz rock$ dances$ dancing$ música musica musical "
        "canción cancion canta$ cantan$ cantar cantando$ melodía melodia guitarra violín tambor orquesta "
        "coro$ baila bailan"
    ),
    "narrative": (
        "story stories scene$ scenes$ then$ afterwards suddenly finally meanwhile chapter plot$ historia "
        "escena luego$ después$ despues$ entonces$ de\u00a0repente finalmente mientras$ cuento"
    ),
    "photorealistic": (
        "photoreal realistic$ photograph photo$ documentary 35mm cinematic dslr$ lifelike fotorrealis "
        "fotográf fotograf realista documental cinematográf cinematograf"
    ),
}


def _pattern(words: str) -> re.Pattern[str]:
    parts = [
        re.escape(word.removesuffix("$").replace("\u00a0", " ")) + (r"\b" if word.endswith("$") else "")
        for word in words.split(" ")
    ]
    return re.compile(rf"\b(?:{'|'.join(parts)})", re.IGNORECASE)


_PATTERNS: Final = {topic: _pattern(words) for topic, words in _WORDS.items()}


def spoken_lines(prompt: str) -> tuple[str, ...]:
    """What stands between quotation marks, in order: words that somebody is to say."""
    return tuple(found.text for found in quotations(prompt))


def topics(prompt: str) -> tuple[Topic, ...]:
    """What a prompt is about, as far as its words tell, the weightiest first. Empty = they do not."""
    quoted = bool(spoken_lines(prompt))
    bare = QUOTE.sub(" ", prompt)
    return tuple(
        topic
        for topic, pattern in _PATTERNS.items()
        if pattern.search(bare) or (quoted and topic == "speech")
    )
