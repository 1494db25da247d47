"""The frozen values of the catalogue: providers, models, routes, shapes, prices.

Holds facts only. Reading files is `reader.py` and `loader.py`, abilities are `abilities.py`, money
is `pricing.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from providers.base import MediaKind, Mode, Role, SoundKind

Status = Literal["preview", "active", "deprecated", "retired"]
Confidence = Literal["official", "third-party", "uncertain"]
Lost = Literal["key", "lookup", "blind"]
Purse = Literal["paid", "free"]
Upload = Literal["inline", "vendor", "link"]
Cancel = Literal["never", "queued", "running"]
AudioKind = Literal["speech", "sfx", "ambience", "music"]
AudioReference = Literal["voice", "melody", "track", "effects"]
Topic = Literal["speech", "ambience", "music", "narrative", "photorealistic", "audio-reference"]
TextUnit = Literal["characters", "bytes", "tokens", "words"]
ServiceKind = SoundKind | Literal["transcript"]
Unit = Literal[
    "second",
    "clip",
    "million_tokens",
    "thousand_characters",
    "input_second",
    "input_image",
    "started_5_seconds",
    "vendor_credit",
]

ROLE_KINDS: Mapping[Role, MediaKind] = {
    "first-frame": "image",
    "last-frame": "image",
    "reference-image": "image",
    "reference-audio": "audio",
    "reference-video": "video",
    "source-video": "video",
    "voice": "audio",
    "soundtrack": "audio",
}


class CatalogueError(ValueError):
    """The catalogue's data is wrong, or does not determine what was asked of it."""


class PriceUnknown(CatalogueError):
    """Nobody knows this price: the operator has to set one before it is offered."""


class UnknownModel(CatalogueError):
    """There is no model of this name.

    Attributes:
        name: what was asked for.
        suggestions: the most similar names, best first.
    """

    def __init__(self, name: str, suggestions: tuple[str, ...]) -> None:
        """Keep the name and what may have been meant."""
        super().__init__(f"no model {name!r}")
        self.name = name
        self.suggestions = suggestions


@dataclass(frozen=True, kw_only=True)
class PollPace:
    """When to ask how a job stands: first wait, then interval, then when to give up. In seconds."""

    first_seconds: float
    every_seconds: float
    deadline_seconds: float


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A vendor, a gateway, or a renderer on this machine.

    Attributes:
        id: ours, with dashes.
        name: shown to people.
        adapter: "package.module:Class", or "" where every model is retired.
        env: environment variables that must all be set; empty = no key needed.
        env_alternatives: other complete sets that serve instead of `env`.
        env_optional: variables that are passed on if set.
        base_url: where its API is, unless the operator says otherwise; "" for local ones.
        purse: whether its work costs money.
        lost: how a job is found whose submit was not answered: by our key, by looking it up, not.
        poll: pace of asking.
        concurrent: jobs at once per key.
        link_seconds: how long a result can be fetched; 0 = until we delete it.
        upload: how files reach it: inside the request, by the vendor's own upload, by a link of ours.
        cancel: how long a job can still be stopped.
        billed_when_moderated: whether a refused result is charged.
        quality: checklist item → "done", "todo" or "exempt: reason".
    """

    id: str
    name: str
    adapter: str
    env: tuple[str, ...] = ()
    env_alternatives: tuple[tuple[str, ...], ...] = ()
    env_optional: tuple[str, ...] = ()
    base_url: str = ""
    purse: Purse = "paid"
    lost: Lost = "blind"
    poll: PollPace
    concurrent: int = 1
    link_seconds: int = 0
    upload: Upload = "inline"
    cancel: Cancel = "never"
    billed_when_moderated: bool = False
    quality: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Audio:
    """What a route does with sound.

    Attributes:
        native: it makes sound itself (some shape has sound).
        kinds: what it is good for.
        languages: spoken languages, BCP 47; empty = not stated by the vendor.
        references: what audio that is handed in can be: a voice to speak with, a melody to follow,
            the very track that is heard, effects to imitate.
    """

    native: bool = False
    kinds: tuple[AudioKind, ...] = ()
    languages: tuple[str, ...] = ()
    references: tuple[AudioReference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Window:
    """Limits of one kind of input. None means not limited, or not known.

    Attributes:
        role: what the file is for.
        modes: where it is accepted; empty = in every mode.
        formats: file formats by their short names ("wav", "mp3", "png", "mp4"); empty = any.
        min_count, max_count: how many, where the role is used at all.
        min_seconds, max_seconds: length of each; total_seconds: of all together.
        max_bytes: size of each.
        rate: sample rate in Hz the audio must have.
        min_side, max_side: pixels of each side; min_ratio, max_ratio: width / height.
        needs: at least one file with one of these roles must come along.
        excludes: files with these roles must not come along.
        upload: how it reaches the vendor.
    """

    role: Role
    modes: tuple[Mode, ...] = ()
    formats: tuple[str, ...] = ()
    min_count: int = 1
    max_count: int = 1
    min_seconds: float | None = None
    max_seconds: float | None = None
    total_seconds: float | None = None
    max_bytes: int | None = None
    rate: int | None = None
    min_side: int | None = None
    max_side: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    needs: tuple[Role, ...] = ()
    excludes: tuple[Role, ...] = ()
    upload: Upload = "inline"

    @property
    def kind(self) -> MediaKind:
        """Image, audio or video."""
        return ROLE_KINDS[self.role]


@dataclass(frozen=True, kw_only=True)
class TextLimit:
    """The longest text a vendor takes, in the vendor's own unit."""

    max: int
    unit: TextUnit = "characters"


