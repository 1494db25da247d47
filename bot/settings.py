"""The operator's settings: one typed tree, and the only place that reads the environment.

Only `bot.app` and `bot.__main__` import this; every other part is handed plain values. The docstring under a
field is its documentation: `.env.example` and `docs/settings.md` are made from it.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import dotenv
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.core.errors import BadSettings

PREFIX = "TALKREEL_"
ENV_FILE = Path(".env")
_PERSON = re.compile(r"(discord|telegram|web|console):\S+")
_BOUNDS = ("gt", "ge", "le")
_FOREIGN = frozenset({f"{PREFIX}TEST"})  # belongs to the test run


def default_data_dir() -> Path:
    """The platform's folder for application data, with our name added."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "talkreel"


def _cores() -> int:
    return max(1, min(64, os.cpu_count() or 1))


class ProviderSettings(BaseModel):
    """What an operator may say about one provider."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Address of the provider's API, if not the vendor's own (a proxy, a region, a compatible service)."""

    concurrent: int | None = Field(default=None, ge=1, le=1000)
    """Jobs that the key may run at the same time (jobs). Unset: what the catalogue says."""

    options: dict[str, str] = Field(default_factory=dict)
    """Switches handed to the adapter as they are; CONTRIBUTING.md says where each adapter lists its own."""


