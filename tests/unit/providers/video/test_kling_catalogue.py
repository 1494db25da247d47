"""Kling as it is offered: what is refused before paying, and that quotes are what the vendor takes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, plan
from providers.base import MediaInput, ProviderConfig, Shot, VideoRequest
from providers.catalogue import Catalogue, Route, check, check_catalogue, load, price, shape_for
from providers.errors import MissingKey
from providers.registry import Registry
from providers.video import kling, kling_legacy
from tests.fakes.kling_legacy_rules import read_legacy
from tests.fakes.kling_rules import Order, read_order
from tests.unit.providers.video.playback import linked

TODAY = date(2026, 11, 22)
DATA = Path(kling.__file__).parents[1] / "data"


@cache
def catalogue() -> Catalogue:
    """Kling's two files alone."""
    with TemporaryDirectory() as folder:
        for name in ("kling", "kling-legacy"):
            shutil.copy(DATA / f"{name}.toml", folder)
        return load(data_dir=Path(folder))


def context(*keys: str) -> PlanContext:
    """A context in which these providers have their keys."""
    books = catalogue()
    return PlanContext(
        catalogue=books,
        has_key=lambda provider: provider in keys,
        missing_env=lambda provider: () if provider in keys else books.provider(provider).env,
        house=House(),
        now_ms=1_795_000_000_000,
        today=TODAY,
        links=True,
    )


def planned(model: str, *keys: str, prompt: str = "a quiet street", **wishes: Any) -> Plan:
    return plan(Wish(prompt=prompt, model=model, **wishes), context(*(keys or ("kling",))))


