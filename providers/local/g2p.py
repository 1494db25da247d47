"""English text → the phoneme letters that the Kokoro voice reads.

Words come from the dictionary files of the `misaki` package, read as data (none of its code runs);
what they lack is derived by endings, then by letter rules. It must not import anything that is GPL.
"""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any, Protocol

from providers.local.numerals import written_out

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[.,!?;:—…]")
_VOWELS = "AIOWYaiueoæɑɐɒɔəɚɛɜɨɪʊʌᵻ"
_STRESS = "ˈˌ"
# Little words lose their stress inside a sentence; read as dictionary entries they sound recited.
_WEAK = {
    "a": "ɐ", "an": "ən", "to": "tə", "of": "ʌv", "and": "ænd", "in": "ɪn", "on": "ˌɔn", "at": "æt",
    "for": "fɔɹ", "from": "fɹʌm", "with": "wɪð", "as": "æz", "is": "ɪz", "are": "ɑɹ", "was": "wʌz",
    "were": "wɜɹ", "be": "bi", "it": "ɪt", "he": "hi", "she": "ʃi", "we": "wˌi", "you": "ju",
    "i": "ˌI", "my": "mˌI", "your": "jʊɹ", "his": "hɪz", "her": "hɜɹ", "our": "ˌWɜɹ", "that": "ðˌæt",
    "but": "bˌʌt", "or": "ɔɹ", "if": "ˌɪf", "than": "ðən", "them": "ðˌɛm", "they": "ðA", "can": "kæn",
    "has": "hæz", "had": "hæd", "do": "dˌu", "so": "sˌO", "by": "bI", "am": "æm", "us": "ˌʌs",
}  # fmt: skip
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "ˈA bˈi sˈi dˈi ˈi ˈɛf ʤˈi ˈAʧ ˈI ʤˈA kˈA ˈɛl ˈɛm ˈɛn ˈO pˈi kjˈu ˈɑɹ ˈɛs tˈi jˈu vˈi "
        "dˈʌbᵊlju ˈɛks wˈI zˈi".split(),
        strict=True,
    )
)
# Letter rules for words no dictionary has: longest match first; "-" marks the end of the word.
_RULES: tuple[tuple[str, str], ...] = (
    ("tion-", "ʃən"), ("sion-", "ʒən"), ("ture-", "ʧəɹ"), ("ough", "O"), ("augh", "ɔ"), ("eigh", "A"),
    ("igh", "I"), ("tch", "ʧ"), ("dge", "ʤ"), ("sch", "sk"), ("eau", "O"), ("ier", "iɹ"), ("ear", "ɪɹ"),
    ("air", "ɛɹ"), ("oor", "ɔɹ"), ("our", "ɔɹ"), ("ing-", "ɪŋ"), ("ed-", "d"), ("es-", "z"), ("le-", "ᵊl"),
    ("ch", "ʧ"), ("sh", "ʃ"), ("th", "θ"), ("ph", "f"), ("wh", "w"), ("ck", "k"), ("ng", "ŋ"), ("qu", "kw"),
    ("kn", "n"), ("wr", "ɹ"), ("gh", "ɡ"), ("ee", "i"), ("ea", "i"), ("oo", "u"), ("ou", "W"), ("ow", "O"),
    ("oa", "O"), ("ai", "A"), ("ay", "A"), ("oi", "Y"), ("oy", "Y"), ("au", "ɔ"), ("aw", "ɔ"), ("ie", "i"),
    ("ei", "A"), ("ey-", "i"), ("ew", "u"), ("ue-", "u"), ("ar", "ɑɹ"), ("er", "əɹ"), ("ir", "ɜɹ"),
    ("or", "ɔɹ"), ("ur", "ɜɹ"), ("ce", "sɛ"), ("ci", "sɪ"), ("cy", "sI"), ("ge", "ʤɛ"), ("gi", "ʤɪ"),
    ("ce-", "s"), ("ge-", "ʤ"), ("e-", ""), ("o-", "O"), ("a-", "ə"), ("i-", "i"), ("y-", "i"), ("x", "ks"),
    ("a", "æ"), ("b", "b"), ("c", "k"), ("d", "d"), ("e", "ɛ"), ("f", "f"), ("g", "ɡ"), ("h", "h"),
    ("i", "ɪ"), ("j", "ʤ"), ("k", "k"), ("l", "l"), ("m", "m"), ("n", "n"), ("o", "ɑ"), ("p", "p"),
    ("q", "k"), ("r", "ɹ"), ("s", "s"), ("t", "t"), ("u", "ʌ"), ("v", "v"), ("w", "w"), ("y", "ɪ"),
    ("z", "z"),
)  # fmt: skip
_LONG_VOWEL = {"a": "A", "e": "i", "i": "I", "o": "O", "u": "u"}


class Words(Protocol):
    """A dictionary: what the phonemizer asks of it."""

    def get(self, word: str, /) -> Any:
        """Phonemes, or {part of speech: phonemes}, or None."""
        ...

    def __contains__(self, word: object, /) -> bool:
        """Whether the word has an entry."""
        ...


