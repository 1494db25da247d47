"""Pictures become what a vendor takes, free of what a camera wrote into them, or are refused in time."""

from __future__ import annotations

import base64
import io
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from bot.settings import ProviderSettings
from tests.e2e.stage import ADA, CATALOGUE, Stage, open_stage
from tests.fakes.bytedance_seedance import GOOD_KEY, FakeArk

ASK = "/generate she turns around --model seedance-2.0-mini --seconds 4 --resolution 480p"
IMPATIENT = """
[provider]
id = "bytedance-seedance"
poll = { first_seconds = 0.05, every_seconds = 0.05, deadline_seconds = 600 }
"""


@asynccontextmanager
async def seedance(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Stage, FakeArk]]:
    """A bot that knows Seedance."""
    catalogue = folder / "catalogue"
    shutil.copytree(CATALOGUE, catalogue)
    (catalogue / "bytedance-seedance.toml").write_text(IMPATIENT, "utf-8")
    monkeypatch.setenv("ARK_API_KEY", GOOD_KEY)
    async with FakeArk() as ark:
        vendors = {"bytedance-seedance": ProviderSettings(base_url=ark.url)}
        async with open_stage(folder, vendors=vendors, catalogue=catalogue) as stage:
            yield stage, ark


def photo(path: Path, size: tuple[int, int]) -> Path:
    """A photograph as a telephone takes it: lying on its side, with a place and a name in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # has to be turned by 90 degrees
    exif[0x013B] = "Ada Lovelace"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    Image.new("RGB", size, (90, 120, 40)).save(path, exif=exif)
    return path


def sent(ark: FakeArk) -> Image.Image:
    """The picture that reached the vendor."""
    parts = ark.bodies[-1]["content"]
    (url,) = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2])))


async def test_a_photograph_is_turned_shrunk_and_stripped_before_a_vendor_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seedance(tmp_path, monkeypatch) as (stage, ark):
        path = photo(tmp_path / "holiday.jpg", (6500, 4000))
        said = await stage.say(ADA, ASK, files={"image": [path]})
        job = await stage.ended(said.job, seconds=60)
        assert job.state == "delivered", (job.state, job.outcome, said.text)
        picture = sent(ark)
        assert picture.size == (3692, 6000)
        assert not picture.getexif() and picture.format == "JPEG"
        assert "holiday" not in str(ark.bodies) and "Ada" not in str(ark.bodies)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((320, 200), "The picture is 200×320; at least 300 pixels a side are needed."),
        ((2400, 600), "The picture is 600×2400; at most 1:2.5 is taken, so crop it."),
    ],
)
async def test_a_picture_that_cannot_be_sent_is_refused_before_anything_is_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], wanted: str
) -> None:
    async with seedance(tmp_path, monkeypatch) as (stage, ark):
        said = await stage.say(ADA, ASK, files={"image": [photo(tmp_path / "hero.jpg", size)]})
        assert wanted in said.text and "Nothing was charged." in said.text
        assert not ark.bodies and await stage.spent() == 0
