"""The story through each model on both chats: asked for there, made by its vendor, posted, billed right.

The way behind the command is the same for all models, and the web page tells the story of every one: here a
few stand for all, others on each chat. With TALKREEL_TEST=all each chat tells all of them, and again through
each gateway alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bot.app import App
from bot.core.model import Job
from providers.catalogue import load
from tests.e2e.discord_stage import open_discord
from tests.e2e.street import STALLS, Street, models_on, open_street, wrong_with
from tests.e2e.telegram_stage import open_telegram
from tests.e2e.telegram_stage import plain as plainly
from tests.fakes.discord import plain
from tests.fakes.telegram_values import Posted

GATEWAYS = ("fal", "wavespeed", "replicate")
# The makers' own doors by default; each gateway alone in the whole run.
STREETS = (
    "homes",
    *(pytest.param(name, marks=pytest.mark.whole) for name in GATEWAYS),
)
A_MINUTE = 5  # clips of one group at once: Telegram takes 20 messages a minute from a bot there
EVERY = 6  # one model of so many, by default
HOMES = [name for name in STALLS if name not in (*GATEWAYS, "kling-legacy")]
RICH: Mapping[str, Any] = {
    "confirm_above": 100_000,
    "budget_usd_day": 1000,
    "budget_usd_month": 1000,
    "jobs_at_once": 100,
}


def chosen(street: Street, whole: bool, first: int) -> list[str]:
    """The models of a story; which one it begins with differs from chat to chat."""
    models = models_on(street, load())
    return models if whole else models[first::EVERY]


def words(model: str) -> str:
    """A prompt of its own for each model."""
    return f"A door slams, then rain, for {model}"


def answers(asked: int, *, clip: bool = False) -> Callable[[Posted], bool]:
    """Whether a message answers this one, with a clip or with anything."""

    def suits(message: Posted) -> bool:
        return message.reply_to == asked and (message.video is not None or not clip)

    return suits


async def finished(app: App, person: str, name: str, count: int) -> dict[str, Job]:
    """The ended jobs of somebody, by model."""
    wallet = await app.store.wallet(person, name)
    jobs = await app.store.jobs_of(wallet, limit=count + 1)
    assert len(jobs) == count
    return {job.plan.model: await app.engine.finished(job.id) for job in jobs}


@pytest.mark.parametrize("doors", STREETS)
async def test_models_asked_for_on_discord_end_in_a_posted_checked_clip_and_the_right_bill(
    doors: str, tmp_path: Path, whole: bool
) -> None:
    async with open_street(tmp_path, HOMES if doors == "homes" else [doors]) as street:
        models = chosen(street, whole, first=0)
        with mock.patch.dict(os.environ, street.keys):
            async with open_discord(tmp_path / "bot", allow=100_000, **RICH, **street.settings) as stage:
                for model in models:
                    answer = await stage.ada.ask(stage.channel, "generate", prompt=words(model), model=model)
                    if "credits held" not in answer.text and "free clip" not in answer.text:
                        (label, _), *_ = answer.message.buttons()
                        assert label.startswith("Confirm"), answer.text
                        await (await stage.ada.press(answer.message, label)).answered()
                jobs = await finished(stage.app, f"discord:{stage.ada.user.id}", "Ada", len(models))
                problems = {}
                for model, job in jobs.items():
                    message = stage.discord.world.messages[int(job.placeholder.rpartition("/")[2])]
                    assert job.clip is not None, (model, job.outcome, plain(message.content))
                    problems[model] = wrong_with(job, plain(message.content).splitlines(), street)
                    if stage.discord.bytes_of(message) != stage.app.blobs.path(job.clip.blob).read_bytes():
                        problems[model].append("the clip in the channel is the one that was checked")
                assert {model: found for model, found in problems.items() if found} == {}
                assert sorted(jobs) == sorted(models)


@pytest.mark.parametrize("doors", STREETS)
async def test_models_asked_for_on_telegram_end_in_a_posted_checked_clip_and_the_right_bill(
    doors: str, tmp_path: Path, whole: bool
) -> None:
    async with open_street(tmp_path, HOMES if doors == "homes" else [doors]) as street:
        models = chosen(street, whole, first=EVERY // 2)
        with mock.patch.dict(os.environ, street.keys):
            async with open_telegram(tmp_path / "bot", **RICH, **street.settings) as stage:
                ada = stage.telegram.world.person("Ada")
                asked, places = {}, {}
                for count, model in enumerate(models):
                    if count % A_MINUTE == 0:
                        group = stage.telegram.world.group(f"Film club {count}", ada)
                        await stage.allow(group, 100_000)
                    places[model] = group
                    said = stage.telegram.world.say(ada, group, f"/generate {words(model)} --model {model}")
                    asked[model] = said.id
                    answer = await stage.until(group, answers(said.id))
                    if "Confirm" in " ".join(answer.labels):
                        stage.telegram.world.press(ada, answer, "Confirm")
                jobs = await finished(stage.app, f"telegram:{ada.id}", "Ada", len(models))
                problems = {}
                for model, job in jobs.items():
                    clip = await stage.until(places[model], answers(asked[model], clip=True))
                    assert job.clip is not None, (model, job.outcome, clip.text)
                    problems[model] = wrong_with(job, plainly(clip.text).splitlines(), street)
                    if stage.bytes_of(clip) != stage.app.blobs.path(job.clip.blob).read_bytes():
                        problems[model].append("the clip in the chat is the one that was checked")
                assert {model: found for model, found in problems.items() if found} == {}
                assert sorted(jobs) == sorted(models)
