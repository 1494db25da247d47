"""Compared clips: copies that tell nothing but picture and sound, and a film whose sound goes round."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bot.media.worker import MediaWorker
from tests.fakes.clips import make_clip
from tests.fakes.verifiers import decodes_cleanly, ffprobe, loudness, needs_ffmpeg, seconds_of, stream

Made = Callable[..., Path]
SECONDS = 2.0
_ONE_PICTURE = ("-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
AMBER = (255, 235, 60)


@pytest.fixture
def clips(made: Made) -> list[Path]:
    """Four clips that differ in all that could give them away; tones of 440, 640, 840 and 1040 Hz."""
    return [
        made(make_clip, "one.mp4", seconds=2, width=640, height=360, fps=24, seed=0),
        made(make_clip, "two.mp4", seconds=2.4, width=320, height=320, fps=30, seed=10, **_TITLE),
        made(make_clip, "three.webm", seconds=1.5, width=180, height=320, fps=25, seed=20, **_VP9),
        made(make_clip, "four.mov", seconds=2, width=320, height=180, fps=12, seed=30),
    ]


_TITLE: dict[str, Any] = {"metadata": {"title": "a model's name"}}
_VP9: dict[str, Any] = {"video_codec": "libvpx-vp9", "audio_codec": "libopus"}


def heard(path: Path) -> NDArray[np.float32]:
    """One channel at 48 kHz, decoded by ffmpeg."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", "48000", "-f", "f32le", "-"],
        capture_output=True,
        check=True,
    )
    return np.frombuffer(done.stdout, np.float32)


def seen(path: Path, at_seconds: float) -> NDArray[np.uint8]:
    """One picture (height × width × 3), decoded by ffmpeg."""
    size = stream(path, "video")
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-ss", str(at_seconds), "-i", str(path), *_ONE_PICTURE],
        capture_output=True,
        check=True,
    )
    return np.frombuffer(done.stdout, np.uint8).reshape(size["height"], size["width"], 3)


def pitch(samples: NDArray[np.float32]) -> float:
    """The strongest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(np.argmax(spectrum) * 48_000 / samples.size)


@needs_ffmpeg
async def test_copies_are_alike_in_everything_but_what_is_seen_and_heard(
    media: MediaWorker, clips: list[Path], tmp_path: Path
) -> None:
    intos = [tmp_path / f"{letter}.mp4" for letter in "ABCD"]
    infos = await media.copies(clips, intos, seconds=SECONDS, width=320, height=180)
    assert len({into.stat().st_size for into in intos}) == 1
    assert len(set(infos)) == 1
    told = []
    for into in intos:
        facts = ffprobe(into)
        assert decodes_cleanly(into)
        assert loudness(into)[0] == pytest.approx(-16, abs=0.7)
        for part in (facts["format"], *facts["streams"]):
            # What is left depends on the coded picture and sound alone.
            for name in ("filename", "bit_rate"):
                part.pop(name, None)
        told.append(facts)
    assert told[1:] == told[:1] * 3
    assert [round(pitch(heard(into)[10_000:58_000]), -1) for into in intos] == [440, 640, 840, 1040]


@needs_ffmpeg
async def test_ears_only_copies_hold_the_sound_and_no_picture(
    media: MediaWorker, clips: list[Path], tmp_path: Path
) -> None:
    intos = [tmp_path / f"{letter}.m4a" for letter in "ABCD"]
    await media.sounds(clips, intos, seconds=SECONDS)
    assert len({into.stat().st_size for into in intos}) == 1
    for into, hz in zip(intos, (440, 640, 840, 1040), strict=True):
        assert [each["codec_type"] for each in ffprobe(into)["streams"]] == ["audio"]
        assert pitch(heard(into)[10_000:58_000]) == pytest.approx(hz, abs=3)


@needs_ffmpeg
@pytest.mark.parametrize("legs", [2, 3, 4])
async def test_the_films_sound_goes_round_with_the_frame(
    media: MediaWorker, clips: list[Path], tmp_path: Path, legs: int
) -> None:
    letters = "ABCD"[:legs]
    film = tmp_path / "film.mp4"
    info = await media.film(clips[:legs], letters, film, seconds=SECONDS, width=640, height=360)
    assert info.seconds == pytest.approx(legs * SECONDS, abs=0.05)
    assert seconds_of(film, "audio") == pytest.approx(legs * SECONDS, abs=0.05)
    assert decodes_cleanly(film) and info.faststart
    sound = heard(film)
    for turn, hz in enumerate((440, 640, 840, 1040)[:legs]):
        first = round((turn * SECONDS + 0.1) * 48_000)
        last = round((turn * SECONDS + 1.4) * 48_000)
        assert pitch(sound[first:last]) == pytest.approx(hz, abs=3)
        picture = seen(film, turn * SECONDS + 1.0)
        assert [framed(picture, at, legs) for at in range(legs)] == [at == turn for at in range(legs)]
        assert "".join(lettered(picture, at, legs) for at in range(legs)) == letters


def corner(at: int, legs: int) -> tuple[int, int, int]:
    """x, y and height of a tile in a film of 640 × 360."""
    if legs == 2:
        return at * 320, 0, 360
    return at % 2 * 320, at // 2 * 180, 180


def framed(picture: NDArray[np.uint8], at: int, legs: int) -> bool:
    """Whether all four edges of a tile have the frame's colour."""
    x, y, height = corner(at, legs)
    edges = [
        picture[y + 3, x + 80 : x + 300],
        picture[y + height - 3, x + 20 : x + 300],
        picture[y + 80 : y + height - 20, x + 3],
        picture[y + 20 : y + height - 20, x + 316],
    ]
    return all(np.abs(np.median(edge, axis=0) - AMBER).max() < 40 for edge in edges)


def lettered(picture: NDArray[np.uint8], at: int, legs: int) -> str:
    """Which letter stands in a tile's corner."""
    x, y, height = corner(at, legs)
    size = max(24, height // 8)
    side = size // 2 * 2 + 16
    found = picture[y + 16 : y + 16 + side, x + 16 : x + 16 + side].mean(axis=2)
    likeness = {}
    for letter in "ABCDEF":
        drawn = Image.new("L", (side, side))
        font = ImageFont.load_default(size=size)
        ImageDraw.Draw(drawn).text((side / 2, side / 2), letter, fill=255, font=font, anchor="mm")
        likeness[letter] = abs(float(np.corrcoef(np.asarray(drawn).ravel(), found.ravel())[0, 1]))
    return max(likeness, key=lambda letter: likeness[letter])


async def test_the_film_stays_under_its_limit_even_with_noise(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    noisy = [made(make_clip, f"noise{n}.mp4", seconds=2, content="noise", seed=n) for n in range(2)]
    limit = 400_000
    film = await media.film(
        noisy, "AB", tmp_path / "f.mp4", seconds=SECONDS, width=640, height=360, limit_bytes=limit
    )
    assert film.size_bytes <= limit


async def test_a_silent_clip_takes_its_turn_in_silence(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    mute = made(make_clip, "mute.mp4", seconds=2, sound="none")
    loud = made(make_clip, "loud.mp4", seconds=2)
    copies = [tmp_path / "A.mp4", tmp_path / "B.mp4"]
    await media.copies([mute, loud], copies, seconds=SECONDS, width=320, height=180)
    checks = [
        await media.verify(copy, expect_sound=True, seconds=2, tolerance_seconds=0.1) for copy in copies
    ]
    assert [check.verdict for check in checks] == ["silent", "ok"]
