"""Voice notes become audio references inside a window; posters and users' pictures become fit to send."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from bot.core.errors import MediaRefused
from bot.core.model import AudioWindow
from bot.media.worker import MediaWorker
from tests.fakes import clips
from tests.fakes.clips import make_clip, make_image, make_image_bomb, make_voice_note
from tests.fakes.verifiers import (
    decodes_cleanly,
    ffprobe,
    loudness,
    needs_ffmpeg,
    needs_ffprobe,
    needs_sox,
    soxi,
)

Made = Callable[..., Path]
SEEDANCE = AudioWindow(formats=("wav", "mp3"), min_seconds=2, max_seconds=15, max_bytes=15_000_000)


@needs_sox
@needs_ffmpeg
@pytest.mark.parametrize("container", ["ogg", "mp3", "wav", "m4a", "webm"])
async def test_any_voice_note_becomes_a_levelled_wav_without_the_silence_around_it(
    media: MediaWorker, tmp_path: Path, container: Any
) -> None:
    note = make_voice_note(
        tmp_path / "note", seconds=4, container=container, silence_before=1.5, silence_after=2, level_db=-30
    )
    made = await media.voice(note, tmp_path / "out.wav", window=SEEDANCE)
    assert made.mime == "audio/wav"
    assert made.source_seconds == pytest.approx(7.5, abs=0.1)
    assert 1.3 < made.from_seconds < 1.6
    assert made.seconds == pytest.approx(soxi(tmp_path / "out.wav", "-D"), abs=0.01)
    assert made.seconds < 4.5
    assert (soxi(tmp_path / "out.wav", "-r"), soxi(tmp_path / "out.wav", "-c")) == (44_100, 1)
    assert soxi(tmp_path / "out.wav", "-b") == 16
    assert made.size_bytes == (tmp_path / "out.wav").stat().st_size
    lufs, peak = loudness(tmp_path / "out.wav")
    assert lufs == pytest.approx(-18, abs=1.2)
    assert peak <= -0.5
    assert made.loudness_lufs == pytest.approx(lufs, abs=0.3)


@needs_ffprobe
@pytest.mark.parametrize("form", ["wav", "mp3", "m4a", "ogg", "flac"])
@pytest.mark.parametrize(("rate_hz", "channels"), [(44_100, 1), (16_000, 1), (48_000, 2)])
async def test_a_long_recording_is_cut_so_that_every_format_stays_inside_the_window(
    media: MediaWorker, made: Made, tmp_path: Path, form: str, rate_hz: int, channels: int
) -> None:
    note = made(make_voice_note, "long.ogg", seconds=8)
    window = AudioWindow(formats=(form,), min_seconds=2, max_seconds=3, rate_hz=rate_hz, channels=channels)
    result = await media.voice(note, tmp_path / "out", window=window)
    shown = ffprobe(tmp_path / "out")
    assert 2.0 <= float(shown["format"]["duration"]) <= 3.0
    assert result.seconds <= 3.0
    assert int(shown["streams"][0]["channels"]) == channels
    if form != "ogg":  # Opus always plays at 48 kHz
        assert int(shown["streams"][0]["sample_rate"]) == rate_hz


async def test_a_wav_fills_the_window_exactly(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    note = made(make_voice_note, "long.ogg", seconds=8)
    window = AudioWindow(formats=("wav",), max_seconds=3, rate_hz=24_000)
    await media.voice(note, tmp_path / "out.wav", window=window)
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert (file.getnframes(), file.getframerate()) == (72_000, 24_000)


async def test_the_sound_of_a_clip_serves_as_well(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    clip = made(make_clip, "talk.mp4", seconds=3, sound="speechlike")
    result = await media.voice(clip, tmp_path / "out.wav", window=SEEDANCE)
    assert 2 <= result.seconds <= 3.1


async def test_a_single_word_keeps_the_silence_that_the_window_needs(
    media: MediaWorker, tmp_path: Path
) -> None:
    note = make_voice_note(
        tmp_path / "word.wav", seconds=0.6, container="wav", silence_before=1, silence_after=2
    )
    result = await media.voice(note, tmp_path / "out.wav", window=SEEDANCE)
    assert 2.0 <= result.seconds < 2.2


async def test_a_recording_shorter_than_the_window_is_refused_with_both_lengths(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    note = made(make_voice_note, "short.ogg", seconds=1.2)
    with pytest.raises(MediaRefused) as caught:
        await media.voice(note, tmp_path / "out.wav", window=SEEDANCE)
    assert caught.value.code == "too_short"
    assert caught.value.facts["seconds"] == pytest.approx(1.2, abs=0.1)
    assert caught.value.facts["least"] == 2
    assert not (tmp_path / "out.wav").exists()


async def test_what_is_too_large_as_wav_is_sent_as_mp3(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    note = made(make_voice_note, "long.ogg", seconds=8)
    window = AudioWindow(formats=("wav", "mp3"), min_seconds=2, max_seconds=6, max_bytes=160_000)
    result = await media.voice(note, tmp_path / "out", window=window)
    assert result.size_bytes <= 160_000
    assert (result.mime == "audio/mpeg") or result.seconds < 6


async def test_a_window_no_format_meets_is_refused(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    note = made(make_voice_note, "long.ogg", seconds=8)
    window = AudioWindow(formats=("wav", "mp3"), min_seconds=2, max_seconds=6, max_bytes=2000)
    with pytest.raises(MediaRefused) as caught:
        await media.voice(note, tmp_path / "out", window=window)
    assert caught.value.code == "too_many_bytes"


@pytest.mark.parametrize(
    ("maker", "name", "how", "code"),
    [
        (make_clip, "none.mp4", {"seconds": 3, "sound": "none"}, "no_audio"),
        (make_clip, "silent.mp4", {"seconds": 3, "sound": "silent"}, "silent"),
        (make_image, "a.png", {"width": 64, "height": 64}, "no_audio"),
    ],
)
async def test_what_cannot_be_heard_is_no_reference(
    media: MediaWorker, made: Made, tmp_path: Path, maker: Any, name: str, how: dict[str, Any], code: str
) -> None:
    with pytest.raises(MediaRefused) as caught:
        await media.voice(made(maker, f"voice-{name}", **how), tmp_path / "out.wav", window=SEEDANCE)
    assert caught.value.code == code


@needs_ffmpeg
async def test_a_very_loud_recording_comes_out_without_clipping(media: MediaWorker, tmp_path: Path) -> None:
    note = make_voice_note(tmp_path / "shout.wav", seconds=3, container="wav", level_db=20)
    await media.voice(note, tmp_path / "out.wav", window=SEEDANCE)
    lufs, peak = loudness(tmp_path / "out.wav")
    assert lufs == pytest.approx(-18, abs=1)
    assert peak <= -0.5
    assert decodes_cleanly(tmp_path / "out.wav")


@pytest.mark.parametrize(
    ("tone", "steady"),
    [(440.0, True), (0.0, False)],
)
async def test_one_tone_from_end_to_end_is_nobody_who_speaks(
    media: MediaWorker, tmp_path: Path, tone: float, steady: bool
) -> None:
    source = tmp_path / "note.ogg"
    if tone:
        with av.open(str(source), "w", format="ogg") as out:
            stream = clips.audio_stream(out, "libopus", "mono")
            clips.encode_sound(out, stream, clips.tone(3.0, hz=tone))
    else:
        make_voice_note(source, seconds=3)
    found = await media.voice(source, tmp_path / "out", window=AudioWindow())
    assert (found.steady, found.clipped_share) == (steady, 0.0)


async def test_a_card_is_a_plain_grey_picture(media: MediaWorker, tmp_path: Path) -> None:
    info = await media.card(tmp_path / "card.png")
    assert (info.kind, info.container, info.width, info.height) == ("image", "png", 1280, 720)
    pixels = np.asarray(Image.open(tmp_path / "card.png"), np.int16)
    assert int(np.ptp(pixels, axis=2).max()) == 0, "no colour"
    assert 100 < pixels.min() and pixels.max() < 160, "nothing on it"
    assert int(np.abs(np.diff(pixels[:, :, 0], axis=1)).max()) <= 1, "no edges"


async def test_a_poster_is_a_small_jpeg_of_the_clip(media: MediaWorker, made: Made, tmp_path: Path) -> None:
    clip = made(make_clip, "wide.mp4", seconds=2, content="noise", width=1280, height=720)
    size = await media.poster(clip, tmp_path / "poster.jpg", width=640)
    assert size == (640, 360)
    with Image.open(tmp_path / "poster.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (640, 360))
    assert (tmp_path / "poster.jpg").stat().st_size <= 200_000


async def test_a_thumbnail_fits_telegrams_square_also_upright(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    clip = made(make_clip, "tall.mp4", seconds=2, width=720, height=1280)
    assert await media.thumbnail(clip, tmp_path / "thumb.jpg") == (180, 320)


async def test_the_poster_of_a_clip_that_begins_black_is_not_black(
    media: MediaWorker, tmp_path: Path
) -> None:
    with av.open(str(tmp_path / "fade.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(96):
            pixels = np.zeros((90, 160, 3), np.uint8)
            if number > 60:
                pixels[:, ::2] = 255
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    await media.poster(tmp_path / "fade.mp4", tmp_path / "poster.jpg", width=160)
    with Image.open(tmp_path / "poster.jpg") as picture:
        levels = np.asarray(picture.convert("L"), np.int64)
    assert levels.max() - levels.min() > 100


async def test_a_photo_is_turned_upright_and_forgets_where_it_was_taken(
    media: MediaWorker, tmp_path: Path
) -> None:
    photo = make_image(tmp_path / "photo.jpg", width=400, height=300, orientation=6)
    info = await media.image(photo, tmp_path / "out.jpg", max_side=200)
    assert (info.mime, info.width, info.height) == ("image/jpeg", 150, 200)
    assert b"a camera that should not be named" not in (tmp_path / "out.jpg").read_bytes()
    with Image.open(tmp_path / "out.jpg") as picture:
        assert not picture.getexif()
        left, right = picture.getpixel((20, 100)), picture.getpixel((130, 100))
    assert isinstance(left, tuple) and isinstance(right, tuple)
    assert left[2] > 150 > left[0] and right[0] > 150 > right[2]  # red was above, now it is to the right


async def test_a_picture_is_given_in_a_format_the_model_takes(media: MediaWorker, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "a.webp", width=100, height=60)
    assert (
        await media.image(picture, tmp_path / "o", max_side=0, formats=("png", "jpeg"))
    ).mime == "image/png"
    assert (await media.image(picture, tmp_path / "o", max_side=0, formats=("webp",))).mime == "image/webp"


@pytest.mark.parametrize("damage", ["cut", "header"])
async def test_a_broken_picture_is_damaged(media: MediaWorker, tmp_path: Path, damage: str) -> None:
    data = make_image(tmp_path / "a.png", width=200, height=200).read_bytes()
    broken = data[:-60] if damage == "cut" else data[:40] + b"\0" * (len(data) - 40)
    (tmp_path / "a.png").write_bytes(broken)
    with pytest.raises(MediaRefused) as caught:
        await media.image(tmp_path / "a.png", tmp_path / "out.png", max_side=100)
    assert caught.value.code == "damaged"


async def test_a_picture_bomb_and_a_song_are_no_pictures(
    media: MediaWorker, made: Made, tmp_path: Path
) -> None:
    cases = (
        (made(make_image_bomb, "bomb.png"), "too_large_dimensions"),
        (made(make_voice_note, "short.ogg", seconds=1.2), "wrong_kind"),
    )
    for path, code in cases:
        with pytest.raises(MediaRefused) as caught:
            await media.image(path, tmp_path / "out.png", max_side=100)
        assert caught.value.code == code


async def test_the_process_that_opens_files_is_not_the_bots(media: MediaWorker, made: Made) -> None:
    await media.inspect(made(make_clip, "talk.mp4", seconds=3, sound="speechlike"))
    assert media.warm
    await media.close()
    assert not media.warm
