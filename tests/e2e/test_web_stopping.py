"""Switches, and jobs that the operator stops: what is off takes nothing, and what waits is given back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.web_stage import act, open_web, refused

CLIP = "/generate a door slams --model scripted-native --seconds 4"


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
