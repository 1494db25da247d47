"""Everybody's own pages, galleries, and the buttons under a clip that ask or hand over, without a browser."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.web_stage import Visitor, WebStage, open_web

CLIP = "/generate a door slams --model scripted-native --seconds 4"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[WebStage]:
    async with open_web(tmp_path) as stage:
        await stage.allow()
        yield stage


async def submit(visitor: Visitor, message: dict[str, Any], form: dict[str, Any], **answers: str) -> Any:
    """Fill in a form that stands under a message."""
    values = {field["name"]: field["value"] for field in form["fields"]} | answers
    body = {
        "message": message["id"], "action": form["action"], "target": form["target"], "values": values,
        "key": "filled-in-" + form["action"],
    }  # fmt: skip
    return await visitor.post("/chat/submit", body)


async def test_history_and_receipts_are_ones_own_and_add_up(web: WebStage) -> None:
    browser = await web.operator()
    ada, ben = web.persona(browser, "ada"), web.persona(browser, "ben")
    clip = await ada.ask(CLIP, "clip")
    (job,) = (await ada.get("/data/mine")).body["jobs"]
    assert (job["id"], job["said"]) == (clip["job"], "delivered")
    assert job["prompt"] == "a door slams" and job["clip"]["sound"] == "sound by the model"
    assert (await ben.get("/data/mine")).body["jobs"] == []
    hold, settle = reversed((await ada.get("/data/receipts")).body["entries"])
    assert (hold["said"], settle["said"]) == ("hold", "charge")
    assert hold["amount"] == settle["amount"] and {hold["job"], settle["job"]} == {clip["job"]}
    assert not {"debit", "credit", "actor"} & hold.keys()
    assert (await ben.get("/data/receipts")).body["entries"] == []
    again = await ada.post("/data/again", {"job": clip["job"], "key": "once-more-1"})
    assert set(again.body) == {"message"}
    second = await ada.until(lambda m: m["id"] == again.body["message"] and m["kind"] == "clip")
    assert second["job"] != clip["job"]
    stolen = await ben.post("/data/again", {"job": clip["job"], "key": "stolen-one"})
    assert stolen.status == 422 and stolen.body["error"].startswith("You have no clip")


async def test_a_gallery_is_closed_until_it_is_opened_and_members_keep_clips_out(web: WebStage) -> None:
    browser = await web.operator()
    ada, ben = web.persona(browser, "ada"), web.persona(browser, "ben")
    clip = await ada.ask(CLIP, "clip")
    video = f"/chat/clips/{clip['job']}/video"
    assert (await ben.get("/data/gallery")).body["places"] == []
    assert (await ben.get("/data/gallery", server="direct")).status == 404
    assert (await ben.get(video)).status == 404
    assert (await browser.post("/data/gallery", {"server": "direct", "open": True})).status == 200
    (hung,) = (await ben.get("/data/gallery")).body["clips"]
    assert (hung["id"], hung["person"], hung["prompt"]) == (clip["job"], "ada", "a door slams")
    assert hung["model"] == "Scripted Native" and hung["clip"]["sound"] == "sound by the model"
    assert (await ben.get(video)).status == 200
    again = await ben.post("/data/again", {"job": clip["job"], "key": "again-by-ben"})
    assert again.status == 200
    own = await ben.until(lambda m: m["kind"] == "clip")
    assert own["job"] != clip["job"]
    # Only its maker keeps a clip out.
    assert (await ben.post("/data/withhold", {"job": clip["job"], "hidden": True})).status == 422
    assert (await ada.post("/data/withhold", {"job": clip["job"], "hidden": True})).status == 200
    assert [one["id"] for one in (await ben.get("/data/gallery")).body["clips"]] == [own["job"]]
    assert (await ben.get(video)).status == 404 and (await ada.get(video)).status == 200
    assert (await ben.post("/data/again", {"job": clip["job"], "key": "no-longer-1"})).status == 422
    await ada.post("/data/withhold", {"job": clip["job"], "hidden": False})
    assert len((await ben.get("/data/gallery")).body["clips"]) == 2
    for label, left in (("Keep out of the gallery", 1), ("Show in the gallery", 2)):
        told = await ada.ask(f"/job {clip['job']}", "list")
        assert label in [said for _, _, said in told["buttons"]]
        await ada.press(told, "withhold")
        assert len((await ben.get("/data/gallery")).body["clips"]) == left
    await browser.post("/data/gallery", {"server": "direct", "open": False})
    assert (await ben.get(video)).status == 404


async def test_edit_asks_in_a_form_and_makes_the_clip_anew(web: WebStage) -> None:
    browser = await web.operator()
    ada, ben = web.persona(browser, "ada"), web.persona(browser, "ben")
    clip = await ada.ask(CLIP, "clip")
    asked = (await ada.press(clip, "edit")).body
    form = asked["form"]
    assert asked["kind"] == "form" and form["submit"]
    fields = {field["name"]: field for field in form["fields"]}
    assert fields["prompt"]["value"] == "a door slams" and fields["prompt"]["long"]
    assert any(choice["hint"] for choice in fields["model"]["choices"])
    wrong = (await submit(ada, clip, form, seconds="banana")).body
    assert wrong["kind"] == "refusal" and "whole number" in wrong["lines"][0]
    assert "charged" in wrong["lines"][1]
    made = await submit(ada, clip, form, prompt="a door opens slowly")
    assert set(made.body) == {"message"}
    second = await ada.until(lambda m: m["id"] == made.body["message"] and m["kind"] == "clip")
    assert (await web.app.store.job(second["job"])).wish.prompt == "a door opens slowly"  # type: ignore[union-attr]
    # The same filled-in form sent twice makes one clip.
    assert (await submit(ada, clip, form, prompt="a door opens slowly")).body == made.body
    assert len(web.vendor.memory.tasks) == 2
    assert (await submit(ben, clip, form)).status == 422
    assert (await ada.post("/chat/submit", {"message": clip["id"], "action": "edit"})).status == 400


async def test_another_model_is_chosen_with_its_price(web: WebStage) -> None:
    ada = web.persona(await web.operator(), "ada")
    clip = await ada.ask(CLIP, "clip")
    form = (await ada.press(clip, "other-model")).body["form"]
    (field,) = form["fields"]
    hints = {choice["value"]: choice["hint"] for choice in field["choices"]}
    assert "scripted-native" not in hints
    model, hint = next((value, hint) for value, hint in hints.items() if value.startswith("scripted"))
    assert "credit" in hint
    made = await submit(ada, clip, form, model=model)
    second = await ada.until(lambda m: m["id"] == made.body.get("message") and m["kind"] in ("clip", "quote"))
    assert second["id"] != clip["id"]


async def test_a_file_is_handed_to_the_one_who_asked(web: WebStage) -> None:
    browser = await web.operator()
    ada, ben = web.persona(browser, "ada"), web.persona(browser, "ben")
    clip = await ada.ask(CLIP, "clip")
    if "original" not in [name for name, _, _ in clip["buttons"]]:
        pytest.fail("the vendor's file differs from what is shown, so it can be had")
    handed = (await ada.press(clip, "original")).body["file"]
    got = await ada.get(handed["path"])
    assert got.status == 200 and len(got.body) == handed["bytes"]
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert (await ben.get(handed["path"])).status == 404
    assert (await ada.get("/chat/handed/guessed")).status == 404


async def test_delete_asks_first_and_takes_the_clip_away(web: WebStage) -> None:
    ada = web.persona(await web.operator(), "ada")
    clip = await ada.ask(CLIP, "clip")
    path = f"/chat/clips/{clip['job']}/video"
    answer = await ada.press(clip, "delete")
    question = await ada.until(lambda m: m["id"] == answer.body["message"])
    assert question["kind"] == "quote" and (await ada.get(path)).status == 200
    await ada.press(question, "confirm")
    gone = await ada.until(lambda m: m["id"] == clip["id"] and m["kind"] == "notice")
    assert gone["clip"] is None and gone["buttons"] == []
    assert (await ada.get(path)).status == 404
    (job,) = (await ada.get("/data/mine")).body["jobs"]
    assert job["clip"] is None


async def test_values_of_an_option_come_with_their_prices(web: WebStage) -> None:
    ada = web.persona(await web.operator(), "ada")
    typed = "a cat --model scripted-native "
    seconds = (await ada.get("/chat/values", option="seconds", typed=typed)).body["values"]
    prices = {one["value"]: int(one["note"].split()[0]) for one in seconds if one["usable"]}
    assert len(prices) > 1 and list(prices.values()) == sorted(prices.values())
    told = (await ada.get("/chat/price", typed=f"{typed}--seconds {max(prices, key=int)}")).body
    assert told["ok"] and f"{max(prices.values())} credits" in told["text"]
    for option in ("aspect", "resolution"):
        found = (await ada.get("/chat/values", option=option, typed=typed)).body["values"]
        assert found and all(one["note"] for one in found), option
    # What a recording can be for: this one hears none, and nothing here makes a voice of one.
    said = {
        one["value"]: one
        for one in (await ada.get("/chat/values", option="audio_as", typed=typed)).body["values"]
    }
    assert said["soundtrack"]["usable"] and not said["reference"]["usable"] and not said["voice"]["usable"]
    assert "takes no recording as reference" in said["reference"]["note"]
    hears = (await ada.get("/chat/values", option="audio_as", typed="a cat --model scripted-voice ")).body[
        "values"
    ]
    assert "reference" in [one["value"] for one in hears if one["usable"]]
    impossible = (await ada.get("/chat/price", typed="a cat --model scripted-native --seconds 3000")).body
    assert not impossible["ok"] and "3,000" in impossible["text"].replace("3000", "3,000")
    assert (await ada.get("/chat/price", typed="")).body == {}
    assert (await ada.get("/chat/values", option="prompt")).status == 400
    assert await web.app.store.open_jobs() == ()


async def test_an_answer_to_any_message_takes_over_what_it_does_not_say(web: WebStage) -> None:
    ada = web.persona(await web.operator(), "ada")
    refusal = await ada.ask("a door slams --model scripted-native --seconds 999", "refusal")
    sent = await ada.send("--seconds 4", reply_to=refusal["id"])
    mine = sent.body["message"]["id"]
    clip = await ada.until(lambda m: m["reply_to"] == mine and m["kind"] == "clip")
    job = await web.app.store.job(clip["job"])
    assert job is not None and (job.wish.prompt, job.plan.model) == ("a door slams", "scripted-native")
    help_ = await ada.ask("/help", "list")
    sent = await ada.send("/credits", reply_to=help_["id"])
    mine = sent.body["message"]["id"]
    assert (await ada.until(lambda m: m["reply_to"] == mine and m["kind"] == "notice"))["lines"]


async def own(visitor: Visitor, command: str, **options: str) -> Any:
    """Give a command of the page about one's data."""
    return await visitor.post("/data/own", {"command": command, "key": f"own-{command}-1", **options})


