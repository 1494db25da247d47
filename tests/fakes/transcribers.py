"""Two transcription services on one local socket, OpenAI's and ElevenLabs'. Strict about what they get.

Forms and answers are held against the vendors' own files (`tests/specs/speech-to-text.json.gz`); every
recording is decoded, and what was in it is kept. They "hear" whatever `words` says.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from aiohttp import BodyPartReader, web
from av.audio.resampler import AudioResampler
from jsonschema import Draft202012Validator

from tests.fakes.opened import Opened

OPENAI_KEY = "sk-oa-good-7f31c2aa90"
ELEVENLABS_KEY = "sk_el_good_55a1bd0c77"
BROKE_KEY = "sk_broke_0aa1c9d4e2"
_SPEC = Path(__file__).parents[1] / "specs" / "speech-to-text.json.gz"
_RATE_HZ = 16_000
# ISO 639-3 and English names, as the two write them.
_NAMES: Mapping[str, tuple[str, str]] = {"en": ("eng", "english"), "es": ("spa", "spanish")}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One recording as it arrived: where, with which form, and what is heard in it."""

    path: str
    form: Mapping[str, Any]
    name: str
    mime: str
    data: bytes
    seconds: float
    loudest_hz: float


class BadForm(Exception):
    """The vendor's 400 or 422."""


