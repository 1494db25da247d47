"""Our own links: signed, for one purpose, for a limited time. Pure; what lies behind one is in the store.

A token is `<id>.<purpose>.<end>.<signature>`. A guessed or altered one is known by its signature alone;
one that was taken back is known by the row that is no longer there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from bot.core.records import LinkPurpose

LIFE_MS: Final[dict[LinkPurpose, int]] = {
    "vendor": 2 * 3_600_000,  # a vendor fetches within minutes
    "member": 7 * 86_400_000,
}
_LETTERS: Final[dict[LinkPurpose, str]] = {"vendor": "v", "member": "m"}
_TOKEN: Final = re.compile(r"([\w-]{22})\.([a-z])\.([0-9]{13})\.([\w-]{43})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Link:
    """What a token says: which file, who may use it, until when (milliseconds since 1970)."""

    id: str
    purpose: LinkPurpose
    expires_ms: int


def sign(link: Link, key: bytes) -> str:
    """The token of a link."""
    body = f"{link.id}.{_LETTERS[link.purpose]}.{link.expires_ms:013}"
    return f"{body}.{_mac(body, key)}"


def check(token: str, key: bytes, now_ms: int) -> Link | None:
    """The link of a token; None if it is not ours, was altered, or is past its time."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    body, signature = token.rpartition(".")[0], found[4]
    if not hmac.compare_digest(signature, _mac(body, key)):
        return None
    purpose = next((name for name, letter in _LETTERS.items() if letter == found[2]), None)
    expires_ms = int(found[3])
    # The upper bound holds even where a clock was once far ahead.
    if purpose is None or not now_ms < expires_ms <= now_ms + LIFE_MS[purpose]:
        return None
    return Link(id=found[1], purpose=purpose, expires_ms=expires_ms)


def _mac(body: str, key: bytes) -> str:
    digest = hmac.new(key, body.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
