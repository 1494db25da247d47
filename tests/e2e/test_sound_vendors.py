"""Sound for silent clips by the makers that are shipped: what reaches each vendor, and what is heard then."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bot.core.model import Job
from tests.e2e.stage import CATALOGUE, Stage
from tests.e2e.street import Street, open_street
from tests.e2e.test_links import Served, served
from tests.e2e.test_sound_makers import FreeMaker, free, heard, strength
from tests.fakes import elevenlabs

__all__ = ["free"]  # a fixture
ALL = 'Rain on a tin roof. A woman says: "Did you hear it?" @3.5s door slam, music: slow sad piano'


@asynccontextmanager
async def among(
    folder: Path,
    *vendors: str,
    keys: Mapping[str, str] = MappingProxyType({}),
    facts: Mapping[str, str] = MappingProxyType({}),
    **more: Any,
) -> AsyncIterator[tuple[Served, Street]]:
    """A bot with a public address that makes silent clips and knows these makers of sound.

    Args:
        folder: of the bot.
        vendors: who has a stall.
        keys: in place of the good ones.
        facts: what the operator adds to a stall's file, by its name.
        more: of the operator's settings.
    """
    async with open_street(folder, vendors) as street:
        for file in CATALOGUE.glob("*.toml"):
            (street.catalogue_dir / file.name).write_text(file.read_text("utf-8"), "utf-8")
        for name, text in facts.items():
            with (street.catalogue_dir / name).open("a", encoding="utf-8") as file_of_the_stall:
                file_of_the_stall.write(text)
        async with served(
            folder / "bot",
            keys=street.keys | dict(keys),
            vendors=street.settings["providers"],
            catalogue=street.catalogue_dir,
            confirm_above=100_000,
            **more,
        ) as bot:
            yield bot, street


async def made(stage: Stage, words: str) -> Job:
    """A clip of the silent model that has its sound."""
    job = await stage.buy(f"/generate {words} --model scripted-silent --seconds 5")
    assert job.state == "delivered" and job.clip is not None and job.clip.sound.verdict == "ok", job
    return job


def sent(vendor: Any, path: str) -> list[Any]:
    """The bodies of all calls to a path."""
    return [call.body for call in vendor.seen if call.path.startswith(path)]


async def test_each_piece_of_a_sound_is_bought_where_it_is_made(tmp_path: Path, free: FreeMaker) -> None:
    async with among(tmp_path, "elevenlabs", "fal") as (bot, street):
        job = await made(bot.stage, ALL)
        eleven, fal = street.stalls["elevenlabs"].vendor, street.stalls["fal"].vendor
        assert [body["text"] for body in sent(eleven, "/v1/text-to-speech/")] == ["Did you hear it?"]
        assert [body["text"] for body in sent(eleven, "/v1/sound-generation")] == ["door slam"]
        (music,) = sent(eleven, "/v1/music")
        assert "slow sad piano" in music["prompt"] and music["music_length_ms"] == 5000
        # Others could make rain from words; this one sees the picture.
        (bed,) = fal.bodies
        assert "rain" in bed["prompt"].lower() and bed["duration"] == pytest.approx(5, abs=0.1)
        assert bed["negative_prompt"], "what is said and played is not made a second time"
        (clip,) = fal.stored.values()
        assert clip[4:8] == b"ftyp", "the silent clip itself"
        assert job.clip is not None
        assert strength(heard(bot.stage.app.blobs.path(job.clip.blob)), 440.0, 1.0, 4.0) > 0.001
        assert free.asked == [] and job.plan.score is not None
        # 16 characters, an effect, five seconds of music, five seconds of what is seen
        assert job.plan.score.cost_micro_usd == pytest.approx(1600 + 120_000 + 25_000 + 5000, abs=300)


async def test_kling_fetches_the_clip_from_an_address_that_serves_it(tmp_path: Path, free: FreeMaker) -> None:
    async with among(tmp_path, "kling") as (bot, street):
        job = await made(bot.stage, "rain on a tin roof, no music")
        (body,) = sent(street.stalls["kling"].vendor, "/v1/audio/video-to-audio")[:1]
        assert body["video_url"].startswith(bot.base)
        status, clip, headers = await bot.get(body["video_url"])
        assert (status, headers["Content-Type"], clip[4:8]) == (200, "video/mp4", b"ftyp")
        assert bot.base not in str(bot.stage.readings(job.id)) and free.asked == []


async def test_an_empty_account_is_told_once_and_the_clip_is_not_left_without_its_words(
    tmp_path: Path, free: FreeMaker
) -> None:
    broke = {"ELEVENLABS_API_KEY": elevenlabs.BROKE_KEY}
    async with among(tmp_path, "elevenlabs", keys=broke) as (bot, street):
        job = await made(bot.stage, 'A woman says: "Did you hear it?"')
        assert [one.kind for one in free.asked].count("speech") == 1
        assert street.stalls["elevenlabs"].vendor.jobs == {} and job.plan.score is not None
        assert await bot.stage.spent() == job.plan.credits - job.plan.score.credits
        assert await bot.stage.notes() == ["The account at elevenlabs has no funds left."]
