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


def cells(points: tuple[str, ...], sample: frozenset[tuple[str, str]]) -> pytest.MarkDecorator:
    """Every point with makers that know our key and with those that do not; by default only a sample."""
    every = itertools.product(points, ("key", "blind"))
    cell = [pytest.param(*one, marks=() if one in sample else pytest.mark.whole) for one in every]
    return pytest.mark.parametrize(("point", "lost"), cell)


@cells(POINTS, SAMPLE)
async def test_a_bot_that_is_killed_buys_no_sound_twice(point: str, lost: str, tmp_path: Path) -> None:
    last = await two_lives(tmp_path, point, lost, "effect")
    replaced = lost == "blind" and point in UNKNOWN
    assert (last["credits"], last["charged"]) == (27, 25 if replaced else 27)


@cells(POINTS, LIPS_SAMPLE)
async def test_a_bot_that_is_killed_moves_the_lips_of_a_clip_once(
    point: str, lost: str, tmp_path: Path
) -> None:
    note = make_voice_note(tmp_path / "note.wav", seconds=3.0, container="wav")
    last = await two_lives(tmp_path, point, lost, "lips", options={"audio_as": "voice"}, audio=str(note))
    lips_lost = lost == "blind" and point in UNKNOWN
    assert (last["credits"], last["charged"]) == (35, 25 if lips_lost else 35)


@cells(REPAIR_POINTS, REPAIR_SAMPLE)
async def test_a_bot_that_is_killed_mends_a_clip_at_the_operators_cost_once(
    point: str, lost: str, tmp_path: Path
) -> None:
    broken = {"model": "scripted-native", "seconds": "4", "prompt": "a door slams [fault:clip-no-track]"}
    repair = {"TALKREEL_REPAIR_WITH_PAID": "true"}
    last = await two_lives(tmp_path, point, lost, "effect", options=broken, settings=repair)
    assert (last["credits"], last["charged"]) == (40, 40), "the member pays for nothing but the clip"
    assert last["cost_micro_usd"] == 416_000, "the clip and one sound, made or lost"


async def two_lives(
    folder: Path,
    point: str,
    lost: str,
    kind: str,
    *,
    settings: Mapping[str, str] = MappingProxyType({}),
    **wish: Any,
) -> dict[str, Any]:
    """Kill the bot at a point and start it again: one clip came, at most one order, the books are right."""
    async with FakeVendor() as vendor, FakeChat() as chat, SoundBooth() as booth:
        victim: dict[str, int] = {}

        async def hook(moment: str, order: Order) -> None:
            if BY_BOOTH.get(point) == moment and victim.pop("alive", 0):
                os.kill(victim["pid"], signal.SIGKILL)

        booth.hook = hook
        environment = {
            **test_kill.environment(folder, vendor),
            "TALKREEL_CATALOGUE_DIR": str(
                catalogue(folder / "catalogue", CATALOGUE, kinds=(kind,), lost=lost)
            ),
            "TALKREEL_PROVIDERS__BOOTH__BASE_URL": f"{booth.url}/{lost}",
            "BOOTH_API_KEY": GOOD_KEY,
            **settings,
        }
        life = partial(one_life, environment, chat, victim=victim, **wish)
        assert await life(kill=point) is None, "it was never reached"
        last = await life(kill="")
        assert last is not None
        assert last["problems"] == [] and last["sum"] == 0 and last["held"] == 0 and last["scratch"] == []
        assert last["state"] == "delivered" and last["jobs"] == 1, last
        assert len(booth.orders) <= 1, "bought twice"
        with_clip = [message for message in chat.messages.values() if message.media]
        assert len(with_clip) == 1 and len(with_clip[0].media) == 1
        return last


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