@dataclass(kw_only=True)
class FakeTranscribers:
    """Use it as `async with`.

    Attributes:
        words: what is heard in every recording.
        language: in which language.
        fault: status to refuse with (401, 402, 404, 429, 500), "cut", "hang" or "garbage"; "" = none.
        sent: what arrived.
    """

    words: str = "Hello from the voice note."
    language: str = "en"
    fault: str = ""
    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    _server: Opened = field(default_factory=Opened)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/audio/transcriptions", self._openai)
        app.router.add_post("/v1/speech-to-text", self._elevenlabs)
        self.url = await self._server.open(app)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._closing.set()
        await self._server.close()

    # ---- the two

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")

        def refuse(status: int, code: str, message: str) -> web.Response:
            body = {
                "error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}
            }
            _hold("openai", "ErrorResponse", body)
            return web.json_response(body, status=status, headers={"retry-after": "7"})

        if key == BROKE_KEY:
            return refuse(429, "insufficient_quota", f"You exceeded your quota with {key}.")
        if key != OPENAI_KEY:
            return refuse(401, "invalid_api_key", f"Incorrect API key provided: {key}.")
        codes = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        if self.fault.isdigit():
            status = int(self.fault)
            return refuse(status, codes.get(status, "server_error"), "It does not work.")
        try:
            sent = await self._taken(request, "openai")
        except BadForm as bad:
            return refuse(400, "invalid_request", str(bad))
        if sent.name.rpartition(".")[2] not in {"flac", "mp3", "mp4", "m4a", "ogg", "wav", "webm"}:
            return refuse(400, "invalid_request", "Unrecognized file format.")
        verbose = sent.form["response_format"] == "verbose_json"
        if verbose and sent.form["model"] != "whisper-1":
            return refuse(400, "unsupported_value", "response_format 'verbose_json' is not compatible.")
        body: dict[str, Any] = {"text": self.words}
        if verbose:
            body |= {
                "language": _NAMES[self.language][1],
                "duration": sent.seconds,
                "words": [
                    {"word": word, "start": start, "end": end} for word, start, end in self._timed(sent)
                ],
            }
        kind = "CreateTranscriptionResponseVerboseJson" if verbose else "CreateTranscriptionResponseJson"
        _hold("openai", kind, body)
        return await self._answer(request, body)

    async def _elevenlabs(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("xi-api-key", "")

        def refuse(status: int, code: str, message: str) -> web.Response:
            return web.json_response({"detail": {"status": code, "message": message}}, status=status)

        if key == BROKE_KEY:
            return refuse(401, "quota_exceeded", f"This request exceeds your quota ({key}).")
        if key != ELEVENLABS_KEY:
            return refuse(401, "invalid_api_key", f"Invalid API key {key}")
        codes = {401: "invalid_api_key", 404: "model_not_found", 429: "too_many_concurrent_requests"}
        if self.fault.isdigit():
            status = int(self.fault)
            return refuse(status, codes.get(status, "server_error"), "It does not work.")
        try:
            sent = await self._taken(request, "elevenlabs")
        except BadForm as bad:
            detail = [{"loc": ["body"], "msg": str(bad), "type": "value_error"}]
            return web.json_response({"detail": detail}, status=422)
        words: list[dict[str, Any]] = []
        for word, start, end in self._timed(sent):
            words += [
                {"text": word, "start": start, "end": end, "type": "word", "logprob": -0.1},
                {"text": " ", "start": end, "end": end, "type": "spacing", "logprob": 0.0},
            ]
        body = {
            "language_code": _NAMES[self.language][0],
            "language_probability": 0.98,
            "text": self.words,
            "words": words,
            "transcription_id": f"tr{len(self.sent)}",
        }
        _hold("elevenlabs", "SpeechToTextChunkResponseModel", body)
        return await self._answer(request, body)

    # ---- what they share

    async def _taken(self, request: web.Request, vendor: str) -> Sent:
        form: dict[str, Any] = {}
        name, mime, data = "", "", b""
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "file":
                name, mime, data = part.filename or "", part.headers["content-type"], bytes(await part.read())
                form["file"] = name
            elif (part.name or "").endswith("[]"):
                form.setdefault(str(part.name).removesuffix("[]"), []).append(await part.text())
            else:
                form[str(part.name)] = _plain(await part.text())
        check_form(vendor, form)
        try:
            seconds, hz = await asyncio.to_thread(decoded, data)
        except (av.FFmpegError, ValueError, IndexError):
            raise BadForm("the file cannot be decoded") from None
        sent = Sent(
            path=request.path, form=form, name=name, mime=mime, data=data, seconds=seconds, loudest_hz=hz
        )
        self.sent.append(sent)
        return sent

    async def _answer(self, request: web.Request, body: Mapping[str, Any]) -> web.StreamResponse:
        if self.fault == "hang":
            await self._closing.wait()
        if self.fault == "cut":
            assert request.transport is not None
            request.transport.abort()
        if self.fault == "garbage":
            return web.Response(text="<html>", content_type="text/html")
        return web.json_response(body)

    def _timed(self, sent: Sent) -> list[tuple[str, float, float]]:
        words = self.words.split()
        step = sent.seconds / max(1, len(words))
        return [(word, round(at * step, 3), round((at + 0.8) * step, 3)) for at, word in enumerate(words)]


def check_form(vendor: str, form: Mapping[str, Any]) -> None:
    """Hold a form against the vendor's own description; unknown fields are refused.

    Raises:
        BadForm: what is wrong, by the first field.
    """
    whole = _spec()[vendor]
    known = whole["components"]["schemas"][whole["request"]]["properties"]
    strange = [name for name in form if name not in known]
    if strange:
        raise BadForm(f"unknown field {strange[0]}")
    if "file" not in form:
        raise BadForm("file is missing")
    for error in _validator(vendor, whole["request"]).iter_errors(dict(form)):
        raise BadForm(f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}")


def decoded(data: bytes) -> tuple[float, float]:
    """Length of a recording in seconds and its loudest frequency."""
    resampler = AudioResampler(format="flt", layout="mono", rate=_RATE_HZ)
    with av.open(io.BytesIO(data), "r") as container:
        blocks = [
            piece.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    samples = np.concatenate(blocks)
    spectrum = np.abs(np.fft.rfft(samples))
    return len(samples) / _RATE_HZ, float(np.argmax(spectrum) * _RATE_HZ / len(samples))


def _plain(text: str) -> Any:
    """A field of a form as the value that it stands for."""
    return {"true": True, "false": False}.get(text, text)


def _hold(vendor: str, schema: str, body: Any) -> None:
    """An answer of ours has the vendor's shape, or the fake is wrong."""
    _validator(vendor, schema).validate(body)


@cache
def _validator(vendor: str, schema: str) -> Draft202012Validator:
    return Draft202012Validator({**_spec()[vendor], "$ref": f"#/components/schemas/{schema}"})


@cache
def _spec() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(_SPEC.read_bytes()))
    return found