def refused(model: str, *keys: str, **wishes: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        planned(model, *keys, **wishes)
    return caught.value


FRAME, LAST = linked("first-frame", "", "first.png"), linked("last-frame", "", "last.png")
HERO = linked("reference-image", "hero", "hero.png")


def clip(role: Any, seconds: float = 8.0, **known: Any) -> MediaInput:
    return MediaInput(
        role=role,
        kind="video",
        path=Path("clip.mp4"),
        mime="video/mp4",
        size_bytes=1000,
        seconds=seconds,
        url="https://media.example.org/clip.mp4",
        **known,
    )


VOICE = MediaInput(
    role="reference-audio",
    kind="audio",
    path=Path("voice.wav"),
    mime="audio/wav",
    size_bytes=1000,
    seconds=5.0,
)


# ---- refused before paying


def test_the_catalogue_prices_all_it_offers_on_every_day() -> None:
    assert check_catalogue(catalogue(), date(2026, 9, 1)) == ()
    assert check_catalogue(catalogue(), TODAY) == ()


def test_sound_of_2_6_is_only_made_at_1080p() -> None:
    found = refused("kling-2.6", resolution="720p", sound=True)
    assert (found.code, found.facts["field"], found.facts["allowed"]) == ("impossible", "sound", ("off",))
    assert found.facts["given"] == ("resolution 720p",)
    assert planned("kling-2.6", sound=True).request.resolution == "1080p"
    assert planned("kling-2.6", resolution="720p").request.sound is False


def test_two_frames_on_2_6_are_silent() -> None:
    assert refused("kling-2.6", sound=True, media=(FRAME, LAST)).code == "no_sound"
    assert planned("kling-2.6", media=(FRAME, LAST)).request.resolution == "1080p"


@pytest.mark.parametrize("model", ["kling-2.5-turbo", "kling-o1"])
def test_silent_models_do_not_promise_sound(model: str) -> None:
    assert refused(model, sound=True).code == "no_sound"
    found = planned(model)
    assert found.sound_path == "silent" and found.adjustments


# Below `/v1` alone, and with a recording: see test_kling_avatar.py.
AVATAR = "kling-avatar"
MODELS = [model for model in catalogue().models() if model.id != AVATAR]


MODELS_OF = {
    provider: [model for model in MODELS if any(route.provider == provider for route in model.routes)]
    for provider in ("kling", "kling-legacy")
}


@pytest.mark.parametrize("model", [model.id for model in MODELS])
def test_no_other_kling_takes_a_recording(model: str) -> None:
    assert refused(model, "kling", "kling-legacy", media=(VOICE,)).code == "audio_not_taken"


@pytest.mark.parametrize(
    ("model", "wishes", "code"),
    [
        ("kling-3.0-turbo", {"media": (FRAME, LAST)}, "mode_not_offered"),
        ("kling-3.0-turbo", {"resolution": "4k"}, "impossible"),
        ("kling-2.6", {"seconds": 7}, "impossible"),
        ("kling-3.0", {"seconds": 16}, "impossible"),
        ("kling-o1", {"seconds": 7}, "impossible"),
        ("kling-3.0", {"aspect": "4:3"}, "impossible"),
        ("kling-2.6", {"aspect": "9:16", "media": (FRAME,)}, "impossible"),
        ("kling-2.6", {"media": (HERO,)}, "mode_not_offered"),
        ("kling-3.0", {"media": (clip("source-video"),)}, "mode_not_offered"),
        ("kling-o1", {"media": (LAST,)}, "needs_first_image"),
        ("kling-o1", {"media": (HERO,) * 8}, "media_too_many"),
        ("kling-o1", {"media": (clip("source-video"), *(HERO,) * 5)}, "media_too_many"),
        ("kling-o1", {"media": (clip("source-video", 12.0),)}, "media_too_long"),
        ("kling-o1", {"media": (clip("source-video", 2.0),)}, "media_too_short"),
        ("kling-3.0-omni", {"media": (clip("source-video", 15.4),)}, "media_too_long"),
        ("kling-o1", {"media": (clip("source-video", width=1280, height=640),)}, "media_too_small"),
        ("kling-o1", {"media": (clip("source-video", width=3840, height=2160),)}, "media_too_large"),
        ("kling-o1", {"media": (clip("source-video", fps=15.0),)}, "media_too_slow"),
        ("kling-3.0-omni", {"media": (clip("reference-video", fps=120.0),)}, "media_too_fast"),
        ("kling-3.0-omni", {"media": (clip("reference-video"),), "sound": True}, "no_sound"),
        ("kling-2.6", {"shots": (Shot(prompt="a", seconds=5),)}, "not_taken"),
        ("kling-3.0", {"shots": (Shot(prompt="a", seconds=1),) * 7}, "impossible"),
        ("kling-3.0", {"shots": (Shot(prompt="a" * 513, seconds=5),)}, "text_too_long"),
        ("kling-3.0", {"prompt": "a" * 300, "shots": (Shot(prompt="b" * 212, seconds=5),)}, "text_too_long"),
        ("kling-3.0", {"shots": (Shot(prompt="a", seconds=3),), "seconds": 5}, "shots_length"),
        ("kling-2.6", {"seed": 7}, "not_taken"),
        ("kling-2.6", {"negative": "rain"}, "not_taken"),
        ("kling-2.6", {"prompt": "a" * 2501}, "prompt_too_long"),
    ],
)
def test_what_the_vendor_cannot_do_is_refused_before_paying(
    model: str, wishes: dict[str, Any], code: str
) -> None:
    found = refused(model, **wishes)
    assert found.code == code, found.facts


def test_a_negative_prompt_goes_by_the_route_that_has_one() -> None:
    found = planned("kling-2.6", "kling", "kling-legacy", negative="rain")
    assert (found.route, found.request.api_name) == ("kling-legacy/kling-2.6", "kling-v2-6")


def test_an_edit_is_priced_at_the_length_of_its_clip_and_keeps_its_sound() -> None:
    source = clip("source-video")
    found = planned("kling-o1", prompt="make it snow", media=(source,))
    assert (found.request.mode, found.request.sound, found.request.seconds) == ("edit", True, source.seconds)
    assert found.cost_micro_usd == source.seconds * 126_000  # 0.9 units x 0.14 USD a second
    assert found.notes == ()


def test_a_missing_key_is_named() -> None:
    found = refused("kling-3.0", "nothing")
    assert (found.code, found.facts["env"]) == ("missing_key", ("KLING_API_KEY",))
    assert planned("kling-3.0", "kling-legacy").provider == "kling-legacy"


@pytest.mark.parametrize(
    ("provider", "keys", "missing"),
    [
        ("kling", {}, ("KLING_API_KEY",)),
        ("kling-legacy", {}, ("KLING_ACCESS_KEY", "KLING_SECRET_KEY")),
        ("kling-legacy", {"KLING_ACCESS_KEY": "a"}, ("KLING_SECRET_KEY",)),
    ],
)
def test_the_registry_names_what_is_missing(
    provider: str, keys: dict[str, str], missing: tuple[str, ...]
) -> None:
    registry = Registry(
        catalogue(),
        lambda entry: ProviderConfig(id=entry.id, base_url=entry.base_url, keys=keys, work_dir=Path()),
    )
    with pytest.raises(MissingKey) as caught:
        registry.get(provider)
    assert caught.value.env == missing


# ---- quotes


@pytest.mark.parametrize(
    ("model", "wishes", "usd"),
    [
        ("kling-2.6", {"seconds": 5, "sound": True}, "0.70"),
        ("kling-2.6", {"seconds": 10, "resolution": "720p", "sound": False}, "0.42"),
        ("kling-2.5-turbo", {"seconds": 5, "resolution": "720p"}, "0.21"),
        ("kling-3.0-turbo", {"seconds": 5, "resolution": "720p"}, "0.56"),
        ("kling-3.0", {"seconds": 15, "resolution": "4k"}, "6.30"),
        ("kling-3.0", {"seconds": 3, "resolution": "720p", "sound": False}, "0.252"),
        ("kling-3.0-omni", {"seconds": 10, "resolution": "1080p"}, "1.40"),
        ("kling-3.0-omni", {"seconds": 5, "media": (HERO, clip("reference-video"))}, "0.63"),
        ("kling-o1", {"seconds": 7, "media": (HERO,), "resolution": "1080p"}, "0.784"),
    ],
)
def test_worked_examples_of_the_price_page(model: str, wishes: dict[str, Any], usd: str) -> None:
    assert Decimal(planned(model, **wishes).cost_micro_usd) == Decimal(usd) * 1_000_000


def inputs_for(mode: str, video: bool | None) -> list[tuple[MediaInput, ...]]:
    """Files that make sense in a mode."""
    match mode:
        case "first-frame":
            return [(FRAME,)]
        case "first-last":
            return [(FRAME, LAST)]
        case "edit":
            return [(clip("source-video"),), (clip("source-video"), HERO)]
        case "references":
            with_clip = [(clip("reference-video"),), (HERO, clip("reference-video"))]
            without = [(HERO,), (HERO,) * 7]
            return {True: with_clip, False: without, None: with_clip + without}[video]
    return [()]


def offered(route: Route) -> Iterator[VideoRequest]:
    """A request for everything the route offers."""
    for shape in route.offered:
        ends = {shape.seconds[0], shape.seconds[-1]}
        for mode, resolution, sound in product(shape.modes, shape.resolutions, shape.sound):
            for aspect, seconds in product(shape.aspects, ends):
                for media in inputs_for(mode, shape.video_input):
                    yield VideoRequest(
                        model=route.model,
                        api_name=route.api_name,
                        prompt="a quiet street",
                        mode=mode,
                        seconds=seconds,
                        aspect=aspect,
                        resolution=resolution,
                        sound=sound,
                        media=media,
                        options=dict(route.options),
                    )


def spoken(route: Route) -> Iterator[VideoRequest]:
    """The same in voices of the account, wherever they can speak."""
    for request in offered(route):
        for count in range(1, route.voices_in(request.mode, sound=request.sound) + 1):
            names = " and ".join(f"@voice_{place}" for place in range(1, count + 1))
            yield replace(request, prompt=f"{names} greet", voices=("930801338081615883", "7")[:count])


def ordered(provider: str, request: VideoRequest) -> Order:
    """What the vendor makes of the request, or its refusal."""
    links = [item.url for item in request.media]
    if provider == "kling":
        kind, name = kling.path_of(request).strip("/").split("/")
        body = kling.build_payload(request, links, elements={}, job_key="job")
        return read_order(kind, name, body, look=False)
    path = kling_legacy.path_of(request).rpartition("/")[2]
    return read_legacy(path, kling_legacy.build_payload(request, links, job_key="job"), look=False)


@pytest.mark.parametrize(
    "route",
    [route for model in MODELS for route in model.routes],
    ids=lambda route: str(route.id),
)
def test_the_vendor_takes_all_that_is_offered_and_bills_what_was_quoted(route: Route) -> None:
    count = 0
    for request in offered(route):
        assert check(route, request) == [], request
        assert shape_for(route, request) is not None
        order = ordered(route.provider, request)
        quoted = price(route, request, TODAY).usd
        assert order.units_per_second * request.seconds * Decimal("0.14") == quoted, request
        assert order.audible == request.sound, request
        assert order.seconds in (0, request.seconds)
        count += 1
    assert count >= 8


@pytest.mark.parametrize("provider", ["kling", "kling-legacy"])
def test_a_voice_of_the_account_speaks_in_2_6_with_a_first_frame_and_its_price_is_what_is_billed(
    provider: str,
) -> None:
    found = {model.id: [*spoken(catalogue().route(provider, model.id))] for model in MODELS_OF[provider]}
    assert [model for model, requests in found.items() if requests] == ["kling-2.6"]
    route, (one, *_) = catalogue().route(provider, "kling-2.6"), found["kling-2.6"]
    assert {(request.mode, request.resolution, len(request.voices)) for request in found["kling-2.6"]} == {
        ("first-frame", "1080p", 1),
        ("first-frame", "1080p", 2),
    }
    for request in found["kling-2.6"]:
        order = ordered(provider, request)
        assert order.audible and order.units_per_second == Decimal("1.2")
        assert order.units_per_second * request.seconds * Decimal("0.14") == price(route, request, TODAY).usd
    assert price(route, replace(one, voices=()), TODAY).usd < price(route, one, TODAY).usd
