"""New sound on Discord and Telegram: its form, what it refuses, the way back, clips of other people."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.discord_stage import DiscordStage
from tests.e2e.telegram_stage import open_telegram
from tests.e2e.test_sound_makers import FreeMaker, free

__all__ = ["free"]  # a fixture

PROMPT = "A door slams @1s bell, music: a waltz"
PLAN = "sound: A door slams\nsound @1s: bell\nmusic: a waltz"
SILENT = {"model": "scripted-silent", "seconds": 5}


async def test_on_discord_the_form_says_how_and_the_clip_before_is_one_press_away(
    free: FreeMaker, discord_stage: DiscordStage
) -> None:
    stage = discord_stage
    await stage.generate(stage.ada, PROMPT, **SILENT)
    clip = await stage.clip()
    first = await stage.ended(stage.ada)
    form = await (await stage.ada.press(clip, "New sound")).until(lambda one: one.state == "modal")
    told, words, way = form.modal["components"]
    assert "voice (woman): …" in told["content"] and "recordings of your own" in told["content"]
    assert words["component"]["value"] == PLAN
    assert [one["value"] for one in way["component"]["options"]] == ["replace", "under"]
    for wrong, said in (
        ("sound @soon: bell", "“@soon” is no place"),
        ("sound @5s: bell", "nothing can begin at 5 s"),
    ):
        answer = await (await stage.ada.submit(form, {"words": wrong})).answered()
        assert said in answer.text and "Nothing was charged." in answer.text and answer.private
    asked = await (await stage.ada.submit(form, {"words": "sound: rain", "way": "under"})).answered()
    assert f"New sound for {first.id}, mixed under what it has; the old clip stays." in asked.text
    second = await stage.clip(count=2)
    await stage.ended(stage.ada)
    assert f"Made from {first.id}, which stays as it was." in second.content
    before = await (await stage.ada.press(second, "Version before")).answered()
    assert before.private and before.message.attachments[0]["filename"] == f"talkreel-{first.id}.mp4"


async def test_nobody_gets_at_a_clip_that_they_cannot_see(
    free: FreeMaker, discord_stage: DiscordStage
) -> None:
    stage = discord_stage
    await stage.generate(stage.ben, "a meadow")
    own = await stage.clip()
    await stage.ended(stage.ben)
    await stage.generate(stage.ada, PROMPT, private=True)
    job = await stage.ended(stage.ada)
    for forged in (f"t:new-sound:{job.id}", f"t:show:{job.id}"):
        answer = await (await stage.ben.press(own, "", custom_id=forged)).answered()
        assert f"“{job.id}”" in answer.text and answer.private and not answer.message.attachments
    form = await (await stage.ben.press(own, "New sound")).until(lambda one: one.state == "modal")
    answer = await (
        await stage.ben.submit(form, {"words": "sound: rain"}, custom_id=f"f:new-sound:{job.id}")
    ).answered()
    assert f"“{job.id}”" in answer.text and len(await stage.app.store.open_jobs()) == 0


async def test_on_telegram_a_plan_copied_from_the_form_keeps_its_moments(
    tmp_path: Path, free: FreeMaker
) -> None:
    async with open_telegram(tmp_path) as stage:
        await stage.allow("direct")
        world = stage.telegram.world
        ann = world.person("Ann")
        chat = world.private(ann)
        world.say(ann, chat, f"/generate {PROMPT} --model scripted-silent --seconds 5")
        clip = await stage.clip(chat)
        world.press(ann, clip, "New sound")
        form = await stage.until(chat, "A new sound for this clip")
        assert "recordings of your own" in form.text
        shown = form.text.partition("Sounds, one in each line:\n")[2].partition("\nThe sound it has now")[0]
        assert shown == PLAN.replace("@", "@\u2060"), "nobody is called by it"
        world.press(ann, form, "Sounds, one in each line")
        ask = await stage.until(chat, lambda m: (m.markup or {}).get("force_reply") is True)
        said = world.say(ann, chat, shown, reply_to=ask)
        form = await stage.until(chat, "A new sound for this clip", after=said.id)
        world.press(ann, form, "The sound it has now")
        await stage.settled(lambda: "Back" in form.labels, "both ways are offered")
        world.press(ann, form, "Keep it and mix")
        await stage.settled(lambda: "Make it" in form.labels, "the form is there again")
        world.press(ann, form, "Make it")
        second = await stage.clip(chat, after=said.id)
        assert "which stays as it was." in second.text and "Version before" in second.labels
        (made, first) = await stage.jobs(ann)
        assert made.plan.score is not None and first.plan.score is not None
        assert made.plan.score.keep_own
        assert [cue.at_seconds for cue in made.plan.score.plan.cues] == [1.0]
