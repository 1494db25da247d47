"""A larger copy of a clip with the clip's own sound: whatever its maker did to the sound, ours is put back.

It takes the picture as it came and must not ask anybody for anything.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from bot.core.errors import MediaRefused
from bot.core.model import Job
from bot.core.work.workshop import Workshop

TOLERANCE_SECONDS: Final = 0.05  # more would be seen at the lips
# Faults that another download of the same file would have again.
FINAL: Final = ("lengths_differ", "not_larger", "source_lost")


def is_enlarged(job: Job) -> bool:
    """Whether only the picture of what was made is wanted; a model's own larger copy brings its sound."""
    request = job.plan.request
    return request.mode == "upscale" and not request.sound


async def with_own_sound(shop: Workshop, job: Job, picture: Path) -> Path:
    """The larger picture with the sound of the clip that it was made of, packet for packet, if it has one.

    Raises:
        MediaRefused: one of `FINAL`, or the picture is unusable.
        StorageFull: no room.
    """
    (source,) = job.plan.request.with_role("source-video")
    if not await asyncio.to_thread(source.path.is_file):
        raise MediaRefused("source_lost")
    into = picture.with_name("enlarged.mp4")
    await shop.media.put_back(picture, source.path, into, tolerance_seconds=TOLERANCE_SECONDS)
    return into
