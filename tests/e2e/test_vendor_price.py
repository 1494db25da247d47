"""Where a vendor tells the price of a request before it is made, that price is quoted, held and charged."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.settings import ProviderSettings
from tests.e2e.stage import ADA, CATALOGUE, Stage, open_stage
from tests.fakes.wavespeed import GOOD_KEY, FakeWavespeed

ASK = "/generate a fox --model kling-2.5-turbo --seconds 5"
IMPATIENT = """
[provider]
id = "wavespeed"
poll = { first_seconds = 0.05, every_seconds = 0.05, deadline_seconds = 600 }
"""


@asynccontextmanager
async def wavespeed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Stage, FakeWavespeed]]:
    """A bot whose only way to Kling is WaveSpeed."""
    catalogue = folder / "catalogue"
    shutil.copytree(CATALOGUE, catalogue)
    (catalogue / "wavespeed.toml").write_text(IMPATIENT, "utf-8")
    monkeypatch.setenv("WAVESPEED_API_KEY", GOOD_KEY)
    async with FakeWavespeed() as vendor:
        vendors = {"wavespeed": ProviderSettings(base_url=vendor.url)}
        async with open_stage(folder, vendors=vendors, catalogue=catalogue) as stage:
            yield stage, vendor


async def test_the_vendors_own_price_is_the_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with wavespeed(tmp_path, monkeypatch) as (stage, vendor):
        # The catalogue's row would say 35 credits; the vendor says 5 seconds at 0.11 USD.
        asked = await stage.say(ADA, ASK)
        assert "Price: 55 credits" in asked.text
        assert not vendor.jobs
        job = await stage.ended((await stage.press(ADA, "confirm", asked.quote)).job)
        assert (job.state, job.charged, job.cost_micro_usd) == ("delivered", 55, 550_000)
        assert "wavespeed/kling-2.5-turbo told" in job.plan.price_rows[0]
        assert await stage.spent() == 55


async def test_a_price_that_is_not_told_is_not_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wavespeed(tmp_path, monkeypatch) as (stage, vendor):
        said = await stage.say(ADA, f"{ASK} [fault:no-price]")
        assert "WaveSpeed does not tell the price of Kling 2.5 Turbo just now" in said.text
        assert "Nothing was charged." in said.text
        assert not vendor.jobs and await stage.spent() == 0
