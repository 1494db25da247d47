"""The chat page as its visitors meet it, without a browser: one bubble per clip, everybody's own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.core.records import Rule
from tests.e2e.web_stage import Visitor, open_web
from tests.fakes.clips import make_clip, make_image, make_voice_note
from tests.fakes.vendor import FakeVendor

CLIP = "/generate a door slams --model scripted-native --seconds 4"
SPOKEN = '/generate She says: "Good morning" and then "Good night" --model scripted-native --seconds 4'


async def hear(socket: aiohttp.ClientWebSocketResponse, *, until: str) -> list[dict[str, Any]]:
    """Everything that is told until a message of this kind (or "ready") comes."""
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        async for frame in socket:
            event = json.loads(frame.data)
            heard.append(event)
            if until in (event["type"], event.get("message", {}).get("kind")):
                return heard
    raise AssertionError("the connection ended")


async def test_one_bubble_goes_from_quote_over_progress_to_the_clip(tmp_path: Path) -> None:
    async with open_web(tmp_path, confirm_above=10) as stage:
        await stage.allow()
        ada = stage.persona(await stage.operator(), "ada")
        before = (await ada.get("/chat/balance")).body["short"]
        quote = await ada.ask(CLIP, "quote")
        assert any("Price: " in line for line in quote["lines"])
        async with ada.events(quote["changed"]) as socket:
            assert (await ada.press(quote, "confirm")).body == {}
            kinds = [
                event["message"]["kind"]
                for event in await hear(socket, until="clip")
                if event["type"] == "message"
            ]
        assert set(kinds) == {"progress", "clip"}
        clip = await ada.until("clip")
        assert clip["id"] == quote["id"]
        assert clip["clip"]["width"] > 0 and clip["clip"]["sound"]
        assert len(await ada.messages()) == 2
        after = (await ada.get("/chat/balance")).body["short"]
        paid = [{one["purse"]: one["have"] for one in balance}["paid"] for balance in (before, after)]
        assert paid[0] > paid[1]


async def test_a_clip_is_served_in_parts_as_what_it_is_and_never_to_others(tmp_path: Path) -> None:
    async with open_web(tmp_path) as stage:
        await stage.allow()
        browser = await stage.operator()
        ada, ben = stage.persona(browser, "ada"), stage.persona(browser, "ben")
        clip = await ada.ask(SPOKEN, "clip")
        path = f"/chat/clips/{clip['job']}"
        whole = await ada.get(f"{path}/video")
        assert whole.status == 200 and whole.headers["Content-Type"] == "video/mp4"
        assert whole.headers["X-Content-Type-Options"] == "nosniff"
        assert whole.headers["Content-Disposition"].startswith("inline")
        assert "sandbox" in whole.headers["Content-Security-Policy"]
        part = await ada.get(f"{path}/video", Range="bytes=100-199")
        assert part.status == 206 and part.body == whole.body[100:200]
        assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.body)}"
        saved = await ada.get(f"{path}/video", download="1")
        assert saved.headers["Content-Disposition"] == f'attachment; filename="talkreel-{clip["job"]}.mp4"'
        assert (await ada.get(f"{path}/poster")).headers["Content-Type"] == "image/jpeg"
        captions = (await ada.get(f"{path}/captions")).body
        assert captions.startswith("WEBVTT") and captions.count("-->") == 2 and "Good morning" in captions
        for name in ("video", "poster", "captions", "original"):
            assert (await ben.get(f"{path}/{name}")).status == 404
        assert (await ada.get(f"{path}/secrets")).status == 404


async def test_nobody_sees_hears_or_presses_what_is_anothers(tmp_path: Path) -> None:
    async with open_web(tmp_path, confirm_above=0) as stage:
        await stage.allow()
        browser = await stage.operator()
        ada, ben = stage.persona(browser, "ada"), stage.persona(browser, "ben")
        image = await asyncio.to_thread(make_image, tmp_path / "cat.png", width=640, height=360)
        async with ben.events() as socket:
            await hear(socket, until="ready")
            quote = await ada.ask(CLIP, "quote")
            await ada.ask("/help", "refusal", {"image": image})
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await socket.receive()
        assert await ben.messages() == []
        stolen = await ben.press(quote, "confirm")
        assert stolen.status == 422 and "button" in stolen.body["error"]
        shown = next(m for m in await ada.messages() if m["files"])
        assert (await ada.get(f"/chat/files/{shown['id']}/0")).headers["Content-Type"] == "image/png"
        assert (await ben.get(f"/chat/files/{shown['id']}/0")).status == 404
        assert (await ada.until("quote"))["id"] == quote["id"]


async def test_of_two_people_with_one_last_clip_one_gets_it(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        await stage.allow()
        browser = await stage.operator()
        ada, ben = stage.persona(browser, "ada"), stage.persona(browser, "ben")
        pool = Rule(server="direct", kind="server", credits=await cost(ada), period="day")
        await stage.app.store.set_rule(pool, actor="operator")
        one, two = await asyncio.gather(ada.send(CLIP), ben.send(CLIP))
        assert one.status == two.status == 200
        for who in (ada, ben):
            await who.until(lambda m: m["kind"] in ("progress", "refusal"))
        last = [messages[-1] for messages in (await ada.messages(), await ben.messages())]
        assert sorted(message["kind"] for message in last) == ["progress", "refusal"]
        refused = next(message for message in last if message["kind"] == "refusal")
        assert "Nothing was charged." in refused["lines"]


async def cost(visitor: Visitor) -> int:
    """The price of the clip, as the model list tells it."""
    models = (await visitor.get("/chat/models", typed=CLIP)).body["models"]
    found = next(model for model in models if model["id"] == "scripted-native")
    assert found["usable"]
    return int(found["price"].split()[0])


async def test_a_page_that_was_away_hears_what_it_missed_and_nothing_twice(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        ada = stage.persona(await stage.operator(), "ada")
        first = await ada.ask("/credits", "notice")
        await ada.ask("/help", "list")
        async with ada.events(first["changed"]) as socket:
            missed = [e["message"] for e in await hear(socket, until="ready") if e["type"] == "message"]
            assert [(m["mine"], m["kind"]) for m in missed] == [(True, "sent"), (False, "list")]
            await ada.ask("/history", "list")
            live = await hear(socket, until="list")
        assert [e["message"]["kind"] for e in live] == ["sent", "working", "list"]
        async with ada.events(live[-1]["message"]["changed"]) as socket:
            assert await hear(socket, until="ready") == [{"type": "ready"}]


async def test_the_same_message_sent_again_after_a_broken_connection_is_one(tmp_path: Path) -> None:
    async with open_web(tmp_path) as stage:
        await stage.allow()
        ada = stage.persona(await stage.operator(), "ada")
        for _ in range(3):
            assert (await ada.send(CLIP, key="the-same-key")).status == 200
        await ada.until("clip")
        assert [message["kind"] for message in await ada.messages()] == ["sent", "clip"]
        assert len(stage.vendor.memory.tasks) == 1


async def test_a_restart_in_the_middle_keeps_the_bubble_and_brings_the_clip_into_it(tmp_path: Path) -> None:
    async with FakeVendor() as vendor:
        vendor.script.add([{"match": {}, "faults": ["run-ms=900"], "uses": 1}])
        async with open_web(tmp_path, vendor=vendor) as stage:
            await stage.allow()
            browser = await stage.operator()
            ada = stage.persona(browser, "ada")
            going = await ada.ask(CLIP, "progress")
            kept = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}
        async with open_web(tmp_path, vendor=vendor) as stage:
            cookie = "; ".join(f"{key}={value}" for key, value in kept.items())
            ada = stage.persona(await stage.stranger(Cookie=cookie), "ada")
            clip = await ada.until("clip")
            assert clip["id"] == going["id"] and clip["place"] == going["place"]
            assert len(await ada.messages()) == 2
            assert clip["changed"] > going["changed"]
            assert (await ada.get(f"/chat/clips/{clip['job']}/video")).status == 200
        assert len(vendor.memory.tasks) == 1


async def test_a_message_that_was_being_read_at_a_crash_says_so(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        ada = stage.persona(await stage.operator(), "ada")
        answer = await ada.ask("/help", "list")
        await stage.desktop.chatlog.change(
            "web:ada", answer["id"], lambda now: now and type(now)(**{**vars(now), "kind": "working"})
        )
        kept = {cookie.key: cookie.value for cookie in ada.session.cookie_jar}
    async with open_web(tmp_path, work=False) as stage:
        cookie = "; ".join(f"{key}={value}" for key, value in kept.items())
        ada = stage.persona(await stage.stranger(Cookie=cookie), "ada")
        said = (await ada.messages())[-1]
        assert said["kind"] == "notice" and "restarted" in said["lines"][0]


async def test_an_answer_to_a_voice_note_or_a_clip_takes_over_what_is_not_said_anew(tmp_path: Path) -> None:
    async with open_web(tmp_path) as stage:
        await stage.allow()
        ada = stage.persona(await stage.operator(), "ada")
        note = await asyncio.to_thread(make_voice_note, tmp_path / "note.ogg", seconds=4.0)
        clip = await ada.ask(CLIP, "clip")
        sent = await ada.send("", {"audio": note}, reply_to=clip["id"])
        mine = sent.body["message"]["id"]
        answer = await ada.until(
            lambda m: m["reply_to"] == mine and m["kind"] in ("refusal", "quote", "progress", "clip")
        )
        # The same words and model: the model of the clip takes no recordings, and says so.
        assert any("recording" in line for line in answer["lines"]), answer
        again = await ada.send("/generate a choir --model scripted-speech --seconds 4", reply_to=mine)
        second = again.body["message"]["id"]
        answer = await ada.until(lambda m: m["reply_to"] == second and m["kind"] != "working")
        assert "empty" not in " ".join(answer["lines"])
        by_hand = await ada.send("foley at=0.5s gain=-6dB", {"audio": note}, reply_to=clip["id"])
        third = by_hand.body["message"]["id"]
        answer = await ada.until(lambda m: m["reply_to"] == third and m["kind"] == "clip")
        assert any("It cost nothing." in line for line in answer["lines"]), answer


async def test_again_details_and_cancel_do_what_they_say(tmp_path: Path) -> None:
    async with open_web(tmp_path) as stage:
        await stage.allow()
        ada = stage.persona(await stage.operator(), "ada")
        clip = await ada.ask(CLIP, "clip")
        details = (await ada.press(clip, "details")).body
        assert details["kind"] == "list" and any("LUFS" in line for line in details["lines"])
        assert set((await ada.press(clip, "again")).body) == {"message"}
        second = await ada.until(lambda m: m["kind"] == "clip" and m["job"] != clip["job"])
        assert second["id"] != clip["id"]
        stage.vendor.script.add([{"match": {}, "faults": ["run-ms=3000"], "uses": 1}])
        going = await ada.ask(CLIP, "progress")
        said = (await ada.press(going, "cancel")).body
        assert said["kind"] == "notice"
        stale = await ada.press(clip, "details")
        assert stale.status == 200


async def test_the_page_is_told_of_commands_models_and_their_prices(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        ada = stage.persona(await stage.operator(), "ada")
        hello = (await ada.get("/chat/hello")).body
        generate = next(command for command in hello["commands"] if command["name"] == "generate")
        assert {option["name"] for option in generate["options"]} >= {"prompt", "model", "audio", "sound"}
        assert hello["words"]["send"] == "Send"
        short, long = [
            {model["id"]: model for model in (await ada.get("/chat/models", typed=typed)).body["models"]}
            for typed in ("a cat --seconds 4", "a cat --seconds 8")
        ]
        name = "scripted-native"
        assert int(short[name]["price"].split()[0]) < int(long[name]["price"].split()[0])
        assert short["animatic"]["price"] == "free"


async def test_the_page_speaks_the_browsers_language(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        browser = await stage.operator()
        browser.session.headers["Accept-Language"] = "es-MX,es;q=0.9,en;q=0.5"
        page = (await browser.get("/", Accept="text/html")).body
        assert '<html lang="es">' in page and "¿Qué quieres ver y oír?" in page
        assert (await browser.ask("/help", "list"))["rows"][0].startswith("/generate")


async def test_a_file_that_is_no_use_is_named_and_nothing_is_charged(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        ada = stage.persona(await stage.operator(), "ada")
        answer = await ada.ask("a cat", "refusal", {"image": b"<svg onload=alert(1)>"})
        assert "kind of file is not known" in answer["lines"][0]
        mine = (await ada.messages())[0]
        assert mine["files"][0]["kept"] is False
        assert (await ada.get(f"/chat/files/{mine['id']}/0")).status == 404
        assert stage.scratch() == []


async def test_a_video_as_a_picture_is_refused_by_its_bytes(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        ada = stage.persona(await stage.operator(), "ada")
        film = await asyncio.to_thread(make_clip, tmp_path / "film.mp4", seconds=1.0)
        film = film.rename(tmp_path / "film.png")
        answer = await ada.ask("a cat", "refusal", {"image": film})
        assert "a picture is needed" in answer["lines"][0]


async def test_all_open_pages_of_a_person_are_told_and_there_is_a_limit(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        browser = await stage.operator()
        ada = stage.persona(browser, "ada")
        sockets = []
        for _ in range(24):
            context = ada.events()
            sockets.append((context, await context.__aenter__()))
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with ada.events():
                pass
        assert refused.value.status == 429
        await ada.send("/help")
        for _, socket in sockets:
            await hear(socket, until="list")
        for context, _ in sockets:
            await context.__aexit__(None, None, None)
