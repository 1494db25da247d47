"""A month in the life of a bot, written into a data folder: servers, people, limits, jobs, notes, clips."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.core.desk import House
from bot.core.model import Actor, Clip, Destination, Job, MediaInfo, Person, Plan, Purse, SoundCheck, Wish
from bot.core.quota import takes
from bot.core.records import Block, RouteHealth, Rule, Server
from bot.store.blobs import open_blobs
from bot.store.sqlite import SqliteStore, open_store
from providers.base import VideoRequest
from tests.fakes.clips import make_clip
from tests.fakes.clock import FakeClock

CLUB, POETS = "discord:1001", "telegram:-2002"
DAY_MS = 86_400_000
HOUSE = House(budget_day_usd=House.budget_day_usd * 100, budget_month_usd=House.budget_month_usd * 100)
MODELS = (  # id, name, provider, credits of a usual clip
    ("seedance-2.0", "Seedance 2.0", "bytedance-seedance", 104),
    ("veo-3.1-fast", "Veo 3.1 Fast", "google-veo", 80),
    ("kling-2.6", "Kling 2.6", "kling", 70),
    ("seedance-2.0-mini", "Seedance 2.0 mini", "bytedance-seedance", 36),
)
PEOPLE = ("Ada", "Benoît", "Chidi", "Dora", "Emre", "Farah", "Goran")
PROMPTS = (
    "Rain on a tin roof at night, a cat watches from the window",
    'A lighthouse keeper waves and says: "Mind the rocks!"',
    "A fox walks through a snowy forest, footsteps crunching",
    "Waves and gulls at sunrise, calm piano music",
    "An old tram climbs a hill in the fog, bell ringing",
)


DRAWN = ("animatic", "Animatic", "animatic")
GONE = "f" * 64  # the address of a file that is no longer kept
CLIP_INFO = MediaInfo(
    kind="video", mime="video/mp4", container="mp4", size_bytes=40_000, seconds=2.0, width=320, height=180,
    video_codec="h264", audio_codec="aac",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A clip of the built-in renderer, what was asked for, and its picture."""

    prompt: str
    video: Path
    poster: Path
    info: MediaInfo


