"""A picture of somebody who says a recording: length and price of what is said, and when `auto` picks it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, audio_windows, plan
from providers.base import MediaInput
from providers.catalogue import check, load
from tests.unit.bot.core.worlds import NOW_MS, file

PICTURE = file("first-frame", "image", mime="image/png")


def note(seconds: float) -> MediaInput:
    return file("reference-audio", "audio", seconds=seconds, mime="audio/ogg")


def planned(*media: MediaInput, keys: tuple[str, ...] = ("kling",), **wishes: Any) -> Plan:
    wish = Wish(**{"prompt": "She smiles", "model": "kling-avatar", "media": media, **wishes})
    context = PlanContext(
        catalogue=load(),
        house=House(),
        has_key=lambda name: name in keys,
        missing_env=lambda name: () if name in keys else ("KEY",),
        now_ms=NOW_MS,
        today=date(2026, 11, 28),
        links=True,
    )
    return plan(wish, context)


@pytest.mark.parametrize(
    ("key", "wishes", "length", "seconds", "micro_usd"),
    [
        ("kling", {}, 7.3, 8, 448_000),  # 0.4 units of 14 cents a second
        ("kling", {"resolution": "1080p"}, 7.3, 8, 896_000),
        ("kling-legacy", {}, 3.2, 3, 168_000),
        ("fal", {}, 7.3, 8, 449_600),
        ("fal", {"resolution": "1080p", "audio_as": "voice"}, 2.6, 3, 345_000),
        ("kling", {}, 75.0, 60, 3_360_000),
    ],
)
def test_the_clip_is_as_long_as_what_is_said_and_costs_that(
    key: str, wishes: dict[str, Any], length: float, seconds: int, micro_usd: int
) -> None:
    found = planned(PICTURE, note(length), keys=(key,), **wishes)
    assert found.route == f"{key}/kling-avatar" and found.sound_path == "native"
    assert [item.role for item in found.request.media] == ["first-frame", "voice"]
    assert (found.request.mode, found.request.seconds, found.cost_micro_usd) == (
        "first-frame",
        seconds,
        micro_usd,
    )
    assert not check(load().route(key, "kling-avatar"), found.request, fitted=("audio", "image"))
    (window,) = audio_windows(found, load()).values()
    assert (window.min_seconds, window.max_seconds, window.max_bytes) == (2, 60, 5_000_000)
    cut = [text.key for text in found.adjustments if text.key == "adjust.audio_trimmed"]
    assert bool(cut) == (length > 60)


def test_a_voice_is_asked_about_only_where_an_address_would_lead_to_it() -> None:
    def asked(key: str) -> list[str]:
        return [text.key for text in planned(PICTURE, note(5), keys=(key,)).adjustments]

    assert (asked("kling"), asked("fal")) == ([], ["adjust.voice_by_link"])


@pytest.mark.parametrize(
    ("media", "wishes", "code"),
    [
        ((), {}, "mode_not_offered"),
        ((PICTURE,), {}, "media_missing"),
        ((note(5),), {}, "mode_not_offered"),
        ((PICTURE, note(1.5)), {}, "media_too_short"),
        ((PICTURE, note(7.3)), {"seconds": 5}, "impossible"),
        ((PICTURE, note(5)), {"resolution": "4k"}, "impossible"),
    ],
)
def test_what_it_lacks_is_said_before_anything_is_paid(
    media: tuple[MediaInput, ...], wishes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refusal) as caught:
        planned(*media, **wishes)
    assert caught.value.code == code


def test_auto_lets_the_picture_say_it_itself_where_that_is_wanted_and_only_there() -> None:
    keys = ("kling", "bytedance-seedance")
    said = planned(PICTURE, note(5), keys=keys, model="auto", audio_as="voice")
    assert said.model == "kling-avatar" and said.score is None
    heard = planned(PICTURE, note(5), keys=keys, model="auto", audio_as="reference")
    assert heard.model.startswith("seedance")
    # Without a picture of somebody there is nobody to say it.
    alone = planned(note(5), keys=keys, model="auto", audio_as="voice")
    assert alone.model.startswith("seedance")


def test_a_model_that_is_free_elsewhere_is_not_free_where_a_paid_route_serves_it() -> None:
    keys = ("fal",)
    said = planned(PICTURE, note(5), keys=keys, model="auto", audio_as="voice")
    assert said.model == "kling-avatar"
    led = planned(note(5), keys=keys, model="auto", audio_as="voice")
    assert (led.model, led.purse) == ("ltx-2.3", "paid"), "it moves the lips of whom the words describe"
