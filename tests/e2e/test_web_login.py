"""Who gets in and who does not: tokens, cookies, names in the address."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.e2e.web_stage import WebStage, open_web

PATHS = (
    *("/", "/chat/hello", "/chat/messages", "/chat/balance", "/chat/models", "/chat/clips/abc/video"),
    *("/admin/spending", "/data/hello", "/data/ledger.csv", "/data/mine", "/me/history", "/gallery"),
)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[WebStage]:
    async with open_web(tmp_path, demo=False, work=False, max_upload_bytes=1_000_000) as stage:
        yield stage


def token(url: str) -> str:
    return url.rpartition("=")[2]


@pytest.mark.parametrize("path", PATHS)
async def test_a_stranger_learns_nothing(web: WebStage, path: str) -> None:
    answer = await (await web.stranger()).get(path)
    assert answer.status == 401
    assert answer.body == {
        "error": "You are not logged in; open the address that the bot printed when it was started."
    }


async def test_a_stranger_sends_presses_and_hears_nothing(web: WebStage) -> None:
    stranger = await web.stranger()
    assert (await stranger.send("a cat sings")).status == 401
    assert (await stranger.post("/chat/press", {})).status == 401
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with stranger.events():
            pass
    assert refused.value.status == 401
    assert web.scratch() == []


async def test_a_token_serves_once(web: WebStage) -> None:
    first, second = await web.stranger(), await web.stranger()
    url = urlsplit(web.site.operator_url)
    assert (await first.get(url.path, token=token(url.query))).status == 200
    again = await second.get(url.path, token=token(url.query))
    assert again.status == 403 and "already used" in again.body["error"]
    assert (await second.get("/chat/hello")).status == 401
    # Whoever is logged in may open the address again: it just leads to the chat.
    assert (await first.get(url.path, token=token(url.query))).status == 200


async def test_a_wrong_token_and_a_curious_head_request_do_not_count(web: WebStage) -> None:
    stranger = await web.stranger()
    assert (await stranger.get("/login", token="guessed")).status == 403
    assert (await stranger.get("/login")).status == 403
    async with stranger.session.head(web.site.operator_url) as head:
        assert head.status == 405
    assert list((await web.operator()).session.cookie_jar)


async def test_the_cookie_is_for_this_site_alone_and_out_of_reach_for_scripts(web: WebStage) -> None:
    stranger = await web.stranger()
    answer = await stranger.get("/login", token=token(web.site.operator_url))
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert token(web.site.operator_url) not in cookie


async def test_a_member_cannot_make_an_operator_of_the_cookie(web: WebStage) -> None:
    guest = await web.guest()
    (name,) = {cookie.key for cookie in guest.session.cookie_jar}
    (value,) = {cookie.value for cookie in guest.session.cookie_jar}
    body, _, mac = value.partition(".")
    facts = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    facts[1] = "operator"
    forged = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")
    for cookie in (f"{forged}.{mac}", f"{forged}.", forged, "x.y", "."):
        stranger = await web.stranger(Cookie=f"{name}={cookie}")
        assert (await stranger.get("/chat/hello")).status == 401


async def test_whoever_logs_out_is_a_stranger_again(web: WebStage) -> None:
    operator = await web.operator()
    foreign = web.base.replace("127.0.0.1", "localhost")
    operator.origin = foreign
    assert (await operator.post("/logout", {})).status == 403
    operator.origin = web.base
    assert (await operator.post("/logout", {})).status == 200
    assert (await operator.get("/chat/hello")).status == 401


async def test_a_member_has_no_operators_commands(web: WebStage) -> None:
    guest, operator = await web.guest(), await web.operator()
    refused = await guest.ask("/quota show", "refusal")
    assert refused["lines"] == ["/quota show is for the admins of this server."]
    assert "quota show" not in [one["name"] for one in (await guest.get("/chat/hello")).body["commands"]]
    assert (await operator.ask("/quota show", "list"))["lines"]


async def test_a_login_outlives_a_restart_but_no_other_bot_takes_it(tmp_path: Path) -> None:
    async with open_web(tmp_path / "one", demo=False, work=False) as first:
        operator = await first.operator()
        (cookie,) = list(operator.session.cookie_jar)
    kept = f"{cookie.key}={cookie.value}"
    async with open_web(tmp_path / "one", demo=False, work=False) as again:
        assert (await (await again.stranger(Cookie=kept)).get("/chat/hello")).status == 200
    async with open_web(tmp_path / "two", demo=False, work=False) as other:
        assert (await (await other.stranger(Cookie=kept)).get("/chat/hello")).status == 401


@pytest.mark.parametrize("path", PATHS)
async def test_a_name_in_the_address_is_for_the_demo_only(web: WebStage, path: str) -> None:
    operator = await web.operator()
    answer = await web.persona(operator, "ada").get(path)
    assert answer.status == 403
    assert answer.body == {"error": "A name in the address is taken in the demo only."}
    assert (await web.persona(operator, "ada").send("hello")).status == 403


@pytest.mark.parametrize("name", ["../../x", "a\r\nSet-Cookie: x=1", "", " ", "<b>", "x" * 33, "a:b"])
async def test_a_name_that_is_none_is_refused_in_the_demo_too(tmp_path: Path, name: str) -> None:
    async with open_web(tmp_path, work=False) as stage:
        operator = await stage.operator()
        answer = await operator.get("/chat/hello", **{"as": name})
        assert answer.status == 400
        assert "Set-Cookie" not in answer.headers


async def test_a_name_in_the_address_needs_a_login_and_brings_no_rights(tmp_path: Path) -> None:
    async with open_web(tmp_path, work=False) as stage:
        assert (await stage.persona(await stage.stranger(), "ada").get("/chat/hello")).status == 401
        ada = stage.persona(await stage.operator(), "operator")
        assert "admins" in (await ada.ask("/quota show", "refusal"))["lines"][0]
        assert (await stage.persona(await stage.guest(), "operator").get("/chat/messages")).status == 403
