"""Fetches the files of a message. Their addresses hold the bot's token and stay in here."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from telegram import Bot
from telegram.error import TelegramError

from bot.core.desk import Attachment, Desk
from bot.core.errors import MediaRefused
from bot.frontends.telegram.limits import DOWNLOAD_BYTES
from bot.frontends.telegram.reader import Sent
from bot.frontends.telegram.wire import translated

log = logging.getLogger(__name__)

_FETCH_SECONDS: Final = 120.0
_TOO_BIG: Final = "telegram_too_big"

Attached = dict[str, list[Attachment]]


@asynccontextmanager
async def fetched(
    bot: Bot, desk: Desk, files: Sequence[tuple[str, Sent]], *, local: bool
) -> AsyncIterator[Attached]:
    """The files on this machine, by option, until the block ends.

    Args:
        bot: to ask for them.
        desk: for a folder.
        files: by option of the command.
        local: the Bot API server is the operator's own and puts files on this machine.

    Raises:
        MediaRefused: `telegram_too_big`, `too_many_bytes`.
        TryLater: Telegram does not give them now.
    """
    scratch = f"telegram-{secrets.token_hex(8)}"
    folder = await asyncio.to_thread(desk.blobs.scratch, scratch) if files else Path()
    try:
        found: Attached = {}
        for place, (option, file) in enumerate(files):
            path = await _fetch(bot, file, folder / f"file-{place}", desk.house.max_upload_bytes, local)
            kept = Attachment(path=path, name=file.name, origin=file.origin)
            found.setdefault(option, []).append(kept)
        yield found
    finally:
        if files:
            await desk.blobs.discard_scratch(scratch)


def require_size(file: Sent, *, local: bool, most_bytes: int) -> None:
    """Refuse early what Telegram will not hand out.

    Raises:
        MediaRefused: `telegram_too_big`, `too_many_bytes`.
    """
    if not local and file.size_bytes > DOWNLOAD_BYTES:
        raise MediaRefused(_TOO_BIG, size=file.size_bytes, limit=DOWNLOAD_BYTES, file=file.name)
    if file.size_bytes > most_bytes:
        raise MediaRefused("too_many_bytes", size=file.size_bytes, limit=most_bytes, file=file.name)


async def _fetch(bot: Bot, file: Sent, into: Path, most_bytes: int, local: bool) -> Path:
    require_size(file, local=local, most_bytes=most_bytes)
    try:
        found = await bot.get_file(file.file, read_timeout=_FETCH_SECONDS)
        path = found.file_path or ""
        if local and path.startswith("/"):
            return Path(path)  # a server of our own has put it here; attachments are read, never moved
        await found.download_to_drive(into, read_timeout=_FETCH_SECONDS)
    except TelegramError as error:
        trouble = translated(error)
        if isinstance(trouble, MediaRefused):
            raise MediaRefused(_TOO_BIG, size=file.size_bytes, limit=DOWNLOAD_BYTES, file=file.name) from None
        raise trouble from None
    return into