@dataclass(frozen=True, kw_only=True)
class ShotLimit:
    """Several shots in one clip: how many, the shortest in seconds, the longest prompt of each."""

    max: int
    min_seconds: int = 1
    prompt: TextLimit | None = None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Combinations that really work: every product of these values is offered.

    Attributes:
        modes, resolutions, aspects: allowed values; aspect "auto" = the picture given decides.
        seconds: allowed lengths, ascending.
        sound: whether the vendor makes sound: (True,), (False,) or both.
        image_input, audio_input, video_input: whether files of that kind must (True) or must not
            (False) be part of the request; None = either.
        follows_source: the vendor takes the length from the source clip; the longest is priced.
        by_operator: nobody knows the price; not offered until the operator sets one.
        api_name: the vendor's name for exactly this, or "" for the route's.
    """

    modes: tuple[Mode, ...]
    resolutions: tuple[str, ...]
    aspects: tuple[str, ...]
    seconds: tuple[int, ...]
    sound: tuple[bool, ...]
    image_input: bool | None = None
    audio_input: bool | None = None
    video_input: bool | None = None
    follows_source: bool = False
    by_operator: bool = False
    api_name: str = ""


@dataclass(frozen=True, kw_only=True)
class When:
    """Which requests a price row is for. Empty or None = all. `seconds` is inclusive (from, to)."""

    modes: tuple[Mode, ...] = ()
    resolutions: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    seconds: tuple[tuple[int, int], ...] = ()
    kinds: tuple[ServiceKind, ...] = ()
    sound: bool | None = None
    image_input: bool | None = None
    audio_input: bool | None = None
    video_input: bool | None = None


@dataclass(frozen=True, kw_only=True)
class TokenRule:
    """How a vendor counts video tokens: width × height × (fps × seconds + extra_frames) / divisor."""

    fps: int = 24
    extra_frames: int = 0
    divisor: int = 1024
    count_input: bool = False


@dataclass(frozen=True, kw_only=True)
class Price:
    """One row of a price list. Rows that match a request are added up.

    Attributes:
        id: names the row; stored with a job that was charged by it.
        since: first day. until: first day on which it no longer holds.
        unit: what is counted. amount: price of one of them, in `currency`.
        extra: comes on top; exactly one row that is not extra must match.
        when: for which requests.
        free: input images that cost nothing.
        minimum, maximum: least and most that is counted, in the unit.
        credits, per: for vendor credits: how many are taken for each `per`.
        tokens: how tokens are counted.
    """

    id: str
    since: date
    until: date | None = None
    unit: Unit
    amount: Decimal
    currency: str = "USD"
    extra: bool = False
    when: When = field(default_factory=When)
    free: int = 0
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    credits: Decimal | None = None
    per: Unit = "clip"
    tokens: TokenRule | None = None


@dataclass(frozen=True, kw_only=True)
class Fx:
    """What one unit of a currency is worth in US dollars, from a day on."""

    currency: str
    since: date
    usd: Decimal


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What is asked of a route where the user said nothing; 0 and "" = no preference."""

    seconds: int = 0
    resolution: str = ""
    aspect: str = ""


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """How long an offer lives and how well we know it.

    Attributes:
        status: the vendor's word for it, as of `checked`.
        retires: first day on which it no longer answers.
        replaced_by: our id of its successor, or "".
        checked: day on which the facts were compared with the sources.
    """

    status: Status
    checked: date
    sources: tuple[str, ...]
    confidence: Confidence
    retires: date | None = None
    replaced_by: str = ""

    def status_on(self, on: date) -> Status:
        """The status on a day: a passed retirement date counts whatever `status` says."""
        if self.retires is not None and on >= self.retires:
            return "retired"
        return self.status


