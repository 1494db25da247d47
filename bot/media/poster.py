"""Still pictures: the poster and thumbnail of a clip, and users' images made fit to send. Worker only."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import av.error
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from bot.core.errors import MediaRefused
from bot.core.model import MediaInfo
from bot.media.limits import InputLimits
from bot.media.probe import inspect
from bot.media.reader import Source, check_size, examine, opened, raise_if_system

_POSTER_BYTES = 200_000
_BLANK_SPREAD = 6.0
_MOST_FRAMES = 300
_CARD = 1280, 720
_PILLOW_NAMES = {"png": "PNG", "jpeg": "JPEG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF"}


def poster(
    path: Path, into: Path, *, max_width: int, max_height: int, limits: InputLimits
) -> tuple[int, int]:
    """Write a JPEG of at most 200 kB from an early moment that is not blank.

    Args:
        path: the clip.
        into: the JPEG.
        max_width, max_height: the picture is scaled down to both, never up; 0 = no limit.
        limits: of the clip.

    Returns:
        Width and height of the JPEG.

    Raises:
        MediaRefused: no_picture, damaged …
    """
    with opened(path, limits) as source:
        picture = _telling_frame(source, limits)
    scale = min(
        1.0,
        max_width / picture.width if max_width else 1.0,
        max_height / picture.height if max_height else 1.0,
    )
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.LANCZOS)
    for quality in (86, 75, 60, 45, 30, 15):
        data = BytesIO()
        small.save(data, "JPEG", quality=quality, optimize=True)
        if data.tell() <= _POSTER_BYTES:
            break
    into.write_bytes(data.getvalue())
    return size


def _telling_frame(source: Source, limits: InputLimits) -> Image.Image:
    """A picture from about a second into the clip, or the next one that is not of one colour."""
    if source.picture is None:
        raise MediaRefused("no_picture")
    seconds = (source.container.duration or 0) / 1_000_000
    wanted = min(1.0, seconds / 3)
    best: VideoFrame | None = None
    for number, frame in enumerate(_frames(source)):
        check_size(frame.width, frame.height, limits.max_side, limits.max_pixels)
        if best is None or frame.time is None or frame.time <= wanted or _is_blank(best):
            best = frame
        if number >= _MOST_FRAMES or (
            frame.time is not None and frame.time >= wanted and not _is_blank(best)
        ):
            break
    if best is None:
        raise MediaRefused("damaged")
    picture = Image.fromarray(np.asarray(best.to_ndarray(format="rgb24"), np.uint8))
    return picture.rotate(best.rotation, expand=True) if best.rotation else picture


def _frames(source: Source) -> Iterator[VideoFrame]:
    assert source.picture is not None
    try:
        for packet in source.container.demux(source.picture):
            try:
                yield from packet.decode()
            except av.error.FFmpegError as error:
                raise_if_system(error)
    except av.error.FFmpegError as error:
        raise_if_system(error)


def _is_blank(frame: VideoFrame) -> bool:
    small = np.asarray(frame.reformat(64, 36, "gray").to_ndarray(), np.float32)
    return float(small.std()) < _BLANK_SPREAD


def image(
    path: Path,
    into: Path,
    *,
    max_side: int,
    max_bytes: int,
    formats: tuple[str, ...],
    limits: InputLimits,
) -> MediaInfo:
    """Make a user's picture fit to send: upright, without metadata, not too large, in a wanted format.

    Args:
        path: the picture.
        into: where the new one goes; its type follows `formats`, not the name.
        max_side: longest side in pixels; 0 = no limit.
        max_bytes: of the new file; 0 = no limit. Only JPEG and WebP can be squeezed.
        formats: png, jpeg, webp in order of preference; the picture's own is taken if it is among them.
        limits: of the given file.

    Raises:
        MediaRefused: wrong_kind, too_large_dimensions, damaged, too_many_bytes …
    """
    _, sniffed = examine(path, limits)
    if sniffed.kind != "image":
        raise MediaRefused("wrong_kind", wanted="image", found=sniffed.kind)
    Image.MAX_IMAGE_PIXELS = limits.max_image_pixels * 2  # Pillow's own guard, behind ours
    try:
        with Image.open(path, formats=[_PILLOW_NAMES[sniffed.container]]) as opened_image:
            check_size(*opened_image.size, limits.max_image_side, limits.max_image_pixels)
            if max_side:
                opened_image.draft(None, (max_side, max_side))  # JPEG: decode no more than is needed
            upright = ImageOps.exif_transpose(opened_image)
            clear = "A" in upright.getbands() or "transparency" in upright.info
            picture = upright.convert("RGBA" if clear else "RGB")
    except MemoryError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise MediaRefused("damaged") from None
    if max_side and max(picture.size) > max_side:
        picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    names = [name for name in formats if name in _PILLOW_NAMES]
    chosen = sniffed.container if sniffed.container in names else names[0]
    into.write_bytes(_coded(picture, chosen, max_bytes))
    return inspect(into, limits)


def card(into: Path, *, limits: InputLimits) -> MediaInfo:
    """Write a plain grey picture, a little lighter in the middle: a ground on which nothing is shown."""
    width, height = _CARD
    across, down = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    grey = np.asarray(150 - 34 * np.clip(across**2 + down**2, 0, 2) / 2, np.uint8)
    Image.fromarray(np.repeat(grey[:, :, None], 3, axis=2)).save(into, "PNG")
    return inspect(into, limits)


def _coded(picture: Image.Image, name: str, max_bytes: int) -> bytes:
    if name in {"jpeg", "jpg"} and picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)  # pixels only: no EXIF, no profile, no comments
    for quality in (92, 85, 75, 60):
        data = BytesIO()
        if name == "png":
            plain.save(data, "PNG")
        else:
            plain.save(data, _PILLOW_NAMES[name], quality=quality)
        if not max_bytes or data.tell() <= max_bytes:
            return data.getvalue()
    raise MediaRefused("too_many_bytes", size=data.tell(), limit=max_bytes)
