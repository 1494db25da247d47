"""What the core needs from the world, as Protocols. Adapters stand around the core; none is named here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.core.model import (
    AudioWindow,
    Clip,
    FitResult,
    Job,
    JobState,
    MediaInfo,
    Purse,
    SoundCheck,
    Take,
    VoiceResult,
)
from bot.core.ports.bills import BillStore
from bot.core.ports.chat import Outbox as Outbox
from bot.core.ports.compare import CompareMedia, CompareStore
from bot.core.ports.hearing import HearingStore
from bot.core.ports.measures import MeasureMedia, MeasureStore
from bot.core.ports.people import PeopleStore
from bot.core.ports.pictures import PictureMedia
from bot.core.ports.routes import RouteStore
from bot.core.ports.sound import SoundMedia, SoundStore
from bot.core.ports.voices import VoiceStore
from bot.core.records import (
    AuditReport,
    LinkPurpose,
    Pending,
    Rule,
    Server,
    Transfer,
    Window,
)
from bot.core.switches import Switchboard
from providers.base import Adapter


class Clock(Protocol):
    """Time, to be replaced in tests."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Providers(Protocol):
    """Adapters by provider id; loads on first use."""

    def get(self, provider: str) -> Adapter:
        """The adapter.

        Raises:
            MissingKey: its environment variables are not set; names them.
        """
        ...

    def has_key(self, provider: str) -> bool:
        """Whether every variable it needs is set (true for those that need none)."""
        ...

    def missing_env(self, provider: str) -> tuple[str, ...]:
        """Names of the variables that are not set."""
        ...


class Media(PictureMedia, CompareMedia, SoundMedia, MeasureMedia, Protocol):
    """Work on media files, done in limited worker processes. Paths are local files."""

    async def inspect(self, path: Path) -> MediaInfo:
        """Judge a file by its bytes.

        Raises:
            MediaRefused: empty, unknown, damaged, too long, too large.
        """
        ...

    async def verify(
        self, path: Path, *, expect_sound: bool, seconds: float, tolerance_seconds: float
    ) -> SoundCheck:
        """Decode a clip's sound through the end and measure it."""
        ...

    async def finish(self, path: Path, into: Path, *, remove_sound: bool) -> MediaInfo:
        """H.264 + AAC mp4, faststart, no metadata; streams are copied where they already fit."""
        ...

    async def poster(self, path: Path, into: Path, *, width: int) -> tuple[int, int]:
        """A JPEG of the clip; returns width and height."""
        ...

    async def fit(self, path: Path, into: Path, *, limit_bytes: int) -> FitResult:
        """The fit ladder with a hard size check.

        Raises:
            MediaRefused: `does_not_fit`.
        """
        ...

    async def voice(self, path: Path, into: Path, *, window: AudioWindow) -> VoiceResult:
        """An audio reference inside `window`, from any recording.

        Raises:
            MediaRefused: no sound in it, silent, too short.
        """
        ...

    async def close(self) -> None:
        """End the workers."""
        ...


class Blobs(Protocol):
    """Files by content address in the data folder."""

    async def put(self, path: Path) -> str:
        """Store a file (hard link where possible, `path` stays); returns its address (64 hex digits).

        Raises:
            StorageFull: no room.
        """
        ...

    def path(self, address: str) -> Path:
        """Where a stored file lies."""
        ...

    def scratch(self, job: str) -> Path:
        """A job's own folder for files on the way; survives a restart, removed at its end."""
        ...

    async def discard_scratch(self, job: str) -> None:
        """Remove a job's folder."""
        ...

    async def discard_other_scratch(self, keep: Collection[str]) -> int:
        """Remove the folders of all jobs but these: what a crash left; returns how many."""
        ...

    async def discard_old_scratch(self, prefix: str, before_ms: int) -> int:
        """Remove the folders whose name begins so and that were last written to before a time."""
        ...

    async def delete(self, address: str, *, touched_by_ms: int | None = None) -> None:
        """Remove a stored file; gone already is fine.

        With `touched_by_ms` one that was stored again later stays: somebody is about to use it.
        """
        ...

    async def expire(self, before_ms: int, keep: Collection[str]) -> object:
        """Remove files stored before a time, but not those in `keep`."""
        ...


class Links(Protocol):
    """Our own links to stored files, for where a file has to be fetched from us."""

    async def make(
        self, purpose: LinkPurpose, address: str, *, mime: str, name: str, job: str, wallet: str
    ) -> str:
        """An address that serves one file: 2 h for a vendor, 7 days for a member, until it is taken back."""
        ...


class Runner(Protocol):
    """The doorbell: rings jobs so that the engine advances them. Keeps nothing that the job table has not."""

    def ring(self, job: str, lane: str, *, priority: int = 0, delay_seconds: float = 0.0) -> None:
        """Ask for `advance(job)` in a lane, once, however often it is rung."""
        ...

    def interrupt(self, job: str) -> None:
        """End a job's wait early, so that it looks at its row again."""
        ...

    async def wait(self, job: str, seconds: float) -> bool:
        """Wait inside `advance`; true if `interrupt` ended it early."""
        ...

    def position(self, job: str, lane: str) -> int | None:
        """Place in the lane's queue counted from 1; None while it is worked on."""
        ...

    async def run(self) -> None:
        """Work until cancelled."""
        ...

    async def drain(self, *, seconds: float) -> None:
        """Let go of everything within `seconds`; jobs stay where their rows say."""
        ...

    def depth(self) -> Mapping[str, int]:
        """Jobs waiting or worked on, by lane."""
        ...


