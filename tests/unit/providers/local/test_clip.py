"""A finished clip, made by the worker's own function and read back: format, lengths, sound, words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from providers.local import job, mix
from providers.local.noise import RATE
from providers.local.picture import Picture
from providers.local.recording import load_recording
from providers.local.render import write_clip
from providers.local.script import read_script
from providers.local.timeline import lay_out, picture_size
from providers.local.titles import caption, caption_text, subtitle
from providers.local.voice import voice_available

needs_voice = pytest.mark.skipif(voice_available() is not None, reason=str(voice_available()))
SIZE = picture_size("16:9", "480p")


class Reports(list[float]):
    """Collects what the render tells."""

    def __call__(self, facts: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        self.append(float(more["fraction"]))


def make(path: Path, prompt: str, **wish: Any) -> dict[str, str]:
    order = {"prompt": prompt, "seconds": 2, "aspect": "16:9", "resolution": "480p", "sound": True, **wish}
    return job.render(Reports(), order=order, out=str(path))


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]


def write_tone(path: Path, seconds: float, *, gap: tuple[float, float] = (0.0, 0.0)) -> Path:
    t = np.arange(int(seconds * RATE)) / RATE
    tone = 0.4 * np.sin(2 * np.pi * 220 * t) * ~((t >= gap[0]) & (t < gap[1]))
    with av.open(str(path), "w", format="wav") as out:
        stream = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        samples = (tone * 32767).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_a_clip_plays_anywhere_and_picture_and_sound_end_together(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    facts = make(clip, "a woman walks through the city in the rain at night")
    with av.open(str(clip)) as opened:
        video, audio = opened.streams.video[0], opened.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height, float(video.average_rate or 0)) == (854, 480, 24.0)
        assert (audio.codec_context.name, audio.rate, audio.layout.name) == ("aac", 48_000, "stereo")
        assert video.duration is not None and video.time_base is not None
        assert audio.duration is not None and audio.time_base is not None
        lengths = float(video.duration * video.time_base), float(audio.duration * audio.time_base)
    assert lengths[0] == pytest.approx(2.0, abs=0.01)
    assert abs(lengths[0] - lengths[1]) <= 0.1
    start = clip.read_bytes()
    assert 0 < start.find(b"moov") < start.find(b"mdat")
    assert facts["renderer"].startswith("Animatic")
    assert facts["scene"] == "city, night, rain"
    assert "voice" not in facts


def test_the_file_as_heard_lies_in_the_loudness_window(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make(clip, "waves on the beach, happy music", seconds=4)
    sound = load_recording(clip, 60)
    assert mix.loudness(sound) == pytest.approx(-16.0, abs=1.0)
    assert 20 * np.log10(mix.true_peak(sound)) <= -1.0


def test_without_sound_there_is_no_track_and_nobody_needs_a_voice(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    facts = make(clip, 'A man says "This stays silent."', sound=False)
    with av.open(str(clip)) as opened:
        assert not opened.streams.audio
    assert "voice" not in facts


def test_the_same_order_makes_the_same_bytes_and_another_seed_another_clip(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        make(tmp_path / name, "a forest at dusk", seed=seed)
    first, second, third = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second
    assert first != third


@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
@pytest.mark.parametrize("prompt", ["city night rain", "forest day snow", "sea dusk", "xyz @0.2s bell"])
def test_every_place_is_drawn_in_every_shape(aspect: str, prompt: str) -> None:
    timeline = lay_out(
        read_script(f'a man walks, {prompt}. "Hi."'),
        seconds=5,
        size=picture_size(aspect, "480p"),
        line_seconds=(1.0,),
    )
    picture = Picture(timeline, np.tile([0.5, 0.5, 0.0], (timeline.frames, 1)), caption="x")
    for number in (0, timeline.frames // 2, timeline.frames - 1):
        frame = picture.frame(number)
        assert frame.size == (timeline.size.width, timeline.size.height)
        assert np.asarray(frame).std() > 12


def test_three_places_never_share_a_picture() -> None:
    sheets = []
    for place in ("city", "forest", "sea", "xyz"):
        timeline = lay_out(read_script(f"{place} by day", seed=3), seconds=2, size=SIZE, line_seconds=())
        still = Picture(timeline, np.zeros((48, 3)), caption="x").frame(10)
        sheets.append(np.asarray(still.resize((64, 36))).astype(float))
    for i in range(4):
        for k in range(i):
            assert np.abs(sheets[i] - sheets[k]).mean() > 8


def test_a_frame_depends_on_nothing_but_its_number() -> None:
    timeline = lay_out(
        read_script("a woman walks by the sea at night in the rain"), seconds=3, size=SIZE, line_seconds=()
    )
    picture = Picture(timeline, np.zeros((72, 3)), caption="x")
    before = picture.frame(30).tobytes()
    picture.frame(71)
    picture.frame(0)
    assert picture.frame(30).tobytes() == before


def test_the_caption_says_what_the_clip_is_and_names_the_voice_only_when_it_speaks() -> None:
    assert caption_text(None) == "ANIMATIC · drawn by code"
    assert caption_text("Kokoro-82M") == "ANIMATIC · drawn by code · voice: Kokoro-82M (synthetic)"
    assert caption(SIZE, caption_text("Kokoro-82M")).width < SIZE.width


def test_the_caption_is_on_the_first_and_the_last_picture(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make(clip, "sea by day")
    label = caption(SIZE, caption_text(None)).convert("L")
    ink = np.asarray(label) > 200
    for frame in (frames_of(clip)[0], frames_of(clip)[-1]):
        corner = frame[9 : 9 + label.height, 11 : 11 + label.width].mean(axis=2)
        assert corner[ink].mean() > corner[~ink].mean() + 50


def test_lines_are_shown_as_words_while_they_are_said() -> None:
    script = read_script('A woman says: "Look at the sea."')
    timeline = lay_out(script, seconds=4, size=SIZE, line_seconds=(1.0,))
    (spoken,) = timeline.spoken
    picture = Picture(timeline, np.zeros((96, 3)), caption="x")
    words = subtitle(SIZE, "Look at the sea.")
    box = (
        slice(480 - 24 - words.height, 480 - 24),
        slice((854 - words.width) // 2, (854 + words.width) // 2),
    )
    during = np.asarray(picture.frame(int(((spoken.start + spoken.end) / 2) * 24)))[box].max()
    after = np.asarray(picture.frame(95))[box]
    assert during >= 250
    assert (after.min(axis=2) > 245).mean() < 0.01


def test_a_picture_given_becomes_the_place_and_moves(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    pixels = np.zeros((400, 600, 3), np.uint8)
    pixels[:, :300] = (220, 40, 40)
    pixels[:, 300:] = (40, 60, 220)
    Image.fromarray(pixels).save(photo)
    clip = tmp_path / "clip.mp4"
    make(clip, "soft music", photo=str(photo), seconds=3)
    frames = frames_of(clip)
    assert frames[0][300, 100].argmax() == 0
    assert frames[0][300, 750].argmax() == 2
    assert np.abs(frames[0].astype(int) - frames[-1].astype(int)).mean() > 0.5


def test_a_file_that_is_no_picture_is_refused_in_one_sentence(tmp_path: Path) -> None:
    fake = tmp_path / "photo.png"
    fake.write_bytes(b"not a picture")
    with pytest.raises(ValueError, match="cannot be read"):
        make(tmp_path / "clip.mp4", "sea", photo=str(fake))


def test_a_recording_is_heard_and_moves_the_mouth(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "voice.wav", 3.0, gap=(1.0, 2.0))
    clip = tmp_path / "clip.mp4"
    facts = make(clip, 'a woman in a forest, no music. "Not these words."', voice=str(tone), seconds=3)
    assert facts["voice"] == "your recording"
    sound = load_recording(clip, 10)[0]
    assert np.std(sound[:RATE]) > 3 * np.std(sound[int(1.2 * RATE) : int(1.9 * RATE)])
    frames = [frame[225:330, 280:460].astype(int) for frame in frames_of(clip)]
    talking, resting = np.abs(frames[12] - frames[36]).mean(), np.abs(frames[30] - frames[36]).mean()
    assert talking > 1.5 * resting


def test_a_soundtrack_is_laid_under(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "song.wav", 1.0)
    clip = tmp_path / "clip.mp4"
    make(clip, "forest by day", soundtrack=str(tone), seconds=2)
    sound = load_recording(clip, 10)[0]

    def share_of_tone(part: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(part)) ** 2
        near = np.abs(np.fft.rfftfreq(len(part), 1 / RATE) - 220) < 6
        return float(spectrum[near].sum() / spectrum.sum())

    assert share_of_tone(sound[int(0.2 * RATE) : int(0.8 * RATE)]) > 0.3
    assert share_of_tone(sound[int(1.2 * RATE) : int(1.8 * RATE)]) < 0.1


def test_an_empty_sound_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"")
    with pytest.raises(ValueError, match="audio file"):
        load_recording(tmp_path / "x.wav", 3)


def test_progress_is_exact_and_ends_at_one(tmp_path: Path) -> None:
    done: list[int] = []
    still = Image.new("RGB", (854, 480), (40, 80, 120))
    write_clip(
        tmp_path / "clip.mp4", size=SIZE, frames=24, draw=lambda number: still,
        vignette=np.full((480, 854), 256, np.uint16), sound=None, on_frame=done.append, title="x",
    )  # fmt: skip
    assert done == list(range(1, 25))
    reports = Reports()
    order = {"prompt": "sea", "seconds": 2, "aspect": "1:1", "resolution": "480p", "sound": False}
    job.render(reports, order=order, out=str(tmp_path / "b.mp4"))
    assert reports == sorted(reports)
    assert reports[-1] == 1.0
    assert reports[0] == pytest.approx(4 / 48)


@needs_voice
def test_a_quoted_line_is_spoken_named_and_fits(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    facts = make(clip, 'A man says: "Good morning to all of you."', seconds=4)
    assert facts["voice"] == "Kokoro-82M (synthetic)"
    assert facts["lines"] == "1"
    with av.open(str(clip)) as opened:
        assert "synthetic" in opened.metadata["title"]


@needs_voice
def test_too_many_words_are_refused_and_not_cut(tmp_path: Path) -> None:
    with pytest.raises(job.TooManyWords, match="the clip has 2 s"):
        make(tmp_path / "clip.mp4", 'He says: "' + "many words follow each other here " * 4 + '"')
