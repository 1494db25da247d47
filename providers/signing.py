"""Signatures that several vendors ask for, on the standard library. No clock, no keys, no I/O in here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping


def jwt_hs256(claims: Mapping[str, str | int], secret: str) -> str:
    """A JSON web token signed with HMAC-SHA256.

    Args:
        claims: what it says, in the order it is written.
        secret: the signing key.
    """
    header = {"alg": "HS256", "typ": "JWT"}
    signed = b".".join(_url_base64(_compact(part)) for part in (header, claims))
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return b".".join((signed, _url_base64(signature))).decode("ascii")


def _compact(value: Mapping[str, str | int]) -> bytes:
    return json.dumps(dict(value), separators=(",", ":")).encode()


def _url_base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
