"""Comparisons without the work on pictures: copies are the clips themselves, the film is the first of them.

For stories about money, votes and restarts; what is really cut is tested where it is cut.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from bot.core.model import MediaInfo
from bot.core.quality import Quality
from bot.media.worker import MediaWorker

CATALOGUE = Path(__file__).parents[1] / "fakes" / "catalogue"


async def _alike(
    self: MediaWorker, paths: Sequence[Path], intos: Sequence[Path], **_: Any
) -> tuple[MediaInfo, ...]:
    for path, into in zip(paths, intos, strict=True):
        shutil.copyfile(path, into)
    return ()


async def _film(
    self: MediaWorker, paths: Sequence[Path], letters: Sequence[str], into: Path, **_: Any
) -> None:
    shutil.copyfile(paths[0], into)


async def _unmeasured(self: MediaWorker, path: Path) -> Quality:
    return Quality()


def quick_cut() -> Any:
    """While this lasts, nothing is cut, and nothing is measured."""
    return mock.patch.multiple(MediaWorker, copies=_alike, sounds=_alike, film=_film, quality=_unmeasured)


def four_models(folder: Path) -> Path:
    """The scripted vendors with three more models like the first: `scripted-second`, `-third`, `-fourth`."""
    if not folder.exists():
        shutil.copytree(CATALOGUE, folder)
        file = folder / "scripted-key.toml"
        text = file.read_text("utf-8")
        start = text.index("[[model]]")
        first = text[start : text.index("[[model]]", start + 1)]
        for name in ("second", "third", "fourth"):
            twin = first.replace('id = "scripted-native"', f'id = "scripted-{name}"')
            text += twin.replace('name = "Scripted Native"', f'name = "Scripted {name.title()}"')
        file.write_text(text, "utf-8")
    return folder
