"""Turns `Text` values into sentences of a language. The words are in `texts/<lang>.toml`.

A placeholder is `{fact}` or `{fact:form}`; a part in [square brackets] is left out when one of its facts
is missing, None, 0 or "". Forms are listed in `_FORMS`; any other form is a counted unit (`{n:jobs}`).
Facts are never trusted: what people typed is cut and cleaned here. Platform markup is the front-ends' part.
"""

from __future__ import annotations

import logging
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files
from typing import Any, Final

from bot.core.model import Text

log = logging.getLogger(__name__)

FALLBACK: Final = "en"
QUOTE_CHARACTERS: Final = 80
SPOKEN_CHARACTERS: Final = 1000
_WORD_CHARACTERS: Final = 200
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([a-z_]+))?\}")


class MissingWords(KeyError):
    """No language has this text, or a fact that it needs was not given."""


class Wording:
    """All texts of all languages."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]], *, strict: bool = False) -> None:
        """Keep the texts.

        Args:
            texts: language → key → sentence; must have `en`.
            strict: raise for a missing text instead of naming its key; for tests.
        """
        self._texts = {language: dict(words) for language, words in texts.items()}
        self._strict = strict
        if FALLBACK not in self._texts:
            raise MissingWords(FALLBACK)

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages there are, `en` first."""
        return tuple(sorted(self._texts, key=lambda code: (code != FALLBACK, code)))

    def language(self, wanted: str) -> str:
        """The language that serves somebody who wants `wanted` ("es-MX" is served by "es")."""
        plain = wanted.lower().replace("_", "-")
        return next((code for code in (plain, plain.split("-")[0]) if code in self._texts), FALLBACK)

    def keys(self, language: str) -> frozenset[str]:
        """All keys of one language."""
        return frozenset(self._texts[language])

    def placeholders(self, key: str, language: str) -> frozenset[str]:
        """The facts that a text names, with their forms."""
        return frozenset(match[0] for match in _PLACEHOLDER.finditer(self._texts[language][key]))

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts[FALLBACK]

    def say(self, text: Text, language: str = FALLBACK) -> str:
        """The sentence. Falls back to English word by word.

        Raises:
            MissingWords: only if strict.
        """
        code = self.language(language)
        pattern = self._find(text.key, code)
        if pattern is None:
            if self._strict:
                raise MissingWords(text.key)
            log.error("no words for %s", text.key)
            return text.key
        kept = _OPTIONAL.sub(lambda match: self._optional(match[1], text, code), pattern)
        return self._fill(kept, text, code)

    def lines(self, texts: Sequence[Text], language: str = FALLBACK) -> str:
        """Several sentences, one a line."""
        return "\n".join(self.say(text, language) for text in texts)

    def unit(self, name: str, number: int | Decimal, language: str) -> str:
        """A number with its unit, in the right plural."""
        form = "one" if abs(number) == 1 else "other"
        word = self._find(f"unit.{name}.{form}", language)
        if word is None:
            raise MissingWords(f"unit.{name}.{form}")
        return word.replace("{n}", _number(number, language))

    def _find(self, key: str, language: str) -> str | None:
        return self._texts[language].get(key) or self._texts[FALLBACK].get(key)

    def _optional(self, part: str, text: Text, language: str) -> str:
        names = [match[1] for match in _PLACEHOLDER.finditer(part)]
        return part if all(text.facts.get(name) not in (None, 0, "", (), []) for name in names) else ""

    def _fill(self, pattern: str, text: Text, language: str) -> str:
        def one(match: re.Match[str]) -> str:
            name, form = match[1], match[2] or "plain"
            if text.facts.get(name) is None:
                if self._strict:
                    raise MissingWords(f"{text.key}: {name}")
                log.error("%s needs the fact %s", text.key, name)
                return "?"
            return self._form(form, text.facts[name], language)

        return _PLACEHOLDER.sub(one, pattern)

    def _form(self, form: str, value: Any, language: str) -> str:
        if form in _FORMS:
            return _FORMS[form](self, value, language)
        return self.unit(form, value, language)


def load_wording(*, strict: bool = False) -> Wording:
    """Read every `texts/*.toml` of this package."""
    texts = {}
    for entry in files("bot.core").joinpath("texts").iterdir():
        if entry.name.endswith(".toml"):
            texts[entry.name.removesuffix(".toml")] = dict(_flat(tomllib.loads(entry.read_text("utf-8"))))
    return Wording(texts, strict=strict)


def clean(text: str, limit: int = _WORD_CHARACTERS) -> str:
    """One line without control or direction marks, at most `limit` characters, cut with "…".

    Right-to-left words are isolated, so that they do not turn the sentence around them.
    """
    kept = "".join(char if unicodedata.category(char) != "Cc" else " " for char in text)
    kept = " ".join(re.sub("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", kept).split())
    if len(kept) > limit:
        kept = kept[: limit - 1].rstrip(" \u200d\ufe0f") + "…"
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in kept):
        return f"\u2068{kept}\u2069"
    return kept


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _number(value: int | float | Decimal, language: str) -> str:
    """With thousands separators; Spanish parts them by a space and from five digits on."""
    plain = f"{Decimal(str(value)).normalize():,f}"
    if language != "es":
        return plain
    whole, _, rest = plain.partition(".")
    whole = whole.replace(",", "" if abs(Decimal(str(value))) < 10_000 else "\u00a0")
    return f"{whole},{rest}" if rest else whole