class Store(
    PeopleStore,
    BillStore,
    CompareStore,
    HearingStore,
    MeasureStore,
    RouteStore,
    SoundStore,
    Switchboard,
    VoiceStore,
    Protocol,
):
    """The database. Each method is one transaction; those marked *fenced* raise `Fenced` when
    the job's epoch in the row is not the one of the value passed in."""

    async def reserve(self, job: Job, takes: Sequence[Take], *, grant_account: str) -> Job:
        """Hold the price and insert the job, all or nothing.

        `takes[0]` is the member's own window; what it lacks is taken from `grant_account`
        (pass "" to allow none). The same `request_key` returns the job that exists.

        Raises:
            Denied: `no_credits`, `pool_empty`, `too_many_jobs`, `budget_spent`, with facts
                `scope`, `missing`, `renews_ms`, `have`, of shared windows `cap`.
            StorageFull: the disk is full.
        """
        ...

    async def reserve_all(self, jobs: Sequence[tuple[Job, Sequence[Take], str]]) -> tuple[Job, ...]:
        """Several reserves in one transaction, all or nothing."""
        ...

    async def job(self, job: str) -> Job | None:
        """A job by id."""
        ...

    async def claim(self, job: str) -> Job | None:
        """Take a job over: epoch + 1. None if it does not exist or has ended."""
        ...

    async def move(self, job: Job, state: JobState, **changes: Any) -> Job:
        """*Fenced.* Change the state and any of: placeholder, ticket, submitted_ms, deadline_ms,
        next_check_ms, attempts, clip, outcome, facts, cost_micro_usd, destination."""
        ...

    async def settle(self, job: Job, state: JobState, *, clip: Clip, give_back: int = 0) -> Job:
        """*Fenced.* End the hold by charging it, store the clip and move on; `give_back` credits
        return by one adjust. A hold already released stays so: the clip is then free."""
        ...

    async def release(
        self, job: Job, state: JobState, *, outcome: str, facts: Mapping[str, Any], charge: bool = False
    ) -> Job:
        """*Fenced.* End the hold and move to `released` or `late`; `charge` settles instead (the
        quote said that the vendor bills refusals). The budget keeps what was submitted."""
        ...

    async def submit_intent(self, job: Job, *, submitted_ms: int) -> Job:
        """*Fenced.* `queued → submitting`, and the vendor cost moves from held to used."""
        ...

    async def submit_refused(self, job: Job) -> None:
        """*Fenced.* The vendor took nothing: the cost leaves the budget again."""
        ...

    async def ask_cancel(self, job: str) -> Job | None:
        """Mark that its owner wants it stopped; returns the row."""
        ...

    async def ticket_owner(self, provider: str, remote_id: str) -> str | None:
        """The job that owns a vendor's job, if any."""
        ...

    async def open_jobs(self) -> tuple[Job, ...]:
        """All that have not ended, oldest first."""
        ...

    async def due_jobs(self, now_ms: int) -> tuple[tuple[str, str, int], ...]:
        """(id, lane, priority) of open jobs whose `next_check_ms` is past."""
        ...

    async def jobs_of(self, wallet: str, *, limit: int, before_ms: int = 0) -> tuple[Job, ...]:
        """A wallet's newest jobs."""
        ...

    async def typical_seconds(self, server: str, model: str) -> int | None:
        """Median seconds from submit to clip of the last clips of a model here; None if under 3."""
        ...

    async def windows(self, keys: Sequence[tuple[str, str, int]]) -> tuple[Window, ...]:
        """Held and used of (scope, unit, start_ms); zero rows where nothing was taken yet."""
        ...

    async def grant(
        self, *, server: str, wallet: str, purse: Purse, amount: int, actor: str, reason: str, key: str
    ) -> int:
        """Give credits that do not expire; the same `key` gives once. Returns the new balance."""
        ...

    async def grant_balance(self, *, server: str, wallet: str, purse: Purse) -> int:
        """Granted credits left."""
        ...

    async def granted(self, server: str, purse: Purse) -> int:
        """Granted credits left on a server, all members together."""
        ...

    async def rules(self, server: str) -> tuple[Rule, ...]:
        """All limits set on a server."""
        ...

    async def set_rule(self, rule: Rule, *, actor: str) -> None:
        """Set or replace one limit."""
        ...

    async def drop_rules(self, server: str, *, kind: str, subject: str, actor: str) -> int:
        """Back to "inherit"; returns how many were set."""
        ...

    async def server(self, server: str) -> Server:
        """What is known of a server; defaults for one never seen."""
        ...

    async def save_server(self, server: Server) -> None:
        """Remember a server."""
        ...

    async def put_pending(self, pending: Pending) -> None:
        """Keep a quote until it is confirmed or expires."""
        ...

    async def take_pending(self, pending: str, now_ms: int) -> Pending | None:
        """Take a quote out, once. None if it is gone or has expired."""
        ...

    async def admin_log(self, server: str, *, limit: int) -> tuple[Mapping[str, Any], ...]:
        """What admins and the operator changed: at_ms, actor, action, detail."""
        ...

    async def note_for_operator(self, cause: str, text_key: str, facts: Mapping[str, Any]) -> bool:
        """Record something to tell the operator; true the first time for this cause."""
        ...

    async def operator_notes(self, *, limit: int) -> tuple[Mapping[str, Any], ...]:
        """The newest notes: at_ms, cause, key, facts, count."""
        ...

    async def transfers(self, *, job: str = "", server: str = "", limit: int = 100) -> tuple[Transfer, ...]:
        """Newest movements."""
        ...

    async def audit(self, *, day_start_ms: int, month_start_ms: int) -> AuditReport:
        """Recompute everything from the transfers and compare."""
        ...

    async def close(self) -> None:
        """Finish what is queued and close."""
        ...
