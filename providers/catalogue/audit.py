"""Proof that the catalogue prices everything it offers, on every day from a given one on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

from providers.base import Mode
from providers.catalogue.facts import CatalogueError, Shape
from providers.catalogue.model import Catalogue, Route
from providers.catalogue.pricing import Usage, price_usage
from providers.catalogue.sound_route import SoundRoute

FORCED_IMAGE: tuple[Mode, ...] = ("first-frame", "first-last")
FORCED_VIDEO: tuple[Mode, ...] = ("edit", "extend", "upscale")


def check_catalogue(catalogue: Catalogue, from_date: date) -> tuple[str, ...]:
    """All offered combinations without a determined price; empty = the catalogue is sound.

    Every combination of mode, resolution, aspect, length, sound and kinds of input is priced on
    `from_date` and on every later day on which a price or an exchange rate changes.
    """
    found: list[str] = []
    for model in catalogue.models():
        for route in model.routes:
            found += check_route(route, from_date)
    for sound in catalogue.sounds:
        found += _check_sound(sound, from_date)
    return tuple(found)


def check_route(route: Route, from_date: date) -> list[str]:
    """The same for one route."""
    found = []
    for day in _days(route, from_date):
        if not route.alive_on(day):
            continue
        for shape in route.offered:
            found += _unpriced(route, shape, day)
    return found


def is_priced(route: Route, shape: Shape, on: date) -> bool:
    """Whether all that a shape allows has a determined price on a day."""
    return not _unpriced(route, shape, on)


def _unpriced(route: Route, shape: Shape, day: date) -> list[str]:
    found = []
    for usage in combinations(route, shape):
        try:
            price_usage(route, usage, day)
        except CatalogueError as error:
            found.append(str(error))
    return found


def _check_sound(route: SoundRoute, from_date: date) -> list[str]:
    found: list[str] = []
    if route.by_operator:
        return found
    for day in _days(route, from_date):
        if route.lifecycle.status_on(day) == "retired":
            continue
        for kind in route.kinds:
            usage = Usage(kind=kind, sound=True, seconds=Decimal(1), video_input=kind == "foley")
            try:
                price_usage(route, usage, day)
            except CatalogueError as error:
                found.append(str(error))
    return found


def _days(route: Route | SoundRoute, from_date: date) -> list[date]:
    changes = {row.since for row in route.prices} | {rate.since for rate in route.fx}
    changes |= {row.until for row in route.prices if row.until is not None}
    return [from_date, *sorted(day for day in changes if day > from_date)]


def combinations(route: Route, shape: Shape) -> Iterator[Usage]:
    """One usage for everything a shape allows that can make a difference to the price."""
    whens = [row.when for row in route.prices]
    seconds = shape.seconds
    if not any(when.seconds for when in whens):
        seconds = tuple(sorted({shape.seconds[0], shape.seconds[-1]}))
    sized = any(row.tokens for row in route.prices)
    aspects = shape.aspects if sized or any(when.aspects for when in whens) else shape.aspects[:1]
    for mode in shape.modes:
        for given in _inputs(route, shape, mode):
            for resolution, aspect, length, sound, voices in product(
                shape.resolutions, aspects, seconds, shape.sound, (False, True)
            ):
                if voices and not route.voices_in(mode, sound=sound):
                    continue
                yield replace(
                    given,
                    mode=mode,
                    resolution=resolution,
                    aspect=aspect,
                    seconds=Decimal(length),
                    sound=sound,
                    voices=voices,
                )


def _inputs(route: Route, shape: Shape, mode: Mode) -> Iterator[Usage]:
    def choices(kind: str, forced: bool, rule: bool | None) -> tuple[bool, ...]:
        taken = any(w.kind == kind and (not w.modes or mode in w.modes) for w in route.windows)
        possible = (True,) if forced else (False, True) if taken else (False,)
        return tuple(value for value in possible if rule is None or value == rule)

    for image, audio, video in product(
        choices("image", mode in FORCED_IMAGE, shape.image_input),
        choices("audio", False, shape.audio_input),
        choices("video", mode in FORCED_VIDEO, shape.video_input),
    ):
        if mode == "references" and not (image or audio or video):
            continue
        yield Usage(
            image_input=image,
            audio_input=audio,
            video_input=video,
            input_seconds=Decimal(1 if video else 0),
            images=1 if image else 0,
        )
