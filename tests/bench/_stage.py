"""Stand-ins of fixed cost for the measurements of the engine: provider, media, files and chat as waits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.core import ports
from bot.core.desk import House
from bot.core.errors import MediaRefused
from bot.core.herald import Herald
from bot.core.model import (
    AudioWindow,
    Destination,
    FitResult,
    Job,
    MediaInfo,
    Plan,
    PlatformLimits,
    SoundCheck,
    Take,
    VoiceResult,
    Wish,
)
from bot.core.ports import Clock, Store
from bot.core.quality import Quality
from bot.core.replies import Reply
from bot.core.sheets import Board, Sheet
from bot.core.sounds import MixPiece
from bot.core.work.engine import Engine
from bot.core.work.workshop import Workshop, no_trace
from bot.runner.local import LocalRunner
from providers.base import Asset, Done, Progress, Running, Ticket, VideoRequest
from providers.catalogue import Catalogue, Model, PollPace, Provider, load

PROVIDER = "stage"
MODEL = "stage-1"
INFO = MediaInfo(
    kind="video",
    mime="video/mp4",
    container="mp4",
    size_bytes=1_000_000,
    seconds=8.0,
    width=1280,
    height=720,
    fps=24.0,
    video_codec="h264",
    audio_codec="aac",
    channels=2,
    sample_rate_hz=48_000,
    faststart=True,
)
CHECK = SoundCheck(verdict="ok", picture_seconds=8.0, sound_seconds=8.0, loudness_lufs=-16.0)


def catalogue(*, poll_seconds: float, concurrent: int) -> Catalogue:
    """One provider with the wanted pace and one model."""
    pace = PollPace(
        first_seconds=poll_seconds,
        every_seconds=poll_seconds,
        deadline_seconds=3600,
        per_second=1_000_000,  # what a vendor takes from one key is measured in `polling.py`
    )
    provider = Provider(id=PROVIDER, name="Stage", adapter="", poll=pace, concurrent=concurrent)
    some = load().route("kling", "kling-2.6")  # its shapes are not looked at: the jobs are planned
    route = replace(some, provider=PROVIDER, model=MODEL)
    model = Model(id=MODEL, name="Stage 1", routes=(route,))
    return Catalogue(providers={PROVIDER: provider}, by_id={MODEL: model})


def job() -> Job:
    """A queued job; the caller gives each its own id and request key."""
    request = VideoRequest(model=MODEL, prompt="a door slams in an empty house", seconds=8)
    plan = Plan(
        route=f"{PROVIDER}/{MODEL}",
        provider=PROVIDER,
        model=MODEL,
        model_name="Stage 1",
        request=request,
        sound_path="native",
        purse="paid",
        credits=80,
        sound_credits=24,
        cost_micro_usd=800_000,
        price_rows=("second 0.10 USD since 2026-01-01",),
        lost="key",
        billed_when_moderated=False,
        deadline_seconds=3600,
        keep_seconds=3600,
    )
    return Job(
        id="j",
        request_key="r",
        wallet="w1",
        person="discord:1",
        server="discord:100",
        destination=Destination(
            platform="discord", channel="general", limits=PlatformLimits(edits_every_seconds=3600.0)
        ),
        wish=Wish(prompt=request.prompt),
        plan=plan,
        state="queued",
    )


def takes() -> tuple[Take, ...]:
    """What a job takes from a member's window, the server's allotment and the budget."""
    return (
        Take(scope="member:discord:100/w1", unit="paid", start_ms=0, cap=None, amount=80),
        Take(scope="allotment:discord:100", unit="paid", start_ms=0, cap=None, amount=80),
        Take(scope="budget:day", unit="usd", start_ms=0, cap=None, amount=800_000),
        Take(scope="budget:month", unit="usd", start_ms=1, cap=None, amount=800_000),
        Take(scope="active:discord:100/w1", unit="jobs", start_ms=0, cap=None, amount=1),
    )


class Vendor:
    """A provider that answers after a fixed time and is done after so many polls."""

    id = PROVIDER

    def __init__(self, *, polls: int, seconds: float = 0.01) -> None:
        """Be done at the poll with this number; an answer takes `seconds`."""
        self._polls = polls
        self._seconds = seconds
        self._asked: Counter[str] = Counter()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Take every order."""
        await asyncio.sleep(2 * self._seconds)
        return Ticket(provider=PROVIDER, model=request.model, remote_id=job_key)

    async def poll(self, ticket: Ticket) -> Progress:
        """Count."""
        await asyncio.sleep(self._seconds)
        self._asked[ticket.remote_id] += 1
        if self._asked[ticket.remote_id] < self._polls:
            return Running()
        del self._asked[ticket.remote_id]
        return Done(ticket=ticket, cost_usd=Decimal("0.80"))

    async def fetch(self, done: Done, into: Path) -> Asset:
        """The file that is there for all."""
        return Asset(path=into, mime="video/mp4", size_bytes=1)


class Providers:
    """One adapter for every id."""

    def __init__(self, vendor: Vendor) -> None:
        """Keep it."""
        self._vendor = vendor

    def get(self, provider: str) -> Vendor:
        """The adapter."""
        return self._vendor

    def has_key(self, provider: str) -> bool:
        """Always."""
        return True

    def missing_env(self, provider: str) -> tuple[str, ...]:
        """Nothing."""
        return ()


