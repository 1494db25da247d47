"""Keys and signed links stay secret, whatever goes wrong.

Every adapter goes through every scenario, and all that comes out on the way is searched: errors with their
causes and tracebacks, values, logs at their most talkative.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from providers.base import CanCancel, Done, Failed, MediaInput, Progress, ProviderConfig, Ticket
from providers.errors import ProviderError
from tests.contract.harness import HARNESSES, Harness, Play, Scenario
from tests.contract.sound_harness import SOUND_HARNESSES, SoundHarness, SoundPlay

WITHOUT_END = ("queued", "running")
# Downloads that say nothing more than the others, and take long.
SLOW = ("slow-file", "endless-file")


def told(value: object) -> str:
    """A value in every form in which it may be written down."""
    if isinstance(value, BaseException):
        return "".join(traceback.format_exception(value)) + repr(vars(value)) + str(value)
    return f"{value!r}{value}"


async def story(scene: Play, scenario: Scenario, folder: Path) -> list[str]:
    """Submit, poll, stop where there is no end, fetch; everything that is said on the way."""
    out = [told(scene.provider), told(scene.request)]
    try:
        ticket = await scene.provider.submit(scene.request, job_key="job")
        out += [told(ticket), ticket.to_json()]
        progress = await until_the_end(scene, ticket, scenario, out)
        out.append(told(progress))
        if isinstance(progress, Failed):
            out.append(told(progress.error))
        elif isinstance(progress, Done):
            asset = await scene.provider.fetch(progress, folder / "clip.mp4")
            out.append(told(asset))
    except ProviderError as error:
        out.append(told(error))
    return out


async def until_the_end(scene: Play, ticket: Ticket, scenario: Scenario, out: list[str]) -> Progress | None:
    async with asyncio.timeout(20):
        while True:
            try:
                progress = await scene.provider.poll(ticket)
            except ProviderError as error:
                out.append(told(error))
            else:
                if isinstance(progress, Done | Failed):
                    return progress
                if scenario in WITHOUT_END or scenario == "cancel-late":
                    if isinstance(scene.provider, CanCancel):
                        out.append(told(await scene.provider.cancel(ticket)))
                    if scenario in WITHOUT_END:
                        return progress
            await asyncio.sleep(0.02)


async def sound_story(scene: SoundPlay, scenario: Scenario, into: Path) -> list[str]:
    """The same for a maker of sound."""
    out = [told(scene.maker), told(scene.request)]
    try:
        ticket = await scene.maker.submit_sound(scene.request, job_key=f"job-{scenario}", into=into)
        out += [told(ticket), ticket.to_json()]
        for _ in range(200):
            try:
                progress = await scene.maker.poll(ticket)
            except ProviderError as error:
                out.append(told(error))
            else:
                out.append(told(progress))
                if isinstance(progress, Done):
                    out.append(told(await scene.maker.fetch(progress, into)))
                if isinstance(progress, Failed):
                    out.append(told(progress.error))
                if isinstance(progress, Done | Failed):
                    break
            if len(out) > 20:
                break
            await asyncio.sleep(0.01)
    except ProviderError as error:
        out.append(told(error))
    return out


@pytest.fixture
def talkative(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every logger says everything, as an operator may set it up; those that the client quietens stay so."""
    quiet = logging.getLogger("aiohttp")
    before = quiet.level
    quiet.setLevel(logging.WARNING)  # the stand-ins' own server
    with caplog.at_level(logging.DEBUG):
        yield caplog
    quiet.setLevel(before)


@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: str(harness.id))
async def test_no_key_and_no_signed_link_comes_out_in_any_scenario(
    harness: Harness, tmp_path: Path, talkative: pytest.LogCaptureFixture
) -> None:
    seen = 0
    for scenario in get_args(Scenario):
        if scenario in harness.exempt:
            continue
        folder = tmp_path / scenario
        folder.mkdir()
        async with harness.stage(folder) as stage:
            out = await story(stage.play(scenario), scenario, folder)
            out.append(talkative.text)
            talkative.clear()
            seen += len(out)
            for text in out:
                leaks = [secret for secret in stage.secrets if secret in text]
                assert leaks == [], f"{scenario}: {text[:2000]}"
    assert seen > 60


def test_values_do_not_show_what_is_secret_in_them() -> None:
    link = "https://media.example/clip?sig=f00d"
    ticket = Ticket(provider="acme", model="acme-2", remote_id="1")
    item = MediaInput(
        role="source-video", kind="video", path=Path("x"), mime="video/mp4", size_bytes=1, url=link
    )
    config = ProviderConfig(id="acme", base_url="", keys={"ACME_KEY": "sk-very-secret"}, work_dir=Path("x"))
    said = told(Done(ticket=ticket, url=link)) + told(item) + told(config)
    assert "f00d" not in said and "sk-very-secret" not in said


@pytest.mark.parametrize("harness", SOUND_HARNESSES, ids=lambda harness: str(harness.id))
async def test_no_key_and_no_signed_link_comes_out_of_a_maker_of_sound(
    harness: SoundHarness, tmp_path: Path, talkative: pytest.LogCaptureFixture
) -> None:
    seen = 0
    async with harness.stage(tmp_path) as stage:
        for scenario in get_args(Scenario):
            if scenario in harness.exempt or scenario in SLOW:
                continue
            out = await sound_story(stage.play(scenario), scenario, tmp_path / f"{scenario}.sound")
            out.append(talkative.text)
            talkative.clear()
            seen += len(out)
            for text in out:
                leaks = [secret for secret in stage.secrets if secret in text]
                assert leaks == [], f"{scenario}: {text[:2000]}"
    assert seen > 40
