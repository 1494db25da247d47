"""Price tables → frozen rows: `[[….price]]` and `[[fx]]`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, get_args

from providers.base import MODES, SoundKind
from providers.catalogue.table import Table
from providers.catalogue.tariff import Fx, Price, TokenRule, Unit, When

SERVICE_KINDS: tuple[str, ...] = (*get_args(SoundKind), "transcript", "lips", "clone")
EXTRA_UNITS = ("input_second", "input_image", "started_5_seconds")


def read_fx(table: Table) -> Fx:
    """`[[fx]]`: a dated exchange rate."""
    rate = Fx(currency=table.text("currency"), since=table.day("since"), usd=table.amount("usd"))
    table.finish()
    return rate


def read_prices(table: Table, owner: str) -> tuple[Price, ...]:
    """`[[….price]]`: all rows; two rows for the same requests from the same day are an error."""
    prices: list[Price] = []
    for row in table.tables("price"):
        price = _read_price(row, owner)
        for other in prices:
            same_unit = not price.extra or other.unit == price.unit
            if (other.when, other.extra, other.since) == (price.when, price.extra, price.since) and same_unit:
                row.fail("since", f"another row for the same requests starts on {price.since}")
        prices.append(price)
    if not prices:
        table.fail("price", 'is missing: write [[price]] rows or "operator"')
    return tuple(prices)


def _read_price(table: Table, owner: str) -> Price:
    unit = table.choice("unit", get_args(Unit))
    since, amount, currency = table.day("since"), table.amount("amount"), table.text("currency", "USD")
    condition = table.table("when")
    said = " ".join(f"{key}={_said(value)}" for key, value in condition.data.items())
    price = Price(
        id=f"{owner} {since} {unit} {amount} {currency}" + (f" when {said}" if said else ""),
        since=since,
        until=table.maybe_day("until"),
        unit=unit,
        amount=amount,
        currency=currency,
        extra=table.flag("extra", unit in EXTRA_UNITS),
        when=_read_when(condition),
        free=table.whole("free", 0),
        minimum=table.maybe_amount("minimum"),
        maximum=table.maybe_amount("maximum"),
        credits=table.maybe_amount("credits"),
        per=table.choice("per", get_args(Unit), "clip"),
        tokens=_read_tokens(table.table("tokens")) if table.has("tokens") else None,
    )
    table.finish()
    if (unit == "vendor_credit") != (price.credits is not None):
        table.fail("credits", "belongs to rows of unit vendor_credit, and only to them")
    counted = price.per if unit == "vendor_credit" else unit
    if (counted == "million_tokens") != (price.tokens is not None):
        table.fail("tokens", "belongs to rows that count million_tokens, and only to them")
    if price.until is not None and price.until <= since:
        table.fail("until", "must be later than since")
    return price


def _said(value: Any) -> str:
    """A condition as it stands in the row's id: on, 1080p, 5|10, 4-8."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return "|".join(str(item) for item in value)
    if isinstance(value, dict):
        return f"{value.get('min', '')}-{value.get('max', '')}"
    return str(value)


def _read_when(table: Table) -> When:
    when = When(
        modes=table.words("mode", MODES),
        resolutions=table.words("resolution"),
        aspects=table.words("aspect"),
        seconds=_read_spans(table),
        kinds=table.words("kind", SERVICE_KINDS),
        sound=table.maybe_flag("sound"),
        image_input=table.maybe_flag("image_input"),
        audio_input=table.maybe_flag("audio_input"),
        video_input=table.maybe_flag("video_input"),
        voices=table.maybe_flag("voices"),
    )
    table.finish()
    return when


def _read_spans(table: Table) -> tuple[tuple[int, int], ...]:
    value = table.data.get("seconds")
    if isinstance(value, dict):
        span = table.table("seconds")
        pair = (span.whole("min", 0), span.whole("max", 1_000_000))
        span.finish()
        return (pair,)
    if value is None:
        return ()
    if not isinstance(value, list):
        value = [value]
    if any(not isinstance(length, int) or isinstance(length, bool) for length in value):
        table.fail("seconds", "must be whole seconds, a list of them or { min = 4, max = 8 }")
    table.raw("seconds")
    return tuple((length, length) for length in value)


def _read_tokens(table: Table) -> TokenRule:
    least = table.table("least")
    share = Fraction(least.whole("seconds", 0), least.whole("of", 1, least=1)) if least.data else None
    rule = TokenRule(
        fps=table.whole("fps", 24, least=1),
        extra_frames=table.whole("extra_frames", 0),
        divisor=table.whole("divisor", 1024, least=1),
        count_input=table.flag("count_input", False),
        least=share,
        whole=least.flag("whole", False),
    )
    least.finish()
    table.finish()
    return rule
