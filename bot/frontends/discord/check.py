"""What `talkreel doctor` looks at on Discord: token, intents, permissions, installation. It changes nothing.

Asks the API by itself, as the library would connect first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final, Literal

import aiohttp

from bot.frontends.discord.limits import invite_url, missing

_SECONDS: Final = 20.0
_SERVERS: Final = 200
_FEW_SESSIONS: Final = 10
_AGENT: Final = "DiscordBot (https://github.com/Rapptz/discord.py, 2.7)"
# Flags of an application: an intent that it was granted, or may use while it is small.
_PRIVILEGED: Final = {
    "Presence": 1 << 12 | 1 << 13,
    "Server Members": 1 << 14 | 1 << 15,
    "Message Content": 1 << 18 | 1 << 19,
}


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


async def examine(token: str, base_url: str) -> tuple[Finding, ...]:
    """Look at the bot's account."""
    headers = {"Authorization": f"Bot {token}", "User-Agent": _AGENT}
    try:
        async with (
            asyncio.timeout(_SECONDS),
            aiohttp.ClientSession(headers=headers) as session,
        ):
            return await _examined(session, base_url.rstrip("/"))
    except _Refused as refused:
        if refused.status == 401:
            return (
                Finding(
                    name="token",
                    state="wrong",
                    detail="Discord does not accept DISCORD_TOKEN",
                    remedy="Copy it again from the Bot page of your application (Reset Token).",
                ),
            )
        detail = f"Discord answers with status {refused.status}"
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        detail = f"Discord cannot be reached: {error or type(error).__name__}"
    remedy = "Check the network, and TALKREEL_DISCORD_BASE_URL if you have set it."
    return (Finding(name="connection", state="wrong", detail=detail, remedy=remedy),)


async def _examined(session: aiohttp.ClientSession, base: str) -> tuple[Finding, ...]:
    me = await _get(session, f"{base}/users/@me")
    application = await _get(session, f"{base}/applications/@me")
    gateway = await _get(session, f"{base}/gateway/bot")
    servers = await _get(session, f"{base}/users/@me/guilds?limit={_SERVERS}")
    invite = invite_url(application["id"])
    return (
        Finding(name="token", state="ok", detail=f"accepted, the bot is called {me['username']}"),
        _intents(int(application.get("flags") or 0)),
        _sessions(gateway["session_start_limit"], int(gateway["shards"])),
        *_installation(application, invite),
        *_permissions(servers, invite),
    )


def _intents(flags: int) -> Finding:
    on = [name for name, bits in _PRIVILEGED.items() if flags & bits]
    if not on:
        return Finding(name="intents", state="ok", detail="no privileged ones, and none are needed")
    return Finding(
        name="intents",
        state="ok",
        detail=f"{', '.join(on)} switched on, and not needed",
        remedy="Switch them off on the Bot page of your application.",
    )


def _sessions(limit: dict[str, Any], shards: int) -> Finding:
    left = int(limit["remaining"])
    detail = f"{shards} wanted, {left} of {limit['total']} starts left today"
    if left > max(_FEW_SESSIONS, shards):
        return Finding(name="shards", state="ok", detail=detail)
    hours = int(limit["reset_after"]) / 3_600_000
    return Finding(
        name="shards",
        state="wrong",
        detail=detail,
        remedy=f"Something restarts the bot again and again; there are new starts in {hours:.1f} h.",
    )


def _installation(application: dict[str, Any], invite: str) -> list[Finding]:
    if not application.get("bot_require_code_grant"):
        return []
    return [
        Finding(
            name="installation",
            state="wrong",
            detail="invitations fail, as they require an OAuth2 code grant",
            remedy=f"Switch that off on the Bot page of your application, then invite: {invite}",
        )
    ]


def _permissions(servers: list[dict[str, Any]], invite: str) -> list[Finding]:
    if not servers:
        detail = "the bot is in no server yet"
        return [Finding(name="servers", state="missing", detail=detail, remedy=f"Invite it: {invite}")]
    found = []
    for server in servers:
        lacking = missing(int(server["permissions"]))
        if lacking:
            found.append(
                Finding(
                    name="permissions",
                    state="missing",
                    detail=f"{server['name']}: lacks {', '.join(lacking)}",
                    remedy=f"Give its role these permissions, or invite it again: {invite}",
                )
            )
    well = len(servers) - len(found)
    return [Finding(name="servers", state="ok", detail=f"{well} of {len(servers)} in order"), *found]


async def _get(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as answer:
        if answer.status != 200:
            raise _Refused(answer.status)
        return await answer.json(content_type=None)
