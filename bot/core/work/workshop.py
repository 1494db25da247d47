"""What the steps of a job share: the ports, the pace, and the two ways a step can end early.

Built once by `bot/app.py`. It must not hold anything about a single job that a restart would miss.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from bot.core.compare import contest_of
from bot.core.desk import House
from bot.core.errors import StorageFull, TalkreelError
from bot.core.health import after_failure, after_success
from bot.core.herald import Herald
from bot.core.model import AudioAs, Job, JobState
from bot.core.planner import PlanContext
from bot.core.ports import Blobs, Clock, Links, Media, Providers, Runner, Store
from bot.core.ports.hearing import Hearing, NoHearing
from bot.core.records import Block, RouteHealth
from bot.core.soundness import after_sound, soundless
from bot.core.work.polls import PollBudget
from bot.core.work.soundnotes import VOICE, bought
from providers.catalogue import Catalogue, PollPace
from providers.errors import ProviderError

# Errors by their code that go away only when the operator does something.
FOR_THE_OPERATOR: Final = frozenset({"bad_key", "no_funds", "missing_key", "model_gone"})
UNREACHED_SECONDS = 60.0  # pause of a job whose platform is switched off
_SAY_WELL_EVERY_MS = 60_000


class Pause(TalkreelError):
    """The step cannot go on now: leave the lane and ring again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


