"""Tokens of a service account: asked for once, renewed in time, plain words where something is missing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from providers.base import ProviderConfig
from providers.errors import BadKey, MissingKey, NotSent, ProviderError
from providers.http import client
from providers.wire.google_account import FILE_ENV, ServiceAccount
from tests.fakes.google_account import PROJECT, make_account
from tests.fakes.google_veo import FakeVeo

pytest.importorskip("google.auth", reason="the extra vertex is not installed")


@pytest.fixture
async def server() -> AsyncIterator[FakeVeo]:
    async with FakeVeo() as opened:
        yield opened


@pytest.fixture
async def http(server: FakeVeo, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    opened = client(settings(server, ""))
    yield opened
    await opened.aclose()


def settings(server: FakeVeo, file: str) -> ProviderConfig:
    keys = {FILE_ENV: file} if file else {}
    return ProviderConfig(id="google-veo", base_url=server.url, keys=keys, work_dir=Path())


def account(server: FakeVeo, http: httpx.AsyncClient, file: object) -> ServiceAccount:
    return ServiceAccount(settings(server, str(file)), http)


async def test_calls_at_the_same_time_share_one_token(
    server: FakeVeo, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    known = account(server, http, make_account(tmp_path / "key.json", server.token_uri))
    tokens = await asyncio.gather(*(known.token() for _ in range(5)))
    assert len(set(tokens)) == 1 == len(server.tokens)
    assert known.project == PROJECT


async def test_a_token_that_is_about_to_run_out_is_not_used_again(
    server: FakeVeo, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    known = account(server, http, make_account(tmp_path / "key.json", server.token_uri))
    server.token_seconds = 299
    first = await known.token()
    server.token_seconds = 3600
    second = await known.token()
    assert first != second == await known.token()


async def test_a_token_that_was_refused_is_not_used_again(
    server: FakeVeo, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    known = account(server, http, make_account(tmp_path / "key.json", server.token_uri))
    first = await known.token()
    known.forget()
    assert await known.token() != first


async def test_an_account_that_google_does_not_know_is_a_bad_key(
    server: FakeVeo, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    file = make_account(tmp_path / "key.json", server.token_uri, client_email="x@elsewhere.example")
    with pytest.raises(BadKey) as caught:
        await account(server, http, file).token()
    assert caught.value.env == (FILE_ENV,) and caught.value.vendor_code == "invalid_grant"


async def test_a_token_endpoint_that_does_not_answer_means_that_nothing_was_sent(
    server: FakeVeo, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    file = make_account(tmp_path / "key.json", "https://127.0.0.1:9/token")
    with pytest.raises(NotSent) as caught:
        await account(server, http, file).token()
    assert type(caught.value) is NotSent


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("{", "not the key of a service account"),
        ('{"type": "authorized_user", "refresh_token": "x"}', "not the key of a service account"),
        (
            '{"type": "service_account", "client_email": "a@b.example", "private_key": "nonsense"}',
            "cannot be used",
        ),
    ],
)
async def test_a_key_file_of_no_use_is_said_in_words_that_name_the_variable(
    content: str | None, words: str, server: FakeVeo, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content, "utf-8")
    error = await failure(account(server, http, file))
    assert words in error.said and FILE_ENV in error.said and error.env == (FILE_ENV,)
    assert "nonsense" not in error.said


async def test_no_key_file_at_all_names_the_variable(server: FakeVeo, http: httpx.AsyncClient) -> None:
    error = await failure(account(server, http, ""))
    assert FILE_ENV in error.said and error.env == (FILE_ENV,)


async def test_without_google_auth_the_error_names_the_extra_and_the_variable(
    server: FakeVeo, http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_account(tmp_path / "key.json", server.token_uri)
    monkeypatch.setitem(sys.modules, "google.auth.crypt", None)
    error = await failure(account(server, http, file))
    assert "talkreel[vertex]" in error.said and FILE_ENV in error.said


async def failure(known: ServiceAccount) -> ProviderError:
    with pytest.raises(MissingKey) as caught:
        await known.token()
    return caught.value
