"""What the commands of the command line do, once their arguments are known to be right."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.app import App, make_registry, open_app, voice_missing
from bot.core.errors import BadSettings, Busy, StorageFull, TalkreelError
from bot.core.model import Text
from bot.core.periods import period_start_ms
from bot.core.records import Rule
from bot.core.wording import load_wording
from bot.doctor import KeyNeed, examine, healthy
from bot.frontends.console import ConsoleOutbox, Terminal, attachment
from bot.settings import Settings, read_settings
from providers.catalogue import CatalogueError, load

_FILES = ("image", "last_image", "video", "audio")
_PLAIN = ("model", "seconds", "aspect", "resolution", "sound", "negative", "seed", "audio_as")


def run(known: argparse.Namespace) -> int:
    """Carry out one command; every refusal is one plain sentence on standard error."""
    errors = Console(stderr=True)
    try:
        settings = read_settings()
        logging.basicConfig(
            level=max(logging.WARNING, getattr(logging, settings.log_level.upper()))
            if settings.log_level == "info"
            else getattr(logging, settings.log_level.upper()),
            format="%(levelname)s %(name)s: %(message)s",
        )
        commands: dict[str, Callable[[Settings, argparse.Namespace], Awaitable[int]]] = {
            "generate": _generate,
            "models": _models,
            "audit": _audit,
            "doctor": _doctor,
            "servers": _servers,
        }
        return asyncio.run(_with_signals(commands[known.command](settings, known)))
    except KeyboardInterrupt:
        return 130
    except (BadSettings, Busy, StorageFull, CatalogueError) as error:
        errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 2
    except TalkreelError as error:
        errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1


async def _with_signals(work: Awaitable[int]) -> int:
    """SIGTERM ends the work as Ctrl-C does."""
    task = asyncio.ensure_future(work)
    with contextlib.suppress(NotImplementedError):  # not on Windows
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 130


async def _generate(settings: Settings, known: argparse.Namespace) -> int:
    console = Console()
    options: dict[str, Any] = {"prompt": known.prompt}
    for name in _PLAIN:
        if getattr(known, name) is not None:
            options[name] = getattr(known, name)
    files = {name: [attachment(Path(getattr(known, name)))] for name in _FILES if getattr(known, name)}
    if known.reference:
        files["references"] = [attachment(Path(path)) for path in known.reference]
    outbox = ConsoleOutbox(console=console, wording=load_wording(), language=settings.language)
    async with open_app(settings, outboxes={"console": outbox}) as app:
        return await _terminal(app, console, outbox).generate(
            options,
            files,
            out=Path(known.out),
            request_key=f"console:{secrets.token_hex(8)}",
            yes=known.yes,
            interactive=sys.stdin.isatty(),
        )


async def _models(settings: Settings, known: argparse.Namespace) -> int:
    console = Console()
    outbox = ConsoleOutbox(console=console, wording=load_wording(), language=settings.language)
    options = {"model": known.model} if known.model else {}
    async with open_app(settings, outboxes={}, work=False) as app:
        return await _terminal(app, console, outbox).command("models", options, request_key="console:models")


async def _audit(settings: Settings, known: argparse.Namespace) -> int:
    console = Console()
    async with open_app(settings, outboxes={}, work=False) as app:
        now = app.clock.now_ms()
        report = await app.store.audit(
            day_start_ms=period_start_ms("day", now, "UTC"),
            month_start_ms=period_start_ms("month", now, "UTC"),
        )
        lines = [
            Text(
                key="audit.books",
                facts={
                    "transfers": report.transfers,
                    "sum": report.sum,
                    "held": report.held,
                    "settled": report.settled,
                    "jobs": report.open_jobs,
                },
            ),
            Text(
                key="audit.budget",
                facts={
                    "day": f"{report.cost_day_micro_usd / 1_000_000:.2f}",
                    "day_cap": f"{settings.budget_usd_day:.2f}",
                    "month": f"{report.cost_month_micro_usd / 1_000_000:.2f}",
                    "month_cap": f"{settings.budget_usd_month:.2f}",
                },
            ),
        ]
        if not report.problems:
            lines.append(Text(key="audit.right"))
        for line in lines:
            _say(console, app.wording.say(line, settings.language))
        for problem in report.problems:
            _say(console, f"! {problem}")
        return 1 if report.problems else 0


async def _doctor(settings: Settings, known: argparse.Namespace) -> int:
    console = Console()
    catalogue = load(settings.catalogue_dir)
    registry = make_registry(settings, catalogue)
    try:
        needs = [
            KeyNeed(provider=provider.id, name=provider.name, missing=registry.missing_env(provider.id))
            for provider in catalogue.providers.values()
            if provider.env and provider.adapter
        ]
        checks = await examine(
            data_dir=settings.data_dir,
            database=settings.data_dir / "talkreel.db",
            keys=needs,
            voice_missing=voice_missing(registry, catalogue),
        )
    finally:
        await registry.close()
    _say(console, f"{'ok':<8} settings: read; data in {settings.data_dir}")
    for check in checks:
        _say(console, f"{check.state:<8} {check.name}: {check.detail}")
        if check.remedy:
            _say(console, f"{'':<8} → {check.remedy}")
    return 0 if healthy(checks) else 1


async def _servers(settings: Settings, known: argparse.Namespace) -> int:
    console = Console()
    wording = load_wording()
    platform, _, rest = known.server.partition(":")
    if known.server not in ("direct", "console") and (
        platform not in ("discord", "telegram", "web") or not rest
    ):
        _say(
            console,
            wording.say(Text(key="console.server_id", facts={"asked": known.server}), settings.language),
        )
        return 2
    if not known.credits.isdigit() or int(known.credits) > 1_000_000_000:
        _say(
            console,
            wording.say(
                Text(key="console.credits_number", facts={"asked": known.credits}), settings.language
            ),
        )
        return 2
    async with open_app(settings, outboxes={}, work=False) as app:
        rule = Rule(server=known.server, kind="allotment", credits=int(known.credits), period=known.per)
        await app.store.set_rule(rule, actor="console")
        facts = {"server": known.server, "credits": rule.credits, "period": known.per}
        _say(console, wording.say(Text(key="console.allotted", facts=facts), settings.language))
    return 0


def _terminal(app: App, console: Console, outbox: ConsoleOutbox) -> Terminal:
    return Terminal(
        console=console,
        wording=app.wording,
        desk=app.dispatch,
        engine=app.engine,
        outbox=outbox,
        language=app.settings.language,
    )


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
