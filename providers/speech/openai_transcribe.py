"""OpenAI's transcriptions, and services that speak like them: one call, the answer is the words.

Docs: openai-openapi of 2026-08-21 (`POST /audio/transcriptions`), checked 2026-11-28. Quirks:
1. Only `whisper-1` answers with the language and the time of each word (`verbose_json`); the newer models
   take `json` alone. The catalogue's switch `detail` says which form is asked for.
2. The language comes back as an English word ("english"), and is taken as a tag ("en").
3. The type of the file is told by its name; without an ending it is refused.

The key is the one for the address: another service is `TALKREEL_PROVIDERS__OPENAI_TRANSCRIBE__BASE_URL`.
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
    PromptModerated,
    ProviderError,
    RateLimited,
    Refused,
)
from providers.http import Answer, client, scrub, submit
from providers.references import form_part
from providers.speech.tongues import short, tag_of

MODEL = "whisper-1"
MAX_BYTES = 25_000_000
BY_CODE: Mapping[str, type[ProviderError]] = {
    "insufficient_quota": NoFunds,
    "billing_hard_limit_reached": NoFunds,
    "content_policy_violation": PromptModerated,
    "model_not_found": ModelGone,
    "invalid_api_key": BadKey,
    "rate_limit_exceeded": RateLimited,
}
BY_STATUS: Mapping[int, type[ProviderError]] = {
    400: BadRequest,
    401: BadKey,
    402: NoFunds,
    403: BadKey,
    404: ModelGone,
    410: ModelGone,
    413: BadRequest,
    415: BadRequest,
    422: BadRequest,
    429: RateLimited,
}


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Word(_Wire):
    word: str
    start: float
    end: float


class _Heard(_Wire):
    text: str
    language: str = ""
    words: list[_Word] = []


class _Error(_Wire):
    code: str | None = ""
    type: str | None = ""
    message: str | None = ""


class _Refused(_Wire):
    error: _Error


class OpenaiTranscribe:
    """One call."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent. Option `model` is another of the vendor's models."""
        self.id = config.id
        self._env = tuple(config.keys) or ("OPENAI_API_KEY",)
        self._key = next(iter(config.keys.values()), "")
        self._model = config.options.get("model", MODEL)
        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        self._http = client(config, headers=headers)
        self._url = f"{config.base_url.rstrip('/')}/audio/transcriptions"

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def transcribe(self, audio: MediaInput, *, language: str = "") -> Transcript:
        """The words of a recording; see `Transcriber.transcribe`."""
        if not self._key:
            raise MissingKey("no key is set", provider=self.id, env=self._env)
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
            env=self._env if kind is BadKey else (),
        )


def form_fields(model: str, language: str) -> dict[str, Any]:
    """The form beside the file."""
    fields: dict[str, Any] = {"model": model, "response_format": "json"}
    if model == MODEL:
        fields |= {"response_format": "verbose_json", "timestamp_granularities[]": ["word"]}
    if language:
        fields["language"] = short(language)
    return fields


def read_transcript(body: Any) -> Transcript:
    """The words of an answer.

    Raises:
        ValidationError: it is none.
    """
    heard = _Heard.model_validate(body)
    words = (Word(text=one.word.strip(), start_seconds=one.start, end_seconds=one.end) for one in heard.words)
    return Transcript(
        text=heard.text.strip(),
        language=tag_of(heard.language),
        words=tuple(word for word in words if word.text),
    )


def read_error(status: int, body: Any) -> tuple[type[ProviderError], str, str]:
    """What a refusal means, its code and its words."""
    try:
        error = _Refused.model_validate(body).error
    except ValidationError:
        error = _Error()
    code = error.code or error.type or ""
    return BY_CODE.get(code, BY_STATUS.get(status, Refused)), code, error.message or f"status {status}"
