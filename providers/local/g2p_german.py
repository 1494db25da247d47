"""German text → phoneme letters by rules: stem stress, long and short vowels, ch, voiceless ends.

Compounds are cut only where a known first or last part shows their seam; r is tapped, since the bundled
voices have no sound nearer to the German one. Pure.
"""

from __future__ import annotations

import re

from providers.local.counting import written_in

_TOKEN = re.compile(r"[^\W\d_]+|[.,!?;:…]")
_V = "aeiouyäöü"
# Little words, and frequent ones that the rules would read wrongly.
_WORDS = {
    "der": "deːɐ", "die": "diː", "das": "das", "dass": "das", "den": "deːn", "dem": "deːm", "des": "dɛs",
    "ein": "In", "ich": "ɪç", "du": "duː", "er": "eːɐ", "wir": "viːɐ", "ihr": "iːɐ", "mir": "miːɐ",
    "dir": "diːɐ", "und": "ʊnt", "in": "ɪn", "im": "ɪm", "an": "an", "am": "am", "es": "ɛs", "zu": "ʦuː",
    "zum": "ʦʊm", "zur": "ʦuːɐ", "mit": "mɪt", "von": "fɔn", "vom": "fɔm", "vor": "foːɐ", "für": "fyːɐ",
    "hat": "hat", "hast": "hast", "bis": "bɪs", "ab": "ap", "um": "ʊm", "was": "vas", "man": "man",
    "so": "zoː", "wo": "voː", "ja": "jaː", "nun": "nuːn", "nur": "nuːɐ", "schon": "ʃoːn", "weg": "vɛk",
    "wer": "veːɐ", "mal": "maːl", "ob": "ɔp", "bin": "bɪn", "bist": "bɪst", "nach": "naːx", "sehr": "zˈeːɐ",
    "mehr": "mˈeːɐ", "wenn": "vɛn", "ist": "ɪst", "uns": "ʊns", "auf": "Wf", "sie": "ziː", "wie": "viː",
    "sind": "zɪnt", "hinter": "hɪntɐ", "sein": "zIn", "mein": "mIn", "dein": "dIn", "euch": "Yç",
    "auch": "Wx", "jetzt": "jˈɛʦt", "gleich": "ɡlˈIç", "nächste": "nˈɛːçstə", "nächster": "nˈɛːçstɐ",
    "nächstes": "nˈɛːçstəs", "nächsten": "nˈɛːçstən", "wovor": "voːfˈoːɐ", "woche": "vˈɔxə",
    "wochen": "vˈɔxən", "mond": "mˈoːnt", "erste": "ˈeːɐstə", "euro": "ˈYɾo", "kaffee": "kˈafe",
    "cent": "sˈɛnt", "hallo": "halˈoː", "wahrheit": "vˈaːɐhIt", "uhr": "ˈuːɐ", "warum": "vaɾˈʊm",
    "darum": "daɾˈʊm", "vielleicht": "fiːlˈIçt", "zurück": "ʦuɾˈyk", "zusammen": "ʦuzˈamən",
    "alles": "ˈaləs", "allein": "alˈIn", "herein": "hɛɾˈIn", "heraus": "hɛɾˈWs", "hinein": "hɪnˈIn",
    "hinaus": "hɪnˈWs", "deutsch": "dˈYʧ", "willkommen": "vɪlkˈɔmən", "berlin": "bɛɐlˈiːn",
    "hause": "hˈWzə", "fährt": "fˈɛːɐt", "gehört": "ɡəhˈøːɐt", "hört": "hˈøːɐt", "familie": "famˈiːliə",
    "computer": "kɔmpjˈuːtɐ", "april": "apɾˈɪl", "august": "Wɡˈʊst", "okay": "okˈɛI",
}  # fmt: skip
_UNSTRESSED = {
    "be": "bə", "ge": "ɡə", "er": "ɛɐ", "ver": "fɛɐ", "zer": "ʦɛɐ", "ent": "ɛnt", "emp": "ɛmp", "miss": "mɪs",
}  # fmt: skip
_FIRST_PARTS = tuple(
    "zurück kranken geburts arbeits zuschau wieder hinter sonnen wasser wetter feuer unter durch "
    "regen schnee nacht tages apfel leucht über groß haus hand nach blut wind welt zeit auf aus ein vor mit "
    "her hin bei weg los fuß an ab zu um".split()
)
_FIRST_SOUNDS = {
    "hin": "hˈɪn", "mit": "mˈɪt", "an": "ˈan", "ab": "ˈap", "um": "ˈʊm", "weg": "vˈɛk", "zurück": "ʦuɾˈyk",
}  # fmt: skip
_LAST_PARTS = tuple(
    "schaft zimmer mutter kuchen vater stadt heit keit lich haft turm haus lein raum mann frau berg ung los "
    "bar sam tag".split()
)
# Foreign endings carry the stress; in shorter words they are mostly German (feiern, Geist).
_LATE = (
    ("tionen", "ʦiˈoːnən"), ("tion", "ʦiˈoːn"), ("sion", "ziˈoːn"), ("ieren", "ˈiːɾən"), ("iert", "ˈiːɐt"),
    ("tät", "tˈɛːt"), ("ist", "ˈɪst"), ("ent", "ˈɛnt"), ("ant", "ˈant"), ("ei", "ˈI"), ("tiv", "tˈiːf"),
    ("ik", "ˈiːk"), ("ekt", "ˈɛkt"), ("tän", "tˈɛːn"), ("ell", "ˈɛl"), ("al", "ˈaːl"),
)  # fmt: skip
_LATE_FROM = 7  # letters
_ONSET = re.compile(r"sch[lmnrw]?|s[tp]r?l?|[bpgkfd]r|[bpgkf]l|tr|zw|kn|gn|qu?|pf[lr]?|ch|th|ph|wr")
_GROUPS = (
    ("tsch", "ʧ"), ("sch", "ʃ"), ("chs", "ks"), ("ck", "k"), ("ph", "f"), ("th", "t"), ("dt", "t"),
    ("tz", "ʦ"), ("ss", "s"), ("ß", "s"), ("qu", "kv"), ("nk", "ŋk"), ("rh", "ɾ"), ("zz", "ʦ"),
)  # fmt: skip
_PLAIN = {"z": "ʦ", "v": "f", "w": "v", "x": "ks", "c": "k", "g": "ɡ"}
_LONG = {"a": "aː", "e": "eː", "i": "iː", "o": "oː", "u": "uː", "ä": "ɛː", "ö": "øː", "ü": "yː", "y": "yː"}
_SHORT = {"a": "a", "e": "ɛ", "i": "ɪ", "o": "ɔ", "u": "ʊ", "ä": "ɛ", "ö": "œ", "ü": "y", "y": "y"}
_PAIRS = {
    "ei": "I", "ai": "I", "ey": "I", "ay": "I", "eu": "Y", "äu": "Y", "au": "W", "ie": "iː", "aa": "aː",
    "ee": "eː", "oo": "oː",
}  # fmt: skip
_WEAK_END = re.compile(r"(?:e[nrlmst]?|ern|eln|est)$")  # what a stem does not consist of
_WEAK_ER = frozenset("er ern ers ert erst erte erten".split())
_WEAK_E = frozenset("e en em el es et est end ens eln els".split())
_WEAK_IG = frozenset("ig ige iger igen iges".split())
_LONG_BEFORE = frozenset("ß b d f g l m n p r s t k z v w j br dr gr tr kr bl gl".split())
_LONG_AT_END = frozenset("ß b d f g l m n r t".split())
_LONG_CH = ("such", "kuch", "buch", "tuch", "fluch", "hoch", "sprach")
_VOICELESS = {"b": "p", "d": "t", "ɡ": "k"}


