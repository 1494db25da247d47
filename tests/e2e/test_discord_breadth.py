"""Every command, option, button and form of the front-end in one process, on somebody else's Discord.

`simcord` is an independent simulation (MIT, 2026), so what it refuses is not our own idea of Discord. The
core is scripted here: what matters is what reaches it and how its replies are shown.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
import simcord

from bot.core.commands import COMMANDS, Command, Option
from bot.core.desk import Attachment, Desk, House
from bot.core.model import Actor, Destination, Text
from bot.core.records import Pending, Server
from bot.core.replies import Button, Choice, FormField, FormView, ProgressView, Reply, Row
from bot.core.wording import load_wording
from bot.frontends.discord.client import Client
from bot.frontends.discord.files import Fetcher
from bot.frontends.discord.guests import Guests
from bot.frontends.discord.heard import Heard
from bot.frontends.discord.limits import DEFAULT_BASE
from bot.frontends.discord.line import Line
from bot.frontends.discord.memory import Memory
from bot.frontends.discord.menu import expanded, payload
from bot.frontends.discord.office import Office
from bot.frontends.discord.outbox import DiscordOutbox
from bot.frontends.discord.talk import Talk
from bot.frontends.discord.wire import answering_at
from tests.fakes.clock import FakeClock

NOTICE = Reply(kind="notice", lines=(Text(key="quote.dismissed"),), private=True)


@dataclass
class Core:
    """Remembers what reached it and answers as it is told."""

    said: list[tuple[str, Actor, Mapping[str, Any], Destination]] = field(default_factory=list)
    files: list[Mapping[str, Sequence[Attachment]]] = field(default_factory=list)
    reply: Reply = NOTICE
    servers: list[tuple[str, str]] = field(default_factory=list)

    async def command(
        self, actor: Actor, name: str, options: Mapping[str, Any], *, destination: Destination, **more: Any
    ) -> Reply:
        self.said.append((name, actor, dict(options), destination))
        self.files.append(more.get("attachments") or {})
        return self.reply

    async def words(self, actor: Actor, text: str, *, destination: Destination, **more: Any) -> Reply:
        self.said.append(("words", actor, {"text": text}, destination))
        return self.reply

    async def press(
        self, actor: Actor, action: str, target: str, *, destination: Destination, **more: Any
    ) -> Reply:
        self.said.append((f"press {action}", actor, {"target": target}, destination))
        return self.reply

    async def submit(
        self,
        actor: Actor,
        action: str,
        target: str,
        values: Mapping[str, str],
        *,
        destination: Destination,
        **more: Any,
    ) -> Reply:
        self.said.append((f"submit {action}", actor, {"target": target, **values}, destination))
        return self.reply

    async def on_join(self, server: str, name: str) -> None:
        self.servers.append((server, name))

    async def on_leave(self, server: str) -> None:
        self.servers.append((server, ""))

    async def migrate(self, old: str, new: str) -> None:
        self.servers.append((old, new))


class Books:
    """As much of the store as the front-end asks for."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.pending: dict[str, Pending] = {}

    async def server(self, server: str) -> Server:
        return Server(id=server, name="Film club", settings=self.settings)

    async def wallet(self, person: str, name: str) -> str:
        return f"wallet of {person}"

    async def put_pending(self, pending: Pending) -> None:
        self.pending[pending.id] = pending

    async def take_pending(self, pending: str, now_ms: int) -> Pending | None:
        return self.pending.pop(pending, None)


@dataclass
class Breadth:
    """What a test acts through."""

    env: simcord.Env
    core: Core
    books: Books
    outbox: DiscordOutbox
    guild: Any
    channel: Any
    ada: Any
    admin: Any


@pytest.fixture
async def breadth(tmp_path: Path) -> AsyncIterator[Breadth]:
    words, clock, core, books = load_wording(strict=True), FakeClock(), Core(), Books()
    line, memory = Line(clock), Memory(tmp_path, clock)
    outbox = DiscordOutbox(line=line, memory=memory, words=words, context=answering_at(DEFAULT_BASE))
    desk = cast(
        Desk,
        SimpleNamespace(store=books, clock=clock, house=House(), operators=frozenset(), blobs=None),
    )
    office = Office(
        front=core,
        desk=desk,
        words=words,
        line=line,
        memory=memory,
        outbox=outbox,
        fetcher=Fetcher(DEFAULT_BASE),
    )
    guests = Guests(core, desk)
    client = Client(
        base_url=DEFAULT_BASE,
        talk=Talk(office),
        heard=Heard(office, "en"),
        guests=guests,
        ready=guests.all_there,
    )
    env = simcord.Env(client, shard_count=2)
    guild = env.create_guild("Film club")
    channel = guild.create_text_channel("general")
    ada = guild.add_member(env.create_user("ada"))
    boss = guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))
    admin = guild.add_member(env.create_user("cyd"), roles=[boss])
    await env.start()
    line.up(client)
    commands: list[Any] = payload(words)
    await client.http.bulk_upsert_global_commands(cast(int, client.application_id), payload=commands)
    yield Breadth(
        env=env, core=core, books=books, outbox=outbox, guild=guild, channel=channel, ada=ada, admin=admin
    )
    await env.shutdown()


