"""What a request costs: rows that match are added, exactly one of them is the base.

Amounts are exact decimals in US dollars; credits, mark-up and rounding are the bot's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from providers.base import Mode, VideoRequest
from providers.catalogue.abilities import check
from providers.catalogue.facts import CatalogueError, PriceUnknown, ServiceKind
from providers.catalogue.model import Route
from providers.catalogue.sound_route import SoundRoute
from providers.catalogue.tariff import Fx, Price, TokenRule, Unit, When

MILLION = Decimal(1_000_000)
THOUSAND = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class PriceResult:
    """A price: the sum in US dollars and the ids of the rows it is made of, base first."""

    usd: Decimal
    rows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The facts of a request that a price can depend on."""

    mode: Mode | None = None
    kind: ServiceKind | None = None
    resolution: str = ""
    aspect: str = ""
    seconds: Decimal = Decimal(0)
    sound: bool = False
    image_input: bool = False
    audio_input: bool = False
    video_input: bool = False
    voices: bool = False
    input_seconds: Decimal = Decimal(0)
    images: int = 0
    characters: int = 0


def usage_of(request: VideoRequest) -> Usage:
    """The priced facts of a clip."""
    kinds = [item.kind for item in request.media]
    return Usage(
        mode=request.mode,
        resolution=request.resolution,
        aspect=request.aspect,
        seconds=Decimal(request.seconds),
        sound=request.sound,
        image_input="image" in kinds,
        audio_input="audio" in kinds,
        video_input="video" in kinds,
        voices=bool(request.voices),
        input_seconds=Decimal(request.input_seconds),
        images=kinds.count("image"),
        characters=len(request.prompt),
    )


def price(route: Route, request: VideoRequest, on: date) -> PriceResult:
    """What a clip costs on a day.

    Raises:
        PriceUnknown: the operator has to set it.
        CatalogueError: no base row matches, or several do.
    """
    if not route.offered:
        raise PriceUnknown(f"{route.id}: the price has to be set by the operator")
    return price_usage(route, usage_of(request), on)


def price_counted(
    route: Route, request: VideoRequest, on: date, counted: Mapping[str, Decimal]
) -> Decimal | None:
    """What a clip costs in US dollars by what the vendor says it counted.

    None where it did not count what its price list counts, or the price has to be set by the operator.

    Args:
        route, request, on: as in `price`.
        counted: amounts by unit.
    """
    try:
        rows = _matching(route, usage_of(request), on)
    except CatalogueError:
        return None
    if counted.get(rows[0].unit) is None:
        return None
    usage = usage_of(request)
    parts = (
        (counted[row.unit] if row.unit in counted else _quantity(row, usage, route))
        * row.amount
        * _rate(route.fx, row.currency, on)
        for row in rows
    )
    return sum(parts, Decimal(0))


def price_without_sound(route: Route, request: VideoRequest, on: date) -> PriceResult | None:
    """What the same clip costs without sound, to give the sound share back.

    None where the vendor cannot leave the sound out, or does not take less for it.
    """
    if not request.sound:
        return None
    silent = replace(request, sound=False)
    if check(route, silent):
        return None
    with_sound, without = price(route, request, on), price(route, silent, on)
    return without if without.usd < with_sound.usd else None


def price_usage(route: Route | SoundRoute, usage: Usage, on: date) -> PriceResult:
    """The sum of all rows in force on a day that match; errors as in `price`."""
    if isinstance(route, SoundRoute) and route.by_operator:
        raise PriceUnknown(f"{route.id}: the price has to be set by the operator")
    usd, ids = Decimal(0), []
    for row in _matching(route, usage, on):
        part = _quantity(row, usage, route) * row.amount * _rate(route.fx, row.currency, on)
        if part or not row.extra:
            usd += part
            ids.append(row.id)
    return PriceResult(usd=usd, rows=tuple(ids))


def _matching(route: Route | SoundRoute, usage: Usage, on: date) -> list[Price]:
    """The rows for a request, the base first."""
    rows = [row for row in in_force(route.prices, on) if matches(row.when, usage)]
    base = [row for row in rows if not row.extra]
    if len(base) != 1:
        found = ", ".join(row.id for row in base) or "none"
        raise CatalogueError(f"{route.id}: one base price must match on {on}, found {found}: {_told(usage)}")
    return sorted(rows, key=lambda row: row.extra)


