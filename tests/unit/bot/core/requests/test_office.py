"""What operators and admins decide on pages: rights, switches, and whom a change would touch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.core.errors import Denied, Refusal
from bot.core.model import Actor
from bot.core.records import Rule
from bot.core.replies import Reply
from bot.core.requests import office as desk_of_admins
from bot.core.requests.office import Preview
from bot.core.switches import Switch, off_in
from bot.store.reports import SqliteReports, open_reports
from tests.fakes.desk import someone
from tests.unit.bot.core.conftest import Office

SERVER = "discord:s1"
OPERATOR = someone("op", operator=True)
ADMIN = someone("boss", admin=True)
DECISIONS: dict[str, Callable[[Office, Actor], Awaitable[object]]] = {
    "allot": lambda o, who: desk_of_admins.allot(o.desk, who, credits=5, period="month"),
    "stop": lambda o, who: desk_of_admins.turn_off(o.desk, who, kind="all", subject="", reason=""),
    "start": lambda o, who: desk_of_admins.turn_on(o.desk, who, kind="all", subject=""),
    "let in": lambda o, who: desk_of_admins.let_in(o.desk, who, name="maria", server=SERVER),
    "keep out": lambda o, who: desk_of_admins.keep_out(o.desk, who, name="maria", server=SERVER),
}


@pytest.fixture
async def reports(office: Office) -> AsyncIterator[SqliteReports]:
    opened = await open_reports(office.folder / "data")
    yield opened
    await opened.close()


def said(office: Office, preview: Preview) -> str:
    """Everything that the preview says."""
    texts = [*preview.lines, *(text for one in preview.people for text in (*one.before, *one.after))]
    return office.wording.lines(texts).replace("\u00a0", " ")


def refused(reply: Reply) -> bool:
    return reply.kind == "refusal"


@pytest.mark.parametrize("name", DECISIONS)
async def test_what_is_the_operators_is_nobody_elses(office: Office, name: str) -> None:
    for who in (ADMIN, someone("member")):
        with pytest.raises(Denied) as denied:
            await DECISIONS[name](office, who)
        assert denied.value.code == "operators_page"
    await DECISIONS[name](office, OPERATOR)


async def test_a_gallery_is_opened_by_admins_alone(office: Office) -> None:
    with pytest.raises(Denied):
        await desk_of_admins.open_gallery(office.desk, someone("member"), open_to_all=True)
    await desk_of_admins.open_gallery(office.desk, ADMIN, open_to_all=True)
    assert (await office.desk.store.server(SERVER)).settings["gallery"] is True


@pytest.mark.parametrize(("kind", "subject"), [("all", "x"), ("server", ""), ("model", ""), ("moon", "x")])
async def test_only_what_there_is_can_be_stopped(office: Office, kind: str, subject: str) -> None:
    with pytest.raises(Refusal) as refusal:
        await desk_of_admins.turn_off(office.desk, OPERATOR, kind=kind, subject=subject, reason="")  # type: ignore[arg-type]
    assert refusal.value.code == "unknown_switch"


async def test_whatever_is_stopped_is_refused_for_everybody_and_says_why(office: Office) -> None:
    await office.allot(10_000)
    for switch, sentence in (
        (Switch(kind="all", reason="flood"), "stopped all making of clips for now; the reason: “flood”."),
        (Switch(kind="server", subject=SERVER), "turned off on this server for now."),
    ):
        await office.desk.store.switch_off(switch)
        for text in ("a cat", "a cat --model scripted-native", "a cat --model drawn"):
            for who in (someone(), ADMIN, OPERATOR):
                reply = await office.ask(text, who)
                assert refused(reply) and sentence in office.read(reply), text
        await office.desk.store.switch_on(switch.kind, switch.subject, actor="op")
    elsewhere = someone(server="discord:s2")
    await office.desk.store.switch_off(Switch(kind="server", subject=SERVER))
    assert not refused(await office.ask("a cat --model drawn", elsewhere))


async def test_a_stopped_model_is_not_picked_by_auto_nor_by_name(office: Office) -> None:
    await office.allot(10_000)
    first = (await office.ask("a cat")).facts["model"]
    await office.desk.store.switch_off(Switch(kind="model", subject=first))
    assert (await office.ask("a cat")).facts["model"] != first
    reply = await office.ask(f"a cat --model {first}")
    assert refused(reply) and "is turned off for now; choose another model." in office.read(reply)


def test_everything_counts_before_the_server_and_the_server_before_the_model() -> None:
    switches = [
        Switch(kind="model", subject="a"),
        Switch(kind="server", subject="s1"),
        Switch(kind="all"),
    ]
    for count, kind in ((3, "all"), (2, "server"), (1, "model")):
        switch = off_in("s1", switches[:count]).of("a")
        assert switch is not None and switch.kind == kind
    assert off_in("s2", switches[:2]).of("b") is None


async def test_a_preview_names_those_whose_limit_changes_and_no_others(
    office: Office, reports: SqliteReports
) -> None:
    await office.allot(1000)
    for id in ("1", "2", "3"):
        await office.ask("a cat --model drawn", someone(id))
    own = Rule(server=SERVER, kind="member", subject="discord:2", credits=5, period="month")
    await office.desk.store.set_rule(own, actor="op")
    rule = Rule(server=SERVER, kind="everybody", credits=100, period="week")
    preview = await desk_of_admins.preview_limit(office.desk, reports, ADMIN, rule)
    assert [one.name for one in preview.people] == ["P1", "P3"]
    assert "1,000 credits each month" in said(office, preview)
    assert "100 credits each week" in said(office, preview)
    assert preview.refusal is None
    assert rule not in await office.desk.store.rules(SERVER)
    same = Rule(server=SERVER, kind="everybody", credits=1000, period="month")
    unchanged = await desk_of_admins.preview_limit(office.desk, reports, ADMIN, same)
    assert unchanged.people == () and "Nobody known here" in said(office, unchanged)


async def test_a_preview_warns_of_those_who_have_used_more_already(
    office: Office, reports: SqliteReports
) -> None:
    await office.ask("a cat --model drawn", someone("1"))
    await office.ask("a dog --model drawn", someone("1"))
    rule = Rule(server=SERVER, kind="everybody", purse="free", credits=1, period="day")
    (one,) = (await desk_of_admins.preview_limit(office.desk, reports, ADMIN, rule)).people
    assert (one.used, one.short) == (2, True)


async def test_a_preview_says_the_same_refusal_as_the_change(office: Office, reports: SqliteReports) -> None:
    rule = Rule(server=SERVER, kind="everybody", credits=100, period="week")
    preview = await desk_of_admins.preview_limit(office.desk, reports, ADMIN, rule)
    reply = await office.ask("/quota set --scope everybody --credits 100 --period week", ADMIN)
    assert preview.refusal is not None and preview.refusal.code == reply.facts["code"] == "no_allotment"


async def test_taking_a_limit_back_is_previewed(office: Office, reports: SqliteReports) -> None:
    await office.allot(1000)
    await office.ask("a cat --model drawn", someone("1"))
    preview = await desk_of_admins.preview_reset(office.desk, reports, ADMIN, kind="everybody", subject="")
    assert [one.name for one in preview.people] == ["P1"]
    assert "0 credits" in said(office, preview)
    nothing = await desk_of_admins.preview_reset(office.desk, reports, ADMIN, kind="role", subject="9")
    assert "no limit of this kind" in said(office, nothing)


async def test_only_its_maker_keeps_a_clip_out_of_the_gallery(office: Office) -> None:
    reply = await office.ask("a cat --model drawn", someone("1"))
    wallets = [await office.desk.store.wallet(f"discord:{id}", "") for id in ("1", "2")]
    with pytest.raises(Refusal):
        await desk_of_admins.withhold(office.desk, wallets[1], job=reply.job, hidden=True)
    await desk_of_admins.withhold(office.desk, wallets[0], job=reply.job, hidden=True)
    assert await office.desk.store.withheld(reply.job)


async def test_whoever_made_a_clip_keeps_it_out_of_the_gallery_from_any_chat(office: Office) -> None:
    made = await office.ask("a cat --model drawn", someone("1"))
    assert "withhold" not in [button.action for button in (await office.ask(f"/job {made.job}")).buttons]
    refusal = await office.press("withhold", made.job, someone("1"))
    assert refused(refusal) and "no open gallery" in office.read(refusal)
