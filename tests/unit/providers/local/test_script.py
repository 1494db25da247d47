"""What a prompt becomes: places, people, lines, moments. Same words, same timeline."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.lexicon.pace import speaking_seconds
from providers.local import job
from providers.local.recording import load_recording
from providers.local.script import MAX_CUES, MAX_LINES, quoted, read_script
from providers.local.timeline import FPS, lay_out, picture_size

SIZE = picture_size("16:9", "480p")


@pytest.mark.parametrize(
    ("prompt", "setting", "time", "weather", "subject"),
    [
        ("a woman walks through the city at night in heavy rain", "city", "night", "rain", "walker"),
        ("fog in a pine forest at dawn", "forest", "dawn", "fog", "none"),
        ("waves on the beach, sunset, a man strolls along", "sea", "dusk", "clear", "walker"),
        ("snowy street in the morning", "city", "dawn", "snow", "none"),
        ("a thunderstorm over the ocean by night", "sea", "night", "storm", "none"),
        ("two dogs running in the desert at noon", "desert", "day", "clear", "dog"),
    ],
)
def test_the_words_choose_place_hour_weather_and_subject(
    prompt: str, setting: str, time: str, weather: str, subject: str
) -> None:
    script = read_script(prompt)
    assert (script.setting, script.time, script.weather, script.subject) == (setting, time, weather, subject)


@pytest.mark.parametrize("prompt", ["", "🎉🎉🎉", "xyzzy qwfp", "مرحبا بالعالم", "?!"])
def test_unknown_words_get_open_country_instead_of_nothing(prompt: str) -> None:
    script = read_script(prompt)
    assert script.setting == "open"
    assert script.music


def test_words_inside_quotes_are_said_and_not_shown() -> None:
    script = read_script('A man in a forest says: "I miss the city and the sea at night."')
    assert script.setting == "forest"
    assert [line.text for line in script.lines] == ["I miss the city and the sea at night."]


def test_each_line_belongs_to_the_person_named_before_it() -> None:
    script = read_script('A woman says "Are you there?" and the man answers “Yes.” She laughs: "Good."')
    assert [line.speaker for line in script.lines] == ["woman", "man", "woman"]


def test_a_cue_is_a_moment_with_a_sound() -> None:
    script = read_script("a house in the woods @1.2s door slam, @3 dog bark")
    assert [(cue.at_seconds, cue.name) for cue in script.cues] == [(1.2, "door slam"), (3.0, "dog bark")]


def test_the_same_words_give_the_same_timeline_and_another_seed_another_look() -> None:
    prompt = 'A man walks in the storm by the sea. "Hold on!"'

    def made(seed: int | None) -> object:
        return lay_out(read_script(prompt, seed=seed), seconds=8, size=SIZE, line_seconds=(1.0,))

    assert made(None) == made(None)
    assert made(7) == made(7)
    assert read_script(prompt, seed=7) != read_script(prompt, seed=8)


def test_a_timeline_cannot_be_changed() -> None:
    timeline = lay_out(read_script("a man walks"), seconds=4, size=SIZE, line_seconds=())
    with pytest.raises(dataclasses.FrozenInstanceError):
        timeline.seconds = 5  # type: ignore[misc]


@given(
    text=st.text(max_size=400),
    seconds=st.integers(2, 15),
    line=st.lists(st.floats(0.2, 3.0), max_size=3),
)
def test_whatever_is_asked_shots_cover_the_clip_and_lines_lie_inside(
    text: str, seconds: int, line: list[float]
) -> None:
    prompt = text.replace('"', "") + "".join(f' "line {n}"' for n in range(len(line)))
    lengths = tuple(line) if sum(line) + 0.35 * len(line) < seconds - 0.4 else ()
    timeline = lay_out(read_script(prompt), seconds=seconds, size=SIZE, line_seconds=lengths)
    assert timeline.shots[0].start == 0.0
    assert timeline.shots[-1].end == pytest.approx(seconds)
    for before, after in zip(timeline.shots, timeline.shots[1:], strict=False):
        assert before.end == after.start
        assert after.start * FPS == pytest.approx(round(after.start * FPS))
    for spoken in timeline.spoken:
        assert 0 <= spoken.start < spoken.end <= seconds
    assert all(0 <= step < seconds for step in timeline.steps)


def test_the_mouth_is_close_to_the_camera_while_somebody_speaks() -> None:
    script = read_script('A woman walks in the park. She says "Hello, how are you today?"')
    timeline = lay_out(script, seconds=8, size=SIZE, line_seconds=(2.4,))
    (spoken,) = timeline.spoken
    assert timeline.shot_at(spoken.start).framing == "close"
    assert timeline.shot_at(spoken.end).framing == "close"
    assert timeline.shots[0].framing == "wide"


@pytest.mark.parametrize(
    "prompt",
    [
        '"a" ' * 12_500,
        '“「«"' * 12_500,
        "@1s bang " * 6_000,
        "city night rain " * 3_200,
        "雨夜城市" * 12_500,
        "비 오는 도시 " * 6_000,
        "l'orage d'été " * 3_500,
        "\x00\x1b[31m" * 10_000,
        "a" * 50_000,
        "@1." * 16_000,
        "@1 " + " " * 50_000,
        "\u202e\ufeff\ud800" * 16_000,
    ],
    ids=range(12),
)
def test_a_hostile_prompt_is_bounded(prompt: str) -> None:
    start = time.process_time()
    script = read_script(prompt)
    assert time.process_time() - start < 2.0
    assert len(script.lines) <= MAX_LINES
    assert len(script.cues) <= MAX_CUES
    assert len(quoted(prompt)) <= MAX_LINES
    lay_out(script, seconds=8, size=SIZE, line_seconds=tuple(0.2 for _ in script.lines))


def test_two_hundred_cues_and_overlapping_quotes_make_a_sound_of_the_right_length(tmp_path: Path) -> None:
    prompt = "".join(f"@{n / 50:.2f}s bang " for n in range(200)) + '"one “two" three” «four'
    order = {"kind": "foley", "text": prompt, "seconds": 3.0, "speaks": False}
    job.sound(lambda *_, **__: None, order=order, out=str(tmp_path / "a.wav"))
    assert load_recording(tmp_path / "a.wav", 9).shape[1] == 3 * 48_000


def test_more_words_take_longer() -> None:
    assert (
        speaking_seconds(("one",))
        < speaking_seconds(("one two three",))
        < speaking_seconds(("one", "two three"))
    )


@pytest.mark.parametrize(
    ("aspect", "resolution", "expected"),
    [
        ("16:9", "720p", (1280, 720)),
        ("9:16", "1080p", (1080, 1920)),
        ("1:1", "480p", (480, 480)),
        ("16:9", "480p", (854, 480)),
    ],
)
def test_sizes_are_what_people_expect(aspect: str, resolution: str, expected: tuple[int, int]) -> None:
    size = picture_size(aspect, resolution)
    assert (size.width, size.height) == expected


def test_a_size_that_is_not_drawn_is_named_with_what_is() -> None:
    with pytest.raises(ValueError, match="16:9, 9:16 and 1:1"):
        picture_size("21:9", "720p")
