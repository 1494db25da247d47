"""The fake Discord refuses what Discord refuses; otherwise the stories on it would prove little."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord import TOKEN, FakeDiscord
from tests.fakes.discord_world import ATTACH, SEND, VIEW, Channel, Interaction

HEADERS = {"Authorization": f"Bot {TOKEN}", "User-Agent": "DiscordBot (https://example.org, 1)"}


@dataclass
class Caller:
    """Somebody who speaks to the API without a library."""

    discord: FakeDiscord
    session: aiohttp.ClientSession
    channel: Channel

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and body."""
        async with self.session.request(method, self.discord.base_url + path, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def send(self, **body: Any) -> tuple[int, Any]:
        """Write into the channel."""
        return await self.call("POST", f"/channels/{self.channel.id}/messages", json=body)

    async def upload(self, data: bytes, **file: Any) -> tuple[int, Any]:
        """Write with a file."""
        form = aiohttp.FormData(quote_fields=False)
        described = {"id": 0, "filename": "a.mp4", **file}
        form.add_field("payload_json", json.dumps({"content": "x", "attachments": [described]}))
        form.add_field("files[0]", data, filename="a.mp4", content_type="application/octet-stream")
        return await self.call("POST", f"/channels/{self.channel.id}/messages", data=form)

    def interaction(self, kind: int = 2) -> Interaction:
        """An interaction that was just begun."""
        world = self.discord.world
        one = Interaction(
            id=world.snowflake(),
            token=f"token{world.snowflake()}",
            type=kind,
            user=world.user("Ada").id,
            channel=self.channel.id,
            guild=self.channel.guild,
            created_ms=world.now_ms(),
        )
        world.interactions[one.token] = one
        return one

    async def answer(self, one: Interaction, **body: Any) -> tuple[int, Any]:
        """The first answer to an interaction."""
        return await self.call("POST", f"/interactions/{one.id}/{one.token}/callback", json=body)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with FakeDiscord() as discord, aiohttp.ClientSession(headers=HEADERS) as session:
        yield Caller(discord, session, discord.world.channel(discord.world.guild()))


def button(custom_id: str = "t:again:x", label: str = "Again") -> dict[str, Any]:
    return {"type": 2, "style": 1, "custom_id": custom_id, "label": label}


def row(*inside: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(inside)}


async def test_a_plain_message_is_taken(caller: Caller) -> None:
    assert (await caller.send(content="hello", components=[row(button())]))[0] == 200
    assert caller.discord.complaints == []


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2001},
        {"content": "x", "colour": "red"},
        {"content": 7, "components": "none"},
        {"content": "x", "nonce": "x" * 26},
        {"content": "x", "components": [row(button("x" * 101))]},
        {"content": "x", "components": [row(button(label="x" * 81))]},
        {"content": "x", "components": [row(button(), button())]},
        {"content": "x", "components": [row(*(button(f"t:again:{n}") for n in range(6)))]},
        {"content": "x", "components": [row(button(f"t:again:{n}")) for n in range(6)]},
    ],
)
async def test_a_body_beyond_the_limits_is_refused_and_remembered(
    caller: Caller, body: dict[str, Any]
) -> None:
    status, answer = await caller.send(**body)
    assert (status, answer["code"]) == (400, 50035)
    assert caller.discord.complaints


async def test_places_have_their_own_refusals(caller: Caller) -> None:
    assert (await caller.send(content=""))[1]["code"] == 50006
    for denied, code in ((VIEW, 50001), (SEND, 50013)):
        caller.channel.denied = denied
        assert (await caller.send(content="x"))[1]["code"] == code
    caller.channel.denied = ATTACH
    assert (await caller.send(content="x"))[0] == 200
    assert (await caller.upload(b"x"))[1]["code"] == 50013
    caller.channel.denied = 0
    assert (await caller.call("POST", "/channels/7/messages", json={"content": "x"}))[1]["code"] == 10003
    path = f"/channels/{caller.channel.id}/messages/7"
    assert (await caller.call("PATCH", path, json={"content": "x"}))[1]["code"] == 10008
    closed = caller.discord.world.user("Ben", takes_direct_messages=False)
    direct = await caller.call("POST", "/users/@me/channels", json={"recipient_id": str(closed.id)})
    path = f"/channels/{direct[1]['id']}/messages"
    assert (await caller.call("POST", path, json={"content": "x"}))[1]["code"] == 50007
    assert (await caller.call("GET", "/users/@me", headers={"Authorization": "Bot other"}))[0] == 401
    assert caller.discord.complaints == []


