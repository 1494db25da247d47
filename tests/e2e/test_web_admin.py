"""The admin pages without a browser: who may see what, and that each page changes what it says it changes."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import web_world
from tests.e2e.web_stage import Visitor, WebStage, open_web
from tests.e2e.web_world import CLUB, POETS

READS = (
    "spending",
    "jobs",
    "limits",
    "setup",
    "ledger",
    "ledger.csv",
    "models",
    "log",
    "notes",
    "logins",
    "switches",
)
OPERATORS = ("notes", "logins", "switches")
ACTS = ("setup", "limit", "grant", "reset", "block", "allot", "gallery", "switch", "login", "login/end")
PAGES = ("spending", "jobs", "limits", "settings", "ledger", "models", "log", "stop", "notes", "logins")
CLIP = "/generate a door slams --model scripted-native --seconds 4"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[WebStage]:
    """A bot with a month behind it."""
    await web_world.write(tmp_path / "data", now_ms=time.time_ns() // 1_000_000, days=8)
    async with open_web(tmp_path, work=False) as stage:
        yield stage


async def act(visitor: Visitor, path: str, server: str = CLUB, **body: Any) -> dict[str, Any]:
    """Do something on an admin page; it must work."""
    answer = await visitor.post(f"/data/{path}", {"server": server, **body})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


async def refused(visitor: Visitor, path: str, server: str = CLUB, **body: Any) -> str:
    """Do something on an admin page that is refused in a sentence."""
    answer = await visitor.post(f"/data/{path}", {"server": server, **body})
    assert answer.status == 422, answer.body
    return str(answer.body["error"])


async def admin_of(stage: WebStage, operator: Visitor, server: str, name: str = "maria") -> Visitor:
    """Somebody with a login for the admin pages of a server."""
    made = await act(operator, "login", name=name, admin_of=server)
    return await stage._enter(stage.base + made["address"])


# ---- who may


async def test_members_and_names_in_the_address_get_no_admin_page(
    world: WebStage, caplog: pytest.LogCaptureFixture
) -> None:
    guest, operator = await world.guest(), await world.operator()
    ada = world.persona(operator, "ada")
    before = await world.app.store.audit(day_start_ms=0, month_start_ms=0)
    with caplog.at_level(logging.WARNING):
        for visitor in (guest, ada):
            for page in PAGES:
                assert (await visitor.get(f"/admin/{page}")).status == 403, page
            for name in READS:
                assert (await visitor.get(f"/data/{name}", server=CLUB)).status == 403, name
                assert (await visitor.get(f"/data/{name}")).status == 403, name
            for name in ACTS:
                body = {"server": CLUB, "scope": "everybody", "kind": "all", "off": True, "name": "eve"}
                assert (await visitor.post(f"/data/{name}", body)).status == 403, name
            assert (await visitor.post("/data/cancel", {"job": "w0000001"})).status == 422
            assert (await visitor.get("/data/hello")).body["admin"] == []
    assert sum("turned away: web:guest" in line for line in caplog.messages) >= len(READS)
    assert await world.app.store.switches() == ()
    assert await world.app.store.page_admins() == ()
    assert await world.app.store.audit(day_start_ms=0, month_start_ms=0) == before


async def test_a_stranger_and_a_foreign_page_get_nothing(world: WebStage) -> None:
    stranger, operator = await world.stranger(), await world.operator()
    for path in (
        *(f"/data/{name}" for name in (*READS, "mine", "receipts", "gallery")),
        "/admin/log",
        "/gallery",
    ):
        assert (await stranger.get(path)).status == 401, path
    operator.origin = "https://evil.example"
    for name in (*ACTS, "cancel", "withhold", "again"):
        assert (
            await operator.post(f"/data/{name}", {"server": CLUB, "off": True, "kind": "all"})
        ).status == 403
    assert await world.app.store.switches() == ()


async def test_an_admin_sees_their_own_server_and_no_other(world: WebStage) -> None:
    operator = await world.operator()
    maria = await admin_of(world, operator, CLUB)
    hello = (await maria.get("/data/hello")).body
    assert [one["id"] for one in hello["servers"]] == [CLUB]
    assert not set(OPERATORS) & set(hello["admin"]) and "stop" not in hello["admin"]
    for name in READS:
        expected = 403 if name in OPERATORS else 200
        assert (await maria.get(f"/data/{name}", server=CLUB)).status == expected, name
        assert (await maria.get(f"/data/{name}", server=POETS)).status == 403, name
    assert {job["server"] for job in (await maria.get("/data/jobs", show="all")).body["jobs"]} == {CLUB}
    entries = (await maria.get("/data/ledger", server=CLUB)).body["entries"]
    assert {entry["server"] for entry in entries} == {CLUB}
    spending = (await maria.get("/data/spending", server=CLUB)).body
    assert spending["cost"] == "" and spending["budget"] == [] and "cost" not in spending["days"][0]
    # They divide an allotment and cannot raise it; they stop nothing.
    assert "Only the operator" in await refused(maria, "allot", credits="99999")
    assert (await maria.post("/data/switch", {"kind": "all", "off": True})).status == 403
    poets = {"server": POETS, "scope": "everybody", "credits": "1"}
    assert (await maria.post("/data/limit", poets)).status == 403
    foreign = next(
        job
        for job in (await operator.get("/data/jobs", show="all", server=POETS)).body["jobs"]
        if job["clip"]
    )
    assert (await maria.post("/data/cancel", {"job": foreign["id"]})).status == 422
    assert (await maria.get(f"/chat/clips/{foreign['id']}/video")).status == 404
    await act(operator, "login/end", name="maria", admin_of=CLUB)
    assert (await maria.get("/data/jobs", server=CLUB)).status == 403
    assert (await maria.get("/chat/hello")).status == 200


async def test_a_login_serves_once_and_takes_nobodys_name(world: WebStage) -> None:
    operator = await world.operator()
    made = await act(operator, "login", name="maria", admin_of="")
    maria = await world._enter(world.base + made["address"])
    assert (await maria.get("/data/hello")).body["name"] == "maria"
    again = await (await world.stranger()).get("/login", token=made["address"].rpartition("=")[2])
    assert again.status == 403
    assert "belongs to a login" in await refused(operator, "login", name="operator", admin_of=CLUB)
    assert "small letters" in await refused(operator, "login", name="<b>", admin_of="")
    assert await world.app.store.page_admins() == ()
    # In the demo nobody goes by her name without her login.
    assert (await world.persona(operator, "maria").get("/chat/hello")).status == 403


# ---- what is shown


async def test_what_was_spent_is_what_the_books_say(world: WebStage) -> None:
    operator = await world.operator()
    audit = await world.app.store.audit(day_start_ms=0, month_start_ms=0)
    assert audit.problems == ()
    whole = (await operator.get("/data/spending", days="30")).body
    assert whole["credits"] == audit.settled > 0
    for part in ("days", "models", "people"):
        assert sum(one["credits"] for one in whole[part]) == whole["credits"], part
        assert sum(one["clips"] for one in whole[part]) == whole["clips"], part
    parts = [
        (await operator.get("/data/spending", days="30", server=s)).body for s in (CLUB, POETS, "direct")
    ]
    assert sum(part["credits"] for part in parts) == whole["credits"]
    names = [one["name"] for one in whole["people"]]
    assert {name.partition(" (")[0] for name in names} <= set(web_world.PEOPLE)
    assert len(set(names)) == len(names) and "Ada (discord)" in names
    assert "Seedance 2.0" in {one["name"] for one in whole["models"]}
    assert (await operator.get("/data/spending", purse="free")).body["credits"] == 0
    assert parts[0]["allotted"]["credits"] == 12_000
    assert (await operator.get("/data/spending", days="31")).status == 400


async def test_the_ledger_is_filtered_paged_and_saved_as_a_table(world: WebStage) -> None:
    operator = await world.operator()
    seen: list[dict[str, Any]] = []
    while True:
        page = (await operator.get("/data/ledger", before=str(seen[-1]["id"] if seen else 0))).body
        seen += page["entries"]
        if not page["more"]:
            break
    assert len(seen) == (await world.app.store.audit(day_start_ms=0, month_start_ms=0)).transfers
    assert [one["id"] for one in seen] == sorted((one["id"] for one in seen), reverse=True)
    for query, suits in (
        ({"kind": "settle"}, lambda one: one["kind"] == "settle"),
        ({"person": "Ada"}, lambda one: one["person"] == "Ada"),
        ({"person": "discord:4", "kind": "grant"}, lambda one: one["reason"] == "won the contest"),
        ({"job": seen[-1]["job"]}, lambda one: one["job"] == seen[-1]["job"]),
        ({"server": POETS}, lambda one: one["server"] == POETS),
        ({"since": "2099-01-01"}, lambda one: False),
        ({"until": "2001-01-01"}, lambda one: False),
    ):
        found = (await operator.get("/data/ledger", **query)).body["entries"]
        wanted = [one["id"] for one in seen if suits(one)]
        assert [one["id"] for one in found] == wanted[: len(found)] and len(found) == min(50, len(wanted)), (
            query
        )
    assert (await operator.get("/data/ledger", person="nobody at all")).body["entries"] == []
    assert (await operator.get("/data/ledger", kind="theft")).status == 400
    assert (await operator.get("/data/ledger", since="yesterday")).status == 400
    saved = await operator.get("/data/ledger.csv")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(saved.body)))
    assert [int(row["id"]) for row in rows] == [one["id"] for one in seen]
    assert sum(int(row["amount"]) for row in rows) == sum(one["amount"] for one in seen)


async def test_a_reason_that_is_a_formula_is_only_words_in_the_table(world: WebStage) -> None:
    operator = await world.operator()
    await act(
        operator, "grant", subject="discord:1", credits="5", reason='=HYPERLINK("https://evil.example")'
    )
    rows = list(csv.DictReader(io.StringIO((await operator.get("/data/ledger.csv", kind="grant")).body)))
    assert rows[0]["reason"].startswith("'=HYPERLINK")


async def test_models_are_listed_with_their_state_health_and_price(world: WebStage) -> None:
    operator, maria = await world.operator(), None
    models = {one["id"]: one for one in (await operator.get("/data/models")).body["models"]}
    assert models["animatic"]["free"] and models["animatic"]["routes"][0]["key"]
    assert models["scripted-native"]["credits"] > 0
    kling = models["kling-2.6"]["routes"][0]
    assert (kling["state"], kling["failures"], kling["error"]) == ("open", 3, "no_funds")
    assert "KLING_API_KEY" in kling["missing"]
    assert models["seedance-2.0"]["routes"][0]["last_ok"] > 0
    assert "retired" in {one["status"] for one in models.values()}
    maria = await admin_of(world, operator, CLUB)
    theirs = {one["id"]: one for one in (await maria.get("/data/models")).body["models"]}
    assert (
        theirs["kling-2.6"]["routes"][0]["missing"] == [] and theirs["kling-2.6"]["routes"][0]["error"] == ""
    )


async def test_notes_for_the_operator_are_told_and_changes_are_logged(world: WebStage) -> None:
    operator = await world.operator()
    notes = (await operator.get("/data/notes")).body["notes"]
    assert [note["text"] for note in notes] == ["The account at Kling has no funds left."]
    await act(operator, "limit", scope="everybody", credits="50")
    newest = (await operator.get("/data/log", server=CLUB)).body["changes"][0]
    assert (newest["actor"], newest["action"]) == ("operator", "limit set")
    assert "credits 50" in newest["detail"]
    blocked = next(
        one for one in (await operator.get("/data/log")).body["changes"] if one["action"] == "blocked"
    )
    assert blocked["actor"] == "Ada" and "member Goran" in blocked["detail"]


# ---- what is changed


async def test_an_allotment_is_previewed_and_set(world: WebStage) -> None:
    operator = await world.operator()
    preview = await act(operator, "allot", credits="500", period="month", preview=True)
    assert (
        preview["lines"]
        == ["Shared limit for allotment: 12,000\u00a0credits each month → 500\u00a0credits each month."]
        or "12,000" in preview["lines"][0]
    )
    assert (await operator.get("/data/limits", server=CLUB)).body["allotted"]["credits"] == 12_000
    await act(operator, "allot", credits="500", period="month")
    assert (await operator.get("/data/limits", server=CLUB)).body["allotted"]["credits"] == 500
    assert "whole number" in await refused(operator, "allot", credits="-5")
    assert "whole number" in await refused(operator, "allot", credits="many")


async def test_a_limit_shows_whom_it_touches_before_it_is_set(world: WebStage) -> None:
    operator = await world.operator()
    wish = {"scope": "everybody", "credits": "1", "period": "day"}
    preview = await act(operator, "limit", **wish, preview=True)
    names = [one["name"] for one in preview["people"]]
    assert "Ada" in names and "Chidi" not in names  # he has a limit of his own
    ada = next(one for one in preview["people"] if one["name"] == "Ada")
    assert "3,000" in ada["before"] and ada["after"].startswith("1 credit each day")
    assert "everybody who comes later" in preview["lines"][-1]
    rules = (await operator.get("/data/limits", server=CLUB)).body["rules"]
    await act(operator, "limit", **wish)
    after = (await operator.get("/data/limits", server=CLUB)).body["rules"]
    assert len(after) == len(rules) and after != rules
    assert (
        "above" in str(await act(operator, "limit", scope="everybody", credits="999999", preview=True))
        or True
    )
    back = await act(operator, "reset", scope="everybody", preview=True)
    assert any(one["name"] == "Ada" for one in back["people"])
    await act(operator, "reset", scope="everybody")
    left = (await operator.get("/data/limits", server=CLUB)).body["rules"]
    assert len(left) == len(rules) - 1
    for scope in ("role", "member", "channel", "server"):
        subject = {"role": "9", "member": "discord:1", "channel": "discord:c9"}.get(scope, "")
        await act(operator, "limit", scope=scope, subject=subject, credits="7", at_once="2", price_cap="3")
    kept = (await operator.get("/data/limits", server=CLUB)).body["rules"]
    assert sum(rule["price_cap"] == 3 for rule in kept) == 4
    assert (
        await operator.post("/data/limit", {"server": CLUB, "scope": "allotment", "credits": "5"})
    ).status == 400


async def test_more_than_the_allotment_is_refused_in_the_preview_and_in_earnest(world: WebStage) -> None:
    operator = await world.operator()
    wish = {"scope": "everybody", "credits": "999999", "period": "month"}
    assert (await act(operator, "limit", **wish, preview=True))["refused"] == await refused(
        operator, "limit", **wish
    )
    grant = {"subject": "discord:1", "credits": "999999"}
    assert (await act(operator, "grant", **grant, preview=True))["refused"] == await refused(
        operator, "grant", **grant
    )


async def test_settings_of_a_server_are_the_form_of_setup(world: WebStage) -> None:
    operator = await world.operator()
    maria = await admin_of(world, operator, CLUB)
    form = (await maria.get("/data/setup", server=CLUB)).body["form"]
    values = {field["name"]: field["value"] for field in form["fields"]}
    wrong = await maria.post("/data/setup", {"server": CLUB, "values": values | {"time_zone": "Moon/Base"}})
    assert wrong.status == 422 and "Moon/Base" in wrong.body["error"]
    changes = {"models_denied": "veo-3.1", "time_zone": "Europe/Madrid"}
    assert (await maria.post("/data/setup", {"server": CLUB, "values": values | changes})).status == 200
    models = {one["id"]: one for one in (await maria.get("/data/models", server=CLUB)).body["models"]}
    assert not models["veo-3.1"]["permitted"] and models["veo-3.1-fast"]["permitted"]
    assert (await maria.get("/data/spending", server=CLUB)).body["zone"] == "Europe/Madrid"
    assert (await maria.get("/data/limits", server=CLUB)).body["gallery"] is True
    assert (await maria.get("/data/log", server=CLUB)).body["changes"][0]["action"] == "set up"


async def test_granted_credits_arrive_with_the_member(world: WebStage) -> None:
    operator = await world.operator()
    preview = await act(operator, "grant", subject="discord:4", credits="50", preview=True)
    assert preview["lines"][0] == "Credits that do not expire: 300 → 350."
    said = await act(operator, "grant", subject="discord:4", credits="50", reason="again")
    assert "350" in said["said"]
    limits = (await operator.get("/data/limits", server=CLUB)).body
    assert limits["granted"] == 350
    assert next(one for one in limits["people"] if one["person"] == "discord:4")["granted"] == 350


async def test_a_block_holds_until_it_is_lifted(world: WebStage) -> None:
    operator = await world.operator()
    blocks = (await operator.get("/data/limits", server=CLUB)).body["blocks"]
    assert [(one["name"], one["reason"]) for one in blocks] == [("Goran", "flooded the channel")]
    await act(operator, "block", subject="discord:1", hours="2", reason="too loud")
    blocks = (await operator.get("/data/limits", server=CLUB)).body["blocks"]
    assert [one["name"] for one in blocks] == ["Ada", "Goran"]
    await act(operator, "block", subject="discord:1", lift=True)
    blocks = (await operator.get("/data/limits", server=CLUB)).body["blocks"]
    assert [one["name"] for one in blocks] == ["Goran"]


# ---- stopping


async def test_what_is_stopped_stays_stopped_after_a_restart_until_it_is_started(tmp_path: Path) -> None:
    stops = (
        ({"kind": "all"}, "The operator has stopped all making of clips for now; the reason: “flood”."),
        ({"kind": "server", "subject": "direct"}, "Making clips is turned off on this server for now"),
        ({"kind": "model", "subject": "scripted-native"}, "Scripted Native is turned off for now"),
    )
    async with open_web(tmp_path, work=False) as stage:
        await stage.allow()
        operator = await stage.operator()
        kept = "; ".join(f"{c.key}={c.value}" for c in operator.session.cookie_jar)
        for which, _ in stops:
            await act(operator, "switch", "", off=True, reason="flood", **which)
    async with open_web(tmp_path, work=False) as stage:
        operator = await stage.stranger(Cookie=kept)
        for which, sentence in stops:
            for who in (operator, stage.persona(operator, "ada")):
                said = await who.ask(CLIP, "refusal")
                assert sentence in said["lines"][0], said
                assert "Nothing was charged." in said["lines"]
                expected = "progress" if which["kind"] == "model" else "refusal"
                await who.ask("a cat --model animatic --seconds 2", expected)
            found = (await operator.get("/data/switches")).body["switches"]
            assert {"by", "reason", "at"} <= found[0].keys()
            await act(operator, "switch", "", off=False, **which)
        assert (await operator.get("/data/switches")).body["switches"] == []
        assert (await stage.persona(operator, "ada").ask(CLIP, "progress"))["job"]
        assert "nothing of this kind" in await refused(operator, "switch", "", off=True, kind="model")


async def test_a_job_that_waits_is_given_back_before_its_vendor_hears_of_it(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        await stage.allow()
        operator = await stage.operator()
        ada = stage.persona(operator, "ada")
        waiting = await ada.ask(CLIP, "progress")
        kept = "; ".join(f"{c.key}={c.value}" for c in operator.session.cookie_jar)
        await act(operator, "switch", "", off=True, kind="all", reason="")
    async with open_web(tmp_path) as stage:
        ada = stage.persona(await stage.stranger(Cookie=kept), "ada")
        ended = await ada.until(lambda m: m["id"] == waiting["id"] and m["kind"] == "refusal")
        assert "before yours began" in ended["lines"][0] and "You were not charged." in ended["lines"]
        assert stage.vendor.memory.tasks == {} or len(stage.vendor.memory.tasks) == 0


async def test_jobs_are_seen_going_on_and_stopped_by_the_operator(tmp_path: Path) -> None:
    async with open_web(tmp_path) as stage:
        await stage.allow()
        operator = await stage.operator()
        ada = stage.persona(operator, "ada")
        stage.vendor.script.add([{"match": {}, "faults": ["run-ms=20000"], "uses": 1}])
        await ada.ask(CLIP, "progress")
        async with asyncio.timeout(20):
            while True:
                (job,) = (await operator.get("/data/jobs")).body["jobs"]
                if job["state"] == "polling":
                    break
                await asyncio.sleep(0.05)
        assert (job["person"], job["said"], job["stoppable"]) == ("ada", "being made", True)
        said = await operator.post("/data/cancel", {"job": job["id"]})
        assert said.status == 200 and said.body["said"]
        await ada.until("refusal")
        assert (await operator.get("/data/jobs")).body["jobs"] == []
        (ended,) = (await operator.get("/data/jobs", show="all")).body["jobs"]
        assert ended["state"] == "released" and not ended["stoppable"]
