"""A whole bot in this process, on a stage: members speak, a fake vendor and a fake chat answer over sockets.

`async with open_stage(folder) as stage:` gives the real application with its real database, engine and
media workers. When a stage closes, the books are audited and nothing may be left behind.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from bot.app import App, SystemClock, open_app
from bot.core.desk import Attachment
from bot.core.lifecycle import TERMINAL
from bot.core.model import Actor, Destination, Job, Person, PlatformLimits, Text
from bot.core.records import Rule
from bot.core.replies import Reply
from bot.core.wording import Wording, load_wording
from bot.core.work.workshop import Pace, no_trace
from bot.settings import ProviderSettings, Settings
from tests.fakes.chat import FakeChat, Message
from tests.fakes.chat_outbox import ChatOutbox
from tests.fakes.vendor import GOOD_KEY, FakeVendor, Task

CATALOGUE = Path(__file__).parents[1] / "fakes" / "catalogue"
SERVER = "discord:100"
ROUTES = {"key": "key", "lookup": "lookup", "blind": "blind", "gateway": "blind"}
FAST = Pace(
    call_seconds=2.5,  # a loaded machine answers late too
    fetch_seconds=20.0,
    lookups=(0.1, 0.4, 0.8),
    backoff=(0.02, 0.05, 0.1),
    submit_tries=5,
    fetch_tries=5,
    post_tries=5,
    late_every_seconds=0.05,
)


class StageClock(SystemClock):
    """The real time, which a test may push forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC, as far as the bot knows."""
        return super().now_ms() + self.ahead_ms

    def jump(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.ahead_ms += round(seconds * 1000)


def person(name: str = "ada", *, server: str = SERVER, admin: bool = False, operator: bool = False) -> Actor:
    """Somebody on a server."""
    return Actor(
        person=Person(platform="discord", id=name, name=name.title()),
        server=server,
        server_name="Film club",
        channel="discord:general",
        admin=admin,
        operator=operator,
    )


ADA, BEN = person("ada"), person("ben")


def thread(name: str = "t1", *, upload_bytes: int = 10_485_760, edits_every: float = 0.0) -> Destination:
    """A thread of the server where clips are asked for."""
    limits = PlatformLimits(upload_bytes=upload_bytes, edits_every_seconds=edits_every)
    return Destination(platform="discord", channel="general", thread=name, limits=limits)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An answer as the person reads it, and the values behind it."""

    reply: Reply
    text: str

    @property
    def job(self) -> str:
        """The job that was started."""
        assert self.reply.job, self.text
        return self.reply.job

    @property
    def quote(self) -> str:
        """The quote that waits for Confirm."""
        assert self.reply.kind == "quote", self.text
        return str(self.reply.facts["quote"])

    @property
    def code(self) -> str:
        """Why it was refused."""
        assert self.reply.kind == "refusal", self.text
        return str(self.reply.facts["code"])


