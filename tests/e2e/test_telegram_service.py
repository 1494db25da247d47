"""Stories of what Telegram does to a bot: floods, repeats, conflicts, moves, restarts, kills, odd answers."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.http.origin import Origins
from bot.http.server import listen, make_application
from tests.e2e.talkreel import Talkreel, ended
from tests.e2e.telegram_stage import NATIVE, TelegramStage, open_telegram, plain
from tests.fakes.clips import make_voice_note
from tests.fakes.discord import TOKEN as DISCORD_TOKEN
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_methods import ApiError
from tests.fakes.vendor import FakeVendor


async def test_a_card_works_after_a_restart_and_buys_once(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, FakeVendor() as vendor:
        world = telegram.world
        ada = world.person("Ada")
        chat = world.private(ada)
        async with open_telegram(tmp_path, telegram=telegram, vendor=vendor) as stage:
            await stage.allow("direct")
            world.say(ada, chat, "/generate a lighthouse")
            card = await stage.until(chat, "a lighthouse")
            world.press(ada, card, "Model")
            await stage.until(chat, "Which model?")
        # Nobody is there: what is done meanwhile waits at Telegram.
        world.press(ada, card, "Scripted Native")
        async with open_telegram(tmp_path, telegram=telegram, vendor=vendor) as stage:
            await stage.settled(
                lambda: any("Generate · 40 credits" in plain(label) for label in card.labels), "no price"
            )
            first = world.press(ada, card, "Generate")
            world.press(ada, card, "", data=card.button("Generate")["callback_data"])
            clip = await stage.clip(chat)
            assert clip is card and await first.answer() == ""
            await stage.quiet()
            assert len(await stage.jobs(ada)) == 1 and await stage.spent(ada) == 40
            again = world.press(ada, clip, "Details")
            await again.answer()


async def test_flood_control_is_obeyed_and_the_clip_still_comes(tmp_path: Path) -> None:
    async with open_telegram(tmp_path) as stage:
        world = stage.telegram.world
        ben = world.person("Ben")
        group = world.group("Loud", ben)
        await stage.allow(group)
        for method in ("sendMessage", "editMessageMedia"):
            stage.telegram.flood(method, chat=group.id, retry_after=1)
        world.say(ben, group, f"/generate a drum {NATIVE}")
        await stage.clip(group)
        # The fake notes it as wrong if anything is sent before the second has passed.
        assert stage.telegram.calls["editMessageMedia"] == 2
        # Many jobs at once: what only informs is left out before what matters has to wait.
        people = [world.person(f"P{number}") for number in range(2)]
        for one in people:
            world.say(one, group, f"/generate a drum {NATIVE}")
        await stage.settled(
            lambda: len([m for m in group.of_bot() if m.video]) == 3, "clips are missing", seconds=60
        )


async def test_the_same_update_twice_and_edited_commands_make_nothing_twice(tmp_path: Path) -> None:
    async with open_telegram(tmp_path) as stage:
        world = stage.telegram.world
        cleo = world.person("Cleo")
        group = world.group("Echo", cleo)
        await stage.allow(group)
        asked = world.say(cleo, group, f"/generate an echo {NATIVE}")
        await stage.clip(group)
        update = next(one for one in stage.telegram.seen if "message" in one)
        world.repeat(update)
        world.edit(asked, f"/generate two echoes {NATIVE}")
        await stage.quiet()
        assert len(await stage.jobs(cleo)) == 1, "a clip that was asked for stays as it was"
        wrong = world.say(cleo, group, "/generate a horn --seconds nine")
        answer = await stage.until(group, lambda m: m.reply_to == wrong.id)
        assert "Nothing was charged" in answer.text
        world.edit(wrong, f"/generate a horn {NATIVE}")
        clip = await stage.until(group, lambda m: m.video is not None and m.reply_to == wrong.id)
        assert answer.deleted or clip is answer
        assert [job.wish.prompt for job in await stage.jobs(cleo)] == ["a horn", "an echo"]


async def test_another_copy_is_reported_as_such_and_not_as_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_telegram(tmp_path) as stage:
        world = stage.telegram.world
        await stage.settled(lambda: stage.telegram.calls["getUpdates"] > 0, "it does not listen")
        stage.telegram.trouble(
            "getUpdates",
            ApiError(409, "Conflict: terminated by other getUpdates request; make sure that only one"),
        )
        dan = world.person("Dan")
        with caplog.at_level(logging.INFO):
            stage.telegram.end_poll()  # the other copy comes
            await stage.settled(
                lambda: any("Another copy" in record.getMessage() for record in caplog.records), "unsaid"
            )
            notes = await stage.app.store.operator_notes(limit=5)
            assert "operator.telegram_conflict" in [note["key"] for note in notes]
        assert not [record for record in caplog.records if record.exc_info]
        world.say(dan, world.private(dan), "/help")  # the other one has gone again
        await stage.until(world.private(dan), "/generate", seconds=20)


async def test_lost_answers_and_vanished_messages_leave_one_clip_in_the_chat(tmp_path: Path) -> None:
    async with open_telegram(tmp_path) as stage:
        world = stage.telegram.world
        eve = world.person("Eve")
        group = world.group("Shaky", eve)
        await stage.allow(group)
        # It was posted, but the answer was lost: the second try finds that nothing is to be changed.
        stage.telegram.trouble("editMessageMedia", "lost", chat=group.id)
        world.say(eve, group, f"/generate a bell {NATIVE}")
        clip = await stage.clip(group)
        await stage.until(group, "ready")
        assert [m.video is not None for m in group.of_bot()].count(True) == 1
        # The placeholder was deleted by a moderator: the clip comes in a new message.
        stage.vendor.script.add([{"match": {}, "faults": ["run-ms=600"], "uses": 1}])
        world.say(eve, group, f"/generate a gong {NATIVE}")
        holder = await stage.until(group, lambda m: "held" in m.text, after=clip.id)
        world.delete(holder)
        second = await stage.clip(group, after=holder.id)
        assert "gong" not in second.text and second.id != holder.id
        # The topic is gone: nothing lands in another one; its owner is told in private.
        forum = world.forum("Rooms", eve, topics=("Red",))
        await stage.allow(forum)
        topic = next(iter(forum.topics))
        stage.vendor.script.add([{"match": {}, "faults": ["run-ms=600"], "uses": 1}])
        world.say(eve, forum, f"/generate a wall {NATIVE}", topic=topic)
        holder = await stage.until(forum, lambda m: "held" in m.text)
        world.delete(holder)
        del forum.topics[topic]
        await stage.until(world.private(eve), "/history")
        assert [m for m in forum.of_bot() if not m.topic] == []


async def test_a_file_that_telegram_has_is_sent_again_by_its_name(tmp_path: Path) -> None:
    async with open_telegram(tmp_path) as stage:
        world = stage.telegram.world
        gil = world.person("Gil")
        group = world.group("Archive", gil)
        await stage.allow(group)
        world.say(gil, group, f"/generate a shelf {NATIVE}")
        clip = await stage.clip(group)
        for _ in range(2):
            world.press(gil, clip, "Original")
        await stage.settled(lambda: stage.telegram.calls["sendDocument"] == 2, "one file only")
        sent = [values["document"] for name, values in stage.telegram.log if name == "sendDocument"]
        assert sent[0].startswith("attach://") and sent[1] in world.files


async def test_a_clip_larger_than_telegram_takes_is_made_smaller_until_it_fits(tmp_path: Path) -> None:
    async with open_telegram(tmp_path, confirm_above=500) as stage:
        stage.telegram.methods.upload_bytes = 270_000
        ida = stage.telegram.world.person("Ida")
        group = stage.telegram.world.group("Small", ida)
        await stage.allow(group)
        stage.telegram.world.say(ida, group, "/generate a fair --model scripted-native --seconds 8")
        clip = await stage.clip(group)
        assert len(stage.bytes_of(clip)) <= 270_000
        assert stage.telegram.calls["editMessageMedia"] >= 2


async def test_a_server_of_ones_own_lifts_the_limits(tmp_path: Path) -> None:
    local = tmp_path / "server"
    local.mkdir()
    async with FakeTelegram(local_dir=local) as telegram:
        async with open_telegram(
            tmp_path, telegram=telegram, front={"local_mode": True}, max_upload_bytes=30_000_000
        ) as stage:
            world = telegram.world
            hal = world.person("Hal")
            group = world.group("Own", hal)
            await stage.allow(group)
            note = make_voice_note(tmp_path / "note.ogg", seconds=4).read_bytes()
            long = world.send(hal, group, "voice", note, size=21_000_000, duration=4)
            world.say(hal, group, f"/generate a choir {NATIVE}", reply_to=long)
            answer = await stage.until(group, "takes no recording; yours is laid under")
            assert "nothing is held until you confirm" in answer.text
            telegram.methods.upload_bytes = 1000  # of the service; this server is another one
            world.say(hal, group, f"/generate a choir {NATIVE}")
            await stage.clip(group)
            assert (await stage.jobs(hal))[0].destination.limits.upload_bytes == 2_000_000_000


class _Site:
    """The one web server with the front-end's route on it."""

    def __init__(self, stage: TelegramStage) -> None:
        async def ready() -> bool:
            return True

        self.application = make_application(
            origins=Origins(public_url="https://clips.example.org", trusted_proxies=()),
            wording=stage.app.wording,
            routes=[*stage.front.routes()],
            ready=ready,
        )


