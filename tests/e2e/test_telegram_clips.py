"""Stories on Telegram about clips: from the command to a film that plays in the chat where it was asked for."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest

from tests.e2e.telegram_stage import NATIVE, TelegramStage, open_telegram


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[TelegramStage]:
    async with open_telegram(tmp_path) as opened:
        yield opened


async def test_a_command_in_a_group_becomes_a_clip_that_plays(stage: TelegramStage) -> None:
    world = stage.telegram.world
    ada = world.person("Ada")
    group = world.group("Film club", ada)
    await stage.allow(group)
    asked = world.say(ada, group, f"/generate a cat sings in the rain {NATIVE}")
    clip = await stage.clip(group)
    assert clip.reply_to == asked.id
    assert "40 credits" in clip.text.replace("\u00a0", " ")
    assert clip.labels[:2] == ["Again", "Edit"] or "Again" in clip.labels
    assert clip.video is not None and clip.video["width"] == 320
    with av.open(io.BytesIO(stage.bytes_of(clip)), "r") as film:
        assert film.streams.video and film.streams.audio
    ready = await stage.until(group, lambda m: "ready" in m.text)
    assert ready.reply_to == clip.id
    assert clip.texts[0] != clip.text and len(group.of_bot()) == 2, "one message became the clip"
    assert "record_video" in group.actions
    assert await stage.spent(ada) == 40
