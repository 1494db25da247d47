"""The list of commands that the apps show, by place, rights and language; made from the command table."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Final

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.core.commands import COMMANDS, Who
from bot.core.model import Text
from bot.core.wording import FALLBACK, Wording
from bot.frontends.telegram.wire import translated

log = logging.getLogger(__name__)

_DESCRIPTION: Final = 256
_ALL: Final[frozenset[Who]] = frozenset({"all"})
_ADMINS: Final[frozenset[Who]] = frozenset({"all", "admins"})
_OPERATORS: Final[frozenset[Who]] = frozenset({"all", "admins", "operators"})


def commands(words: Wording, language: str, who: Collection[Who]) -> list[BotCommand]:
    """The commands that some people may use; subcommands share the entry of their group."""
    found: dict[str, str] = {}
    for command in COMMANDS:
        if command.who in who:
            found.setdefault(command.name.split()[0], words.say(Text(key=command.help), language))
    return [BotCommand(name, help[:_DESCRIPTION]) for name, help in found.items()]


async def set_menus(bot: Bot, words: Wording, operators: Sequence[int]) -> None:
    """Tell Telegram all lists. What fails is said in the log: commands work without a list."""
    scopes: list[tuple[BotCommandScope, frozenset[Who]]] = [
        (BotCommandScopeDefault(), _ALL),
        (BotCommandScopeAllPrivateChats(), _ALL),
        (BotCommandScopeAllGroupChats(), _ALL),
        (BotCommandScopeAllChatAdministrators(), _ADMINS),
        *((BotCommandScopeChat(person), _OPERATORS) for person in operators),
    ]
    for scope, who in scopes:
        for language in words.languages:
            code = None if language == FALLBACK else language
            try:
                await bot.set_my_commands(commands(words, language, who), scope=scope, language_code=code)
            except TelegramError as error:
                log.info("a list of commands was not taken: %s", type(translated(error)).__name__)
