"""A reference recording drives the clip: cuts and steps on its beat, lightning on its accents, weather."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from providers.local import job, mix
from providers.local.beat import Pulse, pulse_of, steps_on
from providers.local.noise import RATE, Stereo
from providers.local.recording import write_wav
from providers.local.script import read_script
from providers.local.timeline import FPS, lay_out, picture_size

SIZE = picture_size("16:9", "480p")


def clicks(bpm: float, seconds: float = 8.0, first: float = 0.31, gain: float = 0.5) -> Stereo:
    rng = np.random.default_rng(1)
    out = (rng.standard_normal(int(seconds * RATE)) * 0.002).astype(np.float32)
    burst = (rng.standard_normal(2400) * np.exp(-np.arange(2400) / 500)).astype(np.float32)
    for at in np.arange(first, seconds - 0.06, 60 / bpm):
        place = int(at * RATE)
        out[place : place + 2400] += burst * np.float32(gain)
    return np.stack([out, out])


@pytest.mark.parametrize("bpm", [72.0, 96.0, 120.0, 138.0])
def test_the_beat_of_a_recording_is_found(bpm: float) -> None:
    beats = pulse_of(clicks(bpm)).beats
    gaps = np.diff(beats)
    ratio = (60 / bpm) / float(np.median(gaps))
    assert min(abs(ratio - 1), abs(ratio - 2), abs(ratio - 0.5)) < 0.03
    struck = np.arange(0.31, 7.9, 60 / bpm)
    near = [min(abs(beat - at) for at in struck) for beat in beats if 0.3 < beat < 7.9]
    assert np.median(near) < 0.04 or abs(ratio - 2) < 0.03


def test_silence_has_no_beat_and_is_fog() -> None:
    for sound in (np.zeros((2, 4 * RATE), np.float32), np.zeros((2, 0), np.float32)):
        assert pulse_of(sound) == Pulse(beats=(), accents=(), weather="fog")


def test_louder_is_wilder_weather() -> None:
    noise = np.random.default_rng(2).standard_normal((2, 3 * RATE)).astype(np.float32)
    levelled = mix.levelled(noise * np.float32(0.1))
    gains = {-9: "storm", -15: "wind", -22: "clear", -38: "fog"}
    for lufs, weather in gains.items():
        sound = levelled * np.float32(10 ** ((lufs - mix.loudness(levelled)) / 20))
        assert pulse_of(sound.astype(np.float32)).weather == weather


def test_cuts_steps_and_lightning_follow_the_pulse() -> None:
    beats = tuple(float(at) for at in np.arange(0.2, 12, 0.5))
    pulse = Pulse(beats=beats, accents=(7.7, 2.2), weather="storm")
    script = read_script("a man walks through a storm in the city", seed=3)
    timeline = lay_out(script, seconds=12, size=SIZE, line_seconds=(), pulse=pulse)
    assert timeline.cuts
    for cut in timeline.cuts:
        assert min(abs(cut - beat) for beat in beats) <= 0.5 / FPS
    assert timeline.steps
    assert all(min(abs(step - beat) for beat in beats) < 1e-6 for step in timeline.steps)
    assert timeline.flashes == (2.2, 7.7)


def test_steps_keep_a_walking_pace_on_any_beat() -> None:
    for gap in (0.3, 0.5, 1.1):
        steps = steps_on(tuple(float(at) for at in np.arange(0, 10, gap)), 0.0, 9.0)
        assert 0.36 <= np.median(np.diff(steps)) <= 0.85
    assert steps_on((), 0.0, 5.0) == ()


def test_a_clip_takes_its_weather_from_the_reference_unless_the_words_name_it(tmp_path: Path) -> None:
    loud = tmp_path / "loud.wav"
    write_wav(loud, clicks(120, 3.0, gain=6.0))
    with wave.open(str(loud)) as opened:
        assert opened.getnframes() == 3 * RATE
    order = {"seconds": 2, "aspect": "1:1", "resolution": "480p", "sound": False, "beat": str(loud)}

    def scene(prompt: str) -> str:
        out = str(tmp_path / "clip.mp4")
        return job.render(lambda *_, **__: None, order={**order, "prompt": prompt}, out=out)["scene"]

    assert scene("a street by day").endswith("storm")
    assert scene("a street by day in the fog").endswith("fog")
