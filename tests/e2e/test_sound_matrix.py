"""Every shipped silent model with every shipped maker of sound: what is asked for is heard and measured."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.core.model import Job
from bot.media import listening
from providers.catalogue import load
from tests.e2e.stage import ADA, Stage
from tests.e2e.street import Street
from tests.e2e.test_sound_makers import ASKS, RATE, FreeMaker, heard, judged
from tests.e2e.test_sound_makers import free as quick_maker
from tests.e2e.test_sound_vendors import among
from tests.fakes import elevenlabs
from tests.fakes.clips import make_image
from tests.fakes.synced import at_16_khz
from tests.fakes.verifiers import needs_ffmpeg

__all__ = ["quick_maker"]  # a fixture

SILENT = (
    "kling-2.5-turbo",
    "kling-o1",
    "hailuo-2.3",
    "hailuo-2.3-fast",
    "hailuo-02",
    "pixverse-v5",
    "skyreels-v4-fast",
)
HOMES = ("kling", "minimax-hailuo", "pixverse", "kunlun-skyreels")
# The stall that is opened beside the models' own, and who is asked.
MAKERS = {
    "elevenlabs": ("elevenlabs", ("elevenlabs",)),
    "gateway": ("suno-gateway", ("suno-gateway",)),
    "foley": ("fal", ("fal/mmaudio",)),
    "built-in": ("", ("animatic",)),
    "all failing": ("elevenlabs", ("elevenlabs",)),
}
# Prices that nobody knows are the operator's to set.
HAILUO_PRICE = """
[[model]]
id = "hailuo-02"
[[model.price]]
since = 2026-11-01
unit = "clip"
amount = "0.49"
"""
GATEWAY_PRICE = """
[[sound]]
id = "music"
[[sound.price]]
since = 2026-11-01
unit = "clip"
amount = "0.06"
"""


def test_the_models_of_the_matrix_are_all_that_make_no_sound() -> None:
    catalogue = load()
    silent = {
        model.id
        for model in catalogue.models()
        if not model.enlarges_only
        and any(route.provider in HOMES for route in model.routes)
        and not any(
            True in shape.sound
            for route in model.routes
            for shape in route.shapes
            if "edit" not in shape.modes  # a clip that is changed keeps its own
        )
    }
    assert silent == set(SILENT)


def cells(maker: str, whole: bool) -> list[tuple[str, str]]:
    """Models and asks for a maker: all, or a sample with every ask of every model."""
    column = list(MAKERS).index(maker)
    return [
        (model, ask)
        for (row, model), (number, ask) in product(enumerate(SILENT), enumerate(ASKS))
        if whole or (row + number) % len(MAKERS) == column
    ]


@needs_ffmpeg
@pytest.mark.parametrize("maker", MAKERS)
async def test_every_silent_model_is_heard_as_planned_whoever_makes_its_sound(
    tmp_path: Path, maker: str, whole: bool, request: pytest.FixtureRequest
) -> None:
    stall, asked = MAKERS[maker]
    quick = None if maker == "built-in" else request.getfixturevalue("quick_maker")
    keys = {"ELEVENLABS_API_KEY": elevenlabs.BROKE_KEY} if maker == "all failing" else {}
    more: dict[str, Any] = {"budget_usd_day": 1000, "budget_usd_month": 1000, "sound_with": asked}
    facts = {"minimax-hailuo.toml": HAILUO_PRICE}
    if maker == "gateway":
        facts["suno-gateway.toml"] = GATEWAY_PRICE
    stalls = (*HOMES, *([stall] if stall else []))
    async with among(tmp_path, *stalls, keys=keys, facts=facts, **more) as (bot, street):
        if maker == "all failing":
            assert isinstance(quick, FreeMaker)
            quick.broken = True
        for model, ask in cells(maker, whole):
            cell = f"{model}: {ask} by {maker}"
            job = await clip_of(bot.stage, model, ASKS[ask], tmp_path)
            assert job.state == "delivered", cell
            if maker == "all failing":
                await given_back(bot.stage, job, cell)
                continue
            await judged(bot.stage, job, cell)
            if maker == "built-in":
                speaks_where_planned(bot.stage, job, cell)
        asked_of(street, maker)


async def clip_of(stage: Stage, model: str, words: str, folder: Path) -> Job:
    """A clip of a model that starts from words, or from a picture where it must."""
    still = make_image(folder / "still.png", width=1280, height=720)
    files = {"image": [still]} if model == "hailuo-2.3-fast" else {}
    said = await stage.say(ADA, f"/generate {words} --model {model}", files=files)
    while said.reply.kind == "quote":
        said = await stage.press(ADA, "confirm", said.quote)
    return await stage.ended(said.job, seconds=90)


async def given_back(stage: Stage, job: Job, cell: str) -> None:
    """Nobody could make a sound: the clip is silent, says so, and the sound's price is not charged."""
    assert job.clip is not None and job.plan.score is not None, cell
    assert not job.clip.info.has_audio and "· silent" in stage.read(job.id), cell
    due = job.plan.score.credits or job.plan.sound_credits
    assert job.clip.refunded_credits == due > 0, cell
    assert job.charged == job.plan.credits - due, cell


def speaks_where_planned(stage: Stage, job: Job, cell: str) -> None:
    """A detector of speech that knows nothing of the plan hears the line where it was placed."""
    assert job.clip is not None
    sound = heard(stage.clip_of(job.id))
    spoken = listening.spoken(at_16_khz(sound.astype(np.float32)))
    assert spoken is not None, "the detector belongs to the packages of the tests"
    per_second = len(spoken) / (len(sound) / RATE)
    for piece in job.clip.pieces:
        if piece.role == "voice":
            start = piece.at_seconds or 0.0
            assert any(spoken[round(start * per_second) : round((start + 2) * per_second)]), cell


def asked_of(street: Street, maker: str) -> None:
    """The maker of this column was really asked."""
    if maker == "elevenlabs":
        assert street.stalls["elevenlabs"].vendor.jobs
    elif maker == "gateway":
        assert street.stalls["suno-gateway"].vendor.jobs
    elif maker == "foley":
        assert street.stalls["fal"].vendor.bodies
