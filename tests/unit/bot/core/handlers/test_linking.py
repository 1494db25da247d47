"""One wallet in two chats: both sides agree, nobody is tricked, and no credits come out of it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

from bot.core.desk import NoChats
from bot.core.model import DIRECT, Actor, Destination, Person
from bot.core.records import Block, Rule
from bot.core.replies import Reply
from tests.unit.bot.core.conftest import Office

DAY = 86_400


@dataclass
class Heard(NoChats):
    """Chats that note what people were told."""

    told: list[tuple[str, str, Reply]] = field(default_factory=list)

    async def notify(self, to: Destination, person: str, reply: Reply) -> bool:
        """Note it."""
        self.told.append((to.channel, person, reply))
        return True

    async def drop_people(self, people: Sequence[str]) -> tuple[str, ...]:
        """Nothing is kept."""
        return ()


def at(platform: str, name: str, *, operator: bool = False, admin: bool = False) -> Actor:
    """Somebody in their private chat on a platform."""
    person = Person(platform=platform, id=name, name=name.title())  # type: ignore[arg-type]
    return Actor(person=person, server=DIRECT, operator=operator, admin=admin)


ADA, ADA_TG, MALLORY = at("discord", "ada"), at("telegram", "ada"), at("telegram", "mallory")


@pytest.fixture
async def linked(office: Office) -> AsyncIterator[tuple[Office, Heard]]:
    """An office on three platforms."""
    heard = Heard()
    three = office.with_house(platforms=frozenset({"discord", "telegram", "web"}))
    yield replace(three, desk=replace(three.desk, chats=heard)), heard


async def code_of(office: Office, who: Actor) -> str:
    """A new code."""
    reply = await office.ask("/link", who)
    assert reply.private, office.read(reply)
    return str(reply.facts["code"])


async def link(office: Office, keeper: Actor, joiner: Actor) -> Reply:
    """Both agree."""
    code = await code_of(office, keeper)
    asked = await office.ask(f"/link {code}", joiner)
    assert asked.kind == "quote", office.read(asked)
    await office.press("confirm", asked.facts["quote"], joiner)
    waiting = await office.ask("/link", keeper)
    assert waiting.kind == "quote", office.read(waiting)
    return await office.press("confirm", waiting.facts["quote"], keeper)


async def used(office: Office, who: Actor) -> int:
    """Free clips of today."""
    free = (await office.ask("/credits", who)).facts["free"]
    return int(free["used"]) + int(free["held"])


async def clip(office: Office, who: Actor) -> bool:
    """Ask for a free clip and let it be made; false if it was refused."""
    reply = await office.ask("a cat sings", who)
    if reply.kind == "refusal":
        return False
    job = await office.desk.store.claim(reply.job)
    assert job is not None
    await office.desk.store.release(job, "released", outcome="x", facts={}, charge=True)
    return True


async def test_both_sides_see_each_others_name_before_they_share(linked: tuple[Office, Heard]) -> None:
    office, heard = linked
    shown = await office.ask("/link", ADA)
    assert shown.private and str(shown.facts["code"]).startswith("discord-")
    assert "10 minutes" in office.read(shown) and "Give it to nobody" in office.read(shown)
    asked = await office.ask(f"/link {shown.facts['code']}", ADA_TG)
    assert asked.private and "Is “Ada” on Discord you?" in office.read(asked)
    waiting = await office.press("confirm", asked.facts["quote"], ADA_TG)
    assert "Now “Ada” on Discord has to agree" in office.read(waiting)
    ((channel, person, question),) = heard.told
    assert (channel, person) == ("c1", "discord:ada")
    assert "“Ada” on Telegram has given your code" in office.read(question)
    assert await office.desk.store.wallet("discord:ada", "") != await office.desk.store.wallet(
        "telegram:ada", ""
    )
    done = await office.press("confirm", question.facts["quote"], ADA)
    assert "Linked: you share your credits with “Ada” on Telegram." in office.read(done)
    assert [person for _, person, _ in heard.told] == ["discord:ada", "telegram:ada"]
    assert await office.desk.store.wallet("discord:ada", "") == await office.desk.store.wallet(
        "telegram:ada", ""
    )


async def test_periods_merge_by_the_sum_of_use_and_the_larger_cap(linked: tuple[Office, Heard]) -> None:
    office, _ = linked
    rule = Rule(server=DIRECT, kind="member", subject="telegram:ada", purse="free", credits=30, period="day")
    await office.desk.store.set_rule(rule, actor="operator")
    for who, clips in ((ADA, 3), (ADA_TG, 4)):
        for _ in range(clips):
            assert await clip(office, who)
    await link(office, ADA, ADA_TG)
    for who in (ADA, ADA_TG):
        free = (await office.ask("/credits", who)).facts["free"]
        assert (free["used"], free["cap"]) == (7, 30)


async def test_link_spend_unlink_relink_makes_no_credits(linked: tuple[Office, Heard]) -> None:
    office, _ = linked
    spent = {who.person.key: 0 for who in (ADA, ADA_TG)}

    async def spend_all() -> None:
        for who in (ADA, ADA_TG):
            while await clip(office, who):
                spent[who.person.key] += 1

    await spend_all()
    assert set(spent.values()) == {20}
    await link(office, ADA, ADA_TG)
    await spend_all()
    asked = await office.ask("/unlink", ADA_TG)
    assert "Linked" not in office.read(asked) and "30 days" in office.read(asked)
    parted = await office.press("confirm", asked.facts["quote"], ADA_TG)
    assert "stands by itself again" in office.read(parted)
    await spend_all()
    assert set(spent.values()) == {20}, "each account has its own 20 of the day and no more"
    code = await code_of(office, ADA)
    again = await office.ask(f"/link {code}", ADA_TG)
    assert again.facts["code"] == "link_wait" and "in 30 days" in office.read(again)
    office.clock.advance(30 * DAY + 1)
    assert "Linked" in office.read(await link(office, ADA, ADA_TG))
    assert (await office.desk.store.audit(day_start_ms=0, month_start_ms=0)).problems == ()


async def test_an_account_that_leaves_keeps_its_own_history_and_leaves_grants_behind(
    linked: tuple[Office, Heard],
) -> None:
    office, _ = linked
    assert await clip(office, ADA_TG)
    wallet = await office.desk.store.wallet("discord:ada", "Ada")
    await office.desk.store.grant(
        server=DIRECT, wallet=wallet, purse="free", amount=5, actor="op", reason="", key="k"
    )
    await link(office, ADA, ADA_TG)
    assert (await office.ask("/credits", ADA_TG)).facts["free"]["grants"] == 5
    asked = await office.ask("/unlink --account telegram", ADA)
    await office.press("confirm", asked.facts["quote"], ADA)
    assert (await office.ask("/credits", ADA_TG)).facts["free"]["grants"] == 0
    assert (await office.ask("/credits", ADA)).facts["free"]["grants"] == 5
    assert len((await office.ask("/history", ADA_TG)).rows) == 1
    assert (await office.ask("/history", ADA)).rows == ()


async def test_a_phished_code_gives_nothing_without_the_yes_of_whoever_made_it(
    linked: tuple[Office, Heard],
) -> None:
    office, heard = linked
    code = await code_of(office, ADA)
    asked = await office.ask(f"/link {code}", MALLORY)
    await office.press("confirm", asked.facts["quote"], MALLORY)
    (_, person, question) = heard.told[-1]
    assert person == "discord:ada" and "“Mallory” on Telegram" in office.read(question)
    stolen = await office.press("confirm", question.facts["quote"], MALLORY)
    assert stolen.facts["code"] == "not_your_offer"
    await office.press("dismiss", question.facts["quote"], ADA)
    assert (await office.press("confirm", question.facts["quote"], ADA)).facts["code"] == "pending_gone"
    wallets = {await office.desk.store.wallet(key, "") for key in ("discord:ada", "telegram:mallory")}
    assert len(wallets) == 2


async def test_a_victim_who_is_given_a_code_sees_whose_it_is(linked: tuple[Office, Heard]) -> None:
    office, _ = linked
    code = await code_of(office, MALLORY)
    asked = await office.ask(f"/link {code}", ADA)
    assert "Is “Mallory” on Telegram you? If somebody else gave you this code, say no." in office.read(asked)


@pytest.mark.parametrize("spelling", ["{}", "{} ", "  {}", "`{}`"])
async def test_a_code_may_be_typed_carelessly_but_serves_once_and_for_ten_minutes(
    linked: tuple[Office, Heard], spelling: str
) -> None:
    office, _ = linked
    code = await code_of(office, ADA)
    assert (await office.ask(f"/link {spelling.format(code.upper())}", ADA_TG)).kind == "quote"
    assert (await office.ask(f"/link {code}", ADA_TG)).facts["code"] == "link_bad_code"
    late = await code_of(office, ADA)
    office.clock.advance(601)
    assert (await office.ask(f"/link {late}", ADA_TG)).facts["code"] == "link_bad_code"


async def test_codes_and_tries_are_limited_by_the_hour(linked: tuple[Office, Heard]) -> None:
    office, _ = linked
    codes = [await office.ask("/link", ADA) for _ in range(6)]
    assert [reply.kind for reply in codes] == ["notice"] * 5 + ["refusal"]
    good = codes[0].facts["code"]
    tries = [await office.ask("/link discord-aaaaa-aaaaa", MALLORY) for _ in range(5)]
    assert {reply.facts["code"] for reply in tries} == {"link_bad_code"}
    assert (await office.ask(f"/link {good}", MALLORY)).facts["code"] == "link_too_often"
    office.clock.advance(3601)
    assert (await office.ask("/link", ADA)).kind == "notice"


async def test_one_account_of_each_platform_and_never_with_oneself(linked: tuple[Office, Heard]) -> None:
    office, _ = linked
    await link(office, ADA, ADA_TG)
    code = await code_of(office, ADA)
    assert (await office.ask(f"/link {code}", ADA)).facts["code"] == "link_same"
    code = await code_of(office, ADA)
    second = await office.ask(f"/link {code}", MALLORY)
    assert second.facts["code"] == "link_platform_taken" and "Telegram" in office.read(second)
    code = await code_of(office, ADA)
    assert (await office.ask(f"/link {code}", at("discord", "ben"))).facts["code"] == "link_platform_taken"
    assert "Linked" in office.read(await link(office, at("web", "ada"), ADA))
    assert len(await office.desk.store.identities(await office.desk.store.wallet("web:ada", ""))) == 3


async def test_rights_do_not_move_with_a_wallet(linked: tuple[Office, Heard]) -> None:
    office, _ = linked
    await link(office, at("discord", "ada", operator=True, admin=True), ADA_TG)
    assert (await office.ask("/quota show", ADA_TG)).facts["code"] == "admins_only"
    assert (await office.ask("a cat --model scripted-native", ADA_TG)).facts["code"] == "no_allotment"


async def test_a_block_holds_for_the_shared_wallet_and_for_whoever_leaves_it(
    linked: tuple[Office, Heard],
) -> None:
    office, _ = linked
    wallet = await office.desk.store.wallet("telegram:ada", "Ada")
    await office.desk.store.block(Block(server="", wallet=wallet, until_ms=0, reason="spam", actor="op"))
    await link(office, ADA, ADA_TG)
    assert (await office.ask("a cat", ADA)).facts["code"] == "blocked"
    asked = await office.ask("/unlink", ADA)
    await office.press("confirm", asked.facts["quote"], ADA)
    assert (await office.ask("a cat", ADA)).facts["code"] == "blocked"


async def test_nothing_is_linked_if_a_wallet_changed_between_the_two_answers(
    linked: tuple[Office, Heard],
) -> None:
    office, heard = linked
    code = await code_of(office, ADA)
    asked = await office.ask(f"/link {code}", ADA_TG)
    await office.press("confirm", asked.facts["quote"], ADA_TG)
    question = heard.told[-1][2]
    await link(office, at("web", "x"), ADA_TG)
    assert (await office.press("confirm", question.facts["quote"], ADA)).facts["code"] == "link_gone"


async def test_unlink_waits_for_clips_on_hold_and_needs_a_link(linked: tuple[Office, Heard]) -> None:
    office, _ = linked
    assert (await office.ask("/unlink", ADA)).facts["code"] == "not_linked"
    await link(office, ADA, ADA_TG)
    await office.ask("a cat sings", ADA)
    asked = await office.ask("/unlink", ADA)
    refused = await office.press("confirm", asked.facts["quote"], ADA)
    assert refused.facts["code"] == "open_jobs" and "1 clip in the making" in office.read(refused)


async def test_forgetting_leaves_nothing_of_either_account_not_even_as_an_admin(
    linked: tuple[Office, Heard],
) -> None:
    office, _ = linked
    admin = at("discord", "ada", admin=True)
    await office.ask("/quota grant --member 77 --credits 3 --purse free", admin)
    assert await clip(office, ADA_TG)
    await link(office, admin, ADA_TG)
    asked = await office.ask("/unlink", ADA_TG)
    await office.press("confirm", asked.facts["quote"], ADA_TG)
    office.clock.advance(31 * DAY)
    await link(office, admin, ADA_TG)
    asked = await office.ask("/forget", ADA_TG)
    assert "This concerns your linked accounts, too: Discord." in office.read(asked)
    assert office.read(await office.press("confirm", asked.facts["quote"], ADA_TG)) == "Forgotten: 1 clip."
    with closing(sqlite3.connect(office.folder / "data" / "talkreel.db")) as database:
        left = "\n".join(database.iterdump())
    for trace in ("discord:ada", "telegram:ada", "'Ada'"):
        assert trace not in left, [line for line in left.splitlines() if trace in line]
    assert (await office.desk.store.audit(day_start_ms=0, month_start_ms=0)).problems == ()


async def test_a_bot_in_one_chat_says_that_there_is_nothing_to_link(office: Office) -> None:
    alone = office.with_house(platforms=frozenset({"discord"}))
    assert (await alone.ask("/link", ADA)).facts["code"] == "link_alone"
