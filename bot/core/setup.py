"""What admins choose for their server: which settings there are, how each is read and said. Pure.

Kept in `Server.settings` under the names of `/setup`; language and time zone have columns of their own, too.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import available_timezones

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Text
from bot.core.records import Server
from providers.catalogue import Catalogue, UnknownModel

NONE: Final = frozenset({"none", "all", "any", "auto", "-", "ninguno", "ninguna", "todos", "todas"})
_WORD_CHARACTERS: Final = 60
_ENTRIES: Final = 200
LANGUAGES: Final = ("en", "es")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading a setting depends on."""

    catalogue: Catalogue
    house: House
    platform: str


Reader = Callable[[str, Reading], Any]


def read_settings(server: Server, given: Mapping[str, Any], reading: Reading) -> Server:
    """The server with some settings changed; "" or "none" takes one back.

    Raises:
        Refusal: `unknown_model`, `only_enlarges`, `out_of_range`, `not_a_number`, `too_many_entries`,
            `too_many_characters`, `unknown_time_zone`, `not_a_choice`, `not_a_switch`.
    """
    settings = dict(server.settings)
    for name, raw in given.items():
        value = READERS[name]("" if raw is None else str(raw).strip(), reading)
        if value in (None, "", (), [], False):
            settings.pop(name, None)
        else:
            settings[name] = value
    changed = replace(server, settings=settings)
    if "time_zone" in given:
        changed = replace(changed, time_zone=settings.get("time_zone", "UTC"))
    if "language" in given:
        changed = replace(changed, language=settings.get("language", "en"))
    return changed


def plain(server: Server, name: str) -> str:
    """A setting as it is typed; "" where it is not set."""
    value = server.settings.get(name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    return str(value)


def said(server: Server, name: str) -> Text:
    """A setting as a line."""
    value: str | Text = plain(server, name) or Text(key=f"setup.unset_{name}")
    if server.settings.get(name) is True:
        value = Text(key="setup.switched_on")
    return Text(key=f"setup.{name}", facts={"value": value})


def forbidden_word(server: Server, texts: Sequence[str]) -> str:
    """The first word of the server's list that stands in one of the texts; "" if none does."""
    for word in server.settings.get("words", ()):
        found = re.compile(rf"(?<!\w){re.escape(str(word))}(?!\w)", re.IGNORECASE)
        if any(found.search(text) for text in texts):
            return str(word)
    return ""


def _entries(text: str) -> list[str]:
    if text.lower() in NONE:
        return []
    found = list(dict.fromkeys(part.strip() for part in re.split(r"[,;\n]+", text) if part.strip()))
    if len(found) > _ENTRIES:
        raise Refusal("too_many_entries", given=len(found), limit=_ENTRIES)
    return found


def _model(name: str, reading: Reading) -> str:
    try:
        return reading.catalogue.model(name).id
    except UnknownModel as error:
        raise Refusal("unknown_model", asked=name[:80], nearest=error.suggestions) from None


def _models(text: str, reading: Reading) -> list[str]:
    return [_model(name, reading) for name in _entries(text)]


def _default(text: str, reading: Reading) -> str:
    if not text or text.lower() in NONE:
        return ""
    found = reading.catalogue.model(_model(text, reading))
    if found.enlarges_only:
        raise Refusal("only_enlarges", model=found.name, model_id=found.id)
    return found.id


def _channel(text: str, reading: Reading) -> str:
    """A channel as the core names it: `platform:id`."""
    if not text or text.lower() in NONE:
        return ""
    id = re.sub(r"^<#(\d+)>$", r"\1", text).removeprefix(f"{reading.platform}:")
    if len(id) > 80:
        raise Refusal("too_many_characters", option="log_channel", given=len(id), limit=80)
    return f"{reading.platform}:{id}"


def _channels(text: str, reading: Reading) -> list[str]:
    parts = (part for entry in _entries(text) for part in entry.split())
    return [channel for channel in (_channel(part, reading) for part in parts) if channel]


def _words(text: str, reading: Reading) -> list[str]:
    found = _entries(text)
    longest = max(map(len, found), default=0)
    if longest > _WORD_CHARACTERS:
        raise Refusal("too_many_characters", option="words", given=longest, limit=_WORD_CHARACTERS)
    return found


def _days(text: str, reading: Reading) -> int | None:
    if not text or text.lower() in NONE:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise Refusal("not_a_number", option="keep_days", given=text, example=7)
    most = reading.house.keep_days
    if not 1 <= int(text) <= most:
        raise Refusal("out_of_range", option="keep_days", given=int(text), least=1, most=most)
    return int(text)


def _language(text: str, reading: Reading) -> str:
    if not text or text.lower() in NONE:
        return ""
    if text.lower() not in LANGUAGES:
        raise Refusal("not_a_choice", option="language", given=text, allowed=LANGUAGES)
    return text.lower()


def _time_zone(text: str, reading: Reading) -> str:
    if not text or text.lower() in NONE:
        return ""
    known = {zone.lower(): zone for zone in available_timezones()}
    found = known.get(text.replace(" ", "_").lower())
    if found is None:
        near = difflib.get_close_matches(text.lower(), known, n=1, cutoff=0.4)
        raise Refusal("unknown_time_zone", given=text[:60], nearest=known[near[0]] if near else "UTC")
    return found


def _switch(text: str, reading: Reading) -> bool:
    if text.lower() in ("on", "yes", "true", "1", "sí", "si"):
        return True
    if text.lower() in ("", "off", "no", "false", "0", "none"):
        return False
    raise Refusal("not_a_switch", option="on", given=text)


READERS: Final[Mapping[str, Reader]] = {
    "default_model": _default,
    "models_allowed": _models,
    "models_denied": _models,
    "channels": _channels,
    "words": _words,
    "keep_days": _days,
    "language": _language,
    "time_zone": _time_zone,
    "thread_per_request": _switch,
    "spoiler": _switch,
    "log_channel": _channel,
}
