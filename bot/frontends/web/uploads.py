"""Takes in what a page sends: words and files, streamed to disk, each with a cap. Judges no contents."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import BodyPartReader, web

from bot.core.errors import MediaRefused, Refusal
from bot.frontends.web.limits import (
    FILE_NAME_CHARACTERS,
    FILES,
    TEXT_BYTES,
    UPLOAD_SECONDS,
    UPLOAD_STALL_SECONDS,
)

_WORDS: Final = frozenset({"text", "key", "reply_to"})
_FILE = re.compile(r"file:([a-z_]{1,32})")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on this machine; its name and option are only what the page said."""

    option: str
    name: str
    path: Path


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a page sent."""

    text: str = ""
    key: str = ""
    reply_to: str = ""
    files: tuple[Upload, ...] = field(default=())


async def read_sent(request: web.Request, *, folder: Path, file_bytes: int) -> Sent:
    """Read a form with words and files.

    Args:
        request: `multipart/form-data`.
        folder: where files go; the caller removes it.
        file_bytes: largest file.

    Raises:
        Refusal: `text_too_large`, `too_many_files`, `too_many_bytes`.
        web.HTTPException: it is no such form, or stopped coming.
    """
    total = 2 * file_bytes + TEXT_BYTES
    if request.content_length is not None and request.content_length > total:
        raise MediaRefused("too_many_bytes", size=request.content_length, limit=file_bytes)
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            return await _read(request, folder, file_bytes, total)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, AssertionError, KeyError, LookupError):
        raise web.HTTPBadRequest from None


def plain_name(name: str) -> str:
    """A file's name without folders and marks that nobody can see."""
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    return kept[:FILE_NAME_CHARACTERS] or "file"


async def _read(request: web.Request, folder: Path, file_bytes: int, total: int) -> Sent:
    words: dict[str, str] = {}
    uploads: list[Upload] = []
    left = total
    form = await request.multipart()
    while True:
        async with asyncio.timeout(UPLOAD_STALL_SECONDS):
            part = await form.next()
        if part is None:
            break
        if not isinstance(part, BodyPartReader):
            raise ValueError("a form in a form")
        name = part.name or ""
        file = _FILE.fullmatch(name)
        if name in _WORDS and name not in words:
            words[name] = await _text(part)
        elif file is not None:
            if len(uploads) >= FILES:
                raise Refusal("too_many_files", given=len(uploads) + 1, limit=FILES)
            upload = Upload(
                option=file[1],
                name=plain_name(part.filename or ""),
                path=folder / f"upload-{len(uploads)}",
            )
            left -= await _file(part, upload, min(file_bytes, left), file_bytes)
            uploads.append(upload)
        else:
            raise ValueError(name)
    return Sent(
        text=words.get("text", ""),
        key=words.get("key", ""),
        reply_to=words.get("reply_to", ""),
        files=tuple(uploads),
    )


async def _text(part: BodyPartReader) -> str:
    got = bytearray()
    while chunk := await _chunk(part):
        got += chunk
        if len(got) > TEXT_BYTES:
            raise Refusal("text_too_large", limit=TEXT_BYTES)
    return bytes(got).decode("utf-8", "replace")


async def _file(part: BodyPartReader, upload: Upload, room: int, limit: int) -> int:
    size = 0
    with await asyncio.to_thread(upload.path.open, "wb") as file:
        while chunk := await _chunk(part):
            size += len(chunk)
            if size > room:
                raise MediaRefused("too_many_bytes", limit=limit, file=upload.name)
            await asyncio.to_thread(file.write, chunk)
    return size


async def _chunk(part: BodyPartReader) -> bytes:
    async with asyncio.timeout(UPLOAD_STALL_SECONDS):
        return bytes(await part.read_chunk(_CHUNK_BYTES))
