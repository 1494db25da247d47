"""Answers that carry a whole clip as Base64: look at their beginning, or write the clip to a file.

Vertex puts the clip into the answer to a poll unless it was given a bucket, and a 4K clip makes that
answer larger than a hundred megabytes. So a poll reads a little and stops, and only a fetch reads all,
decoding on the way. Nothing here knows what the job is.
"""

from __future__ import annotations

import asyncio
import binascii
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import httpx

from providers.errors import Expired, ProviderError, Unreachable, VendorFault
from providers.http import Answer
from providers.http.answers import retry_after
from providers.http.download import LIMIT_SECONDS, MAX_BYTES

PEEK_BYTES: Final = 256 * 1024
_CHUNK_BYTES: Final = 1024 * 1024
_LOOK_PATIENCE: Final = 2
_TAIL: Final = 256
# How JSON writers may spell characters of Base64.
_ESCAPES: Final = re.compile(rb"\\(?:u00([0-9a-fA-F]{2})|(.))", re.DOTALL)
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, kw_only=True)
class Look:
    """The beginning of an answer; `whole` if there was no more of it."""

    answer: Answer
    whole: bool

    def carries(self, field: str) -> bool:
        """Whether a text stands in this field, in the part that was read."""
        return bool(re.search(_opening(field) + rb'[^"]', self.answer.body))


async def look(
    http: httpx.AsyncClient, method: str, url: str, *, provider: str, model: str, **parts: Any
) -> Look:
    """Ask once and read at most `PEEK_BYTES` of the answer.

    Returns:
        Answers of 2xx and 4xx except 429.

    Raises:
        Unreachable: no usable answer.
    """
    body, whole = bytearray(), True
    try:
        async with (
            asyncio.timeout((http.timeout.read or 60.0) * _LOOK_PATIENCE),
            http.stream(method, url, **parts) as response,
        ):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > PEEK_BYTES:
                    whole = False
                    break
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise Unreachable(f"{method}: {type(error).__name__}", provider=provider, model=model) from None
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status_code
    if status >= 500 or status == 429 or response.is_redirect:
        raise Unreachable(
            f"{method}: status {status}",
            provider=provider,
            model=model,
            retry_after=retry_after(headers),
        )
    answer = Answer(status=status, headers=headers, body=bytes(body), provider=provider, model=model)
    return Look(answer=answer, whole=whole)


async def save_inline(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    into: Path,
    *,
    field: str,
    provider: str,
    model: str,
    max_bytes: int = MAX_BYTES,
    **parts: Any,
) -> int:
    """Ask again and write the clip in `field` to `into`; returns its size. A failure leaves nothing.

    Raises:
        Unreachable: the answer broke off, or there is no clip in it.
        Expired: the vendor no longer knows the job.
        VendorFault: the clip is larger than `max_bytes`.
    """
    part = into.with_name(into.name + ".part")

    def error(kind: type[ProviderError], text: str, wait: float | None = None) -> ProviderError:
        return kind(f"download: {text}", provider=provider, model=model, retry_after=wait)

    try:
        async with asyncio.timeout(LIMIT_SECONDS), http.stream(method, url, **parts) as response:
            status = response.status_code
            if status in (404, 410):
                raise error(Expired, f"status {status}")
            if status != 200:
                headers = {name.lower(): value for name, value in response.headers.items()}
                raise error(Unreachable, f"status {status}", retry_after(headers))
            announced = response.headers.get("content-length", "")
            if announced.isdigit() and int(announced) > max_bytes * 4 // 3 + PEEK_BYTES:
                raise error(VendorFault, f"the file is larger than {max_bytes} bytes")
            file = await asyncio.to_thread(_open, part)
            try:
                stream = _Base64Stream(field, file, max_bytes)
                async for chunk in response.aiter_bytes(_CHUNK_BYTES):
                    if await asyncio.to_thread(stream.feed, chunk):
                        break
            finally:
                await asyncio.to_thread(file.close)
        if not stream.finished or not stream.size:
            raise error(Unreachable, "the answer broke off" if stream.opened else "no clip in the answer")
        await asyncio.to_thread(os.replace, part, into)
    except _TooLarge:
        raise error(VendorFault, f"the file is larger than {max_bytes} bytes") from None
    except binascii.Error:
        raise error(Unreachable, "the clip is not Base64") from None
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as broken:
        raise error(Unreachable, type(broken).__name__) from None
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return stream.size


def is_mp4(path: Path) -> bool:
    """Whether a file begins as an mp4 does. Blocks."""
    with path.open("rb") as file:
        return file.read(12)[4:8] == b"ftyp"


class _TooLarge(Exception):
    """More bytes than allowed."""


class _Base64Stream:
    """Finds a text field in JSON that arrives in pieces and writes what it encodes."""

    def __init__(self, field: str, file: BinaryIO, max_bytes: int) -> None:
        self.size = 0
        self.opened = False
        self.finished = False
        self._opening = re.compile(_opening(field))
        self._file = file
        self._max_bytes = max_bytes
        self._held = b""

    def feed(self, chunk: bytes) -> bool:
        """Take the next piece; true once the field has ended."""
        data = self._held + chunk
        if not self.opened:
            found = self._opening.search(data)
            if found is None:
                self._held = data[-_TAIL:]
                return False
            self.opened = True
            data = data[found.end() :]
        text, quote, _ = data.partition(b'"')
        self.finished = bool(quote)
        self._held = b""
        if not self.finished:
            text, self._held = _without_half_escape(text)
        text = _plain(text)
        if not self.finished:
            # Four characters are three bytes: what is left over waits for the next piece.
            kept = len(text) - len(text) % 4
            text, self._held = text[:kept], text[kept:] + self._held
        self._write(binascii.a2b_base64(text, strict_mode=True) if text else b"")
        return self.finished

    def _write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._max_bytes:
            raise _TooLarge
        self._file.write(data)


def _opening(field: str) -> bytes:
    return rb'"' + re.escape(field.encode()) + rb'"\s*:\s*"'


def _plain(text: bytes) -> bytes:
    """Base64 without JSON's escapes, in the usual alphabet."""
    if b"\\" in text:
        text = _ESCAPES.sub(_unescaped, text)
    return text.translate(_URL_SAFE, b"\r\n")


def _unescaped(found: re.Match[bytes]) -> bytes:
    number, char = found.groups()
    if number:
        return bytes([int(number, 16)])
    return b"" if char in (b"n", b"r") else bytes(char)


def _without_half_escape(text: bytes) -> tuple[bytes, bytes]:
    """Split off an escape at the end that is not complete yet."""
    at = text.rfind(b"\\")
    if at < 0:
        return text, b""
    whole = 6 if text[at + 1 : at + 2] == b"u" else 2
    return (text, b"") if len(text) - at >= whole else (text[:at], text[at:])


def _open(path: Path) -> BinaryIO:
    return path.open("wb")
