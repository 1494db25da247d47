"""Fetching a finished file: streamed to `.part`, bounded in bytes and time, then moved into place.

Redirects are followed by hand, so that every hop is checked and credentials stay with their origin. A
connection that breaks is taken up where it broke, a few times: some links may be fetched only so often.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from providers.base import Asset
from providers.errors import Expired, ProviderError, Unreachable, VendorFault
from providers.http.answers import retry_after
from providers.http.guard import PLAIN_HTTP, BlockedAddress, origin_of

MAX_BYTES = 512 * 1024 * 1024
LIMIT_SECONDS = 900.0
MAX_REDIRECTS = 5
MAX_RESUMES = 3
CHUNK_BYTES = 1024 * 1024
GONE = (403, 404, 410)
PLAIN_HEADERS = {"user-agent": "Talkreel", "accept": "*/*", "accept-encoding": "identity"}
RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


async def download(
    http: httpx.AsyncClient,
    url: str,
    into: Path,
    *,
    provider: str,
    model: str = "",
    headers: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
    limit_seconds: float = LIMIT_SECONDS,
) -> Asset:
    """Stream a file to `into`. A failed download leaves nothing behind.

    Args:
        http: a client made by `client`; its own headers are not sent.
        url: the vendor's link. Plain http is tried as https first.
        into: where the file goes.
        provider, model: for errors.
        headers: credentials, where the vendor wants them; dropped at the first other origin.
        max_bytes: refuse anything larger.
        limit_seconds: the whole download takes no longer.

    Raises:
        Unreachable: the connection broke, was too slow, or the vendor asks to wait.
        Expired: the file is no longer there.
        VendorFault: the file is too large, or the link leads to an address that is not public.
    """
    part = into.with_name(into.name + ".part")
    fetch = _Fetch(http, provider=provider, model=model, max_bytes=max_bytes)
    try:
        async with asyncio.timeout(limit_seconds):
            mime, size = await fetch.run(url, part, dict(headers or {}))
        await asyncio.to_thread(os.replace, part, into)
    except TimeoutError:
        raise fetch.error(Unreachable, f"not finished after {limit_seconds:.0f} s") from None
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return Asset(path=into, mime=mime, size_bytes=size)


class _Cut(Exception):
    """The connection broke after some of the file had come."""


@dataclass(kw_only=True)
class _Piece:
    """What has come so far: its bytes, those of the whole, its type, and what tells it from another file."""

    size: int = 0
    total: int = 0
    mime: str = ""
    tag: str = ""

    def asks(self) -> dict[str, str]:
        """Headers for the rest of the same file."""
        if not self.size:
            return {}
        return {"range": f"bytes={self.size}-"} | ({"if-range": self.tag} if self.tag else {})


class _Fetch:
    """One download, with what its errors must say."""

    def __init__(self, http: httpx.AsyncClient, *, provider: str, model: str, max_bytes: int) -> None:
        self._http = http
        self._provider = provider
        self._model = model
        self._max_bytes = max_bytes
        self._piece = _Piece()

    def error(
        self, kind: type[ProviderError], message: str, *, wait_seconds: float | None = None
    ) -> ProviderError:
        """An error about this download, without the link."""
        return kind(
            f"download: {message}", provider=self._provider, model=self._model, retry_after=wait_seconds
        )

    async def run(self, url: str, part: Path, headers: dict[str, str]) -> tuple[str, int]:
        """Follow the link to the file; returns its type and size."""
        try:
            here = httpx.URL(url)
        except httpx.InvalidURL:
            raise self.error(VendorFault, "the link is not valid") from None
        step = await self._first(here, part, headers)
        for _ in range(MAX_REDIRECTS):
            if not isinstance(step, httpx.URL):
                return step
            if origin_of(step) != origin_of(here):
                headers = {}
            here = step
            step = await self._patiently(here, part, headers, plain=False)
        if not isinstance(step, httpx.URL):
            return step
        raise self.error(VendorFault, f"more than {MAX_REDIRECTS} redirects")

    async def _patiently(
        self, url: httpx.URL, part: Path, headers: Mapping[str, str], *, plain: bool
    ) -> tuple[str, int] | httpx.URL:
        """Ask, and ask for the rest as long as each time some more has come."""
        for last in (*[False] * MAX_RESUMES, True):
            before = self._piece.size
            try:
                return await self._request(url, part, headers, plain=plain)
            except _Cut as cut:
                if last or self._piece.size <= before:
                    raise self.error(Unreachable, str(cut)) from None
        raise AssertionError("the last try returns or raises")

    async def _first(
        self, url: httpx.URL, part: Path, headers: Mapping[str, str]
    ) -> tuple[str, int] | httpx.URL:
        """The vendor's own link. An http one is tried as https, then as it is, without credentials."""
        if url.scheme != "http" or url.port or origin_of(url) == origin_of(self._http.base_url):
            return await self._patiently(url, part, headers, plain=False)
        try:
            return await self._patiently(url.copy_with(scheme="https"), part, headers, plain=False)
        except Unreachable:
            return await self._patiently(url, part, {}, plain=True)

    async def _request(
        self, url: httpx.URL, part: Path, headers: Mapping[str, str], *, plain: bool
    ) -> tuple[str, int] | httpx.URL:
        request = httpx.Request(
            "GET",
            url,
            headers={**PLAIN_HEADERS, **headers, **self._piece.asks()},
            extensions={"timeout": self._http.timeout.as_dict(), PLAIN_HTTP: plain},
        )
        try:
            response = await self._http.send(request, stream=True, auth=None)
            try:
                if response.has_redirect_location:
                    return url.join(response.headers["location"])
                return await self._body(response, part)
            finally:
                await response.aclose()
        except BlockedAddress as error:
            raise self.error(VendorFault, str(error)) from None
        except httpx.InvalidURL:
            raise self.error(VendorFault, "it redirects to an address that is not valid") from None
        except httpx.HTTPError as error:
            if self._piece.size and self._piece.total:
                raise _Cut(type(error).__name__) from None
            raise self.error(Unreachable, type(error).__name__) from None

    async def _body(self, response: httpx.Response, part: Path) -> tuple[str, int]:
        status = response.status_code
        if status in GONE:
            raise self.error(Expired, f"status {status}")
        if status != 200 and not self._goes_on(response):
            wait = retry_after({name.lower(): value for name, value in response.headers.items()})
            raise self.error(Unreachable, f"status {status}", wait_seconds=wait)
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_bytes:
            raise self.error(VendorFault, f"the file is larger than {self._max_bytes} bytes")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self.error(Unreachable, "the file came compressed")
        piece = self._piece
        if status == 200:
            # From the start, whatever had come before.
            piece.size, piece.total = 0, int(announced) if announced.isdigit() else 0
            piece.mime = response.headers.get("content-type", "").split(";")[0].strip().lower()
            piece.tag = _tag(response.headers)
        file, come = await asyncio.to_thread(_open, part, piece.size > 0), bytearray()
        try:
            async for chunk in response.aiter_raw():
                come += chunk
                piece.size += len(chunk)
                if piece.size > self._max_bytes:
                    raise self.error(VendorFault, f"the file is larger than {self._max_bytes} bytes")
                if len(come) >= CHUNK_BYTES:
                    await asyncio.to_thread(file.write, bytes(come))
                    come.clear()
        finally:
            # Also what came before a connection broke: the rest is asked for from there on.
            await asyncio.to_thread(_finish, file, bytes(come))
        if not piece.size:
            raise self.error(Unreachable, "the file is empty")
        if piece.total and piece.size != piece.total:
            raise self.error(Unreachable, "the file has not the length that was announced")
        return piece.mime, piece.size

    def _goes_on(self, response: httpx.Response) -> bool:
        """Whether an answer is the rest of the file that is there in part."""
        found = RANGE.fullmatch(response.headers.get("content-range", ""))
        wanted = (self._piece.size, self._piece.total)
        return response.status_code == 206 and found is not None and (int(found[1]), int(found[2])) == wanted


def _open(path: Path, more: bool) -> BinaryIO:
    return path.open("ab" if more else "wb")


def _finish(file: BinaryIO, rest: bytes) -> None:
    with file:
        file.write(rest)


def _tag(headers: httpx.Headers) -> str:
    """What an `If-Range` may name: a strong tag, else the date of the last change."""
    tag: str = headers.get("etag", "")
    date: str = headers.get("last-modified", "")
    return date if not tag or tag.startswith("W/") else tag
