"""The small picture that Telegram shows before a clip plays: a JPEG within 320 pixels and 200 kB."""

from __future__ import annotations

import io
import logging
from pathlib import Path

from bot.frontends.telegram.limits import THUMBNAIL_BYTES, THUMBNAIL_SIDE

log = logging.getLogger(__name__)

_QUALITIES = (88, 75, 60)


def thumbnail(poster: Path | None) -> bytes | None:
    """The poster made small; None if there is none. Blocks shortly; the poster is our own file."""
    if poster is None:
        return None
    from PIL import Image  # loaded where it is needed: most starts never send a clip

    try:
        with Image.open(poster) as image:
            small = image.convert("RGB")
            small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        for quality in _QUALITIES:
            into = io.BytesIO()
            small.save(into, "JPEG", quality=quality)
            if into.tell() < THUMBNAIL_BYTES:
                return into.getvalue()
    except OSError as error:
        log.info("no thumbnail: %s", error)
    return None