def _plain(words: Wording, value: Any, language: str) -> str:
    if isinstance(value, Text):
        return words.say(value, language)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _number(value, language)
    if isinstance(value, (tuple, list)):
        return ", ".join(_plain(words, item, language) for item in _runs(tuple(value)))
    return clean(str(value))


def _raw(words: Wording, value: Any, language: str) -> str:
    return clean(str(value))


def _quote(words: Wording, value: Any, language: str) -> str:
    return f"“{clean(str(value), QUOTE_CHARACTERS)}”"


def _spoken(words: Wording, value: Any, language: str) -> str:
    """What somebody says, whole: it is to be read and put right."""
    return f"“{clean(str(value), SPOKEN_CHARACTERS)}”"


def _joined(key: str, prefix: str = "") -> Callable[[Wording, Any, str], str]:
    """A list with "and" or "or" before its last; each value looked up under `prefix`, if there is one."""

    def join(words: Wording, value: Any, language: str) -> str:
        given = value if isinstance(value, (tuple, list, set, frozenset)) else (value,)
        if prefix:
            items = [_looked_up(words, prefix, item, language) for item in given]
        else:
            items = [_plain(words, item, language) for item in _runs(tuple(given))]
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {words.say(Text(key=key), language)} {items[-1]}"

    return join


def _runs(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Four or more whole numbers in a row are said as "4–15"."""
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    if whole and len(values) > 3 and values == tuple(range(values[0], values[0] + len(values))):
        return (f"{values[0]}–{values[-1]}",)
    return values


def _seconds(words: Wording, value: Any, language: str) -> str:
    return f"{_number(_tenths(_one(value)), language)}\u00a0s"


def _url(words: Wording, value: Any, language: str) -> str:
    """An address of ours, whole: half of it would lead nowhere."""
    return "".join(char for char in str(value) if char.isprintable() and not char.isspace())


def _clock(words: Wording, value: Any, language: str) -> str:
    """00:15, or 01:02:03."""
    minutes, seconds = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _span(words: Wording, value: Any, language: str) -> str:
    """A length of time in its largest fitting unit: 40 s, 5 min, 5 h, 3 days."""
    seconds = max(0, int(value))
    if seconds < 90:
        return f"{seconds}\u00a0s"
    if seconds < 5400:
        return f"{round(seconds / 60)}\u00a0min"
    if seconds < 48 * 3600:
        return f"{round(seconds / 3600)}\u00a0h"
    return words.unit("days", round(seconds / 86_400), language)


def _in(words: Wording, value: Any, language: str) -> str:
    return words.say(Text(key="word.in", facts={"span": _span(words, value, language)}), language)


def _size(words: Wording, value: Any, language: str) -> str:
    """Bytes as kB, MB or GB, in steps of a thousand as chats count them."""
    size = Decimal(int(_one(value)))
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{_number(_tenths(size / factor), language)}\u00a0{unit}"
    return f"{size}\u00a0B"


def _usd(words: Wording, value: Any, language: str) -> str:
    """Micro-dollars, to the cent; to a hundredth of a cent where it would read as nothing."""
    amount = Decimal(int(value)) / 1_000_000
    step = Decimal("0.01") if amount == 0 or abs(amount) >= Decimal("0.01") else Decimal("0.0001")
    text = f"{amount.quantize(step, ROUND_HALF_UP):,f}"
    return f"{text.translate(str.maketrans(',.', ' ,'))}\u00a0US$" if language == "es" else f"${text}"


def _time(words: Wording, value: Any, language: str) -> str:
    """Milliseconds since 1970 as 2026-11-22 17:05 UTC."""
    return datetime.fromtimestamp(int(value) / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _word(words: Wording, value: Any, language: str) -> str:
    """A name from our own small sets (a state, a period), said in the language."""
    return _looked_up(words, "word", value, language)


def _way(words: Wording, value: Any, language: str) -> str:
    """How a clip is made: "from a first picture"."""
    return _looked_up(words, "way", value, language)


def _path(words: Wording, value: Any, language: str) -> str:
    """Where a clip's sound comes from: "by the model"."""
    return _looked_up(words, "path", value, language)


def _looked_up(words: Wording, table: str, value: Any, language: str) -> str:
    text = Text(key=f"{table}.{value}")
    return words.say(text, language) if words.has(text.key) else clean(str(value))


def _one(value: Any) -> Any:
    """The value itself where facts hold a single limit as a list."""
    return value[0] if isinstance(value, (tuple, list)) and value else value


def _tenths(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)


_FORMS: Final[Mapping[str, Callable[[Wording, Any, str], str]]] = {
    "plain": _plain,
    "raw": _raw,
    "quote": _quote,
    "spoken": _spoken,
    "and": _joined("word.and"),
    "or": _joined("word.or"),
    "words": _joined("word.or", "word"),
    "way": _way,
    "path": _path,
    "ways": _joined("word.or", "way"),
    "seconds": _seconds,
    "url": _url,
    "clock": _clock,
    "span": _span,
    "in": _in,
    "size": _size,
    "usd": _usd,
    "time": _time,
    "word": _word,
}
