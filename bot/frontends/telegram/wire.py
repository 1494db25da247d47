"""The connection to the Bot API: python-telegram-bot's client, silent about addresses; its errors as ours.

Every address holds the bot's token, so neither the libraries below nor we write one into the log.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from telegram import Bot
from telegram.error import (
    BadRequest,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from telegram.error import Forbidden as Closed
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from bot.core.errors import DeliveryError, Forbidden, MediaRefused, MessageGone, TooLarge, TryLater

log = logging.getLogger(__name__)

CONNECTIONS: Final = 64
CALL_SECONDS: Final = 30.0
UPLOAD_SECONDS: Final = 300.0
# They write whole requests, with prompts and the token, into the log.
_TALKATIVE: Final = ("telegram", "httpx", "httpcore")
_GONE: Final = ("message to edit not found", "message can't be edited", "message to delete not found")
_SHUT: Final = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
    "user is deactivated",
    "peer_id_invalid",
)


class Flooded(TelegramError):
    """Flood control: nothing may be sent for so long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class TooBig(TelegramError):
    """The file is larger than the server takes."""


class Unchanged(DeliveryError):
    """The message says so already."""


class NoText(DeliveryError):
    """The message to edit is a media message by now."""


class NoSuchFile(DeliveryError):
    """Telegram does not know a file any more by its id."""


class TooOld(DeliveryError):
    """A pressed button waited too long for an answer."""


class _Request(HTTPXRequest):
    """The library's own, but flood control is a number of seconds and a large file is named as such."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        code, payload = await super().do_request(
            url, method, request_data, read_timeout, write_timeout, connect_timeout, pool_timeout
        )
        if code >= 500:  # a gateway's page, not an answer
            raise NetworkError(f"status {code}")
        if code == 429:
            raise Flooded(_retry_seconds(payload))
        if code == 413:
            raise TooBig("the file is too large")
        return code, payload


def make_bot(token: str, *, base_url: str, local_mode: bool) -> Bot:
    """A client for one bot; nothing is sent.

    Args:
        token: of the bot.
        base_url: of the Bot API server, without `/bot`.
        local_mode: that server runs with `--local` on this machine.
    """
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)
    base = base_url.rstrip("/")
    return Bot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=_Request(
            connection_pool_size=CONNECTIONS,
            read_timeout=CALL_SECONDS,
            write_timeout=CALL_SECONDS,
            connect_timeout=10.0,
            pool_timeout=CALL_SECONDS,
            media_write_timeout=UPLOAD_SECONDS,
        ),
        get_updates_request=_Request(
            connection_pool_size=2, read_timeout=10.0, connect_timeout=10.0, pool_timeout=10.0
        ),
        local_mode=local_mode,
    )


def translated(error: TelegramError) -> DeliveryError | MediaRefused:
    """The library's error as ours; its text stays inside, as it may hold the token."""
    said = error.message.lower()
    if isinstance(error, Flooded):
        return TryLater(error.seconds)
    if isinstance(error, TooBig):
        return TooLarge(0)
    if isinstance(error, Closed):
        return Forbidden()
    if isinstance(error, InvalidToken):
        log.error("Telegram does not accept TELEGRAM_TOKEN any more.")
        return TryLater(60.0)
    if not isinstance(error, BadRequest):
        if (
            error.__cause__ is not None and "unknown error" in said
        ):  # ours or the library's, not the network's
            log.error("a call to Telegram could not be made: %s", type(error.__cause__).__name__)
        return TryLater(2.0 if isinstance(error, NetworkError) else 5.0)
    if "not modified" in said:
        return Unchanged()
    if any(words in said for words in _GONE):
        return MessageGone()
    if "there is no text" in said:
        return NoText()
    if any(words in said for words in _SHUT):
        return Forbidden()
    if "query is too old" in said:
        return TooOld()
    if "file is too big" in said:
        return MediaRefused("telegram_too_big")
    if "file identifier" in said or "file_id" in said or "file reference" in said:
        return NoSuchFile()
    log.warning("Telegram refused a call: %s", error.message)
    return TryLater(5.0)


def _retry_seconds(payload: bytes) -> float:
    try:
        return float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 5.0
