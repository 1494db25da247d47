"""The answer to one interaction: acknowledged within a second, said when it is there, to the one who asked.

An answer that Discord does not take is the caller's to say elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final

import discord
from discord import ui

from bot.core.errors import TooLarge
from bot.core.model import Text
from bot.core.replies import Reply
from bot.frontends.discord.forms import modal
from bot.frontends.discord.limits import ACKNOWLEDGE_SECONDS, ALT_CHARACTERS
from bot.frontends.discord.pressed import Kind
from bot.frontends.discord.render import Words, buttons, lines_of, parts, said, view
from bot.frontends.discord.wire import meant, within

_SILENT: Final = discord.AllowedMentions.none()
_NONE: Final[Any] = discord.utils.MISSING


class Answer:
    """What somebody hears back from a command, a button or a form."""

    def __init__(
        self, interaction: discord.Interaction[Any], words: Words, language: str, *, kind: Kind = "button"
    ) -> None:
        """Keep what is needed; `kind` is that of the buttons under the answer."""
        self._interaction = interaction
        self._words = words
        self._language = language
        self._kind = kind
        self._in_place = False

    @property
    def begun(self) -> bool:
        """Whether Discord was told anything yet."""
        return self._interaction.response.is_done()

    async def acknowledge(self, *, in_place: bool = False) -> None:
        """Say that the answer is on its way; `in_place`: it replaces the message with the button."""
        self._in_place = in_place
        if in_place:
            await self._interaction.response.defer()
        else:
            await self._interaction.response.defer(ephemeral=True, thinking=True)

    async def reply_of(
        self, work: Awaitable[Reply], *, seconds: float = ACKNOWLEDGE_SECONDS, in_place: bool = False
    ) -> Reply:
        """What came of some work; acknowledged if it takes longer than so many seconds."""
        task = asyncio.ensure_future(work)
        try:
            if not self.begun and not await within(seconds, task):
                await self.acknowledge(in_place=in_place)
            return await task
        finally:
            if not task.done():
                task.cancel()

    async def say(self, reply: Reply, *, in_place: bool = False) -> None:
        """Say it.

        Raises:
            discord.HTTPException: Discord does not take it.
        """
        if reply.kind == "form" and reply.form is not None:
            await self._form(reply)
        elif reply.file is not None:
            file = reply.file
            await self._file(reply, file.path, file.name, file.size_bytes, file.alt)
        elif reply.clip is not None:
            clip = reply.clip
            await self._file(reply, clip.path, clip.file_name, clip.info.size_bytes, clip.alt)
        else:
            shown = buttons(reply.buttons, self._words, self._language, kind=self._kind)
            await self._lines(
                lines_of(reply, self._words, self._language),
                shown,
                in_place=in_place and (reply.kind != "refusal" or self._own_message(reply)),
            )

    async def ask(self, lines: tuple[Text, ...], wanted: list[tuple[str, str, str]]) -> None:
        """Say something of the front-end's own, with its own buttons."""
        await self._lines(
            [said(line, self._words, self._language) for line in lines], view(wanted, kind="local")
        )

    async def form(self, shown: ui.Modal) -> None:
        """Show a form; it has to be the first answer."""
        await self._interaction.response.send_modal(shown)

    async def _form(self, reply: Reply) -> None:
        assert reply.form is not None
        if not self.begun:
            told = [line for line in reply.lines if line != reply.form.title]
            await self.form(modal(reply.form, self._words, self._language, told=told))
            return
        # It came too late to be shown by itself, so it is opened by a button, which is quick by now.
        label = self._words.say(Text(key="discord.form_open"), self._language)
        line = said(reply.form.title, self._words, self._language)
        await self._lines([line], view([(reply.form.action, reply.form.target, label)], kind=self._kind))

    async def _file(self, reply: Reply, path: Path, name: str, size_bytes: int, alt: str) -> None:
        """A file for the one who asked; what Discord finds too large is said to be so."""
        if not self.begun:
            await self.acknowledge()
        lines = lines_of(reply, self._words, self._language)
        shown = buttons(reply.buttons, self._words, self._language, kind=self._kind)
        limit = self._interaction.filesize_limit
        if size_bytes <= limit:
            attached = discord.File(path, filename=name, description=alt[:ALT_CHARACTERS] or None)
            try:
                await self._interaction.edit_original_response(
                    content=parts(lines, most=1)[0] or None,
                    attachments=[attached],
                    view=shown,
                    allowed_mentions=_SILENT,
                )
                return
            except discord.HTTPException as error:
                if not isinstance(meant(error), TooLarge):
                    raise
        told = Text(key="discord.file_too_large", facts={"size": size_bytes, "limit": min(limit, size_bytes)})
        await self._lines([*lines, said(told, self._words, self._language)], shown)

    async def _lines(self, lines: list[str], shown: ui.View | None, *, in_place: bool = False) -> None:
        cut = parts(lines)
        first_view = shown if len(cut) == 1 else None
        if in_place and not self.begun:
            await self._interaction.response.edit_message(
                content=cut[0], view=first_view, attachments=[], allowed_mentions=_SILENT
            )
        elif not self.begun:
            await self._interaction.response.send_message(
                cut[0], ephemeral=True, allowed_mentions=_SILENT, view=first_view or _NONE
            )
        elif self._in_place and not in_place:
            # The message with the button stays as it is: this is for the one who pressed.
            await self._interaction.followup.send(
                cut[0], ephemeral=True, allowed_mentions=_SILENT, view=first_view or _NONE
            )
        else:
            await self._interaction.edit_original_response(
                content=cut[0], view=first_view, attachments=[], allowed_mentions=_SILENT
            )
        for place, part in enumerate(cut[1:], start=2):
            last = shown if place == len(cut) else None
            await self._interaction.followup.send(
                part, ephemeral=True, allowed_mentions=_SILENT, view=last or _NONE
            )

    def _own_message(self, reply: Reply) -> bool:
        """Whether the message with the button is for this person alone, so that a refusal may replace it."""
        message = self._interaction.message
        foreign = reply.facts.get("code") == "not_your_offer"
        return message is not None and message.flags.ephemeral and not foreign
