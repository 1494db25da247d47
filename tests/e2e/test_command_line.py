"""The command line in the hands of strangers: a wrong turn ends in one plain sentence and costs nothing."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.talkreel import Said, Talkreel
from tests.fakes.clips import make_clip
from tests.fakes.vendor import FakeVendor

CHARGED_NOTHING = ("Nothing was charged.", "You were not charged.")
SCRIPTED = ("--model", "scripted-native", "--seconds", "4")


@pytest.fixture
def talkreel(tmp_path: Path) -> Talkreel:
    """The command line with an empty data folder."""
    return Talkreel(tmp_path)


def refused(talkreel: Talkreel, *words: str, sentence: str) -> None:
    """One sentence, that it cost nothing, and nothing else in the world."""
    said = talkreel.generate(*words)
    assert said.status == 1, said
    assert said.out == []
    assert len(said.err) == 2, said.err
    assert re.fullmatch(sentence, said.err[0]), said.err[0]
    assert said.err[1] in CHARGED_NOTHING
    assert not (talkreel.folder / "clip.mp4").exists()
    talkreel.judge(transfers=0)


# ---------------------------------------------------------------------------------------------
# Words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([""], r"The prompt is empty; say in a few words what the clip shall show\."),
        ([" \t "], r"The prompt is empty; say in a few words what the clip shall show\."),
        (["a" * 5000], r"prompt has 5,000 characters; at most 4,000 are allowed\."),
        (["a cat", "--seconds", "banana"], r"seconds takes a whole number such as 8, not “banana”\."),
        (["a cat", "--seconds", "999"], r"seconds cannot be 999 on Animatic; it can be 2–15\."),
        (["a cat", "--seconds", "-3"], r"seconds .*-3.*\."),
        (["a cat", "--model", "animatik"], r"There is no model “animatik”; try animatic.*\."),
        (
            ["a cat", "--model", "sora-2"],
            r"Sora 2 was retired by its maker on 2026-09-24; nearest to it: .+\.",
        ),
        (["a cat", "--aspect", "3:7"], r"aspect cannot be 3:7 on Animatic; it can be 16:9, 9:16 or 1:1\."),
        (["a cat", "--sound", "maybe"], r"sound is on or off, not “maybe”\."),
        (
            ["a cat", "--audio-as", "singing"],
            r"audio_as can be reference, voice, dialogue or soundtrack, not “singing”\.",
        ),
    ],
    ids=lambda value: " ".join(value)[:24] if isinstance(value, list) else "",
)
def test_a_wish_that_cannot_be_met_is_refused_with_what_is_possible(
    talkreel: Talkreel, words: list[str], sentence: str
) -> None:
    refused(talkreel, *words, sentence=sentence)


@pytest.mark.parametrize("prompt", ["🐈🌧️🎷", "قطة تمشي تحت المطر في الليل", "חתול הולך בגשם"])
def test_emoji_and_right_to_left_words_make_a_clip(talkreel: Talkreel, prompt: str) -> None:
    said = talkreel.generate(prompt, "--seconds", "2", "--resolution", "480p")
    assert said.status == 0, said
    assert (talkreel.folder / "clip.mp4").stat().st_size > 10_000
    talkreel.judge(transfers=2)


def test_a_spoken_line_without_the_voice_packages_names_the_extra(talkreel: Talkreel, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "from importlib import util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, package=None: (\n"
        "    None if name.startswith('kokoro') else find(name, package)\n"
        ")\n"
    )
    talkreel.settings["PYTHONPATH"] = f"{hidden}:{Path(__file__).parents[2]}"
    refused(talkreel, 'She says: "Hello there."', sentence=r".*pip install '\.\[voice\]'.*")
    doctor = talkreel.run("doctor")
    assert doctor.status == 0, "the bot works without a voice"
    assert any(line.startswith("missing  voice: ") for line in doctor.out)


# ---------------------------------------------------------------------------------------------
# Files


def test_files_that_cannot_be_used_are_judged_by_their_bytes(talkreel: Talkreel) -> None:
    here = talkreel.folder
    (here / "empty.mp3").touch()
    Image.new("RGB", (64, 64), "red").save(here / "picture.mp3", "PNG")
    Image.new("1", (8192, 8192)).save(here / "bomb.png")
    with (here / "huge.mp4").open("wb") as file:
        file.truncate(300_000_000)
    (here / "folder").mkdir()
    for option, name, sentence in (
        ("--audio", "empty.mp3", r"“empty\.mp3”: The file is empty; send one with something in it\."),
        (
            "--audio",
            "picture.mp3",
            r"“picture\.mp3”: This is a picture, and a recording is needed for audio\.",
        ),
        ("--image", "bomb.png", r"“bomb\.png”: The picture is 8192×8192, which is too large; at most .*\."),
        ("--video", "huge.mp4", r"“huge\.mp4”: The file is 300 MB, which is too large; at most 100 MB .*\."),
        ("--audio", "nothing.mp3", r"“nothing\.mp3”: There is no such file, or it cannot be read\."),
        ("--audio", "folder", r"“folder”: There is no such file, or it cannot be read\."),
    ):
        refused(talkreel, "a cat", option, name, sentence=sentence)


def test_a_recording_of_four_hours_is_refused_by_its_length(talkreel: Talkreel) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("making a recording of four hours takes an ffmpeg on this machine")
    source = ["-f", "lavfi", "-i", "anullsrc=sample_rate=8000:channel_layout=mono", "-t", "14400"]
    into = str(talkreel.folder / "long.ogg")
    subprocess.run(["ffmpeg", "-v", "error", *source, "-c:a", "flac", into], check=True)
    refused(
        talkreel,
        "a cat",
        "--audio",
        "long.ogg",
        sentence=r"“long\.ogg”: The recording is 4 h long, which is too long; at most 30 min are allowed\.",
    )


def test_a_place_where_no_clip_can_be_written_is_refused_before_one_is_made(talkreel: Talkreel) -> None:
    (talkreel.folder / "folder").mkdir()
    for out, sentence in (
        ("folder", r"folder is a folder; give --out the name of a file, such as folder/clip\.mp4\."),
        ("/proc/talkreel/clip.mp4", r"/proc/talkreel/clip\.mp4 cannot be written: .*; choose another .*\."),
        ("clip.webm", r"Clips are MP4 files, so --out has to end in \.mp4 and not in \.webm\."),
    ):
        said = talkreel.run("generate", "a cat", "--out", out)
        assert said.status == 1
        assert len(said.err) == 2, said.err
        assert re.fullmatch(sentence, said.err[0]), said.err[0]
        assert said.err[1] == "Nothing was charged."
    assert list((talkreel.folder / "folder").iterdir()) == []


# ---------------------------------------------------------------------------------------------
# Limits


def test_the_free_clips_of_a_day_end_and_renew(talkreel: Talkreel) -> None:
    talkreel.settings["TALKREEL_FREE_CLIPS_PER_DAY"] = "1"
    first = talkreel.generate("a cat", "--seconds", "2", "--resolution", "480p")
    assert first.status == 0, first
    assert re.fullmatch(r"Built-in renderer: 0 of 1 free clip left; they renew in .+\.", first.out[-1])
    second = talkreel.generate("a cat", "--seconds", "2")
    assert second.status == 1
    assert re.fullmatch(r"Your free clips are used up; they renew in .+\.", second.err[0]), second.err
    talkreel.judge(transfers=2)


async def test_a_clip_beyond_the_operators_budget_says_when_it_renews(talkreel: Talkreel) -> None:
    async with FakeVendor() as vendor:
        shop = talkreel.sells(vendor.url)
        shop.settings["TALKREEL_BUDGET_USD_DAY"] = "0.10"
        said = await _elsewhere(shop, "generate", "a door slams", *SCRIPTED, "--out", "clip.mp4")
        assert said.status == 1, said
        assert re.fullmatch(r"The operator's budget .*renews in .+\.", said.err[0]), said.err
        assert "$0.30" in said.err[0], "what is missing"
        assert said.err[1:] == ["Nothing was charged."]
        assert not vendor.memory.tasks
    talkreel.judge(transfers=0)


async def test_a_paid_clip_says_its_price_before_and_after(talkreel: Talkreel) -> None:
    async with FakeVendor() as vendor:
        shop = talkreel.sells(vendor.url)
        said = await _elsewhere(shop, "generate", "a door slams", *SCRIPTED, "--out", "clip.mp4")
        assert said.status == 0, said
        assert any(line.startswith("40 credits held") for line in said.err), said.err
        assert said.out[0].startswith("clip.mp4 · ") or "/clip.mp4 · " in said.out[0]
        assert said.out[1] == "It cost 40 credits."
        dear = await _elsewhere(
            shop, "generate", "a door slams", "--model", "scripted-native", "--seconds", "8"
        )
        assert dear.status == 1, "nobody is there to be asked"
        assert "Price: 80 credits" in dear.err
        assert dear.err[-1] == "Not confirmed; nothing was charged. With --yes it runs without asking."
        agreed = await _elsewhere(
            shop, "generate", "a door slams", "--model", "scripted-native", "--seconds", "8", "--yes"
        )
        assert agreed.status == 0, agreed
        assert len(vendor.memory.tasks) == 2
    talkreel.judge()


def test_of_two_commands_at_the_same_moment_one_is_told_that_the_folder_is_in_use(talkreel: Talkreel) -> None:
    talkreel.settings["TALKREEL_FREE_CLIPS_PER_DAY"] = "1"
    words = ("generate", "a cat", "--seconds", "2", "--resolution", "480p", "--out", "clip.mp4")
    both = [talkreel.start(*words), talkreel.start(*words)]
    ended = sorted((talkreel.end(process) for process in both), key=lambda said: said.status)
    assert [said.status for said in ended] == [0, 2], ended
    assert len(ended[1].err) == 1
    assert "is in use by another Talkreel process" in ended[1].err[0]
    talkreel.judge(transfers=2)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with little room."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False)
    if not done or done.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_ends_the_clip_without_a_charge(talkreel: Talkreel, small_disk: Path) -> None:
    talkreel.settings["TALKREEL_DATA_DIR"] = str(small_disk / "data")
    said = talkreel.generate("a cat in heavy rain", "--seconds", "15", "--resolution", "1080p")
    assert said.status == 1, said
    assert "disk is full" in said.err[-2], said.err
    assert said.err[-1] in CHARGED_NOTHING
    talkreel.judge(transfers=2)


def test_a_clip_that_does_not_fit_where_it_should_go_is_kept_and_its_place_named(
    talkreel: Talkreel, small_disk: Path
) -> None:
    (small_disk / "filler").write_bytes(b"x" * 1_000_000)
    out = small_disk / "clip.mp4"
    said = talkreel.run("generate", "a cat in rain", "--seconds", "2", "--out", str(out))
    assert said.status == 1, said
    found = re.fullmatch(
        r"The clip is finished but could not be written to (.+): .+; it lies in (.+)\.", said.err[-2]
    )
    assert found, said.err
    assert Path(found[2]).stat().st_size > 10_000
    assert said.err[-1] == "It took 1 free clip."
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    talkreel.judge(transfers=2)


# ---------------------------------------------------------------------------------------------
# Interruptions


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_clip_costs_nothing_and_leaves_nothing(
    talkreel: Talkreel, number: int, status: int
) -> None:
    process = talkreel.start("generate", "a fox in the rain", "--seconds", "15", "--out", "clip.mp4")
    talkreel.under_way()
    process.send_signal(number)
    said = talkreel.end(process, seconds=30)
    assert said.status == status, said
    assert said.out == []
    assert re.fullmatch(r"Stopped; \w+ was not charged\.", said.err[-1]), said.err
    assert not (talkreel.folder / "clip.mp4").exists()
    talkreel.judge(transfers=2)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux tells what a process has loaded")
def test_ctrl_c_while_everything_is_still_loading_ends_without_a_word_or_a_trace(talkreel: Talkreel) -> None:
    process = talkreel.start("generate", "a fox in the rain", "--seconds", "15", "--out", "clip.mp4")
    modules = Path(f"/proc/{process.pid}/maps")
    began = time.monotonic()
    while "pydantic_core" not in modules.read_text("utf-8"):
        assert time.monotonic() - began < 30
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    said = talkreel.end(process, seconds=30)
    assert said.status == 130, said
    assert not any("Traceback" in line for line in said.err), said.err
    assert not (talkreel.folder / "clip.mp4").exists()


def test_ctrl_c_reaches_the_helpers_too_and_still_ends_in_one_sentence(talkreel: Talkreel) -> None:
    process = talkreel.start("generate", "a fox in the rain", "--seconds", "15", "--out", "clip.mp4")
    talkreel.under_way()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    said = talkreel.end(process, seconds=30)
    assert said.status == 130, said
    assert re.fullmatch(r"Stopped; \w+ was not charged\.", said.err[-1]), said.err
    talkreel.judge(transfers=2)


def test_a_killed_clip_arrives_with_the_next_command_and_replaces_nothing(talkreel: Talkreel) -> None:
    process = talkreel.start("generate", "a fox in the rain", "--seconds", "4", "--out", "clip.mp4")
    talkreel.under_way()
    process.kill()
    process.communicate()
    said = talkreel.generate("a dog by the sea", "--seconds", "2", "--resolution", "480p")
    assert said.status == 0, said
    assert "Going on with 1 clip of an earlier run, too." in said.err
    own, late = (line for line in said.out if " · h264 + aac" in line)
    assert own.startswith("clip.mp4 · 2 s · ")
    assert re.match(r".+/clip-\w+\.mp4 · 4 s · ", late), late
    assert len(list(talkreel.folder.glob("clip*.mp4"))) == 2
    talkreel.judge(transfers=4)


# ---------------------------------------------------------------------------------------------
# A clip as others see it


def test_a_clip_is_what_it_says_to_independent_programs(talkreel: Talkreel) -> None:
    (talkreel.folder / "clip.mp4").write_bytes(b"an older clip")
    said = talkreel.generate("A fox walks through heavy rain", "--seconds", "4")
    assert said.status == 0, said
    assert re.fullmatch(
        r"clip\.mp4 · 4 s · 1280×720 · h264 \+ aac · -1\d\.\d LUFS · [\d.]+ (kB|MB)", said.out[0]
    ), said.out
    assert said.out[1] == "It took 1 free clip."
    assert re.fullmatch(r"Built-in renderer: 19 of 20 free clips left; they renew in .+\.", said.out[2])
    assert len(said.out) == 3
    talkreel.judge(transfers=2)
    if shutil.which("ffprobe") is None or shutil.which("ffmpeg") is None:
        pytest.skip("no ffprobe and ffmpeg on this machine to ask")
    clip = talkreel.folder / "clip.mp4"
    asked = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "stream=codec_name,duration",
        "-of",
        "csv=p=0",
        str(clip),
    ]
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    (video, picture_seconds), (audio, sound_seconds) = (line.split(",")[:2] for line in found)
    assert (video, audio) == ("h264", "aac")
    assert abs(float(picture_seconds) - float(sound_seconds)) <= 0.1
    raw = clip.read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat"), "it starts to play before it is all there"
    meter = ["ffmpeg", "-nostats", "-i", str(clip), "-af", "ebur128", "-f", "null", "-"]
    heard = subprocess.run(meter, check=True, capture_output=True, text=True).stderr
    loudness = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", heard)[-1])
    assert -18.0 <= loudness <= -14.0


def test_what_a_model_takes_can_be_handed_over_as_files(talkreel: Talkreel) -> None:
    Image.new("RGB", (640, 360), "navy").save(talkreel.folder / "photo.png")
    make_clip(talkreel.folder / "talk.mp4", seconds=5.0)
    said = talkreel.generate(
        "a fox", "--seconds", "2", "--resolution", "480p", "--image", "photo.png", "--audio", "talk.mp4"
    )
    assert said.status == 0, said
    assert any(line.startswith("Your 5 s recording → ") for line in said.err), said.err
    talkreel.judge(transfers=2)


async def _elsewhere(talkreel: Talkreel, *words: str) -> Said:
    """Run a command while this loop serves the vendor."""
    return await asyncio.to_thread(talkreel.run, *words)
