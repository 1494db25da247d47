"""Names of languages as transcribers write them → BCP 47. No rules about who understands what."""

from __future__ import annotations

from collections.abc import Mapping

# ISO 639-3 and English names as Scribe and Whisper answer; whatever is not here is kept as it came.
_KNOWN: Mapping[str, tuple[str, str]] = {
    "ar": ("ara", "arabic"),
    "bg": ("bul", "bulgarian"),
    "ca": ("cat", "catalan"),
    "cs": ("ces", "czech"),
    "da": ("dan", "danish"),
    "de": ("deu", "german"),
    "el": ("ell", "greek"),
    "en": ("eng", "english"),
    "es": ("spa", "spanish"),
    "et": ("est", "estonian"),
    "eu": ("eus", "basque"),
    "fa": ("fas", "persian"),
    "fi": ("fin", "finnish"),
    "fil": ("fil", "tagalog"),
    "fr": ("fra", "french"),
    "gl": ("glg", "galician"),
    "he": ("heb", "hebrew"),
    "hi": ("hin", "hindi"),
    "hr": ("hrv", "croatian"),
    "hu": ("hun", "hungarian"),
    "id": ("ind", "indonesian"),
    "it": ("ita", "italian"),
    "ja": ("jpn", "japanese"),
    "ko": ("kor", "korean"),
    "lt": ("lit", "lithuanian"),
    "lv": ("lav", "latvian"),
    "ms": ("msa", "malay"),
    "nl": ("nld", "dutch"),
    "no": ("nor", "norwegian"),
    "pl": ("pol", "polish"),
    "pt": ("por", "portuguese"),
    "ro": ("ron", "romanian"),
    "ru": ("rus", "russian"),
    "sk": ("slk", "slovak"),
    "sl": ("slv", "slovenian"),
    "sr": ("srp", "serbian"),
    "sv": ("swe", "swedish"),
    "th": ("tha", "thai"),
    "tr": ("tur", "turkish"),
    "uk": ("ukr", "ukrainian"),
    "ur": ("urd", "urdu"),
    "vi": ("vie", "vietnamese"),
    "zh": ("cmn", "chinese"),
}
_BY_NAME: Mapping[str, str] = {
    **{name: tag for tag, names in _KNOWN.items() for name in names},
    "zho": "zh",
    "mandarin": "zh",
}


def tag_of(name: str) -> str:
    """The language tag for a vendor's name: "eng" and "english" are "en"."""
    plain = name.strip().lower()
    return _BY_NAME.get(plain, plain)


def short(tag: str) -> str:
    """The language alone, as vendors take it for a hint: "pt-BR" is "pt"."""
    return tag.strip().lower().replace("_", "-").partition("-")[0]
