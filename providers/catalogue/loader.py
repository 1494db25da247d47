"""Files → catalogue. Shipped files first, then the operator's on top, then checks across files.

A file of the operator has the same schema. It replaces single keys of `[provider]` and of a
`[[model]]` or `[[sound]]` with the same id (lists such as `price` as a whole), and may add new ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from providers.catalogue.audit import is_priced
from providers.catalogue.facts import CatalogueError
from providers.catalogue.model import Catalogue, Model, Provider, Route, plain_name
from providers.catalogue.price_reader import read_fx
from providers.catalogue.reader import read_provider, read_route
from providers.catalogue.sound_reader import read_sound
from providers.catalogue.sound_route import SoundRoute
from providers.catalogue.table import Table
from providers.catalogue.tariff import Fx

DATA = Path(__file__).resolve().parent.parent / "data"

# Facts about a way of reaching a model: a gateway never inherits them from the model's home.
OWN_KEYS = (
    "aliases",
    "api_name",
    "status",
    "retires",
    "replaced_by",
    "checked",
    "sources",
    "confidence",
    "price",
    "voices",
    "lost",
    "link_seconds",
    "billed_when_moderated",
    "cancel",
    "options",
)


@dataclass(kw_only=True)
class _Source:
    """All that is written about one provider, by us and by the operator."""

    provider: Table
    quality: Table
    models: dict[str, Table] = field(default_factory=dict)
    sounds: dict[str, Table] = field(default_factory=dict)


def load(override_dir: Path | None = None, *, data_dir: Path = DATA) -> Catalogue:
    """Read the catalogue.

    Args:
        override_dir: the operator's files, or None.
        data_dir: the shipped files.

    Raises:
        CatalogueError: names the file, the table and the key.
    """
    sources: dict[str, _Source] = {}
    rates: dict[tuple[str, date], Fx] = {}
    for path in sorted(data_dir.glob("*.toml")):
        _read_file(path, sources, rates, override=False)
    if override_dir is not None:
        if not override_dir.is_dir():
            raise CatalogueError(f"{override_dir}: is not a folder")
        for path in sorted(override_dir.glob("*.toml")):
            _read_file(path, sources, rates, override=True)
    return _build(sources, tuple(rates.values()))


def _read_file(
    path: Path, sources: dict[str, _Source], rates: dict[tuple[str, date], Fx], *, override: bool
) -> None:
    try:
        with path.open("rb") as handle:
            root = Table(tomllib.load(handle), file=str(path), name="file")
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    for table in root.tables("fx"):
        rate = read_fx(table)
        key = (rate.currency, rate.since)
        if not override and key in rates and rates[key] != rate:
            table.fail("usd", "another file states a different rate for that day")
        rates[key] = rate
    if root.has("provider"):
        _add_source(root, sources, override=override)
    root.finish()


def _add_source(root: Table, sources: dict[str, _Source], *, override: bool) -> None:
    provider, quality = root.table("provider"), root.table("quality")
    provider.name, quality.name = "provider", "quality"
    identity = provider.text("id")
    known = sources.get(identity)
    if known is None:
        known = sources[identity] = _Source(provider=provider, quality=quality)
    elif not override:
        provider.fail("id", f"{identity!r} is already described in {known.provider.file}")
    else:
        known.provider = known.provider.overlaid(provider)
        known.quality = known.quality.overlaid(quality)
    for kind, tables in (("model", known.models), ("sound", known.sounds)):
        new: set[str] = set()
        for table in root.tables(kind):
            name = table.text("same_as") if table.has("same_as") else table.text("id")
            table.name = f"{kind} {name}"
            if name in new:
                table.fail("id", "is there twice")
            new.add(name)
            tables[name] = tables[name].overlaid(table) if name in tables else table


def _build(sources: dict[str, _Source], rates: tuple[Fx, ...]) -> Catalogue:
    homes = _homes(sources)
    providers: dict[str, Provider] = {}
    routes: dict[str, list[Route]] = {}
    sounds: list[SoundRoute] = []
    for identity, source in sources.items():
        provider = providers[identity] = read_provider(source.provider, source.quality)
        living = False
        for name, table in source.models.items():
            gateway = table.has("same_as")
            complete = _inherited(table, homes) if gateway else table
            route = _priced_shapes(read_route(complete, provider, rates, gateway=gateway))
            if route.model != plain_name(route.model):
                table.fail("id", f"must be written {plain_name(route.model)!r}")
            routes.setdefault(name, []).append(route)
            living = living or route.lifecycle.status != "retired"
        for table in source.sounds.values():
            sounds.append(read_sound(table, provider, rates))
            living = living or sounds[-1].lifecycle.status != "retired"
        if living and not provider.adapter:
            source.provider.fail("adapter", "is missing, and not all models are retired")
    _check_serving(sounds, routes)
    models = {name: _model(name, found) for name, found in routes.items()}
    _check_successors(models)
    sounds.sort(key=lambda sound: providers[sound.provider].purse == "free")
    return Catalogue(providers=providers, by_id=models, aliases=_aliases(models), sounds=tuple(sounds))


def _homes(sources: dict[str, _Source]) -> dict[str, Table]:
    """The entries that describe a model itself; there is one for each model."""
    homes: dict[str, Table] = {}
    for source in sources.values():
        for name, table in source.models.items():
            if table.has("same_as"):
                continue
            if name in homes:
                table.fail("id", f"{homes[name].file} describes it already; write same_as = {name!r}")
            homes[name] = table
    return homes


def _inherited(table: Table, homes: dict[str, Table]) -> Table:
    """A gateway's entry, completed with what it does not say from the model's home."""
    name = table.text("same_as")
    if name not in homes:
        table.fail("same_as", f"no file describes a model {name!r}")
    if table.has("id") and table.text("id") != name:
        table.fail("id", "is not written beside same_as")
    base = homes[name].without(*OWN_KEYS)
    for key, own in (("shape", ("api_name", "options", "fps")), ("input", ("upload", "kept_seconds", "by"))):
        if key in base.data:
            base.data[key] = [
                {item: value for item, value in row.items() if item not in own} for row in base.data[key]
            ]
    merged = base.overlaid(table.without("same_as"))
    merged.file, merged.name = table.file, table.name
    return merged


def _priced_shapes(route: Route) -> Route:
    """Offer shapes left to the operator as soon as the operator's rows price all of them."""
    if not route.prices:
        return route
    newest = max(row.since for row in route.prices)
    shapes = tuple(
        replace(shape, by_operator=False) if shape.by_operator and is_priced(route, shape, newest) else shape
        for shape in route.shapes
    )
    return replace(route, shapes=shapes)


