"""Whether lips and blows are in step: right within 60 ms, or unsure; never sure and wrong."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.core.quality import UNSURE, Offset
from bot.media import listening
from bot.media.limits import InputLimits
from bot.media.motion import Pictures, small_pictures
from bot.media.offsets import impact_offset, lip_offset
from bot.media.reader import opened
from bot.media.sound import read_sound
from providers.local import job
from providers.local.recording import write_wav
from providers.local.script import read_script
from providers.local.timeline import FPS
from providers.local.track import Parts, track_of
from tests.fakes import synced
from tests.sheets import picture_of

MOST_MS = 60
OFFSETS = (-300, -200, -100, -40, 0, 40, 100, 200, 300)
NOISES: tuple[synced.Noise, ...] = ("clean", "rain", "music")
SAID = (True,) * 600
SOME = {1: (-300, 100), 4: (200,)}
STRUCK = (
    "a barn at noon. @0.71s door slam, @1.88s thud, @2.93s door slam, @4.66s crash",
    "a jazz club. @0.62s drum, @1.47s drum, @2.31s drum, @3.74s drum, @4.9s drum",
    "un muelle de noche. @1.07s explosión, @1.96s cristales rotos, @3.58s explosión, @4.77s chapoteo",
    "a canyon at dusk. @0.83s gunshot, @2.16s gunshot, @2.99s gunshot, @4.41s explosion",
    "ein Dorf im Schnee. @0.94s Knall, @1.73s Knall, @3.27s Donner, @4.52s Knall",
    "a quiet harbour. @0.77s splash, @2.38s splash, @3.19s splash, @4.83s splash",
    "夜の森。@1.02s 落ちる音、@2.51s 雷、@3.44s 落ちる音、@4.95s 雷",
    "a stone hall. @0.68s footstep, @1.39s footstep, @2.57s footstep, @3.31s footstep, @4.72s thud",
    "une cuisine le matin. @0.88s coup, @1.79s verre brisé, @3.36s chute, @4.28s coup",
)


talker = lru_cache(maxsize=2)(synced.talker)
struck = lru_cache(maxsize=2)(synced.blows)


def right(answers: Iterable[tuple[int, Offset]]) -> tuple[int, int]:
    """How many there are and how many are answered; fails on one that is sure and wrong."""
    asked = answered = 0
    for truth, offset in answers:
        asked += 1
        if offset.sure:
            answered += 1
            assert offset.ms is not None and abs(offset.ms - truth) <= MOST_MS, f"{offset} for {truth}"
    return asked, answered


def lips(made: synced.Made, noise: synced.Noise, offset: int, seed: int) -> Offset:
    heard = synced.over(synced.moved(made.sound, offset), noise, seed=seed)
    return lip_offset(synced.small(made), synced.at_16_khz(heard), spoken=SAID)


def blows(made: synced.Made, noise: synced.Noise, offset: int, seed: int) -> Offset:
    heard = synced.over(synced.moved(made.sound, offset), noise, seed=seed)
    return impact_offset(synced.small(made), synced.at_16_khz(heard))


@pytest.mark.parametrize("noise", NOISES)
def test_the_voice_is_found_late_or_early_by_what_it_is(noise: synced.Noise, whole: bool) -> None:
    found: list[tuple[int, Offset]] = []
    for seed, offsets in {seed: OFFSETS for seed in range(10)}.items() if whole else SOME.items():
        made = talker(seed=seed)
        found += [(offset, lips(made, noise, offset, seed)) for offset in offsets]
    asked, answered = right(found)
    assert answered >= asked * (0.8 if noise == "clean" else 0.5)


@pytest.mark.parametrize("noise", NOISES)
def test_blows_are_found_late_or_early_by_what_they_are(noise: synced.Noise, whole: bool) -> None:
    kinds: tuple[synced.Blow, ...] = ("ball", "hammer", "clap", "lamp") if whole else ("ball", "lamp")
    found: list[tuple[int, Offset]] = []
    for kind, seed in product(kinds, range(5) if whole else (1,)):
        made = struck(seed=seed, kind=kind)
        offsets = OFFSETS if whole else (-200, 100)
        found += [(offset, blows(made, noise, offset, seed)) for offset in offsets]
    asked, answered = right(found)
    assert answered >= asked * (0.8 if noise == "clean" else 0.5)


@pytest.mark.parametrize("noise", NOISES)
def test_blows_of_the_renderer_are_found_too(noise: synced.Noise, whole: bool) -> None:
    found: list[tuple[int, Offset]] = []
    for seed, prompt in enumerate(STRUCK if whole else STRUCK[:3], start=7):
        pictures, sound = played(prompt, seed=seed)
        for offset in OFFSETS if whole else (-300, 40):
            heard = synced.at_16_khz(synced.over(synced.moved(sound, offset), noise, seed=seed))
            found.append((offset, impact_offset(pictures, heard)))
    asked, answered = right(found)
    assert answered >= asked * (0.8 if noise == "clean" else 0.5)


def test_blows_of_the_renderer_go_with_no_other_sound(whole: bool) -> None:
    """Another clip's blows, nothing but music, and clips in which nothing strikes."""
    clips = [
        played(prompt, seed=seed) for seed, prompt in enumerate(STRUCK if whole else STRUCK[:3], start=7)
    ]
    sounds = [sound for _, sound in clips]
    hush = np.random.default_rng(1).standard_normal(len(sounds[0])).astype(np.float32) * np.float32(1e-4)
    sounds.append(synced.over(hush, "music", seed=1, below_db=-60))
    for number, (pictures, _) in enumerate(clips):
        for other, sound in enumerate(sounds):
            assert number == other or impact_offset(pictures, synced.at_16_khz(sound)) == UNSURE
    for prompt in ("a city by day with cars", "a stage, cheerful jazz music")[: 2 if whole else 1]:
        pictures, sound = played(prompt, seed=3)
        for heard in (sound, *sounds):
            assert impact_offset(pictures, synced.at_16_khz(heard)) == UNSURE


