"""Several pieces under one picture: each at its place, speech in front; judged by ffmpeg."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from bot.core.errors import MediaRefused
from bot.core.sounds import MixPiece
from bot.media.worker import MediaWorker
from tests.fakes.clips import make_clip, tone
from tests.fakes.verifiers import loudness, needs_ffmpeg, packet_sums, seconds_of, stream

Made = Callable[..., Path]
RATE = 48_000


def write_wav(path: Path, samples: NDArray[np.float32]) -> Path:
    """A mono recording."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, samples.size, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def heard(path: Path) -> NDArray[np.float64]:
    """The sound of a clip, one channel."""
    with av.open(str(path), format="mp4") as clip:
        parts = [frame.to_ndarray()[0] for frame in clip.decode(audio=0) if isinstance(frame, AudioFrame)]
    return np.concatenate(parts).astype(np.float64)


def strength(sound: NDArray[np.float64], hz: float, start: float, end: float) -> float:
    """How strong one pitch is between two moments."""
    part = sound[round(start * RATE) : round(end * RATE)]
    at = np.arange(part.size) / RATE
    return float(abs(np.sum(part * np.exp(-2j * np.pi * hz * at))) / part.size)


@pytest.fixture
def pieces(tmp_path: Path) -> dict[str, Path]:
    """Tones of their own pitch stand for speech, a bang, rain and music."""
    return {
        "voice": write_wav(tmp_path / "voice.wav", tone(2.0, hz=300) * 0.3),
        "effect": write_wav(tmp_path / "bang.wav", tone(0.3, hz=2000)),
        "bed": write_wav(tmp_path / "rain.wav", tone(1.5, hz=5000) * 0.05),
        "music": write_wav(tmp_path / "music.wav", tone(30.0, hz=800) * 0.8),
    }


@needs_ffmpeg
@pytest.mark.parametrize("target", [-16.0, -14.0])
async def test_speech_leads_where_it_is_placed_and_all_else_steps_back(
    media: MediaWorker, made: Made, tmp_path: Path, pieces: dict[str, Path], target: float
) -> None:
    clip = made(make_clip, "mix-none.mp4", seconds=8, sound="none")
    out = tmp_path / "out.mp4"
    info = await media.mix(
        clip,
        [
            MixPiece(path=pieces["voice"], role="voice", at_seconds=3.0),
            MixPiece(path=pieces["effect"], role="effect", at_seconds=1.2),
            MixPiece(path=pieces["bed"], role="bed"),
            MixPiece(path=pieces["music"], role="music"),
        ],
        out,
        keep_sound=False,
        loudness_target_lufs=target,
    )
    lufs, peak = loudness(out)
    assert lufs == pytest.approx(target, abs=0.5) and peak <= -1
    assert packet_sums(out, "video") == packet_sums(clip, "video")
    assert seconds_of(out, "audio") == pytest.approx(seconds_of(out, "video"), abs=0.05)
    assert (stream(out, "audio")["channels"], stream(out, "audio")["sample_rate"]) == (2, "48000")
    assert info.faststart
    sound = heard(out)
    spoken, before = strength(sound, 300, 3.2, 4.8), strength(sound, 300, 0.5, 2.8)
    assert spoken > 20 * before, "it speaks where it was placed and nowhere else"
    assert strength(sound, 2000, 1.2, 1.5) > 20 * strength(sound, 2000, 2.0, 2.3)
    assert strength(sound, 800, 3.4, 4.8) < 0.5 * strength(sound, 800, 0.5, 1.1), "music steps back"
    assert strength(sound, 5000, 6.5, 7.5) > 0.5 * strength(sound, 5000, 0.5, 1.1), "rain that is short lasts"
    assert np.abs(sound[:20]).max() < 0.02 and np.abs(sound[8 * RATE - 200 : 8 * RATE]).max() < 0.05


@needs_ffmpeg
async def test_what_the_clip_sounds_like_can_be_kept(
    media: MediaWorker, made: Made, tmp_path: Path, pieces: dict[str, Path]
) -> None:
    clip = made(make_clip, "mix-own.mp4", seconds=4, sound="tone")
    pitch = 440.0
    out = tmp_path / "out.mp4"
    music = [MixPiece(path=pieces["music"], role="music")]
    for keep in (True, False):
        await media.mix(clip, music, out, keep_sound=keep, loudness_target_lufs=-16)
        sound = heard(out)
        assert (strength(sound, pitch, 0.5, 3.5) > strength(sound, 800, 0.5, 3.5)) is keep
        assert strength(sound, 800, 0.5, 3.5) > 1e-4


async def test_a_sound_laid_by_hand_keeps_its_own_level(
    media: MediaWorker, made: Made, tmp_path: Path, pieces: dict[str, Path]
) -> None:
    clip = made(make_clip, "mix-none.mp4", seconds=8, sound="none")
    out = tmp_path / "out.mp4"
    slam = pieces["effect"]
    await media.mix(
        clip,
        [
            MixPiece(path=slam, role=None, at_seconds=1.0),
            MixPiece(path=slam, role=None, at_seconds=5.0, gain_db=-12.0),
        ],
        out,
        keep_sound=True,
        loudness_target_lufs=-16,
    )
    sound = heard(out)
    ratio = strength(sound, 2000, 1.05, 1.25) / strength(sound, 2000, 5.05, 5.25)
    assert 20 * np.log10(ratio) == pytest.approx(12, abs=2.5)


async def test_speech_that_is_too_long_is_spoken_faster_at_the_same_pitch(
    media: MediaWorker, made: Made, tmp_path: Path, pieces: dict[str, Path]
) -> None:
    clip = made(make_clip, "mix-none.mp4", seconds=8, sound="none")
    out = tmp_path / "out.mp4"
    voice = MixPiece(path=pieces["voice"], role="voice", at_seconds=1.0, tempo=1.4)
    await media.mix(clip, [voice], out, keep_sound=False, loudness_target_lufs=-16)
    sound = heard(out)
    assert strength(sound, 300, 1.1, 2.3) > 20 * strength(sound, 300, 2.6, 3.2)


async def test_nothing_to_hear_is_no_sound(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    clip = made(make_clip, "mix-none.mp4", seconds=8, sound="none")
    silence = write_wav(tmp_path / "silence.wav", np.zeros(RATE, np.float32))
    with pytest.raises(MediaRefused) as caught:
        await media.mix(
            clip,
            [MixPiece(path=silence, role="bed")],
            tmp_path / "out.mp4",
            keep_sound=False,
            loudness_target_lufs=-16,
        )
    assert caught.value.code == "silent"
    assert not (tmp_path / "out.mp4").exists()
