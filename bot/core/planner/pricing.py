"""From a request on a route to credits: list price, mark-up, one rounding, the share of the sound. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.sounds import VoiceOrder
from providers.base import VideoRequest
from providers.catalogue import CatalogueError, Provider, Route, price, price_without_sound

_SOUND_PERCENT: Final = 30


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a clip costs: credits, the vendor's price in two units, the sound's share, price rows."""

    credits: int
    usd: Decimal
    micro_usd: int
    sound_credits: int
    rows: tuple[str, ...]


def credits_for(usd: Decimal, *, credit_usd: Decimal, markup: Decimal) -> int:
    """A list price in credits, rounded up once; at least 1, for nothing is sold for nothing."""
    exact = Fraction(usd) * Fraction(markup) / Fraction(credit_usd)
    return max(1, math.ceil(exact))


def with_voice(
    order: VoiceOrder | None, credits: int, usd: Decimal, house: House
) -> tuple[int, VoiceOrder | None]:
    """The credits with a voice that is made for the clip, rounded up once, and the voice with its share.

    Args:
        order: the voice, if one is made.
        credits, usd: the price of everything else.
        house: worth of a credit and mark-up.
    """
    if order is None or not order.cost_micro_usd:
        return credits, order
    all_usd = usd + Decimal(order.cost_micro_usd) / 1_000_000
    total = credits_for(all_usd, credit_usd=house.credit_usd, markup=house.markup)
    return total, replace(order, credits=total - credits)


def cost_of(
    route: Route, provider: Provider, request: VideoRequest, house: House, today: date, *, heard: bool
) -> Cost:
    """What a request costs.

    Args:
        route: how the model is reached.
        provider: whose route it is; the built-in renderer counts clips instead of money.
        request: already checked against the route.
        house: worth of a credit and mark-up.
        today: the day whose prices count.
        heard: whether the clip will have sound, so that a share of the price can be given back.

    Raises:
        Refusal: `price_unknown`.
    """
    if provider.purse == "free":
        return Cost(credits=1, usd=Decimal(0), micro_usd=0, sound_credits=0, rows=())
    try:
        found = price(route, request, today)
        # A voice of the account speaks only where there is sound.
        without = price_without_sound(route, replace(request, voices=()), today) if heard else None
    except CatalogueError:
        raise Refusal(
            "price_unknown", model=route.name, model_id=route.model, provider=provider.name
        ) from None
    credits = credits_for(found.usd, credit_usd=house.credit_usd, markup=house.markup)
    sound = 0
    if without is not None:
        sound = credits - credits_for(without.usd, credit_usd=house.credit_usd, markup=house.markup)
    elif heard:
        sound = credits * _SOUND_PERCENT // 100
    return Cost(
        credits=credits,
        usd=found.usd,
        micro_usd=math.ceil(Fraction(found.usd) * 1_000_000),
        sound_credits=max(0, min(sound, credits)),
        rows=found.rows,
    )
