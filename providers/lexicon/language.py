"""Which language a piece of text is in, by its letters and its small words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "es", "fr", "de", "zh", "ja", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "es", "fr", "de", "zh", "ja", "ko")

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_KANA = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_SMALL: Mapping[Language, str] = {
    "en": "the a an of in on at and is are was with while through over by to from it he she his her they "
    "this that under into near as for no without there says i you we my your not have has do did what",
    "es": "el la los las un una unos unas de del en y es está están con mientras por para sobre bajo que se "
    "su al lo sin hay dice entre desde junto muy cuando yo tú nosotros mi no qué cómo hola gracias tengo a "
    "buenos buenas días noches tardes hasta estoy eres soy fue te nos todo todos nada nunca siempre aquí "
    "ahora hoy mañana más pero porque este esta esto tiene quiero puedo vamos señor señora adiós nadie "
    "favor ella él usted",
    "fr": "le la les un une des du de dans et est sont avec pendant par pour sur sous que qui se son sa ses "
    "en au aux il elle sans près dit vers je tu nous vous mon ma ne pas ce cette bonjour merci c'est "
    "suis êtes avez avons ont j'ai bien très mais où quand tout tous toute ici maintenant demain hier oui "
    "bonsoir jamais toujours rien faire était été notre votre leur",
    "de": "der die das den dem des ein eine einen einem einer und ist sind mit während durch über unter im "
    "in am an auf bei von zu zum zur er sie es sagt ohne kein keine nicht ich du wir ihr mein dein wie was "
    "haben habe wird werden morgen guten gute danke bitte wieder heute gestern mehr noch schon sehr wo wer "
    "wenn uns euch nach hinter neben seit immer alles hier dort dann kann kannst muss vielen dank mir dich "
    "mich meine deine unser unsere um uhr",
}
# These are English words or names, too: alone they speak for no other language.
_DOUBTFUL = frozenset(
    "a die was in an am man no sin soy y on pour des el la las los le les du de den mi me se su as".split()
)
_MARKS: Mapping[Language, str] = {"es": "ñ¿¡áíóú", "fr": "çœèêàùîôûâë", "de": "ßäöü"}


def language_of(text: str) -> Language:
    """The language of a text; English where nothing speaks for another."""
    return _judged(text, margin=0.0)


def surely(text: str) -> Language:
    """As `language_of`, but English unless clear words speak for another language.

    Beside English words two more must do so; where there are none, one is enough that English does not have.
    """
    return _judged(text, margin=1.5)


def _judged(text: str, margin: float) -> Language:
    asian = _asian(text)
    if asian:
        return asian
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text[:4000])]
    words += [part for word in words if "'" in word for part in word.split("'")]
    scores: dict[Language, float] = {}
    for language, small in _SMALL.items():
        known = frozenset(small.split())
        marks = frozenset(_MARKS.get(language, ""))
        scores[language] = sum(word in known for word in words) + 0.8 * sum(
            not marks.isdisjoint(word) for word in words
        )
    best = max(scores, key=lambda language: scores[language])
    if margin and scores["en"] == 0 and best != "en":
        clear = frozenset(_SMALL[best].split()) - _DOUBTFUL
        margin = 0.0 if any(word in clear for word in words) else margin
    return best if scores[best] > scores["en"] + margin else "en"


def _asian(text: str) -> Language | None:
    kana, han, hangul = (len(pattern.findall(text)) for pattern in (_KANA, _HAN, _HANGUL))
    latin = len(_WORD.findall(text)) if kana + han + hangul else 0
    if kana + han + hangul == 0 or 3 * latin > 2 * (kana + han + hangul) + 3 * _runs(text):
        return None
    if hangul >= kana + han:
        return "ko"
    return "ja" if kana else "zh"


def _runs(text: str) -> int:
    """How many stretches of Asian letters the text has: each counts as a word of `_WORD`, too."""
    return len(re.findall(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3]+", text))
