"""How far a ComfyUI job is: heard on the web socket, and nothing is missed where there is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from providers.base import Failed, Running, Ticket
from providers.video.comfyui import ComfyUI
from providers.wire import steps
from providers.wire.steps import Steps
from tests.contract.stage_comfyui import ComfyStage, comfyui, wish
from tests.unit.providers.video.playback import recorded

SLOW = "[fault:queue-ms=0][fault:run-ms=900]"
NODES = ("25", "36")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ComfyStage]:
    """The server, listening."""
    async with comfyui(tmp_path) as opened:
        yield opened


async def shares(adapter: ComfyUI, ticket: Ticket) -> list[float | None]:
    """What is told while a job is being made, each value once."""
    told: list[float | None] = []
    async with asyncio.timeout(10):
        while isinstance(progress := await adapter.poll(ticket), Running):
            if progress.fraction not in told:
                told.append(progress.fraction)
            await asyncio.sleep(0.01)
    return told


async def test_the_share_of_a_job_grows_with_the_steps_of_both_passes(stage: ComfyStage) -> None:
    adapter = stage.adapter()
    told = await shares(adapter, await adapter.submit(wish(prompt=SLOW), job_key="a"))
    known = [share for share in told if share is not None]
    assert len(known) >= 5 and known == sorted(known) and known[0] < 0.4 and 0.6 < known[-1] <= 1
    await shares(adapter, await adapter.submit(wish(prompt="[fault:run-ms=50]"), job_key="b"))
    assert len(stage.server.sockets.names) == 1, "one socket serves all jobs"
    bodies = [call.body for call in stage.server.seen if (call.method, call.path) == ("POST", "/prompt")]
    assert {body["client_id"] for body in bodies} == {stage.server.sockets.names[0]}


async def test_after_a_restart_the_same_name_listens_and_jobs_under_way_are_told_of(
    stage: ComfyStage,
) -> None:
    first = stage.adapter()
    ticket = await first.submit(wish(prompt=SLOW), job_key="a")
    await first.close()
    again = await shares(stage.adapter(), Ticket.from_json(ticket.to_json()))
    assert any(share is not None for share in again)
    assert len(set(stage.server.sockets.names)) == 1


async def test_without_a_socket_the_job_is_made_all_the_same(stage: ComfyStage) -> None:
    stage.server.sockets.refuse = True
    adapter = stage.adapter()
    assert await shares(adapter, await adapter.submit(wish(prompt=SLOW), job_key="a")) == [None]


async def test_a_socket_that_breaks_is_opened_again_and_not_at_every_question(
    stage: ComfyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.server.sockets.cut = True
    adapter = stage.adapter()
    told = await shares(adapter, await adapter.submit(wish(prompt=SLOW), job_key="a"))
    assert len(stage.server.sockets.names) == 1 and len(told) <= 3
    monkeypatch.setattr(steps, "AGAIN_SECONDS", 0.0)
    await shares(adapter, await adapter.submit(wish(prompt=SLOW), job_key="b"))
    assert len(stage.server.sockets.names) > 1


async def test_a_job_that_is_interrupted_says_that_it_was_stopped(stage: ComfyStage) -> None:
    adapter = stage.adapter()
    ticket = await adapter.submit(wish(prompt="[fault:queue-ms=0][fault:run-ms=60000]"), job_key="a")
    assert await adapter.cancel(ticket)
    ended = await adapter.poll(ticket)
    assert isinstance(ended, Failed) and ended.stopped


def test_what_a_real_server_said_is_understood() -> None:
    heard = Steps("http://127.0.0.1:9", client_id="x", headers={})
    messages = recorded("comfyui", "steps")["response_used"]["messages"]
    job = messages[1]["data"]["prompt_id"]
    seen = []
    for message in messages:
        heard.note(json.dumps(message))
        seen.append(heard.share(job, ("2", "4")))
    assert [share for share in dict.fromkeys(seen) if share is not None] == [0.0, 0.5, 1.0]
    assert seen[-1] is None, "an ended job is forgotten"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"type": "progress"}',
        '{"type": "progress", "data": null}',
        '{"type": "progress", "data": {"prompt_id": 7}}',
        '{"type": "progress", "data": {"prompt_id": "a", "node": "25", "value": 1, "max": 0}}',
        '{"type": "progress", "data": {"prompt_id": "a", "node": "25", "value": null, "max": 8}}',
        '{"type": "progress_state", "data": {"prompt_id": "a", "nodes": {"25": []}}}',
        '{"type": "progress_state", "data": {"prompt_id": "a", "nodes": "25"}}',
    ],
)
def test_what_cannot_be_read_changes_nothing(text: str) -> None:
    heard = Steps("http://127.0.0.1:9", client_id="x", headers={})
    heard.note(text)
    assert heard.share("a", NODES) is None
    heard.note('{"type": "progress", "data": {"prompt_id": "a", "node": "25", "value": 4, "max": 8}}')
    assert heard.share("a", NODES) == 0.25
    assert heard.share("a", ()) is None


def test_not_more_than_a_thousand_jobs_are_remembered() -> None:
    heard = Steps("http://127.0.0.1:9", client_id="x", headers={})
    for number in range(1200):
        data = {"prompt_id": str(number), "node": "25", "value": 4, "max": 8}
        heard.note(json.dumps({"type": "progress", "data": data}))
    assert heard.share("0", NODES) is None and heard.share("1199", NODES) == 0.25
