"""What silence means for money: nothing sent, outcome unknown, or ask again."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from aiohttp import web

from providers.errors import BadRequest, NotSent, OutcomeUnknown, ProviderError, Unreachable
from providers.http import client, read, scrub, submit, upload
from tests.unit.providers.http.server import config_for, raw_server, web_server

SECRET = "sk-very-secret"


class Vendor:
    """Answers with what a test lines up, and counts."""

    def __init__(self, *answers: web.Response | float) -> None:
        self.answers = list(answers)
        self.calls = 0
        self.app = web.Application()
        self.app.router.add_route("*", "/{tail:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else web.json_response({"id": "job-1"})
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.json_response({"id": "late"})
        return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_submit_is_answered_once_and_its_body_can_be_read() -> None:
    vendor = Vendor(web.json_response({"id": "job-7"}, headers={"X-Request-Id": "r1"}))
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        answer = await submit(http, "/jobs", provider="acme", model="acme-2", json={"prompt": "cat"})
    assert (answer.ok, answer.json(), answer.headers["x-request-id"]) == (True, {"id": "job-7"}, "r1")
    assert vendor.calls == 1


async def test_a_vendor_that_is_not_there_means_nothing_was_sent() -> None:
    async with client(config_for(f"http://127.0.0.1:{free_port()}")) as http:
        with pytest.raises(NotSent) as caught:
            await submit(http, "/jobs", provider="acme", model="acme-2", json={})
    assert (caught.value.provider, caught.value.model) == ("acme", "acme-2")


async def test_a_full_connection_pool_means_nothing_was_sent() -> None:
    vendor = Vendor(1.0, 1.0)
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        http.timeout = httpx.Timeout(5.0, pool=0.05)
        http._transport._pool._max_connections = 1  # type: ignore[attr-defined]
        first = asyncio.create_task(submit(http, "/jobs", provider="acme", json={}))
        await asyncio.sleep(0.1)
        with pytest.raises(NotSent):
            await submit(http, "/jobs", provider="acme", json={})
        await first
    assert vendor.calls == 1


async def test_a_header_that_cannot_be_sent_means_nothing_was_sent_and_is_not_repeated() -> None:
    vendor = Vendor()
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        with pytest.raises(NotSent) as caught:
            await submit(http, "/jobs", provider="acme", headers={"authorization": f"Bearer {SECRET}\n"})
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert vendor.calls == 0


async def test_a_vendor_that_does_not_answer_in_time_may_have_started_a_job() -> None:
    vendor = Vendor(1.0)
    async with web_server(vendor.app) as base, client(config_for(base, timeout_seconds=0.2)) as http:
        with pytest.raises(OutcomeUnknown):
            await submit(http, "/jobs", provider="acme", json={})
    assert vendor.calls == 1


async def test_a_vendor_that_drips_its_answer_for_ever_is_left_in_the_end() -> None:
    async def drip(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        for _ in range(200):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_server(drip) as base, client(config_for(base, timeout_seconds=0.1)) as http:
        async with asyncio.timeout(3):
            with pytest.raises(OutcomeUnknown):
                await submit(http, "/jobs", provider="acme", json={})


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"id":',
        b"nonsense\r\n\r\n",
    ],
)
async def test_an_answer_to_a_submit_that_breaks_off_may_have_started_a_job(bytes_sent: bytes) -> None:
    calls = 0

    async def cut(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.write(bytes_sent)

    async with raw_server(cut) as base, client(config_for(base)) as http:
        with pytest.raises(OutcomeUnknown):
            await submit(http, "/jobs", provider="acme", json={})
    assert calls == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_5xx_to_a_submit_is_an_unknown_outcome_and_never_repeated(status: int) -> None:
    vendor = Vendor(web.Response(status=status, headers={"Retry-After": "3"}))
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        with pytest.raises(OutcomeUnknown) as caught:
            await submit(http, "/jobs", provider="acme", json={})
    assert (caught.value.retry_after, vendor.calls) == (3.0, 1)


async def test_an_accepted_submit_whose_answer_is_not_json_is_an_unknown_outcome() -> None:
    vendor = Vendor(web.Response(text="<html>"), web.Response(status=400, text="<html>"))
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        accepted = await submit(http, "/jobs", provider="acme", json={})
        with pytest.raises(OutcomeUnknown):
            accepted.json()
        refused = await submit(http, "/jobs", provider="acme", json={})
        assert refused.lenient() is None
        with pytest.raises(Unreachable):
            refused.json()


async def test_an_answer_without_end_is_not_kept_in_memory() -> None:
    async def pour(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(200):
            writer.write(bytes(1 << 20))
            await writer.drain()

    async with raw_server(pour) as base, client(config_for(base)) as http:
        with pytest.raises(Unreachable, match="too large"):
            await read(http, "/jobs/1", provider="acme")


async def test_a_submit_that_is_redirected_is_refused_and_the_key_stays_here() -> None:
    other = Vendor()
    async with web_server(other.app) as elsewhere:
        vendor = Vendor(web.Response(status=307, headers={"Location": f"{elsewhere}/jobs"}))
        async with web_server(vendor.app) as base, client(config_for(base)) as http:
            with pytest.raises(BadRequest, match="base address"):
                await submit(http, "/jobs", provider="acme", json={}, headers={"authorization": SECRET})
    assert other.calls == 0


async def test_a_429_to_a_submit_reaches_the_adapter_with_the_time_to_wait() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    vendor = Vendor(
        web.Response(status=429, headers={"Retry-After": "7"}),
        web.Response(status=429, headers={"Retry-After": date}),
        web.Response(status=429, headers={"Retry-After": "9", "Retry-After-Ms": "1500"}),
        web.Response(status=429, headers={"Retry-After": "soon"}),
    )
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        waits = [(await submit(http, "/jobs", provider="acme", json={})).retry_after for _ in range(4)]
    assert waits[0] == 7
    assert waits[1] is not None and 27 < waits[1] <= 30
    assert waits[2:] == [1.5, None]


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_question_is_asked_a_second_time_after_a_passing_fault(status: int) -> None:
    vendor = Vendor(web.Response(status=status), web.json_response({"state": "running"}))
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        answer = await read(http, "/jobs/1", provider="acme")
    assert (answer.json(), vendor.calls) == ({"state": "running"}, 2)


async def test_a_question_is_asked_again_after_a_cut_connection_but_not_a_third_time() -> None:
    calls = 0

    async def cut(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1

    async with raw_server(cut) as base, client(config_for(base)) as http:
        with pytest.raises(Unreachable):
            await read(http, "/jobs/1", provider="acme")
    assert calls == 2


async def test_a_vendor_that_asks_to_wait_is_not_asked_again_at_once() -> None:
    vendor = Vendor(web.Response(status=429, headers={"Retry-After": "12"}))
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        with pytest.raises(Unreachable) as caught:
            await read(http, "/jobs/1", provider="acme")
    assert (caught.value.retry_after, vendor.calls) == (12.0, 1)


async def test_a_status_that_an_adapter_understands_is_handed_back() -> None:
    vendor = Vendor(web.json_response({"code": 482}, status=500), web.Response(status=404))
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        assert (await read(http, "/jobs/1", provider="acme", accept=(500,))).json() == {"code": 482}
        assert (await read(http, "/jobs/1", provider="acme")).status == 404


@pytest.mark.parametrize("fault", [web.Response(status=500), 1.0])
async def test_an_upload_that_fails_never_counts_as_a_job(fault: web.Response | float) -> None:
    vendor = Vendor(fault)
    async with web_server(vendor.app) as base, client(config_for(base, timeout_seconds=0.2)) as http:
        with pytest.raises(NotSent):
            await upload(http, "/files", provider="acme", content=b"voice")
    assert vendor.calls == 1


@pytest.mark.parametrize("call", [submit, read, upload])
async def test_no_error_shows_a_key_a_path_or_a_query(call: Callable[..., object]) -> None:
    async with client(config_for(f"http://127.0.0.1:{free_port()}")) as http:
        with pytest.raises(ProviderError) as caught:
            await call(http, f"/jobs/{SECRET}?key={SECRET}", provider="acme")  # type: ignore[misc]
    told = f"{caught.value} {caught.value.__cause__} {vars(caught.value)}"
    assert SECRET not in told and "127.0.0.1" in told


async def test_the_http_libraries_do_not_log_addresses(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vendor = Vendor()
    async with web_server(vendor.app) as base, client(config_for(base)) as http:
        await read(http, f"/jobs?sig={SECRET}", provider="acme", headers={"x-key": SECRET})
    assert SECRET not in caplog.text


def test_a_vendors_words_are_kept_without_keys_and_signed_links() -> None:
    words = f'bad key {SECRET} for "https://cdn.example/a.mp4?sig=abc#x" and https://b.example/c.'
    assert (
        scrub(words, [SECRET, "sk"])
        == 'bad key [key] for "https://cdn.example/a.mp4" and https://b.example/c.'
    )
    assert len(scrub("x" * 5000)) == 500
