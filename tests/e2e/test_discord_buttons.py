"""Buttons and forms on Discord: they outlive restarts, check who presses, and yield nothing to forgers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.discord_stage import DiscordStage, open_discord
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import EPHEMERAL
from tests.fakes.vendor import FakeVendor


async def test_buttons_work_after_a_restart_and_on_messages_from_before(tmp_path: Path) -> None:
    async with FakeDiscord() as discord, FakeVendor() as vendor:
        async with open_discord(tmp_path, discord=discord, vendor=vendor) as before:
            await before.generate(before.ada)
            clip = await before.clip()
            await before.ended(before.ada)
            offer = await before.generate(before.ada, seconds=8)
            assert "Price: 80 credits" in offer.text
        async with open_discord(tmp_path, discord=discord, vendor=vendor, stage=before) as stage:
            assert discord.world.syncs == 1, "the commands have not changed, so they are not sent again"
            details = await (await stage.ada.press(clip, "Details")).answered()
            assert "Prompt: “a door slams”" in details.text and details.private
            again = await (await stage.ben.press(clip, "Again")).answered()
            assert "40 credits held" in again.text and again.private
            await stage.clip(count=2)
            assert (await stage.ended(stage.ben)).person == f"discord:{stage.ben.user.id}"
            confirmed = await (await stage.ada.press(offer.message, "Confirm · 80 credits")).answered()
            assert confirmed.message.id == offer.message.id, "the offer itself shows what became of it"
            assert "80 credits held" in offer.text
            assert [label for label, _ in offer.message.buttons()] == ["Cancel"]
            await stage.clip(count=3)
            await stage.ended(stage.ada)


async def test_an_offer_is_confirmed_once_and_by_nobody_else(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    offer = await stage.generate(stage.ada, seconds=8)
    (_, confirm), (_, dismiss) = offer.message.buttons()
    forged = await (await stage.ben.press(offer.message, "", custom_id=confirm)).answered()
    assert "This offer was made to somebody else." in forged.text
    dropped = await (await stage.ada.press(offer.message, "No, thanks")).answered()
    assert dropped.text.startswith("Dropped; nothing was charged.")
    assert offer.message.buttons() == []
    late = await (await stage.ada.press(offer.message, "", custom_id=confirm)).answered()
    assert "This offer is no longer open" in late.text
    assert (await (await stage.ada.press(offer.message, "", custom_id=dismiss)).answered()).text
    assert stage.vendor.memory.submits == []


async def test_edit_opens_a_form_with_the_old_values_and_makes_what_was_changed(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    await stage.generate(stage.ada, "a door slams", negative="people", seed=7)
    clip = await stage.clip()
    await stage.ended(stage.ada)
    form = await (await stage.ada.press(clip, "Edit")).until(lambda one: one.state == "modal")
    places = [place["component"] for place in form.modal["components"]]
    assert [place["custom_id"].partition(".")[0] for place in places] == [
        "prompt",
        "model",
        "seconds",
        "aspect",
        "_more",
    ]
    assert places[0]["value"] == "a door slams"
    assert [option["value"] for option in places[1]["options"] if option.get("default")] == [
        "scripted-native"
    ]
    more = places[4]
    assert "negative: people" in more["value"] and "seed: 7" in more["value"]
    changed = more["value"].replace("seed: 7", "seed: 9").replace("negative: people\n", "")
    answer = await (
        await stage.ada.submit(form, {"prompt": "a window breaks", more["custom_id"]: changed})
    ).answered()
    assert "40 credits held" in answer.text
    job = await stage.ended(stage.ada)
    assert (job.wish.prompt, job.wish.seed, job.wish.negative) == ("a window breaks", 9, "")
    bad = await (await stage.ada.submit(form, {more["custom_id"]: "speed: 9"})).answered()
    assert "speed" in bad.text and "Nothing was charged." in bad.text
    await stage.ended(stage.ada)


async def test_another_model_is_chosen_from_those_that_can_do_it_with_their_prices(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    await stage.generate(stage.ada)
    clip = await stage.clip()
    await stage.ended(stage.ada)
    form = await (await stage.ada.press(clip, "Other model")).until(lambda one: one.state == "modal")
    (place,) = form.modal["components"]
    offered = {option["value"]: option.get("description", "") for option in place["component"]["options"]}
    assert "scripted-native-lookup" in offered and "scripted-native" not in offered
    assert "up to four models" in offered.pop("compare")
    assert all("credits" in hint or "free" in hint for hint in offered.values()), offered
    await (await stage.ada.submit(form, {"model": "scripted-native-lookup"})).answered()
    job = await stage.ended(stage.ada)
    assert job.plan.model == "scripted-native-lookup"


async def test_the_original_file_comes_for_the_one_who_asked_and_delete_takes_the_message_away(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    await stage.generate(stage.ada)
    clip = await stage.clip()
    await stage.ended(stage.ada)
    original = await (await stage.ada.press(clip, "Original file")).answered()
    assert original.private
    assert original.message.attachments[0]["size"] > 0
    foreign = await (await stage.ben.press(clip, "Delete")).answered()
    assert not clip.deleted and "Only whoever asked for this clip" in foreign.text
    asked = await (await stage.ada.press(clip, "Delete")).answered()
    await (await stage.ada.press(asked.message, asked.message.buttons()[0][0])).answered()
    await stage.discord.until(lambda: clip.deleted)


async def test_an_earlier_clip_is_shown_again_from_the_history(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    await stage.generate(stage.ada)
    await stage.clip()
    job = await stage.ended(stage.ada)
    history = await stage.ada.ask(stage.channel, "history")
    assert job.id in history.text
    shown = await (await stage.ada.press(history.message, "", custom_id=f"t:show:{job.id}")).answered()
    assert shown.private and shown.message.attachments[0]["filename"] == f"talkreel-{job.id}.mp4"
    stage.discord.again("PATCH", "/messages/@original", "413", code=40005)
    large = await (await stage.ada.press(history.message, "", custom_id=f"t:show:{job.id}")).answered()
    assert "Discord takes at most" in large.text


async def test_a_running_clip_is_stopped_by_its_own_button_and_by_no_other_member(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    stage.rule("forever")
    await stage.generate(stage.ada)
    (shown,) = await stage.discord.until(lambda: stage.discord.world.in_channel(stage.channel.id))
    await stage.discord.until(lambda: stage.vendor.memory.tasks)
    await stage.discord.until(shown.buttons)
    foreign = await (await stage.ben.press(shown, "Cancel")).answered()
    assert "You have no clip" in foreign.text
    stopped = await (await stage.ada.press(shown, "Cancel")).answered()
    assert "is cancelled; its credits are back." in stopped.text
    await stage.discord.until(lambda: shown.content.startswith("Cancelled."))
    assert shown.buttons() == []


async def test_a_member_without_rights_gets_nowhere_by_commands_or_forged_names(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    mallory = stage.discord.member("Mallory", stage.guild)
    victim = stage.ben.user
    tries: list[tuple[str, dict[str, Any]]] = [
        ("quota show", {}),
        ("quota set", {"scope": "everybody", "credits": 1_000_000}),
        ("quota grant", {"member": mallory.user, "credits": 1000}),
        ("quota reset", {"scope": "everybody"}),
        ("quota block", {"member": victim}),
        ("quota log", {}),
    ]
    for name, options in tries:
        answer = await (await mallory.slash(stage.channel, name, forge=True, **options)).answered()
        assert answer.private and f"/{name} is for the admins of this server." in answer.text
    await stage.generate(stage.ada)
    clip = await stage.clip()
    job = await stage.ended(stage.ada)
    names = [
        f"t:delete:{job.id}",
        f"t:cancel:{job.id}",
        "t:confirm:zzzzzzzz",
        "t:quota-set:everybody",
        "t:__class__:x",
        "f:edit:" + job.id,
        "d:direct:" + job.id,
        "d:audio:x",
        "x" * 100,
        "t:again:../../etc",
    ]
    for name in names:
        answer = await (await mallory.press(clip, "", custom_id=name)).answered()
        assert answer.last.flags & EPHEMERAL, name
        assert "Something went wrong" not in answer.text, (name, answer.text)
    assert not clip.deleted and len(clip.attachments) == 1
    form = await (await mallory.press(clip, "Edit")).until(lambda one: one.state == "modal")
    for name in ("f:quota-set:everybody", "f:edit:aaaaaaaa", "t:edit:x", "d:audio:aaaa", "nonsense"):
        answer = await (await mallory.submit(form, {}, custom_id=name)).answered()
        assert "Something went wrong" not in answer.text, (name, answer.text)
    assert [rule.credits for rule in await stage.app.store.rules(job.server)] == [10_000, 10_000]
    assert len(stage.vendor.memory.submits) == 1


async def test_an_admin_sets_and_lowers_a_limit_while_clips_are_made(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    stage.rule("run-ms=800")
    await stage.generate(stage.ada)
    said = await stage.admin.ask(
        stage.channel, "quota set", scope="member", member=stage.ada.user, credits=40, period="day"
    )
    assert said.private and f"<@{stage.ada.user.id}>" in said.text
    await stage.clip()
    assert (await stage.ended(stage.ada)).charged == 40
    refused = await stage.generate(stage.ada)
    assert "you are 40 short" in refused.text
    log = await stage.admin.ask(stage.channel, "quota log")
    assert f"<@{stage.admin.user.id}>" in log.text
    shown = await stage.admin.ask(stage.channel, "quota show", member=stage.ada.user)
    assert f"<@{stage.ada.user.id}>" in shown.text


async def test_a_private_quote_stays_private_when_it_is_confirmed(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    stage.channel.denied = 1 << 11
    offer = await stage.generate(stage.ada, seconds=8)
    await (await stage.ada.press(offer.message, "Send it to me")).answered()
    assert offer.message.buttons()[0][1].startswith("p:confirm:")
    stage.channel.denied = 0  # the bot may post again, and still must not
    await (await stage.ada.press(offer.message, "Confirm · 80 credits")).answered()
    assert (await stage.clip(where=stage.ada.direct())).attachments
    assert stage.discord.readings(stage.channel) == []
    await stage.ended(stage.ada)
