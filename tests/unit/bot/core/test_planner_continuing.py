"""Plans that go on from a clip: taken by the vendor's own id or link, for how long, and at which price."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import Plan, Wish
from bot.core.planner import PlanContext, plan
from providers.base import Made, MediaInput, Mode
from providers.catalogue import load

NOW = 1_795_000_000_000
HOUR = 3_600_000


def context(**changes: Any) -> PlanContext:
    known: dict[str, Any] = {"now_ms": NOW, "today": date(2026, 11, 28)} | changes
    return PlanContext(
        catalogue=load(), house=House(), has_key=lambda _: True, missing_env=lambda _: (), **known
    )


def source(provider: str, *, age_hours: float = 1, seconds: float = 8.0, size: str = "720p") -> MediaInput:
    made = Made(
        provider=provider, remote_id="r-1", at_ms=NOW - int(age_hours * HOUR), job="j1", resolution=size
    )
    return MediaInput(
        role="source-video",
        kind="video",
        path=Path("clip.mp4"),
        mime="video/mp4",
        size_bytes=20_000_001,
        seconds=seconds,
        made=made,
    )


def planned(model: str, mode: Mode, item: MediaInput, prompt: str = "it snows", **options: Any) -> Plan:
    where = {name: options.pop(name) for name in ("links",) if name in options}
    return plan(Wish(prompt=prompt, model=model, mode=mode, media=(item,), **options), context(**where))


def refused(*args: Any, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        planned(*args, **options)
    return caught.value


def test_a_clip_of_the_models_own_goes_by_its_id_whatever_its_size() -> None:
    found = planned("gemini-omni-1.2", "edit", source("google-omni"))
    assert found.request.media[0].made is not None
    assert (found.request.seconds, found.cost_micro_usd) == (8, 560_000)


def test_once_the_vendor_has_dropped_it_the_file_itself_has_to_fit() -> None:
    assert refused("gemini-omni-1.2", "edit", source("google-omni", age_hours=49)).code == "media_too_big"
    small = replace(source("google-omni", age_hours=49), size_bytes=1_000_000)
    assert planned("gemini-omni-1.2", "edit", small).request.media[0].made is None


def test_another_vendors_clip_goes_as_a_file() -> None:
    other = replace(source("kling"), size_bytes=1_000_000)
    assert planned("gemini-omni-1.2", "edit", other).request.media[0].made is None


@pytest.mark.parametrize(("resolution", "micro_usd"), [("1080p", 280_000), ("4k", 1_120_000)])
def test_a_larger_copy_costs_what_the_step_costs(resolution: str, micro_usd: int) -> None:
    found = planned("gemini-omni-1.2", "upscale", source("google-omni"), resolution=resolution)
    assert (found.request.mode, found.request.seconds, found.cost_micro_usd) == ("upscale", 8, micro_usd)
    assert found.request.sound and found.sound_path == "native"


def test_a_larger_copy_is_made_of_720p_only_and_never_by_a_model_without_the_step() -> None:
    large = source("google-omni", size="1080p")
    assert refused("gemini-omni-1.2", "upscale", large).code == "mode_not_offered"
    assert refused("gemini-omni-1.1", "upscale", source("google-omni")).code == "mode_not_offered"
    assert refused("veo-3.1", "upscale", source("google-veo")).code == "mode_not_offered"


def test_an_extension_says_what_it_adds() -> None:
    clip = replace(source("google-veo"), size_bytes=1_000_000)
    found = planned("veo-3.1", "extend", clip)
    assert (found.request.seconds, found.cost_micro_usd) == (7, 2_800_000)
    assert [(note.key, note.facts["seconds"]) for note in found.notes] == [("note.extends", 7)]


def test_a_vendor_that_fetches_clips_may_fetch_its_own_without_an_address_of_ours() -> None:
    found = planned("kling-o1", "edit", source("kling", seconds=5.1))
    assert found.request.media[0].made is not None and found.request.seconds == 5
    assert refused("kling-o1", "edit", source("kling", age_hours=24 * 31)).code == "needs_public_address"
    assert refused("kling-o1", "edit", source("google-veo")).code == "needs_public_address"


def test_an_address_of_ours_comes_first_where_there_is_one() -> None:
    clip = replace(source("kling", seconds=5), size_bytes=1_000_000)
    assert planned("kling-o1", "edit", clip, links=True).request.media[0].made is None