@pytest.mark.whole
def test_the_renderers_clips_are_measured_when_they_are_files(tmp_path: Path) -> None:
    """Lips that follow a recording, and explosions: no voice has to be installed for either."""
    voice = synced.talker(seed=5).sound
    write_wav(tmp_path / "voice.wav", np.stack([voice, voice]))
    spoken = rendered(tmp_path / "lips.mp4", "a woman in a room", voice=str(tmp_path / "voice.wav"))
    struck = rendered(tmp_path / "blows.mp4", "a city by day @0.9s explosion @2.2s explosion @3.6s explosion")
    found: list[tuple[int, Offset]] = []
    for offset in (-300, 40):
        heard = synced.at_16_khz(synced.moved(spoken[1], offset))
        found.append((offset, lip_offset(spoken[0], heard, spoken=SAID)))
        heard = synced.at_16_khz(synced.moved(struck[1], offset))
        found.append((offset, impact_offset(struck[0], heard)))
    assert right(found) == (4, 4)


@lru_cache(maxsize=16)
def played(prompt: str, *, seed: int) -> tuple[Pictures, synced.Samples]:
    """A clip of the built-in renderer before it is encoded: small frames, and the whole sound."""
    picture = picture_of(read_script(prompt, seed=seed), seconds=6, width=320, height=180)
    frames = (picture.frame(number) for number in range(picture.timeline.frames))
    grey = [np.asarray(frame.convert("L").resize((160, 90), Image.Resampling.BOX)) for frame in frames]
    pictures = Pictures(times=np.arange(len(grey)) / FPS, grey=np.array(grey))
    return pictures, np.asarray(track_of(picture.timeline, Parts()).mean(axis=0), np.float32)


def rendered(path: Path, prompt: str, *, voice: str = "") -> tuple[Pictures, synced.Samples]:
    """A clip of the built-in renderer, as the estimators take it."""
    order = {"prompt": prompt, "seconds": 5, "aspect": "16:9", "resolution": "480p", "sound": True}
    job.render(lambda facts=None, /, **more: None, order=order | {"voice": voice, "seed": 3}, out=str(path))
    limits = InputLimits()
    with opened(path, limits) as source:
        pictures = small_pictures(source, limits, max_seconds=20.0)
    with opened(path, limits) as source:
        return pictures, read_sound(source, rate_hz=synced.RATE_HZ, channels=1).samples[0]


def test_a_voice_without_a_mouth_is_unsure(whole: bool) -> None:
    for seed in range(12 if whole else 2):
        made = synced.scenery(seed=seed)
        assert lip_offset(synced.small(made), synced.at_16_khz(made.sound), spoken=SAID) == UNSURE


def test_too_little_to_go_by_is_unsure() -> None:
    made = synced.talker(seed=1, seconds=1.2)
    assert lip_offset(synced.small(made), synced.at_16_khz(made.sound), spoken=SAID) == UNSURE
    still = synced.talker(seed=1, seconds=4.0)
    frozen = synced.Made(pictures=still.pictures[:1] * len(still.pictures), fps=still.fps, sound=still.sound)
    assert lip_offset(synced.small(frozen), synced.at_16_khz(frozen.sound), spoken=SAID) == UNSURE
    silent = synced.at_16_khz(np.zeros_like(still.sound))
    assert lip_offset(synced.small(still), silent, spoken=SAID) == UNSURE
    assert impact_offset(synced.small(still), silent) == UNSURE


def test_shots_in_which_nobody_speaks_are_left_out() -> None:
    made = synced.talker(seed=2, seconds=4.0)
    heard = synced.at_16_khz(made.sound)
    assert lip_offset(synced.small(made), heard, spoken=SAID).sure
    assert lip_offset(synced.small(made), heard, spoken=(False,) * 600) == UNSURE


def test_a_made_up_voice_is_heard_as_speech_and_rain_is_not() -> None:
    made = synced.talker(seed=3, seconds=3.0)
    spoken = listening.spoken(synced.at_16_khz(made.sound))
    if spoken is None:
        pytest.skip("needs the extra quality")
    assert sum(spoken) > 0.5 * len(spoken)
    rain = synced.over(np.zeros_like(made.sound), "rain", seed=1)
    quiet = listening.spoken(synced.at_16_khz(rain + np.float32(0.001)))
    assert quiet is not None and not any(quiet)
