"""What sound looks like: louder is wider, higher is further up, the same place is the same time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from bot.media.worker import MediaWorker
from tests.fakes.clips import make_clip

Made = Callable[..., Path]


async def test_a_clips_waveform_and_spectrogram_show_when_and_how_high_it_sounds(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    low = made(make_clip, "low.mp4", seconds=2, width=64, height=64, seed=0)
    high = made(make_clip, "high.mp4", seconds=2, width=64, height=64, seed=30)  # 1040 Hz
    mute = made(make_clip, "mute.mp4", seconds=2, width=64, height=64, sound="none")
    highest = {}
    for path in (low, high, mute):
        wave, spectrum = tmp_path / f"{path.stem}-w.png", tmp_path / f"{path.stem}-s.png"
        await media.traces(path, wave, spectrum, seconds=4)
        assert wave.stat().st_size < 20_000 and spectrum.stat().st_size < 80_000
        with Image.open(wave) as picture:
            cover = np.asarray(picture)[..., 3] > 128
        sounding = cover.sum(axis=0) > 8
        # Half of the time is after the clip's end.
        half = sounding.size // 2
        assert bool(sounding[20 : half - 20].mean() > 0.9) is (path is not mute)
        assert not sounding[half + 20 :].any() and cover.any(axis=0).all()
        with Image.open(spectrum) as picture:
            levels = np.asarray(picture.convert("L"), np.float64)
        assert levels.shape[1] == cover.shape[1]
        highest[path.stem] = int(levels[:, 100].argmax())
        assert levels[:, half + 40 :].max() < 20
    assert highest["high"] < highest["low"] - 8
