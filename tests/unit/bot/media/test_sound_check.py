"""Sound is a promise, checked: what verification finds, and what mending makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import MediaRefused
from bot.media.worker import MediaWorker
from tests.fakes.clips import make_clip, make_voice_note
from tests.fakes.vendor_files import break_clip
from tests.fakes.verifiers import decodes_cleanly, loudness, needs_ffmpeg, packet_sums, seconds_of, stream

Made = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "how", "verdict"),
    [
        ("tone.mp4", {"sound": "tone"}, "ok"),
        ("talk.mp4", {"sound": "speechlike"}, "ok"),
        ("silent.mp4", {"sound": "silent"}, "silent"),
        ("none.mp4", {"sound": "none"}, "missing"),
        ("short.mp4", {"sound_seconds": 2.4}, "length"),
        ("long.mp4", {"sound_seconds": 3.6}, "length"),
        ("nearly.mp4", {"sound_seconds": 2.9}, "ok"),
        ("a.webm", {"video_codec": "libvpx-vp9", "audio_codec": "libopus"}, "ok"),
    ],
)
async def test_the_verdict_names_what_is_wrong_with_the_sound(
    media: MediaWorker, made: Made, name: str, how: dict[str, Any], verdict: str
) -> None:
    path = made(make_clip, f"check-{name}", seconds=3, **how)
    check = await media.verify(path, expect_sound=True, seconds=3, tolerance_seconds=0.25)
    assert check.verdict == verdict
    assert check.picture_seconds == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(("damage", "verdict"), [("faint", "silent"), ("bad-audio", "undecodable")])
async def test_a_sound_nobody_could_hear_is_found(
    media: MediaWorker, made: Made, tmp_path: Path, damage: Any, verdict: str
) -> None:
    whole = made(make_clip, "check-tone.mp4", seconds=3, sound="tone")
    break_clip(whole, tmp_path / "broken.mp4", damage)
    check = await media.verify(tmp_path / "broken.mp4", expect_sound=True, seconds=3, tolerance_seconds=0.25)
    assert check.verdict == verdict


async def test_a_clip_that_was_asked_for_silent_is_not_judged(media: MediaWorker, made: Made) -> None:
    path = made(make_clip, "check-none.mp4", seconds=3, sound="none")
    check = await media.verify(path, expect_sound=False, seconds=3, tolerance_seconds=0.25)
    assert check.verdict == "none-expected"


async def test_a_cut_off_clip_is_refused_and_not_called_silent(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    data = made(make_clip, "check-fast.mp4", seconds=3, faststart=True).read_bytes()
    (tmp_path / "half.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(MediaRefused) as caught:
        await media.verify(tmp_path / "half.mp4", expect_sound=True, seconds=3, tolerance_seconds=0.25)
    assert caught.value.code == "damaged"


async def test_a_recording_without_picture_is_compared_with_the_length_that_was_ordered(
    media: MediaWorker, made: Made
) -> None:
    path = made(make_voice_note, "check.ogg", seconds=3)
    right = await media.verify(path, expect_sound=True, seconds=3, tolerance_seconds=0.25)
    wrong = await media.verify(path, expect_sound=True, seconds=5, tolerance_seconds=0.25)
    assert (right.verdict, wrong.verdict) == ("ok", "length")


@needs_ffmpeg
@pytest.mark.parametrize("sound", ["tone", "speechlike"])
async def test_loudness_and_true_peak_agree_with_ffmpeg(media: MediaWorker, made: Made, sound: str) -> None:
    path = made(make_clip, f"loud-{sound}.mp4", seconds=4, sound=sound)
    check = await media.verify(path, expect_sound=True, seconds=4, tolerance_seconds=0.25)
    lufs, peak = loudness(path)
    assert check.loudness_lufs == pytest.approx(lufs, abs=0.15)
    assert check.true_peak_dbtp == pytest.approx(peak, abs=0.3)


async def test_silence_and_clipping_are_measured_as_shares(media: MediaWorker, tmp_path: Path) -> None:
    paused = make_voice_note(tmp_path / "paused.wav", seconds=2, container="wav", silence_after=2)
    loud = make_voice_note(tmp_path / "loud.wav", seconds=2, container="wav", level_db=24)
    quiet_check = await media.verify(paused, expect_sound=True, seconds=4, tolerance_seconds=0.1)
    loud_check = await media.verify(loud, expect_sound=True, seconds=2, tolerance_seconds=0.1)
    assert quiet_check.silent_share > 0.5
    assert quiet_check.clipped_share == 0
    assert loud_check.clipped_share > 0.05


@needs_ffmpeg
@pytest.mark.parametrize("wanted", ["none", "silent"])
async def test_a_clip_without_sound_gets_an_ambience_that_can_be_heard(
    media: MediaWorker, made: Made, tmp_path: Path, wanted: str
) -> None:
    clip = made(make_clip, f"check-{wanted}.mp4", seconds=3, sound=wanted)
    await media.ambience(tmp_path / "air.wav", seconds=3, seed=4)
    info = await media.lay_under(clip, tmp_path / "air.wav", tmp_path / "mended.mp4", keep_sound=False)
    check = await media.verify(tmp_path / "mended.mp4", expect_sound=True, seconds=3, tolerance_seconds=0.05)
    assert check.verdict == "ok"
    assert info.faststart
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    lufs, peak = loudness(tmp_path / "mended.mp4")
    assert lufs == pytest.approx(-16, abs=1)
    assert peak <= -1
    assert decodes_cleanly(tmp_path / "mended.mp4")


async def test_two_ambiences_of_one_seed_are_the_same_and_of_two_seeds_are_not(
    media: MediaWorker, tmp_path: Path
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        await media.ambience(tmp_path / f"{name}.wav", seconds=1.5, seed=seed)
    first, again, other = ((tmp_path / f"{name}.wav").read_bytes() for name in "abc")
    assert first == again
    assert first != other


@needs_ffmpeg
@pytest.mark.parametrize("audio_seconds", [1.0, 3.0, 7.0])
async def test_the_sound_laid_under_is_as_long_as_the_picture_and_the_picture_is_untouched(
    media: MediaWorker, made: Made, tmp_path: Path, audio_seconds: float
) -> None:
    clip = made(make_clip, "check-none.mp4", seconds=3, sound="none")
    voice = make_voice_note(tmp_path / "voice.ogg", seconds=audio_seconds)
    await media.lay_under(clip, voice, tmp_path / "out.mp4", keep_sound=False)
    assert packet_sums(tmp_path / "out.mp4", "video") == packet_sums(clip, "video")
    for kind in ("video", "audio"):
        assert seconds_of(tmp_path / "out.mp4", kind) == pytest.approx(3.0, abs=0.05)
    assert stream(tmp_path / "out.mp4", "audio")["channels"] == 2


@needs_ffmpeg
async def test_a_peaky_sound_stays_under_the_true_peak_ceiling(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "talk.mp4", seconds=3, sound="speechlike")
    steps = make_voice_note(tmp_path / "steps.wav", seconds=3, container="wav", level_db=6)
    await media.lay_under(clip, steps, tmp_path / "out.mp4", keep_sound=True)
    lufs, peak = loudness(tmp_path / "out.mp4")
    assert -18 <= lufs <= -14
    assert peak <= -1


@needs_ffmpeg
async def test_a_sound_that_was_too_short_is_mended_with_itself(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "check-short.mp4", seconds=3, sound_seconds=2.4)
    await media.lay_under(clip, clip, tmp_path / "out.mp4", keep_sound=False)
    check = await media.verify(tmp_path / "out.mp4", expect_sound=True, seconds=3, tolerance_seconds=0.1)
    assert check.verdict == "ok"


async def test_new_sound_begins_where_it_was_asked_to(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    clip = made(make_clip, "check-none.mp4", seconds=3, sound="none")
    slam = make_voice_note(tmp_path / "slam.wav", seconds=0.5, container="wav")
    await media.lay_under(clip, slam, tmp_path / "out.mp4", keep_sound=False, at_seconds=2.0)
    check = await media.verify(tmp_path / "out.mp4", expect_sound=True, seconds=3, tolerance_seconds=0.1)
    assert 0.6 < check.silent_share < 0.95


async def test_silence_cannot_be_laid_under_and_leaves_no_file(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "check-none.mp4", seconds=3, sound="none")
    silent = made(make_clip, "check-silent.mp4", seconds=3, sound="silent")
    for audio, code in ((silent, "silent"), (clip, "no_audio")):
        with pytest.raises(MediaRefused) as caught:
            await media.lay_under(clip, audio, tmp_path / "out.mp4", keep_sound=False)
        assert caught.value.code == code
        assert not (tmp_path / "out.mp4").exists()
