"""Names, pages and proxies, decided for single requests."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.http.origin import Origins, host_name, networks

PUBLIC = "https://clips.example.org"


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8420", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("127.0.0.1:8420", True),
        ("[::1]:8420", True),
        ("192.168.1.7:8420", True),  # the browser went to an address: that cannot be a rebound name
        ("clips.example.org", True),
        ("clips.example.org:443", True),
        ("evil.example", False),
        ("clips.example.org.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("0x7f000001", False),
    ],
)
def test_which_names_are_known(host: str, known: bool) -> None:
    origins = Origins(public_url=PUBLIC)
    request = make_mocked_request("GET", "/", headers={"Host": host})
    assert origins.knows_host(origins.seen(request)) is known


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, True),
        ({"Host": "localhost:1", "Origin": "http://localhost:2"}, False),
        ({"Host": "localhost:1", "Origin": "https://localhost:1"}, False),
        ({"Host": "localhost:1", "Origin": "null"}, False),
        ({"Host": "localhost:1"}, False),
        ({"Host": "localhost:1", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Host": "localhost:1", "Sec-Fetch-Site": "same-site"}, False),
        ({"Host": "clips.example.org", "Origin": PUBLIC}, True),
        ({"Host": "localhost:1", "Origin": PUBLIC}, False),
        ({"Host": "clips.example.org", "Origin": "https://clips.example.org.evil.example"}, False),
    ],
)
def test_which_pages_may_write(headers: dict[str, str], own: bool) -> None:
    origins = Origins(public_url=PUBLIC)
    request = make_mocked_request("POST", "/chat/send", headers=headers)
    assert origins.from_own_page(request, origins.seen(request)) is own


def test_a_socket_counts_as_writing_and_a_link_from_elsewhere_does_not() -> None:
    origins = Origins()
    foreign = {"Host": "localhost:1", "Origin": "https://evil.example"}
    link = make_mocked_request("GET", "/", headers=foreign)
    socket = make_mocked_request("GET", "/chat/events", headers={**foreign, "Upgrade": "WebSocket"})
    assert origins.from_own_page(link, origins.seen(link))
    assert not origins.from_own_page(socket, origins.seen(socket))


def test_names_lose_their_ports_and_brackets() -> None:
    assert [host_name(host) for host in ("a:1", "a", "[::1]:1", "[::1]", "a.:1")] == [
        "a",
        "a",
        "::1",
        "::1",
        "a",
    ]


def test_proxies_are_addresses_or_networks() -> None:
    assert [str(network) for network in networks(["10.0.0.1", "fd00::/8"])] == ["10.0.0.1/32", "fd00::/8"]
    with pytest.raises(ValueError, match="proxy"):
        networks(["proxy"])