@dataclass(kw_only=True)
class Stage:
    """What a test looks at and acts through."""

    app: App
    vendor: FakeVendor
    chat: FakeChat
    outbox: ChatOutbox
    clock: StageClock
    wording: Wording
    _events: itertools.count[int] = field(default_factory=itertools.count)

    # ---- people

    async def allow(self, credits: int = 10_000, *, server: str = SERVER, **rule: Any) -> None:
        """The operator allots credits, and everybody may use them; more fields are of everybody's rule."""
        allotment = Rule(server=server, kind="allotment", credits=credits, period="month")
        everybody = replace(Rule(server=server, kind="everybody", credits=credits, period="day"), **rule)
        await self.app.store.set_rule(allotment, actor="operator")
        await self.app.store.set_rule(everybody, actor="admin")

    async def say(
        self,
        who: Actor,
        words: str,
        *,
        where: Destination | None = None,
        key: str = "",
        files: Mapping[str, Sequence[Path]] | None = None,
    ) -> Heard:
        """Somebody types a command; `key` names the event, a new one each time by itself."""
        reply = await self.app.dispatch.words(
            who,
            words,
            destination=where or thread(),
            request_key=key or self._event(),
            attachments=_attached(files or {}),
        )
        return self._heard(reply)

    async def press(self, who: Actor, action: str, target: str, *, where: Destination | None = None) -> Heard:
        """Somebody presses a button."""
        return self._heard(
            await self.app.dispatch.press(
                who, action, target, destination=where or thread(), request_key=self._event()
            )
        )

    async def submit(
        self,
        who: Actor,
        form: Heard,
        *,
        where: Destination | None = None,
        files: Mapping[str, Sequence[Path]] | None = None,
        **values: str,
    ) -> Heard:
        """Somebody changes these answers of a form and sends it."""
        view = form.reply.form
        assert view is not None, form.text
        reply = await self.app.dispatch.submit(
            who,
            view.action,
            view.target,
            {field.name: field.value for field in view.fields} | values,
            destination=where or thread(),
            request_key=self._event(),
            attachments=_attached(files or {}),
        )
        return self._heard(reply)

    async def buy(self, words: str, *, who: Actor = ADA, where: Destination | None = None) -> Job:
        """Ask for a clip and wait until the job has ended."""
        return await self.ended((await self.say(who, words, where=where)).job)

    async def spent(self, who: Actor = ADA) -> int:
        """Credits of today that are gone for good, as the books know them."""
        reply = (await self.say(who, "/credits")).reply
        return int(reply.facts["paid"]["used"])

    # ---- jobs

    async def job(self, job: str) -> Job:
        """The row of a job."""
        row = await self.app.store.job(job)
        assert row is not None
        return row

    async def ended(self, job: str, *, seconds: float = 20.0) -> Job:
        """Wait until a job has ended."""
        async with asyncio.timeout(seconds):
            return await self.app.engine.finished(job)

    async def until(self, job: str, *states: str, seconds: float = 10.0) -> Job:
        """Wait until a job is in one of these states."""
        async with asyncio.timeout(seconds):
            while (row := await self.job(job)).state not in states:
                assert row.state not in TERMINAL, (row.state, row.outcome)
                await asyncio.sleep(0.01)
        return row

    async def notes(self) -> list[str]:
        """What the operator was told, oldest first."""
        found = await self.app.store.operator_notes(limit=50)
        return [
            self.wording.say(Text(key=note["key"], facts=note["facts"]), "en") for note in reversed(found)
        ]

    async def booked_usd(self) -> Decimal:
        """Vendor cost on the operator's budget."""
        report = await self.app.store.audit(day_start_ms=0, month_start_ms=0)
        return Decimal(report.cost_day_micro_usd) / 1_000_000

    # ---- the chat

    def messages(self, job: str) -> list[Message]:
        """The messages about a job, deleted ones too, oldest first."""
        return [message for message in self.chat.messages.values() if message.nonce.partition(".")[0] == job]

    def message(self, job: str) -> Message:
        """The message about a job that stands in the chat."""
        (found,) = [message for message in self.messages(job) if not message.deleted]
        return found

    def read(self, job: str) -> str:
        """What the message about a job says now."""
        return plain(self.message(job).text)

    def readings(self, job: str) -> list[str]:
        """Everything the messages about a job ever said."""
        return [plain(text) for message in self.messages(job) for text in message.texts]

    def clip_of(self, job: str) -> Path:
        """The clip in the chat, as whoever sees it can play it. Posted exactly once."""
        media = [file for message in self.messages(job) if not message.deleted for file in message.media]
        assert len(media) == 1, f"{len(media)} clips are shown"
        assert self.chat.board.media_dir is not None
        return self.chat.board.media_dir / media[0].sha256

    def whispers(self, job: str) -> list[str]:
        """What the person was told beside the message, which does not notify when it is edited."""
        return [self._heard(reply).text for reply in self.outbox.notices if reply.job == job]

    # ---- the vendor

    def rule(self, *faults: str, uses: int = 1, **match: Any) -> None:
        """Let these faults happen to the next orders that match."""
        self.vendor.script.add([{"match": match, "faults": list(faults), "uses": uses}])

    @property
    def tasks(self) -> list[Task]:
        """What the vendor took on."""
        return list(self.vendor.memory.tasks.values())

    @property
    def orders(self) -> int:
        """How often the vendor was asked to make something."""
        return len(self.vendor.memory.submits)

    # ---- inside

    def _event(self) -> str:
        return f"event-{os.getpid()}-{id(self)}-{next(self._events)}"

    def _heard(self, reply: Reply) -> Heard:
        texts = [*reply.lines, *(row.text for row in reply.rows)]
        return Heard(reply=reply, text=plain(self.wording.lines(texts, "en")))


