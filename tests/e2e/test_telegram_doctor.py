"""`talkreel doctor` on Telegram: what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.frontends.telegram.check import Finding, examine
from tests.e2e.talkreel import Talkreel
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_methods import ApiError

PUBLIC = "https://clips.example.org"


def by_name(found: tuple[Finding, ...]) -> dict[str, Finding]:
    return {one.name: one for one in found}


async def test_each_trouble_is_named_with_its_remedy_and_the_token_never() -> None:
    async with FakeTelegram() as telegram:
        found = by_name(await examine(TOKEN, telegram.url))
        assert {one.state for one in found.values()} == {"ok"}
        assert found["token"].detail == "accepted, the bot is @TalkreelTestBot"
        assert found["updates"].detail == "by long polling, 0 waiting"
        (wrong,) = await examine("700000001:AAWrongTokenButWellFormed_0123", telegram.url)
        assert (wrong.state, wrong.detail) == ("wrong", "Telegram does not accept TELEGRAM_TOKEN")
        telegram.world.privacy = False
        telegram.methods.hook_info = {
            "url": f"{PUBLIC}/telegram",
            "last_error_date": 1,
            "last_error_message": "SSL error",
        }
        found = by_name(await examine(TOKEN, telegram.url, public_url=PUBLIC))
        assert found["privacy"].detail == "off, and that is not needed"
        assert found["webhook"].detail == f"Telegram could not reach {PUBLIC}: SSL error"
        telegram.trouble("getMe", ApiError(502, "Bad Gateway"))
        (down,) = await examine(TOKEN, telegram.url)
        assert down.detail == "Telegram answers with status 502"
        assert telegram.calls["getUpdates"] == 0, "asking would end the running bot's own asking"
        address = telegram.url
    (gone,) = await examine(TOKEN, address)
    assert gone.state == "wrong" and TOKEN not in gone.detail


async def test_the_command_says_it_in_lines(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram:
        settings = {"TELEGRAM_TOKEN": TOKEN, "TALKREEL_TELEGRAM_BASE_URL": telegram.url}
        said = await asyncio.to_thread(Talkreel(tmp_path, settings).run, "doctor")
    assert "ok       telegram token: accepted, the bot is @TalkreelTestBot" in said.out
    assert TOKEN not in "\n".join(said.lines)