class Media:
    """Finds every clip in order."""

    async def inspect(self, path: Path) -> MediaInfo:
        """A clip."""
        return INFO

    async def verify(
        self, path: Path, *, expect_sound: bool, seconds: float, tolerance_seconds: float
    ) -> SoundCheck:
        """In order."""
        return CHECK

    async def finish(self, path: Path, into: Path, *, remove_sound: bool) -> MediaInfo:
        """Nothing to do."""
        return INFO

    async def lay_under(self, video: Path, audio: Path, into: Path, *, keep_sound: bool) -> MediaInfo:
        """Nothing to do."""
        return INFO

    async def mix(
        self,
        video: Path,
        pieces: Sequence[MixPiece],
        into: Path,
        *,
        keep_sound: bool,
        loudness_target_lufs: float,
    ) -> MediaInfo:
        """Nothing to do."""
        return INFO

    async def put_back(self, picture: Path, clip: Path, into: Path, *, tolerance_seconds: float) -> MediaInfo:
        """Nothing to do."""
        return INFO

    async def card(self, into: Path) -> MediaInfo:
        """Not used."""
        raise LookupError(into)

    async def image(
        self, path: Path, into: Path, *, max_side: int, max_bytes: int = 0, formats: tuple[str, ...] = ()
    ) -> MediaInfo:
        """Nothing to do."""
        return INFO

    async def draw(self, what: Sheet | Board, into: Path) -> None:
        """Nothing to do."""

    async def traces(self, path: Path, wave: Path, spectrum: Path, *, seconds: float) -> None:
        """Nothing to do."""

    async def poster(self, path: Path, into: Path, *, width: int) -> tuple[int, int]:
        """Nothing to do."""
        return 640, 360

    async def fit(self, path: Path, into: Path, *, limit_bytes: int) -> FitResult:
        """It always fits."""
        return FitResult(step="as-is", path=path, info=INFO)

    async def quality(self, path: Path) -> Quality:
        """Never asked for."""
        return Quality()

    async def voice(self, path: Path, into: Path, *, window: AudioWindow) -> VoiceResult:
        """Never asked for."""
        raise MediaRefused("no_audio")

    async def copies(self, paths: Any, intos: Any, **_: Any) -> tuple[MediaInfo, ...]:
        """Nothing to do."""
        return tuple(INFO for _ in paths)

    async def sounds(self, paths: Any, intos: Any, *, seconds: float) -> tuple[MediaInfo, ...]:
        """Nothing to do."""
        return tuple(INFO for _ in paths)

    async def film(self, paths: Any, letters: Any, into: Path, **_: Any) -> MediaInfo:
        """Nothing to do."""
        return INFO

    async def close(self) -> None:
        """Nothing to close."""


class Blobs:
    """Addresses without files."""

    def __init__(self, folder: Path) -> None:
        """All jobs share one scratch folder with one file in it."""
        self._folder = folder
        scratch = self.scratch("")
        scratch.mkdir(parents=True)
        (scratch / "original.mp4").write_bytes(b"x")

    async def put(self, path: Path) -> str:
        """An address."""
        return "0" * 64

    def path(self, address: str) -> Path:
        """A path that is not looked at."""
        return self._folder / address

    def scratch(self, job: str) -> Path:
        """One folder for all."""
        return self._folder / "scratch"

    async def discard_scratch(self, job: str) -> None:
        """Nothing to remove."""

    async def discard_old_scratch(self, prefix: str, before_ms: int) -> int:
        """Nothing to remove."""
        return 0

    async def discard_other_scratch(self, keep: Collection[str]) -> int:
        """Nothing to remove."""
        return 0

    async def delete(self, address: str, *, touched_by_ms: int | None = None) -> None:
        """Nothing to remove."""

    async def expire(self, before_ms: int, keep: Collection[str]) -> int:
        """Nothing to remove."""
        return 0


class Chat:
    """Takes every message after a fixed time and counts the clips."""

    def __init__(self, *, seconds: float, expect: int) -> None:
        """A call takes `seconds`; `full` is set when `expect` clips have come."""
        self._seconds = seconds
        self._missing = expect
        self.full = asyncio.Event()

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """A reference."""
        await asyncio.sleep(self._seconds)
        return nonce

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """An edit."""
        await asyncio.sleep(self._seconds)

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """A clip."""
        await asyncio.sleep(self._seconds)
        self._missing -= 1
        if not self._missing:
            self.full.set()

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """A whisper."""


def engine(
    *,
    store: Store,
    clock: Clock,
    folder: Path,
    chat: Chat,
    vendor: Vendor,
    poll_seconds: float,
    slots: int,
    books: Catalogue | None = None,
    providers: ports.Providers | None = None,
    trace: Callable[[str, str], None] = no_trace,
) -> tuple[Engine, LocalRunner]:
    """The real engine and runner on these stand-ins and a real store.

    `books` and `providers` stand for several vendors instead of the one.
    """
    runner = LocalRunner(widths={"hello": 256, "make:": slots, "finish": 256, "watch": slots})
    made = Engine(
        Workshop(
            catalogue=books or catalogue(poll_seconds=poll_seconds, concurrent=slots),
            store=store,
            providers=providers or Providers(vendor),
            trace=trace,
            media=Media(),
            blobs=Blobs(folder),
            clock=clock,
            runner=runner,
            herald=Herald(outboxes={"discord": chat}, store=store, clock=clock),
            house=House(),
        )
    )
    runner.serve(made.advance, made.sweep)
    return made, runner