def _model(name: str, routes: list[Route]) -> Model:
    ordered = tuple(sorted(routes, key=lambda route: route.gateway))
    return Model(id=name, name=ordered[0].name, routes=ordered)


def _check_serving(sounds: list[SoundRoute], routes: dict[str, list[Route]]) -> None:
    """A voice is used where it was made: each route that is named exists, at the same provider."""
    speaking = {sound.id for sound in sounds if "speech" in sound.kinds}
    known = speaking | {route.id for found in routes.values() for route in found}
    for sound in sounds:
        for name in sound.serves:
            if name not in known or not name.startswith(f"{sound.provider}/"):
                raise CatalogueError(
                    f"sound {sound.id}: serves {name!r}, which is no route of {sound.provider}"
                )


def _check_successors(models: dict[str, Model]) -> None:
    for model in models.values():
        if model.replaced_by and model.replaced_by not in models:
            raise CatalogueError(f"model {model.id}: replaced_by {model.replaced_by!r} is not known")


def _aliases(models: dict[str, Model]) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for alias, owner in _all_aliases(models):
        if alias in models or aliases.get(alias, owner) != owner:
            raise CatalogueError(f"model {owner}: the alias {alias!r} means another model already")
        aliases[alias] = owner
    return aliases


def _all_aliases(models: dict[str, Model]) -> Iterator[tuple[str, str]]:
    for model in models.values():
        for route in model.routes:
            for alias in (*route.aliases, route.name):
                if plain_name(alias) != model.id:
                    yield plain_name(alias), model.id
