"""The README's model table, from the catalogue. Prices are those of the day on which they were checked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from providers.base import MediaInput, VideoRequest
from providers.catalogue import Catalogue, Model, Route, Shape, load, price

README_MARK = "models"
_HEAD = "| model | sound of its own | languages | takes audio | up to | price per 10 s | by | checked |"


def model_table() -> str:
    """One row for each living model that this version can use."""
    catalogue = load()
    rows = [_row(catalogue, model, routes) for model, routes in usable(catalogue)]
    return "\n".join((_HEAD, "|---|---|---|---|---|---|---|---|", *rows))


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


def usable(catalogue: Catalogue, *, enlarging: bool = False) -> Iterator[tuple[Model, tuple[Route, ...]]]:
    """The models that live and can be reached, each with its ways, the model's home first.

    Those that make clips, or with `enlarging` those that only make finished ones larger.
    """
    for model in catalogue.models():
        if model.enlarges_only is not enlarging:
            continue
        routes = tuple(
            route
            for route in model.routes
            if catalogue.provider(route.provider).adapter and route.alive_on(route.lifecycle.checked)
        )
        if routes:
            yield model, routes


def _row(catalogue: Catalogue, model: Model, routes: tuple[Route, ...]) -> str:
    home = routes[0]
    cells = (
        f"{model.name} `{model.id}`",
        ", ".join(home.audio.kinds) or "yes" if home.audio.native else "no",
        ", ".join(home.audio.languages) or "not stated",
        ", ".join(home.audio.references) or "no",
        f"{max((max(shape.seconds) for shape in home.shapes), default=0)} s",
        price_range(*routes),
        ", ".join(catalogue.provider(route.provider).name for route in routes),
        min(route.lifecycle.checked for route in routes).isoformat(),
    )
    return "| " + " | ".join(cells) + " |"


def price_range(*routes: Route) -> str:
    """What ten seconds cost, from the cheapest shape of these ways to the dearest."""
    found = [
        per_ten_seconds(route, shape, size)
        for route in routes
        for shape in route.offered
        for size in shape.resolutions
    ]
    if not found:
        return "set by the operator"
    paid = [usd for usd in found if usd]
    if not paid:
        return "free"
    low, high = cents(min(paid)), cents(max(paid))
    told = f"${low}" if low == high else f"${low}–{high}"
    return told if len(paid) == len(found) else f"free or {told}"


def per_ten_seconds(route: Route, shape: Shape, resolution: str) -> Decimal:
    """US dollars for ten seconds of a shape in one size, by its length nearest to ten seconds."""
    seconds = min(shape.seconds, key=lambda length: (abs(length - 10), length))
    request = VideoRequest(
        model=route.model,
        prompt="x",
        mode=shape.modes[0],
        seconds=seconds,
        aspect=shape.aspects[0],
        resolution=resolution,
        sound=shape.sound[0],
        media=_recording() if shape.audio_input else (),
    )
    return price(route, request, route.lifecycle.checked).usd * 10 / seconds


def _recording() -> tuple[MediaInput]:
    """What a shape that is led by a recording cannot be priced without."""
    return (MediaInput(role="reference-audio", kind="audio", path=Path(), mime="audio/mpeg", size_bytes=1),)


def cents(usd: Decimal) -> Decimal:
    """To the cent."""
    return usd.quantize(Decimal("0.01"), ROUND_HALF_UP)