class German:
    """Turns German into phoneme letters."""

    def phonemes(self, text: str) -> str:
        """The phonemes of a text, words parted by spaces, with its punctuation."""
        parts: list[str] = []
        for token in _TOKEN.findall(written_in("de", text).lower()):
            if token[0].isalpha():
                parts.append(word(token))
            elif parts:
                parts[-1] += token
        return " ".join(part for part in parts if part)


def word(spelt: str) -> str:
    """One word in lower case."""
    if spelt in _WORDS:
        return _WORDS[spelt]
    if len(spelt) >= _LATE_FROM:
        for ending, sounds in _LATE:
            if spelt.endswith(ending):
                head = _read(spelt[: -len(ending)], stressed=False, inside=True)
                return (head[:-1] + "əɾ" if head.endswith("ɐ") else head) + sounds
    for first in _FIRST_PARTS:
        rest = spelt[len(first) :]
        if spelt.startswith(first) and len(rest) >= 4 and _can_start(rest):
            known = _FIRST_SOUNDS.get(first)
            return (known or _read(first, stressed=True)) + _part(rest, stressed=False)
    return _part(spelt, stressed=True)


def _part(spelt: str, *, stressed: bool) -> str:
    """A stem with its unstressed prefix or its ending."""
    for prefix, head in _UNSTRESSED.items():
        rest = spelt[len(prefix) :]
        if (
            spelt.startswith(prefix)
            and len(rest) >= 3
            and _can_start(rest)
            and _has_vowel(_WEAK_END.sub("", rest))
        ):
            return head + _read(rest, stressed=True)
    for last in _LAST_PARTS:
        stem = spelt[: -len(last)]
        if spelt.endswith(last) and len(stem) >= 2 and _has_vowel(stem):
            return _read(stem, stressed=stressed) + _read(last, stressed=False)
    return _read(spelt, stressed=stressed)


