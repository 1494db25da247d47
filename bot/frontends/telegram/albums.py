"""Albums: pictures sent together come as several messages; they are collected for the one with words."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from bot.frontends.telegram.reader import Said, Sent

_WAIT_SECONDS: Final = 0.8
_KEPT_SECONDS: Final = 60.0


class Albums:
    """Files by album, for a short while."""

    def __init__(self) -> None:
        self._files: dict[str, list[Sent]] = {}
        self._seen: dict[str, float] = {}
        self._talks: set[str] = set()

    def see(self, said: Said) -> None:
        """A message of an album has come, maybe out of turn."""
        now = time.monotonic()
        for album in [album for album, at in self._seen.items() if now - at > _KEPT_SECONDS]:
            self._files.pop(album, None)
            self._seen.pop(album, None)
            self._talks.discard(album)
        self._seen[said.album] = now
        self._files.setdefault(said.album, []).extend(said.files)

    async def mine(self, said: Said) -> bool:
        """Whether this message speaks for its album; waits until the others have come."""
        if said.album in self._talks:
            return False
        if said.text or said.chat.private:
            self._talks.add(said.album)
            await asyncio.sleep(_WAIT_SECONDS)
            return True
        return False

    def take(self, album: str) -> tuple[Sent, ...]:
        """The files of an album."""
        return tuple(self._files.pop(album, ()))
