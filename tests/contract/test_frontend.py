"""The same commands give the same replies everywhere: on Discord, on Telegram, on the page, at the console.

Each front-end is a `Voice`: somebody who says words there and reads the answer. Marks that a platform needs
(bold, bullets, blanks that do not break) are no difference; every word is.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio
from rich.console import Console

from bot.core.typed import parse
from bot.frontends.console import Terminal
from bot.frontends.console_outbox import ConsoleOutbox
from tests.e2e.discord_stage import open_discord
from tests.e2e.telegram_stage import open_telegram
from tests.e2e.web_stage import open_web
from tests.fakes.vendor import GOOD_KEY, FakeVendor

pytestmark = pytest.mark.asyncio(loop_scope="module")

_MARKS = re.compile("[*\u2060\\\\`]")
_BULLET = re.compile(r"^\s*[•-]\s+", re.MULTILINE)
_AT_WORK = "held, charged when"  # on Telegram the progress follows in the same message
_ID = re.compile(r"\b[a-z2-7]{8}\b(?=$|\n)")

# What is said, and where the answer rightly differs: the console's person is the operator, who sees names of
# keys and more commands; Discord hides what somebody may not use, and says long lists in several messages.
SAID: Mapping[str, frozenset[str]] = {
    "/help generate": frozenset(),
    "/help": frozenset({"console"}),
    "/models": frozenset({"console", "discord"}),
    "/models scripted-native": frozenset({"console"}),
    "/models nothing-like-it": frozenset(),
    "/models scripted-retired": frozenset(),
    "/history": frozenset(),
    "/job aaaaaaaa": frozenset(),
    "/cancel aaaaaaaa": frozenset(),
    "/generate a cat --model scripted-retired": frozenset(),
    "/generate a cat --model scripted-native --seconds 7": frozenset(),
    "/generate a cat --model nothing-like-it": frozenset(),
    "/generate a cat --model scripted-silent --sound on": frozenset(),
    "/generate a cat --model scripted-native --aspect 2:1": frozenset(),
    "/generate a cat --model scripted-native --seconds 8": frozenset({"console"}),
    "/generate two cats --model scripted-native --seconds 4": frozenset(),
    "/quota set --scope everybody --credits 5 --period day": frozenset({"console", "discord"}),
}


class Voice(Protocol):
    """Somebody at one front-end."""

    async def say(self, words: str) -> str:
        """Say something; what is read of the first answer."""
        ...


class Spoken:
    """A voice made of a function."""

    def __init__(self, say: Callable[[str], Awaitable[str]]) -> None:
        self._say = say

    async def say(self, words: str) -> str:
        """Say something."""
        return await self._say(words)


@asynccontextmanager
async def on_telegram(folder: Path, vendor: FakeVendor) -> AsyncIterator[Voice]:
    """Ada in a group; what is for her alone comes to her private chat."""
    async with open_telegram(folder, vendor=vendor) as stage:
        world = stage.telegram.world
        ada = world.person("Ada")
        group = world.group("Film club", ada)
        await stage.allow(group)
        places = (group, world.private(ada))

        async def say(words: str) -> str:
            before = {id(message) for place in places for message in place.of_bot()}
            asked = world.say(ada, group, words)

            def answer() -> str:
                found = [m for place in places for m in place.of_bot() if id(m) not in before]
                whole = [m for m in found if not words.startswith("/generate") or "\n" in m.text]
                said = (message.texts[-1] for message in whole if message.reply_to in (asked.id, 0))
                return "\n".join(text.partition("\n\n")[0] if _AT_WORK in text else text for text in said)

            await stage.settled(lambda: answer() != "", f"no answer to {words}")
            return answer()

        yield Spoken(say)


@asynccontextmanager
async def on_discord(folder: Path, vendor: FakeVendor) -> AsyncIterator[Voice]:
    """Ada on a server."""
    async with open_discord(folder, vendor=vendor) as stage:
        yield stage
        for job in await stage.app.store.open_jobs():
            await stage.app.engine.finished(job.id)


@asynccontextmanager
async def on_the_page(folder: Path, vendor: FakeVendor) -> AsyncIterator[Voice]:
    """A guest of the web page."""
    async with open_web(folder, vendor=vendor, demo=False) as stage:
        await stage.allow()
        guest = await stage.guest()

        async def say(words: str) -> str:
            sent = await guest.send(words)
            mine = sent.body["message"]["id"]

            def answers(message: dict[str, Any]) -> bool:
                # News of a job may come before what was said of it.
                said = message["head"] if message["kind"] == "progress" else message["kind"] != "working"
                return message["reply_to"] == mine and bool(said)

            bubble = await guest.until(answers)
            return "\n".join([*(bubble["head"] or bubble["lines"]), *bubble["rows"]])

        yield Spoken(say)


@asynccontextmanager
async def at_the_console(folder: Path, vendor: FakeVendor) -> AsyncIterator[Voice]:
    """The operator at a terminal."""
    async with open_telegram(folder, vendor=vendor) as stage:  # any running bot; nobody is on its chat
        wording = stage.app.wording

        async def say(words: str) -> str:
            page = io.StringIO()
            screen = Console(file=page, width=10_000, no_color=True)
            terminal = Terminal(
                out=screen,
                screen=screen,
                wording=wording,
                desk=stage.app.dispatch,
                engine=stage.app.engine,
                outbox=ConsoleOutbox(screen=screen, wording=wording, language="en"),
                language="en",
            )
            name, options = parse(words)
            await terminal.command(name, options, run=words)
            return page.getvalue()

        yield Spoken(say)


FRONTENDS: Mapping[str, Callable[[Path, FakeVendor], object]] = {
    "telegram": on_telegram,
    "discord": on_discord,
    "web": on_the_page,
    "console": at_the_console,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def voices(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Voice]]:
    """Somebody at every front-end, each with a bot of their own."""
    async with AsyncExitStack() as stack:
        vendor = await stack.enter_async_context(FakeVendor())
        opened: dict[str, Voice] = {}
        for name, open_frontend in FRONTENDS.items():
            folder = tmp_path_factory.mktemp(name)
            opened[name] = await stack.enter_async_context(open_frontend(folder, vendor))  # type: ignore[arg-type]
        yield opened


@pytest.fixture(autouse=True)
def keys(_nobodys_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the guard of each test takes away is these bots' own."""
    for route in ("KEY", "LOOKUP", "BLIND"):
        monkeypatch.setenv(f"SCRIPTED_{route}_API_KEY", GOOD_KEY)


@pytest.mark.parametrize("words", SAID)
async def test_the_same_command_gets_the_same_reply_everywhere(words: str, voices: dict[str, Voice]) -> None:
    heard = {name: bare(await voice.say(words)) for name, voice in voices.items() if name not in SAID[words]}
    assert len(heard) >= 2
    first = next(iter(heard.values()))
    assert first
    assert {name: text for name, text in heard.items() if text != first} == {}, first


def bare(text: str) -> str:
    """The words alone: without marks, bullets, empty lines and names of jobs.

    Where a list stands beside its head, above or below it, is the front-end's own affair.
    """
    plain = _BULLET.sub("", _MARKS.sub("", text.replace("\u00a0", " ")))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return _ID.sub("(id)", "\n".join(sorted(lines)))
