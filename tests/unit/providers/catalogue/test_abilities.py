"""What is impossible is said before paying, with what is possible beside the other wishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.base import Shot
from providers.catalogue import Problem, check, complete, needs_link, options, shape_for, text_length
from tests.unit.providers.catalogue.samples import ACME, given, request, route_of

INPUTS = """
[[model.shape]]
modes = ["references", "first-last"]
resolutions = ["768p"]
aspects = ["16:9"]
durations = [6]
sound = [true]
api_name = "acme-v2-references"
[[model.input]]
role = "reference-audio"
modes = ["references"]
formats = ["wav", "mp3"]
min_seconds = 2
max_seconds = 15
total_seconds = 20
max_count = 3
needs = ["reference-image", "reference-video"]
[[model.input]]
role = "reference-image"
max_count = 2
excludes = ["first-frame"]
upload = "link"
[[model.input]]
role = "last-frame"
"""
# Tables of TOML arrays belong to the last [[model]], so inputs can follow the prices.
RICH = (ACME + INPUTS).replace("prompt =", "shots = { max = 3, min_seconds = 2 }\nprompt =")


def one(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def test_a_possible_wish_has_no_problem(tmp_path: Path) -> None:
    assert check(route_of(tmp_path, ACME), request()) == []


def test_1080p_allows_6_seconds_is_what_a_wish_for_10_hears(tmp_path: Path) -> None:
    problem = one(check(route_of(tmp_path, ACME), request(resolution="1080p", seconds=10)))
    assert (problem.field, problem.asked, problem.allowed) == ("seconds", 10, (6,))
    assert problem.given == {"resolution": "1080p"}
    assert problem.unit == "seconds"


def test_sound_below_1080p_is_refused_with_the_resolution_as_the_reason(tmp_path: Path) -> None:
    problem = one(check(route_of(tmp_path, ACME), request(sound=True)))
    assert (problem.field, problem.asked, problem.allowed) == ("sound", True, (False,))
    assert problem.given == {"resolution": "768p"}


def test_a_length_that_no_shape_has_is_refused_with_all_lengths_that_fit(tmp_path: Path) -> None:
    problem = one(check(route_of(tmp_path, ACME), request(seconds=999)))
    assert (problem.field, problem.allowed, problem.given) == ("seconds", (6, 10), {})


def test_several_impossible_wishes_are_each_named_once(tmp_path: Path) -> None:
    problems = check(route_of(tmp_path, ACME), request(resolution="4k", seconds=8, aspect="2:1"))
    assert [(p.field, p.allowed) for p in problems] == [
        ("resolution", ("768p", "1080p")),
        ("seconds", (6, 10)),
        ("aspect", ("16:9", "9:16")),
    ]


def test_following_the_answer_always_leads_to_a_possible_wish(tmp_path: Path) -> None:
    route = route_of(tmp_path, ACME)
    for resolution in ("768p", "1080p", "4k"):
        for seconds in (4, 6, 10):
            for sound in (True, False):
                wish = {"resolution": resolution, "seconds": seconds, "sound": sound, "aspect": "1:1"}
                for _ in range(6):
                    problems = check(route, request(**wish))
                    wish |= {problem.field: problem.allowed[0] for problem in problems[:1]}
                assert check(route, request(**wish)) == [], wish


def test_options_are_those_left_beside_the_fixed_wishes(tmp_path: Path) -> None:
    left = options(route_of(tmp_path, ACME), resolution="1080p")
    assert (left.seconds, left.sound, left.mode) == ((6,), (True, False), ("text",))
    assert left.resolution == ("768p", "1080p")
    assert options(route_of(tmp_path, ACME), resolution="1080p", seconds=10).resolution == ("768p",)


def test_open_wishes_are_filled_in_and_set_ones_are_never_changed(tmp_path: Path) -> None:
    text = ACME.replace("prompt =", 'defaults = { seconds = 8, resolution = "768p" }\nprompt =')
    route = route_of(tmp_path, text)
    free = complete(route, mode="text")
    assert free is not None
    assert (free.sound, free.resolution, free.seconds, free.aspect) == (True, "1080p", 6, "16:9")
    silent = complete(route, mode="text", sound=False)
    assert silent is not None and (silent.resolution, silent.seconds) == ("768p", 6)
    assert complete(route, mode="text", seconds=10, sound=True) is None
    assert complete(route, mode="edit") is None


@pytest.mark.parametrize(
    ("unit", "text", "length"),
    [
        ("characters", "añ😀", 3),
        ("bytes", "añ😀", 7),
        ("words", " two  words ", 2),
        ("tokens", "abcdef", 2),
        ("tokens", "雨が", 2),
    ],
)
def test_text_is_measured_in_the_vendors_unit(unit: str, text: str, length: int) -> None:
    assert text_length(text, unit) == length  # type: ignore[arg-type]


def test_a_prompt_over_the_limit_says_both_lengths(tmp_path: Path) -> None:
    problem = one(check(route_of(tmp_path, ACME), request(prompt="x" * 101)))
    assert (problem.field, problem.reason, problem.asked, problem.allowed) == (
        "prompt",
        "too_long",
        101,
        (100,),
    )


def test_a_negative_prompt_or_seed_that_is_not_taken_is_refused_not_dropped(tmp_path: Path) -> None:
    problems = check(route_of(tmp_path, ACME), request(negative="rain", seed=7))
    assert [(p.field, p.reason) for p in problems] == [("negative", "not_taken"), ("seed", "not_taken")]


def test_shots_must_add_up_and_be_long_enough(tmp_path: Path) -> None:
    route = route_of(tmp_path, RICH)
    good = (Shot(prompt="a", seconds=2), Shot(prompt="b", seconds=4))
    assert check(route, request(shots=good)) == []
    short = one(check(route, request(shots=(Shot(prompt="a", seconds=1), Shot(prompt="b", seconds=5)))))
    assert (short.reason, short.asked, short.allowed) == ("too_short", 1, (2,))
    wrong = one(check(route, request(shots=good[:1])))
    assert (wrong.reason, wrong.asked, wrong.allowed) == ("not_offered", 2, (6,))


def wish(**changes: object) -> object:
    return request(**{"mode": "references", "sound": True, **changes})


def test_a_mode_that_needs_a_picture_says_so(tmp_path: Path) -> None:
    problem = one(check(route_of(tmp_path, ACME), request(mode="first-frame")))
    assert (problem.reason, problem.role) == ("missing", "first-frame")


def test_audio_alone_is_refused_where_it_needs_a_picture_or_clip_beside_it(tmp_path: Path) -> None:
    voice = given("reference-audio", seconds=5)
    route = route_of(tmp_path, RICH)
    problem = one(check(route, wish(media=(voice,))))  # type: ignore[arg-type]
    assert (problem.reason, problem.role) == ("needs_company", "reference-audio")
    assert problem.allowed == ("reference-image", "reference-video")
    assert check(route, wish(media=(voice, given("reference-image")))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "mime", "reason", "asked", "allowed"),
    [
        (1.25, "audio/wav", "too_short", "1.25", (2,)),
        (15.5, "audio/mpeg", "too_long", "15.5", (15,)),
        (5, "audio/ogg; codecs=opus", "wrong_format", "ogg", ("wav", "mp3")),
    ],
)
def test_a_voice_outside_the_window_is_refused_unless_the_bot_fits_it(
    tmp_path: Path, seconds: float, mime: str, reason: str, asked: str, allowed: tuple[object, ...]
) -> None:
    route = route_of(tmp_path, RICH)
    media = (given("reference-audio", seconds=seconds, mime=mime), given("reference-image"))
    problem = one(check(route, wish(media=media)))  # type: ignore[arg-type]
    assert (problem.reason, problem.asked, problem.allowed) == (reason, asked, allowed)
    assert check(route, wish(media=media), fitted=("audio",)) == []  # type: ignore[arg-type]


def test_several_voices_count_together(tmp_path: Path) -> None:
    media = (*(given("reference-audio", seconds=12) for _ in range(2)), given("reference-image"))
    problem = one(check(route_of(tmp_path, RICH), wish(media=media)))  # type: ignore[arg-type]
    assert (problem.reason, problem.asked, problem.allowed) == ("too_long", 24, (20,))


def test_too_many_too_big_and_misplaced_files_are_named_by_role(tmp_path: Path) -> None:
    route = route_of(tmp_path, RICH)
    many = tuple(given("reference-image") for _ in range(3))
    assert one(check(route, wish(media=many))).reason == "too_many"  # type: ignore[arg-type]
    big = one(check(route, request(mode="first-frame", media=(given("first-frame", size_bytes=1001),))))
    assert (big.reason, big.asked, big.allowed, big.unit) == ("too_big", 1001, (1000,), "bytes")
    stray = one(check(route, request(media=(given("reference-audio", seconds=5), given("reference-image")))))
    assert (stray.reason, stray.role, stray.allowed) == ("not_taken", "reference-audio", ("references",))


def test_frames_and_references_exclude_each_other(tmp_path: Path) -> None:
    media = (given("first-frame"), given("reference-image"))
    problem = one(check(route_of(tmp_path, RICH), wish(media=media)))  # type: ignore[arg-type]
    assert (problem.reason, problem.allowed) == ("excluded", ("first-frame",))


def test_a_shape_for_certain_files_only_is_named_with_them(tmp_path: Path) -> None:
    silent_with_video = RICH.replace("sound = [true]\napi", "sound = [true]\nvideo_input = false\napi")
    silent_with_video += """
