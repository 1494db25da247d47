"""kill -9 at every arrow: nothing is bought twice, posted twice or lost, and the books are right.

A cell is a kill point × what the vendor does × how a lost submit is resolved. The default run takes a
sample in which every pair of values occurs; TALKREEL_TEST=all takes every cell.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.chat import FakeChat
from tests.fakes.vendor import GOOD_KEY, FakeVendor

CHARACTERS = ("key", "lookup", "blind")
ENDS = ("succeeds", "fails")
# The engine's own points, in the order in which a job comes by.
POINTS = (
    "before_reserve",
    "after_reserve",
    "claimed",
    "before_placeholder",
    "placeholder_unsaved",
    "before_intent",
    "after_intent",
    "vendor_accepted",
    "answer_unsaved",
    "after_ticket",
    "while_polling",
    "done_seen",
    "before_download",
    "while_downloading",
    "downloaded",
    "before_store",
    "stored",
    "before_settle",
    "after_settle",
    "before_post",
    "chat_accepted",
    "posted_unsaved",
    "delivered",
    "before_release_message",
    "before_release",
    "after_release",
)
ONLY_SUCCESS = frozenset(POINTS[POINTS.index("done_seen") : POINTS.index("delivered") + 1])
ONLY_FAILURE = frozenset(POINTS[POINTS.index("before_release_message") :])
# A blind provider cannot tell whether it took the order: these end with the credits given back.
UNKNOWN = frozenset({"after_intent", "vendor_accepted", "answer_unsaved"})
BY_OTHERS = {"vendor_accepted": "accept", "while_polling": "poll", "while_downloading": "file"}


def cells() -> Iterator[tuple[str, str, str]]:
    """All cells, or a sample with every point, and every pair of end and character often."""
    every = [
        (point, end, character)
        for point, end, character in itertools.product(POINTS, ENDS, CHARACTERS)
        if not (point in ONLY_SUCCESS and end == "fails")
        and not (point in ONLY_FAILURE and end == "succeeds")
    ]
    if os.environ.get("TALKREEL_TEST") == "all":
        yield from every
        return
    for index, point in enumerate(POINTS):
        mine = [cell for cell in every if cell[0] == point]
        yield mine[index % len(mine)]
        if point in UNKNOWN:
            yield from (cell for cell in mine if cell[1] == "succeeds" and cell != mine[index % len(mine)])


@pytest.mark.parametrize(("point", "end", "character"), list(cells()))
async def test_a_bot_that_is_killed_finishes_the_job_after_its_restart(
    point: str, end: str, character: str, tmp_path: Path
) -> None:
    async with FakeVendor() as vendor, FakeChat() as chat:
        killed: list[int] = []
        victim: dict[str, int] = {}

        async def vendor_hook(moment: str, task: object) -> None:
            if BY_OTHERS.get(point) == moment and not killed:
                killed.append(victim["pid"])
                os.kill(victim["pid"], signal.SIGKILL)

        async def chat_hook(moment: str, message: Any) -> None:
            if point == "chat_accepted" and moment == "edit" and message.media and not killed:
                killed.append(victim["pid"])
                os.kill(victim["pid"], signal.SIGKILL)

        vendor.desk.hook = vendor_hook
        chat.hook = chat_hook
        if end == "fails":
            vendor.script.add([{"match": {}, "faults": ["end-failed"]}])
        first = await one_life(tmp_path, vendor, chat, character, kill=point, victim=victim)
        assert first is None, f"the kill point {point} was never reached: {first}"
        last = await one_life(tmp_path, vendor, chat, character, kill="", victim=victim)
        assert last is not None
        judge(last, vendor, chat, point=point, end=end, character=character)


def judge(
    last: dict[str, Any], vendor: FakeVendor, chat: FakeChat, *, point: str, end: str, character: str
) -> None:
    """What must be true whatever happened."""
    assert last["problems"] == []
    assert last["sum"] == 0
    assert last["held"] == 0
    assert last["jobs"] == 1
    assert last["ended"]
    assert last["scratch"] == []
    tasks = list(vendor.memory.tasks.values())
    assert len(tasks) <= 1, "bought twice"
    with_clip = [message for message in chat.messages.values() if message.media]
    assert len(with_clip) <= 1, "posted twice"
    unknown = point in UNKNOWN and character == "blind"
    nothing_there = point == "after_intent" and character == "lookup"
    if end == "succeeds" and not unknown and not nothing_there:
        assert last["state"] == "delivered", last
        assert last["charged"] == last["credits"] > 0
        assert last["blob"]
        assert len(tasks) == 1
        assert len(with_clip) == 1
        assert len(with_clip[0].media) == 1
    else:
        assert last["state"] == "released", last
        assert last["charged"] == 0
        assert with_clip == []
        told = [message for message in chat.messages.values() if "charged" in message.text.lower()]
        assert told, [message.text for message in chat.messages.values()]
    if unknown or nothing_there:
        assert last["outcome"] == "outcome_unknown"


async def one_life(
    folder: Path,
    vendor: FakeVendor,
    chat: FakeChat,
    character: str,
    *,
    kill: str,
    victim: dict[str, int],
) -> dict[str, Any] | None:
    """Run the bot until it ends; None if it was killed."""
    wish = {"chat": chat.url, "kill": kill, "options": {"prompt": "a door slams", **choice(character)}}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.e2e.bot_process",
        json.dumps(wish),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(folder, vendor),
    )
    victim["pid"] = process.pid
    out, err = await asyncio.wait_for(process.communicate(), 90)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, err.decode()[-3000:]
    answer: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return answer


def choice(character: str) -> dict[str, Any]:
    """A model that only this character sells."""
    ending = {"key": "native", "lookup": "native-lookup", "blind": "native-blind"}[character]
    return {"model": f"scripted-{ending}", "seconds": "4"}


def environment(folder: Path, vendor: FakeVendor) -> dict[str, str]:
    """A clean environment with the vendor's addresses and key."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    extra = {
        "TALKREEL_DATA_DIR": str(folder / "data"),
        "TALKREEL_CATALOGUE_DIR": str(Path(__file__).parents[1] / "fakes" / "catalogue"),
        "TALKREEL_MEDIA_WORKERS": "1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    for character in CHARACTERS:
        name = f"TALKREEL_PROVIDERS__SCRIPTED_{character.upper()}__BASE_URL"
        extra[name] = f"{vendor.url}/{character}"
        extra[f"SCRIPTED_{character.upper()}_API_KEY"] = GOOD_KEY
    return kept | extra
