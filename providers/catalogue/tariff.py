"""Price rows as frozen values. What they come to for a request is worked out in `pricing.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from providers.base import Mode
from providers.catalogue.facts import ServiceKind

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
    voices: bool | None = None


@dataclass(frozen=True, kw_only=True)
class TokenRule:
    """How a vendor counts video tokens: width * height * (fps * seconds + extra_frames) / divisor.

    Attributes:
        fps, extra_frames, divisor: as in the formula.
        count_input: whether the seconds of clips given count as well.
        least: the fewest seconds that are counted, as a share of the clip's own; None = no such rule.
        whole: whether that number of seconds is rounded up to a whole one.
    """

    fps: int = 24
    extra_frames: int = 0
    divisor: int = 1024
    count_input: bool = False
    least: Fraction | None = None
    whole: bool = False


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