def filled(stage: Breadth, option: Option) -> Any:
    """A value that an option takes."""
    match option.kind:
        case "integer":
            return max(option.least or 0, 1)
        case "boolean":
            return True
        case "choice":
            return option.choices[0]
        case "person":
            return stage.ada
        case "role":
            return stage.guild.default_role
        case "channel":
            return stage.channel
        case _:
            return "eleven"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
async def test_every_command_reaches_the_core_with_every_option(breadth: Breadth, command: Command) -> None:
    given = {
        name: filled(breadth, option)
        for name, option in expanded(command).items()
        if option.kind != "attachment"
    }
    who = breadth.ada if command.who == "all" else breadth.admin
    result = await who.slash(breadth.channel, command.name, **given)
    ((name, actor, options, to),) = breadth.core.said
    assert name == command.name and set(options) == set(given)
    for option in command.options:
        if option.kind in ("person", "role", "channel"):
            assert options[option.name].isdecimal()
        elif option.kind != "attachment":
            assert options[option.name] == given[option.name]
    assert actor.person.id == str(who.id) and actor.server == f"discord:{breadth.guild.id}"
    assert actor.admin is (command.who != "all") and actor.channel == f"discord:{breadth.channel.id}"
    assert to.private or to.channel == str(breadth.channel.id)
    assert result.acknowledged and result.response is not None and result.response.ephemeral
    assert "Dropped; nothing was charged" in result.response.content


async def test_every_kind_of_reply_is_shown_to_its_owner_alone(breadth: Breadth) -> None:
    buttons = (
        Button(action="confirm", target="abcdefgh", label=Text(key="button.confirm", facts={"credits": 40})),
        Button(action="dismiss", target="abcdefgh", label=Text(key="button.dismiss")),
    )
    shown = {
        "quote": Reply(kind="quote", lines=(Text(key="quote.price_changed"),), buttons=buttons),
        "refusal": Reply(kind="refusal", lines=(Text(key="refusal.empty_prompt"), Text(key="cost.refused"))),
        "list": Reply(
            kind="list",
            lines=(Text(key="models.head"),),
            rows=tuple(
                Row(text=Text(key="job.detail", facts={"name": f"n{number}", "value": "x" * 150}))
                for number in range(40)
            ),
        ),
        "progress": Reply(
            kind="progress",
            lines=(Text(key="progress.queued", facts={"model": "Veo", "position": 2}),),
            progress=ProgressView(job="abcdefgh", stage="queued", fraction=0.4),
        ),
    }
    for kind, reply in shown.items():
        breadth.core.reply = reply
        result = await breadth.ada.slash(breadth.channel, "credits")
        assert result.response is not None and result.response.ephemeral, kind
        assert all(followup.ephemeral and len(followup.content) <= 2000 for followup in result.followups)
        labels = [b["label"] for row in result.response.components for b in row["components"]]
        assert labels == [load_wording().say(b.label, "en") for b in reply.buttons]
    assert breadth.channel.history(viewer=breadth.admin) == []


