"""The table of sound makers in `docs/models.md`, from the catalogue. It adds no facts of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import get_args

from providers.base import SoundKind
from providers.catalogue import Catalogue, Price, ServiceKind, SoundRoute

_KINDS: Mapping[ServiceKind, str] = {
    "speech": "speech",
    "effect": "effects",
    "music": "music",
    "foley": "sound of the picture",
    "lips": "lips to a recording",
    "clone": "a voice of a recording",
    "transcript": "words of a recording",
}
_UNITS = {
    "second": "a second",
    "clip": "a piece",
    "thousand_characters": "1000 characters",
    "input_second": "a second of the recording",
    "started_5_seconds": "5 seconds begun",
}
_INTRO = """
## Sound makers

For clips of models that make no sound, and for *New sound*. They are tried in this order unless the operator
says otherwise (`TALKREEL_SOUND_WITH`); for what is heard all along, those that see the picture come first.
The built-in one is last and costs nothing.

"""
_BESIDE = """
Beside them, for recordings that members send:

"""
_HEAD = """\
| maker | makes | seconds | characters | languages | price | key | checked |
|---|---|---|---|---|---|---|---|"""


def sound_table(catalogue: Catalogue) -> Iterator[str]:
    """Headings and one row for each living route that this version can use."""
    usable = [
        route
        for route in catalogue.sounds
        if catalogue.provider(route.provider).adapter
        and route.alive_on(route.checked)
        and route.kinds & _KINDS.keys()
    ]
    makers = [route for route in usable if route.kinds & set(get_args(SoundKind))]
    for intro, routes in ((_INTRO, makers), (_BESIDE, [one for one in usable if one not in makers])):
        if routes:
            yield intro + _HEAD
            yield from (_row(catalogue, route) for route in routes)


def _row(catalogue: Catalogue, route: SoundRoute) -> str:
    keys = " and ".join(f"`{name}`" for name in catalogue.provider(route.provider).env) or "none"
    unsaid = route.third_party and "unofficial" not in route.name
    named = f"{route.name} `{route.id}`" + (", an unofficial gateway" if unsaid else "")
    cells = (
        named,
        ", ".join(words for kind, words in _KINDS.items() if kind in route.kinds),
        _seconds(route),
        str(route.max_chars) if route.max_chars and "clone" not in route.kinds else "not limited",
        ", ".join(route.languages) or ("any" if "speech" in route.kinds else "—"),
        _prices(route),
        keys,
        route.checked.isoformat(),
    )
    return f"| {' | '.join(cells)} |"


def _seconds(route: SoundRoute) -> str:
    """Of what it makes; of the recording where it makes a voice of one."""
    window = route.window("voice") if "clone" in route.kinds else None
    if window is None:
        return _span(route.min_seconds, route.max_seconds)
    return _span(window.min_seconds or 0.0, window.max_seconds or 0.0)


def _span(least: float, most: float) -> str:
    if most:
        return f"{least:g}–{most:g}" if least else f"at most {most:g}"
    return f"at least {least:g}" if least else "not limited"


def _prices(route: SoundRoute) -> str:
    if route.by_operator:
        return "set by the operator"
    rows = [row for row in route.prices if _holds(row, route.checked)]
    if not any(row.amount for row in rows):
        return "free"
    base, more = ([row for row in rows if row.extra is extra] for extra in (False, True))
    said = "; ".join(_price(row, named=len(route.kinds) > 1) for row in base)
    return " and ".join((said, *(_price(row, named=False) for row in more)))


def _holds(row: Price, on: date) -> bool:
    return row.since <= on and (row.until is None or on < row.until)


def _price(row: Price, *, named: bool) -> str:
    amount = row.amount if row.credits is None else (row.amount * row.credits).normalize() + Decimal("0.00")
    unit = _UNITS[row.per if row.unit == "vendor_credit" else row.unit]
    money = f"${amount:f}" if row.currency == "USD" else f"{amount:f} {row.currency}"
    whom = ", ".join(_KINDS[kind] for kind in row.when.kinds) if named else ""
    least = f", at least {row.minimum:f}" if row.minimum is not None else ""
    return f"{whom + ': ' if whom else ''}{money} for {unit}{least}"
