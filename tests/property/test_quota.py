"""Periods and takes for any instant, any zone and any set of limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.desk import House
from bot.core.errors import Denied
from bot.core.model import CONSOLE, DIRECT, Actor, Period, Person, Purse
from bot.core.quota import (
    allotment,
    grant_refusal,
    limit_refusal,
    limits_for,
    period_end_ms,
    period_start_ms,
    standing,
    standing_windows,
    takes,
)
from bot.core.records import Rule, Server

PERIODS: tuple[Period, ...] = get_args(Period)
# Zones that skip midnights, repeat them, jump by half an hour, or once skipped a whole day.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Asuncion",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
)
instants = st.integers(
    int(datetime(2005, 1, 1, tzinfo=UTC).timestamp()) * 1000,
    int(datetime(2045, 1, 1, tzinfo=UTC).timestamp()) * 1000,
)
# The night in which Samoa went without a day, and a night without a midnight in São Paulo.
APIA_MS = int(datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC).timestamp()) * 1000
PAULO_MS = int(datetime(2017, 10, 15, 3, 0, 0, tzinfo=UTC).timestamp()) * 1000


@settings(max_examples=500)
@given(st.sampled_from(PERIODS), instants, st.sampled_from(ZONES))
@example("day", APIA_MS, "Pacific/Apia")
@example("day", APIA_MS + 1000, "Pacific/Apia")
@example("day", PAULO_MS, "America/Sao_Paulo")
@example("month", PAULO_MS, "America/Sao_Paulo")
def test_a_period_holds_its_instants_and_the_next_one_begins_where_it_ends(
    period: Period, now_ms: int, zone: str
) -> None:
    start, end = period_start_ms(period, now_ms, zone), period_end_ms(period, now_ms, zone)
    assert start <= now_ms < end
    assert period_start_ms(period, start, zone) == start
    assert period_start_ms(period, end - 1, zone) == start
    assert period_start_ms(period, end, zone) == end
    first = datetime.fromtimestamp(start / 1000, ZoneInfo(zone))
    assert period != "week" or first.weekday() == 0 or zone == "Pacific/Apia"
    assert period != "month" or first.day == 1


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_days_has_no_gap_and_no_overlap(zone: str) -> None:
    now = start = period_start_ms("day", int(datetime(2011, 6, 1, tzinfo=UTC).timestamp()) * 1000, zone)
    days = set()
    while now < start + 366 * 86_400_000:
        assert period_start_ms("day", now, zone) == now
        days.add(datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).date())
        now = period_end_ms("day", now, zone)
    assert 365 <= len(days) <= 367


@st.composite
def rules(draw: st.DrawFn, server: str) -> list[Rule]:
    kinds = ["everybody", "role", "member", "channel", "server", "allotment"]
    subjects = {
        "role": ["mods", "gold", "other"],
        "member": ["discord:7", "discord:8"],
        "channel": ["discord:55", "discord:56"],
    }
    found = []
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=8)):
        credits = draw(st.one_of(st.none(), st.integers(0, 500)))
        limits: dict[str, Any] = {
            "credits": credits,
            "period": None if credits is None else draw(st.sampled_from(PERIODS)),
            "at_once": draw(st.one_of(st.none(), st.integers(0, 5))),
            "price_cap": draw(st.one_of(st.none(), st.integers(0, 300))),
        }
        found.append(
            Rule(
                server=draw(st.sampled_from([server, server, "discord:2"])),
                kind=kind,  # type: ignore[arg-type]
                subject=draw(st.sampled_from(subjects.get(kind, [""]))),
                purse=draw(st.sampled_from(["paid", "paid", "free"])),
                **limits,
            )
        )
    return found


@settings(max_examples=300)
@given(st.data())
def test_what_a_job_takes_is_always_consistent(data: st.DataObject) -> None:
    server = data.draw(st.sampled_from(["discord:1", DIRECT, CONSOLE]))
    actor = Actor(
        person=Person(platform="discord", id="7"),
        server=server,
        channel="discord:55",
        roles=("mods", "gold"),
        operator=data.draw(st.booleans()),
        admin=data.draw(st.booleans()),
    )
    known = data.draw(rules(server))
    purse: Purse = data.draw(st.sampled_from(["paid", "free"]))
    credits, cost = data.draw(st.integers(1, 400)), data.draw(st.integers(0, 10**7))
    now_ms, zone = data.draw(instants), data.draw(st.sampled_from(ZONES))
    common: dict[str, Any] = {
        "actor": actor,
        "wallet": "w1",
        "server": Server(id=server, time_zone=zone),
        "rules": known,
        "house": House(),
        "purse": purse,
        "now_ms": now_ms,
    }
    limits = limits_for(actor, known, House(), purse)
    if limits.price_cap is not None and credits > limits.price_cap:
        with pytest.raises(Denied):
            takes(**common, credits=credits, cost_micro_usd=cost)
        return
    found = takes(**common, credits=credits, cost_micro_usd=cost)
    assert found == takes(**common, credits=credits, cost_micro_usd=cost)
    assert len({(take.scope, take.unit) for take in found}) == len(found)
    assert found[0].scope == f"member:{server}:w1" and found[0].unit == str(purse)
    amounts = {"paid": credits, "free": credits, "usd": cost, "jobs": 1}
    for take in found:
        assert take.amount == amounts[take.unit]
        assert take.cap is None or take.cap >= 0
        assert (take.start_ms == take.renews_ms == 0) or take.start_ms <= now_ms < take.renews_ms
    unlimited = purse == "paid" and (actor.operator or server == CONSOLE)
    assert (found[0].cap is None) == unlimited
    scopes = {take.scope.partition(":")[0] for take in found}
    assert ("allotment" in scopes) == (purse == "paid" and not unlimited)
    assert ("budget" in scopes) == (purse == "paid" and cost > 0)
    looked_at = standing_windows(**common)
    assert {take.scope for take in looked_at} == {take.scope for take in found if take.unit != "usd"}
    shown = standing(purse=purse, looked_at=looked_at, windows=(), grants=3)
    assert (shown.have is None) == unlimited


@given(st.data(), st.integers(1, 10**7), st.integers(0, 600))
def test_admins_never_hand_out_more_than_the_allotment(
    data: st.DataObject, amount: int, granted: int
) -> None:
    known = data.draw(rules("discord:1"))
    carried = allotment("discord:1", known).credits or 0
    purse: Purse = "paid"
    refusal = grant_refusal(server="discord:1", rules=known, purse=purse, amount=amount, granted=granted)
    assert (refusal is None) == (granted + amount <= carried)
    admin = Actor(person=Person(platform="discord", id="7"), server="discord:1", admin=True)
    raised = Rule(server="discord:1", kind="allotment", credits=amount, period="day")
    assert limit_refusal(actor=admin, rule=raised, rules=known) is not None
