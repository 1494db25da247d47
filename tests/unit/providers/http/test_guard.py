"""Only public addresses and the operator's own ones are connected to."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from providers.http import BlockedAddress, client
from providers.http.guard import PinnedBackend, is_public
from tests.unit.providers.http.server import config_for, raw_server


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2001:db8::1",
    ],
)
def test_an_address_inside_somebodys_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


async def hello(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")


async def test_the_operators_address_is_reached_and_its_neighbour_port_is_not() -> None:
    async with raw_server(hello) as base, raw_server(hello) as neighbour, client(config_for(base)) as http:
        assert (await http.get("/")).text == "hi"
        with pytest.raises(BlockedAddress):
            await http.get(neighbour)
        with pytest.raises(BlockedAddress):
            await http.get(neighbour.replace("http:", "https:"))


async def test_a_second_address_that_the_operator_configured_is_reached() -> None:
    async with raw_server(hello) as base, raw_server(hello) as second:
        async with client(config_for(base), trusted=[second]) as http:
            assert (await http.get(second)).text == "hi"


async def test_a_name_that_points_inside_is_refused() -> None:
    async with raw_server(hello) as base, client(config_for("https://vendor.example")) as http:
        port = base.rpartition(":")[2]
        with pytest.raises(BlockedAddress):
            await http.get(f"https://localhost:{port}/")


class Recorder(httpcore.AsyncMockBackend):
    """Takes connections and remembers where they went."""

    def __init__(self) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", b"hi"])
        self.connected: list[str] = []
        self.tls_names: list[str | None] = []

    async def connect_tcp(self, host: str, *rest: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append(host)
        if host == "93.184.0.1":
            raise httpcore.ConnectError("refused")
        stream = await super().connect_tcp(host, *rest, **more)
        names = self.tls_names
        original = stream.start_tls

        async def start_tls(
            ssl_context: ssl.SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,  # noqa: ASYNC109
        ) -> httpcore.AsyncNetworkStream:
            names.append(server_hostname)
            return await original(ssl_context, server_hostname, timeout)

        stream.start_tls = start_tls  # type: ignore[method-assign]
        return stream


async def test_the_checked_address_is_the_one_connected_to_and_tls_still_verifies_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookups: list[str] = []

    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        lookups.append(host)
        inside_first = ["10.0.0.5", "93.184.0.1", "93.184.0.2"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in inside_first]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    backend, recorder = PinnedBackend([]), Recorder()
    backend._inner = recorder
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        answer = await pool.request("GET", "https://media.example/clip.mp4")
    assert answer.status == 200
    assert lookups == ["media.example"]
    assert recorder.connected == ["93.184.0.1", "93.184.0.2"]
    assert recorder.tls_names == ["media.example"]


async def test_a_name_with_only_inside_addresses_is_refused_without_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    backend, recorder = PinnedBackend([]), Recorder()
    backend._inner = recorder
    with pytest.raises(httpcore.ConnectError, match="not a public address"):
        await backend.connect_tcp("metadata.example", 443)
    assert recorder.connected == []


async def test_a_name_service_that_hangs_is_a_connect_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        await asyncio.sleep(30)
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(httpcore.ConnectTimeout):
        await PinnedBackend([]).connect_tcp("slow.example", 443, timeout=0.05)


async def test_a_connection_that_is_being_made_when_the_client_is_closed_is_not_left_open() -> None:
    for turns in range(12):
        async with raw_server(hello) as base:
            http = client(config_for(base))
            asked = asyncio.create_task(http.get("/"))
            for _ in range(turns):
                await asyncio.sleep(0)
            await http.aclose()
            await asyncio.gather(asked, return_exceptions=True)
            port = int(base.rpartition(":")[2])
            ways = [one for one in gc.get_objects() if isinstance(one, asyncio.Transport)]
            ours = [one for one in ways if (one.get_extra_info("peername") or ("", 0))[1] == port]
            assert [one for one in ours if not one.is_closing()] == [], turns


async def test_plain_http_to_the_outside_is_refused() -> None:
    async with client(config_for("https://vendor.example")) as http:
        with pytest.raises(BlockedAddress, match="only https"):
            await http.get("http://93.184.0.1/")


async def test_proxies_of_the_environment_do_not_bypass_the_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with raw_server(hello) as base, raw_server(hello) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy)
        monkeypatch.setenv("HTTP_PROXY", proxy)
        async with client(config_for(base)) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get("http://10.0.0.1/")
