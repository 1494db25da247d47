"""A finished file arrives whole or not at all, from where it may come, within its limits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpcore
import pytest
from aiohttp import web

from providers.errors import Expired, Unreachable, VendorFault
from providers.http import client, download
from tests.unit.providers.http.server import config_for, raw_server, web_server

CLIP = bytes(range(256)) * 8192  # 2 MiB


class Files:
    """Serves a clip, redirects and refusals; remembers who asked for what with which key."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None]] = []
        self.redirects: dict[str, str] = {}
        self.app = web.Application()
        self.app.router.add_get("/{name:.*}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.seen.append((name, request.headers.get("authorization")))
        if name in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[name]})
        if name.isdigit():
            return web.Response(status=int(name), headers={"Retry-After": "4"})
        if name == "slow":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(100):
                await response.write(b"x" * 100)
                await asyncio.sleep(0.05)
            return response
        return web.Response(body=CLIP, content_type="video/mp4")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def nothing_left(folder: Path) -> bool:
    return names(folder) == []


async def test_a_file_arrives_whole_with_its_type_and_size(tmp_path: Path) -> None:
    files, into = Files(), tmp_path / "clip.mp4"
    async with web_server(files.app) as base, client(config_for(base)) as http:
        asset = await download(
            http, f"{base}/clip?sig=1", into, provider="acme", headers={"authorization": "k"}
        )
    assert into.read_bytes() == CLIP
    assert (asset.path, asset.mime, asset.size_bytes) == (into, "video/mp4", len(CLIP))
    assert names(tmp_path) == ["clip.mp4"]
    assert files.seen == [("clip", "k")]


async def test_the_clients_own_headers_do_not_travel_with_a_download(tmp_path: Path) -> None:
    files = Files()
    async with web_server(files.app) as base:
        async with client(config_for(base), headers={"authorization": "Bearer k"}) as http:
            await download(http, f"{base}/clip", tmp_path / "clip", provider="acme")
    assert files.seen == [("clip", None)]


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_file_that_is_gone_has_expired(tmp_path: Path, status: int) -> None:
    async with web_server(Files().app) as base, client(config_for(base)) as http:
        with pytest.raises(Expired):
            await download(http, f"{base}/{status}", tmp_path / "clip", provider="acme")
    assert nothing_left(tmp_path)


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_a_file_that_cannot_be_had_now_can_be_fetched_again_later(tmp_path: Path, status: int) -> None:
    async with web_server(Files().app) as base, client(config_for(base)) as http:
        with pytest.raises(Unreachable) as caught:
            await download(http, f"{base}/{status}", tmp_path / "clip", provider="acme", model="acme-2")
    assert (caught.value.retry_after, caught.value.provider, caught.value.model) == (4.0, "acme", "acme-2")