@dataclass(frozen=True, kw_only=True)
class Made:
    """A stored file."""

    blob: str
    poster: str
    info: MediaInfo


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One wish and what becomes of it; `lasts` in seconds."""

    id: str
    server: str
    person: int
    prompt: str
    model: tuple[str, str, str]
    seconds: int
    credits: int
    purse: Purse = "paid"
    lasts: int = 20
    fails: bool = False
    returned: bool = False


async def write(folder: Path, *, now_ms: int, shown: Sequence[Shown] = (), days: int = 30) -> None:
    """Write the books of the last days.

    Args:
        folder: the data folder; nobody else may use it meanwhile.
        now_ms: when they end.
        shown: clips of the built-in renderer, which come last; without any, the others have a plain file.
        days: how many.
    """
    clock = FakeClock(now_ms - days * DAY_MS)
    store = await open_store(folder, clock=clock)
    try:
        blobs = await open_blobs(folder)
        made = Made(blob=GONE, poster="", info=CLIP_INFO)
        if not shown:
            path = await asyncio.to_thread(make_clip, folder / "made.mp4", seconds=2.0)
            made = Made(blob=await blobs.put(path), poster="", info=CLIP_INFO)
        await _places(store)
        await _live(store, clock, now_ms, days, made)
        for number, one in enumerate(shown):
            clock.advance(600)
            put = Made(blob=await blobs.put(one.video), poster=await blobs.put(one.poster), info=one.info)
            asked = Asked(
                id=f"x{number:07}", server=CLUB, person=number % len(PEOPLE), prompt=one.prompt,
                model=DRAWN, seconds=3, credits=1, purse="free",
            )  # fmt: skip
            await _clip(store, clock, asked, put)
        await _yesterday(store, now_ms)
    finally:
        await store.close()


async def _places(store: SqliteStore) -> None:
    await store.save_server(Server(id=CLUB, name="Film Club", settings={"gallery": True}))
    await store.save_server(Server(id=POETS, name="Poets’ Corner"))
    for server, credits in ((CLUB, 12_000), (POETS, 4000), ("direct", 2000)):
        for kind, share in (("allotment", 1), ("everybody", 4)):
            rule = Rule(server=server, kind=kind, credits=credits // share, period="month")  # type: ignore[arg-type]
            await store.set_rule(rule, actor="web:operator")
    rules = (
        Rule(server=CLUB, kind="role", subject="4711", credits=6000, period="month", at_once=5),
        Rule(server=CLUB, kind="member", subject="discord:3", credits=500, period="week", price_cap=200),
        Rule(server=CLUB, kind="channel", subject="discord:c1", credits=8000, period="month"),
    )
    for rule in rules:
        await store.set_rule(rule, actor="discord:1")


async def _live(store: SqliteStore, clock: FakeClock, now_ms: int, days: int, made: Made) -> None:
    """Some clips every day, more of them at the weekend."""
    dice = random.Random(7)
    number = 0
    for day in range(days):
        start = now_ms - (days - day) * DAY_MS
        for _ in range(dice.choice((1, 2, 2, 3, 4)) + (3 if (start // DAY_MS) % 7 in (2, 3) else 0)):
            number += 1
            clock.set_ms(start + dice.randrange(DAY_MS // 24 * 20))
            model = dice.choices(MODELS, weights=(5, 3, 3, 4))[0]
            seconds = dice.choice((5, 5, 8, 10))
            asked = Asked(
                id=f"w{number:07}",
                server=dice.choices((CLUB, POETS, "direct"), weights=(6, 3, 1))[0],
                person=dice.choices(range(len(PEOPLE)), weights=(9, 6, 5, 4, 2, 2, 1))[0],
                prompt=dice.choice(PROMPTS),
                model=model[:3],
                seconds=seconds,
                credits=model[3] * seconds // 8,
                lasts=dice.randrange(40, 170),
                fails=dice.random() < 0.06,
                returned=dice.random() < 0.05,
            )
            await _clip(store, clock, asked, made)


async def _clip(store: SqliteStore, clock: FakeClock, asked: Asked, made: Made) -> None:
    """One clip from the reserve to its end."""
    job = await store.reserve(wanted := await _job(store, clock, asked), wanted.windows, grant_account="")
    job = await store.submit_intent(job, submitted_ms=clock.now_ms() + 2000)
    clock.advance(asked.lasts)
    if asked.fails:
        facts = {"model": asked.model[1], "said": ""}
        await store.release(job, "released", outcome="prompt_moderated", facts=facts)
        return
    for state in ("polling", "fetching", "processing"):
        job = await store.move(job, state)
    clip = Clip(
        blob=made.blob,
        original="",
        poster=made.poster,
        info=made.info,
        sound=SoundCheck(verdict="ok", loudness_lufs=-16.1, true_peak_dbtp=-1.2),
        sound_path="native",
    )
    back = asked.credits // 4 if asked.returned else 0
    job = await store.settle(job, "posting", clip=clip, give_back=back)
    await store.move(job, "delivered")


async def _job(store: SqliteStore, clock: FakeClock, asked: Asked) -> Job:
    """The job as a handler makes it."""
    platform = {"d": "discord", "t": "telegram"}[asked.server[0]] if asked.server != "direct" else "web"
    who = Person(platform=platform, id=str(asked.person + 1), name=PEOPLE[asked.person])  # type: ignore[arg-type]
    wallet = await store.wallet(who.key, who.name)
    model, name, provider = asked.model
    now, cost = clock.now_ms(), asked.credits * 10_000 if asked.purse == "paid" else 0
    windows = takes(
        actor=Actor(person=who, server=asked.server, channel=f"{platform}:c1"),
        wallet=wallet,
        server=await store.server(asked.server),
        rules=await store.rules(asked.server),
        house=HOUSE,
        purse=asked.purse,
        credits=asked.credits,
        cost_micro_usd=cost,
        now_ms=now,
    )
    plan = Plan(
        route=f"{provider}/{model}",
        provider=provider,
        model=model,
        model_name=name,
        request=VideoRequest(model=model, prompt=asked.prompt, seconds=asked.seconds),
        sound_path="native",
        purse=asked.purse,
        credits=asked.credits,
        sound_credits=asked.credits // 4,
        cost_micro_usd=cost,
        price_rows=("720p",),
        lost="key",
        billed_when_moderated=False,
        deadline_seconds=900,
        keep_seconds=3600,
    )
    return Job(
        id=asked.id,
        request_key=f"request-{asked.id}",
        wallet=wallet,
        person=who.key,
        server=asked.server,
        destination=Destination(platform=who.platform, channel="c1"),
        wish=Wish(prompt=asked.prompt),
        plan=plan,
        state="queued",
        windows=windows,
        cost_micro_usd=cost,
        created_ms=now,
        updated_ms=now,
    )


async def _yesterday(store: SqliteStore, now_ms: int) -> None:
    """What admins did, what broke, who is blocked."""
    dora = await store.wallet("discord:4", "Dora")
    goran = await store.wallet("discord:7", "Goran")
    await store.grant(
        server=CLUB,
        wallet=dora,
        purse="paid",
        amount=300,
        actor="discord:1",
        reason="won the contest",
        key="g1",
    )
    block = Block(
        server=CLUB, wallet=goran, until_ms=now_ms + DAY_MS, reason="flooded the channel", actor="discord:1"
    )
    await store.block(block)
    await store.note_for_operator(
        "no_funds:kling",
        "operator.no_funds",
        {"provider": "Kling", "model": "Kling 2.6", "said": "", "env": []},
    )
    for health in (
        RouteHealth(route="kling/kling-2.6", failures=3, opened_ms=now_ms, last_error="no_funds"),
        RouteHealth(route="bytedance-seedance/seedance-2.0", last_ok_ms=now_ms - 3_600_000),
    ):
        await store.change_health(health.route, partial(_now, health))


def _now(health: RouteHealth, before: RouteHealth) -> RouteHealth:
    return health
