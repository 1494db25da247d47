"""What planning depends on beside the wish, and what an offer looks like. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from bot.core.arena import Question, Table
from bot.core.desk import House
from bot.core.model import AudioAs, Purse
from bot.core.ports.hearing import Deaf
from bot.core.records import RouteHealth
from bot.core.switches import Off
from providers.catalogue import Catalogue

# Why a recording cannot be used in a way that no other words and no more files would open.
HOPELESS: Final = frozenset({"audio_not_taken", "no_transcriber", "no_voice_maker"})
# What the bot makes of a recording that a model does not take: it lays it under the clip.
OWN_SOUND: Final[frozenset[AudioAs]] = frozenset({"soundtrack"})


@dataclass(frozen=True, kw_only=True)
class PlanContext:
    """The world as a plan sees it.

    Attributes:
        catalogue: all models.
        house: the operator's choices.
        has_key: whether a provider's variables are set.
        missing_env: names of a provider's variables that are not set.
        health: by route id; a route that is absent was never used.
        now_ms: milliseconds since 1970.
        today: the day whose prices and lifecycles count (UTC).
        allowed: model ids the server offers; None = all.
        denied: model ids it does not.
        default_model: the server's choice for `auto`, or "".
        paid_ok: whether `auto` may choose what costs credits.
        own_sound: what the bot itself can make of a recording that the route does not take.
        links: whether a vendor can fetch files from an address of this bot.
        off: what the operator or an admin has turned off.
        learned: how the models stand by the votes of this server, by question.
        deaf: why no recording can be turned into words; None = it can.
    """

    catalogue: Catalogue
    house: House
    has_key: Callable[[str], bool]
    missing_env: Callable[[str], tuple[str, ...]]
    now_ms: int
    today: date
    health: Mapping[str, RouteHealth] = field(default_factory=dict)
    allowed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()
    default_model: str = ""
    paid_ok: bool = True
    own_sound: frozenset[AudioAs] = frozenset()
    links: bool = False
    off: Off = field(default_factory=Off)
    learned: Mapping[Question, Table] = field(default_factory=dict)
    deaf: Deaf | None = field(default_factory=Deaf)

    def permits(self, model_id: str) -> bool:
        """Whether the server offers a model."""
        return model_id not in self.denied and (self.allowed is None or model_id in self.allowed)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One living model beside a half-spoken wish.

    Attributes:
        model, name: our id and what is shown.
        purse: which credits pay.
        sound: whether it makes sound itself.
        credits: the price of this wish; None if it cannot be met.
        why_not: code of the refusal, or "".
        facts: of the refusal.
    """

    model: str
    name: str
    purse: Purse
    sound: Literal["native", "silent"]
    credits: int | None
    why_not: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
