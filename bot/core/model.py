"""The values everything speaks in: who asked for what, where, at which price, and what came of it.

Frozen and keyword-only. Times are integer milliseconds since 1970 UTC; money is integer credits or
integer micro-dollars (one millionth of a US dollar). No rules, no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bot.core.mediafacts import FitResult as FitResult
from bot.core.mediafacts import MediaInfo as MediaInfo
from bot.core.mediafacts import SoundCheck as SoundCheck
from bot.core.mediafacts import SoundVerdict as SoundVerdict
from bot.core.quality import Quality
from bot.core.recordings import AudioWindow as AudioWindow
from bot.core.recordings import VoiceResult as VoiceResult
from bot.core.sounds import PieceMade, Score, SoundWish, VoiceMade, VoiceOrder
from providers.base import MediaInput, Mode, Shot, VideoRequest

Platform = Literal["discord", "telegram", "web", "console"]
PLATFORMS: Final[tuple[Platform, ...]] = ("discord", "telegram", "web", "console")
Purse = Literal["paid", "free"]  # free: clips of the built-in renderer, counted one by one
Period = Literal["day", "week", "month"]
SoundPath = Literal["native", "soundtrack", "voice", "kept", "silent"]
AudioAs = Literal["reference", "voice", "dialogue", "soundtrack"]
LostRule = Literal["key", "lookup", "blind"]

DIRECT = "direct"  # the server of private chats, user-installs and web members
CONSOLE = "console"  # the server of the command line: the operator's own


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody on one platform. `key` is how the rest of the bot names them."""

    platform: Platform
    id: str
    name: str = ""

    @property
    def key(self) -> str:
        """`platform:id`."""
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, kw_only=True)
class PlatformLimits:
    """What a chat can show, filled in by its front-end. 0 means no limit.

    Attributes:
        upload_bytes: largest file.
        message_chars: longest message.
        caption_chars: longest text beside a clip.
        clip_seconds: longest clip.
        edits_every_seconds: shortest pause between edits of one message.
    """

    upload_bytes: int = 10_485_760
    message_chars: int = 2000
    caption_chars: int = 1024
    clip_seconds: float = 0.0
    edits_every_seconds: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where answers to one request go: stored with the job, so it survives a restart.

    Attributes:
        platform: which front-end.
        channel: the chat.
        thread: thread or topic inside it, or "".
        reply_to: message that asked, or "".
        private: to be seen by the person alone.
        spoiler: hide the clip behind a click.
        language: of the texts.
        limits: of the platform at this place.
        extra: what the front-end itself needs to find the place again.
    """

    platform: Platform
    channel: str
    thread: str = ""
    reply_to: str = ""
    private: bool = False
    spoiler: bool = False
    language: str = "en"
    limits: PlatformLimits = field(default_factory=PlatformLimits)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who gives a command, where, with which rights.

    Attributes:
        person: the one who asks.
        server: `platform:id` of the server or group, or `direct`, or `console`.
        server_name: shown to the operator.
        channel: `platform:id` of the channel.
        roles: ids of the person's roles there.
        admin: may manage the server's quotas.
        operator: is listed in TALKREEL_OPERATORS, or sits at the console.
        language: of the person's client.
    """

    person: Person
    server: str
    server_name: str = ""
    channel: str = ""
    roles: tuple[str, ...] = ()
    admin: bool = False
    operator: bool = False
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a member asked for, before any planning. None means "not said".

    Attributes:
        media: files already judged by their bytes, with the roles the options gave them.
        mode: set where a button says what is to be done with a clip.
        words: what was heard in a recording and goes into the prompt as a line; `words_in`: its language.
        heard: nobody has agreed to these words yet.
        voice_from: the message that a recording came with, and whose it was where that was said.
        still: a picture of the clip that was answered, for models that take a recording only beside one.
        sound_for: set where only the sound of a clip is made anew.
    """

    prompt: str
    model: str = "auto"
    seconds: int | None = None
    aspect: str | None = None
    resolution: str | None = None
    sound: bool | None = None
    negative: str = ""
    seed: int | None = None
    private: bool = False
    media: tuple[MediaInput, ...] = ()
    audio_as: AudioAs | None = None
    shots: tuple[Shot, ...] = ()
    mode: Mode | None = None
    words: str = ""
    words_in: str = ""
    heard: bool = False
    voice_from: str = ""
    still: MediaInput | None = None
    sound_for: SoundWish | None = None


@dataclass(frozen=True, kw_only=True)
class Text:
    """Something to say: a key of `texts/<lang>.toml` and the facts that fill it."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A wish turned into one vendor request with its price.

    Attributes:
        route: `provider/model`.
        request: exactly what will be asked of the vendor.
        sound_path: which sound the clip will have.
        purse: which credits pay.
        credits: the price, sound that we add included; what is charged.
        sound_credits: share of the price that is given back if the sound fails and cannot be mended; that of
            a voice made for it is part of it.
        cost_micro_usd: the vendor's list price, booked on the operator's budget.
        price_rows: labels of the catalogue's price rows used.
        lost: how a lost submit is resolved on this route.
        billed_when_moderated: the vendor charges refusals; said in the quote.
        deadline_seconds: after this the credits go back.
        adjustments: every difference between wish and plan; any makes the quote ask.
        notes: said in the quote without asking.
        score: the sound that we add, with its share of price and cost.
        voice: a voice that is made for this clip out of a recording, with its share of price and cost.
    """

    route: str
    provider: str
    model: str
    model_name: str
    request: VideoRequest
    sound_path: SoundPath
    purse: Purse
    credits: int
    sound_credits: int
    cost_micro_usd: int
    price_rows: tuple[str, ...]
    lost: LostRule
    billed_when_moderated: bool
    deadline_seconds: int
    keep_seconds: int
    adjustments: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    score: Score | None = None
    voice: VoiceOrder | None = None

    @property
    def sound_micro_usd(self) -> int:
        """What the sound that we add costs, and the voice that is made for the clip."""
        voice = self.voice.cost_micro_usd if self.voice else 0
        return voice + (self.score.cost_micro_usd if self.score else 0)

    @property
    def speaks_itself(self) -> bool:
        """Whether the model speaks with the voice that is made; otherwise pieces of our sound are spoken."""
        return self.voice is not None and self.voice.serves == self.route

    @property
    def picture_micro_usd(self) -> int:
        """The vendor's list price of the picture alone."""
        return self.cost_micro_usd - self.sound_micro_usd

    @property
    def sound_only(self) -> bool:
        """Whether a finished clip gets a new sound and no picture is made."""
        return self.score is not None and self.score.clip is not None


