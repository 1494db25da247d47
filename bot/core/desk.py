"""What lies on the desk of a handler: the ports and the operator's choices, as one frozen value.

Built once by `bot/app.py`; handlers get it as a parameter and keep nothing of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from bot.core.model import Destination, Job
from bot.core.ports import Blobs, Clock, Links, Media, Providers, Store
from bot.core.ports.hearing import Hearing, NoHearing
from bot.core.ports.measures import Measures, NoMeasures
from bot.core.ports.voices import NoVoices, Voices
from bot.core.replies import Button, ClipView, Reply
from bot.core.sheets import NoWords, Words
from providers.catalogue import Catalogue


class Jobs(Protocol):
    """What handlers ask of the engine."""

    def start(self, job: Job) -> None:
        """Ring a job that was just reserved."""
        ...

    async def cancel(self, job: str) -> str:
        """Stop a job. Returns `cancelled`, `too-late`, `late` (its credits are back already),
        `ended` or `asked` (a stop was sent)."""
        ...


class Contests(Protocol):
    """What handlers ask of whoever shows comparisons."""

    def wake(self) -> None:
        """Something about a comparison has changed."""
        ...


class NoContests:
    """Nobody shows comparisons."""

    def wake(self) -> None:
        """Nobody listens."""


class Chats(Protocol):
    """What handlers may do with messages that already stand in a chat."""

    async def remove(self, job: Job) -> bool:
        """Take the message of a job out of its chat; false if it still stands there."""
        ...

    def clip_reply(self, job: Job, view: ClipView) -> Reply:
        """How a finished clip is shown."""
        ...

    def link_reply(self, job: Job, link: str) -> Reply:
        """The same where the chat cannot take the file."""
        ...

    async def notify(self, to: Destination, person: str, reply: Reply) -> bool:
        """Say something to a person by themselves; false if that did not work."""
        ...

    async def drop_people(self, people: Sequence[str]) -> tuple[str, ...]:
        """Drop what front-ends keep of people; returns addresses of stored files that they kept."""
        ...

    async def reach(self, person: str) -> Destination | None:
        """Where somebody reads what is meant for them alone; None where that is closed."""
        ...

    async def post(self, to: Destination, reply: Reply, *, nonce: str) -> bool:
        """Write something into a channel; false if that did not work."""
        ...

    async def tell_operator(
        self, cause: str, key: str, facts: Mapping[str, Any], *, buttons: tuple[Button, ...] = ()
    ) -> None:
        """Tell the operator something, once for each cause."""
        ...


class NoChats:
    """No chat can be reached."""

    async def remove(self, job: Job) -> bool:
        """False: nothing could be removed."""
        return False

    def clip_reply(self, job: Job, view: ClipView) -> Reply:
        """The clip alone."""
        return Reply(kind="clip", lines=(), clip=view, job=job.id)

    def link_reply(self, job: Job, link: str) -> Reply:
        """The link alone."""
        return Reply(kind="notice", lines=(), job=job.id, facts={"link": link})

    async def notify(self, to: Destination, person: str, reply: Reply) -> bool:
        """False: nobody was told."""
        return False

    async def drop_people(self, people: Sequence[str]) -> tuple[str, ...]:
        """Nothing was kept."""
        return ()

    async def reach(self, person: str) -> Destination | None:
        """None: nobody can be reached."""
        return None

    async def post(self, to: Destination, reply: Reply, *, nonce: str) -> bool:
        """False: nothing was written."""
        return False

    async def tell_operator(
        self, cause: str, key: str, facts: Mapping[str, Any], *, buttons: tuple[Button, ...] = ()
    ) -> None:
        """The operator cannot be told."""


@dataclass(frozen=True, kw_only=True)
class House:
    """The operator's choices that the rules read.

    Attributes:
        credit_usd: worth of one credit in US dollars of list price.
        markup: factor on the list price.
        confirm_above: dearer jobs ask before they run (credits).
        free_clips_per_day: of the built-in renderer, for everybody without a rule of their own.
        jobs_at_once: default for members without a rule.
        budget_day_usd, budget_month_usd: caps on vendor cost.
        pause_after: moderated or unknown outcomes a day before a pause; 0 = never.
        pause_hours: how long.
        keep_days: retention of clips.
        max_upload_bytes: largest file a member may send.
        demo: only the free purse is offered.
        platforms: where people can be.
        voice_missing: why the built-in renderer cannot speak, or None.
        adds_sound: whether the built-in maker gives clips of silent models a sound, for free.
        compare_hours: how long the vote on a comparison is open.
        sound_with: makers of sound in the operator's order, by route or provider id; empty = as listed.
        loudness_lufs: of the sound that we add.
        repair_with_paid: whether makers that cost the operator money may mend what a vendor broke.
        names: by provider id, what its account knows by name (`@hero`) without a file.
        transcribe_with: ids of transcribers in the order in which they are asked.
        measure_with_paid: whether transcribers that cost money may count the words of finished clips.
        voices_from_recordings: whether a voice may be made of a member's recording for their clip.
    """

    credit_usd: Decimal = Decimal("0.01")
    markup: Decimal = Decimal("1")
    confirm_above: int = 50
    free_clips_per_day: int = 20
    jobs_at_once: int = 3
    budget_day_usd: Decimal = Decimal("5")
    budget_month_usd: Decimal = Decimal("50")
    pause_after: int = 3
    pause_hours: int = 24
    keep_days: int = 30
    max_upload_bytes: int = 100_000_000
    demo: bool = False
    platforms: frozenset[str] = frozenset()
    voice_missing: str | None = None
    adds_sound: bool = False
    compare_hours: int = 24
    sound_with: tuple[str, ...] = ()
    loudness_lufs: float = -16.0
    repair_with_paid: bool = False
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    transcribe_with: tuple[str, ...] = ()
    measure_with_paid: bool = False
    voices_from_recordings: bool = True


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that came with a command, already on this machine. Its name and type prove nothing.

    `caption` is what was written beside this one file: `@hero` names it for the prompt. `origin` is the
    message that it came with, and whose that was.
    """

    path: Path
    name: str
    caption: str = ""
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything a handler may use.

    Attributes:
        links: None where the bot has no public address.
        words: for what is drawn; everything else is said by the front-ends.
    """

    catalogue: Catalogue
    store: Store
    providers: Providers
    media: Media
    blobs: Blobs
    clock: Clock
    jobs: Jobs
    house: House
    links: Links | None = None
    chats: Chats = field(default_factory=NoChats)
    contests: Contests = field(default_factory=NoContests)
    hearing: Hearing = field(default_factory=NoHearing)
    words: Words = field(default_factory=NoWords)
    measures: Measures = field(default_factory=NoMeasures)
    voices: Voices = field(default_factory=NoVoices)
    operators: frozenset[str] = frozenset()
    extra: Mapping[str, str] = field(default_factory=dict)
