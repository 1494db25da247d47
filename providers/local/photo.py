"""A user's picture as the place: it fills the frame and moves slowly under subject, weather and words."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from providers.local.backdrop import Backdrop, Moving, Stage
from providers.local.canvas import ease

MAX_PIXELS = 60_000_000
_MARGIN = 1.16


def load_photo(path: Path) -> Image.Image:
    """Read a picture, upright, as RGBA.

    Raises:
        ValueError: it is too large or no picture.
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP", "GIF", "BMP")) as image:
            if image.width * image.height > MAX_PIXELS or min(image.size) < 8:
                raise ValueError("The picture must have between 8 pixels a side and 60 megapixels.")
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("The picture cannot be read; PNG, JPEG, WebP, GIF and BMP can.") from error
    return upright


def paint_photo(stage: Stage, picture: Image.Image) -> Backdrop:
    """The picture, cut to the frame's shape, moving from whole to a little closer."""
    size = stage.size
    if picture.mode == "RGBA":
        plain = Image.new("RGB", picture.size, (16, 17, 24))
        plain.paste(picture, mask=picture.getchannel("A"))
        picture = plain
    wide = ImageOps.fit(
        picture, (round(size.width * _MARGIN), round(size.height * _MARGIN)), Image.Resampling.LANCZOS
    )
    side = 1 if stage.script.seed % 2 else -1
    pull = stage.script.camera == "pull"

    def draw(frame: Image.Image, camera: float, seconds: float) -> None:
        share = ease(seconds / max(1.0, float(stage.seconds)))
        share = 1 - share if pull else share
        zoom = 1 + (1 / _MARGIN - 1) * share
        width, height = wide.width * zoom, wide.height * zoom
        left = (wide.width - width) * (0.5 + 0.4 * side * share)
        top = (wide.height - height) * 0.45
        box = (left, top, left + width, top + height)
        frame.paste(wide.resize((size.width, size.height), Image.Resampling.BILINEAR, box=box), (0, 0))

    return Backdrop(
        sky=Image.new("RGB", (size.width, size.height)),
        behind=(Moving(draw=draw),),
        ground=stage.height - 40,
    )
