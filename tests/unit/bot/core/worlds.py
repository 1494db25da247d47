"""A small world for the rules: the scripted vendors, a free renderer and one model with odd limits."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bot.core.desk import House
from bot.core.model import Text, Wish
from bot.core.planner import PlanContext
from bot.core.wording import Wording, load_wording
from providers.base import MediaInput, MediaKind, Role
from providers.catalogue import Catalogue, load

TODAY = date(2026, 11, 22)
NOW_MS = 1_795_000_000_000

DRAWN = """
[provider]
id = "drawn"
name = "Drawn here"
adapter = "tests.fakes.scripted:ScriptedProvider"
purse = "free"
lost = "key"
poll = { first_seconds = 0, every_seconds = 1, deadline_seconds = 600 }
[[model]]
id = "drawn"
name = "Drawn (built in)"
status = "active"
checked = 2026-11-20
sources = ["here"]
confidence = "official"
audio = { native = true, kinds = ["speech"], languages = ["en", "es"], misheard = { en = 3, es = 30 } }
prompt = { max = 4000 }
seed = true
defaults = { seconds = 5, resolution = "720p", aspect = "16:9" }
strengths = { speech = 1 }
[[model.shape]]
modes = ["text"]
resolutions = ["720p"]
aspects = ["16:9", "9:16"]
durations = { min = 2, max = 20 }
sound = [true, false]
[[model.price]]
since = 2026-01-01
unit = "clip"
amount = "0"
"""

ODD = """
[provider]
id = "odd"
name = "Odd Films"
adapter = "tests.fakes.scripted:ScriptedProvider"
env = ["ODD_KEY", "ODD_SECRET"]
lost = "blind"
poll = { first_seconds = 5, every_seconds = 5, deadline_seconds = 899.5 }
billed_when_moderated = true
[[model]]
id = "melody-1"
name = "Melody 1"
aliases = ["tune"]
status = "active"
checked = 2026-11-20
sources = ["here"]
confidence = "official"
audio = { native = true, kinds = ["music", "speech"], references = ["melody", "track"] }
prompt = { max = 60, unit = "bytes" }
shots = { max = 3, min_seconds = 2 }
defaults = { seconds = 8, resolution = "720p", aspect = "16:9" }
strengths = { music = 95, audio-reference = 90 }
[[model.input]]
role = "reference-audio"
modes = ["text", "references"]
formats = ["mp3", "wav"]
min_seconds = 2
max_seconds = 15
rate = 24000
[[model.input]]
role = "reference-image"
modes = ["references"]
formats = ["png"]
max_count = 2
max_bytes = 1000
[[model.input]]
role = "source-video"
modes = ["edit", "extend"]
max_seconds = 30
[[model.shape]]
modes = ["text", "references", "edit", "extend"]
resolutions = ["720p"]
aspects = ["16:9", "9:16"]
durations = { min = 4, max = 12 }
sound = [true]
[[model.shape]]
modes = ["text"]
resolutions = ["1080p"]
aspects = ["16:9"]
durations = [4]
sound = [false]
[[model.price]]
since = 2026-01-01
unit = "second"
amount = "0.0333"
[[model.price]]
since = 2026-01-01
unit = "input_second"
amount = "0.02"

[[model]]
id = "unpriced-1"
name = "Unpriced 1"
price = "operator"
status = "active"
checked = 2026-11-20
sources = ["here"]
confidence = "uncertain"
audio = { native = true }
prompt = { max = 500 }
[[model.shape]]
modes = ["text"]
resolutions = ["720p"]
aspects = ["16:9"]
durations = [5]
sound = [true]
"""


@cache
def catalogue() -> Catalogue:
    """The scripted vendors' files and the two of this page."""
    fakes = Path(__file__).parents[3] / "fakes" / "catalogue"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "drawn.toml").write_text(DRAWN, "utf-8")
        (Path(folder) / "odd.toml").write_text(ODD, "utf-8")
        return load(Path(folder), data_dir=fakes)


def world(*, keys: frozenset[str] | None = None, **changes: Any) -> PlanContext:
    """A context in which every provider has its key, unless `keys` names those that have."""
    books = changes.get("catalogue") or catalogue()

    def has_key(provider: str) -> bool:
        return keys is None or provider in keys or not books.provider(provider).env

    def missing_env(provider: str) -> tuple[str, ...]:
        return () if has_key(provider) else books.provider(provider).env

    known: dict[str, Any] = {"house": House(), "now_ms": NOW_MS, "today": TODAY}
    known |= {"catalogue": books, "has_key": has_key, "missing_env": missing_env}
    return PlanContext(**(known | changes))


def wish(prompt: str = "a quiet street", model: str = "scripted-native", **options: Any) -> Wish:
    """What somebody asks for."""
    return Wish(prompt=prompt, model=model, **options)


@cache
def wording() -> Wording:
    """All texts; a missing fact is an error."""
    return load_wording(strict=True)


def told(text: Text) -> str:
    """What a person reads, after trying every language."""
    return [wording().say(text, language) for language in reversed(wording().languages)][-1]


def file(role: Role, kind: MediaKind, *, seconds: float = 0.0, mime: str = "", size: int = 500) -> MediaInput:
    """A file that came with a wish."""
    usual = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4"}
    return MediaInput(
        role=role,
        kind=kind,
        path=Path("file"),
        mime=mime or usual[kind],
        size_bytes=size,
        seconds=seconds,
    )
