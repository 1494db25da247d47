"""`/help`: what the bot can do, written from the command table."""

from __future__ import annotations

from bot.core.commands import COMMANDS, Command, Option, find_command
from bot.core.desk import Desk
from bot.core.model import Text
from bot.core.replies import Reply, Row
from bot.core.requests.call import Call, listed, usable


async def show_help(desk: Desk, call: Call) -> Reply:
    """All commands that this person may use, or one with its options."""
    wanted = str(call.options.get("command", "")).lstrip("/")
    if wanted:
        command = usable(desk, find_command(wanted))
        return Reply(
            kind="list",
            lines=(Text(key="help.detail", facts={"name": command.name, "what": Text(key=command.help)}),),
            rows=tuple(_option(option) for option in command.options),
            private=True,
        )
    return Reply(
        kind="list",
        lines=(Text(key="help.head"), Text(key="help.sound"), Text(key="help.voice")),
        rows=tuple(
            _command(command)
            for command in COMMANDS
            if listed(desk, call.actor, command, call.destination.platform)
            and command.chats <= max(1, len(desk.house.platforms))
        ),
        private=True,
    )


def _command(command: Command) -> Row:
    return Row(
        text=Text(key="help.row", facts={"name": command.name, "what": Text(key=command.help)}),
        facts={"name": command.name},
    )


def _option(option: Option) -> Row:
    return Row(
        text=Text(
            key="help.option",
            facts={"name": option.name, "what": Text(key=option.help), "allowed": option.choices},
        ),
        facts={"name": option.name, "choices": option.choices},
    )