async def cut_in_half(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(CLIP))
    writer.write(CLIP[: len(CLIP) // 2])
    await writer.drain()


async def cut_in_a_chunk(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1000\r\nabc")
    await writer.drain()


async def empty(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


async def squeezed(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nab")


@pytest.mark.parametrize("server", [cut_in_half, cut_in_a_chunk, empty, squeezed])
async def test_half_a_file_is_never_kept(tmp_path: Path, server: object) -> None:
    into = tmp_path / "clip"
    into.write_bytes(b"the clip from before")
    async with raw_server(server) as base, client(config_for(base)) as http:  # type: ignore[arg-type]
        with pytest.raises(Unreachable):
            await download(http, f"{base}/clip?sig=secret", into, provider="acme")
    assert names(tmp_path) == ["clip"]
    assert into.read_bytes() == b"the clip from before"


class Patchy:
    """Breaks each answer after `most` bytes; knows ranges, as most file servers do."""

    def __init__(self, *, most: int, data: bytes = CLIP, ranges: bool = True, tag: str = '"v1"') -> None:
        self.most, self.data, self.ranges, self.tag = most, data, ranges, tag
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        lines = dict(line.split(": ", 1) for line in head.decode().lower().strip().split("\r\n")[1:])
        asked = lines.get("range", "")
        self.asked.append((asked, lines.get("if-range", "")))
        start, status, more = 0, "200 OK", ""
        if asked and self.ranges and lines.get("if-range", self.tag) == self.tag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            status, total = "206 Partial Content", len(self.data)
            more = f"content-range: bytes {start}-{total - 1}/{total}\r\n"
        writer.write(
            f"HTTP/1.1 {status}\r\ncontent-length: {len(self.data) - start}\r\netag: {self.tag}\r\n"
            f"content-type: video/mp4\r\n{more}\r\n".encode()
        )
        writer.write(self.data[start : start + self.most])
        await writer.drain()


async def test_a_connection_that_breaks_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    server = Patchy(most=len(CLIP) // 3 + 1)
    into = tmp_path / "clip"
    async with raw_server(server) as base, client(config_for(base)) as http:
        asset = await download(http, f"{base}/clip", into, provider="acme")
    assert into.read_bytes() == CLIP
    assert (asset.size_bytes, asset.mime) == (len(CLIP), "video/mp4")
    third = len(CLIP) // 3 + 1
    assert server.asked == [("", ""), (f"bytes={third}-", '"v1"'), (f"bytes={2 * third}-", '"v1"')]


async def test_a_link_is_not_asked_more_often_than_a_few_times(tmp_path: Path) -> None:
    server = Patchy(most=1000)
    async with raw_server(server) as base, client(config_for(base)) as http:
        with pytest.raises(Unreachable):
            await download(http, f"{base}/clip", tmp_path / "clip", provider="acme")
    assert len(server.asked) == 4
    assert nothing_left(tmp_path)


async def test_pieces_of_two_files_are_never_put_together(tmp_path: Path) -> None:
    class Changing(Patchy):
        async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
            await super().__call__(head, writer)
            if len(self.asked) == 1:
                # Another file from now on, and this time it comes whole.
                self.tag, self.data, self.most = '"v2"', CLIP[::-1], len(CLIP)

    into = tmp_path / "clip"
    async with raw_server(Changing(most=5000)) as base, client(config_for(base)) as http:
        await download(http, f"{base}/clip", into, provider="acme")
    assert into.read_bytes() == CLIP[::-1]


async def test_a_server_without_ranges_is_asked_from_the_start(tmp_path: Path) -> None:
    class Second(Patchy):
        async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
            await super().__call__(head, writer)
            self.most = len(CLIP)

    into = tmp_path / "clip"
    async with raw_server(Second(most=5000, ranges=False)) as base, client(config_for(base)) as http:
        await download(http, f"{base}/clip", into, provider="acme")
    assert into.read_bytes() == CLIP


async def test_the_limit_holds_for_all_pieces_together(tmp_path: Path) -> None:
    class Liar(Patchy):
        async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
            lines = head.decode().lower()
            if "range" not in lines:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\netag: x\r\n\r\n" + b"x" * 3000)
            else:
                writer.write(
                    b"HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 3000-3999/4000\r\n"
                    b"transfer-encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n"
                )
            await writer.drain()

    async with raw_server(Liar(most=0)) as base, client(config_for(base)) as http:
        with pytest.raises(VendorFault, match="larger"):
            await download(http, f"{base}/clip", tmp_path / "clip", provider="acme", max_bytes=4500)
    assert nothing_left(tmp_path)


async def test_more_bytes_than_announced_are_not_taken(tmp_path: Path) -> None:
    async def liar(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n" + CLIP)
        await writer.drain()

    async with raw_server(liar) as base, client(config_for(base)) as http:
        asset = await download(http, f"{base}/clip", tmp_path / "clip", provider="acme")
    assert (asset.size_bytes, (tmp_path / "clip").read_bytes()) == (10, CLIP[:10])


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_over_the_cap_is_refused_announced_or_not(tmp_path: Path, announced: bool) -> None:
    sent = 0

    async def huge(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        length = b"content-length: 99999999999\r\n" if announced else b""
        writer.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        for _ in range(50):
            writer.write(CLIP)
            sent += len(CLIP)
            await writer.drain()

    async with raw_server(huge) as base, client(config_for(base)) as http:
        with pytest.raises(VendorFault, match="larger than 3000000 bytes"):
            await download(http, f"{base}/clip", tmp_path / "clip", provider="acme", max_bytes=3_000_000)
    assert nothing_left(tmp_path)
    assert sent < 50 * len(CLIP)


async def test_a_download_that_drips_is_given_up_in_the_end(tmp_path: Path) -> None:
    async with web_server(Files().app) as base, client(config_for(base)) as http:
        with pytest.raises(Unreachable, match="not finished after"):
            await download(http, f"{base}/slow", tmp_path / "clip", provider="acme", limit_seconds=0.3)
    assert nothing_left(tmp_path)


async def test_a_cancelled_download_leaves_nothing_behind(tmp_path: Path) -> None:
    async with web_server(Files().app) as base, client(config_for(base)) as http:
        task = asyncio.create_task(download(http, f"{base}/slow", tmp_path / "clip", provider="acme"))
        await asyncio.sleep(0.3)
        assert names(tmp_path) == ["clip.part"]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert nothing_left(tmp_path)


async def test_redirects_are_followed_and_credentials_stay_with_their_origin(tmp_path: Path) -> None:
    home, store = Files(), Files()
    async with web_server(home.app) as base, web_server(store.app) as other:
        home.redirects = {"a": "/b", "b": f"{other}/clip"}
        async with client(config_for(base), trusted=[other]) as http:
            await download(
                http, f"{base}/a", tmp_path / "clip", provider="acme", headers={"authorization": "k"}
            )
    assert home.seen == [("a", "k"), ("b", "k")]
    assert store.seen == [("clip", None)]
    assert (tmp_path / "clip").read_bytes() == CLIP


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/x", "https://127.0.0.1:{port}/x", "http://10.0.0.1/x"]
)
async def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path, target: str) -> None:
    home, inside = Files(), Files()
    async with web_server(home.app) as base, web_server(inside.app) as private:
        home.redirects = {"a": target.format(port=private.rpartition(":")[2])}
        async with client(config_for(base)) as http:
            with pytest.raises(VendorFault):
                await download(http, f"{base}/a", tmp_path / "clip", provider="acme")
    assert inside.seen == []
    assert nothing_left(tmp_path)


async def test_endless_redirects_are_given_up(tmp_path: Path) -> None:
    home = Files()
    home.redirects = {"a": "/a"}
    async with web_server(home.app) as base, client(config_for(base)) as http:
        with pytest.raises(VendorFault, match="more than 5 redirects"):
            await download(http, f"{base}/a", tmp_path / "clip", provider="acme")
    assert len(home.seen) == 6


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1/clip", "file:///etc/passwd", "https://[::1", "ftp://a.example/"]
)
async def test_a_link_to_the_inside_or_to_nowhere_is_the_vendors_fault(tmp_path: Path, link: str) -> None:
    async with client(config_for("https://vendor.example")) as http:
        with pytest.raises(VendorFault) as caught:
            await download(http, link, tmp_path / "clip", provider="acme")
    assert link not in str(caught.value)


async def test_an_http_link_is_tried_as_https_first_and_then_without_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files()
    async with web_server(files.app) as base, client(config_for("https://vendor.example")) as http:
        tried: list[tuple[str, int]] = []
        inner = http._transport._pool._network_backend  # type: ignore[attr-defined]
        real = inner._inner

        async def connect(host: str, port: int, *rest: object, **more: object) -> object:
            tried.append((host, port))
            if port == 443:
                raise httpcore.ConnectError("refused")
            return await real.connect_tcp("127.0.0.1", int(base.rpartition(":")[2]))

        async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            return [(2, 1, 6, "", ("93.184.0.1", port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        inner._inner = type("Inner", (), {"connect_tcp": staticmethod(connect)})()
        link = "http://media.example/clip"
        await download(http, link, tmp_path / "clip", provider="acme", headers={"authorization": "k"})
    assert tried == [("93.184.0.1", 443), ("93.184.0.1", 80)]
    assert files.seen == [("clip", None)]
