"""What `talkreel doctor` looks at on Telegram: token, privacy, groups, webhook. It changes nothing.

Asks the API by itself, so that looking loads no library. It never asks for updates: that would end the
running bot's own asking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import aiohttp

_SECONDS: Final = 20.0
_MANY_UPDATES: Final = 100


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding; fields as in `talkreel doctor`."""

    name: str
    state: Literal["ok", "missing", "wrong"]
    detail: str
    remedy: str = ""


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


async def examine(token: str, base_url: str, *, public_url: str = "") -> tuple[Finding, ...]:
    """Look at the bot's account.

    Args:
        token: of the bot; it is part of every address and never said.
        base_url: of the Bot API server.
        public_url: where our web server is reached, "" for long polling.
    """
    base = f"{base_url.rstrip('/')}/bot{token}"
    try:
        async with asyncio.timeout(_SECONDS), aiohttp.ClientSession() as session:
            me = await _get(session, f"{base}/getMe")
            hook = await _get(session, f"{base}/getWebhookInfo")
    except _Refused as refused:
        if refused.status in (401, 404):
            detail = "Telegram does not accept TELEGRAM_TOKEN"
            remedy = "Copy it again from @BotFather (/token)."
            return (Finding(name="token", state="wrong", detail=detail, remedy=remedy),)
        detail = f"Telegram answers with status {refused.status}"
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        detail = f"Telegram cannot be reached: {type(error).__name__}"  # its text may hold the address
    else:
        return (
            Finding(name="token", state="ok", detail=f"accepted, the bot is @{me.get('username', '?')}"),
            _privacy(me),
            *_groups(me),
            _updates(hook, public_url),
        )
    remedy = "Check the network, and TALKREEL_TELEGRAM_BASE_URL if you have set it."
    return (Finding(name="connection", state="wrong", detail=detail, remedy=remedy),)


def _privacy(me: Mapping[str, Any]) -> Finding:
    if not me.get("can_read_all_group_messages"):
        return Finding(name="privacy", state="ok", detail="on: it reads commands and answers to itself alone")
    return Finding(
        name="privacy",
        state="ok",
        detail="off, and that is not needed",
        remedy="Switch it on at @BotFather (/setprivacy): people like to know that nobody reads along.",
    )


def _groups(me: Mapping[str, Any]) -> list[Finding]:
    if me.get("can_join_groups", True):
        return []
    remedy = "Allow it at @BotFather (/setjoingroups), if you want it in groups."
    return [Finding(name="groups", state="missing", detail="it may not be added to groups", remedy=remedy)]


def _updates(hook: Mapping[str, Any], public_url: str) -> Finding:
    """How updates reach the bot, and what is in the way."""
    waiting = int(hook.get("pending_update_count") or 0)
    url, trouble = str(hook.get("url", "")), str(hook.get("last_error_message", ""))
    if trouble and public_url:
        return Finding(
            name="webhook",
            state="wrong",
            detail=f"Telegram could not reach {public_url}: {trouble}",
            remedy="The address must be https, open to the outside, on port 443, 80, 88 or 8443.",
        )
    way = "webhook" if public_url.startswith("https://") else "long polling"
    detail = f"by {way}, {waiting} waiting"
    if url and way == "long polling":
        detail += "; a webhook is set, and removed at the next start"
    if waiting < _MANY_UPDATES:
        return Finding(name="updates", state="ok", detail=detail)
    return Finding(
        name="updates", state="wrong", detail=detail, remedy="Is the bot running? Start it: talkreel run"
    )


async def _get(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(url) as answer:
        if answer.status != 200:
            raise _Refused(answer.status)
        body = await answer.json(content_type=None)
        result = body.get("result") if isinstance(body, dict) else None
        return result if isinstance(result, dict) else {}
