"""Spanish text → phoneme letters, by the rules of its spelling, which leave no exceptions worth a table.

Pure; figures are written out by `counting`.
"""

from __future__ import annotations

import re

from providers.local.counting import written_in

_TOKEN = re.compile(r"[^\W\d_]+|[.,!?;:…]")
_WEAK = frozenset(
    "el la los las un de del a al en y o u e que con por se me te le lo nos os les su sus mi mis tu tus si "
    "sin para pero como donde cuando porque ni".split()
)
_ACCENTS = str.maketrans("áéíóú", "aeiou")
_STRONG, _CLOSE = "aeoáéó", "iuíúü"
_STOPS = {"b": "β", "d": "ð", "ɡ": "ɣ"}


class Spanish:
    """Turns Spanish into phoneme letters."""

    def phonemes(self, text: str) -> str:
        """The phonemes of a text, words parted by spaces, with its punctuation."""
        parts: list[str] = []
        for token in _TOKEN.findall(written_in("es", text).lower()):
            if not token[0].isalpha():
                if parts:
                    parts[-1] += token
                continue
            sounds = word(token)
            if sounds:
                parts.append(sounds)
        return " ".join(parts)


def word(spelt: str) -> str:
    """One word in lower case."""
    if spelt == "y":
        return "i"
    pieces = _pieces(spelt)
    vowels = [place for place, (letters, _) in enumerate(pieces) if letters in "aeiouáéíóú" and letters]
    stressed = -1
    if vowels and spelt not in _WEAK:
        marked = [place for place in vowels if pieces[place][0] in "áéíóú"]
        falls_last = spelt[-1] not in "aeiouns" or len(vowels) == 1
        stressed = marked[0] if marked else vowels[-1] if falls_last else vowels[-2]
    return "".join(("ˈ" if place == stressed else "") + sound for place, (_, sound) in enumerate(pieces))


def _pieces(spelt: str) -> list[tuple[str, str]]:
    """(vowel letter that makes a syllable or "", its sound) in order."""
    out: list[tuple[str, str]] = []
    place = 0
    while place < len(spelt):
        letter, after = spelt[place], spelt[place + 1 : place + 2]
        before = spelt[place - 1 : place]
        if letter in _CLOSE and _glides(spelt, place):
            out.append(("", "w" if letter in "uü" else "j"))
            place += 1
        elif letter in "aeiouáéíóúü":
            out.append((letter if letter != "ü" else "u", letter.replace("ü", "u").translate(_ACCENTS)))
            place += 1
        else:
            length, sound = _consonant(spelt, place, before, after)
            out.append(("", sound))
            place += length
    return out


def _glides(spelt: str, place: int) -> bool:
    """Whether i or u is no syllable of its own here."""
    letter = spelt[place]
    after, before = spelt[place + 1 : place + 2], spelt[place - 1 : place]
    if letter in "íú":
        return False
    if after and after in _STRONG + ("íuú" if letter == "i" else "ií"):
        return True
    return bool(before) and before in _STRONG


def _consonant(spelt: str, place: int, before: str, after: str) -> tuple[int, str]:
    """How many letters are read, and their sound."""
    letter, rest = spelt[place], spelt[place:]
    soft = bool(after) and after in "eiéí"
    for letters, sound in (("ch", "ʧ"), ("ll", "ʝ"), ("rr", "r"), ("sh", "ʃ"), ("ph", "f"), ("cc", "kθ")):
        if rest.startswith(letters):
            return 2, sound
    if letter == "q":
        return (2 if after == "u" else 1), "k"
    if letter == "g" and after == "u" and spelt[place + 2 : place + 3] in tuple("eiéí"):
        return 2, _soft_stop("ɡ", spelt, place)
    if letter == "c":
        return 1, "θ" if soft else "k"
    if letter == "g":
        return 1, "x" if soft else _soft_stop("ɡ", spelt, place)
    if letter in "bvd":
        return 1, _soft_stop("d" if letter == "d" else "b", spelt, place)
    if letter == "r":
        return 1, "r" if not before or before in "nls" else "ɾ"
    if letter == "y":
        return 1, "ʝ" if after and after in "aeiouáéíóú" else "j"
    if letter == "n" and after in ("c", "g", "q", "k", "j"):
        return 1, "n" if after == "c" and spelt[place + 2 : place + 3] in tuple("eiéí") else "ŋ"
    if letter == "x":
        return 1, "s" if not before else "ks"
    return 1, {"ñ": "ɲ", "z": "θ", "j": "x", "h": ""}.get(letter, letter)


def _soft_stop(stop: str, spelt: str, place: int) -> str:
    before = spelt[place - 1 : place]
    hard = not before or before in "mn" or (stop == "d" and before == "l")
    return stop if hard else _STOPS[stop]