@dataclass(frozen=True, kw_only=True)
class Route:
    """One way to reach one model. Values a provider sets for all its routes are filled in here.

    Attributes:
        model: our id of the model. provider: our id of the provider.
        name: shown to people. api_name: sent on the wire.
        gateway: serves a model whose home is another provider.
        prompt: longest prompt. negative: longest negative prompt; None = not taken.
        seed: whether a seed is taken. shots: None = one shot only.
        pixels: resolution → aspect → (width, height), where the vendor states them.
        prices: all rows, past and coming. fx: the rates these rows may need.
        strengths: topic → 0–100, read by the choice of `auto`.
        options: vendor switches handed to the adapter with each request.
        lost, link_seconds, billed_when_moderated, cancel: as in Provider.
    """

    model: str
    provider: str
    name: str
    api_name: str
    lifecycle: Lifecycle
    gateway: bool = False
    aliases: tuple[str, ...] = ()
    audio: Audio = field(default_factory=Audio)
    windows: tuple[Window, ...] = ()
    prompt: TextLimit
    negative: TextLimit | None = None
    seed: bool = False
    shots: ShotLimit | None = None
    shapes: tuple[Shape, ...]
    pixels: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    prices: tuple[Price, ...] = ()
    fx: tuple[Fx, ...] = ()
    defaults: Defaults = field(default_factory=Defaults)
    strengths: Mapping[Topic, int] = field(default_factory=dict)
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    lost: Lost
    link_seconds: int
    billed_when_moderated: bool
    cancel: Cancel

    @property
    def id(self) -> str:
        """Provider and model, for health, logs and the operator's order."""
        return f"{self.provider}/{self.model}"

    @property
    def offered(self) -> tuple[Shape, ...]:
        """The shapes whose price is known."""
        return tuple(shape for shape in self.shapes if not shape.by_operator)

    @property
    def sound_switchable(self) -> bool:
        """Whether the vendor can be asked for the same clip with and without sound."""
        return any(len(shape.sound) == 2 for shape in self.offered)

    def alive_on(self, on: date) -> bool:
        """Whether it can be used on a day."""
        return self.lifecycle.status_on(on) != "retired"

    def window(self, role: Role, mode: Mode | None = None) -> Window | None:
        """The limits for files of a role (in a mode), or None if they are not taken."""
        for window in self.windows:
            if window.role == role and (mode is None or not window.modes or mode in window.modes):
                return window
        return None


