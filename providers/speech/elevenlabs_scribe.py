"""ElevenLabs Scribe: one call, the answer is the words with their times.

Docs: SDK elevenlabs 2.78.0 as recorded, openapi of 2026-08-22 (`POST /v1/speech-to-text`), checked
2026-11-28. Quirks:
1. The language comes back in three letters ("eng"); as a hint two are enough.
2. `words` also holds the gaps and, unless switched off, sounds such as "(laughter)".
3. `quota_exceeded` is HTTP 401: not every 401 is a bad key (reports of users).
4. The vendor's SDK writes "null" into empty fields; here they are left out.
5. An error's `detail` is an object, a list (422) or plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import MediaInput, ProviderConfig, Transcript, Word
from providers.errors import (
    BadKey,
    BadRequest,
    MissingKey,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Refused,
)
from providers.http import Answer, client, scrub, submit
from providers.references import form_part
from providers.speech.tongues import short, tag_of

ENV = "ELEVENLABS_API_KEY"
MODEL = "scribe_v2"
MAX_BYTES = 100_000_000
BY_CODE: Mapping[str, type[ProviderError]] = {
    "invalid_api_key": BadKey,
    "missing_permissions": BadKey,
    "needs_authorization": BadKey,
    "quota_exceeded": NoFunds,
    "only_for_creator+": NoFunds,
    "too_many_concurrent_requests": RateLimited,
    "system_busy": RateLimited,
    "model_not_found": ModelGone,
}
BY_STATUS: Mapping[int, type[ProviderError]] = {
    400: BadRequest,
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    413: BadRequest,
    422: BadRequest,
    429: RateLimited,
}


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Word(_Wire):
    text: str
    type: str = "word"
    start: float | None = None
    end: float | None = None


class _Heard(_Wire):
    text: str
    language_code: str = ""
    words: list[_Word] = []


class ElevenlabsScribe:
    """One call."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent. Option `model` is another of the vendor's models."""
        self.id = config.id
        self._key = config.keys.get(ENV, "")
        self._model = config.options.get("model", MODEL)
        self._http = client(config, headers={"xi-api-key": self._key} if self._key else {})
        self._url = f"{config.base_url.rstrip('/')}/v1/speech-to-text"

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def transcribe(self, audio: MediaInput, *, language: str = "") -> Transcript:
        """The words of a recording; see `Transcriber.transcribe`."""
        if not self._key:
            raise MissingKey("no key is set", provider=self.id, env=(ENV,))
        answer = await submit(
            self._http,
            self._url,
            provider=self.id,
            model=self._model,
            data=form_fields(self._model, language),
            files={"file": await form_part(audio, max_bytes=MAX_BYTES)},
        )
        if not answer.ok:
            raise self._refusal(answer)
        try:
            return read_transcript(answer.json())
        except ValidationError:
            raise OutcomeUnknown("the answer holds no words", provider=self.id, model=self._model) from None

    def _refusal(self, answer: Answer) -> ProviderError:
        kind, code, said = read_error(answer.status, answer.lenient())
        return kind(
            scrub(said, (self._key,)),
            provider=self.id,
            model=self._model,
            vendor_code=code,
            retry_after=answer.retry_after,
            env=(ENV,) if kind is BadKey else (),
        )


def form_fields(model: str, language: str) -> dict[str, str]:
    """The form beside the file."""
    fields = {
        "model_id": model,
        "timestamps_granularity": "word",
        "tag_audio_events": "false",
        "diarize": "false",
    }
    return fields | ({"language_code": short(language)} if language else {})


def read_transcript(body: Any) -> Transcript:
    """The words of an answer.

    Raises:
        ValidationError: it is none.
    """
    heard = _Heard.model_validate(body)
    words = tuple(
        Word(text=one.text.strip(), start_seconds=one.start, end_seconds=one.end)
        for one in heard.words
        if one.type == "word" and one.text.strip() and one.start is not None and one.end is not None
    )
    return Transcript(text=heard.text.strip(), language=tag_of(heard.language_code), words=words)


def read_error(status: int, body: Any) -> tuple[type[ProviderError], str, str]:
    """What a refusal means, its code and its words."""
    detail = body.get("detail") if isinstance(body, dict) else None
    code, said = "", f"status {status}"
    if isinstance(detail, dict):
        # The older form has the code in `status`, the newer one in `code` as well.
        code = str(detail.get("status") or detail.get("code") or "")
        said = str(detail.get("message") or said)
    elif isinstance(detail, list) and detail and isinstance(detail[0], dict):
        said = str(detail[0].get("msg") or said)
    elif isinstance(detail, str):
        said = detail
    return BY_CODE.get(code, BY_STATUS.get(status, Refused)), code, said