async def test_buttons_lists_and_forms_go_there_and_back(breadth: Breadth) -> None:
    message = await _posted(breadth)
    pressed = await breadth.ada.click(message, label="Details")
    assert pressed.response is not None and pressed.response.ephemeral
    assert breadth.core.said[-1][0] == "press details"
    models = tuple(
        Choice(value=f"m{number}", label=Text(key="discord.plain", facts={"text": f"Model {number}"}))
        for number in range(25)
    )
    fields = (
        FormField(name="prompt", label=Text(key="option.prompt"), value="rain", long=True, required=True),
        FormField(name="model", label=Text(key="option.model_short"), value="m3", choices=models),
        FormField(name="seconds", label=Text(key="option.seconds"), value="8"),
        FormField(name="aspect", label=Text(key="option.aspect")),
        FormField(name="seed", label=Text(key="option.seed"), value="7"),
        FormField(name="negative", label=Text(key="option.negative"), long=True),
    )
    form = FormView(
        action="edit",
        target="abcdefgh",
        title=Text(key="button.again"),
        submit=Text(key="button.again"),
        fields=fields,
    )
    breadth.core.reply = Reply(kind="form", lines=(), form=form)
    opened = await breadth.ada.click(message, label="Again")
    assert opened.modal is not None and len(opened.modal["components"]) == 5
    breadth.core.reply = NOTICE
    more = opened.modal["components"][4]["component"]["custom_id"]
    await breadth.ada.submit_modal(
        opened, {"prompt": "snow", "model": ["m9"], "seconds": "5", more: "seed: 8\nnegative: fog: thick"}
    )
    name, _, values, _ = breadth.core.said[-1]
    assert name == "submit edit"
    assert values == {
        "target": "abcdefgh",
        "prompt": "snow",
        "model": "m9",
        "seconds": "5",
        "aspect": "",
        "seed": "8",
        "negative": "fog: thick",
    }


async def test_a_form_that_a_command_answers_with_opens_at_once(breadth: Breadth) -> None:
    field = FormField(name="words", label=Text(key="option.prompt"), value="x", long=True)
    form = FormView(
        action="setup",
        target="setup",
        title=Text(key="button.again"),
        submit=Text(key="button.again"),
        fields=(field,),
    )
    breadth.core.reply = Reply(kind="form", lines=(), form=form)
    opened = await breadth.ada.slash(breadth.channel, "credits")
    assert opened.modal is not None and opened.modal["custom_id"] == "f:setup:setup"
    assert not opened.deferred


async def test_commands_are_suggested_while_help_is_typed(breadth: Breadth) -> None:
    found = await breadth.ada.autocomplete(breadth.channel, "help", "command", "gen")
    assert [choice["value"] for choice in found] == ["generate"]
    mine = await breadth.admin.autocomplete(breadth.channel, "help", "command", "quota")
    assert "quota set" in [choice["value"] for choice in mine]


async def test_members_see_no_admin_commands_and_direct_messages_have_none(breadth: Breadth) -> None:
    assert "quota show" in breadth.admin.available_commands(breadth.channel)
    seen = breadth.ada.available_commands(breadth.channel)
    assert "generate" in seen and "quota show" not in seen
    assert not any(name.startswith("quota") for name in breadth.ada.user.available_commands())


async def test_a_clip_gets_its_thread_and_its_owner_is_mentioned(breadth: Breadth, tmp_path: Path) -> None:
    breadth.books.settings = {"thread_per_request": True}
    await breadth.ada.slash(breadth.channel, "generate", prompt="a door slams")
    to = breadth.core.said[-1][3]
    progress = Reply(kind="progress", lines=(Text(key="outcome.cancelled"),), job="abcdefgh")
    reference = await breadth.outbox.placeholder(to, progress, nonce="abcdefgh")
    (thread,) = breadth.channel.threads
    assert thread.name == "a door slams" and reference.startswith(f"{thread.id}/")
    await breadth.outbox.update(to, reference, replace(progress, lines=(Text(key="progress.processing"),)))
    assert thread.last_message.content.startswith("Checking picture and sound")
    done = Reply(kind="notice", lines=(Text(key="clip.done", facts={"model": "Veo"}),), job="abcdefgh")
    await breadth.outbox.notify(to, f"discord:{breadth.ada.id}", done)
    assert thread.last_message.content == f"<@{breadth.ada.id}> Your clip is ready: Veo."
    assert [user.id for user in thread.last_message.mentions] == [breadth.ada.id]
    await breadth.outbox.remove(to, reference)
    await breadth.outbox.remove(to, reference)


async def test_the_message_command_opens_its_form_only_where_there_is_a_recording(breadth: Breadth) -> None:
    message = await breadth.ada.send(breadth.channel, "hello")
    result = await breadth.ada.context_menu(breadth.channel, "Use as audio reference", message)
    assert result.response is not None and result.response.ephemeral
    assert "There is no recording in that message" in result.response.content


async def _posted(breadth: Breadth) -> Any:
    await breadth.ada.slash(breadth.channel, "generate", prompt="a door slams")
    clip = Reply(
        kind="progress",
        lines=(Text(key="outcome.cancelled"),),
        buttons=(
            Button(action="again", target="abcdefgh", label=Text(key="button.again")),
            Button(action="details", target="abcdefgh", label=Text(key="button.details")),
        ),
        job="abcdefgh",
    )
    await breadth.outbox.placeholder(breadth.core.said[-1][3], clip, nonce="abcdefgh")
    return breadth.channel.last_message
