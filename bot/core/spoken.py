"""Words that were heard go into a prompt as a line that somebody says. Pure.

Every model reads words between straight quotation marks as speech. Who says them is the prompt's business, so
a sentence that already leads to them is finished and not doubled.
"""

from __future__ import annotations

import re
from typing import Final

from bot.core.model import Wish

SAID_EACH_SECOND: Final = 2.5  # words, unhurried
_EMPTY: Final = re.compile(r"\"\s*\"|“\s*”|„\s*[“”]|«\s*»|「\s*」|『\s*』")
_OPEN: Final = re.compile(
    r"(?:[:：]|\b(?:says?|saying|said|whispers?|shouts?|answers?|asks?|sings?|dice|diciendo|susurra|grita|canta|"
    r"pregunta|responde|sagt|flüstert|ruft|fragt|dit|murmure|crie|demande|diz|sussurra|pergunta|sussurra|urla))\s*,?$",
    re.IGNORECASE,
)
# Who speaks, where the prompt does not say: in the language of the words.
_SPEAKER: Final[dict[str, str]] = {
    "en": "The speaker says",
    "es": "Quien habla dice",
    "de": "Die Person sagt",
    "fr": "La personne dit",
    "it": "Chi parla dice",
    "pt": "Quem fala diz",
    "nl": "De spreker zegt",
    "ja": "話し手が言う",
    "ko": "말하는 사람이 말한다",
    "zh": "说话的人说",
    "ru": "Говорящий произносит",
}


def with_line(prompt: str, words: str, language: str = "") -> str:
    """The prompt with the words as a quoted line.

    Args:
        prompt: what was asked for; "" or "…" = nothing but the words.
        words: what was heard.
        language: BCP 47 of the words, or "".
    """
    line = tidy(words)
    if not line:
        return prompt
    quoted = f'"{line}"'
    bare = prompt.strip().strip("…").strip()
    if _EMPTY.search(bare):
        return _EMPTY.sub(lambda match: quoted, bare, count=1)
    if _OPEN.search(bare):
        return f"{bare} {quoted}" if bare.endswith((":", "：", ",")) else f"{bare}: {quoted}"
    lead = f"{_SPEAKER.get(language.partition('-')[0], _SPEAKER['en'])}: {quoted}"
    if not bare:
        return lead
    return f"{bare} {lead}" if bare.endswith((".", "!", "?", "。", "！", "？")) else f"{bare}. {lead}"


def whole_prompt(wish: Wish) -> str:
    """The prompt of a wish with the words that were heard as a line of it, as it was sent."""
    return with_line(wish.prompt, wish.words, wish.words_in)


def tidy(words: str) -> str:
    """Words on one line, with no quotation mark that would end the line early."""
    plain = re.sub(r"[\"“”„«»「」『』]", "'", words)
    return " ".join(plain.split())


def takes_seconds(words: str) -> float:
    """About how long it takes to say some words; signs of languages without spaces count in threes."""
    signs = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff]", words))
    return (len(words.split()) + signs / 2) / SAID_EACH_SECOND if words.strip() else 0.0
