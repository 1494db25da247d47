"""Which addresses may be connected to, decided on the resolved address that is then used.

Public addresses over https, and any address of the origins that the operator configured. Checking a
name and resolving it again for the connection would leave a gap, so the check sits in the connector.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Collection, Iterable
from functools import cache

import httpcore
import httpx

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
PLAIN_HTTP = "talkreel.plain_http"

Origin = tuple[str, str, int]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class BlockedAddress(httpx.ConnectError):
    """The address is not public, or the connection would not be encrypted."""


class _Blocked(httpcore.ConnectError):
    """The same inside the connector, before it is known by httpx's names."""


def origin_of(url: httpx.URL | str) -> Origin:
    """Scheme, host and port."""
    parsed = httpx.URL(url)
    return parsed.scheme, parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also when wrapped in IPv6."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is None and parsed.teredo is not None:
            inner = parsed.teredo[1]
        if inner is not None:
            return is_public(str(inner))
        if parsed.is_reserved or parsed.is_site_local:
            return False
    return parsed.is_global and not parsed.is_multicast


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name, drops addresses that are not public, connects to one that is left.

    The name stays what TLS verifies: only the TCP connection is made to the checked address.
    """

    def __init__(self, trusted: Collection[Origin]) -> None:
        """`trusted`: origins whose address is the operator's choice and not checked."""
        self._trusted = {(host, port) for _, host, port in trusted}
        self._inner: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()
        self._closed = False

    def close(self) -> None:
        """Make no more connections. A pool that is closed forgets those that are only just being made."""
        self._closed = True

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect; raises httpcore's errors, `_Blocked` if no address is allowed."""
        stream = await self._connected(host, port, timeout, local_address, list(socket_options or ()))
        if self._closed:
            await stream.aclose()
            raise httpcore.ConnectError("the client was closed meanwhile")
        return stream

    async def _connected(
        self,
        host: str,
        port: int,
        timeout: float | None,  # noqa: ASYNC109 - as above
        local_address: str | None,
        options: list[SocketOption],
    ) -> httpcore.AsyncNetworkStream:
        if (host, port) in self._trusted:
            return await self._inner.connect_tcp(host, port, timeout, local_address, options)
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("name resolution took too long") from None
        public = [address for address in addresses if is_public(address)]
        if not public:
            raise _Blocked("not a public address")
        return await self._first(public, port, timeout, local_address, options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: vendors are not reached through files."""
        raise _Blocked("not a public address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name cannot be resolved: {error}") from error
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    async def _first(
        self,
        addresses: list[str],
        port: int,
        limit: float | None,
        local_address: str | None,
        options: list[SocketOption],
    ) -> httpcore.AsyncNetworkStream:
        share = limit / len(addresses) if limit is not None else None
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx over a connection pool that uses the pinned backend. Ignores proxies of the environment."""

    def __init__(self, trusted: Collection[Origin], *, max_connections: int = 100) -> None:
        """`trusted`: see PinnedBackend."""
        self._trusted = frozenset(trusted)
        self._backend = PinnedBackend(self._trusted)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(),
            max_connections=max_connections,
            max_keepalive_connections=20,
            keepalive_expiry=15,
            network_backend=self._backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, under httpx's names for everything that can go wrong."""
        plain_allowed = request.extensions.get(PLAIN_HTTP, False)
        if (
            request.url.scheme != "https"
            and origin_of(request.url) not in self._trusted
            and not plain_allowed
        ):
            raise BlockedAddress("only https is allowed", request=request)
        assert isinstance(request.stream, httpx.AsyncByteStream)
        inner = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            answer = await self._pool.handle_async_request(inner)
        except Exception as error:
            raise _named(error, request) from error
        assert not isinstance(answer.stream, bytes)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream, request),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        self._backend.close()
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: object, request: httpx.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert hasattr(self._stream, "__aiter__")
        try:
            async for chunk in self._stream:
                yield chunk
        except Exception as error:
            raise _named(error, self._request) from error

    async def aclose(self) -> None:
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()


def _named(error: Exception, request: httpx.Request) -> Exception:
    """The same error under httpx's name for it; httpx and httpcore use the same names."""
    if isinstance(error, _Blocked):
        return BlockedAddress(str(error), request=request)
    for kind in type(error).__mro__:
        if kind.__module__.startswith("httpcore"):
            named = getattr(httpx, kind.__name__, None)
            if isinstance(named, type) and issubclass(named, httpx.TransportError):
                return named(str(error), request=request)
    return error


@cache
def _tls() -> ssl.SSLContext:
    """One for all clients: reading the certificates takes 30 ms."""
    return httpx.create_ssl_context()
