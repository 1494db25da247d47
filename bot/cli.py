"""What the commands of the command line do, once their arguments are known to be right."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.app import App, SystemClock, make_registry, open_app, voice_missing
from bot.core.errors import BadSettings, Busy, Refusal, StorageFull, TalkreelError
from bot.core.model import Text
from bot.core.periods import period_start_ms
from bot.core.records import BillSum, Rule
from bot.core.wording import load_wording
from bot.doctor import KeyNeed, examine, healthy
from bot.frontends.console import Terminal, answer_to, attachment, operator
from bot.frontends.console_outbox import OPERATOR, ConsoleOutbox, unusable
from bot.live import Steps, live
from bot.run import chat_checks, open_run
from bot.settings import Settings, read_settings
from bot.site import open_desktop, open_site, operators_place
from providers.base import CanHear
from providers.catalogue import CatalogueError, load
from providers.errors import ProviderError
from providers.registry import Registry

log = logging.getLogger(__name__)

# At their lower levels these write prompts (in SQL) and signed links (in addresses) into the log.
_TALKATIVE = (
    *("aiosqlite", "httpx", "httpcore", "aiohttp", "asyncio"),
    *("discord.http", "discord.webhook", "discord.gateway"),
)

INTERRUPTED = 130
TERMINATED = 143
_FILES = ("image", "last_image", "video", "audio")
_PLAIN = ("model", "seconds", "aspect", "resolution", "sound", "negative", "seed", "audio_as", "shots")


def run(known: argparse.Namespace) -> int:
    """Carry out one command; every refusal is one plain sentence on standard error."""
    commands: dict[str, Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]] = {
        "demo": _demo,
        "run": _run,
        "generate": _generate,
        "models": _models,
        "audit": _audit,
        "doctor": _doctor,
        "servers": _servers,
    }
    try:
        settings = read_settings()
        with _log(settings, known.command):
            return asyncio.run(_with_signals(_in_words(settings, commands[known.command](settings, known))))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BadSettings, CatalogueError) as error:
        _say(_screen(), str(error))
        return 2
    except BrokenPipeError:
        # Whoever read our lines has gone; nothing may be written to them at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


async def _in_words(settings: Settings, work: Awaitable[int]) -> int:
    """Carry out a command; what goes wrong is said in one sentence."""
    screen = _screen()
    try:
        return await work
    except (BadSettings, Busy, StorageFull, CatalogueError) as error:
        _say(screen, str(error))
        return 2
    except TalkreelError as error:
        _say(screen, str(error))
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        facts = {"path": str(error.filename or settings.data_dir), "why": error.strerror or str(error)}
        _say(screen, load_wording().say(Text(key="console.data_dir", facts=facts), settings.language))
        return 2
    except Exception as error:
        log.debug("the command failed", exc_info=True)
        facts = {"kind": type(error).__name__, "said": str(error)}
        _say(screen, load_wording().say(Text(key="console.trouble", facts=facts), settings.language))
        return 1


@contextlib.contextmanager
def _log(settings: Settings, command: str) -> Iterator[None]:
    """Commands for people at a terminal log errors alone, unless the operator asked for more or less."""
    quiet = settings.log_level == "info" and command != "run"
    wanted = "error" if quiet else settings.log_level
    logging.basicConfig(level=wanted.upper(), format="%(levelname)s %(name)s: %(message)s")
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)
    yield


async def _with_signals(work: Coroutine[Any, Any, int]) -> int:
    """SIGTERM ends the work as Ctrl-C does."""
    task = asyncio.ensure_future(work)
    status = INTERRUPTED

    def end() -> None:
        nonlocal status
        status = TERMINATED
        task.cancel()

    with contextlib.suppress(NotImplementedError):  # not on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await task
    except asyncio.CancelledError:
        return status


async def _demo(settings: Settings, known: argparse.Namespace) -> int:
    wording, clock = load_wording(), SystemClock()
    async with (
        open_desktop(settings.data_dir, wording=wording, clock=clock) as desktop,
        open_app(
            settings,
            outboxes={"web": desktop.outbox},
            clock=clock,
            operators=(operators_place(settings.language),),
            demo=not known.paid,
            serves=True,
        ) as app,
        open_site(
            app,
            desktop,
            host=known.host or settings.http_host,
            port=settings.http_port if known.port is None else known.port,
            any_port=known.port is None,
            demo=True,
        ) as site,
    ):
        facts = {"url": site.operator_url, "guest": site.guest_url}
        for key in ("web.cli_open", "web.cli_guest", "web.cli_stop"):
            _say(Console(), wording.say(Text(key=key, facts=facts), settings.language))
        if not known.no_browser and sys.stdout.isatty():
            await asyncio.to_thread(webbrowser.open, site.operator_url)
        await asyncio.Event().wait()
    return 0


async def _run(settings: Settings, known: argparse.Namespace) -> int:
    wording, console = load_wording(), Console()
    host = known.host or settings.http_host
    port = settings.http_port if known.port is None else known.port
    async with open_run(settings, host=host, port=port) as running:
        facts = {"url": running.site.operator_url, "chats": ", ".join(running.chats)}
        keys = ["run.cli_open", "run.cli_chats" if running.chats else "run.cli_no_chats", "web.cli_stop"]
        for key in keys:
            _say(console, wording.say(Text(key=key, facts=facts), settings.language))
        await asyncio.Event().wait()
    return 0


async def _generate(settings: Settings, known: argparse.Namespace) -> int:
    wording, screen, out = load_wording(), _screen(), Path(known.out)
    refused = unusable(out)
    if refused is not None:
        _say(screen, wording.say(refused, settings.language))
        _say(screen, wording.say(Text(key="cost.refused"), settings.language))
        return 1
    options: dict[str, Any] = {"prompt": known.prompt}
    for name in _PLAIN:
        if getattr(known, name) is not None:
            options[name] = getattr(known, name)
    files = {name: [attachment(Path(getattr(known, name)))] for name in _FILES if getattr(known, name)}
    if known.reference:
        files["references"] = [attachment(Path(path)) for path in known.reference]
    run = f"console:{secrets.token_hex(8)}"
    outbox = ConsoleOutbox(screen=screen, wording=wording, language=settings.language, run=run, out=out)
    async with open_app(settings, outboxes={"console": outbox}, operators=(OPERATOR,)) as app:
        earlier = [job for job in await app.store.open_jobs() if job.destination.platform == "console"]
        return await _terminal(app, screen, outbox).generate(
            options,
            files,
            out=out,
            run=run,
            yes=known.yes,
            interactive=sys.stdin.isatty(),
            words=known.words or "",
            earlier=earlier,
        )


async def _models(settings: Settings, known: argparse.Namespace) -> int:
    screen = _screen()
    outbox = ConsoleOutbox(screen=screen, wording=load_wording(), language=settings.language)
    options = {"model": known.model} if known.model else {}
    async with open_app(settings, outboxes={}, work=False) as app:
        return await _terminal(app, screen, outbox).command("models", options, run="console:models")


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
        for bill in await app.store.bill_sums(since_ms=period_start_ms("month", now, "UTC")):
            lines.append(_bill(bill))
        if not report.problems:
            lines.append(Text(key="audit.right"))
        for line in lines:
            _say(console, app.wording.say(line, settings.language))
        for problem in report.problems:
            _say(console, f"! {problem}")
        return 1 if report.problems else 0


def _bill(bill: BillSum) -> Text:
    """What a vendor billed this month, beside what was booked for the same clips."""
    more = bill.billed_micro_usd - bill.booked_micro_usd
    percent = 100 * more / bill.booked_micro_usd if bill.booked_micro_usd else 0.0
    return Text(
        key="audit.bills",
        facts={
            "route": bill.route,
            "clips": bill.clips,
            "booked": f"{bill.booked_micro_usd / 1_000_000:.2f}",
            "billed": f"{bill.billed_micro_usd / 1_000_000:.2f}",
            "difference": f"{percent:+.1f}",
        },
    )


async def _live(settings: Settings, known: argparse.Namespace) -> int:
    """One real call, which always asks first unless `--yes` was said."""
    wording, console = load_wording(), Console()
    steps = Steps(partial(_say, console), wording, settings.language)
    asking = settings.model_copy(update={"confirm_above": 0})

    async def agreed() -> bool:
        if known.yes:
            return True
        if not sys.stdin.isatty():
            _say(console, "Say --yes to agree to this price where nobody can be asked.")
            return False
        answer = await answer_to("Make this call? (y/N)", console)
        return answer.lower() in ("y", "yes", "s", "sí", "si")

    async with open_app(asking, outboxes={"console": steps}, trace=steps.trace) as app:
        try:
            return await live(
                known.live,
                desk=app.desk,
                bot=app.dispatch,
                watch=app.engine,
                steps=steps,
                actor=operator(settings.language),
                key=f"console:{secrets.token_hex(8)}",
                say=partial(_say, console),
                agreed=agreed,
            )
        except Refusal as refusal:
            told = Text(key=f"refusal.{refusal.code}", facts=refusal.facts)
            _say(_screen(), wording.say(told, settings.language))
            return 1


async def _doctor(settings: Settings, known: argparse.Namespace) -> int:
    if known.live:
        return await _live(settings, known)
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
            ears=_ears(registry, settings),
        )
    finally:
        await registry.close()
    checks = (*checks, *await chat_checks(settings))
    _say(console, f"{'ok':<8} settings: read; data in {settings.data_dir}")
    for check in checks:
        _say(console, f"{check.state:<8} {check.name}: {check.detail}")
        if check.remedy:
            _say(console, f"{'':<8} → {check.remedy}")
    return 0 if healthy(checks) else 1


def _ears(registry: Registry, settings: Settings) -> list[str]:
    """The transcribers that have what they need."""
    able = []
    for name in settings.transcribe_with:
        with contextlib.suppress(ProviderError, CatalogueError):
            adapter = registry.get(name)
            if not (isinstance(adapter, CanHear) and adapter.hearing_missing()):
                able.append(name)
    return able


async def _servers(settings: Settings, known: argparse.Namespace) -> int:
    screen = _screen()
    wording = load_wording()
    platform, _, rest = known.server.partition(":")
    if known.server not in ("direct", "console") and (
        platform not in ("discord", "telegram", "web") or not rest
    ):
        _say(
            screen,
            wording.say(Text(key="console.server_id", facts={"asked": known.server}), settings.language),
        )
        return 2
    if not known.credits.isdigit() or int(known.credits) > 1_000_000_000:
        _say(
            screen,
            wording.say(
                Text(key="console.credits_number", facts={"asked": known.credits}), settings.language
            ),
        )
        return 2
    async with open_app(settings, outboxes={}, work=False) as app:
        rule = Rule(server=known.server, kind="allotment", credits=int(known.credits), period=known.per)
        await app.store.set_rule(rule, actor="console")
        facts = {"server": known.server, "credits": rule.credits, "period": known.per}
        _say(Console(), wording.say(Text(key="console.allotted", facts=facts), settings.language))
    return 0


def _screen() -> Console:
    """For what is said to people while a command runs; results go to standard output."""
    return Console(stderr=True)


def _terminal(app: App, screen: Console, outbox: ConsoleOutbox) -> Terminal:
    return Terminal(
        out=Console(),
        screen=screen,
        wording=app.wording,
        desk=app.dispatch,
        engine=app.engine,
        outbox=outbox,
        language=app.settings.language,
    )


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
