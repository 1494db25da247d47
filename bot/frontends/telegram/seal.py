"""What a button means, inside the 64 bytes that Telegram hands back: short words and a signature.

Apps can be made to send any data, so nothing in it is believed without its signature; who may press is asked
by the core as always. Longer meanings lie in the memory under a short name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from bot.frontends.telegram.limits import CALLBACK_BYTES
from bot.frontends.telegram.memory import Memory

_BETWEEN: Final = "|"
_SIGNATURE: Final = 12
_LONG: Final = "~"


class Seal:
    """Writes and reads the data of buttons."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._key = b""

    async def close(self, *words: str) -> str:
        """The data for a button."""
        await self._ready()
        plain = _BETWEEN.join(word.replace(_BETWEEN, "/") for word in words)
        data = f"{plain}{_BETWEEN}{self._sign(plain)}"
        if len(data.encode()) <= CALLBACK_BYTES:
            return data
        short = _LONG + self._sign(f"long {plain}") + self._sign(f"more {plain}")
        await self._memory.keep_button(short, plain)
        return f"{short}{_BETWEEN}{self._sign(short)}"

    async def open(self, data: str) -> Sequence[str]:
        """The words of a button; empty if we did not write them."""
        await self._ready()
        plain, _, signature = data.rpartition(_BETWEEN)
        if not hmac.compare_digest(signature.encode(), self._sign(plain).encode()):
            return ()
        if plain.startswith(_LONG):
            plain = await self._memory.button(plain)
        return tuple(plain.split(_BETWEEN)) if plain else ()

    async def secret(self, purpose: str) -> str:
        """A word that only we and whoever we tell it know: for the webhook."""
        await self._ready()
        return hmac.new(self._key, f"secret {purpose}".encode(), hashlib.sha256).hexdigest()

    async def _ready(self) -> None:
        if not self._key:
            self._key = await self._memory.key()

    def _sign(self, plain: str) -> str:
        mark = hmac.new(self._key, plain.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mark).decode()[:_SIGNATURE]