async def test_a_webhook_call_without_the_secret_is_turned_away_unread(tmp_path: Path) -> None:
    front = {"public_url": "https://clips.example.org"}
    async with open_telegram(tmp_path, front=front) as stage:
        telegram, world = stage.telegram, stage.telegram.world
        async with listen(_Site(stage).application, host="127.0.0.1", port=0) as listening:
            await stage.settled(lambda: bool(telegram.webhook), "no webhook was set")
            assert telegram.webhook["url"] == "https://clips.example.org/telegram"
            ida = world.person("Ida")
            chat = world.private(ida)
            world.say(ida, chat, "/help")
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
                assert await telegram.call_webhook(listening.url, headers) == 403
            await stage.quiet(0.2)
            assert chat.of_bot() == []
            first = dict(world.waiting[0])
            assert await telegram.call_webhook(listening.url) == 200
            await stage.until(chat, "/generate")
            world.repeat(first)  # Telegram did not hear our answer
            assert await telegram.call_webhook(listening.url) == 200
            await stage.quiet(0.2)
            assert len(chat.of_bot()) == 1
        assert telegram.calls["getUpdates"] == 0


async def test_it_starts_while_telegram_cannot_be_reached_and_connects_when_it_can(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram:
        telegram.trouble("getMe", "cut", uses=2)
        async with open_telegram(tmp_path, telegram=telegram) as stage:
            jo = telegram.world.person("Jo")
            telegram.world.say(jo, telegram.world.private(jo), "/start")
            await stage.until(telegram.world.private(jo), "/generate")


@pytest.mark.parametrize(
    "moment", [pytest.param("getUpdates", marks=pytest.mark.whole), "sendMessage", "editMessageMedia"]
)
async def test_a_bot_killed_in_the_middle_goes_on_and_the_clip_comes_once(
    moment: str, tmp_path: Path
) -> None:
    async with FakeTelegram() as telegram, FakeVendor() as vendor:
        world = telegram.world
        kit = world.person("Kit")
        talkreel = Talkreel(
            tmp_path,
            {
                "TELEGRAM_TOKEN": TOKEN,
                "TALKREEL_TELEGRAM_BASE_URL": telegram.url,
                "TALKREEL_OPERATORS": f"telegram:{kit.id}",
                "TALKREEL_HTTP_PORT": "0",
            },
        ).sells(vendor.url)
        chat = world.private(kit)
        world.say(kit, chat, f"/generate a candle {NATIVE}")
        process = talkreel.start("run")
        killed = asyncio.Event()

        async def kill(method: str, values: Mapping[str, Any]) -> None:
            if method == moment and not killed.is_set() and (moment != "getUpdates" or telegram.seen):
                process.send_signal(signal.SIGKILL)
                killed.set()

        telegram.hook = kill
        async with asyncio.timeout(60):
            await killed.wait()
        await asyncio.to_thread(ended, process)
        telegram.hook = None
        process = talkreel.start("run")
        try:
            async with asyncio.timeout(60):
                while True:
                    if any("ready" in m.text for m in chat.of_bot()):
                        break
                    await asyncio.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = await asyncio.to_thread(ended, process)
        clips = [message for message in chat.of_bot() if message.video is not None]
        assert len(clips) == 1, [message.text for message in chat.of_bot()]
        assert len(vendor.memory.tasks) == 1, "bought twice"
        assert "Traceback" not in out + err and TOKEN not in out + err
        assert telegram.wrong == []
        await asyncio.to_thread(talkreel.judge)


async def test_both_chats_run_in_one_process_end_cleanly_and_go_on_where_they_were(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, FakeDiscord() as discord, FakeVendor() as vendor:
        lea = telegram.world.person("Lea")
        chat = telegram.world.private(lea)
        talkreel = Talkreel(
            tmp_path,
            {
                "TELEGRAM_TOKEN": TOKEN,
                "TALKREEL_TELEGRAM_BASE_URL": telegram.url,
                "DISCORD_TOKEN": DISCORD_TOKEN,
                "TALKREEL_DISCORD_BASE_URL": discord.base_url,
                "TALKREEL_OPERATORS": f"telegram:{lea.id}",
                "TALKREEL_HTTP_PORT": "0",
            },
        ).sells(vendor.url)
        vendor.script.add([{"match": {}, "faults": ["run-ms=2500"], "uses": 1}])
        discord.world.guild()
        process = talkreel.start("run")
        async with asyncio.timeout(60):
            await discord.gateway.ready.wait()
        telegram.world.say(lea, chat, f"/generate a bridge {NATIVE}")
        async with asyncio.timeout(60):
            while not vendor.memory.tasks:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.to_thread(ended, process)
        assert process.returncode in (0, 143, -signal.SIGTERM), err
        assert "Traceback" not in out + err and "ERROR" not in err, err
        process = talkreel.start("run")
        try:
            async with asyncio.timeout(60):
                while not any(message.video for message in chat.of_bot()):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = await asyncio.to_thread(ended, process)
        assert "Traceback" not in out + err and "ERROR" not in err, err
        assert len(vendor.memory.tasks) == 1
        assert telegram.wrong == []
