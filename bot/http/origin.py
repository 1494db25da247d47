"""Who is asking, by which name, and from which page: Host, Origin and the proxies that may speak for others.

Pure decisions about one request; `server.py` acts on them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HERE: Final = frozenset({"localhost"})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as the browser made it.

    Attributes:
        scheme: http or https.
        host: name and port, in small letters.
        peer: address of whoever asks, or "" where the socket has none.
    """

    scheme: str
    host: str
    peer: str

    @property
    def origin(self) -> str:
        """What a page of this server sends as Origin."""
        return f"{self.scheme}://{self.host}"


@dataclass(frozen=True, kw_only=True)
class Origins:
    """Which names and pages may reach this server.

    Attributes:
        public_url: the address that people open, or "".
        trusted_proxies: only their `X-Forwarded-*` counts.
    """

    public_url: str = ""
    trusted_proxies: tuple[Network, ...] = ()

    def seen(self, request: web.Request) -> Seen:
        """The request as the browser made it."""
        peer = request.remote or ""
        scheme, host = request.scheme, request.headers.get("Host", "")
        if self._trusted(peer):
            scheme = _last(request.headers.getall("X-Forwarded-Proto", [])) or scheme
            host = _last(request.headers.getall("X-Forwarded-Host", [])) or host
            peer = self._client(request.headers.getall("X-Forwarded-For", [])) or peer
        return Seen(scheme="https" if scheme == "https" else "http", host=host.strip().lower(), peer=peer)

    def knows_host(self, seen: Seen) -> bool:
        """Whether the server goes by this name.

        A foreign name that was made to point here (rebinding) is turned away. An address instead of a
        name cannot be: the browser really went to that address.
        """
        name = host_name(seen.host)
        if name in _HERE or name.endswith(".localhost"):
            return True
        if self.public_url and name == (urlsplit(self.public_url).hostname or ""):
            return True
        return _is_address(name)

    def from_own_page(self, request: web.Request, seen: Seen) -> bool:
        """Whether one of our own pages sends this. Reading by plain GET is open to links from anywhere."""
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        if request.method in _SAFE and not upgrade:
            return True
        origin = request.headers.get("Origin")
        if origin is None:
            return request.headers.get("Sec-Fetch-Site") == "same-origin"
        return origin.lower() == seen.origin or self._is_public(origin, seen)

    def _is_public(self, origin: str, seen: Seen) -> bool:
        """A proxy that is not listed still hands on the public name; the page is then the public one."""
        if not self.public_url:
            return False
        public = urlsplit(self.public_url)
        return origin.lower() == f"{public.scheme}://{public.netloc}".lower() and host_name(seen.host) == (
            public.hostname or ""
        )

    def _trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.trusted_proxies)

    def _client(self, chain: Sequence[str]) -> str:
        """The nearest address that is none of our proxies."""
        hops = [hop.strip() for line in chain for hop in line.split(",") if _is_address(hop.strip())]
        return next((hop for hop in reversed(hops) if not self._trusted(hop)), "")


def host_name(host: str) -> str:
    """The name in `name:port`, without brackets and final dot."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks as the operator writes them.

    Raises:
        ValueError: one of them is neither.
    """
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _last(lines: Sequence[str]) -> str:
    """The entry that the nearest proxy wrote."""
    return lines[-1].rpartition(",")[2].strip().lower() if lines else ""
