"""The fake vendor and chat as processes of their own, and the whole bot against them. No measurement."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from bot.app import App, open_app
from bot.core.model import Actor, Destination, Person, PlatformLimits
from bot.core.ports import Outbox
from bot.core.records import Rule
from bot.settings import ProviderSettings, Settings
from tests.fakes.vendor_desk import GOOD_KEY

ROOT = Path(__file__).resolve().parents[2]
SERVER = "discord:100"
MODEL = "scripted-native"


@contextmanager
def server(module: str, *words: str) -> Iterator[str]:
    """A fake in a process of its own; its address."""
    command = [sys.executable, "-m", module, "--port", "0", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[1]
        finally:
            process.terminate()


def member(number: int) -> Actor:
    """One of many members of the server."""
    return Actor(
        person=Person(platform="discord", id=f"m{number}", name=f"Member {number}"),
        server=SERVER,
        server_name="Film club",
        channel="discord:general",
    )


def thread(*, edits_every: float = 1.0) -> Destination:
    """Where the clips go."""
    limits = PlatformLimits(upload_bytes=0, edits_every_seconds=edits_every)
    return Destination(platform="discord", channel="general", limits=limits)


@asynccontextmanager
async def bot(
    folder: Path, vendor: str, outbox: Outbox, *, poll_seconds: float = 0.05, **more: Any
) -> AsyncIterator[App]:
    """The whole bot on a real database, with credits for everybody.

    Args:
        folder: for the data and a catalogue with this pace of polls.
        vendor: its address.
        outbox: the chat.
        poll_seconds: real vendors are asked every 5 s or so, the tests' one much more often.
        more: for `open_app`.
    """
    facts = (ROOT / "tests" / "fakes" / "catalogue" / "scripted-key.toml").read_text("utf-8")
    pace = f"first_seconds = {poll_seconds}, every_seconds = {poll_seconds}"
    (folder / "catalogue").mkdir()
    (folder / "catalogue" / "scripted-key.toml").write_text(
        facts.replace("first_seconds = 0.05, every_seconds = 0.05", pace), "utf-8"
    )
    with mock.patch.dict(os.environ, {"SCRIPTED_KEY_API_KEY": GOOD_KEY}):
        settings = Settings(
            data_dir=folder / "data",
            catalogue_dir=folder / "catalogue",
            budget_usd_day=Decimal(1_000_000),
            budget_usd_month=Decimal(1_000_000),
            providers={"scripted-key": ProviderSettings(base_url=f"{vendor}/key")},
        )
        async with open_app(settings, outboxes={"discord": outbox}, **more) as app:
            for kind in ("allotment", "everybody"):
                rule = Rule(server=SERVER, kind=kind, credits=100_000_000, period="month", at_once=None)
                await app.store.set_rule(rule, actor="operator")
            yield app
