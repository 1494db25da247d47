"""ElevenLabs Scribe: one call, the answer is the words with their times.

Docs: SDK elevenlabs 2.78.0 as recorded, openapi of 2026-08-22 (`POST /v1/speech-to-text`), checked
2026-11-28. Quirks:
1. The language comes back in three letters ("eng"); as a hint two are enough.
2. `words` also holds the gaps and, unless switched off, sounds such as "(laughter)".
3. The vendor's SDK writes "null" into empty fields; here they are left out.
Key and errors are those of the vendor's other calls (wire/elevenlabs.py).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import MediaInput, ProviderConfig, Transcript, Word
from providers.errors import OutcomeUnknown
from providers.references import form_part
from providers.speech.tongues import short, tag_of
from providers.wire.elevenlabs import ElevenWire

MODEL = "scribe_v2"
MAX_BYTES = 100_000_000


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
        self._model = config.options.get("model", MODEL)
        self._wire = ElevenWire(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def transcribe(self, audio: MediaInput, *, language: str = "") -> Transcript:
        """The words of a recording; see `Transcriber.transcribe`."""
        answer = await self._wire.make(
            "/v1/speech-to-text",
            model=self._model,
            data=form_fields(self._model, language),
            files={"file": await form_part(audio, max_bytes=MAX_BYTES)},
        )
        try:
            return read_transcript(answer.json())
        except ValidationError:
            raise OutcomeUnknown("the answer holds no words", provider=self.id, model=self._model) from None


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
