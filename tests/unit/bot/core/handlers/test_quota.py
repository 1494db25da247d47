"""Admins divide what the operator allotted and can never raise it."""

from __future__ import annotations

from bot.core.records import Rule
from tests.fakes.desk import someone
from tests.unit.bot.core.conftest import Office

ADMIN = someone("9", admin=True)


async def test_an_unknown_servers_admin_cannot_grant_himself_a_million_credits(office: Office) -> None:
    reply = await office.ask("/quota grant --member <@9> --credits 1000000", ADMIN)
    assert office.read(reply) == (
        "The operator of this bot has allotted this server no credits for paid models, "
        "and only the operator can raise that."
    )
    store = office.desk.store
    wallet = await store.wallet("discord:9", "")
    assert await store.grant_balance(server="discord:s1", wallet=wallet, purse="paid") == 0
    assert (await office.ask("a cat --model scripted-native", ADMIN)).kind == "refusal"
    assert office.jobs.started == []


async def test_grants_end_where_the_allotment_ends(office: Office) -> None:
    await office.allot(500)
    given = await office.ask("/quota grant --member 5 --credits 400 --reason film night", ADMIN)
    assert office.read(given) == "discord:5 was given 400 credits and now has 400 that do not expire."
    more = await office.ask("/quota grant --member 6 --credits 200", ADMIN)
    assert office.read(more) == (
        "200 credits are more than the operator allotted: at most 500 can be handed out, "
        "and 400 already are; only the operator can raise that."
    )


async def test_the_same_grant_event_gives_once(office: Office) -> None:
    await office.allot(500)
    for _ in range(2):
        reply = await office.ask("/quota grant --member 5 --credits 100", ADMIN, key="event-grant")
    assert "now has 100" in office.read(reply)


async def test_a_member_cannot_use_admin_commands(office: Office) -> None:
    for text in ("/quota", "/quota set --scope server --credits 5", "/quota log"):
        said = office.read(await office.ask(text))
        assert said.endswith("is for the admins of this server.")


async def test_a_limit_is_set_within_the_allotment_and_then_holds(office: Office) -> None:
    await office.desk.store.set_rule(
        Rule(server="discord:s1", kind="allotment", credits=100, period="month"), actor="operator"
    )
    said = await office.ask("/quota set --scope everybody --credits 90 --price_cap 50", ADMIN)
    assert office.read(said) == (
        "Set: everybody · paid models · 90 credits each month · at most 50 credits for one clip."
    )
    too_dear = office.read(await office.ask("a cat --model scripted-native --seconds 8"))
    assert too_dear == (
        "This clip costs 80 credits, and here one clip may cost at most 50; "
        "everybody's limit applies.\nNothing was charged."
    )
    over = office.read(await office.ask("/quota set --scope server --credits 101", ADMIN))
    assert over.startswith("101 credits are more than the operator allotted: at most 100")


async def test_setting_one_number_keeps_the_others(office: Office) -> None:
    await office.allot(100)
    await office.ask("/quota set --scope member --member 5 --credits 40 --period week", ADMIN)
    said = office.read(await office.ask("/quota set --scope member --member 5 --at_once 1", ADMIN))
    assert said == "Set: member discord:5 · paid models · 40 credits each week · 1 at once."


async def test_a_free_limit_of_none_is_shown_as_none(office: Office) -> None:
    said = await office.ask("/quota set --scope role --role 77 --credits 0 --purse free", ADMIN)
    assert office.read(said) == "Set: role 77 · the built-in renderer · 0 free clips each day."
    barred = await office.ask("a cat", someone("3", roles=("77",)))
    assert office.read(barred).startswith("Your free clips are used up")


async def test_what_to_set_and_for_whom_must_be_said(office: Office) -> None:
    nothing = await office.ask("/quota set --scope everybody", ADMIN)
    assert office.read(nothing) == "Say what to set: credits, period, at_once or price_cap."
    nobody = await office.ask("/quota set --scope member --at_once 1", ADMIN)
    assert office.read(nobody) == "/quota needs member."


async def test_a_limit_can_be_taken_back(office: Office) -> None:
    await office.ask("/quota set --scope everybody --at_once 1", ADMIN)
    assert office.read(await office.ask("/quota reset --scope everybody", ADMIN)) == (
        "1 limit taken back for everybody."
    )
    assert office.read(await office.ask("/quota reset --scope everybody", ADMIN)) == (
        "There was no limit to take back for everybody."
    )


async def test_show_tells_allotment_grants_and_limits(office: Office) -> None:
    await office.allot(500)
    await office.ask("/quota grant --member 5 --credits 100", ADMIN)
    said = office.read(await office.ask("/quota", ADMIN))
    assert said == (
        "Limits on this server\n"
        "Allotted by the operator: 500 credits each month; 0 used, 0 held; renews in 13 days.\n"
        "Granted and not used yet: 100 credits.\n"
        "everybody · paid models · 500 credits each month"
    )
    member = office.read(await office.ask("/quota show --member <@5>", ADMIN))
    assert member.startswith("discord:5, without limits of roles:\nPaid models: 500 of 500 credits left")
    assert "Granted, not expiring: 100 credits." in member


async def test_a_block_keeps_a_member_out_until_it_is_lifted(office: Office) -> None:
    blocked = await office.ask("/quota block --member <@5> --hours 2 --reason rude words", ADMIN)
    assert office.read(blocked) == "discord:5 may not make clips here for 2 hours."
    assert (await office.ask("a cat", someone("5"))).kind == "refusal"
    lifted = await office.ask("/quota block --member <@5> --lift", ADMIN)
    assert office.read(lifted) == "discord:5 may make clips here again."
    assert (await office.ask("a cat", someone("5"))).kind == "progress"
    again = await office.ask("/quota block --member <@5> --lift", ADMIN)
    assert office.read(again) == "discord:5 was not blocked here."


async def test_everything_an_admin_does_is_in_the_log(office: Office) -> None:
    assert office.read(await office.ask("/quota log", ADMIN)) == "Nothing was changed here yet."
    await office.allot(500)
    await office.ask("/quota grant --member 5 --credits 100 --reason film night", ADMIN)
    await office.ask("/quota set --scope everybody --at_once 2", ADMIN)
    await office.ask("/quota block --member 6", ADMIN)
    await office.ask("/quota reset --scope everybody", ADMIN)
    said = office.read(await office.ask("/quota log", ADMIN))
    lines = [line for line in said.splitlines() if "discord:9" in line]
    assert len(lines) == 4
    assert "film night" in said


async def test_an_admin_of_one_server_changes_nothing_on_another(office: Office) -> None:
    await office.allot(500, server="discord:s2")
    assert (await office.ask("/quota grant --member 5 --credits 10", ADMIN)).kind == "refusal"
    await office.ask("/quota set --scope everybody --at_once 0 --purse free", ADMIN)
    assert (await office.ask("a cat", someone("5", server="discord:s2"))).kind == "progress"