class WordFiles:
    """Large JSON dictionaries with one key a line, searched as text.

    Read into Python objects they would take ten times the memory, for a few words of a clip.
    """

    def __init__(self, *texts: bytes) -> None:
        """Use these files' bytes; the first one that has a word counts."""
        self._texts = texts
        self._found: dict[str, Any] = {}

    def get(self, word: str, /) -> Any:
        """The entry of a word, or None."""
        if word not in self._found:
            self._found[word] = self._look_up(word)
        return self._found[word]

    def __contains__(self, word: object, /) -> bool:
        """Whether the word has an entry."""
        return isinstance(word, str) and self.get(word) is not None

    def _look_up(self, word: str) -> Any:
        key = f"\n  {json.dumps(word, ensure_ascii=False)}: ".encode()
        for text in self._texts:
            place = text.find(key)
            if place >= 0:
                start = place + len(key)
                end = text.find(b'\n  "', start)
                entry = text[start : end if end >= 0 else len(text)].decode("utf-8")
                return json.JSONDecoder().raw_decode(entry)[0]
        return None


class Phonemizer:
    """Turns English into phoneme letters. Reading the dictionary takes a moment, so keep one."""

    def __init__(self, words: Words) -> None:
        """Use a dictionary of word → phonemes, or word → {part of speech: phonemes}."""
        self._words = words

    @classmethod
    def installed(cls) -> Phonemizer:
        """The one with the installed dictionary.

        Raises:
            ModuleNotFoundError: the `voice` extra is not installed.
        """
        folder = resources.files("misaki").joinpath("data")
        texts = [folder.joinpath(name).read_bytes() for name in ("us_gold.json", "us_silver.json")]
        return cls(WordFiles(*texts))

    def phonemes(self, text: str) -> str:
        """The phonemes of a text, words parted by spaces, with its punctuation."""
        tokens = _TOKEN.findall(written_out(text).replace("’", "'"))
        parts: list[str] = []
        for place, token in enumerate(tokens):
            if not token[0].isalpha():
                if parts:
                    parts[-1] += token
                continue
            following = next((t for t in tokens[place + 1 :] if t[0].isalpha()), "")
            parts.append(
                self._in_context(
                    token, following, last=place + 1 >= len(tokens) or tokens[place + 1] in ".!?"
                )
            )
        return " ".join(part for part in parts if part)

    def _in_context(self, token: str, following: str, *, last: bool) -> str:
        word = token.lower()
        if word == "the":
            return "ði" if self.word(following).lstrip(_STRESS)[:1] in tuple(_VOWELS) else "ðə"
        if word == "to" and self.word(following).lstrip(_STRESS)[:1] in tuple(_VOWELS):
            return "tʊ"
        if (
            word in _WEAK
            and not (last and word not in ("a", "an"))
            and not (token.isupper() and len(token) > 1)
        ):
            return _WEAK[word]
        return self.word(token)

    def word(self, token: str) -> str:
        """One word by itself."""
        if not token:
            return ""
        if token.isupper() and 1 < len(token) <= 5 and token.capitalize() not in self._words:
            spelt = self._entry(token) or ("" if self._entry(token.lower()) else self._spelt(token))
            if spelt:
                return spelt
        for form in (token, token.lower(), token.capitalize()):
            if found := self._entry(form):
                return found
        return self._derived(token.lower()) or self._by_letters(token.lower())

    def _entry(self, form: str) -> str:
        found = self._words.get(form)
        if isinstance(found, dict):
            found = found.get("DEFAULT") or next(iter(found.values()))
        return found or ""

    def _spelt(self, token: str) -> str:
        return " ".join(_LETTERS[ch] for ch in token.lower() if ch in _LETTERS)

    def _derived(self, word: str) -> str:
        """By the stem: plurals, possessives, past, -ing, -ly and compounds."""
        for ending in ("'s", "s'", "s"):
            if word.endswith(ending) and (stem := self._stem(word.removesuffix(ending), "e")):
                return stem + _plural(stem)
        if word.endswith("ed") and (stem := self._stem(word[:-2], "e")):
            return stem + ("ᵻd" if stem[-1] in "td" else "t" if stem[-1] in "pkfθsʃʧ" else "d")
        for ending, sound in (
            ("ing", "ɪŋ"),
            ("ly", "li"),
            ("ness", "nəs"),
            ("less", "ləs"),
            ("er", "əɹ"),
            ("y", "i"),
        ):
            if word.endswith(ending) and (stem := self._stem(word.removesuffix(ending), "e")):
                return stem + sound
        for cut in range(len(word) - 3, 2, -1):
            head, tail = self._entry(word[:cut]), self._entry(word[cut:])
            if head and tail:
                return head + tail.replace("ˈ", "ˌ")
        return ""

    def _stem(self, stem: str, silent: str) -> str:
        if len(stem) < 2:
            return ""
        doubled = stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else ""
        return self._entry(stem) or self._entry(stem + silent) or (self._entry(doubled) if doubled else "")

    def _by_letters(self, word: str) -> str:
        plain = "".join(ch for ch in word if ch in _LETTERS) + "-"
        out: list[str] = []
        place = 0
        while place < len(plain) - 1:
            letter = plain[place]
            if letter in _LONG_VOWEL and re.match(r"[aeiou][bcdfgklmnprstvz]e-", plain[place:]):
                out.append(_LONG_VOWEL[letter])
                place += 1
                continue
            if place and letter == plain[place - 1] and letter not in "aeiou":
                place += 1
                continue
            spelling, sound = next(rule for rule in _RULES if plain.startswith(rule[0], place))
            out.append(sound)
            place += len(spelling.rstrip("-"))
        sounds = "".join(out)
        first = next((i for i, ch in enumerate(sounds) if ch in _VOWELS), None)
        return sounds if first is None else f"{sounds[:first]}ˈ{sounds[first:]}"


def _plural(stem: str) -> str:
    last = stem[-1]
    if last in "szʃʒʧʤ":
        return "ᵻz"
    return "s" if last in "ptkfθ" else "z"
