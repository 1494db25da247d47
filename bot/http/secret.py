"""The key that signs cookies and links. Made once, kept in a file that its owner alone can read."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bot.core.errors import BadSettings

FILE = "secret.key"
_LEAST_CHARACTERS = 32


def secret_key(folder: Path, given: str = "") -> bytes:
    """The operator's own key, or the one in `<folder>/secret.key`, which is made if it is not there.

    Blocks; called once at the start.

    Raises:
        BadSettings: the key is too short or its file cannot be used.
    """
    if given:
        if len(given) < _LEAST_CHARACTERS:
            raise BadSettings(f"TALKREEL_SECRET_KEY must have at least {_LEAST_CHARACTERS} characters.")
        return given.encode()
    path = folder / FILE
    try:
        _make(path)
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise BadSettings(f"The secret key {path} cannot be read or written.") from None
    if len(key) < _LEAST_CHARACTERS:
        raise BadSettings(f"The secret key {path} is damaged; remove it, and a new one is made.")
    return key.encode()


def purpose_key(secret: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, so that what is signed for one is worthless for another."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def _make(path: Path) -> None:
    """Write a new key, unless there is one: whole, or not at all."""
    if path.exists():
        return
    part = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(part, path)
    part.unlink()
