"""Kling's answers: what they mean for credits, lost creations, many questions at once, keys and links."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.base import Done, Failed, Ticket
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    ProviderError,
    RateLimited,
    Unreachable,
    VendorFault,
)
from providers.video import kling_legacy
from providers.video.kling import Kling
from providers.video.kling_legacy import KlingLegacy
from tests.fakes.kling import GOOD_KEY, FakeKling
from tests.unit.providers.video.playback import asked, config, playing

TICKET = Ticket(provider="kling", model="kling-2.6", remote_id="7")


def told(code: int, message: str = "words", status: int = 200, data: Any = None) -> dict[str, Any]:
    return {"status": status, "json": {"code": code, "message": message, "request_id": "r", "data": data}}


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (1100, 429, NoFunds),
        (1101, 429, NoFunds),
        (1102, 429, NoFunds),
        (1302, 429, RateLimited),
        (1303, 429, RateLimited),
        (1304, 429, BadKey),
        (1004, 401, BadKey),
        (1102, 200, NoFunds),
        (1999, 400, BadRequest),
        (1999, 429, RateLimited),
        (1999, 200, OutcomeUnknown),
    ],
)
async def test_the_code_decides_and_not_the_status(code: int, status: int, kind: type[ProviderError]) -> None:
    async with playing(told(code, status=status)) as server:
        provider = Kling(config("kling", server.url))
        with pytest.raises(ProviderError) as caught:
            await provider.submit(asked("kling-2.6", "x"), job_key="job")
        await provider.close()
    assert type(caught.value) is kind
    assert caught.value.vendor_code == str(code)
    if kind is RateLimited:
        assert caught.value.retry_after == 1.0
    if kind in (NoFunds, BadKey):
        assert caught.value.env == ("KLING_API_KEY",)


@pytest.mark.parametrize("word", ["pondering", "cancelled", ""])
async def test_a_state_nobody_knows_is_not_taken_for_running(word: str) -> None:
    async with playing(told(0, data=[{"id": "7", "status": word}])) as server:
        provider = Kling(config("kling", server.url))
        with pytest.raises(Unreachable) as caught:
            await provider.poll(TICKET)
        await provider.close()
    assert caught.value.remote_id == "7"


@pytest.mark.parametrize("word", ["succeed", "succeeded"])
async def test_both_spellings_of_success_are_read_and_numbers_as_ids(word: str) -> None:
    clip = {"type": "video", "id": 9001, "url": "https://cdn.example.org/v.mp4", "new": {}}
    async with playing(
        told(0, data=[{"id": 7, "status": word, "outputs": [clip], "billing": None}])
    ) as server:
        provider = Kling(config("kling", server.url))
        done = await provider.poll(TICKET)
        await provider.close()
    assert isinstance(done, Done) and (done.url, done.cost_usd) == (clip["url"], None)


async def test_success_without_a_link_is_asked_again() -> None:
    async with playing(told(0, data=[{"id": "7", "status": "succeeded", "outputs": None}])) as server:
        provider = Kling(config("kling", server.url))
        with pytest.raises(Unreachable, match="without a link"):
            await provider.poll(TICKET)
        await provider.close()


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Failure to pass the risk control system", OutputModerated),
        ("Content security policy", OutputModerated),
        ("内容审核未通过", OutputModerated),
        ("Service busy", VendorFault),
        (None, VendorFault),
    ],
)
async def test_a_failure_is_known_by_its_words(message: str | None, kind: type[ProviderError]) -> None:
    async with playing(told(0, data=[{"id": "7", "status": "failed", "message": message}])) as server:
        provider = Kling(config("kling", server.url))
        failed = await provider.poll(TICKET)
        await provider.close()
    assert isinstance(failed, Failed) and type(failed.error) is kind
    assert failed.billed is None


async def test_a_refusal_to_answer_a_question_is_not_the_end_of_a_job() -> None:
    async with playing(told(1002, status=401)) as server:
        provider = Kling(config("kling", server.url))
        with pytest.raises(Unreachable) as caught:
            await provider.poll(TICKET)
        await provider.close()
    assert (caught.value.vendor_code, caught.value.model) == ("1002", "kling-2.6")


# ---- doubtful creations


async def test_a_key_that_is_taken_by_another_task_is_a_bad_request() -> None:
    other = [{"id": "8", "status": "processing", "external_id": "somebody else"}]
    async with playing(told(1201, status=400), told(0, data=other)) as server:
        provider = Kling(config("kling", server.url))
        with pytest.raises(BadRequest):
            await provider.submit(asked("kling-2.6", "x"), job_key="job")
        await provider.close()


@pytest.mark.parametrize("maker", [Kling, KlingLegacy])
async def test_a_key_that_may_be_taken_and_cannot_be_looked_up_is_unknown(maker: Any) -> None:
    name, provider_id = ("kling-2.6", "kling") if maker is Kling else ("kling-v2-6", "kling-legacy")
    async with playing(told(1201, status=400), told(5000, status=500)) as server:
        provider = maker(config(provider_id, server.url))
        with pytest.raises(OutcomeUnknown):
            await provider.submit(asked(name, "x"), job_key="job")
        await provider.close()


async def test_our_own_key_may_hold_anything_in_a_path() -> None:
    async with playing(told(1201, status=400), told(1201, status=400)) as server:
        provider = KlingLegacy(config("kling-legacy", server.url))
        with pytest.raises(BadRequest):
            await provider.submit(asked("kling-v2-6", "x"), job_key="job/42 ?")
        await provider.close()
    assert server.heard[1]["path"] == "/v1/videos/text2video/job/42 ?"
    assert server.heard[1]["query"] == []


# ---- many jobs


async def test_many_jobs_are_asked_about_in_few_questions_of_at_most_twenty() -> None:
    async with FakeKling() as vendor, httpx.AsyncClient(base_url=vendor.url) as http:
        headers = {"Authorization": f"Bearer {GOOD_KEY}"}
        ids = []
        for _ in range(45):
            answer = await http.post("/text-to-video/kling-2.6", json={"prompt": "x"}, headers=headers)
            ids.append(answer.json()["data"]["id"])
        vendor.seen.clear()
        provider = Kling(replace(config("kling", vendor.url), keys={"KLING_API_KEY": GOOD_KEY}))
        tickets = [replace(TICKET, remote_id=one) for one in (*ids, "1")]
        found = await asyncio.gather(*(provider.poll(ticket) for ticket in tickets))
        await provider.close()
    counts = [len(call.query["task_ids"].split(",")) for call in vendor.seen]
    assert max(counts) <= 20 and len(counts) <= 4
    assert [isinstance(progress, Failed) for progress in found] == [False] * 45 + [True]


async def test_one_unknown_job_does_not_spoil_the_answer_for_others() -> None:
    known = told(0, data=[{"id": "1", "status": "processing"}])
    async with playing(known, told(1201, status=400), known, told(1201, status=400)) as server:
        provider = Kling(config("kling", server.url))
        tickets = [replace(TICKET, remote_id=one) for one in ("1", "2")]
        first = asyncio.create_task(provider.poll(tickets[0]))
        await asyncio.sleep(0)
        progress = await asyncio.gather(first, *(provider.poll(ticket) for ticket in tickets))
        await provider.close()
    ends = [type(item.error) for item in progress if isinstance(item, Failed)]
    assert ends == [Expired]


# ---- keys and links


async def test_each_call_of_the_older_api_is_signed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count(1_795_348_800, 1000)
    claims = kling_legacy.token_claims
    monkeypatch.setattr(kling_legacy, "token_claims", lambda key, now: claims(key, next(seconds)))
    async with playing(told(1201, status=400)) as server:
        provider = KlingLegacy(config("kling-legacy", server.url))
        ticket = replace(TICKET, endpoint="/v1/videos/text2video")
        await provider.poll(ticket)
        await provider.poll(ticket)
        await provider.close()
    tokens = [call["headers"]["authorization"] for call in server.heard]
    assert tokens[0] != tokens[1]


async def test_the_key_is_not_sent_to_where_the_clips_lie(tmp_path: Path) -> None:
    async with FakeKling() as vendor:
        provider = Kling(replace(config("kling", vendor.url), keys={"KLING_API_KEY": GOOD_KEY}))
        request = asked("kling-2.6", "[fault:queue-ms=0][fault:run-ms=0]", sound=False)
        done = await provider.poll(await provider.submit(request, job_key="job"))
        assert isinstance(done, Done)
        asset = await provider.fetch(done, tmp_path / "clip.mp4")
        await provider.close()
    assert asset.facts == {"units": "1.5"}
    fetched = [call for call in vendor.seen if call.path.startswith("/files/")]
    assert fetched and not any("authorization" in call.headers for call in fetched)
