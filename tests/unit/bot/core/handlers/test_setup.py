"""What admins choose for their server, and that it holds there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.core.desk import NoChats
from bot.core.model import Actor, Destination
from bot.core.replies import Reply
from tests.fakes.desk import someone
from tests.unit.bot.core.conftest import Office

ADMIN = someone("9", admin=True)


@dataclass
class Channels(NoChats):
    """Chats that note what was written into channels."""

    posts: list[tuple[Destination, Reply]] = field(default_factory=list)

    async def post(self, to: Destination, reply: Reply, *, nonce: str) -> bool:
        """Note it."""
        self.posts.append((to, reply))
        return True


async def told(office: Office, words: str, who: Actor = ADMIN) -> str:
    """What an admin reads."""
    return office.read(await office.ask(words, who))


async def test_without_options_setup_shows_everything_and_offers_to_change_it(office: Office) -> None:
    reply = await office.ask("/setup", ADMIN)
    said = office.read(reply)
    assert said.startswith("How the bot works on this server\nModel that auto prefers: whichever suits\n")
    assert "Time zone: UTC" in said and "Changes are told in: nowhere" in said
    assert [button.action for button in reply.buttons] == ["setup"]


async def test_setup_is_for_admins(office: Office) -> None:
    assert (await office.ask("/setup")).facts["code"] == "admins_only"
    assert (await office.press("setup", "setup")).facts["code"] == "admins_only"
    sent = await office.submit("setup", "setup", {"words": "x"})
    assert sent.facts["code"] == "admins_only"
    assert office.read(await office.ask("/setup", ADMIN)).count("none") > 0


async def test_models_channels_and_words_hold_for_everybody_there(office: Office) -> None:
    await office.allot(500)
    assert await told(office, "/setup --models_denied tune, scripted-silent") == (
        "Saved.\nNot for this server: melody-1, scripted-silent"
    )
    assert (await office.ask("a cat --model melody-1")).facts["code"] == "model_denied"
    await told(office, "/setup --channels <#77> discord:c1")
    await told(office, "/setup --words moose, big cat")
    assert (await office.ask("a cat --model drawn")).kind == "progress"
    elsewhere = replace(someone(), channel="discord:c2")
    refused = office.read(await office.ask("a cat", elsewhere))
    assert refused.startswith("Clips can be asked for on this server only in 77 or c1.\nNothing")
    for prompt in ("a MOOSE sings", "a big cat", "a dog --negative moose"):
        word = await office.ask(prompt)
        assert word.facts["code"] == "word_not_allowed", office.read(word)
    assert (await office.ask("moosehead and bigcat")).kind == "progress", "only whole words count"
    elsewhere = someone("3", server="discord:s2")
    assert (await office.ask("a moose", elsewhere)).kind == "progress", "another server is its own"
    await told(office, "/setup --words none")
    await told(office, "/setup --channels all")
    assert (await office.ask("a moose", someone("4"))).kind == "progress"


async def test_language_spoiler_and_default_model_shape_the_clip(office: Office) -> None:
    await office.allot(500)
    await told(office, "/setup --default_model melody-1 --language es --spoiler")
    reply = await office.ask("a cat")
    job = await office.desk.store.job(reply.job)
    assert job is not None
    assert (job.plan.model, job.destination.language, job.destination.spoiler) == ("melody-1", "es", True)
    await told(office, "/setup --default_model none --language none --spoiler off")
    server = await office.desk.store.server("discord:s1")
    assert dict(server.settings) == {} and server.language == "en"


async def test_the_time_zone_moves_the_beginning_of_periods(office: Office) -> None:
    assert "Time zone: Asia/Tokyo" in await told(office, "/setup --time_zone asia/tokyo")
    assert (await office.desk.store.server("discord:s1")).time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--models_allowed nosuch", "There is no model “nosuch”"),
        ("--time_zone Europe/Madird", "There is no time zone “Europe/Madird”; try Europe/Madrid."),
        ("--keep_days 0", "keep_days can be 1 to 30; 0 is outside that."),
        ("--keep_days 31", "keep_days can be 1 to 30; 31 is outside that."),
        ("--keep_days soon", "keep_days takes a whole number such as 7, not “soon”."),
        ("--language fr", "language can be en, es or none, not “fr”."),
        (f"--words {', '.join(f'w{n}' for n in range(201))}", "That list has 201 entries; at most 200"),
        (f"--words {'x' * 61}", "words has 61 characters; at most 60 are allowed."),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(office: Office, words: str, said: str) -> None:
    assert (await told(office, f"/setup --spoiler {words}")).startswith(said)
    assert dict((await office.desk.store.server("discord:s1")).settings) == {}


async def test_the_form_shows_what_is_set_and_saves_only_what_was_changed(office: Office) -> None:
    await told(office, "/setup --words moose --keep_days 7")
    reply = await office.press("setup", "setup", ADMIN)
    assert reply.form is not None
    values = {field.name: field.value for field in reply.form.fields}
    assert (values["words"], values["keep_days"], values["spoiler"]) == ("moose", "7", "off")
    same = await office.submit("setup", "setup", values, ADMIN)
    assert office.read(same) == "Nothing to change: it is like that already."
    saved = await office.submit("setup", "setup", values | {"words": "", "spoiler": "on"}, ADMIN)
    assert office.read(saved) == (
        "Saved.\nWords that no prompt may hold: none\nClips hidden behind a click: on"
    )
    assert dict((await office.desk.store.server("discord:s1")).settings) == {"keep_days": 7, "spoiler": True}


async def test_every_field_and_choice_of_the_form_fits_a_window(office: Office) -> None:
    reply = await office.press("setup", "setup", ADMIN)
    assert reply.form is not None
    for language in office.wording.languages:
        for one in reply.form.fields:
            assert len(office.wording.say(one.label, language)) <= 45
            assert all(choice.value for choice in one.choices)


async def test_changes_are_logged_and_told_in_the_log_channel(office: Office) -> None:
    await office.allot(500)
    channels = Channels()
    office = replace(office, desk=replace(office.desk, chats=channels))
    await told(office, "/setup --log_channel <#555>")
    await told(office, "/quota set --scope everybody --credits 50 --period day")
    await told(office, "/quota grant --member 3 --credits 5")
    await told(office, "/quota block --member 4")
    places = {(to.platform, to.channel) for to, _ in channels.posts}
    assert places == {("discord", "555")}
    said = [office.read(reply) for _, reply in channels.posts]
    assert said[0] == "P9: Changes are told in: discord:555"
    assert said[1] == "P9: Set: everybody · paid models · 50 credits each day."
    assert "discord:3 was given 5 credits" in said[2] and "discord:4 may not make clips here" in said[3]
    log = await told(office, "/quota log")
    assert "setup" in log and "log_channel discord:555" in log


async def test_quota_show_says_who_used_what_and_who_is_near_the_limit(office: Office) -> None:
    await office.allot(100)
    await told(office, "/quota set --scope member --member 2 --credits 50 --period month")
    for who in ("1", "2"):
        assert (
            await office.ask("a cat --model scripted-native --seconds 4", someone(who))
        ).kind == "progress"
    rows = [row for row in (await office.ask("/quota show", ADMIN)).rows if "used" in row.facts]
    said = [office.wording.say(row.text) for row in rows]
    assert said == [
        "P2 · 40 used of 50 credits each month · 10 left · near the limit · your own limit",
        "P1 · 40 used of 100 credits each month · 60 left · everybody's limit",
    ]


async def test_a_preview_says_whom_a_limit_would_touch_and_sets_nothing(office: Office) -> None:
    await office.allot(100)
    for who in ("1", "2"):
        assert (
            await office.ask("a cat --model scripted-native --seconds 4", someone(who))
        ).kind == "progress"
    await told(office, "/quota set --scope member --member 2 --credits 50 --period month")
    words = "/quota set --scope everybody --credits 30 --period month --preview"
    shown = await told(office, words)
    assert shown == (
        "This would change something for those who made clips lately, and nothing is set yet: "
        "everybody · paid models · 30 credits each month\n"
        "P1: 100 credits each month · 3 at once → 30 credits each month · 3 at once · used up at once"
    )
    rules = {(rule.kind, rule.credits) for rule in await office.desk.store.rules("discord:s1")}
    assert ("everybody", 100) in rules
    again = await told(office, "/quota set --scope member --member 2 --credits 50 --period month --preview")
    assert again.startswith("This would change nothing")
    assert "Who has which role is not known" in await told(
        office, "/quota set --scope role --role 5 --credits 50 --preview"
    )
    above = await told(office, "/quota set --scope everybody --credits 101 --period month --preview")
    assert "more than the operator allotted" in above


async def test_answers_name_the_rule_that_holds(office: Office) -> None:
    await office.allot(100)
    await told(office, "/quota set --scope member --member 2 --credits 10 --period month")
    poor = office.read(await office.ask("a cat --model scripted-native --seconds 4", someone("2")))
    assert "you are 30 short" in poor and "your own limit applies" in poor
    assert "What holds for you: everybody's limit." in office.read(await office.ask("/credits"))
    await told(office, "/quota set --scope role --role 42 --price_cap 20")
    capped = await office.ask("a cat --model scripted-native --seconds 4", someone("5", roles=("42",)))
    assert "at most 20; the limit of a role applies" in office.read(capped)
