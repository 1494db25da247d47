"""What Discord offers of the bot: commands in two languages, suggestions while somebody types."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from bot.core.commands import COMMANDS
from bot.core.wording import load_wording
from bot.frontends.discord.menu import expanded, fingerprint, payload
from tests.e2e.discord_stage import DiscordStage
from tests.fakes.clips import make_image, make_voice_note
from tests.fakes.discord import NotPossible, plain
from tests.fakes.discord_spec import spec

COMMANDS_PATH = "/applications/{application_id}/commands"


@pytest.fixture(scope="module")
def menu() -> list[dict[str, Any]]:
    return payload(load_wording(strict=True))


def test_every_command_of_the_table_is_offered_and_discord_takes_them_all(menu: list[dict[str, Any]]) -> None:
    assert spec().faults("PUT", COMMANDS_PATH, menu) == []
    offered = set()
    for command in menu:
        subs = [o["name"] for o in command.get("options", []) if o["type"] == 1]
        offered |= {f"{command['name']} {sub}" for sub in subs} or {command["name"]}
    assert offered == {command.name for command in COMMANDS} | {"Use as audio reference"}


def test_every_name_and_description_has_its_spanish(menu: list[dict[str, Any]]) -> None:
    def untranslated(one: dict[str, Any]) -> list[str]:
        inner = [name for option in one.get("options", []) for name in untranslated(option)]
        lacking = [one["name"]] if "es-ES" not in one.get("name_localizations", {}) else []
        if one["type"] != 3 and "es-ES" not in one.get("description_localizations", {}):
            lacking.append(one["name"])
        return [*lacking, *inner]

    assert [name for command in menu for name in untranslated(command) if command["type"] != 3] == []


def test_names_in_one_command_differ_in_every_language(menu: list[dict[str, Any]]) -> None:
    for command in menu:
        for group in (command, *(o for o in command.get("options", []) if o["type"] == 1)):
            for locale in ("es-ES", "es-419"):
                names = [o.get("name_localizations", {}).get(locale) for o in group.get("options", [])]
                assert len(names) == len(set(names)), (group["name"], names)


def test_admin_commands_are_hidden_from_members_and_stay_out_of_direct_messages(
    menu: list[dict[str, Any]],
) -> None:
    quota = next(command for command in menu if command["name"] == "quota")
    assert quota["default_member_permissions"] == 32 and quota["contexts"] == [0]
    generate = next(command for command in menu if command["name"] == "generate")
    assert generate["contexts"] == [0, 1, 2] and generate["integration_types"] == [0, 1]
    assert "default_member_permissions" not in generate


def test_bounds_choices_and_files_are_those_of_the_table(menu: list[dict[str, Any]]) -> None:
    options = {o["name"]: o for o in next(c for c in menu if c["name"] == "generate")["options"]}
    assert len(options) <= 25 and next(iter(options)) == "prompt" and options["prompt"]["required"]
    assert (options["seconds"]["min_value"], options["seconds"]["max_value"]) == (1, 3600)
    assert options["model"]["autocomplete"] and "choices" not in options["model"]
    assert [choice["value"] for choice in options["audio_as"]["choices"]] == list(
        next(o for o in COMMANDS[0].options if o.name == "audio_as").choices
    )
    assert options["references"]["type"] == options["references_2"]["type"] == 11
    assert {option.name for option in expanded(COMMANDS[0]).values()} == {o.name for o in COMMANDS[0].options}


def test_the_mark_of_the_commands_changes_only_with_them(menu: list[dict[str, Any]]) -> None:
    again = payload(load_wording(strict=True))
    assert fingerprint(again) == fingerprint(menu)
    again[0]["options"][0]["description"] += "!"
    assert fingerprint(again) != fingerprint(menu)


async def test_models_are_suggested_with_price_and_sound_for_what_was_given_so_far(
    discord_stage: DiscordStage, tmp_path: Path
) -> None:
    stage = discord_stage
    say = stage.ada.type
    found = await say(stage.channel, "generate", "model", "", prompt="a door", seconds=8)
    names = {choice["value"]: plain(choice["name"]) for choice in found}
    assert names["scripted-native"] == "Scripted Native · 80 credits · own sound"
    assert "scripted-silent" not in names, "it makes no clips of 8 s"
    silent, *_ = await say(stage.channel, "generate", "model", "silent", seconds=5)
    assert silent["name"].endswith("no sound of its own")
    assert "scripted-voice" not in names and "scripted-retired" not in names
    assert found[0]["value"] == "auto"
    note = make_voice_note(tmp_path / "note.ogg", seconds=4)
    heard = await say(stage.channel, "generate", "model", "", prompt="a door", files={"audio": note})
    values = [choice["value"] for choice in heard]
    assert "scripted-voice" in values and "scripted-native" not in values
    picture = make_image(tmp_path / "her.png", width=64, height=64)
    both = await say(
        stage.channel, "generate", "model", "voice", files={"audio": note, "references": picture}, seconds=4
    )
    assert plain(both[0]["name"]).startswith("Scripted Voice") and "32 credits" in plain(both[0]["name"])
    why = await say(stage.channel, "generate", "model", "scripted-native", seconds=3)
    assert "seconds cannot be 3" in plain(why[0]["name"]), why
    spanish = stage.discord.member("Eva", stage.guild, locale="es-ES")
    told = await spanish.type(stage.channel, "generate", "model", "scripted-native", seconds=8)
    assert plain(told[0]["name"]) == "Scripted Native · 80 créditos · sonido propio"


async def test_own_clips_and_commands_are_suggested_to_their_owner(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    stage.rule("forever")
    await stage.generate(stage.ada, "a door slams twice")
    job = await stage.job_of(stage.ada)
    mine = await stage.ada.type(stage.channel, "cancel", "id", "twice")
    assert [choice["value"] for choice in mine] == [job.id]
    assert await stage.ben.type(stage.channel, "job", "id", "") == []
    shown = await stage.ada.type(stage.channel, "help", "command", "quota")
    assert shown == [], "what somebody may not use is not suggested"
    await (await stage.ada.slash(stage.channel, "cancel", id=job.id)).answered()


async def test_suggestions_come_from_memory(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    took = []
    for number in range(30):
        began = time.perf_counter()
        await stage.ada.type(stage.channel, "generate", "model", "s" * (number % 3), prompt="a door")
        took.append(time.perf_counter() - began)
    print(f"median {statistics.median(took) * 1000:.1f} ms, slowest {max(took) * 1000:.1f} ms")


async def test_admin_commands_cannot_even_be_chosen_by_a_member(discord_stage: DiscordStage) -> None:
    stage = discord_stage
    with pytest.raises(NotPossible, match="hidden from Ada"):
        await stage.ada.slash(stage.channel, "quota show")
    with pytest.raises(NotPossible, match="not offered there"):
        await stage.admin.slash(stage.admin.direct(), "quota show")
    assert (await stage.admin.ask(stage.channel, "quota show")).private


async def test_a_long_list_comes_in_messages_that_fit(discord_stage: DiscordStage) -> None:
    answer = await discord_stage.ada.ask(discord_stage.channel, "models")
    assert answer.private

    def shown() -> list[str]:
        messages = discord_stage.discord.world.messages
        return [answer.message.content, *(messages[i].content for i in answer.interaction.followups)]

    await discord_stage.discord.until(lambda: "Scripted Native" in "".join(shown()))
    assert len(shown()) > 1 and all(len(text) <= 2000 for text in shown())
