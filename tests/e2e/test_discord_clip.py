"""From the command to the clip on Discord, and what may happen to the place in between."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path

import av
import pytest

from tests.e2e.discord_stage import DiscordStage, open_discord
from tests.e2e.stage import CATALOGUE
from tests.fakes.clips import make_clip
from tests.fakes.discord import plain
from tests.fakes.discord_world import ATTACH, BOT_PERMISSIONS, SEND
from tests.fakes.vendor import FakeVendor


def playable(data: bytes) -> tuple[str, str, float]:
    """Codecs and length of a clip, decoded to its end."""
    with av.open(io.BytesIO(data), "r", format="mp4") as clip:
        picture, sound = clip.streams.video[0], clip.streams.audio[0]
        frames = sum(1 for frame in clip.decode(video=0))
        return picture.codec_context.name, sound.codec_context.name, frames / float(picture.average_rate or 1)


def patient(folder: Path) -> Path:
    """The catalogue of a vendor that may take two hours."""
    made = folder / "patient"
    made.mkdir()
    for file in CATALOGUE.glob("*.toml"):
        text = file.read_text("utf-8").replace("deadline_seconds = 60", "deadline_seconds = 7200")
        (made / file.name).write_text(text, "utf-8")
    return made


async def test_a_member_asks_and_the_message_that_showed_progress_becomes_the_clip(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    answer = await stage.generate(stage.ada, 'rain; she says "hello" to **nobody**')
    assert answer.private
    assert "Scripted Native · 4 s" in answer.text and "40 credits held" in answer.text
    message = await stage.clip()
    job = await stage.ended(stage.ada)
    assert job.state == "delivered" and job.charged == 40
    assert job.placeholder == f"{stage.channel.id}/{message.id}"
    assert plain(message.contents[0]).startswith("In the queue · Scripted Native")
    assert "It cost 40 credits." in message.content
    data = stage.discord.bytes_of(message)
    assert playable(data) == ("h264", "aac", 4.0)
    kept = stage.app.blobs.path(job.clip.blob if job.clip else "").read_bytes()
    assert hashlib.sha256(data).digest() == hashlib.sha256(kept).digest()
    assert message.attachments[0]["filename"] == f"talkreel-{job.id}.mp4"
    assert message.attachments[0]["description"] == 'rain; she says "hello" to **nobody**'
    assert [label for label, _ in message.buttons()] == [
        "Again",
        "Edit",
        "Other model",
        "New sound",
        "Original file",
        "Details",
        "Delete",
    ]
    # An edit notifies nobody, so the person is told by a short message that points to the clip.
    done = stage.discord.world.in_channel(stage.channel.id)[-1]
    assert done.mentions == (stage.ada.user.id,) and done.reference == message.id
    assert "Your clip is ready: Scripted Native." in done.content


async def test_a_clip_that_takes_twenty_minutes_comes_without_the_interaction(tmp_path: Path) -> None:
    async with open_discord(tmp_path, catalogue_dir=patient(tmp_path)) as stage:
        stage.rule("run-ms=1500")
        answer = await stage.generate(stage.ada)
        await stage.discord.until(lambda: stage.vendor.memory.tasks)
        stage.jump(20 * 60)
        message = await stage.clip()
        assert playable(stage.discord.bytes_of(message))[2] == 4.0
        assert (await stage.ended(stage.ada)).state == "delivered"
        expired = answer.interaction.token
        used = [status for _, path, status in stage.discord.desk.calls if expired in path]
        assert used == [200, 200], "acknowledged and answered, and never used again"


async def test_a_clip_comes_to_the_thread_where_it_was_asked_for(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    thread = stage.discord.thread(stage.channel, "night shoot")
    await stage.ada.ask(thread, "generate", prompt="a door slams", model="scripted-native", seconds=4)
    await stage.clip(where=thread)
    job = await stage.ended(stage.ada)
    assert (job.destination.channel, job.destination.thread) == (str(stage.channel.id), str(thread.id))
    assert stage.discord.readings(stage.channel) == []


async def test_every_clip_has_a_thread_of_its_own_where_the_server_wants_it(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    await stage.setting(thread_per_request=True)
    await stage.generate(stage.ada, "a door slams, then another")
    await stage.ended(stage.ada)
    (head,) = stage.discord.world.in_channel(stage.channel.id)
    thread = stage.discord.world.channels[head.id]
    assert thread.name == "a door slams, then another"
    assert f"<@{stage.ada.user.id}>" in head.content
    assert (await stage.clip(where=thread)).attachments
    told = stage.discord.world.in_channel(thread.id)[-1]
    assert told.mentions == (stage.ada.user.id,)


async def test_a_clip_is_hidden_behind_a_click_in_an_age_restricted_channel(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    dark = stage.discord.world.channel(stage.guild, "after-dark", nsfw=True)
    await stage.ada.ask(dark, "generate", prompt="a door slams", model="scripted-native", seconds=4)
    message = await stage.clip(where=dark)
    assert message.attachments[0]["filename"].startswith("SPOILER_talkreel-")
    await stage.ended(stage.ada)


async def test_a_deleted_message_is_sent_anew_and_the_clip_comes_once(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    stage.rule("run-ms=600")
    await stage.generate(stage.ada)
    first = await stage.discord.until(lambda: stage.discord.world.in_channel(stage.channel.id))
    first[0].deleted = True
    job = await stage.ended(stage.ada)
    assert job.state == "delivered"
    clips = [m for m in stage.discord.world.in_channel(stage.channel.id) if m.attachments]
    assert len(clips) == 1 and clips[0].id != first[0].id


async def test_a_deleted_channel_does_not_stop_the_job_and_the_person_hears_of_it(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    stage.rule("run-ms=600")
    await stage.generate(stage.ada)
    await stage.discord.until(lambda: stage.discord.world.in_channel(stage.channel.id))
    await stage.discord.delete_channel(stage.channel)
    job = await stage.ended(stage.ada)
    assert (job.state, job.outcome) == ("undelivered", "kept_forbidden")
    told = stage.discord.readings(stage.ada.direct())
    assert "it is kept in /history" in told[-1]
    assert stage.clip_kept(job)


async def test_permissions_that_are_taken_away_meanwhile_leave_the_clip_in_the_history(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    stage.rule("run-ms=600")
    await stage.generate(stage.ada)
    await stage.discord.until(lambda: stage.discord.world.in_channel(stage.channel.id))
    stage.guild.bot = BOT_PERMISSIONS & ~ATTACH & ~SEND
    job = await stage.ended(stage.ada)
    assert (job.state, job.outcome) == ("undelivered", "kept_forbidden")
    assert "it is kept in /history" in stage.discord.readings(stage.ada.direct())[-1]


async def test_somebody_who_has_left_harms_nobody(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    stage.rule("run-ms=600")
    await stage.generate(stage.ada)
    del stage.guild.members[stage.ada.user.id]
    stage.ada.user.takes_direct_messages = False
    assert (await stage.ended(stage.ada)).state == "delivered"
    assert (await stage.clip()).attachments


async def test_where_the_bot_may_not_post_it_says_so_and_offers_a_direct_message(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    stage.channel.denied = SEND | ATTACH
    answer = await stage.generate(stage.ada)
    assert answer.text == (
        "The bot may not post here; it lacks Send Messages and Attach Files.\n"
        "Shall the clip come to your direct messages instead?\nNothing was charged."
    )
    assert stage.vendor.memory.submits == []
    pressed = await (await stage.ada.press(answer.message, "Send it to me")).answered()
    await stage.discord.until(lambda: "40 credits held" in pressed.text)
    clip = await stage.clip(where=stage.ada.direct())
    assert playable(stage.discord.bytes_of(clip))[2] == 4.0
    assert stage.discord.readings(stage.channel) == []
    await stage.ended(stage.ada)
    forged = await stage.ada.press(answer.message, "", custom_id="d:direct:aaaaaaaaaaaaaaaa")
    await stage.discord.until(lambda: "no longer open" in forged.text)


async def test_a_private_clip_comes_by_direct_message_and_leaves_no_trace_in_the_channel(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    answer = await stage.generate(stage.ada, private=True)
    assert answer.private and "40 credits held" in answer.text
    clip = await stage.clip(where=stage.ada.direct())
    assert playable(stage.discord.bytes_of(clip))[2] == 4.0
    assert (await stage.ended(stage.ada)).state == "delivered"
    assert stage.discord.readings(stage.channel) == []
    # Its buttons serve its owner there, who draws on what private chats have, and nobody else by its name.
    await stage.allow_direct()
    job = await stage.job_of(stage.ada)
    again = await (await stage.ada.press(clip, "Again")).answered()
    assert "held" in again.text
    for action in ("details", "again", "edit", "original"):
        forged = await (await stage.ben.press(clip, "", custom_id=f"t:{action}:{job.id}")).answered()
        assert "You have no clip" in forged.text, action
    await stage.clip(where=stage.ada.direct(), count=2)
    await stage.ended(stage.ada)


async def test_closed_direct_messages_cost_nothing_and_the_person_is_told_on_the_spot(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    stage.channel.denied = SEND
    stage.ada.user.takes_direct_messages = False
    answer = await stage.generate(stage.ada)
    pressed = await (await stage.ada.press(answer.message, "Send it to me")).answered()
    job = await stage.ended(stage.ada)
    assert (job.state, job.outcome, job.charged) == ("released", "cannot_post", 0)
    await stage.discord.until(lambda: "You were not charged." in pressed.text)
    assert stage.vendor.memory.submits == []


async def test_a_user_install_on_a_foreign_server_is_answered_by_direct_message(
    discord_stage: DiscordStage,
) -> None:
    stage = discord_stage
    foreign = stage.discord.world.guild("Elsewhere", bot=None)
    room = stage.discord.world.channel(foreign)
    boss = stage.discord.member("Dan", foreign, admin=True)
    answer = await boss.ask(room, "generate", prompt="a fox", model="animatic", seconds=4)
    assert answer.text.startswith("The bot is not on this server")
    # An admin of a server without the bot is an admin of nothing.
    shown = await (await boss.slash(room, "quota set", scope="everybody", credits=5, forge=True)).answered()
    assert "for the admins of this server" in shown.text


async def test_a_clip_that_discord_finds_too_large_is_made_smaller_and_the_limit_is_remembered(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    make_clip(folder / "4s-16x9-tone-whole.mp4", seconds=4, content="noise", bit_rate=2_000_000)
    async with FakeVendor(clips=folder) as vendor, open_discord(tmp_path, vendor=vendor) as stage:
        stage.guild.upload_bytes = 600_000
        stage.discord.world.promised_bytes = 10 << 20
        await stage.generate(stage.ada)
        message = await stage.clip()
        assert message.attachments[0]["size"] <= 600_000
        assert playable(stage.discord.bytes_of(message))[:2] == ("h264", "aac")
        refused = [call for call in stage.discord.desk.calls if call[2] == 413]
        assert refused
        await stage.ended(stage.ada)
        await stage.generate(stage.ben)
        await stage.clip(count=2)
        await stage.ended(stage.ben)
        assert [call for call in stage.discord.desk.calls if call[2] == 413] == refused, "it was learned"


async def test_two_members_race_for_the_last_credit_and_one_of_them_is_told(tmp_path: Path) -> None:
    async with open_discord(tmp_path, allow=None) as stage:
        await stage.allow(40)
        answers = await asyncio.gather(stage.generate(stage.ada), stage.generate(stage.ben))
        texts = [answer.text for answer in answers]
        assert sum("40 credits held" in text for text in texts) == 1
        assert sum("has only 0 left" in text for text in texts) == 1
        await stage.clip()
        assert len(stage.vendor.memory.submits) == 1


@pytest.mark.parametrize("what", ["drop", "500"])
async def test_an_answer_of_discord_that_is_lost_sends_no_second_message(
    discord_stage: DiscordStage, what: str
) -> None:
    stage = discord_stage
    stage.discord.again("POST", f"/channels/{stage.channel.id}/messages", what)
    await stage.generate(stage.ada)
    await stage.ended(stage.ada)
    clips = [m for m in stage.discord.world.in_channel(stage.channel.id) if m.attachments]
    job = await stage.job_of(stage.ada)
    placeholders = [m for m in stage.discord.world.in_channel(stage.channel.id) if m.nonce == job.id]
    assert len(clips) == 1 and len(placeholders) == 1
