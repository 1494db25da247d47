"""What the web server turns away: strangers, foreign pages and names, floods. Nothing may change by them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.frontends.web import uploads
from tests.e2e.web_stage import Visitor, WebStage, open_web


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[WebStage]:
    async with open_web(tmp_path, demo=False, work=False, max_upload_bytes=1_000_000) as stage:
        yield stage


async def raw(stage: WebStage, text: str, seconds: float = 5.0) -> str:
    """Write to the socket what no well-behaved client would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.site.listening.port)
    try:
        writer.write(text.replace("\n", "\r\n").encode())
        await writer.drain()
        async with asyncio.timeout(seconds):
            return (await reader.read(65_536)).decode("utf-8", "replace")
    finally:
        writer.close()


def token(url: str) -> str:
    return url.rpartition("=")[2]


# ---- other names, other pages


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.nip.example"]
)
async def test_a_foreign_name_that_points_here_is_turned_away(web: WebStage, host: str) -> None:
    operator = await web.operator()
    for path in ("/", "/chat/messages", "/static/chat.js", "/login"):
        async with operator.session.get(web.base + path, headers={"Host": host}) as got:
            assert got.status == 421, path


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:80", "app.localhost"])
async def test_the_names_of_this_machine_are_known(web: WebStage, host: str) -> None:
    operator = await web.operator()
    async with operator.session.get(f"{web.base}/chat/hello", headers={"Host": host}) as got:
        assert got.status == 200


async def test_probes_come_by_any_name(web: WebStage) -> None:
    stranger = await web.stranger()
    for path, said in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
        async with stranger.session.get(web.base + path, headers={"Host": "pod-7"}) as got:
            assert (got.status, await got.text()) == (200, said)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "{https}", ""])
async def test_a_foreign_page_can_neither_send_nor_listen(web: WebStage, origin: str) -> None:
    operator = await web.operator()
    operator.origin = origin.format(https=web.base.replace("http:", "https:"))
    assert (await operator.send("a cat sings")).status == 403
    assert (await operator.post("/chat/press", {"message": "m"})).status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with operator.events():
            pass
    assert refused.value.status == 403
    assert await operator.messages() == []
    assert web.scratch() == []


async def test_a_request_without_an_origin_is_no_page_of_ours(web: WebStage) -> None:
    operator = await web.operator()
    async with operator.session.post(f"{web.base}/chat/press", json={}) as got:
        assert got.status == 403


async def test_only_a_trusted_proxy_speaks_for_the_browser(tmp_path: Path) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "clips.example.org"}
    public = "https://clips.example.org"
    for proxies, secure in (((), False), (("127.0.0.0/8",), True)):
        async with open_web(
            tmp_path / str(secure), demo=False, work=False, trusted_proxies=proxies, public_url=public
        ) as stage:
            assert stage.site.operator_url.startswith(public)
            stranger = await stage.stranger(**told)
            path = stage.site.operator_url.removeprefix(public).partition("?")[0]
            answer = await stranger.get(path, token=token(stage.site.operator_url))
            assert answer.status == 200
            assert ("Secure" in answer.headers["Set-Cookie"]) is secure
            assert ("Strict-Transport-Security" in answer.headers) is secure
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            browser = await stage.stranger(**told, Cookie=cookie)
            browser.origin = public
            assert (await browser.send("/help")).status == (200 if secure else 403)


# ---- paths, headers, bodies


@pytest.mark.parametrize(
    "path", ["/", "/chat/hello", "/nothing/here", "/static/chat.js", "/healthz", "/login"]
)
async def test_every_answer_carries_the_security_headers(web: WebStage, path: str) -> None:
    for visitor in (await web.stranger(),):
        headers = (await visitor.get(path, Accept="text/html")).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Python" not in headers.get("Server", "")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../chat.sql",
        "/static/..%2fchat.sql",
        "/static/%2e%2e%2fserver.py",
        "/static//etc/passwd",
        "/static/chat.html",
        "/chat/files/..%2f..%2fweb.db/0",
        "/chat/files/operator.x/-1",
        "/chat/files/operator.x/9999999999999999999999",
        "/chat/clips/..%2f..%2fsecret.key/video",
        "/chat/clips/%00/video",
    ],
)
async def test_no_path_leads_to_a_file_that_is_not_served(web: WebStage, path: str) -> None:
    (cookie,) = list((await web.operator()).session.cookie_jar)
    got = await raw(
        web,
        f"GET {path} HTTP/1.1\nHost: localhost\nCookie: {cookie.key}={cookie.value}\nConnection: close\n\n",
    )
    assert got.startswith(("HTTP/1.1 404", "HTTP/1.1 400")), got[:200]


async def test_a_line_end_in_a_header_makes_no_second_header(web: WebStage) -> None:
    got = await raw(
        web, "GET /login?token=a%0d%0aSet-Cookie:%20x=1 HTTP/1.1\nHost: localhost\nConnection: close\n\n"
    )
    assert got.startswith("HTTP/1.1 403") and "\r\nSet-Cookie" not in got


async def test_a_ten_megabyte_prompt_is_refused_and_costs_nothing(web: WebStage) -> None:
    operator = await web.operator()
    answer = await operator.send("long " * 2_000_000)
    assert answer.status == 413
    assert "Nothing was charged." in answer.body["error"]
    assert await operator.messages() == []
    assert web.scratch() == []