[[model.input]]
role = "reference-video"
[[model.shape]]
modes = ["references"]
resolutions = ["768p"]
aspects = ["16:9"]
durations = [6]
sound = [false]
video_input = true
"""
    route = route_of(tmp_path, silent_with_video)
    problem = one(check(route, wish(media=(given("reference-video", seconds=4),))))  # type: ignore[arg-type]
    assert (problem.field, problem.allowed) == ("sound", (False,))
    assert problem.given["video_input"] is True


def test_the_shape_tells_the_adapter_which_vendor_name_to_send(tmp_path: Path) -> None:
    route = route_of(tmp_path, RICH)
    shape = shape_for(route, wish(media=(given("reference-image"),)))  # type: ignore[arg-type]
    assert shape is not None and shape.api_name == "acme-v2-references"


def test_a_file_that_the_vendor_must_fetch_needs_our_public_address(tmp_path: Path) -> None:
    route = route_of(tmp_path, RICH)
    assert needs_link(route, wish(media=(given("reference-image"),)))  # type: ignore[arg-type]
    assert not needs_link(route, request())


def test_a_route_can_take_fewer_pictures_beside_a_clip(tmp_path: Path) -> None:
    fewer = RICH.replace(
        'role = "reference-image"\n', 'role = "reference-image"\nbeside = { reference-video = 1 }\n'
    )
    fewer += '\n[[model.input]]\nrole = "reference-video"\nmodes = ["references"]\n'
    route, clip = route_of(tmp_path, fewer), given("reference-video", seconds=5, mime="video/mp4")
    pictures = (given("reference-image"), given("reference-image"))
    assert check(route, wish(media=pictures)) == []  # type: ignore[arg-type]
    assert check(route, wish(media=(*pictures[:1], clip))) == []  # type: ignore[arg-type]
    problem = one(check(route, wish(media=(*pictures, clip))))  # type: ignore[arg-type]
    assert (problem.reason, problem.asked, problem.allowed) == ("too_many_beside", 2, (1,))
    assert problem.given == {"beside": "reference-video"}


def test_each_voice_can_need_a_picture_of_its_own(tmp_path: Path) -> None:
    paired = RICH.replace(
        'role = "reference-audio"\n', 'role = "reference-audio"\none_each = "reference-image"\n'
    )
    route, voice = route_of(tmp_path, paired), given("reference-audio", seconds=5)
    picture = given("reference-image")
    assert check(route, wish(media=(picture, picture, voice, voice))) == []  # type: ignore[arg-type]
    problem = one(check(route, wish(media=(picture, voice, voice))))  # type: ignore[arg-type]
    assert (problem.reason, problem.asked, problem.allowed) == ("outnumbers", 2, (1,))
    alone = one(check(route, wish(media=(voice,))))  # type: ignore[arg-type]
    assert alone.reason == "needs_company", "one sentence says it, not two"
