"""The clips the scripted vendor serves are broken in exactly the way that was asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from tests.fakes.vendor_files import Recipe, Shelf


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a decoder makes of a clip."""

    codec: str
    picture_seconds: float
    sound_seconds: float | None
    level_db: float
    bad_packets: int


def listen(path: Path) -> Heard:
    """Decode everything."""
    with av.open(str(path)) as clip:
        picture = clip.streams.video[0]
        seconds = float((picture.duration or 0) * (picture.time_base or 0))
        if not clip.streams.audio:
            return Heard(
                codec=picture.codec_context.name,
                picture_seconds=seconds,
                sound_seconds=None,
                level_db=-math.inf,
                bad_packets=0,
            )
        power, count, bad = 0.0, 0, 0
        rate = clip.streams.audio[0].rate
        for packet in clip.demux(audio=0):
            try:
                frames: Any = packet.decode()
            except av.FFmpegError:
                bad += 1
                continue
            for frame in frames:
                assert isinstance(frame, AudioFrame)
                samples = frame.to_ndarray().astype(np.float64)
                power += float((samples**2).mean(axis=0).sum())
                count += frame.samples
        level = 10 * math.log10(power / count) if count and power else -math.inf
        return Heard(
            codec=picture.codec_context.name,
            picture_seconds=seconds,
            sound_seconds=count / rate,
            level_db=level,
            bad_packets=bad,
        )


async def heard(tmp_path: Path, **changes: Any) -> Heard:
    wishes: dict[str, Any] = {"seconds": 2.0, "aspect": "16:9", "sound": "tone"} | changes
    recipe = Recipe(**wishes)
    return listen(await Shelf(tmp_path).clip(recipe))


async def test_a_good_clip_has_picture_and_sound_of_the_same_length(tmp_path: Path) -> None:
    clip = await heard(tmp_path)
    assert clip.codec == "h264" and clip.picture_seconds == pytest.approx(2, abs=0.05)
    assert clip.sound_seconds == pytest.approx(2, abs=0.05)
    assert clip.level_db > -30 and clip.bad_packets == 0


async def test_no_track_and_digital_silence_and_a_faint_track_are_three_things(tmp_path: Path) -> None:
    assert (await heard(tmp_path, sound="none")).sound_seconds is None
    silent = await heard(tmp_path, sound="silent")
    assert silent.sound_seconds is not None and silent.level_db < -120
    faint = await heard(tmp_path, damage="faint")
    assert -110 < faint.level_db < -75


async def test_sound_can_end_in_the_middle_or_be_undecodable(tmp_path: Path) -> None:
    short = await heard(tmp_path, damage="short-sound")
    assert short.sound_seconds == pytest.approx(1, abs=0.05)
    assert short.picture_seconds == pytest.approx(2, abs=0.05)
    bad = await heard(tmp_path, damage="bad-audio")
    assert bad.bad_packets > 50


async def test_wrong_codecs_and_half_a_file(tmp_path: Path) -> None:
    assert (await heard(tmp_path, damage="mpeg4")).codec == "mpeg4"
    assert "vp9" in (await heard(tmp_path, damage="vp9")).codec
    with pytest.raises(av.FFmpegError):
        await heard(tmp_path, damage="truncated")
