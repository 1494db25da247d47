"""The README's model table, from the catalogue. Prices are those of the day on which they were checked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from providers.base import VideoRequest
from providers.catalogue import Catalogue, Route, Shape, load, price

README_MARK = "models"
_HEAD = "| model | sound of its own | languages | takes audio | up to | price per 10 s | checked |"


def model_table() -> str:
    """One row for each way to reach a living model that this version can use."""
    rows = [_row(route) for route in _routes(load())]
    return "\n".join((_HEAD, "|---|---|---|---|---|---|---|", *rows))


def put_between(text: str, mark: str, content: str) -> str:
    """Replace what stands between `<!-- mark -->` and `<!-- /mark -->`.

    Raises:
        ValueError: the marks are not there.
    """
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    head, found, rest = text.partition(start)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{start} … {end} is missing")
    return f"{head}{start}\n{content}\n{end}{tail}"


def _routes(catalogue: Catalogue) -> Iterator[Route]:
    for model in catalogue.models():
        for route in model.routes:
            if catalogue.provider(route.provider).adapter and route.alive_on(route.lifecycle.checked):
                yield route


def _row(route: Route) -> str:
    name = route.name if not route.gateway else f"{route.name} ({route.provider})"
    cells = (
        f"{name} `{route.model}`",
        ", ".join(route.audio.kinds) or "yes" if route.audio.native else "no",
        ", ".join(route.audio.languages) or "not stated",
        ", ".join(route.audio.references) or "no",
        f"{max((max(shape.seconds) for shape in route.shapes), default=0)} s",
        _price(route),
        route.lifecycle.checked.isoformat(),
    )
    return "| " + " | ".join(cells) + " |"


def _price(route: Route) -> str:
    if not route.offered:
        return "set by the operator"
    found = [_per_ten_seconds(route, shape, size) for shape in route.offered for size in shape.resolutions]
    low, high = min(found), max(found)
    if high == 0:
        return "free"
    return f"${_cents(low)}" if _cents(low) == _cents(high) else f"${_cents(low)}–{_cents(high)}"


def _per_ten_seconds(route: Route, shape: Shape, resolution: str) -> Decimal:
    seconds = min(shape.seconds, key=lambda length: (abs(length - 10), length))
    request = VideoRequest(
        model=route.model,
        prompt="x",
        mode=shape.modes[0],
        seconds=seconds,
        aspect=shape.aspects[0],
        resolution=resolution,
        sound=shape.sound[0],
    )
    return price(route, request, route.lifecycle.checked).usd * 10 / seconds


def _cents(usd: Decimal) -> Decimal:
    return usd.quantize(Decimal("0.01"), ROUND_HALF_UP)
