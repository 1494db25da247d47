"""A Google Cloud service account that belongs to nobody: its key file, and a check of what it signed."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.google_server import Refusal

PROJECT = "my-project"
EMAIL = "talkreel@my-project.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def make_account(path: Path, token_uri: str, **changes: Any) -> Path:
    """Write the key file of the service account."""
    info = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "k1",
        "private_key": _private_key(),
        "client_email": EMAIL,
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(info | changes), "utf-8")
    return path


def verified(assertion: str) -> dict[str, Any]:
    """The claims of an assertion that was signed with the account's key.

    Raises:
        Refusal: it was not.
    """
    key = _crypto("serialization").load_pem_private_key(_private_key().encode(), None)
    padding, sha256 = _crypto("asymmetric.padding").PKCS1v15(), _crypto("hashes").SHA256()
    invalid_signature = pytest.importorskip("cryptography.exceptions").InvalidSignature
    try:
        signed, _, signature = assertion.rpartition(".")
        key.public_key().verify(_unpadded(signature), signed.encode(), padding, sha256)
        claims: dict[str, Any] = json.loads(_unpadded(signed.split(".")[1]))
    except (ValueError, IndexError, invalid_signature):
        raise Refusal(400, {"error": "invalid_grant", "error_description": "Invalid signature."}) from None
    return claims


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@cache
def _private_key() -> str:
    """A key that belongs to nobody."""
    serialization, rsa = _crypto("serialization"), _crypto("asymmetric.rsa")
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def _crypto(name: str) -> Any:
    """A part of the library that comes along with google-auth."""
    return pytest.importorskip(
        f"cryptography.hazmat.primitives.{name}", reason="the extra vertex is not installed"
    )