def _attached(files: Mapping[str, Sequence[Path]]) -> dict[str, list[Attachment]]:
    return {
        option: [Attachment(path=path, name=path.name) for path in paths] for option, paths in files.items()
    }


def plain(text: str) -> str:
    """Without the spaces that keep a number with its unit."""
    return text.replace("\u00a0", " ")


@asynccontextmanager
async def open_stage(
    folder: Path,
    *,
    vendor: FakeVendor | None = None,
    chat: FakeChat | None = None,
    clock: StageClock | None = None,
    pace: Pace = FAST,
    allow: int | None = 10_000,
    routes: Sequence[str] = ("key", "lookup", "blind"),
    key: str = GOOD_KEY,
    keys: Mapping[str, str] | None = None,
    concurrent: int | None = None,
    trace: Callable[[str, str], None] = no_trace,
    platform: str = "discord",
    also: Sequence[str] = (),
    catalogue: Path = CATALOGUE,
    serves: bool = False,
    vendors: Mapping[str, ProviderSettings] | None = None,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """Open the whole bot in `folder`, and audit it when the test is through.

    Args:
        folder: data, and the clips that arrive in the chat.
        vendor, chat, clock: of an earlier stage, to go on with; otherwise new ones.
        pace: the engine's waits.
        allow: credits of the server and of everybody on it; None = the operator has allotted nothing.
        routes: ways to the vendor that have a key.
        key: the vendor's.
        keys: of other vendors, by variable.
        concurrent: jobs that each vendor key may run at the same time.
        trace: called at the engine's points.
        platform: the one that is switched on.
        also: more of them, in the same fake chat.
        catalogue: folder with the vendors' models.
        serves: a web server of the test's own carries the bot's links.
        vendors: further providers, by id, with their addresses.
        settings: more of the operator's.
    """
    async with AsyncExitStack() as stack:
        if vendor is None:
            vendor = await stack.enter_async_context(FakeVendor())
        if chat is None:
            chat = await stack.enter_async_context(FakeChat(media_dir=folder / "chat"))
        scripted = {f"SCRIPTED_{route.upper()}_API_KEY": key for route in routes}
        stack.enter_context(mock.patch.dict(os.environ, scripted | dict(keys or {})))
        outbox = ChatOutbox(chat.url, load_wording(strict=True))
        stack.push_async_callback(outbox.close)
        chosen: dict[str, Any] = {
            "budget_usd_day": Decimal(100),
            "budget_usd_month": Decimal(100),
            "media_workers": 1,
            "transcribe_with": (),  # a test that wants words brings its own ears
            "catalogue_dir": catalogue,
            "providers": {
                f"scripted-{route}": ProviderSettings(
                    base_url=f"{vendor.url}/{character}", concurrent=concurrent
                )
                for route, character in ROUTES.items()
            }
            | dict(vendors or {}),
        }
        clock = clock or StageClock()
        app = await stack.enter_async_context(
            open_app(
                Settings(data_dir=folder / "data", **(chosen | settings)),
                outboxes=dict.fromkeys((platform, *also), outbox),
                clock=clock,
                pace=pace,
                trace=trace,
                sweep_seconds=0.5,
                serves=serves,
            )
        )
        stage = Stage(app=app, vendor=vendor, chat=chat, outbox=outbox, clock=clock, wording=app.wording)
        if allow is not None:
            await stage.allow(allow)
        yield stage
        await judge(stage)


async def judge(stage: Stage) -> None:
    """What is true after every story: the books are right, nothing is posted twice or left behind."""
    app = stage.app
    report = await app.store.audit(day_start_ms=0, month_start_ms=0)
    assert report.problems == ()
    assert report.sum == 0
    for message in stage.chat.messages.values():
        assert len(message.media) <= 1
    if report.open_jobs:
        return
    assert report.held == 0
    assert await left_behind(app.settings.data_dir) == [], "files on the way were left behind"


async def left_behind(data_dir: Path) -> list[str]:
    """Files on the way that are still there seconds after the last job has ended."""
    scratch = data_dir / "scratch"
    for _ in range(100):
        left = [path.name for path in scratch.glob("*")] if scratch.exists() else []
        if not left:
            break
        await asyncio.sleep(0.05)
    return left
