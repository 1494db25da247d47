"""Our own links over a real socket: clips that no chat takes, vendors that fetch, and attacks."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from PIL import Image

from bot.core.links import Link, sign
from bot.core.records import LinkedFile
from bot.http.origin import Origins
from bot.http.secret import purpose_key, secret_key
from bot.http.server import listen, make_application
from providers.base import Ticket, VideoRequest
from tests.e2e.stage import ADA, CATALOGUE, Stage, open_stage, thread
from tests.e2e.web_stage import open_web
from tests.fakes.scripted import ScriptedProvider

BUY = "/generate a door slams --model scripted-native --seconds 4"
TINY = thread(upload_bytes=9_000)


class FetchingProvider(ScriptedProvider):
    """A vendor that takes files only from an address: it fetches them while it takes the order."""

    fetched: ClassVar[list[tuple[str, str, bytes]]] = []

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Fetch, then take the order."""
        async with aiohttp.ClientSession() as session:
            for item in request.media:
                async with session.get(item.url) as got:
                    got.raise_for_status()
                    self.fetched.append((item.url, got.content_type, await got.read()))
        own = tuple(replace(item, url="") for item in request.media)
        return await super().submit(replace(request, media=own), job_key=job_key)


@dataclass(frozen=True)
class Served:
    """A bot with a public address."""

    stage: Stage
    base: str
    session: aiohttp.ClientSession

    async def get(self, url: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
        """Fetch something as a stranger."""
        async with self.session.request(method, url, headers=headers, allow_redirects=False) as got:
            return got.status, await got.read(), got.headers


@asynccontextmanager
async def served(folder: Path, **options: Any) -> AsyncIterator[Served]:
    """The bot, its links served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://localhost:{port}"
    async with open_stage(folder, public_url=base, serves=True, **options) as stage:
        app = stage.app
        assert app.files is not None

        async def ready() -> bool:
            return True

        application = make_application(
            origins=Origins(public_url=base), wording=app.wording, routes=app.files.routes(), ready=ready
        )
        async with (
            listen(application, host="127.0.0.1", port=port),
            aiohttp.ClientSession() as session,
        ):
            yield Served(stage, base, session)


def link_in(text: str) -> str:
    """The link that a message holds."""
    (found,) = re.findall(r"https?://\S+", text)
    return str(found)


async def test_a_clip_that_no_chat_could_take_comes_as_a_link_that_delete_takes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(tmp_path) as bot:
        job = await bot.stage.buy(BUY, where=TINY)
        assert (job.state, job.charged) == ("delivered", 40)
        said = bot.stage.read(job.id)
        assert "more than this chat takes" in said and "It cost 40 credits." in said
        link = link_in(said)
        assert job.clip is not None
        whole = bot.stage.app.blobs.path(job.clip.blob).read_bytes()
        status, body, headers = await bot.get(link)
        assert (status, body) == (200, whole)
        assert headers["Content-Type"] == "video/mp4"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        status, body, headers = await bot.get(link, Range="bytes=100-199")
        assert (status, body) == (206, whole[100:200])
        status, body, headers = await bot.get(link, method="HEAD")
        assert (status, body, headers["Content-Length"]) == (200, b"", str(len(whole)))
        assert (await bot.get(link, method="POST"))[0] in (403, 405)
        original = await bot.stage.press(ADA, "original", job.id, where=TINY)
        second = link_in(original.text)
        assert (await bot.get(second))[0] == 200
        question = await bot.stage.press(ADA, "delete", job.id)
        await bot.stage.press(ADA, "confirm", question.quote)
        assert [(await bot.get(one))[0] for one in (link, second)] == [404, 404]
    token = link.split("/")[4]
    assert not [record for record in caplog.records if token in record.getMessage()]


async def test_a_vendor_that_fetches_gets_a_link_that_ends_after_two_hours(tmp_path: Path) -> None:
    books = tmp_path / "catalogue"
    books.mkdir()
    for file in CATALOGUE.iterdir():
        text = file.read_text("utf-8")
        if file.name == "scripted-key.toml":
            text = text.replace("tests.fakes.scripted:ScriptedProvider", f"{__name__}:FetchingProvider")
            text = text.replace('upload = "inline"', 'upload = "link"')
        (books / file.name).write_text(text, "utf-8")
    image = tmp_path / "hero.png"
    Image.new("RGB", (320, 180), "teal").save(image)
    FetchingProvider.fetched.clear()
    async with open_stage(tmp_path / "hidden", catalogue=books) as stage:
        refused = await stage.say(ADA, BUY, files={"image": [image]})
        assert refused.code == "needs_public_address"
    async with served(tmp_path / "public", catalogue=books) as bot:
        asked = await bot.stage.say(ADA, BUY, files={"image": [image]})
        job = await bot.stage.ended(asked.job)
        assert job.state == "delivered"
        ((url, mime, data),) = FetchingProvider.fetched
        assert (mime, data) == ("image/png", image.read_bytes())
        assert url.startswith(f"{bot.base}/f/") and url.endswith("/first-frame.png")
        assert job.plan.request.media[0].url == "", "the link is in no row but its own"
        bot.stage.clock.jump(2 * 3600 - 60)
        assert (await bot.get(url))[0] == 200
        bot.stage.clock.jump(61)
        assert (await bot.get(url))[0] == 404


async def test_a_lost_answer_is_asked_again_with_the_same_link(tmp_path: Path) -> None:
    async with served(tmp_path) as bot:
        files = bot.stage.app.files
        assert files is not None
        about: dict[str, str] = {"mime": "image/png", "name": "a b/../c.png", "job": "j", "wallet": "w"}
        first = await files.make("vendor", "ab" * 32, **about)
        bot.stage.clock.jump(600)
        assert await files.make("vendor", "ab" * 32, **about) == first
        assert first.endswith("/a-b-..-c.png")
        bot.stage.clock.jump(3600)
        assert await files.make("vendor", "ab" * 32, **about) != first, "it would end too soon"
        assert await files.make("member", "ab" * 32, **about) != first


async def test_the_site_serves_links_where_it_has_a_public_address_and_only_there(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip")
    async with open_web(tmp_path / "one", work=False, public_url="https://clips.example.org") as web:
        assert web.app.files is not None and web.app.desk.links is web.app.files
        address = await web.app.blobs.put(clip)
        link = await web.app.files.make(
            "member", address, mime="video/mp4", name="clip.mp4", job="", wallet="w"
        )
        assert link.startswith("https://clips.example.org/f/")
        path = link.removeprefix("https://clips.example.org")
        async with aiohttp.ClientSession() as session:
            public = {"Host": "clips.example.org"}
            async with session.get(web.site.listening.url + path, headers=public) as got:
                assert (got.status, await got.read()) == (200, b"a clip"), "nobody has to be logged in"
    async with open_web(tmp_path / "two", work=False) as web:
        assert web.app.desk.links is None
        async with (
            aiohttp.ClientSession() as session,
            session.get(web.site.listening.url + path) as got,
        ):
            assert got.status == 404


@pytest.fixture
async def attacked(tmp_path: Path) -> AsyncIterator[tuple[Served, str]]:
    """A bot, and a good link to a file on it."""
    async with served(tmp_path) as bot:
        files = bot.stage.app.files
        assert files is not None
        clip = tmp_path / "clip.mp4"
        clip.write_bytes(b"a clip")
        address = await bot.stage.app.blobs.put(clip)
        yield bot, await files.make("member", address, mime="video/mp4", name="clip.mp4", job="", wallet="w")


Attack = Callable[[list[str]], list[str]]
ATTACKS: dict[str, Attack] = {
    "another id": lambda t: [("A" if t[0][0] != "A" else "B") + t[0][1:], *t[1:]],
    "another purpose": lambda t: [t[0], "v", *t[2:]],
    "a later end": lambda t: [t[0], t[1], str(int(t[2]) + 1000), t[3]],
    "no signature": lambda t: t[:3],
    "a signature of nothing": lambda t: [*t[:3], "A" * 43],
    "upper case": lambda t: [t[0].swapcase(), *t[1:]],
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_altered_link_leads_nowhere(attacked: tuple[Served, str], attack: str) -> None:
    bot, link = attacked
    assert (await bot.get(link))[:2] == (200, b"a clip")
    token = link.split("/")[4]
    altered = link.replace(token, ".".join(ATTACKS[attack](token.split("."))))
    assert altered != link
    assert (await bot.get(altered))[0] == 404


async def test_no_path_leads_out_of_the_one_file(attacked: tuple[Served, str]) -> None:
    bot, link = attacked
    head = link.rpartition("/")[0]
    for name in (
        "",
        "other.mp4",
        "..%2f..%2fsecret.key",
        "clip.mp4%00",
        "%2e%2e/%2e%2e/secret.key",
        "clip.mp4/",
    ):
        assert (await bot.get(f"{head}/{name}"))[0] == 404, name
    for path in ("/f/", "/f/../secret.key", "/f/%2e%2e%2fsecret.key/x", "/f//etc/passwd"):
        assert (await bot.get(f"{bot.base}{path}"))[0] == 404, path


async def test_a_well_signed_link_without_a_row_or_with_another_rows_facts_leads_nowhere(
    attacked: tuple[Served, str],
) -> None:
    bot, _ = attacked
    app = bot.stage.app
    key = purpose_key(secret_key(app.settings.data_dir), "links to files")
    later = app.clock.now_ms() + 3_600_000
    known = LinkedFile(
        id="k" * 22,
        purpose="vendor",
        address="../../../../secret.key",
        mime="text/plain",
        name="x",
        job="",
        wallet="",
        expires_ms=later,
    )
    await app.store.put_link(replace(known, address="ab" * 32), least_ms=later + 1)
    for link in (
        Link(id="n" * 22, purpose="vendor", expires_ms=later),
        Link(id=known.id, purpose="member", expires_ms=later),
        Link(id=known.id, purpose="vendor", expires_ms=later - 1),
        Link(id=known.id, purpose="vendor", expires_ms=later),  # its file is not there
    ):
        assert (await bot.get(f"{bot.base}/f/{sign(link, key)}/x"))[0] == 404
    login = purpose_key(secret_key(app.settings.data_dir), "web login")
    good = Link(id=known.id, purpose="vendor", expires_ms=later)
    assert (await bot.get(f"{bot.base}/f/{sign(good, login)}/x"))[0] == 404


async def test_a_foreign_host_name_gets_nothing(attacked: tuple[Served, str]) -> None:
    bot, link = attacked
    assert (await bot.get(link, Host="rebound.example"))[0] == 421
