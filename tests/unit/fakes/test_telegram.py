"""The fake Telegram is as strict as it says: what the service would refuse, it refuses, in the same words."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.clips import make_clip
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import SPEC, Mismatch, check, spec


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


async def call(telegram: FakeTelegram, method: str, *, token: str = TOKEN, **given: Any) -> dict[str, Any]:
    form = aiohttp.FormData()
    for name, value in given.items():
        if isinstance(value, bytes):
            form.add_field(name, value, filename=f"{name}.bin")
        else:
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{telegram.url}/bot{token}/{method}", data=form if given else None) as got:
            answer: dict[str, Any] = await got.json(content_type=None)
            return {"status": got.status, **answer}


def test_the_description_is_the_one_that_the_page_names() -> None:
    page = (SPEC.parent / "README.md").read_text("utf-8").partition("## Telegram")[2]
    assert hashlib.sha256(SPEC.read_bytes()).hexdigest() in re.findall(r"`([0-9a-f]{64})`", page)
    assert spec()["version"] == "Bot API 10.1"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"chat_id": 1, "text": "x", "colour": "red"}, "no parameter"),
        ({"chat_id": 1}, "needs text"),
        ({"chat_id": 1, "text": "x", "message_thread_id": "one"}, "is no Integer"),
        ({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"txt": "a"}]]}}, "has no"),
        ({"chat_id": 1, "text": "x", "photo": b"abc"}, "no parameter"),
    ],
)
async def test_every_parameter_is_checked(
    telegram: FakeTelegram, given: dict[str, Any], complaint: str
) -> None:
    answer = await call(telegram, "sendMessage", **given)
    assert answer["status"] == 400 and complaint in answer["description"]
    assert complaint in telegram.wrong[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": " "}, "message text is empty"),
        ({"text": "🎬" * 2049}, "message is too long"),
        ({"text": "x", "message_thread_id": 1}, "message thread not found"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_what_the_service_refuses_it_refuses_in_its_words(
    telegram: FakeTelegram, given: dict[str, Any], words: str
) -> None:
    group = telegram.world.forum("Rooms", topics=("Red",))
    answer = await call(telegram, "sendMessage", chat_id=group.id, **given)
    assert (answer["error_code"], answer["description"]) == (400, f"Bad Request: {words}")


async def test_wrong_tokens_and_methods(telegram: FakeTelegram) -> None:
    assert (await call(telegram, "getMe", token="700000001:AAWrongTokenButWellFormed_0123"))["status"] == 401
    assert (await call(telegram, "getMe", token="nonsense"))["status"] == 404
    assert (await call(telegram, "getCoffee"))["status"] == 400 and telegram.wrong


async def test_updates_wait_until_they_are_confirmed_and_a_second_caller_ends_the_first(
    telegram: FakeTelegram,
) -> None:
    world = telegram.world
    ada = world.person("Ada")
    first = asyncio.create_task(call(telegram, "getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(call(telegram, "getUpdates", timeout=20))
    assert (await first)["error_code"] == 409
    world.say(ada, world.private(ada), "hello")
    (update,) = (await second)["result"]
    again = await call(telegram, "getUpdates")
    assert again["result"] == [update], "it comes until it is confirmed"
    assert (await call(telegram, "getUpdates", offset=update["update_id"] + 1))["result"] == []
    check("Update", update)


async def test_a_video_must_say_what_it_is(telegram: FakeTelegram, tmp_path: Path) -> None:
    ada = telegram.world.person("Ada")
    clip = make_clip(tmp_path / "clip.mp4", seconds=1.0, width=64, height=48, faststart=True).read_bytes()
    facts: dict[str, Any] = {"width": 64, "height": 48, "duration": 1, "supports_streaming": True}
    await call(telegram, "sendVideo", chat_id=ada.id, video=clip, **facts)
    assert telegram.wrong == ["there is no thumbnail"]
    telegram.wrong.clear()
    await call(telegram, "sendVideo", chat_id=ada.id, video=clip, **{**facts, "width": 48, "duration": 9})
    assert len(telegram.wrong) == 3


async def test_people_who_block_the_bot_and_groups_that_moved_say_so(telegram: FakeTelegram) -> None:
    world = telegram.world
    ada, shy = world.person("Ada"), world.person("Shy", started=False)
    group = world.group("Club", ada, kind="group")
    world.member_changed(world.private(ada), ada, "kicked")
    said = [(await call(telegram, "sendMessage", chat_id=id, text="x")) for id in (ada.id, shy.id)]
    assert [one["description"] for one in said] == [
        "Forbidden: bot was blocked by the user",
        "Forbidden: bot can't initiate conversation with a user",
    ]
    new = world.migrate(group, ada)
    moved = await call(telegram, "sendMessage", chat_id=group.id, text="x")
    assert moved["parameters"] == {"migrate_to_chat_id": new.id}


def test_an_update_that_is_none_is_noticed() -> None:
    with pytest.raises(Mismatch):
        check("Update", {"update_id": 1, "message": {"message_id": 1, "date": 1}})
