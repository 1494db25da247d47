"""Tables → frozen values of the catalogue. The schema of `providers/data/*.toml` is defined here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from providers.base import MODES, Role
from providers.catalogue.facts import (
    ROLE_KINDS,
    Audio,
    AudioKind,
    AudioReference,
    Cancel,
    Confidence,
    Defaults,
    Kept,
    Lifecycle,
    Lost,
    NameLimit,
    Purse,
    Shape,
    ShotLimit,
    Status,
    TextLimit,
    TextUnit,
    Topic,
    Upload,
    Window,
)
from providers.catalogue.model import PollPace, Provider, Route
from providers.catalogue.price_reader import read_prices
from providers.catalogue.table import Table
from providers.catalogue.tariff import Fx, Price

ROLES: tuple[Role, ...] = get_args(Role)
EXTRA_UNITS = ("input_second", "input_image", "started_5_seconds")


def read_provider(table: Table, quality: Table) -> Provider:
    """`[provider]` and `[quality]`."""
    poll = table.table("poll")
    alternatives = table.raw("env_alternatives") or []
    if not isinstance(alternatives, list) or any(not isinstance(names, list) for names in alternatives):
        table.fail("env_alternatives", "must be a list of lists of texts")
    provider = Provider(
        id=table.text("id"),
        name=table.text("name"),
        adapter=table.text("adapter", ""),
        env=table.texts("env"),
        env_alternatives=tuple(tuple(str(name) for name in names) for names in alternatives),
        env_optional=table.texts("env_optional"),
        base_url=table.text("base_url", ""),
        purse=table.choice("purse", get_args(Purse), "paid"),
        lost=table.choice("lost", get_args(Lost), "blind"),
        poll=_read_pace(poll),
        concurrent=table.whole("concurrent", 1, least=1),
        link_seconds=table.whole("link_seconds", 0),
        upload=table.choice("upload", get_args(Upload), "inline"),
        uploads_public=table.flag("uploads_public", False),
        cancel=table.choice("cancel", get_args(Cancel), "never"),
        billed_when_moderated=table.flag("billed_when_moderated", False),
        quotes=table.flag("quotes", False),
        quality=_read_quality(quality),
    )
    table.finish()
    if provider.adapter and provider.adapter.count(":") != 1:
        table.fail("adapter", 'must look like "package.module:Class"')
    return provider


def _read_pace(table: Table) -> PollPace:
    every = table.number("every_seconds", 5)
    pace = PollPace(
        first_seconds=table.number("first_seconds", 5),
        every_seconds=every,
        slowest_seconds=table.number("slowest_seconds", 4 * every),
        deadline_seconds=table.number("deadline_seconds", 3600),
        per_second=table.number("per_second", 10),
        batch=table.whole("batch", 1, least=1),
    )
    table.finish()
    if not pace.per_second:
        table.fail("per_second", "must be more than 0")
    if pace.slowest_seconds < every:
        table.fail("slowest_seconds", "must not be less than every_seconds")
    return pace


def read_route(table: Table, provider: Provider, rates: tuple[Fx, ...], *, gateway: bool) -> Route:
    """`[[model]]`, with what it inherits from its provider filled in."""
    identity = table.text("id")
    lifecycle = read_lifecycle(table)
    by_operator = priced_by_operator(table, optional=lifecycle.status == "retired")
    prices = () if by_operator else read_prices(table, f"{provider.id}/{identity}")
    route = Route(
        model=identity,
        provider=provider.id,
        name=table.text("name"),
        api_name=table.text("api_name", identity),
        lifecycle=lifecycle,
        gateway=gateway,
        aliases=table.texts("aliases"),
        audio=_read_audio(table.table("audio")),
        windows=tuple(read_window(item, provider) for item in table.tables("input")),
        prompt=_read_limit(table.table("prompt")),
        negative=_read_limit(table.table("negative")) if _wanted(table, "negative") else None,
        seed=table.flag("seed", False),
        shots=_read_shots(table.table("shots")) if _wanted(table, "shots") else None,
        names=_read_names(table.table("names")) if table.has("names") else None,
        voices=_read_names(table.table("voices")) if table.has("voices") else None,
        shapes=tuple(_read_shape(item, by_operator) for item in table.tables("shape")),
        pixels=_read_pixels(table.table("pixels")),
        prices=prices,
        fx=needed_rates(rates, prices),
        defaults=_read_defaults(table.table("defaults")),
        strengths=_read_strengths(table.table("strengths")),
        options=read_options(table),
        lost=table.choice("lost", get_args(Lost), provider.lost),
        link_seconds=table.whole("link_seconds", provider.link_seconds),
        billed_when_moderated=table.flag("billed_when_moderated", provider.billed_when_moderated),
        cancel=table.choice("cancel", get_args(Cancel), provider.cancel),
    )
    table.finish()
    if not route.shapes and lifecycle.status != "retired":
        table.fail("shape", "is missing")
    heard = [set(shape.modes) for shape in route.shapes if True in shape.sound]
    # An edit or a larger copy can keep the sound of its source at a vendor that makes none.
    makes = any(not modes <= {"edit", "upscale"} for modes in heard)
    if route.shapes and (makes > route.audio.native or route.audio.native > bool(heard)):
        table.fail("audio", "native must be true exactly if a shape has sound")
    return route


def read_lifecycle(table: Table) -> Lifecycle:
    """Status, dates, sources and how sure we are."""
    return Lifecycle(
        status=table.choice("status", get_args(Status)),
        retires=table.maybe_day("retires"),
        replaced_by=table.text("replaced_by", ""),
        checked=table.day("checked"),
        sources=table.texts("sources"),
        confidence=table.choice("confidence", get_args(Confidence)),
    )


def _read_shape(table: Table, by_operator: bool) -> Shape:
    word = table.text("price", "") or "rows"
    if word not in ("rows", "operator"):
        table.fail("price", 'of a shape can only be "operator"')
    sound = table.raw("sound")
    if not isinstance(sound, list) or not sound or any(not isinstance(value, bool) for value in sound):
        table.fail("sound", "must be [true], [false] or [true, false]")
    shape = Shape(
        modes=table.choices("modes", MODES, None),
        resolutions=table.texts("resolutions", None),
        aspects=table.texts("aspects", None),
        seconds=_read_durations(table),
        sound=tuple(sorted(set(sound), reverse=True)),
        image_input=table.maybe_flag("image_input"),
        audio_input=table.maybe_flag("audio_input"),
        video_input=table.maybe_flag("video_input"),
        follows_source=table.flag("follows_source", False),
        sources=table.texts("sources"),
        fps=table.whole("fps", 0),
        by_operator=by_operator or word == "operator",
        api_name=table.text("api_name", ""),
        seed=table.maybe_flag("seed"),
        negative=table.maybe_flag("negative"),
        options=read_options(table),
    )
    table.finish()
    return shape


def _read_durations(table: Table) -> tuple[int, ...]:
    value = table.raw("durations")
    if isinstance(value, dict):
        span = table.table("durations")
        low, high = span.whole("min", least=1), span.whole("max", least=1)
        step = span.whole("step", 1, least=1)
        span.finish()
        value = list(range(low, high + 1, step))
    if not isinstance(value, list) or not value:
        table.fail("durations", "must be a list of whole seconds or { min = 4, max = 15 }")
    if any(not isinstance(length, int) or isinstance(length, bool) or length < 1 for length in value):
        table.fail("durations", "must be whole seconds of at least 1; a length is never left to the vendor")
    return tuple(sorted(set(value)))


def _read_audio(table: Table) -> Audio:
    languages = table.texts("languages")
    measured = table.table("misheard") if table.has("misheard") else None
    audio = Audio(
        native=table.flag("native", False),
        kinds=table.choices("kinds", get_args(AudioKind)),
        languages=languages,
        references=table.choices("references", get_args(AudioReference)),
        misheard=tuple((one, measured.whole(one)) for one in languages if measured.has(one))
        if measured
        else (),
    )
    if measured is not None:
        measured.finish()
    table.finish()
    return audio


def read_window(table: Table, provider: Provider) -> Window:
    """`[[….input]]`: limits of one kind of file."""
    window = Window(
        role=table.choice("role", ROLES),
        modes=table.choices("modes", MODES),
        formats=table.texts("formats"),
        min_count=table.whole("min_count", 1),
        max_count=table.whole("max_count", 1, least=1),
        min_seconds=table.maybe_number("min_seconds"),
        max_seconds=table.maybe_number("max_seconds"),
        total_seconds=table.maybe_number("total_seconds"),
        max_bytes=table.maybe_whole("max_bytes", least=1),
        rate=table.maybe_whole("rate", least=1),
        min_side=table.maybe_whole("min_side", least=1),
        max_side=table.maybe_whole("max_side", least=1),
        min_ratio=table.maybe_number("min_ratio"),
        max_ratio=table.maybe_number("max_ratio"),
        min_pixels=table.maybe_whole("min_pixels", least=1),
        max_pixels=table.maybe_whole("max_pixels", least=1),
        min_fps=table.maybe_whole("min_fps", least=1),
        max_fps=table.maybe_whole("max_fps", least=1),
        needs=table.choices("needs", ROLES),
        excludes=table.choices("excludes", ROLES),
        beside=_read_beside(table),
        one_each=table.choice("one_each", ROLES) if table.has("one_each") else None,
        upload=table.choice("upload", get_args(Upload), provider.upload),
        kept_seconds=table.whole("kept_seconds", 0),
        by=table.choice("by", get_args(Kept), "id"),
    )
    table.finish()
    for key in ("min_seconds", "max_seconds", "total_seconds"):
        if ROLE_KINDS[window.role] == "image" and table.has(key):
            table.fail(key, "an image has no length")
    for key in ("min_pixels", "max_pixels", "min_fps", "max_fps"):
        if ROLE_KINDS[window.role] != "video" and table.has(key):
            table.fail(key, "only a clip is measured so")
    return window


def _read_beside(table: Table) -> tuple[tuple[Role, int], ...]:
    """`beside = { reference-video = 4 }`."""
    counts = table.table("beside")
    found = tuple((role, counts.whole(role, least=1)) for role in ROLES if counts.has(role))
    counts.finish()
    return found


def _read_names(table: Table) -> NameLimit:
    limit = NameLimit(
        max=table.whole("max"),
        modes=table.choices("modes", MODES),
        shared=table.choice("shared", ROLES) if table.has("shared") else None,
        beside=_read_beside(table),
    )
    table.finish()
    return limit


def _wanted(table: Table, key: str) -> bool:
    """Whether there is such a table; `key = false` takes away what a gateway would inherit."""
    return table.has(key) and table.raw(key) is not False


def _read_limit(table: Table) -> TextLimit:
    limit = TextLimit(
        max=table.whole("max", least=1), unit=table.choice("unit", get_args(TextUnit), "characters")
    )
    table.finish()
    return limit


def _read_shots(table: Table) -> ShotLimit:
    limit = ShotLimit(
        max=table.whole("max", least=1),
        min_seconds=table.whole("min_seconds", 1, least=1),
        prompt=_read_limit(table.table("prompt")) if table.has("prompt") else None,
    )
    table.finish()
    return limit


def _read_pixels(table: Table) -> dict[str, dict[str, tuple[int, int]]]:
    sizes: dict[str, dict[str, tuple[int, int]]] = {}
    for resolution in table.data:
        inner = table.table(resolution)
        sizes[resolution] = {}
        for aspect in inner.data:
            size = inner.raw(aspect)
            good = isinstance(size, list) and len(size) == 2
            if not good or any(not isinstance(side, int) or side < 1 for side in size):
                inner.fail(aspect, "must be [width, height]")
            sizes[resolution][aspect] = (size[0], size[1])
    return sizes


def _read_defaults(table: Table) -> Defaults:
    defaults = Defaults(
        seconds=table.whole("seconds", 0),
        resolution=table.text("resolution", ""),
        aspect=table.text("aspect", ""),
    )
    table.finish()
    return defaults


def _read_strengths(table: Table) -> dict[Any, int]:
    strengths = {topic: table.whole(topic) for topic in get_args(Topic) if table.has(topic)}
    table.finish()
    for topic, score in strengths.items():
        if score > 100:
            table.fail(topic, "must be between 0 and 100")
    return strengths


def read_options(table: Table) -> dict[str, str | int | bool]:
    """`options = { … }`: switches of the vendor's own."""
    options = table.table("options")
    for key, value in options.data.items():
        if not isinstance(value, str | int | bool):
            options.fail(key, "must be a text, a whole number, true or false")
    return dict(options.data)


def _read_quality(table: Table) -> dict[str, str]:
    quality: dict[str, str] = {}
    for item, value in table.data.items():
        if isinstance(value, dict):
            reason = table.table(item)
            quality[item] = f"exempt: {reason.text('exempt')}"
            reason.finish()
        elif value in ("done", "todo"):
            quality[item] = value
        else:
            table.fail(item, 'must be "done", "todo" or { exempt = "reason" }')
    return quality


def priced_by_operator(table: Table, *, optional: bool) -> bool:
    """Whether `price = "operator"` stands in the place of rows."""
    value = table.raw("price")
    if isinstance(value, str) and value != "operator":
        table.fail("price", 'must be [[price]] rows or "operator"')
    return value == "operator" or (value is None and optional)


def needed_rates(rates: tuple[Fx, ...], prices: Iterable[Price]) -> tuple[Fx, ...]:
    """The exchange rates that these rows may need."""
    currencies = {price.currency for price in prices}
    return tuple(rate for rate in rates if rate.currency in currencies)
