"""What protects the tests themselves: no way out of the machine, and a clock that obeys."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.network_guard import OutsideConnection, is_local

ELSEWHERE = "192.0.2.1"  # reserved for documentation, belongs to nobody


def test_a_connection_to_another_machine_is_refused() -> None:
    with socket.socket() as one, pytest.raises(OutsideConnection):
        one.connect((ELSEWHERE, 443))


def test_a_datagram_to_another_machine_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(OutsideConnection):
        one.sendto(b"x", (ELSEWHERE, 53))


def test_names_of_other_machines_are_not_even_looked_up() -> None:
    with pytest.raises(OutsideConnection):
        socket.getaddrinfo("vendor.example", 443)


async def test_asynchronous_connections_cannot_either() -> None:
    with pytest.raises(OutsideConnection):
        await asyncio.open_connection(ELSEWHERE, 443)


async def test_this_machine_can_be_reached() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", b"localhost", None, "0.0.0.0"]
)
def test_what_counts_as_this_machine(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "example.org", "localhost.example.org", "2001:db8::1"])
def test_what_counts_as_another_one(host: object) -> None:
    assert not is_local(host)


def test_settings_of_the_developer_are_out_of_sight() -> None:
    assert [name for name in os.environ if name.startswith("TALKREEL_") and name != "TALKREEL_TEST"] == []


async def test_sleeping_moves_the_clock_and_takes_no_time(clock: FakeClock) -> None:
    before = clock.now_ms()
    async with asyncio.timeout(1):
        await clock.sleep(3600)
    assert clock.now_ms() == before + 3_600_000


async def test_a_still_clock_wakes_sleepers_in_their_order() -> None:
    clock = FakeClock(auto=False)
    woken: list[int] = []

    async def sleeper(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async with asyncio.TaskGroup() as group:
        for seconds in (30, 10, 20):
            group.create_task(sleeper(seconds))
        await asyncio.sleep(0)
        assert clock.sleeping == 3
        clock.advance(9.9)
        await asyncio.sleep(0)
        assert woken == []
        clock.advance(10.1)
        await asyncio.sleep(0)
        assert woken == [10, 20]
        clock.advance(10)
    assert woken == [10, 20, 30]


@pytest.mark.whole
def test_what_is_marked_whole_runs_only_when_everything_is_asked_for(whole: bool) -> None:
    assert whole
