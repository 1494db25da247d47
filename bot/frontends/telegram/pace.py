"""Flood control: how soon the next message may go out, in one chat and altogether. Knows no network.

Messages that matter wait for their turn; progress is left out when there is no room for it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from bot.frontends.telegram.limits import GROUP_MESSAGES_A_MINUTE, MESSAGES_A_SECOND, PRIVATE_BURST

_SPARED: Final = 0.4  # share of a chat's room that progress never takes
_KEPT_CHATS: Final = 2000


@dataclass
class _Bucket:
    room: float
    refill_a_second: float
    left: float
    at: float
    closed_until: float = 0.0

    def wait(self, now: float, *, spare: float = 0.0) -> float:
        """Seconds until one more fits."""
        self.left = min(self.room, self.left + (now - self.at) * self.refill_a_second)
        self.at = now
        missing = 1.0 + spare * self.room - self.left
        return max(self.closed_until - now, missing / self.refill_a_second if missing > 0 else 0.0, 0.0)


class Pace:
    """Buckets of the whole bot and of each chat."""

    def __init__(self) -> None:
        self._all = _Bucket(MESSAGES_A_SECOND, MESSAGES_A_SECOND, MESSAGES_A_SECOND, time.monotonic())
        self._chats: dict[int, _Bucket] = {}

    async def turn(self, chat: int, *, most_seconds: float) -> float:
        """Wait for a turn in a chat.

        Args:
            chat: its id; groups have negative ones.
            most_seconds: longer is not waited; 0 for what may be left out.

        Returns:
            0 if it may go out now, else the seconds that are still to be waited.
        """
        until = time.monotonic() + most_seconds
        spare = 0.0 if most_seconds else _SPARED
        while True:
            now = time.monotonic()
            own = self._chat(chat)
            wait = max(own.wait(now, spare=spare), self._all.wait(now, spare=spare))
            if not wait:
                own.left -= 1.0
                self._all.left -= 1.0
                return 0.0
            if now + wait > until:
                return wait
            await asyncio.sleep(wait)

    def silent_seconds(self, chat: int) -> float:
        """How long Telegram still wants silence in a chat."""
        return max(0.0, self._chat(chat).closed_until - time.monotonic())

    def stop(self, chat: int, seconds: float) -> None:
        """Telegram wants silence in a chat for so long."""
        own = self._chat(chat)
        own.closed_until = max(own.closed_until, time.monotonic() + seconds)

    def _chat(self, chat: int) -> _Bucket:
        bucket = self._chats.get(chat)
        if bucket is None:
            if len(self._chats) >= _KEPT_CHATS:
                self._forget_idle()
            now = time.monotonic()
            if chat < 0:
                room, refill = GROUP_MESSAGES_A_MINUTE, GROUP_MESSAGES_A_MINUTE / 60.0
            else:
                room, refill = PRIVATE_BURST, 1.0
            bucket = self._chats[chat] = _Bucket(room, refill, room, now)
        return bucket

    def _forget_idle(self) -> None:
        now = time.monotonic()
        idle = [chat for chat, one in self._chats.items() if not one.wait(now) and one.left >= one.room]
        for chat in idle:
            del self._chats[chat]
