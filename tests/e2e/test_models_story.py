"""The story through each model: asked for on the page, made by its vendor, checked, posted, billed right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from providers.catalogue import load
from tests.e2e.street import STALLS, models_on, open_street, vendors, wrong_with
from tests.e2e.web_stage import Visitor, open_web

GATEWAYS = sorted({route.provider for model in load().models() for route in model.routes if route.gateway})
# The homes of all models together, and each gateway and second account alone: the way is the same for all.
STREETS = {
    "homes": [name for name in STALLS if name not in GATEWAYS and name != "kling-legacy"],
    **{name: [name] for name in ("kling-legacy", *GATEWAYS) if name in STALLS},
}
# The page shows the newest 40 messages: more models at once would push the first ones out.
AT_ONCE = 12


def test_every_vendor_of_the_catalogue_has_a_stand_in() -> None:
    assert {provider.id for provider in vendors()} == set(STALLS)


@pytest.mark.parametrize("street", STREETS)
async def test_every_model_ends_in_a_posted_checked_clip_and_the_right_bill(
    street: str, tmp_path: Path
) -> None:
    async with (
        open_street(tmp_path, STREETS[street]) as opened,
        open_web(
            tmp_path / "bot",
            keys=opened.keys,
            confirm_above=100_000,
            budget_usd_day=1000,
            budget_usd_month=1000,
            jobs_at_once=100,
            sound_with=("animatic",),  # the stories are about pictures; makers of sound have their own
            **opened.settings,
        ) as stage,
    ):
        operator = await stage.operator()
        models = models_on(opened, stage.app.catalogue)
        assert models
        told: dict[str, dict[str, Any]] = {}
        for start in range(0, len(models), AT_ONCE):
            asked = {model: await ask(operator, model) for model in models[start : start + AT_ONCE]}
            told |= {model: await answer(operator, message) for model, message in asked.items()}
        problems = {}
        for model, message in told.items():
            job = await stage.app.store.job(message["job"])
            assert job is not None
            problems[model] = wrong_with(job, message["lines"], opened)
        assert {model: found for model, found in problems.items() if found} == {}
        report = await stage.app.store.audit(day_start_ms=0, month_start_ms=0)
        assert report.problems == () and report.held == 0


async def ask(visitor: Visitor, model: str) -> str:
    """Ask for a clip of a model; the id of what was said."""
    sent = await visitor.send(f"/generate A door slams, then rain, for {model} --model {model}")
    assert sent.status == 200, sent.body
    return str(sent.body["message"]["id"])


async def answer(visitor: Visitor, mine: str) -> dict[str, Any]:
    """What comes of it in the end."""
    found = await said(visitor, mine, "clip", "refusal", "quote")
    if found["kind"] == "quote":
        await visitor.press(found, "confirm")
        found = await said(visitor, mine, "clip", "refusal")
    return found


async def said(visitor: Visitor, mine: str, *kinds: str) -> dict[str, Any]:
    """The answer to a message, once it is one of these kinds."""
    return await visitor.until(lambda m: m["reply_to"] == mine and m["kind"] in kinds, seconds=60)