async def test_three_hundred_megabytes_are_refused_before_they_are_read(web: WebStage) -> None:
    (cookie,) = list((await web.operator()).session.cookie_jar)
    got = await raw(
        web,
        f"POST /chat/send HTTP/1.1\nHost: localhost\nOrigin: http://localhost\n"
        f"Cookie: {cookie.key}={cookie.value}\nContent-Type: multipart/form-data; boundary=x\n"
        f"Content-Length: 300000000\n\n--x\n",
    )
    assert got.startswith("HTTP/1.1 413")
    assert "at most 1\\u00a0MB" in got and web.scratch() == []


async def test_a_file_of_unsaid_size_is_cut_off_at_the_limit(web: WebStage) -> None:
    operator = await web.operator()
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        head = '--x\r\nContent-Disposition: form-data; name="file:image"; filename="big.png"\r\n\r\n'
        yield head.encode()
        while taken < 300_000_000:
            taken += 1 << 18
            yield bytes(1 << 18)

    headers = {
        "Origin": web.base,
        "Content-Type": "multipart/form-data; boundary=x",
        "Accept": "application/json",
    }
    try:
        async with operator.session.post(f"{web.base}/chat/send", data=endless(), headers=headers) as got:
            assert got.status == 413
            assert "big.png" in (await got.json())["error"]
    except aiohttp.ClientConnectionError:
        pass  # the server may close before the last byte is sent
    assert taken < 60_000_000
    assert await operator.messages() == []
    assert web.scratch() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="surprise"\r\n\r\n1\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="file:../../etc"; filename="a"\r\n\r\n1\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\na\r\n'
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nb\r\n--x--\r\n',
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n",
    ],
)
async def test_a_broken_form_is_refused_in_one_sentence(web: WebStage, body: bytes) -> None:
    operator = await web.operator()
    headers = {
        "Origin": web.base,
        "Content-Type": "multipart/form-data; boundary=x",
        "Accept": "application/json",
    }
    async with operator.session.post(f"{web.base}/chat/send", data=body, headers=headers) as got:
        assert got.status in (400, 413, 422), await got.text()
        assert (await got.json())["error"].endswith(".")
    assert await operator.messages() == []
    assert web.scratch() == []


async def test_an_upload_that_stops_coming_is_dropped(web: WebStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UPLOAD_STALL_SECONDS", 0.2)
    (cookie,) = list((await web.operator()).session.cookie_jar)
    got = await raw(
        web,
        f"POST /chat/send HTTP/1.1\nHost: localhost\nOrigin: http://localhost\n"
        f"Cookie: {cookie.key}={cookie.value}\nContent-Type: multipart/form-data; boundary=x\n"
        f'Content-Length: 5000\n\n--x\nContent-Disposition: form-data; name="text"\n\nhel',
    )
    assert got.startswith("HTTP/1.1 408")
    assert web.scratch() == []


@pytest.mark.parametrize(
    "body", ["[]", "7", "{}", '{"message": 1}', "{", "\ud800".encode("utf-8", "ignore").decode()]
)
async def test_a_broken_button_is_refused(web: WebStage, body: str) -> None:
    operator = await web.operator()
    headers = {"Origin": web.base, "Content-Type": "application/json", "Accept": "application/json"}
    async with operator.session.post(f"{web.base}/chat/press", data=body, headers=headers) as got:
        assert got.status == 400


async def test_marks_in_words_names_and_file_names_stay_words(web: WebStage, tmp_path: Path) -> None:
    operator = await web.operator()
    evil = '<img src=x onerror=alert(1)>"\r\nSet-Cookie: x=1'
    form = aiohttp.MultipartWriter("form-data", boundary="x")
    for name, value in (("text", "/job <script>alert(1)</script>"), ("key", "k" * 12)):
        form.append(value).set_content_disposition("form-data", name=name)
    form.append(b"nothing").set_content_disposition(
        "form-data", name="file:image", filename=evil.replace("\r\n", " ")
    )
    answer = await operator.post("/chat/send", form)
    assert answer.status == 200
    shown = answer.body["message"]
    assert shown["text"].endswith("</script>")
    assert "/" not in shown["files"][0]["name"] and "\n" not in shown["files"][0]["name"]
    page = (await operator.get("/", Accept="text/html")).body
    assert "onerror" not in page and "<script>" not in page.replace("<script src", "").replace(
        "<script type", ""
    )


async def test_the_log_names_no_token_and_no_message(web: WebStage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="bot")
    visitor: Visitor = await web.operator()
    await visitor.ask("/job very-private-words", "refusal")
    await (await web.stranger()).get("/login", token="stolen-token")
    assert "turned away: a wrong or used login token" in caplog.text
    for secret in (token(web.site.operator_url), "stolen-token", "very-private-words"):
        assert secret not in caplog.text


BROKEN: tuple[Any, ...] = (
    *([], "words", {"server": 5}, {"server": "x" * 500}),
    *({"scope": {}}, {"off": "yes", "kind": "all"}),
)


@pytest.mark.parametrize(
    "path", ["limit", "grant", "reset", "block", "allot", "switch", "login", "own", "again"]
)
async def test_a_broken_wish_of_a_page_is_refused_and_changes_nothing(web: WebStage, path: str) -> None:
    operator = await web.operator()
    for body in BROKEN:
        answer = await operator.post(f"/data/{path}", body)
        assert answer.status in (400, 403, 422), (body, answer.body)
        assert answer.body["error"].endswith(".")
    assert (await operator.post(f"/data/{path}", {"server": "y" * 100_000})).status == 413
    assert await web.app.store.rules("direct") == () and await web.app.store.switches() == ()
    assert await web.app.store.page_admins() == ()