@dataclass(frozen=True, kw_only=True)
class Take:
    """An amount that a job takes from one window.

    Attributes:
        scope: `member:…`, `channel:…`, `server:…`, `allotment:…`, `budget`, `active:…`.
        unit: `paid`, `free` (credits), `usd` (micro-dollars) or `jobs`.
        start_ms: when the period began; 0 for jobs at once.
        cap: how much may be held and used together in this window; None = no limit.
        amount: what this job takes.
        renews_ms: when the next period begins; 0 = never.
    """

    scope: str
    unit: Literal["paid", "free", "usd", "jobs"]
    start_ms: int
    cap: int | None
    amount: int
    renews_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Clip:
    """The finished file: addresses in the blob store and facts.

    Attributes:
        blob: the clip as it is shown.
        original: the vendor's untouched file, or "" if it is the same.
        poster: JPEG, or "".
        info: facts of `blob`.
        sound: what the check found after any repair.
        sound_path: which sound the clip really has.
        repaired: a free maker mended the sound.
        refunded_credits: sound share given back.
        details: what the vendor or renderer says of itself.
        quality: what was measured of the sound after it was delivered; None until somebody looked.
        pieces: who made which part of the sound that we added.
        voice: what became of the voice that was to be made for it; None = none was.
    """

    blob: str
    original: str
    poster: str
    info: MediaInfo
    sound: SoundCheck
    sound_path: SoundPath
    repaired: bool = False
    refunded_credits: int = 0
    details: Mapping[str, str] = field(default_factory=dict)
    quality: Quality | None = None
    pieces: tuple[PieceMade, ...] = ()
    voice: VoiceMade | None = None


JobState = Literal[
    "queued",
    "submitting",
    "uncertain",
    "polling",
    "late",
    "fetching",
    "scoring",
    "processing",
    "posting",
    "delivered",
    "undelivered",
    "released",
]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One generation: a row of the job table.

    Attributes:
        id: ours, short, shown to people.
        request_key: of the command that made it; the same command makes one job.
        epoch: grows each time a worker takes the job; older workers are fenced off.
        charged: credits that were settled (0 while held or after a release).
        money: where the hold stands.
        windows: what the reserve took, to give back or use up.
        ticket: the vendor's job, as JSON, or "".
        attempts: failed tries of the present step.
        deadline_ms: after this a still running job is released.
        outcome: code of what went wrong, or "".
        facts: of the outcome, for the text.
    """

    id: str
    request_key: str
    wallet: str
    person: str
    server: str
    destination: Destination
    wish: Wish
    plan: Plan
    state: JobState
    epoch: int = 0
    money: Literal["held", "settled", "released"] = "held"
    charged: int = 0
    windows: tuple[Take, ...] = ()
    placeholder: str = ""
    ticket: str = ""
    submitted_ms: int = 0
    deadline_ms: int = 0
    next_check_ms: int = 0
    attempts: int = 0
    priority: int = 0
    clip: Clip | None = None
    outcome: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    cost_micro_usd: int = 0
    cancel_asked: bool = False
    created_ms: int = 0
    updated_ms: int = 0