def in_force(prices: Iterable[Price], on: date) -> tuple[Price, ...]:
    """The rows that hold on a day: of those for the same requests the newest one."""
    newest: dict[tuple[When, bool, Unit | None], Price] = {}
    for row in prices:
        if row.since > on or (row.until is not None and on >= row.until):
            continue
        key = (row.when, row.extra, row.unit if row.extra else None)
        if key not in newest or row.since > newest[key].since:
            newest[key] = row
    return tuple(newest.values())


def matches(when: When, usage: Usage) -> bool:
    """Whether a row is for this request."""
    flags = (
        (when.sound, usage.sound),
        (when.image_input, usage.image_input),
        (when.audio_input, usage.audio_input),
        (when.video_input, usage.video_input),
        (when.voices, usage.voices),
    )
    return (
        (not when.modes or usage.mode in when.modes)
        and (not when.kinds or usage.kind in when.kinds)
        and (not when.resolutions or usage.resolution in when.resolutions)
        and (not when.aspects or usage.aspect in when.aspects)
        and (not when.seconds or any(low <= usage.seconds <= high for low, high in when.seconds))
        and all(wanted is None or wanted == has for wanted, has in flags)
    )


def _quantity(row: Price, usage: Usage, route: Route | SoundRoute) -> Decimal:
    unit = row.per if row.unit == "vendor_credit" else row.unit
    amount = _count(unit, row, usage, route)
    if amount and row.minimum is not None:
        amount = max(amount, row.minimum)
    if row.maximum is not None:
        amount = min(amount, row.maximum)
    return amount * row.credits if row.credits is not None else amount


def _count(unit: Unit, row: Price, usage: Usage, route: Route | SoundRoute) -> Decimal:
    match unit:
        case "second":
            return usage.seconds
        case "input_second":
            return usage.input_seconds
        case "input_image":
            return Decimal(max(0, usage.images - row.free))
        case "started_5_seconds":
            return (usage.seconds / 5).to_integral_value(rounding="ROUND_CEILING")
        case "thousand_characters":
            return usage.characters / THOUSAND
        case "million_tokens":
            if row.tokens is None:
                raise CatalogueError(f"{row.id}: the row does not say how tokens are counted")
            return _tokens(row.tokens, usage, _size(route, usage)) / MILLION
        case "clip" | "vendor_credit":
            return Decimal(1)


def _tokens(rule: TokenRule, usage: Usage, size: tuple[int, int]) -> Decimal:
    seconds = usage.seconds + (usage.input_seconds if rule.count_input else 0)
    if rule.least is not None:
        least = usage.seconds * rule.least.numerator / rule.least.denominator
        seconds = max(seconds, least.to_integral_value(rounding="ROUND_CEILING") if rule.whole else least)
    exact = size[0] * size[1] * (rule.fps * seconds + rule.extra_frames) / Decimal(rule.divisor)
    return exact.to_integral_value(rounding="ROUND_CEILING")


def _size(route: Route | SoundRoute, usage: Usage) -> tuple[int, int]:
    """Pixels of the clip. Where the picture decides the aspect, the largest one is priced."""
    sizes = route.pixels.get(usage.resolution, {}) if isinstance(route, Route) else {}
    if usage.aspect in sizes:
        return sizes[usage.aspect]
    if usage.aspect == "auto" and sizes:
        return max(sizes.values(), key=lambda size: size[0] * size[1])
    raise CatalogueError(f"{route.id}: no pixel size for {usage.resolution} {usage.aspect}")


def _rate(rates: Iterable[Fx], currency: str, on: date) -> Decimal:
    if currency == "USD":
        return Decimal(1)
    known = [rate for rate in rates if rate.currency == currency and rate.since <= on]
    if not known:
        raise CatalogueError(f"no exchange rate for {currency} on {on}")
    return max(known, key=lambda rate: rate.since).usd


def _told(usage: Usage) -> str:
    facts: tuple[object, ...] = (usage.mode or usage.kind, usage.resolution, usage.aspect)
    said = " ".join(str(fact) for fact in facts if fact)
    inputs = "".join(
        f" with {name}"
        for name, given in (
            ("image", usage.image_input),
            ("audio", usage.audio_input),
            ("video", usage.video_input),
        )
        if given
    )
    return f"{said} {usage.seconds} s sound {'on' if usage.sound else 'off'}{inputs}"
