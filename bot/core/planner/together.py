"""One wish on several models, so that their clips can be compared: the nearest length, shape and size that
all of them make. Pure."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Final, TypeVar

from bot.core.errors import Refusal
from bot.core.model import Plan, Text, Wish
from bot.core.planner import choice
from bot.core.planner.context import PlanContext
from bot.core.planner.resolve import plan
from bot.core.planner.sizes import lines_of
from providers.catalogue import Model, Options, options

LEAST: Final = 2
MOST: Final = 4
_USUAL_LINES: Final = 720
_PICTURES: Final = "auto"  # the picture given decides
_SHOWN: Final = 12

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Together:
    """The wish as every model gets it, in the order of the models, and how it differs from what was asked."""

    wishes: tuple[Wish, ...]
    seconds: int
    differences: tuple[Text, ...]


def listed(said: str) -> list[str]:
    """The names that somebody lists with commas or, where there are none, spaces."""
    names = [part.strip() for part in re.split(r"[,;\n]", said) if part.strip()]
    return said.split() if len(names) == 1 else names


def named_models(said: str, context: PlanContext) -> tuple[Model, ...]:
    """The models that somebody lists with commas or spaces.

    Raises:
        Refusal: `compare_count`, `compare_twice`; `unknown_model`, `model_retired`.
    """
    names = listed(said)
    if not LEAST <= len(names) <= MOST:
        raise Refusal("compare_count", given=len(names), least=LEAST, most=MOST)
    models = tuple(choice.find_model(name, context) for name in names)
    for index, model in enumerate(models):
        if model in models[:index]:
            raise Refusal("compare_twice", model=model.name)
    return models


def plan_together(wish: Wish, models: Sequence[Model], context: PlanContext) -> Together:
    """The nearest length, shape and size that all the models make of a wish.

    Sizes may differ where no two are called alike: the copies that are judged have one size anyway.

    Raises:
        Refusal: what a single model refuses; `compare_no_common` where no length or shape is common.
    """
    free = replace(wish, seconds=None, aspect=None, resolution=None)
    usual = [plan(replace(free, model=model.id), context) for model in models]
    able = [_options(one, context) for one in usual]
    wanted = wish.seconds or median_low(one.request.seconds for one in usual)
    lengths = sorted(_common([one.seconds for one in able]), key=lambda one: (abs(one - wanted), one))
    if not lengths:
        raise _nothing("seconds", models, [tuple(map(str, one.seconds)) for one in able])
    shapes = _shapes(wish, usual, able)
    if not shapes:
        raise _nothing("aspect", models, [one.aspect for one in able])
    for shape, seconds, sizes in itertools.product(shapes, lengths, _sizes(wish, able)):
        wishes = tuple(
            replace(
                wish,
                model=model.id,
                seconds=seconds,
                aspect=shape if shape in one.aspect else None,
                resolution=size,
            )
            for model, one, size in zip(models, able, sizes, strict=True)
        )
        if all(_possible(one, shape, context) for one in wishes):
            return Together(
                wishes=wishes, seconds=seconds, differences=_differences(wish, seconds, shape, models, sizes)
            )
    raise _nothing("resolution", models, [one.resolution for one in able])


def _options(made: Plan, context: PlanContext) -> Options:
    route = context.catalogue.route(made.provider, made.model)
    return options(route, mode=made.request.mode, media=made.request.media or None)


def _common(values: Sequence[tuple[T, ...]]) -> list[T]:
    return [one for one in values[0] if all(one in other for other in values[1:])]


def _shapes(wish: Wish, usual: Sequence[Plan], able: Sequence[Options]) -> list[str]:
    """Shapes that all make, the nearest first; where the picture given decides, the others follow it."""
    fixed = [one.aspect for one in able if one.aspect not in ((), (_PICTURES,))]
    if not fixed:
        return [_PICTURES]
    common = _common(fixed)
    wanted = wish.aspect or usual[0].request.aspect
    return sorted(common, key=lambda shape: (shape != wanted, abs(_ratio(shape) - _ratio(wanted)), shape))


def _ratio(shape: str) -> float:
    """Of a shape such as "16:9", in octaves, so that upright and lying ones are as far apart either way."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", shape)
    return math.log2(float(found[1]) / float(found[2])) if found else 0.0


def _sizes(wish: Wish, able: Sequence[Options]) -> list[tuple[str | None, ...]]:
    """A size for each model: common ones first, the nearest first; then what lies nearest for each."""
    wanted = lines_of(wish.resolution or "") or _USUAL_LINES

    def far(size: str) -> tuple[int, int]:
        return abs((lines_of(size) or _USUAL_LINES) - wanted), lines_of(size)

    common = sorted(_common([one.resolution for one in able]), key=far)
    nearest = tuple(min(one.resolution, key=far, default=None) for one in able)
    return [*((size,) * len(able) for size in common), nearest]


def _possible(wish: Wish, shape: str, context: PlanContext) -> bool:
    """Whether a model makes exactly this, so that nothing but the model tells the clips apart."""
    try:
        made = plan(wish, context)
    except Refusal:
        return False
    return made.request.seconds == wish.seconds and made.request.aspect in (shape, _PICTURES, "")


def _differences(
    wish: Wish, seconds: int, shape: str, models: Sequence[Model], sizes: Sequence[str | None]
) -> tuple[Text, ...]:
    found = []
    if wish.seconds not in (None, seconds):
        found.append(Text(key="compare.differs_seconds", facts={"asked": wish.seconds, "seconds": seconds}))
    if wish.aspect not in (None, shape):
        found.append(Text(key="compare.differs_aspect", facts={"asked": wish.aspect, "aspect": shape}))
    if len(set(sizes)) > 1:
        named = tuple(f"{model.name} {size}" for model, size in zip(models, sizes, strict=True) if size)
        found.append(Text(key="compare.differs_sizes", facts={"sizes": named}))
    elif wish.resolution is not None and sizes[0] not in (None, wish.resolution):
        facts = {"asked": wish.resolution, "resolution": sizes[0]}
        found.append(Text(key="compare.differs_resolution", facts=facts))
    return tuple(found)


def _nothing(field: str, models: Sequence[Model], values: Sequence[tuple[str, ...]]) -> Refusal:
    """Why they cannot be compared, with what each of them makes."""
    each = tuple(
        f"{model.name}: {' '.join(made[:_SHOWN]) or '–'}" for model, made in zip(models, values, strict=True)
    )
    return Refusal("compare_no_common", field=field, what=Text(key=f"compare.field_{field}"), each=each)
