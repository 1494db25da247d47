"""Clips inside answers: found, decoded piece by piece, bounded, and never half a file."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from providers.base import ProviderConfig
from providers.errors import Expired, Unreachable, VendorFault
from providers.http import client
from providers.wire.google_clip import PEEK_BYTES, look, save_inline
from tests.fakes.opened import Opened

DATA = random.Random(7).randbytes(700_001)
FIELD = "bytesBase64Encoded"


@asynccontextmanager
async def answering(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    app = web.Application()
    app.router.add_post("/", handler)
    server = Opened()
    url = f"{await server.open(app, patience_seconds=0.2)}/"
    http = client(ProviderConfig(id="x", base_url=url, keys={}, work_dir=Path(), timeout_seconds=5))
    try:
        yield http, url
    finally:
        await http.aclose()
        await server.close()


def in_pieces(body: bytes, size: int) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        for start in range(0, len(body), size):
            await answer.write(body[start : start + size])
            if size < 1000:
                await asyncio.sleep(0)
        await answer.write_eof()
        return answer

    return handler


def told(text: str, *, indent: int | None = None) -> bytes:
    return json.dumps({"done": True, "response": {"videos": [{FIELD: text}]}}, indent=indent).encode()


ENCODED = base64.b64encode(DATA).decode()
SPELLINGS = {
    "plain": told(ENCODED),
    "with spaces": told(ENCODED, indent=2),
    "escaped as some writers do": told(ENCODED)
    .replace(b"=", b"\\u003d")
    .replace(b"+", b"\\u002b")
    .replace(b"/", b"\\/"),
    "the other alphabet": told(base64.urlsafe_b64encode(DATA).decode()),
    "broken into lines": told(ENCODED[:100] + "\n" + ENCODED[100:]),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("size", [4_097, 65_536])
async def test_a_clip_is_the_same_however_it_is_spelled_and_cut(
    spelling: str, size: int, tmp_path: Path
) -> None:
    async with answering(in_pieces(SPELLINGS[spelling], size)) as (http, url):
        into = tmp_path / "clip.mp4"
        found = await save_inline(http, "POST", url, into, field=FIELD, provider="x", model="m")
    assert found == len(DATA) and into.read_bytes() == DATA


async def test_a_clip_that_comes_in_the_smallest_pieces_is_the_same(tmp_path: Path) -> None:
    small = DATA[:601]
    body = told(base64.b64encode(small).decode()).replace(b"=", b"\\u003d").replace(b"/", b"\\/")
    async with answering(in_pieces(body, 1)) as (http, url):
        into = tmp_path / "clip.mp4"
        await save_inline(http, "POST", url, into, field=FIELD, provider="x", model="m")
    assert into.read_bytes() == small


async def test_a_poll_reads_only_the_beginning_of_a_large_answer(tmp_path: Path) -> None:
    sent = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        answer.content_length = 2**31
        await answer.prepare(request)
        piece = told("A" * 100_000)[:-4]
        while True:
            await answer.write(piece)
            sent += len(piece)

    async with answering(handler) as (http, url):
        seen = await look(http, "POST", url, provider="x", model="m")
    assert not seen.whole and seen.carries(FIELD)
    assert len(seen.answer.body) < PEEK_BYTES + 2**20 and sent < 64 * 2**20


async def test_an_answer_without_a_clip_carries_none() -> None:
    async with answering(in_pieces(told(""), 10_000)) as (http, url):
        seen = await look(http, "POST", url, provider="x", model="m")
    assert seen.whole and not seen.carries(FIELD)


@pytest.mark.parametrize(
    "body",
    [told(ENCODED)[:500_000], told(""), b'{"done": true}', told("no Base64 at all!"), b"<html>"],
    ids=["broken off", "empty", "no field", "not Base64", "a page"],
)
async def test_half_a_clip_leaves_nothing_behind(body: bytes, tmp_path: Path) -> None:
    async with answering(in_pieces(body, 65_536)) as (http, url):
        with pytest.raises(Unreachable):
            into = tmp_path / "clip.mp4"
            await save_inline(http, "POST", url, into, field=FIELD, provider="x", model="m")
    assert left_in(tmp_path) == []


async def test_a_clip_that_is_too_large_is_refused_by_what_really_comes(tmp_path: Path) -> None:
    async with answering(in_pieces(told(ENCODED), 65_536)) as (http, url):
        with pytest.raises(VendorFault):
            into = tmp_path / "clip.mp4"
            await save_inline(
                http, "POST", url, into, field=FIELD, provider="x", model="m", max_bytes=400_000
            )
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Expired), (410, Expired), (503, Unreachable), (401, Unreachable)]
)
async def test_a_clip_that_is_not_handed_out_is_gone_or_comes_later(
    status: int, kind: type[Exception], tmp_path: Path
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    async with answering(handler) as (http, url):
        with pytest.raises(kind):
            await save_inline(http, "POST", url, tmp_path / "clip.mp4", field=FIELD, provider="x", model="m")


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())
