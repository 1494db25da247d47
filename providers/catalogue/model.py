"""Providers, routes, models and the catalogue that holds them, as frozen values.

Reading files is `reader.py` and `loader.py`, abilities are `abilities.py`, money is `pricing.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from providers.base import Mode, Role
from providers.catalogue.facts import (
    Audio,
    Cancel,
    CatalogueError,
    Defaults,
    Lifecycle,
    Lost,
    NameLimit,
    Purse,
    ServiceKind,
    Shape,
    ShotLimit,
    Status,
    TextLimit,
    Topic,
    UnknownModel,
    Upload,
    Window,
)
from providers.catalogue.sound_route import SoundRoute
from providers.catalogue.tariff import Fx, Price


@dataclass(frozen=True, kw_only=True)
class PollPace:
    """When to ask how a job stands.

    Attributes:
        first_seconds: wait before the first question.
        every_seconds: then the shortest interval.
        slowest_seconds: the longest; intervals grow towards it with the age of the job. 0 = they do not.
        deadline_seconds: when to give up.
        per_second: calls that the vendor takes from one key in a second, all its jobs together.
        batch: jobs that one call can ask about.
    """

    first_seconds: float
    every_seconds: float
    deadline_seconds: float
    slowest_seconds: float = 0.0
    per_second: float = 10.0
    batch: int = 1


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
        uploads_public: whoever has the address of an uploaded file can read it.
        cancel: how long a job can still be stopped.
        billed_when_moderated: whether a refused result is charged.
        quotes: whether it tells the price of a request before it is made; the rows then only serve to choose.
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
    uploads_public: bool = False
    cancel: Cancel = "never"
    billed_when_moderated: bool = False
    quotes: bool = False
    quality: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One way to reach one model. Values a provider sets for all its routes are filled in here.

    Attributes:
        model: our id of the model. provider: our id of the provider.
        name: shown to people. api_name: sent on the wire.
        gateway: serves a model whose home is another provider.
        prompt: longest prompt. negative: longest negative prompt; None = not taken.
        seed: whether a seed is taken. shots: None = one shot only.
        names: which names of the vendor's account a prompt can use; None = not limited.
        voices: how many voices of the account can speak, and in which modes; None = none.
        pixels: resolution → aspect → (width, height), where the vendor states them.
        prices: all rows, past and coming. fx: the rates these rows may need.
        strengths: topic → 0 to 100, read by the choice of `auto`.
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
    names: NameLimit | None = None
    voices: NameLimit | None = None
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
    def enlarges_only(self) -> bool:
        """Whether all it does is to make finished clips larger, whoever made them."""
        return bool(self.shapes) and all(shape.modes == ("upscale",) for shape in self.shapes)

    @property
    def sound_switchable(self) -> bool:
        """Whether the vendor can be asked for the same clip with and without sound."""
        return any(len(shape.sound) == 2 for shape in self.offered)

    def alive_on(self, on: date) -> bool:
        """Whether it can be used on a day."""
        return self.lifecycle.status_on(on) != "retired"

    def voices_in(self, mode: Mode, *, sound: bool) -> int:
        """How many voices of the account can speak in a clip that is made like this."""
        limit = self.voices
        fits = limit is not None and sound and (not limit.modes or mode in limit.modes)
        return limit.max if limit is not None and fits else 0

    def window(self, role: Role, mode: Mode | None = None) -> Window | None:
        """The limits for files of a role (in a mode), or None if they are not taken."""
        for window in self.windows:
            if window.role == role and (mode is None or not window.modes or mode in window.modes):
                return window
        return None


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

    @property
    def enlarges_only(self) -> bool:
        """Whether it makes no clips of its own but finished ones larger; never offered for a prompt."""
        return all(route.enlarges_only for route in self.routes)

    def living(self, on: date) -> tuple[Route, ...]:
        """The routes that can be used on a day."""
        return tuple(route for route in self.routes if route.alive_on(on))

    @property
    def replaced_by(self) -> str:
        """Our id of the successor, or ""."""
        return next((r.lifecycle.replaced_by for r in self.routes if r.lifecycle.replaced_by), "")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything known about providers, models and makers of sound.

    `sounds` has the order in which they are tried unless the operator says otherwise: that of the files, and
    what costs nothing last.
    """

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
        key = plain_name(name)
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

    def sound(self, route_id: str) -> SoundRoute:
        """A sound route by its id.

        Raises:
            UnknownModel: there is none; with the most similar ids.
        """
        for route in self.sounds:
            if route.id == route_id:
                return route
        known = [route.id for route in self.sounds]
        raise UnknownModel(route_id, tuple(difflib.get_close_matches(route_id, known, cutoff=0.5)))

    def sounds_for(self, kind: ServiceKind) -> tuple[SoundRoute, ...]:
        """The sound services of one kind, retired ones too."""
        return tuple(sound for sound in self.sounds if kind in sound.kinds)

    def nearest(self, name: str, *, count: int = 3) -> tuple[str, ...]:
        """Model ids that look most like `name`, best first."""
        spelled: dict[str, str] = {**{i: i for i in self.by_id}, **self.aliases}
        close = difflib.get_close_matches(plain_name(name), spelled, n=count * 2, cutoff=0.5)
        return _unique(spelled[word] for word in close)[:count]


def plain_name(name: str) -> str:
    """A name as ids are written: lower case, with dashes."""
    return "-".join(name.strip().lower().replace("_", " ").split())


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
