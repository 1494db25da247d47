"""Pictures are squeezed as far as a vendor's limits ask, and keep their own format where they can."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image

from bot.core.desk import Desk
from bot.core.errors import MediaRefused
from bot.core.requests.pictures import _fitted
from bot.media.worker import MediaWorker
from bot.store.blobs import open_blobs
from providers.base import MediaInput
from providers.catalogue import Window


async def fitted(media: MediaWorker, folder: Path, **limits: object) -> MediaInput:
    """A picture of noise, which no PNG makes small, as a window takes it."""
    path = folder / "noise.png"
    noise = np.random.default_rng(1).integers(0, 255, (400, 600, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    item = MediaInput(
        role="first-frame",
        kind="image",
        path=path,
        mime="image/png",
        size_bytes=path.stat().st_size,
        name="hero",
    )
    desk = SimpleNamespace(media=media, blobs=await open_blobs(folder / "data"))
    window = Window(role="first-frame", **limits)  # type: ignore[arg-type]
    return await _fitted(cast(Desk, desk), item, window, folder / "into")


async def test_a_picture_within_the_limits_keeps_its_format(media: MediaWorker, tmp_path: Path) -> None:
    made = await fitted(media, tmp_path, formats=("jpeg", "png"))
    assert made.mime == "image/png" and made.path != tmp_path / "noise.png"
    assert made.size_bytes == made.path.stat().st_size


async def test_a_picture_that_no_png_makes_small_enough_becomes_a_jpeg(
    media: MediaWorker, tmp_path: Path
) -> None:
    made = await fitted(media, tmp_path, formats=("jpeg", "png"), max_bytes=300_000)
    assert made.mime == "image/jpeg" and made.size_bytes <= 300_000
    small = await fitted(media, tmp_path, max_side=300)
    with Image.open(small.path) as picture:
        assert picture.size == (300, 200)


async def test_what_cannot_be_squeezed_is_refused_by_its_name(media: MediaWorker, tmp_path: Path) -> None:
    for limits in ({"formats": ("png",), "max_bytes": 1000}, {"formats": ("jpeg",), "max_bytes": 1000}):
        with pytest.raises(MediaRefused) as refused:
            await fitted(media, tmp_path, **limits)
        assert (refused.value.code, refused.value.facts["file"]) == ("too_many_bytes", "hero")
