"""What the scripted adapter does beyond the contract of all providers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from providers.base import ProviderConfig, VideoRequest
from providers.errors import BadRequest, OutcomeUnknown
from tests.fakes.scripted import ScriptedLookup, ScriptedProvider, make_provider
from tests.fakes.vendor import GOOD_KEY, FakeVendor, Pace


@pytest.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    async with FakeVendor(pace=Pace(queue_ms=5, run_ms=60_000)) as opened:
        yield opened


@pytest.fixture
async def adapters(vendor: FakeVendor, tmp_path: Path) -> AsyncIterator[dict[str, ScriptedProvider]]:
    characters: tuple[Literal["key", "lookup", "blind"], ...] = ("key", "lookup", "blind")
    opened: dict[str, ScriptedProvider] = {
        character: make_provider(
            ProviderConfig(
                id=f"scripted-{character}",
                base_url=vendor.base_url(character),
                keys={"SCRIPTED_API_KEY": GOOD_KEY},
                work_dir=tmp_path,
            )
        )
        for character in characters
    }
    yield opened
    for adapter in opened.values():
        await adapter.close()


def clip(prompt: str = "a cat sings") -> VideoRequest:
    return VideoRequest(model="scripted-native", prompt=prompt, seconds=4)


async def test_another_request_under_a_used_key_is_not_a_refusal_because_a_job_exists(
    adapters: dict[str, ScriptedProvider], vendor: FakeVendor
) -> None:
    await adapters["key"].submit(clip(), job_key="job")
    with pytest.raises(OutcomeUnknown) as caught:
        await adapters["key"].submit(clip("a dog sings"), job_key="job")
    assert caught.value.vendor_code == "idempotency_conflict"
    assert len(vendor.memory.tasks) == 1


async def test_the_vendors_own_words_about_a_wrong_field_are_kept(
    adapters: dict[str, ScriptedProvider],
) -> None:
    request = VideoRequest(model="scripted-native", prompt="a cat", seconds=5)
    with pytest.raises(BadRequest, match=r"duration must be one of \[4, 6, 8\]"):
        await adapters["blind"].submit(request, job_key="job")


async def test_a_cancel_whose_answer_was_lost_is_confirmed_by_asking_again(
    adapters: dict[str, ScriptedProvider],
) -> None:
    ticket = await adapters["blind"].submit(clip("a cat [fault:cancel-lost]"), job_key="job")
    assert await adapters["blind"].cancel(ticket) is True


async def test_a_lost_job_is_found_behind_many_newer_ones(adapters: dict[str, ScriptedProvider]) -> None:
    adapter = adapters["lookup"]
    assert isinstance(adapter, ScriptedLookup)
    lost = await adapter.submit(clip(), job_key="lost")
    for number in range(120):
        await adapter.submit(clip(), job_key=f"newer {number}")
    assert await adapter.find_lost(clip(), job_key="lost", since_ms=0) == [lost]


async def test_all_jobs_with_our_reference_are_told_so_that_nobody_guesses(
    adapters: dict[str, ScriptedProvider],
) -> None:
    adapter = adapters["lookup"]
    assert isinstance(adapter, ScriptedLookup)
    tickets = [await adapter.submit(clip(), job_key="job") for _ in range(2)]
    found = await adapter.find_lost(clip(), job_key="job", since_ms=0)
    assert {item.remote_id for item in found} == {item.remote_id for item in tickets}
