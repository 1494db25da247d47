"""Who may use how much where, and what a job takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.core import ledger
from bot.core.desk import House
from bot.core.errors import Denied
from bot.core.model import CONSOLE, DIRECT, Actor, Person, Purse, Take
from bot.core.quota import (
    Standing,
    grant_account,
    grant_refusal,
    limit_refusal,
    limits_for,
    standing,
    standing_windows,
    takes,
)
from bot.core.records import Rule, Server, Window

HERE = "discord:1"
NOW_MS = int(datetime(2026, 11, 22, 17, tzinfo=UTC).timestamp() * 1000)
DAY_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
MONTH_MS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000)
ANN = Actor(
    person=Person(platform="discord", id="7"), server=HERE, channel="discord:55", roles=("mods", "gold")
)
HOUSE = House(jobs_at_once=3, free_clips_per_day=20)


def rule(kind: Any, subject: str = "", **limits: Any) -> Rule:
    return Rule(server=limits.pop("server", HERE), kind=kind, subject=subject, **limits)


ALLOTTED = rule("allotment", credits=1000, period="month")
EVERYBODY = rule("everybody", credits=50, period="day")


def taken(*rules: Rule, actor: Actor = ANN, purse: Purse = "paid", **changes: Any) -> dict[str, Take]:
    given: dict[str, Any] = {
        "actor": actor,
        "wallet": "w1",
        "server": Server(id=actor.server),
        "rules": rules,
        "house": HOUSE,
        "purse": purse,
        "credits": 40 if purse == "paid" else 1,
        "cost_micro_usd": 400_000 if purse == "paid" else 0,
        "now_ms": NOW_MS,
    }
    found = takes(**(given | changes))
    assert found[0].scope == f"member:{actor.server}:w1"
    return {take.scope.partition(":")[0] if take.unit != "usd" else take.scope: take for take in found}


# ---------------------------------------------------------------------------------------------
# Which limit holds


def test_with_nothing_set_there_are_no_paid_credits_and_twenty_free_clips_a_day() -> None:
    assert limits_for(ANN, (), HOUSE, "paid").member.credits == 0
    free = limits_for(ANN, (), HOUSE, "free").member
    assert (free.credits, free.period) == (20, "day")


def test_a_members_own_rule_stands_above_roles_and_everybody() -> None:
    rules = (EVERYBODY, rule("role", "gold", credits=500, period="day"))
    own = rule("member", "discord:7", credits=5, period="day")
    found = limits_for(ANN, (*rules, own), HOUSE, "paid")
    assert found.member.credits == 5 and found.sources["member"] == "member"
    assert limits_for(ANN, rules, HOUSE, "paid").sources["member"] == "role"


def test_the_most_generous_role_counts_whatever_its_period() -> None:
    day = rule("role", "mods", credits=20, period="day")
    week = rule("role", "gold", credits=100, period="week")
    assert limits_for(ANN, (day, week), HOUSE, "paid").member.credits == 20
    month = rule("role", "gold", credits=700, period="month")
    assert limits_for(ANN, (day, month), HOUSE, "paid").member.credits == 700
    others = rule("role", "silver", credits=9999, period="day")
    assert limits_for(ANN, (day, others), HOUSE, "paid").member.credits == 20


def test_zero_means_none_and_unset_means_inherit() -> None:
    barred = rule("member", "discord:7", credits=0, period="day")
    assert limits_for(ANN, (EVERYBODY, barred), HOUSE, "paid").member.credits == 0
    only_jobs = rule("member", "discord:7", at_once=9)
    found = limits_for(ANN, (EVERYBODY, only_jobs), HOUSE, "paid")
    assert (found.member.credits, found.at_once) == (50, 9)


def test_rules_of_other_servers_people_and_purses_do_not_count() -> None:
    strangers = (
        rule("everybody", server="discord:2", credits=9, period="day"),
        rule("member", "discord:8", credits=9, period="day"),
        rule("everybody", purse="free", credits=9, period="day"),
    )
    assert limits_for(ANN, strangers, HOUSE, "paid").member.credits == 0


def test_jobs_at_once_hold_for_both_purses_unless_one_has_its_own() -> None:
    few = rule("everybody", at_once=1)
    assert limits_for(ANN, (few,), HOUSE, "free").at_once == 1
    assert limits_for(ANN, (few, rule("everybody", purse="free", at_once=2)), HOUSE, "free").at_once == 2
    assert limits_for(ANN, (), HOUSE, "paid").at_once == 3


# ---------------------------------------------------------------------------------------------
# What a job takes


def test_a_paid_job_takes_from_the_member_the_allotment_the_budget_and_the_slots() -> None:
    found = taken(EVERYBODY, ALLOTTED)
    assert set(found) == {"member", "allotment", "budget:day", "budget:month", "active"}
    assert (found["member"].cap, found["member"].amount, found["member"].start_ms) == (50, 40, DAY_MS)
    assert (found["allotment"].cap, found["allotment"].start_ms) == (1000, MONTH_MS)
    assert (found["budget:day"].cap, found["budget:day"].amount) == (5_000_000, 400_000)
    assert (found["budget:month"].cap, found["budget:month"].unit) == (50_000_000, "usd")
    assert found["active"] == Take(scope=f"active:{HERE}:w1", unit="jobs", start_ms=0, cap=3, amount=1)


def test_pools_of_channel_and_server_are_taken_too() -> None:
    pools = (
        rule("channel", "discord:55", credits=100, period="week"),
        rule("channel", "discord:56", credits=1, period="week"),
        rule("server", credits=300, period="month"),
    )
    found = taken(EVERYBODY, ALLOTTED, *pools)
    assert (found["channel"].scope, found["channel"].cap) == (f"channel:{HERE}/discord:55", 100)
    assert (found["server"].scope, found["server"].cap) == (f"server:{HERE}", 300)
    assert all(found[kind].amount == 40 for kind in ("member", "channel", "server", "allotment"))


def test_without_an_allotment_nothing_paid_fits_whatever_the_admins_set() -> None:
    million = rule("everybody", credits=1_000_000, period="day")
    assert taken(million)["allotment"].cap == 0


def test_an_admin_is_a_member_like_any_other() -> None:
    assert taken(EVERYBODY, actor=replace(ANN, admin=True)) == taken(EVERYBODY)


def test_a_free_clip_takes_one_from_the_day_and_no_budget() -> None:
    found = taken(EVERYBODY, ALLOTTED, purse="free")
    assert set(found) == {"member", "active"}
    assert (found["member"].cap, found["member"].amount, found["member"].unit) == (20, 1, "free")


@pytest.mark.parametrize(
    "actor",
    [replace(ANN, operator=True), replace(ANN, server=CONSOLE), replace(ANN, server=CONSOLE, operator=True)],
)
def test_operators_and_the_console_draw_on_the_budget_itself_and_are_counted(actor: Actor) -> None:
    cheap = rule("everybody", server=actor.server, credits=1, period="day", price_cap=1)
    found = taken(cheap, actor=actor)
    assert set(found) == {"member", "budget:day", "budget:month", "active"}
    assert (found["member"].cap, found["member"].amount) == (None, 40)
    assert taken(actor=actor, purse="free")["member"].cap == 20


def test_private_chats_draw_on_their_own_allotment() -> None:
    alone = replace(ANN, server=DIRECT)
    assert taken(actor=alone)["member"].cap == 0 and taken(actor=alone)["allotment"].cap == 0
    allotted = rule("allotment", server=DIRECT, credits=200, period="month")
    found = taken(allotted, actor=alone)
    assert (found["member"].cap, found["allotment"].cap) == (200, 200)
    assert found["allotment"].scope == f"allotment:{DIRECT}"
    few = rule("everybody", server=DIRECT, credits=10, period="day")
    assert taken(allotted, few, actor=alone)["member"].cap == 10


def test_a_new_period_is_a_new_window() -> None:
    day, month = taken(EVERYBODY)["member"], taken(replace(EVERYBODY, period="month"))["member"]
    assert (day.scope, day.start_ms, month.start_ms) == (month.scope, DAY_MS, MONTH_MS)


def test_windows_follow_the_servers_time_zone_and_the_budget_does_not() -> None:
    found = taken(EVERYBODY, ALLOTTED, server=Server(id=HERE, time_zone="Asia/Tokyo"))
    tokyo_day = int(datetime(2026, 11, 22, 15, tzinfo=UTC).timestamp() * 1000)
    assert found["member"].start_ms == tokyo_day and found["member"].renews_ms == tokyo_day + 86_400_000
    assert found["budget:day"].start_ms == DAY_MS


def test_one_job_dearer_than_the_cap_is_denied_with_both_numbers() -> None:
    capped = (
        EVERYBODY,
        replace(ALLOTTED),
        rule("role", "gold", price_cap=39),
        rule("role", "mods", price_cap=10),
    )
    with pytest.raises(Denied) as caught:
        taken(*capped)
    assert caught.value.code == "price_cap" and caught.value.facts == {
        "price": 40,
        "cap": 39,
        "rule": "rule_role",
    }
    assert taken(*capped, credits=39)["member"].amount == 39


def test_the_budget_is_counted_in_whole_micro_dollars() -> None:
    house = replace(HOUSE, budget_day_usd=Decimal("0.0000019"))
    assert taken(EVERYBODY, house=house)["budget:day"].cap == 1


def test_a_job_that_costs_the_operator_nothing_takes_no_budget() -> None:
    assert "budget:day" not in taken(EVERYBODY, cost_micro_usd=0)


def test_granted_credits_serve_members_and_not_those_who_need_none() -> None:
    assert grant_account(ANN, "w1", "paid") == ledger.grant_account(HERE, "w1")
    assert ledger.grant_owner(grant_account(ANN, "w1", "free")) == (HERE, "w1")
    assert grant_account(replace(ANN, operator=True), "w1", "paid") == ""


def test_merging_wallets_moves_a_members_own_windows_and_no_shared_ones() -> None:
    pool = rule("server", credits=300, period="month")
    moved = {
        kind
        for kind, take in taken(EVERYBODY, ALLOTTED, pool).items()
        if ledger.of_wallet(take.scope, "w1", "w2") != take.scope
    }
    assert moved == {"member", "active"}


# ---------------------------------------------------------------------------------------------
# What is shown


def shown(*rules: Rule, used: dict[str, tuple[int, int]], grants: int = 0, actor: Actor = ANN) -> Standing:
    looked_at = standing_windows(
        actor=actor,
        wallet="w1",
        server=Server(id=actor.server),
        rules=rules,
        house=HOUSE,
        purse="paid",
        now_ms=NOW_MS,
    )
    windows = [
        Window(scope=take.scope, unit=take.unit, start_ms=take.start_ms, held=held, used=gone)
        for take in looked_at
        for kind, (held, gone) in used.items()
        if take.scope.startswith(kind)
    ]
    return standing(purse="paid", looked_at=looked_at, windows=windows, grants=grants)


def test_a_standing_shows_what_is_left_and_when_it_renews() -> None:
    found = shown(EVERYBODY, ALLOTTED, used={"member": (10, 15), "active": (2, 0)}, grants=7)
    assert (found.cap, found.held, found.used, found.left) == (50, 10, 15, 25)
    assert (found.grants, found.have) == (7, 32)
    assert found.renews_ms == DAY_MS + 86_400_000
    assert (found.at_once, found.active) == (3, 2)


def test_what_one_has_is_never_more_than_the_pools_hold() -> None:
    pool = rule("server", credits=60, period="month")
    found = shown(EVERYBODY, ALLOTTED, pool, used={"server": (20, 30)})
    assert found.left == 50 and found.have == 10
    assert [(p.kind, p.cap, p.left) for p in found.pools] == [("server", 60, 10), ("allotment", 1000, 1000)]


def test_a_limit_that_was_lowered_below_what_was_used_leaves_nothing() -> None:
    found = shown(EVERYBODY, ALLOTTED, used={"member": (0, 80)})
    assert (found.left, found.have) == (0, 0)


def test_an_operator_has_no_limit_but_sees_what_was_used() -> None:
    found = shown(used={"member": (5, 6)}, actor=replace(ANN, operator=True))
    assert (found.cap, found.left, found.have, found.used) == (None, None, None, 6)


# ---------------------------------------------------------------------------------------------
# What admins may hand out


def test_a_million_credits_on_a_server_without_allotment_are_refused() -> None:
    refusal = grant_refusal(server=HERE, rules=(), purse="paid", amount=1_000_000, granted=0)
    assert refusal is not None and refusal.code == "no_allotment"
    admin = replace(ANN, admin=True)
    million = rule("member", "discord:7", credits=1_000_000, period="day")
    limit = limit_refusal(actor=admin, rule=million, rules=())
    assert limit is not None and limit.code == "no_allotment"


def test_grants_divide_the_allotment_and_never_exceed_it() -> None:
    given = {"server": HERE, "rules": (ALLOTTED,), "purse": "paid"}
    assert grant_refusal(**given, amount=400, granted=600) is None  # type: ignore[arg-type]
    refusal = grant_refusal(**given, amount=401, granted=600)  # type: ignore[arg-type]
    assert refusal is not None and refusal.code == "above_allotment"
    assert (refusal.facts["asked"], refusal.facts["carried"], refusal.facts["granted"]) == (401, 1000, 600)


def test_free_clips_may_be_granted_without_an_allotment() -> None:
    assert grant_refusal(server=HERE, rules=(), purse="free", amount=10, granted=0) is None


@pytest.mark.parametrize("amount", [0, -5])
def test_a_grant_is_at_least_one_credit(amount: int) -> None:
    refusal = grant_refusal(server=HERE, rules=(ALLOTTED,), purse="paid", amount=amount, granted=0)
    assert refusal is not None and refusal.code == "bad_amount"


@pytest.mark.parametrize(
    ("allotted", "asked", "allowed"),
    [
        ((1000, "month"), (1000, "day"), True),
        ((1000, "month"), (1001, "day"), False),
        ((100, "day"), (3100, "month"), True),
        ((100, "day"), (3101, "month"), False),
        ((100, "day"), (701, "week"), False),
        ((0, "month"), (0, "day"), True),
    ],
)
def test_a_limit_is_at_most_what_the_allotment_can_carry_in_its_period(
    allotted: tuple[int, Any], asked: tuple[int, Any], allowed: bool
) -> None:
    rules = (rule("allotment", credits=allotted[0], period=allotted[1]),)
    wanted = rule("everybody", credits=asked[0], period=asked[1])
    assert (limit_refusal(actor=ANN, rule=wanted, rules=rules) is None) is allowed


def test_only_the_operator_sets_an_allotment() -> None:
    refusal = limit_refusal(actor=replace(ANN, admin=True), rule=ALLOTTED, rules=())
    assert refusal is not None and refusal.code == "operator_only"
    assert limit_refusal(actor=replace(ANN, operator=True), rule=ALLOTTED, rules=()) is None


def test_a_limit_below_zero_is_refused() -> None:
    refusal = limit_refusal(actor=ANN, rule=rule("everybody", at_once=-1), rules=())
    assert refusal is not None and refusal.code == "bad_amount"
