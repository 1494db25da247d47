"""The client of one provider and the three kinds of calls: submit, read, upload.

They differ in what silence means. Nothing is repeated except reads, and a read at most once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

import httpx

from providers.base import ProviderConfig
from providers.errors import BadRequest, NotSent, OutcomeUnknown, ProviderError, Unreachable
from providers.http.answers import Answer, retry_after
from providers.http.guard import GuardedTransport, origin_of

ANSWER_BYTES = 8 * 1024 * 1024
QUICK_PAUSE_SECONDS = 0.2
PASSING = (502, 503, 504)
# In these cases the request did not reach anybody: no connection was made, or it was not well formed.
UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

Purpose = Literal["submit", "read", "upload"]
# The client's time limit holds for each pause of a call; the whole call may take so many of them.
PATIENCE: Mapping[Purpose, int] = {"read": 2, "submit": 5, "upload": 10}


def client(
    config: ProviderConfig, *, headers: Mapping[str, str] | None = None, trusted: Iterable[str] = ()
) -> httpx.AsyncClient:
    """A client for one provider. Close it with `aclose`.

    Redirects are not followed; addresses are checked (see guard.py).

    Args:
        config: base address and the time limit of one call.
        headers: sent with every call; never with a download from another origin.
        trusted: further base URLs that the operator configured, at whatever address they are.
    """
    # These libraries log whole addresses, with the keys and signatures in them.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    origins = {origin_of(url) for url in (config.base_url, *trusted) if url}
    return httpx.AsyncClient(
        base_url=config.base_url,
        headers={"user-agent": "Talkreel", **(headers or {})},
        timeout=httpx.Timeout(config.timeout_seconds, connect=min(10.0, config.timeout_seconds)),
        transport=GuardedTransport(origins),
        follow_redirects=False,
        trust_env=False,
    )


async def submit(
    http: httpx.AsyncClient, url: str, *, provider: str, model: str = "", method: str = "POST", **parts: Any
) -> Answer:
    """Send a call that may start a paid job, exactly once.

    Args:
        http: the client.
        url: address, absolute or below the base address.
        provider, model: for errors.
        method: HTTP method.
        parts: json, content, files, params, headers … as for httpx.

    Returns:
        Answers of 2xx and 4xx; what 4xx means is for the adapter to read.

    Raises:
        NotSent: no connection was made.
        BadRequest: the vendor answered with a redirect; the base address is wrong.
        OutcomeUnknown: the request left and no complete answer came, or a 5xx did.
    """
    answer = await _exchange(http, "submit", method, url, provider, model, parts)
    if answer.status >= 500:
        raise OutcomeUnknown(
            f"{_told(http, method, url)}: status {answer.status}",
            provider=provider,
            model=model,
            retry_after=answer.retry_after,
        )
    return answer


async def read(
    http: httpx.AsyncClient,
    url: str,
    *,
    provider: str,
    model: str = "",
    method: str = "GET",
    accept: Collection[int] = (),
    **parts: Any,
) -> Answer:
    """Ask something that changes nothing; tried twice at most, and not again if told to wait.

    Args:
        http: the client.
        url: address, absolute or below the base address.
        provider, model: for errors.
        method: GET, or POST for vendors whose questions are posts.
        accept: statuses to hand back although they look like failures.
        parts: as in `submit`.

    Returns:
        Answers of 2xx and 4xx except 429.

    Raises:
        Unreachable: no usable answer; `retry_after` says how long to wait, where the vendor does.
    """
    for last in (False, True):
        try:
            answer = await _exchange(http, "read", method, url, provider, model, parts)
        except Unreachable:
            if last:
                raise
        else:
            failed = answer.status >= 500 or answer.status == 429
            if not failed or answer.status in accept:
                return answer
            if last or answer.status not in PASSING or answer.retry_after is not None:
                raise Unreachable(
                    f"{_told(http, method, url)}: status {answer.status}",
                    provider=provider,
                    model=model,
                    retry_after=answer.retry_after,
                )
        await asyncio.sleep(QUICK_PAUSE_SECONDS)
    raise AssertionError("the second try returns or raises")


async def upload(
    http: httpx.AsyncClient, url: str, *, provider: str, model: str = "", method: str = "POST", **parts: Any
) -> Answer:
    """Hand a file over before the submit. Whatever goes wrong, no job was started.

    Returns:
        Answers of 2xx and 4xx.

    Raises:
        NotSent: no usable answer.
    """
    answer = await _exchange(http, "upload", method, url, provider, model, parts)
    if answer.status >= 500:
        raise NotSent(
            f"{_told(http, method, url)}: status {answer.status}",
            provider=provider,
            model=model,
            retry_after=answer.retry_after,
        )
    return answer


async def _exchange(
    http: httpx.AsyncClient,
    purpose: Purpose,
    method: str,
    url: str,
    provider: str,
    model: str,
    parts: Mapping[str, Any],
) -> Answer:
    """One request and its whole answer, bounded. No cause is kept: httpx's errors hold keys and links."""
    limit = (http.timeout.read or 60.0) * PATIENCE[purpose]
    try:
        async with asyncio.timeout(limit), http.stream(method, url, **parts) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES:
                    raise _failure(purpose, True)("the answer is too large", provider=provider, model=model)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        kind = _failure(purpose, not isinstance(error, UNSENT))
        told = f"{_told(http, method, url)}: {type(error).__name__}"
        raise kind(told, provider=provider, model=model) from None
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.is_redirect:
        kind = BadRequest if purpose == "submit" else _failure(purpose, True)
        told = f"{_told(http, method, url)}: redirects elsewhere; is the base address right?"
        raise kind(told, provider=provider, model=model, retry_after=retry_after(headers))
    return Answer(
        status=response.status_code,
        headers=headers,
        body=bytes(body),
        submitted=purpose == "submit",
        provider=provider,
        model=model,
    )


def _failure(purpose: Purpose, sent: bool) -> type[ProviderError]:
    match purpose:
        case "read":
            return Unreachable
        case "upload":
            return NotSent
        case "submit":
            return OutcomeUnknown if sent else NotSent


def _told(http: httpx.AsyncClient, method: str, url: str) -> str:
    """Method and host only: paths and queries can hold keys."""
    try:
        host = httpx.URL(url).host or http.base_url.host
    except httpx.InvalidURL:
        host = "?"
    return f"{method} {host}"
