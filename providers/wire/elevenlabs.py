"""What every call to ElevenLabs shares: the key, the forms of its errors, and what they mean for credits.

Facts from the official Python SDK 2.78.0, recorded on the wire, and from reports where it is silent; checked
2026-11-22. Quirks:
1. An empty account is answered with HTTP 401 and `quota_exceeded`: the code decides, not the status.
2. An error is `{"detail": …}`: a text, a list of wrong fields, or a table with a code in `code` or `status`.
3. A prompt that names an artist or a song is `bad_prompt`, sometimes with a cleaned one to use instead.
4. Calls are limited by how many run at once, and the sound comes as the answer: nothing can be asked later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from providers.base import ProviderConfig
from providers.errors import (
    BadKey,
    BadRequest,
    MissingKey,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    PromptModerated,
    ProviderError,
    RateLimited,
)
from providers.http import Answer, client, read, scrub, submit

ENV = ("ELEVENLABS_API_KEY",)
CODES: Mapping[str, type[ProviderError]] = {
    "invalid_api_key": BadKey,
    "missing_permissions": BadKey,
    "needs_authorization": BadKey,
    "quota_exceeded": NoFunds,
    "voice_limit_reached": NoFunds,
    "too_many_concurrent_requests": RateLimited,
    "system_busy": RateLimited,
    "max_character_limit_exceeded": BadRequest,
    "voice_not_found": BadRequest,
    "voice_does_not_exist": BadRequest,
    "model_not_found": ModelGone,
    "bad_prompt": PromptModerated,
    "bad_composition_plan": PromptModerated,
}
STATUS: Mapping[int, type[ProviderError]] = {
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    408: OutcomeUnknown,  # they gave up waiting, and nobody says whether the work was counted
    409: RateLimited,
    425: RateLimited,
    429: RateLimited,
}
PLAN = "only_for_"  # creator+, pro …: the account's plan does not include it
# A place is free when a running call of ours ends; the vendor does not say when.
PATIENCE_SECONDS = 5.0
# The answer is the sound, and music takes minutes: so many of the time limits of one call.
PATIENCE = 5


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What went wrong: the vendor's code, its words, and a prompt that it would take instead."""

    code: str = ""
    words: str = ""
    instead: str = ""


class ElevenWire:
    """One account's connection."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._key = config.keys.get(ENV[0], "")
        self._wait = httpx.Timeout(
            config.timeout_seconds * PATIENCE, connect=min(10.0, config.timeout_seconds)
        )
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def make(self, path: str, *, model: str, **parts: Any) -> Answer:
        """Send a call whose answer is what it asks for; it is paid, and sent exactly once.

        Args:
            path: below the base address.
            model: for errors.
            parts: json, data, files, params as for httpx.

        Returns:
            An answer of 2xx.

        Raises:
            NotSent, Refused, OutcomeUnknown: as `submit` of the seam.
        """
        answer = await submit(
            self._http,
            path,
            provider=self.id,
            model=model,
            headers=self._headers(model),
            timeout=self._wait,
            **parts,
        )
        if not answer.ok:
            raise self._refusal(answer)
        return answer

    async def ask(self, path: str, *, model: str, method: str = "GET", **parts: Any) -> Answer:
        """Send a call that costs nothing and may be sent twice: a question, or a deletion.

        Returns:
            An answer of 2xx.

        Raises:
            MissingKey, Refused: the account may not.
            Unreachable: no usable answer.
        """
        headers = self._headers(model)
        answer = await read(
            self._http, path, provider=self.id, model=model, method=method, headers=headers, **parts
        )
        if not answer.ok:
            raise self._refusal(answer)
        return answer

    def _headers(self, model: str) -> dict[str, str]:
        if not self._key:
            raise MissingKey(f"{ENV[0]} must be set", provider=self.id, model=model, env=ENV)
        return {"xi-api-key": self._key}

    def _refusal(self, answer: Answer) -> ProviderError:
        fault = fault_of(answer)
        kind = kind_of(answer.status, fault)
        words = fault.words or f"status {answer.status}"
        if fault.instead:
            words = f"{words} Instead: {fault.instead}"
        wait = answer.retry_after
        return kind(
            scrub(words, [self._key]),
            provider=self.id,
            model=answer.model,
            retry_after=PATIENCE_SECONDS if wait is None and kind is RateLimited else wait,
            vendor_code=fault.code or str(answer.status),
            env=ENV if kind in (BadKey, NoFunds) else (),
        )


def fault_of(answer: Answer) -> Fault:
    """An error in any of the vendor's forms; a body that is none of them has no code and no words."""
    body = answer.lenient()
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, str):
        return Fault(words=detail)
    if isinstance(detail, list):
        first = next((one for one in detail if isinstance(one, dict)), {})
        place = first.get("loc")
        field = str(place[-1]) if isinstance(place, list) and place else ""
        words = str(first.get("msg", ""))
        return Fault(code=str(first.get("type", "")), words=f"{field}: {words}" if field else words)
    if not isinstance(detail, dict):
        return Fault()
    data = detail.get("data")
    instead = data.get("prompt_suggestion") if isinstance(data, dict) else ""
    codes = [str(detail.get(name) or "") for name in ("code", "status")]
    return Fault(
        code=next((code for code in codes if code in CODES), codes[0] or codes[1]),
        words=str(detail.get("message") or ""),
        instead=instead if isinstance(instead, str) else "",
    )


def kind_of(status: int, fault: Fault) -> type[ProviderError]:
    """What an error means for credits."""
    if fault.code.startswith(PLAN):
        return NoFunds
    return CODES.get(fault.code) or STATUS.get(status, BadRequest)