def _has_vowel(letters: str) -> bool:
    return any(letter in _V for letter in letters)


def _consonants(letters: str) -> str:
    """The consonants with which the letters begin."""
    found = re.match(rf"[^{_V}]*", letters)
    return found[0] if found else ""


def _can_start(rest: str) -> bool:
    """Whether a stem could begin like this."""
    head = _consonants(rest)
    return 0 < len(head) < len(rest) and (len(head) == 1 or _ONSET.fullmatch(head) is not None)


def _read(spelt: str, *, stressed: bool, inside: bool = False) -> str:
    """Letters → sounds; `inside` if more of the word follows, so that its end is not made voiceless."""
    out: list[str] = []
    place = 0
    marked = not stressed
    while place < len(spelt):
        if spelt[place] in _V:
            length, sound = _vowel(spelt, place, first=not marked)
            if not marked and sound != "ə":
                out.append("ˈ")
                marked = True
        else:
            length, sound = _consonant(spelt, place, inside=inside)
        out.append(sound)
        place += length
    return "".join(out)


def _vowel(spelt: str, place: int, *, first: bool) -> tuple[int, str]:
    """How many letters are read, and their sound; `first` = it carries the stress."""
    rest, later = spelt[place:], _has_vowel(spelt[:place])
    letter, consonants = rest[0], _consonants(rest[1:])
    if later and rest in _WEAK_ER:
        return 2, "ɐ"
    if later and rest in _WEAK_E:
        return 1, "ə"
    if rest[:2] in _PAIRS:
        return (3 if rest.startswith("ieh") else 2), _PAIRS[rest[:2]]
    if consonants[:1] == "h":
        return 2, _LONG[letter]
    more = len(rest) > len(consonants) + 1
    if later and not first and letter == "e" and more and len(consonants) == 1:
        return 1, "ə"
    if later and rest in _WEAK_IG:
        return 1, "ɪ"
    if not consonants:
        return 1, _LONG[letter] if first else _LONG[letter][0]
    if consonants == "ch" and spelt.startswith(_LONG_CH):
        return 1, _LONG[letter]
    if more and consonants in _LONG_BEFORE:
        return 1, _LONG[letter] if first else _LONG[letter].rstrip("ː")
    if first and consonants in _LONG_AT_END and len(spelt) > 2:
        return 1, _LONG[letter]
    if first and consonants in ("bt", "gt") and letter in "eäaoi":
        return 1, _LONG[letter]
    return 1, _LONG[letter] if first and consonants == "rd" and letter == "e" else _SHORT[letter]


def _consonant(spelt: str, place: int, *, inside: bool) -> tuple[int, str]:
    """How many letters are read, and their sound."""
    rest, before = spelt[place:], spelt[:place]
    letter, after = rest[0], rest[1:2]
    if group := next((pair for pair in _GROUPS if rest.startswith(pair[0])), None):
        return len(group[0]), group[1]
    if rest.startswith("ng"):
        return 2, "ŋɡ" if rest[2:3] in tuple("aou") else "ŋ"
    if rest.startswith("ch"):
        return 2, _ch(before, rest[2:3])
    if letter == "s" and rest[:2] in ("st", "sp") and not before:
        return 1, "ʃ"
    if letter == "s":
        voiced = after in tuple(_V) and (not before or before[-1] in _V + "lmnr")
        return 1, "z" if voiced else "s"
    if after == letter:
        length, sound = _consonant(spelt, place + 1, inside=inside)
        return length + 1, sound
    if letter == "r":
        return 1, "ɾ" if after in tuple(_V) or before[-1:] not in tuple(_V) else "ɐ"
    if letter == "h":
        return 1, "h" if before[-1:] not in tuple(_V) else ""
    if rest == "g" and before.endswith("i"):
        return 1, "ç"
    if letter == "v" and before and after in tuple(_V):
        return 1, "v"
    sound = _PLAIN.get(letter, letter)
    ends = not inside and after not in tuple(_V + "lrn")
    return 1, _VOICELESS.get(sound, sound) if ends else sound


def _ch(before: str, following: str) -> str:
    if not before:
        return "ʃ" if following == "e" else "ç" if following == "i" else "k"
    return "x" if before[-1] in "aou" and not before.endswith(("eu", "äu")) else "ç"
