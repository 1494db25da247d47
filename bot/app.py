"""The composition root: the only file that knows every part. Builds all of it and closes it again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.core.compare import contest_of
from bot.core.desk import Desk, House
from bot.core.dispatch import Dispatch
from bot.core.errors import TalkreelError
from bot.core.hearing import Ears
from bot.core.herald import Herald
from bot.core.model import Destination
from bot.core.planner.scoring import known_makers
from bot.core.ports import Blobs, Clock, Media, Outbox, Store
from bot.core.reports import Reports
from bot.core.wishes import address_of, sound_files
from bot.core.wording import Wording, load_wording
from bot.core.work.engine import Engine
from bot.core.work.measuring import Measuring
from bot.core.work.staging import Staging
from bot.core.work.workshop import Pace, Workshop, no_trace
from bot.http.files import FileLinks
from bot.http.secret import purpose_key, secret_key
from bot.media.worker import MediaWorker
from bot.prospects import prospects
from bot.runner.local import LocalRunner
from bot.settings import Settings, vendor_keys
from bot.store.blobs import open_blobs
from bot.store.reports import open_reports
from bot.store.sqlite import open_store
from providers.base import CanSpeak, ProviderConfig
from providers.catalogue import Catalogue, Provider, load
from providers.process import Limits
from providers.registry import Registry

log = logging.getLogger(__name__)

BUILT_IN = "animatic"
_GREETERS = 64
_FINISHERS = 8
_SOUNDERS = 32  # they mostly wait for somebody else
_WATCHERS = 1000
_DRAIN_SECONDS = 8.0  # of the ten in which the process is to be gone
_VOICE_SECONDS = 1.5
_EXPORT_MS = 3_600_000


class SystemClock:
    """The real time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, kw_only=True)
class App:
    """Everything that is running, for front-ends and commands."""

    settings: Settings
    catalogue: Catalogue
    registry: Registry
    store: Store
    reports: Reports
    blobs: Blobs
    media: Media
    runner: LocalRunner
    engine: Engine
    staging: Staging
    dispatch: Dispatch
    desk: Desk
    wording: Wording
    clock: Clock
    files: FileLinks | None


def house_of(
    settings: Settings,
    catalogue: Catalogue,
    registry: Registry,
    *,
    demo: bool = False,
    platforms: frozenset[str] = frozenset(),
) -> House:
    """The operator's choices that the rules read.

    Raises:
        BadSettings: a maker of sound is not known.
    """
    return House(
        credit_usd=settings.credit_usd,
        markup=settings.markup,
        confirm_above=settings.confirm_above,
        free_clips_per_day=settings.free_clips_per_day,
        jobs_at_once=settings.jobs_at_once,
        budget_day_usd=settings.budget_usd_day,
        budget_month_usd=settings.budget_usd_month,
        pause_after=settings.pause_after,
        pause_hours=settings.pause_hours,
        keep_days=settings.keep_days,
        max_upload_bytes=settings.max_upload_bytes,
        demo=demo,
        platforms=platforms,
        voice_missing=voice_missing(registry, catalogue),
        adds_sound=BUILT_IN in catalogue.providers,
        sound_with=known_makers(settings.sound_with, catalogue),
        loudness_lufs=settings.loudness_lufs,
        repair_with_paid=settings.repair_with_paid,
        compare_hours=settings.compare_hours,
        names={provider: account_names(own.options) for provider, own in settings.providers.items()},
        transcribe_with=settings.transcribe_with,
        measure_with_paid=settings.measure_with_paid,
        voices_from_recordings=settings.voices_from_recordings,
    )


def account_names(options: Mapping[str, str]) -> frozenset[str]:
    """What a vendor's account knows by name: the option `element_hero` makes it `@hero`."""
    prefix = "element_"
    return frozenset(key.removeprefix(prefix) for key in options if key.startswith(prefix))


