"""Sora: the maker's service is gone, which is said at once; a service of the operator's makes the clip."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.settings import ProviderSettings
from providers.catalogue import load
from tests.e2e.stage import ADA, CATALOGUE, open_stage
from tests.fakes.openai_sora import GOOD_KEY, FakeSora

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
ASK = "/generate a cat sings --model sora-2 --seconds 4"
PACE = "\npoll = { first_seconds = 0.05, every_seconds = 0.05, deadline_seconds = 600 }\n"


def guide_file() -> str:
    """The file as the operator's guide shows it."""
    found = re.search(r"```toml\n(\[provider\]\nid = \"reels\".*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_retired_service_is_named_before_anything_is_charged(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        said = await stage.say(ADA, ASK)
        assert "Sora 2 was retired by its maker on 2026-09-24; nearest to it: " in said.text
        assert await stage.spent() == 0 and not stage.vendor.memory.tasks


async def test_a_service_at_the_operators_own_address_makes_the_clip_at_the_operators_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, catalogue)
    text = guide_file().replace("link_seconds = 3600\n", "link_seconds = 3600" + PACE)
    (catalogue / "reels.toml").write_text(text, "utf-8")
    monkeypatch.setenv("REELS_API_KEY", GOOD_KEY)
    async with FakeSora() as vendor:
        vendors = {"reels": ProviderSettings(base_url=vendor.base_url)}
        async with open_stage(tmp_path, vendors=vendors, catalogue=catalogue) as stage:
            said = await stage.say(ADA, ASK)
            job = await stage.ended(said.job)
            assert (job.state, job.plan.provider, job.charged) == ("delivered", "reels", 48)
            assert job.clip is not None and job.clip.sound.verdict == "ok"
            assert [one.body["size"] for one in vendor.jobs.values()] == ["1280x720"]
            tall = await stage.say(ADA, ASK.replace("4", "9"))
            assert "seconds cannot be 9 on Sora 2" in tall.text and await stage.spent() == 48


def test_old_jobs_keep_their_names() -> None:
    books = load()
    assert {books.model(name).name for name in ("sora-2", "sora-2-pro")} == {"Sora 2", "Sora 2 Pro"}
    assert not books.provider("openai-sora").adapter
