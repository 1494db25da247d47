"""Names of files in a prompt: `@hero`. Which file a name belongs to, and which names belong to none. Pure.

A file is called what its caption or its own name says (`@hero`, hero.png). A name that no file bears goes to
the next reference without one, in the order in which both came. What a vendor's account knows by name needs
no file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from providers.base import MediaInput
from providers.catalogue import Catalogue, UnknownModel

# At most 32 characters, the first a letter: neither a cue (`@1.2s door slam`) nor an id (`<@42>`) is a name,
# nor is the rest of a mail address.
_MENTION: Final = re.compile(r"(?<![\w.])@([^\W\d_]\w{0,31})(?!\w)")
_REFERENCES: Final = ("reference-image", "reference-audio", "reference-video")


def mentions(*texts: str) -> tuple[str, ...]:
    """The names in some texts without the @, in lower case, each once, in order."""
    found = (match[1].lower() for text in texts for match in _MENTION.finditer(text))
    return tuple(dict.fromkeys(found))


def unnamed(text: str) -> str:
    """A text whose names are plain words, for where no files come along."""
    return _MENTION.sub(r"\1", text)


def as_name(text: str) -> str:
    """A name from a caption or a file's stem; "" if it cannot be one."""
    name = text.strip().removeprefix("@").lower()
    return name if _MENTION.fullmatch(f"@{name}") else ""


def account_names(by_provider: Mapping[str, frozenset[str]], model: str, catalogue: Catalogue) -> set[str]:
    """What the accounts that may make a clip know by name, in lower case: all of them for `auto`."""
    try:
        serving = {route.provider for route in catalogue.model(model).routes}
    except UnknownModel:
        serving = set(by_provider)
    return {name.lower() for provider in serving for name in by_provider.get(provider, ())}


def with_names(
    media: Sequence[MediaInput], texts: Iterable[str], known: Collection[str] = ()
) -> tuple[MediaInput, ...]:
    """The files with each name once; mentioned names without a file go to the references without one.

    Those that are `known` to the vendor's account mean no file, unless one bears them.
    """
    taken: set[str] = set()
    kept: list[MediaInput] = []
    for item in media:
        kept.append(item if item.name not in taken else replace(item, name=""))
        taken.add(item.name)
    called = mentions(*texts)
    free = iter([name for name in called if name not in taken and name not in known])
    named = []
    for item in kept:
        waits = item.role in _REFERENCES and item.name not in called
        named.append(replace(item, name=next(free, item.name)) if waits else item)
    return tuple(named)


def strangers(texts: Iterable[str], media: Iterable[MediaInput], known: Collection[str]) -> tuple[str, ...]:
    """Names in the texts that neither a file nor the vendor's account bears."""
    there = {item.name for item in media} | {name.lower() for name in known}
    return tuple(name for name in mentions(*texts) if name not in there)
