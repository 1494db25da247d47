"""What a prompt asks to be heard, by its words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import Refusal
from bot.core.soundplan import (
    as_words,
    from_words,
    is_by_hand,
    is_lent,
    is_said,
    lent_words,
    place,
    read_places,
    read_plan,
    spoken_lines,
    topics,
    without_marks,
)
from providers.base import Shot


@pytest.mark.parametrize(
    ("prompt", "lines"),
    [
        ('She says "come in" and "sit down".', ("come in", "sit down")),
        ("Él dice «buenos días»", ("buenos días",)),
        ("“hello” 「こんにちは」 „hallo“", ("hello", "こんにちは", "hallo")),
        ('a 6" pipe and an empty «» pair', ()),
        ("the dog's bone, it's fine", ()),
    ],
)
def test_quoted_words_are_what_is_spoken(prompt: str, lines: tuple[str, ...]) -> None:
    assert spoken_lines(prompt) == lines


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ('a robot: "hello"', ("speech",)),
        ("a woman whispers a secret", ("speech",)),
        ("un hombre susurra", ("speech",)),
        ("heavy rain and footsteps", ("ambience",)),
        ("tormenta en el mar", ("ambience",)),
        ("a cat plays the piano", ("music",)),
        ("una niña canta", ("music",)),
        ("photorealistic portrait", ("photorealistic",)),
        ("first a door, then a hall", ("narrative",)),
        ("a rapid train in marble", ()),
        ("a cat", ()),
    ],
)
def test_words_tell_what_a_clip_is_about(prompt: str, expected: tuple[str, ...]) -> None:
    assert topics(prompt) == expected


def test_words_inside_quotes_do_not_count_as_sounds() -> None:
    assert topics('he reads "the rain sings a song"') == ("speech",)


@pytest.mark.parametrize(
    "quoted",
    [
        "says “come in”",
        'says "come in"',
        "says „come in“",
        "says „come in”",
        "says »come in«",
        "says «come in»",
        "says ‹come in›",
        "says ›come in‹",
        "says 「come in」",
        "says 『come in』",
        "says ‘come in’",
        "says: ‘come in’",
    ],
)
def test_words_in_marks_of_any_style_are_spoken(quoted: str) -> None:
    (line,) = read_plan(f"A woman {quoted}, it’s late, and the dogs’ bowls are empty").lines
    assert (line.text, line.speaker) == ("come in", "woman")


@pytest.mark.parametrize(
    ("prompt", "lines", "effects", "music"),
    [
        (
            'Rain on a tin roof. A woman asks "Did you hear it?" and the man answers "Every night."',
            [("woman", "en"), ("man", "en")],
            ["Rain on a tin roof"],
            False,
        ),
        ("Una niña dice «¡Hola a todos!» bajo la lluvia, suena un piano", [("child", "es")], ["bajo"], True),
        (
            "Un homme dit : « Bonjour », la pluie tombe sur le toit, un violon joue",
            [("man", "fr")],
            ["pluie"],
            True,
        ),
        (
            "Ein Roboter sagt: „Guten Morgen“. Regen prasselt",
            [("robot", "de")],
            ["Regen prasselt"],
            False,
        ),
        ("女人说：「你听见了吗？」，雨打在屋顶上，钢琴", [("woman", "zh")], ["雨"], True),
        ("ロボットが「こんにちは」と言う。雨が降る。ジャズ", [("robot", "ja")], ["雨"], True),
        ('한 남자가 "안녕하세요"라고 말한다. 비가 내린다. 피아노 음악', [("man", "ko")], ["비가"], True),
        ("a meadow", [], [], False),
    ],
)
def test_a_prompt_tells_who_speaks_what_sounds_and_which_music(
    prompt: str, lines: list[tuple[str, str]], effects: list[str], music: bool
) -> None:
    plan = read_plan(prompt)
    assert [(line.speaker, line.language) for line in plan.lines] == lines
    assert len(plan.effects) == len(effects)
    assert all(part in one.text for part, one in zip(effects, plan.effects, strict=True))
    assert bool(plan.music) is music


def test_a_name_or_what_follows_tells_who_speaks() -> None:
    plan = read_plan('Ada: "Hello" — a pause. "Goodbye," says the old man. "Wait!"')
    assert [(line.name, line.speaker) for line in plan.lines] == [
        ("Ada", "person"),
        ("", "man"),
        ("", "man"),
    ]


@pytest.mark.parametrize(
    ("prompt", "quiet"),
    [
        ("a jazz band in the rain, no music", "music"),
        ("una banda de jazz, sin música", "music"),
        ("un orchestre de jazz, sans musique", "music"),
        ("eine Jazzband, ohne Musik", "music"),
        ("爵士乐队，没有音乐", "music"),
        ("ジャズの曲、音楽なし", "music"),
        ("재즈 밴드, 음악 없이", "music"),
        ('she says "hello", no voice', "voice"),
        ('ella dice "hola", sin voz', "voice"),
        ("rain, no sound", "sound"),
        ("lluvia, sin sonido", "sound"),
        ("雨，没有声音", "sound"),
    ],
)
def test_what_is_not_wanted_is_left_out(prompt: str, quiet: str) -> None:
    plan = read_plan(prompt)
    assert {"music": plan.no_music, "voice": plan.no_voice, "sound": plan.no_sound}[quiet]
    assert not (quiet == "music" and plan.music) and not (quiet == "voice" and plan.lines)


def test_what_is_denied_is_not_heard() -> None:
    assert read_plan("a street without rain").effects == ()


def test_cues_have_their_moments_and_are_not_shown_to_who_draws() -> None:
    prompt = 'A hall @1.2s door slam, @3s "Who is there?" @0.5s thunder. Music: slow organ'
    plan = read_plan(prompt)
    assert [(cue.at_seconds, cue.text) for cue in plan.cues] == [(0.5, "thunder"), (1.2, "door slam")]
    assert [(line.at_seconds, line.text) for line in plan.lines] == [(3.0, "Who is there?")]
    assert plan.music == "slow organ"
    assert without_marks(prompt) == 'A hall, "Who is there?".'
    assert without_marks("@1s door slam") == "door slam", "somebody has to draw something"
    assert without_marks("  a\tb ") == "  a\tb "


def test_moments_of_a_shot_count_from_its_start() -> None:
    shots = (Shot(seconds=3, prompt='a man says "one"'), Shot(seconds=4, prompt="@1s door slam, rain"))
    plan = read_plan("", shots)
    assert plan.cues[0].at_seconds == 4.0 and plan.bed == "rain"
    assert plan.lines[0].at_seconds == pytest.approx(0.2)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_plan_reads_the_same_after_it_was_written_down(language: str) -> None:
    plan = read_plan(
        'Rain. A woman asks "Did you hear?" and Ada: "No." @1.25s door slam, music: slow sad '
        'piano. A robot says "beep"'
    )
    words = as_words(plan, language=language)
    assert from_words(words, scene=plan.scene) == plan, words
    quiet = read_plan("rain, no music, no voice")
    assert from_words(as_words(quiet, language=language), scene=quiet.scene) == quiet


def test_people_may_write_a_plan_as_they_like() -> None:
    plan = from_words(
        'Voz (mujer) @2: "Ven aquí"\nefecto: lluvia\n@3s door slam\nMusik: Walzer\nno voice please'
    )
    assert plan.lines == () and plan.no_voice
    assert [(one.text, one.at_seconds) for one in plan.effects] == [("lluvia", None), ("door slam", 3.0)]
    assert plan.music == "Walzer"
    assert from_words("").effects == ()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("sound @soon: thunder", "place_form"),
        ("voz @-1s: hola", "place_form"),
        ("sound @1:30: a bell", "place_form"),
        ("music @2s: a waltz", "music_moment"),
        ("voz en off: hola", "plan_row"),
        ("\n".join(f"voice: line {n}" for n in range(9)), "plan_too_long"),
        ("\n".join(f"sound @{n}s: knock" for n in range(21)), "plan_too_long"),
    ],
)
def test_what_cannot_be_read_in_a_plan_is_refused_and_not_left_out(words: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        from_words(words)
    assert caught.value.code == code


def test_a_comma_stands_before_parts_of_a_second_and_an_unknown_sound_is_a_sound() -> None:
    plan = from_words("sonido @1,5s: portazo\n@2,25s trueno\ncreaky stairs\nA woman says:\n“Ven”")
    assert [(one.text, one.at_seconds) for one in plan.cues] == [("portazo", 1.5), ("trueno", 2.25)]
    assert plan.bed == "creaky stairs" and [line.speaker for line in plan.lines] == ["woman"]


def test_lines_are_spread_over_the_clip_and_never_overlap() -> None:
    one, two = place([(None, 1.5), (None, 2.0)], 8.0)
    assert 0.1 <= one.at_seconds < 1.5
    assert one.at_seconds + one.seconds < two.at_seconds <= 8.0 - two.seconds
    assert one.tempo == 1.0
    (late,) = place([(7.9, 1.0)], 8.0)
    assert late.at_seconds == pytest.approx(6.9), "it still ends with the picture"
    early, _ = place([(3.0, 1.0), (None, 1.0)], 8.0)
    assert early.at_seconds == 3.0


def test_lines_that_are_too_long_are_spoken_faster_but_not_without_end() -> None:
    placed = place([(None, 3.0), (None, 3.0)], 5.0)
    assert 1.0 < placed[0].tempo <= 1.45
    assert placed[1].at_seconds + placed[1].seconds <= 5.0
    assert place([(None, 30.0)], 5.0)[0].tempo == 1.45


@given(st.lists(st.tuples(st.none() | st.floats(0, 20), st.floats(0.2, 6)), max_size=8), st.floats(2, 20))
def test_whatever_is_placed_keeps_its_order(lines: list[tuple[float | None, float]], clip: float) -> None:
    placed = place(lines, clip)
    for one, two in itertools.pairwise(placed):
        assert one.at_seconds + one.seconds <= two.at_seconds + 0.01
    assert all(one.at_seconds >= 0 for one in placed)


@given(st.text(max_size=300))
def test_no_prompt_is_too_odd_to_be_read(prompt: str) -> None:
    plan = read_plan(prompt)
    again = from_words(as_words(plan), scene=plan.scene)
    assert len(again.lines) >= min(len(plan.lines), 1)
    without_marks(prompt)


@pytest.mark.parametrize(
    ("words", "by_hand"),
    [
        ("foley", True),
        ("at=1.2s", True),
        ("gain=-6dB please", True),
        ("lay it under", True),
        ("ponlo debajo", True),
        ("a dog barks at the door", False),
        ("say this at the end", False),
        ("", False),
    ],
)
def test_words_tell_recordings_laid_by_hand_from_a_clip_made_again(words: str, by_hand: bool) -> None:
    assert is_by_hand(words) is by_hand


@pytest.mark.parametrize(
    "words", ["audio_as=voice", "--audio_as voice", "audio_como voz", "Say this.", "dilo"]
)
def test_words_tell_a_recording_that_is_to_be_said_from_one_that_is_laid_under(words: str) -> None:
    assert is_said(words) and is_by_hand(words)
    assert not is_said("foley at=1s") and not is_said("a man with a fine voice")


def test_each_recording_has_its_moment_and_strength() -> None:
    assert read_places("foley", 2) == ((0.0, 0.0), (0.0, 0.0))
    assert read_places("at=1.2s gain=-6dB at=3 gain=+2", 2) == ((1.2, -6.0), (3.0, 2.0))
    assert read_places("at=0,5s, gain=-3", 2) == ((0.5, -3.0), (0.0, -3.0)), "one gain is for all"
    for words in ("at=soon", "gain=loud", "at=-1s", "gain=99"):
        with pytest.raises(Refusal) as caught:
            read_places(words, 1)
        assert caught.value.code == "place_form"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("audio_as=reference", ""),
        ("audio como: referencia", ""),
        ("With this voice", ""),
        ('con esta voz: "Aquí no hay nadie."', '"Aquí no hay nadie."'),
        ("audio_as=reference\nvoice: Hello\nsound: rain", "voice: Hello\nsound: rain"),
    ],
)
def test_words_beside_a_recording_say_that_it_lends_its_voice_and_what_is_left_is_the_sound(
    said: str, words: str
) -> None:
    assert is_lent(said) and is_by_hand(said) and lent_words(said) == words


@pytest.mark.parametrize(
    "said",
    ["a cat --audio_as=reference", "a cat --audio_as reference", "audio_as=voice", "he has this voice"],
)
def test_an_option_of_a_command_and_a_plain_prompt_lend_no_voice(said: str) -> None:
    assert not is_lent(said)