def no_trace(point: str, job: str) -> None:
    """The default trace: nobody listens."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Waits and tries. All times in seconds.

    Attributes:
        call_seconds: limit of one submit, poll, cancel or look-up.
        fetch_seconds: limit of one download.
        lookups: when a lost submit is looked for, counted from the submit (ENGINE: lists lag).
        backoff: waits between tries of a step that failed for a passing reason; the last repeats.
        submit_tries: how often a rate-limited or key-safe submit is repeated.
        unsent_tries: how often one is tried that did not even leave this machine.
        post_tries: how often a chat is asked to take a clip.
        late_every_seconds: pace of polls after the deadline.
    """

    call_seconds: float = 90.0
    fetch_seconds: float = 900.0
    lookups: tuple[float, ...] = (5.0, 30.0, 120.0)
    backoff: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
    submit_tries: int = 12
    unsent_tries: int = 4
    fetch_tries: int = 20
    post_tries: int = 20
    late_every_seconds: float = 60.0

    def after(self, attempts: int) -> float:
        """How long to wait after so many failed tries (1 = the first)."""
        return self.backoff[min(max(attempts, 1), len(self.backoff)) - 1]


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Ports and helpers of the engine's steps.

    Attributes:
        trace: called at every point where a crash must be survivable; for tests and debugging.
        links: our own links, or None where the bot has no public address.
        repair_with: provider id of the free sound maker, or "".
        well_ms: when each route was last written down as working; a cache.
        soundless: how many clips of each route lacked their sound, as far as this process knows; a cache.
        polls: what all jobs of a key may ask together.
        hearing: turns speech into words.
    """

    catalogue: Catalogue
    store: Store
    providers: Providers
    media: Media
    blobs: Blobs
    clock: Clock
    runner: Runner
    herald: Herald
    house: House
    pace: Pace = Pace()
    trace: Callable[[str, str], None] = no_trace
    links: Links | None = None
    repair_with: str = ""
    well_ms: dict[str, int] = field(default_factory=dict)
    soundless: dict[str, int] = field(default_factory=dict)
    polls: PollBudget = field(default_factory=PollBudget)
    hearing: Hearing = field(default_factory=NoHearing)

    def context(
        self,
        *,
        house: House | None = None,
        health: Iterable[RouteHealth] = (),
        own_sound: frozenset[AudioAs] = frozenset(),
    ) -> PlanContext:
        """What planning anew depends on, here and now, whatever the server."""
        now = self.clock.now_ms()
        return PlanContext(
            catalogue=self.catalogue,
            house=house or self.house,
            has_key=self.providers.has_key,
            missing_env=self.providers.missing_env,
            now_ms=now,
            today=datetime.fromtimestamp(now // 1000, UTC).date(),
            health={entry.route: entry for entry in health},
            links=self.links is not None,
            own_sound=own_sound,
        )

    async def tell_trouble(
        self, error: ProviderError, *, provider: str, model: str, since_ms: int = 0
    ) -> None:
        """Something that only the operator can mend: said once until the route works again."""
        facts = {"provider": provider, "model": model, "said": error.said[:300], "env": list(error.env)}
        cause = f"{error.code}:{provider}:{since_ms}"
        await self.herald.tell_operator(cause, f"operator.{error.code}", facts)

    async def maker_failed(self, route: str, error: Exception) -> None:
        """A maker of sound or voices failed: noted of its route, and told if only the operator can help."""
        if not isinstance(error, ProviderError):
            return
        since = await self.fails(route, error)
        if error.code in FOR_THE_OPERATOR:
            known = next((one for one in self.catalogue.sounds if one.id == route), None)
            model = known.name if known else route
            await self.tell_trouble(error, provider=route.partition("/")[0], model=model, since_ms=since)

    async def again(self, job: Job, seconds: float) -> Pause:
        """Note a failed try and when to try again; raise what it returns."""
        await self.store.move(
            job,
            job.state,
            attempts=job.attempts + 1,
            next_check_ms=self.clock.now_ms() + int(seconds * 1000),
        )
        return Pause(seconds)

    async def no_room(self, job: Job, error: Exception) -> None:
        """The disk is full: the person and the operator are told; the job waits."""
        await self.herald.progress(job, "no_room")
        with contextlib.suppress(StorageFull):  # the note itself may not fit any more
            await self.herald.tell_operator("storage_full", "operator.storage_full", {"said": str(error)})

    async def release(
        self,
        job: Job,
        outcome: str,
        facts: Mapping[str, Any] | None = None,
        *,
        state: JobState = "released",
        charge: bool = False,
    ) -> Job:
        """End a job without a clip: say so, then give the credits back (or charge what the quote said).

        The message comes first because it can be repeated after a crash; the money cannot be said
        before it is done by anyone else, as only this worker owns the job.
        """
        known = dict(facts or {})
        self.trace("before_release_message", job.id)
        if state == "late":
            await self.herald.late(job)
        else:
            charged = job.plan.credits if charge and job.money == "held" else 0
            await self.herald.outcome(job, outcome, known, charged=charged)
        if VOICE in job.facts:
            known[VOICE] = job.facts[VOICE]
        if VOICE in job.facts or (job.plan.score is not None and job.state != "queued"):
            picture = 0 if job.state == "queued" else job.plan.picture_micro_usd
            job = await self.store.true_cost(job, picture + bought(job))
        self.trace("before_release", job.id)
        ended = await self.store.release(job, state, outcome=outcome, facts=known, charge=charge)
        self.trace("after_release", job.id)
        if state == "released":
            await self.blobs.discard_scratch(job.id)
        return ended

    async def its_turn(self, job: Job, pace: PollPace) -> bool:
        """Wait until a job may be asked about; false if somebody wants something of it before."""
        key = job.plan.provider
        wait = self.polls.turn_seconds(key, pace, self.clock.now_ms())
        while True:
            if wait and await self.runner.wait(job.id, wait):
                return False
            wait = self.polls.busy_seconds(key, pace, self.clock.now_ms())
            if not wait:
                return True

    async def strike(self, job: Job, kind: str) -> None:
        """Count a moderated or unknown outcome; too many in a day pause the person."""
        house = self.house
        now = self.clock.now_ms()
        # One wish is one strike, on however many models it was tried at once.
        count = await self.store.strike(job.wallet, contest_of(job) or job.id, kind, now)
        if house.pause_after and count >= house.pause_after:
            await self.store.block(
                Block(
                    server="",
                    wallet=job.wallet,
                    until_ms=now + house.pause_hours * 3_600_000,
                    reason="pause",
                    actor="talkreel",
                )
            )
            await self.herald.tell_operator(
                f"pause:{job.wallet}:{now // 86_400_000}",
                "operator.paused",
                {"person": job.person, "count": count, "hours": house.pause_hours},
            )

    async def route_ok(self, job: Job) -> None:
        """The route of a job answered as it should."""
        await self.works(job.plan.route)

    async def works(self, route: str) -> None:
        """A route answered as it should. Written once a minute at most while all is well."""
        now = self.clock.now_ms()
        if now - self.well_ms.get(route, 0) < _SAY_WELL_EVERY_MS:
            return
        await self.store.change_health(route, partial(after_success, now_ms=now))
        self.well_ms[route] = now

    async def sound_came(self, job: Job, *, kept: bool) -> None:
        """A clip came with the sound that was promised, or without it: its route may be marked, or cleared.

        The operator is told when it is marked. While all is well nothing is written.
        """
        route, now = job.plan.route, self.clock.now_ms()
        if kept and self.soundless.get(route) == 0:
            return
        before, after = await self.store.change_health(route, partial(after_sound, now_ms=now, kept=kept))
        self.soundless[route] = after.soundless
        if soundless(after, now) and not soundless(before, now):
            await self.herald.tell_operator(
                f"soundless:{route}:{now}",
                "operator.route_soundless",
                {"provider": job.plan.provider, "model": job.plan.model_name, "count": after.soundless},
            )

    async def route_failed(self, job: Job, error: ProviderError) -> int:
        """An error came over the route of a job; see `fails`."""
        return await self.fails(job.plan.route, error, job=job.id)

    async def fails(self, route: str, error: ProviderError, *, job: str = "") -> int:
        """An error came over a route; those that are not its fault change nothing.

        Returns when the provider last made something (milliseconds since 1970; 0 = never): the same trouble
        since then is one trouble.
        """
        self.well_ms.pop(route, None)
        now = self.clock.now_ms()
        change = partial(after_failure, now_ms=now, code=error.code, job=job)
        await self.store.change_health(route, change)
        known = await self.store.health()
        provider = route.partition("/")[0]
        routes = (entry for entry in known if entry.route.startswith(f"{provider}/"))
        return max((entry.last_ok_ms for entry in routes), default=0)
