"""What is read under Details of a clip's sound: numbers, faults, and plainly what is not known."""

from __future__ import annotations

from bot.core.quality import UNSURE, Offset, Quality, faults
from bot.core.readings import readings
from bot.core.wording import Wording

WHOLE = Quality(
    loudness_lufs=-16.04,
    loudness_range_lu=3.2,
    true_peak_dbtp=-1.2,
    silent_share=0.0,
    clipped_share=0.0,
    bandwidth_hz=18_047,
    hum_hz=0,
    hum_db=0,
    speech_share=0.43,
    clarity=2.63,
    words_asked=10,
    words_heard=9,
    lip=Offset(ms=-40, sure=True),
    impact=Offset(ms=10, sure=True),
)


def read(wording: Wording, quality: Quality, *, line_asked: bool = True, sung: bool = False) -> list[str]:
    found = faults(quality, line_asked=line_asked, sung=sung)
    return [wording.say(text, "en").replace("\u00a0", " ") for text in readings(quality, found)]


def test_everything_that_was_measured_is_told(wording: Wording) -> None:
    assert read(wording, WHOLE) == [
        "Measured: up to 18.0 kHz, loudness range 3.2 LU, hum: none",
        "Speech: 43 % of the time, clarity 2.6 of 5",
        "Words heard of those asked for: 9 of 10",
        "Voice against lips: 40 ms early",
        "Blows and bangs against the picture: in step",
    ]


def test_what_is_not_known_says_so(wording: Wording) -> None:
    bare = Quality(
        loudness_lufs=-20.0, loudness_range_lu=1.0, bandwidth_hz=12_000, words_asked=4, impact=UNSURE
    )
    assert read(wording, bare) == [
        "Measured: up to 12.0 kHz, loudness range 1.0 LU, hum: not measured",
        "Speech: not measured",
        "Words heard of those asked for: not measured",
        "Voice against lips: not measured",
        "Blows and bangs against the picture: unsure",
    ]
    assert read(wording, Quality()) == []


def test_faults_come_first_and_new_sound_is_offered_not_bought(wording: Wording) -> None:
    bad = Quality(
        loudness_lufs=-9.0,
        loudness_range_lu=1.0,
        clipped_share=0.031,
        hum_hz=50,
        hum_db=20.0,
        speech_share=0.0,
        words_asked=3,
        words_heard=0,
        bandwidth_hz=9_000,
    )
    assert read(wording, bad)[:4] == [
        "A line was asked for, but nobody is heard speaking.",
        "A hum of the mains (50 Hz) is heard all along.",
        "The sound is overdriven: 3.10 % of it is cut off at full scale.",
        "New sound, under the clip, makes its sound anew; nothing is bought by itself.",
    ]
    assert "Words heard of those asked for: 0 of 3" in read(wording, bad)


def test_songs_quiet_ambience_and_the_unmeasured_are_no_faults() -> None:
    quiet = Quality(loudness_lufs=-48.0, silent_share=0.4, clipped_share=0.0, hum_hz=0, speech_share=0.0)
    assert faults(quiet, line_asked=False) == ()
    assert faults(quiet, line_asked=True) == ("no_speech",)
    assert faults(quiet, line_asked=True, sung=True) == ()
    assert faults(Quality(), line_asked=True) == ()
    understood = Quality(speech_share=0.0, words_asked=3, words_heard=2)  # a whisper the detector misses
    assert faults(understood, line_asked=True) == ()
    touched = Quality(clipped_share=0.0001, hum_hz=0)  # a loud master touches full scale now and then
    assert faults(touched, line_asked=False) == ()
