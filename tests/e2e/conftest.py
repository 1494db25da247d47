"""The stage for stories about the whole bot; it is audited at the end of every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.discord_stage import DiscordStage, open_discord
from tests.e2e.stage import Stage, open_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot with a server whose members may spend plenty."""
    async with open_stage(tmp_path) as opened:
        yield opened


@pytest.fixture
async def discord_stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    """The bot on a fake Discord, with a server whose members may spend plenty."""
    async with open_discord(tmp_path) as opened:
        yield opened
