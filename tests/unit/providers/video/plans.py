"""Plans over the catalogue files of single providers, and files that somebody handed in."""

from __future__ import annotations

import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, plan
from providers.base import MediaInput, MediaKind, Role
from providers.catalogue import Catalogue, load
from providers.catalogue.loader import DATA

TODAY = date(2026, 11, 22)


@cache
def catalogue(*names: str) -> Catalogue:
    """The files of these providers alone."""
    with TemporaryDirectory() as folder:
        for name in names:
            shutil.copy(DATA / f"{name}.toml", folder)
        return load(data_dir=Path(folder))


def planned(provider: str, model: str, *media: MediaInput, links: bool = True, **options: Any) -> Plan:
    """The plan of a wish where one provider has its key."""
    books = catalogue(provider)
    context = PlanContext(
        catalogue=books,
        house=House(),
        has_key=lambda _: True,
        missing_env=lambda name: books.provider(name).env,
        now_ms=1_795_000_000_000,
        today=TODAY,
        links=links,
    )
    prompt = options.pop("prompt", "a quiet street")
    return plan(Wish(prompt=prompt, model=model, media=media, **options), context)


def refused(provider: str, model: str, *media: MediaInput, **options: Any) -> Refusal:
    """Why there is no plan."""
    with pytest.raises(Refusal) as caught:
        planned(provider, model, *media, **options)
    return caught.value


def given(role: Role, kind: MediaKind = "image", *, name: str = "", **facts: Any) -> MediaInput:
    """A file that somebody handed in."""
    mime = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4"}[kind]
    known: dict[str, Any] = {"size_bytes": 5000, **facts}
    return MediaInput(role=role, kind=kind, path=Path("f"), mime=mime, name=name, **known)
