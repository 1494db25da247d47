"""Text to phonemes to lips: what is read, when it sounds, how the mouth moves."""

from __future__ import annotations

import numpy as np
import pytest

from providers.local import lips
from providers.local.g2p import Phonemizer, WordFiles
from providers.local.numerals import written_out
from providers.local.timeline import FPS, Spoken
from providers.local.voice import RATE, Phone, Voice, doubled, voice_available

needs_voice = pytest.mark.skipif(voice_available() is not None, reason=str(voice_available()))
WORDS = {
    "cat": "kˈæt",
    "run": "ɹˈʌn",
    "rain": "ɹˈAn",
    "coat": "kˈOt",
    "apple": "ˈæpᵊl",
    "read": {"DEFAULT": "ɹˈid"},
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("in 1984", "in nineteen eighty four"),
        ("at 7:30", "at seven thirty"),
        ("$5.20", "five dollars and twenty cents"),
        ("the 23rd of May", "the twenty third of May"),
        ("1,250 cats", "one thousand two hundred fifty cats"),
        ("3.5 %", "three point five percent"),
        ("Dr. Smith & Co", "doctor Smith and Co"),
        ("2007", "two thousand seven"),
    ],
)
def test_figures_are_said_as_people_say_them(text: str, said: str) -> None:
    assert " ".join(written_out(text).split()) == said


def test_unknown_words_are_derived_before_they_are_guessed() -> None:
    phonemizer = Phonemizer(WORDS)
    assert phonemizer.word("cats") == "kˈæts"
    assert phonemizer.word("running") == "ɹˈʌnɪŋ"
    assert phonemizer.word("rained") == "ɹˈAnd"
    assert phonemizer.word("raincoat") == "ɹˈAnkˌOt"
    assert phonemizer.word("blik") == "blˈɪk"
    assert phonemizer.word("read") == "ɹˈid"


def test_the_sounds_right_before_a_vowel() -> None:
    phonemizer = Phonemizer(WORDS)
    assert phonemizer.phonemes("the apple").startswith("ði ")
    assert phonemizer.phonemes("the cat").startswith("ðə ")


def test_any_text_gives_phonemes_and_never_an_error() -> None:
    phonemizer = Phonemizer({})
    for text in ("", "...", "héllo wörld", "日本語", "a" * 500, "x-y_z 12345678901234567890"):
        phonemizer.phonemes(text)
    assert phonemizer.phonemes("zzz")


def test_lips_close_for_p_and_open_for_ah_when_they_sound() -> None:
    phones = (
        Phone(symbol="p", start=0.5, end=0.7),
        Phone(symbol="ɑ", start=0.7, end=1.0),
        Phone(symbol="u", start=1.0, end=1.3),
    )
    spoken = Spoken(text="pah-oo", start=1.0, end=2.3, speaker="woman")
    track = lips.mouth_from_phones(((spoken, phones),), 96)

    def mouth_at(seconds: float) -> np.ndarray:
        return np.asarray(track[round(seconds * FPS)])

    assert mouth_at(1.58)[0] < 0.15
    assert mouth_at(1.83)[0] > 0.8
    assert mouth_at(2.15)[2] > 0.7
    assert mouth_at(0.5)[0] < 0.05
    assert mouth_at(3.5)[0] < 0.05


def test_lips_are_at_most_a_frame_and_a_half_from_the_phoneme() -> None:
    spoken = Spoken(text="ah", start=0.0, end=3.0, speaker="woman")
    opening = Phone(symbol="ɑ", start=1.0, end=1.5)
    track = lips.mouth_from_phones(((spoken, (opening,)),), 72)
    opened = np.flatnonzero(track[:, 0] > 0.5)
    assert opened[0] / FPS == pytest.approx(1.0, abs=0.0625)
    assert opened[-1] / FPS == pytest.approx(1.5, abs=0.0625)


def test_a_stress_mark_opens_the_mouth_like_the_vowel_it_announces() -> None:
    spoken = Spoken(text="ah", start=0.0, end=3.0, speaker="woman")
    phones = (
        Phone(symbol="ˈ", start=1.0, end=1.15),
        Phone(symbol="ɑ", start=1.15, end=1.3),
        Phone(symbol=" ", start=1.3, end=1.36),
        Phone(symbol=".", start=1.6, end=2.0),
    )
    track = lips.mouth_from_phones(((spoken, phones),), 72)
    assert track[26, 0] > 0.8
    assert track[44, 0] < 0.1


@needs_voice
def test_the_mouth_is_open_when_the_voice_is_loud() -> None:
    utterance = Voice().say("Did you hear the rain on the old tin roof? I am over here!", speaker="woman")
    spoken = Spoken(text="x", start=0.5, end=0.5 + utterance.seconds, speaker="woman")
    frames = int((utterance.seconds + 1) * FPS)
    opened = lips.mouth_from_phones(((spoken, utterance.phones),), frames)[:, 0]
    sound = np.concatenate([np.zeros(RATE // 2), utterance.samples, np.zeros(RATE)])
    level = np.array([np.sqrt((sound[i * 2000 : i * 2000 + 2000] ** 2).mean()) for i in range(frames)])
    scores = {lag: np.corrcoef(np.roll(opened, lag), np.log10(level + 0.003))[0, 1] for lag in range(-6, 7)}
    best = max(scores.items(), key=lambda item: float(item[1]))[0]
    assert abs(best) <= 1
    assert max(opened) > 0.7


def test_the_mouth_follows_the_loudness_of_a_recording() -> None:
    t = np.arange(3 * RATE) / RATE
    loud = (np.sin(2 * np.pi * 180 * t) * ((t > 1) & (t < 2))).astype(np.float32)
    track = lips.mouth_from_sound(loud, 72)
    assert track[36, 0] > 0.7
    assert track[10, 0] < 0.1
    assert track[65, 0] < 0.1


def test_doubling_the_rate_keeps_pitch_and_level() -> None:
    t = np.arange(24_000) / 24_000
    tone = np.sin(2 * np.pi * 440 * t).astype(np.float32)
    wide = doubled(tone)
    assert len(wide) == 48_000
    expected = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    assert np.abs(wide - expected)[2000:-2000].max() < 0.02


def test_words_are_found_in_the_dictionary_files_as_a_parser_would_find_them() -> None:
    first = '{\n  "cat": "kˈæt",\n  "read": {\n    "DEFAULT": "ɹˈid",\n    "VBD": "ɹˈɛd"\n  }\n}'
    second = '{\n  "cat": "other",\n  "don\'t": "dˈOnt"\n}'
    words = WordFiles(first.encode(), second.encode())
    assert words.get("cat") == "kˈæt"
    assert words.get("read") == {"DEFAULT": "ɹˈid", "VBD": "ɹˈɛd"}
    assert words.get("don't") == "dˈOnt"
    assert words.get("DEFAULT") is None
    assert words.get('x"y') is None
    assert "cat" in words
    assert "dog" not in words


@needs_voice
def test_phoneme_times_lie_where_the_voice_is_heard() -> None:
    utterance = Voice().say("Stop. Papa.", speaker="woman")
    level = np.abs(utterance.samples)
    for phone in utterance.phones:
        if phone.symbol in "ɑA":
            part = level[int(phone.start * RATE) : int(phone.end * RATE)]
            assert part.max() > 0.05
    ends = [phone.end for phone in utterance.phones if phone.symbol.isalpha()]
    assert ends == sorted(ends)
    assert max(ends) == pytest.approx(utterance.seconds, abs=0.4)