@dataclass(frozen=True, kw_only=True)
class SoundRoute:
    """One sound service: speech, effects, music, foley or transcripts by one provider.

    Attributes:
        id: ours, unique in the catalogue. provider: our id. name, api_name: as in Route.
        kinds: what it makes. languages: BCP 47; empty = not stated.
        text: longest text. min_seconds, max_seconds: lengths it makes or takes; None = any.
        max_bytes: largest file it takes.
    """

    id: str
    provider: str
    name: str
    api_name: str
    lifecycle: Lifecycle
    kinds: tuple[ServiceKind, ...]
    languages: tuple[str, ...] = ()
    text: TextLimit | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    max_bytes: int | None = None
    formats: tuple[str, ...] = ()
    prices: tuple[Price, ...] = ()
    fx: tuple[Fx, ...] = ()
    by_operator: bool = False
    options: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model as people know it. `routes` has its home first, then gateways."""

    id: str
    name: str
    routes: tuple[Route, ...]

    def status_on(self, on: date) -> Status:
        """The best status any of its routes has on a day."""
        order: tuple[Status, ...] = ("active", "preview", "deprecated", "retired")
        return min((route.lifecycle.status_on(on) for route in self.routes), key=order.index)

    def living(self, on: date) -> tuple[Route, ...]:
        """The routes that can be used on a day."""
        return tuple(route for route in self.routes if route.alive_on(on))

    @property
    def replaced_by(self) -> str:
        """Our id of the successor, or ""."""
        return next((r.lifecycle.replaced_by for r in self.routes if r.lifecycle.replaced_by), "")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything known about providers and models."""

    providers: Mapping[str, Provider]
    by_id: Mapping[str, Model]
    aliases: Mapping[str, str] = field(default_factory=dict)
    sounds: tuple[SoundRoute, ...] = ()

    def models(self) -> tuple[Model, ...]:
        """All models, retired ones too, in the order of their ids."""
        return tuple(self.by_id[key] for key in sorted(self.by_id))

    def model(self, name: str) -> Model:
        """A model by id or alias; upper and lower case, spaces and underscores do not matter.

        Raises:
            UnknownModel: with the most similar names.
        """
        key = _plain(name)
        found = self.by_id.get(key) or self.by_id.get(self.aliases.get(key, ""))
        if found is None:
            raise UnknownModel(name, self.nearest(name))
        return found

    def routes_for(self, model_id: str) -> tuple[Route, ...]:
        """All routes of a model, home first.

        Raises:
            UnknownModel: with the most similar names.
        """
        return self.model(model_id).routes

    def route(self, provider_id: str, model_id: str) -> Route:
        """The route to a model at one provider.

        Raises:
            UnknownModel: there is none.
        """
        for route in self.model(model_id).routes:
            if route.provider == provider_id:
                return route
        raise UnknownModel(f"{provider_id}/{model_id}", ())

    def provider(self, provider_id: str) -> Provider:
        """A provider by id.

        Raises:
            CatalogueError: there is none.
        """
        try:
            return self.providers[provider_id]
        except KeyError:
            raise CatalogueError(f"no provider {provider_id!r}") from None

    def sounds_for(self, kind: ServiceKind) -> tuple[SoundRoute, ...]:
        """The sound services of one kind, retired ones too."""
        return tuple(sound for sound in self.sounds if kind in sound.kinds)

    def nearest(self, name: str, *, count: int = 3) -> tuple[str, ...]:
        """Model ids that look most like `name`, best first."""
        spelled: dict[str, str] = {**{i: i for i in self.by_id}, **self.aliases}
        close = difflib.get_close_matches(_plain(name), spelled, n=count * 2, cutoff=0.5)
        return _unique(spelled[word] for word in close)[:count]


def _plain(name: str) -> str:
    return "-".join(name.strip().lower().replace("_", " ").split())


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
