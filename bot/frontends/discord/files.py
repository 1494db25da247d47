"""Brings attachments from Discord's file server onto this machine, with a cap. Judges no contents."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bot.core.desk import Attachment
from bot.core.errors import MediaRefused
from bot.frontends.discord.limits import CDN_HOSTS, DEFAULT_BASE

_SECONDS: Final = 300.0
_STALL_SECONDS: Final = 30.0
_CHUNK_BYTES: Final = 1 << 18
_NAME_CHARACTERS: Final = 120
ORIGIN: Final = "talkreel_origin"  # ours, beside what Discord says of an attachment
_VOICE_FLAG: Final = 1 << 13  # of a message: it is a voice message


def message_of(id: object, author: object) -> str:
    """How a message is named in the record of a consent: which, and whose."""
    return f"message {id} of discord:{author}"


class Fetcher:
    """Downloads from Discord alone: its own hosts, and the host of a configured address."""

    def __init__(self, base_url: str) -> None:
        self._hosts = set(CDN_HOSTS)
        self._plain = ""
        if base_url.rstrip("/") != DEFAULT_BASE:
            base = urlsplit(base_url)
            self._hosts.add(base.hostname or "")
            self._plain = base.scheme
        self._session: aiohttp.ClientSession | None = None

    async def fetch(
        self, wanted: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path, *, limit_bytes: int
    ) -> dict[str, list[Attachment]]:
        """Bring files by option, in their order.

        Args:
            wanted: attachments by option, as Discord describes them.
            folder: where they go; the caller removes it.
            limit_bytes: the largest file; 0 = no limit.

        Raises:
            MediaRefused: `too_many_bytes`, `unreadable`.
        """
        found: dict[str, list[Attachment]] = {}
        number = 0
        for option, described in wanted.items():
            for one in described:
                name = plain_name(str(one.get("filename", "")))
                path = folder / f"upload-{number}"
                number += 1
                await self._one(one, name, path, limit_bytes)
                kept = Attachment(path=path, name=name, origin=str(one.get(ORIGIN, "")))
                found.setdefault(option, []).append(kept)
        return found

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _one(self, described: Mapping[str, Any], name: str, path: Path, limit: int) -> None:
        said = int(described.get("size") or 0)
        if limit and said > limit:
            raise MediaRefused("too_many_bytes", size=said, limit=limit, file=name)
        url = str(described.get("url", ""))
        asked = urlsplit(url)
        if asked.hostname not in self._hosts or asked.scheme not in {"https", self._plain or "https"}:
            raise MediaRefused("unreadable", file=name)
        try:
            async with asyncio.timeout(_SECONDS):
                await self._stream(url, path, limit, name)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise MediaRefused("unreadable", file=name) from None

    async def _stream(self, url: str, path: Path, limit: int, name: str) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_read=_STALL_SECONDS)
            )
        async with self._session.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise MediaRefused("unreadable", file=name)
            got = 0
            with await asyncio.to_thread(path.open, "wb") as file:
                async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                    got += len(chunk)
                    if limit and got > limit:
                        raise MediaRefused("too_many_bytes", size=got, limit=limit, file=name)
                    await asyncio.to_thread(file.write, chunk)


def plain_name(name: str) -> str:
    """A file's name without folders and marks that nobody can see."""
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    return kept[:_NAME_CHARACTERS] or "file"


def recording(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first attachment of a message that may be a recording: a voice message, or a file that says so.

    What it says proves nothing; the bytes are looked at before anything is paid.
    """
    attachments = message.get("attachments") or []
    if int(message.get("flags") or 0) & _VOICE_FLAG and attachments:
        return dict(attachments[0])
    for one in attachments:
        kind = str(one.get("content_type") or "").partition("/")[0]
        if kind in {"audio", "video"} or one.get("duration_secs"):
            return dict(one)
    return None


def length_seconds(described: Mapping[str, Any]) -> float:
    """How long Discord says a recording is; 0 where it does not say."""
    try:
        return max(0.0, float(described.get("duration_secs") or 0.0))
    except (TypeError, ValueError):
        return 0.0
