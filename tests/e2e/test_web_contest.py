"""A comparison on the web page from the quote to the kept original: one bubble, blind until the reveal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.core.compare import Contest
from tests.e2e.web_stage import Answer, Visitor, WebStage, open_web

ASKED = "/compare a fox sings --models scripted-native, scripted-native-lookup --seconds 4"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[WebStage]:
    async with open_web(tmp_path) as opened:
        await opened.allow()
        yield opened


async def begun(visitor: Visitor, asked: str = ASKED) -> str:
    """A comparison that was confirmed; returns its id."""
    quote = await visitor.ask(asked, "quote")
    assert (await visitor.press(quote, "confirm")).status == 200
    bubble = await visitor.until("contest")
    assert bubble["id"] == quote["id"]  # the quote itself becomes the comparison
    return str(bubble["contest"])


async def until(visitor: Visitor, id: str, state: str) -> dict[str, Any]:
    """Wait until a comparison is so far; returns what the page is told of it."""
    async with asyncio.timeout(60):
        while True:
            view: dict[str, Any] = (await visitor.get(f"/chat/contests/{id}")).body
            if view["state"] == state:
                return view
            await asyncio.sleep(0.05)


async def act(visitor: Visitor, id: str, action: str, target: str = "") -> Answer:
    """Press a button of the comparison."""
    body = {"action": action, "target": target or id, "key": "0123456789abcdef"[: 8 + len(action)]}
    return await visitor.post(f"/chat/contests/{id}/press", body)


async def tells_nothing(visitor: Visitor, contest: Contest, view: Mapping[str, Any]) -> None:
    """Copies are alike in length, kind and name; nothing that is told before the reveal names a model."""
    id = contest.id
    told: list[Any] = [view, *(m for m in await visitor.messages() if not m["mine"])]
    copies = [await visitor.get(f"/chat/contests/{id}/{letter}/video") for letter in "AB"]
    assert [copy.status for copy in copies] == [200, 200]
    assert len({copy.headers["Content-Length"] for copy in copies}) == 1
    told += [dict(copy.headers) for copy in copies] + [copy.body for copy in copies]
    for part in ("wave", "spectrum"):
        picture = await visitor.get(f"/chat/contests/{id}/A/{part}")
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert view["card"] == []
    asked_for = (await visitor.get(f"/chat/contests/{id}", card="1")).body
    assert len(asked_for["card"]) == 2
    told.append(asked_for)
    assert (await visitor.get(f"/chat/contests/{id}/card")).body.startswith(b"\x89PNG")
    secret = [word for leg in contest.legs for word in (leg.model_name, leg.model, leg.job)]
    assert [word for word in secret if word.lower() in str(told).lower()] == []


async def test_a_comparison_is_one_bubble_from_the_quote_to_the_kept_original(stage: WebStage) -> None:
    operator = await stage.operator()
    ada, ben, cy = (stage.persona(operator, name) for name in ("ada", "ben", "cy"))
    id = await begun(ada)
    view = await until(ada, id, "voting")
    assert [leg["ready"] for leg in view["legs"]] == [True, True]
    assert len([m for m in await ada.messages() if m["kind"] != "sent"]) == 1
    contest = await stage.app.store.contest(id)
    assert contest is not None
    await tells_nothing(ada, contest, view)
    # One's own list of clips keeps those of an open comparison to itself.
    mine = (await ada.get("/data/mine")).body["jobs"]
    assert [one["clip"] for one in mine] == [None, None]
    # Whoever looks at the names is told that their votes do not count; to the others nothing is said.
    seen = (await act(cy, id, "peek")).body["view"]
    assert all(leg["name"] for leg in seen["legs"]) and "not counted" in seen["note"]
    assert "Cost" in seen["card"][0]
    assert not any(leg["name"] for leg in (await ada.get(f"/chat/contests/{id}")).body["legs"])
    # Whoever is given the address votes; an answer may be changed; the card comes when all is answered.
    for visitor, verdicts in ((ada, ("first", "tie")), (ben, ("second", "second"))):
        view = (await visitor.post(f"/chat/contests/{id}/draw", {})).body
        (pair,) = view["pairs"]
        for verdict in verdicts:
            for question in view["questions"]:
                body = {name: pair[name] for name in ("first", "second")}
                sent = body | {"question": question["id"], "verdict": verdict}
                view = (await visitor.post(f"/chat/contests/{id}/vote", sent)).body
        assert set(view["pairs"][0]["given"].values()) == {verdicts[-1]}
        assert len(view["card"]) == 2 and "Cost" not in str(view["card"])
        assert (await visitor.get(f"/chat/contests/{id}/card")).body.startswith(b"\x89PNG")
    assert (await act(ben, id, "end-vote")).status == 422
    assert (await act(ada, id, "keep", f"{id}.A")).status == 422  # not yet
    assert (await act(ada, id, "again", id)).status == 400
    assert (await act(ada, id, "end-vote")).status == 200
    view = await until(ben, id, "revealed")
    names = {leg["letter"]: leg["name"] for leg in view["legs"]}
    assert names == {leg.letter: leg.model_name for leg in contest.legs}
    overall = next(row for row in view["result"] if row["question"] == "overall")
    assert (overall["won"], overall["ties"]) == ({"A": 0, "B": 1}, 1)
    assert "Cost 40 credits" in view["card"][0].replace("\u00a0", " ")
    late = {"question": "overall", "first": "A", "second": "B", "verdict": "first"}
    assert (await ben.post(f"/chat/contests/{id}/vote", late)).status == 422
    kept = await act(ben, id, "keep", f"{id}.B")
    assert kept.status == 200
    original = await ben.get(kept.body["file"]["path"])
    leg = contest.leg("B")
    assert leg is not None
    job = await stage.app.store.job(leg.job)
    assert job is not None and job.clip is not None
    stored = stage.app.blobs.path(job.clip.original or job.clip.blob)
    assert original.body == await asyncio.to_thread(stored.read_bytes)
    assert (await ada.until("contest"))["contest"] == id
    assert all(one["clip"] for one in (await ada.get("/data/mine")).body["jobs"])


async def test_what_is_not_there_or_not_for_them_is_the_same_to_a_stranger(stage: WebStage) -> None:
    operator = await stage.operator()
    ada, ben = stage.persona(operator, "ada"), stage.persona(operator, "ben")
    id = await begun(ada, f"{ASKED} --hours 1")
    contest = await stage.app.store.contest(id)
    assert contest is not None
    nobody = await stage.stranger()
    for path in (f"/chat/contests/{id}", f"/chat/contests/{id}/A/video", f"/compare/{id}"):
        assert (await nobody.get(path)).status == 401
    for path in ("nothing", f"{id}/A/nothing", f"{id}/Z/video", f"{id}/nothing", f"{id}/A/video"):
        assert (await ben.get(f"/chat/contests/{path}")).status == 404, path
    assert (await act(ben, id, "cancel-leg", f"{id}.A")).status == 422
    assert (await act(ada, id, "cancel-leg", "other.A")).status == 400
