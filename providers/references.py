"""Files of a request → the forms in which vendors take them inside a call.

Reads local files only. Uploading to a vendor's own store is the vendor adapter's business; names
that users gave to files never leave the machine.
"""

from __future__ import annotations

import asyncio
import base64

from providers.base import MediaInput
from providers.catalogue import file_format
from providers.errors import NotSent, Unsupported

EXTENSIONS = {"jpeg": "jpg", "mpeg": "mp3", "quicktime": "mov"}


async def read_bytes(item: MediaInput, *, max_bytes: int) -> bytes:
    """The file itself.

    Raises:
        Unsupported: it is larger than the vendor takes.
        NotSent: it is no longer there, or not what it was when it was checked.
    """
    if item.size_bytes > max_bytes:
        raise Unsupported(f"the {item.kind} is larger than {max_bytes} bytes")
    return await asyncio.to_thread(_read, item, max_bytes)


async def base64_text(item: MediaInput, *, max_bytes: int) -> str:
    """The file as bare Base64; errors as in `read_bytes`."""
    data = await read_bytes(item, max_bytes=max_bytes)
    return (await asyncio.to_thread(base64.b64encode, data)).decode("ascii")


async def data_uri(item: MediaInput, *, max_bytes: int) -> str:
    """The file as `data:<type>;base64,…`; errors as in `read_bytes`."""
    return f"data:{plain_mime(item)};base64,{await base64_text(item, max_bytes=max_bytes)}"


async def form_part(item: MediaInput, *, max_bytes: int) -> tuple[str, bytes, str]:
    """The file as a part of a multipart form: file name, bytes, type; errors as in `read_bytes`."""
    return file_name(item), await read_bytes(item, max_bytes=max_bytes), plain_mime(item)


def plain_mime(item: MediaInput) -> str:
    """The type without parameters, in lower case: some vendors refuse "audio/ogg; codecs=opus"."""
    return item.mime.split(";")[0].strip().lower()


def file_name(item: MediaInput) -> str:
    """A neutral name with a fitting ending, such as "voice.wav"."""
    short = file_format(item)
    return f"{item.role}.{EXTENSIONS.get(short, short)}"


def _read(item: MediaInput, max_bytes: int) -> bytes:
    try:
        with item.path.open("rb") as handle:
            data = handle.read(max_bytes + 1)
    except OSError as error:
        raise NotSent(f"the {item.kind} cannot be read: {error.strerror}") from error
    if len(data) != item.size_bytes:
        raise NotSent(f"the {item.kind} changed after it was checked")
    return data