async def test_everything_kept_of_somebody_is_handed_to_them_alone(web: WebStage) -> None:
    browser = await web.operator()
    ada, ben = web.persona(browser, "ada"), web.persona(browser, "ben")
    clip = await ada.ask(CLIP, "clip")
    told = (await own(ada, "export")).body
    packed = zipfile.ZipFile(io.BytesIO((await ada.get(told["file"]["path"])).body))
    assert f"clips/{clip['job']}.mp4" in packed.namelist()
    facts = json.loads(packed.read("talkreel.json"))
    assert [one["wish"]["prompt"] for one in facts["clips"]] == ["a door slams"]
    assert (await ben.get(told["file"]["path"])).status == 404
    assert (await own(ben, "quota set")).status == 400
    typed = await ada.ask("/export", "notice")
    assert (await ada.get(typed["file"]["path"])).status == 200


async def test_whoever_asks_to_be_forgotten_is_asked_once_more_and_then_gone(web: WebStage) -> None:
    browser = await web.operator()
    ada = web.persona(browser, "ada")
    clip = await ada.ask(CLIP, "clip")
    asked = (await own(ada, "forget")).body
    ((action, target, label), _) = asked["buttons"]
    assert action == "confirm" and label
    assert len(await ada.messages()) == 2
    async with ada.events(clip["changed"]) as socket:
        body = {"action": action, "target": target, "key": "forget-me-1"}
        assert (await ada.post("/data/own/press", body)).status == 200
        kinds = []
        async with asyncio.timeout(10):
            while "cleared" not in kinds:
                kinds.append(json.loads((await socket.receive()).data)["type"])
    assert await ada.messages() == []
    assert (await ada.get("/data/mine")).body["jobs"] == []
    assert (await ada.get(f"/chat/clips/{clip['job']}/video")).status == 404
    assert (await web.app.store.audit(day_start_ms=0, month_start_ms=0)).problems == ()


