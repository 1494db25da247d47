"""Inline catalogue files modelled on what vendors really publish, and a way to load them."""

from __future__ import annotations

from pathlib import Path

from providers.base import MediaInput, Role, VideoRequest
from providers.catalogue import Catalogue, Route, load
from providers.catalogue.facts import ROLE_KINDS

PROVIDER = """
[provider]
id = "acme"
name = "Acme"
adapter = "acme.adapter:Acme"
env = ["ACME_API_KEY"]
base_url = "https://api.acme.example/v1"
lost = "lookup"
link_seconds = 86400
"""

HEAD = """
[[model]]
id = "acme-2"
name = "Acme 2"
api_name = "acme-v2-pro"
status = "active"
checked = 2026-11-20
sources = ["https://acme.example/pricing"]
confidence = "official"
prompt = { max = 100 }
audio = { native = true, kinds = ["speech"], languages = ["en"] }
"""

# 1080p only in the short length, sound switchable only there: the shape of Hailuo and Kling.
SHAPES = """
[[model.shape]]
modes = ["text", "first-frame"]
resolutions = ["768p"]
aspects = ["16:9", "9:16"]
durations = [6, 10]
sound = [false]
[[model.shape]]
modes = ["text"]
resolutions = ["1080p"]
aspects = ["16:9", "9:16"]
durations = [6]
sound = [true, false]
[[model.input]]
role = "first-frame"
formats = ["jpeg", "png"]
max_bytes = 1000
"""

PRICES = """
[[model.price]]
since = 2026-09-01
unit = "second"
amount = "0.10"
when = { resolution = "768p" }
[[model.price]]
since = 2026-09-01
unit = "second"
amount = "0.20"
when = { resolution = "1080p", sound = true }
[[model.price]]
since = 2026-09-01
unit = "second"
amount = "0.15"
when = { resolution = "1080p", sound = false }
"""

ACME = PROVIDER + HEAD + SHAPES + PRICES


def write(folder: Path, **files: str) -> Path:
    """Put files into a folder: write(tmp, acme="…")."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def load_texts(tmp_path: Path, **files: str) -> Catalogue:
    """A catalogue of only these files."""
    return load(data_dir=write(tmp_path / "data", **files))


def route_of(tmp_path: Path, text: str, model: str = "acme-2", provider: str = "acme") -> Route:
    """The route from a single file."""
    return load_texts(tmp_path, sample=text).route(provider, model)


def request(**changes: object) -> VideoRequest:
    """A plain wish for acme-2."""
    plain: dict[str, object] = {
        "model": "acme-2",
        "prompt": "a cat",
        "seconds": 6,
        "aspect": "16:9",
        "resolution": "768p",
        "sound": False,
    }
    return VideoRequest(**{**plain, **changes})  # type: ignore[arg-type]


def given(role: Role, *, mime: str = "", seconds: float = 0.0, size_bytes: int = 100) -> MediaInput:
    """A file for a request; its bytes do not matter here."""
    kind = ROLE_KINDS[role]
    usual = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4"}[kind]
    return MediaInput(
        role=role, kind=kind, path=Path("x"), mime=mime or usual, size_bytes=size_bytes, seconds=seconds
    )
