"""`/setup`: what admins choose for their server, as a command and as one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.commands import find_command
from bot.core.desk import Desk
from bot.core.errors import Denied
from bot.core.model import PLATFORMS, Text
from bot.core.records import Server
from bot.core.replies import Button, Choice, FormField, FormView, Reply, Row
from bot.core.requests.call import Call, may
from bot.core.requests.logbook import announce
from bot.core.setup import LANGUAGES, READERS, Reading, plain, read_settings, said

_LONG = frozenset({"models_allowed", "models_denied", "channels", "words"})
_SWITCHES = frozenset({"thread_per_request", "spoiler"})
_MOST = 2000


async def setup(desk: Desk, call: Call) -> Reply:
    """Show what is set, or change what is named.

    Raises:
        Refusal: as `setup.read_settings` says; nothing was changed.
    """
    server = await desk.store.server(call.actor.server)
    if not call.options:
        return _shown(server)
    return await _change(desk, call, server, call.options)


async def form(desk: Desk, call: Call) -> Reply:
    """All settings as one form.

    Raises:
        Denied: `admins_only`.
    """
    _admins_only(call)
    server = await desk.store.server(call.actor.server)
    title = Text(key="form.setup")
    fields = tuple(_field(server, name) for name in READERS)
    view = FormView(
        action="setup", target="setup", title=title, submit=Text(key="button.save"), fields=fields
    )
    return Reply(kind="form", lines=(title,), form=view, private=True)


async def fill_in(desk: Desk, call: Call) -> Reply:
    """Save the form; a field that was left empty is taken back.

    Raises:
        Denied: `admins_only`.
        Refusal: as for the command.
    """
    _admins_only(call)
    server = await desk.store.server(call.actor.server)
    given = {
        name: value
        for name, value in call.values.items()
        if name in READERS and value != (plain(server, name) or ("off" if name in _SWITCHES else ""))
    }
    return await _change(desk, call, server, given)


async def _change(desk: Desk, call: Call, server: Server, given: Mapping[str, Any]) -> Reply:
    # An admin may sit on the web page: channels are those of the server's own platform.
    home = server.id.partition(":")[0]
    platform = home if home in PLATFORMS else call.actor.person.platform
    reading = Reading(catalogue=desk.catalogue, house=desk.house, platform=platform)
    changed = read_settings(server, given, reading)
    names = [name for name in READERS if plain(changed, name) != plain(server, name)]
    lines = tuple(said(changed, name) for name in names)
    if not names:
        return Reply(kind="notice", lines=(Text(key="setup.same"),), private=True)
    detail = {name: plain(changed, name) or None for name in names}
    await desk.store.change_server(changed, actor=call.actor.person.key, detail=detail)
    for line in lines:
        await announce(desk, call, line)
    return Reply(kind="notice", lines=(Text(key="setup.saved"), *lines), private=True, facts=detail)


def _shown(server: Server) -> Reply:
    return Reply(
        kind="list",
        lines=(Text(key="setup.head"),),
        rows=tuple(
            Row(text=said(server, name), facts={"name": name, "value": plain(server, name)})
            for name in READERS
        ),
        buttons=(Button(action="setup", target="setup", label=Text(key="button.setup")),),
        private=True,
    )


def _field(server: Server, name: str) -> FormField:
    value = plain(server, name)
    choices: tuple[Choice, ...] = ()
    if name in _SWITCHES:
        value = value or "off"
        choices = tuple(Choice(value=word, label=Text(key=f"word.{word}")) for word in ("on", "off"))
    elif name == "language":
        value = value or "none"
        choices = (
            Choice(value="none", label=Text(key="setup.own_language")),
            *(Choice(value=code, label=Text(key=f"setup.language_{code}")) for code in LANGUAGES),
        )
    return FormField(
        name=name,
        label=Text(key=f"field.{name}"),
        value=value,
        long=name in _LONG,
        choices=choices,
        most=0 if choices else _MOST,
    )


def _admins_only(call: Call) -> None:
    command = find_command("setup")
    if not may(call.actor, command):
        raise Denied("admins_only", name="/setup")
