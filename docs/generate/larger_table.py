"""What makes clips larger, from the catalogue: a model its own clips, an upscaler any clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from docs.generate.model_table import per_ten_seconds, usable
from providers.catalogue import Catalogue, Model, Provider, Route, Shape

_HEAD = """
## Larger clips

| how | models |
|---|---|"""

_ANY = """
Kling, Seedance, Veo and the gateways document no call that makes a finished clip of theirs larger (looked
for on 2026-11-28). Under such a clip, and under one of the built-in renderer, *Upscale* asks one of these,
the cheapest that has a key and takes the clip:

| upscaler | by | key | from → to, for a second | clip | checked | sources |
|---|---|---|---|---|---|---|"""

_KEPT = """
Nobody says whether they keep the sound, so it does not hang on them: only their picture is taken, and the
packets of the clip's own sound are put back onto it bit for bit. If the copy is more than 50 ms longer or
shorter than the clip, or no larger, it is dropped and the credits come back; what the vendor takes for it
stays on the operator's budget. Neither `auto` nor `/generate` nor `/compare` offers them.

What comes as 10-bit HEVC (Seedance 2.0 in 4k) is kept as it is for *Original file*; the chat is given a copy
that every device plays.
"""


def larger_table(catalogue: Catalogue) -> Iterator[str]:
    """The section, line by line."""
    yield _HEAD
    makers = list(usable(catalogue))
    yield f"| *Upscale* under a clip that the model made | {_sizes(catalogue, makers, upscale=True)} |"
    yield "| *Upscale* under any other clip | the upscalers below |"
    yield f"| `resolution` 4k when it is made | {_sizes(catalogue, makers, upscale=False)} |"
    yield _ANY
    for model, routes in usable(catalogue, enlarging=True):
        for route in routes:
            yield _row(model, route, catalogue.provider(route.provider))
    yield _KEPT


def _sizes(catalogue: Catalogue, models: Iterable[tuple[Model, tuple[Route, ...]]], *, upscale: bool) -> str:
    named = []
    for model, routes in models:
        ways = []
        for route in routes:
            shapes = [shape for shape in route.offered if ("upscale" in shape.modes) is upscale]
            sizes = dict.fromkeys(size for shape in shapes for size in shape.resolutions)
            if upscale and sizes:
                ways.append(f"to {' or '.join(sizes)}")
            elif "4k" in sizes:
                ways.append(catalogue.provider(route.provider).name)
        if ways:
            named.append(f"{model.name} `{model.id}` ({', '.join(ways)})")
    return ", ".join(named) or "none"


def _row(model: Model, route: Route, provider: Provider) -> str:
    window = route.window("source-video", "upscale")
    limits = []
    if window is not None and window.max_seconds:
        limits.append(f"{window.max_seconds:g} s")
    if window is not None and window.max_bytes:
        limits.append(f"{window.max_bytes / 1_000_000:g} MB")
    life = route.lifecycle
    links = (
        f"[{number}]({source})" if source.startswith("http") else source
        for number, source in enumerate(life.sources, 1)
    )
    cells = (
        f"{model.name} `{model.id}`",
        provider.name,
        " and ".join(f"`{name}`" for name in provider.env),
        "; ".join(_step(route, shape) for shape in route.shapes),
        f"at most {', '.join(limits)}" if limits else "not said",
        life.checked.isoformat(),
        ", ".join(links),
    )
    return f"| {' | '.join(cells)} |"


def _step(route: Route, shape: Shape) -> str:
    size = shape.resolutions[0]
    price = "set by the operator"
    if not shape.by_operator:
        second = per_ten_seconds(route, shape, size) / 10
        price = f"${second.quantize(Decimal('0.0001'), ROUND_HALF_UP).normalize()}"
        least = next((row.minimum for row in route.prices if row.minimum), None)
        price += f", at least {least} s" if least else ""
    pace = f", {shape.fps} frames a second" if shape.fps else ""
    known = dict.fromkeys((shape.sources[0], shape.sources[-1]))
    return f"{'–'.join(known)} → {size} ({price}{pace})"
