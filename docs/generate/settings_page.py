"""`.env.example` and `docs/settings.md`, from the fields of `bot.settings` and the catalogue's key names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.settings import PREFIX, ProviderSettings, Settings, allowed
from providers.catalogue import load

# Defaults that depend on the machine are said in words.
_WORDS = {
    "data_dir": "`~/.local/share/talkreel` (Linux), `~/Library/Application Support/talkreel` (macOS), "
    "`%LOCALAPPDATA%\\talkreel` (Windows)",
    "media_workers": "the number of processor cores",
}


def key_names() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(provider's name, its credential variables) for every provider that takes any."""
    found = []
    for provider in load().providers.values():
        names = [*provider.env, *(n for other in provider.env_alternatives for n in other)]
        names.extend(provider.env_optional)
        if names and provider.adapter:
            found.append((provider.name, tuple(dict.fromkeys(names))))
    return tuple(sorted(found))


def _default(name: str, field: FieldInfo) -> str:
    if name in _WORDS:
        return _WORDS[name]
    value: Any = field.get_default(call_default_factory=False)
    if value is PydanticUndefined or value in (None, (), {}, ""):
        return "not set"
    return f"`{value}`"


def _plain(text: str) -> str:
    return text.replace("`", "")


def _lines(text: str, width: int = 100) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line


def _fields() -> Iterator[tuple[str, FieldInfo]]:
    return ((name, field) for name, field in Settings.model_fields.items() if name != "providers")


def env_example() -> str:
    """The commented sample: copy to `.env`, take the # away where you want something else."""
    out = [
        "# Settings of Talkreel. Copy this file to .env beside it and take the # away where you want",
        "# another value. Every line is optional; the environment wins over this file.",
        "# Made by `python -m docs.generate`.",
        "",
    ]
    for name, field in _fields():
        out.extend(f"# {line}" for line in _lines(_plain(field.description or "")))
        value = field.get_default(call_default_factory=False)
        shown = "" if value in (None, (), {}) or value is PydanticUndefined else value
        out.append(f"# Takes {_plain(allowed(field.annotation, field.metadata))}.")
        if name in _WORDS:
            out.append(f"# Default: {_plain(_WORDS[name])}.")
        out.extend((f"#{PREFIX}{name.upper()}={shown}", ""))
    out.append("# For one provider, by its id in capitals with underscores:")
    for name, field in ProviderSettings.model_fields.items():
        out.extend(f"# {line}" for line in _lines(_plain(field.description or "")))
        suffix = "OPTIONS__NAME" if name == "options" else name.upper()
        out.append(f"#{PREFIX}PROVIDERS__PROVIDER__{suffix}=")
    for provider, names in key_names():
        out.extend(("", f"# {provider}", *(f"#{name}=" for name in names)))
    return "\n".join(out) + "\n"


def settings_page() -> str:
    """The reference page."""
    out = [
        "# Settings",
        "",
        "Made from the code by `python -m docs.generate`; edit `bot/settings.py` instead.",
        "",
        "Talkreel reads the environment and, where that is silent, a file `.env` in the folder it is started"
        " in (start from `.env.example`). Every setting is optional. An unknown name that begins with"
        f" `{PREFIX}` and a value that is not allowed stop the start with one sentence that names it.",
        "",
    ]
    for name, field in _fields():
        out.extend(
            (
                f"## `{PREFIX}{name.upper()}`",
                "",
                " ".join((field.description or "").split()),
                "",
                f"Takes {allowed(field.annotation, field.metadata)}. Default: {_default(name, field)}.",
                "",
            )
        )
    about = " ".join((Settings.model_fields["providers"].description or "").split())
    out.extend(("## One provider", "", about, ""))
    for name, field in ProviderSettings.model_fields.items():
        suffix = "OPTIONS__<NAME>" if name == "options" else name.upper()
        text = " ".join((field.description or "").split())
        out.append(f"- `{PREFIX}PROVIDERS__<ID>__{suffix}`: {text}")
    out.extend(("", "## Keys", ""))
    keys = key_names()
    if not keys:
        out.append("No provider of this version takes a key.")
    out.extend(f"- {provider}: " + ", ".join(f"`{name}`" for name in names) for provider, names in keys)
    return "\n".join(out) + "\n"
