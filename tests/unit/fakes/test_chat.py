"""The fake chat: one message per nonce, edits counted, every file remembered by its bytes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.chat import FakeChat, Message


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[FakeChat]:
    async with FakeChat(media_dir=tmp_path / "media") as opened:
        yield opened


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as opened:
        yield opened


def message(nonce: str = "n1", **changes: str) -> dict[str, str]:
    return {"channel": "general", "thread": "t1", "nonce": nonce, "text": "queued"} | changes


async def post(client: httpx.AsyncClient, chat: FakeChat, nonce: str = "n1", **changes: str) -> str:
    answer = await client.post(f"{chat.url}/messages", json=message(nonce, **changes))
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def script(client: httpx.AsyncClient, chat: FakeChat, *rules: dict[str, Any]) -> None:
    answer = await client.post(f"{chat.url}/_script", json=list(rules))
    assert answer.status_code == 200, answer.text


async def test_a_placeholder_becomes_the_clip_by_editing(chat: FakeChat, client: httpx.AsyncClient) -> None:
    number = await post(client, chat)
    await client.patch(f"{chat.url}/messages/{number}", json={"text": "making it, 40 %"})
    clip, poster = b"clip" * 1000, b"jpeg"
    answer = await client.patch(
        f"{chat.url}/messages/{number}",
        data={"text": "done", "facts": json.dumps({"seconds": 4}), "buttons": json.dumps(["again"])},
        files=[("media", ("clip.mp4", clip, "video/mp4")), ("poster", ("p.jpg", poster, "image/jpeg"))],
    )
    assert answer.json() == {"id": number, "edits": 2}
    shown = (await client.get(f"{chat.url}/messages", params={"channel": "general"})).json()["messages"]
    assert len(shown) == 1
    found = chat.messages[number]
    assert (found.posts, found.edits, found.text) == (1, 2, "done")
    assert found.texts == ["queued", "making it, 40 %", "done"]
    assert found.facts == {"seconds": 4} and found.buttons == ["again"]
    assert [item.part for item in found.deliveries] == ["media", "poster"]
    assert found.media[0].size_bytes == 4000
    assert found.media[0].sha256 == hashlib.sha256(clip).hexdigest()
    kept = await client.get(f"{chat.url}/messages/{number}/media/0")
    assert kept.content == clip and kept.headers["Content-Type"] == "video/mp4"


async def test_a_nonce_is_one_message_as_long_as_it_stands(chat: FakeChat, client: httpx.AsyncClient) -> None:
    number = await post(client, chat)
    assert await post(client, chat) == number
    assert chat.messages[number].posts == 2
    assert await post(client, chat, thread="t2") != number
    assert (await client.delete(f"{chat.url}/messages/{number}")).status_code == 204
    assert await post(client, chat) != number
    await client.post(f"{chat.url}/_settings", json={"honour_nonces": False})
    assert await post(client, chat, "n9") != await post(client, chat, "n9")


async def test_an_answer_can_be_lost_after_the_message_was_posted(
    chat: FakeChat, client: httpx.AsyncClient
) -> None:
    await script(client, chat, {"match": {"op": "post", "nth": 1}, "faults": ["lost-cut"]})
    with pytest.raises(httpx.TransportError):
        await post(client, chat)
    assert len(chat.board.shown()) == 1
    assert await post(client, chat) == chat.board.shown()[0].id


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("403", 403, {"error": "forbidden"}),
        ("404", 404, {"error": "unknown_message"}),
        ("413=5000", 413, {"error": "too_large", "limit_bytes": 5000}),
        ("429=1.5", 429, {"error": "rate_limited", "retry_after": 1.5}),
        ("500", 500, {"error": "internal"}),
    ],
)
async def test_a_refused_edit_changes_nothing_and_the_next_one_works(
    chat: FakeChat, client: httpx.AsyncClient, fault: str, status: int, body: dict[str, Any]
) -> None:
    number = await post(client, chat)
    await script(client, chat, {"match": {"op": "edit", "channel": "general"}, "faults": [fault]})
    url = f"{chat.url}/messages/{number}"
    answer = await client.patch(url, json={"text": "done"})
    assert (answer.status_code, answer.json()) == (status, body)
    assert chat.messages[number].text == "queued"
    assert (await client.patch(url, json={"text": "done"})).status_code == 200
    assert chat.messages[number].edits == 1


async def test_an_edit_whose_answer_was_lost_was_made(chat: FakeChat, client: httpx.AsyncClient) -> None:
    number = await post(client, chat)
    await script(client, chat, {"match": {"op": "edit"}, "faults": ["lost-500"]})
    answer = await client.patch(f"{chat.url}/messages/{number}", json={"text": "done"})
    assert answer.status_code == 500 and chat.messages[number].text == "done"


async def test_a_file_above_the_limit_is_refused_with_the_limit(
    chat: FakeChat, client: httpx.AsyncClient
) -> None:
    await client.post(f"{chat.url}/_settings", json={"max_bytes": 1000})
    number = await post(client, chat)
    url = f"{chat.url}/messages/{number}"
    big = await client.patch(url, files={"media": ("clip.mp4", bytes(1001), "video/mp4")})
    assert (big.status_code, big.json()["limit_bytes"]) == (413, 1000)
    assert chat.messages[number].deliveries == []
    fits = await client.patch(url, files={"media": ("clip.mp4", bytes(1000), "video/mp4")})
    assert fits.status_code == 200


async def test_a_moderator_can_delete_the_message_just_before_the_edit(
    chat: FakeChat, client: httpx.AsyncClient
) -> None:
    number = await post(client, chat)
    await script(client, chat, {"match": {"op": "edit", "id": number}, "faults": ["delete-first"]})
    assert (await client.patch(f"{chat.url}/messages/{number}", json={"text": "x"})).status_code == 404
    assert chat.board.shown() == []
    assert await post(client, chat) != number


async def test_a_closed_channel_stays_closed(chat: FakeChat, client: httpx.AsyncClient) -> None:
    rule = {"match": {"op": "post", "channel": "locked"}, "faults": ["403"], "uses": 0}
    await script(client, chat, rule)
    for _ in range(3):
        answer = await client.post(f"{chat.url}/messages", json=message(channel="locked"))
        assert answer.status_code == 403
    assert (await client.post(f"{chat.url}/messages", json=message())).status_code == 201


async def test_words_that_look_like_faults_are_only_words(chat: FakeChat, client: httpx.AsyncClient) -> None:
    await post(client, chat, text="a cat [fault:lost-cut]")
    assert chat.board.shown()[0].text == "a cat [fault:lost-cut]"


async def test_a_hook_sees_the_message_before_the_answer(chat: FakeChat, client: httpx.AsyncClient) -> None:
    seen: list[tuple[str, str]] = []

    async def hook(op: str, found: Message) -> None:
        seen.append((op, found.text))

    chat.hook = hook
    number = await post(client, chat)
    await client.patch(f"{chat.url}/messages/{number}", json={"text": "done"})
    assert seen == [("post", "queued"), ("edit", "done")]


async def test_bad_requests_name_the_field(chat: FakeChat, client: httpx.AsyncClient) -> None:
    without = await client.post(f"{chat.url}/messages", json={"text": "hello"})
    assert (without.status_code, without.json()["field"]) == (400, "channel")
    number = await post(client, chat)
    odd = await client.patch(f"{chat.url}/messages/{number}", files={"film": ("a", b"a", "video/mp4")})
    assert (odd.status_code, odd.json()["field"]) == (400, "film")
    bad = await client.post(f"{chat.url}/_script", json=[{"faults": ["no-such-fault"]}])
    assert bad.status_code == 400


async def test_as_a_process_it_survives_a_restart_and_kills_who_it_is_told_to(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.fakes.chat", "--state", str(tmp_path / "chat.jsonl")]

    async def start() -> tuple[asyncio.subprocess.Process, str]:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        return process, line.decode().split()[1]

    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    process, url = await start()
    rule = {"match": {"op": "post"}, "faults": [f"kill={victim.pid}"]}
    await client.post(f"{url}/_script", json=[rule])
    first = (await client.post(f"{url}/messages", json=message())).json()["id"]
    assert await asyncio.wait_for(victim.wait(), 10) == -signal.SIGKILL
    process.kill()
    await process.wait()
    process, url = await start()
    again = (await client.post(f"{url}/messages", json=message())).json()
    assert again == {"id": first, "repeated": True}
    log = (await client.get(f"{url}/_log")).json()
    assert [(item["id"], item["posts"]) for item in log["messages"]] == [(first, 2)]
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0
