"""Korean text → phoneme letters: syllable blocks taken apart, then the sound changes between them.

The changes are those of the standard pronunciation that spelling hides: linking, assimilation to nasals
and l, aspiration by h, tense consonants after stops, ti → chi. Pure.
"""

from __future__ import annotations

import re
import unicodedata

from providers.local.counting import written_in

_FIRST, _COUNT_V, _COUNT_T = 0xAC00, 21, 28
_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = (
    "a",
    "ɛ",
    "ja",
    "jɛ",
    "ʌ",
    "e",
    "jʌ",
    "je",
    "o",
    "wa",
    "wɛ",
    "we",
    "jo",
    "u",
    "wʌ",
    "we",
    "wi",
    "ju",
    "ɯ",
    "ɯi",
    "i",
)
_CODAS = (
    "",
    "ㄱ",
    "ㄲ",
    "ㄱㅅ",
    "ㄴ",
    "ㄴㅈ",
    "ㄴㅎ",
    "ㄷ",
    "ㄹ",
    "ㄹㄱ",
    "ㄹㅁ",
    "ㄹㅂ",
    "ㄹㅅ",
    "ㄹㅌ",
    "ㄹㅍ",
    "ㄹㅎ",
    "ㅁ",
    "ㅂ",
    "ㅂㅅ",
    "ㅅ",
    "ㅆ",
    "ㅇ",
    "ㅈ",
    "ㅊ",
    "ㅋ",
    "ㅌ",
    "ㅍ",
    "ㅎ",
)
_STOP = {
    "ㄱ": "ㄱ",
    "ㄲ": "ㄱ",
    "ㅋ": "ㄱ",
    "ㄷ": "ㄷ",
    "ㅅ": "ㄷ",
    "ㅆ": "ㄷ",
    "ㅈ": "ㄷ",
    "ㅊ": "ㄷ",
    "ㅌ": "ㄷ",
    "ㅎ": "ㄷ",
    "ㅂ": "ㅂ",
    "ㅍ": "ㅂ",
    "ㄴ": "ㄴ",
    "ㄹ": "ㄹ",
    "ㅁ": "ㅁ",
    "ㅇ": "ㅇ",
    "": "",
}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_SOUND = {
    "ㄱ": "k",
    "ㄲ": "k",
    "ㄴ": "n",
    "ㄷ": "t",
    "ㄸ": "t",
    "ㄹ": "ɾ",
    "ㅁ": "m",
    "ㅂ": "p",
    "ㅃ": "p",
    "ㅅ": "s",
    "ㅆ": "s",
    "ㅇ": "",
    "ㅈ": "ʨ",
    "ㅉ": "ʨ",
    "ㅊ": "ʨʰ",
    "ㅋ": "kʰ",
    "ㅌ": "tʰ",
    "ㅍ": "pʰ",
    "ㅎ": "h",
}
_VOICED = {"ㄱ": "ɡ", "ㄷ": "d", "ㅂ": "b", "ㅈ": "ʥ"}
_CLOSED = {"ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p", "ㅇ": "ŋ", "": ""}
_PAUSES = ".,!?;:…"


class Korean:
    """Turns Korean into phoneme letters."""

    def phonemes(self, text: str) -> str:
        """The phonemes of a text, words parted by spaces, with its punctuation."""
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", written_in("ko", text)))
        parts: list[str] = []
        for token in re.findall(rf"[\uac00-\ud7a3]+|[{_PAUSES}]", text):
            if token in _PAUSES:
                if parts:
                    parts[-1] += token
            else:
                parts.append(word(token))
        return " ".join(parts)


def word(blocks: str) -> str:
    """One word of syllable blocks."""
    syllables = [_apart(block) for block in blocks]
    for place in range(len(syllables)):
        _meet(syllables, place)
    out: list[str] = []
    for place, (onset, vowel, coda) in enumerate(syllables):
        before = syllables[place - 1][2] if place else None
        sound = _SOUND[onset]
        if place and before in ("", "ㄴ", "ㅁ", "ㅇ", "ㄹ") and onset in _VOICED:
            sound = _VOICED[onset]
        if onset == "ㄹ" and before == "ㄹ":
            sound = "l"
        if onset in ("ㅅ", "ㅆ") and vowel[0] in "ij":
            sound = "ɕ"
        if onset and place and vowel == "ɯi" and onset != "ㅇ":
            vowel = "i"
        out.append(sound + vowel + _CLOSED[_STOP.get(coda, "")])
    return "".join(out)


def _apart(block: str) -> list[str]:
    number = ord(block) - _FIRST
    onset, rest = divmod(number, _COUNT_V * _COUNT_T)
    vowel, coda = divmod(rest, _COUNT_T)
    return [_ONSETS[onset], _VOWELS[vowel], _CODAS[coda]]


def _meet(syllables: list[list[str]], place: int) -> None:
    """What a syllable's end and the next one's start do to each other."""
    coda = syllables[place][2]
    if place + 1 == len(syllables):
        syllables[place][2] = _alone(coda)
        return
    following = syllables[place + 1]
    onset = following[0]
    if onset == "ㅇ":
        coda, onset = _linked(coda, following[1])
    elif coda.endswith("ㅎ") and onset in _ASPIRATED:
        coda, onset = coda[:-1], _ASPIRATED[onset]
    elif coda.endswith("ㅎ") and onset == "ㅅ":
        coda, onset = coda[:-1], "ㅆ"
    elif onset == "ㅎ" and coda and _STOP[coda[-1]] in _ASPIRATED:
        last = "ㅈ" if coda[-1] == "ㅈ" else _STOP[coda[-1]]
        coda, onset = coda[:-1], _ASPIRATED[last]
    else:
        tense = (bool(coda) and _STOP[coda[-1]] in _NASAL) or coda in ("ㄹㅂ", "ㄹㄱ", "ㄹㅌ", "ㄴㅈ")
        coda = _alone(coda)
        if coda in _NASAL and onset in ("ㄴ", "ㅁ"):
            coda = _NASAL[coda]
        elif coda in _NASAL and onset == "ㄹ":
            coda, onset = _NASAL[coda], "ㄴ"
        elif coda in ("ㅁ", "ㅇ") and onset == "ㄹ":
            onset = "ㄴ"
        elif (coda, onset) in (("ㄴ", "ㄹ"), ("ㄹ", "ㄴ")):
            coda = onset = "ㄹ"
        elif tense and onset in _TENSE:
            onset = _TENSE[onset]
    syllables[place][2], following[0] = coda, onset


def _linked(coda: str, vowel: str) -> tuple[str, str]:
    """Before a vowel the last consonant moves over."""
    if coda in ("", "ㅇ"):
        return coda, "ㅇ"
    head, last = coda[:-1], coda[-1]
    if last == "ㅎ":
        return ("", head) if head else ("", "ㅇ")
    if vowel.startswith("i") and last in "ㄷㅌ":
        return head, "ㅈ" if last == "ㄷ" else "ㅊ"
    if head and last == "ㅅ":
        last = "ㅆ"
    return head, last


def _alone(coda: str) -> str:
    """A syllable's end where nothing links: one of seven sounds."""
    if len(coda) == 2:
        coda = coda[1] if coda in ("ㄹㄱ", "ㄹㅁ", "ㄹㅍ") else coda[0]
    return _STOP[coda]
