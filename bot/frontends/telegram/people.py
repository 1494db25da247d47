"""Who somebody is here: their rights in a group, asked of Telegram and believed for a minute."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from telegram.error import TelegramError

from bot.core.errors import TryLater
from bot.core.model import DIRECT, Actor, Person
from bot.core.ports import Clock
from bot.frontends.telegram.api import Api
from bot.frontends.telegram.reader import Chat, Sender
from bot.frontends.telegram.wire import translated

_BELIEVED_MS: Final = 60_000
_KEPT: Final = 5000
_ADMINS: Final = ("creator", "administrator")


class People:
    """Makes actors."""

    def __init__(self, api: Api, *, clock: Clock, operators: Collection[str]) -> None:
        self._api = api
        self._clock = clock
        self._operators = operators
        self._admins: dict[tuple[int, int], tuple[bool, int]] = {}

    async def actor(self, chat: Chat, sender: Sender, language: str) -> Actor:
        """Somebody in a chat. An anonymous admin is nobody in particular: the group itself acts.

        Raises:
            TryLater: Telegram cannot be asked about their rights now.
        """
        id = str(chat.id) if sender.anonymous else str(sender.id)
        person = Person(platform="telegram", id=id, name=sender.name)
        return Actor(
            person=person,
            server=DIRECT if chat.private else f"telegram:{chat.id}",
            server_name=chat.title,
            channel=f"telegram:{chat.id}" + (f":{chat.topic}" if chat.topic else ""),
            admin=sender.anonymous or (not chat.private and await self._is_admin(chat.id, sender)),
            operator=not sender.anonymous and person.key in self._operators,
            language=language,
        )

    async def _is_admin(self, chat: int, sender: Sender) -> bool:
        if sender.foreign:
            return False
        now = self._clock.now_ms()
        known = self._admins.get((chat, sender.id))
        if known is not None and known[1] > now:
            return known[0]
        try:
            found = await self._api.bot.get_chat_member(chat, sender.id)
        except TelegramError as error:
            trouble = translated(error)
            if isinstance(trouble, TryLater):
                raise trouble from None
            return False
        if len(self._admins) >= _KEPT:
            self._admins.clear()
        admin = found.status in _ADMINS
        self._admins[chat, sender.id] = (admin, now + _BELIEVED_MS)
        return admin
