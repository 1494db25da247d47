"""Access tokens for a Google Cloud service account: read the key file, sign, exchange, keep for a while.

Signing needs `google-auth` (extra `vertex`), which is imported only here and only when a token is
wanted. Nothing is written to disk. Exchange as described on 2026-11-22 in
https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import asyncio
import importlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import ProviderConfig
from providers.errors import BadKey, MissingKey, NotSent
from providers.http import upload

FILE_ENV: Final = "GOOGLE_APPLICATION_CREDENTIALS"
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_URI: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a secret
LIFE_SECONDS: Final = 3600
# A call may take minutes; a token that is about to run out is not sent with it.
SPARE_SECONDS: Final = 300.0
_LARGEST_FILE: Final = 64 * 1024


class _Granted(BaseModel):
    model_config = ConfigDict(extra="ignore")

    access_token: str
    expires_in: float = LIFE_SECONDS


@dataclass(frozen=True, kw_only=True)
class _Assertion:
    """A signed request for a token, and where it goes."""

    text: str
    token_uri: str
    project: str


class ServiceAccount:
    """One service account. Calls at the same time share one exchange.

    Attributes:
        project: the project of the key file; "" before the first token.
    """

    def __init__(self, config: ProviderConfig, http: httpx.AsyncClient) -> None:
        """Remember where the key file is; it is read when a token is wanted.

        Args:
            config: names the key file.
            http: the provider's client, which is not closed here.
        """
        self.project = ""
        self._config = config
        self._http = http
        self._token = ""
        self._good_until = 0.0
        self._one_at_a_time = asyncio.Lock()

    def forget(self) -> None:
        """The token was refused: get another one for the next call."""
        self._good_until = 0.0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be repeated in an error."""
        return (self._token,)

    async def token(self) -> str:
        """A token with at least some minutes left.

        Raises:
            MissingKey: no key file is set or readable, or `google-auth` is not installed.
            BadKey: Google does not accept the account.
            NotSent: the token endpoint did not answer.
        """
        async with self._one_at_a_time:
            if time.monotonic() >= self._good_until:
                await self._exchange()
        return self._token

    async def _exchange(self) -> None:
        path = self._config.keys.get(FILE_ENV, "")
        if not path:
            raise self._missing(f"{FILE_ENV} must be set to the key file of a service account")
        assertion = await asyncio.to_thread(self._sign, path)
        form = {"grant_type": GRANT, "assertion": assertion.text}
        answer = await upload(self._http, assertion.token_uri, provider=self._config.id, data=form)
        if answer.status in (400, 401, 403):
            said = answer.lenient()
            code = said.get("error", "") if isinstance(said, dict) else ""
            raise BadKey(
                "Google does not accept the service account",
                provider=self._config.id,
                vendor_code=str(code)[:60],
                env=(FILE_ENV,),
            )
        try:
            granted = _Granted.model_validate_json(answer.body)
        except ValidationError:
            raise NotSent(f"no token was given (status {answer.status})", provider=self._config.id) from None
        self._token = granted.access_token
        self._good_until = time.monotonic() + granted.expires_in - SPARE_SECONDS
        self.project = assertion.project

    def _sign(self, named: str) -> _Assertion:
        """Read the key file and sign a request with it. Blocks; runs in a thread."""
        try:
            # Optional, and without types of its own: asked for by name.
            crypt = importlib.import_module("google.auth.crypt")
            jwt = importlib.import_module("google.auth.jwt")
        except ImportError:
            raise self._missing(
                'google-auth is not installed; Veo on Vertex needs the extra "vertex" '
                f"(pip install 'talkreel[vertex]') and {FILE_ENV}"
            ) from None
        info = self._read(Path(named).expanduser())
        now = int(time.time())
        token_uri = str(info.get("token_uri") or TOKEN_URI)
        claims = {
            "iss": info["client_email"],
            "scope": SCOPE,
            "aud": token_uri,
            "iat": now,
            "exp": now + LIFE_SECONDS,
        }
        try:
            signer = crypt.RSASigner.from_service_account_info(info)
            signed: bytes = jwt.encode(signer, claims)
        except ValueError:
            raise self._missing(f"the private key in the file of {FILE_ENV} cannot be used") from None
        return _Assertion(
            text=signed.decode("ascii"), token_uri=token_uri, project=str(info.get("project_id") or "")
        )

    def _read(self, path: Path) -> Mapping[str, Any]:
        try:
            with path.open("rb") as file:
                info = json.loads(file.read(_LARGEST_FILE))
        except OSError as error:
            raise self._missing(f"the file of {FILE_ENV} cannot be read: {error.strerror}") from None
        except ValueError:
            info = None
        wanted = ("client_email", "private_key")
        if (
            not isinstance(info, dict)
            or info.get("type") != "service_account"
            or not all(isinstance(info.get(name), str) for name in wanted)
        ):
            raise self._missing(f"the file of {FILE_ENV} is not the key of a service account")
        return info

    def _missing(self, text: str) -> MissingKey:
        return MissingKey(text, provider=self._config.id, env=(FILE_ENV,))