async def test_files_over_the_limit_and_links_without_a_signature_are_refused(caller: Caller) -> None:
    caller.discord.world.guilds[caller.channel.guild].upload_bytes = 100
    assert (await caller.upload(b"x" * 101))[1]["code"] == 40005
    status, message = await caller.upload(b"x" * 100, description="a door")
    assert status == 200 and message["attachments"][0]["description"] == "a door"
    url = message["attachments"][0]["url"]
    async with caller.session.get(url) as answer:
        assert await answer.read() == b"x" * 100
    async with caller.session.get(url.partition("?")[0]) as answer:
        assert answer.status == 404
    caller.discord.world.ahead_ms += 25 * 3_600_000
    async with caller.session.get(url) as answer:
        assert answer.status == 404


async def test_the_same_nonce_sends_one_message_for_a_few_minutes(caller: Caller) -> None:
    body = {"content": "x", "nonce": "abc", "enforce_nonce": True}
    first, second = await caller.send(**body), await caller.send(**body)
    assert first[1]["id"] == second[1]["id"]
    caller.discord.world.ahead_ms += 6 * 60_000
    assert (await caller.send(**body))[1]["id"] != first[1]["id"]


async def test_an_interaction_is_acknowledged_once_in_three_seconds_and_answered_for_fifteen_minutes(
    caller: Caller,
) -> None:
    world = caller.discord.world
    late = caller.interaction()
    world.ahead_ms += 3500
    assert (await caller.answer(late, type=5))[1]["code"] == 10062
    one = caller.interaction()
    original = f"/webhooks/{world.application}/{one.token}/messages/@original"
    assert (await caller.call("PATCH", original, json={"content": "x"}))[1]["code"] == 10015
    assert (await caller.answer(one, type=5, data={"flags": 64}))[0] == 204
    assert (await caller.answer(one, type=5))[1]["code"] == 40060
    assert (await caller.call("PATCH", original, json={"content": "x"}))[0] == 200
    world.ahead_ms += 15 * 60_000
    assert (await caller.call("PATCH", original, json={"content": "y"})) == (
        401,
        {"message": "Invalid Webhook Token", "code": 50027},
    )


async def test_too_many_calls_are_told_when_to_come_again(caller: Caller) -> None:
    caller.discord.desk.rate = (2, 5.0)
    path = f"/channels/{caller.channel.id}/messages"
    for left in ("1", "0"):
        async with caller.session.post(caller.discord.base_url + path, json={"content": "x"}) as answer:
            assert answer.headers["X-RateLimit-Remaining"] == left
    async with caller.session.post(caller.discord.base_url + path, json={"content": "x"}) as answer:
        assert answer.status == 429 and float(answer.headers["Retry-After"]) > 0
        assert answer.headers["Via"] and (await answer.json())["retry_after"] > 0


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Shout", "description": "x", "type": 1},
        {"name": "a b", "description": "x", "type": 1},
        {"name": "a", "description": "x" * 101, "type": 1},
        {"name": "a", "description": "x", "type": 1, "name_localizations": {"es-ES": "Á"}},
        {
            "name": "a",
            "description": "x",
            "type": 1,
            "options": [
                {"type": 3, "name": "one", "description": "x"},
                {"type": 3, "name": "two", "description": "x", "required": True},
            ],
        },
    ],
)
async def test_commands_that_discord_would_not_list_are_refused(
    caller: Caller, command: dict[str, Any]
) -> None:
    path = f"/applications/{caller.discord.world.application}/commands"
    assert (await caller.call("PUT", path, json=[command]))[0] == 400