async def test_an_admin_of_pages_who_is_forgotten_is_none_any_more(web: WebStage) -> None:
    operator = await web.operator()
    made = (await operator.post("/data/login", {"name": "maria", "admin_of": "direct"})).body
    maria = await web._enter(web.base + made["address"])
    assert (await maria.get("/data/jobs", server="direct")).status == 200
    await maria.ask("/help", "list")
    asked = (await own(maria, "forget")).body
    body = {"action": "confirm", "target": asked["buttons"][0][1], "key": "forget-me-2"}
    assert (await maria.post("/data/own/press", body)).status == 200
    assert (await maria.get("/data/jobs", server="direct")).status == 403
    log = (await operator.get("/data/log")).body["changes"]
    assert not any("maria" in change["detail"] for change in log)


async def test_a_clip_of_the_history_is_shown_again_and_its_pages_are_turned_in_place(web: WebStage) -> None:
    ada = web.persona(await web.operator(), "ada")
    clips = [await ada.ask(CLIP, "clip") for _ in range(2)]
    asked = await ada.ask(f"/job {clips[1]['job']}", "list")
    shown = (await ada.press(asked, "show")).body
    again = await ada.until(lambda m: m["id"] == shown["message"])
    assert again["kind"] == "clip" and again["clip"]["width"] > 0 and again["job"] == clips[1]["job"]
    listed = await ada.ask("/history --count 1", "list")
    assert (await ada.press(listed, "page")).body == {}
    turned = await ada.until(lambda m: m["id"] == listed["id"] and m["rows"] != listed["rows"])
    assert turned["kind"] == "list" and len(turned["rows"]) == 1