class Settings(BaseSettings):
    """Everything the operator can set. Frozen once it is read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    data_dir: Path = Field(default_factory=default_data_dir)
    """Folder for the database, the clips and files on the way. Made at first start, readable by its owner
    alone."""

    operators: Annotated[tuple[str, ...], NoDecode] = ()
    """Accounts that own this bot, as `platform:id`, separated by commas. They draw on the budget itself and
    may allot credits to servers. The command line always counts as the operator."""

    budget_usd_day: Decimal = Field(default=Decimal("5"), ge=0, le=1_000_000)
    """Most that may be spent at vendors in a day (US dollars of list price; 0 = nothing is bought)."""

    budget_usd_month: Decimal = Field(default=Decimal("50"), ge=0, le=10_000_000)
    """Most that may be spent at vendors in a month (US dollars of list price; 0 = nothing is bought)."""

    catalogue_dir: Path | None = None
    """Folder with your own `*.toml` files that correct or extend the built-in model list (prices, limits)."""

    credit_usd: Decimal = Field(default=Decimal("0.01"), gt=0, le=1000)
    """Worth of one credit (US dollars of list price)."""

    markup: Decimal = Field(default=Decimal("1"), gt=0, le=1000)
    """Factor on the list price when credits are counted (1 = at cost)."""

    confirm_above: int = Field(default=50, ge=0, le=1_000_000)
    """Dearer jobs ask before they run (credits)."""

    free_clips_per_day: int = Field(default=20, ge=0, le=100_000)
    """Clips of the built-in renderer for a member without a rule of their own (clips per day; 0 = none)."""

    jobs_at_once: int = Field(default=3, ge=1, le=1000)
    """Jobs that one member without a rule may have open at the same time (jobs)."""

    pause_after: int = Field(default=3, ge=0, le=1000)
    """Refused or unexplained outcomes in 24 hours after which a member is paused (outcomes; 0 = never)."""

    pause_hours: int = Field(default=24, ge=1, le=8760)
    """How long such a pause lasts (hours)."""

    sound_with: Annotated[
        tuple[str, ...], NoDecode, "sound routes or their providers, separated by commas"
    ] = ()
    """Who makes the sound that the bot adds, in the order in which they are asked: sound routes or their
    providers, separated by commas, such as elevenlabs, fal/foley. Unset: as docs/models.md lists them. The
    built-in maker always comes last."""

    loudness_lufs: float = Field(default=-16.0, ge=-30.0, le=-10.0)
    """Loudness of the sound that the bot adds (LUFS, integrated; -14 suits music platforms)."""

    repair_with_paid: bool = False
    """Let makers of sound that cost something mend a clip whose model delivered no usable sound. You pay
    them, not the member; the budget still holds. Off: only what costs nothing mends."""

    voices_from_recordings: bool = True
    """Let members have a voice made of their recording for one clip, by services that make voices and with
    your keys for them. It is asked about first and deleted after the clip. Off: never offered."""

    keep_days: int = Field(default=30, ge=1, le=3650)
    """How long finished clips are kept (days)."""

    compare_hours: int = Field(default=24, ge=1, le=168)
    """How long the vote on a comparison is open where nobody says otherwise (hours)."""

    max_upload_bytes: int = Field(default=100_000_000, ge=1_000_000, le=2_000_000_000)
    """Largest file that a member may hand in (bytes)."""

    transcribe_with: Annotated[
        tuple[str, ...],
        NoDecode,
        "ids of transcribers separated by commas, or none",
    ] = ("whisper", "elevenlabs-scribe", "openai-transcribe")
    """Who turns speech into words, in this order, separated by commas (`none`: nobody). Those that are not
    installed or have no key are passed over; what a key costs is booked on the budget."""

    measure_with_paid: bool = False
    """Whether transcribers that cost money may also count how many of the asked words a finished clip says;
    without this only those on this machine do."""

    language: Literal["en", "es"] = "en"
    """Language of the bot's words where a person's own is not known."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is written to the log."""

    media_workers: int = Field(default_factory=_cores, ge=1, le=64)
    """Media jobs at the same time, each in a process of its own (processes)."""

    worker_idle_seconds: int = Field(default=120, ge=0, le=86_400)
    """How long an idle media process stays warm before it gives its memory back (seconds)."""

    worker_memory_mb: int = Field(default=1536, ge=512, le=65_536)
    """Most memory that one media process may use (MiB)."""

    http_host: Annotated[str, "a host name or an address"] = Field(default="127.0.0.1", pattern=r"^[\w.:-]+$")
    """Address that the web server listens on (`0.0.0.0`: every address of this machine)."""

    http_port: int = Field(default=8420, ge=0, le=65_535)
    """Port that the web server listens on (port number; 0 = any free one)."""

    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+$")
    """Address under which people reach the web server, such as `https://clips.example.org`; without a
    path."""

    trusted_proxies: Annotated[
        tuple[str, ...], NoDecode, "addresses or networks such as 10.0.0.0/8, separated by commas"
    ] = ()
    """Proxies in front of the web server, separated by commas; only their `X-Forwarded-*` headers count."""

    secret_key: SecretStr | None = None
    """Signs logins and links (at least 32 characters). Unset: made at first start and kept in the data
    folder."""

    discord_base_url: str = Field(default="https://discord.com/api/v10", pattern=r"^https?://\S+$")
    """Address of Discord's API, if it is reached through a proxy."""

    telegram_base_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://\S+$")
    """Address of Telegram's Bot API: your own server lifts the limits of 20 MB in and 50 MB out."""

    telegram_local_mode: bool = False
    """Whether that server runs with `--local` on this machine, so that files are read from its folder."""

    providers: dict[str, ProviderSettings] = Field(default_factory=dict)
    """What you want different for one provider, by its id in capitals with underscores, for example
    `TALKREEL_PROVIDERS__GOOGLE_VEO__BASE_URL`."""

    @field_validator("operators", "sound_with", "trusted_proxies", "transcribe_with", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in re.split(r"[,\s]+", value.strip("[] ").replace('"', "")) if part)
        return value

    @field_validator("operators")
    @classmethod
    def _persons(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_PERSON.fullmatch(person) for person in value):
            raise ValueError("platform:id")
        return value

    @field_validator("transcribe_with")
    @classmethod
    def _transcribers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(one.lower().replace("_", "-") for one in value)
        if named == ("none",):
            return ()
        if not all(re.fullmatch(r"[a-z0-9-]+", one) for one in named) or "none" in named:
            raise ValueError("ids of transcribers")
        return tuple(dict.fromkeys(named))

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value

    @field_validator("public_url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        return value.lower() if value is not None else None

    @field_validator("language", "log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("data_dir", "catalogue_dir")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None

    @field_validator("providers")
    @classmethod
    def _dashes(cls, value: dict[str, ProviderSettings]) -> dict[str, ProviderSettings]:
        return {name.lower().replace("_", "-"): one for name, one in value.items()}


def read_settings(env_file: Path | None = None) -> Settings:
    """The settings, from the environment and, where that is silent, from `.env`.

    Args:
        env_file: read instead of `.env` in the working directory.

    Raises:
        BadSettings: a value is not allowed or a name does not exist; the message names it.
    """
    file = _env_file(env_file)
    _refuse_unknown(file)
    try:
        source: dict[str, Any] = {"_env_file": file, "_env_file_encoding": "utf-8"}
        return Settings(**source)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSettings(_sentence(first["loc"])) from None
    except ValueError as error:  # a nested value that is no JSON
        name = re.search(r'field "(\w+)"', str(error))
        raise BadSettings(_sentence((name.group(1) if name else "",))) from None


def vendor_keys(names: Iterable[str], env_file: Path | None = None) -> dict[str, SecretStr]:
    """Credentials under their vendors' usual names; those that are not set or empty are absent.

    Args:
        names: environment variables that the catalogue names.
        env_file: read instead of `.env` in the working directory.

    Raises:
        BadSettings: the file cannot be read.
    """
    values = {**_file_values(_env_file(env_file)), **{k: v for k, v in os.environ.items() if v}}
    return {name: SecretStr(values[name].strip()) for name in names if values.get(name, "").strip()}


def allowed(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """What a field takes, in words: for refusals and for the documentation."""
    text = str(annotation)
    said = next((rule for rule in metadata if isinstance(rule, str)), None)
    if said is not None:
        return said
    if annotation is bool:
        return "`true` or `false`"
    if "Literal" in text:
        return "one of " + ", ".join(re.findall(r"'([^']+)'", text))
    if "Path" in text:
        return "the path of a folder"
    if "tuple" in text:
        return "`platform:id` separated by commas, platform being discord, telegram, web or console"
    if "Decimal" not in text and "int" not in text:
        patterns = [rule for rule in metadata if getattr(rule, "pattern", None)]
        return "an address that begins with http:// or https://" if patterns else "text"
    kind = "a number" if "Decimal" in text else "a whole number"
    bounds = {key: getattr(rule, key) for rule in metadata for key in _BOUNDS if hasattr(rule, key)}
    if "gt" in bounds:
        return f"{kind} above {bounds['gt']}, at most {bounds['le']}"
    return f"{kind} from {bounds['ge']} to {bounds['le']}"


def _sentence(loc: tuple[int | str, ...]) -> str:
    """One plain sentence: which variable, what it takes. Never the value: it may be a secret."""
    steps = [str(step) for step in loc]
    if len(steps) == 1 and steps[0] in Settings.model_fields and steps[0] != "providers":
        field = Settings.model_fields[steps[0]]
        return f"{PREFIX}{steps[0].upper()} must be {allowed(field.annotation, field.metadata)}."
    if len(steps) >= 3 and steps[0] == "providers" and steps[2] in ProviderSettings.model_fields:
        field = ProviderSettings.model_fields[steps[2]]
        name = f"{PREFIX}PROVIDERS__{steps[1].upper()}__{steps[2].upper()}"
        return f"{name} must be {allowed(field.annotation, field.metadata)}."
    known = ", ".join(name.upper() for name in ProviderSettings.model_fields)
    return f"{PREFIX}PROVIDERS__… must be {PREFIX}PROVIDERS__<PROVIDER>__ and one of {known}."


def _env_file(env_file: Path | None) -> Path | None:
    file = env_file if env_file is not None else ENV_FILE
    return file if file.is_file() else None


def _file_values(file: Path | None) -> Mapping[str, str]:
    if file is None:
        return {}
    try:
        read = dotenv.dotenv_values(file, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadSettings(f"{file} cannot be read; it must be a text file in UTF-8.") from None
    return {name: value for name, value in read.items() if value}


def _refuse_unknown(file: Path | None) -> None:
    """A misspelt setting would silently do nothing, so it is refused."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    names = {name.upper() for name in (*os.environ, *_file_values(file))} - _FOREIGN
    for name in sorted(name for name in names if name.startswith(PREFIX)):
        if name not in known and not name.startswith(f"{PREFIX}PROVIDERS__"):
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise BadSettings(f"There is no setting {name}; docs/settings.md lists them all.{hint}")
