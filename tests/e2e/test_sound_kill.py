"""kill -9 while a maker of sound works: nothing is bought twice, the clip comes once, the books are right."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.e2e import test_kill
from tests.e2e.stage import CATALOGUE
from tests.fakes.chat import FakeChat
from tests.fakes.clips import make_voice_note
from tests.fakes.sound_booth import GOOD_KEY, Order, SoundBooth, catalogue
from tests.fakes.vendor import FakeVendor

POINTS = (
    "before_sound_intent",
    "after_sound_intent",
    "maker_accepted",
    "sound_answer_unsaved",
    "after_sound_ticket",
    "while_polling",
    "sound_piece_made",
    "sound_made",
)
# A maker that does not know our key cannot tell whether it took the order: another makes the sound.
UNKNOWN = frozenset({"after_sound_intent", "maker_accepted", "sound_answer_unsaved"})
BY_BOOTH = {"maker_accepted": "accept", "while_polling": "poll"}
SAMPLE = frozenset({("sound_answer_unsaved", "blind")})
REPAIR_POINTS = (*POINTS[:-1], "before_repair", "before_settle", "after_settle")
REPAIR_SAMPLE = frozenset({("after_sound_ticket", "key")})
LIPS_SAMPLE = frozenset({("after_sound_ticket", "blind")})


@pytest.mark.parametrize(
    ("point", "lost"),
    [
        pytest.param(*cell, marks=() if cell in SAMPLE else pytest.mark.whole)
        for cell in itertools.product(POINTS, ("key", "blind"))
    ],
)
async def test_a_bot_that_is_killed_buys_no_sound_twice(point: str, lost: str, tmp_path: Path) -> None:
    async with FakeVendor() as vendor, FakeChat() as chat, SoundBooth() as booth:
        victim: dict[str, int] = {}

        async def hook(moment: str, order: Order) -> None:
            if BY_BOOTH.get(point) == moment and victim.pop("alive", 0):
                os.kill(victim["pid"], signal.SIGKILL)

        booth.hook = hook
        folder = catalogue(tmp_path / "catalogue", CATALOGUE, kinds=("effect",), lost=lost)
        environment = {
            **test_kill.environment(tmp_path, vendor),
            "TALKREEL_CATALOGUE_DIR": str(folder),
            "TALKREEL_PROVIDERS__BOOTH__BASE_URL": f"{booth.url}/{lost}",
            "BOOTH_API_KEY": GOOD_KEY,
        }
        assert await one_life(environment, chat, kill=point, victim=victim) is None, "it was never reached"
        last = await one_life(environment, chat, kill="", victim=victim)
        assert last is not None
        assert last["problems"] == [] and last["sum"] == 0 and last["held"] == 0 and last["scratch"] == []
        assert last["state"] == "delivered" and last["jobs"] == 1, last
        assert len(booth.orders) <= 1, "bought twice"
        replaced = lost == "blind" and point in UNKNOWN
        assert last["credits"] == 27
        assert last["charged"] == (25 if replaced else 27)
        with_clip = [message for message in chat.messages.values() if message.media]
        assert len(with_clip) == 1 and len(with_clip[0].media) == 1


@pytest.mark.parametrize(
    ("point", "lost"),
    [
        pytest.param(*cell, marks=() if cell in LIPS_SAMPLE else pytest.mark.whole)
        for cell in itertools.product(POINTS, ("key", "blind"))
    ],
)
async def test_a_bot_that_is_killed_moves_the_lips_of_a_clip_once(
    point: str, lost: str, tmp_path: Path
) -> None:
    make_voice_note(tmp_path / "note.wav", seconds=3.0, container="wav")
    async with FakeVendor() as vendor, FakeChat() as chat, SoundBooth() as booth:
        victim: dict[str, int] = {}

        async def hook(moment: str, order: Order) -> None:
            if BY_BOOTH.get(point) == moment and victim.pop("alive", 0):
                os.kill(victim["pid"], signal.SIGKILL)

        booth.hook = hook
        folder = catalogue(tmp_path / "catalogue", CATALOGUE, kinds=("lips",), lost=lost)
        environment = {
            **test_kill.environment(tmp_path, vendor),
            "TALKREEL_CATALOGUE_DIR": str(folder),
            "TALKREEL_PROVIDERS__BOOTH__BASE_URL": f"{booth.url}/{lost}",
            "BOOTH_API_KEY": GOOD_KEY,
        }
        asked, note = {"audio_as": "voice"}, str(tmp_path / "note.wav")
        life = partial(one_life, environment, chat, victim=victim, options=asked, audio=note)
        assert await life(kill=point) is None, "it was never reached"
        last = await life(kill="")
        assert last is not None
        assert last["problems"] == [] and last["sum"] == 0 and last["held"] == 0 and last["scratch"] == []
        assert last["state"] == "delivered" and last["jobs"] == 1, last
        assert len(booth.orders) <= 1, "bought twice"
        lips_lost = lost == "blind" and point in UNKNOWN
        assert (last["credits"], last["charged"]) == (35, 25 if lips_lost else 35)
        with_clip = [message for message in chat.messages.values() if message.media]
        assert len(with_clip) == 1 and len(with_clip[0].media) == 1


@pytest.mark.parametrize(
    ("point", "lost"),
    [
        pytest.param(*cell, marks=() if cell in REPAIR_SAMPLE else pytest.mark.whole)
        for cell in itertools.product(REPAIR_POINTS, ("key", "blind"))
    ],
)
async def test_a_bot_that_is_killed_mends_a_clip_at_the_operators_cost_once(
    point: str, lost: str, tmp_path: Path
) -> None:
    async with FakeVendor() as vendor, FakeChat() as chat, SoundBooth() as booth:
        victim: dict[str, int] = {}

        async def hook(moment: str, order: Order) -> None:
            if BY_BOOTH.get(point) == moment and victim.pop("alive", 0):
                os.kill(victim["pid"], signal.SIGKILL)

        booth.hook = hook
        folder = catalogue(tmp_path / "catalogue", CATALOGUE, kinds=("effect",), lost=lost)
        environment = {
            **test_kill.environment(tmp_path, vendor),
            "TALKREEL_CATALOGUE_DIR": str(folder),
            "TALKREEL_PROVIDERS__BOOTH__BASE_URL": f"{booth.url}/{lost}",
            "TALKREEL_REPAIR_WITH_PAID": "true",
            "BOOTH_API_KEY": GOOD_KEY,
        }
        broken = {"model": "scripted-native", "seconds": "4", "prompt": "a door slams [fault:clip-no-track]"}
        life = partial(one_life, environment, chat, victim=victim, options=broken)
        assert await life(kill=point) is None, "it was never reached"
        last = await life(kill="")
        assert last is not None
        assert last["problems"] == [] and last["sum"] == 0 and last["held"] == 0 and last["scratch"] == []
        assert last["state"] == "delivered" and last["jobs"] == 1, last
        assert (last["credits"], last["charged"]) == (40, 40), "the member pays for nothing but the clip"
        assert len(booth.orders) <= 1, "bought twice"
        assert last["cost_micro_usd"] == 416_000, "the clip and one sound, made or lost"
        with_clip = [message for message in chat.messages.values() if message.media]
        assert len(with_clip) == 1 and len(with_clip[0].media) == 1


async def one_life(
    environment: dict[str, str],
    chat: FakeChat,
    *,
    kill: str,
    victim: dict[str, int],
    options: Mapping[str, str] = MappingProxyType({}),
    audio: str = "",
) -> dict[str, Any] | None:
    """Run the bot until it ends; None if it was killed."""
    asked = {"prompt": "rain on a roof", "model": "scripted-silent", "seconds": "5", **options}
    wish = {"chat": chat.url, "kill": kill, "options": asked, "audio": audio}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.e2e.bot_process",
        json.dumps(wish),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    victim |= {"pid": process.pid, "alive": int(bool(kill))}
    out, err = await asyncio.wait_for(process.communicate(), 90)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, err.decode()[-3000:]
    answer: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return answer
