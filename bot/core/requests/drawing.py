"""Pictures that are drawn for somebody who asks: made now, handed over, cleared away when they are old."""

from __future__ import annotations

import asyncio
import secrets

from bot.core.desk import Desk
from bot.core.replies import FileView
from bot.core.sheets import Board, Sheet


async def drawn(desk: Desk, what: Sheet | Board, *, name: str) -> FileView:
    """A report card or a leaderboard as a picture to look at.

    Args:
        desk: the ports.
        what: what it shows.
        name: of the file, without its ending.

    Raises:
        StorageFull: the disk is full.
    """
    # Cleared away with what else was handed over, when it is old.
    folder = await asyncio.to_thread(desk.blobs.scratch, f"export-picture-{secrets.token_hex(8)}")
    path = folder / f"{name}.png"
    await desk.media.draw(what, path)
    size = (await asyncio.to_thread(path.stat)).st_size
    return FileView(path=path, name=path.name, mime="image/png", size_bytes=size, seen=True, alt=what.title)