def make_registry(settings: Settings, catalogue: Catalogue) -> Registry:
    """Adapters by provider, each with its own keys, address and folder."""

    def config(provider: Provider) -> ProviderConfig:
        own = settings.providers.get(provider.id)
        names = {*provider.env, *provider.env_optional, *(n for s in provider.env_alternatives for n in s)}
        keys = {name: key.get_secret_value() for name, key in vendor_keys(names).items()}
        options = dict(own.options) if own else {}
        if provider.purse == "free":
            options.setdefault("idle_seconds", str(settings.worker_idle_seconds))
        return ProviderConfig(
            id=provider.id,
            base_url=(own.base_url if own and own.base_url else provider.base_url),
            keys=keys,
            work_dir=settings.data_dir / "providers" / provider.id,
            options=options,
        )

    return Registry(catalogue, config)


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    outboxes: Mapping[str, Outbox],
    clock: Clock | None = None,
    pace: Pace | None = None,
    trace: Callable[[str, str], None] = no_trace,
    sweep_seconds: float = 30.0,
    work: bool = True,
    operators: tuple[Destination, ...] = (),
    demo: bool = False,
    serves: bool = False,
) -> AsyncIterator[App]:
    """Build everything, go on with every open job, and close it all at the end.

    Args:
        settings: the operator's.
        outboxes: who can write to which platform.
        clock: replaced in tests.
        pace: waits and tries; replaced in tests.
        trace: called where a crash must be survivable.
        sweep_seconds: how often forgotten jobs are looked for.
        work: false for commands that only look things up: open jobs are left alone.
        operators: where the operator is told what only they can mend.
        demo: offer the built-in renderer alone.
        serves: a web server of ours runs, so that our own links lead somewhere.

    Raises:
        Busy: another process owns the data folder.
        BadSettings: a setting cannot be used.
        CatalogueError: a file of the operator's catalogue is wrong.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        catalogue = await asyncio.to_thread(load, settings.catalogue_dir)
        await asyncio.to_thread(private_folder, settings.data_dir)
        secret = await asyncio.to_thread(_secret, settings)
        store = await open_store(
            settings.data_dir, clock=clock, key=purpose_key(secret, "people who were forgotten")
        )
        stack.push_async_callback(store.close)
        reports = await open_reports(settings.data_dir)
        stack.push_async_callback(reports.close)
        blobs = await open_blobs(settings.data_dir)
        registry = make_registry(settings, catalogue)
        stack.push_async_callback(registry.close)
        media = make_media(settings)
        stack.push_async_callback(media.close)
        links = own_links(settings, secret, store, blobs, clock) if serves else None
        house = house_of(settings, catalogue, registry, demo=demo, platforms=frozenset(outboxes))
        herald = Herald(
            outboxes=outboxes,
            store=store,
            clock=clock,
            operators=operators,
            people=settings.operators,
            **prospects(catalogue, registry, house, clock, links is not None),
        )
        runner = make_runner(settings, catalogue, sweep_seconds)
        shop = Workshop(
            catalogue=catalogue,
            store=store,
            providers=registry,
            media=media,
            blobs=blobs,
            clock=clock,
            runner=runner,
            herald=herald,
            house=house,
            pace=pace or Pace(),
            trace=trace,
            links=links,
            repair_with=BUILT_IN if house.adds_sound else "",
            hearing=Ears(catalogue, registry, media, blobs, store, clock, house),
        )
        app = put_together(settings, shop, registry, runner, reports, links)
        async with at_work(app) if work else contextlib.nullcontext():
            yield app


def make_media(settings: Settings) -> MediaWorker:
    """Work on media files, in limited processes."""
    return MediaWorker(
        workers=settings.media_workers,
        idle_seconds=float(settings.worker_idle_seconds),
        limits=Limits(memory_bytes=settings.worker_memory_mb << 20),
    )


def make_runner(settings: Settings, catalogue: Catalogue, sweep_seconds: float) -> LocalRunner:
    """The doorbell of one process, with one slot per job that a provider key may run at once."""
    widths = {"hello": _GREETERS, "finish": _FINISHERS, "sound": _SOUNDERS, "watch": _WATCHERS, "make:": 1}
    for provider in catalogue.providers.values():
        own = settings.providers.get(provider.id)
        widths[f"make:{provider.id}"] = (own.concurrent if own else None) or provider.concurrent
    return LocalRunner(widths=widths, sweep_seconds=sweep_seconds)


def _secret(settings: Settings) -> bytes:
    given = settings.secret_key.get_secret_value() if settings.secret_key else ""
    return secret_key(settings.data_dir, given)


def own_links(
    settings: Settings, secret: bytes, store: Store, blobs: Blobs, clock: Clock
) -> FileLinks | None:
    """Links of ours to single files; None where the bot has no public address."""
    if settings.public_url is None:
        return None
    key = purpose_key(secret, "links to files")
    return FileLinks(public_url=settings.public_url, key=key, store=store, blobs=blobs, clock=clock)


def put_together(
    settings: Settings,
    shop: Workshop,
    registry: Registry,
    runner: LocalRunner,
    reports: Reports,
    links: FileLinks | None = None,
) -> App:
    """Engine, desk and dispatch on top of the ports."""
    staging = Staging(shop, stop=lambda job: engine.cancel(job))
    engine = Engine(shop, at_rest=lambda job: staging.wake() if contest_of(job) else None)
    runner.serve(engine.advance, engine.sweep)
    wording = load_wording()
    desk = Desk(
        words=wording,
        catalogue=shop.catalogue,
        store=shop.store,
        providers=registry,
        media=shop.media,
        blobs=shop.blobs,
        clock=shop.clock,
        jobs=engine,
        links=links,
        chats=shop.herald,
        contests=staging,
        hearing=shop.hearing,
        measures=Measuring(shop),
        voices=engine.voices,
        house=shop.house,
        operators=frozenset(settings.operators),
    )
    return App(
        settings=settings,
        catalogue=shop.catalogue,
        registry=registry,
        store=shop.store,
        reports=reports,
        blobs=shop.blobs,
        media=shop.media,
        runner=runner,
        engine=engine,
        staging=staging,
        dispatch=Dispatch(desk),
        desk=desk,
        wording=wording,
        clock=shop.clock,
        files=links,
    )


@asynccontextmanager
async def at_work(app: App) -> AsyncIterator[None]:
    """Go on with every open job and keep going; let go of everything at the end."""
    open_jobs = await app.engine.recover()
    if open_jobs:
        log.info("going on with %s open jobs", open_jobs)
    tasks = [
        asyncio.create_task(app.runner.run(), name="runner"),
        asyncio.create_task(app.engine.keep_queue_posted(), name="queue news"),
        asyncio.create_task(keep_house(app), name="housekeeping"),
        asyncio.create_task(app.staging.run(), name="comparisons"),
        asyncio.create_task(app.engine.voices.run(), name="voices"),
    ]
    try:
        yield
    finally:
        await app.runner.drain(seconds=_DRAIN_SECONDS)
        with contextlib.suppress(TimeoutError, TalkreelError):
            async with asyncio.timeout(_VOICE_SECONDS):  # what is left is deleted at the next start
                await app.engine.voices.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def keep_house(app: App) -> None:
    """Once an hour: remove clips past their retention. Runs until cancelled."""
    while True:
        with contextlib.suppress(OSError):
            await expire_clips(app)
        await asyncio.sleep(3600)


async def expire_clips(app: App) -> None:
    """Remove stored files older than the retention that no open job needs, and exports handed over."""
    await app.blobs.discard_old_scratch("export-", app.clock.now_ms() - _EXPORT_MS)
    keep: set[str] = set()
    for contest in await app.store.open_contests():
        keep.update(contest.addresses())
    for job in await app.store.open_jobs():
        lent = [job.plan.voice.recording] if job.plan.voice is not None else []
        files = (*job.wish.media, *job.plan.request.media, *lent)
        keep.update(address_of(item) for item in files)
        keep.update(sound_files(job.wish))
        if job.clip is not None:
            keep.update((job.clip.blob, job.clip.original, job.clip.poster))
    for old in await app.store.expired_clips(app.clock.now_ms()):
        for address in await app.store.drop_clip(old):
            await app.blobs.delete(address)
    before = app.clock.now_ms() - app.settings.keep_days * 86_400_000
    await app.blobs.expire(before, keep)


def voice_missing(registry: Registry, catalogue: Catalogue) -> str | None:
    """Why the built-in renderer cannot speak, or None."""
    if BUILT_IN not in catalogue.providers:
        return None
    renderer = registry.get(BUILT_IN)
    return renderer.voice_missing() if isinstance(renderer, CanSpeak) else None


def private_folder(folder: Path) -> None:
    """Make the data folder, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix" and not any(folder.iterdir()):
        folder.chmod(0o700)
