"""What Google's models can do, what that costs, and what is refused before anything is paid."""

from __future__ import annotations

import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, plan
from providers.base import MediaInput, MediaKind, Role
from providers.catalogue import Catalogue, check_catalogue, load
from providers.catalogue.loader import DATA

TODAY = date(2026, 11, 22)
NOW_MS = 1_795_000_000_000


@cache
def catalogue() -> Catalogue:
    with TemporaryDirectory() as folder:
        for name in ("google-veo", "google-omni"):
            shutil.copy(DATA / f"{name}.toml", folder)
        return load(data_dir=Path(folder))


def world(*lacking: str, today: date = TODAY) -> PlanContext:
    books = catalogue()
    return PlanContext(
        catalogue=books,
        house=House(),
        has_key=lambda provider: provider not in lacking,
        missing_env=lambda provider: books.provider(provider).env,
        now_ms=NOW_MS,
        today=today,
    )


def planned(model: str, *media: MediaInput, **options: Any) -> Plan:
    prompt = options.pop("prompt", "a quiet street")
    return plan(Wish(prompt=prompt, model=model, media=media, **options), world())


def refused(model: str, *media: MediaInput, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        planned(model, *media, **options)
    return caught.value


def given(role: Role, kind: MediaKind = "image", *, seconds: float = 0.0, size: int = 5000) -> MediaInput:
    mime = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4"}[kind]
    return MediaInput(role=role, kind=kind, path=Path("f"), mime=mime, size_bytes=size, seconds=seconds)


@pytest.mark.parametrize("day", [TODAY, date(2027, 6, 1)])
def test_everything_that_is_offered_has_a_price(day: date) -> None:
    assert check_catalogue(catalogue(), day) == ()


# ---------------------------------------------------------------------------------------------
# Prices: seconds × the vendor's price of a second, by hand


@pytest.mark.parametrize(
    ("model", "options", "micro_usd"),
    [
        ("veo-3.1", {"seconds": 8}, 3_200_000),
        ("veo-3.1", {"seconds": 4, "sound": False}, 800_000),
        ("veo-3.1", {"seconds": 8, "resolution": "4k"}, 4_800_000),
        ("veo-3.1", {"seconds": 8, "resolution": "4k", "sound": False}, 3_200_000),
        ("veo-3.1-fast", {"seconds": 6}, 600_000),
        ("veo-3.1-fast", {"seconds": 8, "resolution": "1080p"}, 960_000),
        ("veo-3.1-lite", {"seconds": 8, "resolution": "1080p", "sound": False}, 400_000),
        ("gemini-omni-1.1", {"seconds": 10}, 1_000_000),
        ("gemini-omni-1.1", {"seconds": 3, "resolution": "360p"}, 90_000),
        ("gemini-omni-1.2", {"seconds": 15}, 1_050_000),
        ("gemini-omni-1.2", {"seconds": 10, "resolution": "4k"}, 2_100_000),
    ],
)
def test_a_clip_costs_what_the_vendor_takes(model: str, options: dict[str, Any], micro_usd: int) -> None:
    assert planned(model, **options).cost_micro_usd == micro_usd


def test_an_extension_of_veo_costs_the_seven_seconds_that_are_added() -> None:
    source = given("source-video", "video", seconds=8)
    found = planned("veo-3.1-fast", source, prompt="it goes on")
    assert (found.request.mode, found.request.seconds, found.cost_micro_usd) == ("extend", 7, 700_000)
    assert found.request.api_name == "veo-3.1-fast-generate-001"


def test_an_edit_by_omni_is_as_long_as_its_source_and_priced_so() -> None:
    found = planned("omni", given("source-video", "video", seconds=4.04), prompt="make it snow")
    assert (found.request.mode, found.request.seconds, found.cost_micro_usd) == ("edit", 4, 280_000)
    assert found.notes == ()
    refusal = refused("omni", given("source-video", "video", seconds=4), prompt="make it snow", seconds=8)
    assert (refusal.code, refusal.facts["allowed"]) == ("impossible", (4,))
    unknown = planned("omni", given("source-video", "video"), prompt="make it snow")
    assert (unknown.request.seconds, [note.key for note in unknown.notes]) == (15, ["note.longest_priced"])


def test_an_extension_by_omni_is_not_offered_until_the_operator_prices_it() -> None:
    refusal = refused("gemini-omni-1.1", given("source-video", "video", seconds=25), prompt="keep going")
    assert refusal.code in ("mode_not_offered", "media_too_long")
    with TemporaryDirectory() as folder:
        for name in ("google-veo", "google-omni"):
            shutil.copy(DATA / f"{name}.toml", folder)
        own = Path(folder, "own")
        own.mkdir()
        priced = (DATA / "google-omni.toml").read_text("utf-8").replace('"edit"]', '"edit", "extend"]')
        (own / "google-omni.toml").write_text(priced.replace('\nprice = "operator"', ""), "utf-8")
        books = load(own, data_dir=Path(folder))
    offered = [shape.modes for shape in books.route("google-omni", "gemini-omni-1.1").offered]
    assert ("extend",) in offered and check_catalogue(books, TODAY) == ()


# ---------------------------------------------------------------------------------------------
# Sound


def test_sound_off_is_asked_of_veo_and_cheaper() -> None:
    found = planned("veo-3.1", sound=False)
    assert (found.request.sound, found.sound_path) == (False, "silent")
    assert planned("veo-3.1").sound_credits == planned("veo-3.1").credits - found.credits


def test_sound_off_is_done_by_us_where_the_vendor_always_makes_it() -> None:
    found = planned("gemini-omni-1.2", sound=False, seconds=8)
    assert found.request.sound is True, "the vendor has no switch"
    assert found.sound_path == "silent" and found.sound_credits == 0
    assert [note.key for note in found.notes] == ["note.sound_removed"]
    assert found.credits == planned("gemini-omni-1.2", seconds=8).credits


@pytest.mark.parametrize("model", ["veo-3.1", "gemini-omni-1.2"])
@pytest.mark.parametrize("audio_as", [None, "reference", "voice", "soundtrack"])
def test_own_audio_is_refused(model: str, audio_as: Any) -> None:
    voice = given("reference-audio", "audio", seconds=5)
    assert refused(model, voice, audio_as=audio_as).code == "audio_not_taken"


# ---------------------------------------------------------------------------------------------
# Combinations that do not exist


@pytest.mark.parametrize(
    ("model", "options", "field", "allowed"),
    [
        ("veo-3.1", {"seconds": 5}, "seconds", (4, 6, 8)),
        ("veo-3.1", {"seconds": 4, "resolution": "4k"}, "seconds", (8,)),
        ("veo-3.1", {"seconds": 6, "resolution": "1080p"}, "seconds", (8,)),
        ("veo-3.1-lite", {"seconds": 8, "resolution": "4k"}, "resolution", ("720p", "1080p")),
        ("veo-3.1", {"aspect": "1:1"}, "aspect", ("16:9", "9:16")),
        ("gemini-omni-1.1", {"seconds": 11}, "seconds", tuple(range(3, 11))),
        ("gemini-omni-1.2", {"seconds": 16}, "seconds", tuple(range(3, 16))),
        ("gemini-omni-1.2", {"seconds": 2}, "seconds", tuple(range(3, 16))),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(
    model: str, options: dict[str, Any], field: str, allowed: tuple[Any, ...]
) -> None:
    refusal = refused(model, **options)
    assert (refusal.code, refusal.facts["field"], refusal.facts["allowed"]) == ("impossible", field, allowed)


def test_reference_images_and_last_frames_of_veo_come_with_eight_seconds() -> None:
    heroes = (given("reference-image"), given("reference-image"))
    assert planned("veo-3.1", *heroes).request.seconds == 8
    assert refused("veo-3.1", *heroes, seconds=4).facts["allowed"] == (8,)
    frames = (given("first-frame"), given("last-frame"))
    assert refused("veo-3.1", *frames, seconds=6).facts["allowed"] == (8,)
    assert planned("veo-3.1", given("first-frame"), seconds=4).request.mode == "first-frame"


def test_too_many_files_or_files_that_are_too_long_are_refused() -> None:
    assert refused("veo-3.1", *[given("reference-image")] * 4).code == "media_too_many"
    assert refused("gemini-omni-1.2", *[given("reference-image")] * 11).code == "media_too_many"
    moves = given("reference-video", "video", seconds=4)
    assert refused("gemini-omni-1.2", moves).code == "media_too_long"
    source = given("source-video", "video", seconds=12)
    assert refused("gemini-omni-1.1", source, prompt="make it snow").code == "media_too_long"
    assert planned("gemini-omni-1.2", source, prompt="make it snow").request.mode == "edit"


def test_lite_takes_no_reference_images_and_veo_edits_nothing() -> None:
    assert refused("veo-3.1-lite", given("reference-image")).code in ("mode_not_offered", "media_not_taken")
    long = given("source-video", "video", seconds=31)
    assert refused("veo-3.1", long, prompt="it goes on").code == "media_too_long"


def test_seeds_and_negative_prompts_only_where_they_exist() -> None:
    request = planned("veo-3.1", seed=7, negative="rain").request
    assert (request.seed, request.negative) == (7, "rain")
    assert planned("gemini-omni-1.2", seed=7).request.seed == 7
    refusal = refused("gemini-omni-1.2", negative="rain")
    assert (refusal.code, refusal.facts["field"]) == ("not_taken", "negative")


def test_a_prompt_longer_than_veo_takes_is_refused_in_tokens() -> None:
    refusal = refused("veo-3.1", prompt="word " * 700)
    assert (refusal.code, refusal.facts["limit"], refusal.facts["unit"]) == (
        "prompt_too_long",
        1024,
        "tokens",
    )


# ---------------------------------------------------------------------------------------------
# Keys and lifecycles


@pytest.mark.parametrize(
    ("model", "provider", "env"),
    [
        ("veo-3.1", "google-veo", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("gemini-omni-1.2", "google-omni", "GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_names_the_variable(model: str, provider: str, env: str) -> None:
    with pytest.raises(Refusal) as caught:
        plan(Wish(prompt="x", model=model), world(provider))
    assert (caught.value.code, caught.value.facts["env"]) == ("missing_key", (env,))


def test_an_api_key_does_not_open_veo() -> None:
    veo = catalogue().provider("google-veo")
    assert not any(name.endswith("API_KEY") for name in (*veo.env, *veo.env_optional))
    assert veo.env_alternatives == ()


@pytest.mark.parametrize(
    ("model", "successor"),
    [("veo-3.0", "veo-3.1"), ("veo-2.0", "veo-3.1"), ("gemini-omni-preview", "gemini-omni-1.1")],
)
def test_a_retired_model_names_its_successor(model: str, successor: str) -> None:
    refusal = refused(model)
    assert (refusal.code, refusal.facts["successor"]) == ("model_retired", successor)
